/* SPDX-License-Identifier: Apache-2.0
 * Which object each function of a vmlinux comes from, and so which source file, without debug
 * information.
 *
 * The symbol tables of the objects say what each defines. Most functions are defined once, by name
 * and size. Of static ones with a name that several files use, the symbol table of the vmlinux says
 * the last part of the file's name, and its addresses say the rest: a linker lays the code of an
 * object in one piece, and the pieces in the order of its inputs. So a function belongs to the
 * object of its neighbours, or to one that the link has between theirs. What is still not clear
 * stays without an origin. Each definition of an object is good for one function, which undoes many
 * a tie.
 *
 * The text that comes out has an object a line, "OBJECT SOURCE" ("-" where the source was made by
 * the build), an empty line, and then "ADDRESS NUMBER": from there on functions are of that object
 * ("-": nobody knows). 150 KB for a small kernel, a fifth of it when packed.
 *
 * Cost: reading the symbol tables of all objects.
 */
#include "symbols/internal.h"

#include <string.h>
#include <unistd.h>

#define UNKNOWN G_MAXUINT32

/* A function as one object has it. */
typedef struct Definition {
    guint32 object;
    guint32 next; /* of the same name: index plus one; 0: none */
    guint64 size;
    gboolean is_local;
    gboolean is_taken;
} Definition;

/* A function of the vmlinux. */
typedef struct Function {
    Code code;
    guint32 object; /* or UNKNOWN */
} Function;

typedef struct Matching {
    GPtrArray *objects;    /* paths, in the order of the link */
    GPtrArray *files;      /* what the symbol table of each calls its source */
    GArray *definitions;   /* of Definition */
    GHashTable *by_name;   /* name -> the last definition: index plus one */
    GStringChunk *strings; /* names and files */
    GArray *functions;     /* of Function, by address */
} Matching;

/* --- The functions of a file ----------------------------------------------------------------- */

static gboolean is_code(Elf *elf, gsize index)
{
    Elf_Scn *section = elf_getscn(elf, index);
    GElf_Shdr header;

    return section && gelf_getshdr(section, &header) && header.sh_flags & SHF_EXECINSTR;
}

GArray *code_read(Elf *elf)
{
    GArray *codes = g_array_new(FALSE, FALSE, sizeof(Code));
    const char *file = "";

    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        Elf_Data *data;
        GElf_Sym entry;
        gsize n;

        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB || !header.sh_entsize ||
            !(data = elf_getdata(section, NULL))) {
            continue;
        }
        n = header.sh_size / header.sh_entsize;
        for (gsize i = 0; i < n && gelf_getsym(data, (int)i, &entry); i++) {
            const char *name = elf_strptr(elf, header.sh_link, entry.st_name);
            Code code = {name,          file,           entry.st_value,
                         entry.st_size, entry.st_shndx, GELF_ST_BIND(entry.st_info) == STB_LOCAL};

            if (name && GELF_ST_TYPE(entry.st_info) == STT_FILE) {
                file = name;
            } else if (name && *name && entry.st_size > 0 && entry.st_shndx != SHN_UNDEF &&
                       entry.st_shndx < SHN_LORESERVE &&
                       GELF_ST_TYPE(entry.st_info) != STT_SECTION && is_code(elf, entry.st_shndx)) {
                g_array_append_val(codes, code);
            }
        }
    }
    return codes;
}

/* --- Reading --------------------------------------------------------------------------------- */

static void add_definition(Matching *matching, guint32 object, const Code *code)
{
    const char *name = g_string_chunk_insert_const(matching->strings, code->name);
    Definition definition = {
        .object = object,
        .next = GPOINTER_TO_UINT(g_hash_table_lookup(matching->by_name, name)),
        .size = code->size,
        .is_local = code->is_local,
    };

    g_array_append_val(matching->definitions, definition);
    g_hash_table_insert(matching->by_name, (gpointer)name,
                        GUINT_TO_POINTER(matching->definitions->len));
}

/* An object that cannot be read defines nothing. */
static void read_object(Matching *matching, const char *build_dir, guint32 object)
{
    int fd = objects_open(build_dir, matching->objects->pdata[object]);
    g_autoptr(Elf) elf = fd >= 0 ? elf_open(fd, NULL) : NULL;
    g_autoptr(GArray) codes = elf ? code_read(elf) : NULL;
    const char *file = "";

    for (guint i = 0; codes && i < codes->len; i++) {
        const Code *code = &g_array_index(codes, Code, i);

        file = *code->file ? code->file : file;
        add_definition(matching, object, code);
    }
    g_ptr_array_add(matching->files, g_string_chunk_insert_const(matching->strings, file));
    if (fd >= 0) {
        close(fd);
    }
}

static int compare_functions(gconstpointer a, gconstpointer b)
{
    guint64 x = ((const Function *)a)->code.value, y = ((const Function *)b)->code.value;

    return x < y ? -1 : x > y;
}

static Matching *matching_new(Elf *vmlinux, const char *build_dir)
{
    Matching *matching = g_new0(Matching, 1);
    g_autoptr(GArray) codes = code_read(vmlinux);

    matching->objects = objects_list(build_dir);
    matching->files = g_ptr_array_new();
    matching->definitions = g_array_new(FALSE, FALSE, sizeof(Definition));
    matching->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    matching->strings = g_string_chunk_new(1 << 16);
    matching->functions = g_array_new(FALSE, FALSE, sizeof(Function));
    for (guint32 i = 0; i < matching->objects->len; i++) {
        read_object(matching, build_dir, i);
    }
    for (guint i = 0; i < codes->len; i++) {
        Function function = {g_array_index(codes, Code, i), UNKNOWN};

        g_array_append_val(matching->functions, function);
    }
    g_array_sort(matching->functions, compare_functions);
    return matching;
}

static void matching_free(Matching *matching)
{
    g_ptr_array_unref(matching->objects);
    g_ptr_array_unref(matching->files);
    g_array_unref(matching->definitions);
    g_hash_table_unref(matching->by_name);
    g_string_chunk_free(matching->strings);
    g_array_unref(matching->functions);
    g_free(matching);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Matching, matching_free)

/* --- Matching -------------------------------------------------------------------------------- */

/* Why a definition may be the one of a function. */
typedef enum Fit { FIT_NO, FIT_SIZE, FIT_LOCAL, FIT_FILE } Fit;

/* A linker makes hidden functions local, so that this does not have to agree. */
static Fit fit_of(const Matching *matching, const Definition *definition, const Code *code)
{
    if (definition->is_taken || definition->size != code->size) {
        return FIT_NO;
    }
    if (definition->is_local != code->is_local) {
        return FIT_SIZE;
    }
    return code->is_local && g_str_equal(matching->files->pdata[definition->object], code->file)
               ? FIT_FILE
               : FIT_LOCAL;
}

/* Objects between which the one of a function lies: of its neighbours. */
typedef struct Between {
    guint32 before, after; /* UNKNOWN: there is none */
} Between;

static gboolean is_between(const Between *between, guint32 object)
{
    return between->before != UNKNOWN && between->after != UNKNOWN && between->before < object &&
           object < between->after;
}

/* The only definition among those of @code's name that fit best, and lie where @between says; NULL
 * where there is no such one. */
static Definition *find_only(const Matching *matching, const Code *code, const Between *between,
                             gboolean (*lies)(const Between *between, guint32 object))
{
    Definition *best = NULL;
    Fit best_fit = FIT_NO;
    gboolean is_only = TRUE;
    guint32 at = GPOINTER_TO_UINT(g_hash_table_lookup(matching->by_name, code->name));

    for (; at; at = g_array_index(matching->definitions, Definition, at - 1).next) {
        Definition *definition = &g_array_index(matching->definitions, Definition, at - 1);
        Fit fit = fit_of(matching, definition, code);

        if (fit == FIT_NO || fit < best_fit || (lies && !lies(between, definition->object))) {
            continue;
        }
        is_only = !best || fit > best_fit || (is_only && best->object == definition->object);
        best = definition;
        best_fit = fit;
    }
    return is_only ? best : NULL;
}

static gboolean is_neighbour(const Between *between, guint32 object)
{
    return object == between->before || object == between->after;
}

/* Of each function, the object of the next one behind it that has one. Owned by the caller. */
static guint32 *objects_behind(const Matching *matching)
{
    const GArray *functions = matching->functions;
    guint32 *behind = g_new(guint32, functions->len), object = UNKNOWN;

    for (guint i = functions->len; i > 0; i--) {
        behind[i - 1] = object;
        if (g_array_index(functions, Function, i - 1).object != UNKNOWN) {
            object = g_array_index(functions, Function, i - 1).object;
        }
    }
    return behind;
}

/* Give objects to functions that have none. FALSE when it was of no use. */
static gboolean match(Matching *matching, gboolean (*lies)(const Between *between, guint32 object))
{
    g_autofree guint32 *behind = objects_behind(matching);
    Between between = {UNKNOWN, UNKNOWN};
    gboolean is_any = FALSE;

    for (guint i = 0; i < matching->functions->len; i++) {
        Function *function = &g_array_index(matching->functions, Function, i);
        Definition *definition = NULL;

        if (function->object == UNKNOWN) {
            between.after = behind[i];
            definition = find_only(matching, &function->code, &between, lies);
        }
        if (definition) {
            definition->is_taken = TRUE;
            function->object = definition->object;
            is_any = TRUE;
        }
        between.before = function->object != UNKNOWN ? function->object : between.before;
    }
    return is_any;
}

static void match_all(Matching *matching)
{
    while (match(matching, NULL) || match(matching, is_neighbour) || match(matching, is_between)) {
    }
}

/* --- The text -------------------------------------------------------------------------------- */

char *origins_make(Elf *vmlinux, const char *build_dir)
{
    g_autoptr(Matching) matching = matching_new(vmlinux, build_dir);
    g_autofree guint32 *numbers = g_new0(guint32, matching->objects->len + 1); /* plus one */
    g_autoptr(GString) runs = g_string_new(NULL);
    GString *text = g_string_new(NULL);
    guint32 n_numbers = 0, last = UNKNOWN;

    match_all(matching);
    for (guint i = 0; i < matching->functions->len; i++) {
        const Function *function = &g_array_index(matching->functions, Function, i);

        if (function->object == last) {
            continue;
        }
        last = function->object;
        g_string_append_printf(runs, "%" G_GINT64_MODIFIER "x ", function->code.value);
        if (last == UNKNOWN) {
            g_string_append(runs, "-\n");
            continue;
        }
        if (numbers[last] == 0) {
            const char *object = matching->objects->pdata[last];
            g_autofree char *source = object_source(build_dir, object);
            g_autofree char *clean = clean_name(object);

            numbers[last] = ++n_numbers;
            g_string_append_printf(text, "%s %s\n", clean, source ? source : "-");
        }
        g_string_append_printf(runs, "%u\n", numbers[last] - 1);
    }
    g_string_append_printf(text, "\n%s", runs->str);
    return g_string_free(text, FALSE);
}

/* --- Reading it ------------------------------------------------------------------------------ */

typedef struct Run {
    guint64 address;
    guint32 origin;
} Run;

struct Origins {
    GPtrArray *origins; /* of Origin */
    GArray *runs;       /* of Run, by address */
};

static void origin_free(gpointer data)
{
    Origin *origin = data;

    g_free(origin->object);
    g_free(origin->source);
    g_free(origin);
}

static int compare_runs(gconstpointer a, gconstpointer b)
{
    guint64 x = ((const Run *)a)->address, y = ((const Run *)b)->address;

    return x < y ? -1 : x > y;
}

Origins *origins_parse(const char *text)
{
    Origins *origins = g_new0(Origins, 1);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    char **line = lines;

    origins->origins = g_ptr_array_new_with_free_func(origin_free);
    origins->runs = g_array_new(FALSE, FALSE, sizeof(Run));
    for (; *line && **line; line++) {
        const char *blank = strchr(*line, ' ');
        Origin *origin = g_new0(Origin, 1);

        origin->object = g_strndup(*line, strcspn(*line, " "));
        origin->source = blank && !g_str_equal(blank, " -") ? g_strdup(blank + 1) : NULL;
        g_ptr_array_add(origins->origins, origin);
    }
    for (; *line; line++) {
        Run run = {.origin = UNKNOWN};
        char *end;
        guint64 number;

        if (!**line) {
            continue;
        }
        run.address = g_ascii_strtoull(*line, &end, 16);
        number =
            *end == ' ' && g_ascii_isdigit(end[1]) ? g_ascii_strtoull(end + 1, NULL, 10) : UNKNOWN;
        run.origin = number < origins->origins->len ? (guint32)number : UNKNOWN;
        g_array_append_val(origins->runs, run);
    }
    g_array_sort(origins->runs, compare_runs);
    return origins;
}

void origins_free(Origins *origins)
{
    if (!origins) {
        return;
    }
    g_ptr_array_unref(origins->origins);
    g_array_unref(origins->runs);
    g_free(origins);
}

const Origin *origins_find(const Origins *origins, guint64 address)
{
    guint low = 0, high = origins->runs->len;
    guint32 origin;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(origins->runs, Run, middle).address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    origin = low > 0 ? g_array_index(origins->runs, Run, low - 1).origin : UNKNOWN;
    return origin != UNKNOWN ? origins->origins->pdata[origin] : NULL;
}
