/* SPDX-License-Identifier: Apache-2.0
 * The graph itself, sets of revisions, and the questions of reachability: plain sweeps, since
 * parents come before children.
 */
#include "history-private.h"

#include <string.h>

#define WORD_BITS 64

RevisionSet *revision_set_new(guint n_revisions)
{
    guint n_words = (n_revisions + WORD_BITS - 1) / WORD_BITS;
    RevisionSet *set = g_malloc0(sizeof *set + n_words * sizeof set->words[0]);

    set->n_words = n_words;
    return set;
}

void revision_set_free(RevisionSet *set)
{
    g_free(set);
}

gboolean revision_set_has(const RevisionSet *set, guint32 revision)
{
    return set->words[revision / WORD_BITS] >> revision % WORD_BITS & 1;
}

void revision_set_add(RevisionSet *set, guint32 revision)
{
    set->words[revision / WORD_BITS] |= G_GUINT64_CONSTANT(1) << revision % WORD_BITS;
}

void revision_set_remove(RevisionSet *set, guint32 revision)
{
    set->words[revision / WORD_BITS] &= ~(G_GUINT64_CONSTANT(1) << revision % WORD_BITS);
}

guint revision_set_count(const RevisionSet *set)
{
    guint count = 0;

    for (guint i = 0; i < set->n_words; i++) {
        count += (guint)__builtin_popcountll(set->words[i]);
    }
    return count;
}

History *history_new(guint n_revisions, const guint32 *offsets, const guint32 *parents)
{
    History *history = g_new0(History, 1);
    g_autofree guint32 *last_children = g_new0(guint32, n_revisions); /* of each parent, so far */
    guint n_edges = 0;

    g_assert(n_revisions > 0 && offsets[1] == offsets[0]);
    history->n_revisions = n_revisions;
    history->offsets = g_new0(guint32, n_revisions + 1);
    history->parents = g_new0(guint32, offsets[n_revisions] + n_revisions);
    for (guint32 r = 1; r < n_revisions; r++) {
        guint32 *own = history->parents + n_edges;
        guint n_own = 0;

        for (guint32 i = offsets[r]; i < offsets[r + 1]; i++) {
            g_assert(parents[i] < r);
            if (last_children[parents[i]] != r) {
                last_children[parents[i]] = r;
                own[n_own++] = parents[i];
            }
        }
        if (n_own == 0) {
            own[n_own++] = 0;
        }
        n_edges += n_own;
        history->offsets[r + 1] = n_edges;
    }
    sum_plan_init(&history->sums, history);
    return history;
}

void history_free(History *history)
{
    if (history == NULL) {
        return;
    }
    sum_plan_clear(&history->sums);
    g_free(history->offsets);
    g_free(history->parents);
    g_free(history);
}

guint history_size(const History *history)
{
    return history->n_revisions;
}

const guint32 *history_parents(const History *history, guint32 revision, guint *ret_n_parents)
{
    g_assert(revision < history->n_revisions);
    *ret_n_parents = history->offsets[revision + 1] - history->offsets[revision];
    return history->parents + history->offsets[revision];
}

gboolean history_is_merge(const History *history, guint32 revision)
{
    guint n_parents;

    history_parents(history, revision, &n_parents);
    return n_parents > 1;
}

/* The ancestors of @revision that are not below @oldest. */
static RevisionSet *ancestors_down_to(const History *history, guint32 revision, guint32 oldest)
{
    RevisionSet *set = revision_set_new(history->n_revisions);

    g_assert(revision < history->n_revisions);
    revision_set_add(set, revision);
    for (guint32 r = revision; r > oldest; r--) {
        if (revision_set_has(set, r)) {
            for (guint32 i = history->offsets[r]; i < history->offsets[r + 1]; i++) {
                revision_set_add(set, history->parents[i]);
            }
        }
    }
    return set;
}

RevisionSet *history_ancestors(const History *history, guint32 revision)
{
    return ancestors_down_to(history, revision, 0);
}

RevisionSet *history_descendants(const History *history, guint32 revision)
{
    RevisionSet *set = revision_set_new(history->n_revisions);

    g_assert(revision < history->n_revisions);
    revision_set_add(set, revision);
    for (guint32 r = revision + 1; r < history->n_revisions; r++) {
        for (guint32 i = history->offsets[r]; i < history->offsets[r + 1]; i++) {
            if (revision_set_has(set, history->parents[i])) {
                revision_set_add(set, r);
                break;
            }
        }
    }
    return set;
}

gboolean history_reaches(const History *history, guint32 ancestor, guint32 descendant)
{
    if (ancestor >= descendant) {
        return ancestor == descendant;
    }
    g_autoptr(RevisionSet) set = ancestors_down_to(history, descendant, ancestor);
    return revision_set_has(set, ancestor);
}
