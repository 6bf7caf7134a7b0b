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
