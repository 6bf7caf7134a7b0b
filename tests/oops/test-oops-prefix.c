/* SPDX-License-Identifier: Apache-2.0
 * Consoles that came through journald, syslog, dmesg, /dev/kmsg, a mail.
 */
#include "oops/oops.h"

#include <string.h>

/* No prefix is longer. */
#define PREFIX_MOST 256

/* @text with the foreign prefixes rewritten, '~' for NUL. The text is given in pieces of @n_piece
 * bytes; 0: all at once. */
static char *unprefix(const char *text, gsize n_piece)
{
    OopsUnprefix state = {0};
    g_autoptr(GString) waiting = g_string_new(NULL);
    GString *done = g_string_new(NULL);
    gsize n = strlen(text);

    n_piece = n_piece ? n_piece : n;
    for (gsize at = 0; at < n; at += n_piece) {
        gsize n_done;

        g_string_append_len(waiting, text + at, MIN(n_piece, n - at));
        n_done = oops_unprefix(&state, waiting->str, waiting->len, at + n_piece >= n);
        g_string_append_len(done, waiting->str, n_done);
        g_string_erase(waiting, 0, n_done);
    }
    g_assert_cmpuint(waiting->len, ==, 0);
    g_assert_cmpuint(done->len, ==, n);
    for (gsize i = 0; i < n; i++) {
        done->str[i] = done->str[i] ? done->str[i] : '~';
    }
    return g_string_free(done, FALSE);
}

static void check(const char *text, const char *wanted)
{
    for (gsize n_piece = 0; n_piece < 40; n_piece++) {
        g_autofree char *got = unprefix(text, n_piece);

        g_assert_cmpstr(got, ==, wanted);
    }
}

/* Without the NULs, which is what the engine sees. */
static void check_seen(const char *text, const char *wanted)
{
    g_autofree char *got = unprefix(text, 0);
    g_auto(GStrv) parts = g_strsplit(got, "~", -1);
    g_autofree char *seen = g_strjoinv("", parts);

    g_assert_cmpstr(seen, ==, wanted);
}

static void test_forms(void)
{
    check("Nov 26 03:42:18 host kernel: BUG: bad\n", "[0.0] ~~~~~~~~~~~~~~~~~~~~~~~BUG: bad\n");
    check_seen("Nov  6 03:42:18 host kernel:  foo+0x1/0x2\n", "[0.0]  foo+0x1/0x2\n");
    check_seen("Nov 26 03:42:18.123456 host kernel: a\n", "[0.0] a\n");
    check_seen("2026-11-26T03:42:18+0000 host kernel: a\n", "[0.0] a\n");
    check_seen("2026-11-26T03:42:18.123456+00:00 host kernel: [   12.345678] a\n",
               "[   12.345678] a\n");
    check_seen("2026-11-26T03:42:18.123456+00:00 host kernel: [   12.345678][  T17] a\n",
               "[   12.345678][T17] a\n");
    check_seen("Thu 2026-11-26 03:42:18 UTC host kernel: a\n", "[0.0] a\n");
    check_seen("1764128538.123456 host kernel: a\n", "[0.0] a\n");
    check_seen("[   12.345678] host kernel: a\n", "[   12.345678] a\n");
    check_seen("[Thu Nov 26 03:42:18 2026] a\n", "[0.0] a\n");
    check_seen("[Thu Nov 26 03:42:18 2026] [   T12] a\n", "[0.0][T12] a\n");
    check_seen("[Nov26 03:42] a\n", "[0.0] a\n");
    check_seen("[  +0.000012]  a\n", "[0.0]  a\n");
    check_seen("[   12.345678 <    0.000012>] a\n", "[0.0] a\n");
    check_seen("2026-11-26T03:42:18,345678+00:00 BUG: KASAN: a\n", "[0.0] BUG: KASAN: a\n");
    check_seen("[   12.345678] [    C1] a\n", "[   12.345678][C1] a\n");
    check_seen("kern  :warn  : [   12.345678] a\n", "[   12.345678] a\n");
    check_seen("kern  :warn  : [Thu Nov 26 03:42:18 2026] a\n", "[0.0] a\n");
    check_seen("kern  :info  : a\n", "[0.0] a\n");
    check_seen("4,123,456789,-;a\n", "[0.0] a\n");
    check_seen("6,0,0,c,caller=T1;a\n", "[0.0][T1] a\n");
    check_seen("> > [   12.345678] a\n", "[   12.345678] a\n");
    check_seen("> Nov 26 03:42:18 host kernel: a\n", "[0.0] a\n");
}

/* As they are on a serial console. */
static void test_plain(void)
{
    static const char *const lines[] = {
        "[   12.345678] BUG: KASAN: use-after-free in foo+0x1/0x2\n",
        "[   12.345678][  T17] usb 1-1: new device\n",
        "[   12.345678] usb 1-1: kernel went\n",
        "<4>[   12.345678] a\n",
        "BUG: KASAN: use-after-free in foo+0x1/0x2\n",
        ">ffff888000000000: fb fb fb fb\n",
        "syzkaller login: [   12.345678] a\n",
        "12,13,14\n",
        "[ T1] a\n",
        "Nov 26 03:42:18\n",
        "Nov 26 03:42:18 host last message repeated\n",
        "\n",
        "no end",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        check(lines[i], lines[i]);
    }
}

static void test_colours(void)
{
    g_autofree char *word = g_strnfill(PREFIX_MOST, 'a'), *far = NULL, *far_wanted = NULL;
    g_autoptr(GString) plain = g_string_new(NULL);
    g_autofree char *coloured = NULL;

    /* Nothing moves behind what a prefix may take, nor in a line without one but its head. */
    check("\033[32m[   12.345678] \033[0m\033[33mBUG:\033[0m bad\n",
          "[   12.345678] BUG: bad~~~~~~~~~~~~~~~~~~\n");
    check_seen("\033[32m[Thu Nov 26 03:42:18 2026] \033[0m\033[7m\033[31mBUG: bad\033[0m\n",
               "[0.0] BUG: bad\n");
    check_seen("\033[01;31m\033[KWARNING:\033[m\033[K CPU: 0\n", "WARNING: CPU: 0\n");
    far = g_strconcat(word, "\033[1;31mb\033[0m\n", NULL);
    far_wanted = g_strconcat(word, "~~~~~~~b~~~~\n", NULL);
    check(far, far_wanted);
    /* What else a terminal obeys is not ours to judge, nor what is cut short. */
    check("\033[2J \033]0;t\a \033[1\n31m\033[31", "\033[2J \033]0;t\a \033[1\n31m\033[31");
    /* Also where no prefix is looked for any more. */
    for (guint i = 0; i < 2000; i++) {
        g_string_append(plain, "[   12.345678] a\n");
    }
    coloured = g_strconcat(plain->str, "\033[31mb\033[0m\n", NULL);
    g_string_append(plain, "~~~~~b~~~~\n");
    for (gsize n_piece = 1; n_piece < 20; n_piece++) {
        g_autofree char *got = unprefix(coloured, n_piece);

        g_assert_cmpstr(got, ==, plain->str);
    }
}

static void test_most_lines(void)
{
    /* An echo of syslog on a console stays: most lines have no prefix. */
    const char *console = "[    1.000000] a\n"
                          "[    1.000000] b\n"
                          "[    1.000000] c\n"
                          "Nov 26 03:42:18 host kernel: c\n";

    check(console, console);
    check_seen("-- Journal begins --\n"
               "Nov 26 03:42:18 host kernel: a\n"
               "Nov 26 03:42:18 host kernel: b\n",
               "-- Journal begins --\n[0.0] a\n[0.0] b\n");
}

static void test_other_programs(void)
{
    check_seen("Nov 26 03:42:18 host kernel: a\n"
               "Nov 26 03:42:18 host sshd[123]: WARNING: at you\n"
               "Nov 26 03:42:18 host kernel: b\n",
               "[0.0] a\n\n[0.0] b\n");
}

static void test_long_lines(void)
{
    g_autofree char *tail = g_strnfill(5000, 'x');
    g_autofree char *kernel = g_strdup_printf("Nov 26 03:42:18 host kernel: %s\n", tail);
    g_autofree char *other = g_strdup_printf("Nov 26 03:42:18 host cron: %s\nend", tail);
    g_autofree char *got = unprefix(kernel, 7), *gone = unprefix(other, 7);
    g_autofree char *time = g_strdup_printf("kern  :info  : [%s.%s] a", tail, tail);

    g_assert_true(g_str_has_suffix(got, tail) || strstr(got, tail));
    g_assert_null(strchr(gone, 'x'));
    g_assert_true(g_str_has_suffix(gone, "~\nend"));
    memset(strchr(time, 'x'), '1', 5000);
    memset(strchr(time, 'x'), '1', 5000);
    g_free(unprefix(time, 11));
}

/* Oopses found in what each program prints have the same title, and where the line begins. */
static void test_found(void)
{
    static const struct {
        const char *prefix;
    } programs[] = {{"Nov 26 03:42:18 host kernel: "}, {"[Thu Nov 26 03:42:18 2026] "},
                    {"[   12.345678] [   T99] "},      {"kern  :warn  : [   12.345678] "},
                    {"4,123,456789,-,caller=T99;"},    {"> [   12.345678] "}};
    static const char *const lines[] = {
        "kernel says hello",
        "BUG: kernel NULL pointer dereference, address: 0000000000000010",
        "RIP: 0010:guilty_function+0x12/0x80",
        "Call Trace:",
        " <TASK>",
        " ? noise_on_the_stack+0x10/0x20",
        " caller_function+0x10/0x20",
        " outer_function+0x10/0x20",
        " do_syscall_64+0x10/0x20",
        " entry_SYSCALL_64_after_hwframe+0x10/0x20",
    };
    g_autoptr(OopsReader) reader = oops_reader_new();

    for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_autoptr(GString) console = g_string_new(NULL);
        g_autoptr(OopsReport) report = NULL;
        OopsUnprefix state = {0};

        for (gsize k = 0; k < G_N_ELEMENTS(lines); k++) {
            g_string_append_printf(console, "%s%s\n", programs[i].prefix, lines[k]);
        }
        g_assert_cmpuint(oops_unprefix(&state, console->str, console->len, TRUE), ==, console->len);
        report = oops_find(reader, console->str, console->len, 0);
        g_assert_nonnull(report);
        g_assert_cmpstr(report->title, ==,
                        "BUG: unable to handle kernel NULL pointer dereference in guilty_function");
        g_assert_null(strstr(report->text, "noise"));
        g_assert_true(g_str_has_prefix(report->text, lines[0]));
        g_assert_cmpuint(report->start, ==,
                         strlen(programs[i].prefix) + strlen(lines[0]) + 1 +
                             (programs[i].prefix[0] == '>' ? 2 : 0));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oops/prefix/forms", test_forms);
    g_test_add_func("/oops/prefix/plain", test_plain);
    g_test_add_func("/oops/prefix/colours", test_colours);
    g_test_add_func("/oops/prefix/most-lines", test_most_lines);
    g_test_add_func("/oops/prefix/other-programs", test_other_programs);
    g_test_add_func("/oops/prefix/long-lines", test_long_lines);
    g_test_add_func("/oops/prefix/found", test_found);
    return g_test_run();
}
