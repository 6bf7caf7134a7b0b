/* SPDX-License-Identifier: Apache-2.0
 * How git chooses.
 *
 * Candidates are what the bad revision reaches and no good one does. The weight of a candidate is
 * how many candidates it reaches; testing it leaves weight or all - weight of them, so the best is
 * that with the greatest smaller half, its *distance*. git looks at merges first, since their
 * weights cost most, then at the others from the oldest on, and stops at the first that halves well
 * enough. Its order is that of commit dates, here that of revisions.
 *
 * Once something was skipped, git sorts all candidates by distance. While the best one is skipped,
 * it goes down the list of those that are not, by a pseudo-random part of its length that is small
 * more often than large: a neighbour of what cannot be tested probably cannot be either.
 *
 *      all 9:  weight   1  2  3  4  5  6  7  8  9
 *              distance 1  2  3  4  4  3  2  1  0
 *
 * Read from the behaviour of git 2.39 (bisect.c) and tested against it step by step, also with the
 * order that it gives to equals: by hash.
 *
 * Weights are sums over ancestors of one for each candidate, which history/ does in O(n), exactly.
 */
#include "git-bisect.h"

#include <stdlib.h>

#include "dice.h"

#define RANDOM_MODULO 32768

struct GitBisect {
    const History *history;
    const guint64 *ids; /* NULL: made of the revision's number */
    guint32 bad;
    gboolean *is_cleared; /* reached by a good one */
    gboolean *is_skipped;
    guint n_skipped;
    /* Of the present bad and good ones; NULL when one of these changed. */
    GArray *candidates; /* of Candidate, oldest first */
    GArray *by_distance;
};

typedef struct Candidate {
    guint32 revision;
    guint32 distance;
    guint64 id;
    guint n_parents; /* that are candidates */
    gboolean halves;
} Candidate;

static void forget_candidates(GitBisect *git)
{
    g_clear_pointer(&git->candidates, g_array_unref);
    g_clear_pointer(&git->by_distance, g_array_unref);
}

static void clear_ancestors(GitBisect *git, guint32 good)
{
    g_autoptr(RevisionSet) ancestors = history_ancestors(git->history, good);

    for (guint32 r = 0; r <= good; r++) {
        git->is_cleared[r] |= revision_set_has(ancestors, r);
    }
}

GitBisect *git_bisect_new(const History *history, guint32 bad, guint32 good, const guint64 *ids)
{
    GitBisect *git = g_new0(GitBisect, 1);

    g_assert(bad != good && history_reaches(history, good, bad));
    git->history = history;
    git->ids = ids;
    git->bad = bad;
    git->is_cleared = g_new0(gboolean, history_size(history));
    git->is_skipped = g_new0(gboolean, history_size(history));
    clear_ancestors(git, good);
    return git;
}

void git_bisect_free(GitBisect *git)
{
    if (git == NULL) {
        return;
    }
    forget_candidates(git);
    g_free(git->is_cleared);
    g_free(git->is_skipped);
    g_free(git);
}

void git_bisect_mark(GitBisect *git, guint32 revision, GitVerdict verdict)
{
    switch (verdict) {
    case GIT_GOOD:
        clear_ancestors(git, revision);
        forget_candidates(git);
        break;
    case GIT_BAD:
        git->bad = revision;
        forget_candidates(git);
        break;
    case GIT_SKIP:
        git->is_skipped[revision] = TRUE;
        git->n_skipped++;
        break;
    }
}

/* 2 and 3 of 5 halve, 3 of 6 does; of many, a tenth of a percent beside the middle will do. */
static gboolean halves(guint weight, guint n_all)
{
    guint off = (guint)abs(2 * (int)weight - (int)n_all);

    return off <= 1 || off < n_all / 1024;
}

static guint count_candidate_parents(const GitBisect *git, guint32 revision)
{
    guint n_parents;
    guint n = 0;
    const guint32 *parents = history_parents(git->history, revision, &n_parents);

    for (guint i = 0; i < n_parents; i++) {
        n += !git->is_cleared[parents[i]];
    }
    return n;
}

static void list_candidates(GitBisect *git)
{
    guint n = history_size(git->history);
    g_autoptr(RevisionSet) reached = history_ancestors(git->history, git->bad);
    g_autofree double *is_candidate = g_new0(double, n);
    g_autofree double *weights = g_new(double, n);
    guint n_all = 0;

    for (guint32 r = 0; r <= git->bad; r++) {
        is_candidate[r] = revision_set_has(reached, r) && !git->is_cleared[r];
        n_all += is_candidate[r] > 0;
    }
    history_sum_ancestors(git->history, is_candidate, weights);
    git->candidates = g_array_sized_new(FALSE, FALSE, sizeof(Candidate), n_all);
    for (guint32 r = 0; r <= git->bad; r++) {
        guint weight = (guint)weights[r];
        Candidate candidate = {
            .revision = r,
            .distance = MIN(weight, n_all - weight),
            .id = git->ids != NULL ? git->ids[r] : dice_scatter(r),
            .n_parents = count_candidate_parents(git, r),
            .halves = halves(weight, n_all),
        };

        if (is_candidate[r] > 0) {
            g_array_append_val(git->candidates, candidate);
        }
    }
}

static guint32 choose(const GArray *candidates)
{
    const Candidate *best = &g_array_index(candidates, Candidate, 0);
    const Candidate *halving = NULL;

    for (guint i = 0; i < candidates->len; i++) {
        const Candidate *candidate = &g_array_index(candidates, Candidate, i);

        if (candidate->halves && candidate->n_parents > 1) {
            return candidate->revision;
        }
        if (candidate->halves && candidate->n_parents == 1 && halving == NULL) {
            halving = candidate;
        }
        if (candidate->distance > best->distance) {
            best = candidate;
        }
    }
    return halving != NULL ? halving->revision : best->revision;
}

static gint compare_distances(gconstpointer a, gconstpointer b)
{
    const Candidate *left = a;
    const Candidate *right = b;

    if (left->distance != right->distance) {
        return left->distance > right->distance ? -1 : 1;
    }
    return (left->id > right->id) - (left->id < right->id);
}

/* git's: "man 3 rand", with the number of choices for a seed. */
static guint draw(guint n_choices)
{
    return (n_choices * 1103515245u + 12345u) / 65536u % RANDOM_MODULO;
}

/* git's: Newton's steps in floats, until they get short. May be one too great. */
static guint root(guint square)
{
    float now = (float)square;
    float step = square > 0 ? 1 : 0;

    while (step >= 0.5F) {
        float next = (now + (float)square / now) / 2;

        step = next > now ? next - now : now - next;
        now = next;
    }
    return (guint)now;
}

/* Of those that are not skipped, the @wanted-th of @by_distance; the one before it rather than the
 * bad one. */
static guint32 pick(const GitBisect *git, guint wanted)
{
    guint32 before = git->bad;
    guint i = 0;

    for (guint at = 0; at < git->by_distance->len; at++) {
        guint32 revision = g_array_index(git->by_distance, Candidate, at).revision;

        if (git->is_skipped[revision]) {
            continue;
        }
        if (i++ == wanted) {
            return revision != git->bad ? revision : before;
        }
        before = revision;
    }
    return git->bad;
}

static guint32 skip_away(const GitBisect *git)
{
    guint n_choices = 0;

    for (guint i = 0; i < git->by_distance->len; i++) {
        n_choices += !git->is_skipped[g_array_index(git->by_distance, Candidate, i).revision];
    }
    guint64 random = draw(n_choices);
    guint64 wanted = n_choices * random / RANDOM_MODULO * root((guint)random) / root(RANDOM_MODULO);
    return pick(git, (guint)wanted);
}

static GArray *sorted_copy(const GArray *candidates)
{
    GArray *sorted = g_array_sized_new(FALSE, FALSE, sizeof(Candidate), candidates->len);

    g_array_append_vals(sorted, candidates->data, candidates->len);
    g_array_sort(sorted, compare_distances);
    return sorted;
}

/* Sorted on demand: as long as skips follow each other, it stays. */
static const GArray *sort_candidates(GitBisect *git)
{
    if (git->by_distance == NULL) {
        git->by_distance = sorted_copy(git->candidates);
    }
    return git->by_distance;
}

GitNext git_bisect_next(GitBisect *git, guint32 *ret_revision)
{
    gboolean best_is_skipped = FALSE;
    guint32 revision;

    if (git->candidates == NULL) {
        list_candidates(git);
    }
    if (git->n_skipped == 0) {
        revision = choose(git->candidates);
    } else {
        revision = g_array_index(sort_candidates(git), Candidate, 0).revision;
        best_is_skipped = git->is_skipped[revision];
    }
    if (best_is_skipped) {
        revision = skip_away(git);
    }
    if (best_is_skipped && revision == git->bad) {
        return GIT_ONLY_SKIPPED;
    }
    *ret_revision = revision;
    return revision == git->bad ? GIT_FOUND : GIT_TEST;
}

GArray *git_bisect_left(GitBisect *git)
{
    const GArray *sorted = sort_candidates(git);
    GArray *left = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; i < sorted->len; i++) {
        guint32 revision = g_array_index(sorted, Candidate, i).revision;

        if (git->is_skipped[revision]) {
            g_array_append_val(left, revision);
        }
    }
    g_array_append_val(left, git->bad);
    return left;
}
