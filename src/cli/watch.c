/* SPDX-License-Identifier: Apache-2.0
 * firstbad watch: look at a job at work, whoever works on it.
 */
#include "cli/cli.h"

#include <signal.h>

#define LOOK_MS 500
/* Between two coordinators, or when one has just ended, a job may seem to be nobody's. */
#define IDLE_LOOKS 3

static const char description[] =
    "JOB: name or number; default: the newest. On a terminal a full screen, with\n"
    "keys: '?' tells them. 'q' leaves the job at work, Ctrl-C asks whether to stop\n"
    "it. Elsewhere, or with --plain, what happens is printed on stderr, a line each.\n"
    "When the job is done its answer is printed, and the exit code is the answer's.";

typedef struct Watch {
    char *state_dir;
    const char *named_state_dir; /* where the user named it, or NULL */
    Store *store;
    JobRow *row;

    /* Without a view. */
    gboolean has_told; /* anything */
    gint64 told_ms;    /* of the last event that was told, */
    char *told;        /* and its text */
    guint n_idle;      /* looks at which nobody worked on it */
} Watch;

static void watch_clear(Watch *watch)
{
    g_free(watch->state_dir);
    g_free(watch->told);
    job_row_free(watch->row);
    store_free(watch->store);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Watch, watch_clear)

/* --- How it ended ---------------------------------------------------------------------------- */

/* The job as it is now: its answer, or why there is none. */
static int tell_end(Watch *watch)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JobRow) row = store_read_job(watch->store, watch->row->id, &error);
    g_autoptr(Report) report = row ? report_load(watch->store, row, &error) : NULL;
    g_autofree char *text = NULL, *resume = NULL;

    if (!report) {
        cli_complain("%s: %s", watch->row->name, error->message);
        return EXIT_MACHINE;
    }
    if (report->answer) {
        text = report_text(report, watch->named_state_dir);
        g_print("%s", text);
        return cli_exit_code(report->answer);
    }
    resume = report_command("resume", row->name, watch->named_state_dir);
    cli_complain("%s%s%s; go on with: %s", row->name, row->error ? ": " : " is stopped",
                 row->error ? row->error : "", resume);
    return row->state == JOB_FAILED ? EXIT_MACHINE : EXIT_INTERRUPTED;
}

/* --- On a terminal --------------------------------------------------------------------------- */

/* Is it one of a service, which would be stopped with it? */
static gboolean is_of_service(Watch *watch)
{
    g_autoptr(GPtrArray) queue = store_queue(watch->store, NULL);

    for (guint i = 0; queue && i < queue->len; i++) {
        if (((const QueuedJob *)queue->pdata[i])->id == watch->row->id) {
            return TRUE;
        }
    }
    return FALSE;
}

static char *stop(gpointer data)
{
    Watch *watch = data;

    if (is_of_service(watch)) {
        return g_strdup_printf(
            "'firstbad daemon' works on it; take it back with: firstbad cancel %s",
            watch->row->name);
    }
    return store_stop_coordinator(watch->store, watch->row->id) ? NULL
                                                                : g_strdup("nobody works on it");
}

static int show(Watch *watch)
{
    const ViewOptions options = {.state_dir = watch->state_dir,
                                 .named_state_dir = watch->named_state_dir,
                                 .job = watch->row->id,
                                 .stop = stop,
                                 .data = watch};
    g_autoptr(GError) error = NULL;
    g_autoptr(View) view = view_new(&options, &error);
    ViewEnd end;

    if (!view || !view_run(view, &end, &error)) {
        cli_complain("%s", error->message);
        return EXIT_MACHINE;
    }
    return end == VIEW_OVER ? tell_end(watch) : EXIT_ANSWER;
}

/* --- Elsewhere ------------------------------------------------------------------------------- */

static void say(const char *text)
{
    g_autofree char *line = report_clean_line(text ? text : "");

    g_printerr("%s\n", line);
}

/* What is under way at first: the end of all else is told when it comes. */
static void tell_works(const Live *live)
{
    for (guint i = 0; i < live->works->len; i++) {
        say(((const LiveWork *)live->works->pdata[i])->text);
    }
}

/* Those behind the last one that was told. */
static void tell_events(Watch *watch, const Live *live)
{
    guint first = 0;

    for (guint i = 0; i < live->events->len; i++) {
        const LiveEvent *event = live->events->pdata[i];

        if (event->at_ms < watch->told_ms ||
            (event->at_ms == watch->told_ms && g_strcmp0(event->text, watch->told) == 0)) {
            first = i + 1;
        }
    }
    for (guint i = first; i < live->events->len; i++) {
        const LiveEvent *event = live->events->pdata[i];

        say(event->text);
        watch->told_ms = event->at_ms;
        g_free(watch->told);
        watch->told = g_strdup(event->text);
    }
}

/* FALSE: there is no more to come. */
static gboolean follow(Watch *watch, GError **error)
{
    g_autofree char *job_dir = store_job_dir(watch->store, watch->row->id);
    g_autoptr(JobRow) row = store_read_job(watch->store, watch->row->id, error);
    gboolean is_worked_on = store_is_worked_on(watch->store, watch->row->id);
    g_autoptr(Live) live = live_read(job_dir, NULL);

    if (!row) {
        return FALSE;
    }
    if (live && (is_worked_on || watch->has_told)) {
        tell_events(watch, live);
    }
    if (live && is_worked_on && !watch->has_told) {
        tell_works(live);
        watch->has_told = TRUE;
    }
    watch->n_idle = is_worked_on || row->state == JOB_QUEUED ? 0 : watch->n_idle + 1;
    return row->state != JOB_DONE && watch->n_idle < IDLE_LOOKS;
}

static int tell_along(Watch *watch)
{
    g_autoptr(GError) error = NULL;

    while (follow(watch, &error)) {
        g_usleep(LOOK_MS * 1000);
    }
    if (error) {
        cli_complain("%s: %s", watch->row->name, error->message);
        return EXIT_MACHINE;
    }
    return tell_end(watch);
}

int cmd_watch(int argc, char **argv)
{
    g_autofree char *state_option = NULL;
    gboolean plain = FALSE;
    const GOptionEntry entries[] = {
        {"plain", 0, 0, G_OPTION_ARG_NONE, &plain, "Lines only, on a terminal, too", NULL},
        CLI_STATE_DIR(&state_option),
        {NULL},
    };
    const CommandLine line = {.command = "watch",
                              .arguments = "[JOB]",
                              .description = description,
                              .entries = entries,
                              .n_arguments_max = 1};
    g_auto(Watch) watch = {0};
    g_autoptr(GError) error = NULL;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    watch.state_dir = cli_state_dir(state_option);
    watch.named_state_dir = state_option ? watch.state_dir : NULL;
    watch.store = store_open(watch.state_dir, STORE_READ, &error);
    watch.row = watch.store ? store_find_job(watch.store, argc > 1 ? argv[1] : NULL, &error) : NULL;
    if (!watch.row) {
        cli_explain_waiting(watch.state_dir, watch.named_state_dir, argc > 1 ? argv[1] : NULL,
                            &error);
        cli_complain("%s", error->message);
        return cli_store_failure(error);
    }
    return terminal_can_view() && !plain ? show(&watch) : tell_along(&watch);
}
