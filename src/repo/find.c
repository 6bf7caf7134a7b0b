/* SPDX-License-Identifier: Apache-2.0
 * A commit that was rewritten, found again: rebased trees (linux-next, the trees of subsystems)
 * give the same change a new id. It keeps its title, and mostly its patch, which `git patch-id`
 * reduces to what does not change when lines around it move.
 */
#include <string.h>

#include "repo/git.h"

/* A title comes again ("Linux 6.1", "Merge branch ..."), and a long history costs seconds. */
#define YEARS  5
#define YEAR_S 31556952

/* The patch-id of @commit; *ret_id is NULL for one that changes nothing, or merges. */
static gboolean find_patch_id(const Repo *repo, const char *commit, char **ret_id, GError **error)
{
    g_autoptr(ProcessResult) patch =
        git_must(git_place(repo), GIT("diff-tree", "-p", "--root", commit), error);
    GitPlace place = git_place(repo);
    g_autofree char *said = NULL;

    if (!patch) {
        return FALSE;
    }
    place.input = patch->out;
    said = git_ask(place, GIT("patch-id", "--stable"), error);
    if (!said) {
        return FALSE;
    }
    said[strcspn(said, " ")] = '\0';
    *ret_id = *said ? g_steal_pointer(&said) : NULL;
    return TRUE;
}

/* All commits of @tip's last years whose title is @title, newest first. */
static GPtrArray *find_titled(const Repo *repo, const char *title, const char *tip, GError **error)
{
    g_autoptr(CommitInfo) info = repo_commit_info(repo, tip, error);
    g_autofree char *grep = g_strconcat("--grep=", title, NULL), *since = NULL, *said = NULL;
    g_auto(GStrv) lines = NULL;

    if (!info) {
        return NULL;
    }
    since =
        g_strdup_printf("--since=%" G_GINT64_FORMAT, info->author_time - YEARS * (gint64)YEAR_S);
    said = git_ask(git_place(repo),
                   GIT("log", "--format=%H %s", "--fixed-strings", grep, since, info->id), error);
    if (!said) {
        return NULL;
    }
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    lines = g_strsplit(said, "\n", -1);
    for (char **line = lines; *line; line++) {
        const char *blank = strchr(*line, ' ');

        if (blank && g_str_equal(blank + 1, title)) {
            g_ptr_array_add(found, g_strndup(*line, (gsize)(blank - *line)));
        }
    }
    return found;
}

/* Leave those of @found whose patch is that of @commit. */
static gboolean keep_same_patch(const Repo *repo, const char *commit, GPtrArray *found,
                                GError **error)
{
    g_autofree char *wanted = NULL;

    if (!find_patch_id(repo, commit, &wanted, error)) {
        return FALSE;
    }
    for (guint i = found->len; i-- > 0;) {
        g_autofree char *id = NULL;

        if (!find_patch_id(repo, found->pdata[i], &id, error)) {
            return FALSE;
        }
        if (!wanted || g_strcmp0(id, wanted) != 0) {
            g_ptr_array_remove_index(found, i);
        }
    }
    return TRUE;
}

gboolean repo_find_rewritten(const Repo *repo, const char *commit, const char *title,
                             const char *tip, char ***ret_found, GError **error)
{
    g_autofree char *wanted =
        commit && !title ? repo_subject(repo, commit, error) : g_strdup(title);
    g_autoptr(GPtrArray) found = wanted ? find_titled(repo, wanted, tip, error) : NULL;

    if (!found || (commit && !keep_same_patch(repo, commit, found, error))) {
        return FALSE;
    }
    g_ptr_array_set_free_func(found, NULL);
    g_ptr_array_add(found, NULL);
    *ret_found = (char **)g_ptr_array_free(g_steal_pointer(&found), FALSE);
    return TRUE;
}
