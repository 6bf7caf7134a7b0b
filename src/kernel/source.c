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
    g_clear_pointer(&source->patches, g_strfreev);
    g_clear_pointer(&source->unpatched, g_strfreev);
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

/* The commit that @variant names, with its own patches; or the conflict. */
static gboolean resolve_commit(const Repo *repo, const Variant *variant, BuildSource *source,
                               GError **error)
{
    if (!variant->reverts[0] && !variant->picks[0]) {
        source->commit = g_strdup(variant->commit);
        return TRUE;
    }
    return repo_patch(repo, variant->commit, (const char *const *)variant->reverts,
                      (const char *const *)variant->picks, &source->commit, &source->conflict,
                      error);
}

/* Put the fixes on top that @variant's revision wants, but for those that it names itself. */
static gboolean add_fixes(Picks *picks, const Variant *variant, BuildSource *source, GError **error)
{
    Picked picked;

    if (!picks_apply(picks, variant->commit, source->commit, (const char *const *)variant->picks,
                     &picked, error)) {
        return FALSE;
    }
    g_free(source->commit);
    source->commit = picked.commit;
    source->patches = picked.patches;
    source->unpatched = picked.unpatched;
    return TRUE;
}

gboolean build_source_resolve(const Repo *repo, const KernelBuildOptions *options, Picks *picks,
                              const char *config_text, const char *name, BuildSource *ret_source,
                              GError **error)
{
    g_autofree char *resolved = NULL;
    g_autoptr(Variant) variant = variant_parse(name);
    g_auto(BuildSource) source = {0};

    if (!variant) {
        resolved = repo_resolve(repo, name, error);
        variant = resolved ? variant_parse(resolved) : NULL;
    }
    if (!variant || !resolve_config(options, config_text, variant, &source, error) ||
        !resolve_commit(repo, variant, &source, error) ||
        (source.commit && !add_fixes(picks, variant, &source, error))) {
        return FALSE;
    }
    *ret_source = source;
    source = (BuildSource){0};
    return TRUE;
}
