/* SPDX-License-Identifier: Apache-2.0
 * A fuzz target without its fuzzer: run on each file of a folder, where the fuzzer begins, and
 * where is kept what it once fell over.
 *
 *     replay-NAME tests/FLOOR/seeds/NAME
 */
#include <gio/gio.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void test_file(gconstpointer path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL, *data = NULL;
    gsize n = 0;

    g_file_get_contents(path, &bytes, &n, &error);
    g_assert_no_error(error);
    /* Without the NUL that GLib puts behind a file, which would hide a read past the end. */
    data = n > 0 ? g_memdup2(bytes, n) : g_strdup("");
    LLVMFuzzerTestOneInput((const uint8_t *)data, n);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = NULL;
    const char *name;

    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 2);
    dir = g_dir_open(argv[1], 0, &error);
    g_assert_no_error(error);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *test = g_strconcat("/replay/", name, NULL);

        g_test_add_data_func_full(test, g_build_filename(argv[1], name, NULL), test_file, g_free);
    }
    return g_test_run();
}
