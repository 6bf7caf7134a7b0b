/* SPDX-License-Identifier: Apache-2.0
 * Opening a repository, and what its commits are to each other.
 */
#include "repo/repo.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "repo/git.h"

void repo_free(Repo *repo)
{
    if (!repo) {
        return;
    }
    g_hash_table_unref(repo->commits);
    g_free(repo->path);
    g_free(repo->git_dir);
    g_free(repo->common_dir);
    g_free(repo);
}

/* Why @path is not a folder that we may enter, or 0. */
static int folder_errno(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        return errno;
    }
    if (!S_ISDIR(status.st_mode)) {
        return ENOTDIR;
    }
    return access(path, R_OK | X_OK) == 0 ? 0 : errno;
}

Repo *repo_open(const char *path, GError **error)
{
    const char *argv[] = {"git",
                          "rev-parse",
                          "--path-format=absolute",
                          "--absolute-git-dir",
                          "--git-common-dir",
                          "--is-shallow-repository",
                          NULL};
    ProcessSpec spec = {.argv = argv, .cwd = path, .env = git_env()};
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(Repo) repo = NULL;
    g_auto(GStrv) lines = NULL;
    int failed = folder_errno(path);

    if (failed) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(failed), "%s: %s", path,
                    g_strerror(failed));
        return NULL;
    }
    if (!process_run(&spec, &result, error)) {
        g_prefix_error(error, "starting git (is it installed?): ");
        return NULL;
    }
    lines = g_strsplit(result->out, "\n", -1);
    if (!process_succeeded(result) || g_strv_length(lines) < 3) {
        g_autofree char *said = g_strstrip(g_strdup(result->err));

        if (strstr(said, "not a git repository")) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                        "%s is not a git repository (nor in one)", path);
        } else {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path, said);
        }
        return NULL;
    }
    repo = g_new0(Repo, 1);
    repo->path = g_strdup(path);
    repo->git_dir = g_strdup(lines[0]);
    repo->common_dir = g_strdup(lines[1]);
    repo->shallow = g_str_equal(lines[2], "true");
    repo->commits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return g_steal_pointer(&repo);
}

void repo_run_filters(Repo *repo)
{
    repo->runs_filters = TRUE;
}

const char *repo_git_dir(const Repo *repo)
{
    return repo->common_dir;
}

char **repo_git_folders(const Repo *repo)
{
    /* git finds lenders of lenders, and makes relative names absolute. */
    g_autofree char *text = git_ask(git_place(repo), GIT("count-objects", "--verbose"), NULL);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    g_autoptr(GStrvBuilder) folders = g_strv_builder_new();

    g_strv_builder_add(folders, repo->common_dir);
    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, "alternate: ")) {
            g_strv_builder_add(folders, *line + strlen("alternate: "));
        }
    }
    return g_strv_builder_end(folders);
}

gboolean repo_is_shallow(const Repo *repo)
{
    return repo->shallow;
}

char *repo_history_flaw(const Repo *repo)
{
    g_autofree char *grafts = g_build_filename(repo->common_dir, "info", "grafts", NULL);
    g_autofree char *replaced =
        git_ask(git_place(repo),
                GIT("for-each-ref", "--count=1", "--format=%(refname)", "refs/replace/"), NULL);

    if (repo->shallow) {
        return g_strdup("the repository is shallow: `git fetch --unshallow` brings the rest");
    }
    if (g_file_test(grafts, G_FILE_TEST_EXISTS)) {
        return g_strdup_printf("commits have other parents by %s: without it the history is whole",
                               grafts);
    }
    if (replaced && *replaced) {
        return g_strdup("commits are replaced: `git replace --list` names them, and without them "
                        "the history is whole");
    }
    return NULL;
}

/* The line in which git says that an object is damaged; NULL: it does not. Owned by the caller. */
static char *damage_of(const char *git_said)
{
    g_auto(GStrv) lines = g_strsplit(git_said, "\n", -1);

    for (char **line = lines; *line; line++) {
        const char *what = strstr(*line, ": "); /* behind "error" or "fatal" */

        if (what && (strstr(what, "corrupt") || strstr(what, "inflate") ||
                     g_str_has_suffix(what, "is empty"))) {
            return g_strdup(what + 2);
        }
    }
    return NULL;
}

/* Why @revision could not be resolved, and what to do. */
static void set_no_revision(const Repo *repo, const char *revision, const char *git_said,
                            GError **error)
{
    const char *ambiguous = strstr(git_said, "is ambiguous");
    g_autofree char *damage = ambiguous ? NULL : damage_of(git_said);
    const char *why = "no such commit here";
    const char *remedy = "";

    if (ambiguous) {
        why = "this short name fits several objects; give more digits";
    } else if (damage) {
        why = damage;
        remedy = " ('git fsck' there lists all that is damaged)";
    } else if (repo->shallow) {
        remedy = " (the repository is shallow: `git fetch --unshallow` brings the rest)";
    } else if (git_is_id(revision)) {
        remedy = " (fetch the branch that has it)";
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "revision '%s': %s: %s%s", revision, why,
                repo->path, remedy);
}

char *repo_resolve(const Repo *repo, const char *revision, GError **error)
{
    /* ":/words" takes all that follows for words, and is a commit anyway. */
    g_autofree char *peeled =
        g_strconcat(revision, g_str_has_prefix(revision, ":/") ? "" : "^{commit}", NULL);
    const char *args[] = {"rev-parse", "--verify", "--end-of-options", peeled, NULL};
    g_autoptr(ProcessResult) result = NULL;

    if (g_hash_table_contains(repo->commits, revision)) {
        return g_strdup(revision);
    }
    /* '^x' is a name to git, but means "not x". */
    if (*revision == '\0' || *revision == '-' || *revision == '^' || strchr(revision, '\n')) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "revision '%s': not the name of a commit", revision);
        return NULL;
    }
    if (!git_run(git_place(repo), args, &result, error)) {
        return NULL;
    }
    g_strchomp(result->out);
    if (!process_succeeded(result) || !git_is_id(result->out)) {
        set_no_revision(repo, revision, result->err, error);
        return NULL;
    }
    g_hash_table_add(repo->commits, g_strdup(result->out));
    return g_steal_pointer(&result->out);
}

gboolean repo_has_commit(const Repo *repo, const char *id)
{
    g_autofree char *peeled = g_strconcat(id, "^{commit}", NULL);
    g_autoptr(ProcessResult) result = NULL;
    GitPlace place = git_place(repo);

    place.offline = TRUE;
    return git_is_id(id) && git_run(place, GIT("cat-file", "-e", peeled), &result, NULL) &&
           process_succeeded(result);
}

char *repo_tree_id(const Repo *repo, const char *commit, GError **error)
{
    g_autofree char *name = g_strconcat(commit, "^{tree}", NULL);

    char *id =
        git_ask(git_place(repo), GIT("rev-parse", "--verify", "--end-of-options", name), error);

    if (!id) {
        g_prefix_error(error, "the tree of %.12s cannot be read: ", commit);
    }
    return id;
}

gboolean repo_is_ancestor(const Repo *repo, const char *ancestor, const char *descendant,
                          gboolean *ret_yes, GError **error)
{
    const char *args[] = {"merge-base", "--is-ancestor", "--end-of-options",
                          ancestor,     descendant,      NULL};
    g_autoptr(ProcessResult) result = NULL;

    if (!git_run(git_place(repo), args, &result, error)) {
        return FALSE;
    }
    if (result->exit_status != 0 && result->exit_status != 1) {
        git_set_error(error, git_place(repo), args, result);
        return FALSE;
    }
    *ret_yes = result->exit_status == 0;
    return TRUE;
}

gint64 repo_count_commits(const Repo *repo, const char *older, const char *newer, guint most,
                          GError **error)
{
    g_autofree char *until = g_strdup_printf("--max-count=%u", most);
    g_autofree char *not_from = g_strconcat("^", older, NULL);
    g_autofree char *text =
        git_ask(git_place(repo), GIT("rev-list", "--count", until, newer, not_from), error);

    return text ? g_ascii_strtoll(text, NULL, 10) : -1;
}

char **repo_merge_bases(const Repo *repo, const char *a, const char *b, GError **error)
{
    const char *args[] = {"merge-base", "--all", "--end-of-options", a, b, NULL};
    g_autoptr(ProcessResult) result = NULL;

    if (!git_run(git_place(repo), args, &result, error)) {
        return NULL;
    }
    /* Exit status 1 without a word: they have no common history. */
    if (!process_succeeded(result) && !(result->exit_status == 1 && *result->err == '\0')) {
        git_set_error(error, git_place(repo), args, result);
        return NULL;
    }
    g_strchomp(result->out);
    return g_strsplit(result->out, "\n", -1);
}

gboolean repo_has_path(const Repo *repo, const char *tree, const char *path, gboolean *ret_yes,
                       GError **error)
{
    g_autofree char *entry =
        git_ask(git_place(repo), GIT("ls-tree", "--full-tree", tree, "--", path), error);

    if (!entry) {
        return FALSE;
    }
    *ret_yes = *entry != '\0';
    return TRUE;
}

gboolean repo_differ(const Repo *repo, const char *one, const char *other,
                     const char *const *pathspecs, gboolean *ret_yes, GError **error)
{
    g_autoptr(GStrvBuilder) args = g_strv_builder_new();
    g_auto(GStrv) argv = NULL;
    g_autoptr(ProcessResult) result = NULL;

    g_strv_builder_add_many(args, "diff-tree", "-r", "--quiet", one, other, "--", NULL);
    g_strv_builder_addv(args, (const char **)pathspecs);
    argv = g_strv_builder_end(args);
    if (!git_run(git_place(repo), (const char *const *)argv, &result, error)) {
        return FALSE;
    }
    if (result->exit_status != 0 && result->exit_status != 1) {
        git_set_error(error, git_place(repo), (const char *const *)argv, result);
        return FALSE;
    }
    *ret_yes = result->exit_status == 1;
    return TRUE;
}

char **repo_find_lines(const Repo *repo, const char *commit, const char *regex,
                       const char *pathspec, GError **error)
{
    const char *const *args =
        GIT("grep", "--full-name", "-l", "-z", "-I", "-E", "-e", regex, commit, "--", pathspec);
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(GStrvBuilder) paths = g_strv_builder_new();
    gsize n_prefix = strlen(commit) + 1; /* "COMMIT:PATH" */

    if (!git_run(git_place(repo), args, &result, error)) {
        return NULL;
    }
    /* 1: no line matches. */
    if (!process_succeeded(result) && (result->exit_status != 1 || result->n_out > 0)) {
        git_set_error(error, git_place(repo), args, result);
        return NULL;
    }
    for (gsize i = 0; i < result->n_out; i += strlen(result->out + i) + 1) {
        if (strlen(result->out + i) > n_prefix) {
            g_strv_builder_add(paths, result->out + i + n_prefix);
        }
    }
    return g_strv_builder_end(paths);
}

GBytes *repo_read_file(const Repo *repo, const char *commit, const char *path, GError **error)
{
    g_autofree char *name = g_strconcat(commit, ":", path, NULL);
    g_autoptr(ProcessResult) result =
        git_must(git_place(repo), GIT("cat-file", "blob", name), error);

    if (!result) {
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&result->out), result->n_out);
}
