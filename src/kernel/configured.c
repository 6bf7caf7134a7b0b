/* SPDX-License-Identifier: Apache-2.0
 * A configuration that is known.
 *
 * olddefconfig reads 1,400 files and asks compiler and linker for some hundred abilities: 3 s of
 * CPU time for what mostly comes to the same as for the revision before. It is the same where the
 * programs and the wanted config are, and none of the files differ that can have a say: Kconfig
 * files, whatever lies below scripts/, where the helpers of $(shell) are, and the Makefiles that
 * export variables to Kconfig. The rule is wider than needed: a file too many costs 3 s, one too
 * few a wrong kernel.
 *
 * It is remembered by the builder and not in a file, since a file outlives upgrades of what the
 * config asks for (pahole, openssl), and would have to be kept from the builds.
 */
#include "kernel/configured.h"

/* For git. A '*' is of any length, and goes over slashes. */
static const char *const pathspecs[] = {
    "*config*", "*Config*", "*.sh", "scripts", "Makefile", "arch/*Makefile*", "arch/*/tools", NULL,
};

void configured_clear(Configured *configured)
{
    g_clear_pointer(&configured->tree_id, g_free);
    g_clear_pointer(&configured->inputs, g_free);
    g_clear_pointer(&configured->config, g_free);
}

void configured_keep(Configured *configured, const char *tree_id, const char *inputs,
                     const char *config)
{
    const Configured kept = {g_strdup(tree_id), g_strdup(inputs), g_strdup(config)};

    configured_clear(configured);
    *configured = kept;
}

const char *configured_find(const Configured *configured, const Repo *repo, const char *tree_id,
                            const char *inputs, GError **error)
{
    gboolean differ = TRUE;

    if (g_strcmp0(configured->inputs, inputs) != 0 ||
        !repo_differ(repo, configured->tree_id, tree_id, pathspecs, &differ, error)) {
        return NULL;
    }
    return differ ? NULL : configured->config;
}
