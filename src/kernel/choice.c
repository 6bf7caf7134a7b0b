/* SPDX-License-Identifier: Apache-2.0
 * The choice for a tree, asked before it is checked out: it is part of the kernel's key.
 */
#include "kernel/choice.h"

gboolean choice_version(const Repo *repo, const char *tree, Version *ret_version, GError **error)
{
    g_autofree char *makefile = NULL;
    g_autoptr(GBytes) bytes = NULL;
    gboolean there = FALSE;
    gsize n;
    const char *text;

    if (!repo_has_path(repo, tree, "Makefile", &there, error)) {
        return FALSE;
    }
    *ret_version = 0;
    if (!there) {
        return TRUE; /* make will say so */
    }
    bytes = repo_read_file(repo, tree, "Makefile", error);
    if (!bytes) {
        return FALSE;
    }
    text = g_bytes_get_data(bytes, &n);
    makefile = g_strndup(text, n);
    *ret_version = version_of_makefile(makefile);
    return TRUE;
}

Choice *choice_for_tree(const Toolchains *toolchains, const Repo *repo, const char *tree,
                        const char *config, char **ret_changes, char ***ret_notes, GError **error)
{
    g_autoptr(GPtrArray) notes = g_ptr_array_new();
    Version version = 0;
    Choice *choice;

    if (!choice_version(repo, tree, &version, error)) {
        return NULL;
    }
    choice = toolchains_choose(toolchains, version);
    *ret_changes = toolchains_config_changes(toolchains, choice, config, notes);
    g_ptr_array_add(notes, NULL);
    *ret_notes = (char **)g_ptr_array_free(g_steal_pointer(&notes), FALSE);
    return choice;
}
