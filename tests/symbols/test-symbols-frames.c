/* SPDX-License-Identifier: Apache-2.0
 * Inline chains of a real kernel: $FIRSTBAD_SHARED/data/symbolize/frames.tsv, when the vmlinux that
 * it was made from is there (Debian's linux-image-6.1.0-50-cloud-amd64-dbg, or
 * $FIRSTBAD_FRAMES_VMLINUX).
 */
#include "symbols/symbols.h"

#include <string.h>

#define INSTALLED "/usr/lib/debug/boot/vmlinux-6.1.0-50-cloud-amd64"

/* "func|file|line;..." innermost first -> the lines that we print for @frame. Nothing known: as it
 * is. */
static char *wanted_lines(const char *frame, const char *chain)
{
    g_auto(GStrv) links = g_strsplit(chain, ";", -1);
    const char *head_end = strrchr(frame, ':') ? strrchr(frame, ':') + 1 : frame + 1;
    g_autofree char *head = g_strndup(frame, head_end - frame);
    GString *lines = g_string_new(NULL);

    for (gsize i = 0; links[i]; i++) {
        g_auto(GStrv) parts = g_strsplit(links[i], "|", 3);

        if (g_str_equal(parts[1], "??")) {
            g_string_assign(lines, frame);
        } else if (links[i + 1]) {
            g_string_append_printf(lines, "%s%s %s:%s [inline]\n", head, parts[0], parts[1],
                                   parts[2]);
        } else {
            g_string_append_printf(lines, "%s %s:%s", frame, parts[1], parts[2]);
        }
    }
    return g_string_free(lines, FALSE);
}

static void test_frames(void)
{
    const char *shared = g_getenv("FIRSTBAD_SHARED"),
               *vmlinux = g_getenv("FIRSTBAD_FRAMES_VMLINUX");
    g_autofree char *path =
        g_build_filename(shared ? shared : "", "data/symbolize/frames.tsv", NULL);
    g_autofree char *table = NULL;
    g_auto(GStrv) rows = NULL;
    g_autoptr(Symbols) symbols = NULL;
    g_autoptr(GError) error = NULL;
    guint n = 0, exact = 0;

    vmlinux = vmlinux ? vmlinux : INSTALLED;
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
        g_autofree char *wanted = wanted_lines(cells[0], cells[2]);
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
