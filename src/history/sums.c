/* SPDX-License-Identifier: Apache-2.0
 * Sums over ancestors, exact on any graph.
 *
 * The ancestors of a revision with one parent are those of the parent and itself: one addition. The
 * ancestors of a merge are those of one parent, the *base*, and what the other parents bring in
 * beside. What they bring in does not depend on the weights, so it is listed once, when the graph
 * is made. It is listed short: the graph is cut into chains (each revision follows one of its
 * parents), the revisions of a chain get neighbouring *slots*, and since whoever has a revision has
 * all that come before it in its chain, what a merge brings in is one run of slots of each chain.
 * With the running total of the weights in order of slots, a run costs one subtraction.
 *
 *      0---1---2-------5---6     chains 0 1 2 5 6 and 3 4, in slots 0 1 2 3 4 and 5 6;
 *           \         /          the merge 5: base 4, what 2 brings in is slot 2
 *            3---4---'
 *
 * The base is the parent with the most ancestors, so that the fewest are brought in: a merge of the
 * mainline into a branch costs what the branch has of its own.
 *
 * What a merge brings in is found by a walk down from its parents to where they part. A branch
 * often parts far below: it began at an old release, or goes on from where it was last merged. So
 * the walk knows two kinds of ancestors of the base at once, without going down to them: those on
 * its *path*, the bases of bases, and those that a merge on the path has brought in before.
 *
 * Cost: a sum is O(n + runs). The lists are made in O(n) a merge at worst, in practice in O(what is
 * brought in x log n). bench-scale measures it.
 */
#include "history-private.h"

#include <string.h>

#define NO_REVISION G_MAXUINT32

/* Puts each revision behind one of its parents where that one is the last of its chain. */
static guint32 *assign_slots(const History *history)
{
    guint n = history->n_revisions;
    g_autofree guint32 *next = g_new(guint32, n);
    g_autofree gboolean *is_head = g_new0(gboolean, n);
    guint32 *slots = g_new(guint32, n);
    guint32 slot = 0;

    for (guint32 r = 0; r < n; r++) {
        guint n_parents;
        const guint32 *parents = history_parents(history, r, &n_parents);

        next[r] = NO_REVISION;
        is_head[r] = TRUE;
        for (guint i = 0; i < n_parents && is_head[r]; i++) {
            if (next[parents[i]] == NO_REVISION) {
                next[parents[i]] = r;
                is_head[r] = FALSE;
            }
        }
    }
    for (guint32 head = 0; head < n; head++) {
        for (guint32 r = is_head[head] ? head : NO_REVISION; r != NO_REVISION; r = next[r]) {
            slots[r] = slot++;
        }
    }
    return slots;
}

/* What is quickly known of the ancestors of a revision. */
typedef struct Paths {
    const guint32 *bases;
    guint32 *jumps;   /* of each revision one further down its path: see path_add() */
    guint32 *lengths; /* of the path */
    guint32 *entries; /* of each revision the first merge that brought it in, or NO_REVISION */
} Paths;

/* A skip list (Myers, "An applicative random-access stack", 1983): two jumps of one length are
 * joined to one, so that any revision of a path is found in O(log n). */
static void path_add(Paths *paths, guint32 revision, guint32 base)
{
    guint32 jump = paths->jumps[base];
    guint32 jump_of_jump = paths->jumps[jump];
    gboolean are_alike = paths->lengths[base] - paths->lengths[jump] ==
                         paths->lengths[jump] - paths->lengths[jump_of_jump];

    paths->lengths[revision] = paths->lengths[base] + 1;
    paths->jumps[revision] = are_alike ? jump_of_jump : base;
}

static gboolean path_has(const Paths *paths, guint32 from, guint32 revision)
{
    while (from > revision) {
        from = paths->jumps[from] >= revision ? paths->jumps[from] : paths->bases[from];
    }
    return from == revision;
}

/* More are hardly ever needed: a branch of a branch of a branch. */
#define MOST_ENTRIES 4

/* TRUE: @base has @revision. FALSE: it may have it or not. */
static gboolean path_brought_in(const Paths *paths, guint32 base, guint32 revision)
{
    for (guint i = 0; i <= MOST_ENTRIES && revision <= base; i++) {
        if (path_has(paths, base, revision)) {
            return TRUE;
        }
        revision = paths->entries[revision];
    }
    return FALSE;
}

/* A walk down from the parents of a merge, newest revision first. Those that only the others reach
 * are what they bring in; it ends when no such revision is left to visit. */
typedef struct Walk {
    const History *history;
    Paths *paths;
    guint32 merge;
    guint32 base;
    RevisionSet *of_base;
    RevisionSet *of_others;
    guint n_brought_in_to_visit;
    guint lowest_word; /* that has a mark */
} Walk;

static void walk_mark(Walk *walk, guint32 revision, gboolean of_base)
{
    gboolean was_of_base = revision_set_has(walk->of_base, revision);
    gboolean was_of_others = revision_set_has(walk->of_others, revision);

    if (of_base) {
        walk->n_brought_in_to_visit -= was_of_others && !was_of_base;
        revision_set_add(walk->of_base, revision);
    } else if (!was_of_others && !was_of_base &&
               !path_brought_in(walk->paths, walk->base, revision)) {
        walk->n_brought_in_to_visit++;
        revision_set_add(walk->of_others, revision);
    } else {
        return;
    }
    walk->lowest_word = MIN(walk->lowest_word, revision / 64);
}

/* Visits what is marked in one word, from the highest bit down; visiting marks lower ones. */
static void walk_word(Walk *walk, guint word, const guint32 *slots, GArray *slots_found)
{
    guint64 to_visit = G_MAXUINT64;

    while (walk->n_brought_in_to_visit > 0) {
        guint64 left = (walk->of_base->words[word] | walk->of_others->words[word]) & to_visit;
        guint n_parents;

        if (left == 0) {
            return;
        }
        guint bit = 63 - (guint)__builtin_clzll(left);
        guint32 revision = word * 64 + bit;
        gboolean of_base = revision_set_has(walk->of_base, revision);
        const guint32 *parents = history_parents(walk->history, revision, &n_parents);
        if (!of_base) {
            walk->n_brought_in_to_visit--;
            g_array_append_val(slots_found, slots[revision]);
            if (walk->paths->entries[revision] == NO_REVISION) {
                walk->paths->entries[revision] = walk->merge;
            }
        }
        for (guint i = 0; i < n_parents; i++) {
            walk_mark(walk, parents[i], of_base);
        }
        to_visit = (G_GUINT64_CONSTANT(1) << bit) - 1;
    }
}

static gint compare_slots(gconstpointer a, gconstpointer b)
{
    guint32 left = *(const guint32 *)a;
    guint32 right = *(const guint32 *)b;

    return (left > right) - (left < right);
}

/* Appends to @runs what the parents of @merge beside @base bring in; returns how many revisions
 * that is. @walk and @slots_found are scratch, clean before and after. */
static guint list_brought_in(Walk *walk, guint32 merge, guint32 base, const guint32 *slots,
                             GArray *slots_found, GArray *runs)
{
    guint word = merge / 64 + 1;
    guint n_parents;
    const guint32 *parents = history_parents(walk->history, merge, &n_parents);

    walk->merge = merge;
    walk->base = base;
    walk->lowest_word = word;
    for (guint i = 0; i < n_parents; i++) {
        walk_mark(walk, parents[i], parents[i] == base);
    }
    while (walk->n_brought_in_to_visit > 0) {
        walk_word(walk, --word, slots, slots_found);
    }
    guint marked = (merge / 64 + 1 - walk->lowest_word) * (guint)sizeof(guint64);
    memset(walk->of_base->words + walk->lowest_word, 0, marked);
    memset(walk->of_others->words + walk->lowest_word, 0, marked);

    g_array_sort(slots_found, compare_slots);
    guint n_found = slots_found->len;
    const guint32 *found = (const guint32 *)(const void *)slots_found->data;
    for (guint i = 0, start = 0; i < n_found; i++) {
        if (i + 1 == n_found || found[i + 1] != found[i] + 1) {
            SlotRun run = {.first = found[start], .end = found[i] + 1};

            g_array_append_val(runs, run);
            start = i + 1;
        }
    }
    g_array_set_size(slots_found, 0);
    return n_found;
}

void sum_plan_init(SumPlan *plan, const History *history)
{
    guint n = history->n_revisions;
    g_autoptr(RevisionSet) of_base = revision_set_new(n);
    g_autoptr(RevisionSet) of_others = revision_set_new(n);
    g_autoptr(GArray) slots_found = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autofree guint *n_ancestors = g_new(guint, n);
    g_autofree guint32 *jumps = g_new0(guint32, n);
    g_autofree guint32 *lengths = g_new0(guint32, n);
    g_autofree guint32 *entries = g_new(guint32, n);
    Paths paths = {.jumps = jumps, .lengths = lengths, .entries = entries};
    Walk walk = {.history = history, .paths = &paths, .of_base = of_base, .of_others = of_others};

    memset(entries, 0xff, n * sizeof *entries); /* NO_REVISION */
    plan->slots = assign_slots(history);
    plan->bases = g_new0(guint32, n);
    plan->first_runs = g_new0(guint32, n + 1);
    plan->runs = g_array_new(FALSE, FALSE, sizeof(SlotRun));
    paths.bases = plan->bases;
    n_ancestors[0] = 1;
    for (guint32 r = 1; r < n; r++) {
        guint n_parents;
        const guint32 *parents = history_parents(history, r, &n_parents);
        guint32 base = parents[0];

        for (guint i = 1; i < n_parents; i++) {
            base = n_ancestors[parents[i]] > n_ancestors[base] ? parents[i] : base;
        }
        plan->bases[r] = base;
        path_add(&paths, r, base);
        n_ancestors[r] = n_ancestors[base] + 1;
        if (n_parents > 1) {
            n_ancestors[r] += list_brought_in(&walk, r, base, plan->slots, slots_found, plan->runs);
        }
        plan->first_runs[r + 1] = plan->runs->len;
    }
}

void sum_plan_clear(SumPlan *plan)
{
    g_free(plan->slots);
    g_free(plan->bases);
    g_free(plan->first_runs);
    g_clear_pointer(&plan->runs, g_array_unref);
}

void history_sum_ancestors(const History *history, const double *weights, double *ret_sums)
{
    const SumPlan *plan = &history->sums;
    const SlotRun *runs = (const SlotRun *)(const void *)plan->runs->data;
    guint n = history->n_revisions;
    g_autofree double *total_before = g_new(double, n + 1); /* of each slot */

    for (guint32 r = 0; r < n; r++) {
        total_before[plan->slots[r] + 1] = weights[r];
    }
    total_before[0] = 0;
    for (guint slot = 0; slot < n; slot++) {
        total_before[slot + 1] += total_before[slot];
    }
    ret_sums[0] = weights[0];
    for (guint32 r = 1; r < n; r++) {
        double sum = ret_sums[plan->bases[r]] + weights[r];

        for (guint32 i = plan->first_runs[r]; i < plan->first_runs[r + 1]; i++) {
            sum += total_before[runs[i].end] - total_before[runs[i].first];
        }
        ret_sums[r] = sum;
    }
}
