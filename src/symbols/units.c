/* SPDX-License-Identifier: Apache-2.0
 * What units of DWARF say of their sources, as a person would write it.
 */
#include "symbols/internal.h"

#include <dwarf.h>
#include <string.h>

/* No identifier or path of a kernel is longer. */
#define NAME_MAX_BYTES 1024

char *clean_name(const char *name)
{
    char *clean = g_strndup(name, NAME_MAX_BYTES);

    for (char *c = clean; *c; c++) {
        if (!g_ascii_isprint(*c)) {
            *c = '?';
        }
    }
    return clean;
}

/* The rest of @path behind @folder, or NULL when it is not in there. */
static const char *path_below(const char *path, const char *folder)
{
    g_autofree char *clean = g_canonicalize_filename(folder, "/");
    gsize n = g_str_equal(clean, "/") ? 0 : strlen(clean);

    return strncmp(path, clean, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

/* Debian compiles in the folder ".", and so all its paths are relative. */
char *source_path(const char *const *source_dirs, Dwarf_Die *unit, const char *path)
{
    Dwarf_Attribute attribute;
    const char *compiled_in = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    gboolean somewhere = compiled_in && g_path_is_absolute(compiled_in);
    g_autofree char *full = NULL, *clean = clean_name(path);
    const char *below;

    full = g_canonicalize_filename(clean, somewhere ? compiled_in : "/");
    for (gsize i = 0; source_dirs[i]; i++) {
        below = path_below(full, source_dirs[i]);
        if (below) {
            return g_strdup(below);
        }
    }
    below = somewhere ? path_below(full, compiled_in) : g_path_is_absolute(path) ? NULL : full + 1;
    return below ? g_strdup(below) : g_steal_pointer(&full);
}

gboolean unit_is_split(Dwarf_Die *unit)
{
    return dwarf_hasattr(unit, DW_AT_dwo_name) || dwarf_hasattr(unit, DW_AT_GNU_dwo_name);
}

gboolean next_sibling(Dwarf_Die *die)
{
    Dwarf_Off offset = dwarf_dieoffset(die);

    return dwarf_siblingof(die, die) == 0 && dwarf_dieoffset(die) > offset;
}
