/* SPDX-License-Identifier: Apache-2.0
 * Who comes next.
 */
#include "service/service.h"

/* A minute, then twice as long each time, for some three hours in all. */
#define FIRST_RETRY_S 60
#define MOST_FAILURES 8

guint service_retry_s(guint n_failures)
{
    return n_failures < MOST_FAILURES ? FIRST_RETRY_S << (MAX(n_failures, 1) - 1) : 0;
}

static double used_by(GHashTable *used, const char *submitter)
{
    const double *seconds = used ? g_hash_table_lookup(used, submitter) : NULL;

    return seconds ? *seconds : 0;
}

QueueWait service_wait(const QueuedJob *job, GHashTable *today, const Rules *rules, gint64 now_s)
{
    if (rules->most_s_a_day > 0 && used_by(today, job->submitter) >= rules->most_s_a_day) {
        return WAIT_BUDGET;
    }
    /* What lies further off than it was put off was put off by a clock that has been set back. */
    return job->not_before_s > now_s &&
                   job->not_before_s - now_s <= service_retry_s(job->n_failures)
               ? WAIT_RETRY
               : WAIT_TURN;
}

/* Does @one come before @other? */
static gboolean is_before(const QueuedJob *one, const QueuedJob *other, GHashTable *recent)
{
    double one_s = used_by(recent, one->submitter), other_s = used_by(recent, other->submitter);

    if (one->was_running != other->was_running) {
        return one->was_running;
    }
    if (one->priority != other->priority) {
        return one->priority > other->priority;
    }
    if (one_s != other_s) {
        return one_s < other_s;
    }
    return one->id < other->id;
}

gint service_choose(const GPtrArray *queue, GHashTable *recent, GHashTable *today,
                    const Rules *rules, gint64 now_s)
{
    gint best = -1;

    for (guint i = 0; i < queue->len; i++) {
        const QueuedJob *job = queue->pdata[i];

        if (service_wait(job, today, rules, now_s) == WAIT_TURN &&
            (best < 0 || is_before(job, queue->pdata[best], recent))) {
            best = (gint)i;
        }
    }
    return best;
}

typedef struct Sorting {
    GHashTable *recent, *today;
    const Rules *rules;
    gint64 now_s;
} Sorting;

static gint compare_jobs(gconstpointer a, gconstpointer b, gpointer data)
{
    const Sorting *sorting = data;
    const QueuedJob *one = *(QueuedJob *const *)a, *other = *(QueuedJob *const *)b;
    gboolean one_may =
                 service_wait(one, sorting->today, sorting->rules, sorting->now_s) == WAIT_TURN,
             other_may =
                 service_wait(other, sorting->today, sorting->rules, sorting->now_s) == WAIT_TURN;

    if (one_may != other_may) {
        return one_may ? -1 : 1;
    }
    return is_before(one, other, sorting->recent) ? -1 : is_before(other, one, sorting->recent);
}

void service_sort(GPtrArray *queue, GHashTable *recent, GHashTable *today, const Rules *rules,
                  gint64 now_s)
{
    Sorting sorting = {recent, today, rules, now_s};

    g_ptr_array_sort_with_data(queue, compare_jobs, &sorting);
}
