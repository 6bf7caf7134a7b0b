/* SPDX-License-Identifier: Apache-2.0
 * The half of a job that carries out: asks decide.c what to do, has the farm do it (builds.c,
 * trials.c), and asks again whenever something has ended.
 *
 * What the farm does goes on beside other works; what the job does itself (load a range, examine a
 * suspect) is done at once, with nobody's trials waiting for it: guests that are not listened to
 * would pass for dead ones.
 */
#include "job/private.h"

/* --- What the job does itself ---------------------------------------------------------------- */

/* Of a fix: where its range grows from, and which of that has the culprit, if that is known. */
static gboolean load_roots(Job *job, const Range *range, GError **error)
{
    g_autoptr(Roots) roots = repo_range_roots(job->repo, range, error);
    g_autofree gboolean *is_bad = roots && job->spec->culprit ? g_new0(gboolean, roots->n) : NULL;

    if (!roots) {
        return FALSE;
    }
    for (guint i = 0; is_bad && i < roots->n; i++) {
        if (!repo_is_ancestor(job->repo, job->spec->culprit, roots->commits[i], &is_bad[i],
                              error)) {
            return FALSE;
        }
    }
    job->roots = g_steal_pointer(&roots);
    job->is_root_bad = g_steal_pointer(&is_bad);
    job->situation.roots = job->roots;
    job->situation.is_root_bad = job->is_root_bad;
    return TRUE;
}

/* From @older, the good end or of a fix the start, to the other end. */
static gboolean load_range(Job *job, const char *older, GError **error)
{
    const char *const end[] = {older, NULL};
    const char *const *ends = job->bases ? (const char *const *)job->bases : end;
    const char *newer = job->spec->fix ? job->spec->good : job->spec->start;
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Range) range = repo_load_range_beyond(job->repo, ends, newer, error);
    g_autofree double *log_prior = NULL;
    g_autofree gboolean *is_release = NULL;
    BeliefModel model;

    if (!range || (job->spec->fix && !load_roots(job, range, error))) {
        return FALSE;
    }
    job_tell(job, "reading what the revisions change", NULL);
    is_release = g_new0(gboolean, history_size(range->history));
    log_prior = job_make_prior(job, range, is_release, lines, error);
    if (!log_prior) {
        return FALSE;
    }
    g_clear_pointer(&job->belief, belief_free);
    g_clear_pointer(&job->range, range_free);
    belief_model_default(&model);
    model.is_fix = job->spec->fix;
    job->range = g_steal_pointer(&range);
    job->belief = belief_new(job->range->history, &model, log_prior);
    belief_set_releases(job->belief, is_release);
    job->situation.range = job->range;
    job->situation.belief = job->belief;
    job_learn_made(job);
    job_say(job, "range: %u revisions after %.12s", history_size(job->range->history) - 1, older);
    job_take_foreign(job, log_prior);
    if (job->bases) {
        job_say(job, "--good %.12s is not behind the start: where they parted stands for it",
                job->spec->good);
    }
    for (guint i = 0; i < lines->len; i++) {
        job_tell(job, NULL, lines->pdata[i]);
    }
    return job_place_all(job, error) && job_keep_moment(job, NULL, error);
}

/* In one transaction with its place in the range and what is believed now. */
static gboolean keep_row(Job *job, const DecisionRow *row, GError **error)
{
    return store_begin(job->store, error) &&
           store_end(job->store,
                     store_put_decision(job->store, job->id, row, error) &&
                         job_place(job, row->commit, error) &&
                         job_keep_moment(job, row->commit, error),
                     error);
}

gboolean job_keep_decision(Job *job, const Action *action, GError **error)
{
    g_autofree char *commit = variant_commit(action->commit);
    g_autoptr(DecisionRow) row = NULL;

    /* The try of a mend is none of the steps of the search. */
    if (g_hash_table_contains(job->decided, action->commit) ||
        job_tries_mend(job, action->commit)) {
        return TRUE;
    }
    row = g_new0(DecisionRow, 1);
    row->phase = g_strdup(job_phase_name(action->phase));
    row->commit = g_strdup(action->commit);
    row->label = g_strdup(action->label);
    row->subject = repo_subject(job->repo, commit, error);
    if (!row->subject) {
        return FALSE;
    }
    if (job->belief) {
        guint32 best;

        row->n_left = belief_n_candidates(job->belief, job->situation.confidence, &best);
        row->bits = belief_entropy(job->belief);
        row->best = g_strdup(job->range->commits[best]);
        row->best_p = belief_posterior(job->belief)[best];
    }
    g_hash_table_insert(job->decided, g_strdup(action->commit), GUINT_TO_POINTER(action->phase));
    return keep_row(job, row, error);
}

/* --- Asking ---------------------------------------------------------------------------------- */

/* The works as the decider sees them, but @but: those that shall end are none. @tasks: for them. */
static void show_works(Job *job, const Work *but, GPtrArray *tasks)
{
    gint64 now_us = g_get_monotonic_time();
    guint n_builds = 0, n_batches = 0;

    for (guint i = 0; i < job->works->len; i++) {
        Work *work = job->works->pdata[i];

        if (work == but) {
            continue;
        }
        work->task.spent_s = (double)(now_us - work->begun_us) / G_USEC_PER_SEC;
        n_builds += work->task.n_trials == 0;
        n_batches += work->task.n_trials > 0;
        if (!work->is_stopped) {
            g_ptr_array_add(tasks, work);
        }
    }
    job->situation.tasks = tasks;
    if (job->farm->n_slots > 0) {
        job->situation.builds_are_full = n_builds >= job->farm->n_slots;
        job->situation.trials_are_full = n_batches > 0;
    } else {
        job->situation.builds_are_full = job->situation.trials_are_full =
            n_builds + n_batches >= MAX(job->farm->n_places, 1);
    }
}

static void hide_works(Job *job)
{
    job->situation.tasks = NULL;
    job->situation.builds_are_full = job->situation.trials_are_full = FALSE;
}

void job_ask(Job *job, const Work *but, Action *ret_action)
{
    g_autoptr(GPtrArray) tasks = g_ptr_array_new();

    job_learn_costs(job);
    show_works(job, but, tasks);
    job_decide(&job->situation, ret_action);
    hide_works(job);
}

/* A farm whose places are all taken needs not be asked what else to do. */
static gboolean may_begin(const Job *job)
{
    return job->farm->n_slots > 0 || job->works->len < MAX(job->farm->n_places, 1);
}

/* Builds that were begun beside others and are not worth what is left of them: what is built so far
 * is lost, but for what ccache keeps. */
static void stop_worthless(Job *job)
{
    g_autoptr(GPtrArray) tasks = g_ptr_array_new();

    if (job->range && job->works->len > 0) {
        situation_update_belief(&job->situation);
    }
    show_works(job, NULL, tasks);
    for (guint i = 0; i < tasks->len; i++) {
        Work *work = tasks->pdata[i];

        if (work->is_ahead && !job_wants_build(&job->situation, &work->task)) {
            work_stop(work);
        }
    }
    hide_works(job);
}

/* Must all works, or all trials, have ended before @action is carried out? */
static gboolean must_wait(Job *job, const Action *action)
{
    switch (action->kind) {
    case ACTION_BUILD:
    case ACTION_TRIALS:
        return FALSE;
    case ACTION_ANSWER:
    case ACTION_ADOPT:    /* changes what is built */
    case ACTION_MINIMISE: /* needs a slot */
        job_stop_works(job);
        return job->works->len > 0;
    case ACTION_WAIT:
        return TRUE;
    default:
        return job_n_batches(job) > 0;
    }
}

/* To look at what was found takes time, in which no trial that ends is followed by another: here
 * trials are done first. A cluster has them in its queue, and always some. */
static gboolean may_look(const Job *job)
{
    return job_n_batches(job) == 0 || job->farm->takes_all_trials;
}

/* Has anybody ended the job? */
static gboolean is_ended(Job *job, GError **error)
{
    if (job->error) {
        g_propagate_error(error, g_steal_pointer(&job->error));
        return TRUE;
    }
    return g_cancellable_set_error_if_cancelled(job->cancellable, error);
}

/* What is built beside trials is not yet where the job is. */
static gboolean enter_phase(Job *job, const Action *action, GError **error)
{
    if (action->phase == job->phase || (action->kind == ACTION_BUILD && job->works->len > 0)) {
        return TRUE;
    }
    job->phase = action->phase;
    return action->kind == ACTION_ANSWER ||
           store_set_job(job->store, job->id, JOB_RUNNING, job_phase_name(job->phase), NULL, NULL,
                         error);
}

static gboolean overrule(Job *job, const char *commit, GError **error)
{
    job_say(job, "%.12s looked good, but all after it has the bug: going further back", commit);
    g_hash_table_add(job->situation.overruled, g_strdup(commit));
    return store_set_verdict(job->store, job->id, commit, verdict_name(VERDICT_BAD), error);
}

/* SpanRow.kind of what the coordinator does itself. */
static const char *const work_names[] = {
    [ACTION_LOAD_RANGE] = "range", [ACTION_EXAMINE] = "examine",   [ACTION_MEND] = "mend",
    [ACTION_ADOPT] = "mend",       [ACTION_MINIMISE] = "minimise", [ACTION_ANSWER] = NULL,
};

/* Carry out any @action but to wait or to answer. */
static gboolean act(Job *job, const Action *action, GError **error)
{
    switch (action->kind) {
    case ACTION_BUILD:
        /* Whether one that is built beside others will be wanted is seen when it is tried. */
        if (job->works->len == 0 && !job_keep_decision(job, action, error)) {
            return FALSE;
        }
        job_begin_build(job, action);
        return TRUE;
    case ACTION_TRIALS:
        if (!job_keep_decision(job, action, error)) {
            return FALSE;
        }
        job_begin_trials(job, action);
        return TRUE;
    case ACTION_OVERRULE:
        return overrule(job, action->commit, error);
    case ACTION_LOAD_RANGE:
        return load_range(job, action->commit, error);
    case ACTION_EXAMINE:
        return job_examine(job, action->commit, error);
    case ACTION_MEND:
        return job_carry_mend(job, action, error);
    case ACTION_ADOPT:
        return job_carry_adopt(job, action, error);
    case ACTION_MINIMISE:
        return job_carry_minimise(job, error);
    case ACTION_WAIT:
    case ACTION_ANSWER:
        break;
    }
    g_assert_not_reached();
}

static gboolean finish(Job *job, Answer *answer, GError **error)
{
    gint64 begun_us = g_get_monotonic_time();
    gboolean done;

    job_tell(job, "writing the report", NULL);
    done = job_keep_moment(job, NULL, error) && job_finish_answer(job, answer, error);
    job_put_work(job, "report", begun_us);
    if (!done || !job_book_time(job, error)) {
        return FALSE;
    }
    farm_done(job->farm);
    return TRUE;
}

gboolean job_advance(Job *job, Answer **ret_answer, GError **error)
{
    *ret_answer = NULL;
    for (;;) {
        Action action = {.kind = ACTION_WAIT};
        gint64 begun_us = g_get_monotonic_time();
        gboolean done;

        if (is_ended(job, error)) {
            return FALSE;
        }
        job->has_news = FALSE;
        job_learn_same(job);
        if (may_look(job) && (!job_look_for_drift(job, error) || !job_prove_reach(job, error))) {
            return FALSE;
        }
        job_put_work(job, "prove", begun_us);
        if (!job_look_for_known(job, error)) {
            return FALSE;
        }
        stop_worthless(job);
        if (job_is_paused(job)) {
            if (!job->has_news) {
                return TRUE;
            }
            continue;
        }
        if (may_begin(job)) {
            job_ask(job, NULL, &action);
        }
        if (must_wait(job, &action)) {
            g_clear_pointer(&action.answer, answer_free);
            g_assert(job->works->len > 0);
            if (!job->has_news) {
                return TRUE;
            }
            continue;
        }
        if (!enter_phase(job, &action, error)) {
            g_clear_pointer(&action.answer, answer_free);
            return FALSE;
        }
        if (action.kind == ACTION_ANSWER) {
            if (!finish(job, action.answer, error)) {
                answer_free(action.answer);
                return FALSE;
            }
            *ret_answer = action.answer;
            return TRUE;
        }
        begun_us = g_get_monotonic_time();
        done = act(job, &action, error);
        if (work_names[action.kind]) {
            job_put_work(job, work_names[action.kind], begun_us);
        }
        if (!done) {
            return FALSE;
        }
    }
}

void job_begin(Job *job, JobProgressFunc progress, gpointer user_data, GCancellable *cancellable)
{
    job->progress = progress;
    job->progress_data = user_data;
    job->cancellable = cancellable;
    job->booked_us = g_get_monotonic_time();
    job->has_news = TRUE;
}

gboolean job_has_news(const Job *job)
{
    return job->has_news || g_cancellable_is_cancelled(job->cancellable);
}

void job_end(Job *job)
{
    job_stop_works(job);
    job_wait_for_works(job);
    job_stop_showing(job);
    g_clear_error(&job->error);
}

gboolean job_carry_out(Job *job, JobProgressFunc progress, gpointer user_data,
                       GCancellable *cancellable, Answer **ret_answer, GError **error)
{
    gboolean done;

    job_begin(job, progress, user_data, cancellable);
    while ((done = job_advance(job, ret_answer, error)) && !*ret_answer) {
        while (!job_has_news(job)) {
            g_main_context_iteration(NULL, TRUE);
        }
    }
    job_end(job);
    return done;
}
