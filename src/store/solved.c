/* SPDX-License-Identifier: Apache-2.0
 * Bugs whose commit is known: of each job that named a culprit how its start crashed, so that
 * thousands of jobs are compared without reading their trials.
 *
 * Jobs that found the same bug share its number. A job that is taken up again is done no more, so
 * its row does not count until it has ended anew.
 */
#include "store/private.h"

static void face_row_free(FaceRow *row)
{
    g_free(row->title);
    g_strfreev(row->alt_titles);
    g_free(row);
}

SolvedRow *solved_row_new(void)
{
    SolvedRow *row = g_new0(SolvedRow, 1);

    row->faces = g_ptr_array_new_with_free_func((GDestroyNotify)face_row_free);
    return row;
}

void solved_row_free(SolvedRow *row)
{
    if (!row) {
        return;
    }
    g_free(row->name);
    g_free(row->kind);
    g_free(row->culprit);
    g_ptr_array_unref(row->faces);
    g_free(row);
}

void solved_row_add_face(SolvedRow *row, const char *title, char *const *alt_titles,
                         gboolean corrupted, gboolean suppressed, guint n)
{
    FaceRow *face = g_new0(FaceRow, 1);

    *face = (FaceRow){.title = g_strdup(title),
                      .alt_titles = g_strdupv((char **)alt_titles),
                      .corrupted = corrupted,
                      .suppressed = suppressed,
                      .n = n};
    g_ptr_array_add(row->faces, face);
}

void job_name_free(JobName *name)
{
    g_free(name->name);
    g_free(name);
}

/* --- Writing --------------------------------------------------------------------------------- */

/* Run @sql, which has two numbers; @b where it has that many. */
static gboolean run_numbers(Store *store, const char *sql, gint64 a, gint64 b, GError **error)
{
    sqlite3_stmt *statement = store_prepare(store, sql, error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, a);
    if (sqlite3_bind_parameter_count(statement) > 1) {
        sqlite3_bind_int64(statement, 2, b);
    }
    return store_run(store, statement, "keeping what a job found", error);
}

gboolean store_drop_solved(Store *store, gint64 job, GError **error)
{
    return run_numbers(store, "DELETE FROM face WHERE job = ?", job, 0, error) &&
           run_numbers(store, "DELETE FROM solved WHERE job = ?", job, 0, error);
}

static gboolean put_face(Store *store, gint64 job, const FaceRow *face, GError **error)
{
    g_autofree char *alt_titles = face->alt_titles ? g_strjoinv("\n", face->alt_titles) : NULL;
    sqlite3_stmt *statement =
        store_prepare(store,
                      "INSERT INTO face (job, title, alt_titles, corrupted, suppressed, n)"
                      " VALUES (?, ?, ?, ?, ?, ?)",
                      error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, job);
    store_bind_text(statement, 2, face->title);
    store_bind_text(statement, 3, alt_titles);
    sqlite3_bind_int(statement, 4, face->corrupted);
    sqlite3_bind_int(statement, 5, face->suppressed);
    sqlite3_bind_int64(statement, 6, face->n);
    return store_run(store, statement, "keeping how a bug crashes", error);
}

static gboolean put_row(Store *store, const SolvedRow *row, GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store,
                      "INSERT INTO solved (job, kind, culprit, confidence, bug) VALUES (?, ?, ?, ?,"
                      " coalesce(nullif(?, 0), (SELECT coalesce(max(bug), 0) + 1 FROM solved)))",
                      error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, row->job);
    store_bind_text(statement, 2, row->kind);
    store_bind_text(statement, 3, row->culprit);
    sqlite3_bind_double(statement, 4, row->confidence);
    sqlite3_bind_int64(statement, 5, row->bug);
    return store_run(store, statement, "keeping what a job found", error);
}

gboolean store_put_solved(Store *store, const SolvedRow *row, const GArray *same_bugs,
                          GError **error)
{
    if (!store_drop_solved(store, row->job, error) || !put_row(store, row, error)) {
        return FALSE;
    }
    for (guint i = 0; i < row->faces->len; i++) {
        if (!put_face(store, row->job, row->faces->pdata[i], error)) {
            return FALSE;
        }
    }
    for (guint i = 0; same_bugs && i < same_bugs->len; i++) {
        if (!run_numbers(store, "UPDATE solved SET bug = ? WHERE bug = ?", row->bug,
                         g_array_index(same_bugs, gint64, i), error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- Reading --------------------------------------------------------------------------------- */

/* A row of the join: the first of a job makes the row of that, and each adds a face. */
static void take_face(GPtrArray *rows, sqlite3_stmt *statement)
{
    SolvedRow *row = rows->len ? rows->pdata[rows->len - 1] : NULL;
    gint64 job = sqlite3_column_int64(statement, 0);
    const char *alt_titles = (const char *)sqlite3_column_text(statement, 7);
    g_auto(GStrv) alts = alt_titles ? g_strsplit(alt_titles, "\n", -1) : NULL;

    if (!row || row->job != job) {
        row = solved_row_new();
        row->job = job;
        row->name = store_column(statement, 1);
        row->kind = store_column(statement, 2);
        row->culprit = store_column(statement, 3);
        row->confidence = sqlite3_column_double(statement, 4);
        row->bug = sqlite3_column_int64(statement, 5);
        g_ptr_array_add(rows, row);
    }
    solved_row_add_face(row, (const char *)sqlite3_column_text(statement, 6), alts,
                        sqlite3_column_int(statement, 8), sqlite3_column_int(statement, 9),
                        (guint)sqlite3_column_int64(statement, 10));
}

GPtrArray *store_solved(Store *store, const char *kind, gint64 job, GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)solved_row_free);
    g_autofree char *sql = g_strdup_printf(
        "SELECT solved.job, name, solved.kind, culprit, confidence, bug, title, alt_titles,"
        " corrupted, suppressed, n"
        " FROM solved JOIN job ON job.id = solved.job JOIN face ON face.job = solved.job"
        " WHERE solved.kind = ? AND solved.job != ? AND state = %d ORDER BY solved.job, face.id",
        JOB_DONE);
    sqlite3_stmt *statement = store_prepare(store, sql, error);
    int got;

    if (!statement) {
        return NULL;
    }
    store_bind_text(statement, 1, kind);
    sqlite3_bind_int64(statement, 2, job);
    while ((got = store_step(store, statement, "reading what jobs found", error)) > 0) {
        take_face(rows, statement);
    }
    sqlite3_finalize(statement);
    return got == 0 ? g_steal_pointer(&rows) : NULL;
}

static gpointer read_name(Store *store G_GNUC_UNUSED, sqlite3_stmt *statement)
{
    JobName *name = g_new0(JobName, 1);

    name->id = sqlite3_column_int64(statement, 0);
    name->name = store_column(statement, 1);
    return name;
}

GPtrArray *store_same_bug(Store *store, gint64 job, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT other.job, job.name FROM solved AS own JOIN job AS own_job ON"
                        " own_job.id = own.job JOIN solved AS other ON other.bug = own.bug"
                        " JOIN job ON job.id = other.job WHERE own.job = ? AND other.job != own.job"
                        " AND own_job.state = %d AND job.state = %d ORDER BY other.job",
                        JOB_DONE, JOB_DONE);

    if (store->version < 8) {
        return g_ptr_array_new_with_free_func((GDestroyNotify)job_name_free);
    }
    return store_select(store, job, sql, read_name, (GDestroyNotify)job_name_free, error);
}
