/* SPDX-License-Identifier: Apache-2.0
 * Which kernels of the store were built in one way: DIR/.ways/WAY/KEY for each.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "kernel/store.h"

static char *way_dir(const KernelStore *store, const char *way)
{
    return g_build_filename(store->dir, ".ways", way, NULL);
}

/* An empty file for each: what is not whole after a crash is no more than not there. */
void kernel_store_note_way(KernelStore *store, const char *way, const char *key)
{
    g_autofree char *dir = way_dir(store, way);
    g_autofree char *path = g_build_filename(dir, key, NULL);

    g_mkdir_with_parents(dir, 0777);
    g_file_set_contents(path, "", 0, NULL);
}

typedef struct Noted {
    char *key;
    gint64 at_ns;
} Noted;

static void noted_clear(gpointer noted)
{
    g_free(((Noted *)noted)->key);
}

static gint compare_newest_first(gconstpointer a, gconstpointer b)
{
    const Noted *left = a, *right = b;

    return left->at_ns != right->at_ns ? (left->at_ns < right->at_ns ? 1 : -1)
                                       : strcmp(left->key, right->key);
}

GPtrArray *kernel_store_of_way(KernelStore *store, const char *way, guint n_most)
{
    GPtrArray *kernels = g_ptr_array_new_with_free_func((GDestroyNotify)kernel_free);
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Noted));
    g_autofree char *path = way_dir(store, way);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *key;

    g_array_set_clear_func(all, noted_clear);
    while (dir && (key = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, key, NULL);
        GStatBuf status;

        if (g_stat(file, &status) == 0) {
            Noted noted = {g_strdup(key),
                           (gint64)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec};

            g_array_append_val(all, noted);
        }
    }
    g_array_sort(all, compare_newest_first);
    for (guint i = 0; i < all->len && kernels->len < n_most; i++) {
        Kernel *kernel = store_read_entry(store, g_array_index(all, Noted, i).key, NULL);

        if (kernel) {
            g_ptr_array_add(kernels, kernel);
        }
    }
    return kernels;
}
