/* SPDX-License-Identifier: Apache-2.0
 * DAG files: what is read, what is refused and how that is said.
 */
#include "history/history.h"

#include <string.h>

/* Parsed and written again: parents with one blank between them. */
static void assert_parses(const char *text, const char *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(History) history = history_parse(text, strlen(text), &error);
    g_autoptr(GString) written = g_string_new(NULL);

    g_assert_no_error(error);
    for (guint32 r = 0; r < history_size(history); r++) {
        guint n_parents;
        const guint32 *parents = history_parents(history, r, &n_parents);

        for (guint i = 0; i < n_parents; i++) {
            g_string_append_printf(written, "%s%u", i > 0 ? " " : "", parents[i]);
        }
        g_string_append_c(written, '\n');
    }
    g_assert_cmpstr(written->str, ==, wanted);
}

static void assert_refuses_bytes(const char *bytes, gsize n, const char *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(History) history = history_parse(bytes, n, &error);

    g_assert_null(history);
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
    g_assert_cmpstr(error->message, ==, wanted);
}

static void assert_refuses(const char *text, const char *wanted)
{
    assert_refuses_bytes(text, strlen(text), wanted);
}

static void test_parse(void)
{
    assert_parses("\n", "\n");
    assert_parses("\n0\n1\n1\n3\n2 4\n5\n", "\n0\n1\n1\n3\n2 4\n5\n");
    assert_parses("\n0\n1", "\n0\n1\n");                  /* no newline at the end */
    assert_parses("\n0\n\n2\n", "\n0\n0\n2\n");           /* a root hangs from the baseline */
    assert_parses("\n0\n\n", "\n0\n0\n");                 /* also as the last line */
    assert_parses(" \n\t0 \r\n 1\t0  1\n", "\n0\n1 0\n"); /* blanks; a parent given twice */
    assert_parses("\n0000\n", "\n0\n");
}

static void test_refuse(void)
{
    assert_refuses("", "no commits: it is empty");
    assert_refuses("0\n", "line 1 (commit 0): the first commit is the baseline and has no parents");
    assert_refuses("\n0\n2\n", "line 3 (commit 2): '2' is not the number of an earlier commit");
    assert_refuses("\n0\n1 7", "line 3 (commit 2): '7' is not the number of an earlier commit");
    assert_refuses("\n-1\n", "line 2 (commit 1): '-1' is not the number of an earlier commit");
    assert_refuses("\n0x0\n", "line 2 (commit 1): '0x0' is not the number of an earlier commit");
    assert_refuses("\n18446744073709551616\n", "line 2 (commit 1): '18446744073709551616' is not "
                                               "the number of an earlier commit");
    assert_refuses("\nwith many letters, one word: "
                   "Donaudampfschifffahrtsgesellschaft\n",
                   "line 2 (commit 1): 'with' is not the number of an earlier commit");
    assert_refuses("\nDonaudampfschifffahrtsgesellschaft\n",
                   "line 2 (commit 1): 'Donaudampfschifffahr' is not the number of an earlier "
                   "commit");
    assert_refuses_bytes("\n\xff\n", 3,
                         "line 2 (commit 1): '\xef\xbf\xbd' is not the number of an earlier "
                         "commit");
    assert_refuses_bytes("\n0\0\n", 4,
                         "line 2 (commit 1): '0\xef\xbf\xbd' is not the number of an "
                         "earlier commit");
}

static void test_too_many(void)
{
    const gsize n = (1 << 24) + 1;
    g_autofree char *lines = g_malloc(n);

    memset(lines, '\n', n);
    assert_refuses_bytes(lines, n,
                         "line 16777217 (commit 16777216): too many commits: at most 16777216");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dag/parse", test_parse);
    g_test_add_func("/dag/refuse", test_refuse);
    g_test_add_func("/dag/too-many", test_too_many);
    return g_test_run();
}
