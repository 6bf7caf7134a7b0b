/* SPDX-License-Identifier: Apache-2.0
 * From a configuration towards a small one that still shows the crash: what to try next.
 *
 * The options that are on and not in the baseline are dropped in chunks: first the debugging aids
 * that the crash does not need, then all, then halves of what was too much. A chunk is a stretch of
 * the .config, which is in the order of Kconfig's menus, so that what belongs together goes
 * together. Kconfig has the last word: each request is configured before it is built, what comes
 * out is what counts, and where it lost an option that must stay, what that one depends on stays
 * too (as ktest's make_min_config keeps it). A chunk is tried only while the time that it would
 * save is more than what trying it costs.
 *
 *     while ((step = minimise_next(minimise, &text)) != MINIMISE_DONE)
 *         MINIMISE_CONFIGURE: run olddefconfig on @text, then minimise_configured()
 *         MINIMISE_TRY:       build and try what came out, then minimise_tried()
 *
 * The same answers give the same steps, so a job that is resumed asks again and knows the answers.
 * Pure. Cost: a step is linear in the text, and there are at most MINIMISE_MAX_TRIES tries.
 */
#pragma once

#include <glib.h>

#define MINIMISE_MAX_TRIES 8

/* What a try may cost, and what it is worth. */
typedef struct MinimiseCosts {
    double build_s;  /* of the start's kernel, from nothing */
    double trials_s; /* of the trials of one try */
    double n_builds; /* builds from nothing that are expected after this */
} MinimiseCosts;

typedef struct Minimise Minimise;
/* @given: the .config that requests are written from, the user's; @config: what the start's kernel
 * was built with; @baseline: options that stay (a .config); @must: options that stay,
 * NULL-terminated. */
Minimise *minimise_new(const char *given, const char *config, const char *baseline,
                       const char *const *must, const MinimiseCosts *costs);
void minimise_free(Minimise *minimise);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Minimise, minimise_free)

typedef enum MinimiseStep { MINIMISE_CONFIGURE, MINIMISE_TRY, MINIMISE_DONE } MinimiseStep;
/* *ret_text: the request, a .config; belongs to @minimise. */
MinimiseStep minimise_next(Minimise *minimise, const char **ret_text);

/* Which options would bring @option back that @config lacks (what it depends on, or who selects
 * it)? NULL-terminated, owned by the caller. */
typedef char **(*MinimiseNeedsFunc)(const char *option, GHashTable *config, gpointer user_data);
/* The request came to @config (a text); NULL: it cannot be configured. */
void minimise_configured(Minimise *minimise, const char *config, MinimiseNeedsFunc needs,
                         gpointer user_data);
/* The crash was kept, no more rarely than at the start; or not. */
void minimise_tried(Minimise *minimise, gboolean kept);

/* The best so far: its request, NULL for the start's own config; options on at the start and in it;
 * tries, and how many of them were kept. */
typedef struct MinimiseResult {
    const char *text;
    guint n_on_start, n_on, n_tries, n_kept;
} MinimiseResult;
void minimise_result(const Minimise *minimise, MinimiseResult *ret_result);
