/* SPDX-License-Identifier: Apache-2.0
 * A store that a disk, or whoever copied it, has damaged; and the copy that it can go back to.
 *
 * SQLite notices a damaged page when it reads it, and of some damage nothing at all: an index that
 * lacks rows only gives fewer. So a coordinator has all of it checked before it trusts it: 0.2 s
 * for 100,000 trials. Bytes that changed within a text or a number nobody can see; but one trial
 * that lies is never proof.
 *
 * The copy is made by SQLite's own backup, so that it is of one moment, and takes the place of the
 * one before by one rename, after it was checked: a damaged store is copied page by page.
 */
#include "store/private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define BACKUP ".backup"
#define NEW    BACKUP ".new"

/* While rows are written. */
#define BACKUP_EVERY_US (G_GINT64_CONSTANT(3600) * G_USEC_PER_SEC)

/* --- Checking -------------------------------------------------------------------------------- */

typedef enum StoreHealth { STORE_WHOLE, STORE_DAMAGED, STORE_UNKNOWN } StoreHealth;

static StoreHealth check(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    StoreHealth health = STORE_UNKNOWN;
    int code = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &statement, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        const char *said = (const char *)sqlite3_column_text(statement, 0);

        health = g_strcmp0(said, "ok") == 0 ? STORE_WHOLE : STORE_DAMAGED;
    } else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
        health = STORE_DAMAGED;
    }
    sqlite3_finalize(statement);
    return health;
}

/* Of the copy at @path, which nobody writes. */
static StoreHealth check_copy(const char *path)
{
    sqlite3 *db = NULL;
    StoreHealth health = STORE_UNKNOWN;

    if (store_open_as_it_is(path, &db) == SQLITE_OK) {
        health = check(db);
    }
    sqlite3_close(db);
    return health;
}

static char *path_of(const Store *store, const char *suffix)
{
    return g_strconcat(store->state_dir, G_DIR_SEPARATOR_S STORE_FILE, suffix, NULL);
}

/* When the copy was made, for people; NULL: there is none. Owned by the caller. */
static char *time_of_copy(const Store *store)
{
    g_autofree char *path = path_of(store, BACKUP);
    g_autoptr(GDateTime) time = NULL;
    GStatBuf status;

    if (g_stat(path, &status) != 0) {
        return NULL;
    }
    time = g_date_time_new_from_unix_local(status.st_mtime);
    return g_date_time_format(time, "%F %H:%M");
}

gboolean store_has_copy(const Store *store)
{
    g_autofree char *path = path_of(store, BACKUP);

    return g_access(path, F_OK) == 0;
}

gboolean store_fail_damaged(const Store *store, const char *how, GError **error)
{
    g_autofree char *time = time_of_copy(store);

    if (time) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s/" STORE_FILE " %s; 'firstbad doctor --restore --state-dir %s' goes back to "
                    "its copy of %s, and says what is lost",
                    store->state_dir, how, store->state_dir, time);
    } else {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s/" STORE_FILE " %s, and there is no copy of it: use a new --state-dir",
                    store->state_dir, how);
    }
    return FALSE;
}

gboolean store_is_whole(Store *store, StoreMode mode, GError **error)
{
    /* Of an empty one SQLite makes a new one. */
    if (store->version == 0 && store_has_copy(store)) {
        return store_fail_damaged(store, "is empty", error);
    }
    return mode == STORE_READ || store_check(store, error);
}

gboolean store_check(Store *store, GError **error)
{
    switch (check(store->db)) {
    case STORE_WHOLE:
        return TRUE;
    case STORE_DAMAGED:
        return store_fail_damaged(store, "is damaged", error);
    default:
        return store_fail(store, "checking it", error);
    }
}

/* --- Copying --------------------------------------------------------------------------------- */

/* All of @from into the file @path, on disk when it returns. */
static gboolean copy_database(sqlite3 *from, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    sqlite3 *to = NULL;
    sqlite3_backup *backup = NULL;
    gboolean done = FALSE;

    /* Half of one is of no use, so it needs no journal. */
    if (fd >= 0 && sqlite3_open(path, &to) == SQLITE_OK &&
        sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL) ==
            SQLITE_OK) {
        backup = sqlite3_backup_init(to, "main", from, "main");
    }
    if (backup) {
        gboolean all = sqlite3_backup_step(backup, -1) == SQLITE_DONE;

        done = sqlite3_backup_finish(backup) == SQLITE_OK && all;
    }
    done = sqlite3_close(to) == SQLITE_OK && done && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return done;
}

void store_back_up(Store *store)
{
    g_autofree char *path = path_of(store, BACKUP), *new_path = path_of(store, NEW);

    store->backed_up_us = g_get_monotonic_time();
    if (!copy_database(store->db, new_path) || check_copy(new_path) != STORE_WHOLE ||
        g_rename(new_path, path) != 0) {
        g_debug("%s: no copy was made", store->state_dir);
        g_unlink(new_path);
    }
}

void store_back_up_hourly(Store *store)
{
    if (g_get_monotonic_time() - store->backed_up_us >= BACKUP_EVERY_US) {
        store_back_up(store);
    }
}

/* --- Going back ------------------------------------------------------------------------------ */

/* The damaged files are kept, for who knows how to read them. A WAL would be taken for the copy's,
 * so it goes before the copy comes. */
static gboolean swap(const Store *store, GError **error)
{
    static const char *const suffixes[] = {"", "-wal"};
    g_autofree char *path = path_of(store, ""), *copy = path_of(store, BACKUP);
    g_autofree char *wal = path_of(store, "-wal"), *shm = path_of(store, "-shm");

    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *from = path_of(store, suffixes[i]);
        g_autofree char *name = g_strconcat(".damaged", suffixes[i], NULL);
        g_autofree char *to = path_of(store, name);

        g_unlink(to);
        if (link(from, to) != 0 && errno != ENOENT) {
            g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "keeping %s as %s: %s",
                        from, to, g_strerror(errno));
            return FALSE;
        }
    }
    g_unlink(wal);
    g_unlink(shm);
    if (g_rename(copy, path) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "moving %s to %s: %s", copy,
                    path, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

/* Consoles in the folder of @job that no trial names. */
static guint count_lost_trials(Store *store, gint64 job, const char *job_dir)
{
    g_autofree char *folder = g_build_filename(job_dir, "consoles", NULL);
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT 1 FROM trial WHERE job = ? AND console = 'consoles/' || ?", NULL);
    const char *name;
    guint n = 0;

    while (statement && listing && (name = g_dir_read_name(listing))) {
        sqlite3_bind_int64(statement, 1, job);
        store_bind_text(statement, 2, name);
        n += g_str_has_suffix(name, ".zst") && sqlite3_step(statement) == SQLITE_DONE;
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    return n;
}

/* What is lost of the job whose folder is jobs/@name, for people; NULL: nothing. The next job of
 * that number must not find the files of one that is lost whole. */
static char *tell_lost(Store *store, const char *name)
{
    g_autofree char *job_dir = g_build_filename(store->state_dir, "jobs", name, NULL);
    gint64 id = g_ascii_strtoll(name, NULL, 10);
    g_autoptr(JobRow) row = store_read_job(store, id, NULL);
    guint n_trials;

    if (!row) {
        g_autofree char *uuid = g_uuid_string_random();
        g_autofree char *away = g_strdup_printf("%s.lost-%.8s", job_dir, uuid);

        return g_rename(job_dir, away) == 0
                   ? g_strdup_printf("job %s: all of it; its files are in %s", name, away)
                   : g_strdup_printf("job %s: all of it; move %s away", name, job_dir);
    }
    n_trials = count_lost_trials(store, id, job_dir);
    return n_trials > 0
               ? g_strdup_printf("job %s (%s): %u trials; 'firstbad resume' makes them again", name,
                                 row->name, n_trials)
               : NULL;
}

static void list_lost(Store *store, GPtrArray *lines)
{
    g_autofree char *folder = g_build_filename(store->state_dir, "jobs", NULL);
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    while (listing && (name = g_dir_read_name(listing))) {
        if (g_ascii_string_to_unsigned(name, 10, 1, G_MAXINT64, NULL, NULL)) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    for (guint i = 0; i < names->len; i++) {
        char *line = tell_lost(store, names->pdata[i]);

        if (line) {
            g_ptr_array_add(lines, line);
        }
    }
}

GPtrArray *store_restore(const char *state_dir, GError **error)
{
    g_autoptr(Store) store = store_new(state_dir);
    g_autofree char *copy = path_of(store, BACKUP), *path = path_of(store, "");
    g_autofree char *time = time_of_copy(store);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) damage = NULL;

    if (!store_take_lock(store, error)) {
        return NULL;
    }
    if (!time || check_copy(copy) != STORE_WHOLE) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no whole copy in %s",
                    store->state_dir);
        return NULL;
    }
    if (store_open_database(store, STORE_WRITE, &damage)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    "%s is whole: there is nothing to restore", path);
        return NULL;
    }
    if (!g_error_matches(damage, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)) {
        g_propagate_error(error, g_steal_pointer(&damage));
        return NULL;
    }
    sqlite3_close(g_steal_pointer(&store->db));
    if (!swap(store, error) || !store_open_database(store, STORE_WRITE, error)) {
        return NULL;
    }
    g_ptr_array_add(lines, g_strdup_printf("%s is as it was at %s", path, time));
    list_lost(store, lines);
    return g_steal_pointer(&lines);
}
