/* SPDX-License-Identifier: Apache-2.0
 * What the files of belief/ share.
 */
#pragma once

#include "belief/belief.h"
#include "likelihood.h"

/* A kernel that is evidence: it has trials, or is that of several revisions (or both). */
typedef struct Tested {
    guint32 revision;      /* with the tally; stands for all whose kernel this is */
    RevisionSet *with_bug; /* hypotheses by which all of them have the bug */
    RevisionSet *split;    /* by which some have it and some have not; NULL for one revision */
} Tested;

/* What a hypothesis says of a kernel. */
typedef enum KernelSide { SIDE_CLEAN, SIDE_BUG, SIDE_SPLIT, N_SIDES } KernelSide;

/* Hypotheses that nothing tells apart: they say the same of each tested kernel. */
typedef struct HypothesisClass {
    guint32 member; /* the first one */
    guint n_members;
    double prior;
    double mass; /* posterior */
} HypothesisClass;

struct Belief {
    const History *history;
    BeliefModel model;
    Rates *rates;
    guint n;                  /* revisions, and hypotheses */
    double *n_reached;        /* of each revision, those it reaches, itself included */
    double *given;            /* the prior as it was given */
    double *prior;            /* and weighed */
    Tally *tallies;           /* of a member: none */
    guint32 *representatives; /* of each revision; of one that is no member: itself */
    guint32 *n_same;          /* of each representative, the revisions with its kernel */
    guint n_useless;          /* tallies of which this is so */

    gboolean is_grouped_anew; /* what follows is to be made from the above */
    GArray *tested;           /* of Tested, by revision */
    guint32 *class_of;        /* of each hypothesis */
    GArray *classes;          /* of HypothesisClass, by their first members */

    gboolean *is_release; /* NULL: none is known */
    gboolean is_testability_fresh;
    double *p_testable;

    gboolean is_fresh; /* what follows is worked out */
    GArray *joint;     /* of double: posterior of class c and grid point g at c * n_points + g */
    double *rate_posterior;
    double *posterior;
    double *has_bug;

    struct Planned
        *planned; /* the last question to the planner; NULL: not since something came in */
};

void planned_free(struct Planned *planned);

/* belief_next_experiment(), worked out. */
gboolean belief_plan(Belief *belief, double confidence, const Costs *costs,
                     Experiment *ret_experiment);

/* The hypotheses by which @revision has the bug: its ancestors; of a fix, all others and 0. Owned
 * by the caller. */
RevisionSet *belief_with_bug(const Belief *belief, guint32 revision);
/* For every revision the sum of @weights over these. */
void belief_sum_with_bug(const Belief *belief, const double *weights, double *ret_sums);

/* Works the classes and the posterior out if something came in since. */
void belief_refresh(Belief *belief);

static inline gboolean tally_has_trials(const Tally *tally)
{
    return !tally->untestable && tally->said == VERDICT_UNKNOWN &&
           tally->n_crash + tally->n_ok + tally->n_doubtful > 0;
}

/* It cannot be tested, or its tests tell next to nothing: both go on for stretches. */
static inline gboolean tally_is_useless(const Tally *tally)
{
    return tally->untestable || tally->unreached;
}

/* It was found testable, as far as it was tried. */
static inline gboolean tally_ends_block(const Tally *tally)
{
    return !tally_is_useless(tally) && (tally->builds || tally_has_trials(tally));
}

/* Does it say anything of the culprit? Also what cannot be tested may have crashed otherwise. */
static inline gboolean tally_tells(const Tally *tally)
{
    return tally->said != VERDICT_UNKNOWN || tally_has_trials(tally) || tally->n_other > 0 ||
           tally->n_doubtful > 0;
}

static inline KernelSide tested_side(const Tested *tested, guint32 hypothesis)
{
    if (tested->split != NULL && revision_set_has(tested->split, hypothesis)) {
        return SIDE_SPLIT;
    }
    return revision_set_has(tested->with_bug, hypothesis) ? SIDE_BUG : SIDE_CLEAN;
}

/* The chance that each revision builds, boots and runs, if it was not tried: see broken.c. Valid
 * until something comes in. */
const double *belief_testability(Belief *belief);

/* Of each class, whether its hypotheses are candidates; and how many these are. Owned by the
 * caller. */
gboolean *belief_candidate_classes(Belief *belief, double confidence, guint *ret_n_candidates);

/* Seconds for the build, if it is still to be done, and the trials; never 0. */
double experiment_cost_s(const Costs *costs, guint32 revision, guint n_trials);
