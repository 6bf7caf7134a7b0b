/* SPDX-License-Identifier: Apache-2.0
 * The multi-pattern scan against the plain way: compare each word at each offset.
 */
#include "oops/scan.h"

#include <string.h>

static const char *const words[] = {"BUG:", "WARNING:", "abab",          "babab",
                                    "aaaa", "abcd",     "\x80\xff\x80z", "Kernel panic"};

static guint count(const char *text, gsize n, const char *word)
{
    guint found = 0;

    for (gsize at = 0; at + strlen(word) <= n; at++) {
        found += memcmp(text + at, word, strlen(word)) == 0;
    }
    return found;
}

static void check(const Scan *scan, const char *text, gsize n)
{
    guint found[G_N_ELEMENTS(words)] = {0};
    ScanHit hit = {0};

    while (scan_next(scan, text, n, &hit)) {
        gboolean begins = FALSE;

        for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
            if (hit.words & (guint64)1 << i) {
                gsize left = n - hit.begin;

                found[i]++;
                begins |= strlen(words[i]) <= left &&
                          memcmp(text + hit.begin, words[i], strlen(words[i])) == 0;
            }
        }
        g_assert_true(begins);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        g_assert_cmpuint(found[i], ==, count(text, n, words[i]));
    }
}

/* In both forms. */
static void check_forms(const char *text, gsize n)
{
    g_autoptr(Scan) scan = scan_new(words, G_N_ELEMENTS(words));

    check(scan, text, n);
    scan_without_vectors(scan);
    check(scan, text, n);
}

static void test_edges(void)
{
    static const char *const texts[] = {
        "",      "B",       "BUG",
        "BUG:",  "xBUG:",   "BUG:BUG:",
        "babab", "aaaaaaa", "WARNING: BUG: Kernel panic",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *exact =
            g_memdup2(texts[i], strlen(texts[i])); /* the sanitizer sees its end */

        check_forms(exact, strlen(texts[i]));
    }
}

static void test_random(void)
{
    static const char alphabet[] = "abBUG: WARNING\n";
    for (guint round = 0; round < 2000; round++) {
        char text[200];
        gsize n = g_test_rand_int_range(0, sizeof(text));

        for (gsize i = 0; i < n; i++) {
            text[i] = alphabet[g_test_rand_int_range(0, round % 2 ? 2 : sizeof(alphabet) - 1)];
        }
        check_forms(text, n);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oops/scan/edges", test_edges);
    g_test_add_func("/oops/scan/random", test_random);
    return g_test_run();
}
