/* SPDX-License-Identifier: Apache-2.0
 * Can a state folder be used? What access(2) says is not enough: root may do all, and yet nothing
 * can be made in /proc or on a full disk. So it is tried.
 */
#include "store/private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* An empty store with what lies beside it takes more; a job that begins takes much more. */
#define LEAST_BYTES (1024 * 1024)

static gboolean fail_in(const char *folder, GError **error)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot write in %s: %s", folder,
                g_strerror(errno));
    return FALSE;
}

/* Does @folder take a file of LEAST_BYTES? */
static gboolean try_to_write(const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, ".firstbad-XXXXXX", NULL);
    g_autofree char *bytes = g_malloc0(LEAST_BYTES);
    int fd = g_mkstemp(path);
    gssize n = fd >= 0 ? write(fd, bytes, LEAST_BYTES) : -1;
    gboolean done = n == LEAST_BYTES;

    if (n >= 0 && !done) {
        errno = ENOSPC; /* the rest would have failed so */
    }
    if (!done) {
        fail_in(folder, error);
    }
    if (fd >= 0) {
        close(fd);
        g_unlink(path);
    }
    return done;
}

/* @folder, or the nearest above it that is there, has to be a folder that can be written in. */
static gboolean try_folder(const char *folder, GError **error)
{
    g_autofree char *nearest = g_strdup(folder);
    GStatBuf status;

    while (g_stat(nearest, &status) != 0) {
        char *parent;

        if (errno != ENOENT && errno != ENOTDIR) {
            return fail_in(nearest, error);
        }
        parent = g_path_get_dirname(nearest);
        g_free(nearest);
        nearest = parent;
    }
    if (!S_ISDIR(status.st_mode)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY, "%s is no folder", nearest);
        return FALSE;
    }
    return try_to_write(nearest, error);
}

gboolean store_is_usable(const char *state_dir, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(Store) store = NULL;

    if (!try_folder(state_dir, error)) {
        return FALSE;
    }
    store = store_open(state_dir, STORE_READ, &failure);
    if (store) {
        return store_check(store, error);
    }
    if (g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        return TRUE; /* there are no jobs yet */
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}
