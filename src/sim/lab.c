/* SPDX-License-Identifier: Apache-2.0
 * Builds and runs in a simulated world, counted and timed.
 */
#include "lab.h"

void lab_init(Lab *lab, const World *world)
{
    *lab = (Lab){.world = world, .n_tried = g_hash_table_new(NULL, NULL)};
}

void lab_clear(Lab *lab)
{
    g_clear_pointer(&lab->n_tried, g_hash_table_unref);
}

gboolean lab_build(Lab *lab, guint32 revision)
{
    lab->n_kernels++;
    lab->seconds += world_scenario(lab->world)->build_s;
    return world_builds(lab->world, revision);
}

static void count_run(Runs *runs, RunOutcome outcome)
{
    switch (outcome) {
    case RUN_OK:
        runs->n_ok++;
        break;
    case RUN_CRASH:
    case RUN_OTHER:
        runs->n_crashed++;
        break;
    case RUN_BROKEN:
        runs->n_broken++;
        break;
    case RUN_INFRA:
        runs->n_infra++;
        break;
    }
}

void lab_run(Lab *lab, guint32 revision, guint n_runs, Runs *runs)
{
    gpointer kernel = GUINT_TO_POINTER(world_kernel(lab->world, revision));
    guint n_before = GPOINTER_TO_UINT(g_hash_table_lookup(lab->n_tried, kernel));

    for (guint i = 0; i < n_runs; i++) {
        count_run(runs, world_run(lab->world, revision, n_before + i));
    }
    g_hash_table_insert(lab->n_tried, kernel, GUINT_TO_POINTER(n_before + n_runs));
    lab->n_trials += n_runs;
    lab->seconds += scenario_runs_s(world_scenario(lab->world), n_runs);
}

void lab_bill(const Lab *lab, SimResult *result)
{
    result->n_kernels = lab->n_kernels;
    result->n_trials = lab->n_trials;
    result->seconds = lab->seconds;
}
