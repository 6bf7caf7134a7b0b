/* SPDX-License-Identifier: Apache-2.0
 * Single objects of a kernel, compiled once more with debug information: the files that a crash has
 * to do with are few, and take seconds where a whole build with debug information takes minutes.
 *
 * They are made where the kernel was, in the slot's own build folder, since all that they include
 * is made there already. kbuild sees by their command that it is another one, now and at the next
 * build.
 */
#include "kernel/build.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kernel/built.h"
#include "kernel/recipe.h"

/* The names come from a list that a foreign build has written. */
static gboolean is_name_of_object(const char *name)
{
    g_autofree char *clean = g_canonicalize_filename(name, "/");

    return g_str_has_suffix(name, ".o") && g_str_equal(clean + 1, name);
}

/* FALSE where there is none: what is no regular file is none. */
static gboolean copy_object(const Build *build, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(build->objects_dir, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(GMappedFile) mapped = NULL;
    int fd = is_name_of_object(name) ? built_open(build->builder->slot, name, NULL) : -1;

    mapped = fd >= 0 ? g_mapped_file_new_from_fd(fd, FALSE, NULL) : NULL;
    if (fd >= 0) {
        close(fd);
    }
    if (!mapped || g_mapped_file_get_length(mapped) == 0) {
        return FALSE;
    }
    if (g_mkdir_with_parents(folder, 0777) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", folder,
                    g_strerror(errno));
        return FALSE;
    }
    return g_file_set_contents(path, g_mapped_file_get_contents(mapped),
                               (gssize)g_mapped_file_get_length(mapped), error);
}

void build_end_with_objects(GTask *task, const char *why)
{
    const Build *build = g_task_get_task_data(task);
    GError *error = NULL;
    guint n_copied = 0;

    for (char **name = build->objects; *name && !error; name++) {
        n_copied += copy_object(build, *name, &error);
    }
    if (!error && n_copied == 0) {
        error = g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "%s", why ? why : "no object was made");
    }
    if (error) {
        g_task_return_error(task, error);
    } else {
        g_task_return_boolean(task, TRUE);
    }
}

static void on_made(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    const Build *build = g_task_get_task_data(task);
    GError *error = NULL;

    if (!build_make_succeeded(task, res)) {
        return;
    }
    if (!slot_end_build(build->builder->slot, &error)) {
        g_task_return_error(task, error);
    } else {
        build_end_with_objects(task, NULL);
    }
}

void build_make_objects(GTask *task)
{
    const Build *build = g_task_get_task_data(task);
    const KernelBuilder *builder = build->builder;

    build_run(task,
              recipe_make_objects(builder->slot, &builder->options, build->choice,
                                  (const char *const *)build->objects),
              on_made);
}
