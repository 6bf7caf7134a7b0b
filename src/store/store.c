/* SPDX-License-Identifier: Apache-2.0
 * SQLite behind store.h: the schema, opening, and how statements are run.
 *
 * WAL with synchronous=FULL: a statement that returned is on disk.
 */
#include "store/private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define SCHEMA_VERSION 10

static const char schema[] =
    "CREATE TABLE job ("
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, spec TEXT NOT NULL,"
    "  state INTEGER NOT NULL, phase TEXT NOT NULL, answer TEXT, error TEXT, created_s INTEGER NOT "
    "NULL,"
    "  total_ms INTEGER NOT NULL DEFAULT 0, build_ms INTEGER NOT NULL DEFAULT 0,"
    "  test_ms INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE kernel ("
    "  id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job, commit_id TEXT NOT NULL, "
    "compiler TEXT,"
    "  key TEXT NOT NULL, status INTEGER NOT NULL, signature TEXT, first_error TEXT, dir TEXT,"
    "  build_ms INTEGER NOT NULL, reused INTEGER NOT NULL, UNIQUE (job, commit_id));"
    "CREATE TABLE trial ("
    "  id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job, commit_id TEXT NOT NULL,"
    "  kernel_key TEXT NOT NULL, kind INTEGER NOT NULL, title TEXT, alt_titles TEXT, report TEXT,"
    "  report_prefix INTEGER NOT NULL, corrupted INTEGER NOT NULL, suppressed INTEGER NOT NULL,"
    "  console TEXT, boot_ms INTEGER NOT NULL, run_ms INTEGER NOT NULL, ended_s INTEGER NOT NULL);"
    "CREATE INDEX trial_of_job ON trial (job, id);"
    "CREATE TABLE decision ("
    "  id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job, phase TEXT NOT NULL,"
    "  commit_id TEXT NOT NULL, label TEXT, subject TEXT, n_left INTEGER NOT NULL, bits REAL NOT "
    "NULL,"
    "  best TEXT, best_p REAL NOT NULL, verdict TEXT, UNIQUE (job, commit_id));"
    "PRAGMA user_version = 1;";

/* What made a store of version i + 1 one of version i + 2. A new store is made the same way, so
 * there is one description of each column. */
static const char *const changes[SCHEMA_VERSION - 1] = {
    "ALTER TABLE trial ADD COLUMN functions TEXT;"
    "PRAGMA user_version = 2;",
    "ALTER TABLE trial ADD COLUMN calls TEXT;"
    "CREATE TABLE fact ("
    "  id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job, commit_id TEXT NOT NULL,"
    "  kind TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (job, commit_id, kind));"
    "PRAGMA user_version = 3;",
    "CREATE TABLE span ("
    "  id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job, kind TEXT NOT NULL, phase TEXT,"
    "  commit_id TEXT, how TEXT, lane INTEGER NOT NULL, begun_ms INTEGER NOT NULL,"
    "  ended_ms INTEGER NOT NULL);"
    "CREATE INDEX span_of_job ON span (job);"
    "PRAGMA user_version = 4;",
    "ALTER TABLE trial ADD COLUMN restored INTEGER NOT NULL DEFAULT 0;"
    "PRAGMA user_version = 5;",
    "ALTER TABLE trial ADD COLUMN origin TEXT;"
    "CREATE UNIQUE INDEX trial_of_origin ON trial (job, origin) WHERE origin IS NOT NULL;"
    "PRAGMA user_version = 6;",
    "ALTER TABLE job ADD COLUMN submitter TEXT;"
    "ALTER TABLE job ADD COLUMN submission TEXT;"
    "ALTER TABLE job ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN not_before_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN n_failures INTEGER NOT NULL DEFAULT 0;"
    "CREATE UNIQUE INDEX job_of_submission ON job (submission) WHERE submission IS NOT NULL;"
    "CREATE INDEX job_in_queue ON job (state) WHERE state IN (0, 3);"
    "CREATE TABLE usage (submitter TEXT NOT NULL, hour INTEGER NOT NULL, ms INTEGER NOT NULL,"
    "  PRIMARY KEY (submitter, hour)) WITHOUT ROWID;"
    "PRAGMA user_version = 7;",
    "CREATE TABLE solved ("
    "  job INTEGER PRIMARY KEY REFERENCES job, kind TEXT NOT NULL, culprit TEXT NOT NULL,"
    "  confidence REAL NOT NULL, bug INTEGER NOT NULL);"
    "CREATE INDEX solved_of_bug ON solved (bug);"
    "CREATE TABLE face ("
    "  id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job, title TEXT NOT NULL,"
    "  alt_titles TEXT, corrupted INTEGER NOT NULL, suppressed INTEGER NOT NULL,"
    "  n INTEGER NOT NULL);"
    "CREATE INDEX face_of_job ON face (job);"
    "PRAGMA user_version = 8;",
    "CREATE TABLE moment ("
    "  id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job, at_ms INTEGER NOT NULL,"
    "  phase TEXT NOT NULL, tried TEXT, n_kernels INTEGER NOT NULL, n_trials INTEGER NOT NULL,"
    "  n_revisions INTEGER NOT NULL, n_left INTEGER NOT NULL, bits REAL NOT NULL,"
    "  older REAL NOT NULL, shares TEXT NOT NULL, suspects TEXT NOT NULL, left_s REAL NOT NULL,"
    "  left_low_s REAL NOT NULL, left_high_s REAL NOT NULL);"
    "CREATE INDEX moment_of_job ON moment (job, id);"
    "PRAGMA user_version = 9;",
    "CREATE TABLE foreign_run ("
    "  id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job, commit_id TEXT NOT NULL,"
    "  source TEXT NOT NULL, label TEXT, kind INTEGER NOT NULL, n INTEGER NOT NULL, title TEXT);"
    "CREATE INDEX foreign_run_of_job ON foreign_run (job, id);"
    "PRAGMA user_version = 10;",
};

gboolean store_fail(Store *store, const char *doing, GError **error)
{
    int code = sqlite3_errcode(store->db) & 0xff;

    /* Where the index of the WAL cannot grow, SQLite speaks of an I/O error. */
    if (code == SQLITE_FULL ||
        (code == SQLITE_IOERR && sqlite3_system_errno(store->db) == ENOSPC)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "store: %s: no space left in %s", doing,
                    store->state_dir);
    } else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
        store_fail_damaged(store, "is damaged", error);
    } else if (code == SQLITE_CANTOPEN && sqlite3_system_errno(store->db)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_READ_ONLY, "store: %s: %s: %s", doing,
                    sqlite3_errmsg(store->db), g_strerror(sqlite3_system_errno(store->db)));
    } else {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "store: %s: %s", doing,
                    sqlite3_errmsg(store->db));
    }
    return FALSE;
}

sqlite3_stmt *store_prepare(Store *store, const char *sql, GError **error)
{
    sqlite3_stmt *statement = NULL;

    if (g_hash_table_steal_extended(store->statements, sql, NULL, (gpointer *)&statement)) {
        return statement;
    }
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        store_fail(store, sql, error);
        return NULL;
    }
    return statement;
}

static void finalize(gpointer statement)
{
    sqlite3_finalize(statement);
}

void store_give_back(Store *store, sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    g_hash_table_replace(store->statements, (gpointer)sqlite3_sql(statement), statement);
}

gboolean store_execute(Store *store, const char *sql, GError **error)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           store_fail(store, "writing", error);
}

static gboolean run_alone(Store *store, sqlite3_stmt *statement, const char *doing, GError **error)
{
    int code = SQLITE_ABORT;

    if (store_is_there(store, error) && (code = sqlite3_step(statement)) != SQLITE_DONE) {
        store_fail(store, doing, error);
    }
    store_give_back(store, statement);
    return code == SQLITE_DONE;
}

gboolean store_begin(Store *store, GError **error)
{
    return store_is_there(store, error) && store_execute(store, "BEGIN IMMEDIATE", error);
}

gboolean store_end(Store *store, gboolean keep, GError **error)
{
    if (keep && (!store->spans || store_write_spans(store, error)) &&
        store_execute(store, "COMMIT", error)) {
        store_forget_spans(store);
        store_back_up_hourly(store);
        return TRUE;
    }
    store_execute(store, "ROLLBACK", NULL);
    return FALSE;
}

gboolean store_run(Store *store, sqlite3_stmt *statement, const char *doing, GError **error)
{
    /* Within a transaction (keep.c) what waits can wait on. */
    if (!store->spans || !sqlite3_get_autocommit(store->db)) {
        return run_alone(store, statement, doing, error);
    }
    if (!store_begin(store, error)) {
        store_give_back(store, statement);
        return FALSE;
    }
    return store_end(store, run_alone(store, statement, doing, error), error);
}

/* Is nothing in @column of the row, where there has to be something? Nobody but a disk writes so.
 */
static gboolean is_hole(Store *store, sqlite3_stmt *statement, int column)
{
    const char *name;
    int is_not_null = 0;

    if (sqlite3_column_type(statement, column) != SQLITE_NULL) {
        return FALSE;
    }
    name = sqlite3_column_origin_name(statement, column);
    return name &&
           sqlite3_table_column_metadata(store->db, NULL,
                                         sqlite3_column_table_name(statement, column), name, NULL,
                                         NULL, &is_not_null, NULL, NULL) == SQLITE_OK &&
           is_not_null;
}

int store_step(Store *store, sqlite3_stmt *statement, const char *doing, GError **error)
{
    int code = sqlite3_step(statement);

    if (code != SQLITE_ROW) {
        return code == SQLITE_DONE || store_fail(store, doing, error) ? 0 : -1;
    }
    for (int i = 0; i < sqlite3_data_count(statement); i++) {
        if (is_hole(store, statement, i)) {
            store_fail_damaged(store, "is damaged", error);
            return -1;
        }
    }
    return 1;
}

void store_bind_text(sqlite3_stmt *statement, int column, const char *value)
{
    sqlite3_bind_text(statement, column, value, -1, SQLITE_TRANSIENT);
}

char *store_column(sqlite3_stmt *statement, int column)
{
    return g_strdup((const char *)sqlite3_column_text(statement, column));
}

OutcomeKind store_column_outcome(sqlite3_stmt *statement, int column)
{
    gint64 kind = sqlite3_column_int64(statement, column);

    return kind >= 0 && kind < N_OUTCOME_KINDS ? (OutcomeKind)kind : OUTCOME_INFRA;
}

GPtrArray *store_rows(Store *store, sqlite3_stmt *statement, const char *doing, StoreReader read,
                      GDestroyNotify free_row, GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(free_row);
    int got;

    while ((got = store_step(store, statement, doing, error)) > 0) {
        g_ptr_array_add(rows, read(store, statement));
    }
    return got == 0 ? g_steal_pointer(&rows) : NULL;
}

GPtrArray *store_select(Store *store, gint64 job, const char *sql, StoreReader read,
                        GDestroyNotify free_row, GError **error)
{
    sqlite3_stmt *statement = store_prepare(store, sql, error);
    GPtrArray *rows;

    if (!statement) {
        return NULL;
    }
    sqlite3_bind_int64(statement, 1, job);
    rows = store_rows(store, statement, "reading", read, free_row, error);
    sqlite3_finalize(statement);
    return rows;
}

/* --- Opening --------------------------------------------------------------------------------- */

static gboolean read_version(Store *store, GError **error)
{
    sqlite3_stmt *statement = store_prepare(store, "PRAGMA user_version", error);

    gboolean done = statement && sqlite3_step(statement) == SQLITE_ROW;

    if (done) {
        store->version = sqlite3_column_int(statement, 0);
    } else if (statement) {
        store_fail(store, "reading its version", error);
    }
    sqlite3_finalize(statement);
    return done;
}

/* Bring an empty or older store to this version, in one transaction: it is of the one or the other,
 * whenever we die. */
static gboolean upgrade(Store *store, GError **error)
{
    g_autoptr(GString) sql = g_string_new("BEGIN;");

    if (store->version == 0) {
        g_string_append(sql, schema);
    }
    for (guint i = store->version > 0 ? (guint)store->version - 1 : 0; i < G_N_ELEMENTS(changes);
         i++) {
        g_string_append(sql, changes[i]);
    }
    g_string_append(sql, "COMMIT;");
    store->version = SCHEMA_VERSION;
    return store_execute(store, sql->str, error);
}

static gboolean fail_without_jobs(const Store *store, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                "there are no jobs in %s yet: start one with 'firstbad cause', or name another "
                "folder with --state-dir",
                store->state_dir);
    return FALSE;
}

/* A coordinator ended (the disk was full) before it made a store of the file. */
static gboolean has_no_tables(Store *store)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT 1 FROM sqlite_master", NULL);
    gboolean none = statement && sqlite3_step(statement) == SQLITE_DONE;

    sqlite3_finalize(statement);
    return none;
}

static gboolean set_up(Store *store, StoreMode mode, GError **error)
{
    sqlite3_busy_timeout(store->db, 10000);
    if (mode == STORE_WRITE &&
        !store_execute(
            store,
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
            error)) {
        return FALSE;
    }
    if (!read_version(store, error) || !store_is_whole(store, mode, error)) {
        return FALSE;
    }
    if (mode == STORE_WRITE && store->version >= 0 && store->version < SCHEMA_VERSION) {
        return upgrade(store, error);
    }
    if (store->version == 0 && has_no_tables(store)) {
        return fail_without_jobs(store, error);
    }
    if (store->version < 1 || store->version > SCHEMA_VERSION) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "the store in %s is of version %d, this firstbad reads versions up to %d: use "
                    "a new --state-dir",
                    store->state_dir, store->version, SCHEMA_VERSION);
        return FALSE;
    }
    return TRUE;
}

Store *store_new(const char *state_dir)
{
    Store *store = g_new0(Store, 1);

    store->lock_fd = -1;
    store->statements = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, finalize);
    store->state_dir = g_canonicalize_filename(state_dir, NULL);
    store->backed_up_us = g_get_monotonic_time();
    return store;
}

gboolean store_open_database(Store *store, StoreMode mode, GError **error)
{
    g_autofree char *path = g_build_filename(store->state_dir, STORE_FILE, NULL);
    int flags =
        mode == STORE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;

    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK) {
        return store_fail(store, path, error);
    }
    return set_up(store, mode, error);
}

int store_open_as_it_is(const char *path, sqlite3 **ret_db)
{
    g_autofree char *uri = g_filename_to_uri(path, NULL, NULL);
    g_autofree char *as_it_is = g_strconcat(uri, "?immutable=1", NULL);

    return sqlite3_open_v2(as_it_is, ret_db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
}

/* A reader needs the index of the WAL beside the database, which cannot be made where nothing can
 * be written: a backup that is mounted read-only, a full disk. There the database is read without,
 * as long as nobody works on it and all that was written is in it. */
static gboolean read_as_it_is(Store *store, GError **error)
{
    g_autofree char *path = g_build_filename(store->state_dir, STORE_FILE, NULL),
                    *wal = g_strconcat(path, "-wal", NULL);
    GStatBuf status;

    if (store_has_coordinator(store) || (g_stat(wal, &status) == 0 && status.st_size > 0)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_READ_ONLY,
                    "what was written last in %s cannot be read where nothing can be written: copy "
                    "the folder to where there is room, and name that with --state-dir",
                    store->state_dir);
        return FALSE;
    }
    sqlite3_close(g_steal_pointer(&store->db));
    if (store_open_as_it_is(path, &store->db) != SQLITE_OK) {
        return store_fail(store, path, error);
    }
    return set_up(store, STORE_READ, error);
}

static gboolean open_to_read(Store *store, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (store_open_database(store, STORE_READ, &failure)) {
        return TRUE;
    }
    if (g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_READ_ONLY) ||
        g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NO_SPACE)) {
        return read_as_it_is(store, error);
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* Is there a database to read in the state folder? */
static gboolean find_database(const Store *store, GError **error)
{
    g_autofree char *path = g_build_filename(store->state_dir, STORE_FILE, NULL);
    GStatBuf status;

    if (g_stat(path, &status) == 0) {
        return TRUE;
    }
    if (errno != ENOENT) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "cannot read the state folder %s: %s", store->state_dir, g_strerror(errno));
        return FALSE;
    }
    return store_has_copy(store) ? store_fail_damaged(store, "is gone", error)
                                 : fail_without_jobs(store, error);
}

Store *store_open(const char *state_dir, StoreMode mode, GError **error)
{
    g_autoptr(Store) store = store_new(state_dir);
    g_autofree char *path = g_build_filename(state_dir, STORE_FILE, NULL);

    if (mode == STORE_READ) {
        return find_database(store, error) && open_to_read(store, error) ? g_steal_pointer(&store)
                                                                         : NULL;
    }
    if (g_mkdir_with_parents(state_dir, 0700) != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot make the state folder %s: %s",
                    state_dir, g_strerror(errno));
        return NULL;
    }
    if (!store_take_lock(store, error)) {
        return NULL;
    }
    /* SQLite would let others read it where the folder, or the umask, does; what it makes
     * beside has the same mode. Opening and closing it here would drop locks on it. */
    mknod(path, S_IFREG | 0600, 0);
    return store_open_database(store, STORE_WRITE, error) ? g_steal_pointer(&store) : NULL;
}

/* What of the database lies beside it is somebody else's where the folder is another one by now. */
static void close_written(Store *store)
{
    if (!store_is_there(store, NULL)) {
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    } else if (sqlite3_total_changes(store->db) > 0) {
        store_back_up(store);
    }
}

void store_free(Store *store)
{
    if (!store) {
        return;
    }
    if (store->spans && (!store_is_there(store, NULL) || !store_write_spans(store, NULL))) {
        g_debug("%s: spans are lost", store->state_dir);
    }
    store_forget_spans(store);
    if (store->lock_fd >= 0 && store->db) {
        close_written(store);
    }
    g_hash_table_unref(store->statements);
    ZSTD_freeCCtx(store->packer);
    sqlite3_close(store->db);
    if (store->lock_fd >= 0) {
        close(store->lock_fd);
    }
    g_free(store->state_dir);
    g_free(store);
}

char *store_job_dir(Store *store, gint64 job)
{
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, job);
    char *path = g_build_filename(store->state_dir, "jobs", number, NULL);

    if (store_is_there(store, NULL)) {
        g_mkdir_with_parents(path, 0700);
    }
    return path;
}
