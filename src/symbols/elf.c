/* SPDX-License-Identifier: Apache-2.0
 * An ELF file, and the signature of a kernel.
 */
#include "symbols/internal.h"

Elf *elf_open(int fd, GError **error)
{
    g_autoptr(Elf) elf = NULL;

    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    if (!elf || elf_kind(elf) != ELF_K_ELF) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "vmlinux is not an ELF file");
        return NULL;
    }
    return g_steal_pointer(&elf);
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

char *symbols_signature(int fd, GError **error)
{
    g_autoptr(Elf) elf = elf_open(fd, error);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    guint n_sections = 0;

    if (!elf) {
        return NULL;
    }
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;

        if (!gelf_getshdr(section, &header)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "vmlinux: %s", elf_errmsg(-1));
            return NULL;
        }
        if (!is_signed(&header)) {
            continue;
        }
        if (!add_section(checksum, section, header.sh_size)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "vmlinux is cut off");
            return NULL;
        }
        n_sections++;
    }
    if (n_sections == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "vmlinux has nothing to load");
        return NULL;
    }
    return g_strdup(g_checksum_get_string(checksum));
}
