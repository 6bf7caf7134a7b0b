/* SPDX-License-Identifier: Apache-2.0
 * Text symbols by name.
 *
 * The kernel prints a function as name+offset/size, where the size is the distance to the next
 * symbol, not what the compiler said. So we count it the same way, and it tells static functions of
 * the same name apart.
 */
#include "symbols/internal.h"

#include <string.h>

typedef struct Symbol {
    guint64 address, size;
    const char *name; /* owned by libelf */
} Symbol;

struct SymbolTable {
    GArray *symbols;     /* by address */
    GHashTable *by_name; /* name -> the first symbol of it by address: index plus one */
    guint *next;         /* the next of the same name: index plus one */
};

static gboolean is_text(Elf *elf, gsize index, guint64 *ret_end)
{
    Elf_Scn *section = elf_getscn(elf, index);
    GElf_Shdr header;

    if (!section || !gelf_getshdr(section, &header) || header.sh_type != SHT_PROGBITS ||
        !(header.sh_flags & SHF_ALLOC) || !(header.sh_flags & SHF_EXECINSTR)) {
        return FALSE;
    }
    *ret_end = header.sh_addr + header.sh_size;
    return TRUE;
}

static void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, GArray *symbols)
{
    Elf_Data *data = elf_getdata(section, NULL);
    gsize n = header->sh_entsize > 0 ? header->sh_size / header->sh_entsize : 0;

    for (gsize i = 0; data && i < n; i++) {
        Symbol symbol = {0};
        GElf_Sym entry;
        guint64 end;

        if (!gelf_getsym(data, i, &entry) || entry.st_size == 0 || entry.st_shndx == SHN_UNDEF ||
            entry.st_shndx >= SHN_LORESERVE || !is_text(elf, entry.st_shndx, &end)) {
            continue;
        }
        symbol.address = entry.st_value;
        symbol.size = end > entry.st_value ? end - entry.st_value : entry.st_size;
        symbol.name = elf_strptr(elf, header->sh_link, entry.st_name);
        if (symbol.name) {
            g_array_append_val(symbols, symbol);
        }
    }
}

static int compare_symbols(gconstpointer a, gconstpointer b)
{
    guint64 x = ((const Symbol *)a)->address, y = ((const Symbol *)b)->address;

    return x < y ? -1 : x > y;
}

/* Sizes until the next address that has a symbol; the last ones keep the end of their section. */
static void set_sizes(GArray *symbols)
{
    guint64 next = 0;

    for (guint i = symbols->len; i > 0; i--) {
        Symbol *symbol = &g_array_index(symbols, Symbol, i - 1);

        if (i < symbols->len && symbol->address < (symbol + 1)->address) {
            next = (symbol + 1)->address;
        }
        if (next > 0) {
            symbol->size = MIN(symbol->size, next - symbol->address);
        }
    }
}

SymbolTable *symbol_table_new(Elf *elf)
{
    SymbolTable *table = g_new0(SymbolTable, 1);

    table->symbols = g_array_new(FALSE, FALSE, sizeof(Symbol));
    table->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;

        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB) {
            read_symbols(elf, section, &header, table->symbols);
        }
    }
    g_array_sort(table->symbols, compare_symbols);
    set_sizes(table->symbols);
    table->next = g_new0(guint, table->symbols->len);
    for (guint i = table->symbols->len; i > 0; i--) {
        const Symbol *symbol = &g_array_index(table->symbols, Symbol, i - 1);
        gpointer later = g_hash_table_lookup(table->by_name, symbol->name);

        table->next[i - 1] = GPOINTER_TO_UINT(later);
        g_hash_table_insert(table->by_name, (gpointer)symbol->name, GUINT_TO_POINTER(i));
    }
    return table;
}

void symbol_table_free(SymbolTable *table)
{
    if (!table) {
        return;
    }
    g_array_unref(table->symbols);
    g_hash_table_unref(table->by_name);
    g_free(table->next);
    g_free(table);
}

gboolean symbol_table_find(const SymbolTable *table, const char *name, guint64 size,
                           guint64 *ret_address)
{
    guint i = GPOINTER_TO_UINT(g_hash_table_lookup(table->by_name, name));
    const Symbol *last = NULL;

    for (; i > 0; i = table->next[i - 1]) {
        last = &g_array_index(table->symbols, Symbol, i - 1);
        if (last->size == size) {
            break;
        }
    }
    if (!last) {
        return FALSE;
    }
    *ret_address = last->address;
    return TRUE;
}
