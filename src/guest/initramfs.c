/* SPDX-License-Identifier: Apache-2.0
 * The guest's whole file system: PID 1, the reproducer, the device nodes that must be there even
 * without devtmpfs, and for a script a static busybox with a link for each of its commands.
 *
 * Not compressed: any kernel can read it, and QEMU copies it in a few milliseconds. All times are 0
 * and all owners root, so the same inputs give the same bytes.
 */
#include "guest/guest.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "guest-resources.h"
#include "guest/program.h"
#include "process/process.h"

#define INIT_RESOURCE "/firstbad/init"

static const char *const folders[] = {"bin",  "dev", "etc", "proc", "root", "run",
                                      "sbin", "sys", "tmp", "usr",  NULL};

typedef struct Node {
    const char *name;
    guint major, minor;
} Node;

static const Node nodes[] = {
    {"dev/console", 5, 1}, {"dev/null", 1, 3},    {"dev/zero", 1, 5},   {"dev/kmsg", 1, 11},
    {"dev/random", 1, 8},  {"dev/urandom", 1, 9}, {"dev/ttyS1", 4, 65},
};

typedef struct Archive {
    struct archive *writer;
    GByteArray *bytes;
} Archive;

static la_ssize_t append(struct archive *writer, void *data, const void *bytes, size_t n_bytes)
{
    g_byte_array_append(data, bytes, (guint)n_bytes);
    return (la_ssize_t)n_bytes;
}

static gboolean add(Archive *archive, struct archive_entry *entry, const char *bytes, gsize n_bytes,
                    GError **error)
{
    archive_entry_set_mtime(entry, 0, 0);
    archive_entry_set_nlink(entry, 1);
    archive_entry_set_size(entry, (la_int64_t)n_bytes);
    if (archive_write_header(archive->writer, entry) != ARCHIVE_OK ||
        (n_bytes && archive_write_data(archive->writer, bytes, n_bytes) != (la_ssize_t)n_bytes)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "initramfs: %s: %s",
                    archive_entry_pathname(entry), archive_error_string(archive->writer));
        return FALSE;
    }
    return TRUE;
}

typedef struct archive_entry ArchiveEntry;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveEntry, archive_entry_free)

static ArchiveEntry *entry_new(const char *name, mode_t type, mode_t permissions)
{
    ArchiveEntry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, permissions);
    return entry;
}

static gboolean add_folders_and_nodes(Archive *archive, GError **error)
{
    for (const char *const *name = folders; *name; name++) {
        g_autoptr(ArchiveEntry) entry = entry_new(*name, AE_IFDIR, 0755);

        if (!add(archive, entry, NULL, 0, error)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(nodes); i++) {
        g_autoptr(ArchiveEntry) entry = entry_new(nodes[i].name, AE_IFCHR, 0666);

        archive_entry_set_rdev(entry, makedev(nodes[i].major, nodes[i].minor));
        if (!add(archive, entry, NULL, 0, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean add_program(Archive *archive, const char *name, const char *bytes, gsize n_bytes,
                            GError **error)
{
    g_autoptr(ArchiveEntry) entry = entry_new(name, AE_IFREG, 0755);

    return add(archive, entry, bytes, n_bytes, error);
}

static gboolean read_file(const char *path, char **ret_bytes, gsize *ret_n_bytes, GError **error)
{
    if (!g_file_get_contents(path, ret_bytes, ret_n_bytes, error)) {
        g_prefix_error(error, "initramfs: ");
        return FALSE;
    }
    return TRUE;
}

static gboolean add_file(Archive *archive, const char *name, const char *path, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize n_bytes;

    return read_file(path, &bytes, &n_bytes, error) &&
           add_program(archive, name, bytes, n_bytes, error);
}

/* A script's shell and commands. */
static gboolean add_busybox(Archive *archive, GError **error)
{
    g_autofree char *busybox = g_find_program_in_path("busybox");
    g_autofree char *list = NULL, *bytes = NULL;
    const char *argv[] = {busybox, "--list", NULL};
    const char *complaint;
    gsize n_bytes;

    if (!busybox) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "a reproducer that is a script needs a static busybox in the guest, and this "
                    "machine has none: install busybox-static");
        return FALSE;
    }
    if (!read_file(busybox, &bytes, &n_bytes, error)) {
        return FALSE;
    }
    /* Debian's package "busybox" has one that needs the C library. */
    complaint = program_complaint(bytes, n_bytes);
    if (complaint) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "a reproducer that is a script needs a static busybox in the guest, and %s %s: "
                    "install busybox-static",
                    busybox, complaint);
        return FALSE;
    }
    list = process_ask(NULL, argv, error);
    if (!list || !add_program(archive, "bin/busybox", bytes, n_bytes, error)) {
        return FALSE;
    }
    g_auto(GStrv) commands = g_strsplit(list, "\n", -1);
    for (char **command = commands; *command; command++) {
        g_autofree char *name = g_strconcat("bin/", *command, NULL);
        g_autoptr(ArchiveEntry) entry = entry_new(name, AE_IFLNK, 0777);

        archive_entry_set_symlink(entry, "busybox");
        if (**command && strcmp(*command, "busybox") != 0 && !add(archive, entry, NULL, 0, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean fill(Archive *archive, const Repro *repro, GError **error)
{
    g_autoptr(GBytes) init = g_resource_lookup_data(guest_get_resource(), INIT_RESOURCE, 0, error);

    return init && add_folders_and_nodes(archive, error) &&
           add_program(archive, "init", g_bytes_get_data(init, NULL), g_bytes_get_size(init),
                       error) &&
           add_file(archive, "repro", repro->path, error) &&
           (repro->kind != REPRO_SCRIPT || add_busybox(archive, error));
}

gboolean initramfs_write(const char *path, const Repro *repro, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Archive archive = {.writer = archive_write_new(), .bytes = bytes};
    gboolean filled;

    archive_write_set_format_cpio_newc(archive.writer);
    archive_write_add_filter_none(archive.writer);
    archive_write_open(archive.writer, bytes, NULL, append, NULL);
    filled = fill(&archive, repro, error);
    /* Writes the trailer into @bytes. */
    archive_write_free(archive.writer);
    if (!filled) {
        return FALSE;
    }
    if (!g_file_set_contents_full(path, (const char *)bytes->data, bytes->len,
                                  G_FILE_SET_CONTENTS_CONSISTENT, 0644, error)) {
        g_prefix_error(error, "initramfs: ");
        return FALSE;
    }
    return TRUE;
}
