/* SPDX-License-Identifier: Apache-2.0
 * The tables of toolchains.h, parsed. Private to kernel/.
 */
#pragma once

#include "kernel/toolchains.h"

/* What a row of a table may depend on, beside the kernel's version. */
typedef enum Tool { TOOL_GCC, TOOL_CLANG, TOOL_BINUTILS, TOOL_LLD, TOOL_PAHOLE, N_TOOLS } Tool;

/* The versions of what builds a kernel; 0: not used. */
typedef struct ToolVersions {
    Version of[N_TOOLS];
} ToolVersions;

/* When a row applies. */
typedef struct When {
    VersionSpan kernels;
    gboolean has_tools;
    VersionSpan tools[N_TOOLS]; /* any of these; {0, 0}: not that one */
} When;
/* By the keys `kernels` and `with` of @group. */
gboolean when_parse(GKeyFile *file, const char *group, When *ret_when, GError **error);
gboolean when_holds(const When *when, Version kernel, const ToolVersions *tools);

/* The file at @path, or our own called @name ("toolchains.ini") when that is NULL. */
GKeyFile *table_open(const char *path, const char *name, GError **error);
/* A group has a key that nobody reads: most likely misspelt. @known: NULL-terminated. */
gboolean table_check_keys(GKeyFile *file, const char *group, const char *const *known,
                          GError **error);
/* The value of a key that must be there. Owned by the caller. */
char *table_reason(GKeyFile *file, const char *group, GError **error);
/* An error that names the group. Always FALSE. */
gboolean table_complain(GError **error, const char *group, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

typedef struct FlagRow {
    When when;
    char *words[N_FLAG_PLACES]; /* or NULL */
} FlagRow;

struct ToolchainTable {
    GPtrArray *rows;  /* of ToolchainRow */
    GPtrArray *flags; /* of FlagRow */
};
ToolchainTable *toolchain_table_read(const char *path, GError **error);
void toolchain_table_free(ToolchainTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ToolchainTable, toolchain_table_free)
/* NULL when the table says nothing of it. */
const ToolchainRow *toolchain_table_find(const ToolchainTable *table, CompilerFamily family,
                                         Version kernel);

OptionTable *option_table_read(const char *path, GError **error);
void option_table_free(OptionTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OptionTable, option_table_free)

/* What builds a kernel by @choice. */
ToolVersions choice_tools(const Toolchains *toolchains, const Choice *choice);
