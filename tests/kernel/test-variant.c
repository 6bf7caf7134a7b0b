/* SPDX-License-Identifier: Apache-2.0
 * Names of what is built, taken apart and put together.
 */
#include "kernel/variant.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccc"
#define D "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

static void test_put_together(void)
{
    g_autofree char *without = variant_without(A, B), *with = variant_with(without, C),
                    *configured = variant_configured(with, D), *more = variant_with(configured, B),
                    *less = variant_without(more, C), *plain = variant_configured(less, NULL),
                    *commit = variant_commit(less);

    g_assert_cmpstr(with, ==, A "-" B "+" C);
    g_assert_cmpstr(configured, ==, A "-" B "+" C "@" D);
    g_assert_cmpstr(less, ==, A "-" B "-" C "+" C "+" B "@" D);
    g_assert_cmpstr(plain, ==, A "-" B "-" C "+" C "+" B);
    g_assert_cmpstr(commit, ==, A);
    g_autofree char *title = variant_title(more), *short_title = variant_title(plain);

    g_assert_cmpstr(title, ==,
                    "aaaaaaaaaaaa without bbbbbbbbbbbb and with cccccccccccc and bbbbbbbbbbbb and "
                    "under config dddddddddddd");
    g_assert_cmpstr(short_title, ==,
                    "aaaaaaaaaaaa without bbbbbbbbbbbb and cccccccccccc and with cccccccccccc and "
                    "bbbbbbbbbbbb");
    g_assert_true(variant_is_plain(A));
    g_assert_false(variant_is_plain(without));
}

static void test_taken_apart(void)
{
    static const char *const refused[] = {"",        "base",  "-" A, A "-", A "@" D "-" B,
                                          A "-base", A "*" B, A "a"};
    g_autoptr(Variant) variant = variant_parse(A "-" B "+" C "@" D);
    g_autoptr(Variant) plain = variant_parse(D);

    g_assert_cmpstr(variant->commit, ==, A);
    g_assert_cmpstr(variant->reverts[0], ==, B);
    g_assert_null(variant->reverts[1]);
    g_assert_cmpstr(variant->picks[0], ==, C);
    g_assert_cmpstr(variant->config, ==, D);
    g_assert_cmpstr(plain->commit, ==, D);
    g_assert_null(plain->reverts[0]);
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_assert_null(variant_parse(refused[i]));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kernel/variant/put-together", test_put_together);
    g_test_add_func("/kernel/variant/taken-apart", test_taken_apart);
    return g_test_run();
}
