/* SPDX-License-Identifier: Apache-2.0
 * What belief's planner is told of builds and trials: what is built, under way or barred, and what
 * each costs; the experiment that it wants then, and whether a build is still worth what is left of
 * it.
 */
#include "decide-private.h"

/* What a build that compiles nothing takes of one from nothing, until one was seen: it asks for
 * what is to be done, links and packs. */
#define NEAREST_SHARE 0.03
/* What it takes of a build to fetch a kernel from the store. */
#define STORED_SHARE 0.02

/* What is known only of a fix: revisions that never had the bug are barred, and those of which that
 * is not known cost what it takes to find out. */
static void cost_presence(const Situation *situation, const Costs *costs, gboolean *barred,
                          double *build_s_of)
{
    g_autofree Presence *presence = situation_presence(situation);

    for (guint32 r = 0; presence && r < history_size(situation->range->history); r++) {
        build_s_of[r] += presence[r] == PRESENCE_OPEN ? costs->build_s + costs->trial_s : 0;
        barred[r] = barred[r] || presence[r] == PRESENCE_NEVER;
    }
}

/* What another job built has only to be fetched. */
static void cost_stored(const Situation *situation, double *build_s_of)
{
    for (guint32 r = 0; situation->in_store && r < history_size(situation->range->history); r++) {
        if (situation->in_store[r]) {
            build_s_of[r] = MIN(build_s_of[r], situation->build_s * STORED_SHARE);
        }
    }
}

/* Trials of what is the same as a built kernel would be trials of that one, by another name. */
static void bar_same(const Situation *situation, const gboolean *built, gboolean *barred)
{
    for (guint32 r = 0; situation->same && r < history_size(situation->range->history); r++) {
        gint64 as = same_as(situation->same, r);

        barred[r] |= as >= 0 && as != r && built[as] && !built[r];
    }
}

/* The costs, as belief wants them. The arrays have an entry for each revision. */
static Costs costs_of(const Situation *situation, gboolean *built, gboolean *busy, gboolean *barred,
                      double *build_s_of)
{
    gint64 tree = situation->tree ? range_find(situation->range, situation->tree) : -1;
    const RevisionEvidence *evidence;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, situation->evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        gint64 revision = range_find(situation->range, evidence->commit);

        if (revision >= 0 && evidence->kernel) {
            built[revision] = TRUE;
        }
        /* Of what a person has judged no trial is wanted. */
        if (revision >= 0 && evidence->said != VERDICT_UNKNOWN) {
            barred[belief_representative(situation->belief, (guint32)revision)] = TRUE;
        }
    }
    for (guint i = 0; situation->tasks && i < situation->tasks->len; i++) {
        gint64 revision =
            range_find(situation->range, ((const Task *)situation->tasks->pdata[i])->commit);

        if (revision >= 0) {
            busy[belief_representative(situation->belief, (guint32)revision)] = TRUE;
        }
    }
    if (situation->distances) {
        distances_costs(situation->distances, tree,
                        MIN(situation->near_build_s, situation->build_s * NEAREST_SHARE),
                        situation->build_s, build_s_of);
    } else if (tree >= 0) {
        guint32 revision = (guint32)tree;

        costs_by_distance(situation->belief, &revision, 1, situation->near_build_s,
                          situation->build_s, build_s_of);
    } else {
        for (guint32 r = 0; r < history_size(situation->range->history); r++) {
            build_s_of[r] = situation->build_s;
        }
    }
    Costs costs = {.build_s = situation->build_s,
                   .build_s_of = build_s_of,
                   .trial_s = situation->trial_s,
                   .trial_price_s = 0.4 * situation->trial_s / MAX(situation->n_trials_at_once, 1),
                   .parallel_trials = situation->n_trials_at_once,
                   .built = built,
                   .busy = busy,
                   .barred = barred};
    bar_same(situation, built, barred);
    cost_stored(situation, build_s_of);
    cost_presence(situation, &costs, barred, build_s_of);
    return costs;
}

/* Where trials are full: is @revision built, and only for want of guests not tried yet? */
static gboolean waits_for_guests(const Situation *situation, const Costs *costs, guint32 revision)
{
    const Tally *tally = belief_get(situation->belief, revision);

    return costs->built[revision] && !tally->untestable &&
           tally->n_crash + tally->n_ok + tally->n_other + tally->n_doubtful == 0 &&
           tally->said == VERDICT_UNKNOWN;
}

/* What only waits for guests will tell what it has to tell, as if it were under way: others are
 * chosen beside it. */
static void count_waiting(const Situation *situation, const Costs *costs, gboolean *busy)
{
    guint n = situation->trials_are_full ? history_size(situation->range->history) : 0;

    for (guint32 r = 0; r < n; r++) {
        if (waits_for_guests(situation, costs, r)) {
            busy[belief_representative(situation->belief, r)] = TRUE;
        }
    }
}

/* What cannot begin now is no experiment. */
static void leave_out_full(const Situation *situation, const Costs *costs, gboolean *barred)
{
    for (guint32 r = 0; r < history_size(situation->range->history); r++) {
        barred[r] |= costs->built[r] ? situation->trials_are_full : situation->builds_are_full;
    }
}

void plan_clear(Plan *plan)
{
    g_free(plan->built);
    g_free(plan->busy);
    g_free(plan->barred);
    g_free(plan->build_s_of);
}
Plan plan_of(const Situation *situation)
{
    guint n = history_size(situation->range->history);
    Plan plan = {.built = g_new0(gboolean, n),
                 .busy = g_new0(gboolean, n),
                 .barred = g_new0(gboolean, n),
                 .build_s_of = g_new0(double, n)};

    plan.costs = costs_of(situation, plan.built, plan.busy, plan.barred, plan.build_s_of);
    return plan;
}

gboolean plan_next_experiment(const Situation *situation, Experiment *ret_experiment)
{
    g_auto(Plan) plan = plan_of(situation);

    count_waiting(situation, &plan.costs, plan.busy);
    leave_out_full(situation, &plan.costs, plan.barred);
    return belief_next_experiment(situation->belief, situation->confidence, &plan.costs,
                                  ret_experiment);
}

/* --- Is a build still wanted? ---------------------------------------------------------------- */

/* Less of a build is never left, by what is known of it: it has to be linked and packed. */
#define LEAST_LEFT 0.25
/* Another build has to tell so many times more a second: what is built of the one in its place is
 * lost, and the estimates are rough. */
#define WORTH_A_CHANGE 2.0

/* Bits a second of the best experiment at the revisions that @plan leaves; 0: none tells a thing.
 */
static double best_rate(const Situation *situation, const Plan *plan)
{
    Experiment experiment;

    return belief_next_experiment(situation->belief, situation->confidence, &plan->costs,
                                  &experiment)
               ? experiment.gain_bits * experiment.p_testable / experiment.cost_s
               : 0;
}

/* Is @revision the one candidate left, or a parent of it? */
static gboolean is_side(const Situation *situation, guint32 revision)
{
    guint32 best;
    guint n_left = belief_n_candidates(situation->belief, situation->confidence, &best), n_parents;
    const guint32 *parents = history_parents(situation->range->history, best, &n_parents);
    gboolean is = best == revision;

    for (guint i = 0; i < n_parents; i++) {
        is |= parents[i] == revision;
    }
    return n_left == 1 && is;
}

gboolean job_wants_build(const Situation *situation, const Task *build)
{
    gint64 revision = situation->range && build->phase == PHASE_SEARCH
                          ? range_find(situation->range, build->commit)
                          : -1;
    g_autoptr(GPtrArray) others = g_ptr_array_new();
    Situation beside = *situation;
    double own, other;

    if (revision < 0 || is_side(situation, (guint32)revision)) {
        return TRUE;
    }
    for (guint i = 0; i < situation->tasks->len; i++) {
        if (situation->tasks->pdata[i] != build) {
            g_ptr_array_add(others, situation->tasks->pdata[i]);
        }
    }
    beside.tasks = others;
    g_auto(Plan) alone = plan_of(&beside);
    g_auto(Plan) instead = plan_of(&beside);
    /* As when the build was asked for: or it would be stopped, and asked for again. */
    count_waiting(&beside, &alone.costs, alone.busy);
    count_waiting(&beside, &instead.costs, instead.busy);
    for (guint32 r = 0; r < history_size(situation->range->history); r++) {
        alone.barred[r] |= r != revision;
        instead.barred[r] |= r == revision || instead.built[r];
    }
    alone.costs.barred = alone.barred;
    instead.costs.barred = instead.barred;
    alone.build_s_of[revision] =
        MAX(alone.build_s_of[revision] - build->spent_s, alone.build_s_of[revision] * LEAST_LEFT);
    own = best_rate(&beside, &alone);
    other = best_rate(&beside, &instead);
    return own > 0 && own * WORTH_A_CHANGE >= other;
}
