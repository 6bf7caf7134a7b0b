/* SPDX-License-Identifier: Apache-2.0
 * firstbad sim --bugs: many bugs of one tree, with and without shared kernels.
 */
#include "cli/sim.h"

#include "sim/sim.h"

static void append_row(GString *rows, const ManyOptions *options, const ManyResult *result)
{
    double n = options->n_bugs;

    g_string_append_printf(rows, "%u\t%s\t%u\t%u\t%u\t%.1f\t%.1f", options->n_bugs,
                           options->shares ? "on" : "off", options->n_workers, options->n_configs,
                           options->n_moved, 100 * result->n_right / n, 100 * result->n_wrong / n);
    g_string_append_printf(rows, "\t%.2f\t%.2f\t%.1f\t%.2f\t%.2f\t%u\t%.1f\n",
                           result->n_kernels / n, result->n_fetched / n, result->n_trials / n,
                           result->build_s / 3600 / n, result->machine_s / 3600 / n,
                           result->n_kernels, result->wall_s / 3600);
}

static void append_both(GString *rows, const GPtrArray *scenarios, const History *graph,
                        const SimBugs *bugs, ManyOptions options)
{
    const gboolean is_wanted[] = {bugs->without, bugs->with};

    for (guint shares = FALSE; shares <= TRUE; shares++) {
        ManyResult result;

        options.shares = shares;
        if (is_wanted[shares]) {
            many_run(scenarios, graph, &options, &result);
            append_row(rows, &options, &result);
        }
    }
}

char *sim_bugs(const GPtrArray *scenarios, const History *graph, const SimBugs *bugs)
{
    GString *rows = g_string_new("bugs\tsharing\tworkers\tconfigs\tmoved\tright\twrong\tkernels\t"
                                 "fetched\ttrials\tbuild_h\tmachine_h\tall_kernels\twall_h\n");

    for (guint i = 0; i < bugs->n_bugs->len; i++) {
        for (guint j = 0; j < bugs->n_workers->len; j++) {
            const ManyOptions options = {.seed = bugs->seed,
                                         .n_bugs = g_array_index(bugs->n_bugs, guint, i),
                                         .n_workers = g_array_index(bugs->n_workers, guint, j),
                                         .n_configs = bugs->n_configs,
                                         .n_moved = bugs->n_moved};

            append_both(rows, scenarios, graph, bugs, options);
        }
    }
    return g_string_free(rows, FALSE);
}
