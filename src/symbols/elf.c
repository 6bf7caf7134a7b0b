/* SPDX-License-Identifier: Apache-2.0
 * An ELF file, and the signature of a kernel.
 */
#include "symbols/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Boxed builds are foreign code: a FIFO would keep us waiting, a link would lead elsewhere. */
static int open_regular(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int failed = fd < 0 ? errno : 0;
    struct stat status;

    if (failed == ELOOP || (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)))) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "%s is not a regular file",
                    path);
    } else if (failed) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(failed), "opening %s: %s", path,
                    g_strerror(failed));
    } else {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

gboolean elf_file_open(ElfFile *file, const char *path, GError **error)
{
    g_auto(ElfFile) opened = {-1, NULL};

    elf_version(EV_CURRENT);
    opened.fd = open_regular(path, error);
    if (opened.fd < 0) {
        return FALSE;
    }
    opened.elf = elf_begin(opened.fd, ELF_C_READ_MMAP, NULL);
    if (!opened.elf || elf_kind(opened.elf) != ELF_K_ELF) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is not an ELF file", path);
        return FALSE;
    }
    *file = opened;
    opened = (ElfFile){-1, NULL};
    return TRUE;
}

void elf_file_close(ElfFile *file)
{
    g_clear_pointer(&file->elf, elf_end);
    if (file->fd >= 0) {
        g_close(file->fd, NULL);
        file->fd = -1;
    }
}

/* What is loaded and not just identification: a build's time or number is in a note or in a string
 * that the build recipe keeps the same. */
static gboolean is_signed(const GElf_Shdr *header)
{
    return header->sh_flags & SHF_ALLOC && header->sh_type != SHT_NOBITS &&
           header->sh_type != SHT_NOTE;
}

static gboolean add_section(GChecksum *checksum, Elf_Scn *section, gsize n)
{
    g_autoptr(GChecksum) own = g_checksum_new(G_CHECKSUM_SHA256);
    Elf_Data *data = elf_rawdata(section, NULL);
    guint8 digest[32];
    gsize n_digest = sizeof(digest);

    if (!data || data->d_size != n) {
        return FALSE;
    }
    if (n > 0) {
        g_checksum_update(own, data->d_buf, n);
    }
    g_checksum_get_digest(own, digest, &n_digest);
    g_checksum_update(checksum, digest, n_digest);
    return TRUE;
}

char *symbols_signature(const char *vmlinux, GError **error)
{
    g_auto(ElfFile) file = {-1, NULL};
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    guint n_sections = 0;

    if (!elf_file_open(&file, vmlinux, error)) {
        return NULL;
    }
    for (Elf_Scn *section = NULL; (section = elf_nextscn(file.elf, section));) {
        GElf_Shdr header;

        if (!gelf_getshdr(section, &header)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", vmlinux,
                        elf_errmsg(-1));
            return NULL;
        }
        if (!is_signed(&header)) {
            continue;
        }
        if (!add_section(checksum, section, header.sh_size)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is cut off", vmlinux);
            return NULL;
        }
        n_sections++;
    }
    if (n_sections == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s has nothing to load", vmlinux);
        return NULL;
    }
    return g_strdup(g_checksum_get_string(checksum));
}
