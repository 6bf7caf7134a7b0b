/* SPDX-License-Identifier: Apache-2.0
 * A vmlinux open for questions.
 */
#include "symbols/internal.h"

struct Symbols {
    ElfFile file;
    SymbolTable *table;
    LineTable *lines; /* NULL without debug information */
};

Symbols *symbols_open(const char *vmlinux, const char *const *source_dirs, GError **error)
{
    Symbols *symbols;
    ElfFile file;

    if (!elf_file_open(&file, vmlinux, error)) {
        return NULL;
    }
    symbols = g_new0(Symbols, 1);
    symbols->file = file;
    symbols->table = symbol_table_new(file.elf);
    symbols->lines = line_table_new(file.elf, source_dirs);
    return symbols;
}

void symbols_free(Symbols *symbols)
{
    if (!symbols) {
        return;
    }
    line_table_free(symbols->lines);
    symbol_table_free(symbols->table);
    elf_file_close(&symbols->file);
    g_free(symbols);
}

static gboolean find_symbol(gpointer data, const char *module, const char *name, guint64 size,
                            guint64 *ret_address)
{
    const Symbols *symbols = data;

    /* Modules have files of their own. */
    return !*module && symbol_table_find(symbols->table, name, size, ret_address);
}

static GPtrArray *find_places(gpointer data, const char *module, guint64 address)
{
    const Symbols *symbols = data;

    return line_table_find(symbols->lines, address);
}

char *symbols_report(Symbols *symbols, const char *report)
{
    const Lookup lookup = {find_symbol, find_places, symbols};

    return symbols->lines ? symbolize_text(&lookup, report) : g_strdup(report);
}
