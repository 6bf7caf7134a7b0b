/* SPDX-License-Identifier: Apache-2.0
 * The pure half of a job: all evidence so far in, the next action out. No I/O, no clock, no
 * randomness; the same evidence gives the same action, so that a resumed job goes on where it was,
 * and a test replays whole jobs in memory.
 */
#pragma once

#include "belief/belief.h"
#include "job/distance.h"
#include "job/job.h"
#include "job/same.h"

/* How the trials of a revision that ended without a crash, or with one that may be of the bug,
 * began: by booting, or with a kept guest. */
typedef struct Ways {
    guint n_booted, n_booted_crash;
    guint n_restored, n_restored_crash;
    guint n_booted_silent; /* booted ones beside, which told neither way */
} Ways;
/* @is_crash: one that may be of the bug; of @kind OUTCOME_CRASH. */
void ways_add(Ways *ways, gboolean restored, OutcomeKind kind, gboolean is_crash);
/* Do the restored trials not count, since only they show the bug? */
gboolean ways_refute_restored(const Ways *ways);
/* So many booted trials it takes to confirm the restored ones, or to refute them if all stay quiet.
 */
guint ways_booted_wanted(const Ways *ways);

/* All that is known of one revision. */
typedef struct RevisionEvidence {
    char *commit;
    Kernel *kernel; /* NULL: not built yet */
    guint n_ok;
    guint n_crash;       /* crashes of the identity looked for */
    guint n_doubtful;    /* that may be of it, or not */
    double match;        /* the chance that the doubtful ones are: all of them, or none */
    guint n_other_crash; /* of another */
    guint n_broken;      /* boot-failed and basic-failed */
    char *broken_title;  /* of the last of them, or NULL */
    guint n_unreached;
    Ways ways;
    gboolean only_booted; /* its restored trials are not counted above */
    Verdict said;         /* by a person, in place of all trials; VERDICT_UNKNOWN: nothing */
} RevisionEvidence;
void revision_evidence_free(RevisionEvidence *evidence);

/* Count one more trial. A crash counts as @sought has it. FALSE for a doubtful one, whose weight
 * depends on all trials, and one by which restored trials begin or cease to count: then all have to
 * be counted anew. */
gboolean evidence_add(RevisionEvidence *evidence, const TrialRow *trial, const Sought *sought);
/* Count all of @trials (of TrialRow) anew into @evidence (commit -> RevisionEvidence), which has an
 * entry for each of their commits. */
void evidence_count(GHashTable *evidence, const GPtrArray *trials, const Sought *sought);

/* For BUG_BUILD: whether each revision of @evidence that has a kernel builds, counted as trials. A
 * build is no matter of luck, so it stands for many. One that fails otherwise than @start tells
 * nothing. */
void evidence_count_builds(GHashTable *evidence, const char *start);
/* So many. */
#define N_TRIALS_OF_BUILD 20

/* A commit that may mend a storm. */
typedef struct Mend {
    char *commit, *title;
    char *breaks;  /* what broke it; NULL: not known, then */
    char *sound;   /* it is a later one than this revision, which does not fail; or NULL */
    char *why;     /* for people: what speaks for it */
    char *variant; /* a failing revision with it, by which it is tried */
} Mend;
void mend_free(Mend *mend);

/* Revisions that all fail by one error, as far as it was looked for what mends them. */
typedef struct Storm {
    char *error;             /* situation_failure() of each */
    GPtrArray *mends;        /* of Mend: candidates, most probable first */
    const Mend *adopted;     /* one of these that helped, which the farm uses; or NULL */
    gboolean looked_at_edge; /* also at the commit where the error ends */
} Storm;
/* What begins the error of those that build and do not boot. */
#define STORM_AT_BOOT "boot: "
Storm *storm_new(const char *error);
void storm_free(Storm *storm);

/* What a machine is doing at the moment. */
typedef struct Task {
    char *commit;   /* owned */
    guint n_trials; /* of its kernel; 0: it is being built */
    JobPhase phase; /* that asked for it */
    double spent_s; /* on it so far */
} Task;
void task_free(Task *task);

typedef struct Pools Pools; /* evidence.c */

/* What a decision rests on. The job fills it; the decider changes only @belief. */
typedef struct Situation {
    BugKind bug;
    const char *start;         /* ids */
    const char *tried;         /* of a try: the only revision that is judged; else NULL */
    const char *good;          /* given by the user, or NULL */
    gboolean is_fix;           /* what mended the bug is looked for, from start forward to good */
    const char *const *bases;  /* of start and good, where that is not behind it; or NULL */
    const GPtrArray *releases; /* of ReleaseTag, newest first; used when @good is NULL */
    guint n_near;              /* the first so many of them lie so near that they are one step */
    gboolean is_known;         /* another job found the culprit of a bug that crashes alike, or
                                  somebody else tested releases: */
    guint n_with_known;        /* the first so many of the releases have that */
    const char *why_no_older;  /* why there are no more of them, for people */
    guint n_check_trials;      /* of the culprit and of each parent, at least */
    guint n_start_trials;      /* of the start, at least */
    guint max_trials;
    double confidence;
    guint max_kernels;     /* the budget; 0: no limit */
    guint n_kernels;       /* what of it is used: kernels that this job built */
    double max_s, spent_s; /* the same for time, booked over all resumes */
    GHashTable *evidence;  /* commit -> RevisionEvidence */
    GHashTable *facts;     /* what else is known; NULL: nothing. See situation_fact() */
    const Range *range;    /* NULL: not loaded yet */
    const Roots *roots;    /* of a fix: where the range grows from; else NULL */
    /* Of a fix whose culprit is given: does each root contain it? NULL: trials have to tell. */
    const gboolean *is_root_bad;
    const Same *same; /* over @range: who has the kernel of a built one; NULL: not known */
    const Distances *distances; /* over @range; NULL: what builds cost is guessed by commits */
    const gboolean *in_store;   /* over @range: another job built its kernel; NULL: none is known */
    Belief *belief;             /* over @range */
    GHashTable *overruled;      /* set of commits: releases that belief no longer takes for good */
    /* Of each revision what is left of its prior where its trials are not those of a bug that is
     * known; 1 where that does not matter. NULL: of all. */
    const double *known_factors;
    /* Of each revision, what tests of others make of its prior; NULL: there are none. */
    const double *foreign_factors;
    double build_s, trial_s; /* costs as seen so far: of a build from nothing */
    double near_build_s;     /* of a build beside what @tree holds */
    const char *tree; /* the commit that the machine's tree holds, or NULL: all are build_s */
    guint n_trials_at_once;
    const GPtrArray *tasks; /* of Task: what is under way; NULL: nothing */
    /* No build, or no trials can begin now: what needs them waits. Something is under way then. */
    gboolean builds_are_full, trials_are_full;
    gboolean prior_needs_crash; /* the range cannot be loaded before the start has crashed */
    gboolean takes_quiet;  /* unreached revisions count as if they had not the bug: it is looked for
                              where it begins to show */
    gboolean validates;    /* a culprit is looked at before it is named (ACTION_EXAMINE) */
    gboolean patches;      /* and a kernel without it (of a fix: the start with it) is tried */
    gboolean proves_reach; /* a quiet revision has to show that it could have crashed */
    gboolean minimises;    /* the start's config is made smaller first */
    Minimise *minimise;    /* then: what to try next; NULL: not made yet */
    Pools *pools;          /* while a decision is made; else NULL */
    GPtrArray *storms;     /* of Storm: those that were looked at; NULL: mends are not looked for */
} Situation;

/* The evidence of @commit, with nothing in it where there was none yet. */
RevisionEvidence *situation_evidence_for(Situation *situation, const char *commit);

/* Facts of a suspect. A line for the checks of the answer, which begins with "passed", "failed" or
 * "could not be done", or nothing: what its change consists of. */
#define FACT_CLASS "class"
/* How the line begins where that could not be seen; what follows may tell it all the same. */
#define CLASS_UNKNOWN "could not be done: whether what it changes"
/* What differs in its kernel from that of its parent: names, each behind a mark of its kind;
 * nothing where nothing with a name does. */
#define FACT_ALTERS      "alters"
#define ALTERS_IN_STACK  "\n*" /* a function, which is in the stack of the crash */
#define ALTERS_FUNCTION  "\nf"
#define ALTERS_VARIABLE  "\nv"
#define ALTERS_UNKNOWN   "?" /* and why */
#define ALTERS_NOT_ASKED "-"
/* The variants of later revisions without it (of a fix: of earlier ones with it) that were chosen
 * so far, with blanks between them; then, where there is no other, the mark and why. */
#define FACT_PATCHED    "patched"
#define PATCHED_NO_MORE '!'

/* Of a revision whose trials were quiet: why they could not have shown the bug, in the words of the
 * report; or nothing, where they could. */
#define FACT_REACH "reach"
/* So many trials of a kernel are traced for it, and a quiet one has to have so many: what fails in
 * one alone may be chance. */
#define N_TRACES 2

/* Of a revision: what of the config that matters differs from the start's, a sentence a line. */
#define FACT_DRIFT "drift"

/* Of a revision or variant whose kernel was not built: the one that has the same. */
#define FACT_SAME "same"

/* What is known of @commit (or a variant) as a fact of @kind, as the store keeps it, or NULL. Valid
 * until it is put anew. */
const char *situation_fact(const Situation *situation, const char *commit, const char *kind);
/* @text NULL takes it away. The facts are the caller's to free. */
void situation_put_fact(Situation *situation, const char *commit, const char *kind,
                        const char *text);

/* What @commit, a revision or a variant, fails by; NULL where it does not, or by a limit of ours.
 * Owned by the caller. */
char *situation_failure(const Situation *situation, const char *commit);
/* The storm of @error, where it was looked at. */
Storm *situation_storm(const Situation *situation, const char *error);

typedef enum ActionKind {
    ACTION_BUILD,      /* @commit */
    ACTION_TRIALS,     /* @n_trials more of @commit */
    ACTION_OVERRULE,   /* put @commit, a release that looked good, into overruled, and ask again */
    ACTION_LOAD_RANGE, /* @commit (good) .. start, of a fix @commit (start) .. good: set range (and
                          roots) and belief, and ask again */
    ACTION_EXAMINE,    /* put the facts of @commit, a suspect: FACT_CLASS, then FACT_ALTERS, then
                          FACT_PATCHED (the next one, where there is one) */
    ACTION_MEND,       /* look for what mends @commit, put it into storms, and ask again */
    ACTION_ADOPT,      /* the mend of the variant @commit helped: use it, and ask again */
    ACTION_MINIMISE,   /* make situation.minimise, answer its request, or take its result; ask again
                        */
    ACTION_WAIT,       /* for what is under way: nothing else is worth a machine */
    ACTION_ANSWER, /* @answer; what is still under way does not matter (by_budget: nothing is) */
} ActionKind;

typedef struct Action {
    ActionKind kind;
    JobPhase phase;
    const char *commit; /* owned by the situation */
    const char *label;  /* release name, or NULL */
    guint n_trials;
    guint n_quiet;  /* the first so many of them may stay quiet without asking again */
    Answer *answer; /* owned by the caller */
} Action;

/* The start under the config @text, as a variant. Owned by the caller. */
char *minimise_variant(const Situation *situation, const char *text);

/* What a machine that is idle should do. With several, ask again with each action among the works
 * under way. With one, nothing is ever under way, and ACTION_WAIT never comes. Where builds and
 * trials have machines of their own, what is asked for is of a kind that is not full: while trials
 * go on, that is the build that will most probably be wanted next. */
void job_decide(Situation *situation, Action *ret_action);

/* Is @build, one of the tasks, still worth what is left of it? Not when nothing of the search
 * depends on its revision any more, or another build tells so much more that it pays to begin that
 * in its place. */
gboolean job_wants_build(const Situation *situation, const Task *build);

/* Leave of @releases (of ReleaseTag, newest first) those that are worth a trial: all final ones;
 * the stable ones that lead from the newest final one to the start, and the candidates since then.
 * With
 * @kinds "final", "stable" or "rc" not the other of these; and none that is older than @oldest (or
 * NULL). */
void releases_select(GPtrArray *releases, const char *kinds, const char *oldest);

/* The evidence of @commit, pooled over all revisions with a kernel of the same signature: identical
 * binaries are one thing. */
void situation_tally(const Situation *situation, const char *commit, Tally *ret_tally);

/* Why no trial of the kernel of @commit could have shown the bug, or NULL: none did, and there is
 * a FACT_REACH of it or of a revision with the same kernel. */
const char *situation_unreached_why(const Situation *situation, const char *commit);

/* A revision of the range that somebody else tested. */
typedef struct ForeignTest {
    guint32 revision;
    Tally tally;
} ForeignTest;
/* What @tests say of each revision of @history as the culprit (of a fix: as what mended it), as
 * factors for its prior: of @log_prior their mean is 1, but for revision 0, which has 1. None is
 * less than the chance that such tests mislead, however many they are: a wrong turn of theirs costs
 * little more than a bit. Owned by the caller. */
double *foreign_factors(const History *history, gboolean is_fix, const double *log_prior,
                        const ForeignTest *tests, guint n_tests);

/* Tell belief all evidence that lies in the range. */
void situation_update_belief(Situation *situation);
