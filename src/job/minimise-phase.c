/* SPDX-License-Identifier: Apache-2.0
 * The pure half of PHASE_MINIMISE: what the planner (kernel/minimise.h) wants to try is a variant
 * of the start, START@CONFIG, that is built and tried like any other; its trials say whether the
 * crash was kept.
 */
#include "decide-private.h"

#include <math.h>

/* "No worse" is at least this share of the start's rate ... */
#define KEPT_SHARE 0.7
/* ... and so surely; the other end gives a try up. */
#define SURE_KEPT 0.9
#define SURE_LOST 0.1
/* Trials asked for at once, and of one try at all. */
#define N_BATCH 4
#define N_TRY   24
/* Steps of the grid over a rate. */
#define N_RATES 50

/* P(rate here >= KEPT_SHARE * rate at the start): both have beta posteriors under Jeffreys' prior.
 */
static double p_kept(guint n_crash, guint n_ok, guint n_start_crash, guint n_start_ok)
{
    double here[N_RATES], start[N_RATES], sum_here = 0, sum_start = 0, p = 0;

    for (guint i = 0; i < N_RATES; i++) {
        double rate = (i + 0.5) / N_RATES;

        here[i] = pow(rate, n_crash - 0.5) * pow(1 - rate, n_ok - 0.5);
        start[i] = pow(rate, n_start_crash - 0.5) * pow(1 - rate, n_start_ok - 0.5);
        sum_here += here[i];
        sum_start += start[i];
    }
    for (guint i = 0; i < N_RATES; i++) {
        for (guint j = 0; j < N_RATES; j++) {
            p += i + 0.5 >= KEPT_SHARE * (j + 0.5) ? here[i] * start[j] : 0;
        }
    }
    return p / (sum_here * sum_start);
}

/* What is known of a try. */
typedef enum Kept { KEPT_YES, KEPT_NO, KEPT_OPEN } Kept;

/* Anything but the crash speaks against it: a kernel that does not boot, or crashes otherwise, is
 * no use, whatever hides there. */
static Kept judge(const Situation *situation, const RevisionEvidence *evidence)
{
    const RevisionEvidence *start = situation_evidence(situation, situation->start);
    guint limit = MIN(N_TRY, situation->max_trials);
    Pool pool;
    guint n_not;
    double p;

    if (situation_cannot_build(situation, evidence)) {
        return KEPT_NO;
    }
    pool = pool_of(situation, evidence);
    n_not = pool.n_ok + pool_told_nothing(&pool);
    if (pool_trials(&pool) == 0) {
        return KEPT_OPEN;
    }
    p = p_kept(pool.n_crash, n_not, start->n_crash, start->n_ok);
    if (pool.n_crash >= 2 && p >= SURE_KEPT) {
        return KEPT_YES;
    }
    if (p <= SURE_LOST || pool_trials(&pool) >= limit) {
        return KEPT_NO;
    }
    return KEPT_OPEN;
}

char *minimise_variant(const Situation *situation, const char *text)
{
    g_autofree char *id = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

    return variant_configured(situation->start, id);
}

static Step ask_minimise(const Situation *situation, Action *ret_action)
{
    *ret_action =
        (Action){.kind = ACTION_MINIMISE, .phase = PHASE_MINIMISE, .commit = situation->start};
    return STEP_ASKED;
}

Step decide_minimise(Situation *situation, Action *ret_action)
{
    const char *text;

    if (!situation->minimises) {
        return STEP_PASSED;
    }
    while (situation->minimise && minimise_next(situation->minimise, &text) == MINIMISE_TRY) {
        g_autofree char *variant = minimise_variant(situation, text);
        RevisionEvidence *evidence = situation_evidence_for(situation, variant);
        Kept kept;

        if (!evidence->kernel) {
            return ask_build(situation, ret_action, PHASE_MINIMISE, evidence->commit, NULL);
        }
        kept = judge(situation, evidence);
        if (kept == KEPT_OPEN) {
            return ask_trials(situation, ret_action, PHASE_MINIMISE, evidence->commit, NULL,
                              N_BATCH);
        }
        minimise_tried(situation->minimise, kept == KEPT_YES);
    }
    return ask_minimise(situation, ret_action);
}
