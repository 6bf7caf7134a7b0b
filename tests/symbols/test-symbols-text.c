/* SPDX-License-Identifier: Apache-2.0
 * How a report's lines are rewritten, with made-up symbols: our own cases, and those of
 * $FIRSTBAD_SHARED/data/units when they are there.
 */
#include "symbols/internal.h"

#include <jansson.h>
#include <string.h>

/* func: 0x1000 + ..., size 0x100; inlined things at 0x1050 */
static gboolean fake_symbol(gpointer data, const char *module, const char *build_id,
                            const char *name, guint64 size, guint64 *ret_address)
{
    if (!g_str_equal(name, "func.isra.0") && !g_str_equal(name, "func")) {
        return FALSE;
    }
    *ret_address = *module ? 0x2000 : 0x1000;
    return size == 0x100;
}

static void add_place(GPtrArray *places, const char *function, const char *file, int line)
{
    Place *place = g_new0(Place, 1);

    place->function = g_strdup(function);
    place->file = g_strdup(file);
    place->line = line;
    g_ptr_array_add(places, place);
}

static gboolean fake_name(gpointer data, guint64 address, const char **ret_name, guint64 *ret_start,
                          guint64 *ret_size)
{
    *ret_name = "func";
    *ret_start = 0xffff1000;
    *ret_size = 0x100;
    return address >= 0xffff1000 && address < 0xffff1100;
}

static GPtrArray *fake_places(gpointer data, const char *module, const char *build_id,
                              guint64 address)
{
    GPtrArray *places = g_ptr_array_new_with_free_func((GDestroyNotify)place_free);

    if (address == 0x1050) {
        add_place(places, "deep", "a.h", 1);
        add_place(places, "shallow", "b.h", 2);
    }
    if ((address & 0xfff) != 0x080) {
        add_place(places, NULL, "c.c", (int)(address & 0xfff));
    }
    return places;
}

static void test_text(void)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"no function\n", "no function\n"},
        {" func+0x21/0x100\n", " func+0x21/0x100 c.c:32\n"},
        {" func+0x21/0x100", " func+0x21/0x100 c.c:32"},
        {" func.isra.0+0x21/0x100 tail\n", " func.isra.0+0x21/0x100 c.c:32 tail\n"},
        {"RIP: 0010:func+0x21/0x100\n", "RIP: 0010:func+0x21/0x100 c.c:33\n"},
        {"pc : func+0x21/0x100\n", "pc : func+0x21/0x100 c.c:33\n"},
        {" [<c1>] (x) from [<c2>] (func+0x21/0x100)\n",
         " [<c1>] (x) from [<c2>] (func+0x21/0x100 c.c:32)\n"},
        {" func+0x51/0x100\nnext\n",
         " deep a.h:1 [inline]\n shallow b.h:2 [inline]\n func+0x51/0x100 c.c:80\nnext\n"},
        {" ? func+0x51/0x100\n",
         " ? deep a.h:1 [inline]\n ? shallow b.h:2 [inline]\n ? func+0x51/0x100 c.c:80\n"},
        {" func+0x21/0x100 [mod 12ab]\n", " func+0x21/0x100 c.c:32 [mod]\n"},
        /* nothing known, impossible, or done before */
        {" func+0x81/0x100\n", " func+0x81/0x100\n"},
        {" other+0x21/0x100\n", " other+0x21/0x100\n"},
        {" func+0x101/0x100\n", " func+0x101/0x100\n"},
        {" func+0xfffffffffffffffffff/0x100\n", " func+0xfffffffffffffffffff/0x100\n"},
        {" func+0x21/0x100 c.c:32\n", " func+0x21/0x100 c.c:32\n"},
        {" func+0x/0x\n +0x1/0x2\n", " func+0x/0x\n +0x1/0x2\n"},
        {"\xff\xfe func+0x21/0x100\n", "\xff\xfe func+0x21/0x100 c.c:32\n"},
    };
    g_autoptr(Patterns) patterns = patterns_new();
    const Lookup lookup = {fake_symbol, fake_name, fake_places, NULL};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *out = symbolize_text(patterns, &lookup, cases[i].in);

        g_assert_cmpstr(out, ==, cases[i].out);
    }
}

/* A kernel that cannot name its addresses: func is at 0xffff1000 there. */
static void test_bare(void)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {" 0xffff1021\n", " [<ffff1021>] func+0x21/0x100 c.c:32\n"},
        {"[    1.5][  T12]  ? 0xffff1021\n",
         "[    1.5][  T12]  ? [<ffff1021>] func+0x21/0x100 c.c:32\n"},
        {"RIP: 0010:0xffff1021\n", "RIP: 0010:[<ffff1021>] func+0x21/0x100 c.c:33\n"},
        {"pc : 0x00000000ffff1021\n", "pc : [<00000000ffff1021>] func+0x21/0x100 c.c:33\n"},
        {"lr : 0xffff1021\n", "lr : [<ffff1021>] func+0x21/0x100 c.c:32\n"},
        {"NIP [ffff1021] 0xffff1021\n", "NIP [ffff1021] [<ffff1021>] func+0x21/0x100 c.c:33\n"},
        {" [<ffff1021>]\n", " [<ffff1021>] func+0x21/0x100 c.c:32\n"},
        {" [<ffff1021>] ? 0xffff1021\n", " [<ffff1021>] ? func+0x21/0x100 c.c:32\n"},
        {"Function entered at [<ffff1001>] from [<ffff1021>]\n",
         "Function entered at [<ffff1001>] from [<ffff1021>] func+0x21/0x100 c.c:32\n"},
        {"RIP: 0010:[<ffff1021>]  [<ffff1021>] 0xffff1021\n",
         "RIP: 0010:[<ffff1021>]  [<ffff1021>] func+0x21/0x100 c.c:33\n"},
        {"WARNING: CPU: 0 PID: 1 at 0xffff1021\n",
         "WARNING: CPU: 0 PID: 1 at [<ffff1021>] func+0x21/0x100 c.c:32\n"},
        /* without a line; the function before, which the call ended */
        {" 0xffff1082\n", " [<ffff1082>] func+0x82/0x100 c.c:129\n"},
        {" 0xffff1081\n", " [<ffff1081>] func+0x81/0x100\n"},
        {" 0xffff1100\n", " [<ffff1100>] func+0x100/0x100 c.c:255\n"},
        /* moved; what is outside then stays */
        {"Kernel Offset: 0x1000 from 0xffff0000 (relocation range: 0x0-0xf)\n 0xffff2021\n",
         "Kernel Offset: 0x1000 from 0xffff0000 (relocation range: 0x0-0xf)\n"
         " [<ffff2021>] func+0x21/0x100 c.c:32\n"},
        {" 0xffff1021\nKernel Offset: 0x1000 from 0xffff0000\n",
         " 0xffff1021\nKernel Offset: 0x1000 from 0xffff0000\n"},
        {" 0xffff1021\nKernel Offset: disabled\n",
         " [<ffff1021>] func+0x21/0x100 c.c:32\nKernel Offset: disabled\n"},
        {"Kernel Offset: 0x1000 from 0xffff0000\n func+0x21/0x100\n",
         "Kernel Offset: 0x1000 from 0xffff0000\n func+0x21/0x100 c.c:32\n"},
        {" 0xffff2021\n", " 0xffff2021\n"},
        /* no code: registers, values, and what has a name already */
        {"RAX: ffff1021 RBX: 0xffff1021\n", "RAX: ffff1021 RBX: 0xffff1021\n"},
        {"flags: 0xffff1021(locked)\n", "flags: 0xffff1021(locked)\n"},
        {" [<ffff1021>] other+0x1/0x2\n", " [<ffff1021>] other+0x1/0x2\n"},
        {"[<ffff1021>] [mod]\n", "[<ffff1021>] [mod]\n"},
    };
    g_autoptr(Patterns) patterns = patterns_new();
    const Lookup lookup = {fake_symbol, fake_name, fake_places, NULL};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *out = symbolize_text(patterns, &lookup, cases[i].in);

        g_assert_cmpstr(out, ==, cases[i].out);
    }
}

/* A hundred calls of 400 bytes each in every line: at some point lines stay as they are. */
static GPtrArray *huge_places(gpointer data, const char *module, const char *build_id,
                              guint64 address)
{
    GPtrArray *places = g_ptr_array_new_with_free_func((GDestroyNotify)place_free);
    g_autofree char *name = g_strnfill(200, 'x');

    for (guint i = 0; i < 100; i++) {
        add_place(places, name, name, 1);
    }
    return places;
}

static void test_growth(void)
{
    g_autoptr(Patterns) patterns = patterns_new();
    const Lookup lookup = {fake_symbol, fake_name, huge_places, NULL};
    g_autoptr(GString) report = g_string_new(NULL);
    g_autofree char *out = NULL;

    for (guint i = 0; i < 100; i++) {
        g_string_append(report, " func+0x21/0x100\n");
    }
    g_string_append(report, "the end\n");
    out = symbolize_text(patterns, &lookup, report->str);
    g_assert_cmpuint(strlen(out), >, report->len);
    g_assert_cmpuint(strlen(out), <=, symbolized_max(report->len));
    g_assert_true(g_str_has_suffix(out, "\n func+0x21/0x100\nthe end\n"));
}

/* The cases of the corpus: symbols by module and name, places by module and address. */
static gboolean corpus_symbol(gpointer data, const char *module, const char *build_id,
                              const char *name, guint64 size, guint64 *ret_address)
{
    json_t *all = json_object_get(json_object_get(data, "symbols"), module);
    json_t *symbols = json_object_get(all, name), *symbol;
    gboolean found = FALSE, exact = FALSE;
    size_t i;

    json_array_foreach(symbols, i, symbol)
    {
        guint64 address = json_integer_value(json_array_get(symbol, 0));

        if (!exact && (!found || address > *ret_address)) {
            *ret_address = address;
            exact = (guint64)json_integer_value(json_array_get(symbol, 1)) == size;
            found = TRUE;
        }
    }
    return found;
}

/* The corpus has no bare addresses. */
static gboolean corpus_name(gpointer data, guint64 address, const char **ret_name,
                            guint64 *ret_start, guint64 *ret_size)
{
    return FALSE;
}

static GPtrArray *corpus_places(gpointer data, const char *module, const char *build_id,
                                guint64 address)
{
    GPtrArray *places = g_ptr_array_new_with_free_func((GDestroyNotify)place_free);
    g_autofree char *key = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", address);
    json_t *all =
        json_object_get(json_object_get(data, "symbolizer"), *module ? module : "vmlinux");
    json_t *frame;
    size_t i;

    json_array_foreach(json_object_get(all, key), i, frame)
    {
        g_autofree char *file =
            g_canonicalize_filename(json_string_value(json_array_get(frame, 1)), "/");

        add_place(places, json_string_value(json_array_get(frame, 0)), file + strlen("/linux/"),
                  (int)json_integer_value(json_array_get(frame, 2)));
    }
    return places;
}

static void test_corpus(void)
{
    const char *shared = g_getenv("FIRSTBAD_SHARED");
    g_autofree char *path =
        g_build_filename(shared ? shared : "", "data/units/symbolize_lines.json", NULL);
    json_t *root = json_load_file(path, 0, NULL), *item;
    g_autoptr(Patterns) patterns = patterns_new();
    const Lookup lookup = {corpus_symbol, corpus_name, corpus_places, root};
    size_t i;

    if (!root) {
        g_test_skip("no corpus: FIRSTBAD_SHARED is not set or has no data/units");
        return;
    }
    json_array_foreach(json_object_get(root, "cases"), i, item)
    {
        g_autofree char *out =
            symbolize_text(patterns, &lookup, json_string_value(json_object_get(item, "in")));

        g_assert_cmpstr(out, ==, json_string_value(json_object_get(item, "out")));
    }
    json_decref(root);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/symbols/text/own", test_text);
    g_test_add_func("/symbols/text/bare", test_bare);
    g_test_add_func("/symbols/text/growth", test_growth);
    g_test_add_func("/symbols/text/corpus", test_corpus);
    return g_test_run();
}
