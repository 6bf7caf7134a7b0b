/* SPDX-License-Identifier: Apache-2.0
 * A simulated world: a graph, the true culprit, what each revision does when it is tried; and a
 * driver that bisects it as a job does.
 */
#pragma once

#include "belief/belief.h"
#include "../history/graphs.h"

typedef struct World {
    const History *history;
    guint32 culprit;
    const gboolean *is_untestable; /* n entries, or NULL: none is */
    const guint32 *kernels; /* n entries: revisions with one number have one kernel; or NULL */
    double *crash_rates;    /* of each revision, in the mean */
    double spread;          /* each draws its own rate from a beta around it; 0: no spread */
    GRand *rand;
} World;

typedef struct Result {
    GArray *candidates; /* one: the answer, with its check passed */
    double probability; /* of the first */
    guint n_kernels;    /* revisions tried, beside the two ends */
    guint n_broken;     /* of these, untestable */
    guint n_same;       /* of these, the same as one tried before */
    guint n_trials;     /* beside those of the two ends */
} Result;

/* Scattered, a block of neighbours, both, or none. The two ends of a job can be tested. */
static inline void world_draw_untestable(GRand *rand, guint n, gboolean *is_untestable)
{
    double scattered = g_rand_boolean(rand) ? g_rand_double_range(rand, 0, 0.5) : 0;
    guint block_start = (guint)g_rand_int_range(rand, 0, (gint32)n);
    guint block_end = block_start + (g_rand_boolean(rand) ? n / 2 : 0);

    for (guint32 r = 0; r < n; r++) {
        gboolean is_in_block = r >= block_start && r < block_end;
        gboolean is_end = r == 0 || r == n - 1;

        is_untestable[r] = (is_in_block || g_rand_double(rand) < scattered) && !is_end;
    }
}

/* @p and @q: crash rates with the bug and without. */
static inline World *world_new(const History *history, guint32 culprit, double p, double q,
                               const gboolean *is_untestable, GRand *rand)
{
    World *world = g_new0(World, 1);
    g_autoptr(RevisionSet) with_bug = history_descendants(history, culprit);

    *world = (World){.history = history,
                     .culprit = culprit,
                     .is_untestable = is_untestable,
                     .crash_rates = g_new(double, history_size(history)),
                     .rand = rand};
    for (guint32 r = 0; r < history_size(history); r++) {
        world->crash_rates[r] = revision_set_has(with_bug, r) ? p : q;
    }
    return world;
}

static inline void world_free(World *world)
{
    g_free(world->crash_rates);
    g_free(world);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

static inline void result_clear(Result *result)
{
    g_clear_pointer(&result->candidates, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Result, result_clear)

/* A change that this kernel is not made of: a revision with one parent, not the culprit, has its
 * parent's kernel. */
static inline void world_draw_kernels(GRand *rand, const History *history, guint32 culprit,
                                      const gboolean *is_untestable, double same,
                                      guint32 *ret_kernels)
{
    for (guint32 r = 0; r < history_size(history); r++) {
        guint n_parents;
        const guint32 *parents = history_parents(history, r, &n_parents);
        gboolean is_same = g_rand_double(rand) < same && n_parents == 1 && r != culprit &&
                           !is_untestable[r] && !is_untestable[parents[0]];

        ret_kernels[r] = is_same ? ret_kernels[parents[0]] : r;
    }
}

/* As a job does when a build turns out to be a kernel that it has trials of. */
static inline gboolean world_is_known_kernel(const World *world, Belief *belief, guint32 revision)
{
    for (guint32 r = 0; world->kernels != NULL && r < history_size(world->history); r++) {
        const Tally *tally = belief_get(belief, r);

        if (r != revision && world->kernels[r] == world->kernels[revision] &&
            tally->n_crash + tally->n_ok > 0) {
            belief_set_same(belief, revision, r);
            return TRUE;
        }
    }
    return FALSE;
}

static inline void world_try(const World *world, Belief *belief, guint32 revision, guint n_trials)
{
    Tally tally = *belief_get(belief, revision);

    if (world->is_untestable != NULL && world->is_untestable[revision]) {
        tally.untestable = TRUE;
        n_trials = 0;
    }
    for (guint i = 0; i < n_trials; i++) {
        /* A beta-binomial, drawn one by one: Polya's urn. */
        double rate = (world->crash_rates[revision] * world->spread + tally.n_crash) /
                      (world->spread + tally.n_crash + tally.n_ok);
        gboolean crashes =
            g_rand_double(world->rand) < (world->spread > 0 ? rate : world->crash_rates[revision]);

        tally.n_crash += crashes;
        tally.n_ok += !crashes;
    }
    belief_set(belief, revision, &tally);
}

/* The trials of the two ends. NULL when the start does not crash: no job then. */
static inline Belief *world_start(const World *world, const BeliefModel *model, guint n_trials)
{
    guint32 last = history_size(world->history) - 1;
    g_autoptr(Belief) belief = belief_new(world->history, model, NULL);

    world_try(world, belief, last, n_trials);
    world_try(world, belief, 0, n_trials);
    return belief_get(belief, last)->n_crash > 0 ? g_steal_pointer(&belief) : NULL;
}

/* Until one candidate is left and its check is done, or nothing more can be learned. */
static inline void world_bisect(const World *world, Belief *belief, double confidence,
                                const Costs *costs, Result *ret_result)
{
    Result result = {0};

    for (;;) {
        Experiment experiment;
        g_autoptr(GArray) candidates = belief_candidates(belief, confidence);
        guint32 first = g_array_index(candidates, guint32, 0);

        if (!(candidates->len == 1 && belief_check_wanted(belief, first, 2, costs, &experiment)) &&
            !belief_next_experiment(belief, confidence, costs, &experiment)) {
            result.candidates = g_steal_pointer(&candidates);
            result.probability = belief_posterior(belief)[first];
            break;
        }
        Tally before = *belief_get(belief, experiment.revision);
        g_assert_false(before.untestable);
        g_assert_cmpuint(experiment.n_trials, >, 0);
        g_assert_cmpuint(belief_representative(belief, experiment.revision), ==,
                         experiment.revision);
        if (before.n_crash + before.n_ok == 0 &&
            world_is_known_kernel(world, belief, experiment.revision)) {
            result.n_kernels++;
            result.n_same++;
            continue;
        }
        world_try(world, belief, experiment.revision, experiment.n_trials);
        if (belief_get(belief, experiment.revision)->untestable) {
            result.n_broken++;
        } else {
            result.n_trials += experiment.n_trials;
        }
        result.n_kernels += before.n_crash + before.n_ok == 0;
    }
    *ret_result = result;
}
