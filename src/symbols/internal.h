/* SPDX-License-Identifier: Apache-2.0
 * The parts of symbols/: an ELF file open for reading, its text symbols, its line information, what
 * it was compiled of, and the rewriting of reports, which knows the others only through Lookup.
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

/* Names are those of @elf, which must stay. In a relocatable file addresses count from where its
 * sections are laid out (sh_addr). */
SymbolTable *symbol_table_new(Elf *elf);
void symbol_table_free(SymbolTable *table);
/* The address of @name whose size the kernel would print as @size; another one of that name when
 * there is none; FALSE when there is no @name. */
gboolean symbol_table_find(const SymbolTable *table, const char *name, guint64 size,
                           guint64 *ret_address);
/* The function that has @address, as the kernel would call it. *@ret_name is the table's. */
gboolean symbol_table_name(const SymbolTable *table, guint64 address, const char **ret_name,
                           guint64 *ret_start, guint64 *ret_size);
/* Is there a @name, or a variant of it that the compiler made (@name.isra.0)? FALSE of a file
 * without symbols. */
gboolean symbol_table_has(SymbolTable *table, const char *name);

/* image.c: what is loaded, and what has a name in it. */
typedef struct Piece {
    guint64 address;
    guint64 size;        /* 0: a label */
    const guint8 *bytes; /* NULL: none, as of zeros */
    const char *name;    /* libelf's */
    gsize n_stem;        /* bytes of it without the compiler's own numbers */
    const char *file;    /* where it is static; else "" */
    const char *key;     /* by which it is known again; NULL: it is not to be compared */
    gboolean is_function;
} Piece;
typedef struct Image Image;

/* What it says is @elf's, which must stay. */
Image *image_new(Elf *elf);
void image_free(Image *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Image, image_free)
/* By address. */
const Piece *image_pieces(const Image *image, guint *ret_n);
/* NULL for none. */
const Piece *image_find(const Image *image, const char *key);
/* The number of the first piece that begins behind @address. */
guint image_first_after(const Image *image, guint64 address);
/* What is loaded at @address, *ret_n bytes to the end of its section; NULL for nothing. */
const guint8 *image_bytes(const Image *image, guint64 address, gsize *ret_n);

/* compare.c. Owned by the caller. */
SymbolsChange *images_compare(const Image *before, const Image *after);

/* units.c. @path, which DWARF's @unit speaks of, without the one of @source_dirs, or else the
 * folder compiled in, that it lies in, and without "./" and "x/..". */
char *source_path(const char *const *source_dirs, Dwarf_Die *unit, const char *path);
/* A name out of a file that may be hostile, fit to stand in a line. */
char *clean_name(const char *name);

/* Is most of @unit in a file of its own (-gsplit-dwarf), which we do not read? */
gboolean unit_is_split(Dwarf_Die *unit);

/* Go on to the next child of @die's parent; FALSE after the last one. Never backwards, as a hostile
 * file would have it, for ever. */
gboolean next_sibling(Dwarf_Die *die);

/* A line of source, and how it was reached. */
typedef struct Place {
    char *function; /* of an inlined call */
    char *file;     /* relative to the source tree */
    int line;       /* -1: the compiler made this code up; 0: not known */
} Place;

void place_free(Place *place);

/* lines.c: addresses to places. */
typedef struct LineTable LineTable;

/* @dwarf must stay, @source_dirs are copied. */
LineTable *line_table_new(Dwarf *dwarf, const char *const *source_dirs);
void line_table_free(LineTable *table);
/* Array of Place, the innermost inlined call first, the function itself last; empty when nothing is
 * known about @address. */
GPtrArray *line_table_find(LineTable *table, guint64 address);

/* facts.c: what was compiled, inlined functions and included files too. */
typedef struct Facts Facts;

/* Read all debug information: a second or two for a distribution's kernel. */
Facts *facts_new(Dwarf *dwarf, const char *const *source_dirs);
void facts_free(Facts *facts);
SymbolsAnswer facts_have_function(const Facts *facts, const char *name);
SymbolsAnswer facts_have_source(const Facts *facts, const char *path);

/* binary.c: a vmlinux or a module with all that is known of it. */
typedef struct Binary {
    int fd;
    Elf *elf;             /* libdwfl's, when @session */
    Dwarf *dwarf;         /* likewise; NULL without debug information */
    struct Dwfl *session; /* of a relocatable file, NULL else */
    SymbolTable *table;
    LineTable *lines; /* NULL without debug information */
} Binary;

Binary *binary_open(const char *path, const char *const *source_dirs, GError **error);
void binary_free(Binary *binary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Binary, binary_free)
/* Is @build_id, in hex, that of @binary, as far as it has one? */
gboolean binary_has_build_id(const Binary *binary, const char *build_id);

/* modules.c: files of modules by the names of modules. */
typedef struct Modules Modules;

Modules *modules_new(const char *const *source_dirs);
void modules_free(Modules *modules);
void modules_add_dir(Modules *modules, const char *dir);
/* The module @name with debug information, and of @build_id unless that is "". NULL when there is
 * none. Owned by @modules. */
Binary *modules_find(Modules *modules, const char *name, const char *build_id);

/* objects.c: the build folder of a kernel. Paths are relative to it. */

/* The paths that a thin archive lists, as they stand there; none where it is no such archive. Array
 * of char *. */
GPtrArray *archive_members(const char *bytes, gsize n);
/* The objects that the kernel was linked of, each once, and perhaps some more; in the order of the
 * link as far as that can be known. Array of char *. */
GPtrArray *objects_list(const char *build_dir);
/* Open a regular file; -1: there is none. */
int objects_open(const char *build_dir, const char *path);
/* The source file of the tree that @object was compiled from; NULL: none, or not known. Owned by
 * the caller. */
char *object_source(const char *build_dir, const char *object);

/* origins.c: which functions come from which objects. */
typedef struct Code {
    const char *name; /* libelf's */
    const char *file; /* what stands before it in the symbol table: "skmsg.c"; "": nothing */
    guint64 value;    /* address; in a relocatable file, from where its section begins */
    guint64 size;     /* by the compiler; never 0 */
    gsize section;
    gboolean is_local;
} Code;
/* All functions of @elf, in the order of its symbol table: array of Code. */
GArray *code_read(Elf *elf);

typedef struct Origin {
    char *object;
    char *source; /* NULL: made by the build, or not known */
} Origin;
typedef struct Origins Origins;

/* The text of the origins of @vmlinux, which was just built in @build_dir. Owned by the caller. */
char *origins_make(Elf *vmlinux, const char *build_dir);
/* What is no line of such a text says nothing. */
Origins *origins_parse(const char *text);
void origins_free(Origins *origins);
/* Of the function that begins last at or before @address; NULL: not known. */
const Origin *origins_find(const Origins *origins, guint64 address);

/* parts.c: objects with debug information beside a vmlinux without. */
typedef struct Parts Parts;

Parts *parts_new(const char *dir, const char *const *source_dirs);
void parts_free(Parts *parts);
/* As line_table_find(), from @object, which has the function of @vmlinux there; empty when it has
 * not, or another one of that name. */
GPtrArray *parts_find(Parts *parts, const char *object, const Image *vmlinux, guint64 address);

/* text.c */
typedef struct Lookup {
    /* Where a function is; @module is "" for the kernel itself, @build_id when it is not told. */
    gboolean (*symbol)(gpointer data, const char *module, const char *build_id, const char *name,
                       guint64 size, guint64 *ret_address);
    /* What function of the kernel itself has @address. */
    gboolean (*name)(gpointer data, guint64 address, const char **ret_name, guint64 *ret_start,
                     guint64 *ret_size);
    /* As line_table_find(). */
    GPtrArray *(*places)(gpointer data, const char *module, const char *build_id, guint64 address);
    gpointer data;
} Lookup;

/* The patterns of lines, which take longer to make than a line to match. */
typedef struct Patterns Patterns;

Patterns *patterns_new(void);
void patterns_free(Patterns *patterns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Patterns, patterns_free)

/* @report with lines added to its functions, and functions to its bare addresses. */
char *symbolize_text(const Patterns *patterns, const Lookup *lookup, const char *report);

/* Bytes of a symbolized report, at most, for one of @n bytes: from where it would be longer, lines
 * stay as they are. Real ones grow by half. */
gsize symbolized_max(gsize n);
