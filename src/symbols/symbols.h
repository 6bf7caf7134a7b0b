/* SPDX-License-Identifier: Apache-2.0
 * ELF and DWARF of a kernel: its signature, its functions and sources, and func+offset -> file:line
 * with inlined calls.
 *
 * libelf and libdw trust the files that they read, and a vmlinux comes from a tree of somebody
 * else's. So what reads DWARF here is for a process that may die: the product asks it "apart"
 * (below), in a small process with limits. Only the signature, which needs no DWARF, is taken at
 * home.
 */
#pragma once

#include <gio/gio.h>

/* Kernel signature: sha256 over the sha256 of each section that is ALLOC and neither NOBITS nor
 * NOTE, in the order of the section headers. 64 hex digits, owned by the caller. Two kernels of the
 * same signature behave alike. The vmlinux is open at @fd, and stays there. */
char *symbols_signature(int fd, GError **error);

/* --- Apart: asked of another process, in a sandbox where that works, with limits of time and
 * memory. */

/* Give up after this. A distribution's kernel takes a second; a hostile one could take for ever. */
#define SYMBOLS_APART_TIMEOUT_MS (120 * 1000)

/* What main() of @program does with this as its first argument is return symbols_serve(). */
#define SYMBOLS_SERVE "symbolize-report"

typedef struct SymbolsFiles {
    const char *vmlinux;            /* with debug information; without, little is known */
    const char *const *source_dirs; /* cut from DWARF's paths: worktree, build folder, as the
                                       compiler saw them; NULL: none */
    const char *const *module_dirs; /* NAME.ko is looked for in and below them; NULL: none */
    const char *origins;            /* file with the text of symbols_origins_async(); or NULL */
    const char *objects_dir; /* objects with debug information, by the names that @origins has for
                                them; or NULL */
    const char *program;     /* whose main() knows SYMBOLS_SERVE; NULL: the one that runs now */
    guint timeout_ms;        /* 0: SYMBOLS_APART_TIMEOUT_MS */
} SymbolsFiles;

/* @reports (NULL-terminated), each symbolized by symbols_report(), in their order; the vmlinux is
 * opened once for all of them. Owned by the caller. NULL with an error that says why when the other
 * process cannot read the files, dies or comes to a limit: the reports then stay as they are. */
char **symbols_reports_apart(const SymbolsFiles *files, const char *const *reports, GError **error);

/* Of a vmlinux without debug information: the objects in which the functions lie that @report
 * names, where @files' origins tell that. These are what is to be compiled once more, with debug
 * information, for its lines. None of one that has lines itself. NULL-terminated, owned by the
 * caller. */
char **symbols_objects_apart(const SymbolsFiles *files, const char *report, GError **error);

/* Where the functions of the vmlinux come from, told by the objects that kbuild linked it of, which
 * needs no debug information: a text to be kept beside it. @build_dir is as the build left it;
 * nobody writes there meanwhile. In the default main context. The text is owned by the caller. */
void symbols_origins_async(const SymbolsFiles *files, const char *build_dir,
                           GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data);
char *symbols_origins_finish(GAsyncResult *res, GError **error);

/* Is it part of the kernel? Not known: the vmlinux has not the information that says so. */
typedef enum SymbolsAnswer { SYMBOLS_UNKNOWN, SYMBOLS_NO, SYMBOLS_YES } SymbolsAnswer;

/* symbols_has_function() of each of @functions and symbols_has_source() of each of @sources
 * (NULL-terminated; NULL: none). The answers, in the same order, are owned by the caller. */
gboolean symbols_facts_apart(const SymbolsFiles *files, const char *const *functions,
                             const char *const *sources, SymbolsAnswer **ret_functions,
                             SymbolsAnswer **ret_sources, GError **error);

/* What differs between two kernels, each name once. */
typedef struct SymbolsChange {
    char **functions; /* whose code does; NULL-terminated */
    char **variables;
} SymbolsChange;
void symbols_change_free(SymbolsChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SymbolsChange, symbols_change_free)

/* symbols_compare() of the vmlinux @before with that of @files. */
SymbolsChange *symbols_compare_apart(const SymbolsFiles *files, const char *before, GError **error);

/* The other process: answer what stands at stdin on stdout. An exit code. */
int symbols_serve(int argc, char **argv);

/* --- At home: for files one made oneself. */
typedef struct Symbols Symbols;

/* Open @vmlinux, a regular file, for names and lines. @source_dirs: see SymbolsFiles. Without debug
 * information it still opens: functions then get no lines. */
Symbols *symbols_open(const char *vmlinux, const char *const *source_dirs, GError **error);
void symbols_free(Symbols *symbols);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Symbols, symbols_free)

/* A report with each `func+0xOFF/0xSIZE` line symbolized as in the seed: inlined calls on lines of
 * their own, innermost first, " file:line" after the size. Owned by the caller. Rules:
 * specs/crash-report.md, section 11.
 *
 * An address in the kernel's text that the kernel printed without a name, where it would print
 * functions, is named in the form of old kernels: "[<ffffffff81000123>] func+0x23/0x40 file:line"
 * in place of "0xffffffff81000123". Where the report says "Kernel Offset: 0xN from", the kernel ran
 * N above where it was linked to run. */
char *symbols_report(Symbols *symbols, const char *report);

/* What is known of where its functions come from: @origins is such a text. Where debug information
 * says nothing, a function then gets the source file of its object, with 0 for a line:
 * "func+0x23/0x40 net/core/skmsg.c:0". Not if that file is assembler or was made by the build. */
void symbols_add_origins(Symbols *symbols, const char *origins);
/* Take lines from the objects below @dir, which have the names that origins give. One whose
 * function is not the same code as that of the vmlinux is not believed. */
void symbols_add_objects(Symbols *symbols, const char *dir);
/* symbols_objects_apart() */
char **symbols_objects(Symbols *symbols, const char *report);
/* The text of the origins of what @symbols has open, see symbols_origins_async(). Owned by the
 * caller. */
char *symbols_origins(const Symbols *symbols, const char *build_dir);

/* Look for NAME.ko or NAME.ko.debug ('-' and '_' are one) in @dir and below it when a line ends in
 * `[NAME]` or `[NAME BUILDID]`. Folders are asked in the order they were added. */
void symbols_add_module_dir(Symbols *symbols, const char *dir);

/* Has the vmlinux a function @name, static ones and those that only exist inlined included?
 * Variants that the compiler makes (NAME.isra.0, NAME.cold, ...) count. NO needs debug information,
 * as an inlined function has no symbol. Modules are not asked. The first answer that the symbols
 * cannot give reads all debug information; thousands more are free. */
SymbolsAnswer symbols_has_function(Symbols *symbols, const char *name);

/* Was @path ("net/core/skmsg.c", relative to the source tree) compiled into the vmlinux, by itself
 * or included by what was? UNKNOWN without debug information. Costs as above. */
SymbolsAnswer symbols_has_source(Symbols *symbols, const char *path);

/* Functions and variables that @after has and @before has not, or the other way round, or that
 * differ: in size or bytes, but not only in addresses of what was moved. What @before has comes
 * first, by address. For x86-64. What has no name (strings, tables of lines) is not compared by
 * itself, so that nothing may be named though something differs. Owned by the caller. */
SymbolsChange *symbols_compare(const Symbols *before, const Symbols *after);
