/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/program.h"

#include <elf.h>
#include <string.h>

const char *program_complaint(const char *bytes, gsize n_bytes)
{
    Elf64_Ehdr header;
    Elf64_Phdr program;

    if (n_bytes < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG) != 0) {
        return "is not an ELF program";
    }
    if (n_bytes < sizeof header) {
        return "is a truncated ELF file";
    }
    memcpy(&header, bytes, sizeof header);
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64) {
        return "is not an x86-64 program";
    }
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN) {
        return "is not an executable ELF file";
    }
    for (guint i = 0; i < header.e_phnum; i++) {
        guint64 at = header.e_phoff + (guint64)i * sizeof program;

        if (header.e_phentsize != sizeof program || header.e_phoff > n_bytes ||
            at > n_bytes - sizeof program) {
            return "is a truncated ELF file";
        }
        memcpy(&program, bytes + at, sizeof program);
        if (program.p_type == PT_INTERP) {
            return "is dynamically linked, and the guest has no libraries";
        }
    }
    return NULL;
}

/* The @item_size bytes at @offset; FALSE: they are not all there. */
static gboolean take(const char *bytes, gsize n_bytes, guint64 offset, gpointer ret_item,
                     gsize item_size)
{
    if (offset > n_bytes || item_size > n_bytes - offset) {
        return FALSE;
    }
    memcpy(ret_item, bytes + offset, item_size);
    return TRUE;
}

/* Of the symbols in @table, whose names are in @names. */
static guint64 main_among(const char *bytes, gsize n_bytes, const Elf64_Shdr *table,
                          const Elf64_Shdr *names)
{
    char name[sizeof "main"];
    Elf64_Sym symbol;

    for (guint64 at = 0; at + sizeof symbol <= table->sh_size; at += sizeof symbol) {
        if (!take(bytes, n_bytes, table->sh_offset + at, &symbol, sizeof symbol)) {
            return 0;
        }
        if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
            ELF64_ST_BIND(symbol.st_info) == STB_GLOBAL && symbol.st_shndx != SHN_UNDEF &&
            take(bytes, n_bytes, names->sh_offset + symbol.st_name, name, sizeof name) &&
            memcmp(name, "main", sizeof name) == 0) {
            return symbol.st_value;
        }
    }
    return 0;
}

guint64 program_main(const char *bytes, gsize n_bytes)
{
    Elf64_Ehdr header;
    Elf64_Shdr table, names;

    if (program_complaint(bytes, n_bytes) || !take(bytes, n_bytes, 0, &header, sizeof header) ||
        header.e_type != ET_EXEC) {
        return 0;
    }
    for (guint i = 0; i < header.e_shnum; i++) {
        if (!take(bytes, n_bytes, header.e_shoff + (guint64)i * sizeof table, &table,
                  sizeof table)) {
            return 0;
        }
        if (table.sh_type == SHT_SYMTAB) {
            return take(bytes, n_bytes, header.e_shoff + (guint64)table.sh_link * sizeof names,
                        &names, sizeof names)
                       ? main_among(bytes, n_bytes, &table, &names)
                       : 0;
        }
    }
    return 0;
}
