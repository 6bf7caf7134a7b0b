/* SPDX-License-Identifier: Apache-2.0
 * Jobs that wait for a service, and what their submitters have used.
 */
#include <math.h>

#include "store/private.h"

#define HOUR_S 3600
/* Older stores, which are only read, have none. */
#define FIRST_WITH_QUEUE 7

void queued_job_free(QueuedJob *job)
{
    g_free(job->name);
    g_free(job->submitter);
    g_free(job->error);
    g_free(job);
}

gboolean store_find_submission(Store *store, const char *submission, gint64 *ret_id, GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT id FROM job WHERE submission = ?", error);
    int got;

    if (!statement) {
        return FALSE;
    }
    store_bind_text(statement, 1, submission);
    got = store_step(store, statement, "reading the queue", error);
    if (got >= 0) {
        *ret_id = got > 0 ? sqlite3_column_int64(statement, 0) : 0;
    }
    store_give_back(store, statement);
    return got >= 0;
}

gboolean store_submit_job(Store *store, const char *submission, const char *submitter,
                          gint64 priority, const char *name, const char *kind, const char *spec,
                          gint64 now_s, gint64 *ret_id, GError **error)
{
    g_autofree char *free_name = NULL;
    sqlite3_stmt *statement;

    if (!store_find_submission(store, submission, ret_id, error)) {
        return FALSE;
    }
    if (*ret_id) {
        return TRUE;
    }
    free_name = store_free_name(store, name, error);
    statement = free_name
                    ? store_prepare(store,
                                    "INSERT INTO job (name, kind, spec, state, phase,"
                                    " created_s, submission, submitter, priority)"
                                    " VALUES (?, ?, ?, " SQL_QUEUED ", 'reproduce', ?, ?, ?, ?)",
                                    error)
                    : NULL;
    if (!statement) {
        return FALSE;
    }
    store_bind_text(statement, 1, free_name);
    store_bind_text(statement, 2, kind);
    store_bind_text(statement, 3, spec);
    sqlite3_bind_int64(statement, 4, now_s);
    store_bind_text(statement, 5, submission);
    store_bind_text(statement, 6, submitter);
    sqlite3_bind_int64(statement, 7, priority);
    if (!store_run(store, statement, "queueing a job", error)) {
        return FALSE;
    }
    *ret_id = sqlite3_last_insert_rowid(store->db);
    return TRUE;
}

static gpointer read_queued(Store *store, sqlite3_stmt *statement)
{
    QueuedJob *job = g_new0(QueuedJob, 1);

    job->id = sqlite3_column_int64(statement, 0);
    job->name = store_column(statement, 1);
    job->submitter = store_column(statement, 2);
    job->priority = sqlite3_column_int64(statement, 3);
    job->submitted_s = sqlite3_column_int64(statement, 4);
    job->not_before_s = sqlite3_column_int64(statement, 5);
    job->n_failures = (guint)sqlite3_column_int(statement, 6);
    job->was_running = sqlite3_column_int(statement, 7) == JOB_RUNNING;
    job->error = store_column(statement, 8);
    return job;
}

GPtrArray *store_queue(Store *store, GError **error)
{
    if (store->version < FIRST_WITH_QUEUE) {
        return g_ptr_array_new();
    }
    return store_select(store, 0,
                        "SELECT id, name, submitter, priority, created_s, not_before_s, n_failures,"
                        " state, error FROM job WHERE state IN (" SQL_RUNNING ", " SQL_QUEUED
                        ") AND submitter IS NOT NULL"
                        " AND id > ? ORDER BY id",
                        read_queued, (GDestroyNotify)queued_job_free, error);
}

gboolean store_queue_job(Store *store, gint64 job, const char *submitter, GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store,
                      "UPDATE job SET state = " SQL_QUEUED ", not_before_s = 0, n_failures = 0,"
                      " error = NULL, submitter = coalesce(submitter, ?) WHERE id = ?",
                      error);

    if (!statement) {
        return FALSE;
    }
    store_bind_text(statement, 1, submitter);
    sqlite3_bind_int64(statement, 2, job);
    return store_run(store, statement, "queueing a job", error);
}

gboolean store_begin_job(Store *store, gint64 job, GError **error)
{
    sqlite3_stmt *statement = store_prepare(
        store, "UPDATE job SET state = " SQL_RUNNING ", error = NULL WHERE id = ?", error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, job);
    return store_run(store, statement, "beginning a job", error);
}

gboolean store_requeue_job(Store *store, gint64 job, gint64 not_before_s, guint n_failures,
                           const char *error_text, GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store,
                      "UPDATE job SET state = " SQL_QUEUED
                      ", not_before_s = ?, n_failures = ?, error = ? WHERE id = ?",
                      error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, not_before_s);
    sqlite3_bind_int(statement, 2, (int)n_failures);
    store_bind_text(statement, 3, error_text);
    sqlite3_bind_int64(statement, 4, job);
    return store_run(store, statement, "queueing a job again", error);
}

gboolean store_cancel_job(Store *store, gint64 job, gboolean *ret_done, GError **error)
{
    sqlite3_stmt *statement = store_prepare(store,
                                            "UPDATE job SET state = " SQL_CANCELLED
                                            " WHERE id = ? AND state IN (" SQL_RUNNING
                                            ", " SQL_FAILED ", " SQL_QUEUED ")",
                                            error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, job);
    if (!store_run(store, statement, "cancelling a job", error)) {
        return FALSE;
    }
    *ret_done = sqlite3_changes(store->db) == 0;
    return TRUE;
}

gboolean store_can_cancel(const JobRow *row)
{
    return row->state == JOB_RUNNING || row->state == JOB_FAILED || row->state == JOB_QUEUED;
}

gboolean store_add_usage(Store *store, const char *submitter, gint64 now_s, guint64 ms,
                         GError **error)
{
    sqlite3_stmt *statement = store_prepare(store,
                                            "INSERT INTO usage VALUES (?, ?, ?)"
                                            " ON CONFLICT DO UPDATE SET ms = ms + excluded.ms",
                                            error);

    if (!statement) {
        return FALSE;
    }
    store_bind_text(statement, 1, submitter);
    sqlite3_bind_int64(statement, 2, now_s / HOUR_S);
    sqlite3_bind_int64(statement, 3, (gint64)ms);
    return store_run(store, statement, "adding what was used", error);
}

gboolean store_forget_usage(Store *store, gint64 before_s, GError **error)
{
    sqlite3_stmt *statement = store_prepare(store, "DELETE FROM usage WHERE hour < ?", error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, before_s / HOUR_S);
    return store_run(store, statement, "forgetting what was used", error);
}

GHashTable *store_usage(Store *store, gint64 since_s, gint64 now_s, double half_life_s,
                        GError **error)
{
    g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT submitter, hour, ms FROM usage WHERE hour BETWEEN ? AND ?", error);
    int got;

    if (!statement) {
        return NULL;
    }
    sqlite3_bind_int64(statement, 1, since_s / HOUR_S);
    sqlite3_bind_int64(statement, 2, now_s / HOUR_S);
    while ((got = store_step(store, statement, "reading what was used", error)) > 0) {
        g_autofree char *submitter = store_column(statement, 0);
        double age_s = (double)(now_s - sqlite3_column_int64(statement, 1) * HOUR_S);
        double weight = half_life_s > 0 ? exp2(-age_s / half_life_s) : 1;
        double *sum = g_hash_table_lookup(used, submitter);

        if (!sum) {
            sum = g_new0(double, 1);
            g_hash_table_insert(used, g_steal_pointer(&submitter), sum);
        }
        *sum += weight * (double)sqlite3_column_int64(statement, 2) / 1000;
    }
    store_give_back(store, statement);
    return got == 0 ? g_steal_pointer(&used) : NULL;
}
