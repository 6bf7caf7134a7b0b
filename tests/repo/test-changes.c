/* SPDX-License-Identifier: Apache-2.0
 * What the revisions of a range change and say, against repositories that git made.
 */
#include <string.h>

#include "open.h"

/* "REVISION AUTHOR <EMAIL> SUBJECT: FILE FILE fixed R reverted R\n" */
static void write_down(const Change *change, gpointer text)
{
    g_string_append_printf(text, "%u %s <%s> %.*s:", change->revision, change->author_name,
                           change->author_email, (int)strcspn(change->message, "\n"),
                           change->message);
    for (guint i = 0; i < change->n_files; i++) {
        g_string_append_printf(text, " %s", change->files[i]);
    }
    for (guint i = 0; i < change->n_fixed; i++) {
        g_string_append_printf(text, " fixed %u", change->fixed[i]);
    }
    for (guint i = 0; i < change->n_reverted; i++) {
        g_string_append_printf(text, " reverted %u", change->reverted[i]);
    }
    g_string_append_c(text, '\n');
}

static char *changes_of(const Repo *repo, const Range *range)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    repo_walk_changes(repo, range, write_down, text, &error);
    g_assert_no_error(error);
    return g_strdup(text->str);
}

static Range *load(const Repo *repo, const char *good, const char *bad)
{
    g_autoptr(GError) error = NULL;
    Range *range = repo_load_range(repo, good, bad, &error);

    g_assert_no_error(error);
    return range;
}

/* Any file name, no file at all, a rename, a message of many lines; and of the user's settings none
 * that changes what is read. */
static void test_files(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch,
        "new repo && cd repo; git config diff.renames copies; git config log.showSignature true\n"
        "commit a f 1; git tag a; mkdir -p d/e; printf 1 >'d/e/a b'; printf 2 >d/$'\\n'; printf 3 "
        ">ü;"
        "git add .; git commit -qm $'odd names\\n\\nd/e\\n\\nlast'; git commit -qm none "
        "--allow-empty;"
        "git mv 'd/e/a b' g; git commit -qm moved --author 'Ann Lee <Ann@x.org>'");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(Range) range = load(repo, "a", "main");
    g_autofree char *changes = changes_of(repo, range);
    g_autofree char *who = scratch_sh(scratch, "cd repo; git log -1 --format='%%an <%%ae>' a");
    g_autofree char *wanted =
        g_strdup_printf("1 %s odd names: d/\n d/e/a b ü\n2 %s none:\n3 Ann Lee <Ann@x.org> moved: "
                        "d/e/a b g\n",
                        who, who);

    g_assert_cmpstr(changes, ==, wanted);
}

/*      c---d     side: d says that it fixes c and, wrongly, what comes later
 *     /     \
 *    a---b---m---e---f   main: e takes b back, f is said to fix a, which is no revision of the
 *                        range, and a word that is no id */
static void test_names(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch, "new repo && cd repo\n"
                 "commit a f 1; git tag a; git checkout -qb side; commit c g 1;"
                 "echo 2 >g; git commit -qam \"d\n\nfixes: $(git rev-parse HEAD | cut -c1-12) (c)\n"
                 "Fixes: 0000000000000000000000000000000000000000\";"
                 "git checkout -q main; commit b f 2; git tag b; git merge -q --no-ff -m m side;"
                 "echo 1 >f; git commit -qam \"Revert \\\"b\\\"\n\nThis reverts commit\n$(git "
                 "rev-parse b).\";"
                 "echo 3 >f; git commit -qam \"f\n\nFixes: $(git rev-parse a)\nFixes: $(git "
                 "rev-parse b | cut "
                 "-c1-4)\nNo Fixes: $(git rev-parse b)\"");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(Range) range = load(repo, "a", "main");
    g_autofree char *changes = changes_of(repo, range);
    g_auto(GStrv) lines = g_strsplit(changes, "\n", -1);
    guint n_merges = 0;
    g_autofree char *side = scratch_sh(scratch, "cd repo; id side^");
    g_autofree char *b = scratch_sh(scratch, "cd repo; id b");
    g_autofree char *fixed = g_strdup_printf("fixed %u", (guint)range_find(range, side));
    g_autofree char *reverted = g_strdup_printf("reverted %u", (guint)range_find(range, b));

    for (guint32 r = 1; r < history_size(range->history); r++) {
        n_merges += range_is_merge(range, r);
    }
    g_assert_cmpuint(n_merges, ==, 1);
    g_assert_cmpuint(g_strv_length(lines), ==, 5 + 1);
    for (char **line = lines; *line; line++) {
        if (strstr(*line, "> d:")) {
            g_assert_true(g_str_has_suffix(*line, fixed));
        } else if (strstr(*line, "> Revert")) {
            g_assert_true(g_str_has_suffix(*line, reverted));
        } else {
            g_assert_null(strstr(*line, "fixed"));
            g_assert_null(strstr(*line, "reverted"));
        }
    }
}

/*      b-----------     n merges b anew, which lies behind good already: n has one parent in the
 *     /     \      \    graph, 0, but is a merge.
 *    a---c---m-------n---d     m is good */
static void test_merge_from_outside(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch, "new repo && cd repo; commit a f 1; git checkout -qb side; commit b g 1;"
                 "git checkout -q main; commit c f 2; git merge -q --no-ff -m m side; git tag good;"
                 "git reset -q --hard $(git commit-tree -p HEAD -p side -m n HEAD^{tree});"
                 "commit d f 3");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(Range) range = load(repo, "good", "main");
    g_autofree char *changes = changes_of(repo, range);

    g_assert_cmpuint(history_size(range->history), ==, 3);
    g_assert_false(history_is_merge(range->history, 1));
    g_assert_true(range_is_merge(range, 1));
    g_assert_false(range_is_merge(range, 2));
    g_assert_cmpstr(changes, ==, "2 A U Thor <Author@Example.org> d: f\n");
}

/* More than one git is asked of. */
static void test_many(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch, "new repo && cd repo; commit first f 0; git tag first; ( for i in $(seq 2500); do "
                 "printf 'commit refs/heads/main\\ncommitter A <a@x> %%d +0000\\ndata "
                 "%%d\\n%%s\\n' $i ${#i} $i; [ $i -eq 1 ] && echo 'from refs/heads/main^0'; "
                 "printf 'M 100644 inline n%%s\\ndata 1\\n1\\n' $i; done ) | git fast-import "
                 "--quiet");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(Range) range = load(repo, "first", "main");
    g_autofree char *changes = changes_of(repo, range);
    g_autoptr(GString) wanted = g_string_new(NULL);

    for (guint i = 1; i <= 2500; i++) {
        g_string_append_printf(wanted, "%u A <a@x> %u: n%u\n", i, i, i);
    }
    g_assert_cmpstr(changes, ==, wanted->str);
}

/* Without blobs all is known; without trees nothing, and git is not let out to fetch them. */
static void test_partial_clones(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch, "new repo && cd repo; commit a f 1; git tag a; commit b f 2; commit c g 1;"
                 "git config uploadpack.allowFilter true; "
                 "git config uploadpack.allowAnySHA1InWant true; cd ..;"
                 "git clone -q --bare --filter=blob:none file://$SCRATCH/repo blobless.git;"
                 "git clone -q --bare --filter=tree:0 file://$SCRATCH/repo treeless.git;"
                 "cp -r treeless.git before");
    g_autoptr(Repo) blobless = open_repo(scratch, "blobless.git"),
                    treeless = open_repo(scratch, "treeless.git");
    g_autoptr(Range) range = load(blobless, "a", "main");
    g_autofree char *changes = changes_of(blobless, range);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    g_assert_nonnull(strstr(changes, "> b: f\n"));
    g_assert_nonnull(strstr(changes, "> c: g\n"));
    g_assert_false(repo_walk_changes(treeless, range, write_down, text, &error));
    g_assert_nonnull(error);
    g_autofree char *same = scratch_sh(scratch, "diff -r before treeless.git && echo same");
    g_assert_cmpstr(same, ==, "same");
}

static void test_commits_of(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out =
        scratch_sh(scratch, "new repo && cd repo; for i in a b c d; do commit $i "
                            "f $i; git tag $i; done");
    g_autofree char *b = scratch_sh(scratch, "cd repo; id b"),
                    *c = scratch_sh(scratch, "cd repo; id c");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) one = repo_commits_of(repo, "b", &error),
                          two = repo_commits_of(repo, "a..c", &error),
                          none = repo_commits_of(repo, "c..a", &error);

    g_assert_no_error(error);
    g_assert_cmpuint(g_hash_table_size(one), ==, 1);
    g_assert_true(g_hash_table_contains(one, b));
    g_assert_cmpuint(g_hash_table_size(two), ==, 2);
    g_assert_true(g_hash_table_contains(two, b) && g_hash_table_contains(two, c));
    g_assert_cmpuint(g_hash_table_size(none), ==, 0);
    for (const char *const *bad = (const char *const[]){"x", "x..a", "a..x", "a..", "..a", "--all",
                                                        "a..--all", "", NULL};
         *bad; bad++) {
        g_autoptr(GError) why = NULL;

        g_assert_null(repo_commits_of(repo, *bad, &why));
        g_assert_nonnull(why);
    }
}

#define ADD(name, function)                                                                        \
    g_test_add("/repo/changes/" name, Scratch, NULL, scratch_set_up, function, scratch_tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("files", test_files);
    ADD("names", test_names);
    ADD("merge-from-outside", test_merge_from_outside);
    ADD("many", test_many);
    ADD("partial-clones", test_partial_clones);
    ADD("commits-of", test_commits_of);
    return g_test_run();
}
