/* SPDX-License-Identifier: Apache-2.0
 * When two failures are the same, and what they name.
 */
#include "kernel/kernel.h"

/* An error, what it has in common with others, its file, its words with blanks between. */
static const char *const cases[][4] = {
    {"net/smc/af_smc.c:12:3: error: ‘smc_gone’ undeclared (first use in this function)",
     "net/smc/af_smc.c: error: 'smc_gone' undeclared (first use in this function)",
     "net/smc/af_smc.c", "smc_gone"},
    {"net/smc/af_smc.c:9: error: `smc_gone' undeclared (first use in this function)",
     "net/smc/af_smc.c: error: 'smc_gone' undeclared (first use in this function)",
     "net/smc/af_smc.c", "smc_gone"},
    {"/home/me/linux/net/core/sock.c:7:1: error: 'struct sock' has no member named 'sk_gone'",
     "sock.c: error: 'struct sock' has no member named 'sk_gone'", NULL, "sock sk_gone"},
    {"ld: net/smc/af_smc.o: in function `smc_init': af_smc.c:(.text+0x1f3): undefined reference to "
     "`smc_gone'",
     NULL, "net/smc/af_smc.c", "smc_init smc_gone"},
    {"ERROR: modpost: \"smc_gone\" [net/smc/smc.ko] undefined!",
     "ERROR: modpost: 'smc_gone' [net/smc/smc.ko] undefined!", NULL, "smc_gone"},
    {"make[3]: *** [scripts/Makefile.build:250: net/smc/af_smc.o] Error 1",
     "make: *** [scripts/Makefile.build: net/smc/af_smc.o] Error 1", "net/smc/af_smc.c", ""},
    {"KASAN: use-after-free Read in smc_gone", "KASAN: use-after-free Read in smc_gone", NULL,
     "smc_gone"},
    {"no output from test machine", "no output from test machine", NULL, ""},
};

static void test_cases(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *error = cases[i][0];
        g_autofree char *kind = kernel_failure_kind(error), *file = kernel_failure_file(error);
        g_auto(GStrv) words = kernel_failure_words(error);
        g_autofree char *joined = g_strjoinv(" ", words);

        if (cases[i][1]) {
            g_assert_cmpstr(kind, ==, cases[i][1]);
        }
        if (cases[i][2]) {
            g_assert_cmpstr(file, ==, cases[i][2]);
        }
        g_assert_cmpstr(joined, ==, cases[i][3]);
    }
}

/* Addresses and line numbers make no other failure. */
static void test_same(void)
{
    g_autofree char *one = kernel_failure_kind("x.c:(.text+0x12): undefined reference to `foo'"),
                    *two = kernel_failure_kind("x.c:(.text+0x9ab): undefined reference to `foo'"),
                    *other = kernel_failure_kind("x.c:(.text+0x12): undefined reference to `bar'");

    g_assert_cmpstr(one, ==, two);
    g_assert_cmpstr(one, !=, other);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kernel/failure/cases", test_cases);
    g_test_add_func("/kernel/failure/same", test_same);
    return g_test_run();
}
