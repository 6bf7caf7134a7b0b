/* SPDX-License-Identifier: Apache-2.0
 * Which compiler builds which kernel, and with what flags: data/toolchains.ini, applied to the
 * compilers that this machine has. Options that are broken in an era: data/options.ini.
 *
 * An old kernel does not build with every compiler, a new one wants a new compiler; so the choice
 * is made for each revision, by the version that its own top Makefile says. No tags are needed.
 */
#pragma once

#include <gio/gio.h>

#include "kernel/version.h"

typedef enum CompilerFamily { FAMILY_GCC, FAMILY_CLANG, N_FAMILIES } CompilerFamily;
/* "gcc", "clang". */
const char *compiler_family_name(CompilerFamily family);

/* A compiler that is installed, with what goes with it. */
typedef struct Toolchain {
    CompilerFamily family;
    Version version;
    char *compiler;      /* program: "gcc", "gcc-11", "/usr/lib/llvm-16/bin/clang" */
    char *compiler_name; /* "gcc (Debian 12.2.0-14) 12.2.0": first line of --version */
    char *llvm_dir;      /* folder with ld.lld, llvm-ar and the others of this LLVM; NULL: not all
                            are there, and it links with GNU ld */
    char *llvm_linker_name; /* "Debian LLD 16.0.6 (compatible with GNU linkers)" */
} Toolchain;

/* What the tables say, read. */
typedef struct ToolchainTable ToolchainTable;
typedef struct OptionTable OptionTable;

/* The toolchains of a job, asked once. */
typedef struct Toolchains {
    GPtrArray *installed; /* of Toolchain; of a version that has two names, the shorter one */
    Toolchain *forced;    /* the one that builds everything, or NULL */
    CompilerFamily family;
    char *linker_name;        /* "GNU ld (GNU Binutils for Debian) 2.40" */
    Version binutils, pahole; /* 0: not there */
    char *ccache_dir; /* where ccache keeps its objects; NULL: no ccache, or it does not work */
    char *ccache_max_size; /* what the user lets that grow to ("5.0G"); NULL: ccache's default */
    ToolchainTable *table;
    OptionTable *options;
} Toolchains;

/* Ask what is installed. @compiler: "auto" chooses for each kernel, of the family that @config (a
 * text, or NULL) was made with; any other name is a program that builds everything. @table_path,
 * @options_path: read instead of our own tables, or NULL. Errors name the program that is missing,
 * or the file and the line's group. */
Toolchains *toolchains_new(const char *compiler, const char *config, const char *table_path,
                           const char *options_path, GError **error);
void toolchains_free(Toolchains *toolchains);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Toolchains, toolchains_free)

/* The compiler for programs that are no kernels. */
const char *toolchains_host_compiler(const Toolchains *toolchains);

/* How well a compiler suits a kernel. */
typedef enum ToolchainFit {
    FIT_WANTED,   /* named by the table */
    FIT_ACCEPTED, /* in the range that is known to do */
    FIT_NONE,     /* known not to do, or nobody knows; tried for want of a better one */
} ToolchainFit;
/* The oldest release from which on, up to the newest, kernels can be expected to build here; 0: as
 * far back as the table knows. To be compared with what version_of_kernel() says. */
Version toolchains_oldest(const Toolchains *toolchains);

/* Where words of the table go. */
typedef enum FlagPlace {
    FLAG_CC,      /* behind the compiler's name, so that probes and sub-makes get them, too */
    FLAG_HOSTCC,  /* the same for programs that run while building (objtool) */
    FLAG_LD,      /* behind the linker's */
    FLAG_KCFLAGS, /* for the kernel's C files, after its own */
    FLAG_KAFLAGS, /* for its assembler files */
    FLAG_MAKE,    /* words for make: NAME=VALUE */
    N_FLAG_PLACES,
} FlagPlace;

/* How one kernel is built. */
typedef struct Choice {
    const Toolchain *toolchain;
    Version kernel;
    gboolean llvm; /* LLVM=1, with the tools of toolchain->llvm_dir */
    ToolchainFit fit;
    char *words[N_FLAG_PLACES]; /* each with a space before it, or "" */
    char *linker_name;
    char *text; /* for people: the compiler, the linker, and why it is another than wanted */
    char *key;  /* all that decides what comes out */
} Choice;
/* Never fails: where nothing suits, the nearest one is tried. @kernel 0: not known. */
Choice *toolchains_choose(const Toolchains *toolchains, Version kernel);
void choice_free(Choice *choice);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Choice, choice_free)

/* Lines for the end of @config that switch off what is broken in a kernel built so, where @config
 * has it on; "" for nothing. What is said of each is added to @notes (of char *): "CONFIG_UBSAN is
 * off for ..v5.2: REASON". Owned by the caller. */
char *toolchains_config_changes(const Toolchains *toolchains, const Choice *choice,
                                const char *config, GPtrArray *notes);

/* A span of releases and what the table says of it, for people. */
typedef struct ToolchainRow {
    CompilerFamily family;
    char *name; /* "v4.12..v5.8" */
    VersionSpan kernels;
    guint *wanted; /* major versions, best first */
    guint n_wanted;
    VersionSpan accepted; /* of compilers */
    gboolean llvm;        /* LLVM=1 works */
    char *reason;
} ToolchainRow;
/* In the order of the table, oldest kernels first. Of ToolchainRow. */
const GPtrArray *toolchains_rows(const Toolchains *toolchains);
/* How well does version @compiler suit the kernels of @row (NULL: not in the table)? */
ToolchainFit toolchain_row_fit(const ToolchainRow *row, Version compiler);
/* The installed compilers of @row's family that suit it, best first. Of Toolchain; the array is
 * owned by the caller. */
GPtrArray *toolchains_suited(const Toolchains *toolchains, const ToolchainRow *row);
