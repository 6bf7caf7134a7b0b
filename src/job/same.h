/* SPDX-License-Identifier: Apache-2.0
 * Which revisions of a range have the kernel of one that was built, without a build.
 *
 * From a built revision outwards, to parents and to children: where no path that an edge changes
 * can touch its kernel (kernel/sources.h), the revision at the other end has the same kernel, made
 * of the same files, and so on. On a range where one commit in four touches the kernel, a build
 * tells four revisions.
 *
 *     a---b---C---d---e      C touches the kernel of b, which was built: a, b are one class.
 *          \     /           d and e are nothing yet; when e is built and d is untouched by it,
 *           f---'            they are another, with C. f is in the class of b.
 *
 * Pure, but for what git is asked (alike.c). Adding an edge's paths costs their number, a built
 * revision O(n + paths of the range).
 */
#pragma once

#include "kernel/kernel.h"

typedef struct Same Same;
/* Of @range, which must outlive it. Nothing is known of its edges yet. */
Same *same_new(const Range *range);
void same_free(Same *same);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Same, same_free)

/* Begin what @revision changes against @parent, an id of range_parents(); each edge once. Then add
 * its paths. An edge that was never begun is taken to change all. */
void same_begin_edge(Same *same, guint32 revision, const char *parent);
void same_add_path(Same *same, const char *path, PathChange how);

/* alike.c: these edges by git. What @change, of a revision with one parent, changes. */
void same_learn_change(Same *same, const Repo *repo, const Range *range, const Change *change);
/* What all revisions of @range that merge change, against each parent. FALSE where git cannot say:
 * @same is then of no use. @same may be NULL. */
gboolean same_learn_merges(Same *same, const Repo *repo, const Range *range);

/* @revision was built to a kernel of @signature, made of @sources, with @patches (what they were,
 * or NULL) in it. One with other patches than its class has is a class of its own. FALSE when that
 * contradicts what was said before: two signatures in one class, so something escapes the rule, and
 * from now on nothing is the same. */
gboolean same_add_built(Same *same, guint32 revision, const char *signature, const char *patches,
                        const Sources *sources);

/* The built revision whose kernel is @revision's: itself, where it is one, or the oldest of its
 * class. -1: not known. */
gint64 same_as(const Same *same, guint32 revision);
/* Is @revision at an end of its class: no parent of it, or no child, is in it, too? What reaches
 * some members and not all reaches some of these and not all. */
gboolean same_is_end(const Same *same, guint32 revision);

/* Of each revision, whether it touches none of @sources (@n of them, of which any may be NULL),
 * against all of its parents; entry 0 is FALSE. *ret_n_classes: so many different kernels there are
 * at most, as far as these lists hold between the built ones, too. n entries, owned by the caller.
 */
gboolean *same_untouched(const Same *same, const Sources *const *sources, guint n,
                         guint *ret_n_classes);

/* Of each revision, its length (distance.h) as far as @sources knows who reads what it changes; a
 * merge has none of its own. NULL where @sources does not know. Owned by the caller. */
double *same_lengths(const Same *same, const Sources *sources);
