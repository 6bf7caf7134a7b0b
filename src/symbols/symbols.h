/* SPDX-License-Identifier: Apache-2.0
 * ELF and DWARF of a kernel: its signature, its functions and sources, and func+offset -> file:line
 * with inlined calls.
 */
#pragma once

#include <gio/gio.h>

/* Kernel signature: sha256 over the sha256 of each section that is ALLOC and neither NOBITS nor
 * NOTE, in the order of the section headers. 64 hex digits, owned by the caller. Two kernels of the
 * same signature behave alike. The vmlinux is open at @fd, and stays there. */
char *symbols_signature(int fd, GError **error);

typedef struct Symbols Symbols;

/* Open @vmlinux, a regular file, for names and lines. @source_dirs: prefixes cut from DWARF's
 * paths. Without debug information it still opens: functions then get no lines. */
Symbols *symbols_open(const char *vmlinux, const char *const *source_dirs, GError **error);
void symbols_free(Symbols *symbols);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Symbols, symbols_free)

/* A report with each `func+0xOFF/0xSIZE` line symbolized as in the seed: inlined calls on lines of
 * their own, innermost first, " file:line" after the size. Owned by the caller. Rules:
 * specs/crash-report.md, section 11. */
char *symbols_report(Symbols *symbols, const char *report);

/* Look for NAME.ko or NAME.ko.debug ('-' and '_' are one) in @dir and below it when a line ends in
 * `[NAME]` or `[NAME BUILDID]`. Folders are asked in the order they were added. */
void symbols_add_module_dir(Symbols *symbols, const char *dir);

/* Is it part of the kernel? Not known: the vmlinux has not the information that says so. */
typedef enum SymbolsAnswer { SYMBOLS_UNKNOWN, SYMBOLS_NO, SYMBOLS_YES } SymbolsAnswer;

/* Has the vmlinux a function @name, static ones and those that only exist inlined included?
 * Variants that the compiler makes (NAME.isra.0, NAME.cold, ...) count. NO needs debug information,
 * as an inlined function has no symbol. Modules are not asked. The first answer that the symbols
 * cannot give reads all debug information; thousands more are free. */
SymbolsAnswer symbols_has_function(Symbols *symbols, const char *name);

/* Was @path ("net/core/skmsg.c", relative to the source tree) compiled into the vmlinux, by itself
 * or included by what was? UNKNOWN without debug information. Costs as above. */
SymbolsAnswer symbols_has_source(Symbols *symbols, const char *path);
