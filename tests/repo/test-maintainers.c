/* SPDX-License-Identifier: Apache-2.0
 * Our own reader of MAINTAINERS: sections and patterns, roles, one line for one person, and all of
 * Linux's files that we have the script's answers for.
 */
#include <jansson.h>

#include "repo/people.h"
#include "repo/tree.h"

/* Folders of the tree that the tests speak of. */
static gboolean is_folder(const char *path, gpointer data)
{
    return g_strv_contains((const char *const[]){"net", "drivers/net", "lib/foo", NULL}, path);
}

static GBytes *read_file(const char *path, gpointer data)
{
    const char *text = data ? data : "";

    return g_bytes_new_static(text, strlen(text));
}

static Maintainers *read_text(const char *text, const char *mailmap, const SourceTree *tree)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text)),
                      map = g_bytes_new_static(mailmap, strlen(mailmap));

    return maintainers_new(bytes, map, tree);
}

/* @want: the lines for @file, with content @content, of a tree with MAINTAINERS @text. */
static void assert_lines(const char *text, const char *mailmap, const char *file,
                         const char *content, const char *want)
{
    SourceTree tree = {is_folder, read_file, (gpointer)content};
    g_autoptr(Maintainers) maintainers = read_text(text, mailmap, &tree);
    g_autofree char *got = maintainers_of_file(maintainers, file, content != NULL);

    g_assert_cmpstr(got, ==, want);
}

/* Does the pattern @field ("F: net/") describe @file? */
static gboolean describes(const char *field, const char *file)
{
    g_autofree char *text = g_strdup_printf("T\n%s\nL:\tl@x.y\n", field);
    SourceTree tree = {is_folder, read_file, NULL};
    g_autoptr(Maintainers) maintainers = read_text(text, "", &tree);
    g_autofree char *got = maintainers_of_file(maintainers, file, FALSE);

    return *got != '\0';
}

static void test_patterns(void)
{
    static const struct {
        const char *field, *file;
        gboolean want;
    } cases[] = {
        {"F:\tnet/", "net/a.c", TRUE},
        {"F:\tnet/", "net/core/a.c", TRUE},
        {"F:\tnet/", "drivers/net/a.c", FALSE},
        {"F:\tnet", "net/core/a.c", TRUE}, /* a folder without its slash */
        {"F:\tnet", "network", FALSE},
        {"F:\tlib/foo", "lib/foobar.c", FALSE}, /* there is a folder lib/foo */
        {"F:\tlib/fo", "lib/fox.c", TRUE},      /* no end to a name */
        {"F:\tlib/fo", "lib/fo/x.c", FALSE},
        {"F:\tlib/a.c", "lib/a.c", TRUE},
        {"F:\tlib/a.c", "lib/abc", FALSE},
        {"F:\tlib/*", "lib/a.c", TRUE},
        {"F:\tlib/*", "lib/a/b.c", FALSE},
        {"F:\tlib/*/", "lib/a/b.c", TRUE},
        {"F:\tlib/*/", "lib/a.c", FALSE},
        {"F:\t*/b*c", "a/xbyyc", FALSE},
        {"F:\t*/b*c", "a/byyc", TRUE},
        {"F:\ta*/*z", "a/b/z", FALSE},
        {"F:\ta*c/z", "abc/z", TRUE},
        {"F:\td?/x", "da/x", TRUE},
        {"F:\td?/x", "d/x", FALSE},
        {"F:\td[79]*.[ch]", "d7x.c", TRUE},
        {"F:\td[79]*.[ch]", "d8x.c", FALSE},
        {"F:\td[79]*.[ch]", "d7x.s", FALSE},
        {"F:\t*", "Makefile", TRUE},
        {"F:\t*", "net/a.c", FALSE},
        {"F:\t*/", "net/a.c", TRUE},
        {"N:\tsun[x456789]i", "arch/sun5i.c", TRUE},
        {"N:\tsun[x456789]i", "arch/sun3i.c", FALSE},
        {"N:\t[^a-z]tegra", "arch/tegra.c", TRUE},
        {"N:\tbcm283*", "x/bcm28.c", TRUE},
        {"N:\tasm/elf.h", "asm/elfxh", TRUE},
        {"N:\t(", "a(", FALSE},
        {"F:\t(", "(", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (describes(cases[i].field, cases[i].file) != cases[i].want) {
            g_test_message("%s: %s", cases[i].field, cases[i].file);
            g_test_fail();
        }
    }
}

#define NET                                                                                        \
    "NET\nM:\tN <n@x>\nR:\tR <r@x>\nL:\tnet@l (moderated for non-subscribers)\nS:\tSupported\n"    \
    "F:\tnet/\nX:\tnet/wireless/\n\n"
#define REST                                                                                       \
    "THE REST\nM:\tLinus Torvalds <torvalds@linux-foundation.org>\nL:\tlkml@l\n"                   \
    "S:\tBuried alive in reporters\nF:\t*\nF:\t*/\n"

static void test_sections(void)
{
    /* The nearest first, wherever it stands; one who is there already keeps his role. */
    assert_lines(REST NET "CORE\nM:\tR <r@x>\nM:\tC <c@x>\nS:\tOdd Fixes\nF:\tnet/core/a.c\n", "",
                 "net/core/a.c", NULL,
                 "R <r@x> (odd fixer:CORE)\nC <c@x> (odd fixer:CORE)\nN <n@x> (supporter:NET)\n"
                 "net@l (moderated list:NET)\nlkml@l (open list)\n");
    assert_lines(REST NET, "", "net/wireless/a.c", NULL, "lkml@l (open list)\n");
    assert_lines(NET, "", "lib/a.c", NULL, "");
    /* Sections that come equally near: in the order of the file. */
    assert_lines("B\nL:\tb@l\nF:\ta/\n\nA\nL:\ta@l\nF:\ta/\n", "", "a/x", NULL,
                 "b@l (open list:B)\na@l (open list:A)\n");
    /* Text before the first section, comments, a field of an unknown kind, one without blanks. */
    assert_lines("Some text\n\tM:\tno@x\n# F:\ta/\n\nT\nQ:\tx\nF:a/\nM:m@x\n", "", "a/x", NULL,
                 "m@x (unknown:T)\n");
    assert_lines("", "", "a", NULL, "");
    assert_lines("F:\ta\nM:\tm@x\n", "", "a", NULL, "m@x (unknown:)\n");
}

static void test_roles(void)
{
    assert_lines("A TITLE OF MORE THAN FIFTY LETTERS IN ALL, WHICH IS CUT\nM:\tm@x\n"
                 "S:\tMaintained\nL:\tl@x (subscribers-only)\nF:\ta\n",
                 "", "a", NULL,
                 "m@x (maintainer:A TITLE OF MORE THAN FIFTY LETTERS IN ALL, WHIC...)\n");
    assert_lines("T\nM:\tm@x\nS:\tOrphan\nS:\tEven Worse\nF:\ta\n", "", "a", NULL,
                 "m@x (even worse:T)\n");
}

static void test_people(void)
{
    assert_lines(
        "T\nS:\tMaintained\nM:\tA <a@x>, B <b@x>\nM:\tE, F <e@x>\nR:\tK <K@x> (part)\nF:\ta\n", "",
        "a", NULL,
        "A <a@x> (maintainer:T)\nB <b@x> (maintainer:T)\n\"E, F\" <e@x> (maintainer:T)\n"
        "K <K@x> (reviewer:T)\n");
    /* The same name, or the same address. */
    assert_lines("T\nS:\tMaintained\nM:\tA <a@x>\nM:\ta <b@x>\nM:\tC <A@X>\nF:\ta\n", "", "a", NULL,
                 "A <a@x> (maintainer:T)\n");
    /* .mailmap: by address, by name and address, names alone; two become one. */
    assert_lines("T\nS:\tMaintained\nM:\tA <a@x>\nM:\tB <b@x>\nM:\tc@x\nM:\tD <d@x>\nF:\ta\n",
                 "A A <a@y> <a@x>\n# no\nB B <b@y> B <b@x> \nC C <c@x>\n<a@y> <d@x>", "a", NULL,
                 "A A <a@y> (maintainer:T)\nB B <b@y> (maintainer:T)\nC C <c@x> (maintainer:T)\n");
    /* Names that must be quoted. */
    assert_lines("T\nM:\tJ. Doe <j@x>\nM:\tJos\xc3\xa9 <e@x>\nF:\ta\n", "", "a", NULL,
                 "\"J. Doe\" <j@x> (unknown:T)\n\"Jos\xc3\xa9\" <e@x> (unknown:T)\n");
}

static void test_keywords(void)
{
    static const char text[] = "K\nL:\tk@l\nK:\t\\bsk_(?:buff|psock)\\b\n\nT\nL:\tt@l\nF:\ta\n";

    assert_lines(text, "", "a", "int sk_psock;", "t@l (open list:T)\nk@l (open list:K)\n");
    assert_lines(text, "", "a", "int task_psock;", "t@l (open list:T)\n");
    assert_lines(text, "", "a", NULL, "t@l (open list:T)\n");
}

/* A long file is searched in parts of 4096 bytes, and 1024 after them: nobody may notice. */
static void test_keywords_of_long_file(void)
{
    static const char text[] = "K\nL:\tk@l\nK:\t\\bsk_psock\\b|^\\ +\\z|-$\n\nT\nL:\tt@l\nF:\ta\n";

    for (gsize at = 4085; at < 5130; at += at == 4110 ? 1000 : 1) {
        g_autofree char *word = g_strdup_printf("-%*s;%*s.", (int)at, "sk_psock", 9000, "");
        g_autofree char *other = g_strdup_printf("-%*s;%*s.", (int)at, "task_psock_", 9000, "");
        g_autofree char *dash = g_strdup_printf("-%*s;%*s.", (int)at, "-", 9000, "");

        assert_lines(text, "", "a", word, "t@l (open list:T)\nk@l (open list:K)\n");
        assert_lines(text, "", "a", other, "t@l (open list:T)\n");
        assert_lines(text, "", "a", dash, "t@l (open list:T)\n");
    }
}

static void test_binding(void)
{
    SourceTree tree = {is_folder, read_file,
                       (gpointer) "maintainers:\n  - Foo Bar <foo@x.y>\n  - T Two <two@x.y>\n"
                                  "text J. R. Smith (js@x.y), and port@[0-9]; -alone@x.y.\n"};
    g_autoptr(Maintainers) maintainers =
        read_text("T\nM:\tT Two <two@x.y>\nS:\tMaintained\nF:\td/\n", "", &tree);
    g_autofree char *yaml = maintainers_of_file(maintainers, "d/a.yaml", FALSE);
    g_autofree char *other = maintainers_of_file(maintainers, "d/a.txt", FALSE);

    g_assert_cmpstr(yaml, ==,
                    "T Two <two@x.y> (maintainer:T,in file)\nFoo Bar <foo@x.y> (in file)\n"
                    "\"J. R. Smith\" <js@x.y> (in file)\n-alone@x.y (in file)\n");
    g_assert_cmpstr(other, ==, "T Two <two@x.y> (maintainer:T)\n");
}

static void test_patch(void)
{
    SourceTree tree = {is_folder, read_file, NULL};
    g_autoptr(Maintainers) maintainers = read_text(
        "A\nL:\ta@l\nF:\ta.c\n\nB\nL:\tb@l\nF:\td/b.c\n\nC\nL:\tc@l\nF:\tc.bin\n\n"
        "WORD\nL:\tw@l\nK:\tword\n\nCONTEXT\nL:\tx@l\nK:\tcontext\n\nTITLE\nL:\tt@l\nK:\ttitle\n",
        "", &tree);
    g_autofree char *got =
        maintainers_of_patch(maintainers, "Subject: title\n\n---\ndiff --git a/a.c b/d/b.c\n"
                                          "--- a/a.c\n+++ b/d/b.c\n@@ -1,2 +1,2 @@ word\n"
                                          " context\n-the word\ndiff --git a/c.bin b/c.bin\n");

    g_assert_cmpstr(
        got, ==,
        "a@l (open list:A)\nc@l (open list:C)\nb@l (open list:B)\nw@l (open list:WORD)\n"
        "t@l (open list:TITLE)\n");
}

/* Are @got those of @row, "ADDRESS=To" or "ADDRESS=Cc"? */
static gboolean is_expected(const json_t *row, const GPtrArray *got)
{
    const json_t *want = json_object_get(row, "recipients");
    g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gsize i;
    const json_t *line;
    gboolean all = TRUE;

    for (guint j = 0; j < got->len; j++) {
        const Recipient *person = got->pdata[j];

        g_hash_table_add(lines, g_strconcat(person->address, person->to ? "=To" : "=Cc", NULL));
    }
    json_array_foreach(want, i, line)
    {
        all &= g_hash_table_contains(lines, json_string_value(line));
    }
    return all && json_array_size(want) == g_hash_table_size(lines);
}

/* Of the files of data/maintainers, in the history that ./check makes of Debian's sources. */
static void test_linux(void)
{
    g_autofree char *path = g_build_filename(g_getenv("FIRSTBAD_SHARED") ?: "/nonexistent", "data",
                                             "maintainers", "dev.jsonl", NULL);
    const char *repo_path = g_getenv("FIRSTBAD_TEST_TREE");
    g_autoptr(Repo) repo = repo_path ? repo_open(repo_path, NULL) : NULL;
    TreePlace place = {.repo = repo, .commit = "v6.1.192"};
    SourceTree tree = tree_at(&place);
    g_autoptr(GBytes) text = repo ? tree.read("MAINTAINERS", &place) : NULL,
                      mailmap = repo ? tree.read(".mailmap", &place) : NULL;
    g_autofree char *rows = NULL;
    g_autoptr(Maintainers) maintainers = NULL;
    guint n = 0, n_exact = 0;

    if (!text || !g_file_get_contents(path, &rows, NULL, NULL)) {
        g_test_skip("no corpus in FIRSTBAD_SHARED, or no v6.1.192 in FIRSTBAD_TEST_TREE");
        return;
    }
    maintainers = maintainers_new(text, mailmap, &tree);
    for (char *line = rows, *end; *line; line = end) {
        gsize n_line = strcspn(line, "\n");
        json_t *row = json_loadb(line, n_line, 0, NULL);
        const char *file = json_string_value(json_object_get(row, "file"));
        g_autofree char *lines = maintainers_of_file(maintainers, file, FALSE);
        g_autoptr(GPtrArray) people = people_of_maintainers(lines);

        n_exact += is_expected(row, people) ? 1 : 0;
        n++;
        json_decref(row);
        end = line + n_line + (line[n_line] ? 1 : 0);
    }
    g_test_message("%u of %u exact", n_exact, n);
    g_assert_cmpuint(1000 * n_exact, >=, 995 * n);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/maintainers/patterns", test_patterns);
    g_test_add_func("/maintainers/sections", test_sections);
    g_test_add_func("/maintainers/roles", test_roles);
    g_test_add_func("/maintainers/people", test_people);
    g_test_add_func("/maintainers/keywords", test_keywords);
    g_test_add_func("/maintainers/keywords-of-long-file", test_keywords_of_long_file);
    g_test_add_func("/maintainers/binding", test_binding);
    g_test_add_func("/maintainers/patch", test_patch);
    g_test_add_func("/maintainers/linux", test_linux);
    return g_test_run();
}
