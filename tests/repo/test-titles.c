/* SPDX-License-Identifier: Apache-2.0
 * Which commits a revision contains, by title and by id.
 */
#include "open.h"

/* main: base, break, work, fix, later. `stable` leaves at work and has the fix under another id;
 * `lost` is a commit that no ref leads to; `old` has neither. */
static Repo *open_history(const Scratch *scratch)
{
    g_free(scratch_sh(scratch,
                      "new repo && cd repo; echo >f; git add f\n"
                      "commit base; git tag base; commit 'x: break it'; git tag broken\n"
                      "commit 'x: work on'; git tag work; git branch stable\n"
                      "commit 'x: Fix \"it\"\tat\\last, (again)'; git tag fix; commit later\n"
                      "git checkout -q stable; commit 'x: on stable'\n"
                      "commit 'x: Fix \"it\"\tat\\last, (again)'; git checkout -q --detach\n"
                      "commit 'x: nobody knows me'; git rev-parse HEAD >../lost\n"
                      "git checkout -q main"));
    return open_repo(scratch, "repo");
}

#define FIX "x: Fix \"it\"\tat\\last, (again)"

static Titles *read_titles(const Repo *repo, const char *tip)
{
    const char *tips[] = {tip, NULL};
    g_autoptr(GError) error = NULL;
    Titles *titles = repo_read_titles(repo, tips, &error);

    g_assert_no_error(error);
    return titles;
}

static char *id_of(const Repo *repo, const char *name)
{
    char *id = repo_resolve(repo, name, NULL);

    g_assert_nonnull(id);
    return id;
}

static gboolean contains(const Repo *repo, Titles *titles, const char *revision, const char *title)
{
    g_autofree char *id = id_of(repo, revision);

    return titles_contain(titles, id, title);
}

static void test_titles(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(Repo) repo = open_history(scratch);
    g_autoptr(Titles) titles = read_titles(repo, NULL);

    g_assert_false(contains(repo, titles, "work", FIX));
    g_assert_true(contains(repo, titles, "fix", FIX));
    g_assert_true(contains(repo, titles, "main", FIX));
    g_assert_true(contains(repo, titles, "stable", FIX));
    g_assert_false(contains(repo, titles, "stable", "later"));
    g_assert_false(contains(repo, titles, "main", "x: on stable"));
    g_assert_true(contains(repo, titles, "stable", "x: break it"));
    g_assert_false(contains(repo, titles, "base", "x: break it"));
    g_assert_false(contains(repo, titles, "main", "x: Fix"));
}

static void test_ids(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(Repo) repo = open_history(scratch);
    g_autoptr(Titles) titles = read_titles(repo, NULL);
    g_autofree char *fix = id_of(repo, "fix"), *start = g_strndup(fix, 13),
                    *work = id_of(repo, "work"), *main_tip = id_of(repo, "main"),
                    *stable = id_of(repo, "stable");
    g_auto(GStrv) found = titles_find(titles, FIX), none = titles_find(titles, "x: Fix");

    g_assert_true(titles_contain_id(titles, main_tip, fix));
    g_assert_true(titles_contain_id(titles, main_tip, start));
    g_assert_true(titles_contain_id(titles, fix, fix));
    g_assert_false(titles_contain_id(titles, work, fix));
    g_assert_false(titles_contain_id(titles, stable, start));
    g_assert_false(titles_contain_id(titles, main_tip, "0123456789abcdef"));
    g_assert_false(titles_contain_id(titles, main_tip, "no id"));
    g_assert_false(titles_contain_id(titles, "0123456789abcdef", fix));
    g_assert_cmpuint(g_strv_length(found), ==, 2);
    g_assert_true(g_strv_contains((const char *const *)found, fix));
    g_assert_true(g_strv_contains((const char *const *)found, stable));
    g_assert_cmpuint(g_strv_length(none), ==, 0);
}

/* What no ref leads to is known where it is named. */
static void test_tips(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(Repo) repo = open_history(scratch);
    g_autoptr(Titles) of_refs = read_titles(repo, NULL);
    g_autofree char *lost = scratch_sh(scratch, "cat lost");
    g_autoptr(Titles) of_all = read_titles(repo, lost);

    g_assert_false(titles_know(of_refs, lost));
    g_assert_false(titles_contain(of_refs, lost, FIX));
    g_assert_true(titles_know(of_all, lost));
    g_assert_true(titles_contain(of_all, lost, FIX));
    g_assert_false(titles_contain(of_all, lost, "later"));
}

/* A shallow history: what it does not hold is in nothing, and nothing else goes wrong. */
static void test_shallow(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(Repo) repo = open_history(scratch), shallow = NULL;
    g_autoptr(Titles) titles = NULL;

    g_free(scratch_sh(scratch, "git clone -q --depth 2 file://$PWD/repo shallow 2>/dev/null"));
    shallow = open_repo(scratch, "shallow");
    titles = read_titles(shallow, NULL);
    g_assert_true(contains(shallow, titles, "HEAD", FIX));
    g_assert_false(contains(shallow, titles, "HEAD~1", "later"));
    g_assert_false(contains(shallow, titles, "HEAD", "x: break it"));
}

/* By each of 200 commits on three lines that are merged now and then, against git itself. */
static void test_against_git(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(Repo) repo = NULL;
    g_autoptr(Titles) titles = NULL;
    g_autofree char *listed = NULL;
    g_auto(GStrv) lines = NULL;

    g_free(scratch_sh(scratch,
                      "new repo && cd repo; echo >f; git add f; commit base\n"
                      "git branch a; git branch b; i=0\n"
                      "while [ $i -lt 30 ]; do for line in a b main; do git checkout -q $line\n"
                      "commit \"change $i of $line\"\n"
                      "if [ $((i %% 7)) = 3 ]; then git merge -q --no-ff -m \"merge $i to $line\" "
                      "$([ $line = a ] && echo b || echo a) >/dev/null; fi\n"
                      "done; i=$((i + 1)); done"));
    repo = open_repo(scratch, "repo");
    titles = read_titles(repo, NULL);
    listed = scratch_sh(scratch, "cd repo; for t in a~15 main~6 b main; do "
                                 "git log --format=\"$(git rev-parse $t) 1 %%s\" $t\n"
                                 "git log --format=\"$(git rev-parse $t) 0 %%s\" --all --not $t\n"
                                 "done");
    lines = g_strsplit(listed, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), >, 350);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", 3);

        g_assert_cmpint(titles_contain(titles, words[0], words[2]), ==, *words[1] == '1');
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
    g_test_add("/repo/titles/" name, Scratch, NULL, scratch_set_up, function, scratch_tear_down)
    ADD("titles", test_titles);
    ADD("ids", test_ids);
    ADD("tips", test_tips);
    ADD("shallow", test_shallow);
    ADD("against-git", test_against_git);
#undef ADD
    return g_test_run();
}
