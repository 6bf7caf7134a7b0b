/* SPDX-License-Identifier: Apache-2.0
 * What to do next, from all evidence so far.
 *
 * Each phase is a function that asks for an action, or passes on to the next one, or waits for what
 * is under way. While one waits, the next ones may still ask for what will most probably be wanted:
 * the good end is built while the start is tried, and the search begins before the good end has
 * shown that it is good. What cannot begin because builds or trials are full waits in the same way
 * (ask_build(), ask_trials()), so that the question for a build alone is the same question.
 *
 *   reproduce  the start is tried until it is known how often it crashes;
 *   minimise   the start's config is made smaller, where that is wanted and pays;
 *   range      releases behind the start, newest first, until one does not crash; or --good (of a
 *              fix: ahead of the start, and what the newest revision had of the bug);
 *   search     belief chooses what tells most per second;
 *   check      the one suspect left must crash, and its parents must not.
 *
 * Before them comes what mends revisions that fail alike (storm.c).
 *
 * No phase remembers anything: all is worked out anew from the evidence (and the releases that were
 * overruled, which the job keeps). That costs a few milliseconds a decision, and makes a resumed
 * job the same as one that never stopped.
 */
#include "decide-private.h"

/* With so many crashes of the start its crash rate is known well enough. */
#define N_START_CRASHES 3
/* Bayes factor, as log10, that belief works for at the culprit and at each parent. */
#define CHECK_LOG10_ODDS 2.0

/* --- Actions --------------------------------------------------------------------------------- */

Step ask_build(const Situation *situation, Action *action, JobPhase phase, const char *commit,
               const char *label)
{
    if (situation->builds_are_full || situation_task(situation, commit)) {
        return STEP_WAITING;
    }
    *action = (Action){.kind = ACTION_BUILD, .phase = phase, .commit = commit, .label = label};
    return STEP_ASKED;
}

Step ask_trials(const Situation *situation, Action *action, JobPhase phase, const char *commit,
                const char *label, guint n_trials)
{
    if (situation->trials_are_full || situation_task(situation, commit)) {
        return STEP_WAITING;
    }
    *action = (Action){.kind = ACTION_TRIALS,
                       .phase = phase,
                       .commit = commit,
                       .label = label,
                       .n_trials = n_trials};
    return STEP_ASKED;
}

Answer *answer_new(AnswerKind kind, const char *subject)
{
    Answer *answer = g_new0(Answer, 1);

    answer->kind = kind;
    answer->subject = g_strdup(subject);
    answer->candidates = g_ptr_array_new_with_free_func((GDestroyNotify)candidate_free);
    answer->checks = g_ptr_array_new_with_free_func(g_free);
    return answer;
}

Step give_answer(Action *action, Answer *answer)
{
    *action = (Action){.kind = ACTION_ANSWER, .phase = PHASE_DONE, .answer = answer};
    return STEP_ASKED;
}

/* --- Phases ---------------------------------------------------------------------------------- */

Step decide_reproduce(const Situation *situation, Action *ret_action)
{
    const RevisionEvidence *start = situation_evidence(situation, situation->start);
    guint n_run, n_wanted;
    Pool pool;

    if (!start || !start->kernel) {
        return ask_build(situation, ret_action, PHASE_REPRODUCE, situation->start, NULL);
    }
    pool = pool_of(situation, start);
    n_run = pool_trials(&pool);
    if (situation_cannot_build(situation, start) ||
        (n_run >= situation_patience(situation, &pool) && n_run == pool.n_broken)) {
        return give_answer(ret_action, answer_new(ANSWER_UNTESTABLE, situation->start));
    }
    n_wanted = situation->n_start_trials;
    if (n_run >= n_wanted && start->n_crash < N_START_CRASHES) {
        n_wanted = situation->max_trials;
    }
    n_wanted = MIN(n_wanted, situation->max_trials);
    if (n_run < n_wanted) {
        return ask_trials(situation, ret_action, PHASE_REPRODUCE, situation->start, NULL,
                          n_wanted - n_run);
    }
    if (start->n_crash == 0) {
        return give_answer(ret_action, answer_new(ANSWER_NOT_REPRODUCED, situation->start));
    }
    return STEP_PASSED;
}

/* Ask for @experiment: a build first where there is no kernel yet. Where all trials so far told
 * nothing, as many at once as it takes to give it up. */
static Step ask_experiment(const Situation *situation, const Experiment *experiment, JobPhase phase,
                           Action *ret_action)
{
    const char *commit = situation->range->commits[experiment->revision];
    const RevisionEvidence *evidence = situation_evidence(situation, commit);
    Presence presence;
    Step step = ask_presence(situation, commit, phase, ret_action, &presence);

    if (step != STEP_PASSED) {
        return step;
    }
    if (!evidence || !evidence->kernel) {
        return ask_build(situation, ret_action, phase, commit, NULL);
    }
    Pool pool = pool_of(situation, evidence);
    guint n_left = 0;
    if (pool.n_ok + pool.n_crash == 0 && pool_told_nothing(&pool) > 0) {
        n_left = situation_patience(situation, &pool) - pool_told_nothing(&pool);
    }
    step =
        ask_trials(situation, ret_action, phase, commit, NULL, MAX(experiment->n_trials, n_left));
    if (step == STEP_ASKED) {
        ret_action->n_quiet = experiment->n_quiet;
    }
    return step;
}

Answer *answer_candidates(const Situation *situation, const GArray *candidates)
{
    Answer *answer = answer_new(ANSWER_SET, NULL);
    const double *posterior = belief_posterior(situation->belief);

    for (guint i = 0; i < candidates->len; i++) {
        guint32 revision = g_array_index(candidates, guint32, i);

        Candidate *candidate =
            candidate_new(situation->range->commits[revision], posterior[revision]);

        candidate->or_older = revision == 0;
        g_ptr_array_add(answer->candidates, candidate);
        answer->confidence += posterior[revision];
    }
    return answer;
}

/* Nothing tells the candidates apart any more, or it is under way. */
Step end_search(const Situation *situation, const GArray *candidates, Action *ret_action)
{
    if (situation->tasks && situation->tasks->len > 0) {
        return STEP_WAITING;
    }
    Answer *answer = answer_candidates(situation, candidates);

    answer->reason = storm_reason(situation);
    if (!answer->reason) {
        answer->reason = g_strdup(
            belief_tells_apart(situation->belief, candidates)
                ? "more runs would tell these apart no more surely: any revision may hide the bug, "
                  "or have another that looks alike, however often it is run"
                : "no test tells these apart any more: what lies between them cannot be tested, "
                  "by all that is known");
    }
    return give_answer(ret_action, answer);
}

/* The one suspect is older than the range: the good end was not good. */
static Step overrule(const Situation *situation, const char *good, Action *ret_action)
{
    if (situation->is_fix) {
        Answer *answer = answer_new(ANSWER_NOT_FIXED, good);

        answer->reason = g_strdup_printf(
            "%.12s looked good, but all before it has the bug, and it may only hide there: give a "
            "newer --good",
            good);
        return give_answer(ret_action, answer);
    }
    if (situation->good) {
        Answer *answer = answer_new(ANSWER_GOOD_CRASHES, good);

        answer->reason = g_strdup_printf(
            "%.12s, given as good, looked good, but all after it has the bug: give an older --good",
            good);
        return give_answer(ret_action, answer);
    }
    *ret_action = (Action){.kind = ACTION_OVERRULE, .phase = PHASE_RANGE, .commit = good};
    return STEP_ASKED;
}

/* Of a fix: did the newest revision ever have the bug? */
static Step decide_never_bad(const Situation *situation, Action *ret_action)
{
    guint32 newest = history_size(situation->range->history) - 1;
    Presence presence;
    Step step = ask_presence(situation, situation->range->commits[newest], PHASE_RANGE, ret_action,
                             &presence);

    if (presence != PRESENCE_NEVER) {
        return step;
    }
    Answer *answer = answer_new(ANSWER_NEVER_BAD, situation->good);
    answer->reason = g_strdup_printf("%.12s never had the bug: %.12s, where its history left that "
                                     "of the start, does not have it",
                                     situation->good, presence_root(situation, newest));
    return give_answer(ret_action, answer);
}

/* Something that is under way may change what @step asked for: a revision may be built, but nothing
 * concluded, and it is not known how many trials it takes. */
static Step only_builds(Step step, Action *action)
{
    if (step != STEP_ASKED || action->kind == ACTION_BUILD) {
        return step;
    }
    g_clear_pointer(&action->answer, answer_free);
    return STEP_WAITING;
}

/* While the ends are tried, revisions of the range may be built and tried beside them, but nothing
 * concluded. */
static Step only_works(Step step, Action *action)
{
    return step == STEP_ASKED && action->kind == ACTION_TRIALS ? step : only_builds(step, action);
}

/* Search, then check. */
static Step search(Situation *situation, const char *good, Action *ret_action)
{
    Experiment experiment;
    guint32 best;
    Step step;

    situation_update_belief(situation);
    guint n_left = belief_n_candidates(situation->belief, situation->confidence, &best);
    if (n_left > 1 && plan_next_experiment(situation, &experiment) &&
        !storm_is_over(situation, &experiment)) {
        return ask_experiment(situation, &experiment, PHASE_SEARCH, ret_action);
    }
    if (n_left > 1 && (situation->builds_are_full || situation->trials_are_full)) {
        return STEP_WAITING; /* what cannot begin now may tell more */
    }
    g_autoptr(GArray) candidates = belief_candidates(situation->belief, situation->confidence);
    if (reveal_is_due(situation, candidates)) {
        return decide_reveal(situation, good, candidates, ret_action);
    }
    if (candidates->len > 1) {
        return end_search(situation, candidates, ret_action);
    }
    if (best == 0) {
        return overrule(situation, good, ret_action);
    }
    g_auto(Plan) plan = plan_of(situation);
    if (belief_check_wanted(situation->belief, best, CHECK_LOG10_ODDS, &plan.costs, &experiment)) {
        return ask_experiment(situation, &experiment, PHASE_CHECK, ret_action);
    }
    step = ask_check(situation, best, ret_action);
    if (step == STEP_PASSED) {
        step = ask_validation(situation, best, ret_action);
    }
    return step == STEP_PASSED ? give_answer(ret_action, answer_checked(situation, candidates))
                               : step;
}

/* A release that turns out to have had the bug all along is overruled, and the range grows. */
Step decide_search(Situation *situation, const char *good, Action *ret_action)
{
    Step step = decide_never_bad(situation, ret_action), look;

    if (step != STEP_PASSED) {
        return step;
    }
    look = ask_second_look(situation, ret_action);
    if (look == STEP_ASKED) {
        return look;
    }
    step = search(situation, good, ret_action);
    return look == STEP_WAITING ? only_builds(step, ret_action) : step;
}

/* --- All of it ------------------------------------------------------------------------------ */

static gboolean has_crashed(const Situation *situation)
{
    const RevisionEvidence *start = situation_evidence(situation, situation->start);

    return start && start->n_crash > 0;
}

static void decide_phases(Situation *situation, Action *ret_action)
{
    const char *good = NULL, *older;
    Step reproduced = decide_reproduce(situation, ret_action);
    if (reproduced == STEP_PASSED) {
        reproduced = decide_minimise(situation, ret_action);
    }
    /* What is built next is built with the smaller config. */
    if (reproduced == STEP_WAITING && situation->minimises) {
        *ret_action = (Action){.kind = ACTION_WAIT};
        return;
    }
    Step ranged =
        reproduced == STEP_ASKED ? STEP_ASKED : decide_range(situation, ret_action, &good);
    Step searched = STEP_WAITING;

    if (ranged == STEP_ASKED) {
        if (reproduced == STEP_WAITING && ret_action->kind == ACTION_ANSWER) {
            g_clear_pointer(&ret_action->answer, answer_free);
            *ret_action = (Action){.kind = ACTION_WAIT}; /* the start comes first */
        }
        return;
    }
    older = situation->is_fix ? situation->start : good;
    if (reproduced == STEP_WAITING && situation->prior_needs_crash && !has_crashed(situation)) {
        *ret_action = (Action){.kind = ACTION_WAIT};
        return;
    }
    if (good != NULL && (!situation->range || !g_str_equal(situation->range->commits[0], older))) {
        *ret_action = (Action){.kind = ACTION_LOAD_RANGE, .phase = PHASE_SEARCH, .commit = older};
        return;
    }
    if (good != NULL) {
        searched = decide_search(situation, good, ret_action);
    }
    /* Both ends have to show what they are first. */
    if (reproduced == STEP_WAITING || ranged == STEP_WAITING) {
        searched = only_works(searched, ret_action);
    }
    if (searched == STEP_WAITING) {
        *ret_action = (Action){.kind = ACTION_WAIT};
    }
}

/* What comes before the phases and is under way may change what they conclude. And whoever stops
 * all works stops it, too: it would be asked for again, and stopped again, for ever. */
static void wait_with_end(Action *action)
{
    if (action->kind == ACTION_ANSWER || action->kind == ACTION_MINIMISE) {
        g_clear_pointer(&action->answer, answer_free);
        *action = (Action){.kind = ACTION_WAIT};
    }
}

static void decide(Situation *situation, Action *ret_action)
{
    Step booted = ask_booted(situation, ret_action), mended;

    if (booted == STEP_ASKED) {
        return;
    }
    if (situation->tried) {
        decide_tried(situation, ret_action);
        return;
    }
    mended = ask_mend(situation, ret_action);
    if (mended == STEP_ASKED) {
        return;
    }
    decide_phases(situation, ret_action);
    if (booted == STEP_WAITING || mended == STEP_WAITING) {
        wait_with_end(ret_action);
    }
}

void job_decide(Situation *situation, Action *ret_action)
{
    g_autofree char *budget = NULL;
    gboolean pools = situation_pool(situation);

    *ret_action = (Action){.kind = ACTION_WAIT};
    decide(situation, ret_action);
    if (pools) {
        situation_unpool(situation);
    }
    if (ret_action->kind == ACTION_BUILD && ret_action->phase == PHASE_SEARCH &&
        !situation_affords_guess(situation)) {
        *ret_action = (Action){.kind = ACTION_WAIT};
    }
    budget = situation_used_budget(situation, ret_action->kind);
    if (budget && situation_n_under_way(situation, FALSE) > 0) {
        *ret_action = (Action){.kind = ACTION_WAIT};
    } else if (budget) {
        give_answer(ret_action, answer_by_budget(situation, budget));
    }
}
