/* SPDX-License-Identifier: Apache-2.0
 * Worktrees of our own in the user's repository.
 *
 * A linked worktree is three things: the folder, a file `.git` in it that names an administrative
 * folder COMMON/worktrees/NAME, and in that a file `gitdir` that names the `.git` file. kill -9 can
 * leave any of them alone, and a stale `index.lock` with a checkout half done. `git worktree prune`
 * would mend this, but for the user's worktrees as well (one of his may be on a disk that is not
 * mounted now); so here only what names our own path is touched, and what was never a worktree of
 * anybody's.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "repo/git.h"

/* A `git worktree add` that is only begun is watched for three seconds. */
#define ADD_WAIT_US 100000
#define ADD_WAITS   30

/* What @file in @dir names after @prefix, absolute; NULL when it names nothing. A relative name
 * (worktree.useRelativePaths) begins at the real folder, whatever link we came by. */
static char *read_name(const char *dir, const char *file, const char *prefix)
{
    g_autofree char *path = g_build_filename(dir, file, NULL);
    g_autofree char *real_dir = realpath(dir, NULL);
    g_autofree char *text = NULL;
    const char *name;

    if (!real_dir || !g_file_get_contents(path, &text, NULL, NULL) ||
        !g_str_has_prefix(text, prefix)) {
        return NULL;
    }
    name = g_strstrip(text + strlen(prefix));
    return *name ? g_canonicalize_filename(name, real_dir) : NULL;
}

/* The administrative folder that the `.git` file of a worktree at @path names. */
static char *read_admin_dir(const char *path)
{
    return read_name(path, ".git", "gitdir: ");
}

/* As git writes a worktree down: absolute, and through no links, as far as the folders above exist.
 * The last name stays; nothing may be there yet, or no longer. */
static char *absolute(const char *path)
{
    g_autofree char *full = g_canonicalize_filename(path, NULL);
    g_autofree char *name = g_path_get_basename(full);
    g_autofree char *parent = g_path_get_dirname(full);
    g_autofree char *real_parent = realpath(parent, NULL);

    if (!real_parent) {
        real_parent = absolute(parent);
    }
    return g_build_filename(real_parent, name, NULL);
}

/* The folder of the worktree that @admin_dir belongs to, as absolute() gives it. */
static char *read_folder(const char *admin_dir)
{
    g_autofree char *dot_git = read_name(admin_dir, "gitdir", "");
    g_autofree char *folder = dot_git ? g_path_get_dirname(dot_git) : NULL;

    return folder ? absolute(folder) : NULL;
}

/* Do two names lead to the same folder, be it through links? */
static gboolean same_folder(const char *a, const char *b)
{
    GStatBuf status_a, status_b;

    return g_stat(a, &status_a) == 0 && g_stat(b, &status_b) == 0 &&
           status_a.st_dev == status_b.st_dev && status_a.st_ino == status_b.st_ino;
}

/* Is it COMMON/worktrees/NAME? A submodule of the user's has its own at COMMON/modules/NAME. */
static gboolean is_in_our_repository(const Repo *repo, const char *admin_dir)
{
    g_autofree char *worktrees = g_path_get_dirname(admin_dir);
    g_autofree char *name = g_path_get_basename(worktrees);
    g_autofree char *common_dir = g_path_get_dirname(worktrees);

    return g_str_equal(name, "worktrees") && same_folder(common_dir, repo->common_dir);
}

static gboolean is_empty_file(const char *path)
{
    GStatBuf status;

    return g_lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

/* Do the three things exist and name each other? */
static gboolean is_whole(const Repo *repo, const char *path, const char *admin_dir)
{
    g_autofree char *head = g_build_filename(admin_dir, "HEAD", NULL);
    g_autofree char *common = g_build_filename(admin_dir, "commondir", NULL);
    g_autofree char *folder = read_folder(admin_dir);

    return is_in_our_repository(repo, admin_dir) && folder && same_folder(folder, path) &&
           g_file_test(head, G_FILE_TEST_IS_REGULAR) && g_file_test(common, G_FILE_TEST_IS_REGULAR);
}

/* Remove a folder with all that is in it, links not followed. What is named @last in it goes last,
 * so that an interrupted removal can be told for what it is. */
static gboolean remove_tree(const char *path, const char *last, GError **error)
{
    g_autoptr(GDir) dir = NULL;
    const char *name;
    int failed;

    if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
        dir = g_dir_open(path, 0, error);
        if (!dir) {
            return FALSE;
        }
        while ((name = g_dir_read_name(dir))) {
            g_autofree char *child = g_build_filename(path, name, NULL);

            if (g_strcmp0(name, last) != 0 && !remove_tree(child, NULL, error)) {
                return FALSE;
            }
        }
        if (last) {
            g_autofree char *child = g_build_filename(path, last, NULL);

            if (!remove_tree(child, NULL, error)) {
                return FALSE;
            }
        }
    }
    failed = g_remove(path) == 0 ? 0 : errno;
    if (failed && failed != ENOENT) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(failed), "removing %s: %s", path,
                    g_strerror(failed));
        return FALSE;
    }
    return TRUE;
}

/* Remove the administrative folders that name @path: of a worktree that is no more, or half
 * made. */
static gboolean forget(const Repo *repo, const char *path, GError **error)
{
    g_autofree char *worktrees = g_build_filename(repo->common_dir, "worktrees", NULL);
    g_autoptr(GDir) dir = g_dir_open(worktrees, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *admin_dir = g_build_filename(worktrees, name, NULL);
        g_autofree char *folder = read_folder(admin_dir);

        if (g_strcmp0(folder, path) == 0 && !remove_tree(admin_dir, NULL, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Is @admin_dir that of a `git worktree add` that works just now, or ended before its worktree had
 * a commit or an index? git writes where it will be first, then an id of zeros. */
static gboolean is_begun(const char *admin_dir)
{
    g_autofree char *named = g_build_filename(admin_dir, "gitdir", NULL);
    g_autofree char *index = g_build_filename(admin_dir, "index", NULL);
    g_autofree char *common = g_build_filename(admin_dir, "commondir", NULL);
    g_autofree char *path = g_build_filename(admin_dir, "HEAD", NULL);
    g_autofree char *head = NULL;

    if (!g_file_test(named, G_FILE_TEST_IS_REGULAR) || g_file_test(index, G_FILE_TEST_EXISTS)) {
        return FALSE;
    }
    return is_empty_file(common) || !g_file_test(path, G_FILE_TEST_EXISTS) ||
           (g_file_get_contents(path, &head, NULL, NULL) && strspn(head, "0\n") == strlen(head));
}

/* Of @admin_dirs only those that are still begun and no more. */
static void keep_begun(GPtrArray *admin_dirs)
{
    for (guint i = admin_dirs->len; i-- > 0;) {
        if (!is_begun(g_ptr_array_index(admin_dirs, i))) {
            g_ptr_array_remove_index(admin_dirs, i);
        }
    }
}

/* Remove what a `git worktree add` that was killed has begun, whoever asked for it: with an empty
 * commondir in the repository every git that lists its worktrees ends, with a HEAD of zeros fetch
 * and gc, with none fsck, and prune spares what git locked meanwhile. A living one is done with
 * this within milliseconds. What cannot be removed is for git to speak of. */
static void forget_begun(const Repo *repo)
{
    g_autofree char *worktrees = g_build_filename(repo->common_dir, "worktrees", NULL);
    g_autoptr(GDir) dir = g_dir_open(worktrees, 0, NULL);
    g_autoptr(GPtrArray) begun = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_ptr_array_add(begun, g_build_filename(worktrees, name, NULL));
    }
    keep_begun(begun);
    for (guint i = 0; i < ADD_WAITS && begun->len > 0; i++) {
        g_usleep(ADD_WAIT_US);
        keep_begun(begun);
    }
    for (guint i = 0; i < begun->len; i++) {
        g_autoptr(GError) error = NULL;

        if (!remove_tree(g_ptr_array_index(begun, i), "gitdir", &error)) {
            g_debug("%s", error->message);
        }
    }
}

/* Is there nothing at @path, or nothing but what a power cut leaves of a `git worktree add`: a
 * `.git` file without its text? */
static gboolean is_empty_or_missing(const char *path)
{
    g_autofree char *dot_git = g_build_filename(path, ".git", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    if (!dir) {
        return !g_file_test(path, G_FILE_TEST_EXISTS);
    }
    while ((name = g_dir_read_name(dir))) {
        if (!g_str_equal(name, ".git") || !is_empty_file(dot_git)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Any commit, to begin a worktree with; HEAD may name a branch that does not exist. */
static char *any_commit(const Repo *repo, GError **error)
{
    g_autofree char *commit = repo_resolve(repo, "HEAD", NULL);

    if (!commit) {
        commit = git_ask(git_place(repo), GIT("rev-list", "--max-count=1", "--all"), error);
    }
    if (commit && *commit == '\0') {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s has no commits", repo->path);
        return NULL;
    }
    return g_steal_pointer(&commit);
}

/* Clear away what would keep `git worktree add` from making @path. */
static gboolean make_way(const Repo *repo, const char *path, const char *admin_dir, GError **error)
{
    g_autofree char *dot_git = g_build_filename(path, ".git", NULL);

    if (admin_dir && is_in_our_repository(repo, admin_dir)) {
        /* It was one of ours; what it holds can be made again. */
        g_autofree char *folder = read_folder(admin_dir);

        if (!folder && !remove_tree(admin_dir, NULL, error)) {
            return FALSE;
        }
        if (!remove_tree(path, ".git", error)) {
            return FALSE;
        }
    } else if (is_empty_or_missing(path)) {
        g_unlink(dot_git);
    } else {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    "%s is in the way: it is no worktree of %s; remove it or choose another folder",
                    path, repo->path);
        return FALSE;
    }
    return forget(repo, path, error);
}

gboolean repo_worktree_prepare(const Repo *repo, const char *path, GError **error)
{
    g_autofree char *full = absolute(path);
    g_autofree char *admin_dir = read_admin_dir(full);
    g_autofree char *commit = NULL, *said = NULL;
    gboolean is_there = admin_dir && is_whole(repo, full, admin_dir);

    if (!is_there && !make_way(repo, full, admin_dir, error)) {
        return FALSE;
    }
    forget_begun(repo);
    if (is_there) {
        return TRUE;
    }
    commit = any_commit(repo, error);
    if (commit) {
        said = git_ask(git_place(repo),
                       GIT("worktree", "add", "--detach", "--force", "--no-checkout", full, commit),
                       error);
    }
    if (commit && !said) {
        g_prefix_error(error, "adding a worktree of our own to %s (is it writable?): ", repo->path);
    }
    return said != NULL;
}

char *repo_worktree_commit(const char *path)
{
    g_autofree char *full = absolute(path), *admin_dir = read_admin_dir(full);
    g_autofree char *index = admin_dir ? g_build_filename(admin_dir, "index", NULL) : NULL;
    g_autofree char *head = admin_dir ? g_build_filename(admin_dir, "HEAD", NULL) : NULL;
    g_autofree char *commit = NULL;

    if (!head || !g_file_test(index, G_FILE_TEST_EXISTS) ||
        !g_file_get_contents(head, &commit, NULL, NULL)) {
        return NULL;
    }
    g_strchomp(commit);
    return git_is_id(commit) ? g_steal_pointer(&commit) : NULL;
}

gint64 repo_count_changed(const Repo *repo, const char *a, const char *b)
{
    g_autoptr(ProcessResult) result = git_must(
        git_place(repo), GIT("diff-tree", "-r", "--name-only", "--no-renames", a, b), NULL);
    gint64 n = 0;

    for (const char *c = result ? result->out : ""; *c; c++) {
        n += *c == '\n';
    }
    return result ? n : -1;
}

/* A lock in our own worktree is that of a switch that was killed: no other git works there. What it
 * wrote may be unknown to the index; clean that away, and only then forget the lock. Without an
 * index nothing is known at all. */
static gboolean mend_killed_switch(GitPlace place, GError **error)
{
    static const char *const locks[] = {"index.lock", "HEAD.lock", "ORIG_HEAD.lock"};
    g_autofree char *index = g_build_filename(place.git_dir, "index", NULL);
    gboolean found = !g_file_test(index, G_FILE_TEST_EXISTS);

    for (gsize i = 0; i < G_N_ELEMENTS(locks); i++) {
        g_autofree char *lock = g_build_filename(place.git_dir, locks[i], NULL);

        found |= g_file_test(lock, G_FILE_TEST_EXISTS);
    }
    if (found) {
        g_autofree char *cleaned =
            git_ask(place, GIT("clean", "-ffdxq", "--exclude=/" REPO_WORKTREE_SCRATCH), error);

        if (!cleaned) {
            return FALSE;
        }
    }
    for (gsize i = 0; found && i < G_N_ELEMENTS(locks); i++) {
        g_autofree char *lock = g_build_filename(place.git_dir, locks[i], NULL);

        g_unlink(lock);
    }
    return TRUE;
}

/* The command that checks a commit out. */
typedef struct Switch {
    GitPlace place;
    char *worktree, *admin_dir, *id;
    char **env;
} Switch;

static void switch_free(Switch *change)
{
    g_free(change->worktree);
    g_free(change->admin_dir);
    g_free(change->id);
    g_strfreev(change->env);
    g_free(change);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Switch, switch_free)

/* All but the checkout itself; NULL on failure. */
static Switch *switch_begin(const Repo *repo, const char *path, const char *commit, GError **error)
{
    g_autoptr(Switch) change = g_new0(Switch, 1);

    change->worktree = absolute(path);
    change->admin_dir = read_admin_dir(change->worktree);
    change->place = (GitPlace){.git_dir = change->admin_dir, .worktree = change->worktree};
    change->id = repo_resolve(repo, commit, error);
    if (!change->id) {
        return NULL;
    }
    if (!change->admin_dir || !is_whole(repo, change->worktree, change->admin_dir)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s is not a worktree of %s",
                    change->worktree, repo->path);
        return NULL;
    }
    change->env = git_without_filters(repo, NULL, error);
    change->place.env = (const char *const *)change->env;
    return change->env && mend_killed_switch(change->place, error) ? g_steal_pointer(&change)
                                                                   : NULL;
}

/* Does the worktree say that @change was done? A git that ended well and did nothing is somebody's
 * wrapper, or a broken machine: what is tried then would pass for the commit that was asked for. */
static gboolean is_done(const Switch *change)
{
    g_autofree char *head = g_build_filename(change->admin_dir, "HEAD", NULL),
                    *index = g_build_filename(change->admin_dir, "index", NULL), *text = NULL;

    return g_file_get_contents(head, &text, NULL, NULL) &&
           g_str_equal(g_strchomp(text), change->id) && g_file_test(index, G_FILE_TEST_EXISTS);
}

static gboolean switch_end(const Switch *change, const char *const *args,
                           const ProcessResult *result, GError **error)
{
    if (!process_succeeded(result)) {
        git_set_error(error, change->place, args, result);
        g_prefix_error(error, "checking out %.12s: ", change->id);
        return FALSE;
    }
    if (!is_done(change)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "checking out %.12s: git said that it did, but %s is at another commit",
                    change->id, change->worktree);
        return FALSE;
    }
    return TRUE;
}

#define CHECKOUT(id)                                                                               \
    {                                                                                              \
        "checkout", "--quiet", "--force", "--detach", "--no-recurse-submodules", id, NULL          \
    }

gboolean repo_worktree_switch(const Repo *repo, const char *path, const char *commit,
                              GError **error)
{
    g_autoptr(Switch) change = switch_begin(repo, path, commit, error);
    g_autoptr(ProcessResult) result = NULL;

    if (!change) {
        return FALSE;
    }
    const char *args[] = CHECKOUT(change->id);

    return git_run(change->place, args, &result, error) && switch_end(change, args, result, error);
}

static void on_switched(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    const Switch *change = g_task_get_task_data(task);
    const char *args[] = CHECKOUT(change->id);
    g_autoptr(ProcessResult) result = NULL;
    GError *error = NULL;

    if (process_run_finish(res, &result, &error) && switch_end(change, args, result, &error)) {
        g_task_return_boolean(task, TRUE);
    } else {
        g_task_return_error(task, error);
    }
}

void repo_worktree_switch_async(const Repo *repo, const char *path, const char *commit,
                                GCancellable *cancellable, GAsyncReadyCallback done,
                                gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, NULL, done, user_data);
    GError *error = NULL;
    Switch *change = switch_begin(repo, path, commit, &error);

    if (!change) {
        g_task_return_error(task, error);
        return;
    }
    const char *args[] = CHECKOUT(change->id);

    g_task_set_task_data(task, change, (GDestroyNotify)switch_free);
    git_run_async(change->place, args, cancellable, on_switched, g_steal_pointer(&task));
}

gboolean repo_worktree_switch_finish(GAsyncResult *res, GError **error)
{
    return g_task_propagate_boolean(G_TASK(res), error);
}

gboolean repo_worktree_remove(const Repo *repo, const char *path, GError **error)
{
    g_autofree char *full = absolute(path);
    g_autofree char *admin_dir = read_admin_dir(full);
    g_autofree char *folder = admin_dir ? read_folder(admin_dir) : NULL;
    /* A copy of a worktree names what belongs to another. Two names can be told to be one folder
     * only while it is there. */
    gboolean is_its_own = admin_dir && (!folder || same_folder(folder, full));

    if (admin_dir && !is_in_our_repository(repo, admin_dir)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s is not a worktree of %s", full,
                    repo->path);
        return FALSE;
    }
    if (admin_dir && !remove_tree(full, ".git", error)) {
        return FALSE;
    }
    if (is_its_own && !remove_tree(admin_dir, NULL, error)) {
        return FALSE;
    }
    return forget(repo, full, error);
}
