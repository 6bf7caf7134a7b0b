/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: any text as a .config, and beside it as what else has options and versions in
 * it: the Makefile at the top of a tree, what a compiler says of itself, the name of a variant.
 */
#include <stdint.h>
#include <string.h>

#include "kernel/config.h"
#include "kernel/kernel.h"
#include "kernel/variant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static gboolean is_in_tree(const char *path, gpointer data)
{
    return strlen(path) % 2;
}

static void check_config(const char *text)
{
    g_autofree char *built = config_for_build(text, "# CONFIG_A is not set\n", is_in_tree, NULL);
    g_autofree char *without = config_without_debug_info(text, version_of_kernel("v5.18"));
    g_autoptr(GHashTable) values = config_values(text), on = config_options_on(built);
    g_auto(GStrv) lost = config_lost_options(built, built);
    g_autofree char *key = config_value(text, "CONFIG_SYSTEM_TRUSTED_KEYS");

    /* A configuration loses nothing against itself, but for modules with names that are none. */
    for (char **line = lost; *line; line++) {
        g_assert_true(g_str_has_suffix(*line, "=m") &&
                      !g_regex_match_simple("^CONFIG_\\w+=m$", *line, G_REGEX_RAW, 0));
    }
    g_assert_true(g_hash_table_size(values) <= strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autofree char *text = g_strndup((const char *)data, n);
    Version makefile = version_of_makefile(text);
    g_autofree char *name = makefile ? version_kernel_text(makefile) : NULL;
    g_autoptr(Variant) variant = variant_parse(text);
    VersionSpan span;

    check_config(text);
    g_assert_cmpuint(name ? version_of_kernel(name) : 0, ==, makefile);
    version_of_tool(text);
    g_assert_true(!version_span_parse(text, &span) || span.first <= span.last);
    if (variant) {
        g_autofree char *title = variant_title(text);
        g_autofree char *commit = variant_commit(text);

        g_assert_cmpstr(variant->commit, ==, commit);
    }
    return 0;
}
