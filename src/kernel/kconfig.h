/* SPDX-License-Identifier: Apache-2.0
 * Why an option is not on, as far as the tree's Kconfig files say: the options that it depends on,
 * by itself or by the menu, the "if" and the file it stands in. Enough of the language for that:
 * what is selected, and what defaults to what, is not worked out. Files are bytes from an enemy.
 *
 * Pure.
 */
#pragma once

#include <glib.h>

/* What a file says of one symbol. */
typedef struct KconfigEntry {
    char **depends;      /* expressions, all of which must hold; NULL-terminated */
    gboolean has_prompt; /* a person can switch it; else it is selected or defaults */
} KconfigEntry;
void kconfig_entry_free(KconfigEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KconfigEntry, kconfig_entry_free)

/* The entry of @symbol ("SMC") in the file of @n bytes: the first with a prompt, or the first. NULL
 * when it has none. */
KconfigEntry *kconfig_find(const char *text, gsize n, const char *symbol);
/* What must hold for the file at @path to be read by this one; NULL when it does not name it.
 * NULL-terminated, owned by the caller. */
char **kconfig_source_depends(const char *text, gsize n, const char *path);

/* The symbols whose entries select @symbol. NULL-terminated, owned by the caller. */
char **kconfig_selectors(const char *text, gsize n, const char *symbol);
/* The symbols that @expression names, as options ("CONFIG_SMC"). NULL-terminated, owned by the
 * caller. */
char **kconfig_options(const char *expression);

/* The parts of @expression (joined by &&) that are false under @config (of config_values()), as
 * they are written. What is not understood is not false. NULL-terminated, owned by the caller. */
char **kconfig_unmet(const char *expression, GHashTable *config);
