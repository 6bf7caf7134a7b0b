/* SPDX-License-Identifier: Apache-2.0
 * How this floor runs git: one environment, one set of options, one way to report a failure.
 * Private to repo/.
 */
#pragma once

#include "process/process.h"
#include "repo/repo.h"

struct Repo {
    char *path;       /* as the user gave it, for messages */
    char *git_dir;    /* of the worktree he named: his HEAD is here */
    char *common_dir; /* objects, refs, worktrees */
    gboolean shallow;
    gboolean runs_filters; /* of its own settings */
    GHashTable *commits;   /* set of ids that are known to be commits: they stay that */
};

/* range.c: what is reachable from @tips and not from @ends, the first of which is revision 0. All
 * ids; the last revision is one of @tips. */
Range *range_load(const Repo *repo, const char *const *tips, const char *const *ends,
                  GError **error);

/* Where a git command runs and what it reads. */
typedef struct GitPlace {
    const char *git_dir;
    const char *worktree;   /* NULL: none; the command works on objects only */
    const char *input;      /* text for stdin, or NULL for none */
    gboolean offline;       /* what a partial clone lacks is a failure, and not fetched */
    const char *const *env; /* "NAME=VALUE" beside git_env(), or NULL */
} GitPlace;

GitPlace git_place(const Repo *repo);

/* The arguments of a git, written in place. */
#define GIT(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Run git. A failing git is a value. */
gboolean git_run(GitPlace place, const char *const *args, ProcessResult **ret_result,
                 GError **error);
/* The same in the default main context; process_run_finish() gives the result. */
void git_run_async(GitPlace place, const char *const *args, GCancellable *cancellable,
                   GAsyncReadyCallback done, gpointer user_data);

/* Run a git that must succeed: its stdout, with its length in the result. */
ProcessResult *git_must(GitPlace place, const char *const *args, GError **error);

/* stdout of a git that must succeed, without the last newline. Owned by the caller. */
char *git_ask(GitPlace place, const char *const *args, GError **error);

/* The error of a git that did not succeed: "git ARG: WHAT IT SAID". A full disk is
 * G_IO_ERROR_NO_SPACE. */
void git_set_error(GError **error, GitPlace place, const char *const *args,
                   const ProcessResult *result);

/* The "NAME=VALUE" and "NAME" entries for programs that may call git themselves. */
const char *const *git_env(void);

/* Settings that git_env() brings. */
#define GIT_CONFIG_COUNT 15
/* @env (or NULL), and what a git that writes files needs beside so that it runs none of the
 * programs that the settings of @repo name for files. Owned by the caller. (filters.c) */
char **git_without_filters(const Repo *repo, const char *const *env, GError **error);

/* What a git has put out with -z: fields, each ended by a NUL but perhaps the last. */
typedef struct GitFields {
    const char *at, *end;
} GitFields;
/* The next one; NULL at the end. */
const char *git_next_field(GitFields *fields);

/* What `git diff-tree --raw` says of a path before it: ":100644 100755 ID ID M". FALSE when it is
 * nothing of that kind. */
gboolean git_parse_raw(const char *field, PathChange *ret_how);

/* 40 or 64 hex digits? */
gboolean git_is_id(const char *text);
