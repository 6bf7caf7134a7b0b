/* SPDX-License-Identifier: Apache-2.0
 * Consoles that come a few bytes at a time, as serial lines bring them.
 */
#include "cli/crashes.h"

#include <string.h>
#include <unistd.h>

static const char crash[] = "BUG: KASAN: use-after-free in poke+0x1/0x2\n"
                            "Read of size 8 at addr ffff88 by task syz.1.2/77\n"
                            "Call Trace:\n poke+0x1/0x2\n";

static char *console_new(void)
{
    GString *console = g_string_new(NULL);

    for (guint i = 0; i < 3; i++) {
        for (guint line = 0; line < 1000; line++) {
            g_string_append_printf(console, "line %u of a boot\n", line);
        }
        g_string_append(console, crash);
    }
    return g_string_free(console, FALSE);
}

/* Each read brings @n_piece bytes. */
static void check(const OopsReader *reader, gsize n_piece)
{
    g_autofree char *console = console_new(), *path = NULL;
    g_autoptr(CrashFile) file = crash_file_new("-");
    g_autoptr(CrashIntake) intake = NULL;
    g_autoptr(GError) error = NULL;
    int ends[2];

    g_assert_cmpint(pipe(ends), ==, 0);
    path = g_strdup_printf("/proc/self/fd/%d", ends[0]);
    intake = crash_intake_new(path, reader, &error);
    g_assert_no_error(error);
    for (gsize at = 0, n = strlen(console); at < n; at += n_piece) {
        gsize n_now = MIN(n_piece, n - at);

        g_assert_cmpint(write(ends[1], console + at, n_now), ==, n_now);
        g_assert_cmpint(crash_intake_step(intake, file, FALSE, &error), ==, CRASH_INTAKE_MORE);
    }
    close(ends[1]);
    g_assert_cmpint(crash_intake_step(intake, file, FALSE, &error), ==, CRASH_INTAKE_END);
    close(ends[0]);
    g_assert_cmpuint(file->crashes->len, ==, 3);
    for (guint i = 0; i < 3; i++) {
        const Crash *found = file->crashes->pdata[i];

        g_assert_cmpstr(found->report->title, ==, "KASAN: use-after-free Read in poke");
        g_assert_cmpuint(found->line, ==, (i + 1) * 1000 + 4 * i + 1);
        g_assert_true(g_str_has_prefix(console + found->report->start, crash));
    }
}

static void test_pieces(void)
{
    static const gsize sizes[] = {1, 3, 16, 100, 1021, 65536};
    g_autoptr(OopsReader) reader = oops_reader_new();

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        check(reader, sizes[i]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/crashes-read/pieces", test_pieces);
    return g_test_run();
}
