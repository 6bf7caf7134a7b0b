/* SPDX-License-Identifier: Apache-2.0
 * Make: run in its box, and, where it fails, whose fault that is.
 */
#include "kernel/build.h"

#include <string.h>

#include "kernel/build-log.h"
#include "kernel/recipe.h"

/* What a file of a build may have: no vmlinux comes near it, and a makefile that writes without end
 * does not fill the disk. */
#define FILE_LIMIT_BYTES ((guint64)16 << 30)

/* What make needs to read, wherever it lies. */
static char **readable_folders(const KernelBuilder *builder, const Choice *choice)
{
    g_auto(GStrv) repository = repo_git_folders(builder->repo);
    g_autofree char *compiler = sandbox_install_folder(choice->toolchain->compiler);
    g_autoptr(GStrvBuilder) folders = g_strv_builder_new();

    g_strv_builder_add(folders, builder->slot->dir);
    g_strv_builder_addv(folders, (const char **)repository);
    if (compiler) {
        g_strv_builder_add(folders, compiler);
    }
    return g_strv_builder_end(folders);
}

/* @env, and where make finds its tokens. Owned by the caller. */
static char **with_job_server(char *const *env)
{
    g_autoptr(GStrvBuilder) with = g_strv_builder_new();
    g_autofree char *flags = g_strdup_printf("MAKEFLAGS= -j --jobserver-auth=%d,%d",
                                             PROCESS_FIRST_FD, PROCESS_FIRST_FD + 1);

    g_strv_builder_addv(with, (const char **)env);
    g_strv_builder_add(with, flags);
    return g_strv_builder_end(with);
}

void build_run(GTask *task, char **argv, GAsyncReadyCallback done)
{
    Build *build = g_task_get_task_data(task);
    const KernelBuilder *builder = build->builder;
    const KernelBuildOptions *options = &builder->options;
    g_auto(GStrv) readable = readable_folders(builder, build->choice);
    const char *writable[] = {builder->slot->obj_dir, options->toolchains->ccache_dir, NULL};
    gint64 spent_ms = (g_get_monotonic_time() - build->start_us) / 1000;
    g_auto(GStrv) boxed = NULL, env = NULL;
    GError *error = NULL;
    ProcessSpec spec = {.cwd = builder->slot->src_dir,
                        .env = (const char *const *)builder->env,
                        .merged = TRUE,
                        .memory_limit_bytes = options->memory_limit_bytes,
                        .file_limit_bytes = FILE_LIMIT_BYTES};

    g_strfreev(build->argv);
    build->argv = argv;
    if (options->job_server) {
        build->job_client = job_client_new(options->job_server, &error);
        if (!build->job_client) {
            g_task_return_error(task, error);
            return;
        }
        env = with_job_server(builder->env);
        spec.env = (const char *const *)env;
        spec.fds = job_client_fds(build->job_client);
        spec.n_fds = 2;
    }
    boxed = sandbox_wrap(builder->sandbox, (const char *const *)build->argv, builder->slot->src_dir,
                         (const char *const *)readable, writable);
    spec.argv = (const char *const *)boxed;
    if (options->timeout_ms) {
        spec.timeout_ms = (guint)MAX((gint64)options->timeout_ms - spent_ms, 1);
    }
    process_run_async(&spec, g_task_get_cancellable(task), done, g_object_ref(task));
}

void build_make(GTask *task, const char *const *targets, GAsyncReadyCallback done)
{
    const Build *build = g_task_get_task_data(task);
    const KernelBuilder *builder = build->builder;

    build_run(task, recipe_make(builder->slot, &builder->options, build->choice, targets), done);
}

/* @argv as a person would type it. Owned by the caller. */
static char *command_line(char *const *argv)
{
    GString *line = g_string_new(NULL);

    for (; *argv; argv++) {
        g_autofree char *quoted = strpbrk(*argv, " '\"$") ? g_shell_quote(*argv) : g_strdup(*argv);

        g_string_append_printf(line, "%s%s", line->len ? " " : "", quoted);
    }
    return g_string_free(line, FALSE);
}

/* Put what make said into the log, a text: a NUL would hide all that follows. */
static void keep_log(Build *build, const ProcessResult *result)
{
    g_autofree char *command = command_line(build->argv);

    g_string_append_printf(build->log, "$ %s\n", command);
    for (gsize i = 0; i < result->n_out; i++) {
        g_string_append_c(build->log, result->out[i] ? result->out[i] : '?');
    }
}

/* The most that make itself exits with. */
#define MAKE_FAILED 2

/* What killed make, for a message; NULL when it ended by itself. In a sandbox a signal is an exit
 * status: bubblewrap says 128 and its number. */
static char *describe_kill(const ProcessResult *result)
{
    if (result->exit_status > 128) {
        return g_strdup_printf("was killed by signal %d", result->exit_status - 128);
    }
    return result->term_signal || result->exit_status > MAKE_FAILED ? process_describe(result)
                                                                    : NULL;
}

/* Is it to be tried from nothing whether @first_error is the revision's own? A build from nothing
 * costs as much as many beside others: so only where there is reason, and once for errors that a
 * storm of revisions has. */
static gboolean may_be_of_others(const Build *build, const char *first_error)
{
    g_autofree char *kind = kernel_failure_kind(first_error);

    return build->is_beside && !g_hash_table_contains(build->builder->believed, kind) &&
           build_log_may_be_stale(first_error);
}

/* @first_error stays. */
static void believe(const Build *build, const char *first_error)
{
    if (!build->is_beside) {
        g_hash_table_add(build->builder->believed, kernel_failure_kind(first_error));
    }
}

/* A make that failed, of which the log says why. Only for the revision's own fault has the build
 * ended in order: what the machine did to a compiler or a make further down may have left objects
 * half-written. */
static void end_of_failed_make(GTask *task)
{
    Build *build = g_task_get_task_data(task);
    LogFault fault;
    g_autofree char *first_error =
        build_log_first_error(build->log->str + build->n_log_head, &fault);
    guint64 limit_bytes = build->builder->options.memory_limit_bytes;
    GError *error = NULL;

    if (fault == LOG_FAULT_MACHINE) {
        gboolean full = strstr(first_error, "No space") || strstr(first_error, "quota");

        g_task_return_error(
            task, g_error_new_literal(G_IO_ERROR, full ? G_IO_ERROR_NO_SPACE : G_IO_ERROR_FAILED,
                                      first_error));
    } else if (fault == LOG_FAULT_KILLED || (fault == LOG_FAULT_MEMORY && !limit_bytes)) {
        g_task_return_error(task,
                            g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED,
                                        "memory ran out (fewer jobs need less): %s", first_error));
    } else if (fault == LOG_FAULT_SIZE) { /* not in order: the next build removes what it wrote */
        build_end_as_failed(task, first_error);
    } else if (!slot_end_build(build->builder->slot, &error)) {
        g_task_return_error(task, error);
    } else if (build->objects) { /* some may be there, and the folder is as good as before */
        build_end_with_objects(task, first_error);
    } else if (fault == LOG_FAULT_SOURCE && may_be_of_others(build, first_error)) {
        build_again_from_nothing(task);
    } else {
        believe(build, first_error);
        build->kernel->failed_at_bytes = fault == LOG_FAULT_MEMORY ? limit_bytes : 0;
        build_end_as_failed(task, first_error);
    }
}

gboolean build_make_succeeded(GTask *task, GAsyncResult *res)
{
    Build *build = g_task_get_task_data(task);
    const KernelBuilder *builder = build->builder;
    g_autoptr(ProcessResult) result = NULL;
    g_autofree char *kill = NULL;
    GError *error = NULL;

    g_clear_pointer(&build->job_client, job_client_free);
    if (!process_run_finish(res, &result, &error)) {
        slot_end_leftovers(builder->slot, NULL);
        g_task_return_error(task, error);
        return FALSE;
    }
    keep_log(build, result);
    if (process_succeeded(result)) {
        return TRUE;
    }
    build->kernel->build_ms = (guint64)(g_get_monotonic_time() - build->start_us) / 1000;
    kill = describe_kill(result);
    if (!slot_end_leftovers(builder->slot, &error)) {
        g_task_return_error(task, error);
    } else if (result->timed_out) {
        g_autofree char *why =
            g_strdup_printf("build took longer than %g s", builder->options.timeout_ms / 1000.0);

        build->kernel->failed_at_ms = builder->options.timeout_ms;
        build_end_as_failed(task, why);
    } else if (kill) {
        g_task_return_error(task, g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "make %s", kill));
    } else {
        end_of_failed_make(task);
    }
    return FALSE;
}
