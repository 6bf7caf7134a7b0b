/* SPDX-License-Identifier: Apache-2.0
 * history/ against git itself: random graphs are made into repositories with `git fast-import`, and
 * git is asked the same questions.
 */
#include "git-repo.h"

#include <string.h>

static void assert_same_ancestors(const History *history, const GitRepo *repo)
{
    guint n = history_size(history);
    g_autofree double *weights = g_new(double, n);
    g_autofree double *sums = g_new(double, n);

    for (guint32 r = 0; r < n; r++) {
        weights[r] = 1;
    }
    history_sum_ancestors(history, weights, sums);
    for (guint32 r = 0; r < n; r++) {
        g_autoptr(RevisionSet) ancestors = history_ancestors(history, r);
        int status;
        g_autofree char *list =
            git(repo->dir, NULL, &status,
                (const char *const[]){"rev-list", g_ptr_array_index(repo->ids, r), NULL});
        guint n_listed = 0;

        g_assert_cmpint(status, ==, 0);
        for (guint32 a = 0; a < n; a++) {
            gboolean listed = strstr(list, g_ptr_array_index(repo->ids, a)) != NULL;

            g_assert_cmpint(revision_set_has(ancestors, a), ==, listed);
            n_listed += listed;
        }
        g_assert_cmpfloat(sums[r], ==, n_listed);
    }
}

static void assert_same_reach(const History *history, const GitRepo *repo, GRand *rand)
{
    for (guint i = 0; i < 30; i++) {
        guint32 a = (guint32)g_rand_int_range(rand, 0, (gint32)history_size(history));
        guint32 d = (guint32)g_rand_int_range(rand, 0, (gint32)history_size(history));
        int status;
        g_autofree char *nothing = git(
            repo->dir, NULL, &status,
            (const char *const[]){"merge-base", "--is-ancestor", g_ptr_array_index(repo->ids, a),
                                  g_ptr_array_index(repo->ids, d), NULL});

        g_assert_cmpint(history_reaches(history, a, d), ==, status == 0);
    }
}

static void test_same_as_git(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    g_autofree char *program = g_find_program_in_path("git");

    if (program == NULL) {
        g_test_skip("no git here");
        return;
    }
    for (guint i = 0; i < 6; i++) {
        guint n = (guint)g_rand_int_range(rand, 2, 70);
        g_autoptr(History) history = graph_random(rand, n, 0.1 * i);
        GitRepo repo;

        git_repo_init(&repo, history);
        assert_same_ancestors(history, &repo);
        assert_same_reach(history, &repo, rand);
        git_repo_clear(&repo);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/history/same-as-git", test_same_as_git);
    return g_test_run();
}
