/* SPDX-License-Identifier: Apache-2.0
 * Where the bug begins to show, when what lies before could not show it.
 *
 * Half of syzbot's wrong turns are revisions that have the bug and cannot show it: a feature is not
 * there yet, an option is off. Belief takes their silence for next to nothing, and so may be left
 * with candidates that no trial tells apart. But one thing can still be found, and mostly names the
 * right people: the commit from which on the crash is seen. So the search goes on with a belief of
 * its own, to which quiet is quiet; and the answer says what it is.
 */
#include "decide-private.h"

Step ask_second_look(const Situation *situation, Action *ret_action)
{
    const RevisionEvidence *evidence;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, situation->evidence);
    while (situation->proves_reach && g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        if (evidence->n_ok > 0 && evidence->n_ok < N_TRACES && evidence->n_crash == 0 &&
            range_find(situation->range, evidence->commit) >= 0 && evidence->kernel) {
            Pool pool = pool_of(situation, evidence);

            if (pool_trials(&pool) < N_TRACES && !pool.unreached_why) {
                return ask_trials(situation, ret_action, PHASE_SEARCH, evidence->commit, NULL,
                                  N_TRACES - pool_trials(&pool));
            }
        }
    }
    return STEP_PASSED;
}

static gboolean is_unreached(const Situation *situation, const char *commit)
{
    return situation_unreached_why(situation, commit) != NULL;
}

static gboolean some_parent_is_unreached(const Situation *situation, guint32 revision)
{
    g_autoptr(GPtrArray) parents = range_parents(situation->range, revision);

    for (guint i = 0; i < parents->len; i++) {
        if (is_unreached(situation, parents->pdata[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean some_is_unreached(const Situation *situation)
{
    const RevisionEvidence *evidence;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, situation->evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        if (range_find(situation->range, evidence->commit) >= 0 &&
            is_unreached(situation, evidence->commit)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean reveal_is_due(const Situation *situation, const GArray *candidates)
{
    guint32 best = g_array_index(candidates, guint32, 0);

    if (situation->takes_quiet) {
        return FALSE;
    }
    if (candidates->len > 1) {
        return some_is_unreached(situation);
    }
    return best == 0 ? is_unreached(situation, situation->range->commits[0])
                     : some_parent_is_unreached(situation, best);
}

/* What the files of the crash say of the culprit says little of who makes it visible: an option
 * or a feature is far from them. */
static Belief *new_belief(const Situation *situation)
{
    const History *history = situation->range->history;
    guint n = history_size(history);
    g_autofree CommitFacts *facts = g_new0(CommitFacts, n);
    g_autofree double *log_prior = g_new0(double, n);
    BeliefModel model;

    for (guint32 r = 1; r < n; r++) {
        facts[r].is_merge = range_is_merge(situation->range, r);
    }
    belief_log_prior(history, facts, log_prior);
    belief_model_default(&model);
    return belief_new(history, &model, log_prior);
}

/* Turn @found, which names the revealer as if it were the culprit, into what it is. */
static void take_back(const Situation *situation, const GArray *candidates, Answer *found)
{
    g_autoptr(Answer) suspects = answer_candidates(situation, candidates);

    found->kind = ANSWER_REVEALER;
    found->revealer = g_steal_pointer(&found->culprit);
    g_ptr_array_unref(found->candidates);
    found->candidates = g_steal_pointer(&suspects->candidates);
    found->reason = g_strdup_printf(
        "revealed by %.12s; the code at fault may be older, since its parent could not show it",
        found->revealer);
}

Step decide_reveal(const Situation *situation, const char *good, const GArray *candidates,
                   Action *ret_action)
{
    g_autoptr(Belief) belief = new_belief(situation);
    Situation seen = *situation;
    Answer *found;
    Step step;

    seen.belief = belief;
    seen.takes_quiet = TRUE;
    step = decide_search(&seen, good, ret_action);
    found = step == STEP_ASKED ? ret_action->answer : NULL;
    if (found && found->kind == ANSWER_CULPRIT) {
        gint64 revision = range_find(situation->range, found->culprit);

        if (some_parent_is_unreached(situation, (guint32)revision)) {
            take_back(situation, candidates, found);
            return step;
        }
    }
    if (found || (step == STEP_ASKED && ret_action->kind == ACTION_OVERRULE)) {
        g_clear_pointer(&ret_action->answer, answer_free);
        return end_search(situation, candidates, ret_action);
    }
    return step;
}
