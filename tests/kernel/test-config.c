/* SPDX-License-Identifier: Apache-2.0
 * Texts of .config files.
 */
#include "kernel/config.h"

#include <string.h>

static void test_values(void)
{
    const char *config = "CONFIG_A=y\nCONFIG_AB=m\nCONFIG_S=\"text \\\"x\"\n# CONFIG_N is not set\n"
                         "CONFIG_B=y\r\nCONFIG_A=n\nCONFIG_NUM=5";
    struct {
        const char *name, *value;
    } cases[] = {{"CONFIG_A", "n"},  {"CONFIG_AB", "m"}, {"CONFIG_S", "text \\\"x"},
                 {"CONFIG_N", NULL}, {"CONFIG_B", "y"},  {"CONFIG_NUM", "5"},
                 {"CONFIG", NULL},   {"ONFIG_A", NULL}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *value = config_value(config, cases[i].name);

        g_assert_cmpstr(value, ==, cases[i].value);
    }
    g_assert_true(config_is_on(config, "CONFIG_B"));
    g_assert_false(config_is_on(config, "CONFIG_A"));
    g_assert_false(config_is_on(config, "CONFIG_AB"));
}

static void assert_without_debug_info(const char *config, const char *kernel, const char *want)
{
    g_autofree char *lines =
        config_without_debug_info(config, kernel ? version_of_kernel(kernel) : 0);

    g_assert_cmpstr(lines, ==, want);
}

static void test_without_debug_info(void)
{
    const char *config = "CONFIG_GDB_SCRIPTS=y\nCONFIG_DEBUG_INFO=y\nCONFIG_DEBUG_INFO_DWARF5=y\n"
                         "# CONFIG_DEBUG_INFO_SPLIT is not set\nCONFIG_DEBUG_KERNEL=y\n";
    const char *off = "# CONFIG_DEBUG_INFO is not set\n# CONFIG_DEBUG_INFO_DWARF5 is not set\n"
                      "# CONFIG_GDB_SCRIPTS is not set\n";
    g_autofree char *choice = g_strconcat(off, "CONFIG_DEBUG_INFO_NONE=y\n", NULL);

    assert_without_debug_info(config, "v5.17", off);
    assert_without_debug_info(config, "v5.18", choice);
    assert_without_debug_info(config, NULL, choice);
    assert_without_debug_info("CONFIG_A=y\nCONFIG_DEBUG_INFO_NONE=y\n", "v6.1", "");
}

static gboolean is_here(const char *path, gpointer data)
{
    return g_str_equal(path, "here.pem");
}

static void assert_build_value(const char *config, const char *name, const char *want)
{
    g_autofree char *text = config_for_build(config, "", is_here, NULL);
    g_autofree char *value = config_value(text, name);

    g_assert_cmpstr(value, ==, want);
}

static void test_for_build(void)
{
    g_autofree char *plain = config_for_build("CONFIG_LOCALVERSION_AUTO=y", "", is_here, NULL);

    g_assert_true(g_str_has_prefix(plain, "CONFIG_LOCALVERSION_AUTO=y\nCONFIG_BLK_DEV_INITRD=y\n"));
    g_assert_true(g_str_has_suffix(plain,
                                   "\n# CONFIG_LOCALVERSION_AUTO is not set\n"
                                   "CONFIG_MODULE_SIG_KEY=\"" CONFIG_SIGNING_KEY_FILE "\"\n"));
    /* What guests need is asked for, whatever the user's config says. */
    assert_build_value("# CONFIG_BLK_DEV_INITRD is not set\n", "CONFIG_BLK_DEV_INITRD", "y");
    assert_build_value("CONFIG_SERIAL_8250=m\n", "CONFIG_SERIAL_8250", "y");
    /* Guests have no modules. */
    assert_build_value("CONFIG_SMC=m", "CONFIG_SMC", "y");
    assert_build_value("CONFIG_A=y\r\nCONFIG_SMC=m\r\nCONFIG_B=m\r\n", "CONFIG_SMC", "y");
    assert_build_value("# CONFIG_SMC=m\n", "CONFIG_SMC", NULL);
    assert_build_value("CONFIG_NAME=\"=m\"\nCONFIG_S=\"m\"\n", "CONFIG_NAME", "=m");
    assert_build_value("CONFIG_MODULE_SIG_KEY=\"certs/signing_key.pem\"", "CONFIG_MODULE_SIG_KEY",
                       CONFIG_SIGNING_KEY_FILE);
    assert_build_value("CONFIG_MODULE_SIG_KEY=\"pkcs11:x\"\n", "CONFIG_MODULE_SIG_KEY", "pkcs11:x");
    assert_build_value("CONFIG_A=y\n", "CONFIG_MODULE_SIG_KEY", CONFIG_SIGNING_KEY_FILE);
    assert_build_value("CONFIG_SYSTEM_TRUSTED_KEYS=\"debian/certs/a.pem\"\n",
                       "CONFIG_SYSTEM_TRUSTED_KEYS", "");
    assert_build_value("CONFIG_SYSTEM_TRUSTED_KEYS=\"here.pem\"\n", "CONFIG_SYSTEM_TRUSTED_KEYS",
                       "here.pem");
    assert_build_value("CONFIG_SYSTEM_REVOCATION_KEYS=\"debian/x.pem\"\n",
                       "CONFIG_SYSTEM_REVOCATION_KEYS", "");
}

static void test_lost_options(void)
{
    g_auto(GStrv) lost = config_lost_options(
        "CONFIG_Z=y\nCONFIG_A=m\nCONFIG_KEPT=y\nCONFIG_MODULE=m\nCONFIG_S=\"y\"\nCONFIG_OFF=y\n"
        "# CONFIG_OFF is not set\nCONFIG_N=7\nnonsense=y\nCONFIG_TEST=y\n",
        "CONFIG_KEPT=y\nCONFIG_MODULE=y\n# CONFIG_A is not set\nCONFIG_NEW=y\nCONFIG_TEST=m\n");
    g_autofree char *text = g_strjoinv(" ", lost);

    /* What is left as a module is in no kernel of ours. */
    g_assert_cmpstr(text, ==, "CONFIG_A=m CONFIG_TEST=y CONFIG_Z=y");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/config/values", test_values);
    g_test_add_func("/config/without-debug-info", test_without_debug_info);
    g_test_add_func("/config/for-build", test_for_build);
    g_test_add_func("/config/lost-options", test_lost_options);
    return g_test_run();
}
