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

/* His refs and his HEAD. No object moves. */
static gboolean take_refs(const Repo *repo, GitPlace place, GError **error)
{
    g_autofree char *head = repo_resolve(repo, "HEAD", NULL);
    g_autofree char *refs = git_ask(
        git_place(repo), GIT("for-each-ref", "--format=update %(refname) %(objectname)"), error);

    if (!refs) {
        return FALSE;
    }
    g_autofree char *input = g_strconcat(refs, *refs ? "\n" : "", NULL);
    place.input = input;
    return git_do(place, GIT("update-ref", "--no-deref", "--stdin"), error) &&
           (!head || git_do(place, GIT("update-ref", "--no-deref", "HEAD", head), error));
}

/* "URL" or "URL#REF". */
static gboolean fetch(GitPlace place, const char *from, GError **error)
{
    const char *hash = strrchr(from, '#');
    g_autofree char *url = hash ? g_strndup(from, (gsize)(hash - from)) : g_strdup(from);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, url, -1);
    g_autofree char *name = g_strdup_printf("fetched-%.8s", sum);
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
