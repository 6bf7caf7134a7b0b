/* SPDX-License-Identifier: Apache-2.0
 * Inline chains of a real kernel, when the vmlinux that they were made from is there (frames.h).
 */
#include "symbols/symbols.h"

#include "frames.h"

static void test_frames(void)
{
    const char *shared = g_getenv("FIRSTBAD_SHARED"), *vmlinux = frames_vmlinux();
    g_autofree char *path =
        g_build_filename(shared ? shared : "", "data/symbolize/frames.tsv", NULL);
    g_autofree char *table = NULL;
    g_auto(GStrv) rows = NULL;
    g_autoptr(Symbols) symbols = NULL;
    g_autoptr(GError) error = NULL;
    guint n = 0, exact = 0;

    if (!g_file_get_contents(path, &table, NULL, NULL) ||
        !g_file_test(vmlinux, G_FILE_TEST_IS_REGULAR)) {
        g_test_skip("no data/symbolize, or not the vmlinux of its frames");
        return;
    }
    symbols = symbols_open(vmlinux, NULL, &error);
    g_assert_no_error(error);
    rows = g_strsplit(table, "\n", -1);
    for (gsize i = 1; rows[i] && *rows[i]; i++) {
        g_auto(GStrv) cells = g_strsplit(rows[i], "\t", -1);
        g_autofree char *wanted = frames_wanted(cells[0], cells[2]);
        g_autofree char *got = symbols_report(symbols, cells[0]);

        n++;
        exact += g_str_equal(got, wanted);
        if (!g_str_equal(got, wanted) && g_test_verbose()) {
            g_test_message("wanted\n%s\ngot\n%s", wanted, got);
        }
    }
    g_test_message("%u of %u chains exact", exact, n);
    g_assert_cmpuint(exact, ==, n);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/symbols/frames", test_frames);
    return g_test_run();
}
