/* SPDX-License-Identifier: Apache-2.0
 * Addresses to lines of source, inlined calls included, from DWARF 4 and 5.
 *
 * A vmlinux has hundreds of megabytes of DWARF, and a report asks for some dozen addresses in some
 * dozen of its thousands of compilation units. So nothing is read before it is asked for:
 * .debug_aranges says which unit has an address (clang leaves it out: then the ranges of all units
 * are read once), and the functions of a unit are listed when the first address in it comes.
 */
#include "symbols/internal.h"

#include <dwarf.h>
#include <string.h>

/* Inlined calls do not nest deeper in real code; broken DWARF could. */
#define DEPTH_MAX 256

typedef struct Range {
    guint64 low, high; /* high is behind the last byte */
    Dwarf_Die die;     /* unit or function */
} Range;

struct LineTable {
    Dwarf *dwarf;
    char **source_dirs;
    GArray *units;         /* Range of each unit, sorted; NULL until it is needed */
    GHashTable *functions; /* offset of a unit's DIE -> sorted Range of each of its functions */
};

void place_free(Place *place)
{
    g_free(place->function);
    g_free(place->file);
    g_free(place);
}

LineTable *line_table_new(Dwarf *dwarf, const char *const *source_dirs)
{
    LineTable *table = g_new0(LineTable, 1);

    table->dwarf = dwarf;
    table->source_dirs = g_strdupv((char **)source_dirs);
    table->functions =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)g_array_unref);
    return table;
}

void line_table_free(LineTable *table)
{
    if (!table) {
        return;
    }
    g_clear_pointer(&table->units, g_array_unref);
    g_hash_table_unref(table->functions);
    g_strfreev(table->source_dirs);
    g_free(table);
}

static void add_ranges(GArray *ranges, Dwarf_Die *die)
{
    Dwarf_Addr base, low, high;
    ptrdiff_t offset = 0;

    while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0) {
        Range range = {low, high, *die};

        if (low < high) {
            g_array_append_val(ranges, range);
        }
    }
}

static int compare_ranges(gconstpointer a, gconstpointer b)
{
    guint64 x = ((const Range *)a)->low, y = ((const Range *)b)->low;

    return x < y ? -1 : x > y;
}

static gboolean find_range(const GArray *ranges, guint64 address, Dwarf_Die *ret_die)
{
    guint low = 0, high = ranges->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(ranges, Range, middle).low <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || g_array_index(ranges, Range, low - 1).high <= address) {
        return FALSE;
    }
    *ret_die = g_array_index(ranges, Range, low - 1).die;
    return TRUE;
}

static gboolean find_unit(LineTable *table, guint64 address, Dwarf_Die *ret_unit)
{
    if (dwarf_addrdie(table->dwarf, address, ret_unit)) {
        return TRUE;
    }
    if (!table->units) {
        Dwarf_CU *unit = NULL;
        Dwarf_Die die;

        table->units = g_array_new(FALSE, FALSE, sizeof(Range));
        while (dwarf_get_units(table->dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0) {
            add_ranges(table->units, &die);
        }
        g_array_sort(table->units, compare_ranges);
    }
    return find_range(table->units, address, ret_unit);
}

/* Functions directly in @parent, or in its namespaces. */
static void add_functions(GArray *functions, Dwarf_Die *parent, guint depth)
{
    Dwarf_Die die;

    if (depth > DEPTH_MAX || dwarf_child(parent, &die) != 0) {
        return;
    }
    do {
        if (dwarf_tag(&die) == DW_TAG_subprogram) {
            add_ranges(functions, &die);
        } else if (dwarf_tag(&die) == DW_TAG_namespace) {
            add_functions(functions, &die, depth + 1);
        }
    } while (next_sibling(&die));
}

static const GArray *functions_of(LineTable *table, Dwarf_Die *unit)
{
    gint64 key = dwarf_dieoffset(unit);
    GArray *functions = g_hash_table_lookup(table->functions, &key);

    if (!functions) {
        functions = g_array_new(FALSE, FALSE, sizeof(Range));
        add_functions(functions, unit, 0);
        g_array_sort(functions, compare_ranges);
        g_hash_table_insert(table->functions, g_memdup2(&key, sizeof(key)), functions);
    }
    return functions;
}

/* The child of @die that contains @address: an inlined call or a block. */
static gboolean find_inside(Dwarf_Die *die, guint64 address, Dwarf_Die *ret_child)
{
    Dwarf_Die child;

    if (dwarf_child(die, &child) != 0) {
        return FALSE;
    }
    do {
        int tag = dwarf_tag(&child);

        if ((tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block) &&
            dwarf_haspc(&child, address) == 1) {
            *ret_child = child;
            return TRUE;
        }
    } while (next_sibling(&child));
    return FALSE;
}

static Place *place_new(const LineTable *table, Dwarf_Die *unit, const char *path, int line)
{
    Place *place = g_new0(Place, 1);

    place->file = source_path((const char *const *)table->source_dirs, unit, path);
    place->line = line > 0 ? line : -1;
    return place;
}

/* Where @call, an inlined one, was written. NULL when the compiler did not say. */
static Place *place_of_call(const LineTable *table, Dwarf_Die *unit, Dwarf_Die *call)
{
    Dwarf_Attribute attribute;
    Dwarf_Word file, line;
    Dwarf_Files *files;
    const char *path;
    size_t n_files;

    if (dwarf_formudata(dwarf_attr(call, DW_AT_call_file, &attribute), &file) != 0 ||
        dwarf_formudata(dwarf_attr(call, DW_AT_call_line, &attribute), &line) != 0 ||
        dwarf_getsrcfiles(unit, &files, &n_files) != 0 ||
        !(path = dwarf_filesrc(files, file, NULL, NULL))) {
        return NULL;
    }
    return place_new(table, unit, path, line);
}

static Place *place_of_address(const LineTable *table, Dwarf_Die *unit, guint64 address)
{
    Dwarf_Line *row = dwarf_getsrc_die(unit, address);
    const char *path = row ? dwarf_linesrc(row, NULL, NULL) : NULL;
    int line = 0;

    if (!path || dwarf_lineno(row, &line) != 0) {
        return NULL;
    }
    return place_new(table, unit, path, line);
}

GPtrArray *line_table_find(LineTable *table, guint64 address)
{
    g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func((GDestroyNotify)place_free);
    g_autoptr(GArray) calls = g_array_new(FALSE, FALSE, sizeof(Dwarf_Die)); /* outermost first */
    Dwarf_Die unit, die;
    Place *place;

    if (!find_unit(table, address, &unit) || unit_is_split(&unit) ||
        !(place = place_of_address(table, &unit, address))) {
        return g_steal_pointer(&places);
    }
    g_ptr_array_add(places, place);
    if (find_range(functions_of(table, &unit), address, &die)) {
        for (guint depth = 0; depth < DEPTH_MAX && find_inside(&die, address, &die); depth++) {
            if (dwarf_tag(&die) == DW_TAG_inlined_subroutine) {
                g_array_append_val(calls, die);
            }
        }
    }
    /* The address's own line is in the innermost call; each call's place is a line in the next. */
    for (guint i = calls->len; i > 0; i--) {
        Dwarf_Die *call = &g_array_index(calls, Dwarf_Die, i - 1);
        const char *name = dwarf_diename(call);
        Place *outer = place_of_call(table, &unit, call);

        if (!outer) {
            break;
        }
        ((Place *)places->pdata[places->len - 1])->function = clean_name(name ? name : "??");
        g_ptr_array_add(places, outer);
    }
    return g_steal_pointer(&places);
}
