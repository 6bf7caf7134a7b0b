/* SPDX-License-Identifier: Apache-2.0
 * Scenarios x repetitions -> rows.
 */
#include "sim/sim.h"

#include "dice.h"

/* A world's seed depends on its scenario by name, not by place: a file with fewer rows has the same
 * worlds. */
static guint64 world_seed(const Scenario *scenario, guint64 seed)
{
    Dice dice = dice_new(seed, g_str_hash(scenario->id), 0);

    return dice.state;
}

static char *header(const SimOptions *options)
{
    GString *row = g_string_new("scenario\tpolicy\tseed\tresult\tconfidence\trank\tset\tin_set\t"
                                "fixes\tdecidable\trevisions\tkernels\ttrials\tcalibration");

    for (guint i = 0; i < options->n_widths; i++) {
        g_string_append_printf(row, "\tseconds_%u\tkernels_%u", options->n_workers[i],
                               options->n_workers[i]);
    }
    return g_string_free(row, FALSE);
}

static const char *judge(const SimResult *result, guint32 culprit)
{
    return result->culprit < 0 ? "none" : result->culprit == culprit ? "right" : "wrong";
}

static gboolean set_holds(const SimResult *result, guint32 culprit)
{
    for (guint i = 0; i < result->ranked->len; i++) {
        if (g_array_index(result->ranked, guint32, i) == culprit) {
            return TRUE;
        }
    }
    return FALSE;
}

static void append_result(GString *row, const World *world, const SimResult *result)
{
    guint32 culprit = world_culprit(world);

    g_string_append_printf(row, "%s\t%.6f\t%u\t", judge(result, culprit), result->confidence,
                           result->rank);
    if (result->ranked != NULL) {
        g_string_append_printf(row, "%u\t%d", result->ranked->len, set_holds(result, culprit));
    } else {
        g_string_append(row, "-\t-");
    }
    g_string_append_printf(row, "\t%s\t%d\t%u\t%u\t%u", judge(result, world_fixes_culprit(world)),
                           world_is_decidable(world), history_size(world_history(world)) - 1,
                           result->n_kernels, result->n_trials);
    for (guint i = 0; i < SIM_TENTHS; i++) {
        g_string_append_printf(row, "%c%u/%u", i == 0 ? '\t' : ',', result->n_hits[i],
                               result->n_claims[i]);
    }
}

static char *run_job(const Scenario *scenario, const History *graph, const SimOptions *options,
                     guint64 seed)
{
    g_autoptr(World) world = world_new(scenario, graph, world_seed(scenario, seed));
    GString *row = g_string_new(NULL);
    g_auto(SimResult) first = {0};

    g_string_printf(row, "%s\t%s\t%" G_GUINT64_FORMAT "\t", scenario->id, options->policy->name,
                    seed);
    options->policy->bisect(world, options->n_workers[0], &first);
    append_result(row, world, &first);
    g_string_append_printf(row, "\t%.0f\t%u", first.seconds, first.n_kernels);
    for (guint i = 1; i < options->n_widths; i++) {
        g_auto(SimResult) wider = {0};

        if (options->policy->uses_workers) {
            options->policy->bisect(world, options->n_workers[i], &wider);
        }
        const SimResult *result = options->policy->uses_workers ? &wider : &first;
        g_string_append_printf(row, "\t%.0f\t%u", result->seconds, result->n_kernels);
    }
    return g_string_free(row, FALSE);
}

void sim_run(const GPtrArray *scenarios, const History *graph, const SimOptions *options,
             SimRowFunc take_row, gpointer user_data)
{
    g_autofree char *names = header(options);
    gboolean goes_on = take_row(names, user_data);

    for (guint i = 0; i < scenarios->len && goes_on; i++) {
        const Scenario *scenario = scenarios->pdata[i];

        for (guint rep = 0; rep < options->n_reps && goes_on && scenario->is_usable; rep++) {
            g_autofree char *row = run_job(scenario, graph, options, options->seed + rep);

            goes_on = take_row(row, user_data);
        }
    }
}
