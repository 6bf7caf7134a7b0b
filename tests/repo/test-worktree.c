/* SPDX-License-Identifier: Apache-2.0
 * Worktrees of our own: made, mended after every kind of half-made, switched with time stamps kept,
 * and nothing of the user's touched.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "repo/repo.h"
#include "scratch.h"

/* A repository `repo` with commits one..three and a Repo on it, and where our worktree goes. */
typedef struct Fixture {
    Scratch scratch;
    Repo *repo;
    char *mine;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL, *out = NULL;

    scratch_set_up(&fixture->scratch, NULL);
    out = scratch_sh(&fixture->scratch,
                     "new repo; cd repo; commit one a 1; git tag one; commit one same 1;"
                     "git tag two; echo 3 >a; mkdir dir; echo n >dir/new; git add .; commit three;"
                     "git tag three");
    path = scratch_path(&fixture->scratch, "repo");
    fixture->mine = scratch_path(&fixture->scratch, "state/mine");
    fixture->repo = repo_open(path, &error);
    g_assert_no_error(error);
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    repo_free(fixture->repo);
    g_free(fixture->mine);
    scratch_tear_down(&fixture->scratch, NULL);
}

static void prepare(const Fixture *fixture)
{
    g_autoptr(GError) error = NULL;

    repo_worktree_prepare(fixture->repo, fixture->mine, &error);
    g_assert_no_error(error);
}

static void switch_to(const Fixture *fixture, const char *commit)
{
    g_autoptr(GError) error = NULL;

    repo_worktree_switch(fixture->repo, fixture->mine, commit, &error);
    g_assert_no_error(error);
}

/* The worktree holds exactly what @commit holds, scratch folder aside. */
static void assert_is_at(const Fixture *fixture, const char *commit)
{
    g_autofree char *differs =
        scratch_sh(&fixture->scratch,
                   "cd state/mine; [ $(id HEAD) = $(id %s) ] || echo HEAD is $(git describe --all);"
                   "git status --porcelain -uall --ignored . ':!/.firstbad'",
                   commit);

    g_assert_cmpstr(differs, ==, "");
}

static guint64 changed_at(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->mine, name, NULL);
    GStatBuf status;

    g_assert_cmpint(g_stat(path, &status), ==, 0);
    return (guint64)status.st_mtim.tv_sec * G_USEC_PER_SEC * 1000 + (guint64)status.st_mtim.tv_nsec;
}

static void test_switch(Fixture *fixture, gconstpointer unused)
{
    guint64 same, changed;

    prepare(fixture);
    switch_to(fixture, "two");
    assert_is_at(fixture, "two");
    same = changed_at(fixture, "same");
    changed = changed_at(fixture, "a");
    switch_to(fixture, "three");
    assert_is_at(fixture, "three");
    g_assert_cmpuint(changed_at(fixture, "same"), ==, same);
    g_assert_cmpuint(changed_at(fixture, "a"), !=, changed);
    switch_to(fixture, "one");
    assert_is_at(fixture, "one");
    /* A second time nothing is made anew. */
    changed = changed_at(fixture, "a");
    prepare(fixture);
    switch_to(fixture, "one");
    g_assert_cmpuint(changed_at(fixture, "a"), ==, changed);
}

static void test_local_changes_are_put_back(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = NULL, *kept = NULL;

    prepare(fixture);
    switch_to(fixture, "three");
    out = scratch_sh(&fixture->scratch, "cd state/mine; echo wild >a; rm same; rm -r dir;"
                                        "echo in the way >dir; mkdir .firstbad; touch .firstbad/o");
    switch_to(fixture, "three");
    assert_is_at(fixture, "three");
    switch_to(fixture, "two");
    kept = scratch_sh(&fixture->scratch, "cd state/mine; ls .firstbad");
    g_assert_cmpstr(kept, ==, "o");
}

/* What kill -9 can leave behind, each as a script, and that a prepare and a switch mend it. */
static void test_mended(Fixture *fixture, gconstpointer data)
{
    g_autofree char *out = NULL;

    prepare(fixture);
    switch_to(fixture, "three");
    out = scratch_sh(&fixture->scratch,
                     "ADMIN=$SCRATCH/repo/.git/worktrees/mine; cd state/mine;"
                     "mkdir .firstbad; %s",
                     (const char *)data);
    prepare(fixture);
    switch_to(fixture, "two");
    assert_is_at(fixture, "two");
    g_free(out);
    out = scratch_sh(&fixture->scratch, "ls repo/.git/worktrees");
    g_assert_cmpstr(out, ==, "mine");
}

static const struct {
    const char *name, *script;
} broken[] = {
    {"worktree gone", "rm -rf ../mine"},
    {"admin gone", "rm -rf $ADMIN"},
    {"admin without HEAD", "rm $ADMIN/HEAD"},
    {"admin without commondir", "rm $ADMIN/commondir"},
    {"admin without gitdir", "rm $ADMIN/gitdir"},
    {"admin with an empty gitdir", ": >$ADMIN/gitdir"},
    {"locked by a killed add", "echo initializing >$ADMIN/locked; rm -rf ../mine; mkdir ../mine"},
    {"removal cut short", "rm -rf a same dir .firstbad"},
    {"index lock", "touch $ADMIN/index.lock; echo half >half; echo x >a; rm same"},
    {"HEAD lock", "touch $ADMIN/HEAD.lock"},
    {"index gone", "rm $ADMIN/index"},
    {"empty .git", "find . -mindepth 1 -delete; touch .git"},
    {"empty .git, admin gone", "find . -mindepth 1 -delete; touch .git; rm -rf $ADMIN"},
    {"empty folder", "rm -rf ../mine $ADMIN; mkdir ../mine"},
};

/* What a `git worktree add` of somebody else's has written when it is killed. */
#define BEGUN                                                                                      \
    "mkdir -p repo/.git/worktrees/other; cd repo/.git/worktrees/other; echo initializing >locked;" \
    "echo $SCRATCH/other/.git >gitdir; printf '%%040d\\n' 0 >HEAD;"

/* A worktree that nobody will finish keeps git from listing, fetching and collecting. */
static void test_begun_by_others(Fixture *fixture, gconstpointer data)
{
    g_autofree char *out = scratch_sh(&fixture->scratch, BEGUN "%s", (const char *)data);

    prepare(fixture);
    switch_to(fixture, "two");
    g_free(out);
    out = scratch_sh(&fixture->scratch,
                     "ls repo/.git/worktrees; cd repo; git fetch -q . && git gc -q && git fsck");
    g_assert_cmpstr(out, ==, "mine");
}

static gpointer finish_soon(gpointer scratch)
{
    g_usleep(500000);
    g_free(scratch_sh(scratch, "cd repo; id=$(git rev-parse HEAD); cd .git/worktrees/other;"
                               "echo ../.. >commondir; echo $id >HEAD"));
    return NULL;
}

/* One that somebody is just about to finish is his, and so is one that he has locked. */
static void test_begun_and_finished(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out =
        scratch_sh(&fixture->scratch,
                   "(cd repo; git worktree add -q --lock --detach ../whole);" BEGUN ": >commondir");
    g_autoptr(GThread) other = g_thread_new("other", finish_soon, &fixture->scratch);

    prepare(fixture);
    g_thread_join(g_steal_pointer(&other));
    g_free(out);
    out = scratch_sh(&fixture->scratch, "ls repo/.git/worktrees");
    g_assert_cmpstr(out, ==, "mine\nother\nwhole");
}

static void test_scratch_survives_mending(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = NULL;

    prepare(fixture);
    switch_to(fixture, "three");
    out = scratch_sh(&fixture->scratch, "cd state/mine; mkdir .firstbad; touch .firstbad/o junk;"
                                        "touch $SCRATCH/repo/.git/worktrees/mine/index.lock");
    switch_to(fixture, "one");
    g_free(out);
    out = scratch_sh(&fixture->scratch, "cd state/mine; ls -A . .firstbad");
    g_assert_cmpstr(out, ==, ".:\n.firstbad\n.git\na\n\n.firstbad:\no");
}

static void assert_refused(const Fixture *fixture, const char *message)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(repo_worktree_prepare(fixture->repo, fixture->mine, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS);
    g_assert_nonnull(strstr(error->message, message));
}

static void test_strangers_are_left_alone(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out =
        scratch_sh(&fixture->scratch, "mkdir -p state/mine; echo 1 >state/mine/f");

    assert_refused(fixture, "is in the way");
    g_free(out);
    out = scratch_sh(&fixture->scratch,
                     "cat state/mine/f; rm -r state/mine; new other; cd other; commit x f 1;"
                     "git worktree add -q ../state/mine");
    assert_refused(fixture, "is in the way");
    g_assert_cmpstr(out, ==, "1");
    g_free(out);
    out = scratch_sh(&fixture->scratch, "cat state/mine/f; rm -r other");
    assert_refused(fixture, "is in the way");
    g_assert_cmpstr(out, ==, "1");
}

/* Folders whose `.git` file is no worktree's: nobody removes them. */
static void test_other_kinds_are_left_alone(Fixture *fixture, gconstpointer unused)
{
    const char *const kinds[] = {
        ": >state/mine/.git", /* not known to be ours: there is something in the folder */
        "git clone -q --bare repo repo/.git/modules/sub;"
        "echo gitdir: $SCRATCH/repo/.git/modules/sub >state/mine/.git",
        "echo gitdir: $SCRATCH/repo/.git >state/mine/.git"};

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *out = scratch_sh(&fixture->scratch,
                                          "mkdir -p state/mine repo/.git/modules;"
                                          "echo 1 >state/mine/f; %s",
                                          kinds[i]);

        assert_refused(fixture, "is in the way");
        repo_worktree_remove(fixture->repo, fixture->mine, NULL);
        g_free(out);
        out = scratch_sh(&fixture->scratch, "cat state/mine/f; [ ! -e repo/.git/modules/sub ] || "
                                            "git --git-dir=repo/.git/modules/sub rev-parse one; "
                                            "git -C repo rev-parse one");
        g_assert_true(g_str_has_prefix(out, "1\n"));
    }
}

/* Everything of the user's, byte for byte: his checkout with changes staged and not, HEAD,
 * branches, index, configuration, another worktree of his whose disk is not mounted just now. */
#define FINGERPRINT                                                                                \
    "cd $SCRATCH/repo; find . -path ./.git/worktrees/mine -prune -o -path ./.git/objects -prune "  \
    "-o -path ./.git/worktrees -prune -o -type f -printf '%%p %%T@ ' -exec sha256sum {} +;"        \
    "find .git/worktrees/away -type f -exec cat {} +; GIT_OPTIONAL_LOCKS=0 git status "            \
    "--porcelain=v2 --branch"

static void test_user_is_left_alone(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        &fixture->scratch, "cd repo; git worktree add -q ../away one; mv ../away ../unmounted;"
                           "echo staged >a; git add a; echo dirty >same; echo new >untracked;"
                           "git config core.hooksPath hooks; mkdir hooks;"
                           "printf '#!/bin/sh\\ntouch $SCRATCH/hook-ran' >hooks/post-checkout;"
                           "chmod +x hooks/post-checkout; git status >/dev/null");
    g_autofree char *before = scratch_sh(&fixture->scratch, FINGERPRINT);
    g_autofree char *after = NULL, *hook = scratch_path(&fixture->scratch, "hook-ran");
    g_autoptr(GError) error = NULL;

    prepare(fixture);
    switch_to(fixture, "three");
    g_free(out);
    out = scratch_sh(&fixture->scratch, "rm -rf state/mine");
    prepare(fixture);
    switch_to(fixture, "one");
    repo_worktree_remove(fixture->repo, fixture->mine, &error);
    g_assert_no_error(error);
    after = scratch_sh(&fixture->scratch, FINGERPRINT);
    g_assert_true(g_str_equal(before, after));
    g_assert_false(g_file_test(hook, G_FILE_TEST_EXISTS));
}

/* Files come as they were committed, whatever line ends the user wants in his own checkout. */
static void test_line_ends(Fixture *fixture, gconstpointer unused)
{
    const char *const settings[] = {"core.autocrlf true", "core.eol crlf",
                                    "core.attributesFile $SCRATCH/attributes"};
    g_autofree char *out = scratch_sh(
        &fixture->scratch, "echo '* eol=crlf' >attributes; cd repo; echo 'a text' >.gitattributes;"
                           "git add .gitattributes; commit text; git tag text");
    g_autofree char *file = g_build_filename(fixture->mine, "a", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        g_autofree char *text = NULL;

        g_free(out);
        out =
            scratch_sh(&fixture->scratch, "git -C repo config %s; rm -rf state/mine", settings[i]);
        prepare(fixture);
        switch_to(fixture, "text");
        g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
        g_assert_cmpstr(text, ==, "3\n");
        g_free(out);
        out =
            scratch_sh(&fixture->scratch, "set -- %s; git -C repo config --unset $1", settings[i]);
    }
}

/* Three things that name each other relatively (git 2.48, worktree.useRelativePaths) are whole. */
static void test_relative_names(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *out = NULL;

    prepare(fixture);
    switch_to(fixture, "three");
    out = scratch_sh(&fixture->scratch,
                     "cd state/mine; echo 'gitdir: ../../repo/.git/worktrees/mine' >.git;"
                     "echo ../../../../state/mine/.git >$SCRATCH/repo/.git/worktrees/mine/gitdir;"
                     "git config worktree.useRelativePaths true; mkdir .firstbad");
    prepare(fixture);
    switch_to(fixture, "two");
    assert_is_at(fixture, "two");
    g_free(out);
    out = scratch_sh(&fixture->scratch, "ls -d state/mine/.firstbad; rm -r state/mine");
    g_assert_cmpstr(out, ==, "state/mine/.firstbad");
    repo_worktree_remove(fixture->repo, fixture->mine, &error);
    g_assert_no_error(error);
    g_free(out);
    out = scratch_sh(&fixture->scratch, "ls -A repo/.git/worktrees");
    g_assert_cmpstr(out, ==, "");
}

static void test_remove(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *out = NULL;

    prepare(fixture);
    switch_to(fixture, "three");
    out = scratch_sh(&fixture->scratch,
                     "cd state/mine; mkdir .firstbad; ln -s $SCRATCH/repo .firstbad/l");
    for (int i = 0; i < 2; i++) {
        repo_worktree_remove(fixture->repo, fixture->mine, &error);
        g_assert_no_error(error);
    }
    g_assert_false(g_file_test(fixture->mine, G_FILE_TEST_EXISTS));
    g_free(out);
    out = scratch_sh(&fixture->scratch, "ls repo; ls repo/.git/worktrees 2>/dev/null || true");
    g_assert_cmpstr(out, ==, "a\ndir\nsame");
}

static void assert_nothing_registered(const Fixture *fixture)
{
    g_autofree char *out =
        scratch_sh(&fixture->scratch, "ls repo/.git/worktrees 2>/dev/null || true");

    g_assert_cmpstr(out, ==, "");
}

/* git writes names without links down; the state folder may be a link. */
static void test_link_above(Fixture *fixture, gconstpointer unused)
{
    const char *const before_removal[] = {"", "rm -r disk/deep",
                                          "mv disk moved; ln -s moved disk; rm -r disk/deep/mine"};
    g_autoptr(GError) error = NULL;
    g_autofree char *out = scratch_sh(&fixture->scratch, "mkdir disk; ln -s disk state");

    /* The folder above ours is not there yet, either. */
    g_free(fixture->mine);
    fixture->mine = scratch_path(&fixture->scratch, "state/deep/mine");
    for (gsize i = 0; i < G_N_ELEMENTS(before_removal); i++) {
        prepare(fixture);
        switch_to(fixture, "three");
        g_free(out);
        out = scratch_sh(&fixture->scratch, "%s", before_removal[i]);
        repo_worktree_remove(fixture->repo, fixture->mine, &error);
        g_assert_no_error(error);
        g_assert_false(g_file_test(fixture->mine, G_FILE_TEST_EXISTS));
        assert_nothing_registered(fixture);
    }
}

/* A link in the place of our folder itself. */
static void test_link(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *out =
        scratch_sh(&fixture->scratch, "mkdir -p disk state; ln -s ../disk state/mine");

    prepare(fixture);
    switch_to(fixture, "three");
    repo_worktree_remove(fixture->repo, fixture->mine, &error);
    g_assert_no_error(error);
    assert_nothing_registered(fixture);
}

/* A copy of a worktree of the user's names his registration, which is not ours to remove. */
static void test_remove_copy(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *out =
        scratch_sh(&fixture->scratch,
                   "git -C repo worktree add -q ../his one; mkdir state; cp -r his state/mine");

    repo_worktree_remove(fixture->repo, fixture->mine, &error);
    g_assert_no_error(error);
    g_free(out);
    out = scratch_sh(&fixture->scratch, "ls repo/.git/worktrees; git -C his status --porcelain");
    g_assert_cmpstr(out, ==, "his");
}

static void test_bare_without_head(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out =
        scratch_sh(&fixture->scratch,
                   "git clone -q --bare repo bare; git --git-dir=bare symbolic-ref HEAD "
                   "refs/heads/nothing; git --git-dir=bare config core.sparseCheckout true");
    g_autofree char *path = scratch_path(&fixture->scratch, "bare");
    g_autoptr(GError) error = NULL;

    repo_free(fixture->repo);
    fixture->repo = repo_open(path, &error);
    g_assert_no_error(error);
    prepare(fixture);
    switch_to(fixture, "three");
    assert_is_at(fixture, "three");
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

static gboolean switch_async(const Fixture *fixture, const char *commit, GError **error)
{
    g_autoptr(GAsyncResult) res = NULL;

    repo_worktree_switch_async(fixture->repo, fixture->mine, commit, NULL, keep_result, &res);
    while (!res) {
        g_main_context_iteration(NULL, TRUE);
    }
    return repo_worktree_switch_finish(res, error);
}

static void test_switch_async(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;

    prepare(fixture);
    g_assert_true(switch_async(fixture, "three", &error));
    assert_is_at(fixture, "three");
    g_assert_false(switch_async(fixture, "nothing", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void test_switch_fails(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(repo_worktree_switch(fixture->repo, fixture->mine, "one", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    g_clear_error(&error);
    prepare(fixture);
    g_assert_false(repo_worktree_switch(fixture->repo, fixture->mine, "nothing", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

#define ADD(name, function)                                                                        \
    g_test_add("/worktree/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("switch", test_switch);
    ADD("local-changes-are-put-back", test_local_changes_are_put_back);
    for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_autofree char *name = g_strconcat("/worktree/mended/", broken[i].name, NULL);

        g_test_add(name, Fixture, broken[i].script, set_up, test_mended, tear_down);
    }
    g_test_add("/worktree/begun-by-others/no-commondir", Fixture, ": >commondir", set_up,
               test_begun_by_others, tear_down);
    g_test_add("/worktree/begun-by-others/no-commit", Fixture, "echo ../.. >commondir", set_up,
               test_begun_by_others, tear_down);
    g_test_add("/worktree/begun-by-others/not-locked", Fixture,
               "echo ../.. >commondir; rm locked; touch HEAD.lock", set_up, test_begun_by_others,
               tear_down);
    g_test_add("/worktree/begun-by-others/no-head", Fixture, "rm HEAD", set_up,
               test_begun_by_others, tear_down);
    ADD("begun-and-finished", test_begun_and_finished);
    ADD("scratch-survives-mending", test_scratch_survives_mending);
    ADD("strangers-are-left-alone", test_strangers_are_left_alone);
    ADD("other-kinds-are-left-alone", test_other_kinds_are_left_alone);
    ADD("user-is-left-alone", test_user_is_left_alone);
    ADD("line-ends", test_line_ends);
    ADD("relative-names", test_relative_names);
    ADD("remove", test_remove);
    ADD("link-above", test_link_above);
    ADD("link", test_link);
    ADD("remove-copy", test_remove_copy);
    ADD("bare-without-head", test_bare_without_head);
    ADD("switch-async", test_switch_async);
    ADD("switch-fails", test_switch_fails);
    return g_test_run();
}
