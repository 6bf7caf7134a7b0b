/* SPDX-License-Identifier: Apache-2.0
 * Small kernels of the host's compiler, of which one edit moved all the rest: what differs is what
 * was edited, and nothing else.
 */
#include "symbols/symbols.h"

#include <string.h>

#include "scratch.h"

/* As a kernel is linked: at a high address, with absolute ones in its code and its data. */
#define COMPILE                                                                                    \
    "cc -w -g -O2 -fno-pic -no-pie -mcmodel=kernel -mno-red-zone -fcf-protection=none "            \
    "-fno-stack-protector -ffreestanding -nostdlib -static -Wl,-Ttext=0xffffffff81000000 "         \
    "-Wl,--build-id=none -o %s %s/*.c"

/* @files: name, text, name, text, ... FALSE where no compiler does this, and the test is skipped.
 */
static gboolean compile(const Scratch *scratch, const char *program, const char *const *files)
{
    g_autofree char *folder = g_strconcat(program, ".src", NULL);
    g_autofree char *made = scratch_sh(scratch, "rm -rf %s && mkdir %s", folder, folder);
    g_autofree char *said = NULL;

    for (; *files; files += 2) {
        g_autofree char *name = g_build_filename(folder, files[0], NULL);
        g_autofree char *path = scratch_path(scratch, name);

        g_assert_true(g_file_set_contents(path, files[1], -1, NULL));
    }
    said = scratch_sh(scratch, COMPILE " >log 2>&1 && echo yes || echo no", program, folder);
    if (!g_str_equal(said, "yes")) {
        g_test_skip("no C compiler that links like a kernel");
        return FALSE;
    }
    return TRUE;
}

static SymbolsChange *compare(const Scratch *scratch)
{
    g_autofree char *old = scratch_path(scratch, "old"), *new = scratch_path(scratch, "new");
    g_autoptr(Symbols) before = symbols_open(old, NULL, NULL),
                       after = symbols_open(new, NULL, NULL);

    g_assert_true(before && after);
    return symbols_compare(before, after);
}

static void check_names(char **names, const char *wanted)
{
    g_autofree char *all = g_strjoinv(" ", names);

    g_assert_cmpstr(all, ==, wanted);
}

/* --- One edit -------------------------------------------------------------------------------- */

#define HEAD                                                                                       \
    "#define F __attribute__((noinline, used)) int\n"                                              \
    "typedef int (*Call)(int);\n"                                                                  \
    "extern volatile int sink;\n"                                                                  \
    "int say(const char *, int);\n"

/* The unit in front, which moves the other. */
#define FRONT                                                                                      \
    "F front(int x) { static volatile int key; key += x; return say(\"front\", x) + key; }\n"
#define REST                                                                                       \
    "volatile int sink = 1;\n"                                                                     \
    "F say(const char *text, int x) { return sink += *(volatile const char *)text + x; }\n"        \
    "static F one(int x) { static volatile int key; key += x; return say(\"one\", x) * key; }\n"   \
    "F two(int x) { return say(\"\", x) + one(x + 1) + sink; }\n"                                  \
    "Call calls[] = {two, one};\n"                                                                 \
    "const char *const names[] = {\"uno\", \"due\"};\n"                                            \
    "F three(int x) { return calls[x & 1](x) + say(names[x & 1], x); }\n"                          \
    "void _start(void) { sink = three(sink) + two(sink); }\n"

typedef struct Edit {
    const char *front, *rest; /* after it */
    const char *functions, *variables;
} Edit;

static void check_edit(const Scratch *scratch, const Edit *edit)
{
    const char *const before[] = {"a.c", HEAD FRONT, "b.c", HEAD REST, NULL};
    g_autofree char *front = g_strconcat(HEAD, edit->front, NULL);
    g_autofree char *rest = g_strconcat(HEAD, edit->rest, NULL);
    const char *const after[] = {"a.c", front, "b.c", rest, NULL};
    g_autoptr(SymbolsChange) change = NULL;

    if (!compile(scratch, "old", before) || !compile(scratch, "new", after)) {
        return;
    }
    change = compare(scratch);
    check_names(change->functions, edit->functions);
    check_names(change->variables, edit->variables);
}

#define NEW_FUNCTION                                                                               \
    "F added(int x) { static volatile int key; key = x; return say(\"a new one\", x) - key; }\n"

static void test_same(Scratch *scratch, gconstpointer data)
{
    check_edit(scratch, &(Edit){FRONT, REST, "", ""});
    check_edit(scratch, &(Edit){"/* a\n * comment\n */\n" FRONT, REST, "", ""});
}

/* All behind it moves, its strings too, and the other static variables get other numbers. */
static void test_added(Scratch *scratch, gconstpointer data)
{
    check_edit(scratch, &(Edit){NEW_FUNCTION FRONT, REST, "added", "key"});
    check_edit(scratch, &(Edit){"", REST, "front", "key"});
}

static void test_changed(Scratch *scratch, gconstpointer data)
{
    check_edit(scratch,
               &(Edit){"F front(int x) { static volatile int key; key += x; sink += x; sink -= key;"
                       " return say(\"front\", x) + key; }\n",
                       REST, "front", ""});
    check_edit(scratch, &(Edit){FRONT "volatile int more[3] = {1, 2, 3};\n", REST, "", "more"});
}

/* Strings move, too; another one is a change, unless it has the very place of the old one. */
static void test_string(Scratch *scratch, gconstpointer data)
{
    check_edit(scratch, &(Edit){"F first(int x) { return say(\"moves all that is said\", x); }\n"
                                "F front(int x) { static volatile int key; key += x;"
                                " return say(\"in front of all\", x) + key; }\n",
                                REST, "front first", ""});
}

/* A variant of the compiler's is called as in the source, and once. */
static void test_variant(Scratch *scratch, gconstpointer data)
{
    static const char front[] = FRONT "F whole(int x) __asm__(\"whole.isra.0\");\n"
                                      "F whole(int x) { return say(\"w\", x); }\n"
                                      "F rare(int x) __asm__(\"whole.cold\");\n"
                                      "F rare(int x) { return say(\"r\", x); }\n";

    check_edit(scratch, &(Edit){front, REST, "whole", ""});
}

/* --- Any edits ------------------------------------------------------------------------------- */

#define N_FUNCTIONS 60
#define N_UNITS     3

/* A kernel of functions, each of which calls some others and has strings and variables; the numbers
 * of @bodies say what it does. A body of 0: it is not there. */
static void write_unit(GString *text, guint unit, const guint *bodies)
{
    g_string_append(text, HEAD "#ifdef __clang__\n#define NOIPA\n#else\n"
                               "#define NOIPA __attribute__((noipa))\n#endif\n");
    for (guint i = 0; i < N_FUNCTIONS; i++) {
        if (bodies[i]) {
            g_string_append_printf(text, "F f%u(int);\n", i);
        }
    }
    for (guint i = unit; i < N_FUNCTIONS; i += N_UNITS) {
        guint body = bodies[i];

        if (!body) {
            continue;
        }
        g_string_append_printf(text, "NOIPA F f%u(int x) { static volatile int key = 1; key++;\n",
                               i);
        for (guint k = 0; k < body % 7; k++) {
            g_string_append_printf(text, "x += say(\"%.*s\", %u) * sink;\n", (int)(body % 5 + k),
                                   "abcdefghijkl" + body % 3, body % 1000 + k);
        }
        /* Only those that stay are called. */
        g_string_append_printf(text, "return f%u(x) - key; }\n", body % (N_FUNCTIONS / 2));
    }
    if (unit == 0) {
        g_string_append(text, "volatile int sink = 1;\n"
                              "F say(const char *s, int x) { return sink += *s + x; }\n"
                              "void _start(void) { sink = f0(sink); }\n");
    }
}

static gboolean compile_bodies(const Scratch *scratch, const char *program, const guint *bodies)
{
    const char *const names[N_UNITS] = {"a.c", "b.c", "c.c"};
    const char *files[2 * N_UNITS + 1] = {NULL};
    GString *units[N_UNITS];
    gboolean works;

    for (guint i = 0; i < N_UNITS; i++) {
        units[i] = g_string_new(NULL);
        write_unit(units[i], i, bodies);
        files[2 * i] = names[i];
        files[2 * i + 1] = units[i]->str;
    }
    works = compile(scratch, program, files);
    for (guint i = 0; i < N_UNITS; i++) {
        g_string_free(units[i], TRUE);
    }
    return works;
}

static void test_random(Scratch *scratch, gconstpointer data)
{
    for (guint seed = 0; seed < 8; seed++) {
        g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
        g_autoptr(GHashTable) edited = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(SymbolsChange) change = NULL;
        guint before[N_FUNCTIONS], after[N_FUNCTIONS];

        for (guint i = 0; i < N_FUNCTIONS; i++) {
            before[i] = (guint)g_rand_int_range(dice, 1, 1 << 30);
            after[i] = before[i];
            if (g_rand_int_range(dice, 0, 10) == 0) {
                after[i] = i < N_FUNCTIONS / 2 || g_rand_boolean(dice)
                               ? (guint)g_rand_int_range(dice, 1, 1 << 30)
                               : 0;
                g_hash_table_add(edited, g_strdup_printf("f%u", i));
            }
        }
        if (!compile_bodies(scratch, "old", before) || !compile_bodies(scratch, "new", after)) {
            return;
        }
        change = compare(scratch);
        for (char **name = change->functions; *name; name++) {
            g_test_message("seed %u: %s", seed, *name);
            g_assert_true(g_hash_table_remove(edited, *name));
        }
        g_assert_cmpuint(g_hash_table_size(edited), ==, 0);
    }
}

/* --- Apart ----------------------------------------------------------------------------------- */

static void test_apart(Scratch *scratch, gconstpointer data)
{
    const char *const before[] = {"a.c", HEAD FRONT, "b.c", HEAD REST, NULL};
    const char *const after[] = {"a.c", HEAD NEW_FUNCTION FRONT, "b.c", HEAD REST, NULL};
    g_autofree char *old = scratch_path(scratch, "old"), *new = scratch_path(scratch, "new");
    g_autofree char *text = scratch_path(scratch, "text");
    const SymbolsFiles files = {.vmlinux = new}, broken = {.vmlinux = text};
    g_autoptr(SymbolsChange) change = NULL;
    g_autoptr(GError) error = NULL, of_old = NULL, of_new = NULL;

    if (!compile(scratch, "old", before) || !compile(scratch, "new", after)) {
        return;
    }
    change = symbols_compare_apart(&files, old, &error);
    g_assert_no_error(error);
    check_names(change->functions, "added");
    check_names(change->variables, "key");
    g_assert_true(g_file_set_contents(text, "no ELF\n", -1, NULL));
    g_assert_null(symbols_compare_apart(&files, text, &of_old));
    g_assert_nonnull(strstr(of_old->message, "not an ELF file"));
    g_assert_null(symbols_compare_apart(&broken, old, &of_new));
    g_assert_nonnull(strstr(of_new->message, "not an ELF file"));
}

int main(int argc, char **argv)
{
    if (argc > 1 && g_str_equal(argv[1], SYMBOLS_SERVE)) {
        return symbols_serve(argc - 1, argv + 1);
    }
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add(name, Scratch, NULL, scratch_set_up, func, scratch_tear_down)
    ADD("/symbols/compare/same", test_same);
    ADD("/symbols/compare/added", test_added);
    ADD("/symbols/compare/changed", test_changed);
    ADD("/symbols/compare/string", test_string);
    ADD("/symbols/compare/variant", test_variant);
    ADD("/symbols/compare/random", test_random);
    ADD("/symbols/compare/apart", test_apart);
    return g_test_run();
}
