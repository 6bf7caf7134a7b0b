/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders are read in the order of their names. A file with several names comes with its first one;
 * the others have its number (ours, counted from 1) and no bytes, which the kernel takes for links.
 */
#include "guest/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CHUNK (1 << 20)

typedef struct archive_entry ArchiveEntry;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveEntry, archive_entry_free)

struct Pack {
    struct archive *writer;
    char *path, *temporary;
    int fd;
    GHashTable *folders; /* names of those that were added */
    GHashTable *numbers; /* "DEVICE:INODE" -> number of a file with several names */
};

static gboolean fail(GError **error, const char *path, const char *what)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "initramfs: %s%s%s: %s", what,
                *what ? " " : "", path, g_strerror(errno));
    return FALSE;
}

Pack *pack_new(const char *path, GError **error)
{
    g_autoptr(Pack) pack = g_new0(Pack, 1);

    pack->path = g_strdup(path);
    pack->temporary = g_strconcat(path, ".new", NULL);
    pack->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    pack->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    pack->fd = open(pack->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (pack->fd < 0) {
        fail(error, pack->temporary, "");
        return NULL;
    }
    pack->writer = archive_write_new();
    archive_write_set_format_cpio_newc(pack->writer);
    archive_write_add_filter_none(pack->writer);
    archive_write_open_fd(pack->writer, pack->fd);
    return g_steal_pointer(&pack);
}

void pack_free(Pack *pack)
{
    if (!pack) {
        return;
    }
    if (pack->writer) {
        archive_write_free(pack->writer);
    }
    if (pack->fd >= 0) {
        close(pack->fd);
        g_unlink(pack->temporary);
    }
    g_hash_table_unref(pack->folders);
    g_hash_table_unref(pack->numbers);
    g_free(pack->path);
    g_free(pack->temporary);
    g_free(pack);
}

static gboolean fail_archive(const Pack *pack, const char *name, GError **error)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(archive_errno(pack->writer)),
                "initramfs: %s: %s", name, archive_error_string(pack->writer));
    return FALSE;
}

static gboolean add_folders_above(Pack *pack, const char *name, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(name);

    return g_str_equal(folder, ".") || pack_folder(pack, folder, error);
}

/* Begin the entry @name; its bytes follow. */
static gboolean begin(Pack *pack, ArchiveEntry *entry, const char *name, GError **error)
{
    if (!add_folders_above(pack, name, error)) {
        return FALSE;
    }
    archive_entry_set_pathname(entry, name);
    if (archive_write_header(pack->writer, entry) != ARCHIVE_OK) {
        return fail_archive(pack, name, error);
    }
    return TRUE;
}

static ArchiveEntry *entry_new(mode_t type, mode_t permissions)
{
    ArchiveEntry *entry = archive_entry_new();

    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, permissions);
    archive_entry_set_mtime(entry, 0, 0);
    archive_entry_set_nlink(entry, 1);
    archive_entry_set_size(entry, 0);
    return entry;
}

/* Add the folder once, however often it is asked for. */
static gboolean add_folder(Pack *pack, const char *name, mode_t permissions, gint64 mtime_s,
                           GError **error)
{
    g_autoptr(ArchiveEntry) entry = entry_new(AE_IFDIR, permissions);

    if (!*name || g_hash_table_contains(pack->folders, name)) {
        return TRUE;
    }
    archive_entry_set_mtime(entry, mtime_s, 0);
    if (!begin(pack, entry, name, error)) {
        return FALSE;
    }
    g_hash_table_add(pack->folders, g_strdup(name));
    return TRUE;
}

gboolean pack_folder(Pack *pack, const char *name, GError **error)
{
    return add_folder(pack, name, 0755, 0, error);
}

gboolean pack_device(Pack *pack, const char *name, guint major, guint minor, GError **error)
{
    g_autoptr(ArchiveEntry) entry = entry_new(AE_IFCHR, 0666);

    archive_entry_set_rdev(entry, makedev(major, minor));
    return begin(pack, entry, name, error);
}

gboolean pack_link(Pack *pack, const char *name, const char *target, GError **error)
{
    g_autoptr(ArchiveEntry) entry = entry_new(AE_IFLNK, 0777);

    archive_entry_set_symlink(entry, target);
    return begin(pack, entry, name, error);
}

static gboolean add_bytes(Pack *pack, const char *name, const char *bytes, gsize n_bytes,
                          GError **error)
{
    return n_bytes == 0 ||
           archive_write_data(pack->writer, bytes, n_bytes) == (la_ssize_t)n_bytes ||
           fail_archive(pack, name, error);
}

gboolean pack_bytes(Pack *pack, const char *name, const char *bytes, gsize n_bytes, GError **error)
{
    g_autoptr(ArchiveEntry) entry = entry_new(AE_IFREG, 0755);

    archive_entry_set_size(entry, (la_int64_t)n_bytes);
    return begin(pack, entry, name, error) && add_bytes(pack, name, bytes, n_bytes, error);
}

/* --- What lies on this machine --------------------------------------------------------------- */

static gboolean pass_bytes_on(int from, gsize n_wanted, Pack *pack, const char *name,
                              const char *path, GError **error)
{
    g_autofree char *bytes = g_malloc(CHUNK);

    while (n_wanted) {
        ssize_t n = read(from, bytes, MIN(n_wanted, CHUNK));

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n < 0 ? errno : EIO; /* it became shorter */
            return fail(error, path, "reading");
        }
        if (!add_bytes(pack, name, bytes, (gsize)n, error)) {
            return FALSE;
        }
        n_wanted -= (gsize)n;
    }
    return TRUE;
}

/* The number of a file with several names; *ret_new: it has not come yet. */
static guint number_of(Pack *pack, const struct stat *status, gboolean *ret_new)
{
    char *key = g_strdup_printf("%lu:%lu", (gulong)status->st_dev, (gulong)status->st_ino);
    gpointer number = g_hash_table_lookup(pack->numbers, key);

    *ret_new = !number;
    if (!number) {
        number = GUINT_TO_POINTER(g_hash_table_size(pack->numbers) + 1);
        g_hash_table_insert(pack->numbers, key, number);
    } else {
        g_free(key);
    }
    return GPOINTER_TO_UINT(number);
}

static gboolean add_file(Pack *pack, const char *name, const char *path, GError **error)
{
    g_autoptr(ArchiveEntry) entry = entry_new(AE_IFREG, 0);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    gboolean has_bytes = TRUE, done;

    if (fd < 0 || fstat(fd, &status)) {
        fail(error, path, "");
        if (fd >= 0) {
            close(fd);
        }
        return FALSE;
    }
    archive_entry_set_perm(entry, status.st_mode & 07777);
    archive_entry_set_mtime(entry, status.st_mtime, 0);
    if (status.st_nlink > 1) {
        archive_entry_set_ino64(entry, number_of(pack, &status, &has_bytes));
        archive_entry_set_nlink(entry, (guint)status.st_nlink);
    }
    archive_entry_set_size(entry, has_bytes ? status.st_size : 0);
    done = begin(pack, entry, name, error) &&
           (!has_bytes || pass_bytes_on(fd, (gsize)status.st_size, pack, name, path, error));
    close(fd);
    return done;
}

static gboolean add_symlink(Pack *pack, const char *name, const char *path, GError **error)
{
    g_autofree char *target = g_file_read_link(path, error);

    if (!target) {
        g_prefix_error(error, "initramfs: ");
    }
    return target && pack_link(pack, name, target, error);
}

static gboolean add_special(Pack *pack, const char *name, const struct stat *status, GError **error)
{
    g_autoptr(ArchiveEntry) entry = entry_new(status->st_mode & S_IFMT, status->st_mode & 07777);

    archive_entry_set_rdev(entry, S_ISFIFO(status->st_mode) ? 0 : status->st_rdev);
    return begin(pack, entry, name, error);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What lies in @path, sorted. Owned by the caller. */
static GPtrArray *names_in(const char *path, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, error);
    GPtrArray *names;
    const char *name;

    if (!dir) {
        g_prefix_error(error, "initramfs: ");
        return NULL;
    }
    names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(dir))) {
        g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

static gboolean add_tree(Pack *pack, const char *name, const char *path, GError **error);
static gboolean add_content(Pack *pack, const char *name, const char *path, GError **error)
{
    g_autoptr(GPtrArray) names = names_in(path, error);

    for (guint i = 0; names && i < names->len; i++) {
        const char *below = names->pdata[i];
        g_autofree char *inner = g_build_filename(path, below, NULL);
        g_autofree char *inner_name = *name ? g_strconcat(name, "/", below, NULL) : g_strdup(below);

        if (!add_tree(pack, inner_name, inner, error)) {
            return FALSE;
        }
    }
    return names != NULL;
}

static gboolean add_tree(Pack *pack, const char *name, const char *path, GError **error)
{
    struct stat status;

    if (lstat(path, &status)) {
        return fail(error, path, "");
    }
    switch (status.st_mode & S_IFMT) {
    case S_IFDIR:
        return add_folder(pack, name, status.st_mode & 07777, status.st_mtime, error) &&
               add_content(pack, name, path, error);
    case S_IFREG:
        return add_file(pack, name, path, error);
    case S_IFLNK:
        return add_symlink(pack, name, path, error);
    case S_IFSOCK:
        return TRUE;
    default:
        return add_special(pack, name, &status, error);
    }
}

gboolean pack_tree(Pack *pack, const char *name, const char *path, GError **error)
{
    /* A link that the user names is what it leads to. */
    g_autofree char *real = realpath(path, NULL);

    return real ? add_tree(pack, name, real, error) : fail(error, path, "");
}

gint64 pack_size(const char *path, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    struct stat status;
    gint64 size = 0;

    if (lstat(path, &status)) {
        fail(error, path, "");
        return -1;
    }
    if (!S_ISDIR(status.st_mode)) {
        return S_ISREG(status.st_mode) ? status.st_size : 0;
    }
    names = names_in(path, error);
    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *inner = g_build_filename(path, names->pdata[i], NULL);
        gint64 inner_size = pack_size(inner, error);

        if (inner_size < 0) {
            return -1;
        }
        size += inner_size;
    }
    return names ? size : -1;
}

/* --- The end --------------------------------------------------------------------------------- */

static gboolean copy_behind(Pack *pack, const char *path, GError **error)
{
    g_autofree char *bytes = g_malloc(CHUNK);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = from < 0 ? -1 : 1;

    while (n > 0) {
        n = read(from, bytes, CHUNK);
        for (ssize_t done = 0; done < n;) {
            ssize_t n_written = write(pack->fd, bytes + done, (gsize)(n - done));

            if (n_written < 0 && errno != EINTR) {
                n = -1;
            }
            done += MAX(n_written, 0);
        }
    }
    if (n < 0) {
        fail(error, path, "adding");
    }
    if (from >= 0) {
        close(from);
    }
    return n == 0;
}

gboolean pack_finish(Pack *pack, const char *const *more, GError **error)
{
    if (archive_write_close(pack->writer) != ARCHIVE_OK) {
        return fail_archive(pack, pack->path, error);
    }
    for (; more && *more; more++) {
        if (!copy_behind(pack, *more, error)) {
            return FALSE;
        }
    }
    if (fsync(pack->fd) || g_rename(pack->temporary, pack->path)) {
        return fail(error, pack->path, "writing");
    }
    close(pack->fd);
    pack->fd = -1;
    return TRUE;
}
