/* SPDX-License-Identifier: Apache-2.0
 * A vmlinux open for questions.
 */
#include "symbols/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>

struct Symbols {
    int fd;
    Elf *elf;
    SymbolTable *table;
    LineTable *lines; /* NULL without debug information */
};

Symbols *symbols_open(const char *vmlinux, const char *const *source_dirs, GError **error)
{
    g_autoptr(Symbols) symbols = g_new0(Symbols, 1);

    symbols->fd = g_open(vmlinux, O_RDONLY | O_CLOEXEC, 0);
    if (symbols->fd < 0) {
        int failed = errno;

        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(failed), "opening %s: %s", vmlinux,
                    g_strerror(failed));
        return NULL;
    }
    symbols->elf = elf_open(symbols->fd, error);
    if (!symbols->elf) {
        return NULL;
    }
    symbols->table = symbol_table_new(symbols->elf);
    symbols->lines = line_table_new(symbols->elf, source_dirs);
    return g_steal_pointer(&symbols);
}

void symbols_free(Symbols *symbols)
{
    if (!symbols) {
        return;
    }
    g_clear_pointer(&symbols->lines, line_table_free);
    g_clear_pointer(&symbols->table, symbol_table_free);
    elf_end(symbols->elf);
    if (symbols->fd >= 0) {
        g_close(symbols->fd, NULL);
    }
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
