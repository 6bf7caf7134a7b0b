/* SPDX-License-Identifier: Apache-2.0
 * Commits taken back and added by plumbing.
 */
#include <string.h>

#include "open.h"

/* What file f is in @commit with those patches; the conflict where there is one. */
static char *patched(const Scratch *scratch, const Repo *repo, const char *commit,
                     const char *const *reverts, const char *const *picks)
{
    g_autofree char *result = NULL;
    char *conflict = NULL;
    g_autoptr(GError) error = NULL;

    repo_patch(repo, commit, reverts, picks, &result, &conflict, &error);
    g_assert_no_error(error);
    g_assert_true(!result != !conflict);
    return conflict ? conflict
                    : scratch_sh(scratch, "cd repo; git show %s:f | paste -sd' '", result);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/* main: lines 1 to 9 of f, changed at 2 by `two`, at 8 by `eight`, at 2 again by `again`. */
static Repo *open_history(const Scratch *scratch)
{
    g_free(scratch_sh(scratch, "new repo && cd repo; git config apply.whitespace error\n"
                               "seq 9 >f; git add f; commit base; git tag base\n"
                               "edit() { sed -i \"$2\" f; git add f; commit $1; git tag $1; }\n"
                               "edit two 's/2/two\t/'; edit eight 's/8/eight/'; git tag kept\n"
                               "edit again 's/two/2 again/'; git checkout -qb side base\n"
                               "seq 3 >g; git add g; commit other; git tag other\n"
                               "git checkout -q main; git merge -qm joined side; git tag joined"));
    return open_repo(scratch, "repo");
}

static void test_patches(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(Repo) repo = open_history(scratch);
    g_autofree char *none = patched(scratch, repo, "kept", NULL, NULL),
                    *back = patched(scratch, repo, "kept", LIST("two"), NULL),
                    *both = patched(scratch, repo, "joined", LIST("again", "two"), NULL),
                    *added = patched(scratch, repo, "base", NULL, LIST("eight")),
                    *there = patched(scratch, repo, "kept", NULL, LIST("eight")),
                    *mixed = patched(scratch, repo, "two", LIST("two"), LIST("eight"));

    g_assert_cmpstr(none, ==, "1 two\t 3 4 5 6 7 eight 9");
    g_assert_cmpstr(back, ==, "1 2 3 4 5 6 7 eight 9");
    g_assert_cmpstr(both, ==, back);
    g_assert_cmpstr(added, ==, back);
    g_assert_cmpstr(there, ==, none);
    g_assert_cmpstr(mixed, ==, back);
}

static void test_conflicts(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(Repo) repo = open_history(scratch);
    g_autofree char *two = scratch_sh(scratch, "cd repo; git rev-parse two");
    g_autofree char *conflict = patched(scratch, repo, "joined", LIST(two), NULL);
    g_autofree char *expected = g_strdup_printf("%.12s cannot be taken back: conflict in f", two);

    g_assert_cmpstr(conflict, ==, expected);
}

/* No object can be written: that says nothing of the commits. */
static void test_machine(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(Repo) repo = open_history(scratch);
    g_autofree char *result = NULL, *conflict = NULL;
    g_autoptr(GError) error = NULL;

    g_free(scratch_sh(scratch, "cd repo/.git/objects; git repack -adq\n"
                               "for i in $(seq 0 255); do\n"
                               "    folder=$(printf %%02x $i); rm -rf $folder; : >$folder\ndone"));
    g_assert_false(repo_patch(repo, "base", NULL, LIST("eight"), &result, &conflict, &error));
    g_assert_nonnull(error);
    g_assert_null(result);
    g_assert_null(conflict);
}

/* Of a merge what it brought in; the same commit each time; and nothing of the user's moves. */
static void test_merge(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(Repo) repo = open_history(scratch);
    g_autofree char *before =
        scratch_sh(scratch, "cd repo; git for-each-ref; git status; ls -A .git");
    g_autofree char *first = NULL, *second = NULL, *conflict = NULL, *files = NULL, *after = NULL;

    g_assert_true(repo_patch(repo, "joined", LIST("joined"), NULL, &first, &conflict, NULL));
    g_assert_true(repo_patch(repo, "joined", LIST("joined"), NULL, &second, &conflict, NULL));
    g_assert_cmpstr(first, ==, second);
    files = scratch_sh(scratch, "cd repo; git ls-tree --name-only %s", first);
    g_assert_cmpstr(files, ==, "f");
    after = scratch_sh(scratch, "cd repo; git for-each-ref; git status; ls -A .git");
    g_assert_cmpstr(before, ==, after);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
    g_test_add("/repo/patch/" name, Scratch, NULL, scratch_set_up, function, scratch_tear_down)
    ADD("patches", test_patches);
    ADD("conflicts", test_conflicts);
    ADD("machine", test_machine);
    ADD("merge", test_merge);
#undef ADD
    return g_test_run();
}
