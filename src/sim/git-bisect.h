/* SPDX-License-Identifier: Apache-2.0
 * The choices of `git bisect`, revision for revision, without git. Private to sim/.
 */
#pragma once

#include "history/history.h"

typedef struct GitBisect GitBisect;

typedef enum GitVerdict { GIT_GOOD, GIT_BAD, GIT_SKIP } GitVerdict;

typedef enum GitNext {
    GIT_TEST,         /* test this revision */
    GIT_FOUND,        /* this one is the first bad commit */
    GIT_ONLY_SKIPPED, /* "There are only 'skip'ped commits left to test" */
} GitNext;

/* git bisect start @bad @good, where @bad contains @good. @ids: what stands for the hashes of the
 * revisions, by which git orders equals; NULL: some. Both must outlive this. */
GitBisect *git_bisect_new(const History *history, guint32 bad, guint32 good, const guint64 *ids);
void git_bisect_free(GitBisect *git);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GitBisect, git_bisect_free)

/* What to do next; *@ret_revision is set unless only skipped ones are left. O(n), O(n log n) after
 * the first skip. */
GitNext git_bisect_next(GitBisect *git, guint32 *ret_revision);
/* git bisect good, bad or skip @revision: the one that git_bisect_next() named. */
void git_bisect_mark(GitBisect *git, guint32 revision, GitVerdict verdict);

/* Of GIT_ONLY_SKIPPED, "the first bad commit could be any of": guint32, the one that bisects best
 * first, the bad one last. */
GArray *git_bisect_left(GitBisect *git);
