/* SPDX-License-Identifier: Apache-2.0
 * When what was done. A span waits for the next row that is written: they share a transaction.
 */
#include "store/private.h"

/* What lies beyond a disk has made, and readers would count up to it: no machine, and no cluster,
 * does more at once; and the year 9999. */
#define MOST_LANES 4096
#define LAST_MS    G_GINT64_CONSTANT(253402300799000)

/* A span that waits. */
typedef struct Waiting {
    gint64 job;
    SpanRow *span;
} Waiting;

static void waiting_free(gpointer data)
{
    Waiting *waiting = data;

    span_row_free(waiting->span);
    g_free(waiting);
}

void span_row_free(SpanRow *row)
{
    if (!row) {
        return;
    }
    g_free(row->kind);
    g_free(row->phase);
    g_free(row->commit);
    g_free(row->how);
    g_free(row);
}

static SpanRow *copy_span(const SpanRow *row)
{
    SpanRow *copy = g_memdup2(row, sizeof(*row));

    copy->kind = g_strdup(row->kind);
    copy->phase = g_strdup(row->phase);
    copy->commit = g_strdup(row->commit);
    copy->how = g_strdup(row->how);
    return copy;
}

void store_put_span(Store *store, gint64 job, const SpanRow *span)
{
    Waiting *waiting = g_new(Waiting, 1);

    *waiting = (Waiting){.job = job, .span = copy_span(span)};
    if (!store->spans) {
        store->spans = g_ptr_array_new_with_free_func(waiting_free);
    }
    g_ptr_array_add(store->spans, waiting);
}

static gboolean write_span(Store *store, gint64 job, const SpanRow *span, GError **error)
{
    sqlite3_stmt *statement = store_prepare(
        store,
        "INSERT INTO span (job, kind, phase, commit_id, how, lane, begun_ms, ended_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        error);
    gboolean done;

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, job);
    store_bind_text(statement, 2, span->kind);
    store_bind_text(statement, 3, span->phase);
    store_bind_text(statement, 4, span->commit);
    store_bind_text(statement, 5, span->how);
    sqlite3_bind_int64(statement, 6, span->lane);
    sqlite3_bind_int64(statement, 7, span->begun_ms);
    sqlite3_bind_int64(statement, 8, span->ended_ms);
    done = sqlite3_step(statement) == SQLITE_DONE || store_fail(store, "keeping a span", error);
    store_give_back(store, statement);
    return done;
}

gboolean store_write_spans(Store *store, GError **error)
{
    for (guint i = 0; i < store->spans->len; i++) {
        const Waiting *waiting = store->spans->pdata[i];

        if (!write_span(store, waiting->job, waiting->span, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

void store_forget_spans(Store *store)
{
    g_clear_pointer(&store->spans, g_ptr_array_unref);
}

static gpointer read_span(Store *store, sqlite3_stmt *statement)
{
    SpanRow *row = g_new0(SpanRow, 1);

    row->kind = store_column(statement, 0);
    row->phase = store_column(statement, 1);
    row->commit = store_column(statement, 2);
    row->how = store_column(statement, 3);
    row->lane = (guint)CLAMP(sqlite3_column_int64(statement, 4), 0, MOST_LANES - 1);
    row->begun_ms = CLAMP(sqlite3_column_int64(statement, 5), 0, LAST_MS);
    row->ended_ms = CLAMP(sqlite3_column_int64(statement, 6), row->begun_ms, LAST_MS);
    return row;
}

GPtrArray *store_spans(Store *store, gint64 job, GError **error)
{
    if (store->version < 4) {
        return g_ptr_array_new_with_free_func((GDestroyNotify)span_row_free);
    }
    return store_select(store, job,
                        "SELECT kind, phase, commit_id, how, lane, begun_ms, ended_ms FROM span"
                        " WHERE job = ? ORDER BY ended_ms, id",
                        read_span, (GDestroyNotify)span_row_free, error);
}
