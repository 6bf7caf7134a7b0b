/* SPDX-License-Identifier: Apache-2.0
 * Names of Rust and C++ functions, alone and in crashes.
 */
#include "oops/names.h"
#include "oops/oops.h"

#include <string.h>

static OopsReport *find(const char *console)
{
    g_autoptr(OopsReader) reader = oops_reader_new();

    return oops_find(reader, console, strlen(console), 0);
}

static void test_demangle(void)
{
    static const struct {
        const char *mangled, *name;
    } cases[] = {
        {"_Z8fakeNameiii", "fakeName"},
        {"_ZN4core6option13unwrap_failed17h0123456789abcdefE", "core::option::unwrap_failed"},
        {"_RNvCs1234_7___rustc17rust_begin_unwind", "__rustc::rust_begin_unwind"},
        {"_RNvXCsktjF9JQNZ8U_5rnullNtB2_13NullBlkModuleNtCs43vyB533jt3_6kernel13InPlaceModule4init",
         "<rnull::NullBlkModule as kernel::InPlaceModule>::init"},
        {"_RNvMNtCs0_6kernel4listINtB2_4ListpE4push", "<kernel::list::List>::push"},
        {"_RNCNvC1a1b0", "a::b::{closure#0}"},
        {"_RNCNvC1a1bs_0", "a::b::{closure#1}"},
        {"_RINvC1a1bRShTmxEDNtC1c1dEL_PFUKCuEuE", "a::b"},
        {"_RNvYRShNtC1c1d1f", "<&[u8] as c::d>::f"},
        {"_RNvYTmAhj4_ENtC1c1d1f", "<(u32, [u8]) as c::d>::f"},
        {"_RNvYQShNtC1c1d1f", "<&mut [u8] as c::d>::f"},
        {"_RNvYOmNtC1c1d1f", "<*mut u32 as c::d>::f"},
        {"_RNvYDNtC1c1dp1xmEL_NtC1c1d1f", "<dyn c::d as c::d>::f"},
        /* Not mangled, cut off, or an enemy's. */
        {"_Zebra", NULL},
        {"_R", NULL},
        {"_Z", NULL},
        {"_ZN3fooE3", "foo"},
        {"_ZNE", NULL},
        {"_Z99999999999999999999x", NULL},
        {"_RNvB_1f", NULL},
        {"_RNvC9a", NULL},
        {"_RYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYY",
         NULL},
        {"_RNvTB_B_E1f", NULL},
        {"_Raw_spin_lock", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = names_demangle(cases[i].mangled);

        g_assert_cmpstr(name, ==, cases[i].name);
    }
}

/* Any name ends soon, and is short or not readable. */
static void test_demangle_hostile(void)
{
    static const char letters[] = "CMXYNIBRTSAFDEKLGUpsuvtChm0123__a";

    for (guint round = 0; round < 20000; round++) {
        g_autofree char *name = NULL;
        char mangled[64] = "_R";
        gsize n = g_test_rand_int_range(3, sizeof(mangled));

        for (gsize i = 2; i < n; i++) {
            mangled[i] = letters[g_test_rand_int_range(0, sizeof(letters) - 1)];
        }
        mangled[n - 1] = '\0';
        name = names_demangle(mangled);
        g_assert_true(!name || (*name && strlen(name) < 1024));
    }
}

/* Names that the compiler mangled are compared and printed as people wrote them. */
static void test_rust(void)
{
    g_autoptr(OopsReport) report =
        find("rust_kernel: panicked at rust/kernel/a.rs:1:2:\nattempt to add with overflow\n"
             "kernel BUG at rust/helpers/bug.c:7!\nCall Trace:\n"
             " _RNvCs1234_7___rustc17rust_begin_unwind+0x1/0x2\n"
             " _RNvXCs12_5rnullNtB2_13NullBlkModuleNtCs43_6kernel13InPlaceModule4init+0x1/0x2 [a]\n"
             " do_one_initcall+0x1/0x2\n");

    g_assert_cmpstr(
        report->title, ==,
        "attempt to add with overflow in <rnull::NullBlkModule as kernel::InPlaceModule>::init");
    g_assert_cmpstr(report->frame, ==, "<rnull::NullBlkModule as kernel::InPlaceModule>::init");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oops/demangle/names", test_demangle);
    g_test_add_func("/oops/demangle/hostile", test_demangle_hostile);
    g_test_add_func("/oops/demangle/rust", test_rust);
    return g_test_run();
}
