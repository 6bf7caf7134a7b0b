/* SPDX-License-Identifier: Apache-2.0
 * A commit with others taken back or added, made by plumbing alone: the changes are applied to an
 * index of our own, which becomes a tree. No worktree is touched, a bare repository will do, and
 * what comes out is checked out and built like any other commit.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "repo/git.h"

/* A folder with the index and the patch of the moment. */
typedef struct Bench {
    const Repo *repo;
    char *folder, *index, *patch;
    char **env;
} Bench;

static gboolean bench_open(Bench *bench, const Repo *repo, GError **error)
{
    g_autofree char *index_entry = NULL;

    bench->repo = repo;
    bench->folder = g_dir_make_tmp("firstbad-patch-XXXXXX", error);
    if (!bench->folder) {
        return FALSE;
    }
    bench->index = g_build_filename(bench->folder, "index", NULL);
    bench->patch = g_build_filename(bench->folder, "patch", NULL);
    index_entry = g_strconcat("GIT_INDEX_FILE=", bench->index, NULL);
    /* The same patches give the same commit, whoever makes it and when. */
    const char *env[] = {index_entry,
                         "GIT_AUTHOR_NAME=firstbad",
                         "GIT_AUTHOR_EMAIL=firstbad",
                         "GIT_AUTHOR_DATE=@1 +0000",
                         "GIT_COMMITTER_NAME=firstbad",
                         "GIT_COMMITTER_EMAIL=firstbad",
                         "GIT_COMMITTER_DATE=@1 +0000",
                         NULL};
    bench->env = git_without_filters(repo, env, error);
    return bench->env != NULL;
}

static void bench_clear(Bench *bench)
{
    if (bench->folder) {
        /* Of a git that was ended. */
        g_autofree char *lock = g_strconcat(bench->index, ".lock", NULL);

        g_unlink(lock);
        g_unlink(bench->index);
        g_unlink(bench->patch);
        g_rmdir(bench->folder);
    }
    g_free(bench->folder);
    g_free(bench->index);
    g_free(bench->patch);
    g_strfreev(bench->env);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bench, bench_clear)

static GitPlace bench_place(const Bench *bench)
{
    GitPlace place = git_place(bench->repo);

    place.env = (const char *const *)bench->env;
    return place;
}

/* What @said complains of: "net/tls/tls_sw.c", where git names a file; NULL where it does not. */
static char *conflicting_file(const char *said)
{
    static const char before[] = "error: patch failed: ", between[] = "Applied patch to '";
    const char *at = strstr(said, before);

    if (at) {
        at += strlen(before);
        return g_strndup(at, strcspn(at, ":\n"));
    }
    at = strstr(said, between);
    return at ? g_strndup(at + strlen(between), strcspn(at + strlen(between), "'\n")) : NULL;
}

/* What `git apply` exits with where a patch does not fit; with more where it could not do its part,
 * for want of space or memory for instance. */
#define APPLY_CONFLICT 1

/* Apply what @change changed, or the reverse of it, to the index. Where it does not apply
 * *ret_conflict is set. */
static gboolean apply(const Bench *bench, const char *change, gboolean reverse, char **ret_conflict,
                      GError **error)
{
    g_autofree char *parent = g_strconcat(change, "^1", NULL);
    g_autofree char *output = g_strconcat("--output=", bench->patch, NULL);
    g_autofree char *made =
        git_ask(bench_place(bench),
                GIT("diff-tree", "-p", "--binary", "--full-index", "--no-ext-diff", "--no-textconv",
                    "--no-renames", "--src-prefix=a/", "--dst-prefix=b/", output, parent, change),
                error);
    const char *const *args =
        GIT("apply", "--cached", "--3way", "--whitespace=nowarn", "--no-ignore-whitespace",
            bench->patch, reverse ? "--reverse" : NULL);
    g_autoptr(ProcessResult) result = NULL;
    GStatBuf made_file;

    if (!made) {
        return FALSE;
    }
    if (g_stat(bench->patch, &made_file) != 0 || made_file.st_size == 0) {
        return TRUE; /* it changes nothing */
    }
    if (!git_run(bench_place(bench), args, &result, error)) {
        return FALSE;
    }
    if (process_succeeded(result)) {
        return TRUE;
    }
    if (result->exit_status != APPLY_CONFLICT) {
        git_set_error(error, bench_place(bench), args, result);
        return FALSE;
    }
    g_autofree char *file = conflicting_file(result->err);
    *ret_conflict =
        g_strdup_printf("%.12s cannot be %s%s%s", change, reverse ? "taken back" : "added",
                        file ? ": conflict in " : "", file ? file : "");
    return TRUE;
}

static gboolean apply_all(const Bench *bench, const char *const *changes, gboolean reverse,
                          char **ret_conflict, GError **error)
{
    for (; changes && *changes && !*ret_conflict; changes++) {
        if (!apply(bench, *changes, reverse, ret_conflict, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean repo_patch(const Repo *repo, const char *commit, const char *const *reverts,
                    const char *const *picks, char **ret_patched, char **ret_conflict,
                    GError **error)
{
    g_auto(Bench) bench = {0};
    g_autofree char *read = NULL, *tree = NULL, *conflict = NULL, *patched = NULL;

    if (!bench_open(&bench, repo, error)) {
        return FALSE;
    }
    read = git_ask(bench_place(&bench), GIT("read-tree", commit), error);
    if (!read || !apply_all(&bench, reverts, TRUE, &conflict, error) ||
        !apply_all(&bench, picks, FALSE, &conflict, error)) {
        return FALSE;
    }
    if (!conflict) {
        tree = git_ask(bench_place(&bench), GIT("write-tree"), error);
        patched = tree ? git_ask(bench_place(&bench),
                                 GIT("commit-tree", tree, "-p", commit, "-m",
                                     "firstbad: patched for a build"),
                                 error)
                       : NULL;
        if (!patched) {
            return FALSE;
        }
    }
    *ret_patched = g_steal_pointer(&patched);
    *ret_conflict = g_steal_pointer(&conflict);
    return TRUE;
}
