/* SPDX-License-Identifier: Apache-2.0
 * Programs and modules of the compilers that are installed, in the kinds of debug information that
 * kernels have, against addr2line; and what a program says it was made of.
 */
#include "symbols/symbols.h"

#include <string.h>

#include "scratch.h"

static const char inner_h[] = "extern volatile int sink;\n"
                              "int far_away(int x);\n"
                              "static inline __attribute__((always_inline)) int inner(int x)\n"
                              "{\n"
                              "    for (int i = 0; i < x; i++)\n"
                              "        sink += far_away(i);\n"
                              "    return sink;\n"
                              "}\n";
static const char part_c[] = "static inline __attribute__((always_inline)) int middle(int x)\n"
                             "{\n"
                             "    if (x > 3) {\n"
                             "        int y = inner(x) + inner(x + 1);\n"
                             "        return y * sink;\n"
                             "    }\n"
                             "    return inner(x - 1);\n"
                             "}\n";
static const char outer_c[] =
    "#include \"inner.h\"\n"
    "#include \"part.c\"\n"
    "volatile int sink;\n"
    "__attribute__((noinline)) int far_away(int x) { return x + sink; }\n"
    "static __attribute__((noinline, cold)) int rare(int x) { return inner(x); }\n"
    "__attribute__((noinline)) int outer(int x)\n"
    "{\n"
    "    return middle(x) + (x == 99 ? rare(x) : middle(x + 2));\n"
    "}\n";
static const char main_c[] = "int outer(int x);\n"
                             "int main(int argc, char **argv) { return outer(argc); }\n";

static void put(const Scratch *scratch, const char *name, const char *text)
{
    g_autofree char *path = scratch_path(scratch, name);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void put_sources(const Scratch *scratch)
{
    put(scratch, "inner.h", inner_h);
    put(scratch, "part.c", part_c);
    put(scratch, "outer.c", outer_c);
    put(scratch, "main.c", main_c);
}

/* Does the shell @command succeed in the scratch folder? */
static gboolean works(const Scratch *scratch, const char *command)
{
    g_autofree char *answer =
        scratch_sh(scratch, "{ %s; } >log 2>&1 && echo yes || echo no", command);

    return g_str_equal(answer, "yes");
}

/* All addresses in outer(), as a report and as it should come out: by nm and addr2line. awk puts
 * their answers, a pair of lines for each call, between the address lines, into our form. "plain"
 * is the same code with DWARF 4: addr2line 2.40 loses calls in DWARF 5 of clang. */
#define WANTED                                                                                     \
    "set -- $(nm -S program | awk '$4 == \"outer\" { print $1, $2 }'); size=$((0x$2))\n"           \
    "for i in $(seq 1 $size); do printf '0x%%x\\n' $((0x$1 + i - 1)); done |\n"                    \
    "addr2line -afi -e plain | sed \"s,$PWD/,,; s,^\\\\./,,; s/ (discriminator.*//; s/:?$/:-1/; "  \
    "s/:0$/:-1/\" |\n"                                                                             \
    "awk -v size=$size '\n"                                                                        \
    "function flush() { if (n) { for (k = 1; k < n; k++) print \" \" f[k], p[k], \"[inline]\";\n"  \
    "    printf \" outer+0x%%x/0x%%x %%s\\n\", ++off, size, p[n] } n = 0 }\n"                      \
    "/^0x/ { flush(); next } n_line++ %% 2 == 0 { f[++n] = $0; next } { p[n] = $0 }\n"             \
    "END { flush() }'"

static void check_against_addr2line(const Scratch *scratch)
{
    g_autofree char *program = scratch_path(scratch, "program");
    g_autofree char *wanted = scratch_sh(scratch, WANTED), *got = NULL;
    g_auto(GStrv) lines = g_strsplit(wanted, "\n", -1), got_lines = NULL;
    g_autoptr(GString) report = g_string_new(NULL);
    const char *const source_dirs[] = {scratch->dir, NULL};
    g_autoptr(Symbols) symbols = symbols_open(program, source_dirs, NULL);

    for (gsize i = 0; lines[i]; i++) {
        if (g_str_has_prefix(lines[i], " outer+")) {
            g_string_append_printf(report, "%s%.*s", report->len ? "\n" : "",
                                   (int)(strcspn(lines[i] + 1, " ") + 1), lines[i]);
        }
    }
    g_assert_nonnull(strstr(wanted, " inner inner.h:6 [inline]\n middle part.c:"));
    got = symbols_report(symbols, report->str);
    got_lines = g_strsplit(got, "\n", -1);
    for (gsize i = 0; lines[i] && got_lines[i]; i++) {
        g_assert_cmpstr(got_lines[i], ==, lines[i]);
    }
    g_assert_cmpstr(got, ==, wanted);
}

static void test_compilers(Scratch *scratch, gconstpointer data)
{
    static const char *const compilers[] = {"gcc",      "gcc-11",   "gcc-12",   "gcc-13",
                                            "gcc-14",   "clang",    "clang-13", "clang-14",
                                            "clang-15", "clang-16", "clang-19"};
    static const struct {
        const char *code, *debug;
    } kinds[] = {
        {"-O2", "-gdwarf-4"},
        {"-O2", "-gdwarf-5"},
        {"-O2", "-gdwarf-5 -gz=zlib"},
        {"-Os -ffunction-sections -no-pie", "-gdwarf-5"},
    };
    guint n_checked = 0;

    put_sources(scratch);
    if (!works(scratch, "addr2line --version && nm --version")) {
        g_test_skip("no binutils");
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(compilers); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
            g_autofree char *command = g_strdup_printf("%s %s -g %s -o program main.c outer.c",
                                                       compilers[i], kinds[k].code, kinds[k].debug);
            g_autofree char *plain = g_strdup_printf("%s %s -g -gdwarf-4 -o plain main.c outer.c",
                                                     compilers[i], kinds[k].code);

            if (works(scratch, command) && works(scratch, plain)) {
                g_test_message("%s", command);
                check_against_addr2line(scratch);
                n_checked++;
            } else {
                g_test_message("skipped, as it fails here: %s", command);
            }
        }
    }
    if (n_checked == 0) {
        g_test_skip("neither gcc nor clang");
    }
}

/* What we cannot read is not guessed at. */
static void test_unreadable(Scratch *scratch, gconstpointer data)
{
    static const char *const commands[] = {
        "cc -O2 -g -gsplit-dwarf -o program main.c outer.c",
        "cc -O2 -g0 -o program main.c outer.c",
        "cc -O2 -g -o program main.c outer.c && strip -g program",
        "cc -O2 -g -o program main.c outer.c && strip program",
        "cc -O2 -g -o program main.c outer.c && objcopy --remove-section=.debug_abbrev program",
        "cc -O2 -g -o program main.c outer.c && objcopy --remove-section=.debug_line program",
    };
    g_autofree char *program = scratch_path(scratch, "program");
    guint n_checked = 0;

    put_sources(scratch);
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autoptr(Symbols) symbols = NULL;
        g_autofree char *got = NULL;

        if (!works(scratch, commands[i])) {
            continue;
        }
        n_checked++;
        symbols = symbols_open(program, NULL, NULL);
        got = symbols_report(symbols, " outer+0x5/0x50\n main+0x1/0x9\n");
        g_assert_cmpstr(got, ==, " outer+0x5/0x50\n main+0x1/0x9\n");
    }
    if (n_checked == 0) {
        g_test_skip("no C compiler");
    }
}

/* elfutils of some day reads zstd; until then lines stay as they are. */
static void test_zstd(Scratch *scratch, gconstpointer data)
{
    g_autofree char *program = scratch_path(scratch, "program");
    g_autoptr(Symbols) symbols = NULL;
    g_autofree char *got = NULL;

    put_sources(scratch);
    if (!works(scratch, "cc -O2 -g -gz=zstd -o program main.c outer.c")) {
        g_test_skip("no compiler and assembler that know zstd");
        return;
    }
    symbols = symbols_open(program, NULL, NULL);
    got = symbols_report(symbols, " main+0x1/0x9\n");
    g_assert_true(g_str_equal(got, " main+0x1/0x9\n") || strstr(got, "main.c:2"));
}

/* What a line of the module @name becomes. */
static char *module_line(Symbols *symbols, const char *name, const char *build_id)
{
    g_autofree char *line = g_strdup_printf(" outer+0x5/0x50 [%s%s]", name, build_id);

    return symbols_report(symbols, line);
}

/* Relocatable files, in a folder of folders; of "two-parts" there is a stripped one besides. */
static void test_modules(Scratch *scratch, gconstpointer data)
{
    static const char make[] =
        "mkdir -p kernel/net debug; cc -O2 -g -o program main.c outer.c\n"
        "cc -c -O2 -g -ffunction-sections -o outer.o outer.c && cc -c -O2 -g -o main.o main.c\n"
        "ld -r --build-id=0x00112233445566778899aabbccddeeff00112233 -o kernel/net/two-parts.ko "
        "main.o outer.o\n"
        "objcopy --only-keep-debug kernel/net/two-parts.ko debug/two-parts.ko.debug\n"
        "cp kernel/net/two-parts.ko kernel/whole.ko; strip -g kernel/net/two-parts.ko";
    g_autofree char *program = scratch_path(scratch, "program");
    g_autofree char *kernel = scratch_path(scratch, "kernel");
    g_autofree char *debug = scratch_path(scratch, "debug");
    const char *const source_dirs[] = {scratch->dir, NULL};
    static const struct {
        const char *name, *build_id;
        gboolean is_found;
    } cases[] = {
        {"whole", "", TRUE},
        {"two_parts", "", TRUE},
        {"two-parts", "", TRUE},
        {"two_parts", " 00112233445566778899aabbccddeeff00112233", TRUE},
        {"two_parts", " ff112233445566778899aabbccddeeff00112233", FALSE},
        {"three_parts", "", FALSE},
        {"../whole", "", FALSE},
    };
    g_autoptr(Symbols) symbols = NULL;

    put_sources(scratch);
    if (!works(scratch, make)) {
        g_test_skip("no C compiler, or no binutils");
        return;
    }
    symbols = symbols_open(program, source_dirs, NULL);
    symbols_add_module_dir(symbols, "/nonexistent");
    symbols_add_module_dir(symbols, kernel);
    symbols_add_module_dir(symbols, debug);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *got = module_line(symbols, cases[i].name, cases[i].build_id);
        g_autofree char *tail = g_strdup_printf(" [%s]", cases[i].name);

        g_test_message("%s%s: %s", cases[i].name, cases[i].build_id, got);
        g_assert_cmpint(strstr(got, " outer+0x5/0x50 outer.c:") || strstr(got, "part.c:"), ==,
                        cases[i].is_found);
        g_assert_true(!cases[i].is_found || g_str_has_suffix(got, tail));
    }
}

static void test_facts(Scratch *scratch, gconstpointer data)
{
    static const struct {
        const char *function;
        SymbolsAnswer whole, stripped;
    } functions[] = {
        {"outer", SYMBOLS_YES, SYMBOLS_YES},      {"rare", SYMBOLS_YES, SYMBOLS_YES},
        {"middle", SYMBOLS_YES, SYMBOLS_UNKNOWN}, {"inner", SYMBOLS_YES, SYMBOLS_UNKNOWN},
        {"nowhere", SYMBOLS_NO, SYMBOLS_UNKNOWN}, {"", SYMBOLS_NO, SYMBOLS_UNKNOWN},
        {"sink", SYMBOLS_NO, SYMBOLS_UNKNOWN}, /* no function */
    };
    static const struct {
        const char *source;
        SymbolsAnswer whole;
    } sources[] = {
        {"outer.c", SYMBOLS_YES}, {"./outer.c", SYMBOLS_YES}, {"part.c", SYMBOLS_YES},
        {"inner.h", SYMBOLS_YES}, {"other.c", SYMBOLS_NO},    {"net/outer.c", SYMBOLS_NO},
        {"", SYMBOLS_NO},
    };
    g_autofree char *program = scratch_path(scratch, "program");
    g_autofree char *stripped = scratch_path(scratch, "stripped");
    const char *const source_dirs[] = {scratch->dir, NULL};
    g_autoptr(Symbols) with = NULL, without = NULL;

    put_sources(scratch);
    if (!works(scratch, "cc -O2 -g -o program main.c outer.c && strip -g -o stripped program")) {
        g_test_skip("no C compiler, or no binutils");
        return;
    }
    with = symbols_open(program, source_dirs, NULL);
    without = symbols_open(stripped, source_dirs, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(functions); i++) {
        g_test_message("%s", functions[i].function);
        g_assert_cmpint(symbols_has_function(with, functions[i].function), ==, functions[i].whole);
        g_assert_cmpint(symbols_has_function(without, functions[i].function), ==,
                        functions[i].stripped);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_test_message("%s", sources[i].source);
        g_assert_cmpint(symbols_has_source(with, sources[i].source), ==, sources[i].whole);
        g_assert_cmpint(symbols_has_source(without, sources[i].source), ==, SYMBOLS_UNKNOWN);
    }
}

/* Names that the compiler makes, aliases, labels and marks: what is a function, and how it ends. */
static void test_names(Scratch *scratch, gconstpointer data)
{
    static const char source[] =
        ".text\n.macro function name, n\n.type \\name, @function\n\\name: .rept \\n\nnop\n.endr\n"
        ".size \\name, \\n\n.endm\n"
        "function one.isra.0, 16\nfunction one.isra.1, 32\nfunction two.cold, 16\n"
        "function three.constprop.0.isra.0, 16\n"
        ".weak weak\n.type weak, @function\n.size weak, 16\n"
        "__strong = strong\n.type __strong, @function\n.size __strong, 16\n"
        "weak: function strong, 16\n"
        "function labelled, 8\ninner_label: nop\n$x: nop\n.globl last\n"
        "function last, 8\n";
    static const char *const present[] = {"one", "two", "three", "strong", "weak", "one.isra.1"};
    static const char *const absent[] = {"one.isra.2", "inner_label", "$x", "isra", "on"};
    g_autofree char *program = scratch_path(scratch, "program");
    const char *const source_dirs[] = {scratch->dir, NULL};
    g_autofree char *address = NULL, *report = NULL, *got = NULL;
    g_autoptr(Symbols) symbols = NULL;

    put(scratch, "names.s", source);
    if (!works(scratch,
               "cc -nostdlib -static -Wl,-Ttext=0x81000000,-e,last -g -o program names.s")) {
        g_test_skip("no C compiler, or none for this assembler");
        return;
    }
    symbols = symbols_open(program, source_dirs, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(present); i++) {
        g_assert_cmpint(symbols_has_function(symbols, present[i]), ==, SYMBOLS_YES);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(absent); i++) {
        g_assert_cmpint(symbols_has_function(symbols, absent[i]), !=, SYMBOLS_YES);
    }
    /* By an address alone: not the weak name, not the one with underscores. Moved by 0x1000. */
    address = scratch_sh(scratch, "nm program | awk '$3 == \"strong\" { print $1 }'");
    report = g_strdup_printf("RIP: 0010:0x%" G_GINT64_MODIFIER "x\n"
                             "Kernel Offset: 0x1000 from 0x81000000\n",
                             g_ascii_strtoull(address, NULL, 16) + 0x1002);
    got = symbols_report(symbols, report);
    g_assert_nonnull(strstr(got, "] strong+0x2/0x10"));
    g_clear_pointer(&got, g_free);
    /* One of two by its size; a size up to a label, and one up to the next function. */
    got = symbols_report(symbols, " one.isra.1+0x2/0x20\n labelled+0x2/0x8\n labelled+0x2/0xa\n");
    g_assert_cmpstr(got, ==,
                    " one.isra.1+0x2/0x20 names.s:10\n labelled+0x2/0x8 names.s:20\n"
                    " labelled+0x2/0xa names.s:20\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add(name, Scratch, NULL, scratch_set_up, func, scratch_tear_down)
    ADD("/symbols/programs/compilers", test_compilers);
    ADD("/symbols/programs/unreadable", test_unreadable);
    ADD("/symbols/programs/zstd", test_zstd);
    ADD("/symbols/programs/modules", test_modules);
    ADD("/symbols/programs/facts", test_facts);
    ADD("/symbols/programs/names", test_names);
    return g_test_run();
}
