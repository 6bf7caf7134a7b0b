/* SPDX-License-Identifier: Apache-2.0
 * How a kernel is made: the commands, their environment, and the key of what comes out. Private to
 * kernel/.
 */
#pragma once

#include "kernel/kernel.h"
#include "kernel/slot.h"

/* Where the kernel's image lies in the build folder. */
#define RECIPE_IMAGE "arch/x86/boot/bzImage"

/* The configuration is worked out beside the one in use, and takes its place only when it differs:
 * the same time stamp saves a round of checks in each incremental build. */
#define RECIPE_NEW_CONFIG ".config.firstbad"

/* The settings that ccache reads instead of the user's: none. His may lie in the cache
 * (ccache.conf), which a boxed build can write; a `compiler` or `prefix_command` there is a program
 * to run. */
#define RECIPE_CCACHE_CONFIG "CCACHE_CONFIGPATH=/dev/null"

/* sha256 of all that decides what comes out: tree, config and the lines that the era adds to it
 * (toolchains_config_changes()), compiler and flags, and the version of this recipe. Owned by the
 * caller. */
char *recipe_key(const char *tree_id, const char *config, const char *changes,
                 const Choice *choice);

/* The lines of @config that set options. Its comments name the kernel that it was made with, and
 * are of no effect. */
void recipe_add_config(GChecksum *checksum, const char *config);

/* `make` in the source folder with @targets (NULL-terminated) and its options. Owned by the caller.
 */
char **recipe_make(const Slot *slot, const KernelBuildOptions *options, const Choice *choice,
                   const char *const *targets);

/* The same for @objects, with debug information for lines. One that cannot be made does not keep
 * make from the others. Owned by the caller. */
char **recipe_make_objects(const Slot *slot, const KernelBuildOptions *options,
                           const Choice *choice, const char *const *objects);

/* The command that completes RECIPE_NEW_CONFIG with this tree's defaults. Owned by the caller. */
char **recipe_configure(const Slot *slot, const KernelBuildOptions *options, const Choice *choice);

/* What make's environment gets, and what it must not get from ours. Owned by the caller. */
char **recipe_env(const Slot *slot, const Toolchains *toolchains);

/* Give structure randomisation a seed that never changes. Run after `make scripts_basic`, which
 * makes one at random. */
gboolean recipe_fix_randstruct(const Slot *slot, GError **error);
