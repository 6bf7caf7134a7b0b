/* SPDX-License-Identifier: Apache-2.0
 * A vmlinux or a module, open.
 *
 * A vmlinux is linked: its DWARF speaks of addresses. A module is relocatable: each section begins
 * at 0, and what DWARF says is in relocations that the kernel would apply, in a way of its own for
 * each architecture. libdwfl knows them all; it lays the sections out one behind the other, writes
 * that into their headers and relocates the debug sections.
 */
#include "symbols/internal.h"

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Never elsewhere: libdwfl's own way would ask folders of this machine, and servers. */
static int find_no_debuginfo(Dwfl_Module *module, void **user_data, const char *name,
                             Dwarf_Addr base, const char *path, const char *link_name,
                             GElf_Word checksum, char **ret_path)
{
    return -1;
}

static int find_no_elf(Dwfl_Module *module, void **user_data, const char *name, Dwarf_Addr base,
                       char **ret_path, Elf **ret_elf)
{
    return -1;
}

static const Dwfl_Callbacks callbacks = {
    .find_elf = find_no_elf,
    .find_debuginfo = find_no_debuginfo,
    .section_address = dwfl_offline_section_address,
};

static gboolean has_units(Dwarf *dwarf)
{
    Dwarf_CU *unit = NULL;

    return dwarf && dwarf_get_units(dwarf, NULL, &unit, NULL, NULL, NULL, NULL) == 0;
}

/* libdwfl closes what it is given, so it gets a descriptor of its own. */
static void read_relocatable(Binary *binary, const char *path)
{
    int fd = fcntl(binary->fd, F_DUPFD_CLOEXEC, 0);
    Dwfl_Module *module;
    Dwarf_Addr bias;
    Dwarf *dwarf;

    binary->session = dwfl_begin(&callbacks);
    dwfl_report_begin(binary->session);
    module = dwfl_report_offline(binary->session, "", path, fd);
    dwfl_report_end(binary->session, NULL, NULL);
    if (!module && fd >= 0) {
        g_close(fd, NULL);
    }
    dwarf = module ? dwfl_module_getdwarf(module, &bias) : NULL;
    if (has_units(dwarf)) {
        elf_end(binary->elf);
        binary->elf = dwarf_getelf(dwarf);
        binary->dwarf = dwarf;
    } else {
        g_clear_pointer(&binary->session, dwfl_end);
    }
}

static void read_linked(Binary *binary)
{
    binary->dwarf = dwarf_begin_elf(binary->elf, DWARF_C_READ, NULL);
    if (!has_units(binary->dwarf)) {
        g_clear_pointer(&binary->dwarf, dwarf_end);
    }
}

Binary *binary_open(const char *path, const char *const *source_dirs, GError **error)
{
    g_autoptr(Binary) binary = g_new0(Binary, 1);
    GElf_Ehdr header;

    /* A FIFO of that name is not waited for. */
    binary->fd = g_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (binary->fd < 0) {
        int failed = errno;

        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(failed), "opening %s: %s", path,
                    g_strerror(failed));
        return NULL;
    }
    binary->elf = elf_open(binary->fd, error);
    if (!binary->elf) {
        return NULL;
    }
    if (gelf_getehdr(binary->elf, &header) && header.e_type == ET_REL) {
        read_relocatable(binary, path);
    } else {
        read_linked(binary);
    }
    binary->table = symbol_table_new(binary->elf);
    binary->lines = binary->dwarf ? line_table_new(binary->dwarf, source_dirs) : NULL;
    return g_steal_pointer(&binary);
}

void binary_free(Binary *binary)
{
    if (!binary) {
        return;
    }
    g_clear_pointer(&binary->lines, line_table_free);
    g_clear_pointer(&binary->table, symbol_table_free);
    if (binary->session) {
        dwfl_end(binary->session);
    } else {
        g_clear_pointer(&binary->dwarf, dwarf_end);
        elf_end(binary->elf);
    }
    if (binary->fd >= 0) {
        g_close(binary->fd, NULL);
    }
    g_free(binary);
}

gboolean binary_has_build_id(const Binary *binary, const char *build_id)
{
    const void *bytes;
    ssize_t n = dwelf_elf_gnu_build_id(binary->elf, &bytes);
    g_autoptr(GString) hex = g_string_new(NULL);

    for (ssize_t i = 0; i < n; i++) {
        g_string_append_printf(hex, "%02x", ((const guint8 *)bytes)[i]);
    }
    return n <= 0 || g_str_equal(hex->str, build_id);
}
