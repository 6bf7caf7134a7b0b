/* SPDX-License-Identifier: Apache-2.0
 * What a kernel is built from, when it is not a revision as it stands: one with a commit taken back
 * or added, or under another config. Pure.
 *
 * A variant is a text, so that it may stand wherever a commit's id does: in the evidence, in the
 * store, in what a farm is asked for:
 *
 *     COMMIT { -COMMIT } { +COMMIT } [ @CONFIG ]
 *
 * with full ids; CONFIG is the id of a text in KernelBuildOptions.config_dir. A variant is none of
 * the revisions of a range, so what its trials show reaches belief only by the signature of its
 * kernel, where a revision has the same.
 */
#pragma once

#include <glib.h>

typedef struct Variant {
    char *commit;
    char **reverts, **picks; /* NULL-terminated, never NULL */
    char *config;            /* NULL: the job's */
} Variant;
void variant_free(Variant *variant);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Variant, variant_free)

/* NULL when @text is none. */
Variant *variant_parse(const char *text);

/* @text is a commit's id as it stands. */
gboolean variant_is_plain(const char *text);

/* The id of the commit that @text begins with. Owned by the caller. */
char *variant_commit(const char *text);

/* "6533e558c650 without 341adeec9ada and with 53ffa6a9f83b", for people. Owned by the caller. */
char *variant_title(const char *text);

/* @text with @commit taken back, or with @commit added; and @text under another config, NULL for
 * the job's. Owned by the caller. */
char *variant_without(const char *text, const char *commit);
char *variant_with(const char *text, const char *commit);
char *variant_configured(const char *text, const char *config);
