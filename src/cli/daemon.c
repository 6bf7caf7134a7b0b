/* SPDX-License-Identifier: Apache-2.0
 * firstbad daemon, and what is asked of it: cancel.
 */
#include "cli/cli.h"

#include <glib-unix.h>
#include <signal.h>

#include "cli/version.h"

static gboolean on_signal(gpointer data)
{
    g_cancellable_cancel(data);
    return G_SOURCE_CONTINUE;
}

static void say(const char *line, gpointer unused)
{
    g_autofree char *clean = report_clean_line(line);
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%F %T");

    g_printerr("%s %s\n", time, clean);
}

/* "20h" as seconds; FALSE: it was complained of. */
static gboolean read_duration(const char *option, const char *text, guint *ret_s)
{
    g_autoptr(JobSpec) spec = job_spec_new("cause");

    *ret_s = 0;
    if (text && !job_spec_set(spec, "max-time", text, "/", NULL)) {
        cli_complain("--%s '%s': a time, such as 90m, 20h or 2d", option, text);
        return FALSE;
    }
    *ret_s = spec->max_time_s;
    return TRUE;
}

static void tell_webhooks(gint64 job, gpointer webhooks)
{
    webhooks_send(webhooks, job);
}

/* Serve, and tell of each job that ends; what a service that was killed had to tell comes first. */
static gboolean serve_and_tell(Store *store, const ServiceOptions *options,
                               const WebhookTarget *for_all, GCancellable *cancellable,
                               GError **error)
{
    g_autoptr(Webhooks) webhooks = webhooks_new(store, for_all, FIRSTBAD_VERSION, say, NULL);
    ServiceOptions telling = *options;

    telling.say = say;
    telling.ended = tell_webhooks;
    telling.user_data = webhooks;
    webhooks_send_all_due(webhooks);
    if (!service_run(store, &telling, cancellable, error)) {
        return FALSE;
    }
    webhooks_wait(webhooks, cancellable);
    return TRUE;
}

static int serve(const char *state_dir, const ServiceOptions *options, const WebhookTarget *for_all)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(Store) store = store_open(state_dir, STORE_WRITE, &error);
    guint sigint = g_unix_signal_add(SIGINT, on_signal, cancellable);
    guint sigterm = g_unix_signal_add(SIGTERM, on_signal, cancellable);
    gboolean served = store && serve_and_tell(store, options, for_all, cancellable, &error);

    g_source_remove(sigint);
    g_source_remove(sigterm);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY)) {
        cli_complain("%s: %s", error->message,
                     store_has_service(state_dir)
                         ? "it takes what --queue gives it; of two daemons each wants a state "
                           "folder of its own"
                         : "wait for it, or name another folder with --state-dir");
        return EXIT_MACHINE;
    }
    if (!served) {
        cli_complain("%s", error->message);
        return EXIT_MACHINE;
    }
    return EXIT_ANSWER;
}

int cmd_daemon(int argc, char **argv)
{
    g_autofree char *state_option = NULL, *state_dir = NULL, *a_day = NULL;
    gboolean until_idle = FALSE;
    g_autofree char *webhook = NULL, *secret = NULL;
    g_autoptr(GError) error = NULL;
    int n_at_once = 1;
    guint most_s;
    const GOptionEntry entries[] = {
        CLI_STATE_DIR(&state_option),
        {"jobs-at-once", 0, 0, G_OPTION_ARG_INT, &n_at_once,
         "Jobs at work at once (1; more want a cluster)", "N"},
        {"a-day", 0, 0, G_OPTION_ARG_STRING, &a_day, "Time for the jobs of one user in a day",
         "TIME"},
        {"webhook", 0, 0, G_OPTION_ARG_STRING, &webhook, "Tell this URL of each job that ends",
         "URL"},
        {"webhook-secret", 0, 0, G_OPTION_ARG_FILENAME, &secret,
         "With a secret that signs what is told", "FILE"},
        {"until-idle", 0, 0, G_OPTION_ARG_NONE, &until_idle, "End when nothing is left to do",
         NULL},
        {NULL},
    };
    const CommandLine line = {
        .command = "daemon",
        .description = "Works on the jobs that were given to it by --queue, and goes on with\n"
                       "those that an earlier daemon was at work on. Higher priorities come\n"
                       "first, then users who have used less lately, then older jobs. A job that\n"
                       "this machine or the cluster fails is tried again, later each time.",
        .entries = entries};
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (n_at_once < 1) {
        cli_complain("--jobs-at-once %d: at least 1", n_at_once);
        return EXIT_USAGE;
    }
    if (!read_duration("a-day", a_day, &most_s)) {
        return EXIT_USAGE;
    }
    if (webhook && !job_check_webhook(webhook, &error)) {
        cli_complain("%s", error->message);
        return EXIT_USAGE;
    }
    state_dir = cli_state_dir(state_option);
    const ServiceOptions options = {.state_dir = state_dir,
                                    .n_at_once = (guint)n_at_once,
                                    .rules = {.most_s_a_day = most_s},
                                    .until_idle = until_idle};
    const WebhookTarget for_all = {webhook, secret};
    return serve(state_dir, &options, &for_all);
}

/* Ask the daemon to cancel what @id names: a job, or one that it has not seen yet. */
static int ask_to_cancel(const char *state_dir, const char *state_option, const char *name,
                         const char *id)
{
    g_auto(SpoolRequest) request = {.wish = SPOOL_CANCEL, .job = g_strdup(id)};
    g_autofree char *clean = report_clean_line(name);
    g_autoptr(GError) error = NULL;

    if (!spool_put(state_dir, &request, &error)) {
        cli_complain("%s", error->message);
        return EXIT_MACHINE;
    }
    g_print("asked to cancel: %s\n", clean);
    cli_tell_of_daemon(state_dir, state_option ? state_dir : NULL, 1);
    return EXIT_ANSWER;
}

/* A job in the store. One that somebody works on in the foreground is stopped here and now. */
static int cancel_job(const Store *store, const char *state_dir, const char *state_option,
                      const JobRow *row)
{
    g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, row->id),
                    *clean = report_clean_line(row->name);
    g_autofree char *resume = NULL;

    if (!store_can_cancel(row)) {
        cli_complain("%s %s already", row->name,
                     row->state == JOB_CANCELLED ? "is cancelled" : "has ended");
        return EXIT_USAGE;
    }
    if (!store_stop_foreground(store, row->id)) {
        return ask_to_cancel(state_dir, state_option, row->name, id);
    }
    resume = report_command("resume", row->name, state_option ? state_dir : NULL);
    g_print("asked to stop: %s\n", clean);
    cli_complain("go on with: %s", resume);
    return EXIT_ANSWER;
}

static int cancel(const char *state_dir, const char *state_option, const char *name)
{
    g_auto(SpoolRequest) request = {0};
    g_autoptr(Store) store = NULL;
    g_autoptr(JobRow) row = NULL;
    g_autoptr(GError) error = NULL;

    if (spool_find_job(state_dir, name, &request)) {
        return ask_to_cancel(state_dir, state_option, name, request.id);
    }
    store = store_open(state_dir, STORE_READ, &error);
    row = store ? store_find_job(store, name, &error) : NULL;
    if (!row) {
        cli_complain("%s", error->message);
        return cli_store_failure(error);
    }
    return cancel_job(store, state_dir, state_option, row);
}

int cmd_cancel(int argc, char **argv)
{
    g_autofree char *state_option = NULL, *state_dir = NULL;
    const GOptionEntry entries[] = {CLI_STATE_DIR(&state_option), {NULL}};
    const CommandLine line = {
        .command = "cancel",
        .arguments = "JOB",
        .description =
            "JOB: name or number. The daemon stops it, or never begins it; a job at work\n"
            "without one is stopped as by Ctrl-C. What was found is kept, and 'firstbad\n"
            "resume' goes on with it.",
        .entries = entries,
        .n_arguments_max = 1};
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (argc < 2) {
        cli_complain("cancel: JOB is missing; 'firstbad status' lists jobs");
        return EXIT_USAGE;
    }
    state_dir = cli_state_dir(state_option);
    return cancel(state_dir, state_option, argv[1]);
}
