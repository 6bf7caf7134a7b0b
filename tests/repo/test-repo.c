/* SPDX-License-Identifier: Apache-2.0
 * Repositories of every kind: names, ancestry, ranges, releases, commits. Against git itself.
 */
#include <string.h>

#include "process/process.h"
#include "open.h"

static char *resolve(const Repo *repo, const char *revision)
{
    g_autoptr(GError) error = NULL;
    char *id = repo_resolve(repo, revision, &error);

    g_assert_no_error(error);
    return id;
}

static void assert_no_revision(const Repo *repo, const char *revision, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *id = repo_resolve(repo, revision, &error);

    g_assert_null(id);
    g_assert_nonnull(error);
    if (!strstr(error->message, message)) {
        g_error("'%s' has no '%s'", error->message, message);
    }
}

/*      c---d     side
 *     /     \
 *    a---b---m---e   main; x has nothing to do with them */
#define GRAPH                                                                                      \
    "new repo && cd repo\n"                                                                        \
    "commit a f 1; git tag a; git checkout -qb side; commit c g 1; git tag c; commit d g 2;"       \
    "git tag d; git checkout -q main; commit b f 2; git tag b; tick; git merge -q --no-ff -m m "   \
    "side;"                                                                                        \
    "git tag m; commit e f 3; git tag e; git checkout -q --orphan alone; commit x f 9; git tag x;" \
    "git checkout -q main\n"

static void test_open(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out =
        scratch_sh(scratch, GRAPH "mkdir -p deep/er; git worktree add -q ../linked side; cd ..;"
                                  "git clone -q --bare repo bare.git; mkdir empty; touch file");
    const char *names[] = {"repo", "repo/.git", "repo/deep/er", "linked", "bare.git"};
    g_autofree char *main_id = scratch_sh(scratch, "cd repo; id main");
    g_autofree char *side_id = scratch_sh(scratch, "cd repo; id side");
    g_autofree char *git_dir = scratch_path(scratch, "repo/.git");

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(Repo) repo = open_repo(scratch, names[i]);
        g_autofree char *main = resolve(repo, "main");
        g_autofree char *head = resolve(repo, "HEAD");
        gboolean linked = g_str_equal(names[i], "linked");

        g_assert_cmpstr(main, ==, main_id);
        g_assert_cmpstr(head, ==, linked ? side_id : main_id);
        g_assert_false(repo_is_shallow(repo));
        if (!g_str_equal(names[i], "bare.git")) {
            g_assert_cmpstr(repo_git_dir(repo), ==, git_dir);
        }
    }
}

static void test_open_fails(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(scratch, "mkdir empty; touch file");
    struct {
        const char *name, *message;
    } cases[] = {{"empty", "is not a git repository"},
                 {"file", "Not a directory"},
                 {"missing", "No such file"}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = scratch_path(scratch, cases[i].name);
        g_autoptr(GError) error = NULL;

        g_assert_null(repo_open(path, &error));
        g_assert_nonnull(strstr(error->message, cases[i].message));
        g_assert_nonnull(strstr(error->message, path));
    }
}

/* Variables that a hook around us sets must not lead us elsewhere. */
static void test_environment(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(scratch, GRAPH "cd ..; new other; cd other; commit o");
    g_autofree char *other = scratch_path(scratch, "other/.git");
    g_autoptr(Repo) repo = NULL;
    g_autofree char *id = NULL;
    g_autofree char *want = scratch_sh(scratch, "cd repo; id e");

    g_setenv("GIT_DIR", other, TRUE);
    g_setenv("GIT_INDEX_FILE", "/nonexistent/index", TRUE);
    g_setenv("GIT_WORK_TREE", "/nonexistent", TRUE);
    repo = open_repo(scratch, "repo");
    id = resolve(repo, "e");
    g_unsetenv("GIT_DIR");
    g_unsetenv("GIT_INDEX_FILE");
    g_unsetenv("GIT_WORK_TREE");
    g_assert_cmpstr(id, ==, want);
}

static void test_names(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch, GRAPH "git tag -a -m t annotated b; git tag -a -m tt nested annotated;"
                       "git tag blob $(git hash-object -w f); git branch 'odd/@name' b;"
                       "git tag -- v1..x 2>/dev/null || true; git update-ref refs/tags/-dash b;"
                       "git branch 'umlaut-ä' b");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autofree char *b = scratch_sh(scratch, "cd repo; id b");
    g_autofree char *short_b = g_strndup(b, 10);
    const char *good[] = {"b",      "annotated", "nested",   "odd/@name",      "main~1^1",
                          "m^1",    ":/^b",      "umlaut-ä", "tags/-dash",     "refs/tags/b",
                          "m^{/b}", short_b,     b,          "main@{upstream}"};

    for (gsize i = 0; i < G_N_ELEMENTS(good) - 1; i++) {
        g_autofree char *id = resolve(repo, good[i]);

        g_assert_cmpstr(id, ==, b);
    }
    assert_no_revision(repo, "main@{upstream}", "no such commit");
    assert_no_revision(repo, "nothing", "revision 'nothing': no such commit here: ");
    assert_no_revision(repo, "", "not the name of a commit");
    assert_no_revision(repo, "-dash", "not the name of a commit");
    assert_no_revision(repo, "--help", "not the name of a commit");
    assert_no_revision(repo, "^b", "not the name of a commit");
    assert_no_revision(repo, "a..b", "no such commit");
    assert_no_revision(repo, "blob", "no such commit");
    assert_no_revision(repo, "b^{tree}", "no such commit");
    assert_no_revision(repo, "1234567890123456789012345678901234567890", "fetch the branch");
}

static void test_ambiguous_name(Scratch *scratch, gconstpointer unused)
{
    /* 300 commits: four hex digits fit two of them (birthdays) for certain with these times. */
    g_autofree char *prefix = scratch_sh(
        scratch, "new repo; cd repo; for i in $(seq 600); do\n"
                 "printf 'commit refs/heads/main\\ncommitter c <c@d> %%s +0000\\ndata 1\\nx\\n' "
                 "$((1600000000 + i)); done | git fast-import --quiet --force\n"
                 "git rev-list main | cut -c1-4 | sort | uniq -d | head -n1");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");

    g_assert_cmpuint(strlen(prefix), ==, 4);
    assert_no_revision(repo, prefix, "give more digits");
}

static void test_ancestry(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(scratch, GRAPH);
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autofree char *tree_want = scratch_sh(scratch, "cd repo; id b^{tree}");
    g_autofree char *tree = NULL;
    g_autofree char *a = resolve(repo, "a");
    g_autoptr(GError) error = NULL;
    struct {
        const char *ancestor, *descendant;
        gboolean yes;
    } cases[] = {{"a", "e", TRUE},  {"c", "m", TRUE}, {"c", "b", FALSE},
                 {"e", "a", FALSE}, {"b", "b", TRUE}, {"x", "e", FALSE}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gboolean yes = !cases[i].yes;

        g_assert_true(repo_is_ancestor(repo, cases[i].ancestor, cases[i].descendant, &yes, &error));
        g_assert_cmpint(yes, ==, cases[i].yes);
    }
    tree = repo_tree_id(repo, "b", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(tree, ==, tree_want);

    g_assert_cmpint(repo_count_commits(repo, "a", "e", 100, &error), ==, 5);
    g_assert_cmpint(repo_count_commits(repo, "a", "e", 1, &error), ==, 1);
    g_assert_cmpint(repo_count_commits(repo, "e", "a", 100, &error), ==, 0);
    g_assert_no_error(error);

    g_auto(GStrv) one = repo_merge_bases(repo, "d", "b", &error);
    g_assert_cmpuint(g_strv_length(one), ==, 1);
    g_assert_cmpstr(one[0], ==, a);
    g_auto(GStrv) none = repo_merge_bases(repo, "x", "b", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_strv_length(none), ==, 0);
    g_assert_null(repo_merge_bases(repo, "nothing", "b", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_FAILED);
}

/* Criss-cross merges have two merge bases. */
static void test_many_merge_bases(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch,
        "new repo && cd repo; commit r; git tag r; commit p; git tag p; git checkout -qb q r;"
        "commit q; git tag q; git checkout -q main; git merge -q -m m1 q; git tag m1;"
        "git checkout -q q; git merge -q -m m2 p; git tag m2");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) bases = repo_merge_bases(repo, "m1", "m2", &error);
    g_autofree char *p = resolve(repo, "p"), *q = resolve(repo, "q");

    g_assert_cmpuint(g_strv_length(bases), ==, 2);
    g_assert_true(g_strv_contains((const char *const *)bases, p));
    g_assert_true(g_strv_contains((const char *const *)bases, q));
}

/* The range as git prints it: the same commits, the same parents, parents first. */
static void assert_range_is_gits(const Scratch *scratch, const Repo *repo, const char *good,
                                 const char *bad)
{
    g_autofree char *text =
        scratch_sh(scratch, "cd repo; git rev-list --parents %s..%s", good, bad);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(Range) range = repo_load_range(repo, good, bad, &error);
    g_autofree char *good_id = resolve(repo, good), *bad_id = resolve(repo, bad);

    g_assert_no_error(error);
    g_assert_cmpuint(history_size(range->history), ==, g_strv_length(lines) + 1);
    g_assert_cmpuint(g_strv_length(range->commits), ==, g_strv_length(lines) + 1);
    g_assert_cmpstr(range->commits[0], ==, good_id);
    g_assert_cmpint(range_find(range, good_id), ==, 0);
    g_assert_cmpint(range_find(range, bad_id), ==, history_size(range->history) - 1);
    g_assert_cmpint(range_find(range, "nothing"), ==, -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) ids = g_strsplit(*line, " ", -1);
        gint64 revision = range_find(range, ids[0]);
        g_autoptr(GHashTable) want = g_hash_table_new(NULL, NULL);
        guint n_parents;
        const guint32 *parents;

        g_assert_cmpint(revision, >, 0);
        g_assert_cmpstr(range->commits[revision], ==, ids[0]);
        parents = history_parents(range->history, (guint32)revision, &n_parents);
        for (char **id = ids + 1; *id; id++) {
            g_hash_table_add(want, GINT_TO_POINTER(MAX(range_find(range, *id), 0)));
        }
        g_assert_cmpuint(n_parents, ==, MAX(g_hash_table_size(want), 1));
        for (guint i = 0; i < n_parents; i++) {
            g_assert_cmpuint(parents[i], <, revision);
            g_assert_true(!ids[1] || g_hash_table_contains(want, GINT_TO_POINTER(parents[i])));
        }
    }
}

static void test_range(Scratch *scratch, gconstpointer unused)
{
    /* x joins the range without common history; o is an octopus. */
    g_autofree char *out = scratch_sh(
        scratch, GRAPH "tick; git merge -q --allow-unrelated-histories -s ours -m y x; git tag y;"
                       "git branch p c; git branch q d; git checkout -q p; commit p1;"
                       "git checkout -q q; commit q1; git checkout -q main; tick;"
                       "git merge -q -m o p q; git tag o");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(GError) error = NULL;

    assert_range_is_gits(scratch, repo, "a", "o");
    assert_range_is_gits(scratch, repo, "a", "e");
    assert_range_is_gits(scratch, repo, "c", "y");
    assert_range_is_gits(scratch, repo, "m", "e");
    g_assert_null(repo_load_range(repo, "e", "a", &error));
    g_assert_nonnull(strstr(error->message, "is not an ancestor of"));
    g_clear_error(&error);
    g_assert_null(repo_load_range(repo, "e", "e", &error));
    g_assert_nonnull(strstr(error->message, "the same commit"));
}

/* 5,000 commits in a braid, to see that nothing is lost in the long run. */
static void test_long_range(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch, "new repo; cd repo; seq 5000 | awk '{ printf \"commit refs/heads/main\\n"
                 "mark :%%d\\ncommitter c <c@d> %%d +0000\\ndata 1\\nx\\n\", $1, 1600000000 + $1;"
                 "if ($1 > 1) printf \"from :%%d\\n\", $1 - 1 - ($1 %% 7 == 0 && $1 > 7);"
                 "if ($1 %% 5 == 0) printf \"merge :%%d\\n\", $1 - 3 }' |"
                 "git fast-import --quiet --force; git tag good main~4000");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");

    assert_range_is_gits(scratch, repo, "good", "main");
}

static void test_releases(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch,
        "new repo && cd repo\n"
        "commit 1; git tag v2.6.32; commit 1b; git tag -am x v2.6.32.5; commit 2; git tag -am x "
        "v6.1;"
        "commit 3; git tag v6.1.9; commit 4; git tag -am x v6.1.10; git tag -am y v6.1.10-nested "
        "v6.1.10; commit 5; git tag v6.2-rc1; git tag v6.2rc; git tag 6.2; git tag v6; git tag "
        "v6.x;"
        "git tag v6.1.2.3.4.5; commit 6; git tag -am x inner; git tag -am y v6.2 inner;"
        "git tag v9.9 $(git hash-object -w --stdin </dev/null); commit 7; git tag v6.3; commit 8;"
        "git tag v6.4; git checkout -q --orphan alone; commit z; git tag v7.0");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) tags = repo_release_tags_behind(repo, "v6.3", &error);
    const char *want[] = {"v6.2", "v6.2-rc1", "v6.1.10", "v6.1.9", "v6.1", "v2.6.32.5", "v2.6.32"};

    g_assert_no_error(error);
    g_assert_cmpuint(tags->len, ==, G_N_ELEMENTS(want));
    for (guint i = 0; i < tags->len; i++) {
        const ReleaseTag *tag = tags->pdata[i];
        g_autofree char *id = resolve(repo, want[i]);

        g_assert_cmpstr(tag->name, ==, want[i]);
        g_assert_cmpstr(tag->commit, ==, id);
    }
}

static void test_release_order(void)
{
    g_assert_cmpint(release_name_compare("v6.1.10", "v6.1.9"), <, 0);
    g_assert_cmpint(release_name_compare("v6.1.9", "v6.1.10"), >, 0);
    g_assert_cmpint(release_name_compare("v6.1", "v6.1.1"), >, 0);
    g_assert_cmpint(release_name_compare("v5.19", "v6.0"), >, 0);
    g_assert_cmpint(release_name_compare("v2.6.32", "v2.6.32"), ==, 0);
    g_assert_cmpint(release_name_compare("v6.2", "v6.2-rc8"), <, 0);
    g_assert_cmpint(release_name_compare("v6.2-rc10", "v6.2-rc9"), <, 0);
    g_assert_cmpint(release_name_compare("v6.2-rc1", "v6.1.99"), <, 0);
}

static void test_release_kinds(void)
{
    const struct {
        const char *name;
        int kind; /* -1: no release */
    } names[] = {
        {"v6.1", RELEASE_FINAL},
        {"v6.1.187", RELEASE_STABLE},
        {"v6.2-rc1", RELEASE_RC},
        {"v2.6.32", RELEASE_FINAL},
        {"v2.6.32.5", RELEASE_STABLE},
        {"v2.6.33-rc2", RELEASE_RC},
        {"v6", -1},
        {"6.1", -1},
        {"v6.1-rc", -1},
        {"v6.1-rc1-dontuse", -1},
        {"v6.1.1.1.1", -1},
        {"v6.1rc1", -1},
    };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        ReleaseKind kind;
        int found = release_name_parse(names[i].name, &kind) ? (int)kind : -1;

        g_assert_cmpint(found, ==, names[i].kind);
    }
}

static void test_commit_info(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out =
        scratch_sh(scratch, GRAPH
                   "mkdir -p dir; echo 1 >'dir/odd ä \"name\"'; git add dir; git rm -q f; tick\n"
                   "git commit -qm 'net: title\n\nbody\n\nReported-by: bot <bot@example.org>\n"
                   "Reported-and-tested-by: T <t@example.org>\nCc: stable@vger.kernel.org\n"
                   "Acked-by: Al A. <Al@example.org>\nSigned-off-by: T <T@example.org>\n"
                   "Reviewed-by: nobody\nSigned-off-by: stable <stable@vger.kernel.org>\n"
                   "Signed-off-by: \"Q, R\" <q.r@example.org>  \n\n\n'; git tag t");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(GError) error = NULL;
    g_autoptr(CommitInfo) info = repo_commit_info(repo, "t", &error);
    g_autoptr(CommitInfo) root = repo_commit_info(repo, "a", &error);
    g_autoptr(CommitInfo) merge = repo_commit_info(repo, "m", &error);
    g_autofree char *subject = repo_subject(repo, "t", &error);
    g_autofree char *id = resolve(repo, "t"), *e = resolve(repo, "e"), *b = resolve(repo, "b"),
                    *d = resolve(repo, "d");
    g_autofree char *people = g_strjoinv(" ", info->trailer_emails);
    g_autofree char *files = g_strjoinv("|", info->files);

    g_assert_no_error(error);
    g_assert_cmpstr(info->id, ==, id);
    g_assert_cmpstr(info->subject, ==, "net: title");
    g_assert_cmpstr(subject, ==, "net: title");
    g_assert_true(g_str_has_prefix(info->message, "net: title\n\nbody\n\nReported-by"));
    g_assert_true(g_str_has_suffix(info->message, "<q.r@example.org>"));
    g_assert_cmpstr(info->author_name, ==, "A U Thor");
    g_assert_cmpstr(info->author_email, ==, "Author@Example.org");
    g_assert_cmpint(info->author_time, >, 1600000000);
    g_assert_cmpuint(g_strv_length(info->parents), ==, 1);
    g_assert_cmpstr(info->parents[0], ==, e);
    g_assert_cmpstr(files, ==, "dir/odd ä \"name\"|f");
    g_assert_cmpstr(people, ==, "t@example.org Al@example.org q.r@example.org");

    g_assert_cmpuint(g_strv_length(root->parents), ==, 0);
    g_assert_cmpstr(root->files[0], ==, "f");
    g_assert_cmpuint(g_strv_length(merge->parents), ==, 2);
    g_assert_cmpstr(merge->parents[0], ==, b);
    g_assert_cmpstr(merge->parents[1], ==, d);
    g_assert_cmpuint(g_strv_length(merge->files), ==, 0);
    g_assert_cmpstr(merge->message, ==, "m");
}

static void note_command(const char *const *argv, gpointer commands)
{
    g_autofree char *line = g_strjoinv(" ", (char **)argv);

    g_string_append_printf(commands, "%s\n", line);
}

/* A subject is the first line and no more, and no tree is read for it. */
static void test_subject(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch, GRAPH "tick; git commit -q --allow-empty -m 'a long\nsubject\n\nbody'; git tag t;"
                       "tick; git commit -q --allow-empty --allow-empty-message -m ''; git tag n");
    const char *const revisions[] = {"a", "m", "t", "n"};
    g_auto(GStrv) ids = g_new0(char *, G_N_ELEMENTS(revisions) + 1);
    g_auto(GStrv) subjects = NULL;
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(GString) commands = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(revisions); i++) {
        ids[i] = resolve(repo, revisions[i]);
    }
    subjects = repo_subjects(repo, (const char *const *)ids, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_strv_length(subjects), ==, G_N_ELEMENTS(revisions));
    for (gsize i = 0; i < G_N_ELEMENTS(revisions); i++) {
        g_autoptr(CommitInfo) info = repo_commit_info(repo, revisions[i], &error);
        g_autofree char *subject = NULL;

        process_set_trace(note_command, commands);
        subject = repo_subject(repo, revisions[i], &error);
        process_set_trace(NULL, NULL);
        g_assert_no_error(error);
        g_assert_cmpstr(subject, ==, info->subject);
        g_assert_cmpstr(subjects[i], ==, info->subject);
    }
    g_assert_nonnull(strstr(commands->str, "rev-list"));
    g_assert_null(strstr(commands->str, "diff-tree"));
    g_clear_pointer(&subjects, g_strfreev);
    subjects = repo_subjects(repo, (const char *[]){NULL}, &error);
    g_assert_cmpuint(g_strv_length(subjects), ==, 0);
    /* One that is not there is no empty subject. */
    memset(ids[1], '1', strlen(ids[1]));
    g_assert_null(repo_subjects(repo, (const char *const *)ids, &error));
    g_clear_error(&error);
    g_assert_null(repo_subject(repo, "nothing", &error));
    g_assert_nonnull(strstr(error->message, "revision 'nothing'"));
}

/* What git bisect prints of its find is what we print. */
static void test_show_stat(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *want = scratch_sh(
        scratch,
        "new repo && cd repo; for i in 1 2 3 4 5; do commit \"title $i\n\nbody $i\" f$i $i;"
        "done; git tag bad HEAD~2; git bisect start HEAD HEAD~4 >/dev/null;"
        "git bisect run sh -c '! test -e f3' >out 2>&1; git bisect reset 2>/dev/null;"
        "sed '1,/is the first bad commit/d; /^bisect /d' out | sed '/^ create mode/q'");
    g_autofree char *config = scratch_sh(scratch, "cd repo; git config color.ui always;"
                                                  "git config diff.statGraphWidth 10;"
                                                  "git config format.pretty oneline; id bad");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(GError) error = NULL;
    g_autofree char *text = repo_show_stat(repo, "bad", &error);

    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(text, "commit "));
    g_assert_nonnull(strstr(text, "\n    title 3\n    \n    body 3\n\n f3 | 1 +\n 1 file changed"));
    g_assert_cmpstr(text, ==, want);
}

static void test_read_file(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch, "new repo; cd repo; printf 'a\\0b' >f; head -c 5000000 /dev/zero >large;"
                 "git add f large; commit 1");
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = repo_read_file(repo, "HEAD", "f", &error);
    g_autoptr(GBytes) large = NULL;
    gsize n;

    g_assert_no_error(error);
    g_assert_cmpmem(g_bytes_get_data(bytes, &n), g_bytes_get_size(bytes), "a\0b", 3);
    large = repo_read_file(repo, "HEAD", "large", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(large), ==, 5000000);
    gboolean there = FALSE;
    g_assert_true(repo_has_path(repo, "HEAD", "f", &there, &error) && there);
    g_assert_true(repo_has_path(repo, "HEAD", "missing", &there, &error) && !there);
    g_assert_null(repo_read_file(repo, "HEAD", "missing", &error));
    g_assert_nonnull(strstr(error->message, "missing"));
}

/* Files of a name in any folder, folders, and one path. */
static void test_differ(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch, "new repo; cd repo; mkdir -p net/smc scripts; touch Makefile net/smc/Kconfig "
                 "scripts/a.pl net/a.c; git add .; commit 1; git tag one;"
                 "for f in Makefile net/smc/Kconfig scripts/a.pl net/a.c;"
                 "do git checkout -q one; echo x >$f; git add .; commit x;"
                 "git tag $(basename $f); done");
    const char *const pathspecs[] = {"*Kconfig*", "scripts", "Makefile", NULL};
    const struct {
        const char *tag;
        gboolean differs;
    } cases[] = {
        {"one", FALSE}, {"Makefile", TRUE}, {"Kconfig", TRUE}, {"a.pl", TRUE}, {"a.c", FALSE}};
    g_autoptr(Repo) repo = open_repo(scratch, "repo");
    g_autoptr(GError) error = NULL;
    gboolean differs;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        differs = !cases[i].differs;
        g_assert_true(repo_differ(repo, "one", cases[i].tag, pathspecs, &differs, &error));
        g_assert_cmpint(differs, ==, cases[i].differs);
    }
    g_assert_false(repo_differ(repo, "one", "missing", pathspecs, &differs, &error));
    g_assert_nonnull(strstr(error->message, "missing"));
}

static void test_shallow(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *old = scratch_sh(
        scratch, GRAPH "cd ..; git clone -q --depth 2 file://$SCRATCH/repo shallow; cd repo; id a");
    g_autoptr(Repo) repo = open_repo(scratch, "shallow");

    g_assert_true(repo_is_shallow(repo));
    assert_no_revision(repo, old, "git fetch --unshallow");
}

/* A range that reaches the cut is refused, be it cut in a side branch; one that does not is the
 * same as in the whole repository, where a commit without parents is nothing special. */
static void test_shallow_range(Scratch *scratch, gconstpointer unused)
{
    /* The cut takes a and c: b and d have no parents there. */
    g_autofree char *out = scratch_sh(
        scratch, GRAPH "cd ..; git clone -q --depth 3 file://$SCRATCH/repo cut; cd repo; tick;"
                       "git merge -q --allow-unrelated-histories -s ours -m y x; git tag y");
    g_autoptr(Repo) whole = open_repo(scratch, "repo"), cut = open_repo(scratch, "cut");
    g_autofree char *d = resolve(cut, "d");
    g_autoptr(GError) error = NULL;
    g_autoptr(Range) short_range = repo_load_range(cut, "m", "e", &error);
    g_autoptr(Range) whole_range = repo_load_range(whole, "b", "y", &error);
    g_autofree char *where = g_strndup(d, 12);

    g_assert_no_error(error);
    g_assert_cmpuint(history_size(short_range->history), ==, 2);
    g_assert_cmpuint(history_size(whole_range->history), ==, 7);
    g_assert_null(repo_load_range(cut, "b", "e", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    g_assert_nonnull(strstr(error->message, where));
    g_assert_nonnull(strstr(error->message, "git fetch --unshallow"));
}

/* Commits and trees are there, blobs come when they are needed. */
static void test_partial_clone(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch, GRAPH "git config uploadpack.allowFilter true; git config "
                       "uploadpack.allowAnySHA1InWant true; cd ..;"
                       "git clone -q --bare --filter=blob:none file://$SCRATCH/repo partial.git");
    g_autoptr(Repo) repo = open_repo(scratch, "partial.git");
    g_autoptr(GError) error = NULL;
    g_autoptr(Range) range = repo_load_range(repo, "a", "e", &error);
    g_autofree char *worktree = scratch_path(scratch, "mine");
    g_autofree char *file = scratch_path(scratch, "mine/f");
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    g_assert_cmpuint(history_size(range->history), ==, 6);
    repo_worktree_prepare(repo, worktree, &error);
    g_assert_no_error(error);
    repo_worktree_switch(repo, worktree, range->commits[1], &error);
    g_assert_no_error(error);
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
}

/* Blobs that are missing come through the user's own ssh, by configuration or by variable. */
static void test_own_ssh(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch, GRAPH
        "git config uploadpack.allowFilter true; cd ..; cat >ssh <<'EOF'\n"
        "#!/bin/sh\n"
        "echo $SSH_ASKPASS $SSH_ASKPASS_REQUIRE >>\"$(dirname $0)/asked\"\n"
        "while [ $# -gt 1 ]; do shift; done; eval \"$1\"\n"
        "EOF\n"
        "chmod +x ssh; for name in by-config by-variable; do GIT_SSH_COMMAND=$SCRATCH/ssh git "
        "clone -q --bare --filter=blob:none ssh://host$SCRATCH/repo $name; done; rm asked;"
        "git -C by-config config core.sshCommand $SCRATCH/ssh");
    g_autofree char *ssh = scratch_path(scratch, "ssh");
    const char *const names[] = {"by-config", "by-variable"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(Repo) repo = open_repo(scratch, names[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = NULL;
        g_autofree char *asked = NULL;

        if (g_str_equal(names[i], "by-variable")) {
            g_setenv("GIT_SSH_COMMAND", ssh, TRUE);
        }
        bytes = repo_read_file(repo, "e", "f", &error);
        g_unsetenv("GIT_SSH_COMMAND");
        g_assert_no_error(error);
        g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "3\n", 2);
        asked = scratch_sh(scratch, "sort -u asked; rm asked");
        g_assert_cmpstr(asked, ==, "false force");
    }
}

#define ADD(name, function)                                                                        \
    g_test_add("/repo/" name, Scratch, NULL, scratch_set_up, function, scratch_tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("open", test_open);
    ADD("open-fails", test_open_fails);
    ADD("environment", test_environment);
    ADD("names", test_names);
    ADD("ambiguous-name", test_ambiguous_name);
    ADD("ancestry", test_ancestry);
    ADD("many-merge-bases", test_many_merge_bases);
    ADD("range", test_range);
    ADD("long-range", test_long_range);
    ADD("releases", test_releases);
    g_test_add_func("/repo/release-order", test_release_order);
    g_test_add_func("/repo/release-kinds", test_release_kinds);
    ADD("commit-info", test_commit_info);
    ADD("subject", test_subject);
    ADD("show-stat", test_show_stat);
    ADD("read-file", test_read_file);
    ADD("differ", test_differ);
    ADD("shallow", test_shallow);
    ADD("shallow-range", test_shallow_range);
    ADD("partial-clone", test_partial_clone);
    ADD("own-ssh", test_own_ssh);
    return g_test_run();
}
