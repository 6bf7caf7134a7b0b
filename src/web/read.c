/* SPDX-License-Identifier: Apache-2.0
 * What is read of the store: the list, jobs, revisions.
 */
#include <string.h>

#include "web/private.h"

/* --- The list -------------------------------------------------------------------------------- */

/* @text as a choice; NULL where it is none, or "any". */
static const char *chosen(const char *text)
{
    return text && *text && !g_str_equal(text, "any") ? text : NULL;
}

static void read_filter(const WebCall *call, JobFilter *ret_filter)
{
    const char *state = chosen(call_query(call, "state"));

    *ret_filter = (JobFilter){.kind = chosen(call_query(call, "kind")),
                              .text = call_query(call, "text"),
                              .first = call_query_number(call, "first"),
                              .n_most = PAGE_JOBS_MOST};
    if (ret_filter->text && !*ret_filter->text) {
        ret_filter->text = NULL;
    }
    for (int i = JOB_RUNNING; state && i <= JOB_CANCELLED; i++) {
        if (g_str_equal(state, job_state_name((JobState)i))) {
            ret_filter->has_state = TRUE;
            ret_filter->state = (JobState)i;
        }
    }
}

static void report_free_or_not(gpointer report)
{
    report_free(report);
}

/* What of the list does not depend on there being a store. */
static void open_list(const WebCall *call, PageJobs *jobs)
{
    g_auto(GStrv) requests = spool_list(call->web->options->state_dir);

    jobs->n_requests = g_strv_length(requests);
    jobs->jobs = g_ptr_array_new_with_free_func(report_free_or_not);
}

static gboolean load_list(WebCall *call, Store *store, PageJobs *jobs, GError **error)
{
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;

    jobs->rows = store_find_jobs(store, jobs->filter, &jobs->n_found, error);
    jobs->waiting =
        jobs->rows ? waiting_load(store, call->web->options->state_dir, now_s, error) : NULL;
    jobs->has_daemon = store_has_service(call->web->options->state_dir);
    for (guint i = 0; jobs->waiting && i < jobs->rows->len; i++) {
        g_ptr_array_add(jobs->jobs, report_load_summary(store, jobs->rows->pdata[i], NULL));
    }
    return jobs->waiting != NULL;
}

static json_t *job_json(const JobRow *row, const Report *report)
{
    const Answer *answer = report ? report->answer : NULL;
    g_autofree char *headline = answer ? report_headline(report) : NULL;

    return json_pack(
        "{s:I, s:o, s:o, s:s, s:o, s:I, s:I, s:o, s:o, s:o, s:o}", "id", (json_int_t)row->id, "job",
        job_text_json(row->name), "kind", job_text_json(row->kind), "state",
        report ? job_state_name(row->state) : "damaged", "phase", job_text_json(row->phase),
        "created_s", (json_int_t)row->created_s, "total_ms", (json_int_t)row->total_ms,
        "is_worked_on", json_boolean(report && report->is_worked_on), "headline",
        job_text_json(headline), "culprit", job_text_json(answer ? answer->culprit : NULL),
        "crash_title", job_text_json(answer ? answer->crash_title : NULL));
}

static json_t *list_json(const PageJobs *jobs)
{
    json_t *array = json_array();

    for (guint i = 0; i < jobs->rows->len; i++) {
        json_array_append_new(array, job_json(jobs->rows->pdata[i], jobs->jobs->pdata[i]));
    }
    return json_pack("{s:i, s:i, s:i, s:o}", "version", REPORT_JSON_VERSION, "found",
                     (int)jobs->n_found, "first", (int)jobs->filter->first, "jobs", array);
}

/* The list as the page or as JSON. */
static void reply_list(WebCall *call, gboolean as_json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(call->web->options->state_dir, STORE_READ, &error);
    JobFilter filter;
    PageJobs jobs = {.filter = &filter};
    gboolean is_loaded;

    read_filter(call, &filter);
    open_list(call, &jobs);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        jobs.rows = g_ptr_array_new(); /* no job has been here yet */
        is_loaded = TRUE;
    } else {
        is_loaded = store && load_list(call, store, &jobs, &error);
    }
    if (!is_loaded) {
        reply_failure(call, error);
    } else if (as_json) {
        reply_json(call, list_json(&jobs));
    } else {
        reply_page(call, MHD_HTTP_OK, page_jobs(&call->place, &jobs));
    }
    g_clear_pointer(&jobs.jobs, g_ptr_array_unref);
    g_clear_pointer(&jobs.rows, g_ptr_array_unref);
    waiting_free((Waiting *)jobs.waiting);
}

void get_jobs(WebCall *call)
{
    reply_list(call, FALSE);
}

void get_jobs_json(WebCall *call)
{
    reply_list(call, TRUE);
}

/* --- One job --------------------------------------------------------------------------------- */

/* The report of the call's job; NULL: the reply says why not. */
static Report *load_report(WebCall *call)
{
    g_autoptr(Store) store = call_open_store(call);

    return store ? call_load_report(call, store) : NULL;
}

/* What is being done with the job, if anything is. */
static Live *read_live(Store *store, const Report *report)
{
    g_autofree char *dir = store_job_dir(store, report->row->id);

    return report->is_worked_on ? live_read(dir, NULL) : NULL;
}

static void request_free(gpointer request)
{
    spool_request_clear(request);
    g_free(request);
}

/* Those about @job that nobody has taken. Array of SpoolRequest. */
static GPtrArray *read_requests(const WebCall *call, gint64 job)
{
    g_auto(GStrv) paths = spool_list(call->web->options->state_dir);
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, job);
    GPtrArray *requests = g_ptr_array_new_with_free_func(request_free);

    for (char **path = paths; *path; path++) {
        SpoolRequest *request = g_new0(SpoolRequest, 1);

        if (spool_read(*path, request, NULL) && request->wish != SPOOL_JOB &&
            g_str_equal(request->job, number)) {
            g_ptr_array_add(requests, request);
        } else {
            request_free(request);
        }
    }
    return requests;
}

void get_job(WebCall *call)
{
    g_autoptr(Store) store = call_open_store(call);
    g_autoptr(Report) report = store ? call_load_report(call, store) : NULL;
    g_autoptr(GPtrArray) requests = report ? read_requests(call, report->row->id) : NULL;
    g_autoptr(Live) live = report ? read_live(store, report) : NULL;

    if (report) {
        const PageJob job = {.report = report,
                             .live = live,
                             .requests = requests,
                             .has_daemon = store_has_service(call->web->options->state_dir)};

        reply_page(call, MHD_HTTP_OK, page_job(&call->place, &job));
    }
}

void get_job_file(WebCall *call)
{
    g_autoptr(Report) report = load_report(call);
    PagePlace place = {.is_file = TRUE, .source_url = call->place.source_url};

    if (report) {
        reply_page(call, MHD_HTTP_OK,
                   page_job(&place, &(PageJob){.report = report,
                                               .pictures = report_pictures_json(report)}));
        call->download = "report.html";
    }
}

void get_job_json(WebCall *call)
{
    g_autoptr(Report) report = load_report(call);

    if (report) {
        reply_json(call, report_json(report));
    }
}

void get_job_text(WebCall *call)
{
    g_autoptr(Report) report = load_report(call);

    if (report) {
        reply_text(call, report_text(report, NULL));
    }
}

void get_job_log(WebCall *call)
{
    g_autoptr(Report) report = load_report(call);
    g_autofree char *log = report ? report_log(report) : NULL;

    if (log) {
        reply_text(call, report_clean(log));
    }
}

void get_pictures(WebCall *call)
{
    g_autoptr(Report) report = load_report(call);

    if (report) {
        reply_json(call, report_pictures_json(report));
    }
}

void get_revision(WebCall *call)
{
    g_autoptr(Report) report = load_report(call);
    guint first = call_query_number(call, "first");

    if (!report) {
        return;
    }
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (g_str_equal(revision->decision->commit, call->args[1])) {
            first = first < revision->trials->len ? first : 0;
            reply_page(call, MHD_HTTP_OK, page_revision(&call->place, report, revision, first));
            return;
        }
    }
    reply_error(call, MHD_HTTP_NOT_FOUND, "The job did not test that revision.");
}

/* --- Assets ---------------------------------------------------------------------------------- */

static const char *type_of(const char *name)
{
    return g_str_has_suffix(name, ".css")   ? "text/css; charset=utf-8"
           : g_str_has_suffix(name, ".js")  ? "text/javascript; charset=utf-8"
           : g_str_has_suffix(name, ".svg") ? "image/svg+xml"
                                            : "application/octet-stream";
}

void get_asset(WebCall *call)
{
    g_autoptr(GBytes) asset = page_asset(call->args[1]);
    g_autofree char *path = asset ? page_asset_path(call->args[1]) : NULL;

    /* Under the name of another version there is nothing. */
    if (!path || !g_str_equal(path, call->path)) {
        reply_error(call, MHD_HTTP_NOT_FOUND, "There is no such asset.");
        return;
    }
    call->status = MHD_HTTP_OK;
    call->type = type_of(call->args[1]);
    call->body = g_steal_pointer(&asset);
    call->is_lasting = TRUE;
}
