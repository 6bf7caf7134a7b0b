/* SPDX-License-Identifier: Apache-2.0
 * The choice of toolchains.h for a tree in git. Private to kernel/.
 */
#pragma once

#include "kernel/toolchains.h"
#include "repo/repo.h"

/* The version that @tree (a commit or a tree) says of itself by its Makefile; 0: it says none. */
gboolean choice_version(const Repo *repo, const char *tree, Version *ret_version, GError **error);

/* How @tree is built, by the version that its own Makefile says. *ret_changes: lines for the end of
 * @config that its era adds; *ret_notes: what is said of them, NULL-terminated. Both owned by the
 * caller, and untouched when NULL comes back. */
Choice *choice_for_tree(const Toolchains *toolchains, const Repo *repo, const char *tree,
                        const char *config, char **ret_changes, char ***ret_notes, GError **error);
