/* SPDX-License-Identifier: Apache-2.0
 * What the configuration came to the last time, for revisions that cannot come to anything else.
 * Private to kernel/.
 */
#pragma once

#include "repo/repo.h"

typedef struct Configured {
    char *tree_id;
    char *inputs; /* all that decides it beside the tree */
    char *config;
} Configured;
void configured_clear(Configured *configured);

/* Remember that @tree_id and @inputs come to @config. All are copied. */
void configured_keep(Configured *configured, const char *tree_id, const char *inputs,
                     const char *config);
/* What @tree_id and @inputs come to, by the one that is remembered; NULL without error where that
 * does not say. Borrowed. */
const char *configured_find(const Configured *configured, const Repo *repo, const char *tree_id,
                            const char *inputs, GError **error);
