/* SPDX-License-Identifier: Apache-2.0
 * What a variant comes to: the commit that is checked out, and the config that its build starts
 * from. Private to kernel/.
 */
#pragma once

#include "kernel/kernel.h"
#include "kernel/picks.h"

typedef struct BuildSource {
    char *commit;   /* patched where the variant is; NULL where its patches do not apply */
    char *conflict; /* then: which, and where */
    char *config;   /* text */
    char **patches, **unpatched; /* fixes: as in Picked; NULL where its patches do not apply */
} BuildSource;
void build_source_clear(BuildSource *source);

/* @name: a variant, or any name that git knows of a commit. The fixes that it wants go on top.
 * @config_text is the job's config.
 * GError: it names what is not there. @ret_source is to be cleared in any case. */
gboolean build_source_resolve(const Repo *repo, const KernelBuildOptions *options, Picks *picks,
                              const char *config_text, const char *name, BuildSource *ret_source,
                              GError **error);
