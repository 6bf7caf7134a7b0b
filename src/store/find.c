/* SPDX-License-Identifier: Apache-2.0
 * Some of many jobs.
 */
#include "store/private.h"

/* The numbers are those of bind(). */
#define SQL_FILTER                                                                                 \
    " FROM job WHERE (?1 < 0 OR state = ?1) AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL"         \
    " OR instr(lower(name), ?3) OR instr(lower(spec), ?3) OR instr(lower(answer), ?3))"

static sqlite3_stmt *prepare(Store *store, const char *sql, const JobFilter *filter, GError **error)
{
    g_autofree char *text = filter->text ? g_ascii_strdown(filter->text, -1) : NULL;
    sqlite3_stmt *statement = store_prepare(store, sql, error);

    if (statement) {
        sqlite3_bind_int(statement, 1, filter->has_state ? (int)filter->state : -1);
        store_bind_text(statement, 2, filter->kind);
        store_bind_text(statement, 3, text);
    }
    return statement;
}

static gboolean count(Store *store, const JobFilter *filter, guint *ret_n, GError **error)
{
    sqlite3_stmt *statement = prepare(store, "SELECT count(*)" SQL_FILTER, filter, error);
    gboolean counted = statement && sqlite3_step(statement) == SQLITE_ROW;

    if (counted) {
        *ret_n = (guint)sqlite3_column_int(statement, 0);
    } else if (statement) {
        store_fail(store, "counting jobs", error);
    }
    if (statement) {
        store_give_back(store, statement);
    }
    return counted;
}

GPtrArray *store_find_jobs(Store *store, const JobFilter *filter, guint *ret_n_found,
                           GError **error)
{
    sqlite3_stmt *statement =
        count(store, filter, ret_n_found, error)
            ? prepare(store,
                      "SELECT " SQL_JOB_COLUMNS SQL_FILTER " ORDER BY id DESC LIMIT ?4 OFFSET ?5",
                      filter, error)
            : NULL;
    GPtrArray *rows;

    if (!statement) {
        return NULL;
    }
    sqlite3_bind_int64(statement, 4, filter->n_most);
    sqlite3_bind_int64(statement, 5, filter->first);
    rows = store_rows(store, statement, "reading jobs", store_read_job_row,
                      (GDestroyNotify)job_row_free, error);
    store_give_back(store, statement);
    return rows;
}
