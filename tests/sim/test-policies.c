/* SPDX-License-Identifier: Apache-2.0
 * The policies that firstbad is compared with: their rules, and whole jobs in simulated worlds.
 */
#include "../history/graphs.h"
#include "sim/policy.h"
#include "sim/rules.h"

static const char *const others[] = {"git1", "git10", "syzkaller2019", "syzkaller", "bayes-linear"};

static void test_any_crash(void)
{
    g_assert_cmpint(rules_any_crash(&(Runs){.n_ok = 9, .n_crashed = 1}), ==, GIT_BAD);
    g_assert_cmpint(rules_any_crash(&(Runs){.n_ok = 1, .n_broken = 9}), ==, GIT_GOOD);
    g_assert_cmpint(rules_any_crash(&(Runs){.n_broken = 5, .n_infra = 5}), ==, GIT_SKIP);
    g_assert_cmpint(rules_any_crash(&(Runs){0}), ==, GIT_SKIP);
}

/* More than 2/3, so that six of nine are good still. */
static void test_syzkaller2019(void)
{
    g_assert_cmpint(rules_syzkaller2019(&(Runs){.n_crashed = 1, .n_broken = 9}), ==, GIT_BAD);
    g_assert_cmpint(rules_syzkaller2019(&(Runs){.n_ok = 4, .n_broken = 6}), ==, GIT_GOOD);
    g_assert_cmpint(rules_syzkaller2019(&(Runs){.n_ok = 3, .n_broken = 5, .n_infra = 2}), ==,
                    GIT_SKIP);
    g_assert_cmpint(rules_syzkaller2019(&(Runs){.n_ok = 3, .n_broken = 6}), ==, GIT_GOOD);
}

static void test_syzkaller(void)
{
    static const struct {
        Runs runs;
        gboolean is_flaky;
        GitVerdict verdict;
    } tests[] = {
        {{.n_ok = 10}, FALSE, GIT_GOOD},
        {{.n_ok = 5, .n_broken = 5}, FALSE, GIT_GOOD},
        {{.n_ok = 4, .n_broken = 6}, FALSE, GIT_SKIP},
        {{.n_ok = 14, .n_broken = 6}, TRUE, GIT_SKIP}, /* 3/4 of 20 are wanted */
        {{.n_ok = 15, .n_broken = 5}, TRUE, GIT_GOOD},
        {{.n_ok = 9, .n_crashed = 1}, FALSE, GIT_SKIP}, /* the frequent cause of wrong results */
        {{.n_ok = 8, .n_crashed = 2}, FALSE, GIT_BAD},
        {{.n_ok = 18, .n_crashed = 2}, TRUE, GIT_SKIP},
        {{.n_ok = 17, .n_crashed = 3}, TRUE, GIT_BAD},
        {{.n_crashed = 4, .n_broken = 6}, FALSE, GIT_SKIP}, /* too few told something */
        {{.n_crashed = 5, .n_broken = 5}, FALSE, GIT_BAD},
    };
    GitVerdict verdict = GIT_GOOD;

    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_assert_true(rules_syzkaller(&tests[i].runs, tests[i].is_flaky, &verdict));
        g_assert_cmpint(verdict, ==, tests[i].verdict);
    }
    g_assert_false(rules_syzkaller(&(Runs){.n_ok = 4, .n_infra = 6}, FALSE, &verdict));
}

/* A real scenario's shape in a small range, without anything that misleads. */
static Scenario clean_scenario(void)
{
    return (Scenario){
        .id = (char *)"clean",
        .is_usable = TRUE,
        .n_revisions = 300,
        .runs_per_test = 10,
        .p_bad = 1,
        .p_bad_min = 1,
        .build_s = 300,
        .test_s = 400,
    };
}

/* Where crashes tell the truth, all are right, after about log2(300) + 2 kernels. */
static void test_clean(void)
{
    g_autoptr(History) graph = graph_line(400);
    Scenario scenario = clean_scenario();

    for (guint seed = 0; seed < 10; seed++) {
        g_autoptr(World) world = world_new(&scenario, graph, seed);

        for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
            g_auto(SimResult) result = {0};

            policy_find(others[i])->bisect(world, 1, &result);
            g_assert_cmpint(result.culprit, ==, world_culprit(world));
            g_assert_cmpuint(result.rank, ==, 1);
            g_assert_cmpfloat(result.confidence, >=, 0.95);
            g_assert_cmpuint(result.n_kernels, >=, 9);
            g_assert_cmpuint(result.n_kernels, <=, 15);
            g_assert_null(result.ranked);
        }
    }
}

/* What a test costs: a build, and one round of guests. */
static void test_costs(void)
{
    g_autoptr(History) graph = graph_line(400);
    Scenario scenario = clean_scenario();
    g_auto(SimResult) one = {0}, ten = {0}, today = {0}, rounds = {0};
    g_autoptr(World) world = world_new(&scenario, graph, 1);

    policy_git1(world, 1, &one);
    policy_git10(world, 1, &ten);
    policy_syzkaller(world, 1, &today);
    scenario.runs_per_test = 4;
    policy_git10(world, 1, &rounds);
    g_assert_cmpuint(one.n_trials, ==, one.n_kernels);
    g_assert_cmpuint(ten.n_trials, ==, 10 * ten.n_kernels);
    g_assert_cmpuint(today.n_trials, ==, 10 * today.n_kernels + 10);
    g_assert_cmpfloat_with_epsilon(one.seconds, one.n_kernels * 700.0, 1e-6);
    g_assert_cmpfloat_with_epsilon(ten.seconds, ten.n_kernels * 700.0, 1e-6);
    g_assert_cmpfloat_with_epsilon(today.seconds, today.n_kernels * 700.0 + 400, 1e-6);
    g_assert_cmpfloat_with_epsilon(rounds.seconds, ten.n_kernels * (300 + 3 * 400.0), 1e-6);
}

/* One run in four crashes: few runs lie, and who runs once mostly does not even see it. */
static void test_flaky(void)
{
    g_autoptr(History) graph = graph_line(400);
    Scenario scenario = clean_scenario();
    guint n_right[G_N_ELEMENTS(others)] = {0};

    scenario.p_bad = scenario.p_bad_min = 0.25;
    for (guint seed = 0; seed < 40; seed++) {
        g_autoptr(World) world = world_new(&scenario, graph, seed);

        for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
            g_auto(SimResult) result = {0};

            policy_find(others[i])->bisect(world, 1, &result);
            n_right[i] += result.culprit == world_culprit(world);
            g_assert_cmpuint(result.n_trials, >=, 1);
            g_assert_cmpint(result.rank == 1 && result.culprit >= 0, ==,
                            result.culprit == world_culprit(world));
        }
    }
    g_assert_cmpuint(n_right[0], <=, 4);  /* git1 */
    g_assert_cmpuint(n_right[1], >=, 20); /* git10 */
    g_assert_cmpuint(n_right[4], >=, 20); /* bayes-linear */
}

/* Much does not build or boot: some jobs end with what was skipped, and know the culprit's rank. */
static void test_broken(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    g_autoptr(History) graph = graph_random(rand, 400, 0.1);
    Scenario scenario = clean_scenario();
    guint n_lists = 0;

    scenario.skip_part = 0.9;
    scenario.build_fails_part = 0.5;
    scenario.longest_skip = 20;
    for (guint seed = 0; seed < 20; seed++) {
        g_autoptr(World) world = world_new(&scenario, graph, seed);

        for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
            g_auto(SimResult) result = {0};

            policy_find(others[i])->bisect(world, 1, &result);
            if (result.ranked != NULL) {
                n_lists++;
                g_assert_cmpint(result.culprit, ==, -1);
                g_assert_cmpuint(result.ranked->len, >, 1);
                g_assert_true(result.rank == 0 || result.rank > result.ranked->len ||
                              g_array_index(result.ranked, guint32, result.rank - 1) ==
                                  world_culprit(world));
            } else if (result.culprit >= 0 && i < 4) {
                g_assert_cmpint(result.culprit, ==, world_culprit(world));
            }
        }
    }
    g_assert_cmpuint(n_lists, >, 5);
}

static void test_no_start(void)
{
    g_autoptr(History) graph = graph_line(400);
    Scenario scenario = clean_scenario();
    g_autoptr(World) world = NULL;

    scenario.p_bad = scenario.p_bad_min = 0;
    world = world_new(&scenario, graph, 1);
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        g_auto(SimResult) result = {0};

        policy_find(others[i])->bisect(world, 1, &result);
        g_assert_cmpint(result.culprit, ==, -1);
        g_assert_cmpuint(result.n_kernels, ==, 1);
        g_assert_cmpuint(result.rank, ==, 0);
        g_assert_null(result.ranked);
    }
}

/* Builds so slow that 12 hours are over before the culprit is found. */
static void test_time_limit(void)
{
    g_autoptr(History) graph = graph_line(400);
    Scenario scenario = clean_scenario();
    g_auto(SimResult) limited = {0}, patient = {0};

    scenario.build_s = 2 * 3600;
    g_autoptr(World) world = world_new(&scenario, graph, 1);
    policy_syzkaller(world, 1, &limited);
    policy_git10(world, 1, &patient);
    g_assert_cmpint(limited.culprit, ==, -1);
    g_assert_cmpfloat(limited.seconds, >=, 12 * 3600.0);
    g_assert_cmpfloat(limited.seconds, <, 15 * 3600.0);
    g_assert_cmpint(patient.culprit, ==, world_culprit(world));
}

static void test_find(void)
{
    g_assert_null(policy_find("guess"));
    for (const Policy *policy = policies(); policy->name != NULL; policy++) {
        g_assert_true(policy_find(policy->name) == policy);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/policies/any-crash", test_any_crash);
    g_test_add_func("/sim/policies/syzkaller2019", test_syzkaller2019);
    g_test_add_func("/sim/policies/syzkaller", test_syzkaller);
    g_test_add_func("/sim/policies/find", test_find);
    g_test_add_func("/sim/policies/clean", test_clean);
    g_test_add_func("/sim/policies/costs", test_costs);
    g_test_add_func("/sim/policies/flaky", test_flaky);
    g_test_add_func("/sim/policies/broken", test_broken);
    g_test_add_func("/sim/policies/no-start", test_no_start);
    g_test_add_func("/sim/policies/time-limit", test_time_limit);
    return g_test_run();
}
