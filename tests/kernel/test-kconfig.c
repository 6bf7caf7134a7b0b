/* SPDX-License-Identifier: Apache-2.0
 * Kconfig files: what options depend on, and why one is off at a revision.
 */
#include <string.h>

#include "kernel/kernel.h"
#include "open.h"

static const char kconfig[] = "# net\n"
                              "menuconfig NET\n"
                              "\tbool \"Networking support\"\n"
                              "\thelp\n"
                              "\t  config FAKE\n"
                              "\t  if you have a network.\n"
                              "\n"
                              "\t  depends on nothing.\n"
                              "\n"
                              "if NET\n"
                              "config WANT\n"
                              "\tbool\n"
                              "menu \"Options\"\n"
                              "\tdepends on INET && \\\n"
                              "\t\tMORE\n"
                              "config SMC\n"
                              "\ttristate \"SMC\" if EXPERT\n"
                              "\tdepends on INFINIBAND || (A && !B)\n"
                              "\tdepends on X=\"y\" # really\n"
                              "\tdefault m if Y\n"
                              "source \"net/tls/Kconfig\"\n"
                              "endmenu\n"
                              "choice\n"
                              "\tprompt \"One\"\n"
                              "config ONE\n"
                              "\tbool \"one\"\n"
                              "endchoice\n"
                              "endif\n"
                              "config LAST\n"
                              "\tbool 'last'\n"
                              "\tdepends on Z";

/* "EXPRESSION; EXPRESSION", with " prompt" where there is one. Owned by the caller. */
static char *entry_text(const char *symbol)
{
    g_autoptr(KconfigEntry) entry = kconfig_find(kconfig, strlen(kconfig), symbol);
    g_autofree char *depends = entry ? g_strjoinv("; ", entry->depends) : NULL;

    return entry ? g_strconcat(depends, entry->has_prompt ? " prompt" : "", NULL) : NULL;
}

static void test_entries(void)
{
    static const struct {
        const char *symbol, *wanted;
    } cases[] = {
        {"NET", " prompt"},
        {"WANT", "NET"},
        {"SMC", "NET; INET && \t\tMORE; INFINIBAND || (A && !B); X=\"y\" # really prompt"},
        {"ONE", "NET prompt"},
        {"LAST", "Z prompt"},
        {"FAKE", NULL},
        {"SM", NULL},
        {"", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = entry_text(cases[i].symbol);

        g_assert_cmpstr(text, ==, cases[i].wanted);
    }
    g_auto(GStrv) tls = kconfig_source_depends(kconfig, strlen(kconfig), "net/tls/Kconfig");
    g_autofree char *text = g_strjoinv("; ", tls);
    g_assert_cmpstr(text, ==, "NET; INET && \t\tMORE");
    g_assert_null(kconfig_source_depends(kconfig, strlen(kconfig), "net/smc/Kconfig"));
}

static void test_unmet(void)
{
    g_autoptr(GHashTable) config =
        config_values("CONFIG_A=y\nCONFIG_M=m\nCONFIG_TEXT=\"abc\"\nCONFIG_N=7\n");
    static const struct {
        const char *expression, *unmet;
    } cases[] = {
        {"A", ""},
        {"B", "B"},
        {"!A", "!A"},
        {"!B && A", ""},
        {"A && B && M && C", "B;C"},
        {"B || C", "B || C"},
        {"A || B", ""},
        {"(B || C) && A", "(B || C)"},
        {"A && B || C && A", "A && B || C && A"},
        {"A = y && M=m && A != n", ""},
        {"M = y", "M = y"},
        {"TEXT = \"abc\"", ""},
        {"N > 8", ""},
        {"$(cc-option,-fsanitize) && B", "B"},
        {"64BIT", "64BIT"},
        {"B # comment || A", "B"},
        {"B &&", "B"},
        {"((((B", "((((B"},
        {")", ""},
        {"", ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) unmet = kconfig_unmet(cases[i].expression, config);
        g_autofree char *text = g_strjoinv(";", unmet);

        g_assert_cmpstr(text, ==, cases[i].unmet);
    }
}

static void test_selectors(void)
{
    static const char text[] = "config A\n\tselect X\nconfig\tB\n\tselect\tX if Y\nmenuconfig C\n"
                               "\tselect XY\n\thelp\n\t  select X\n";
    g_auto(GStrv) names = kconfig_selectors(text, strlen(text), "X");
    g_autofree char *joined = g_strjoinv(" ", names);

    g_assert_cmpstr(joined, ==, "A B");
}

static void test_why_off(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(Repo) repo = NULL;
    g_autoptr(GHashTable) config = config_values("CONFIG_NET=y\nCONFIG_INET=y\n");
    static const struct {
        const char *option, *why;
    } cases[] = {
        {"CONFIG_SMC", "depends on INFINIBAND"},
        {"CONFIG_DEEP", "depends on SMC"},
        {"CONFIG_FREE", NULL},
        {"CONFIG_SELECTED", "nothing selects it"},
        {"CONFIG_ARM_ONLY", CONFIG_NOT_IN_KCONFIG},
        {"CONFIG_GONE", CONFIG_NOT_IN_KCONFIG},
        {"CONFIG_.*", NULL},
        {"SMC", "depends on INFINIBAND"},
    };

    g_free(scratch_sh(
        scratch, "new repo; cd repo; mkdir -p net/smc/deep arch/arm lib\n"
                 "printf 'source \"net/Kconfig\"\\n' >Kconfig\n"
                 "printf 'if NET\\nsource \"net/smc/Kconfig\"\\nendif\\n' >net/Kconfig\n"
                 "printf 'config SMC\\n\\ttristate \"SMC\"\\n\\tdepends on INET && INFINIBAND\\n"
                 "if SMC\\nsource \"net/smc/deep/Kconfig\"\\nendif\\n' >net/smc/Kconfig\n"
                 "printf 'config DEEP\\n\\tbool \"deep\"\\n' >net/smc/deep/Kconfig\n"
                 "printf 'config ARM_ONLY\\n\\tbool\\n' >arch/arm/Kconfig\n"
                 "printf 'config FREE\\n\\tbool \"free\"\\nconfig SELECTED\\n\\tbool\\n' "
                 ">lib/Kconfig.debug\n"
                 "git add .; commit base"));
    repo = open_repo(scratch, "repo");
    g_autofree char *commit = repo_resolve(repo, "HEAD", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *why = config_why_off(repo, commit, cases[i].option, config);

        g_assert_cmpstr(why, ==, cases[i].why);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kconfig/entries", test_entries);
    g_test_add_func("/kconfig/unmet", test_unmet);
    g_test_add_func("/kconfig/selectors", test_selectors);
    g_test_add("/kconfig/why-off", Scratch, NULL, scratch_set_up, test_why_off, scratch_tear_down);
    return g_test_run();
}
