/* SPDX-License-Identifier: Apache-2.0
 * Many bugs of one tree: what sharing changes, and what it does not.
 */
#include "../history/graphs.h"
#include "sim/many.h"

#define N_BUGS 24

static GPtrArray *clean_scenarios(void)
{
    GPtrArray *scenarios = g_ptr_array_new_with_free_func(g_free);
    Scenario *scenario = g_new(Scenario, 1);

    *scenario = (Scenario){
        .id = (char *)"clean",
        .is_usable = TRUE,
        .n_revisions = 15000,
        .runs_per_test = 10,
        .p_bad = 1,
        .p_bad_min = 1,
        .build_s = 300,
        .test_s = 400,
    };
    g_ptr_array_add(scenarios, scenario);
    return scenarios;
}

static ManyResult run(ManyOptions options)
{
    g_autoptr(GPtrArray) scenarios = clean_scenarios();
    g_autoptr(History) graph = graph_line(1000);
    ManyResult result;

    options.seed = 1;
    options.n_bugs = options.n_bugs > 0 ? options.n_bugs : N_BUGS;
    many_run(scenarios, graph, &options, &result);
    return result;
}

static void test_sharing(void)
{
    ManyResult alone = run((ManyOptions){.n_workers = 4, .n_configs = 1});
    ManyResult shared = run((ManyOptions){.n_workers = 4, .n_configs = 1, .shares = TRUE});

    g_assert_cmpuint(alone.n_right, ==, N_BUGS);
    g_assert_cmpuint(shared.n_right, ==, N_BUGS);
    g_assert_cmpuint(alone.n_fetched, ==, 0);
    g_assert_cmpuint(3 * shared.n_kernels, <, 2 * alone.n_kernels);
    g_assert_cmpfloat(shared.machine_s, <, alone.machine_s);
    g_assert_cmpfloat(shared.wall_s, <, alone.wall_s);
}

/* Kernels of two classes are never the same. */
static void test_configs(void)
{
    ManyResult one = run((ManyOptions){.n_workers = 4, .n_configs = 1, .shares = TRUE});
    ManyResult many = run((ManyOptions){.n_workers = 4, .n_configs = 1000, .shares = TRUE});

    g_assert_cmpuint(one.n_kernels, <, many.n_kernels);
    g_assert_cmpuint(many.n_fetched, <, N_BUGS);
}

static void test_one_bug(void)
{
    ManyResult alone = run((ManyOptions){.n_bugs = 1, .n_workers = 4, .n_configs = 1});
    ManyResult shared =
        run((ManyOptions){.n_bugs = 1, .n_workers = 4, .n_configs = 1, .shares = TRUE});

    g_assert_cmpuint(alone.n_kernels, ==, shared.n_kernels);
    g_assert_cmpfloat(alone.wall_s, ==, shared.wall_s);
}

/* The bugs are the same for any number of machines, which share the work evenly. */
static void test_workers(void)
{
    ManyResult one = run((ManyOptions){.n_workers = 1, .n_configs = 1});
    ManyResult four = run((ManyOptions){.n_workers = 4, .n_configs = 1});

    g_assert_cmpuint(one.n_kernels, ==, four.n_kernels);
    g_assert_cmpfloat_with_epsilon(one.wall_s, one.machine_s, 1);
    g_assert_cmpfloat(four.wall_s, <, one.wall_s / 3);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/many/sharing", test_sharing);
    g_test_add_func("/many/configs", test_configs);
    g_test_add_func("/many/one-bug", test_one_bug);
    g_test_add_func("/many/workers", test_workers);
    return g_test_run();
}
