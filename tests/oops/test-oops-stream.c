/* SPDX-License-Identifier: Apache-2.0
 * Streams: the same reports however a console is cut, and a bounded memory whatever it is.
 */
#include "feed.h"

#define PRINTED_AT "[    1.000000][  T77] "

static gsize bytewise(gpointer user)
{
    return 1;
}

/* Mostly small, sometimes more than the stream scans at once. */
static gsize at_random(gpointer user)
{
    return g_test_rand_bit() ? g_test_rand_int_range(1, 80) : g_test_rand_int_range(1, 100000);
}

static void check(const OopsReader *reader, const char *console, gsize n)
{
    g_autoptr(GPtrArray) at_once = feed(reader, console, n, whole, NULL);
    g_autoptr(GPtrArray) all = oops_find_all(reader, console, n);
    g_autoptr(GPtrArray) randomly = feed(reader, console, n, at_random, NULL);

    assert_same(at_once, all, n <= 1 << 18);
    assert_same(at_once, randomly, TRUE);
    if (n < 20000) {
        g_autoptr(GPtrArray) bytes = feed(reader, console, n, bytewise, NULL);

        assert_same(at_once, bytes, TRUE);
    }
}

static void append_report(GString *console, const char *function, guint n_lines)
{
    g_string_append_printf(console, PRINTED_AT "BUG: KASAN: use-after-free in %s+0x1/0x2\n",
                           function);
    g_string_append(console, PRINTED_AT
                    "Read of size 8 at addr ffff88 by task syz.1.2/77\n" PRINTED_AT
                    "CPU: 0 PID: 77 Comm: syz.1.2 Not tainted\n" PRINTED_AT "Call Trace:\n");
    for (guint i = 0; i < n_lines; i++) {
        g_string_append_printf(console, PRINTED_AT " %s_%u+0x1/0x2\n", function, i);
        g_string_append_printf(console, "[    1.000001][    C1] noise %u\r\n", i);
    }
}

static void test_ends(void)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(OopsStream) stream = oops_stream_new(reader);
    g_autoptr(GString) console = g_string_new("boot\n");
    g_autoptr(OopsReport) report = NULL;
    OopsEvent event;

    append_report(console, "poke", 20);
    oops_stream_feed(stream, console->str, console->len);
    g_assert_true(oops_stream_next(stream, &event));
    g_assert_null(event.report);
    g_assert_cmpuint(event.start, ==, strlen("boot\n"));
    g_assert_false(oops_stream_next(stream, &event));

    /* Nothing more belongs to it after so much. */
    g_string_truncate(console, 0);
    while (console->len < 300000) {
        g_string_append(console, "[    2.000000][    T1] quiet again\n");
    }
    oops_stream_feed(stream, console->str, console->len);
    g_assert_true(oops_stream_next(stream, &event));
    report = event.report;
    g_assert_cmpstr(report->title, ==, "KASAN: use-after-free Read in poke");
    g_assert_cmpuint(event.start, ==, strlen("boot\n"));
    oops_stream_close(stream);
    g_assert_false(oops_stream_next(stream, &event));
}

/* Far more console than a report has, between reports and in them. */
static void test_long(void)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(GString) console = g_string_new(NULL);
    g_autoptr(GPtrArray) reports = NULL;

    for (guint i = 0; i < 6; i++) {
        for (guint line = 0; line < 5000 * i; line++) {
            g_string_append_printf(console, "[    %u.0][    T%u] line %u of a boot\r\n", i, i,
                                   line);
        }
        append_report(console, "first", 3000 * i);
        g_string_append(console, i % 2 ? "Kernel panic - not syncing: x\n" : "WARNING: y\n");
        append_report(console, "second", 20);
    }
    g_string_append(console, "serialport: VM disconnected.\n");
    reports = oops_find_all(reader, console->str, console->len);
    g_assert_cmpuint(reports->len, ==, 18);
    check(reader, console->str, console->len);
}

/* Long after a report the machine is gone; many carriage returns came before. */
static void test_lost(void)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(GString) console = g_string_new(NULL);
    g_autoptr(GPtrArray) reports = NULL;
    const OopsReport *report;

    for (guint i = 0; i < 1000000; i++) {
        g_string_append(console, "\r");
    }
    append_report(console, "poke", 20);
    for (guint i = 0; i < 10000; i++) {
        g_string_append_printf(console, "[    2.000000][    T1] line %u of much\n", i);
    }
    g_string_append(console, "serialport: VM disconnected.\n");
    reports = oops_find_all(reader, console->str, console->len);
    g_assert_cmpuint(reports->len, ==, 1);
    report = reports->pdata[0];
    g_assert_cmpuint(report->start, ==, 1000000);
    g_assert_cmpstr(report->corrupted_reason, ==, "the console was lost");
}

/* Lines that are printed again, that are cut, that have no end. */
static void test_lines(void)
{
    static const char *const consoles[] = {
        "",
        "BUG: x",
        "BUG: x\n",
        "BUG: x\n\n",
        "BUG: x\r\n\r\n\r",
        "UBSAN: a in b\n** replaying previous printk message **\nUBSAN: a in b\n f+0x1/0x2\n",
        "UBSAN: a in b\n** replaying previous",
        "** 5 printk messages dropped ** [    1.0][   T1] BUG: x\n[    1.0][   T1] Call Trace:\n",
        "BUG: KASAN: uaf in f+0x1/0x2 a.c:1 [inline]\nBUG: KASAN: uaf in g+0x1/0x2 b.c:2\nWARNING:",
        "\r\n\0\0Kernel panic - not syncing: a\0b\n",
    };
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(GString) endless = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(consoles); i++) {
        check(reader, consoles[i], strlen(consoles[i]));
    }
    check(reader, "\r\0BUG:\0 x\r", 11);
    for (guint i = 0; i < 1000; i++) {
        g_string_append_printf(endless, "%*cBUG: KASAN: x [inline]", (int)i, i % 3 ? ' ' : '\r');
    }
    check(reader, endless->str, endless->len);
}

static void test_hostile(void)
{
    static const char *const pieces[] = {"BUG: KASAN: a in b+",
                                         "WARNING:",
                                         "INFO: task ",
                                         " blocked",
                                         "\n",
                                         "\n",
                                         "\r",
                                         " ? ",
                                         "[",
                                         "[    1.0] ",
                                         "[    1.0][  T1] ",
                                         "Call Trace:\n",
                                         " f+0x1/0x2\n",
                                         " g+0x1/0x2 [m]\n",
                                         "Kernel panic - not syncing: ",
                                         " from ",
                                         "RIP: 0010:",
                                         "at: [<ff>] f+",
                                         "\xff\xfe",
                                         "login: ",
                                         "** replaying previous printk message **\n",
                                         " [inline]\n",
                                         "serialport: VM disconnected.",
                                         "Killed process 1 (sshd",
                                         "cannot allocate memory",
                                         "BUG: KASAN: a in b+ [inline]\n"};
    g_autoptr(OopsReader) reader = oops_reader_new();

    for (guint round = 0; round < 200; round++) {
        g_autoptr(GString) console = g_string_new(NULL);

        for (guint i = 0; i < 80; i++) {
            g_string_append(console, pieces[g_test_rand_int_range(0, G_N_ELEMENTS(pieces))]);
            if (g_test_rand_int_range(0, 20) == 0) {
                g_string_append_c(console, '\0');
            }
        }
        check(reader, console->str, console->len);
    }
}

/* Feed @piece again and again, until @n bytes. */
static void flood(const OopsReader *reader, const char *piece, gsize n_piece, gsize n, gsize bound)
{
    g_autoptr(OopsStream) stream = oops_stream_new(reader);
    g_autoptr(GString) chunk = g_string_new(NULL);
    guint n_reports = 0;
    OopsEvent event;

    while (chunk->len < 100000) {
        g_string_append_len(chunk, piece, n_piece);
    }
    for (gsize at = 0; at < n; at += chunk->len) {
        oops_stream_feed(stream, chunk->str, chunk->len);
        g_assert_cmpuint(stream_memory(stream), <=, bound);
        while (oops_stream_next(stream, &event)) {
            n_reports += event.report != NULL;
            oops_report_free(event.report);
        }
    }
    g_assert_cmpuint(n_reports, <=, 100);
}

static void test_memory(void)
{
    static const struct {
        const char *piece;
        gsize n, bound;
    } floods[] = {
        {"x", 1, MEMORY_MAX},
        {"\0", 1, MEMORY_MAX},
        {"\n", 1, MEMORY_MAX},
        {"BUG: x\n", 7, 8 * MEMORY_MAX},
        {"BUG: ", 5, MEMORY_MAX},
        {"x\0", 2, MEMORY_MAX_NOISE},
        {"a line as there are many\r\n", 26, MEMORY_MAX},
    };
    g_autoptr(OopsReader) reader = oops_reader_new();

    for (gsize i = 0; i < G_N_ELEMENTS(floods); i++) {
        flood(reader, floods[i].piece, floods[i].n, 8 << 20, floods[i].bound);
    }
}

static void check_corpus(const char *folder)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *console = NULL;
        gsize n;

        if ((g_str_has_suffix(name, ".log") || g_test_rand_int_range(0, 10) == 0) &&
            g_file_get_contents(path, &console, &n, NULL)) {
            g_autofree char *exact = g_memdup2(console, n);

            check(reader, exact, n);
        }
    }
}

static void test_corpora(void)
{
    const char *shared = g_getenv("FIRSTBAD_SHARED");
    g_autofree char *oops = g_build_filename(shared ? shared : "/", "data", "oops", NULL);
    g_autofree char *symbolized =
        g_build_filename(shared ? shared : "/", "data", "titles", "reports", "sym", NULL);

    if (!shared || !g_file_test(oops, G_FILE_TEST_IS_DIR)) {
        g_test_skip("no corpora: FIRSTBAD_SHARED is not set or has no data folder");
        return;
    }
    check_corpus(oops);
    check_corpus(symbolized);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oops/stream/ends", test_ends);
    g_test_add_func("/oops/stream/long", test_long);
    g_test_add_func("/oops/stream/lost", test_lost);
    g_test_add_func("/oops/stream/lines", test_lines);
    g_test_add_func("/oops/stream/hostile", test_hostile);
    g_test_add_func("/oops/stream/memory", test_memory);
    g_test_add_func("/oops/stream/corpora", test_corpora);
    return g_test_run();
}
