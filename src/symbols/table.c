/* SPDX-License-Identifier: Apache-2.0
 * Text symbols by name and by address.
 *
 * The kernel prints a function as name+offset/size, where the size is the distance to the next
 * symbol, not what the compiler said. So we count it the same way, and it tells static functions of
 * the same name apart. Which symbols there are to be next is not quite the same: the kernel knows
 * labels of assembler, which have no size, but not all of them, so distances are counted to those
 * and without them. Only what has a size is a function.
 */
#include "symbols/internal.h"

#include <string.h>

typedef struct Symbol {
    guint64 address;
    guint64 size;       /* to the next function */
    guint64 label_size; /* to the next label, at most @size */
    const char *name;   /* owned by libelf */
    gboolean is_weak;
} Symbol;

struct SymbolTable {
    GArray *symbols;     /* by address */
    GHashTable *by_name; /* name -> the first symbol of it by address: index plus one */
    guint *next;         /* the next of the same name: index plus one */
    GHashTable *stems;   /* names up to the first '.'; NULL until it is needed */
};

/* One section of code. */
typedef struct Text {
    guint64 base; /* what its symbols count from */
    guint64 end;
} Text;

/* A file of debug information alone has the headers of its sections, but no bytes of them. */
static gboolean find_text(Elf *elf, gsize index, gboolean is_relocatable, Text *ret_text)
{
    Elf_Scn *section = elf_getscn(elf, index);
    GElf_Shdr header;

    if (!section || !gelf_getshdr(section, &header) ||
        (header.sh_type != SHT_PROGBITS && header.sh_type != SHT_NOBITS) ||
        !(header.sh_flags & SHF_ALLOC) || !(header.sh_flags & SHF_EXECINSTR)) {
        return FALSE;
    }
    ret_text->base = is_relocatable ? header.sh_addr : 0;
    ret_text->end = header.sh_addr + header.sh_size;
    return TRUE;
}

/* Marks of the assembler's own, which no kernel lists: "$x" where code of ARM begins, ".L1". */
static gboolean is_mark(const char *name)
{
    return !*name || *name == '$' || g_str_has_prefix(name, ".L");
}

/* Symbols with a size go to @symbols, the addresses of all to @labels. */
static void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, GArray *symbols,
                         GArray *labels)
{
    Elf_Data *data = elf_getdata(section, NULL);
    gsize n = header->sh_entsize > 0 ? header->sh_size / header->sh_entsize : 0;
    GElf_Ehdr file;
    gboolean is_relocatable = gelf_getehdr(elf, &file) && file.e_type == ET_REL;

    for (gsize i = 0; data && i < n; i++) {
        Symbol symbol = {0};
        GElf_Sym entry;
        Text text;

        if (!gelf_getsym(data, (int)i, &entry)) {
            return;
        }
        if (entry.st_shndx == SHN_UNDEF || entry.st_shndx >= SHN_LORESERVE ||
            GELF_ST_TYPE(entry.st_info) == STT_SECTION ||
            !find_text(elf, entry.st_shndx, is_relocatable, &text) ||
            !(symbol.name = elf_strptr(elf, header->sh_link, entry.st_name)) ||
            is_mark(symbol.name)) {
            continue;
        }
        symbol.address = text.base + entry.st_value;
        symbol.size = text.end > symbol.address ? text.end - symbol.address : entry.st_size;
        symbol.label_size = symbol.size;
        symbol.is_weak = GELF_ST_BIND(entry.st_info) == STB_WEAK;
        g_array_append_val(labels, symbol.address);
        if (entry.st_size > 0) {
            g_array_append_val(symbols, symbol);
        }
    }
}

static int compare_symbols(gconstpointer a, gconstpointer b)
{
    guint64 x = ((const Symbol *)a)->address, y = ((const Symbol *)b)->address;

    return x < y ? -1 : x > y;
}

static int compare_labels(gconstpointer a, gconstpointer b)
{
    guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;

    return x < y ? -1 : x > y;
}

/* Sizes until the next address that has a symbol; the last ones keep the end of their section. */
static void set_sizes(GArray *symbols, GArray *labels)
{
    guint64 next = 0, next_label = 0;
    guint n_labels = labels->len;

    for (guint i = symbols->len; i > 0; i--) {
        Symbol *symbol = &g_array_index(symbols, Symbol, i - 1);

        if (i < symbols->len && symbol->address < (symbol + 1)->address) {
            next = (symbol + 1)->address;
        }
        for (; n_labels > 0 && g_array_index(labels, guint64, n_labels - 1) > symbol->address;
             n_labels--) {
            next_label = g_array_index(labels, guint64, n_labels - 1);
        }
        if (next > 0) {
            symbol->size = MIN(symbol->size, next - symbol->address);
        }
        symbol->label_size =
            next_label > 0 ? MIN(symbol->size, next_label - symbol->address) : symbol->size;
    }
}

SymbolTable *symbol_table_new(Elf *elf)
{
    SymbolTable *table = g_new0(SymbolTable, 1);
    g_autoptr(GArray) labels = g_array_new(FALSE, FALSE, sizeof(guint64));

    table->symbols = g_array_new(FALSE, FALSE, sizeof(Symbol));
    table->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;

        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB) {
            read_symbols(elf, section, &header, table->symbols, labels);
        }
    }
    g_array_sort(table->symbols, compare_symbols);
    g_array_sort(labels, compare_labels);
    set_sizes(table->symbols, labels);
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
    g_clear_pointer(&table->stems, g_hash_table_unref);
    g_hash_table_unref(table->by_name);
    g_free(table->next);
    g_free(table);
}

/* Big-endian PowerPC has code at ".name", and a descriptor, which is no code, at "name". */
static guint first_of(const SymbolTable *table, const char *name)
{
    guint i = GPOINTER_TO_UINT(g_hash_table_lookup(table->by_name, name));
    g_autofree char *dotted = i ? NULL : g_strconcat(".", name, NULL);

    return i ? i : GPOINTER_TO_UINT(g_hash_table_lookup(table->by_name, dotted));
}

gboolean symbol_table_find(const SymbolTable *table, const char *name, guint64 size,
                           guint64 *ret_address)
{
    const Symbol *best = NULL, *symbol;
    guint best_rank = 0, rank;

    for (guint i = first_of(table, name); i > 0; i = table->next[i - 1]) {
        symbol = &g_array_index(table->symbols, Symbol, i - 1);
        rank = symbol->size == size ? 2 : symbol->label_size == size;
        /* The first of the right size, else the last. */
        if (!best || rank > best_rank || (rank == 0 && best_rank == 0)) {
            best = symbol;
            best_rank = rank;
        }
    }
    if (!best) {
        return FALSE;
    }
    *ret_address = best->address;
    return TRUE;
}

/* Of several names of one address the kernel (scripts/kallsyms.c, compare_symbols()) takes one that
 * is not weak, and then the one with fewer underscores in front. */
static gboolean is_better_name(const Symbol *a, const Symbol *b)
{
    if (a->is_weak != b->is_weak) {
        return b->is_weak;
    }
    return strspn(a->name, "_") < strspn(b->name, "_");
}

gboolean symbol_table_name(const SymbolTable *table, guint64 address, const char **ret_name,
                           guint64 *ret_start, guint64 *ret_size)
{
    guint low = 0, high = table->symbols->len;
    const Symbol *best, *first;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(table->symbols, Symbol, middle).address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return FALSE;
    }
    best = &g_array_index(table->symbols, Symbol, low - 1);
    if (address - best->address >= best->size) {
        return FALSE;
    }
    first = (const Symbol *)table->symbols->data;
    for (const Symbol *other = best; other > first && (other - 1)->address == best->address;) {
        other--;
        best = is_better_name(best, other) ? best : other;
    }
    *ret_name = *best->name == '.' ? best->name + 1 : best->name;
    *ret_start = best->address;
    *ret_size = best->size;
    return TRUE;
}

gboolean symbol_table_has(SymbolTable *table, const char *name)
{
    if (!table->stems) {
        table->stems = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < table->symbols->len; i++) {
            const char *symbol = g_array_index(table->symbols, Symbol, i).name;

            symbol += *symbol == '.';
            g_hash_table_add(table->stems, g_strndup(symbol, strcspn(symbol, ".")));
        }
    }
    return first_of(table, name) > 0 || g_hash_table_contains(table->stems, name);
}
