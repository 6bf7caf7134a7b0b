/* SPDX-License-Identifier: Apache-2.0
 * A vmlinux, and its modules, open for questions.
 */
#include "symbols/internal.h"

#include <string.h>

struct Symbols {
    Binary *kernel;
    Modules *modules;
    Patterns *patterns;
    char **source_dirs;
    Facts *facts;     /* NULL until it is needed */
    Image *image;     /* likewise */
    Origins *origins; /* NULL: not known */
    Parts *parts;     /* NULL: there are none */
};

Symbols *symbols_open(const char *vmlinux, const char *const *source_dirs, GError **error)
{
    static const char *const none[] = {NULL};
    Binary *kernel = binary_open(vmlinux, source_dirs ? source_dirs : none, error);
    Symbols *symbols;

    if (!kernel) {
        return NULL;
    }
    symbols = g_new0(Symbols, 1);
    symbols->kernel = kernel;
    symbols->source_dirs = g_strdupv((char **)(source_dirs ? source_dirs : none));
    symbols->modules = modules_new((const char *const *)symbols->source_dirs);
    symbols->patterns = patterns_new();
    return symbols;
}

void symbols_free(Symbols *symbols)
{
    if (!symbols) {
        return;
    }
    facts_free(symbols->facts);
    g_clear_pointer(&symbols->image, image_free);
    origins_free(symbols->origins);
    parts_free(symbols->parts);
    patterns_free(symbols->patterns);
    modules_free(symbols->modules);
    binary_free(symbols->kernel);
    g_strfreev(symbols->source_dirs);
    g_free(symbols);
}

void symbols_add_module_dir(Symbols *symbols, const char *dir)
{
    modules_add_dir(symbols->modules, dir);
}

/* NULL when there is no such module. */
static Binary *binary_of(const Symbols *symbols, const char *module, const char *build_id)
{
    return *module ? modules_find(symbols->modules, module, build_id) : symbols->kernel;
}

static gboolean find_symbol(gpointer data, const char *module, const char *build_id,
                            const char *name, guint64 size, guint64 *ret_address)
{
    Binary *binary = binary_of(data, module, build_id);

    return binary && symbol_table_find(binary->table, name, size, ret_address);
}

static gboolean find_name(gpointer data, guint64 address, const char **ret_name, guint64 *ret_start,
                          guint64 *ret_size)
{
    const Symbols *symbols = data;

    return symbol_table_name(symbols->kernel->table, address, ret_name, ret_start, ret_size);
}

/* Where the function of the kernel at @address comes from; NULL: not known, or nobody needs to
 * know.
 */
static const Origin *origin_of(const Symbols *symbols, const char *module, guint64 address)
{
    return !*module && !symbols->kernel->lines && symbols->origins
               ? origins_find(symbols->origins, address)
               : NULL;
}

static GPtrArray *places_by_origin(Symbols *symbols, const Origin *origin, guint64 address)
{
    g_autoptr(GPtrArray) places = NULL;
    Place *place;

    if (symbols->parts && !symbols->image) {
        symbols->image = image_new(symbols->kernel->elf);
    }
    places = symbols->parts ? parts_find(symbols->parts, origin->object, symbols->image, address)
                            : g_ptr_array_new_with_free_func((GDestroyNotify)place_free);
    if (places->len == 0 && origin->source && !g_str_has_suffix(origin->source, ".S")) {
        place = g_new0(Place, 1);
        place->file = g_strdup(origin->source);
        g_ptr_array_add(places, place);
    }
    return g_steal_pointer(&places);
}

static GPtrArray *find_places(gpointer data, const char *module, const char *build_id,
                              guint64 address)
{
    Symbols *symbols = data;
    Binary *binary = binary_of(data, module, build_id);
    const Origin *origin = origin_of(symbols, module, address);

    if (origin) {
        return places_by_origin(symbols, origin, address);
    }
    return binary && binary->lines ? line_table_find(binary->lines, address) : g_ptr_array_new();
}

char *symbols_report(Symbols *symbols, const char *report)
{
    const Lookup lookup = {find_symbol, find_name, find_places, symbols};

    return symbolize_text(symbols->patterns, &lookup, report);
}

void symbols_add_origins(Symbols *symbols, const char *origins)
{
    origins_free(symbols->origins);
    symbols->origins = origins_parse(origins);
}

void symbols_add_objects(Symbols *symbols, const char *dir)
{
    parts_free(symbols->parts);
    symbols->parts = parts_new(dir, (const char *const *)symbols->source_dirs);
}

char *symbols_origins(const Symbols *symbols, const char *build_dir)
{
    return origins_make(symbols->kernel->elf, build_dir);
}

/* A look-up that only notes in whose objects places are to be found. */
typedef struct Asking {
    Symbols *symbols;
    GPtrArray *objects; /* of char *: the origins' */
} Asking;

static gboolean ask_symbol(gpointer data, const char *module, const char *build_id,
                           const char *name, guint64 size, guint64 *ret_address)
{
    const Asking *asking = data;

    return find_symbol(asking->symbols, module, build_id, name, size, ret_address);
}

static gboolean ask_name(gpointer data, guint64 address, const char **ret_name, guint64 *ret_start,
                         guint64 *ret_size)
{
    const Asking *asking = data;

    return find_name(asking->symbols, address, ret_name, ret_start, ret_size);
}

static GPtrArray *ask_places(gpointer data, const char *module, const char *build_id,
                             guint64 address)
{
    Asking *asking = data;
    const Origin *origin = origin_of(asking->symbols, module, address);

    if (origin && !g_ptr_array_find(asking->objects, origin->object, NULL)) {
        g_ptr_array_add(asking->objects, origin->object);
    }
    return g_ptr_array_new();
}

char **symbols_objects(Symbols *symbols, const char *report)
{
    g_autoptr(GPtrArray) objects = g_ptr_array_new();
    Asking asking = {symbols, objects};
    const Lookup lookup = {ask_symbol, ask_name, ask_places, &asking};

    g_free(symbolize_text(symbols->patterns, &lookup, report));
    g_ptr_array_add(objects, NULL);
    return g_strdupv((char **)objects->pdata);
}

/* NULL without debug information. */
static const Facts *facts_of(Symbols *symbols)
{
    if (!symbols->facts && symbols->kernel->dwarf) {
        symbols->facts =
            facts_new(symbols->kernel->dwarf, (const char *const *)symbols->source_dirs);
    }
    return symbols->facts;
}

SymbolsAnswer symbols_has_function(Symbols *symbols, const char *name)
{
    const Facts *facts;

    if (symbol_table_has(symbols->kernel->table, name)) {
        return SYMBOLS_YES;
    }
    facts = facts_of(symbols);
    return facts ? facts_have_function(facts, name) : SYMBOLS_UNKNOWN;
}

SymbolsAnswer symbols_has_source(Symbols *symbols, const char *path)
{
    const Facts *facts = facts_of(symbols);

    return facts ? facts_have_source(facts, path) : SYMBOLS_UNKNOWN;
}

SymbolsChange *symbols_compare(const Symbols *before, const Symbols *after)
{
    g_autoptr(Image) old = image_new(before->kernel->elf), new = image_new(after->kernel->elf);

    return images_compare(old, new);
}
