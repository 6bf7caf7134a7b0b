/* SPDX-License-Identifier: Apache-2.0
 * What the files of the store share.
 */
#pragma once

#include "store/store.h"

#include <sqlite3.h>

struct Store {
    sqlite3 *db;
    char *state_dir;
    int lock_fd;                /* -1 when reading */
    int version;                /* of the schema; older than ours only when reading */
    gboolean is_service;        /* store_be_service() was called */
    GPtrArray *spans;           /* not yet written (span.c) */
    GHashTable *statements;     /* SQL -> statement that was run and waits for the next time */
    struct ZSTD_CCtx_s *packer; /* of consoles; NULL: none yet */
    gint64 backed_up_us;        /* the last copy was made, of g_get_monotonic_time() */
};

/* The database, in the state folder. */
#define STORE_FILE "firstbad.db"

/* Of @state_dir, with neither lock nor database. */
Store *store_new(const char *state_dir);
/* Open the database and bring it up to date. A damaged one is G_IO_ERROR_INVALID_DATA. */
gboolean store_open_database(Store *store, StoreMode mode, GError **error);
/* The database @path as it lies there, which nobody writes meanwhile: it needs no file beside it.
 * *ret_db is to be closed in any case. Gives SQLite's code. */
int store_open_as_it_is(const char *path, sqlite3 **ret_db);
/* Is all of it whole? A coordinator asks so before it trusts it. FALSE: G_IO_ERROR_INVALID_DATA. */
gboolean store_check(Store *store, GError **error);

/* --- backup.c --- */

/* May it be trusted, once its version is known? A reader does not look at all of it. */
gboolean store_is_whole(Store *store, StoreMode mode, GError **error);
/* Give FALSE with what is wrong ("is damaged"), and what a person can do. */
gboolean store_fail_damaged(const Store *store, const char *how, GError **error);
gboolean store_has_copy(const Store *store);
/* Make the copy anew; where that fails, the one before stays. */
void store_back_up(Store *store);
/* The same, if it is time. */
void store_back_up_hourly(Store *store);

/* States as statements have them. They are written out, and not bound, since an index of some rows
 * (job_in_queue) serves only a statement that says so itself. */
#define SQL_RUNNING   "0"
#define SQL_FAILED    "2"
#define SQL_QUEUED    "3"
#define SQL_CANCELLED "4"
G_STATIC_ASSERT(JOB_RUNNING == 0 && JOB_FAILED == 2 && JOB_QUEUED == 3 && JOB_CANCELLED == 4);

/* Take the lock of the state folder (lock.c). */
gboolean store_take_lock(Store *store, GError **error);

/* Set @error from SQLite's and give FALSE. A full disk is G_IO_ERROR_NO_SPACE. */
gboolean store_fail(Store *store, const char *doing, GError **error);
/* To be finalized, or given back to be used again: compiling costs more than most statements. */
sqlite3_stmt *store_prepare(Store *store, const char *sql, GError **error);
void store_give_back(Store *store, sqlite3_stmt *statement);
/* Step a statement that gives no rows, and give it back. What waits for a row (span.c) is written
 * with it. */
gboolean store_run(Store *store, sqlite3_stmt *statement, const char *doing, GError **error);
/* Step a statement that gives rows: 1 for a row, 0 after the last, -1: @error. A row without what
 * all rows have (a column that is NOT NULL) is one of a damaged database. */
int store_step(Store *store, sqlite3_stmt *statement, const char *doing, GError **error);
void store_bind_text(sqlite3_stmt *statement, int column, const char *value);
char *store_column(sqlite3_stmt *statement, int column);
/* What a run showed. One of no kind, which a disk has made, told nothing: OUTCOME_INFRA. */
OutcomeKind store_column_outcome(sqlite3_stmt *statement, int column);
/* Does @sql, which gives no rows. */
gboolean store_execute(Store *store, const char *sql, GError **error);

/* What becomes of a row. */
typedef gpointer (*StoreReader)(Store *store, sqlite3_stmt *statement);
/* All rows that @statement gives; it stays the caller's. */
GPtrArray *store_rows(Store *store, sqlite3_stmt *statement, const char *doing, StoreReader read,
                      GDestroyNotify free_row, GError **error);
/* All rows of @job that @sql selects. */
GPtrArray *store_select(Store *store, gint64 job, const char *sql, StoreReader read,
                        GDestroyNotify free_row, GError **error);

/* What store_read_job_row() reads of a row that was selected. */
#define SQL_JOB_COLUMNS                                                                            \
    "id, name, kind, spec, state, phase, answer, error, created_s, total_ms, build_ms, test_ms"
gpointer store_read_job_row(Store *store, sqlite3_stmt *statement);

/* Insert the spans that wait; they wait on until store_forget_spans(). */
gboolean store_write_spans(Store *store, GError **error);
void store_forget_spans(Store *store);
