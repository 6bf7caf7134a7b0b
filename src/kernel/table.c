/* SPDX-License-Identifier: Apache-2.0
 * What the tables of data/ have in common: a key file, within firstbad or the user's own, whose
 * groups hold for some kernels and tools.
 */
#include <string.h>

#include "kernel-data.h"
#include "kernel/toolchains-private.h"

gboolean table_complain(GError **error, const char *group, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "[%s]: %s", group, text);
    return FALSE;
}

GKeyFile *table_open(const char *path, const char *name, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *own = g_strconcat("/firstbad/", name, NULL);
    g_autoptr(GBytes) bytes = NULL;

    if (path) {
        return g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, error)
                   ? g_steal_pointer(&file)
                   : NULL;
    }
    bytes = g_resource_lookup_data(kernel_data_get_resource(), own, G_RESOURCE_LOOKUP_FLAGS_NONE,
                                   error);
    return bytes && g_key_file_load_from_bytes(file, bytes, G_KEY_FILE_NONE, error)
               ? g_steal_pointer(&file)
               : NULL;
}

gboolean table_check_keys(GKeyFile *file, const char *group, const char *const *known,
                          GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL);

    for (char **key = keys; *key; key++) {
        if (!g_strv_contains(known, *key)) {
            return table_complain(error, group, "unknown key '%s'", *key);
        }
    }
    return TRUE;
}

char *table_reason(GKeyFile *file, const char *group, GError **error)
{
    char *reason = g_key_file_get_string(file, group, "reason", NULL);

    if (!reason) {
        table_complain(error, group, "no reason is given");
    }
    return reason;
}

static const char *const tool_names[N_TOOLS] = {"gcc", "clang", "binutils", "lld", "pahole"};

/* "gcc 10..". */
static gboolean parse_tool(const char *text, const char *group, When *when, GError **error)
{
    gsize n = strcspn(text, " ");

    for (Tool tool = 0; tool < N_TOOLS; tool++) {
        if (strlen(tool_names[tool]) == n && strncmp(text, tool_names[tool], n) == 0) {
            g_autofree char *span = g_strstrip(g_strdup(text + n));

            return version_span_parse(span, &when->tools[tool]) ||
                   table_complain(error, group, "with: '%s' is no span of versions", span);
        }
    }
    return table_complain(error, group, "with: '%s' is no tool that is known", text);
}

gboolean when_parse(GKeyFile *file, const char *group, When *ret_when, GError **error)
{
    g_autofree char *kernels = g_key_file_get_string(file, group, "kernels", NULL);
    g_autofree char *with = g_key_file_get_string(file, group, "with", NULL);
    g_auto(GStrv) tools = with ? g_strsplit(with, ";", -1) : NULL;
    When when = {.has_tools = with != NULL};

    if (!kernels || !version_span_parse(kernels, &when.kernels)) {
        return table_complain(error, group, "kernels: '%s' is no span of versions",
                              kernels ? kernels : "");
    }
    for (char **tool = tools; tool && *tool; tool++) {
        if (!parse_tool(g_strstrip(*tool), group, &when, error)) {
            return FALSE;
        }
    }
    *ret_when = when;
    return TRUE;
}

gboolean when_holds(const When *when, Version kernel, const ToolVersions *tools)
{
    if (!version_span_has(&when->kernels, kernel)) {
        return FALSE;
    }
    for (Tool tool = 0; when->has_tools && tool < N_TOOLS; tool++) {
        if (tools->of[tool] && version_span_has(&when->tools[tool], tools->of[tool])) {
            return TRUE;
        }
    }
    return !when->has_tools;
}
