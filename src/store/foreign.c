/* SPDX-License-Identifier: Apache-2.0
 * What others saw of a job's revisions.
 */
#include "store/private.h"

/* Older stores have none. */
#define FIRST_WITH_FOREIGN 10

void foreign_row_free(ForeignRow *row)
{
    if (!row) {
        return;
    }
    g_free(row->commit);
    g_free(row->source);
    g_free(row->label);
    g_free(row->title);
    g_free(row);
}

static gboolean drop(Store *store, gint64 job, GError **error)
{
    sqlite3_stmt *statement = store_prepare(store, "DELETE FROM foreign_run WHERE job = ?", error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, job);
    return store_run(store, statement, "dropping foreign runs", error);
}

static gboolean put(Store *store, gint64 job, const ForeignRow *row, GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store,
                      "INSERT INTO foreign_run (job, commit_id, source, label, kind, n, title)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?)",
                      error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, job);
    store_bind_text(statement, 2, row->commit);
    store_bind_text(statement, 3, row->source);
    store_bind_text(statement, 4, row->label);
    sqlite3_bind_int(statement, 5, (int)row->kind);
    sqlite3_bind_int64(statement, 6, row->n);
    store_bind_text(statement, 7, row->title);
    return store_run(store, statement, "keeping a foreign run", error);
}

gboolean store_set_foreign(Store *store, gint64 job, const GPtrArray *rows, GError **error)
{
    if (!drop(store, job, error)) {
        return FALSE;
    }
    for (guint i = 0; i < rows->len; i++) {
        if (!put(store, job, rows->pdata[i], error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gpointer read_foreign(Store *store, sqlite3_stmt *statement)
{
    ForeignRow *row = g_new0(ForeignRow, 1);

    row->commit = store_column(statement, 0);
    row->source = store_column(statement, 1);
    row->label = store_column(statement, 2);
    row->kind = store_column_outcome(statement, 3);
    row->n = (guint)sqlite3_column_int64(statement, 4);
    row->title = store_column(statement, 5);
    return row;
}

GPtrArray *store_foreign(Store *store, gint64 job, GError **error)
{
    if (store->version < FIRST_WITH_FOREIGN) {
        return g_ptr_array_new_with_free_func((GDestroyNotify)foreign_row_free);
    }
    return store_select(store, job,
                        "SELECT commit_id, source, label, kind, n, title FROM foreign_run"
                        " WHERE job = ? ORDER BY id",
                        read_foreign, (GDestroyNotify)foreign_row_free, error);
}
