/* SPDX-License-Identifier: Apache-2.0
 * Graphs for tests as repositories of git. For history/ and sim/.
 */
#pragma once

#include "graphs.h"

#include <gio/gio.h>

typedef struct GitRepo {
    char *dir;
    GPtrArray *ids; /* of each revision */
} GitRepo;

static inline char *git(const char *dir, const char *input, int *ret_status,
                        const char *const *args)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autoptr(GSubprocess) process = NULL;
    g_autoptr(GError) error = NULL;
    char *output = NULL;

    g_ptr_array_add(argv, (gpointer) "git");
    g_ptr_array_add(argv, (gpointer) "-C");
    g_ptr_array_add(argv, (gpointer)dir);
    for (guint i = 0; args[i] != NULL; i++) {
        g_ptr_array_add(argv, (gpointer)args[i]);
    }
    g_ptr_array_add(argv, NULL);
    process =
        g_subprocess_newv((const char *const *)argv->pdata,
                          G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
    g_assert_no_error(error);
    g_subprocess_communicate_utf8(process, input != NULL ? input : "", NULL, &output, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(g_subprocess_get_if_exited(process));
    *ret_status = g_subprocess_get_exit_status(process);
    return output;
}

static inline void git_repo_init(GitRepo *repo, const History *history)
{
    g_autofree char *stream = graph_fast_import(history);
    g_autoptr(GError) error = NULL;
    g_autofree char *marks = NULL;
    int status;

    repo->dir = g_dir_make_tmp("test-history-XXXXXX", &error);
    g_assert_no_error(error);
    repo->ids = g_ptr_array_new_with_free_func(g_free);
    g_free(git(repo->dir, NULL, &status, (const char *const[]){"init", "-q", "--bare", NULL}));
    g_assert_cmpint(status, ==, 0);
    marks = git(repo->dir, stream, &status,
                (const char *const[]){"fast-import", "--quiet", "--cat-blob-fd=1", NULL});
    g_assert_cmpint(status, ==, 0);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(marks), "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_ptr_array_add(repo->ids, g_strdup(lines[i]));
    }
    g_assert_cmpuint(repo->ids->len, ==, history_size(history));
}

static inline void git_repo_clear(GitRepo *repo)
{
    g_autoptr(GSubprocess) process =
        g_subprocess_new(G_SUBPROCESS_FLAGS_NONE, NULL, "rm", "-rf", repo->dir, NULL);

    g_assert_true(process != NULL && g_subprocess_wait_check(process, NULL, NULL));
    g_free(repo->dir);
    g_ptr_array_unref(repo->ids);
}
