/* SPDX-License-Identifier: Apache-2.0
 * A kernel without debug information: its functions are known by the objects that it was linked of,
 * and get lines by objects that were compiled once more.
 */
#include "symbols/internal.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

#include "scratch.h"

/* A tree with two static functions of one name and size, and three of another; a build folder in it
 * with what kbuild leaves; and objects of something else. $CC, $FLAGS. */
static const char tree[] =
    "mkdir -p tree/net/one tree/net/two tree/lib tree/init tree/boot\n"
    "cd tree\n"
    "cat >net/help.h <<'EOF'\n"
    "static inline __attribute__((always_inline)) int help(int x)\n"
    "{\n"
    "    return x * *(volatile int *)&x;\n"
    "}\n"
    "EOF\n"
    "for side in one two; do\n"
    "cat >net/$side/core.c <<EOF\n"
    "#include \"../help.h\"\n"
    "int shared(int);\n"
    "static __attribute__((noinline, noclone)) int probe(int x)\n"
    "{\n"
    "    return shared(x) + help(x);\n"
    "}\n"
    "static __attribute__((noinline, noclone)) int setup(int x)\n"
    "{\n"
    "    return shared(x + 1) - 7;\n"
    "}\n"
    "int $side(int x)\n"
    "{\n"
    "    return probe(x) + setup(x) + 2;\n"
    "}\n"
    "EOF\n"
    "done\n"
    "cat >lib/shared.c <<'EOF'\n"
    "int fast(void);\n"
    "__attribute__((cold, noreturn, noinline)) void die(int x) { for (;;) *(volatile int *)&x; }\n"
    "static __attribute__((noinline)) int sum(int *x, int unused)\n"
    "{\n"
    "    if (*x < 0)\n"
    "        die(*x);\n"
    "    return *x + fast();\n"
    "}\n"
    "int shared(int x)\n"
    "{\n"
    "    return sum(&x, 3) + 1;\n"
    "}\n"
    "EOF\n"
    "printf '.text\\n.globl fast\\n.type fast, @function\\nfast: mov $1, %%eax\\nret\\n"
    ".size fast, . - fast\\n' >lib/fast.S\n"
    "printf '__attribute__((weak)) int fast(void) { return 0; }\\nint main_(void) "
    "{ return 1; }\\n' >init/main.c\n"
    "cp net/one/core.c boot/core.c; cp net/help.h .\n"
    "mkdir -p build/net/one build/net/two build/lib build/init build/boot build/made\n"
    "cd build\n"
    "echo 'int made(void) { return 5; }' >made/made.c\n"
    "make_object() {\n"
    "    $CC $FLAGS -O2 -fno-pie -ffreestanding -c -o $1.o $2\n"
    "    printf 'cmd_%s.o := cc -c\\n\\nsource_%s.o := %s\\n\\ndeps_%s.o := ../x.h\\n' $1 $1 $2 $1 "
    ">${1%/*}/.${1##*/}.o.cmd\n"
    "}\n"
    "for name in net/one/core net/two/core lib/shared init/main boot/core; do\n"
    "    make_object $name ../$name.c\n"
    "done\n"
    "make_object lib/fast ../lib/fast.S\n"
    "make_object made/made made/made.c\n";

/* As kbuild has linked since 6.1, or before, or before there were thin archives. */
static const char link_6_1[] =
    "ar cDPrST vmlinux.a init/main.o net/one/core.o net/two/core.o made/made.o\n"
    "ar cDPrST lib/lib.a lib/shared.o lib/fast.o\n"
    "ld -e one -o vmlinux --whole-archive vmlinux.a lib/lib.a\n";
static const char link_5_10[] =
    "touch -d '1 hour ago' vmlinux.a; echo garbage >>vmlinux.a\n"
    "(cd net; ar cDPrST built-in.a one/core.o two/core.o); ar cDPrST init/built-in.a init/main.o\n"
    "(cd made; ar cDPrST built-in.a made.o); (cd lib; ar cDPrST lib.a shared.o fast.o)\n"
    "ld -e one -o vmlinux --whole-archive init/built-in.a net/built-in.a made/built-in.a "
    "lib/lib.a\n";
static const char link_4_4[] =
    "ld -r -o net/built-in.o net/one/core.o net/two/core.o\n"
    "ld -e one -o vmlinux init/main.o net/built-in.o made/made.o lib/shared.o lib/fast.o\n";

static gboolean build(const Scratch *scratch, const char *compiler, const char *flags,
                      const char *link)
{
    g_autofree char *there =
        scratch_sh(scratch, "command -v %s >/dev/null && echo yes || :", compiler);
    g_autofree char *script = g_strdup_printf("CC=%s FLAGS='%s'\n", compiler, flags);
    g_autofree char *all = g_strconcat(script, tree, link, NULL), *path = NULL, *output = NULL;

    if (!*there) {
        g_test_skip("no such compiler");
        return FALSE;
    }
    path = scratch_path(scratch, "make-tree");
    g_assert_true(g_file_set_contents(path, all, -1, NULL));
    output = scratch_sh(scratch, "rm -rf tree; sh -e make-tree");
    return TRUE;
}

static Symbols *open_kernel(const Scratch *scratch)
{
    g_autofree char *vmlinux = scratch_path(scratch, "tree/build/vmlinux");
    g_autofree char *top = scratch_path(scratch, "tree");
    const char *const dirs[] = {top, NULL};
    g_autoptr(GError) error = NULL;
    Symbols *symbols = symbols_open(vmlinux, dirs, &error);

    g_assert_no_error(error);
    return symbols;
}

static char *make_origins(const Scratch *scratch, const Symbols *symbols)
{
    g_autofree char *build_dir = scratch_path(scratch, "tree/build");

    return symbols_origins(symbols, build_dir);
}

/* Each function of the vmlinux, its object and its source, by name and then address. */
static char *describe(const Scratch *scratch, const char *text)
{
    Origins *origins = origins_parse(text);
    g_autofree char *listing = scratch_sh(
        scratch,
        "nm tree/build/vmlinux | grep -i ' [tw] [^_]' | sort -k3,3 -k1,1 | sed 's/ [tTwW] / /'");
    g_auto(GStrv) lines = g_strsplit(listing, "\n", -1);
    GString *all = g_string_new(NULL);

    for (char **line = lines; *line; line++) {
        const Origin *origin = origins_find(origins, g_ascii_strtoull(*line, NULL, 16));

        g_string_append_printf(all, "%s %s %s\n", strchr(*line, ' ') + 1,
                               origin ? origin->object : "?",
                               origin && origin->source ? origin->source : "-");
    }
    origins_free(origins);
    return g_string_free(all, FALSE);
}

/* What the compiler splits off counts with its function. */
static char *without_variants(const char *described)
{
    g_autoptr(GString) kept = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(described, "\n", -1);

    for (char **line = lines; *line && **line; line++) {
        gsize n = strcspn(*line, " ");

        if (!memchr(*line, '.', n)) {
            g_string_append_printf(kept, "%s\n", *line);
        } else if (g_str_has_prefix(*line, "sum.") || g_str_has_prefix(*line, "shared.")) {
            g_assert_nonnull(strstr(*line, " lib/shared.o lib/shared.c"));
        }
    }
    return g_string_free(g_steal_pointer(&kept), FALSE);
}

static const char *const compilers[] = {"gcc", "clang"};

static void test_origins(Scratch *scratch, gconstpointer data)
{
    static const char *const links[] = {link_6_1, link_5_10, link_4_4};
    static const char wanted[] = "die lib/shared.o lib/shared.c\n"
                                 "fast lib/fast.o lib/fast.S\n"
                                 "made made/made.o -\n"
                                 "main_ init/main.o init/main.c\n"
                                 "one net/one/core.o net/one/core.c\n"
                                 "probe net/one/core.o net/one/core.c\n"
                                 "probe net/two/core.o net/two/core.c\n"
                                 "setup net/one/core.o net/one/core.c\n"
                                 "setup net/two/core.o net/two/core.c\n"
                                 "shared lib/shared.o lib/shared.c\n"
                                 "two net/two/core.o net/two/core.c\n";

    for (gsize i = 0; i < G_N_ELEMENTS(compilers); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(links); k++) {
            g_autoptr(Symbols) symbols = NULL;
            g_autofree char *text = NULL, *described = NULL, *kept = NULL;
            g_autoptr(GString) named = NULL;

            if (!build(scratch, compilers[i], "", links[k])) {
                continue;
            }
            symbols = open_kernel(scratch);
            text = make_origins(scratch, symbols);
            described = describe(scratch, text);
            kept = without_variants(described);
            /* Only gcc keeps the name of what it has changed the parameters of. */
            named = g_string_new(kept);
            g_string_replace(named, "sum lib/shared.o lib/shared.c\n", "", 0);
            g_assert_cmpstr(named->str, ==, wanted);
        }
    }
}

/* A report with a line for every fourth byte of each of @functions, by name and then address. */
static char *report_of(const Scratch *scratch, const char *functions)
{
    return scratch_sh(scratch,
                      "nm -S tree/build/vmlinux | grep -E ' (%s)$' | sort -k4,4 -k1,1 |\n"
                      "while read address size type name; do\n"
                      "    at=0; while [ $at -lt $((0x$size)) ]; do\n"
                      "        printf 'RIP: 0010:%%s+0x%%x/0x%%x\\n' $name $at 0x$size\n"
                      "        at=$((at + 4))\n"
                      "    done\n"
                      "done",
                      functions);
}

static void make_objects(const Scratch *scratch, const char *compiler)
{
    g_autofree char *output = scratch_sh(
        scratch,
        "mkdir -p objects/net/one objects/net/two objects/lib; cd tree/build\n"
        "for name in net/one/core.c net/two/core.c lib/shared.c lib/fast.S; do\n"
        "    %s -g -O2 -fno-pie -ffreestanding -c -o ../../objects/${name%%.*}.o ../$name\n"
        "done\n",
        compiler);
}

static void test_lines(Scratch *scratch, gconstpointer data)
{
    g_autofree char *objects = scratch_path(scratch, "objects");

    for (gsize i = 0; i < G_N_ELEMENTS(compilers); i++) {
        g_autoptr(Symbols) symbols = NULL, plain = NULL;
        g_autofree char *origins = NULL, *report = NULL, *files = NULL, *lines = NULL;
        g_autofree char *wanted = NULL, *debug_report = NULL;

        if (!build(scratch, compilers[i], "", link_6_1)) {
            continue;
        }
        report = report_of(scratch, "die|fast|made|one|shared|two|setup|probe");
        symbols = open_kernel(scratch);
        /* It knows nothing. */
        files = symbols_report(symbols, report);
        g_assert_cmpstr(files, ==, report);
        g_clear_pointer(&files, g_free);
        /* It knows files, but of assembler and of what the build has made. */
        origins = make_origins(scratch, symbols);
        symbols_add_origins(symbols, origins);
        files = symbols_report(symbols, report);
        g_assert_nonnull(strstr(files, " net/two/core.c:0\n"));
        g_assert_null(strstr(files, "fast.S"));
        g_assert_null(strstr(files, "made.c"));
        g_assert_null(strstr(files, "[inline]"));
        /* It has the lines that a kernel with debug information has. */
        make_objects(scratch, compilers[i]);
        symbols_add_objects(symbols, objects);
        lines = symbols_report(symbols, report);
        g_assert_true(build(scratch, compilers[i], "-g", link_6_1));
        debug_report = report_of(scratch, "die|fast|made|one|shared|two|setup|probe");
        g_assert_cmpstr(debug_report, ==, report);
        plain = open_kernel(scratch);
        wanted = symbols_report(plain, report);
        g_autoptr(GString) all = g_string_new(wanted);
        g_autofree char *made = scratch_path(scratch, "tree/build/made/made.c");
        g_string_replace(all, " build/made/made.c:1", "", 0);
        g_assert_cmpstr(lines, ==, all->str);
        g_assert_nonnull(strstr(lines, "help net/help.h:3 [inline]\n"));
    }
}

/* Objects that do not fit, or are not there, cost their lines and nothing else. */
static void test_other_objects(Scratch *scratch, gconstpointer data)
{
    g_autofree char *objects = scratch_path(scratch, "objects"), *output = NULL;
    g_autofree char *origins = NULL, *report = NULL, *text = NULL;
    g_autoptr(Symbols) symbols = NULL;
    g_auto(GStrv) lines = NULL;

    if (!build(scratch, "cc", "", link_6_1)) {
        return;
    }
    report = report_of(scratch, "one|two|setup|shared|main_");
    symbols = open_kernel(scratch);
    origins = make_origins(scratch, symbols);
    /* Not the same constant; not the same size; no ELF; without debug information. */
    output = scratch_sh(scratch,
                        "mkdir -p objects/net/one objects/net/two objects/lib objects/init\n"
                        "cp tree/build/init/main.o objects/init/main.o\n"
                        "echo nothing >objects/lib/shared.o\n"
                        "sed -i 's/ + 2;/ + 3;/' tree/net/one/core.c\n"
                        "sed -i 's/ + 2;/ + x * 1000003 * x;/' tree/net/two/core.c\n"
                        "cd tree/build; for side in one two; do cc -g -O2 -fno-pie -ffreestanding "
                        "-c -o ../../objects/net/$side/core.o ../net/$side/core.c; done");
    symbols_add_origins(symbols, origins);
    symbols_add_objects(symbols, objects);
    text = symbols_report(symbols, report);
    g_assert_null(strstr(text, "init/main.c:1"));
    g_assert_null(strstr(text, "lib/shared.c:1"));
    g_assert_nonnull(strstr(text, " init/main.c:0\n"));
    g_assert_nonnull(strstr(text, " lib/shared.c:0\n"));
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        gboolean is_changed = strstr(*line, ":one+") || strstr(*line, ":two+");

        if (is_changed || strstr(*line, ":setup+")) {
            g_assert_cmpint(is_changed, ==, strstr(*line, "/core.c:0") != NULL);
        }
    }
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

static void test_apart(Scratch *scratch, gconstpointer data)
{
    g_autofree char *vmlinux = scratch_path(scratch, "tree/build/vmlinux");
    g_autofree char *build_dir = scratch_path(scratch, "tree/build");
    g_autofree char *file = scratch_path(scratch, "origins"), *objects_dir = NULL;
    g_autofree char *wanted = NULL, *origins = NULL, *report = NULL, *output = NULL;
    SymbolsFiles files = {.vmlinux = vmlinux};
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(Symbols) symbols = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) objects = NULL, texts = NULL, none = NULL;

    if (!build(scratch, "cc", "", link_6_1)) {
        return;
    }
    symbols = open_kernel(scratch);
    wanted = make_origins(scratch, symbols);
    symbols_origins_async(&files, build_dir, NULL, keep_result, &res);
    while (!res) {
        g_main_context_iteration(NULL, TRUE);
    }
    origins = symbols_origins_finish(res, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(origins, ==, wanted);
    g_assert_true(g_file_set_contents(file, origins, -1, NULL));
    report = report_of(scratch, "two|setup|fast|made");
    none = symbols_objects_apart(&files, report, &error);
    g_assert_no_error(error);
    g_assert_null(none[0]);
    files.origins = file;
    objects = symbols_objects_apart(&files, report, &error);
    g_assert_no_error(error);
    g_autofree char *list = g_strjoinv(" ", objects);
    g_assert_cmpstr(list, ==, "lib/fast.o made/made.o net/two/core.o");
    make_objects(scratch, "cc");
    objects_dir = scratch_path(scratch, "objects");
    files.objects_dir = objects_dir;
    texts = symbols_reports_apart(&files, (const char *const[]){report, NULL}, &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(texts[0], "net/two/core.c:13\n"));
}

/* A list that ends anywhere, or says anything, is read as far as it goes. */
static void test_archives(Scratch *scratch, gconstpointer data)
{
    g_autofree char *output = scratch_sh(
        scratch, "mkdir -p a; for name in one a/two a-name-that-is-longer-than-16-bytes; do "
                 "echo \"int $(basename $name | tr - _);\" >$name.c; cc -c -o $name.o $name.c; "
                 "done; ar cDPrST all.a one.o a/two.o a-name-that-is-longer-than-16-bytes.o; "
                 "ar cDPr fat.a one.o");
    g_autofree char *path = scratch_path(scratch, "all.a"), *bytes = NULL;
    g_autofree char *fat = scratch_path(scratch, "fat.a"), *fat_bytes = NULL;
    gsize n, n_fat;

    g_assert_true(g_file_get_contents(path, &bytes, &n, NULL));
    g_assert_true(g_file_get_contents(fat, &fat_bytes, &n_fat, NULL));
    for (gsize k = 0; k <= n; k++) {
        g_autofree char *cut = g_memdup2(bytes, k ? k : 1);
        g_autoptr(GPtrArray) members = archive_members(cut, k);

        g_assert_cmpuint(members->len, <=, 3);
        if (k == n) {
            g_assert_cmpuint(members->len, ==, 3);
            g_assert_cmpstr(members->pdata[1], ==, "a/two.o");
            g_assert_cmpstr(members->pdata[2], ==, "a-name-that-is-longer-than-16-bytes.o");
        }
    }
    g_autoptr(GPtrArray) none = archive_members(fat_bytes, n_fat);
    g_assert_cmpuint(none->len, ==, 0);
}

static void test_texts(void)
{
    static const struct {
        const char *text;
        guint64 address;
        const char *object;
    } cases[] = {
        {"", 5, NULL},
        {"\n", 5, NULL},
        {"a.o a.c\n\n10 0\n20 -\n30 0\n", 0xf, NULL},
        {"a.o a.c\n\n10 0\n20 -\n30 0\n", 0x1f, "a.o"},
        {"a.o a.c\n\n10 0\n20 -\n30 0\n", 0x20, NULL},
        {"a.o a.c\n\n10 0\n20 -\n30 0\n", G_MAXUINT64, "a.o"},
        {"a.o a.c\n\n20 -\n10 0", 0x15, "a.o"},
        {"a.o\n\n10 1\n", 0x15, NULL},
        {"a.o\n\n10 99999999999999999999\nx\n10", 0x15, NULL},
        {"a.o\n\nffffffffffffffff 0", 0x15, NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Origins *origins = origins_parse(cases[i].text);
        const Origin *origin = origins_find(origins, cases[i].address);

        g_assert_cmpstr(origin ? origin->object : NULL, ==, cases[i].object);
        origins_free(origins);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && g_str_equal(argv[1], SYMBOLS_SERVE)) {
        return symbols_serve(argc - 1, argv + 1);
    }
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add(name, Scratch, NULL, scratch_set_up, func, scratch_tear_down)
    ADD("/symbols/origins/functions", test_origins);
    ADD("/symbols/origins/lines", test_lines);
    ADD("/symbols/origins/other-objects", test_other_objects);
    ADD("/symbols/origins/apart", test_apart);
    ADD("/symbols/origins/archives", test_archives);
    g_test_add_func("/symbols/origins/texts", test_texts);
    return g_test_run();
}
