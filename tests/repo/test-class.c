/* SPDX-License-Identifier: Apache-2.0
 * What changes consist of.
 */
#include <string.h>

#include "open.h"

/* --- C without comments ---------------------------------------------------------------------- */

static void test_comments(void)
{
    static const struct {
        const char *text, *other;
        gboolean same;
    } cases[] = {
        {"int a; /* b */\n", "int a;\n", TRUE},
        {"int a; // b\nint c;", "int a;\n\n\nint c;", TRUE},
        {"int a;", "int  a ;", TRUE},
        {"f(a,b);", "f(a,\n\tb);", TRUE},
        {"int a;", "inta;", FALSE},
        {"a + +b", "a ++b", FALSE},
        {"a = b", "a == b", FALSE},
        {"s = \"/* no */\";", "s = \"\";", FALSE},
        {"s = \"a b\";", "s = \"a  b\";", FALSE},
        {"s = \"\\\"/*\"; /* c */", "s = \"\\\"/*\";", TRUE},
        {"c = '\"'; /* a */ d", "c = '\"'; d", TRUE},
        {"#define F (x)\n", "#define F(x)\n", FALSE},
        {"#define F x\ny", "#define F x y", FALSE},
        {"#define F x \\\n y\n", "#define F x y\n", TRUE},
        {"  #  define F\n", "#define F\n", FALSE}, /* harmless, and rare */
        {"#error don't\n/* a */ b", "#error don't\nb", TRUE},
        {"a /* unended", "a", TRUE},
        {"a \"unended", "a", FALSE},
        {"a\\", "a", FALSE},
        {"", "/**/", TRUE},
        {"1/2", "1//2\n", FALSE},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = change_strip_comments(cases[i].text, strlen(cases[i].text)),
                        *other = change_strip_comments(cases[i].other, strlen(cases[i].other));

        g_test_message("'%s' and '%s': '%s' and '%s'", cases[i].text, cases[i].other, text, other);
        g_assert_cmpint(g_str_equal(text, other), ==, cases[i].same);
    }
}

/* --- Paths ----------------------------------------------------------------------------------- */

static void test_paths(void)
{
    static const struct {
        const char *path;
        ChangePart part;
    } cases[] = {
        {"Documentation/a.c", CHANGE_DOCUMENTATION},
        {"MAINTAINERS", CHANGE_DOCUMENTATION},
        {"MAINTAINERS.c", CHANGE_CODE},
        {"arch/arm/boot/a.c", CHANGE_OTHER_ARCH},
        {"arch/x86/boot/a.c", CHANGE_CODE},
        {"arch/Kconfig", CHANGE_CONFIG},
        {"arch/arm/configs/a_defconfig", CHANGE_OTHER_ARCH},
        {"arch/x86/configs/x86_64_defconfig", CHANGE_CONFIG},
        {"kernel/configs/debug.config", CHANGE_CONFIG},
        {"net/smc/Kconfig", CHANGE_CONFIG},
        {"lib/Kconfig.debug", CHANGE_CONFIG},
        {"net/smc/Makefile", CHANGE_CODE},
        {"tools/testing/selftests/a.c", CHANGE_TESTS},
        {"tools/objtool/check.c", CHANGE_CODE},
        {"samples/a.c", CHANGE_CODE}, /* some can be built in */
        {"net/smc/af_smc.c", CHANGE_CODE},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].path);
        g_assert_cmpint(change_part_of_path(cases[i].path), ==, cases[i].part);
    }
}

/* --- Commits --------------------------------------------------------------------------------- */

/* "comments and documentation: a.c b.c": the parts of the last commit and its sources. */
static char *parts_of_last(const Scratch *scratch, const Repo *repo)
{
    g_autofree char *id = scratch_sh(scratch, "cd repo; id"), *name = NULL, *list = NULL;
    g_auto(GStrv) sources = NULL;
    g_autoptr(GError) error = NULL;
    guint parts;

    repo_change_parts(repo, id, &parts, &sources, &error);
    g_assert_no_error(error);
    name = change_parts_name(parts);
    list = g_strjoinv(" ", sources);
    return g_strdup_printf("%s: %s", name, list);
}

static void test_commits(Scratch *scratch, gconstpointer unused)
{
    static const struct {
        const char *script, *parts;
    } steps[] = {
        {"echo 'int a; /* more */' >a.c; git add a.c; commit c", "comments: a.c"},
        {"echo 'int b;' >a.c; git add a.c; commit c", "code: a.c"},
        {"echo '/* a */ int b;' >a.c; mkdir Documentation; echo >Documentation/x; git add .; "
         "commit c",
         "comments and documentation: a.c"},
        {"printf 'VERSION = 5\\nSUBLEVEL = 2\\nall:\\n' >Makefile; git add .; commit c",
         "the release number: Makefile"},
        {"printf 'VERSION = 5\\nSUBLEVEL = 2\\nall: a\\n' >Makefile; git add .; commit c",
         "code: Makefile"},
        {"mkdir -p arch/arm tools/perf; echo >Kconfig; echo >arch/arm/x.c; echo >tools/perf/y; git "
         "add "
         ".; commit c",
         "what can be configured, other architectures and tests: "},
        {"echo '/* new */' >b.c; git add .; commit c", "code: b.c"},
        {"chmod +x a.c; git add .; commit c", "code: a.c"},
        {"git rm -q b.c; commit c", "code: b.c"},
        {"commit nothing", ": "},
    };
    g_autoptr(Repo) repo = NULL;

    g_free(scratch_sh(scratch, "new repo; cd repo; echo 'int a;' >a.c\n"
                               "printf 'VERSION = 5\\nSUBLEVEL = 1\\nall:\\n' >Makefile\n"
                               "git add .; commit base"));
    repo = open_repo(scratch, "repo");
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autofree char *parts = NULL;

        g_free(scratch_sh(scratch, "cd repo; %s", steps[i].script));
        parts = parts_of_last(scratch, repo);
        g_assert_cmpstr(parts, ==, steps[i].parts);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/repo/class/comments", test_comments);
    g_test_add_func("/repo/class/paths", test_paths);
    g_test_add("/repo/class/commits", Scratch, NULL, scratch_set_up, test_commits,
               scratch_tear_down);
    return g_test_run();
}
