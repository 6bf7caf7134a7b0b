/* SPDX-License-Identifier: Apache-2.0
 * Versions and spans; our own tables; the choice of a compiler, its flags and the options that an
 * era cannot have.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "kernel/toolchains.h"
#include "scratch.h"

static void test_versions(void)
{
    static const struct {
        const char *name, *text;
    } kernels[] = {
        {"v5.8", "v5.8"},       {"5.8", "v5.8"},          {"v5.9-rc3", "v5.9"}, {"v5.8.12", "v5.8"},
        {"v2.6.32", "v2.6.32"}, {"v2.6.32.4", "v2.6.32"}, {"v10.0", "v10.0"},
    };
    static const char *const none[] = {"", "v5", "next-20260101", "main"};
    static const struct {
        const char *said;
        guint major;
    } tools[] = {
        {"gcc (Debian 12.2.0-14+deb12u1) 12.2.0", 12},
        {"gcc-11 (Debian 11.3.0-12) 11.3.0", 11},
        {"x86_64-linux-gnu-gcc-4.9 (GCC 3.4) 4.9.2 20150212", 4},
        {"Debian clang version 14.0.6", 14},
        {"clang version 19.1.7 (https://example.org/llvm 2.1)", 19},
        {"GNU ld (GNU Binutils for Debian) 2.40", 2},
        {"v1.24", 1},
        {"no version", 0},
        {"one (1", 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(kernels); i++) {
        Version version = version_of_kernel(kernels[i].name);
        g_autofree char *text = version_kernel_text(version);

        g_assert_cmpstr(text, ==, kernels[i].text);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        g_assert_cmpuint(version_of_kernel(none[i]), ==, 0);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(tools); i++) {
        g_assert_cmpuint(version_major(version_of_tool(tools[i].said)), ==, tools[i].major);
    }
    g_assert_cmpuint(version_of_kernel("v4.9"), <, version_of_kernel("v4.10"));
    g_assert_cmpuint(version_of_kernel("v2.6.39"), <, version_of_kernel("v3.0"));
}

static void test_makefiles(void)
{
    static const struct {
        const char *makefile;
        const char *version; /* or NULL */
    } cases[] = {
        {"# SPDX\nVERSION = 5\nPATCHLEVEL = 8\nSUBLEVEL = 7\nEXTRAVERSION = -rc1\n", "v5.8"},
        {"VERSION=2\nPATCHLEVEL\t=\t6\nSUBLEVEL = 32\n", "v2.6.32"},
        {"VERSION = 99999999999999999999\nPATCHLEVEL = 1\n", "v1023.1"},
        {"KERNELVERSION = 5\n", NULL},
        {"VERSION\n", NULL},
        {"all:\n", NULL},
        {"", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Version version = version_of_makefile(cases[i].makefile);

        g_assert_cmpuint(version, ==, cases[i].version ? version_of_kernel(cases[i].version) : 0);
    }
}

static void test_spans(void)
{
    static const struct {
        const char *span, *version;
        gboolean has;
    } cases[] = {
        {"v4.12..v5.8", "v4.12", TRUE}, {"v4.12..v5.8", "v5.8", TRUE},
        {"v4.12..v5.8", "v5.9", FALSE}, {"v4.12..v5.8", "v4.11", FALSE},
        {"..v5.2", "v2.6.12", TRUE},    {"v5.4..", "v7.1", TRUE},
        {"..", "v1.0", TRUE},           {"v5.4", "v5.4", TRUE},
        {"v5.4", "v5.5", FALSE},        {"5", "v5.19", TRUE},
        {"5..6.1", "v6.2", FALSE},      {"2.6.30..2.6.32", "v2.6.33", FALSE},
    };
    static const char *const wrong[] = {"v", "x..", "5..4", "5-6", "5.. 6", "v5.4...v5.6"};
    VersionSpan span;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_true(version_span_parse(cases[i].span, &span));
        g_assert_cmpint(version_span_has(&span, version_of_kernel(cases[i].version)), ==,
                        cases[i].has);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_test_message("%s", wrong[i]);
        g_assert_false(version_span_parse(wrong[i], &span));
    }
}

/* --- Tables, on machines of our making ------------------------------------------------------- */

/* A machine that has the given compilers: programs that only say what they are. */
typedef struct Fixture {
    Scratch scratch;
    char *path;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer compilers)
{
    g_auto(GStrv) names = g_strsplit(compilers, " ", -1);
    g_autofree char *bin = NULL;

    scratch_set_up(&fixture->scratch, NULL);
    bin = scratch_path(&fixture->scratch, "bin");
    g_assert_cmpint(g_mkdir(bin, 0755), ==, 0);
    for (char **name = names; *name; name++) {
        g_autofree char *file = g_build_filename(bin, *name, NULL);
        const char *dash = strrchr(*name, '-');
        g_autofree char *out = NULL;

        out = scratch_sh(&fixture->scratch,
                         "printf '#!/bin/sh\\necho \"%s%s %s.1.0\"\\n' >%s; chmod +x %s",
                         g_str_has_prefix(*name, "clang") ? "clang version" : *name,
                         g_str_has_prefix(*name, "clang") ? "" : " (Test)",
                         dash ? dash + 1 : "2.40", file, file);
    }
    fixture->path = g_strdup(g_getenv("PATH"));
    g_setenv("PATH", bin, TRUE);
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    g_setenv("PATH", fixture->path, TRUE);
    g_free(fixture->path);
    scratch_tear_down(&fixture->scratch, NULL);
}

#define GCC_CONFIG   "CONFIG_CC_IS_GCC=y\n"
#define CLANG_CONFIG "CONFIG_CC_IS_GCC=y\nCONFIG_CC_IS_CLANG=y\n"

static Toolchains *find(const char *compiler, const char *config)
{
    g_autoptr(GError) error = NULL;
    Toolchains *toolchains = toolchains_new(compiler, config, NULL, NULL, &error);

    g_assert_no_error(error);
    return toolchains;
}

/* What is chosen for @kernel, "gcc-12" and the like, and how it fits. */
static void assert_choice(const Toolchains *toolchains, const char *kernel, const char *compiler,
                          ToolchainFit fit)
{
    g_autoptr(Choice) choice = toolchains_choose(toolchains, version_of_kernel(kernel));

    g_test_message("%s: %s", kernel, choice->text);
    g_assert_cmpstr(choice->toolchain->compiler, ==, compiler);
    g_assert_cmpint(choice->fit, ==, fit);
}

/* Debian 12 has these two: the reference's fixed choice (5.5 up to 4.11, 8.1 up to 5.8) fails on
 * it for want of the program. */
static void test_debian(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Toolchains) toolchains = find("auto", GCC_CONFIG);
    g_autoptr(Choice) old = toolchains_choose(toolchains, version_of_kernel("v4.9"));
    g_autofree char *oldest = version_kernel_text(toolchains_oldest(toolchains));

    g_assert_cmpuint(toolchains->installed->len, ==, 2);
    assert_choice(toolchains, "v6.12", "gcc-12", FIT_WANTED);
    assert_choice(toolchains, "v6.1", "gcc-12", FIT_WANTED);
    assert_choice(toolchains, "v5.9", "gcc-12", FIT_WANTED);
    assert_choice(toolchains, "v5.8", "gcc-11", FIT_WANTED);
    assert_choice(toolchains, "v4.9", "gcc-11", FIT_NONE);
    g_assert_nonnull(strstr(old->text, "(gcc 5 is wanted for kernels v4.2..v4.10, and this one is "
                                       "not known to do)"));
    g_assert_cmpstr(oldest, ==, "v4.11");
    /* One that does not say what it is. */
    g_assert_cmpstr(toolchains_host_compiler(toolchains), ==, "gcc-11");
}

static void test_old_machine(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Toolchains) toolchains = find("auto", NULL);

    assert_choice(toolchains, "v4.4", "gcc-5", FIT_WANTED);
    assert_choice(toolchains, "v4.1", "gcc-5", FIT_WANTED);
    assert_choice(toolchains, "v3.10", "gcc-4.9", FIT_WANTED);
    assert_choice(toolchains, "v4.19", "gcc-6", FIT_ACCEPTED); /* nearest to 8 */
    assert_choice(toolchains, "v5.15", "gcc-6", FIT_ACCEPTED);
    assert_choice(toolchains, "v6.16", "gcc-20", FIT_ACCEPTED);
    g_assert_cmpuint(toolchains_oldest(toolchains), ==, 0);
}

static void test_forced(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Toolchains) toolchains = find("gcc-5", CLANG_CONFIG);

    assert_choice(toolchains, "v4.4", "gcc-5", FIT_WANTED);
    assert_choice(toolchains, "v6.1", "gcc-5", FIT_ACCEPTED);
    assert_choice(toolchains, "v6.16", "gcc-5", FIT_NONE);
    g_assert_null(toolchains_new("gcc-7", NULL, NULL, NULL, &error));
    g_assert_nonnull(strstr(error->message, "gcc-7 does not run"));
    g_clear_error(&error);
    g_assert_null(toolchains_new("auto", CLANG_CONFIG, NULL, NULL, &error));
    g_assert_nonnull(strstr(error->message, "no clang is installed"));
}

/* The family is that of the config. */
static void test_clang(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Toolchains) toolchains = find("auto", CLANG_CONFIG);

    assert_choice(toolchains, "v6.1", "clang-16", FIT_WANTED);
    assert_choice(toolchains, "v4.14", "clang-16", FIT_NONE);
    assert_choice(toolchains, "v6.15", "clang-19", FIT_WANTED);
}

/* --- Flags and options, by tables of our making ---------------------------------------------- */

static char *write_table(const Fixture *fixture, const char *name, const char *text)
{
    char *path = scratch_path(&fixture->scratch, name);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static void test_flags(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *table = write_table(
        fixture, "table",
        "[gcc ..v4.19]\nwanted=11\nreason=r\n[gcc v5.0..]\nwanted=12\nreason=r\n"
        "[flags a]\nkernels=..v5.3\nwith=gcc 12..; clang 3\nCC=-a\nKCFLAGS=-b -c\nreason=r\n"
        "[flags b]\nkernels=..\nHOSTCC=-w\nmake=X=1 Y=2\nreason=r\n"
        "[flags c]\nkernels=..\nwith=lld ..\nLD=-l\nreason=r\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(Toolchains) toolchains = toolchains_new("auto", NULL, table, NULL, &error);
    g_autoptr(Choice) old = NULL, middle = NULL, new = NULL, same = NULL;

    g_assert_no_error(error);
    old = toolchains_choose(toolchains, version_of_kernel("v4.19"));
    middle = toolchains_choose(toolchains, version_of_kernel("v5.3"));
    new = toolchains_choose(toolchains, version_of_kernel("v5.4"));
    same = toolchains_choose(toolchains, version_of_kernel("v6.1"));
    g_assert_cmpstr(old->words[FLAG_CC], ==, "");
    g_assert_cmpstr(middle->words[FLAG_CC], ==, " -a");
    g_assert_cmpstr(middle->words[FLAG_KCFLAGS], ==, " -b -c");
    g_assert_cmpstr(middle->words[FLAG_HOSTCC], ==, " -w");
    g_assert_cmpstr(middle->words[FLAG_MAKE], ==, " X=1 Y=2");
    g_assert_cmpstr(middle->words[FLAG_LD], ==, "");
    g_assert_cmpstr(new->words[FLAG_CC], ==, "");
    /* What comes out depends on compiler and flags, and on nothing else. */
    g_assert_cmpstr(old->key, !=, new->key);
    g_assert_cmpstr(middle->key, !=, new->key);
    g_assert_cmpstr(same->key, ==, new->key);
}

static void test_options(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *table = write_table(fixture, "options",
                                         "[UBSAN]\nkernels=..v5.2\nreason=broken\n"
                                         "[ORC old]\nkernels=..v5.3\ninstead=FP\nreason=r\n"
                                         "[ORC new]\nkernels=v5.3..\nwith=gcc 99..\nreason=r\n"
                                         "[BTF]\nkernels=..\nwithout=no-such-program\nreason=r\n"
                                         "[HERE]\nkernels=..\nwithout=ld\nreason=r\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(Toolchains) toolchains = toolchains_new("auto", NULL, NULL, table, &error);
    static const char config[] =
        "CONFIG_UBSAN=y\nCONFIG_ORC=y\nCONFIG_BTF=m\nCONFIG_HERE=y\nCONFIG_OTHER=y\n";
    g_autoptr(Choice) old = NULL, new = NULL;
    g_autofree char *changes = NULL, *fewer = NULL, *none = NULL;
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);

    g_assert_no_error(error);
    old = toolchains_choose(toolchains, version_of_kernel("v5.2"));
    new = toolchains_choose(toolchains, version_of_kernel("v5.4"));
    changes = toolchains_config_changes(toolchains, old, config, notes);
    g_assert_cmpstr(changes, ==,
                    "# CONFIG_UBSAN is not set\n# CONFIG_ORC is not set\nCONFIG_FP=y\n"
                    "# CONFIG_BTF is not set\n");
    g_assert_cmpuint(notes->len, ==, 3);
    g_assert_cmpstr(notes->pdata[0], ==, "CONFIG_UBSAN is off in kernels ..v5.2: broken");
    g_assert_cmpstr(notes->pdata[1], ==,
                    "CONFIG_ORC is off in kernels ..v5.3, CONFIG_FP on instead: r");
    g_assert_cmpstr(notes->pdata[2], ==, "CONFIG_BTF is off: r");
    fewer = toolchains_config_changes(toolchains, new, config, notes);
    g_assert_cmpstr(fewer, ==, "# CONFIG_BTF is not set\n");
    none = toolchains_config_changes(toolchains, old, "CONFIG_A=y\n# CONFIG_UBSAN is not set\n",
                                     notes);
    g_assert_cmpstr(none, ==, "");
}

static void test_mistakes(Fixture *fixture, gconstpointer unused)
{
    static const struct {
        gboolean options;
        const char *text, *message;
    } cases[] = {
        {FALSE, "[gcc v5]\nwanted=8\n", "[gcc v5]: no reason is given"},
        {FALSE, "[gcc five]\nwanted=8\nreason=r\n", "[gcc five]: 'five' is no span of versions"},
        {FALSE, "[gcc v5]\nwanted=x\nreason=r\n", "[gcc v5]: wanted: 'x' is no major version"},
        {FALSE, "[gcc v5]\naccepted=x\nreason=r\n", "accepted: 'x' is no span"},
        {FALSE, "[gcc v5]\nwnated=8\nreason=r\n", "[gcc v5]: unknown key 'wnated'"},
        {FALSE, "[flags a]\nkernels=..\nreason=r\n", "[flags a]: it gives no flags"},
        {FALSE, "[flags a]\nCC=-a\nreason=r\n", "[flags a]: kernels: '' is no span"},
        {FALSE, "[flags a]\nkernels=..\nwith=tcc 1\nCC=-a\nreason=r\n",
         "with: 'tcc 1' is no tool that is known"},
        {FALSE, "[other]\nreason=r\n", "[other]: is neither"},
        {TRUE, "[UBSAN]\nreason=r\n", "[UBSAN]: kernels: '' is no span"},
        {TRUE, "[UBSAN]\nkernels=..\n", "[UBSAN]: no reason is given"},
        {TRUE, "[UBSAN]\nkernels=..\nset=n\nreason=r\n", "[UBSAN]: unknown key 'set'"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = write_table(fixture, "wrong", cases[i].text);
        g_autofree char *place =
            g_strdup_printf("%s: %s: ", cases[i].options ? "--options" : "--toolchains", path);
        g_autoptr(GError) error = NULL;

        g_assert_null(toolchains_new("auto", NULL, cases[i].options ? NULL : path,
                                     cases[i].options ? path : NULL, &error));
        g_test_message("%s", error->message);
        g_assert_true(g_str_has_prefix(error->message, place));
        g_assert_nonnull(strstr(error->message, cases[i].message));
    }
}

static guint count_rows(const GPtrArray *rows, CompilerFamily family, const char *kernel)
{
    guint n = 0;

    for (guint i = 0; i < rows->len; i++) {
        const ToolchainRow *row = rows->pdata[i];

        n += row->family == family && version_span_has(&row->kernels, version_of_kernel(kernel));
    }
    return n;
}

/* Our own table has one row of each family for every release, and accepts what it wants. */
static void test_own_table(Fixture *fixture, gconstpointer unused)
{
    static const guint last_minor[] = {[3] = 19, [4] = 20, [5] = 19, [6] = 19, [7] = 9};
    g_autoptr(Toolchains) toolchains = find("auto", NULL);
    const GPtrArray *rows = toolchains_rows(toolchains);

    for (guint major = 3; major < G_N_ELEMENTS(last_minor); major++) {
        for (guint minor = 0; minor <= last_minor[major]; minor++) {
            g_autofree char *kernel = g_strdup_printf("v%u.%u", major, minor);

            g_test_message("%s", kernel);
            g_assert_cmpuint(count_rows(rows, FAMILY_GCC, kernel), ==, 1);
            g_assert_cmpuint(count_rows(rows, FAMILY_CLANG, kernel), ==, 1);
        }
    }
    g_assert_cmpuint(count_rows(rows, FAMILY_GCC, "v2.6.32"), ==, 1);
    for (guint i = 0; i < rows->len; i++) {
        const ToolchainRow *row = rows->pdata[i];

        g_test_message("%s %s", compiler_family_name(row->family), row->name);
        for (guint j = 0; j < row->n_wanted; j++) {
            g_autofree char *version = g_strdup_printf("x %u.9.0", row->wanted[j]);

            g_assert_true(version_span_has(&row->accepted, version_of_tool(version)));
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/toolchains/versions", test_versions);
    g_test_add_func("/toolchains/makefiles", test_makefiles);
    g_test_add_func("/toolchains/spans", test_spans);
#define ADD(name, compilers, test)                                                                 \
    g_test_add("/toolchains/" name, Fixture, compilers, set_up, test, tear_down)
    ADD("debian", "gcc-11 gcc-12 ld", test_debian);
    ADD("old-machine", "gcc-4.9 gcc-5 gcc-6 gcc-20 ld", test_old_machine);
    ADD("forced", "gcc-5 gcc-12 ld", test_forced);
    ADD("clang", "gcc-12 clang-19 clang-16 ld", test_clang);
    ADD("flags", "gcc-11 gcc-12 ld", test_flags);
    ADD("options", "gcc-12 ld", test_options);
    ADD("mistakes", "gcc-12 ld", test_mistakes);
    ADD("own-table", "gcc-12 ld", test_own_table);
    return g_test_run();
}
