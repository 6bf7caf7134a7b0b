/* SPDX-License-Identifier: Apache-2.0
 * Which fixes a revision wants, and the revision with those of them that apply. Private to kernel/.
 */
#pragma once

#include "kernel/backports.h"
#include "repo/repo.h"

/* The fixes of a job, and what of the history they need; that is read when first asked for. */
typedef struct Picks Picks;
/* @backports (of Backport) are copied; NULL: none. @start: the commit that the job starts from, or
 * NULL. @repo must outlive it. */
Picks *picks_new(const Repo *repo, const GPtrArray *backports, const char *start);
void picks_free(Picks *picks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Picks, picks_free)
/* One more fix, for all that is asked from now on. */
void picks_add(Picks *picks, const Backport *backport);

/* What @commit is built as. */
typedef struct Picked {
    char *commit;     /* with the fixes; the same as was given where it wants none */
    char **patches;   /* a line for each fix that is in: "ID ("TITLE"): REASON" */
    char **unpatched; /* for each that is wanted and is not in, and why */
} Picked;
void picked_clear(Picked *picked);

/* @revision says which fixes are wanted, and they go on top of @commit, which is @revision or made
 * from it. Those that are called as one of @except (ids, NULL-terminated) are left out. */
gboolean picks_apply(Picks *picks, const char *revision, const char *commit,
                     const char *const *except, Picked *ret_picked, GError **error);
