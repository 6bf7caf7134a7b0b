/* SPDX-License-Identifier: Apache-2.0
 * data/options.ini: options that are broken in an era, and what is done about them.
 */
#include <string.h>

#include "kernel/config.h"
#include "kernel/toolchains-private.h"

typedef struct OptionRow {
    When when;
    char *option;  /* "CONFIG_UBSAN" */
    char *instead; /* "CONFIG_UNWINDER_FRAME_POINTER", or NULL */
    char *where;   /* "kernels ..v5.2": the words of the table */
    char *reason;
    gboolean applies; /* as far as programs that are missing go */
} OptionRow;

struct OptionTable {
    GPtrArray *rows; /* of OptionRow */
};

static void row_free(gpointer data)
{
    OptionRow *row = data;

    g_free(row->option);
    g_free(row->instead);
    g_free(row->where);
    g_free(row->reason);
    g_free(row);
}

void option_table_free(OptionTable *table)
{
    if (!table) {
        return;
    }
    g_ptr_array_unref(table->rows);
    g_free(table);
}

static gboolean is_missing(const char *program)
{
    g_autofree char *path = g_find_program_in_path(program);

    return path == NULL;
}

static char *option_name(const char *word)
{
    return word ? g_strdup_printf("CONFIG_%.*s", (int)strcspn(word, " "), word) : NULL;
}

static gboolean parse_row(OptionTable *table, GKeyFile *file, const char *group, GError **error)
{
    static const char *const known[] = {"kernels", "with", "without", "instead", "reason", NULL};
    g_autofree char *instead = g_key_file_get_string(file, group, "instead", NULL);
    g_autofree char *without = g_key_file_get_string(file, group, "without", NULL);
    OptionRow *row = g_new0(OptionRow, 1);

    g_ptr_array_add(table->rows, row);
    row->option = option_name(group);
    row->instead = option_name(instead);
    row->reason = table_reason(file, group, error);
    row->where = g_key_file_get_string(file, group, "kernels", NULL);
    row->applies = !without || is_missing(without);
    return row->reason && table_check_keys(file, group, known, error) &&
           when_parse(file, group, &row->when, error);
}

OptionTable *option_table_read(const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = table_open(path, "options.ini", error);
    g_auto(GStrv) groups = file ? g_key_file_get_groups(file, NULL) : NULL;
    g_autoptr(OptionTable) table = g_new0(OptionTable, 1);
    gboolean fine = file != NULL;

    table->rows = g_ptr_array_new_with_free_func(row_free);
    for (char **group = groups; fine && *group; group++) {
        fine = parse_row(table, file, *group, error);
    }
    if (!fine) {
        g_prefix_error(error, "%s: ", path ? path : "options.ini");
        return NULL;
    }
    return g_steal_pointer(&table);
}

/* "CONFIG_UBSAN is off (kernels ..v5.2): REASON". */
static char *describe(const OptionRow *row)
{
    g_autofree char *where = g_str_equal(row->where, "..")
                                 ? g_strdup("")
                                 : g_strdup_printf(" in kernels %s", row->where);

    return row->instead ? g_strdup_printf("%s is off%s, %s on instead: %s", row->option, where,
                                          row->instead, row->reason)
                        : g_strdup_printf("%s is off%s: %s", row->option, where, row->reason);
}

char *toolchains_config_changes(const Toolchains *toolchains, const Choice *choice,
                                const char *config, GPtrArray *notes)
{
    ToolVersions tools = choice_tools(toolchains, choice);
    g_autoptr(GHashTable) on = config_options_on(config);
    GString *lines = g_string_new(NULL);

    for (guint i = 0; i < toolchains->options->rows->len; i++) {
        const OptionRow *row = toolchains->options->rows->pdata[i];

        if (!row->applies || !when_holds(&row->when, choice->kernel, &tools) ||
            !g_hash_table_remove(on, row->option)) {
            continue;
        }
        g_string_append_printf(lines, "# %s is not set\n", row->option);
        if (row->instead) {
            g_string_append_printf(lines, "%s=y\n", row->instead);
        }
        g_ptr_array_add(notes, describe(row));
    }
    return g_string_free(lines, FALSE);
}
