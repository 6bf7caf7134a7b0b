/* SPDX-License-Identifier: Apache-2.0
 * What a simulated world promises: ends that show what they are, ranges of the wanted size, runs
 * that depend on nothing but their number; and that our own policy finds what can be found.
 */
#include "../history/graphs.h"
#include "sim/policy.h"

#define N_SEEDS 40

static Scenario scenario_new(guint n_revisions)
{
    return (Scenario){.id = (char *)"test",
                      .is_usable = TRUE,
                      .n_revisions = n_revisions,
                      .runs_per_test = 10,
                      .p_bad = 1,
                      .p_bad_min = 1,
                      .build_fails_part = 0.5,
                      .build_s = 400,
                      .test_s = 500};
}

/* 900 revisions: branches of five that leave the first-parent chain and come back. */
static History *some_graph(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint r = 1; r < 900; r++) {
        guint place = r % 10;

        if (place == 5) {
            g_string_append_printf(text, "| %u", r - 5);
        } else if (place == 0) {
            g_string_append_printf(text, "| %u %u", r - 6, r - 1);
        } else {
            g_string_append_printf(text, "| %u", r - 1);
        }
    }
    return graph_parse(text->str);
}

static void test_ends(void)
{
    g_autoptr(History) graph = some_graph();
    Scenario scenario = scenario_new(300);

    scenario.interferes_part = 0.3;
    scenario.interferes_rate = 1;
    scenario.skip_part = 0.4;
    scenario.longest_skip = 10;
    for (guint seed = 0; seed < N_SEEDS; seed++) {
        g_autoptr(World) world = world_new(&scenario, graph, seed);
        guint32 start = history_size(world_history(world)) - 1;

        g_assert_true(world_builds(world, 0) && world_builds(world, start));
        g_assert_cmpint(world_run(world, 0, 0), ==, RUN_OK);
        g_assert_cmpint(world_run(world, start, 0), ==, RUN_CRASH);
        g_assert_true(history_reaches(world_history(world), world_culprit(world), start));
    }
}

static void test_sizes(void)
{
    g_autoptr(History) graph = some_graph();
    const guint wanted[] = {2, 40, 300, 2000};

    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        Scenario scenario = scenario_new(wanted[i]);
        g_autoptr(World) world = world_new(&scenario, graph, 1);
        double size = history_size(world_history(world)) - 1;

        g_assert_cmpfloat(size, >, 0);
        g_assert_cmpfloat(size, <, wanted[i] + 20.0);
        g_assert_cmpfloat(size, >, wanted[i] - 20.0);
    }
}

static void test_runs(void)
{
    g_autoptr(History) graph = some_graph();
    Scenario scenario = scenario_new(100);
    guint n_crashes = 0;

    scenario.p_bad = scenario.p_bad_min = 0.5;
    g_autoptr(World) world = world_new(&scenario, graph, 1);
    g_autoptr(World) again = world_new(&scenario, graph, 1);
    guint32 start = history_size(world_history(world)) - 1;
    for (guint i = 0; i < 1000; i++) {
        g_assert_cmpint(world_run(world, start, i), ==, world_run(again, start, i));
        n_crashes += world_run(world, start, i) == RUN_CRASH;
    }
    g_assert_cmpuint(n_crashes, >, 300);
    g_assert_cmpuint(n_crashes, <, 700);
}

/* One machine or many: the same answer; and many take less time. */
static void test_firstbad(void)
{
    g_autoptr(History) graph = some_graph();
    Scenario scenario = scenario_new(300);
    double seconds[2] = {0};

    for (guint seed = 0; seed < N_SEEDS; seed++) {
        g_autoptr(World) world = world_new(&scenario, graph, seed);

        for (guint i = 0; i < 2; i++) {
            g_auto(SimResult) result = {0};

            policy_firstbad(world, i == 0 ? 1 : 5, &result);
            g_assert_cmpint(result.culprit, ==, world_culprit(world));
            g_assert_cmpuint(result.rank, ==, 1);
            seconds[i] += result.seconds;
        }
    }
    g_assert_cmpfloat(seconds[1], <, seconds[0] / 1.5);
}

/* A range in which all but the ends are broken leaves a set with the culprit in it. */
static void test_nothing_to_test(void)
{
    g_autoptr(History) graph = graph_parse("| 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11");
    Scenario scenario = scenario_new(12);
    guint n_none = 0;

    scenario.skip_part = 1;
    scenario.longest_skip = 100;
    for (guint seed = 0; seed < N_SEEDS; seed++) {
        g_autoptr(World) world = world_new(&scenario, graph, seed);
        g_auto(SimResult) result = {0};

        policy_firstbad(world, 1, &result);
        if (result.culprit >= 0) {
            g_assert_cmpint(result.culprit, ==, world_culprit(world));
        } else {
            g_assert_nonnull(result.ranked);
            g_assert_cmpuint(result.ranked->len, >, 1);
            n_none++;
        }
    }
    g_assert_cmpuint(n_none, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/world/ends", test_ends);
    g_test_add_func("/sim/world/sizes", test_sizes);
    g_test_add_func("/sim/world/runs", test_runs);
    g_test_add_func("/sim/world/firstbad", test_firstbad);
    g_test_add_func("/sim/world/nothing-to-test", test_nothing_to_test);
    return g_test_run();
}
