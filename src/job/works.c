/* SPDX-License-Identifier: Apache-2.0
 * Works under way: the builds and trials that the farm does at the moment, which the decider sees
 * as tasks. A work ends when its last program has, and takes itself off the list then; what it
 * showed is evidence by that time. Whoever waits is woken by job->has_news.
 */
#include "job/private.h"

/* The first lane on which nothing is built now. */
static guint free_lane(const Job *job)
{
    guint lane = 0;

    for (guint i = 0; i < job->works->len; i++) {
        const Work *work = job->works->pdata[i];

        if (work->task.n_trials == 0 && work->lane == lane) {
            lane++;
            i = G_MAXUINT; /* from the first one again */
        }
    }
    return lane;
}

Work *work_begin(Job *job, const Action *action)
{
    Work *work = g_new0(Work, 1);

    work->task.commit = g_strdup(action->commit);
    work->task.n_trials = action->kind == ACTION_TRIALS ? action->n_trials : 0;
    work->task.phase = action->phase;
    work->label = action->label;
    work->is_ahead = job->works->len > 0 && action->kind == ACTION_BUILD;
    work->job = job;
    work->begun_us = g_get_monotonic_time();
    work->cancellable = g_cancellable_new();
    work->lane = free_lane(job);
    g_ptr_array_add(job->works, work);
    return work;
}

void work_free(Work *work)
{
    g_free(work->task.commit);
    g_clear_pointer(&work->kernel, kernel_free);
    g_object_unref(work->cancellable);
    g_clear_error(&work->error);
    g_free(work);
}

void work_end(Work *work)
{
    Job *job = work->job;

    job->has_news = TRUE;
    if (work->is_stopped && g_error_matches(work->error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_clear_error(&work->error);
    }
    if (work->error && !job->error) {
        job->error = g_steal_pointer(&work->error);
    }
    g_ptr_array_remove(job->works, work);
}

void work_stop(Work *work)
{
    work->is_stopped = TRUE;
    g_cancellable_cancel(work->cancellable);
}

guint job_n_builds(const Job *job)
{
    guint n = 0;

    for (guint i = 0; i < job->works->len; i++) {
        n += ((const Work *)job->works->pdata[i])->task.n_trials == 0;
    }
    return n;
}

guint job_n_batches(const Job *job)
{
    return job->works->len - job_n_builds(job);
}

gboolean job_is_on_trial(const Job *job, const char *commit)
{
    for (guint i = 0; i < job->works->len; i++) {
        const Work *work = job->works->pdata[i];

        if (work->task.n_trials > 0 && g_str_equal(work->task.commit, commit)) {
            return TRUE;
        }
    }
    return FALSE;
}

void job_stop_works(Job *job)
{
    for (guint i = 0; i < job->works->len; i++) {
        work_stop(job->works->pdata[i]);
    }
}

void job_keep_result(GObject *source, GAsyncResult *res, gpointer ret_res)
{
    *(GAsyncResult **)ret_res = g_object_ref(res);
}

void job_wait_for_result(GAsyncResult **res)
{
    while (!*res) {
        g_main_context_iteration(NULL, TRUE);
    }
}

void job_wait_for_works(Job *job)
{
    while (job->works->len > 0) {
        g_main_context_iteration(NULL, TRUE);
    }
}

/* --- What is told of them -------------------------------------------------------------------- */

void job_tell_works(Job *job, const char *begun)
{
    g_autoptr(GString) doing = g_string_new(NULL);

    for (guint is_build = 0; is_build < 2; is_build++) {
        for (guint i = 0; i < job->works->len; i++) {
            Work *work = job->works->pdata[i];

            if ((work->task.n_trials == 0) == is_build) {
                g_autofree char *text = is_build ? build_text(work) : batch_text(work);

                g_string_append_printf(doing, "%s%s", doing->len ? ", " : "", text);
            }
        }
    }
    job_show_works(job, doing->str, begun);
}
