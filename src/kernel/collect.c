/* SPDX-License-Identifier: Apache-2.0
 * What the store holds, and how it is kept from growing for ever.
 *
 * An entry's kernel.ini is touched when it is found; what was not touched for longest goes first.
 * Files that entries share are counted once, and take room until the last of these entries is gone.
 * A process may hold a kernel that it has just found, so what was found lately stays; one that is
 * taken away all the same reads like a damaged entry, and is built again.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/store.h"

#define LATELY_S      3600
#define DEFAULT_LIMIT ((guint64)32 << 30)
#define KEY_LENGTH    64

/* --- Settings -------------------------------------------------------------------------------- */

guint64 kernel_store_limit(const KernelStore *store)
{
    g_autofree char *path = g_build_filename(store->dir, "limit", NULL), *text = NULL;
    g_autoptr(GError) error = NULL;
    guint64 bytes;

    if (!g_file_get_contents(path, &text, NULL, &error)) {
        /* What cannot be read just now removes nothing. */
        return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT) ? DEFAULT_LIMIT
                                                                        : G_MAXUINT64;
    }
    if (!g_ascii_string_to_unsigned(g_strstrip(text), 10, 0, G_MAXUINT64, &bytes, NULL)) {
        return DEFAULT_LIMIT;
    }
    return bytes;
}

gboolean kernel_store_set_limit(KernelStore *store, guint64 bytes, GError **error)
{
    g_autofree char *path = g_build_filename(store->dir, "limit", NULL);
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT "\n", bytes);

    return g_file_set_contents(path, text, -1, error);
}

static char *pin_path(const KernelStore *store, const char *key)
{
    return g_build_filename(store->dir, ".pins", key, NULL);
}

gboolean kernel_store_pin(KernelStore *store, const char *key, gboolean is_pinned, GError **error)
{
    g_autofree char *path = pin_path(store, key), *dir = g_path_get_dirname(path);

    if (is_pinned) {
        return g_mkdir_with_parents(dir, 0777) == 0 ? g_file_set_contents(path, "", 0, error)
                                                    : store_io_fail(error, "making", dir);
    }
    return g_unlink(path) == 0 || errno == ENOENT ? TRUE : store_io_fail(error, "removing", path);
}

/* --- What there is --------------------------------------------------------------------------- */

void kernel_entry_free(KernelEntry *entry)
{
    if (!entry) {
        return;
    }
    kernel_free(entry->kernel);
    g_free(entry->name);
    g_free(entry);
}

/* A file on the disk, by its inode: how many entries of ours have it. */
typedef struct Blob {
    guint64 bytes;
    guint n_entries;
} Blob;

/* Call @each with every file of the folder @dir. */
typedef void (*FileFunc)(const GStatBuf *file, gpointer user_data);

static void for_each_file(const char *dir, FileFunc each, gpointer user_data)
{
    g_autoptr(GDir) listing = g_dir_open(dir, 0, NULL);
    const char *name;

    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        GStatBuf status;

        if (g_lstat(path, &status) == 0) {
            each(&status, user_data);
        }
    }
}

static guint64 bytes_of(const GStatBuf *file)
{
    return (guint64)file->st_blocks * 512;
}

static void add_bytes(const GStatBuf *file, gpointer bytes)
{
    *(guint64 *)bytes += bytes_of(file);
}

static KernelEntry *entry_new(KernelStore *store, const char *key)
{
    g_autofree char *pin = pin_path(store, key), *ini = NULL;
    GStatBuf status;
    KernelEntry *entry = g_new0(KernelEntry, 1);

    entry->kernel = store_read_entry(store, key, NULL);
    if (!entry->kernel) {
        kernel_entry_free(entry);
        return NULL;
    }
    entry->name = kernel_fact(entry->kernel, "commit");
    ini = g_build_filename(entry->kernel->dir, "kernel.ini", NULL);
    entry->used_s = g_stat(ini, &status) == 0 ? status.st_mtime : 0;
    entry->is_pinned = g_access(pin, F_OK) == 0;
    for_each_file(entry->kernel->dir, add_bytes, &entry->bytes);
    return entry;
}

static gint compare_newest_first(gconstpointer a, gconstpointer b)
{
    const KernelEntry *left = *(KernelEntry *const *)a, *right = *(KernelEntry *const *)b;

    return left->used_s != right->used_s ? (left->used_s < right->used_s ? 1 : -1)
                                         : strcmp(left->kernel->key, right->kernel->key);
}

static void add_shelf(KernelStore *store, const char *shelf, GPtrArray *entries)
{
    g_autofree char *path = g_build_filename(store->dir, shelf, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *key;

    while (dir && (key = g_dir_read_name(dir))) {
        KernelEntry *entry = strlen(key) == KEY_LENGTH ? entry_new(store, key) : NULL;

        if (entry) {
            g_ptr_array_add(entries, entry);
        }
    }
}

GPtrArray *kernel_store_entries(KernelStore *store, GError **error)
{
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify)kernel_entry_free);
    g_autoptr(GDir) dir = g_dir_open(store->dir, 0, error);
    const char *shelf;

    if (!dir) {
        return NULL;
    }
    while ((shelf = g_dir_read_name(dir))) {
        if (strlen(shelf) == 2) {
            add_shelf(store, shelf, entries);
        }
    }
    g_ptr_array_sort(entries, compare_newest_first);
    return g_steal_pointer(&entries);
}

/* --- Room ------------------------------------------------------------------------------------ */

/* The files of all entries: inode -> Blob. */
typedef struct Room {
    GHashTable *blobs;
    guint64 bytes; /* of all together */
} Room;

static void count_in(const GStatBuf *file, gpointer data)
{
    Room *room = data;
    gint64 inode = (gint64)file->st_ino;
    Blob *blob = g_hash_table_lookup(room->blobs, &inode);

    if (!blob) {
        blob = g_new0(Blob, 1);
        blob->bytes = bytes_of(file);
        room->bytes += blob->bytes;
        g_hash_table_insert(room->blobs, g_memdup2(&inode, sizeof(inode)), blob);
    }
    blob->n_entries++;
}

static void count_out(const GStatBuf *file, gpointer data)
{
    Room *room = data;
    gint64 inode = (gint64)file->st_ino;
    Blob *blob = g_hash_table_lookup(room->blobs, &inode);

    if (blob && --blob->n_entries == 0) {
        room->bytes -= blob->bytes;
        g_hash_table_remove(room->blobs, &inode);
    }
}

static void measure(const GPtrArray *entries, Room *room)
{
    room->blobs = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    for (guint i = 0; i < entries->len; i++) {
        const KernelEntry *entry = entries->pdata[i];

        for_each_file(entry->kernel->dir, count_in, room);
    }
}

guint64 kernel_entries_bytes(const GPtrArray *entries)
{
    Room room = {0};

    measure(entries, &room);
    g_hash_table_unref(room.blobs);
    return room.bytes;
}

/* Take away what of DIR/@top/CLASS/NAME has no entry any more. @name_is_key: NAME names the entry;
 * else it is a link to it. */
static void sweep_notes(const KernelStore *store, const char *top, gboolean name_is_key)
{
    g_autofree char *path = g_build_filename(store->dir, top, NULL);
    g_autoptr(GDir) classes = g_dir_open(path, 0, NULL);
    const char *class, *name;

    while (classes && (class = g_dir_read_name(classes))) {
        g_autofree char *folder = g_build_filename(path, class, NULL);
        g_autoptr(GDir) notes = g_dir_open(folder, 0, NULL);

        while (notes && (name = g_dir_read_name(notes))) {
            g_autofree char *note = g_build_filename(folder, name, NULL);
            g_autofree char *entry = name_is_key ? store_entry_dir(store, name) : g_strdup(note);

            if (g_access(entry, F_OK) != 0) {
                g_unlink(note);
            }
        }
        g_rmdir(folder); /* where it is empty now */
    }
}

gboolean kernel_store_collect(KernelStore *store, guint64 most_bytes, GHashTable *wanted,
                              KernelsCollected *ret_collected, GError **error)
{
    g_autoptr(GPtrArray) entries = kernel_store_entries(store, error);
    gint64 lately_s = g_get_real_time() / G_USEC_PER_SEC - LATELY_S;
    Room room = {0};

    *ret_collected = (KernelsCollected){0};
    if (!entries) {
        return FALSE;
    }
    measure(entries, &room);
    ret_collected->n_left = entries->len;
    for (guint i = entries->len; i-- > 0 && room.bytes > most_bytes;) {
        const KernelEntry *entry = entries->pdata[i];
        guint64 before = room.bytes;

        if (entry->is_pinned || entry->used_s > lately_s ||
            (wanted && g_hash_table_contains(wanted, entry->kernel->key))) {
            continue;
        }
        for_each_file(entry->kernel->dir, count_out, &room);
        store_throw_away(store->dir, entry->kernel->dir);
        ret_collected->n_removed++;
        ret_collected->n_left--;
        ret_collected->bytes_removed += before - room.bytes;
    }
    ret_collected->bytes_left = room.bytes;
    g_hash_table_unref(room.blobs);
    if (ret_collected->n_removed > 0) {
        sweep_notes(store, ".ways", TRUE);
        sweep_notes(store, ".made", FALSE);
    }
    return TRUE;
}
