/* SPDX-License-Identifier: Apache-2.0
 * Why a revision's kernel lacks an option, by the revision's Kconfig files in git.
 */
#include <string.h>

#include "kernel/kernel.h"

static gboolean is_for_us(const char *path)
{
    return (!g_str_has_prefix(path, "arch/") || g_str_has_prefix(path, "arch/x86/")) &&
           !g_str_has_prefix(path, "Documentation/") && !g_str_has_prefix(path, "scripts/");
}

static void add_unmet(GStrvBuilder *unmet, char *const *expressions, GHashTable *config)
{
    for (; expressions && *expressions; expressions++) {
        g_auto(GStrv) parts = kconfig_unmet(*expressions, config);

        g_strv_builder_addv(unmet, (const char **)parts);
    }
}

/* What the files above the one at @path ask for before they read it. */
static void add_unmet_above(GStrvBuilder *unmet, const Repo *repo, const char *commit,
                            const char *path, GHashTable *config)
{
    g_autofree char *wanted = g_strdup(path), *folder = g_path_get_dirname(path);

    while (!g_str_equal(folder, ".") && !g_str_equal(folder, "/")) {
        g_autofree char *above = g_path_get_dirname(folder);
        g_autofree char *file = g_str_equal(above, ".") ? g_strdup("Kconfig")
                                                        : g_build_filename(above, "Kconfig", NULL);
        g_autoptr(GBytes) bytes = repo_read_file(repo, commit, file, NULL);
        g_auto(GStrv) depends = bytes ? kconfig_source_depends(g_bytes_get_data(bytes, NULL),
                                                               g_bytes_get_size(bytes), wanted)
                                      : NULL;

        if (depends) {
            add_unmet(unmet, depends, config);
            g_free(wanted);
            wanted = g_strdup(file);
        }
        g_free(folder);
        folder = g_steal_pointer(&above);
    }
}

/* @unmet, each once, as one sentence; NULL for none. Owned by the caller. */
static char *depends_on(char *const *unmet)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new();

    for (; *unmet; unmet++) {
        if (!g_ptr_array_find_with_equal_func(parts, *unmet, g_str_equal, NULL)) {
            g_ptr_array_add(parts, *unmet);
        }
    }
    if (!parts->len) {
        return NULL;
    }
    g_ptr_array_add(parts, NULL);
    g_autofree char *all = g_strjoinv(" && ", (char **)parts->pdata);
    return g_strconcat("depends on ", all, NULL);
}

char *config_why_off(const Repo *repo, const char *commit, const char *option, GHashTable *config)
{
    const char *symbol = option + (g_str_has_prefix(option, "CONFIG_") ? strlen("CONFIG_") : 0);
    g_autofree char *regex =
        g_strdup_printf("^[[:space:]]*(menu)?config[[:space:]]+%s[[:space:]]*$", symbol);
    g_auto(GStrv) paths = NULL;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    gboolean is_known = FALSE, has_prompt = FALSE;

    if (strspn(symbol, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_") != strlen(symbol)) {
        return NULL;
    }
    paths = repo_find_lines(repo, commit, regex, "*Kconfig*", NULL);
    for (char **path = paths; path && *path; path++) {
        g_autoptr(GBytes) bytes =
            is_for_us(*path) ? repo_read_file(repo, commit, *path, NULL) : NULL;
        g_autoptr(KconfigEntry) entry =
            bytes ? kconfig_find(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), symbol)
                  : NULL;

        if (entry) {
            is_known = TRUE;
            has_prompt |= entry->has_prompt;
            add_unmet(builder, entry->depends, config);
            add_unmet_above(builder, repo, commit, *path, config);
        }
    }
    if (!paths || !is_known) {
        return paths ? g_strdup(CONFIG_NOT_IN_KCONFIG) : NULL;
    }
    g_auto(GStrv) unmet = g_strv_builder_end(builder);
    char *reason = depends_on(unmet);
    return reason || has_prompt ? reason : g_strdup("nothing selects it");
}
