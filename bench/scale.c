/* SPDX-License-Identifier: Apache-2.0
 * What a decision costs in CPU time and memory on large graphs: making the history, summing over
 * ancestors, and whole simulated jobs, with blocks of broken revisions and without.
 *
 *     bench-scale COPIES FILE.dag ...
 */
#include "../tests/belief/world.h"
#include "graph.h"

#include <stdlib.h>
#include <sys/resource.h>

static const Costs costs = {.build_s = 300, .trial_s = 10, .parallel_trials = 2};

/* As in syzbot's bisections, where a quarter of all verdicts is skip: a fifth of the revisions. */
#define LONGEST_BLOCK 342
#define BLOCK_EVERY   855

static double peak_mib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static History *measure_history(const GString *graph)
{
    g_autoptr(GError) error = NULL;
    double start = cpu_ms();
    History *history = history_parse(graph->str, graph->len, &error);
    double make_ms = cpu_ms() - start;

    g_assert_no_error(error);
    guint n = history_size(history);
    g_autofree double *weights = g_new0(double, n);
    g_autofree double *sums = g_new(double, n);
    guint n_merges = 0;
    for (guint32 r = 0; r < n; r++) {
        n_merges += history_is_merge(history, r) ? 1 : 0;
    }
    start = cpu_ms();
    for (guint i = 0; i < 20; i++) {
        history_sum_ancestors(history, weights, sums);
    }
    double sum_ms = (cpu_ms() - start) / 20;
    start = cpu_ms();
    g_autoptr(RevisionSet) all = history_ancestors(history, n - 1);
    g_print("%u commits, %u merges: parsed and made in %.1f ms; sums over ancestors %.3f ms, "
            "a set of ancestors %.3f ms\n",
            n, n_merges, make_ms, sum_ms, cpu_ms() - start);
    return history;
}

static gboolean *draw_blocks(GRand *rand, guint n)
{
    gboolean *is_untestable = g_new0(gboolean, n);

    for (guint i = 0; i < n / BLOCK_EVERY; i++) {
        guint32 first = (guint32)g_rand_int_range(rand, 1, (gint32)n - 1);
        guint32 end = first + (guint32)g_rand_int_range(rand, 1, LONGEST_BLOCK);

        for (guint32 r = first; r < MIN(end, n - 1); r++) {
            is_untestable[r] = TRUE;
        }
    }
    return is_untestable;
}

typedef struct Measured {
    guint n_jobs;
    guint n_decisions;
    guint n_kernels;
    guint n_trials;
    guint n_right; /* one candidate, or a set with the culprit in it */
    double most_ms;
    double sum_ms;
} Measured;

/* A decision is all from the outcome of one experiment to the choice of the next. */
static void measure_job(const World *world, Measured *measured)
{
    BeliefModel model;

    belief_model_default(&model);
    g_autoptr(Belief) belief = world_start(world, &model, 20);
    for (;;) {
        Experiment experiment;
        double start = cpu_ms();
        gboolean goes_on = belief_next_experiment(belief, 0.95, &costs, &experiment);

        if (goes_on) {
            const Tally *before = belief_get(belief, experiment.revision);

            measured->n_kernels += before->n_crash + before->n_ok == 0;
            measured->n_trials += experiment.n_trials;
            world_try(world, belief, experiment.revision, experiment.n_trials);
        }
        double ms = cpu_ms() - start;
        measured->most_ms = MAX(measured->most_ms, ms);
        measured->sum_ms += ms;
        measured->n_decisions++;
        if (!goes_on) {
            break;
        }
    }
    g_autoptr(GArray) candidates = belief_candidates(belief, 0.95);
    for (guint i = 0; i < candidates->len; i++) {
        measured->n_right += g_array_index(candidates, guint32, i) == world->culprit;
    }
    measured->n_jobs++;
}

static void measure_jobs(const History *history, double p, gboolean has_blocks)
{
    guint n = history_size(history);
    guint n_jobs = CLAMP(400000 / n, 3, 20);
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    Measured measured = {0};

    while (measured.n_jobs < n_jobs) {
        guint32 culprit = (guint32)g_rand_int_range(rand, 1, (gint32)n);
        g_autofree gboolean *is_untestable = has_blocks ? draw_blocks(rand, n) : NULL;

        if (!history_reaches(history, culprit, n - 1)) {
            continue; /* not in the range of this start */
        }
        g_autoptr(World) world = world_new(history, culprit, p, 0, is_untestable, rand);
        measure_job(world, &measured);
    }
    g_print("  p = %-3g %-13s: a decision %7.2f ms in the mean, %7.2f at most; %u jobs, %.1f "
            "kernels, %.0f trials each, %u right; peak %.0f MiB\n",
            p, has_blocks ? "broken blocks" : "nothing broken",
            measured.sum_ms / measured.n_decisions, measured.most_ms, measured.n_jobs,
            (double)measured.n_kernels / n_jobs, (double)measured.n_trials / n_jobs,
            measured.n_right, peak_mib());
}

int main(int argc, char **argv)
{
    guint n_copies = argc > 2 ? (guint)atoi(argv[1]) : 0;

    if (n_copies == 0) {
        g_printerr("usage: bench-scale COPIES FILE.dag ...\n");
        return EXIT_FAILURE;
    }
    GString *graph = make_graph(n_copies, argv + 2);
    g_autoptr(History) history = measure_history(graph);
    g_string_free(graph, TRUE);
    measure_jobs(history, 1, FALSE);
    measure_jobs(history, 0.3, FALSE);
    measure_jobs(history, 1, TRUE);
    measure_jobs(history, 0.3, TRUE);
    return EXIT_SUCCESS;
}
