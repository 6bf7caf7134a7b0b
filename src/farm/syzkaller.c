/* SPDX-License-Identifier: Apache-2.0
 * syzkaller's programs, built on the revision that a reproducer needs: descriptions of system calls
 * change, so another one may not understand it.
 *
 * The worktree lies where Go looked for sources before it had modules
 * ($GOPATH/src/github.com/google/syzkaller), so that revisions of all ages build. Nothing is
 * downloaded: what syzkaller needs it has in its folder vendor/, or the user's module cache has it.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "farm/farm.h"
#include "process/process.h"

#define BUILD_TIMEOUT_MS (30 * 60 * 1000)
#define SOURCE_FOLDER    "go/src/github.com/google/syzkaller"

static gboolean invalid(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean invalid(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_propagate_error(error,
                      g_error_new_valist(G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, format, args));
    va_end(args);
    return FALSE;
}

static Repo *open_checkout(const char *checkout, GError **error)
{
    Repo *repo = repo_open(checkout, error);

    if (!repo) {
        g_prefix_error(error, "--syzkaller: ");
    }
    return repo;
}

/* The full id of @commit, of a revision that has syzkaller's Makefile. Owned by the caller. */
static char *resolve(const Repo *repo, const char *checkout, const char *commit, GError **error)
{
    g_autofree char *id = repo_resolve(repo, commit, error);
    gboolean has_execprog = FALSE;

    if (!id) {
        g_prefix_error(error, "--syzkaller-commit: ");
        return NULL;
    }
    if (!repo_has_path(repo, id, "tools/syz-execprog", &has_execprog, error)) {
        return NULL;
    }
    if (!has_execprog) {
        invalid(error,
                "--syzkaller: %s is no checkout of syzkaller: %.12s has no "
                "tools/syz-execprog",
                checkout, id);
        return NULL;
    }
    return g_steal_pointer(&id);
}

gboolean syzkaller_check(const char *checkout, const char *commit, GError **error)
{
    static const char *const programs[][2] = {{"go", "golang"}, {"make", "make"}, {"g++", "g++"}};
    g_autoptr(Repo) repo = open_checkout(checkout, error);
    g_autofree char *id = repo ? resolve(repo, checkout, commit ? commit : "HEAD", error) : NULL;

    for (guint i = 0; id && i < G_N_ELEMENTS(programs); i++) {
        g_autofree char *path = g_find_program_in_path(programs[i][0]);

        if (!path) {
            return invalid(error, "--syzkaller: to build it, '%s' is needed: apt-get install %s",
                           programs[i][0], programs[i][1]);
        }
    }
    return id != NULL;
}

/* --- Building -------------------------------------------------------------------------------- */

/* The line by which a person sees what is wrong. Owned by the caller. */
static char *complaint_of(const char *text)
{
    static const char *const signs[] = {"go.mod requires go",
                                        "note: module requires Go",
                                        "requires go >=",
                                        "cannot find module",
                                        "error: ",
                                        "cannot find package",
                                        "*** "};
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; i < G_N_ELEMENTS(signs); i++) {
        for (char **line = lines; *line; line++) {
            if (strstr(*line, signs[i])) {
                return g_strdup(*line);
            }
        }
    }
    return g_strdup(lines[0] ? lines[0] : "no message");
}

static gboolean run_make(const Repo *repo, const char *source, const char *folder,
                         const char *commit, GError **error)
{
    g_autofree char *gopath = g_build_filename(folder, "go", NULL);
    g_autofree char *cache = g_build_filename(folder, "go-cache", NULL);
    g_autofree char *mod_file = g_build_filename(source, "go.mod", NULL);
    const char *go_argv[] = {"go", "env", "GOMODCACHE", NULL};
    g_autofree char *modules = process_ask(NULL, go_argv, NULL);
    g_autofree char *installed = sandbox_install_folder("go");
    g_autofree char *env_gopath = g_strconcat("GOPATH=", gopath, NULL);
    g_autofree char *env_cache = g_strconcat("GOCACHE=", cache, NULL);
    g_autofree char *env_modules = g_strconcat("GOMODCACHE=", modules, NULL);
    const char *has_modules =
        g_file_test(mod_file, G_FILE_TEST_EXISTS) ? "GO111MODULE=on" : "GO111MODULE=off";
    /* Static, since a guest has no libraries; and g++ has become stricter over the years. */
    const char *env[] = {"LC_ALL=C",        env_gopath,
                         env_cache,         env_modules,
                         has_modules,       "CGO_ENABLED=0",
                         "GOPROXY=off",     "GOTOOLCHAIN=local",
                         "GOFLAGS=",        "CFLAGS=-fpermissive -w",
                         "FAIL_ON_STDERR=", NULL};
    const char *argv[] = {"make",     "TARGETOS=linux", "TARGETARCH=amd64",
                          "execprog", "executor",       NULL};
    g_auto(GStrv) git = repo_git_folders(repo);
    g_autoptr(GStrvBuilder) readable = g_strv_builder_new();
    const char *writable[] = {folder, NULL};
    g_autoptr(Sandbox) sandbox = sandbox_new();
    g_autoptr(ProcessResult) result = NULL;

    g_mkdir_with_parents(cache, 0700);
    g_strv_builder_addv(readable, (const char **)git);
    if (modules) {
        g_strv_builder_add(readable, modules);
    }
    if (installed) {
        g_strv_builder_add(readable, installed);
    }
    g_auto(GStrv) folders = g_strv_builder_end(readable);
    g_auto(GStrv) boxed =
        sandbox_wrap(sandbox, argv, source, (const char *const *)folders, writable);
    ProcessSpec spec = {.argv = (const char *const *)boxed,
                        .env = env,
                        .cwd = source,
                        .timeout_ms = BUILD_TIMEOUT_MS};
    if (!process_run(&spec, &result, error)) {
        return FALSE;
    }
    if (!process_succeeded(result)) {
        g_autofree char *how = process_describe(result);
        g_autofree char *all = g_strconcat(result->err, "\n", result->out, NULL);
        g_autofree char *complaint = complaint_of(all);

        return invalid(error, "building syzkaller on %.12s: make %s: %s", commit, how, complaint);
    }
    return TRUE;
}

/* Move what was built to where it stays; older revisions put it right into bin/. */
static gboolean take_program(const char *source, const char *name, const char *target,
                             GError **error)
{
    g_autofree char *path = g_build_filename(source, "bin", "linux_amd64", name, NULL);
    g_autofree char *old = g_build_filename(source, "bin", name, NULL);

    return g_rename(path, target) == 0 || g_rename(old, target) == 0 ||
           invalid(error, "building syzkaller: there is no %s afterwards", name);
}

static gboolean build(const char *checkout, const char *commit, const char *folder,
                      const char *execprog, const char *executor, char **ret_id, GError **error)
{
    g_autoptr(Repo) repo = open_checkout(checkout, error);
    g_autofree char *id = repo ? resolve(repo, checkout, commit, error) : NULL;
    g_autofree char *source = g_build_filename(folder, SOURCE_FOLDER, NULL);
    g_autofree char *above = g_path_get_dirname(source);
    gboolean built;

    if (!id) {
        return FALSE;
    }
    g_mkdir_with_parents(above, 0700);
    if (!repo_worktree_prepare(repo, source, error) ||
        !repo_worktree_switch(repo, source, id, error)) {
        g_prefix_error(error, "--syzkaller: ");
        return FALSE;
    }
    built = run_make(repo, source, folder, id, error) &&
            take_program(source, "syz-execprog", execprog, error) &&
            take_program(source, "syz-executor", executor, error);
    *ret_id = g_steal_pointer(&id);
    return repo_worktree_remove(repo, source, built ? error : NULL) && built;
}

gboolean syzkaller_build(const char *checkout, const char *commit, const char *folder,
                         char **ret_execprog, char **ret_executor, char **ret_note, GError **error)
{
    g_autofree char *execprog = g_build_filename(folder, "syz-execprog", NULL);
    g_autofree char *executor = g_build_filename(folder, "syz-executor", NULL);
    g_autofree char *id = NULL;

    /* The executor comes last. */
    if (!g_file_test(executor, G_FILE_TEST_EXISTS)) {
        if (!build(checkout, commit, folder, execprog, executor, &id, error)) {
            return FALSE;
        }
        *ret_note = g_strdup_printf("building syzkaller on %s", id);
    }
    *ret_execprog = g_steal_pointer(&execprog);
    *ret_executor = g_steal_pointer(&executor);
    return TRUE;
}
