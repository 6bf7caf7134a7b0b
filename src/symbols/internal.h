/* SPDX-License-Identifier: Apache-2.0
 * The parts of symbols/: an ELF file open for reading, its text symbols, its line information, and
 * the rewriting of reports, which knows the others only through Lookup.
 */
#pragma once

#include "symbols/symbols.h"

#include <elfutils/libdw.h>
#include <gelf.h>

/* elf.c */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Elf, elf_end)
/* Read what is open at @fd, which must stay so. */
Elf *elf_open(int fd, GError **error);

/* table.c: where functions begin. Several may have one name. */
typedef struct SymbolTable SymbolTable;

SymbolTable *symbol_table_new(Elf *elf);
void symbol_table_free(SymbolTable *table);
/* The address of @name whose size the kernel would print as @size; FALSE when there is no @name. */
gboolean symbol_table_find(const SymbolTable *table, const char *name, guint64 size,
                           guint64 *ret_address);

/* A line of source, and how it was reached. */
typedef struct Place {
    char *function; /* of an inlined call */
    char *file;     /* relative to the source tree */
    int line;       /* -1: the compiler made this code up */
} Place;

void place_free(Place *place);

/* lines.c: addresses to places. */
typedef struct LineTable LineTable;

/* NULL when @elf has no debug information. @source_dirs are copied. */
LineTable *line_table_new(Elf *elf, const char *const *source_dirs);
void line_table_free(LineTable *table);
/* Array of Place, the innermost inlined call first, the function itself last; empty when nothing is
 * known about @address. */
GPtrArray *line_table_find(LineTable *table, guint64 address);

/* text.c */
typedef struct Lookup {
    /* @module is "" for the kernel itself. */
    gboolean (*symbol)(gpointer data, const char *module, const char *name, guint64 size,
                       guint64 *ret_address);
    GPtrArray *(*places)(gpointer data, const char *module, guint64 address);
    gpointer data;
} Lookup;

/* @report with lines added to its functions. */
char *symbolize_text(const Lookup *lookup, const char *report);
