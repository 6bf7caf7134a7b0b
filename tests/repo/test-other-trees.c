/* SPDX-License-Identifier: Apache-2.0
 * Ranges between histories, commits found again, and commits fetched beside a repository, with real
 * remotes.
 */
#include "open.h"
#include "repo/repo.h"
#include "scratch.h"

#include <string.h>

static char *resolve_in(const Repo *repo, const char *name)
{
    g_autoptr(GError) error = NULL;
    char *id = repo_resolve(repo, name, &error);

    g_assert_no_error(error);
    return id;
}

/*   1---2---3---4---M---5    head, which has all that 2 and its own have;
 *        \         /         the start is S, which left at 3; r left at 1
 *         \       r1
 *          (r from 1)   3---S                                                        */
static void test_roots(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch,
        "new repo && cd repo\n"
        "commit 1; git tag c1; commit 2; commit 3; git tag c3; commit 4; git tag c4\n"
        "git checkout -q -b r c1; commit r1; git tag r1; git checkout -q -b s c3; commit S\n"
        "git checkout -q main; tick; git merge -q --no-edit r; git tag m; commit 5");
    g_autoptr(GError) error = NULL;
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autofree char *start = resolve_in(repo, "s"), *head = resolve_in(repo, "main");
    g_autofree char *c1 = resolve_in(repo, "c1"), *c3 = resolve_in(repo, "c3"),
                    *r1 = resolve_in(repo, "r1"), *c4 = resolve_in(repo, "c4");
    const char *const ends[] = {start, NULL};
    g_autoptr(Range) range = repo_load_range_beyond(repo, ends, head, &error);
    g_assert_no_error(error);
    g_autoptr(Roots) roots = repo_range_roots(repo, range, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(history_size(range->history), ==, 5); /* the start; 4, r1, M, 5 */
    g_assert_cmpuint(roots->n, ==, 2);
    g_assert_cmpstr(roots->commits[0], ==, c1);
    g_assert_cmpstr(roots->commits[1], ==, c3);
    g_assert_cmpint(roots_find(roots, c3), ==, 1);
    g_assert_cmpint(roots_find(roots, head), ==, -1);
    g_assert_true(revision_set_has(roots->behind[1], 0));
    g_assert_false(revision_set_has(roots->behind[0], 1));
    g_assert_cmpuint(roots->edges->len, ==, 2);
    for (guint i = 0; i < 2; i++) {
        const RootEdge *edge = &g_array_index(roots->edges, RootEdge, i);

        g_assert_cmpint(edge->revision, ==, range_find(range, edge->root == 0 ? r1 : c4));
    }
}

/* Ends that are not behind each other: all that the tip has and neither of them has. */
static void test_several_ends(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch, "new repo && cd repo\n"
                 "commit 1; git checkout -q -b a; commit a1; git checkout -q -b b main; commit b1\n"
                 "git checkout -q -b top a; tick; git merge -q --no-edit b; commit t");
    g_autoptr(GError) error = NULL;
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autofree char *a = resolve_in(repo, "a"), *b = resolve_in(repo, "b"),
                    *top = resolve_in(repo, "top");
    const char *const ends[] = {a, b, NULL};
    g_autoptr(Range) range = repo_load_range_beyond(repo, ends, top, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(history_size(range->history), ==, 3);
    g_assert_cmpstr(range->commits[0], ==, a);
    g_assert_cmpint(range_find(range, b), ==, -1);
    g_autoptr(GPtrArray) parents = range_parents(range, 1);
    g_assert_cmpuint(parents->len, ==, 2);
    g_assert_cmpstr(parents->pdata[1], ==, b);
}

static void test_rewritten(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch,
        "new repo && cd repo\n"
        "commit base f 1; git checkout -q -b old; commit 'net: [x]' g 1\n"
        "git checkout -q main; commit other h 2; commit 'net: [x]' g 1; git tag new\n"
        "commit 'net: [x] again' g 2; commit 'net: [x]' i 9; git tag other-patch; commit z");
    g_autoptr(GError) error = NULL;
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autofree char *old = resolve_in(repo, "old"), *new = resolve_in(repo, "new"),
                    *other = resolve_in(repo, "other-patch");
    g_auto(GStrv) by_patch = NULL, by_title = NULL, none = NULL;

    g_assert_true(repo_find_rewritten(repo, old, NULL, "main", &by_patch, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(g_strv_length(by_patch), ==, 1);
    g_assert_cmpstr(by_patch[0], ==, new);
    g_assert_true(repo_find_rewritten(repo, NULL, "net: [x]", "main", &by_title, &error));
    g_assert_cmpuint(g_strv_length(by_title), ==, 2);
    g_assert_cmpstr(by_title[0], ==, other);
    g_assert_true(repo_find_rewritten(repo, NULL, "net: .x.", "main", &none, &error));
    g_assert_cmpuint(g_strv_length(none), ==, 0);
}

/* The remote has a branch that the repository has not, and a file that is fetched when it is read.
 */
static void test_fetch(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *made = scratch_sh(
        scratch, "new remote && cd remote && git config uploadpack.allowFilter true\n"
                 "git config uploadpack.allowAnySHA1InWant true\n"
                 "commit 1 f 1; git tag v5.1; cd ..; git clone -q remote repo 2>/dev/null\n"
                 "cd remote; git checkout -q -b next; commit 2 big fetched; git tag v5.2\n"
                 "cd ../repo; git tag mine; find . -type f | sort | xargs sha1sum >../before");
    g_autoptr(GError) error = NULL;
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autofree char *folder = scratch_path(scratch, "beside.git"),
                    *url = g_strdup_printf("file://%s/remote", scratch->dir),
                    *branch = g_strconcat(url, "#next", NULL);
    const char *const urls[] = {url, branch, NULL};

    g_assert_null(repo_resolve(repo, "v5.2", NULL));
    g_assert_true(repo_fetch_beside(repo, urls, folder, &error));
    g_assert_no_error(error);
    g_assert_true(repo_fetch_beside(repo, urls, folder, &error)); /* again: nothing is in the way */
    g_assert_no_error(error);
    g_autoptr(Repo) beside = repo_open(folder, &error);
    g_assert_no_error(error);
    g_autofree char *next = resolve_in(beside, "v5.2"), *mine = resolve_in(beside, "mine"),
                    *head = resolve_in(beside, "HEAD"), *his = resolve_in(repo, "HEAD");
    g_assert_cmpstr(head, ==, his);
    g_assert_cmpstr(mine, ==, his);
    g_autofree char *missing = scratch_sh(
        scratch,
        "git -C beside.git rev-list --objects --missing=print v5.2 | grep -c '^?' || true");
    g_assert_cmpstr(missing, ==, "1");
    g_autoptr(GBytes) file = repo_read_file(beside, next, "big", &error);
    g_assert_no_error(error);
    g_assert_cmpmem(g_bytes_get_data(file, NULL), g_bytes_get_size(file), "fetched\n", 8);
    g_autofree char *same =
        scratch_sh(scratch, "cd repo; find . -type f | sort | xargs sha1sum | diff - ../before");
    g_assert_cmpstr(same, ==, "");
}

/* His branches come and go: one that is gone, with its commits, is not missed, and one whose name
 * is now a folder's is not in the way. What was fetched stays. */
static void test_fetch_again(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *made =
        scratch_sh(scratch, "new remote && cd remote && git config uploadpack.allowFilter true\n"
                            "commit 1 f 1; cd ..; git clone -q remote repo 2>/dev/null; cd remote\n"
                            "git checkout -q -b next; commit 2 f 2; git tag v5.2; cd ../repo\n"
                            "git checkout -q -b topic; commit lost f 3; git checkout -q main");
    g_autoptr(GError) error = NULL;
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autofree char *folder = scratch_path(scratch, "beside.git"),
                    *url = g_strdup_printf("file://%s/remote", scratch->dir);
    const char *const urls[] = {url, NULL};

    g_assert_true(repo_fetch_beside(repo, urls, folder, &error));
    g_assert_no_error(error);
    g_free(scratch_sh(scratch,
                      "cd repo; git branch -D topic; git reflog expire --expire=now --all\n"
                      "git gc -q --prune=now; git branch topic/one"));
    g_assert_true(repo_fetch_beside(repo, urls, folder, &error));
    g_assert_no_error(error);
    g_autofree char *refs =
        scratch_sh(scratch, "cd beside.git; git for-each-ref --format='%%(refname)' |\n"
                            "sed 's/fetched-[0-9a-f]*/fetched/' | grep -v origin | paste -sd' '");
    g_assert_cmpstr(refs, ==,
                    "refs/heads/main refs/heads/topic/one refs/remotes/fetched/main "
                    "refs/remotes/fetched/next refs/tags/v5.2");
}

static void test_fetch_fails(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *made =
        scratch_sh(scratch, "new repo && cd repo && commit 1 f 1; commit 2 f 2\n"
                            "git clone -q --depth 1 file://$SCRATCH/repo ../cut");
    g_autoptr(GError) nowhere = NULL, shallow = NULL;
    g_autoptr(Repo) repo = open_repo(scratch, "repo"), cut = open_repo(scratch, "cut");
    g_autofree char *folder = scratch_path(scratch, "beside.git");
    const char *const urls[] = {"file:///no/such", NULL};

    g_assert_false(repo_fetch_beside(repo, urls, folder, &nowhere));
    g_assert_true(g_str_has_prefix(nowhere->message, "file:///no/such: git fetch: '"));
    g_assert_nonnull(strstr(nowhere->message, "' does not appear to be a git repository"));
    g_assert_false(repo_fetch_beside(cut, urls, folder, &shallow));
    g_assert_nonnull(strstr(shallow->message, "--unshallow"));
}

#define ADD(name, test)                                                                            \
    g_test_add("/other-trees/" name, Scratch, NULL, scratch_set_up, test, scratch_tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("roots", test_roots);
    ADD("several-ends", test_several_ends);
    ADD("rewritten", test_rewritten);
    ADD("fetch", test_fetch);
    ADD("fetch-again", test_fetch_again);
    ADD("fetch-fails", test_fetch_fails);
    return g_test_run();
}
