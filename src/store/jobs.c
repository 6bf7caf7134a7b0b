/* SPDX-License-Identifier: Apache-2.0
 * Jobs: their rows, found by name or number, and what becomes of them.
 */
#include "store/private.h"

/* So many jobs are named where one is not found. */
#define N_NAMED 5

const char *job_state_name(JobState state)
{
    static const char *const names[] = {
        [JOB_RUNNING] = "running", [JOB_DONE] = "done",           [JOB_FAILED] = "failed",
        [JOB_QUEUED] = "queued",   [JOB_CANCELLED] = "cancelled",
    };

    return (guint)state < G_N_ELEMENTS(names) ? names[state] : "damaged";
}

JobRow *job_row_copy(const JobRow *row)
{
    JobRow *copy = g_memdup2(row, sizeof(*row));

    copy->name = g_strdup(row->name);
    copy->kind = g_strdup(row->kind);
    copy->spec = g_strdup(row->spec);
    copy->phase = g_strdup(row->phase);
    copy->answer = g_strdup(row->answer);
    copy->error = g_strdup(row->error);
    return copy;
}

void job_row_free(JobRow *row)
{
    if (!row) {
        return;
    }
    g_free(row->name);
    g_free(row->kind);
    g_free(row->spec);
    g_free(row->phase);
    g_free(row->answer);
    g_free(row->error);
    g_free(row);
}

gpointer store_read_job_row(Store *store G_GNUC_UNUSED, sqlite3_stmt *statement)
{
    JobRow *row = g_new0(JobRow, 1);

    row->id = sqlite3_column_int64(statement, 0);
    row->name = store_column(statement, 1);
    row->kind = store_column(statement, 2);
    row->spec = store_column(statement, 3);
    row->state = (JobState)sqlite3_column_int(statement, 4);
    row->phase = store_column(statement, 5);
    row->answer = store_column(statement, 6);
    row->error = store_column(statement, 7);
    row->created_s = sqlite3_column_int64(statement, 8);
    row->total_ms = (guint64)sqlite3_column_int64(statement, 9);
    row->build_ms = (guint64)sqlite3_column_int64(statement, 10);
    row->test_ms = (guint64)sqlite3_column_int64(statement, 11);
    return row;
}

gboolean store_add_job(Store *store, const char *name, const char *kind, const char *spec,
                       gint64 now_s, gint64 *ret_id, GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store,
                      "INSERT INTO job (name, kind, spec, state, phase, created_s)"
                      " VALUES (?, ?, ?, 0, 'reproduce', ?)",
                      error);

    if (!statement) {
        return FALSE;
    }
    store_bind_text(statement, 1, name);
    store_bind_text(statement, 2, kind);
    store_bind_text(statement, 3, spec);
    sqlite3_bind_int64(statement, 4, now_s);
    if (sqlite3_step(statement) != SQLITE_DONE) {
        gboolean exists = sqlite3_extended_errcode(store->db) == SQLITE_CONSTRAINT_UNIQUE;

        sqlite3_finalize(statement);
        if (!exists) {
            return store_fail(store, "adding a job", error);
        }
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    "there is a job named '%s' already: resume it, restart it with other options, "
                    "or give another --name",
                    name);
        return FALSE;
    }
    sqlite3_finalize(statement);
    *ret_id = sqlite3_last_insert_rowid(store->db);
    return TRUE;
}

GPtrArray *store_list_jobs(Store *store, GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT " SQL_JOB_COLUMNS " FROM job ORDER BY id", error);
    GPtrArray *rows;

    if (!statement) {
        return NULL;
    }
    rows = store_rows(store, statement, "reading jobs", store_read_job_row,
                      (GDestroyNotify)job_row_free, error);
    sqlite3_finalize(statement);
    return rows;
}

JobRow *store_read_job(Store *store, gint64 id, GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT " SQL_JOB_COLUMNS " FROM job WHERE id = ?", error);
    JobRow *row = NULL;
    int got;

    if (!statement) {
        return NULL;
    }
    sqlite3_bind_int64(statement, 1, id);
    got = store_step(store, statement, "reading a job", error);
    if (got > 0) {
        row = store_read_job_row(store, statement);
    } else if (got == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no job %" G_GINT64_FORMAT " in %s",
                    id, store->state_dir);
    }
    sqlite3_finalize(statement);
    return row;
}

/* Which jobs there are, by name, the newest first; of many the first few. Owned by the caller. */
static char *name_jobs(Store *store)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT name FROM job ORDER BY id DESC LIMIT ?", NULL);
    sqlite3_stmt *count = store_prepare(store, "SELECT count(*) FROM job", NULL);
    g_autoptr(GString) names = g_string_new(NULL);
    int n = count && sqlite3_step(count) == SQLITE_ROW ? sqlite3_column_int(count, 0) : 0;

    sqlite3_bind_int(statement, 1, N_NAMED);
    while (statement && store_step(store, statement, "naming jobs", NULL) > 0) {
        g_string_append_printf(names, "%s%s", names->len ? ", " : "",
                               (const char *)sqlite3_column_text(statement, 0));
    }
    if (n > N_NAMED) {
        g_string_append_printf(names, " and %d older ones ('firstbad status' lists all)",
                               n - N_NAMED);
    }
    sqlite3_finalize(statement);
    sqlite3_finalize(count);
    return g_string_free(g_steal_pointer(&names), FALSE);
}

/* A name is looked for before a number, though no name is one (job_check_spec()). */
JobRow *store_find_job(Store *store, const char *name, GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store,
                      name ? "SELECT " SQL_JOB_COLUMNS
                             " FROM job WHERE name = ?1 OR id = ?2 ORDER BY name = ?1 DESC"
                           : "SELECT " SQL_JOB_COLUMNS " FROM job ORDER BY id DESC LIMIT 1",
                      error);
    g_autofree char *known = NULL;
    JobRow *row = NULL;
    guint64 number = 0;
    int got;

    if (!statement) {
        return NULL;
    }
    if (name) {
        g_ascii_string_to_unsigned(name, 10, 1, G_MAXINT64, &number, NULL);
        store_bind_text(statement, 1, name);
        sqlite3_bind_int64(statement, 2, (gint64)number);
    }
    got = store_step(store, statement, "reading a job", error);
    if (got > 0) {
        row = store_read_job_row(store, statement);
    }
    sqlite3_finalize(statement);
    if (got != 0) {
        return row;
    }
    known = name_jobs(store);
    if (*known) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no job '%s' in %s; there are: %s",
                    name, store->state_dir, known);
    } else {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there are no jobs in %s yet",
                    store->state_dir);
    }
    return NULL;
}

gboolean store_set_job(Store *store, gint64 job, JobState state, const char *phase,
                       const char *answer, const char *error_text, GError **error)
{
    sqlite3_stmt *statement = store_prepare(
        store, "UPDATE job SET state = ?, phase = ?, answer = ?, error = ? WHERE id = ?", error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int(statement, 1, (int)state);
    store_bind_text(statement, 2, phase);
    store_bind_text(statement, 3, answer);
    store_bind_text(statement, 4, error_text);
    sqlite3_bind_int64(statement, 5, job);
    return store_run(store, statement, "updating a job", error);
}

gboolean store_reopen_job(Store *store, gint64 job, const char *spec, GError **error)
{
    sqlite3_stmt *statement = store_prepare(
        store, "UPDATE job SET state = ?, spec = ?, answer = NULL, error = NULL WHERE id = ?",
        error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int(statement, 1, JOB_RUNNING);
    store_bind_text(statement, 2, spec);
    sqlite3_bind_int64(statement, 3, job);
    return store_run(store, statement, "updating a job", error);
}

gboolean store_fail_job(Store *store, gint64 job, const char *error_text, GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE job SET state = ?, error = ? WHERE id = ?", error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int(statement, 1, JOB_FAILED);
    store_bind_text(statement, 2, error_text);
    sqlite3_bind_int64(statement, 3, job);
    return store_run(store, statement, "updating a job", error);
}

gboolean store_add_time(Store *store, gint64 job, guint64 total_ms, guint64 build_ms,
                        guint64 test_ms, GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store,
                      "UPDATE job SET total_ms = total_ms + ?, build_ms = build_ms + ?,"
                      " test_ms = test_ms + ? WHERE id = ?",
                      error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, (gint64)total_ms);
    sqlite3_bind_int64(statement, 2, (gint64)build_ms);
    sqlite3_bind_int64(statement, 3, (gint64)test_ms);
    sqlite3_bind_int64(statement, 4, job);
    return store_run(store, statement, "adding time", error);
}
