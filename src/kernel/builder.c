/* SPDX-License-Identifier: Apache-2.0
 * Building a revision, step by step in the main loop:
 *
 *   choose a compiler -> find in the store, or what is the same -> check out -> [olddefconfig] ->
 * [scripts_basic] -> bzImage vmlinux -> [check] -> pack
 *
 * Each step has a callback that starts the next. A step that fails ends the build in one of two
 * ways: the revision's fault makes a failed kernel, which is stored; the machine's makes a GError,
 * and nothing is stored. What may be the fault of other revisions, by what they left in the build
 * folder, is tried once more from nothing.
 */
#include "kernel/build.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "kernel/built.h"
#include "kernel/config.h"
#include "kernel/recipe.h"

static void build_free(Build *build)
{
    build_close_images(build);
    g_free(build->name);
    build_source_clear(&build->source);
    g_free(build->tree_id);
    g_free(build->way);
    kernel_free(build->kernel);
    choice_free(build->choice);
    g_free(build->changes);
    g_free(build->wanted_config);
    g_free(build->config);
    g_strfreev(build->argv);
    job_client_free(build->job_client);
    g_string_free(build->log, TRUE);
    parcel_free(build->parcel);
    kernel_builder_free(build->other);
    kernel_store_free(build->other_store);
    g_strfreev(build->objects);
    g_free(build->objects_dir);
    g_free(build->origins);
    g_free(build);
}

/* --- steps ----------------------------------------------------------------------------------- */

static void on_made(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    Build *build = g_task_get_task_data(task);
    GError *error = NULL;

    if (!build_make_succeeded(task, res)) {
        return;
    }
    build->kernel->build_ms = (guint64)(g_get_monotonic_time() - build->start_us) / 1000;
    if (!build_open_images(build, &error)) {
        build_end_of_odd_file(task, error);
        return;
    }
    if (!slot_end_build(build->builder->slot, &error) || !build_sign(build, &error)) {
        g_task_return_error(task, error);
    } else if (build_wants_check(build)) {
        build_check(task);
    } else {
        build_pack(task);
    }
}

static void make_images(GTask *task)
{
    const Build *build = g_task_get_task_data(task);
    static const char *const targets[] = {"bzImage", "vmlinux", NULL};

    if (build->objects) {
        build_make_objects(task);
    } else {
        build_make(task, targets, on_made);
    }
}

static void on_basics_made(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    const Build *build = g_task_get_task_data(task);
    GError *error = NULL;

    if (!build_make_succeeded(task, res)) {
        return;
    }
    if (!recipe_fix_randstruct(build->builder->slot, &error)) {
        build_end_of_odd_file(task, error);
        return;
    }
    make_images(task);
}

/* --- configuration --------------------------------------------------------------------------- */

/* What decides the configuration beside the tree. Owned by the caller. */
static char *configuring_inputs(const Build *build)
{
    const KernelBuilder *builder = build->builder;
    g_auto(GStrv) argv = recipe_configure(builder->slot, &builder->options, build->choice);
    g_autofree char *command = g_strjoinv("\n", argv);

    return g_strjoin("\n", build->choice->key, command, build->wanted_config, NULL);
}

/* Put the configuration in its place, unless it is the same, and make the kernel. Takes @config,
 * which may be NULL: then @error says why, and is taken. */
static void go_on_with_config(GTask *task, char *config, GError *error)
{
    static const char *const basics[] = {"scripts_basic", NULL};
    Build *build = g_task_get_task_data(task);

    g_free(build->config);
    build->config = config;
    if (!config || !built_write(build->builder->slot, ".config", config, &error)) {
        build_end_of_odd_file(task, error);
        return;
    }
    g_strfreev(build->kernel->lost_options);
    build->kernel->lost_options = config_lost_options(build->wanted_config, config);
    if (config_is_on(config, "CONFIG_RANDSTRUCT")) {
        build_make(task, basics, on_basics_made);
    } else {
        make_images(task);
    }
}

/* kernel_configure_async() has what it wants. The build folder keeps the configuration that it has.
 */
static void end_with_config(GTask *task)
{
    Build *build = g_task_get_task_data(task);
    GError *error = NULL;
    char *config = built_read(build->builder->slot, RECIPE_NEW_CONFIG, &error);

    if (!config) {
        build_end_of_odd_file(task, error);
    } else if (!slot_end_build(build->builder->slot, &error)) {
        g_free(config);
        g_task_return_error(task, error);
    } else {
        g_task_return_pointer(task, config, g_free);
    }
}

static void on_configured(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    Build *build = g_task_get_task_data(task);
    KernelBuilder *builder = build->builder;
    GError *error = NULL;
    char *config;

    if (!build_make_succeeded(task, res)) {
        return;
    }
    if (build->only_config) {
        end_with_config(task);
        return;
    }
    config = built_read(builder->slot, RECIPE_NEW_CONFIG, &error);
    if (config) {
        g_autofree char *inputs = configuring_inputs(build);

        configured_keep(&builder->configured, build->tree_id, inputs, config);
    }
    go_on_with_config(task, config, error);
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
    g_free(build->wanted_config);
    build->wanted_config =
        config_for_build(build->source.config, build->changes, is_in_tree, (gpointer)builder);
    return built_write(builder->slot, CONFIG_SIGNING_KEY_FILE, config_signing_key(), error) &&
           built_write(builder->slot, RECIPE_NEW_CONFIG, build->wanted_config, error);
}

/* The sources are there: build. */
static void begin_making(GTask *task)
{
    Build *build = g_task_get_task_data(task);
    const KernelBuilder *builder = build->builder;
    g_autofree char *inputs = NULL;
    const char *known = NULL;
    GError *error = NULL;

    build->is_beside = slot_is_used(builder->slot);
    if (!slot_begin_build(builder->slot, &error) || !write_inputs(build, &error)) {
        g_task_return_error(task, error);
        return;
    }
    inputs = configuring_inputs(build);
    if (!build->only_config) {
        known =
            configured_find(&builder->configured, builder->repo, build->tree_id, inputs, &error);
    }
    if (error) {
        g_task_return_error(task, error);
    } else if (known) {
        g_string_append(build->log, "# configured as the revision built before\n");
        build->n_log_head = build->log->len;
        go_on_with_config(task, g_strdup(known), NULL);
    } else {
        /* Always from the user's own: what one revision does not know must not be lost to the
         * next. */
        build_run(task, recipe_configure(builder->slot, &builder->options, build->choice),
                  on_configured);
    }
}

static void on_switched(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    GError *error = NULL;

    if (!repo_worktree_switch_finish(res, &error)) {
        g_task_return_error(task, error);
        return;
    }
    begin_making(task);
}

void build_again_from_nothing(GTask *task)
{
    Build *build = g_task_get_task_data(task);
    GError *error = NULL;

    if (!slot_empty(build->builder->slot, &error)) {
        g_task_return_error(task, error);
        return;
    }
    configured_clear(&build->builder->configured);
    build->start_us = g_get_monotonic_time(); /* the limit is of one build */
    g_string_append(build->log, "# the build folder is thrown away; once more, from nothing\n");
    build->n_log_head = build->log->len;
    g_clear_pointer(&build->kernel->signature, g_free);
    build_close_images(build);
    begin_making(task);
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
    configured_clear(&builder->configured);
    g_clear_pointer(&builder->believed, g_hash_table_unref);
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
    builder->believed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    builder->env = recipe_env(builder->slot, options->toolchains);
    builder->prefixes[0] = ".";
    builder->prefixes[1] = builder->slot->obj_dir;
    builder->prefixes[2] = builder->slot->src_dir;
    return g_steal_pointer(&builder);
}

void kernel_builder_build_same(KernelBuilder *builder)
{
    builder->options.builds_same = TRUE;
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

    if (build->only_config || build->objects) {
        build_end_as_failed(task, build->source.conflict);
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
    if (builder->options.without_debug_info) {
        g_autofree char *era = build->changes;
        g_autofree char *less = config_without_debug_info(config, build->choice->kernel);

        build->changes = g_strconcat(era, less, NULL);
    }
    build->kernel->compiler = g_strdup(build->choice->text);
    build->kernel->key = recipe_key(build->tree_id, config, build->changes, build->choice);
    build->way = recipe_key("", config, build->changes, build->choice);
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

/* The kernel that makes this build needless; NULL: there is none, or an error. Owned by the caller.
 */
static Kernel *find_kernel(const Build *build, GError **error)
{
    const KernelBuilder *builder = build->builder;
    g_autoptr(Kernel) found = NULL;
    GError *failed = NULL;

    if (build->only_config || build->objects) {
        return NULL;
    }
    found = kernel_store_find(builder->store, build->kernel->key, &failed);
    if (failed) {
        g_propagate_error(error, failed);
        return NULL;
    }
    if (builder->options.builds_same) {
        /* An entry that was shared by the rule is none for who does not believe the rule. */
        if (found && found->same_as) {
            return NULL;
        }
    } else if (!found && !build_is_sampled(build)) {
        found = build_find_same(build);
    }
    return found && !is_worth_another_try(found, &builder->options) ? g_steal_pointer(&found)
                                                                    : NULL;
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
        g_task_return_error(task, error);
        return;
    }
    log_fixes(build);
    if (build->source.conflict) {
        end_as_conflict(task);
        return;
    }
    build->tree_id = repo_tree_id(builder->repo, build->source.commit, &error);
    if (!build->tree_id || !choose(build, &error)) {
        g_task_return_error(task, error);
        return;
    }
    found = find_kernel(build, &error);
    if (found) {
        build_note_made(build, found);
        build_take_facts(build, found);
        g_task_return_pointer(task, g_steal_pointer(&found), (GDestroyNotify)kernel_free);
        return;
    }
    if (error ||
        !repo_has_path(builder->repo, build->tree_id, REPO_WORKTREE_SCRATCH, &in_the_way, &error)) {
        g_task_return_error(task, error);
    } else if (in_the_way) {
        /* Checked out, it would replace the build folder, by a link to anywhere, or lay objects of
         * its own in it. */
        build_end_as_failed(task, "the revision has a '" REPO_WORKTREE_SCRATCH
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

void kernel_objects_async(KernelBuilder *builder, const char *name, const char *const *objects,
                          const char *dir, GCancellable *cancellable, GAsyncReadyCallback done,
                          gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, done, user_data);
    Build *build = build_new(builder, name);

    build->objects = g_strdupv((char **)objects);
    build->objects_dir = g_strdup(dir);
    g_task_set_task_data(task, build, (GDestroyNotify)build_free);
    begin(task);
}

gboolean kernel_objects_finish(GAsyncResult *res, GError **error)
{
    return g_task_propagate_boolean(G_TASK(res), error);
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
