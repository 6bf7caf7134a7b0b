/* SPDX-License-Identifier: Apache-2.0
 * history/: drawn graphs, random graphs against a naive closure, and the real graphs of the corpus.
 */
#include "graphs.h"

#include <math.h>

/* closure[d * n + a]: a is d or an ancestor of d. */
static gboolean *naive_closure(const History *history)
{
    guint n = history_size(history);
    gboolean *closure = g_new0(gboolean, (gsize)n * n);

    for (guint32 d = 0; d < n; d++) {
        guint n_parents;
        const guint32 *parents = history_parents(history, d, &n_parents);

        closure[d * n + d] = TRUE;
        for (guint i = 0; i < n_parents; i++) {
            for (guint32 a = 0; a < n; a++) {
                closure[d * n + a] |= closure[parents[i] * n + a];
            }
        }
    }
    return closure;
}

static void assert_parents(const History *history, guint32 revision, const char *wanted)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint n_parents;
    const guint32 *parents = history_parents(history, revision, &n_parents);

    for (guint i = 0; i < n_parents; i++) {
        g_string_append_printf(text, "%s%u", i > 0 ? " " : "", parents[i]);
    }
    g_assert_cmpstr(text->str, ==, wanted);
}

/* Every question of the floor, for every pair, against the closure. */
static void assert_agrees_with_closure(const History *history, GRand *rand)
{
    guint n = history_size(history);
    g_autofree gboolean *closure = naive_closure(history);
    g_autofree double *weights = g_new(double, n);
    g_autofree double *sums = g_new(double, n);

    for (guint32 r = 0; r < n; r++) {
        weights[r] = g_rand_int_range(rand, 0, 1000);
    }
    history_sum_ancestors(history, weights, sums);
    for (guint32 r = 0; r < n; r++) {
        g_autoptr(RevisionSet) ancestors = history_ancestors(history, r);
        g_autoptr(RevisionSet) descendants = history_descendants(history, r);
        double sum = 0;
        guint n_ancestors = 0;

        for (guint32 other = 0; other < n; other++) {
            gboolean above = closure[r * n + other];

            g_assert_cmpint(revision_set_has(ancestors, other), ==, above);
            g_assert_cmpint(history_reaches(history, other, r), ==, above);
            g_assert_cmpint(revision_set_has(descendants, other), ==, closure[other * n + r]);
            sum += above ? weights[other] : 0;
            n_ancestors += above;
        }
        g_assert_cmpuint(revision_set_count(ancestors), ==, n_ancestors);
        g_assert_cmpfloat(sums[r], ==, sum);
    }
}

static void test_one_revision(void)
{
    g_autoptr(History) history = graph_parse(" ");
    double weight = 0.5, sum;

    g_assert_cmpuint(history_size(history), ==, 1);
    g_assert_true(history_reaches(history, 0, 0));
    history_sum_ancestors(history, &weight, &sum);
    g_assert_cmpfloat(sum, ==, 0.5);
}

/*   0---1---2-------5---6
 *        \         /
 *         3---4---'         */
static void test_merge(void)
{
    g_autoptr(History) history = graph_parse("|0|1|1|3|2 4|5");
    const double weights[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    double sums[G_N_ELEMENTS(weights)];

    g_assert_true(history_reaches(history, 3, 5));
    g_assert_false(history_reaches(history, 2, 4));
    g_assert_false(history_reaches(history, 5, 3));
    g_assert_true(history_is_merge(history, 5));
    g_assert_false(history_is_merge(history, 6));
    history_sum_ancestors(history, weights, sums);
    g_assert_cmpfloat(sums[2], ==, 111);
    g_assert_cmpfloat(sums[4], ==, 11011);
    g_assert_cmpfloat(sums[5], ==, 111111);
    g_assert_cmpfloat(sums[6], ==, 1111111);
}

/* A root of its own (2, which gets the baseline as parent), a parent given twice (4), and a merge
 * of a revision with its own ancestor (5):
 *
 *   0---1-----4---5
 *    \ /     /   /
 *     2---3-+---'           */
static void test_odd_parents(void)
{
    g_autoptr(History) history = graph_parse("|0||2|1 3 1|4 3");
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    assert_parents(history, 0, "");
    assert_parents(history, 2, "0");
    assert_parents(history, 4, "1 3");
    assert_parents(history, 5, "4 3");
    assert_agrees_with_closure(history, rand);
}

/* Criss-cross: no parent of 5 or 6 has all that the other has.
 *
 *   0---1---3---5---7
 *    \       \ / \ /
 *     \       X   X
 *      \     / \ / \
 *       2---4---6---8       */
static void test_criss_cross(void)
{
    g_autoptr(History) history = graph_parse("|0|0|1|2|3 4|4 3|5 6|6 5");
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);

    assert_agrees_with_closure(history, rand);
}

static void test_random_graphs(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);

    for (guint i = 0; i < 400; i++) {
        guint n = (guint)g_rand_int_range(rand, 1, i % 40 == 0 ? 300 : 60);
        g_autoptr(History) history = graph_random(rand, n, g_rand_double(rand));

        assert_agrees_with_closure(history, rand);
    }
}

static History *load_dag(const char *path)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    gsize length;

    g_file_get_contents(path, &text, &length, &error);
    g_assert_no_error(error);
    History *history = history_parse(text, length, &error);
    g_assert_no_error(error);
    return history;
}

/* Whole-number weights sum without rounding, so the sums must be the very numbers. */
static void test_real_graphs(void)
{
    static const char *const names[] = {"git-2.30-2.40.dag", "uboot-2021.01-2023.01.dag"};
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path =
            g_build_filename(g_getenv("FIRSTBAD_SHARED"), "data", "dag", names[i], NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
            g_test_skip_printf("no corpus at %s", path);
            return;
        }
        g_autoptr(History) history = load_dag(path);
        guint n = history_size(history);
        g_autofree double *weights = g_new(double, n);
        g_autofree double *sums = g_new(double, n);

        for (guint32 r = 0; r < n; r++) {
            weights[r] = g_rand_int_range(rand, 0, 1000);
        }
        history_sum_ancestors(history, weights, sums);
        for (guint32 r = 0; r < n; r += (guint32)g_rand_int_range(rand, 1, 200)) {
            g_autoptr(RevisionSet) ancestors = history_ancestors(history, r);
            double sum = 0;

            for (guint32 a = 0; a <= r; a++) {
                sum += revision_set_has(ancestors, a) ? weights[a] : 0;
            }
            g_assert_cmpfloat(sums[r], ==, sum);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/history/one-revision", test_one_revision);
    g_test_add_func("/history/merge", test_merge);
    g_test_add_func("/history/odd-parents", test_odd_parents);
    g_test_add_func("/history/criss-cross", test_criss_cross);
    g_test_add_func("/history/random-graphs", test_random_graphs);
    g_test_add_func("/history/real-graphs", test_real_graphs);
    return g_test_run();
}
