/* SPDX-License-Identifier: Apache-2.0
 * What the files of the pure decider share: evidence.c (what the trials of a kernel say),
 * persuade.c (belief is told), standing.c (one revision by itself), releases.c (the range),
 * presence.c (where a bug never was), check.c (the check of an answer), plan.c (what belief's
 * planner is told) and decide.c (the phases).
 */
#pragma once

#include "job/decide.h"

/* All trials of one kernel, wherever it came from: identical binaries are one thing. */
typedef struct Pool {
    guint n_ok, n_crash, n_doubtful, n_other_crash, n_broken, n_unreached;
    double match; /* of the doubtful ones */
    Verdict said;
    const char *unreached_why; /* no trial could have shown the bug, and none did; or NULL */
} Pool;

/* Of @own and of all revisions with the same kernel. */
Pool pool_of(const Situation *situation, const RevisionEvidence *own);
/* So that each pool is added up once: until situation_unpool() no evidence may come in. FALSE: that
 * was done already, and who did it undoes it. */
gboolean situation_pool(Situation *situation);
void situation_unpool(Situation *situation);
guint pool_trials(const Pool *pool);
/* Those that showed clearly neither this bug nor its absence: no boot, a crash of another identity
 * or a doubtful one, not reached. */
guint pool_told_nothing(const Pool *pool);

const RevisionEvidence *situation_evidence(const Situation *situation, const char *commit);
/* What is under way at @commit, or NULL. */
const Task *situation_task(const Situation *situation, const char *commit);
/* So many trials that told nothing are enough, where all did. */
guint situation_patience(const Situation *situation, const Pool *pool);
/* Has it no kernel that could be tried? For BUG_BUILD, that is what is looked for. */
gboolean situation_cannot_build(const Situation *situation, const RevisionEvidence *evidence);
gboolean situation_is_untestable(const Situation *situation, const RevisionEvidence *evidence,
                                 const Pool *pool);

/* The same as belief wants it; @evidence is one of those pooled, and was built. */
Tally pool_tally(const Situation *situation, const RevisionEvidence *evidence, const Pool *pool);

/* How a phase ends: it has all it needs; it asked for an action; it waits for what is under way. */
typedef enum Step { STEP_PASSED, STEP_ASKED, STEP_WAITING } Step;

/* Ask for a build, or for trials; or wait, where something is under way at @commit. */
Step ask_build(const Situation *situation, Action *action, JobPhase phase, const char *commit,
               const char *label);
Step ask_trials(const Situation *situation, Action *action, JobPhase phase, const char *commit,
                const char *label, guint n_trials);

/* An answer of @kind about @subject (or NULL), with nothing else in it yet; owned by the caller. */
Answer *answer_new(AnswerKind kind, const char *subject);
/* End the job with @answer, which is taken. */
Step give_answer(Action *action, Answer *answer);

typedef enum Standing {
    STANDING_ASKED,   /* open: an action was asked for */
    STANDING_WAITING, /* open: work is under way */
    STANDING_GOOD,
    STANDING_UNREACHED, /* quiet, as it would be with the bug */
    STANDING_BAD,
    STANDING_BROKEN
} Standing;
/* Try @commit until its verdict is clear. While it is not, *ret_action asks for more, or it waits:
 * also for the first trials of the start, without which nothing can be said, and beside which it
 * asks for as many as it takes if all of these crash. Bad takes two crashes, since one can be a
 * passing bug of the same name; good takes as many trials as the start's crash rate needs. */
Standing stand_alone(const Situation *situation, JobPhase phase, const char *commit,
                     const char *label, Action *ret_action);

/* decide.c: try the start until it is known how often it crashes, or that it does not. */
Step decide_reproduce(const Situation *situation, Action *ret_action);

/* Of a try (tried.c): build and try its one revision until it is known what it is. It always asks.
 */
Step decide_tried(const Situation *situation, Action *ret_action);

/* Make the start's config smaller (PHASE_MINIMISE). */
Step decide_minimise(Situation *situation, Action *ret_action);

/* The ends of the range (PHASE_RANGE). *ret_good is set when there is a good end, also while one
 * that was given still has to show that it is good. */
Step decide_range(const Situation *situation, Action *ret_action, const char **ret_good);

/* Was the bug there at a revision, unless something had mended it (presence.c)? */
typedef enum Presence {
    PRESENCE_THERE,
    PRESENCE_OPEN,  /* a root of the range has to be tried first */
    PRESENCE_NEVER, /* it never was, or cannot be told: its trials say nothing of a fix */
} Presence;
/* Of each revision of the range, owned by the caller; NULL where all are PRESENCE_THERE. */
Presence *situation_presence(const Situation *situation);
/* Ask for what tells whether the bug was ever at @commit, a revision of the range or a root; passes
 * when it is told. */
Step ask_presence(const Situation *situation, const char *commit, JobPhase phase,
                  Action *ret_action, Presence *ret_presence);
/* The newest root that @revision reaches: where its history left that of the start. */
const char *presence_root(const Situation *situation, guint32 revision);

/* A set: @candidates (of guint32) with what belief gives them. */
Answer *answer_candidates(const Situation *situation, const GArray *candidates);

/* What the check of an answer asks of one side: enough trials, and odds that speak clearly. */
typedef enum SideState { SIDE_OPEN, SIDE_PASSED, SIDE_FAILED, SIDE_UNTESTABLE } SideState;
/* Of @commit (or a variant), which should show the bug, or should not. */
SideState side_state(const Situation *situation, const char *commit, gboolean has_bug);
/* Ask for what a side lacks: the build, or a few trials. @commit must outlive the action. */
Step ask_side(const Situation *situation, const char *commit, gboolean has_bug, Action *ret_action);
/* Booted trials where only restored ones show the bug. STEP_PASSED: nothing to do. STEP_WAITING:
 * they are under way, and all may go on beside them but an end. */
Step ask_booted(const Situation *situation, Action *ret_action);
/* Look for what mends revisions that fail alike, try it, adopt it. STEP_PASSED: nothing to do;
 * STEP_WAITING: a mend is being tried, and all may go on beside it but an end. */
Step ask_mend(Situation *situation, Action *ret_action);
/* @experiment would most probably fail as its neighbours do, and these have cost enough. */
gboolean storm_is_over(const Situation *situation, const Experiment *experiment);
/* Why candidates are left, where a storm is the reason; else NULL. Owned by the caller. */
char *storm_reason(const Situation *situation);

/* What the check of @culprit needs beyond belief's own wish: trials enough for a person to believe
 * it, and the parents that lie outside the range, for which the good end only stands. */
Step ask_check(const Situation *situation, guint32 culprit, Action *ret_action);
/* decide.c: search, then check, in the range behind @good. */
Step decide_search(Situation *situation, const char *good, Action *ret_action);
/* Nothing tells @candidates apart any more, or it is under way. */
Step end_search(const Situation *situation, const GArray *candidates, Action *ret_action);

/* reveal.c: a revision that was quiet for too few trials to prove that it could have crashed is
 * tried again before anything is concluded from it. */
Step ask_second_look(const Situation *situation, Action *ret_action);
/* Are @candidates, which no trial tells apart, so many only because revisions between
 * them could not show the bug? */
gboolean reveal_is_due(const Situation *situation, const GArray *candidates);
/* Look for the revision where the bug begins to show. Where that is one, and its parent could not
 * show the bug, the answer is that it reveals it; else @candidates are. */
Step decide_reveal(const Situation *situation, const char *good, const GArray *candidates,
                   Action *ret_action);

/* Do the culprit and its parents show what they should, and differ? */
gboolean check_is_passed(const Situation *situation, guint32 culprit);
/* What @culprit has to stand beside that (validate.c): a look at its change, and a kernel of the
 * start without it. */
Step ask_validation(const Situation *situation, guint32 culprit, Action *ret_action);
/* How that went, as lines of @answer. TRUE unless it speaks against the culprit. */
gboolean add_validation(const Situation *situation, Answer *answer, guint32 culprit);
/* Is the budget used up for actions of @kind? */
gboolean situation_over_budget(const Situation *situation, ActionKind kind);

/* One suspect is left and its checks are done: say how they went, and whether it may be named. */
Answer *answer_checked(const Situation *situation, const GArray *candidates);

/* --- budget.c -------------------------------------------------------------------------------- */

/* Works under way. */
guint situation_n_under_way(const Situation *situation, gboolean only_builds);
/* Which budget forbids actions of @kind: "20 kernels", owned by the caller; NULL when none does. */
char *situation_used_budget(const Situation *situation, ActionKind kind);
/* May a build be begun that is only probably wanted? Always when nothing is under way, as it is the
 * step itself then. */
gboolean situation_affords_guess(const Situation *situation);
/* What is known when @budget is used up: the candidates, once there is a range. */
Answer *answer_by_budget(const Situation *situation, const char *budget);

/* --- plan.c ---------------------------------------------------------------------------------- */

/* What the planner is told, an entry for each revision. */
typedef struct Plan {
    gboolean *built, *busy, *barred;
    double *build_s_of;
    Costs costs;
} Plan;
Plan plan_of(const Situation *situation);
void plan_clear(Plan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)
/* The experiment that belief wants of those that can begin now. FALSE: none. */
gboolean plan_next_experiment(const Situation *situation, Experiment *ret_experiment);
