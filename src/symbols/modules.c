/* SPDX-License-Identifier: Apache-2.0
 * Modules: a report says [name], and somewhere in the folders given lies name.ko.
 *
 * The name is that of the file with '-' made '_'. A folder of modules (/lib/modules/VERSION) holds
 * thousands, in a tree; it is listed once, when the first line asks for a module.
 */
#include "symbols/internal.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

/* drivers/net/ethernet/mellanox/mlx5/core is 6 deep. */
#define DEPTH_MAX 32

struct Modules {
    char **source_dirs;
    GPtrArray *dirs;   /* not listed yet */
    GHashTable *paths; /* name -> GPtrArray of the paths that could be it, in order */
    GHashTable *open;  /* "name build-id" -> Binary, or NULL when there is none */
};

Modules *modules_new(const char *const *source_dirs)
{
    Modules *modules = g_new0(Modules, 1);

    modules->source_dirs = g_strdupv((char **)source_dirs);
    modules->dirs = g_ptr_array_new_with_free_func(g_free);
    modules->paths =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    modules->open =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)binary_free);
    return modules;
}

void modules_free(Modules *modules)
{
    if (!modules) {
        return;
    }
    g_hash_table_unref(modules->open);
    g_hash_table_unref(modules->paths);
    g_ptr_array_unref(modules->dirs);
    g_strfreev(modules->source_dirs);
    g_free(modules);
}

void modules_add_dir(Modules *modules, const char *dir)
{
    g_ptr_array_add(modules->dirs, g_strdup(dir));
}

/* The module of a file, or NULL when it is none. */
static char *module_name(const char *file)
{
    gboolean is_debug = g_str_has_suffix(file, ".ko.debug");

    if (!is_debug && !g_str_has_suffix(file, ".ko")) {
        return NULL;
    }
    return g_strdelimit(g_strndup(file, strlen(file) - strlen(is_debug ? ".ko.debug" : ".ko")), "-",
                        '_');
}

static void add_path(Modules *modules, char *name, const char *path)
{
    GPtrArray *paths = g_hash_table_lookup(modules->paths, name);

    if (!paths) {
        paths = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(modules->paths, g_strdup(name), paths);
    }
    g_ptr_array_add(paths, g_strdup(path));
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Links to folders are not followed: "build" and "source" lead to whole trees. */
static void list_dir(Modules *modules, const char *dir, guint depth)
{
    g_autoptr(GDir) open = depth < DEPTH_MAX ? g_dir_open(dir, 0, NULL) : NULL;
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    const char *file;

    while (open && (file = g_dir_read_name(open))) {
        g_ptr_array_add(files, g_strdup(file));
    }
    g_ptr_array_sort(files, compare_names);
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *path = g_build_filename(dir, files->pdata[i], NULL);
        g_autofree char *name = module_name(files->pdata[i]);
        GStatBuf status;

        if (name) {
            add_path(modules, name, path);
        } else if (g_lstat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
            list_dir(modules, path, depth + 1);
        }
    }
}

static Binary *open_first(Modules *modules, const char *name, const char *build_id)
{
    g_autofree char *plain = g_strdelimit(g_strdup(name), "-", '_');
    const GPtrArray *paths = g_hash_table_lookup(modules->paths, plain);

    for (guint i = 0; paths && i < paths->len; i++) {
        g_autoptr(Binary) binary =
            binary_open(paths->pdata[i], (const char *const *)modules->source_dirs, NULL);

        if (binary && binary->lines && (!*build_id || binary_has_build_id(binary, build_id))) {
            return g_steal_pointer(&binary);
        }
    }
    return NULL;
}

Binary *modules_find(Modules *modules, const char *name, const char *build_id)
{
    g_autofree char *key = g_strconcat(name, " ", build_id, NULL);
    gpointer binary;

    for (guint i = 0; i < modules->dirs->len; i++) {
        list_dir(modules, modules->dirs->pdata[i], 0);
    }
    g_ptr_array_set_size(modules->dirs, 0);
    if (!g_hash_table_lookup_extended(modules->open, key, NULL, &binary)) {
        binary = open_first(modules, name, build_id);
        g_hash_table_insert(modules->open, g_steal_pointer(&key), binary);
    }
    return binary;
}
