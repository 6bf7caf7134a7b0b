/* SPDX-License-Identifier: Apache-2.0
 * What builds cost beside others, on a line of revisions and a fork.
 */
#include <math.h>

#include "../history/graphs.h"
#include "job/distance.h"

#define NEAR_S 5.0
#define FAR_S  205.0

/* 3 changes a header of all objects, 1 and 4 one of 100 files. */
static const double lengths[] = {0, 0.01, 0, 5, 0.01, 0};
#define N G_N_ELEMENTS(lengths)

static void assert_near(double value, double wanted)
{
    g_assert_cmpfloat_with_epsilon(value, wanted, 1e-6);
}

/* Of the 200 s that all objects take. */
static double of_way(double length)
{
    return NEAR_S + (FAR_S - NEAR_S) * (1 - exp(-length));
}

static void test_line(void)
{
    g_autoptr(History) history = graph_line(N);
    g_autoptr(Distances) distances = distances_new(history, lengths);
    double build_s[N];

    distances_costs(distances, 2, NEAR_S, FAR_S, build_s);
    assert_near(build_s[0], of_way(0.01));
    assert_near(build_s[1], NEAR_S);
    assert_near(build_s[2], NEAR_S);
    assert_near(build_s[3], of_way(5));
    assert_near(build_s[5], of_way(5.01));
    /* From nothing. */
    distances_costs(distances, -1, NEAR_S, FAR_S, build_s);
    assert_near(build_s[2], FAR_S);
}

/* What was compiled once comes from the cache. */
static void test_built(void)
{
    g_autoptr(History) history = graph_line(N);
    g_autoptr(Distances) distances = distances_new(history, lengths);
    double build_s[N];

    distances_add_built(distances, 5);
    distances_add_built(distances, 2);
    distances_costs(distances, 2, NEAR_S, FAR_S, build_s);
    assert_near(build_s[2], NEAR_S);
    /* All are stale here, one in a hundred never was compiled. */
    g_assert_cmpfloat(build_s[3], <, 40);
    g_assert_cmpfloat(build_s[3], >, 25);
    distances_costs(distances, -1, NEAR_S, FAR_S, build_s);
    g_assert_cmpfloat(build_s[5], ==, build_s[2]);
    g_assert_cmpfloat(build_s[5], <, 40);
}

/*   0---1---2---4     what only the other side has lies between, too
 *        \     /
 *         3---'   */
static void test_fork(void)
{
    static const char dag[] = "\n0\n1\n1\n2 3\n";
    static const double of_fork[] = {0, 1, 0.5, 0.25, 0};
    g_autoptr(History) history = history_parse(dag, strlen(dag), NULL);
    g_autoptr(Distances) distances = distances_new(history, of_fork);
    double build_s[5];

    distances_costs(distances, 2, NEAR_S, FAR_S, build_s);
    assert_near(build_s[0], of_way(1.5));
    assert_near(build_s[1], of_way(0.5));
    assert_near(build_s[3], of_way(0.75));
    assert_near(build_s[4], of_way(0.25));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/distance/line", test_line);
    g_test_add_func("/distance/built", test_built);
    g_test_add_func("/distance/fork", test_fork);
    return g_test_run();
}
