/* SPDX-License-Identifier: Apache-2.0
 * Kernels, trials and decisions of a job.
 */
#include "store/private.h"

#include <string.h>
#include <zstd.h>

/* --- Kernels --------------------------------------------------------------------------------- */

gboolean store_put_kernel(Store *store, gint64 job, const char *commit, const Kernel *kernel,
                          GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store,
                      "INSERT INTO kernel (job, commit_id, compiler, key, status,"
                      " signature, first_error, dir, build_ms, reused)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                      " ON CONFLICT (job, commit_id) DO UPDATE SET compiler = excluded.compiler,"
                      " key = excluded.key, status = excluded.status,"
                      " signature = excluded.signature, first_error = excluded.first_error,"
                      " dir = excluded.dir, build_ms = excluded.build_ms,"
                      " reused = excluded.reused",
                      error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, job);
    store_bind_text(statement, 2, commit);
    store_bind_text(statement, 3, kernel->compiler);
    store_bind_text(statement, 4, kernel->key);
    sqlite3_bind_int(statement, 5, (int)kernel->status);
    store_bind_text(statement, 6, kernel->signature);
    store_bind_text(statement, 7, kernel->first_error);
    store_bind_text(statement, 8, kernel->dir);
    sqlite3_bind_int64(statement, 9, (gint64)kernel->build_ms);
    sqlite3_bind_int(statement, 10, kernel->reused);
    return store_run(store, statement, "keeping a kernel", error);
}

void kernel_row_free(KernelRow *row)
{
    if (!row) {
        return;
    }
    g_free(row->commit);
    kernel_free(row->kernel);
    g_free(row);
}

static gpointer read_kernel(Store *store, sqlite3_stmt *statement)
{
    KernelRow *row = g_new0(KernelRow, 1);
    Kernel *kernel = row->kernel = g_new0(Kernel, 1);

    row->commit = store_column(statement, 0);
    kernel->compiler = store_column(statement, 1);
    kernel->key = store_column(statement, 2);
    kernel->status = (KernelStatus)sqlite3_column_int(statement, 3);
    kernel->signature = store_column(statement, 4);
    kernel->first_error = store_column(statement, 5);
    kernel->dir = store_column(statement, 6);
    kernel->build_ms = (guint64)sqlite3_column_int64(statement, 7);
    kernel->reused = sqlite3_column_int(statement, 8);
    return row;
}

GPtrArray *store_kernels(Store *store, gint64 job, GError **error)
{
    return store_select(
        store, job,
        "SELECT commit_id, compiler, key, status, signature, first_error, dir, build_ms, reused"
        " FROM kernel WHERE job = ? ORDER BY id",
        read_kernel, (GDestroyNotify)kernel_row_free, error);
}

static gpointer read_key(Store *store, sqlite3_stmt *statement)
{
    return store_column(statement, 0);
}

GHashTable *store_wanted_kernels(Store *store, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT DISTINCT key FROM kernel WHERE job IN"
                        " (SELECT id FROM job WHERE id > ? AND state NOT IN (%d, %d))",
                        JOB_DONE, JOB_CANCELLED);
    g_autoptr(GPtrArray) keys = store_select(store, 0, sql, read_key, g_free, error);
    GHashTable *wanted;

    if (!keys) {
        return NULL;
    }
    wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < keys->len; i++) {
        g_hash_table_add(wanted, g_strdup(keys->pdata[i]));
    }
    return wanted;
}

/* --- Trials ---------------------------------------------------------------------------------- */

/* More than any guest or command may print; what says so is damaged. */
#define MAX_CONSOLE_BYTES (1 << 30)

/* Keep @console as jobs/N/consoles/UUID.zst; *ret_name is relative to the job's folder. */
static gboolean keep_console(Store *store, gint64 job, GBytes *console, char **ret_name,
                             GError **error)
{
    g_autofree char *job_dir = store_job_dir(store, job);
    g_autofree char *folder = g_build_filename(job_dir, "consoles", NULL);
    g_autofree char *uuid = g_uuid_string_random();
    g_autofree char *name = g_strdup_printf("consoles/%s.zst", uuid);
    g_autofree char *path = g_build_filename(job_dir, name, NULL);
    gsize n_bytes;
    const void *bytes = g_bytes_get_data(console, &n_bytes);
    gsize room = ZSTD_compressBound(n_bytes), n_packed;
    g_autofree char *packed = g_malloc(room);

    store->packer = store->packer ? store->packer : ZSTD_createCCtx();
    n_packed = ZSTD_compressCCtx(store->packer, packed, room, bytes, n_bytes, 3);
    if (ZSTD_isError(n_packed)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "compressing a console: %s",
                    ZSTD_getErrorName(n_packed));
        return FALSE;
    }
    if (!store_is_there(store, error)) {
        return FALSE;
    }
    g_mkdir_with_parents(folder, 0700);
    /* On disk before the row that names it. */
    if (!g_file_set_contents_full(path, packed, (gssize)n_packed,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  0600, error)) {
        return FALSE;
    }
    *ret_name = g_steal_pointer(&name);
    return TRUE;
}

gboolean store_put_trial(Store *store, gint64 job, const char *commit, const char *kernel_key,
                         const Outcome *outcome, gint64 now_s, GError **error)
{
    const OopsReport *report = outcome->report;
    const OopsIdentity *identity = outcome->identity;
    g_autofree char *functions = identity ? g_strjoinv(" ", identity->functions) : NULL;
    g_autofree char *console = NULL;
    g_autofree char *alt_titles =
        report && report->alt_titles ? g_strjoinv("\n", report->alt_titles) : NULL;
    sqlite3_stmt *statement;

    if (outcome->console && g_bytes_get_size(outcome->console) &&
        !keep_console(store, job, outcome->console, &console, error)) {
        return FALSE;
    }
    statement = store_prepare(
        store,
        "INSERT INTO trial (job, commit_id, kernel_key, kind, title, alt_titles, report,"
        " report_prefix, corrupted, suppressed, console, boot_ms, run_ms, ended_s,"
        " functions, calls, restored, origin)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        error);
    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, job);
    store_bind_text(statement, 2, commit);
    store_bind_text(statement, 3, kernel_key);
    sqlite3_bind_int(statement, 4, (int)outcome->kind);
    store_bind_text(statement, 5, outcome->title);
    store_bind_text(statement, 6, alt_titles);
    store_bind_text(statement, 7, report ? report->text : NULL);
    sqlite3_bind_int64(statement, 8, report ? (gint64)report->text_prefix : 0);
    sqlite3_bind_int(statement, 9, report && report->corrupted_reason);
    sqlite3_bind_int(statement, 10, report && report->suppressed);
    store_bind_text(statement, 11, console);
    sqlite3_bind_int64(statement, 12, (gint64)outcome->boot_ms);
    sqlite3_bind_int64(statement, 13, (gint64)outcome->run_ms);
    sqlite3_bind_int64(statement, 14, now_s);
    store_bind_text(statement, 15, functions);
    store_bind_text(statement, 16, outcome->calls);
    sqlite3_bind_int(statement, 17, outcome->restored);
    store_bind_text(statement, 18, outcome->origin);
    return store_run(store, statement, "keeping a trial", error);
}

GBytes *store_console(const TrialRow *trial, GError **error)
{
    g_autofree char *packed = NULL, *text = NULL;
    gsize n_packed, n_text = 0;
    guint64 n_bytes;

    if (!trial->console_path) {
        return g_bytes_new_static("", 0);
    }
    if (!g_file_get_contents(trial->console_path, &packed, &n_packed, error)) {
        return NULL;
    }
    n_bytes = ZSTD_getFrameContentSize(packed, n_packed);
    if (n_bytes <= MAX_CONSOLE_BYTES) {
        text = g_malloc(n_bytes + 1);
        n_text = ZSTD_decompress(text, n_bytes, packed, n_packed);
    }
    if (!text || ZSTD_isError(n_text)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is damaged",
                    trial->console_path);
        return NULL;
    }
    text[n_text] = '\0';
    return g_bytes_new_take(g_steal_pointer(&text), n_text);
}

void trial_row_free(TrialRow *row)
{
    if (!row) {
        return;
    }
    g_free(row->commit);
    g_free(row->kernel_key);
    g_free(row->title);
    g_free(row->functions);
    g_free(row->calls);
    g_strfreev(row->alt_titles);
    g_free(row->report);
    g_free(row->console_path);
    g_free(row->origin);
    g_free(row);
}

static gpointer read_trial(Store *store, sqlite3_stmt *statement)
{
    TrialRow *row = g_new0(TrialRow, 1);
    g_autofree char *console = store_column(statement, 9);
    g_autofree char *alt_titles = store_column(statement, 5);

    row->id = sqlite3_column_int64(statement, 0);
    row->commit = store_column(statement, 1);
    row->kernel_key = store_column(statement, 2);
    row->kind = store_column_outcome(statement, 3);
    row->title = store_column(statement, 4);
    row->alt_titles = g_strsplit(alt_titles ? alt_titles : "", "\n", -1);
    row->report = store_column(statement, 6);
    row->report_prefix = (gsize)sqlite3_column_int64(statement, 7);
    row->corrupted = sqlite3_column_int(statement, 8);
    row->run_ms = (guint64)sqlite3_column_int64(statement, 10);
    row->suppressed = sqlite3_column_int(statement, 11);
    row->functions = store_column(statement, 13);
    row->calls = store_column(statement, 14);
    row->restored = sqlite3_column_int(statement, 15);
    row->origin = store_column(statement, 16);
    if (console) {
        g_autofree char *job_dir = store_job_dir(store, sqlite3_column_int64(statement, 12));

        row->console_path = g_build_filename(job_dir, console, NULL);
    }
    return row;
}

/* Those of @job for which @condition holds, too. */
static GPtrArray *select_trials(Store *store, gint64 job, const char *condition, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT id, commit_id, kernel_key, kind, title, alt_titles, report, report_prefix,"
        " corrupted, console, run_ms, suppressed, job, %s, %s, %s, %s FROM trial WHERE job = ?"
        " AND %s ORDER BY id",
        store->version < 2 ? "NULL" : "functions", store->version < 3 ? "NULL" : "calls",
        store->version < 5 ? "0" : "restored", store->version < 6 ? "NULL" : "origin", condition);

    return store_select(store, job, sql, read_trial, (GDestroyNotify)trial_row_free, error);
}

GPtrArray *store_trials(Store *store, gint64 job, GError **error)
{
    return select_trials(store, job, "TRUE", error);
}

TrialRow *store_read_trial(Store *store, gint64 job, gint64 trial, GError **error)
{
    g_autofree char *condition = g_strdup_printf("id = %" G_GINT64_FORMAT, trial);
    g_autoptr(GPtrArray) rows = select_trials(store, job, condition, error);

    if (rows && rows->len == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "the job has no trial %" G_GINT64_FORMAT, trial);
    }
    return rows && rows->len ? g_ptr_array_steal_index(rows, 0) : NULL;
}

/* --- Decisions ------------------------------------------------------------------------------- */

void decision_row_free(DecisionRow *row)
{
    if (!row) {
        return;
    }
    g_free(row->phase);
    g_free(row->commit);
    g_free(row->label);
    g_free(row->subject);
    g_free(row->best);
    g_free(row->verdict);
    g_free(row);
}

gboolean store_put_decision(Store *store, gint64 job, const DecisionRow *row, GError **error)
{
    sqlite3_stmt *statement =
        store_prepare(store,
                      "INSERT OR IGNORE INTO decision (job, phase, commit_id, label, subject,"
                      " n_left, bits, best, best_p) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, job);
    store_bind_text(statement, 2, row->phase);
    store_bind_text(statement, 3, row->commit);
    store_bind_text(statement, 4, row->label);
    store_bind_text(statement, 5, row->subject);
    sqlite3_bind_int64(statement, 6, row->n_left);
    sqlite3_bind_double(statement, 7, row->bits);
    store_bind_text(statement, 8, row->best);
    sqlite3_bind_double(statement, 9, row->best_p);
    return store_run(store, statement, "keeping a decision", error);
}

gboolean store_set_verdict(Store *store, gint64 job, const char *commit, const char *verdict,
                           GError **error)
{
    sqlite3_stmt *statement = store_prepare(
        store, "UPDATE decision SET verdict = ? WHERE job = ? AND commit_id = ?", error);

    if (!statement) {
        return FALSE;
    }
    store_bind_text(statement, 1, verdict);
    sqlite3_bind_int64(statement, 2, job);
    store_bind_text(statement, 3, commit);
    return store_run(store, statement, "keeping a verdict", error);
}

static gpointer read_decision(Store *store, sqlite3_stmt *statement)
{
    DecisionRow *row = g_new0(DecisionRow, 1);

    row->phase = store_column(statement, 0);
    row->commit = store_column(statement, 1);
    row->label = store_column(statement, 2);
    row->subject = store_column(statement, 3);
    row->n_left = (guint)sqlite3_column_int64(statement, 4);
    row->bits = sqlite3_column_double(statement, 5);
    row->best = store_column(statement, 6);
    row->best_p = sqlite3_column_double(statement, 7);
    row->verdict = store_column(statement, 8);
    return row;
}

GPtrArray *store_decisions(Store *store, gint64 job, GError **error)
{
    return store_select(
        store, job,
        "SELECT phase, commit_id, label, coalesce(subject, ''), n_left, bits, best, best_p,"
        " verdict"
        " FROM decision WHERE job = ? ORDER BY id",
        read_decision, (GDestroyNotify)decision_row_free, error);
}

/* --- Facts ----------------------------------------------------------------------------------- */

gboolean store_put_fact(Store *store, gint64 job, const char *commit, const char *kind,
                        const char *text, GError **error)
{
    sqlite3_stmt *statement = store_prepare(
        store,
        text ? "INSERT INTO fact (job, commit_id, kind, text) VALUES (?, ?, ?, ?)"
               " ON CONFLICT (job, commit_id, kind) DO UPDATE SET text = excluded.text"
             : "DELETE FROM fact WHERE job = ? AND commit_id = ? AND kind = ?",
        error);

    if (!statement) {
        return FALSE;
    }
    sqlite3_bind_int64(statement, 1, job);
    store_bind_text(statement, 2, commit);
    store_bind_text(statement, 3, kind);
    if (text) {
        store_bind_text(statement, 4, text);
    }
    return store_run(store, statement, "keeping a fact", error);
}

void fact_row_free(FactRow *row)
{
    if (!row) {
        return;
    }
    g_free(row->commit);
    g_free(row->kind);
    g_free(row->text);
    g_free(row);
}

static gpointer read_fact(Store *store, sqlite3_stmt *statement)
{
    FactRow *row = g_new0(FactRow, 1);

    row->commit = store_column(statement, 0);
    row->kind = store_column(statement, 1);
    row->text = store_column(statement, 2);
    return row;
}

GPtrArray *store_facts(Store *store, gint64 job, GError **error)
{
    if (store->version < 3) {
        return g_ptr_array_new_with_free_func((GDestroyNotify)fact_row_free);
    }
    return store_select(store, job,
                        "SELECT commit_id, kind, text FROM fact WHERE job = ? ORDER BY id",
                        read_fact, (GDestroyNotify)fact_row_free, error);
}

/* --- How much there is ----------------------------------------------------------------------- */

/* By index alone: the rows, which have reports of kilobytes, are not read. */
GHashTable *store_job_counts(Store *store, GError **error)
{
    g_autoptr(GHashTable) counts =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    sqlite3_stmt *statement =
        store_prepare(store,
                      "SELECT id, (SELECT count(*) FROM kernel WHERE kernel.job = job.id),"
                      " (SELECT count(*) FROM trial WHERE trial.job = job.id) FROM job",
                      error);
    int got;

    if (!statement) {
        return NULL;
    }
    while ((got = store_step(store, statement, "counting", error)) > 0) {
        gint64 id = sqlite3_column_int64(statement, 0);
        JobCounts count = {(guint)sqlite3_column_int(statement, 1),
                           (guint)sqlite3_column_int(statement, 2)};

        g_hash_table_insert(counts, g_memdup2(&id, sizeof id), g_memdup2(&count, sizeof count));
    }
    store_give_back(store, statement);
    return got == 0 ? g_steal_pointer(&counts) : NULL;
}
