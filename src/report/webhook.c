/* SPDX-License-Identifier: Apache-2.0
 * A job that has ended is told to a URL: what `firstbad report --json` prints, by POST.
 *
 * Each delivery is a curl of its own, beside all other work: up to five tries, later each time,
 * within three minutes. It is told neither URL nor secret on its command line, follows no
 * redirection, and reads no settings of the user's but proxies. Whatever comes of it, the job is
 * not touched; what came of it is the job's fact, which reports tell.
 */
#include "report/report.h"

#include <string.h>

#include "process/process.h"

/* For one try, for a connection, and for beginning another try; curl waits 1, 2, 4, 8 s between. */
#define TRY_S     30
#define CONNECT_S 10
#define N_RETRIES 4
#define RETRY_S   120
/* Whatever curl does. */
#define WHOLE_MS 180000

struct Webhooks {
    Store *store;
    WebhookTarget for_all;
    const char *version;
    WebhookSayFunc say;
    gpointer user_data;
    GCancellable *cancellable;
    guint n_open;
};

typedef struct Delivery {
    Webhooks *webhooks;
    gint64 job;
    char *name, *start; /* of the job; where the fact goes */
    char *host;
    gboolean is_own; /* by the job's own wish: it is its fact */
} Delivery;

static void delivery_free(Delivery *delivery)
{
    g_free(delivery->name);
    g_free(delivery->start);
    g_free(delivery->host);
    g_free(delivery);
}

Webhooks *webhooks_new(Store *store, const WebhookTarget *for_all, const char *version,
                       WebhookSayFunc say, gpointer user_data)
{
    Webhooks *webhooks = g_new0(Webhooks, 1);

    webhooks->store = store;
    webhooks->for_all = for_all ? *for_all : (WebhookTarget){0};
    webhooks->version = version;
    webhooks->say = say;
    webhooks->user_data = user_data;
    webhooks->cancellable = g_cancellable_new();
    return webhooks;
}

void webhooks_free(Webhooks *webhooks)
{
    if (!webhooks) {
        return;
    }
    g_cancellable_cancel(webhooks->cancellable);
    webhooks_wait(webhooks, NULL);
    g_object_unref(webhooks->cancellable);
    g_free(webhooks);
}

/* --- What curl is told ----------------------------------------------------------------------- */

/* A line of curl's config file, which knows \\, \", \t, \n, \r and \v, but no octal numbers: bytes
 * of UTF-8 stand as they are. */
static void set(GString *config, const char *option, const char *value)
{
    char not_ascii[129] = {0};
    g_autofree char *escaped = NULL;

    for (guint i = 0; i < 128; i++) {
        not_ascii[i] = (char)(128 + i);
    }
    escaped = g_strescape(value, not_ascii);
    g_string_append_printf(config, "%s = \"%s\"\n", option, escaped);
}

static void set_number(GString *config, const char *option, guint value)
{
    g_string_append_printf(config, "%s = %u\n", option, value);
}

/* The header that proves who sent @body. FALSE: the secret cannot be read. */
static gboolean add_signature(GString *config, const char *secret_path, const char *body,
                              GError **error)
{
    g_autofree char *secret = NULL, *sum = NULL, *header = NULL;

    if (!g_file_get_contents(secret_path, &secret, NULL, error)) {
        return FALSE;
    }
    g_strchomp(secret);
    sum = g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guchar *)secret, strlen(secret), body,
                                    -1);
    header = g_strdup_printf("X-Firstbad-Signature: sha256=%s", sum);
    set(config, "header", header);
    return TRUE;
}

/* What stands on curl's standard input; NULL: @error. Owned by the caller. */
static char *make_config(const Webhooks *webhooks, const WebhookTarget *target, const char *body,
                         const char *body_path, GError **error)
{
    g_autoptr(GString) config = g_string_new("silent\nshow-error\nfail\ngloboff\n");
    g_autofree char *agent = g_strdup_printf("firstbad/%s", webhooks->version);
    g_autofree char *uuid = g_uuid_string_random();
    g_autofree char *delivery = g_strdup_printf("X-Firstbad-Delivery: %s", uuid);
    g_autofree char *data = g_strconcat("@", body_path, NULL);
    gboolean is_plain = g_str_has_prefix(target->url, "http:");

    if (target->secret_path && !add_signature(config, target->secret_path, body, error)) {
        return NULL;
    }
    set(config, "proto", is_plain ? "=http" : "=https");
    if (is_plain) {
        set(config, "noproxy", "*");
    }
    set(config, "user-agent", agent);
    set(config, "header", "Content-Type: application/json");
    set(config, "header", "Expect:");
    set(config, "header", delivery);
    set(config, "output", "/dev/null");
    set(config, "write-out", "%{http_code} ");
    set_number(config, "connect-timeout", CONNECT_S);
    set_number(config, "max-time", TRY_S);
    set_number(config, "retry", N_RETRIES);
    set_number(config, "retry-max-time", RETRY_S);
    g_string_append(config, "retry-connrefused\n");
    set(config, "data-binary", data);
    set(config, "url", target->url);
    return g_string_free(g_steal_pointer(&config), FALSE);
}

/* --- What came of it ------------------------------------------------------------------------- */

static void told(const Delivery *delivery, const char *what)
{
    g_autofree char *line = g_strdup_printf("%s %s", delivery->host, what);
    g_autofree char *said = g_strdup_printf("%s: webhook: %s", delivery->name, line);
    g_autoptr(GError) error = NULL;

    if (delivery->is_own && !store_put_fact(delivery->webhooks->store, delivery->job,
                                            delivery->start, FACT_WEBHOOK, line, &error)) {
        g_autofree char *lost = g_strdup_printf("%s: %s", delivery->name, error->message);

        delivery->webhooks->say(lost, delivery->webhooks->user_data);
    }
    delivery->webhooks->say(said, delivery->webhooks->user_data);
}

/* What curl found out. Owned by the caller. */
static char *describe(const ProcessResult *result)
{
    g_auto(GStrv) codes = g_strsplit(g_strchomp(result->out), " ", -1);
    guint n = g_strv_length(codes);
    g_autofree char *how = NULL;
    const char *line;

    if (process_succeeded(result)) {
        return g_strdup_printf("answered %s", n ? codes[n - 1] : "?");
    }
    g_strchomp(result->err);
    line = strrchr(result->err, '\n');
    line = line ? line + 1 : result->err;
    how = process_describe(result);
    return g_strdup_printf("was not told: %s", *line ? line : how);
}

static void on_sent(GObject *source, GAsyncResult *res, gpointer data)
{
    Delivery *delivery = data;
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *what = NULL;

    delivery->webhooks->n_open--;
    if (process_run_finish(res, &result, &error)) {
        what = describe(result);
        told(delivery, what);
    } else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        what = g_strdup_printf("was not told: %s", error->message);
        told(delivery, what);
    }
    delivery_free(delivery);
}

const char *report_webhook(const Report *report)
{
    return report_fact(report, report->spec->start, FACT_WEBHOOK);
}

/* --- Sending --------------------------------------------------------------------------------- */

static void send_to(Webhooks *webhooks, const Report *report, const WebhookTarget *target,
                    const char *body, const char *body_path, gboolean is_own)
{
    static const char *const argv[] = {"curl", "--disable", "--config", "-", NULL};
    Delivery *delivery = g_new0(Delivery, 1);
    g_autoptr(GError) error = NULL;
    g_autofree char *config = make_config(webhooks, target, body, body_path, &error);
    ProcessSpec spec = {.argv = argv, .input = config, .timeout_ms = WHOLE_MS};

    delivery->webhooks = webhooks;
    delivery->job = report->row->id;
    delivery->name = g_strdup(report->row->name);
    delivery->start = g_strdup(report->spec->start);
    delivery->host = job_webhook_host(target->url);
    delivery->is_own = is_own;
    if (!config) {
        g_autofree char *what = g_strdup_printf("was not told: %s", error->message);

        told(delivery, what);
        delivery_free(delivery);
        return;
    }
    spec.n_input = strlen(config);
    webhooks->n_open++;
    process_run_async(&spec, webhooks->cancellable, on_sent, delivery);
}

static void send_report(Webhooks *webhooks, const Report *report)
{
    const WebhookTarget own = {report->spec->webhook, report->spec->webhook_secret};
    g_autofree char *folder = store_job_dir(webhooks->store, report->row->id);
    g_autofree char *path = g_build_filename(folder, "webhook.json", NULL);
    json_t *object = report_json(report);
    g_autofree char *body = json_dumps(object, JSON_INDENT(2));
    g_autoptr(GError) error = NULL;

    json_decref(object);
    if (!g_file_set_contents_full(path, body, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error)) {
        webhooks->say(error->message, webhooks->user_data);
        return;
    }
    if (own.url) {
        send_to(webhooks, report, &own, body, path, TRUE);
    }
    if (webhooks->for_all.url) {
        send_to(webhooks, report, &webhooks->for_all, body, path, FALSE);
    }
}

/* @only_due: if it was not told yet, and somebody wants to know. */
static void send_job(Webhooks *webhooks, gint64 job, gboolean only_due)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JobRow) row = store_read_job(webhooks->store, job, &error);
    g_autoptr(Report) report = row ? report_load(webhooks->store, row, &error) : NULL;

    if (!report) {
        webhooks->say(error->message, webhooks->user_data);
        return;
    }
    if (only_due && (row->state != JOB_DONE || !report->spec->webhook ||
                     report_fact(report, report->spec->start, FACT_WEBHOOK))) {
        return;
    }
    if (report->spec->webhook || webhooks->for_all.url) {
        send_report(webhooks, report);
    }
}

void webhooks_send(Webhooks *webhooks, gint64 job)
{
    send_job(webhooks, job, FALSE);
}

void webhooks_send_due(Webhooks *webhooks, gint64 job)
{
    send_job(webhooks, job, TRUE);
}

void webhooks_send_all_due(Webhooks *webhooks)
{
    g_autoptr(GPtrArray) rows = store_list_jobs(webhooks->store, NULL);

    for (guint i = 0; rows && i < rows->len; i++) {
        const JobRow *row = rows->pdata[i];

        if (row->state == JOB_DONE && strstr(row->spec, "\nwebhook=")) {
            send_job(webhooks, row->id, TRUE);
        }
    }
}

static void stop_waiting(GCancellable *cancellable, gpointer unused)
{
    g_main_context_wakeup(NULL);
}

void webhooks_wait(Webhooks *webhooks, GCancellable *cancellable)
{
    gulong handler =
        cancellable ? g_signal_connect(cancellable, "cancelled", G_CALLBACK(stop_waiting), NULL)
                    : 0;

    while (webhooks->n_open > 0 && !g_cancellable_is_cancelled(cancellable)) {
        g_main_context_iteration(NULL, TRUE);
    }
    if (handler) {
        g_signal_handler_disconnect(cancellable, handler);
    }
}
