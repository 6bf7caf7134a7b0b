/* SPDX-License-Identifier: Apache-2.0
 * What the other commands ask of a daemon, and what they say of one: that a job waits for it, that
 * it is who works in the state folder.
 */
#include "cli/cli.h"

/* A daemon looks twice a second; on a busy machine it takes longer. */
#define LOOK_MS 50
#define N_LOOKS 600

/* "firstbad daemon", as it is started there. Owned by the caller. */
static char *daemon_command(const char *named_state_dir)
{
    g_autofree char *folder = named_state_dir ? report_shell_word(named_state_dir) : NULL;

    return g_strconcat("firstbad daemon", folder ? " --state-dir " : "", folder, NULL);
}

void cli_tell_of_daemon(const char *state_dir, const char *named_state_dir, guint n_jobs)
{
    g_autofree char *start = daemon_command(named_state_dir);
    StoreHolder holder = {0};

    if (!store_find_holder(state_dir, &holder)) {
        cli_complain("no daemon works in %s, for which %u %s: '%s' starts one", state_dir, n_jobs,
                     n_jobs == 1 ? "job waits" : "jobs wait", start);
    } else if (!holder.is_service) {
        cli_complain("no daemon works in %s, for which %u %s, but another firstbad (process %d): "
                     "when that has ended, '%s' starts one",
                     state_dir, n_jobs, n_jobs == 1 ? "job waits" : "jobs wait", holder.pid, start);
    }
}

void cli_explain_waiting(const char *state_dir, const char *named_state_dir, const char *name,
                         GError **error)
{
    g_auto(SpoolRequest) request = {0};
    g_autofree char *start = NULL;

    if (!error || !g_error_matches(*error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
        !spool_find_job(state_dir, name, &request)) {
        return;
    }
    g_clear_error(error);
    if (store_has_service(state_dir)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "%s waits for the daemon that works in %s, which has not taken it yet",
                    request.name, state_dir);
        return;
    }
    start = daemon_command(named_state_dir);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                "%s waits for a daemon, and none works in %s: '%s' starts one", request.name,
                state_dir, start);
}

/* --- Who works there ------------------------------------------------------------------------- */

/* The job on which who holds the state folder works; NULL: none, or it cannot be read. */
static JobRow *held_job(const char *state_dir, const StoreHolder *holder)
{
    g_autoptr(Store) store = holder->job ? store_open(state_dir, STORE_READ, NULL) : NULL;

    return store ? store_read_job(store, holder->job, NULL) : NULL;
}

/* Does a person mean the job of @row by @name (NULL: the newest)? */
static gboolean is_meant(const char *state_dir, const JobRow *row, const char *name)
{
    g_autoptr(Store) store = store_open(state_dir, STORE_READ, NULL);
    g_autoptr(JobRow) meant = store ? store_find_job(store, name, NULL) : NULL;

    return meant && meant->id == row->id;
}

static void complain_of_daemon(BusyRemedy remedy, const char *busy)
{
    static const char *const remedies[] = {
        [BUSY_QUEUE] = "leave the job to it with --queue, or give this job a state folder of its "
                       "own with --state-dir",
        [BUSY_OTHER_FOLDER] = "give this job a state folder of its own with --state-dir, or end "
                              "the daemon first: the next one goes on with its jobs",
        [BUSY_WAIT] = "end it first: the next one goes on with its jobs",
    };

    cli_complain("%s: %s", busy, remedies[remedy]);
}

void cli_complain_busy(const char *state_dir, const char *named_state_dir, BusyRemedy remedy,
                       const char *name, const char *busy)
{
    g_autoptr(JobRow) row = NULL;
    g_autofree char *of = NULL, *watch = NULL;
    StoreHolder holder = {0};

    store_find_holder(state_dir, &holder);
    if (holder.is_service) {
        complain_of_daemon(remedy, busy);
        return;
    }
    row = held_job(state_dir, &holder);
    of = row ? g_strdup_printf(", on the job %s", row->name) : g_strdup("");
    if (remedy != BUSY_WAIT) {
        cli_complain("%s%s: wait for it, or give this job a state folder of its own with "
                     "--state-dir",
                     busy, of);
    } else if (row && is_meant(state_dir, row, name)) {
        watch = report_command("watch", row->name, named_state_dir);
        cli_complain("%s%s: look at it with: %s", busy, of, watch);
    } else {
        cli_complain("%s%s: wait for it", busy, of);
    }
}

/* --- Requests -------------------------------------------------------------------------------- */

gboolean cli_ask_daemon(const char *state_dir, SpoolRequest *request, gboolean *ret_taken,
                        GError **error)
{
    if (!spool_put(state_dir, request, error)) {
        return FALSE;
    }
    *ret_taken = FALSE;
    for (guint i = 0; i < N_LOOKS && !*ret_taken && store_has_service(state_dir); i++) {
        g_usleep(LOOK_MS * 1000);
        *ret_taken = spool_is_taken(state_dir, request->id);
    }
    return TRUE;
}

int cli_resume_by_daemon(const char *state_dir, const char *named_state_dir, Store *store,
                         const JobRow *row)
{
    g_autofree char *watch = report_command("watch", row->name, named_state_dir),
                    *job_dir = store_job_dir(store, row->id), *name = report_clean_line(row->name);
    g_auto(SpoolRequest) request = {.wish = SPOOL_RESUME};
    g_autoptr(GError) error = NULL;
    gboolean is_taken;

    /* Who asks for a job to go on wants no pause. */
    if (!live_pause(job_dir, FALSE, &error)) {
        cli_complain("%s", error->message);
        return EXIT_MACHINE;
    }
    if (row->state == JOB_QUEUED || store_is_worked_on(store, row->id)) {
        cli_complain("the daemon %s %s: look at it with: %s",
                     row->state == JOB_QUEUED ? "has in its queue" : "works on", row->name, watch);
        return EXIT_ANSWER;
    }
    request.job = g_strdup_printf("%" G_GINT64_FORMAT, row->id);
    if (!cli_ask_daemon(state_dir, &request, &is_taken, &error)) {
        cli_complain("%s", error->message);
        return EXIT_MACHINE;
    }
    g_print("queued: %s\n", name);
    cli_complain("a daemon works in %s: it %s on with the job; look at it with: %s", state_dir,
                 is_taken ? "goes" : "will go", watch);
    return EXIT_ANSWER;
}
