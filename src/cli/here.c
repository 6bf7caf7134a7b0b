/* SPDX-License-Identifier: Apache-2.0
 * A revision of an existing job, as it was named by somebody who stands in a repository.
 *
 * `git bisect run` moves the HEAD of the worktree in which it was called, and that may be another
 * one than the job's tree, or a clone of it. So a name means there what it means to git there; but
 * who stands in a repository of something else (firstbad's own) names revisions of the job's tree.
 */
#include "cli/cli.h"

static gboolean is_of_tree(const Repo *here, const Repo *tree, const char *known)
{
    return g_str_equal(repo_git_dir(here), repo_git_dir(tree)) ||
           (known && repo_has_commit(here, known));
}

/* The repository where git would look, $GIT_DIR or the current folder, if it is @tree or a clone of
 * it. *ret_other: is it another, or one that cannot be read? */
static Repo *open_here(const Repo *tree, const char *known, gboolean *ret_other)
{
    const char *places[] = {g_getenv("GIT_DIR"), "."};

    *ret_other = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GError) none = NULL;
        g_autoptr(Repo) here = places[i] ? repo_open(places[i], &none) : NULL;

        if (here && is_of_tree(here, tree, known)) {
            return g_steal_pointer(&here);
        }
        *ret_other |= here || (none && !g_error_matches(none, G_IO_ERROR, G_IO_ERROR_NOT_FOUND));
    }
    return NULL;
}

/* HEAD, @, HEAD~2 and the like: what is checked out, which each worktree has for itself. */
static gboolean names_checkout(const char *revision)
{
    return g_str_has_prefix(revision, "HEAD") || *revision == '@';
}

char *cli_resolve_here(const Repo *tree, const char *known, const char *revision,
                       gboolean is_bisecting, GError **error)
{
    gboolean is_other;
    g_autoptr(Repo) here = open_here(tree, known, &is_other);
    g_autofree char *id = here ? repo_resolve(here, revision, NULL) : NULL;

    if (is_bisecting && !here && is_other && names_checkout(revision)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "'%s' is of a repository that is no clone of %s%s%s: bisect in the tree itself",
                    revision, repo_git_dir(tree), known ? " with " : "", known ? known : "");
        return NULL;
    }
    /* By its id, it still has to be in the tree. */
    return repo_resolve(tree, id ? id : revision, error);
}
