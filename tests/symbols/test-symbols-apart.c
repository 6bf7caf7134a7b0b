/* SPDX-License-Identifier: Apache-2.0
 * A vmlinux that is read by another process, which here is this program again: it answers as at
 * home, and when it dies, takes too long or lies, there is an error and nothing worse.
 */
#include "symbols/symbols.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

#include "scratch.h"

static const char program_c[] = "static inline __attribute__((always_inline)) int inner(int x)\n"
                                "{\n"
                                "    return x * *(volatile int *)&x;\n"
                                "}\n"
                                "__attribute__((noinline)) int outer(int x)\n"
                                "{\n"
                                "    return inner(x) + 1;\n"
                                "}\n"
                                "int main(int argc, char **argv)\n"
                                "{\n"
                                "    return outer(argc);\n"
                                "}\n";

/* NULL: there is no compiler, and the test is skipped. */
static char *compile(const Scratch *scratch)
{
    g_autofree char *source = scratch_path(scratch, "program.c");
    g_autofree char *output = NULL;

    g_assert_true(g_file_set_contents(source, program_c, -1, NULL));
    output = scratch_sh(scratch, "cc -g -O2 -o program program.c || echo none");
    if (g_str_equal(output, "none")) {
        g_test_skip("no C compiler");
        return NULL;
    }
    return scratch_path(scratch, "program");
}

/* A program that does not do what it should: shell text. */
static char *script(const Scratch *scratch, const char *text)
{
    char *path = scratch_path(scratch, "script");
    g_autofree char *all = g_strdup_printf("#!/bin/sh\n%s\n", text);

    g_assert_true(g_file_set_contents(path, all, -1, NULL));
    g_assert_cmpint(g_chmod(path, 0700), ==, 0);
    return path;
}

static void test_reports(Scratch *scratch, gconstpointer data)
{
    g_autofree char *program = compile(scratch);
    const char *const source_dirs[] = {"/nowhere", scratch->dir, NULL};
    const char *const reports[] = {" outer+0x1/0x2\nlast", "", "nothing\n", " main+0x1/0x2\n",
                                   NULL};
    const SymbolsFiles files = {.vmlinux = program, .source_dirs = source_dirs};
    g_autoptr(Symbols) symbols = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) texts = NULL;

    if (!program) {
        return;
    }
    symbols = symbols_open(program, source_dirs, NULL);
    texts = symbols_reports_apart(&files, reports, &error);
    g_assert_no_error(error);
    for (gsize i = 0; reports[i]; i++) {
        g_autofree char *wanted = symbols_report(symbols, reports[i]);

        g_assert_cmpstr(texts[i], ==, wanted);
    }
    g_assert_null(texts[G_N_ELEMENTS(reports) - 1]);
    g_assert_nonnull(strstr(texts[0], " outer+0x1/0x2 program.c:"));
}

static void test_facts(Scratch *scratch, gconstpointer data)
{
    g_autofree char *program = compile(scratch);
    const char *const source_dirs[] = {scratch->dir, NULL};
    const char *const functions[] = {"outer", "inner", "nowhere", NULL};
    const char *const sources[] = {"program.c", "other.c", NULL};
    const SymbolsFiles files = {.vmlinux = program, .source_dirs = source_dirs};
    g_autofree SymbolsAnswer *of_functions = NULL, *of_sources = NULL;
    g_autoptr(GError) error = NULL;

    if (!program) {
        return;
    }
    symbols_facts_apart(&files, functions, sources, &of_functions, &of_sources, &error);
    g_assert_no_error(error);
    g_assert_cmpint(of_functions[0], ==, SYMBOLS_YES);
    g_assert_cmpint(of_functions[1], ==, SYMBOLS_YES);
    g_assert_cmpint(of_functions[2], ==, SYMBOLS_NO);
    g_assert_cmpint(of_sources[0], ==, SYMBOLS_YES);
    g_assert_cmpint(of_sources[1], ==, SYMBOLS_NO);
}

/* Errors name the file and say why. */
static void check_error(const SymbolsFiles *files, const char *wanted)
{
    const char *const reports[] = {" outer+0x1/0x2\n", "x", NULL};
    g_autoptr(GError) error = NULL;

    g_assert_null(symbols_reports_apart(files, reports, &error));
    g_assert_nonnull(error);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, files->vmlinux));
    g_assert_nonnull(strstr(error->message, wanted));
}

static void test_failures(Scratch *scratch, gconstpointer data)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"echo 'broken: \033[2J' >&2; exit 3", "exited with 3: broken: ?[2J"},
        {"kill -SEGV $$", "killed by signal 11"},
        {"printf 'one\\0'", "wrong number of answers"},
        {"printf 'one\\0two\\0three\\0'", "wrong number of answers"},
        {"printf 'one\\0two'", "wrong number of answers"},
        {"head -c 9000000 /dev/zero", "wrong number of answers"},
        {"yes", "took longer"},
        {"exec sleep 1000", "took longer"},
    };
    g_autofree char *text = scratch_path(scratch, "text");
    g_autofree char *missing = scratch_path(scratch, "missing");
    const SymbolsFiles no_elf = {.vmlinux = text}, no_file = {.vmlinux = missing};

    g_assert_true(g_file_set_contents(text, "no ELF\n", -1, NULL));
    check_error(&no_elf, "not an ELF file");
    check_error(&no_file, "No such file");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *program = script(scratch, cases[i].text);
        const SymbolsFiles files = {.vmlinux = text, .program = program, .timeout_ms = 500};

        check_error(&files, cases[i].wanted);
    }
}

/* Small ones of our own, and what the fuzzer made of them once: those may break the other process,
 * but not us. */
static void test_corpus(void)
{
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "tests/symbols/seeds/elf", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *const reports[] = {" outer+0x1/0x2\n main+0x1/0x2\n", NULL};
    const char *const functions[] = {"outer", "inner", NULL};
    const char *name;
    guint n_lines = 0;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        const SymbolsFiles files = {.vmlinux = path, .timeout_ms = 20 * 1000};
        g_autofree SymbolsAnswer *of_functions = NULL, *of_sources = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) texts = symbols_reports_apart(&files, reports, &error);
        int fd = g_open(path, O_RDONLY | O_CLOEXEC, 0);
        g_autofree char *signature = symbols_signature(fd, NULL);

        g_close(fd, NULL);
        g_test_message("%s: %s", name, texts ? texts[0] : error->message);
        g_assert_true((texts != NULL) == (error == NULL));
        n_lines += texts && strstr(texts[0], ".c:");
        if (g_str_has_prefix(name, "seed-")) {
            g_assert_nonnull(signature);
            g_assert_true(texts && strstr(texts[0], ".c:"));
        }
        symbols_facts_apart(&files, functions, NULL, &of_functions, &of_sources, NULL);
    }
    g_assert_cmpuint(n_lines, >=, 4);
}

/* A program whose main() is not made for it does not run itself again and again. */
static void test_nested(Scratch *scratch, gconstpointer data)
{
    const char *const reports[] = {"", NULL};
    const SymbolsFiles files = {.vmlinux = "/nowhere"};
    g_autoptr(GError) error = NULL;

    g_setenv("FIRSTBAD_SYMBOLS_APART", "1", TRUE);
    g_assert_null(symbols_reports_apart(&files, reports, &error));
    g_unsetenv("FIRSTBAD_SYMBOLS_APART");
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

int main(int argc, char **argv)
{
    if (argc > 1 && g_str_equal(argv[1], SYMBOLS_SERVE)) {
        return symbols_serve(argc - 1, argv + 1);
    }
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add(name, Scratch, NULL, scratch_set_up, func, scratch_tear_down)
    ADD("/symbols/apart/reports", test_reports);
    ADD("/symbols/apart/facts", test_facts);
    ADD("/symbols/apart/failures", test_failures);
    g_test_add_func("/symbols/apart/corpus", test_corpus);
    ADD("/symbols/apart/nested", test_nested);
    return g_test_run();
}
