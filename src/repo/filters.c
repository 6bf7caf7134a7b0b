/* SPDX-License-Identifier: Apache-2.0
 * Programs that a repository's own settings have run for its files: filters, when they are checked
 * out, and merge drivers, when a patch is applied. Settings of the user and the machine are their
 * own, and stay. There is no way to tell git "no filters": each one that is there is set to none.
 */
#include <string.h>

#include "repo/git.h"

/* By what a setting is replaced where nothing outside of the repository says better. */
static const struct {
    const char *section, *variable, *instead;
} programs[] = {
    {"filter.", ".smudge", ""},
    {"filter.", ".clean", ""},
    {"filter.", ".process", ""},
    {"filter.", ".required", "false"},
    /* As git does it where no driver is named; with none at all a patch would seem to apply, and
     * change nothing. */
    {"merge.", ".driver", "git merge-file -q %A %O %B"},
};

/* NULL: @key names no program of that kind. */
static const char *instead_of(const char *key)
{
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        if (g_str_has_prefix(key, programs[i].section) &&
            g_str_has_suffix(key, programs[i].variable)) {
            return programs[i].instead;
        }
    }
    return NULL;
}

/* Of "SCOPE", "KEY\nVALUE" pairs: key -> value of those that the repository itself sets, where the
 * value is the one that they get. */
static GHashTable *read_replaced(GitFields fields)
{
    GHashTable *replaced = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) outside = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const char *scope, *setting;

    /* What is outside comes first. */
    while ((scope = git_next_field(&fields)) && (setting = git_next_field(&fields))) {
        const char *value = strchr(setting, '\n');
        g_autofree char *key =
            value ? g_strndup(setting, (gsize)(value - setting)) : g_strdup(setting);
        const char *instead = instead_of(key), *known = g_hash_table_lookup(outside, key);

        if (!instead) {
            continue;
        }
        if (g_str_equal(scope, "local") || g_str_equal(scope, "worktree")) {
            g_hash_table_insert(replaced, g_steal_pointer(&key), g_strdup(known ? known : instead));
        } else {
            g_hash_table_insert(outside, g_steal_pointer(&key), g_strdup(value ? value + 1 : ""));
        }
    }
    return replaced;
}

char **git_without_filters(const Repo *repo, const char *const *env, GError **error)
{
    g_autoptr(GStrvBuilder) entries = g_strv_builder_new();
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(GHashTable) replaced = NULL;
    GHashTableIter iter;
    gpointer key, value;
    guint n = GIT_CONFIG_COUNT;

    if (env) {
        g_strv_builder_addv(entries, (const char **)env);
    }
    if (repo->runs_filters) {
        return g_strv_builder_end(entries);
    }
    result = git_must(git_place(repo), GIT("config", "--list", "--show-scope", "-z"), error);
    if (!result) {
        return NULL;
    }
    replaced = read_replaced((GitFields){result->out, result->out + result->n_out});
    g_hash_table_iter_init(&iter, replaced);
    for (; g_hash_table_iter_next(&iter, &key, &value); n++) {
        g_autofree char *name = g_strdup_printf("GIT_CONFIG_KEY_%u=%s", n, (char *)key),
                        *text = g_strdup_printf("GIT_CONFIG_VALUE_%u=%s", n, (char *)value);

        g_strv_builder_add_many(entries, name, text, NULL);
    }
    g_autofree char *count = g_strdup_printf("GIT_CONFIG_COUNT=%u", n);

    g_strv_builder_add(entries, count);
    return g_strv_builder_end(entries);
}
