/* SPDX-License-Identifier: Apache-2.0
 * The tree's own scripts/get_maintainer.pl, run in a sandbox. Private to repo/.
 */
#pragma once

#include "repo/repo.h"

/* Below the top of a tree. */
#define MAINTAINER_SCRIPT "scripts/get_maintainer.pl"

/* Ask the script of the tree at @sources: @args (NULL-terminated), with @input on stdin (or NULL).
 * @repo: of the tree, or NULL. What it printed, owned by the caller; errors say why it could not:
 * no perl, no script, or what it said itself. */
char *maintainer_script_ask(const Repo *repo, const char *sources, const char *const *args,
                            const char *input, GError **error);

/* May @name be given to the script? It hands names of files on to a shell. */
gboolean maintainer_script_takes(const char *name);
