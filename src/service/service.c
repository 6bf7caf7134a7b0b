/* SPDX-License-Identifier: Apache-2.0
 * The service's loop. All its jobs share one thread and one main context: a job that has news is
 * advanced until it waits again.
 */
#include "service/service.h"
#include "intake/intake.h"

#include <glib/gstdio.h>

/* How often the spool is looked at, and what was used is written down. */
#define LOOK_MS  500
#define USAGE_MS 10000

typedef struct Active {
    QueuedJob *queued;
    JobRow *row;
    JobSpec *spec;
    ServiceWorld world;
    Job *job;
    GCancellable *cancellable;
    gboolean is_unwanted; /* somebody cancelled it */
    gint64 charged_us;    /* up to when its submitter was charged for it */
} Active;

typedef struct Service {
    Store *store;
    const ServiceOptions *options;
    GPtrArray *active; /* of Active */
    GCancellable *cancellable;
    gint64 charged_us; /* when what was used was last written down */
} Service;

static void say(const Service *service, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void say(const Service *service, const char *format, ...)
{
    g_autofree char *line = NULL;
    va_list args;

    va_start(args, format);
    line = g_strdup_vprintf(format, args);
    va_end(args);
    if (service->options->say) {
        service->options->say(line, service->options->user_data);
    }
}

static gint64 now_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* --- One job --------------------------------------------------------------------------------- */

static void active_free(gpointer data)
{
    Active *active = data;

    if (active->job) {
        job_end(active->job);
        job_free(active->job);
    }
    if (active->world.free) {
        active->world.free(active->world.data);
    }
    g_clear_pointer(&active->spec, job_spec_free);
    g_clear_pointer(&active->row, job_row_free);
    g_clear_pointer(&active->queued, queued_job_free);
    g_object_unref(active->cancellable);
    g_free(active);
}

/* Before kernels are built. */
static void keep_room(Service *service, const JobSpec *spec)
{
    g_autofree char *room =
        job_spec_is_run(spec) ? NULL : job_keep_room(service->store, service->options->state_dir);

    if (room) {
        say(service, "%s", room);
    }
}

/* The real thing. */
static gboolean open_setup(const JobRow *row, const JobSpec *spec, const char *state_dir,
                           const char *job_dir, gpointer user_data, ServiceWorld *ret_world,
                           GError **error)
{
    JobSetup *setup = job_setup_new(spec, state_dir, job_dir, error);

    if (!setup) {
        return FALSE;
    }
    *ret_world = (ServiceWorld){setup->repo, setup->farm, setup, (GDestroyNotify)job_setup_free};
    return TRUE;
}

/* What somebody else found out (--bisect-log). */
static gboolean learn(Service *service, const Active *active, const char *job_dir, GError **error)
{
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);

    if (!intake_learn(service->store, active->queued->id, active->spec, job_dir, active->world.repo,
                      notes, error)) {
        return FALSE;
    }
    for (guint i = 0; i < notes->len; i++) {
        say(service, "%s: %s", active->row->name, (const char *)notes->pdata[i]);
    }
    return TRUE;
}

static gboolean open_job(Service *service, Active *active, GError **error)
{
    const ServiceOptions *options = service->options;
    ServiceOpenFunc open = options->open ? options->open : open_setup;
    gint64 id = active->queued->id;
    g_autofree char *job_dir = store_job_dir(service->store, id);

    active->row = store_read_job(service->store, id, error);
    active->spec = active->row ? job_spec_new(active->row->kind) : NULL;
    if (!active->spec || !job_spec_read(active->spec, active->row->spec, "/", error)) {
        return FALSE;
    }
    if (!options->open) {
        keep_room(service, active->spec);
    }
    if (!open(active->row, active->spec, options->state_dir, job_dir, options->user_data,
              &active->world, error) ||
        !learn(service, active, job_dir, error)) {
        return FALSE;
    }
    active->job =
        job_new(id, active->spec, active->world.repo, service->store, active->world.farm, error);
    return active->job != NULL;
}

static void tell_end(const Service *service, const QueuedJob *queued)
{
    if (service->options->ended) {
        service->options->ended(queued->id, service->options->user_data);
    }
}

/* @error, our machine's, ended the work on it. FALSE: the store cannot be written. */
static gboolean put_back(Service *service, const QueuedJob *queued, const GError *failure,
                         GError **error)
{
    guint n_failures = queued->n_failures + 1, wait_s = service_retry_s(n_failures);

    if (wait_s == 0) {
        say(service, "%s is given up: %s", queued->name, failure->message);
        if (!store_fail_job(service->store, queued->id, failure->message, error)) {
            return FALSE;
        }
        tell_end(service, queued);
        return TRUE;
    }
    say(service, "%s is tried again in %u s: %s", queued->name, wait_s, failure->message);
    return store_requeue_job(service->store, queued->id, now_s() + wait_s, n_failures,
                             failure->message, error);
}

/* What @active has used since it was last written down. */
static gboolean charge_one(Service *service, Active *active, GError **error)
{
    guint64 ms = (guint64)(g_get_monotonic_time() - active->charged_us) / 1000;

    active->charged_us += (gint64)ms * 1000;
    return store_add_usage(service->store, active->queued->submitter, now_s(), ms, error);
}

static gboolean charge_all(Service *service, GError **error)
{
    for (guint i = 0; i < service->active->len; i++) {
        if (!charge_one(service, service->active->pdata[i], error)) {
            return FALSE;
        }
    }
    service->charged_us = g_get_monotonic_time();
    return TRUE;
}

static void show_active(Service *service)
{
    g_autofree gint64 *ids = g_new0(gint64, service->active->len + 1);

    for (guint i = 0; i < service->active->len; i++) {
        ids[i] = ((const Active *)service->active->pdata[i])->queued->id;
    }
    store_work_on(service->store, ids, service->active->len);
}

/* --- The spool ------------------------------------------------------------------------------- */

static Active *find_active(const Service *service, gint64 id)
{
    for (guint i = 0; i < service->active->len; i++) {
        Active *active = service->active->pdata[i];

        if (active->queued->id == id) {
            return active;
        }
    }
    return NULL;
}

/* The job that @request is about; NULL with *error: it is not known, or the store cannot be read.
 */
static JobRow *find_job(Service *service, const SpoolRequest *request, GError **error)
{
    gint64 id = 0;

    if (!store_find_submission(service->store, request->job, &id, error)) {
        return NULL;
    }
    return id ? store_read_job(service->store, id, error)
              : store_find_job(service->store, request->job, error);
}

/* @failure, which is taken, to find the job of a request: what is wrong with @request is told, and
 * costs nothing but itself. FALSE: the store cannot be read; then the request stays. */
static gboolean tell_no_job(Service *service, const SpoolRequest *request, GError *failure,
                            GError **error)
{
    if (!g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        g_propagate_error(error, failure);
        return FALSE;
    }
    say(service, "%s: %s", spool_wish_name(request->wish), failure->message);
    g_error_free(failure);
    return TRUE;
}

/* Copies are of use to evidence that rests on them, and to who goes on with the job. */
static gboolean has_evidence(Service *service, gint64 job)
{
    g_autoptr(GPtrArray) kernels = store_kernels(service->store, job, NULL);

    return !kernels || kernels->len > 0;
}

static gboolean cancel_job(Service *service, const SpoolRequest *request, GError **error)
{
    GError *failure = NULL;
    g_autoptr(JobRow) row = find_job(service, request, &failure);
    gboolean is_done;
    Active *active;

    if (!row) {
        return tell_no_job(service, request, failure, error);
    }
    if (!store_cancel_job(service->store, row->id, &is_done, error)) {
        return FALSE;
    }
    say(service, is_done ? "%s has ended, it is not cancelled" : "%s is cancelled", row->name);
    active = find_active(service, row->id);
    if (active) {
        active->is_unwanted = TRUE;
        g_cancellable_cancel(active->cancellable);
    } else if (!is_done && !has_evidence(service, row->id)) {
        g_autofree char *job_dir = store_job_dir(service->store, row->id);

        spool_remove_inputs(job_dir);
    }
    return TRUE;
}

/* A job that failed, was cancelled, or that its coordinator left, waits again. */
static gboolean resume_job(Service *service, const SpoolRequest *request, GError **error)
{
    GError *failure = NULL;
    g_autoptr(JobRow) row = find_job(service, request, &failure);

    if (!row) {
        return tell_no_job(service, request, failure, error);
    }
    if (row->state == JOB_DONE || find_active(service, row->id)) {
        say(service, "%s %s", row->name,
            row->state == JOB_DONE ? "has ended, it does not go on" : "is at work");
        return TRUE;
    }
    say(service, "%s waits again, for %s", row->name, request->submitter);
    return store_queue_job(service->store, row->id, request->submitter, error);
}

/* Another job may have got its name since it was asked for. */
static void tell_waits(const Service *service, const SpoolRequest *request, gint64 id)
{
    g_autoptr(JobRow) row = store_read_job(service->store, id, NULL);

    if (row && !g_str_equal(row->name, request->name)) {
        say(service, "%s, of %s, waits as %s: there was a %s", request->name, request->submitter,
            row->name, request->name);
    } else {
        say(service, "%s, of %s, waits", request->name, request->submitter);
    }
}

/* A service that was killed on the way takes it again: nothing is done twice. */
static gboolean take_job(Service *service, const SpoolRequest *request, GError **error)
{
    g_autofree char *job_dir = NULL;
    gint64 id = 0;

    if (!store_submit_job(service->store, request->id, request->submitter, request->priority,
                          request->name, request->kind, request->spec, now_s(), &id, error)) {
        return FALSE;
    }
    job_dir = store_job_dir(service->store, id);
    if (!spool_move_files(service->options->state_dir, request->id, job_dir, error)) {
        return FALSE;
    }
    tell_waits(service, request, id);
    return TRUE;
}

/* Its evidence is another one from now on: what is under way for @active ends. */
static gboolean stop_job(Service *service, Active *active, GError **error)
{
    gboolean charged = charge_one(service, active, error);

    g_ptr_array_remove(service->active, active);
    show_active(service);
    return charged;
}

/* Open what the word of @request is about. */
static gboolean read_word(const JobRow *row, const SpoolRequest *request, Repo **ret_repo,
                          char **ret_commit, Verdict *ret_verdict, GError **error)
{
    g_autoptr(JobSpec) spec = job_spec_new(row->kind);

    *ret_verdict = VERDICT_UNKNOWN;
    if (!g_str_equal(request->verdict, "clear") && !verdict_parse(request->verdict, ret_verdict)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no verdict: '%s'",
                    request->verdict);
        return FALSE;
    }
    if (!job_spec_read(spec, row->spec, "/", error)) {
        return FALSE;
    }
    *ret_repo = repo_open(spec->tree, error);
    *ret_commit = *ret_repo ? repo_resolve(*ret_repo, request->revision, error) : NULL;
    return *ret_commit != NULL;
}

/* The job of @row has another evidence now, and goes on; at once where it was at work. */
static gboolean go_on(Service *service, const JobRow *row, gboolean was_active,
                      const SpoolRequest *request, GError **error)
{
    gboolean unused;

    say(service, "%s: %.12s is %s, on the word of %s", row->name, request->revision,
        request->verdict, request->submitter);
    if (row->state == JOB_CANCELLED) {
        return store_cancel_job(service->store, row->id, &unused, error);
    }
    return was_active || store_queue_job(service->store, row->id, request->submitter, error);
}

/* What is wrong with a word is told, and costs nothing but the word. */
static gboolean take_verdict(Service *service, const SpoolRequest *request, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(JobRow) row = find_job(service, request, &failure);
    Active *active = row ? find_active(service, row->id) : NULL;
    g_autoptr(Repo) repo = NULL;
    g_autofree char *commit = NULL;
    gboolean was_active = active != NULL;
    Verdict verdict;

    if (!row) {
        return tell_no_job(service, request, g_steal_pointer(&failure), error);
    }
    /* job_say_verdict() asks the same; but by then the job would have been stopped. */
    if (!read_word(row, request, &repo, &commit, &verdict, &failure) ||
        !job_check_verdict(service->store, row, commit, verdict, &failure)) {
        say(service, "verdict on %s: %s", request->revision, failure->message);
        return TRUE;
    }
    if (active && !stop_job(service, active, error)) {
        return FALSE;
    }
    if (!store_begin(service->store, error)) {
        return FALSE;
    }
    if (store_end(
            service->store,
            job_say_verdict(service->store, row, repo, commit, verdict, request->note, &failure) &&
                go_on(service, row, was_active, request, &failure),
            failure ? NULL : &failure)) {
        return TRUE;
    }
    if (!g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    say(service, "verdict on %s: %s", request->revision, failure->message);
    return TRUE;
}

/* FALSE: the store cannot be written; the request stays where it is. */
static gboolean take_request(Service *service, const char *path, GError **error)
{
    g_auto(SpoolRequest) request = {0};
    g_autoptr(GError) damage = NULL;
    gboolean taken = TRUE;

    if (!spool_read(path, &request, &damage)) {
        if (g_error_matches(damage, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)) {
            say(service, "%s", damage->message);
            g_unlink(path);
        }
        return TRUE;
    }
    switch (request.wish) {
    case SPOOL_JOB:
        taken = take_job(service, &request, error);
        break;
    case SPOOL_CANCEL:
        taken = cancel_job(service, &request, error);
        break;
    case SPOOL_VERDICT:
        taken = take_verdict(service, &request, error);
        break;
    case SPOOL_RESUME:
        taken = resume_job(service, &request, error);
        break;
    }
    if (taken) {
        g_unlink(path);
    }
    return taken;
}

static gboolean take_requests(Service *service, GError **error)
{
    g_auto(GStrv) paths = NULL;

    if (!store_is_there(service->store, error)) {
        return FALSE;
    }
    paths = spool_list(service->options->state_dir);

    for (char **path = paths; *path; path++) {
        if (!take_request(service, *path, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- Beginning ------------------------------------------------------------------------------- */

/* Those that wait, but not those that are at work. */
static GPtrArray *read_queue(const Service *service, GError **error)
{
    GPtrArray *queue = store_queue(service->store, error);

    for (guint i = queue ? queue->len : 0; i-- > 0;) {
        if (find_active(service, ((const QueuedJob *)queue->pdata[i])->id)) {
            g_ptr_array_remove_index(queue, i);
        }
    }
    return queue;
}

static gboolean begin(Service *service, QueuedJob *queued, GError **error)
{
    Active *active = g_new0(Active, 1);
    g_autoptr(GError) failure = NULL;

    active->queued = queued;
    active->cancellable = g_cancellable_new();
    active->charged_us = g_get_monotonic_time();
    if (!store_begin_job(service->store, queued->id, error)) {
        active_free(active);
        return FALSE;
    }
    if (!open_job(service, active, &failure)) {
        gboolean kept = put_back(service, queued, failure, error);

        active_free(active);
        return kept;
    }
    say(service, "%s %s", queued->name, queued->was_running ? "goes on" : "begins");
    g_ptr_array_add(service->active, active);
    job_begin(active->job, NULL, NULL, active->cancellable);
    show_active(service);
    return TRUE;
}

/* Jobs that use machines: others need not wait for one that somebody has paused. */
static guint n_busy(const Service *service)
{
    guint n = 0;

    for (guint i = 0; i < service->active->len; i++) {
        n += !job_rests(((const Active *)service->active->pdata[i])->job);
    }
    return n;
}

/* *ret_idle: nothing waits, and nothing is at work. */
static gboolean fill(Service *service, gboolean *ret_idle, GError **error)
{
    *ret_idle = FALSE;
    if (n_busy(service) >= service->options->n_at_once) {
        return TRUE;
    }
    g_autoptr(GPtrArray) queue = read_queue(service, error);
    g_autoptr(GHashTable) recent = NULL, today = NULL;
    const Rules *rules = &service->options->rules;

    if (!queue || (queue->len > 0 &&
                   !service_usage(service->store, rules, now_s(), &recent, &today, error))) {
        return FALSE;
    }
    /* What fails at once waits again: only a queue that was empty leaves nothing to do. */
    *ret_idle = queue->len == 0 && service->active->len == 0;
    while (n_busy(service) < service->options->n_at_once) {
        gint next = service_choose(queue, recent, today, rules, now_s());

        if (next < 0) {
            break;
        }
        if (!begin(service, g_ptr_array_steal_index(queue, (guint)next), error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- The loop -------------------------------------------------------------------------------- */

/* The job of @active goes on. *ret_ended: it is not at work any more. */
static gboolean advance(Service *service, Active *active, gboolean *ret_ended, GError **error)
{
    g_autoptr(Answer) answer = NULL;
    g_autoptr(GError) failure = NULL;
    gboolean kept = TRUE;

    *ret_ended = TRUE;
    if (!job_advance(active->job, &answer, &failure)) {
        gboolean is_stop = g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_CANCELLED);

        /* What is not wanted any more is not tried again. */
        kept = is_stop || active->is_unwanted || put_back(service, active->queued, failure, error);
    } else if (answer) {
        say(service, "%s has ended: %s%s%.12s", active->queued->name,
            answer_kind_name(answer->kind), answer->culprit ? " " : "",
            answer->culprit ? answer->culprit : "");
        tell_end(service, active->queued);
    } else {
        *ret_ended = FALSE;
    }
    return kept;
}

static gboolean advance_all(Service *service, gboolean *ret_any_ended, GError **error)
{
    *ret_any_ended = FALSE;
    for (guint i = service->active->len; i-- > 0;) {
        Active *active = service->active->pdata[i];
        gboolean ended = FALSE;

        if (job_has_news(active->job) && !advance(service, active, &ended, error)) {
            return FALSE;
        }
        if (ended && !charge_one(service, active, error)) {
            return FALSE;
        }
        if (ended) {
            *ret_any_ended = TRUE;
            g_ptr_array_remove_index(service->active, i);
            show_active(service);
        }
    }
    return TRUE;
}

static gboolean any_news(const Service *service)
{
    for (guint i = 0; i < service->active->len; i++) {
        if (job_has_news(((const Active *)service->active->pdata[i])->job)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean on_look(gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_CONTINUE;
}

static gboolean serve(Service *service, gboolean *look, GError **error)
{
    gboolean is_idle = FALSE, any_ended = TRUE;

    while (!g_cancellable_is_cancelled(service->cancellable)) {
        if (*look || any_ended) {
            *look = FALSE;
            if (!take_requests(service, error) || !fill(service, &is_idle, error)) {
                return FALSE;
            }
            if (is_idle && service->options->until_idle) {
                return TRUE;
            }
        }
        if (g_get_monotonic_time() - service->charged_us >= USAGE_MS * 1000 &&
            !charge_all(service, error)) {
            return FALSE;
        }
        if (!advance_all(service, &any_ended, error)) {
            return FALSE;
        }
        if (!any_ended && !any_news(service) && !*look) {
            g_main_context_iteration(NULL, TRUE);
        }
    }
    return TRUE;
}

static void stop_waiting(GCancellable *cancellable, gpointer unused)
{
    g_main_context_wakeup(NULL);
}

gboolean service_run(Store *store, const ServiceOptions *options, GCancellable *cancellable,
                     GError **error)
{
    Service service = {.store = store,
                       .options = options,
                       .active = g_ptr_array_new_with_free_func(active_free),
                       .cancellable = cancellable,
                       .charged_us = g_get_monotonic_time()};
    gulong handler =
        cancellable ? g_signal_connect(cancellable, "cancelled", G_CALLBACK(stop_waiting), NULL)
                    : 0;
    gboolean look = TRUE, served;
    guint source = g_timeout_add(LOOK_MS, on_look, &look);

    store_be_service(store);
    spool_sweep(options->state_dir, now_s());
    served = rules_write(options->state_dir, &options->rules, error) &&
             store_forget_usage(store, now_s() - SERVICE_MEMORY_S, error) &&
             serve(&service, &look, error);
    charge_all(&service, NULL);
    g_source_remove(source);
    if (handler) {
        g_signal_handler_disconnect(cancellable, handler);
    }
    g_ptr_array_unref(service.active);
    return served;
}
