/* SPDX-License-Identifier: Apache-2.0
 * sim/git-bisect.c against git itself: both bisect the same random graphs, and must name the same
 * revision at every step and the same end.
 */
#include "../history/git-repo.h"
#include "sim/git-bisect.h"

#include <string.h>

/* The first bytes of the hashes, which order as the hashes do. */
static guint64 *hash_starts(const GitRepo *repo)
{
    guint64 *starts = g_new(guint64, repo->ids->len);

    for (guint i = 0; i < repo->ids->len; i++) {
        g_autofree char *start = g_strndup(g_ptr_array_index(repo->ids, i), 16);

        starts[i] = g_ascii_strtoull(start, NULL, 16);
    }
    return starts;
}

static const char *id_of(const GitRepo *repo, guint32 revision)
{
    return g_ptr_array_index(repo->ids, revision);
}

static GitVerdict judge(const History *history, guint32 culprit, const gboolean *is_skipped,
                        guint32 revision)
{
    if (is_skipped[revision]) {
        return GIT_SKIP;
    }
    return history_reaches(history, culprit, revision) ? GIT_BAD : GIT_GOOD;
}

/* What `git bisect run` runs: it notes the revision in a file and knows all verdicts. One process
 * a step, since processes are what this test costs. */
static void write_script(const GitRepo *repo, const History *history, guint32 culprit,
                         const gboolean *is_skipped)
{
    g_autofree char *path = g_build_filename(repo->dir, "test", NULL);
    g_autoptr(GString) bad = g_string_new("none");
    g_autoptr(GString) skipped = g_string_new("none");
    g_autoptr(GString) script = g_string_new(NULL);
    g_autoptr(RevisionSet) have_bug = history_descendants(history, culprit);
    g_autoptr(GError) error = NULL;

    for (guint32 r = 0; r < history_size(history); r++) {
        if (is_skipped[r]) {
            g_string_append_printf(skipped, "|%s", id_of(repo, r));
        } else if (revision_set_has(have_bug, r)) {
            g_string_append_printf(bad, "|%s", id_of(repo, r));
        }
    }
    g_string_printf(script,
                    "read -r id <BISECT_HEAD\necho $id >>tested\n"
                    "case $id in\n%s) exit 125;;\n%s) exit 1;;\nesac\n",
                    skipped->str, bad->str);
    g_file_set_contents(path, script->str, -1, &error);
    g_assert_no_error(error);
}

/* Returns what it said; *@ret_tested: the hashes it wanted tested, one a line. */
static char *bisect_with_git(const GitRepo *repo, guint32 start, char **ret_tested)
{
    g_autofree char *path = g_build_filename(repo->dir, "tested", NULL);
    int status;

    /* git bisect insists on a HEAD that exists. */
    g_free(git(repo->dir, NULL, &status,
               (const char *const[]){"symbolic-ref", "HEAD", "refs/heads/r0", NULL}));
    g_assert_cmpint(status, ==, 0);
    g_free(git(repo->dir, NULL, &status,
               (const char *const[]){"bisect", "start", "--no-checkout", id_of(repo, start),
                                     id_of(repo, 0), NULL}));
    g_assert_cmpint(status, ==, 0);
    /* Fails when only skipped ones are left. */
    char *said =
        git(repo->dir, NULL, &status, (const char *const[]){"bisect", "run", "sh", "./test", NULL});
    if (!g_file_get_contents(path, ret_tested, NULL, NULL)) {
        *ret_tested = g_strdup("");
    }
    return said;
}

static void assert_git_left(const GitRepo *repo, GitBisect *ours, const char *said)
{
    g_autoptr(GArray) left = git_bisect_left(ours);
    g_autoptr(GString) list = g_string_new("The first bad commit could be any of:\n");

    for (guint i = 0; i < left->len; i++) {
        g_string_append_printf(list, "%s\n", id_of(repo, g_array_index(left, guint32, i)));
    }
    g_string_append(list, "We cannot bisect more!");
    g_assert_nonnull(strstr(said, list->str));
}

/* Both bisect @history; returns how they ended. */
static GitNext bisect(const History *history, guint32 culprit, const gboolean *is_skipped)
{
    guint32 start = history_size(history) - 1;
    g_autoptr(GString) tested = g_string_new(NULL);
    g_autofree char *git_tested = NULL;
    GitRepo repo;
    guint32 revision;
    GitNext next;

    git_repo_init(&repo, history);
    write_script(&repo, history, culprit, is_skipped);
    g_autofree char *said = bisect_with_git(&repo, start, &git_tested);
    g_autofree guint64 *ids = hash_starts(&repo);
    g_autoptr(GitBisect) ours = git_bisect_new(history, start, 0, ids);
    while ((next = git_bisect_next(ours, &revision)) == GIT_TEST) {
        g_string_append_printf(tested, "%s\n", id_of(&repo, revision));
        git_bisect_mark(ours, revision, judge(history, culprit, is_skipped, revision));
    }
    g_assert_cmpstr(tested->str, ==, git_tested);
    if (next == GIT_FOUND) {
        g_autofree char *line =
            g_strdup_printf("%s is the first bad commit", id_of(&repo, culprit));

        g_assert_cmpuint(revision, ==, culprit);
        g_assert_nonnull(strstr(said, line));
    } else {
        assert_git_left(&repo, ours, said);
    }
    git_repo_clear(&repo);
    return next;
}

static gboolean has_git(void)
{
    g_autofree char *program = g_find_program_in_path("git");

    if (program == NULL) {
        g_test_skip("no git here");
    }
    return program != NULL;
}

static void test_without_skips(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    for (guint i = 0; i < 6 && has_git(); i++) {
        guint n = (guint)g_rand_int_range(rand, 2, 150);
        g_autoptr(History) history = graph_random(rand, n, 0.1 * i);
        g_autofree gboolean *is_skipped = g_new0(gboolean, n);
        guint32 culprit = (guint32)g_rand_int_range(rand, 1, (gint32)n);

        g_assert_cmpint(bisect(history, culprit, is_skipped), ==, GIT_FOUND);
    }
}

/* A branch and its merge in every ten revisions:
 *
 *      0--1--2--3--4--9--10--11-
 *       \             /     \
 *        5--6--7--8--'       15-
 */
static History *braid(guint n)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint r = 1; r < n; r++) {
        guint parent = r % 10 == 5 ? r - 5 : r - 1;

        g_string_append_printf(text, "| %u ", parent);
        if (r % 10 == 9) {
            g_string_append_printf(text, "%u ", r - 5);
        }
    }
    return graph_parse(text->str);
}

/* So many that a tenth of a percent beside the middle is near enough. */
static void test_many(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);
    guint n = 3109;
    g_autoptr(History) history = braid(n);

    for (guint i = 0; i < 2 && has_git(); i++) {
        g_autofree gboolean *is_skipped = g_new0(gboolean, n);
        guint32 culprit = (guint32)g_rand_int_range(rand, 1, (gint32)n);

        for (guint32 r = 1; r < n - 1; r++) {
            is_skipped[r] = g_rand_double(rand) < 0.15 * i;
        }
        bisect(history, culprit, is_skipped);
    }
}

static void test_with_skips(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    guint n_ends[GIT_ONLY_SKIPPED + 1] = {0};

    for (guint i = 0; i < 9 && has_git(); i++) {
        guint n = (guint)g_rand_int_range(rand, 2, 60);
        g_autoptr(History) history = graph_random(rand, n, 0.04 * i);
        g_autofree gboolean *is_skipped = g_new0(gboolean, n);
        guint32 culprit = (guint32)g_rand_int_range(rand, 1, (gint32)n);

        for (guint32 r = 1; r < n - 1; r++) {
            is_skipped[r] = g_rand_double(rand) < 0.06 * i;
        }
        n_ends[bisect(history, culprit, is_skipped)]++;
    }
    if (has_git()) {
        g_assert_cmpuint(n_ends[GIT_FOUND], >, 0);
        g_assert_cmpuint(n_ends[GIT_ONLY_SKIPPED], >, 0);
    }
}

static void assert_tests(GitBisect *git, guint32 wanted)
{
    guint32 revision;
    GitNext next = git_bisect_next(git, &revision);

    g_assert_cmpint(next, ==, GIT_TEST);
    g_assert_cmpuint(revision, ==, wanted);
}

/* A line of ten: 1 to 9 are candidates, of which 4 is the first that halves. */
static void test_line(void)
{
    g_autoptr(History) history = graph_parse("| 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8");
    g_autoptr(GitBisect) git = git_bisect_new(history, 9, 0, NULL);
    guint32 revision;

    assert_tests(git, 4);
    git_bisect_mark(git, 4, GIT_BAD);
    assert_tests(git, 2);
    git_bisect_mark(git, 2, GIT_GOOD);
    assert_tests(git, 3);
    git_bisect_mark(git, 3, GIT_SKIP);
    GitNext next = git_bisect_next(git, &revision);
    g_assert_cmpint(next, ==, GIT_ONLY_SKIPPED);
    g_autoptr(GArray) left = git_bisect_left(git);
    g_assert_cmpuint(left->len, ==, 2);
    g_assert_cmpuint(g_array_index(left, guint32, 0), ==, 3);
    g_assert_cmpuint(g_array_index(left, guint32, 1), ==, 4);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/git-bisect/line", test_line);
    g_test_add_func("/sim/git-bisect/without-skips", test_without_skips);
    g_test_add_func("/sim/git-bisect/many", test_many);
    g_test_add_func("/sim/git-bisect/with-skips", test_with_skips);
    return g_test_run();
}
