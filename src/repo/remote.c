/* SPDX-License-Identifier: Apache-2.0
 * Commits that the user's repository has not, fetched beside it: into a bare repository of ours
 * that borrows his objects and sees his refs, so that nothing is fetched twice and nothing of his
 * is written. What comes is a partial clone: commits and trees at once, files when they are checked
 * out.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "repo/git.h"

static gboolean git_do(GitPlace place, const char *const *args, GError **error)
{
    g_autoptr(ProcessResult) result = git_must(place, args, error);

    return result != NULL;
}

/* An empty bare repository at @folder that borrows the objects of @repo. */
static gboolean prepare(const Repo *repo, GitPlace place, GError **error)
{
    g_autofree char *alternates =
        g_build_filename(place.git_dir, "objects", "info", "alternates", NULL);
    g_autofree char *objects = g_strconcat(repo->common_dir, "/objects\n", NULL);

    if (g_mkdir_with_parents(place.git_dir, 0700) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s cannot be made", place.git_dir);
        return FALSE;
    }
    return git_do(place, GIT("init", "--quiet", "--bare"), error) &&
           g_file_set_contents(alternates, objects, -1, error);
}

/* Names under which what was fetched is kept. */
#define FETCHED "fetched-"

/* Take the refs away that are no longer his: one of another's name may be in the way of a new one,
 * and what they name may be gone, since it was borrowed. Tags that were fetched come again. */
static gboolean drop_refs(GitPlace place, GHashTable *his, GError **error)
{
    g_autofree char *text = git_ask(place, GIT("for-each-ref", "--format=%(refname)"), error);
    g_auto(GStrv) names = text ? g_strsplit(text, "\n", -1) : NULL;
    g_autoptr(GString) input = g_string_new(NULL);

    if (!text) {
        return FALSE;
    }
    for (char **name = names; *name; name++) {
        if (**name && !g_hash_table_contains(his, *name) &&
            !g_str_has_prefix(*name, "refs/remotes/" FETCHED)) {
            g_string_append_printf(input, "delete %s\n", *name);
        }
    }
    place.input = input->str;
    return !input->len || git_do(place, GIT("update-ref", "--no-deref", "--stdin"), error);
}

/* His refs and his HEAD. No object moves. */
static gboolean take_refs(const Repo *repo, GitPlace place, GError **error)
{
    g_autofree char *head = repo_resolve(repo, "HEAD", NULL);
    g_autofree char *refs =
        git_ask(git_place(repo), GIT("for-each-ref", "--format=%(refname) %(objectname)"), error);
    g_auto(GStrv) lines = refs ? g_strsplit(refs, "\n", -1) : NULL;
    g_autoptr(GHashTable) his = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GString) input = g_string_new(NULL);

    if (!refs) {
        return FALSE;
    }
    for (char **line = lines; *line && **line; line++) {
        g_string_append_printf(input, "update %s\n", *line);
        g_hash_table_add(his, g_strndup(*line, strcspn(*line, " ")));
    }
    if (!drop_refs(place, his, error)) {
        return FALSE;
    }
    place.input = input->str;
    if (!git_do(place, GIT("update-ref", "--no-deref", "--stdin"), error)) {
        return FALSE;
    }
    place.input = NULL;
    return !head || git_do(place, GIT("update-ref", "--no-deref", "HEAD", head), error);
}

/* "URL" or "URL#REF". */
static gboolean fetch(GitPlace place, const char *from, GError **error)
{
    const char *hash = strrchr(from, '#');
    g_autofree char *url = hash ? g_strndup(from, (gsize)(hash - from)) : g_strdup(from);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, url, -1);
    g_autofree char *name = g_strdup_printf(FETCHED "%.8s", sum);
    g_autofree char *key = g_strdup_printf("remote.%s.url", name);
    g_autofree char *what =
        hash ? g_strdup_printf("+%s:refs/remotes/%s/%s", hash + 1, name, hash + 1)
             : g_strdup_printf("+refs/heads/*:refs/remotes/%s/*", name);

    if (*url == '-' || !*url || (hash && (!hash[1] || hash[1] == '-'))) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%s' is no URL", from);
        return FALSE;
    }
    return git_do(place, GIT("config", key, url), error) &&
           git_do(
               place,
               GIT("fetch", "--quiet", "--no-write-fetch-head", "--filter=blob:none", name, what),
               error);
}

gboolean repo_fetch_beside(const Repo *repo, const char *const *urls, const char *folder,
                           GError **error)
{
    GitPlace place = {.git_dir = folder};

    if (repo->shallow) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "nothing can be fetched beside a shallow repository: `git fetch --unshallow` "
                    "there first");
        return FALSE;
    }
    if (!prepare(repo, place, error) || !take_refs(repo, place, error)) {
        return FALSE;
    }
    for (; *urls; urls++) {
        if (!fetch(place, *urls, error)) {
            g_prefix_error(error, "%s: ", *urls);
            return FALSE;
        }
    }
    return TRUE;
}
