/* SPDX-License-Identifier: Apache-2.0
 * Who should hear of a culprit: get_maintainer.pl's output read, and asked only when needed.
 */
#include <jansson.h>

#include "repo/people.h"
#include "repo/repo.h"
#include "scratch.h"

/* units/recipients_parse.json: [name, address, "To" or "Cc"] for each line of output. */
static void test_parse(void)
{
    g_autofree char *path = g_build_filename(g_getenv("FIRSTBAD_SHARED") ?: "/nonexistent", "data",
                                             "units", "recipients_parse.json", NULL);
    json_t *root = json_load_file(path, 0, NULL);
    gsize index;
    json_t *test;

    if (!root) {
        g_test_skip("no corpus in FIRSTBAD_SHARED");
        return;
    }
    json_array_foreach(json_object_get(root, "cases"), index, test)
    {
        const char *input = json_string_value(json_object_get(test, "input"));
        json_t *want = json_object_get(test, "want");
        g_autoptr(GPtrArray) got = people_of_maintainers(input);

        g_assert_cmpuint(got->len, ==, json_array_size(want));
        for (guint i = 0; i < got->len; i++) {
            const Recipient *recipient = got->pdata[i];
            const json_t *line = json_array_get(want, i);

            g_assert_cmpstr(recipient->name, ==, json_string_value(json_array_get(line, 0)));
            g_assert_cmpstr(recipient->address, ==, json_string_value(json_array_get(line, 1)));
            g_assert_cmpstr(recipient->to ? "To" : "Cc", ==,
                            json_string_value(json_array_get(line, 2)));
        }
    }
    json_decref(root);
}

static void test_parse_odd_lines(void)
{
    g_autoptr(GPtrArray) got = people_of_maintainers(
        "no address (maintainer:X)\n(reviewer:X)\nA <a@b (maintainer:X)\n\n<>(maintainer:X)\n"
        "C <c@d> (maintainer:A (b (c)))\nD <d@e> (maintainer:X (y...)\n"
        "B <b@c> ((odd) fixer:X (Y))\nlinux-kernel@vger.kernel.org\nbad bad@x.y (maintainer:X)");

    g_assert_cmpuint(got->len, ==, 1);
    g_assert_cmpstr(((Recipient *)got->pdata[0])->address, ==, "b@c");
    g_assert_false(((Recipient *)got->pdata[0])->to);
}

static void test_addresses(void)
{
    struct {
        const char *text, *address;
    } cases[] = {{"A B <a@b.c>", "a@b.c"},
                 {" a@b.c ", "a@b.c"},
                 {"A <a@b.c> # 5.1+", "a@b.c"},
                 {"nobody", NULL},
                 {"A <a b@c>", NULL},
                 {"<a@b@c>", NULL},
                 {"@b", NULL},
                 {"a@", NULL},
                 {"a@b\" evil", NULL}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *address = people_address(cases[i].text);

        g_assert_cmpstr(address, ==, cases[i].address);
    }
}

/* Commits `few` (one person besides the author) and `many`, and a script that names three people,
 * when asked for @commit; @worktree may be NULL. */
static void assert_recipients(const Scratch *scratch, const char *commit, const char *worktree,
                              const char *want_to, const char *want_cc)
{
    g_autofree char *path = scratch_path(scratch, "repo");
    g_autofree char *worktree_path = worktree ? scratch_path(scratch, worktree) : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Repo) repo = repo_open(path, &error);
    RecipientsQuery query = {
        .repo = repo, .sources = worktree_path, .tree = commit, .commit = commit};
    g_autoptr(Recipients) recipients = NULL;
    g_auto(GStrv) to = NULL, cc = NULL;
    g_autofree char *got_to = NULL, *got_cc = NULL;

    g_assert_no_error(error);
    recipients = repo_recipients(&query, &error);
    g_assert_no_error(error);
    to = recipients_addresses(recipients, TRUE);
    cc = recipients_addresses(recipients, FALSE);
    got_to = g_strjoinv(" ", to);
    got_cc = g_strjoinv(" ", cc);
    g_assert_cmpstr(got_to, ==, want_to);
    g_assert_cmpstr(got_cc, ==, want_cc);
}

/* The script answers with the people of the patch only when it gets the right patch and options. */
#define REPO                                                                                       \
    "new repo; cd repo; mkdir scripts; cat >scripts/get_maintainer.pl <<'EOF'\n"                   \
    "#!/usr/bin/perl\n%s\nEOF\n"                                                                   \
    "git add .; commit base; commit \"few\n\nSigned-off-by: S <S@Example.org>\" f 1; git tag few;" \
    "commit \"many\n\nAcked-by: a@b\nReviewed-by: b@b\" f 2; git tag many"

#define ANSWER                                                                                     \
    "my $p = join '', <STDIN>; die unless $p =~ /^From / and $p =~ /\\+1/;\n"                      \
    "die unless $ARGV[0] eq '--git-min-percent=20' and $ENV{PERL_HASH_SEED} eq '0';\n"             \
    "print qq{M <M\\@x.y> (maintainer:NET)\\nR <r\\@x.y> (reviewer:NET)\\n"                        \
    "S <s\\@example.org> (commit_signer:1/2=50%)\\nl\\@x.y (open list:NET)\\n"                     \
    "linux-kernel\\@vger.kernel.org (open list)\\n};"

static void test_script_is_asked_for_few(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(scratch, REPO, ANSWER);

    assert_recipients(scratch, "few", "repo", "author@example.org l@x.y m@x.y s@example.org",
                      "linux-kernel@vger.kernel.org r@x.y");
    assert_recipients(scratch, "many", "repo", "a@b author@example.org b@b", "");
    assert_recipients(scratch, "few", NULL, "author@example.org s@example.org", "");
}

static void test_blame_when_hardly_anybody(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out =
        scratch_sh(scratch, REPO,
                   "print qq{l\\@x.y (open list)\\n};"
                   "print qq{m\\@x.y (maintainer:X)\\n} if ($ARGV[1] // '') eq '--git-blame';");

    assert_recipients(scratch, "few", "repo", "author@example.org l@x.y m@x.y s@example.org", "");
}

/* The patch is the same whatever the user set for his own eyes. */
static void test_user_settings(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch,
        REPO "; for file in f g h; do seq 20 >$file; done; git add .; commit before;"
             "for file in f g; do sed -i 's/10/ten/' $file; done; git mv h i; git add .;"
             "commit moved; git tag moved; echo g >order; for setting in 'noprefix true' "
             "'mnemonicPrefix true' \"orderFile $PWD/order\" 'context 0' 'renames false'; do "
             "git config diff.$setting; done",
        "my $p = join '', <STDIN>; my ($f, $g) = map { index $p, qq{+++ b/$_\n} } 'f', 'g';"
        "print qq{m\\@x.y (maintainer:X)\n} if 0 < $f and $f < $g and "
        "index($p, '@@ -7,7 +7,7 @@') > 0 and index($p, 'rename from h') > 0;");

    assert_recipients(scratch, "moved", "repo", "author@example.org m@x.y", "");
}

/* A merge and a first commit have patches, too. */
static void test_odd_commits(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch,
        REPO "; git tag first few~; git checkout -qb side few; commit side f 3; git checkout -q "
             "main; tick; git merge -q side 2>/dev/null || true; echo 4 >f; git commit -qam merge;"
             "git tag merge",
        "my $p = join '', <STDIN>; print qq{m\\@x.y (maintainer:X)\n} if $p =~ /^From /;"
        "print qq{f\\@x.y (reviewer:X)\n} if $p =~ m{^\\+\\+\\+ b/f\n}m;"
        "print qq{s\\@x.y (reviewer:X)\n} if $p =~ m{^\\+\\+\\+ b/scripts/}m;");

    assert_recipients(scratch, "first", "repo", "author@example.org m@x.y", "s@x.y");
    assert_recipients(scratch, "merge", "repo", "author@example.org m@x.y", "f@x.y");
}

/* The script's own git finds objects that the repository borrows, also in the sandbox. */
static void test_borrowed_objects(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch,
        REPO "; cd ..; mv repo first; git clone -q --shared first second; git clone -q --shared "
             "second repo; cd repo; git tag -f few origin/main^",
        "print qq{m\\@x.y (maintainer:X)\n} if qx{git log -1 --format=%s few} eq qq{few\n};");

    assert_recipients(scratch, "few", "repo", "author@example.org m@x.y s@example.org", "");
}

/* An import of all there is: not even shown to the script. */
static void test_large_patch(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(
        scratch,
        REPO "; head -c 17000000 /dev/zero | tr '\\0' x >g; git add .; commit import; git "
             "tag import",
        "print qq{m\\@x.y (maintainer:X)\n};");

    assert_recipients(scratch, "import", "repo", "author@example.org", "");
    assert_recipients(scratch, "few", "repo", "author@example.org m@x.y s@example.org", "");
}

/* The script hands names of files on to a shell: those that could say something to it, be they in a
 * message, never get there. */
static void test_unsafe_names(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out =
        scratch_sh(scratch,
                   REPO "; commit name 'a;b' 1; git tag name; tick; printf 'x\n\n+++ b/$(date)\n' "
                        "| git commit -qF - --allow-empty; git tag "
                        "message",
                   "print qq{m\\@x.y (maintainer:X)\n};");

    assert_recipients(scratch, "name", "repo", "author@example.org", "");
    assert_recipients(scratch, "message", "repo", "author@example.org", "");
}

/* A file for which the script names one is asked for with blame, and its people come to the
 * commit's, each address once, to before cc. */
static void test_file(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out =
        scratch_sh(scratch, REPO "; git checkout -q many",
                   "print qq{M <M\\@x.y> (maintainer:X)\n};"
                   "print qq{b\\@b (reviewer:X)\nr\\@x.y (reviewer:X)\n} if qq{@ARGV} eq "
                   "'--git-min-percent=15 --nokeywords -f f --git-blame';");
    g_autofree char *path = scratch_path(scratch, "repo");
    g_autoptr(Repo) repo = repo_open(path, NULL);
    RecipientsQuery query = {
        .repo = repo, .sources = path, .files = (const char *const[]){"./f", NULL}};
    g_autoptr(Recipients) of_file = repo_recipients(&query, NULL), of_both = NULL;
    g_auto(GStrv) to = NULL, cc = NULL;

    g_assert_cmpuint(of_file->people->len, ==, 3);
    query.commit = "many";
    of_both = repo_recipients(&query, NULL);
    to = recipients_addresses(of_both, TRUE);
    cc = recipients_addresses(of_both, FALSE);
    g_assert_true(
        g_strv_equal((const char *const *)to,
                     (const char *const[]){"M@x.y", "a@b", "author@example.org", "b@b", NULL}));
    g_assert_true(g_strv_equal((const char *const *)cc, (const char *const[]){"r@x.y", NULL}));
}

static void test_script_fails(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out =
        scratch_sh(scratch, REPO, "print qq{m\\@x.y (maintainer:X)\\n}; exit 1;");

    assert_recipients(scratch, "few", "repo", "author@example.org s@example.org", "");
}

static void test_no_script(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(scratch, REPO "; mkdir ../empty", "");

    assert_recipients(scratch, "few", "empty", "author@example.org s@example.org", "");
}

#define ADD(name, function)                                                                        \
    g_test_add("/recipients/" name, Scratch, NULL, scratch_set_up, function, scratch_tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/recipients/parse", test_parse);
    g_test_add_func("/recipients/parse-odd-lines", test_parse_odd_lines);
    g_test_add_func("/recipients/addresses", test_addresses);
    ADD("script-is-asked-for-few", test_script_is_asked_for_few);
    ADD("blame-when-hardly-anybody", test_blame_when_hardly_anybody);
    ADD("user-settings", test_user_settings);
    ADD("odd-commits", test_odd_commits);
    ADD("borrowed-objects", test_borrowed_objects);
    ADD("large-patch", test_large_patch);
    ADD("unsafe-names", test_unsafe_names);
    ADD("file", test_file);
    ADD("script-fails", test_script_fails);
    ADD("no-script", test_no_script);
    return g_test_run();
}
