/* SPDX-License-Identifier: Apache-2.0
 * What the user puts into the guest beside the reproducer: a root file system, files, sysctls.
 *
 * Of an image the file system is guessed by its magic number, so that a config that lacks the
 * driver is known before the first build. The guest's kernel has the last word, so a wrong guess
 * costs an option too many.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/init/plan.h"
#include "guest/pack.h"

/* Of a folder: it lies in the guest's memory, and in the initramfs of the job. */
#define FOLDER_MAX_BYTES (1LL << 30)
#define SECTOR           512
#define N_GPT_ENTRIES    128
#define GPT_ENTRY_SIZE   128

void rootfs_free(Rootfs *rootfs)
{
    if (!rootfs) {
        return;
    }
    g_free(rootfs->path);
    g_free(rootfs);
}

static gboolean invalid(GError **error, const char *path, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s %s", path, what);
    return FALSE;
}

/* --- Images ---------------------------------------------------------------------------------- */

/* The three of ext look alike, and the driver of the last reads all. */
static const struct {
    const char *name;
    guint64 offset;
    const char *bytes;
    gsize n_bytes;
} filesystems[] = {
    {"ext4", 0x438, "\x53\xef", 2},    {"xfs", 0, "XFSB", 4},
    {"btrfs", 0x10040, "_BHRfS_M", 8}, {"f2fs", 0x400, "\x10\x20\xf5\xf2", 4},
    {"squashfs", 0, "hsqs", 4},        {"erofs", 0x400, "\xe2\xe1\xf5\xe0", 4},
    {"iso9660", 0x8001, "CD001", 5},
};

static gboolean has_bytes(int fd, guint64 offset, const char *wanted, gsize n_wanted)
{
    char bytes[16];

    return offset < G_MAXINT64 && pread(fd, bytes, n_wanted, (off_t)offset) == (ssize_t)n_wanted &&
           memcmp(bytes, wanted, n_wanted) == 0;
}

static const char *filesystem_at(int fd, guint64 offset)
{
    for (guint i = 0; i < G_N_ELEMENTS(filesystems); i++) {
        if (has_bytes(fd, offset + filesystems[i].offset, filesystems[i].bytes,
                      filesystems[i].n_bytes)) {
            return filesystems[i].name;
        }
    }
    return NULL;
}

static guint64 number_at(int fd, guint64 offset, gsize n_bytes)
{
    guint64 number = 0;

    return pread(fd, &number, n_bytes, (off_t)offset) == (ssize_t)n_bytes ? GUINT64_FROM_LE(number)
                                                                          : 0;
}

/* The first partition with a file system that we know. */
static const char *filesystem_in_gpt(int fd)
{
    for (guint i = 0; i < N_GPT_ENTRIES; i++) {
        guint64 start = number_at(fd, 2 * SECTOR + (guint64)i * GPT_ENTRY_SIZE + 32, 8);
        const char *name = start ? filesystem_at(fd, start * SECTOR) : NULL;

        if (name) {
            return name;
        }
    }
    return NULL;
}

static const char *filesystem_in_dos(int fd)
{
    for (guint i = 0; i < 4; i++) {
        guint64 start = number_at(fd, 446 + i * 16 + 8, 4);
        const char *name = start ? filesystem_at(fd, start * SECTOR) : NULL;

        if (name) {
            return name;
        }
    }
    return NULL;
}

static gboolean look_at_image(Rootfs *rootfs, GError **error)
{
    /* A FIFO would have us wait for somebody who writes. */
    int fd = open(rootfs->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return invalid(error, rootfs->path, "cannot be opened");
    }
    rootfs->is_image = TRUE;
    rootfs->format = has_bytes(fd, 0, "QFI\xfb", 4) ? "qcow2" : "raw";
    /* In qcow2 the guest's bytes lie elsewhere. */
    if (g_str_equal(rootfs->format, "raw")) {
        rootfs->filesystem = filesystem_at(fd, 0);
        if (!rootfs->filesystem && has_bytes(fd, SECTOR, "EFI PART", 8)) {
            rootfs->partitions = "gpt";
            rootfs->filesystem = filesystem_in_gpt(fd);
        } else if (!rootfs->filesystem && has_bytes(fd, 510, "\x55\xaa", 2)) {
            rootfs->partitions = "dos";
            rootfs->filesystem = filesystem_in_dos(fd);
        }
    }
    close(fd);
    return rootfs->filesystem || !g_str_equal(rootfs->format, "raw") ||
           invalid(error, rootfs->path,
                   "is neither a folder nor a disk image: there is no file system in it that a "
                   "root can have");
}

/* --- Folders --------------------------------------------------------------------------------- */

static gboolean look_at_folder(Rootfs *rootfs, GError **error)
{
    rootfs->size = pack_size(rootfs->path, error);
    if (rootfs->size < 0) {
        return FALSE;
    }
    if (rootfs->size > FOLDER_MAX_BYTES) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s has %" G_GINT64_FORMAT " MiB, and a folder goes into the guest's memory: "
                    "give a disk image of it (mke2fs -t ext4 -d %s IMAGE SIZE)",
                    rootfs->path, rootfs->size >> 20, rootfs->path);
        return FALSE;
    }
    return rootfs->size > 0 || invalid(error, rootfs->path, "is an empty folder");
}

Rootfs *rootfs_look(const char *path, GError **error)
{
    g_autoptr(Rootfs) rootfs = g_new0(Rootfs, 1);
    GStatBuf status;

    rootfs->path = g_strdup(path);
    if (g_stat(path, &status)) {
        invalid(error, path, "does not exist");
        return NULL;
    }
    rootfs->size = status.st_size;
    if (!(S_ISDIR(status.st_mode) ? look_at_folder(rootfs, error) : look_at_image(rootfs, error))) {
        return NULL;
    }
    return g_steal_pointer(&rootfs);
}

gboolean rootfs_pack(const char *path, const char *archive, GError **error)
{
    g_autoptr(Pack) pack = pack_new(archive, error);

    return pack && pack_tree(pack, &PLAN_ROOT[1], path, error) && pack_finish(pack, NULL, error);
}

guint rootfs_memory_mib(const Rootfs *rootfs)
{
    return rootfs->is_image ? 0 : (guint)(2 * (rootfs->size >> 20) + 128);
}

/* --- Files and settings ---------------------------------------------------------------------- */

void guest_file_free(GuestFile *file)
{
    if (!file) {
        return;
    }
    g_free(file->source);
    g_free(file->target);
    g_free(file);
}

/* Is it a place of our own in the initramfs? */
static gboolean is_ours(const char *target)
{
    static const char *const ours[] = {
        "/", "/init", "/repro", REPRO_EXECPROG, REPRO_EXECUTOR, PLAN_FILE, PLAN_ROOT};

    for (guint i = 0; i < G_N_ELEMENTS(ours); i++) {
        if (g_str_equal(target, ours[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

GuestFile *guest_file_parse(const char *text, GError **error)
{
    g_autoptr(GuestFile) file = g_new0(GuestFile, 1);
    const char *colon = g_strrstr(text, ":/");

    file->source = colon ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
    if (colon) {
        file->target = g_canonicalize_filename(colon + 1, "/");
    } else {
        g_autofree char *name = g_path_get_basename(text);
        file->target = g_strconcat("/", name, NULL);
    }
    if (strchr(file->target, '\n') || is_ours(file->target)) {
        invalid(error, text, "names no place that a file of yours can have");
        return NULL;
    }
    return g_steal_pointer(&file);
}

char **guest_sysctls_parse(const char *text, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GStrvBuilder) settings = g_strv_builder_new();

    for (guint i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        char *equals = strchr(line, '=');

        if (!*line || *line == '#' || *line == ';') {
            continue;
        }
        /* Before a key: no complaint where it is missing; we never end for that. */
        line += *line == '-';
        if (!equals || equals == line) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%u: '%s' is not KEY=VALUE",
                        i + 1, line);
            return NULL;
        }
        *equals = '\0';
        g_autofree char *setting =
            g_strdup_printf("%s=%s", g_strchomp(line), g_strchug(equals + 1));
        g_strv_builder_add(settings, setting);
    }
    return g_strv_builder_end(settings);
}
