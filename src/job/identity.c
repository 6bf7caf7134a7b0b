/* SPDX-License-Identifier: Apache-2.0
 * Which crash a job looks for.
 */
#include "job/job.h"

#include <string.h>

/* Share of the start's crashes that a title must have to count as a face of the bug; the most
 * frequent ones always do, since a memory corruption may crash in as many ways as it is tried. */
#define MIN_TITLE_SHARE 0.2
/* At this match two crashes are taken for one bug. */
#define MIN_MATCH 0.5

static void add_once(GPtrArray *titles, const char *title)
{
    if (!g_ptr_array_find_with_equal_func(titles, title, g_str_equal, NULL)) {
        g_ptr_array_add(titles, g_strdup(title));
    }
}

char **identity_titles(const char *wanted, const GPtrArray *trials, const char *start)
{
    g_autoptr(GPtrArray) titles = g_ptr_array_new();
    g_autoptr(GHashTable) n_of_title = g_hash_table_new(g_str_hash, g_str_equal);
    guint n_crashes = 0, n_most = 0;

    if (wanted) {
        add_once(titles, wanted);
    }
    for (guint i = 0; !wanted && i < trials->len; i++) {
        const TrialRow *trial = trials->pdata[i];

        if (trial->kind == OUTCOME_CRASH && trial->title && g_str_equal(trial->commit, start)) {
            guint n = GPOINTER_TO_UINT(g_hash_table_lookup(n_of_title, trial->title));

            g_hash_table_insert(n_of_title, trial->title, GUINT_TO_POINTER(n + 1));
            n_crashes++;
            n_most = MAX(n_most, n + 1);
        }
    }
    for (guint i = 0; n_crashes && i < trials->len; i++) {
        const TrialRow *trial = trials->pdata[i];
        guint n =
            trial->title ? GPOINTER_TO_UINT(g_hash_table_lookup(n_of_title, trial->title)) : 0;

        if (n >= MIN(MIN_TITLE_SHARE * n_crashes, n_most) && n > 0 &&
            g_str_equal(trial->commit, start)) {
            add_once(titles, trial->title);
            for (char **alt = trial->alt_titles; alt && *alt; alt++) {
                add_once(titles, *alt);
            }
        }
    }
    g_ptr_array_add(titles, NULL);
    return (char **)g_ptr_array_steal(titles, NULL);
}

gboolean identity_matches(const TrialRow *trial, const char *const *titles)
{
    OopsReport report = {.title = trial->title,
                         .alt_titles = trial->alt_titles,
                         .corrupted_reason = trial->corrupted ? (char *)"corrupted" : NULL};

    if (!titles) {
        return TRUE;
    }
    return trial->title && oops_match(&report, titles) >= MIN_MATCH;
}
