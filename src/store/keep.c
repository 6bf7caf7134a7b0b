/* SPDX-License-Identifier: Apache-2.0
 * A new job that takes over what is known of another one.
 *
 * Rows are copied in one transaction. Files are linked before it ends: a job that is there has
 * them, and what a process that died has linked is named by no row, and harmless to the next job of
 * that number, since names of consoles are never used twice and other names say what is in the
 * file.
 */
#include "store/private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Has a job this name? -1: @error. */
static int is_taken(Store *store, const char *name, GError **error)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT 1 FROM job WHERE name = ?", error);
    int got;

    if (!statement) {
        return -1;
    }
    store_bind_text(statement, 1, name);
    got = store_step(store, statement, "reading names of jobs", error);
    store_give_back(store, statement);
    return got;
}

char *store_free_name(Store *store, const char *name, GError **error)
{
    g_autofree char *free_name = g_strdup(name);
    int taken;

    for (guint n = 2; (taken = is_taken(store, free_name, error)) == 1; n++) {
        g_free(free_name);
        free_name = g_strdup_printf("%s-%u", name, n);
    }
    return taken == 0 ? g_steal_pointer(&free_name) : NULL;
}

/* --- Files ----------------------------------------------------------------------------------- */

static gboolean keep_file(const char *from, const char *to, GError **error)
{
    g_autoptr(GFile) source = g_file_new_for_path(from), target = g_file_new_for_path(to);

    if (link(from, to) == 0 || errno == EEXIST) {
        return TRUE;
    }
    return g_file_copy(source, target, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, error);
}

static void flush_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* The folder @name of job @id, made when missing. Owned by the caller. */
static char *folder_of(Store *store, gint64 id, const char *name)
{
    g_autofree char *job_dir = store_job_dir(store, id);
    char *folder = g_build_filename(job_dir, name, NULL);

    g_mkdir_with_parents(folder, 0700);
    return folder;
}

/* All files of folder @name of job @from. */
static gboolean keep_folder(Store *store, gint64 from, gint64 to, const char *name, GError **error)
{
    g_autofree char *source = folder_of(store, from, name), *target = folder_of(store, to, name);
    g_autoptr(GDir) folder = g_dir_open(source, 0, error);
    const char *file;

    if (!folder) {
        return FALSE;
    }
    while ((file = g_dir_read_name(folder))) {
        g_autofree char *a = g_build_filename(source, file, NULL),
                        *b = g_build_filename(target, file, NULL);

        if (g_file_test(a, G_FILE_TEST_IS_REGULAR) && !keep_file(a, b, error)) {
            return FALSE;
        }
    }
    flush_folder(target);
    return TRUE;
}

/* The consoles that the rows of @to name. One that is lost is as lost there as it was. */
static gboolean keep_consoles(Store *store, gint64 from, gint64 to, GError **error)
{
    g_autofree char *target = folder_of(store, to, "consoles");
    g_autofree char *from_job = store_job_dir(store, from), *to_job = store_job_dir(store, to);
    g_autoptr(GPtrArray) trials = store_trials(store, to, error);

    for (guint i = 0; trials && i < trials->len; i++) {
        const char *path = ((const TrialRow *)trials->pdata[i])->console_path;
        g_autofree char *source =
            path ? g_build_filename(from_job, path + strlen(to_job), NULL) : NULL;

        if (source && g_file_test(source, G_FILE_TEST_EXISTS) && !keep_file(source, path, error)) {
            return FALSE;
        }
    }
    flush_folder(target);
    return trials != NULL;
}

/* --- Rows ------------------------------------------------------------------------------------ */

/* @sql has the new job as its first parameter, the other one as the second, and as the third, where
 * it has one, @text. */
static gboolean copy(Store *store, const char *sql, gint64 to, gint64 from, const char *text,
                     GError **error)
{
    sqlite3_stmt *statement = store_prepare(store, sql, error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, to);
    sqlite3_bind_int64(statement, 2, from);
    if (sqlite3_bind_parameter_count(statement) > 2) {
        store_bind_text(statement, 3, text);
    }
    return store_run(store, statement, "taking over evidence", error);
}

static gboolean copy_kernels(Store *store, const StoreKeep *keep, gint64 to, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO kernel (job, commit_id, compiler, key, status, signature, first_error, dir,"
        " build_ms, reused)"
        " SELECT ?1, commit_id, compiler, key, status, %s, first_error, dir, build_ms, 1"
        " FROM kernel WHERE job = ?2 AND commit_id = coalesce(?3, commit_id) AND status <= %d"
        " ORDER BY id",
        keep->signatures ? "signature" : "NULL",
        keep->failed_kernels ? KERNEL_FAILED : KERNEL_BUILT);

    return copy(store, sql, to, keep->job, keep->only, error);
}

static gboolean copy_trials(Store *store, const StoreKeep *keep, gint64 to, GError **error)
{
    return copy(store,
                "INSERT INTO trial (job, commit_id, kernel_key, kind, title, alt_titles, report,"
                " report_prefix, corrupted, suppressed, console, boot_ms, run_ms, ended_s,"
                " functions, calls, restored)"
                " SELECT ?1, commit_id, kernel_key, kind, title, alt_titles, report,"
                " report_prefix, corrupted, suppressed, console, boot_ms, run_ms, ended_s,"
                " functions, calls, restored"
                " FROM trial WHERE job = ?2 AND commit_id = coalesce(?3, commit_id) ORDER BY id",
                to, keep->job, keep->only, error) &&
           keep_consoles(store, keep->job, to, error);
}

/* What others saw holds whatever we do; but it says nothing of one revision alone. */
static gboolean copy_foreign(Store *store, const StoreKeep *keep, gint64 to, GError **error)
{
    return keep->only ||
           copy(store,
                "INSERT INTO foreign_run (job, commit_id, source, label, kind, n, title)"
                " SELECT ?1, commit_id, source, label, kind, n, title FROM foreign_run"
                " WHERE job = ?2 ORDER BY id",
                to, keep->job, NULL, error);
}

static gboolean copy_decisions(Store *store, const StoreKeep *keep, gint64 to, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO decision (job, phase, commit_id, label, subject, n_left, bits, best, best_p)"
        " SELECT ?1, phase, commit_id, label, subject, n_left, bits, best, best_p"
        " FROM decision WHERE job = ?2 %s ORDER BY id",
        keep->decisions ? ""
                        : "AND commit_id IN (SELECT commit_id FROM fact WHERE job = ?1"
                          " AND kind = 'verdict')");

    return keep->only || copy(store, sql, to, keep->job, NULL, error);
}

static gboolean copy_facts(Store *store, const StoreKeep *keep, gint64 to, GError **error)
{
    for (const char *const *kind = keep->facts; kind && *kind; kind++) {
        if (!copy(store,
                  "INSERT INTO fact (job, commit_id, kind, text)"
                  " SELECT ?1, commit_id, kind, text FROM fact"
                  " WHERE job = ?2 AND kind = ?3 ORDER BY id",
                  to, keep->job, *kind, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean copy_all(Store *store, const StoreKeep *keep, gint64 to, GError **error)
{
    for (const char *const *folder = keep->folders; folder && *folder; folder++) {
        if (!keep_folder(store, keep->job, to, *folder, error)) {
            return FALSE;
        }
    }
    return (!keep->kernels || copy_kernels(store, keep, to, error)) &&
           (!keep->trials || copy_trials(store, keep, to, error)) &&
           copy_facts(store, keep, to, error) && copy_decisions(store, keep, to, error) &&
           copy_foreign(store, keep, to, error);
}

gboolean store_add_job_from(Store *store, const char *name, const char *kind, const char *spec,
                            gint64 now_s, const StoreKeep *keep, gint64 *ret_id, GError **error)
{
    gint64 id;

    if (!store_execute(store, "BEGIN IMMEDIATE", error)) {
        return FALSE;
    }
    if (!store_add_job(store, name, kind, spec, now_s, &id, error) ||
        !copy_all(store, keep, id, error) || !store_execute(store, "COMMIT", error)) {
        store_execute(store, "ROLLBACK", NULL);
        return FALSE;
    }
    *ret_id = id;
    return TRUE;
}
