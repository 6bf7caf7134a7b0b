/* SPDX-License-Identifier: Apache-2.0
 * Where the revisions that were chosen stand to each other, for the picture of the graph: each,
 * when it is chosen, is given its neighbours among those chosen before, so that no range has to be
 * read to draw it.
 */
#include "job/private.h"

#include <string.h>

/* Add to @text, with @mark before each, those of @side that were placed and have none of @side
 * between themselves and @revision: the nearest by number come first. */
static void add_nearest(const Job *job, GString *text, char mark, guint32 revision)
{
    const History *history = job->range->history;
    gboolean is_before = mark == '-';
    guint32 end = is_before ? G_MAXUINT32 : history_size(history);
    g_autoptr(RevisionSet) side =
        is_before ? history_ancestors(history, revision) : history_descendants(history, revision);

    for (guint32 i = is_before ? revision - 1 : revision + 1; i != end; i += is_before ? -1 : 1) {
        g_autoptr(RevisionSet) behind = NULL;

        if (!revision_set_has(side, i) || !revision_set_has(job->placed, i)) {
            continue;
        }
        g_string_append_printf(text, " %c%s", mark, job->range->commits[i]);
        behind = is_before ? history_ancestors(history, i) : history_descendants(history, i);
        for (guint32 j = i; j != end; j += is_before ? -1 : 1) {
            if (revision_set_has(behind, j)) {
                revision_set_remove(side, j);
            }
        }
    }
}

/* Does @known, a place (or NULL), begin with @place? */
static gboolean is_place(const char *known, const char *place)
{
    gsize length = strlen(place);

    return known && g_str_has_prefix(known, place) && (!known[length] || known[length] == ' ');
}

gboolean job_place(Job *job, const char *commit, GError **error)
{
    gint64 revision = job->range ? range_find(job->range, commit) : -1;
    g_autofree char *place = NULL;
    g_autoptr(GString) text = NULL;
    const char *known;

    if (revision < 0 || revision_set_has(job->placed, (guint32)revision)) {
        return TRUE;
    }
    place = g_strdup_printf("%u %u", (guint)revision, history_size(job->range->history));
    known = situation_fact(&job->situation, commit, FACT_PLACE);
    revision_set_add(job->placed, (guint32)revision);
    if (is_place(known, place)) {
        return TRUE; /* a resumed job has found it already */
    }
    text = g_string_new(place);
    add_nearest(job, text, '-', (guint32)revision);
    add_nearest(job, text, '+', (guint32)revision);
    return job_put_fact(job, commit, FACT_PLACE, text->str, error);
}

static gboolean place_decided(Job *job, GError **error)
{
    GHashTableIter iter;
    gpointer commit;

    g_hash_table_iter_init(&iter, job->decided);
    while (g_hash_table_iter_next(&iter, &commit, NULL)) {
        if (!job_place(job, commit, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean job_place_all(Job *job, GError **error)
{
    g_clear_pointer(&job->placed, revision_set_free);
    job->placed = revision_set_new(history_size(job->range->history));
    return store_begin(job->store, error) &&
           store_end(job->store, place_decided(job, error), error);
}
