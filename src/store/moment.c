/* SPDX-License-Identifier: Apache-2.0
 * What was believed when: one row for each revision that was chosen.
 */
#include "store/private.h"

void moment_row_free(MomentRow *row)
{
    if (!row) {
        return;
    }
    g_free(row->phase);
    g_free(row->tried);
    g_free(row->shares);
    g_free(row->suspects);
    g_free(row);
}

gboolean store_put_moment(Store *store, gint64 job, const MomentRow *row, GError **error)
{
    sqlite3_stmt *statement = store_prepare(
        store,
        "INSERT INTO moment (job, at_ms, phase, tried, n_kernels, n_trials, n_revisions, n_left,"
        " bits, older, shares, suspects, left_s, left_low_s, left_high_s)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, job);
    sqlite3_bind_int64(statement, 2, row->at_ms);
    store_bind_text(statement, 3, row->phase);
    store_bind_text(statement, 4, row->tried);
    sqlite3_bind_int64(statement, 5, row->n_kernels);
    sqlite3_bind_int64(statement, 6, row->n_trials);
    sqlite3_bind_int64(statement, 7, row->n_revisions);
    sqlite3_bind_int64(statement, 8, row->n_left);
    sqlite3_bind_double(statement, 9, row->bits);
    sqlite3_bind_double(statement, 10, row->older);
    store_bind_text(statement, 11, row->shares);
    store_bind_text(statement, 12, row->suspects);
    sqlite3_bind_double(statement, 13, row->left_s);
    sqlite3_bind_double(statement, 14, row->left_low_s);
    sqlite3_bind_double(statement, 15, row->left_high_s);
    return store_run(store, statement, "keeping a moment", error);
}

static gpointer read_moment(Store *store, sqlite3_stmt *statement)
{
    MomentRow *row = g_new0(MomentRow, 1);

    row->at_ms = sqlite3_column_int64(statement, 0);
    row->phase = store_column(statement, 1);
    row->tried = store_column(statement, 2);
    row->n_kernels = (guint)sqlite3_column_int64(statement, 3);
    row->n_trials = (guint)sqlite3_column_int64(statement, 4);
    row->n_revisions = (guint)sqlite3_column_int64(statement, 5);
    row->n_left = (guint)sqlite3_column_int64(statement, 6);
    row->bits = sqlite3_column_double(statement, 7);
    row->older = sqlite3_column_double(statement, 8);
    row->shares = store_column(statement, 9);
    row->suspects = store_column(statement, 10);
    row->left_s = sqlite3_column_double(statement, 11);
    row->left_low_s = sqlite3_column_double(statement, 12);
    row->left_high_s = sqlite3_column_double(statement, 13);
    return row;
}

GPtrArray *store_moments(Store *store, gint64 job, GError **error)
{
    if (store->version < 9) {
        return g_ptr_array_new_with_free_func((GDestroyNotify)moment_row_free);
    }
    return store_select(
        store, job,
        "SELECT at_ms, phase, tried, n_kernels, n_trials, n_revisions, n_left, bits,"
        " older, shares, suspects, left_s, left_low_s, left_high_s FROM moment"
        " WHERE job = ? ORDER BY id",
        read_moment, (GDestroyNotify)moment_row_free, error);
}
