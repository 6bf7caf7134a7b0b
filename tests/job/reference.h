/* SPDX-License-Identifier: Apache-2.0
 * What the reference, syzkaller's pkg/bisect, would answer: its rules as shared/specs has them,
 * carried out with a farm and git's own bisection. So a test can show the wrong answer beside ours,
 * found in the same world, and fails when the world is not one that misleads.
 *
 *   1. the start is tested (20 runs), and must crash;
 *   2. cause: release after release, newest first, until one is good; fix: HEAD, which must be;
 *   3. `git bisect` between the two. Of a fix each revision is asked first whether it had the bug;
 *   4. the first bad commit is the culprit. It is doubted where its kernel is its parent's, where
 *      it is a merge or a release, and where the good verdicts are together surer than chance by
 *      too little; then nobody is told.
 *
 * A revision is bad by its crashes of whatever name, good without any, and skipped where it does
 * not build or boot: rules_syzkaller().
 */
#pragma once

#include "farm/farm.h"

typedef struct ReferenceJob {
    Farm *farm;
    const char *tree;  /* repository, left as it is */
    const char *start; /* id */
    const char *good;  /* cause: stands for the releases, of which it is the only one; NULL: tags.
                        * Fix: HEAD */
    gboolean is_fix;
    const char *suffix; /* of what is built: the "@CONFIG" of a variant; NULL: none */
} ReferenceJob;

typedef enum ReferenceKind {
    REFERENCE_ERROR, /* it gives up: @why */
    REFERENCE_NOT_REPRODUCED,
    REFERENCE_OLDER,     /* "the crash already happened on the oldest tested release" */
    REFERENCE_NOT_FIXED, /* "the crash still happens on HEAD" */
    REFERENCE_CULPRIT,
    REFERENCE_SET, /* "There are only 'skip'ped commits left to test" */
} ReferenceKind;

typedef struct ReferenceAnswer {
    ReferenceKind kind;
    char *commit; /* the culprit, or of OLDER and NOT_FIXED the revision; else NULL */
    char *why;    /* of ERROR; of a culprit, why nobody would be told; else NULL */
    guint n_left; /* of a SET: how many */
    guint n_builds, n_trials;
} ReferenceAnswer;
void reference_answer_free(ReferenceAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReferenceAnswer, reference_answer_free)

/* Never NULL. An assertion fails where git or the farm does. */
ReferenceAnswer *reference_bisect(const ReferenceJob *job);

/* Before all that: drop options of the farm's config in chunks, as long as @start crashes in some
 * way, and not much more rarely. The result is put beside its other configs; "@CONFIG" for
 * ReferenceJob.suffix, owned by the caller. */
char *reference_minimise(Farm *farm, const char *start);
