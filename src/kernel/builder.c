/* SPDX-License-Identifier: Apache-2.0
 * Building a revision, step by step in the main loop:
 *
 *   choose a compiler -> find in the store -> check out -> olddefconfig -> [scripts_basic] ->
 * bzImage vmlinux -> pack
 *
 * Each step has a callback that starts the next. A step that fails ends the build in one of two
 * ways: the revision's fault makes a failed kernel, which is stored; the machine's makes a GError,
 * and nothing is stored.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/build-log.h"
#include "kernel/built.h"
#include "kernel/choice.h"
#include "kernel/config.h"
#include "kernel/kernel.h"
#include "kernel/picks.h"
#include "kernel/recipe.h"
#include "kernel/slot.h"
#include "kernel/source.h"
#include "kernel/store.h"
#include "process/process.h"
#include "symbols/symbols.h"

struct KernelBuilder {
    const Repo *repo;
    KernelStore *store;
    KernelBuildOptions options; /* config is not used: see config_text */
    char *config_text;          /* as it was when the builder was made */
    char *config_dir;           /* what @options points to */
    Picks *picks;
    Slot *slot;
    Sandbox *sandbox;
    char **env;
    const char *prefixes[4];
};

/* What is packed of a good build, as name and path in the build folder. */
static const struct {
    const char *name, *path;
} images[] = {{"bzImage", RECIPE_IMAGE}, {"vmlinux", "vmlinux"}};
enum { IMAGE_VMLINUX = 1, N_IMAGES = G_N_ELEMENTS(images) };

/* One build. Freed with its task. */
typedef struct Build {
    KernelBuilder *builder;
    char *name;         /* of what is built: a commit or a variant */
    BuildSource source; /* what it comes to */
    char *tree_id;
    Kernel *kernel;
    gboolean only_config; /* kernel_configure_async() */
    Choice *choice;
    char *changes;       /* lines that the era adds to the config */
    char *wanted_config; /* what olddefconfig starts from */
    char *config;        /* what it made of it */
    char **argv;         /* of the step that runs */
    GString *log;
    gsize n_log_head; /* of it, what was there before make */
    gint64 start_us;
    int image_fds[N_IMAGES]; /* open once make is done, until they are packed; else -1 */
    Parcel *parcel;
    guint n_packed;
} Build;

static void build_free(Build *build)
{
    for (guint i = 0; i < N_IMAGES; i++) {
        if (build->image_fds[i] >= 0) {
            close(build->image_fds[i]);
        }
    }
    g_free(build->name);
    build_source_clear(&build->source);
    g_free(build->tree_id);
    kernel_free(build->kernel);
    choice_free(build->choice);
    g_free(build->changes);
    g_free(build->wanted_config);
    g_free(build->config);
    g_strfreev(build->argv);
    g_string_free(build->log, TRUE);
    parcel_free(build->parcel);
    g_free(build);
}

/* --- ends ------------------------------------------------------------------------------------ */

static void end_with_error(GTask *task, GError *error)
{
    const Build *build = g_task_get_task_data(task);

    if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_prefix_error(&error, "building %.12s: ", build->name);
    }
    g_task_return_error(task, error);
}

/* Say of @kernel, which came from the store, what this build knows. */
static void take_facts(const Build *build, Kernel *kernel)
{
    g_strfreev(kernel->patches);
    kernel->patches = g_strdupv(build->source.patches);
    g_strfreev(kernel->unpatched);
    kernel->unpatched = g_strdupv(build->source.unpatched);
    g_free(kernel->compiler);
    kernel->compiler = g_strdup(build->kernel->compiler);
    g_strfreev(kernel->notes);
    kernel->notes = g_strdupv(build->kernel->notes);
}

/* Make the kernel visible in the store and return it. */
static void end_with_kernel(GTask *task)
{
    Build *build = g_task_get_task_data(task);
    const Choice *choice = build->choice;
    const char *facts[] = {"commit",       build->name,         "tree",
                           build->tree_id, "compiler",          choice->toolchain->compiler_name,
                           "linker",       choice->linker_name, NULL};
    GError *error = NULL;
    Kernel *stored = parcel_commit(build->parcel, build->kernel, facts, &error);

    if (!stored) {
        end_with_error(task, error);
        return;
    }
    take_facts(build, stored);
    g_task_return_pointer(task, stored, (GDestroyNotify)kernel_free);
}

/* Begin the entry with what every build leaves. */
static gboolean begin_parcel(Build *build, GError **error)
{
    const char *config = build->config ? build->config : build->wanted_config;

    build->parcel = parcel_new(build->builder->store, error);
    return build->parcel &&
           parcel_add_text(build->parcel, "config", FALSE, config ? config : build->source.config,
                           error) &&
           parcel_add_text(build->parcel, "build.log", TRUE, build->log->str, error);
}

static void end_as_failed(GTask *task, const char *first_error)
{
    Build *build = g_task_get_task_data(task);
    GError *error = NULL;

    if (build->only_config) {
        g_task_return_pointer(task, g_strdup(""), g_free);
        return;
    }
    build->kernel->status = KERNEL_FAILED;
    build->kernel->first_error = g_strdup(first_error);
    if (!begin_parcel(build, &error)) {
        end_with_error(task, error);
        return;
    }
    end_with_kernel(task);
}

/* A file is not what the build should have made: the revision's fault. Not the end of a build in
 * order: the next one takes away what is odd. */
static void end_of_odd_file(GTask *task, GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
        g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE) ||
        g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY)) {
        end_as_failed(task, error->message);
        g_error_free(error);
    } else {
        end_with_error(task, error);
    }
}

/* --- pack ------------------------------------------------------------------------------------ */

/* FALSE when one is no file that can be packed. */
static gboolean open_images(Build *build, GError **error)
{
    for (guint i = 0; i < N_IMAGES; i++) {
        build->image_fds[i] = built_open(build->builder->slot, images[i].path, error);
        if (build->image_fds[i] < 0) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean begin_image(Build *build, GError **error)
{
    int fd = g_steal_fd(&build->image_fds[build->n_packed]);

    return parcel_begin_file(build->parcel, images[build->n_packed].name, fd, error);
}

static gboolean on_pack(gpointer data)
{
    GTask *task = data;
    Build *build = g_task_get_task_data(task);
    gboolean done = FALSE;
    GError *error = NULL;

    if (g_task_return_error_if_cancelled(task)) {
        return G_SOURCE_REMOVE;
    }
    if (!parcel_step(build->parcel, &done, &error)) {
        end_with_error(task, error);
        return G_SOURCE_REMOVE;
    }
    if (!done) {
        return G_SOURCE_CONTINUE;
    }
    if (++build->n_packed == N_IMAGES) {
        end_with_kernel(task);
        return G_SOURCE_REMOVE;
    }
    if (!begin_image(build, &error)) {
        end_with_error(task, error);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static void pack(GTask *task)
{
    Build *build = g_task_get_task_data(task);
    g_autoptr(GSource) source = g_idle_source_new();
    GError *error = NULL;

    build->kernel->signature = symbols_signature(build->image_fds[IMAGE_VMLINUX], &error);
    if (!build->kernel->signature || !begin_parcel(build, &error) || !begin_image(build, &error)) {
        end_with_error(task, error);
        return;
    }
    g_source_set_callback(source, on_pack, g_object_ref(task), g_object_unref);
    g_source_attach(source, g_task_get_context(task));
}

/* --- make ------------------------------------------------------------------------------------ */

static char *log_path(const Build *build)
{
    return g_build_filename(build->builder->slot->dir, "make.log", NULL);
}

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

/* Run make by @argv, which it takes; @done gets the task as its data. */
static void run_command(GTask *task, char **argv, GAsyncReadyCallback done)
{
    Build *build = g_task_get_task_data(task);
    const KernelBuilder *builder = build->builder;
    const KernelBuildOptions *options = &builder->options;
    g_auto(GStrv) readable = readable_folders(builder, build->choice);
    const char *writable[] = {builder->slot->obj_dir, options->toolchains->ccache_dir, NULL};
    g_autofree char *log = log_path(build);
    gint64 spent_ms = (g_get_monotonic_time() - build->start_us) / 1000;
    g_auto(GStrv) boxed = NULL;
    ProcessSpec spec = {.cwd = builder->slot->src_dir,
                        .env = (const char *const *)builder->env,
                        .output_path = log,
                        .memory_limit_bytes = options->memory_limit_bytes};

    g_strfreev(build->argv);
    build->argv = argv;
    boxed = sandbox_wrap(builder->sandbox, (const char *const *)build->argv, builder->slot->src_dir,
                         (const char *const *)readable, writable);
    spec.argv = (const char *const *)boxed;
    if (options->timeout_ms) {
        spec.timeout_ms = (guint)MAX((gint64)options->timeout_ms - spent_ms, 1);
    }
    process_run_async(&spec, g_task_get_cancellable(task), done, g_object_ref(task));
}

static void run_make(GTask *task, const char *const *targets, GAsyncReadyCallback done)
{
    const Build *build = g_task_get_task_data(task);
    const KernelBuilder *builder = build->builder;

    run_command(task, recipe_make(builder->slot, &builder->options, build->choice, targets), done);
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

/* Put what make said into the log. */
static void keep_log(Build *build)
{
    g_autofree char *command = command_line(build->argv);
    g_autofree char *path = log_path(build);
    g_autofree char *text = NULL;

    g_string_append_printf(build->log, "$ %s\n", command);
    if (g_file_get_contents(path, &text, NULL, NULL)) {
        g_string_append(build->log, text);
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

        end_with_error(task, g_error_new_literal(G_IO_ERROR,
                                                 full ? G_IO_ERROR_NO_SPACE : G_IO_ERROR_FAILED,
                                                 first_error));
    } else if (fault == LOG_FAULT_KILLED || (fault == LOG_FAULT_MEMORY && !limit_bytes)) {
        end_with_error(task, g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED,
                                         "memory ran out (fewer jobs need less): %s", first_error));
    } else if (!slot_end_build(build->builder->slot, &error)) {
        end_with_error(task, error);
    } else {
        build->kernel->failed_at_bytes = fault == LOG_FAULT_MEMORY ? limit_bytes : 0;
        end_as_failed(task, first_error);
    }
}

/* Take the result of a make: TRUE when it succeeded and the build goes on; else the task has
 * ended. */
static gboolean make_succeeded(GTask *task, GAsyncResult *res)
{
    Build *build = g_task_get_task_data(task);
    const KernelBuilder *builder = build->builder;
    g_autoptr(ProcessResult) result = NULL;
    g_autofree char *kill = NULL;
    GError *error = NULL;

    if (!process_run_finish(res, &result, &error)) {
        slot_end_leftovers(builder->slot, NULL);
        end_with_error(task, error);
        return FALSE;
    }
    keep_log(build);
    if (process_succeeded(result)) {
        return TRUE;
    }
    build->kernel->build_ms = (guint64)(g_get_monotonic_time() - build->start_us) / 1000;
    kill = describe_kill(result);
    if (!slot_end_leftovers(builder->slot, &error)) {
        end_with_error(task, error);
    } else if (result->timed_out) {
        g_autofree char *why =
            g_strdup_printf("build took longer than %g s", builder->options.timeout_ms / 1000.0);

        build->kernel->failed_at_ms = builder->options.timeout_ms;
        end_as_failed(task, why);
    } else if (kill) {
        end_with_error(task, g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "make %s", kill));
    } else {
        end_of_failed_make(task);
    }
    return FALSE;
}

static void on_made(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    Build *build = g_task_get_task_data(task);
    GError *error = NULL;

    if (!make_succeeded(task, res)) {
        return;
    }
    build->kernel->build_ms = (guint64)(g_get_monotonic_time() - build->start_us) / 1000;
    if (!open_images(build, &error)) {
        end_of_odd_file(task, error);
        return;
    }
    if (!slot_end_build(build->builder->slot, &error)) {
        end_with_error(task, error);
        return;
    }
    pack(task);
}

static void make_images(GTask *task)
{
    static const char *const targets[] = {"bzImage", "vmlinux", NULL};

    run_make(task, targets, on_made);
}

static void on_basics_made(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    const Build *build = g_task_get_task_data(task);
    GError *error = NULL;

    if (!make_succeeded(task, res)) {
        return;
    }
    if (!recipe_fix_randstruct(build->builder->slot, &error)) {
        end_of_odd_file(task, error);
        return;
    }
    make_images(task);
}

/* --- configuration --------------------------------------------------------------------------- */

/* Put the new configuration in its place, unless it is the same. */
static gboolean take_config(Build *build, GError **error)
{
    const Slot *slot = build->builder->slot;

    build->config = built_read(slot, RECIPE_NEW_CONFIG, error);
    if (!build->config || !built_write(slot, ".config", build->config, error)) {
        return FALSE;
    }
    g_strfreev(build->kernel->lost_options);
    build->kernel->lost_options = config_lost_options(build->wanted_config, build->config);
    return TRUE;
}

/* kernel_configure_async() has what it wants. The build folder keeps the configuration that it has.
 */
static void end_with_config(GTask *task)
{
    Build *build = g_task_get_task_data(task);
    GError *error = NULL;
    char *config = built_read(build->builder->slot, RECIPE_NEW_CONFIG, &error);

    if (!config) {
        end_of_odd_file(task, error);
    } else if (!slot_end_build(build->builder->slot, &error)) {
        g_free(config);
        end_with_error(task, error);
    } else {
        g_task_return_pointer(task, config, g_free);
    }
}

static void on_configured(GObject *source, GAsyncResult *res, gpointer data)
{
    static const char *const basics[] = {"scripts_basic", NULL};
    g_autoptr(GTask) task = data;
    Build *build = g_task_get_task_data(task);
    GError *error = NULL;

    if (!make_succeeded(task, res)) {
        return;
    }
    if (build->only_config) {
        end_with_config(task);
        return;
    }
    if (!take_config(build, &error)) {
        end_of_odd_file(task, error);
    } else if (config_is_on(build->config, "CONFIG_RANDSTRUCT")) {
        run_make(task, basics, on_basics_made);
    } else {
        make_images(task);
    }
}

static gboolean is_in_tree(const char *path, gpointer data)
{
    const KernelBuilder *builder = data;
    g_autofree char *full = g_canonicalize_filename(path, builder->slot->src_dir);

    return g_file_test(full, G_FILE_TEST_EXISTS);
}

/* What make needs to find in the build folder. */
static gboolean write_inputs(Build *build, GError **error)
{
    const KernelBuilder *builder = build->builder;

    if (g_mkdir_with_parents(builder->slot->obj_dir, 0777) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s",
                    builder->slot->obj_dir, g_strerror(errno));
        return FALSE;
    }
    if (builder->options.toolchains->ccache_dir) {
        g_mkdir_with_parents(builder->options.toolchains->ccache_dir, 0777);
    }
    build->wanted_config =
        config_for_build(build->source.config, build->changes, is_in_tree, (gpointer)builder);
    return built_write(builder->slot, CONFIG_SIGNING_KEY_FILE, config_signing_key(), error) &&
           built_write(builder->slot, RECIPE_NEW_CONFIG, build->wanted_config, error);
}

static void on_switched(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    Build *build = g_task_get_task_data(task);
    const KernelBuilder *builder = build->builder;
    GError *error = NULL;

    if (!repo_worktree_switch_finish(res, &error) ||
        !slot_begin_build(build->builder->slot, &error) || !write_inputs(build, &error)) {
        end_with_error(task, error);
        return;
    }
    /* Always from the user's own: what one revision does not know must not be lost to the next. */
    run_command(task, recipe_configure(builder->slot, &builder->options, build->choice),
                on_configured);
}

/* --- the builder ----------------------------------------------------------------------------- */

void kernel_builder_free(KernelBuilder *builder)
{
    if (!builder) {
        return;
    }
    picks_free(builder->picks);
    slot_free(builder->slot);
    sandbox_free(builder->sandbox);
    g_strfreev(builder->env);
    g_free(builder->config_text);
    g_free(builder->config_dir);
    g_free(builder);
}

KernelBuilder *kernel_builder_new(const Repo *repo, KernelStore *store, const char *slot_dir,
                                  const KernelBuildOptions *options, GError **error)
{
    g_autoptr(KernelBuilder) builder = g_new0(KernelBuilder, 1);
    g_autofree char *make = g_find_program_in_path("make");

    if (!make) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "make is not installed");
        return NULL;
    }
    builder->repo = repo;
    builder->store = store;
    builder->options = *options;
    builder->options.config = NULL;
    builder->config_dir = g_strdup(options->config_dir);
    builder->options.config_dir = builder->config_dir;
    if (!g_file_get_contents(options->config, &builder->config_text, NULL, error)) {
        return NULL;
    }
    builder->slot = slot_open(slot_dir, error);
    if (!builder->slot || !repo_worktree_prepare(repo, builder->slot->src_dir, error)) {
        return NULL;
    }
    builder->picks = picks_new(repo, options->backports, options->start);
    builder->options.backports = NULL;
    builder->options.start = NULL;
    builder->sandbox = sandbox_new();
    builder->env = recipe_env(builder->slot, options->toolchains);
    builder->prefixes[0] = ".";
    builder->prefixes[1] = builder->slot->obj_dir;
    builder->prefixes[2] = builder->slot->src_dir;
    return g_steal_pointer(&builder);
}

void kernel_builder_add_fix(KernelBuilder *builder, const Backport *fix)
{
    picks_add(builder->picks, fix);
}

const char *kernel_builder_unboxed(const KernelBuilder *builder)
{
    return sandbox_missing(builder->sandbox);
}

const char *kernel_builder_source_dir(const KernelBuilder *builder)
{
    return builder->slot->src_dir;
}

const char *const *kernel_builder_source_prefixes(const KernelBuilder *builder)
{
    return builder->prefixes;
}

/* Did a limit end @kernel that is wider today? */
static gboolean is_worth_another_try(const Kernel *kernel, const KernelBuildOptions *options)
{
    gboolean time = kernel->failed_at_ms &&
                    (!options->timeout_ms || options->timeout_ms > kernel->failed_at_ms);
    gboolean memory =
        kernel->failed_at_bytes &&
        (!options->memory_limit_bytes || options->memory_limit_bytes > kernel->failed_at_bytes);

    return time || memory;
}

/* The patches of a variant do not apply: a failed kernel, which no store needs to keep. */
static void end_as_conflict(GTask *task)
{
    Build *build = g_task_get_task_data(task);

    if (build->only_config) {
        g_task_return_pointer(task, g_strdup(""), g_free);
        return;
    }
    build->kernel->key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, build->name, -1);
    build->kernel->status = KERNEL_FAILED;
    build->kernel->first_error = g_strdup(build->source.conflict);
    g_task_return_pointer(task, g_steal_pointer(&build->kernel), (GDestroyNotify)kernel_free);
}

/* Not where the first error is looked for: titles and reasons may read like one. */
static void log_fixes(Build *build)
{
    for (char **line = build->source.patches; line && *line; line++) {
        g_string_append_printf(build->log, "# with %s\n", *line);
    }
    for (char **line = build->source.unpatched; line && *line; line++) {
        g_string_append_printf(build->log, "# %s\n", *line);
    }
    build->n_log_head = build->log->len;
}

/* How the tree is built, and by what key it is known. */
static gboolean choose(Build *build, GError **error)
{
    const KernelBuilder *builder = build->builder;
    const char *config = build->source.config;

    build->choice = choice_for_tree(builder->options.toolchains, builder->repo, build->tree_id,
                                    config, &build->changes, &build->kernel->notes, error);
    if (!build->choice) {
        return FALSE;
    }
    build->kernel->compiler = g_strdup(build->choice->text);
    build->kernel->key = recipe_key(build->tree_id, config, build->changes, build->choice);
    return TRUE;
}

static Build *build_new(KernelBuilder *builder, const char *name)
{
    Build *build = g_new0(Build, 1);

    for (guint i = 0; i < N_IMAGES; i++) {
        build->image_fds[i] = -1;
    }
    build->builder = builder;
    build->name = g_strdup(name);
    build->log = g_string_new(NULL);
    build->start_us = g_get_monotonic_time();
    build->kernel = g_new0(Kernel, 1);
    build->kernel->lost_options = g_new0(char *, 1);
    return build;
}

/* Begin what @task has as its Build. */
static void begin(GTask *new_task)
{
    g_autoptr(GTask) task = new_task;
    Build *build = g_task_get_task_data(task);
    KernelBuilder *builder = build->builder;
    g_autoptr(Kernel) found = NULL;
    gboolean in_the_way = FALSE;
    GError *error = NULL;

    if (!build_source_resolve(builder->repo, &builder->options, builder->picks,
                              builder->config_text, build->name, &build->source, &error)) {
        end_with_error(task, error);
        return;
    }
    log_fixes(build);
    if (build->source.conflict) {
        end_as_conflict(task);
        return;
    }
    build->tree_id = repo_tree_id(builder->repo, build->source.commit, &error);
    if (!build->tree_id || !choose(build, &error)) {
        end_with_error(task, error);
        return;
    }
    found =
        build->only_config ? NULL : kernel_store_find(builder->store, build->kernel->key, &error);
    if (!error && found && !is_worth_another_try(found, &builder->options)) {
        take_facts(build, found);
        g_task_return_pointer(task, g_steal_pointer(&found), (GDestroyNotify)kernel_free);
        return;
    }
    if (error ||
        !repo_has_path(builder->repo, build->tree_id, REPO_WORKTREE_SCRATCH, &in_the_way, &error)) {
        end_with_error(task, error);
    } else if (in_the_way) {
        /* Checked out, it would replace the build folder, by a link to anywhere, or lay objects of
         * its own in it. */
        end_as_failed(task, "the revision has a '" REPO_WORKTREE_SCRATCH
                            "' of its own, where firstbad builds");
    } else {
        repo_worktree_switch_async(builder->repo, builder->slot->src_dir, build->source.commit,
                                   g_task_get_cancellable(task), on_switched, g_object_ref(task));
    }
}

void kernel_build_async(KernelBuilder *builder, const char *name, GCancellable *cancellable,
                        GAsyncReadyCallback done, gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, done, user_data);

    g_task_set_task_data(task, build_new(builder, name), (GDestroyNotify)build_free);
    begin(task);
}

void kernel_configure_async(KernelBuilder *builder, const char *name, GCancellable *cancellable,
                            GAsyncReadyCallback done, gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, done, user_data);
    Build *build = build_new(builder, name);

    build->only_config = TRUE;
    g_task_set_task_data(task, build, (GDestroyNotify)build_free);
    begin(task);
}

gboolean kernel_configure_finish(KernelBuilder *builder, GAsyncResult *res, char **ret_config,
                                 GError **error)
{
    g_autofree char *config = g_task_propagate_pointer(G_TASK(res), error);

    if (!config) {
        return FALSE;
    }
    *ret_config = *config ? g_steal_pointer(&config) : NULL;
    return TRUE;
}

gboolean kernel_builder_use_config(KernelBuilder *builder, const char *id, GError **error)
{
    g_autofree char *path =
        g_build_filename(builder->config_dir ? builder->config_dir : "", id, NULL);
    char *text;

    if (!g_file_get_contents(path, &text, NULL, error)) {
        return FALSE;
    }
    g_free(builder->config_text);
    builder->config_text = text;
    return TRUE;
}

gboolean kernel_build_finish(KernelBuilder *builder, GAsyncResult *res, Kernel **ret_kernel,
                             GError **error)
{
    Kernel *kernel = g_task_propagate_pointer(G_TASK(res), error);

    if (!kernel) {
        return FALSE;
    }
    *ret_kernel = kernel;
    return TRUE;
}
