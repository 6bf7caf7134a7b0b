/* SPDX-License-Identifier: Apache-2.0
 * Whose crashes are those of a log? They are known by their titles only, but for the last one.
 */
#include "judge.h"

#include <string.h>

/* Share of the start's crashes that a title must have to count as a face of the bug; the most
 * frequent ones always do. */
#define MIN_TITLE_SHARE 0.2

static guint count_title(const LoggedTest *test, const char *title)
{
    guint n = 0;

    for (guint i = 0; i < test->runs->len; i++) {
        const LoggedRun *run = test->runs->pdata[i];

        n += run->kind == RUN_CRASH && g_str_equal(run->title, title) ? run->n : 0;
    }
    return n;
}

void find_titles(const BisectLog *log, GPtrArray *titles)
{
    const LoggedTest *start = log->tests->len ? log->tests->pdata[0] : NULL;
    guint n_most = 0;

    for (guint i = 0; start && i < start->runs->len; i++) {
        const LoggedRun *run = start->runs->pdata[i];

        if (run->kind == RUN_CRASH) {
            n_most = MAX(n_most, count_title(start, run->title));
        }
    }
    for (guint i = 0; start && i < start->runs->len; i++) {
        const LoggedRun *run = start->runs->pdata[i];

        if (run->kind == RUN_CRASH &&
            count_title(start, run->title) >=
                MIN(n_most, MIN_TITLE_SHARE * start->n_of[RUN_CRASH]) &&
            !g_ptr_array_find_with_equal_func(titles, run->title, g_str_equal, NULL)) {
            g_ptr_array_add(titles, run->title);
        }
    }
}

OopsBug *bisect_log_bug(const BisectLog *log)
{
    const LoggedTest *start = log->tests->len ? log->tests->pdata[0] : NULL;
    OopsMatchModel model;
    OopsBug *bug;

    oops_match_model_default(&model);
    bug = oops_bug_new(&model);
    for (guint i = 0; start && i < start->runs->len; i++) {
        const LoggedRun *run = start->runs->pdata[i];

        if (run->kind == RUN_CRASH) {
            g_autoptr(OopsIdentity) face = oops_identity_of_title(run->title, NULL);

            oops_bug_add(bug, face, run->n);
        }
    }
    return bug;
}

double bisect_log_match(const OopsBug *bug, const char *title)
{
    g_autoptr(OopsIdentity) crash = oops_identity_of_title(title, NULL);

    return oops_bug_match(bug, crash);
}

double best_match(const OopsBug *bug, const LoggedTest *test, const char **ret_title)
{
    double best = -1;

    for (guint i = 0; i < test->runs->len; i++) {
        const LoggedRun *run = test->runs->pdata[i];
        double match = run->kind == RUN_CRASH ? bisect_log_match(bug, run->title) : -1;

        if (match > best) {
            best = match;
            *ret_title = run->title;
        }
    }
    return best;
}

const char *blamed_function(const char *title)
{
    const char *in = g_strrstr(title, " in ");

    return in && !g_str_equal(in, " in corrupted") ? in + strlen(" in ") : NULL;
}

static gboolean is_word_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

gboolean has_word(const char *text, const char *word)
{
    gsize n = strlen(word);

    for (const char *at = text; (at = strstr(at, word)) != NULL; at += n) {
        if ((at == text || !is_word_byte(at[-1])) && !is_word_byte(at[n])) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean has_start_function(const GPtrArray *titles, const char *report, const char **ret_missing)
{
    *ret_missing = NULL;
    for (guint i = 0; i < titles->len; i++) {
        const char *function = blamed_function(titles->pdata[i]);

        if (function && *function && has_word(report, function)) {
            return TRUE;
        }
        *ret_missing = function && *function ? function : *ret_missing;
    }
    return FALSE;
}
