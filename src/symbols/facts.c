/* SPDX-License-Identifier: Apache-2.0
 * What a kernel was compiled of: its functions, inlined ones too, and its files.
 *
 * A static function that was inlined everywhere has no symbol, and a file that another includes
 * (kernel/sched/rt.c) no unit of its own. Both stand in DWARF only: a function as a child of its
 * unit, a file in the table of a line program. Neither has an index, so all are read once; types,
 * which are most of DWARF, are stepped over by their sibling attributes.
 */
#include "symbols/internal.h"

#include <dwarf.h>
#include <string.h>

/* Namespaces do not nest deeper. */
#define DEPTH_MAX 64

struct Facts {
    GHashTable *functions, *sources; /* sets of names */
    gboolean is_compiled; /* some unit is not assembler: there is debug information of C */
    gboolean is_split;    /* functions of some units are in files that are not here */
};

static void add_functions(Facts *facts, Dwarf_Die *parent, guint depth)
{
    Dwarf_Die die;

    if (depth > DEPTH_MAX || dwarf_child(parent, &die) != 0) {
        return;
    }
    do {
        int tag = dwarf_tag(&die);
        const char *name;

        if (tag == DW_TAG_namespace) {
            add_functions(facts, &die, depth + 1);
        } else if (tag == DW_TAG_subprogram && !dwarf_hasattr(&die, DW_AT_declaration) &&
                   (name = dwarf_diename(&die)) && !g_hash_table_contains(facts->functions, name)) {
            g_hash_table_add(facts->functions, g_strdup(name));
        }
    } while (next_sibling(&die));
}

/* The files of a unit's line program. @seen: paths as they stand there, of units that were compiled
 * in the same folder; most units include the same headers. */
static void add_sources(Facts *facts, const char *const *source_dirs, Dwarf_Die *unit,
                        GHashTable *seen)
{
    const char *own = dwarf_diename(unit);
    Dwarf_Files *files;
    size_t n_files;

    if (own) {
        g_hash_table_add(facts->sources, source_path(source_dirs, unit, own));
    }
    if (dwarf_getsrcfiles(unit, &files, &n_files) != 0) {
        return;
    }
    for (size_t i = 0; i < n_files; i++) {
        const char *path = dwarf_filesrc(files, i, NULL, NULL);

        if (path && g_hash_table_add(seen, g_strdup(path))) {
            g_hash_table_add(facts->sources, source_path(source_dirs, unit, path));
        }
    }
}

/* Assembler can come with debug information where C does not. */
static void classify(Facts *facts, Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    Dwarf_Word language;

    facts->is_split |= unit_is_split(die);
    if (dwarf_formudata(dwarf_attr(die, DW_AT_language, &attribute), &language) != 0 ||
        language != DW_LANG_Mips_Assembler) {
        facts->is_compiled = TRUE;
    }
}

Facts *facts_new(Dwarf *dwarf, const char *const *source_dirs)
{
    Facts *facts = g_new0(Facts, 1);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *folder = g_strdup("");
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;

    facts->functions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    facts->sources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    while (dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0) {
        Dwarf_Attribute attribute;
        const char *compiled_in = dwarf_formstring(dwarf_attr(&die, DW_AT_comp_dir, &attribute));

        if (g_strcmp0(folder, compiled_in) != 0) {
            g_hash_table_remove_all(seen);
            g_free(folder);
            folder = g_strdup(compiled_in);
        }
        classify(facts, &die);
        add_sources(facts, source_dirs, &die, seen);
        add_functions(facts, &die, 0);
    }
    return facts;
}

void facts_free(Facts *facts)
{
    if (!facts) {
        return;
    }
    g_hash_table_unref(facts->functions);
    g_hash_table_unref(facts->sources);
    g_free(facts);
}

SymbolsAnswer facts_have_function(const Facts *facts, const char *name)
{
    if (g_hash_table_contains(facts->functions, name)) {
        return SYMBOLS_YES;
    }
    return facts->is_compiled && !facts->is_split ? SYMBOLS_NO : SYMBOLS_UNKNOWN;
}

SymbolsAnswer facts_have_source(const Facts *facts, const char *path)
{
    g_autofree char *full = g_canonicalize_filename(path, "/");

    if (g_hash_table_contains(facts->sources, g_path_is_absolute(path) ? full : full + 1)) {
        return SYMBOLS_YES;
    }
    return facts->is_compiled ? SYMBOLS_NO : SYMBOLS_UNKNOWN;
}
