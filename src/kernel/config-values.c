/* SPDX-License-Identifier: Apache-2.0
 * A .config as a table.
 */
#include <string.h>

#include "kernel-data.h"
#include "kernel/kernel.h"

/* Without quotes around it. Owned by the caller. */
static char *unquoted(const char *text)
{
    gsize n = strlen(text);

    return n >= 2 && text[0] == '"' && text[n - 1] == '"' ? g_strndup(text + 1, n - 2)
                                                          : g_strdup(text);
}

GHashTable *config_values(const char *config)
{
    GHashTable *values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) lines = g_strsplit(config, "\n", -1);

    for (char **line = lines; *line; line++) {
        const char *equals = strchr(g_strchomp(*line), '=');

        if (g_str_has_prefix(*line, "CONFIG_") && equals) {
            g_hash_table_replace(values, g_strndup(*line, (gsize)(equals - *line)),
                                 unquoted(equals + 1));
        } else if (g_str_has_prefix(*line, "# CONFIG_") && g_str_has_suffix(*line, " is not set")) {
            g_autofree char *name = g_strndup(*line + 2, strcspn(*line + 2, " "));

            g_hash_table_remove(values, name);
        }
    }
    return values;
}

char *kernel_baseline_config(void)
{
    g_autoptr(GBytes) bytes =
        g_resource_lookup_data(kernel_data_get_resource(), "/firstbad/baseline.config",
                               G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

    return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}
