/* SPDX-License-Identifier: Apache-2.0
 * The ends of a build: a kernel in the store, built or failed, or an error.
 */
#include "kernel/build.h"

#include <unistd.h>

#include "kernel/built.h"
#include "kernel/config.h"
#include "kernel/recipe.h"
#include "kernel/sources-read.h"
#include "symbols/symbols.h"

/* As name and path in the build folder. */
static const struct {
    const char *name, *path;
} images[N_IMAGES] = {
    [IMAGE_BZIMAGE] = {"bzImage", RECIPE_IMAGE},
    [IMAGE_VMLINUX] = {"vmlinux", "vmlinux"},
};

void build_take_facts(const Build *build, Kernel *kernel)
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
        g_task_return_error(task, error);
        return;
    }
    if (stored->status == KERNEL_BUILT) {
        kernel_store_note_way(build->builder->store, build->way, stored->key);
    }
    build_note_made(build, stored);
    build_take_facts(build, stored);
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

/* And what a good one was made of, where that can be read. */
static gboolean add_sources(Build *build, GError **error)
{
    g_autofree char *sources = sources_read(build->builder->slot);

    return !sources || parcel_add_text(build->parcel, "sources", TRUE, sources, error);
}

void build_end_as_failed(GTask *task, const char *first_error)
{
    Build *build = g_task_get_task_data(task);
    GError *error = NULL;

    if (build->only_config) {
        g_task_return_pointer(task, g_strdup(""), g_free);
        return;
    }
    if (build->objects) {
        build_end_with_objects(task, first_error);
        return;
    }
    build->kernel->status = KERNEL_FAILED;
    build->kernel->first_error = g_strdup(first_error);
    if (!begin_parcel(build, &error)) {
        g_task_return_error(task, error);
        return;
    }
    end_with_kernel(task);
}

void build_end_of_odd_file(GTask *task, GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
        g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE) ||
        g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY)) {
        build_end_as_failed(task, error->message);
        g_error_free(error);
    } else {
        g_task_return_error(task, error);
    }
}

/* --- pack ------------------------------------------------------------------------------------ */

gboolean build_open_images(Build *build, GError **error)
{
    for (guint i = 0; i < N_IMAGES; i++) {
        build->image_fds[i] = built_open(build->builder->slot, images[i].path, error);
        if (build->image_fds[i] < 0) {
            return FALSE;
        }
    }
    return TRUE;
}

void build_close_images(Build *build)
{
    for (guint i = 0; i < N_IMAGES; i++) {
        if (build->image_fds[i] >= 0) {
            close(build->image_fds[i]);
        }
        build->image_fds[i] = -1;
    }
}

gboolean build_sign(Build *build, GError **error)
{
    build->kernel->signature = symbols_signature(build->image_fds[IMAGE_VMLINUX], error);
    return build->kernel->signature != NULL;
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
        g_task_return_error(task, error);
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
        g_task_return_error(task, error);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static gboolean add_origins(Build *build, GError **error)
{
    return !build->origins ||
           parcel_add_text(build->parcel, "origins", TRUE, build->origins, error);
}

static void pack(GTask *task)
{
    Build *build = g_task_get_task_data(task);
    g_autoptr(GSource) source = g_idle_source_new();
    GError *error = NULL;

    if (!begin_parcel(build, &error) || !add_origins(build, &error) ||
        !add_sources(build, &error) || !begin_image(build, &error)) {
        g_task_return_error(task, error);
        return;
    }
    g_source_set_callback(source, on_pack, g_object_ref(task), g_object_unref);
    g_source_attach(source, g_task_get_context(task));
}

/* Without origins a report has no source files, and is right all the same. */
static void on_origins(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    Build *build = g_task_get_task_data(task);
    g_autoptr(GError) error = NULL;

    build->origins = symbols_origins_finish(res, &error);
    if (!build->origins && !g_cancellable_is_cancelled(g_task_get_cancellable(task))) {
        g_message("%.12s: where its functions come from is not known: %s", build->name,
                  error->message);
    }
    pack(task);
}

void build_pack(GTask *task)
{
    const Build *build = g_task_get_task_data(task);
    const Slot *slot = build->builder->slot;
    g_autofree char *vmlinux = g_build_filename(slot->obj_dir, images[IMAGE_VMLINUX].path, NULL);
    const SymbolsFiles files = {.vmlinux = vmlinux};

    if (build->builder->options.keeps_origins &&
        !config_is_on(build->config, "CONFIG_DEBUG_INFO")) {
        symbols_origins_async(&files, slot->obj_dir, g_task_get_cancellable(task), on_origins,
                              g_object_ref(task));
    } else {
        pack(task);
    }
}
