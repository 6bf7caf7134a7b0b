/* SPDX-License-Identifier: Apache-2.0
 * Trials that began with a kept guest, against those that booted. A guest that was restored is the
 * same machine in nearly all; where only such guests show the bug, it may be the restoring that
 * does. Booted trials then decide: one that crashes confirms all; when their silence would be
 * improbable at the crash rate of the restored ones, these are not believed.
 */
#include "decide-private.h"

#include <string.h>

/* So improbable. */
#define UNLIKELY 0.05
/* Booted trials that told neither way, after which no more are asked for. */
#define N_TELLS_LITTLE 10

/* The probability that @n_booted trials all stay quiet, by what the restored ones showed: each
 * crash rate was as probable as any other before. */
static double probability_of_silence(const Ways *ways, guint n_booted)
{
    double n_quiet = ways->n_restored - ways->n_restored_crash, probability = 1;

    for (guint i = 0; i < n_booted; i++) {
        probability *= (n_quiet + 1 + i) / (ways->n_restored + 2.0 + i);
    }
    return probability;
}

gboolean ways_refute_restored(const Ways *ways)
{
    return ways->n_restored_crash > 0 && ways->n_booted_crash == 0 &&
           probability_of_silence(ways, ways->n_booted) < UNLIKELY;
}

guint ways_booted_wanted(const Ways *ways)
{
    guint n = ways->n_booted;

    if (ways->n_restored_crash == 0 || ways->n_booted_crash > 0 ||
        ways->n_booted_silent >= N_TELLS_LITTLE) {
        return 0;
    }
    while (probability_of_silence(ways, n) >= UNLIKELY) {
        n++;
    }
    return n - ways->n_booted;
}

void ways_add(Ways *ways, gboolean restored, OutcomeKind kind, gboolean is_crash)
{
    if (!is_crash && kind != OUTCOME_OK) {
        ways->n_booted_silent += !restored && kind != OUTCOME_INFRA;
    } else if (restored) {
        ways->n_restored++;
        ways->n_restored_crash += is_crash;
    } else {
        ways->n_booted++;
        ways->n_booted_crash += is_crash;
    }
}

Step ask_booted(const Situation *situation, Action *ret_action)
{
    const RevisionEvidence *evidence, *chosen = NULL;
    gboolean is_under_way = FALSE;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, situation->evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        if (ways_booted_wanted(&evidence->ways) == 0 || !evidence->kernel ||
            evidence->kernel->status != KERNEL_BUILT || evidence->said != VERDICT_UNKNOWN) {
            continue;
        }
        if (situation_task(situation, evidence->commit)) {
            is_under_way = TRUE;
        } else if (!chosen || strcmp(evidence->commit, chosen->commit) < 0) {
            chosen = evidence;
        }
    }
    if (!chosen) {
        return is_under_way ? STEP_WAITING : STEP_PASSED;
    }
    return ask_trials(situation, ret_action,
                      g_str_equal(chosen->commit, situation->start) ? PHASE_REPRODUCE
                                                                    : PHASE_SEARCH,
                      chosen->commit, NULL, ways_booted_wanted(&chosen->ways));
}
