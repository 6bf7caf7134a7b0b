/* SPDX-License-Identifier: Apache-2.0
 * A world for whole jobs: a real little repository, and a farm in memory whose kernels behave as a
 * test says. An assertion fails where git does.
 */
#pragma once

#include "job/job.h"
#include "reference.h"

/* A line of so many commits, every tenth a release: v5.0 to v5.6. */
#define N_COMMITS 61
/* A crash in code that came with commit 3, for SimFarm's report and functions. */
#define SMC_REPORT    "Call Trace:\n smc_release+0x1/0x2 net/smc/core.c:3\n"
#define SMC_FUNCTIONS "smc_release"

/* What its kernels do, to be set after world_init(), and how many it was asked for. */
typedef struct SimFarm {
    Farm base;
    const char *const *commits; /* ids, oldest first */
    guint first_bad;            /* index; commits before it are good */
    guint last_bad;             /* commits after it are good again; G_MAXUINT: none is */
    const guint *unbuildable;   /* indexes, ended by G_MAXUINT; or NULL */
    const char *patch;          /* these commits are built with a fix: */
    guint patch_first, patch_last;
    guint hidden_first, hidden_last; /* these commits cannot show the bug; G_MAXUINT: all can */
    gboolean hidden_is_one;          /* and have one kernel, in which all that they change is not */
    const char *error;               /* of their socket(); NULL: EAFNOSUPPORT */
    gboolean repro_says_so;          /* by its exit status */
    gboolean traces_lie;             /* and nobody notices */
    const char *functions;           /* of the crash, as in OopsIdentity; or NULL */
    guint second_cause; /* from this commit on it crashes without first_bad too; G_MAXUINT: never */
    guint
        needed_from; /* from this commit on nothing that was patched builds; G_MAXUINT: all does */
    gboolean needs_more;       /* what mends the bug does so only with what comes before it */
    guint same_as_parent;      /* this commit's kernel is its parent's; 0: none's */
    const char *title;         /* of the crash */
    OutcomeKind bad_outcome;   /* of a bad commit's trials; OUTCOME_OK (0): a crash */
    guint n_titles;            /* a bad commit crashes under so many in turn; 0: under one */
    guint other_crash_at;      /* index of a commit that crashes otherwise; G_MAXUINT: none */
    const char *passing_title; /* another bug crashes every second trial of these commits: */
    guint passing_first, passing_last;
    guint unbootable;   /* index of a commit that never boots; G_MAXUINT: none */
    guint late;         /* index of a bad commit that does not crash at first; G_MAXUINT */
    guint n_late_oks;   /* how often it still does not */
    gboolean reuses;    /* all kernels are there already */
    guint infra_first;  /* so many first trials fail by the machine's fault */
    const char *report; /* of a crash; NULL: one without source files */
    const char *(*config_of)(guint i);  /* what its kernel was configured with; NULL: not known */
    const char *(*vmlinux_of)(guint i); /* the file that is its vmlinux; NULL: it is not kept */
    const char *kernels;                /* where such kernels lie */
    guint stop_after; /* stop with an error after so many builds and trials; 0: never */
    guint n_builds, n_trials;
} SimFarm;

typedef struct World {
    char *folder, *tree, *state, *kernels;
    char *commits[N_COMMITS + 1];
    guint max_trials; /* as the user's; 0: the default */
    guint max_kernels, max_time_s;
    const char *suspects, *watched_options;
    const char *bug, *title_match; /* as the user's; NULL: the default */
    gboolean no_revert_test, minimise, no_known_bugs;
    const GPtrArray
        *foreign;     /* of ForeignRow: what others saw, known to a job when it begins; or NULL */
    const char *name; /* of the job; NULL: "job" */
    guint start;      /* index; 0: the last commit, of a fix commit 1 */
    gboolean is_fix;  /* the job goes from commit 1 to the last one, for what mended the bug */
    GString *said;    /* lines of progress, where wanted */
    SimFarm farm;
} World;

/* Make the repository in a scratch folder, and a farm where all commits crash, as first_bad is 0.
 * Three commits touch net/tls/main.c, 17, 37 and 57; only this file has maintainers. CONFIG_NET and
 * CONFIG_TLS guard it, which depends on INET; before commit 20 there is no TLS. CONFIG_SMC guards
 * the code of SMC_REPORT. */
void world_init(World *world);
/* The same where each commit changes a file of its own, so that any can be taken back; that of
 * commit 31 is documentation. */
void world_init_apart(World *world);
void world_clear(World *world);

/* What git prints when run in the tree, without the last newline. @b and @c may be NULL. Owned by
 * the caller. */
char *world_git(const World *world, const char *a, const char *b, const char *c);

/* Work on the job of this name, made when missing, until the answer or a stop (NULL). @good: a
 * commit said to be good, or NULL; @title: the crash that is sought, or NULL. */
Answer *world_work(World *world, const char *good, const char *title);

/* The same where no stop is meant: never NULL. */
Answer *world_work_once(World *world, const char *good);

/* What the reference answers in the same world, which has not changed then. Owned by the caller. */
ReferenceAnswer *world_reference(const World *world, const char *good);

/* That it names commit @index, and doubts nothing of it. */
void world_misleads_reference(const World *world, const char *good, guint index);
