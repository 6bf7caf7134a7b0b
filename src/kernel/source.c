/* SPDX-License-Identifier: Apache-2.0
 * Variants resolved: patches by git's plumbing, configs from the job's folder.
 */
#include "kernel/source.h"

#include "kernel/variant.h"

void build_source_clear(BuildSource *source)
{
    g_clear_pointer(&source->commit, g_free);
    g_clear_pointer(&source->conflict, g_free);
    g_clear_pointer(&source->config, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BuildSource, build_source_clear)

static gboolean resolve_config(const KernelBuildOptions *options, const char *config_text,
                               const Variant *variant, BuildSource *source, GError **error)
{
    g_autofree char *path = NULL;

    if (!variant->config) {
        source->config = g_strdup(config_text);
        return TRUE;
    }
    if (!options->config_dir) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "config %.12s: there is no other",
                    variant->config);
        return FALSE;
    }
    path = g_build_filename(options->config_dir, variant->config, NULL);
    return g_file_get_contents(path, &source->config, NULL, error);
}

gboolean build_source_resolve(const Repo *repo, const KernelBuildOptions *options,
                              const char *config_text, const char *name, BuildSource *ret_source,
                              GError **error)
{
    g_autoptr(Variant) variant = variant_parse(name);
    g_auto(BuildSource) source = {0};

    if (!variant) {
        ret_source->commit = repo_resolve(repo, name, error);
        ret_source->config = g_strdup(config_text);
        return ret_source->commit != NULL;
    }
    if (!resolve_config(options, config_text, variant, &source, error)) {
        return FALSE;
    }
    if (!variant->reverts[0] && !variant->picks[0]) {
        source.commit = g_strdup(variant->commit);
    } else if (!repo_patch(repo, variant->commit, (const char *const *)variant->reverts,
                           (const char *const *)variant->picks, &source.commit, &source.conflict,
                           error)) {
        return FALSE;
    }
    *ret_source = source;
    source = (BuildSource){0};
    return TRUE;
}
