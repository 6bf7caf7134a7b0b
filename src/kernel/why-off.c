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

/* What the tree's Kconfig files say of an option. */
typedef struct Findings {
    gboolean is_known, has_prompt;
    char **unmet; /* expressions that are false; NULL: git could not tell */
} Findings;

static void findings_clear(Findings *findings)
{
    g_strfreev(findings->unmet);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Findings, findings_clear)

/* "SMC" of "CONFIG_SMC"; NULL when that is no name of an option. */
static const char *symbol_of(const char *option)
{
    const char *symbol = option + (g_str_has_prefix(option, "CONFIG_") ? strlen("CONFIG_") : 0);

    return *symbol && strspn(symbol, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_") == strlen(symbol)
               ? symbol
               : NULL;
}

static void look_for(const Repo *repo, const char *commit, const char *symbol, GHashTable *config,
                     Findings *findings)
{
    g_autofree char *regex =
        g_strdup_printf("^[[:space:]]*(menu)?config[[:space:]]+%s[[:space:]]*$", symbol);
    g_auto(GStrv) paths = repo_find_lines(repo, commit, regex, "*Kconfig*", NULL);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (char **path = paths; path && *path; path++) {
        g_autoptr(GBytes) bytes =
            is_for_us(*path) ? repo_read_file(repo, commit, *path, NULL) : NULL;
        g_autoptr(KconfigEntry) entry =
            bytes ? kconfig_find(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), symbol)
                  : NULL;

        if (entry) {
            findings->is_known = TRUE;
            findings->has_prompt |= entry->has_prompt;
            add_unmet(builder, entry->depends, config);
            add_unmet_above(builder, repo, commit, *path, config);
        }
    }
    findings->unmet = paths ? g_strv_builder_end(builder) : NULL;
}

char *config_why_off(const Repo *repo, const char *commit, const char *option, GHashTable *config)
{
    const char *symbol = symbol_of(option);
    g_auto(Findings) findings = {0};
    char *reason;

    if (symbol) {
        look_for(repo, commit, symbol, config, &findings);
    }
    if (!findings.unmet || !findings.is_known) {
        return findings.unmet ? g_strdup(CONFIG_NOT_IN_KCONFIG) : NULL;
    }
    reason = depends_on(findings.unmet);
    return reason || findings.has_prompt ? reason : g_strdup("nothing selects it");
}

/* Options that select @symbol. */
static void add_selectors(GStrvBuilder *options, const Repo *repo, const char *commit,
                          const char *symbol)
{
    g_autofree char *regex =
        g_strdup_printf("^[[:space:]]+select[[:space:]]+%s([[:space:]]|$)", symbol);
    g_auto(GStrv) paths = repo_find_lines(repo, commit, regex, "*Kconfig*", NULL);

    for (char **path = paths; path && *path; path++) {
        g_autoptr(GBytes) bytes =
            is_for_us(*path) ? repo_read_file(repo, commit, *path, NULL) : NULL;
        g_auto(GStrv) names = bytes ? kconfig_selectors(g_bytes_get_data(bytes, NULL),
                                                        g_bytes_get_size(bytes), symbol)
                                    : NULL;

        for (char **name = names; name && *name; name++) {
            g_autofree char *option = g_strconcat("CONFIG_", *name, NULL);

            g_strv_builder_add(options, option);
        }
    }
}

char **config_needs(const Repo *repo, const char *commit, const char *option, GHashTable *config)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    const char *symbol = symbol_of(option);
    g_auto(Findings) findings = {0};

    g_strv_builder_add(builder, option);
    if (symbol) {
        look_for(repo, commit, symbol, config, &findings);
        for (char **expression = findings.unmet; expression && *expression; expression++) {
            g_auto(GStrv) named = kconfig_options(*expression);

            g_strv_builder_addv(builder, (const char **)named);
        }
        if (findings.unmet && !*findings.unmet && !findings.has_prompt) {
            add_selectors(builder, repo, commit, symbol);
        }
    }
    return g_strv_builder_end(builder);
}
