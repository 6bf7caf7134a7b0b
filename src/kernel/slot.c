/* SPDX-License-Identifier: Apache-2.0
 * The folder of a build, for one builder at a time.
 *
 * The lock is a flock, which the kernel drops when its holder dies, however that happens. What he
 * started should die with him too (PR_SET_PDEATHSIG, and the sandbox's process namespace), but a
 * `make` without a sandbox leaves grandchildren: they are known by a mark in their environment.
 *
 * A killed make leaves half-written objects, which are newer than their sources and so pass for
 * good ones; a power cut leaves empty ones, also of the build before. A file `building` tells when
 * the last build began, in which boot, and whether it ended by itself. When it did not, everything
 * in the build folder that is not older is taken away, and made anew by the next make; after
 * another boot also what is a minute older. Except include/config/: Kconfig writes it by rename,
 * and the empty files there say which options changed since the old objects were compiled, which
 * must not be forgotten. Of it only auto.conf.cmd goes: where that is missing, kbuild of any age
 * runs Kconfig again (syncconfig), which compares with auto.conf, marks only the options that
 * differ, and writes include/generated/autoconf.h anew, if that was taken away. By itself a missing
 * autoconf.h is no reason to old trees: they look at auto.conf alone, which is there.
 *
 * make goes by the times of files. When the clock was set back since something was built here, what
 * is checked out from now on is older than the objects of another commit, which would pass for
 * those of this one: then everything goes. The folder has the time of when a build last began or
 * ended, `building` that of when it began, `lock` is given that of now, by whoever keeps the time
 * of these files.
 */
#include "kernel/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/process.h"
#include "repo/repo.h"

/* Linux writes pages to disk when they are 30 s old (dirty_expire_centisecs), and looks for such
 * ones every 5 s; the disk may be busy. */
#define UNWRITTEN_S 60

void slot_free(Slot *slot)
{
    if (!slot) {
        return;
    }
    if (slot->lock_fd >= 0) {
        close(slot->lock_fd);
    }
    g_free(slot->dir);
    g_free(slot->src_dir);
    g_free(slot->obj_dir);
    g_free(slot->mark);
    g_free(slot);
}

static gboolean lock(Slot *slot, GError **error)
{
    g_autofree char *path = g_build_filename(slot->dir, "lock", NULL);

    slot->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (slot->lock_fd < 0 || flock(slot->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        gboolean busy = slot->lock_fd >= 0 && errno == EWOULDBLOCK;

        g_set_error(error, G_IO_ERROR, busy ? G_IO_ERROR_BUSY : g_io_error_from_errno(errno),
                    "%s: %s", path, busy ? "another firstbad builds here" : g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

/* Where a build folder is moved before it is removed. */
static char *away_path(const Slot *slot)
{
    return g_build_filename(slot->dir, "away", NULL);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *position)
{
    return remove(path);
}

/* Best effort: what stays is taken up by the next one. */
static void remove_away(const Slot *slot)
{
    g_autofree char *away = away_path(slot);

    nftw(away, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

gboolean slot_empty(const Slot *slot, GError **error)
{
    g_autofree char *away = away_path(slot);

    remove_away(slot);
    if (g_rename(slot->obj_dir, away) != 0 && errno != ENOENT) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "moving %s to %s: %s",
                    slot->obj_dir, away, g_strerror(errno));
        return FALSE;
    }
    remove_away(slot);
    return TRUE;
}

gboolean slot_is_used(const Slot *slot)
{
    g_autofree char *config = g_build_filename(slot->obj_dir, ".config", NULL);

    return g_file_test(config, G_FILE_TEST_EXISTS);
}

Slot *slot_open(const char *dir, GError **error)
{
    g_autoptr(Slot) slot = g_new0(Slot, 1);

    slot->lock_fd = -1;
    if (g_mkdir_with_parents(dir, 0700) != 0 || !(slot->dir = realpath(dir, NULL))) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", dir,
                    g_strerror(errno));
        return NULL;
    }
    /* kbuild itself refuses blanks and colons; the rest means something to make or a shell. */
    if (strpbrk(slot->dir, " \t\n:$#\\'\"`*?[](){}<>|&;!~")) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME,
                    "%s: kernels cannot be built in a folder of this name (blank or special "
                    "character)",
                    slot->dir);
        return NULL;
    }
    slot->src_dir = g_build_filename(slot->dir, "src", NULL);
    slot->obj_dir = g_build_filename(slot->src_dir, REPO_WORKTREE_SCRATCH, NULL);
    slot->mark = g_strconcat("FIRSTBAD_SLOT=", slot->dir, NULL);
    if (!lock(slot, error) || !slot_end_leftovers(slot, error)) {
        return NULL;
    }
    remove_away(slot);
    return g_steal_pointer(&slot);
}

static char *building_path(const Slot *slot)
{
    return g_build_filename(slot->dir, "building", NULL);
}

static gboolean is_older(const struct stat *status, const struct timespec *time)
{
    return status->st_mtim.tv_sec != time->tv_sec ? status->st_mtim.tv_sec < time->tv_sec
                                                  : status->st_mtim.tv_nsec < time->tv_nsec;
}

static gboolean remove_file(const char *path, GError **error)
{
    if (g_unlink(path) != 0 && errno != ENOENT) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "removing %s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

/* Remove the files below @dir that are not older than @time; of @options, include/config/, see
 * above. */
static gboolean remove_newer(const char *dir, const struct timespec *time, const char *options,
                             GError **error)
{
    g_autoptr(GDir) listing = NULL;
    const char *name;

    if (g_str_equal(dir, options)) {
        g_autofree char *command = g_build_filename(dir, "auto.conf.cmd", NULL);

        return remove_file(command, error);
    }
    listing = g_dir_open(dir, 0, NULL);
    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        struct stat status;

        if (lstat(path, &status) != 0) {
            continue;
        }
        if (S_ISDIR(status.st_mode) ? !remove_newer(path, time, options, error)
                                    : !is_older(&status, time) && !remove_file(path, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* What the last build may have left half-written, if it did not end in this boot. */
static gboolean remove_half_written(const Slot *slot, const char *boot, GError **error)
{
    g_autofree char *path = building_path(slot);
    g_autofree char *options = g_build_filename(slot->obj_dir, "include", "config", NULL);
    g_autofree char *ended = g_strconcat("ended ", boot, NULL);
    g_autofree char *said = NULL;
    struct stat status;

    if (!g_file_get_contents(path, &said, NULL, NULL) || g_str_equal(said, ended) ||
        stat(path, &status) != 0) {
        return TRUE;
    }
    if (!g_str_has_suffix(said, boot)) {
        status.st_mtim.tv_sec -= UNWRITTEN_S;
    }
    return remove_newer(slot->obj_dir, &status.st_mtim, options, error);
}

/* Has something here happened later than now? */
static gboolean is_clock_back(const Slot *slot)
{
    g_autofree char *path = building_path(slot);
    struct stat folder, building, now;

    return futimens(slot->lock_fd, NULL) == 0 && fstat(slot->lock_fd, &now) == 0 &&
           ((stat(slot->dir, &folder) == 0 && is_older(&now, &folder.st_mtim)) ||
            (stat(path, &building) == 0 && is_older(&now, &building.st_mtim)));
}

gboolean slot_begin_build(const Slot *slot, GError **error)
{
    g_autofree char *path = building_path(slot);
    g_autofree char *boot = process_boot_id();
    g_autofree char *running = g_strconcat("running ", boot, NULL);
    struct stat status;

    /* A link would lead us, and the sandbox's one writable folder, out of the slot. */
    if (lstat(slot->obj_dir, &status) == 0 && !S_ISDIR(status.st_mode)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY, "%s is not a folder: remove it",
                    slot->obj_dir);
        return FALSE;
    }
    if (is_clock_back(slot) && !slot_empty(slot, error)) {
        return FALSE;
    }
    return remove_half_written(slot, boot, error) && g_file_set_contents(path, running, -1, error);
}

gboolean slot_end_build(const Slot *slot, GError **error)
{
    g_autofree char *path = building_path(slot);
    g_autofree char *boot = process_boot_id();
    g_autofree char *ended = g_strconcat("ended ", boot, NULL);
    struct stat status;

    /* The time of the file stays that of the beginning. */
    if (stat(path, &status) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    if (!g_file_set_contents(path, ended, -1, error)) {
        return FALSE;
    }
    utimensat(AT_FDCWD, path, (struct timespec[]){status.st_atim, status.st_mtim}, 0);
    return TRUE;
}

gboolean slot_end_leftovers(const Slot *slot, GError **error)
{
    if (!process_end_marked(slot->mark, error)) {
        g_prefix_error(error, "%s: ", slot->dir);
        return FALSE;
    }
    return TRUE;
}
