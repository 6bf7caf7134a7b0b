/* SPDX-License-Identifier: Apache-2.0
 * data/toolchains.ini, read; the file's head says what stands in it.
 */
#include <string.h>

#include "kernel/toolchains-private.h"

static const char *const family_names[N_FAMILIES] = {"gcc", "clang"};

const char *compiler_family_name(CompilerFamily family)
{
    return family_names[family];
}

static void row_free(gpointer data)
{
    ToolchainRow *row = data;

    g_free(row->name);
    g_free(row->wanted);
    g_free(row->reason);
    g_free(row);
}

static void flag_row_free(gpointer data)
{
    FlagRow *row = data;

    for (FlagPlace place = 0; place < N_FLAG_PLACES; place++) {
        g_free(row->words[place]);
    }
    g_free(row);
}

void toolchain_table_free(ToolchainTable *table)
{
    if (!table) {
        return;
    }
    g_ptr_array_unref(table->rows);
    g_ptr_array_unref(table->flags);
    g_free(table);
}

/* Major versions, ';' between two. */
static gboolean parse_wanted(GKeyFile *file, const char *group, ToolchainRow *row, GError **error)
{
    g_autofree char *text = g_key_file_get_string(file, group, "wanted", NULL);
    g_auto(GStrv) words = g_strsplit(text ? text : "", ";", -1);

    row->wanted = g_new0(guint, g_strv_length(words) + 1);
    for (char **word = words; *word; word++) {
        guint64 major;

        g_strstrip(*word);
        if (!**word) {
            continue;
        }
        if (!g_ascii_string_to_unsigned(*word, 10, 1, 1000, &major, NULL)) {
            return table_complain(error, group, "wanted: '%s' is no major version", *word);
        }
        row->wanted[row->n_wanted++] = (guint)major;
    }
    return TRUE;
}

/* [gcc SPAN] */
static gboolean parse_row(ToolchainTable *table, GKeyFile *file, const char *group,
                          CompilerFamily family, GError **error)
{
    static const char *const known[] = {"wanted", "accepted", "LLVM", "reason", NULL};
    g_autofree char *accepted = g_key_file_get_string(file, group, "accepted", NULL);
    ToolchainRow *row = g_new0(ToolchainRow, 1);

    g_ptr_array_add(table->rows, row);
    row->family = family;
    row->name = g_strdup(group + strlen(family_names[family]) + 1);
    row->reason = table_reason(file, group, error);
    row->llvm = g_key_file_has_key(file, group, "LLVM", NULL);
    if (!row->reason || !table_check_keys(file, group, known, error)) {
        return FALSE;
    }
    if (!version_span_parse(row->name, &row->kernels)) {
        return table_complain(error, group, "'%s' is no span of versions", row->name);
    }
    if (accepted && !version_span_parse(accepted, &row->accepted)) {
        return table_complain(error, group, "accepted: '%s' is no span of versions", accepted);
    }
    return parse_wanted(file, group, row, error);
}

/* [flags NAME] */
static gboolean parse_flags(ToolchainTable *table, GKeyFile *file, const char *group,
                            GError **error)
{
    static const char *const known[] = {"kernels", "with",    "CC",   "HOSTCC", "LD",
                                        "KCFLAGS", "KAFLAGS", "make", "reason", NULL};
    static const char *const places[N_FLAG_PLACES] = {"CC",      "HOSTCC",  "LD",
                                                      "KCFLAGS", "KAFLAGS", "make"};
    g_autofree char *reason = table_reason(file, group, error);
    FlagRow *row = g_new0(FlagRow, 1);
    gboolean any = FALSE;

    g_ptr_array_add(table->flags, row);
    for (FlagPlace place = 0; place < N_FLAG_PLACES; place++) {
        row->words[place] = g_key_file_get_string(file, group, places[place], NULL);
        any = any || row->words[place];
    }
    if (!reason || !table_check_keys(file, group, known, error)) {
        return FALSE;
    }
    if (!any) {
        return table_complain(error, group, "it gives no flags");
    }
    return when_parse(file, group, &row->when, error);
}

static gboolean parse_group(ToolchainTable *table, GKeyFile *file, const char *group,
                            GError **error)
{
    for (CompilerFamily family = 0; family < N_FAMILIES; family++) {
        gsize n = strlen(family_names[family]);

        if (g_str_has_prefix(group, family_names[family]) && group[n] == ' ') {
            return parse_row(table, file, group, family, error);
        }
    }
    if (g_str_has_prefix(group, "flags ")) {
        return parse_flags(table, file, group, error);
    }
    return table_complain(error, group, "is neither 'gcc SPAN', 'clang SPAN' nor 'flags NAME'");
}

ToolchainTable *toolchain_table_read(const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = table_open(path, "toolchains.ini", error);
    g_auto(GStrv) groups = file ? g_key_file_get_groups(file, NULL) : NULL;
    g_autoptr(ToolchainTable) table = NULL;
    gboolean fine = file != NULL;

    table = g_new0(ToolchainTable, 1);
    table->rows = g_ptr_array_new_with_free_func(row_free);
    table->flags = g_ptr_array_new_with_free_func(flag_row_free);
    for (char **group = groups; fine && *group; group++) {
        fine = parse_group(table, file, *group, error);
    }
    if (!fine) {
        g_prefix_error(error, "%s: ", path ? path : "toolchains.ini");
        return NULL;
    }
    return g_steal_pointer(&table);
}

const ToolchainRow *toolchain_table_find(const ToolchainTable *table, CompilerFamily family,
                                         Version kernel)
{
    for (guint i = 0; i < table->rows->len; i++) {
        const ToolchainRow *row = table->rows->pdata[i];

        if (row->family == family && version_span_has(&row->kernels, kernel)) {
            return row;
        }
    }
    return NULL;
}

ToolchainFit toolchain_row_fit(const ToolchainRow *row, Version compiler)
{
    for (guint i = 0; row && i < row->n_wanted; i++) {
        if (row->wanted[i] == version_major(compiler)) {
            return FIT_WANTED;
        }
    }
    return row && row->accepted.last && version_span_has(&row->accepted, compiler) ? FIT_ACCEPTED
                                                                                   : FIT_NONE;
}
