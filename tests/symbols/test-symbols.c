/* SPDX-License-Identifier: Apache-2.0
 * Signatures and inline chains of programs that the host's compilers make.
 */
#include "symbols/symbols.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

#include "scratch.h"

static void put(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);

    g_mkdir_with_parents(parent, 0700);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* Run @command in @folder and return its output, or NULL when it is not there or fails. */
static char *run(const char *folder, const char *command)
{
    const char *argv[] = {"/bin/sh", "-c", command, NULL};
    char *output = NULL;
    int status;

    if (!g_spawn_sync(folder, (char **)argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output,
                      NULL, &status, NULL) ||
        !g_spawn_check_wait_status(status, NULL)) {
        g_clear_pointer(&output, g_free);
    }
    return output;
}

static gboolean has_compiler(void)
{
    g_autofree char *version = run("/", "cc --version");

    return version != NULL;
}

static char *signature_at(const char *path, GError **error)
{
    int fd = g_open(path, O_RDONLY | O_CLOEXEC, 0);
    char *signature = symbols_signature(fd, error);

    g_close(fd, NULL);
    return signature;
}

/* NULL without a compiler, or without a static C library. */
static char *signature_of(const char *folder, const char *source, const char *flags)
{
    g_autofree char *program = g_build_filename(folder, "program", NULL);
    g_autofree char *command = g_strdup_printf(
        "cc %s '-ffile-prefix-map=%s=.' -o program '%s/sub/program.c'", flags, folder, folder);
    g_autofree char *output = NULL;
    g_autoptr(GError) error = NULL;
    char *signature;

    put(folder, "sub/program.c", source);
    output = run(folder, command);
    if (!output) {
        g_assert_true(strstr(flags, "-static") || !has_compiler());
        return NULL;
    }
    signature = signature_at(program, &error);
    g_assert_no_error(error);
    return signature;
}

static void test_signature(Scratch *scratch, gconstpointer data)
{
    static const char plain[] = "int main(void) { return 42; }\n";
    static const char commented[] = "int main(void) { /* a comment */ return 42; }\n";
    static const char changed[] = "int main(void) { return 43; }\n";
    static const char *const flags[] = {"-O0", "-O2", "-O2 -g", "-O1 -g -no-pie", "-O2 -static"};
    g_autofree char *elsewhere = g_build_filename(scratch->dir, "elsewhere", NULL);
    guint n_compared = 0;

    g_mkdir_with_parents(elsewhere, 0700);
    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
        g_autofree char *one = signature_of(scratch->dir, plain, flags[i]);
        g_autofree char *two = signature_of(scratch->dir, commented, flags[i]);
        g_autofree char *three = signature_of(scratch->dir, changed, flags[i]);
        g_autofree char *moved = signature_of(elsewhere, plain, flags[i]);

        if (!one) {
            continue;
        }
        g_assert_cmpuint(strlen(one), ==, 64);
        g_assert_cmpstr(one, ==, two);
        g_assert_cmpstr(one, ==, moved);
        g_assert_cmpstr(one, !=, three);
        n_compared++;
    }
    if (n_compared == 0) {
        g_test_skip("no C compiler");
    }
}

static void test_not_elf(Scratch *scratch, gconstpointer data)
{
    g_autofree char *text = g_build_filename(scratch->dir, "text", NULL);
    g_autofree char *empty = g_build_filename(scratch->dir, "empty", NULL);
    const char *const files[] = {text, empty, scratch->dir};

    put(scratch->dir, "text", "no ELF, but long enough to be looked at\n");
    put(scratch->dir, "empty", "");
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GError) error = NULL, other = NULL;

        g_assert_null(signature_at(files[i], &error));
        g_assert_nonnull(error);
        g_assert_null(symbols_open(files[i], NULL, &other));
        g_assert_nonnull(other);
    }
    g_assert_null(symbols_open("/nonexistent/vmlinux", NULL, NULL));
}

/* A download or a full disk cut it: any answer, but no crash. */
static void test_cut(Scratch *scratch, gconstpointer data)
{
    g_autofree char *whole = signature_of(scratch->dir, "int main(void) { return 1; }\n", "-g");
    g_autofree char *path = g_build_filename(scratch->dir, "program", NULL);
    g_autofree char *bytes = NULL;
    gsize n;

    if (!whole) {
        g_test_skip("no C compiler");
        return;
    }
    g_assert_true(g_file_get_contents(path, &bytes, &n, NULL));
    for (gsize cut = 0; cut < n; cut += 1 + n / 100) {
        g_autofree char *part = g_build_filename(scratch->dir, "part", NULL);
        g_autoptr(Symbols) symbols = NULL;
        g_autofree char *signature = NULL;

        g_assert_true(g_file_set_contents(part, bytes, cut, NULL));
        signature = signature_at(part, NULL);
        symbols = symbols_open(part, NULL, NULL);
        if (symbols) {
            g_autofree char *report = symbols_report(symbols, " main+0x1/0x2\n");

            g_assert_nonnull(report);
        }
    }
}

/* Prints where in outer() the call of here() returns to. */
static const char chain_c[] = "#include <stdio.h>\n"
                              "#include \"chain.h\"\n"
                              "volatile int sink;\n"
                              "int outer(int x);\n"
                              "__attribute__((noinline)) void here(void)\n"
                              "{\n"
                              "    printf(\"%lx\", (long)((char *)__builtin_return_address(0) - "
                              "(char *)outer));\n"
                              "}\n"
                              "INLINE void middle(int x)\n"
                              "{\n"
                              "    inner(x + 1);\n" /* line 11 */
                              "}\n"
                              "__attribute__((noinline)) int outer(int x)\n"
                              "{\n"
                              "    sink = 1;\n"
                              "    middle(x);\n" /* line 16 */
                              "    return sink;\n"
                              "}\n"
                              "int main(void)\n"
                              "{\n"
                              "    return outer(1) == 99;\n"
                              "}\n";
static const char chain_h[] = "#define INLINE static inline __attribute__((always_inline))\n"
                              "extern volatile int sink;\n"
                              "void here(void);\n"
                              "INLINE void inner(int x)\n"
                              "{\n"
                              "    sink = x;\n"
                              "    here();\n" /* line 7 */
                              "    sink = x + 1;\n"
                              "}\n";

/* Returns FALSE when there is no such compiler. */
static gboolean check_chain(const char *folder, const char *compile)
{
    g_autofree char *command = g_strdup_printf("%s && %s/chain", compile, folder);
    g_autofree char *source = g_build_filename(folder, "src", NULL);
    g_autofree char *program = g_build_filename(folder, "chain", NULL);
    g_autofree char *offset = run(folder, command);
    const char *const source_dirs[] = {"/nowhere", source, NULL};
    g_autofree char *report = NULL, *wanted = NULL, *got = NULL;
    g_autoptr(Symbols) symbols = NULL;
    g_autoptr(GError) error = NULL;

    if (!offset) {
        return FALSE;
    }
    symbols = symbols_open(program, source_dirs, &error);
    g_assert_no_error(error);
    report = g_strdup_printf("Call Trace:\n outer+0x%s/0x7f\n nowhere+0x1/0x2\n", offset);
    wanted = g_strdup_printf("Call Trace:\n inner include/chain.h:7 [inline]\n"
                             " middle chain.c:11 [inline]\n outer+0x%s/0x7f chain.c:16\n"
                             " nowhere+0x1/0x2\n",
                             offset);
    got = symbols_report(symbols, report);
    g_assert_cmpstr(got, ==, wanted);
    return TRUE;
}

static void test_chain(Scratch *scratch, gconstpointer data)
{
#define APART(compiler)                                                                            \
    "mkdir -p obj && cd obj && " compiler " -O2 -I../src/include -o ../chain ../src/./chain.c"
    static const char *const compilers[] = {
        APART("gcc -g -gdwarf-4"),
        APART("gcc -g -gdwarf-5"),
        APART("gcc -g -gz -no-pie"),
        APART("gcc -g -ffunction-sections"),
        APART("clang -g -gdwarf-4"), /* without .debug_aranges */
        APART("clang -g -gdwarf-5"),
        /* as Debian does: compiled in the folder "." */
        "cd src && gcc -g -O2 -fdebug-prefix-map=$PWD=. -Iinclude -o ../chain chain.c",
    };
    guint n_checked = 0;

    put(scratch->dir, "src/chain.c", chain_c);
    put(scratch->dir, "src/include/chain.h", chain_h);
    for (gsize i = 0; i < G_N_ELEMENTS(compilers); i++) {
        if (check_chain(scratch->dir, compilers[i])) {
            n_checked++;
        } else {
            g_test_message("skipped: %s", compilers[i]);
        }
    }
    if (n_checked == 0) {
        g_assert_false(has_compiler());
        g_test_skip("neither gcc nor clang");
    }
}

static void test_no_debug_info(Scratch *scratch, gconstpointer data)
{
    g_autofree char *signature = signature_of(scratch->dir, "int main(void) { return 1; }\n", "-s");
    g_autofree char *program = g_build_filename(scratch->dir, "program", NULL);
    g_autofree char *report = NULL;
    g_autoptr(Symbols) symbols = NULL;
    g_autoptr(GError) error = NULL;

    if (!signature) {
        g_test_skip("no C compiler");
        return;
    }
    symbols = symbols_open(program, NULL, &error);
    g_assert_no_error(error);
    report = symbols_report(symbols, " main+0x1/0x2\n");
    g_assert_cmpstr(report, ==, " main+0x1/0x2\n");
}

/* A function "same" of @n_bytes, which it says is shorter, and behind it the function @next. */
static char *assembler(const char *next, guint n_bytes)
{
    GString *text = g_string_new(".text\n.type same,@function\nsame:\n");

    for (guint i = 0; i < n_bytes; i++) {
        g_string_append(text, "nop\n");
    }
    g_string_append_printf(text,
                           ".size same,1\n.globl %s\n.type %s,@function\n%s: nop\n.size %s,1\n",
                           next, next, next, next);
    return g_string_free(text, FALSE);
}

/* Two functions of one name: the printed size, up to the next symbol, tells which. */
static void test_same_name(Scratch *scratch, gconstpointer data)
{
    g_autofree char *source_a = assembler("a", 3), *source_b = assembler("b", 5);
    g_autofree char *output = NULL, *got = NULL;
    g_autofree char *program = g_build_filename(scratch->dir, "program", NULL);
    const char *const source_dirs[] = {scratch->dir, NULL};
    g_autoptr(Symbols) symbols = NULL;

    put(scratch->dir, "a.s", source_a);
    put(scratch->dir, "b.s", source_b);
    put(scratch->dir, "main.c", "int main(void) { return 0; }\n");
    output = run(scratch->dir, "cc -g -o program main.c a.s b.s");
    if (!output) {
        g_test_skip("no C compiler, or none for this assembler");
        return;
    }
    symbols = symbols_open(program, source_dirs, NULL);
    got = symbols_report(symbols, " same+0x2/0x3\n same+0x2/0x5\n same+0x3/0x77\n");
    g_assert_cmpstr(got, ==, " same+0x2/0x3 a.s:5\n same+0x2/0x5 b.s:5\n same+0x3/0x77 b.s:6\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add(name, Scratch, NULL, scratch_set_up, func, scratch_tear_down)
    ADD("/symbols/signature", test_signature);
    ADD("/symbols/not-elf", test_not_elf);
    ADD("/symbols/cut", test_cut);
    ADD("/symbols/chain", test_chain);
    ADD("/symbols/no-debug-info", test_no_debug_info);
    ADD("/symbols/same-name", test_same_name);
    return g_test_run();
}
