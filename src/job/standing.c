/* SPDX-License-Identifier: Apache-2.0
 * One revision judged by itself, beside the start: what the ends of a range need, before there is a
 * range that belief could weigh.
 */
#include "decide-private.h"

/* A revision judged by itself is bad when it crashes at least so often, against the start. */
#define MIN_RATE_SHARE 0.4
/* Chance we accept, at the end of a range, of missing a bug that is there. */
#define MISS 0.01

static Standing standing_open(Step step)
{
    return step == STEP_ASKED ? STANDING_ASKED : STANDING_WAITING;
}

/* Does it crash often enough to be the start's bug? One crash in twenty is another's where the
 * start always crashes, and all that can be expected where the start crashes now and then. */
static gboolean crashes_like_start(const RevisionEvidence *start, const Pool *pool)
{
    double rate = (double)start->n_crash / (start->n_crash + start->n_ok);

    return pool->n_crash >= MIN_RATE_SHARE * rate * (pool->n_crash + pool->n_ok);
}

/* Where the trials are used up: a crash now and then is another bug's; and good, with fewer trials
 * that told anything than were wanted, takes that most of them did. What is in between is left to
 * belief, as good as it can be. */
static Standing stand_at_limit(const RevisionEvidence *start, const Pool *pool)
{
    if (pool->n_crash && crashes_like_start(start, pool)) {
        return STANDING_BAD;
    }
    return 2 * pool->n_ok < pool_trials(pool) ? STANDING_BROKEN
           : pool->unreached_why              ? STANDING_UNREACHED
                                              : STANDING_GOOD;
}

static Standing standing_said(Verdict said)
{
    return said == VERDICT_GOOD  ? STANDING_GOOD
           : said == VERDICT_BAD ? STANDING_BAD
                                 : STANDING_BROKEN;
}

/* While the start is tried for the first time: so many trials as it takes if all of the start's
 * crash, where there is a machine for them. */
static Standing stand_beside_start(const Situation *situation, JobPhase phase,
                                   const RevisionEvidence *evidence, const char *label,
                                   Action *ret_action)
{
    const Task *of_start = situation_task(situation, situation->start);
    Pool pool = pool_of(situation, evidence);

    if (!of_start || of_start->n_trials == 0 || pool_trials(&pool) > 0 ||
        situation_is_untestable(situation, evidence, &pool)) {
        return STANDING_WAITING;
    }
    return standing_open(
        ask_trials(situation, ret_action, phase, evidence->commit, label,
                   belief_trials_for_good(of_start->n_trials, 0, MISS, situation->max_trials)));
}

Standing stand_alone(const Situation *situation, JobPhase phase, const char *commit,
                     const char *label, Action *ret_action)
{
    const RevisionEvidence *start = situation_evidence(situation, situation->start);
    const RevisionEvidence *evidence = situation_evidence(situation, commit);
    guint limit = situation->max_trials;
    Pool pool;

    if (evidence && evidence->said != VERDICT_UNKNOWN) {
        return standing_said(evidence->said);
    }
    if (!evidence || !evidence->kernel) {
        return standing_open(ask_build(situation, ret_action, phase, commit, label));
    }
    if (!start || start->n_crash == 0) {
        return stand_beside_start(situation, phase, evidence, label, ret_action);
    }
    guint wanted = belief_trials_for_good(start->n_crash, start->n_ok, MISS, limit);
    pool = pool_of(situation, evidence);
    if (situation_is_untestable(situation, evidence, &pool)) {
        return pool.unreached_why ? STANDING_UNREACHED : STANDING_BROKEN;
    }
    if (pool.n_crash >= 2 && crashes_like_start(start, &pool)) {
        return STANDING_BAD;
    }
    if (pool.n_crash == 0 && pool.n_ok >= wanted) {
        return pool.unreached_why ? STANDING_UNREACHED : STANDING_GOOD;
    }
    if (pool_trials(&pool) >= limit) {
        return stand_at_limit(start, &pool);
    }
    return standing_open(
        ask_trials(situation, ret_action, phase, commit, label,
                   pool.n_crash ? 1 : MIN(MAX(wanted - pool.n_ok, 1), limit - pool_trials(&pool))));
}
