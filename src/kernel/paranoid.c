/* SPDX-License-Identifier: Apache-2.0
 * A kernel that was built beside others, checked against one built from nothing.
 *
 * That both are the same is what incremental builds stand on, and kbuild's part of it, not ours: a
 * rule without its dependencies in one revision spoils the folder for the next. With --paranoid one
 * kernel of eight is built again in an empty folder. Which ones, their trees say, so that a resumed
 * job checks the same.
 */
#include "kernel/build.h"

/* Of so many kernels one is checked: a build from nothing is some six beside others. */
#define ONE_IN 8

gboolean build_is_sampled(const Build *build)
{
    return build->builder->options.paranoid && g_str_hash(build->tree_id) % ONE_IN == 0;
}

gboolean build_wants_check(const Build *build)
{
    return build->is_beside && build_is_sampled(build);
}

/* The builder of the other kernel; its slot is empty. */
static KernelBuilder *open_other(const Build *build, KernelStore **ret_store, GError **error)
{
    const KernelBuilder *builder = build->builder;
    g_autofree char *dir = g_strconcat(builder->slot->dir, ".check", NULL);
    g_autofree char *config = g_build_filename(dir, "config", NULL);
    g_autofree char *kernels = g_build_filename(dir, "kernels", NULL);
    g_autoptr(KernelStore) store = kernel_store_open(kernels, error);
    g_autoptr(KernelBuilder) other = NULL;
    KernelBuildOptions options = builder->options;

    if (!store || !g_file_set_contents(config, build->source.config, -1, error)) {
        return NULL;
    }
    /* The commit has the fixes, the config is the one to build with. */
    options.config = config;
    options.config_dir = NULL;
    options.paranoid = FALSE;
    options.builds_same = TRUE;
    other = kernel_builder_new(builder->repo, store, dir, &options, error);
    if (!other || !slot_empty(other->slot, error)) {
        return NULL;
    }
    *ret_store = g_steal_pointer(&store);
    return g_steal_pointer(&other);
}

static void tell(Build *build, const char *theirs)
{
    g_autoptr(GStrvBuilder) notes = g_strv_builder_new();
    g_autofree char *note = g_strdup_printf(
        "paranoid: built beside other revisions it was another kernel (%.12s) than from nothing "
        "(%.12s): the build folder is thrown away, and it is built anew",
        build->kernel->signature, theirs ? theirs : "none");

    if (build->kernel->notes) {
        g_strv_builder_addv(notes, (const char **)build->kernel->notes);
    }
    g_strv_builder_add(notes, note);
    g_strfreev(build->kernel->notes);
    build->kernel->notes = g_strv_builder_end(notes);
}

static void on_other_built(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    Build *build = g_task_get_task_data(task);
    g_autoptr(KernelBuilder) other = g_steal_pointer(&build->other);
    g_autoptr(KernelStore) store = g_steal_pointer(&build->other_store);
    g_autoptr(Kernel) kernel = NULL;
    GError *error = NULL;

    if (!kernel_build_finish(other, res, &kernel, &error)) {
        g_task_return_error(task, error);
    } else if (kernel->failed_at_ms || kernel->failed_at_bytes || /* a limit ended the check */
               g_strcmp0(kernel->signature, build->kernel->signature) == 0) {
        build_pack(task);
    } else {
        tell(build, kernel->signature);
        build_again_from_nothing(task);
    }
}

void build_check(GTask *task)
{
    Build *build = g_task_get_task_data(task);
    GError *error = NULL;

    build->other = open_other(build, &build->other_store, &error);
    if (!build->other) {
        g_task_return_error(task, error);
        return;
    }
    kernel_build_async(build->other, build->source.commit, g_task_get_cancellable(task),
                       on_other_built, g_object_ref(task));
}
