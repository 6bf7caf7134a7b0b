/* SPDX-License-Identifier: Apache-2.0
 * Files in the build folder.
 */
#include "kernel/built.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean fail(GError **error, const char *name, int failed)
{
    if (failed == ENOENT) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s was not made", name);
    } else if (failed == ELOOP || failed == ENXIO) { /* a link, a socket */
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "%s is not a regular file",
                    name);
    } else {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(failed), "%s: %s", name,
                    g_strerror(failed));
    }
    return FALSE;
}

int built_open(const Slot *slot, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(slot->obj_dir, name, NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat status;

    if (fd < 0) {
        fail(error, name, errno);
        return -1;
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        fail(error, name, ELOOP);
        close(fd);
        return -1;
    }
    return fd;
}

char *built_read(const Slot *slot, const char *name, GError **error)
{
    g_autoptr(GMappedFile) mapped = NULL;
    int fd = built_open(slot, name, error);
    const char *text;

    if (fd < 0) {
        return NULL;
    }
    mapped = g_mapped_file_new_from_fd(fd, FALSE, error);
    close(fd);
    if (!mapped) {
        return NULL;
    }
    text = g_mapped_file_get_contents(mapped); /* NULL when empty */
    return text ? g_strndup(text, g_mapped_file_get_length(mapped)) : g_strdup("");
}

/* Are the folders before the last part of @name folders and no links? */
static gboolean check_folders(const Slot *slot, const char *name, GError **error)
{
    for (const char *slash = name; (slash = strchr(slash, '/')); slash++) {
        g_autofree char *folder = g_strndup(name, (gsize)(slash - name));
        g_autofree char *path = g_build_filename(slot->obj_dir, folder, NULL);
        struct stat status;

        if (lstat(path, &status) != 0) {
            return fail(error, folder, errno);
        }
        if (!S_ISDIR(status.st_mode)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY, "%s is not a folder", folder);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean built_write(const Slot *slot, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(slot->obj_dir, name, NULL);
    g_autofree char *there = NULL;

    if (!check_folders(slot, name, error)) {
        return FALSE;
    }
    there = built_read(slot, name, NULL);
    return g_strcmp0(there, text) == 0 || g_file_set_contents(path, text, -1, error);
}
