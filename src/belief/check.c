/* SPDX-License-Identifier: Apache-2.0
 * The check of an answer: the culprit crashes, its parents do not (of a fix, the other way round),
 * each with enough trials of its own (or of the same kernel). The belief that led to the answer
 * leans on all revisions; the check leans on these alone.
 */
#include "belief-private.h"

/* In one go; also as far as it looks ahead whether more trials would change anything. */
#define MOST_TRIALS_AT_ONCE 20
/* A side that stays unclear for so long stays unclear. */
#define MOST_TRIALS 200
/* A change of the odds, as log10, that is not worth trials. */
#define NO_CHANGE 0.1

/* The odds for what the side should show, as log10. */
static double odds_for(Belief *belief, const Tally *tally, gboolean should_crash)
{
    double log10_odds = belief_log10_odds(belief, tally);

    return should_crash ? log10_odds : -log10_odds;
}

static gboolean is_side_open(Belief *belief, guint32 revision, gboolean should_crash, double wanted,
                             guint *ret_n_trials)
{
    Tally tally = *belief_get(belief, revision);
    double now = odds_for(belief, &tally, should_crash);
    double then = now;
    guint n_trials = 0;

    if (tally.untestable || tally.said != VERDICT_UNKNOWN || now >= wanted ||
        tally.n_crash + tally.n_ok >= MOST_TRIALS) {
        return FALSE;
    }
    /* As many as it takes when all of them go as they should. */
    while (then < wanted && n_trials < MOST_TRIALS_AT_ONCE) {
        tally.n_crash += should_crash;
        tally.n_ok += !should_crash;
        n_trials++;
        then = odds_for(belief, &tally, should_crash);
    }
    if (then < wanted && then - now < NO_CHANGE) {
        return FALSE;
    }
    *ret_n_trials = n_trials;
    return TRUE;
}

gboolean belief_check_wanted(Belief *belief, guint32 culprit, double log10_odds, const Costs *costs,
                             Experiment *ret_experiment)
{
    guint n_parents;
    const guint32 *parents = history_parents(belief->history, culprit, &n_parents);

    if (culprit == 0) {
        return FALSE;
    }
    for (guint i = 0; i < n_parents; i++) {
        if (belief_representative(belief, parents[i]) == belief_representative(belief, culprit)) {
            return FALSE;
        }
    }
    for (guint i = 0; i <= n_parents; i++) {
        guint32 side = belief_representative(belief, i == 0 ? culprit : parents[i - 1]);
        gboolean is_out = (costs->busy != NULL && costs->busy[side]) ||
                          (costs->barred != NULL && costs->barred[side]);
        gboolean should_crash = (i == 0) != belief->model.is_fix;
        guint n_trials;

        if (is_out) {
            continue;
        }
        if (is_side_open(belief, side, should_crash, log10_odds, &n_trials)) {
            gboolean is_tested = tally_has_trials(&belief->tallies[side]);
            const double *p_testable = belief_testability(belief);

            *ret_experiment = (Experiment){
                .revision = side,
                .n_trials = n_trials,
                .cost_s = experiment_cost_s(costs, side, n_trials),
                .p_testable = is_tested ? 1 : p_testable[side],
            };
            return TRUE;
        }
    }
    return FALSE;
}
