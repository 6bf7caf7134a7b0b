/* SPDX-License-Identifier: Apache-2.0
 * What a decision costs on real graphs: making the history, summing over ancestors, and whole jobs.
 *
 *     bench-decisions FILE.dag ...      line i of FILE: the parents of commit i
 */
#include "../tests/belief/world.h"

#include <stdlib.h>

static const Costs costs = {.build_s = 300, .trial_s = 10, .parallel_trials = 2};

static double ms_since(gint64 start)
{
    return (g_get_monotonic_time() - start) / 1000.0;
}

static void measure_history(const char *text, History **ret_history)
{
    gint64 start = g_get_monotonic_time();
    History *history = graph_parse(text);
    double make_ms = ms_since(start);
    guint n = history_size(history);
    g_autofree double *weights = g_new0(double, n);
    g_autofree double *sums = g_new(double, n);

    start = g_get_monotonic_time();
    for (guint i = 0; i < 100; i++) {
        history_sum_ancestors(history, weights, sums);
    }
    g_print("%u commits: read and made in %.1f ms, a sum %.3f ms\n", n, make_ms,
            ms_since(start) / 100);
    *ret_history = history;
}

static void measure_jobs(const History *history, double p)
{
    const guint n_jobs = 20;
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    guint n_decisions = 0, n_kernels = 0, n_trials = 0, n_right = 0, n_drawn = 0;
    double most_ms = 0, sum_ms = 0;
    BeliefModel model;

    belief_model_default(&model);
    while (n_drawn < n_jobs) {
        guint32 last = history_size(history) - 1;
        guint32 culprit = (guint32)g_rand_int_range(rand, 1, (gint32)last + 1);
        Experiment experiment;

        if (!history_reaches(history, culprit, last)) {
            continue; /* not in the range of this start */
        }
        g_autoptr(World) world = world_new(history, culprit, p, 0, NULL, rand);
        g_autoptr(Belief) belief = world_start(world, &model, 20);
        n_drawn++;
        for (;;) {
            gint64 start = g_get_monotonic_time();
            gboolean goes_on = belief_next_experiment(belief, 0.95, &costs, &experiment);
            double ms = ms_since(start);

            most_ms = MAX(most_ms, ms);
            sum_ms += ms;
            n_decisions++;
            if (!goes_on) {
                break;
            }
            const Tally *before = belief_get(belief, experiment.revision);
            n_kernels += before->n_crash + before->n_ok == 0;
            n_trials += experiment.n_trials;
            world_try(world, belief, experiment.revision, experiment.n_trials);
        }
        g_autoptr(GArray) candidates = belief_candidates(belief, 0.95);
        n_right += candidates->len == 1 && g_array_index(candidates, guint32, 0) == culprit;
    }
    g_print("  p = %g: a decision %.2f ms in the mean, %.2f at most; %.1f kernels, %.1f trials a "
            "job, %u of %u right\n",
            p, sum_ms / n_decisions, most_ms, (double)n_kernels / n_jobs, (double)n_trials / n_jobs,
            n_right, n_jobs);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(History) history = NULL;

        if (!g_file_get_contents(argv[i], &text, NULL, &error)) {
            g_printerr("%s\n", error->message);
            return EXIT_FAILURE;
        }
        g_print("%s: ", argv[i]);
        measure_history(g_strdelimit(g_strchomp(text), "\n", '|'), &history);
        measure_jobs(history, 1);
        measure_jobs(history, 0.5);
    }
    return EXIT_SUCCESS;
}
