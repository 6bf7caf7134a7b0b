/* SPDX-License-Identifier: Apache-2.0
 * ELF and DWARF of a vmlinux: kernel signature, and function+offset -> file:line with inlined
 * calls.
 */
#pragma once

#include <gio/gio.h>

/* Kernel signature: sha256 over the sha256 of each section that is ALLOC and neither NOBITS nor
 * NOTE, in the order of the section headers. 64 hex digits, owned by the caller. Two kernels of the
 * same signature behave alike. The vmlinux is open at @fd, and stays there. */
char *symbols_signature(int fd, GError **error);

typedef struct Symbols Symbols;

/* Open @vmlinux, a regular file, for names and lines. @source_dirs: prefixes cut from DWARF's paths
 * (worktree, build folder; as the compiler saw them). Without debug information it still opens:
 * reports then stay as they are. */
Symbols *symbols_open(const char *vmlinux, const char *const *source_dirs, GError **error);
void symbols_free(Symbols *symbols);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Symbols, symbols_free)

/* A report with each `func+0xOFF/0xSIZE` line symbolized as in the seed: inlined calls on lines of
 * their own, innermost first, " file:line" after the size. Owned by the caller. Rules:
 * specs/crash-report.md, section 11. */
char *symbols_report(Symbols *symbols, const char *report);
