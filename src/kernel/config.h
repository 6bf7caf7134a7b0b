/* SPDX-License-Identifier: Apache-2.0
 * Texts of .config files. Pure. Private to kernel/.
 */
#pragma once

#include <glib.h>

#include "kernel/version.h"

/* The options that @config has as y or m: name -> its line. Owned by the caller. */
GHashTable *config_options_on(const char *config);

/* The module signing key that kernels are built with instead of a new one each time: a file of this
 * name in the build folder, and what stands in it (a certificate: we sign no modules). */
#define CONFIG_SIGNING_KEY_FILE "firstbad-signing-key.pem"
const char *config_signing_key(void);

/* Does @config say NAME=y ("CONFIG_RANDSTRUCT")? */
gboolean config_is_on(const char *config, const char *name);

/* The value of @name without quotes, or NULL. Owned by the caller. */
char *config_value(const char *config, const char *name);

/* @config as a build starts from it: modules built in (=m becomes =y: we make only an image, and
 * guests load nothing), with what our guests need, and nothing in it that depends on when or where
 * it is built. @changes: lines that the kernel's era adds.
 * @is_in_tree answers whether a file that the config names is in the source tree. Owned by the
 * caller. */
char *config_for_build(const char *config, const char *changes,
                       gboolean (*is_in_tree)(const char *path, gpointer data), gpointer data);

/* Lines for the end of @config, of a kernel of version @kernel (0: not known), that leave out its
 * debug information and what is made of it (CONFIG_DEBUG_INFO_BTF); "" when it has none. Without
 * BTF, what is loaded and run stays the same to the byte. Owned by the caller. */
char *config_without_debug_info(const char *config, Version kernel);

/* Which =y and =m options of @wanted are not =y in @got: a kernel with =m lacks them, too.
 * NULL-terminated list of "CONFIG_X=y", owned by the caller. */
char **config_lost_options(const char *wanted, const char *got);
