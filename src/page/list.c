/* SPDX-License-Identifier: Apache-2.0
 * The list of jobs, with its filters.
 */
#include "page/parts.h"

static const char *const kinds[] = {"cause", "fix", "run", "try"};
static const JobState states[] = {JOB_RUNNING, JOB_QUEUED, JOB_DONE, JOB_FAILED, JOB_CANCELLED};

static void add_option(Html *html, const char *value, const char *text, gboolean is_chosen)
{
    html_leaf(html, "option", text, "value", value, "selected", is_chosen ? "" : NULL, NULL);
}

static void add_filters(Html *html, const JobFilter *filter)
{
    html_open(html, "form", "class", "filters", "method", "get", "action", "/", "role", "search",
              NULL);
    html_open(html, "label", NULL);
    html_text(html, "Text ");
    html_open(html, "input", "type", "search", "name", "text", "value",
              filter->text ? filter->text : "", "placeholder", "name, title, commit", NULL);
    html_close(html);
    html_open(html, "label", NULL);
    html_text(html, "State ");
    html_open(html, "select", "name", "state", NULL);
    html_leaf(html, "option", "any", "value", "any", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        const char *name = job_state_name(states[i]);

        add_option(html, name, name, filter->has_state && filter->state == states[i]);
    }
    html_close(html);
    html_close(html);
    html_open(html, "label", NULL);
    html_text(html, "Kind ");
    html_open(html, "select", "name", "kind", NULL);
    html_leaf(html, "option", "any", "value", "any", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        add_option(html, kinds[i], kinds[i], g_strcmp0(filter->kind, kinds[i]) == 0);
    }
    html_close(html);
    html_close(html);
    html_leaf(html, "button", "Show", "type", "submit", NULL);
    html_close(html);
}

/* The address of the part of the list that begins at @first. */
static char *path_of_part(const JobFilter *filter, guint first)
{
    g_autofree char *text =
        filter->text ? g_uri_escape_string(filter->text, NULL, FALSE) : g_strdup("");

    return g_strdup_printf("/?text=%s&state=%s&kind=%s&first=%u", text,
                           filter->has_state ? job_state_name(filter->state) : "any",
                           filter->kind ? filter->kind : "any", first);
}

static void add_parts(Html *html, const PageJobs *jobs)
{
    const JobFilter *filter = jobs->filter;
    guint first = filter->first, end = first + jobs->rows->len;

    if (jobs->n_found == 0) {
        html_leaf(html, "p", "No jobs.", "class", "parts", NULL);
        return;
    }
    html_open(html, "nav", "class", "parts", "aria-label", "Parts of the list", NULL);
    if (first > 0) {
        g_autofree char *path =
            path_of_part(filter, first > PAGE_JOBS_MOST ? first - PAGE_JOBS_MOST : 0);

        html_leaf(html, "a", "Newer", "href", path, "rel", "prev", NULL);
    }
    html_open(html, "span", NULL);
    html_print(html, "%u to %u of %u", first + (end > first), end, jobs->n_found);
    html_close(html);
    if (end < jobs->n_found) {
        g_autofree char *path = path_of_part(filter, end);

        html_leaf(html, "a", "Older", "href", path, "rel", "next", NULL);
    }
    html_close(html);
}

/* Where the job stands in the queue, or NULL. Owned by the caller. */
static char *describe_place(const Waiting *waiting, gint64 job)
{
    for (guint i = 0; waiting && i < waiting->queue->len; i++) {
        const QueuedJob *queued = waiting->queue->pdata[i];

        if (queued->id == job) {
            return g_strdup_printf("place %u of %u%s", i + 1, waiting->queue->len,
                                   waiting->why[i] == WAIT_RETRY    ? ", after a failure"
                                   : waiting->why[i] == WAIT_BUDGET ? ", the day's time is used up"
                                                                    : "");
        }
    }
    return NULL;
}

/* What came out, or what it waits for. */
static void add_found(Html *html, const PagePlace *place, const PageJobs *jobs,
                      const Report *report)
{
    const Answer *answer = report->answer;
    const Candidate *first =
        answer && answer->candidates->len ? answer->candidates->pdata[0] : NULL;
    g_autofree char *waits = answer ? NULL : describe_place(jobs->waiting, report->row->id);

    if (answer) {
        g_autofree char *headline = report_headline(report);

        html_leaf(html, "span", headline, "class", "headline", NULL);
    }
    if (first && (answer->culprit || answer->revealer)) {
        html_text(html, " ");
        add_id(html, place, NULL, first->commit);
        html_text(html, " ");
        html_cut(html, first->subject ? first->subject : "", 100);
    }
    if (waits) {
        html_text(html, waits);
    } else if (!answer && report->row->error) {
        html_cut(html, report->row->error, 200);
    } else if (!answer) {
        html_text(html, report->row->phase);
    }
}

static void add_job(Html *html, const PagePlace *place, const PageJobs *jobs, guint i)
{
    const JobRow *row = jobs->rows->pdata[i];
    const Report *report = jobs->jobs->pdata[i];
    g_autofree char *path = path_of_job(row->id, ""), *time = report_duration(row->total_ms);

    html_open(html, "tr", NULL);
    html_open(html, "th", "scope", "row", NULL);
    html_open(html, "a", "href", path, NULL);
    html_cut(html, row->name, 60);
    html_close(html);
    html_close(html);
    html_leaf(html, "td", row->kind, NULL);
    html_open(html, "td", NULL);
    if (report) {
        add_state(html, report);
    } else {
        html_text(html, "damaged");
    }
    html_close(html);
    html_open(html, "td", "class", "title", NULL);
    html_cut(html, report && job_title(report) ? job_title(report) : "", 120);
    html_close(html);
    html_open(html, "td", "class", "found", NULL);
    if (report) {
        add_found(html, place, jobs, report);
    }
    html_close(html);
    html_open(html, "td", NULL);
    add_time(html, row->created_s);
    html_close(html);
    html_leaf(html, "td", row->total_ms ? time : "", "class", "number", NULL);
    html_close(html);
}

/* What is on its way: without a daemon nothing of it begins. */
static void add_requests(Html *html, const PageJobs *jobs)
{
    guint n = (jobs->waiting ? jobs->waiting->queue->len : 0) + jobs->n_requests;

    if (jobs->n_requests && jobs->has_daemon) {
        g_autofree char *requests = count_of(jobs->n_requests, "request");

        html_open(html, "p", "class", "notice", "id", "requests", "role", "status", NULL);
        html_print(html, "%s on the way to the daemon.", requests);
        html_close(html);
    } else if (n && !jobs->has_daemon) {
        html_open(html, "p", "class", "warning", "id", "requests", NULL);
        html_print(html, "No daemon works here: %u wait. 'firstbad daemon' starts one.", n);
        html_close(html);
    }
}

GBytes *page_jobs(const PagePlace *place, const PageJobs *jobs)
{
    static const char *const columns[] = {"Job",   "Kind",  "State", "Crash or test",
                                          "Found", "Begun", "Time",  NULL};
    Html *html = frame_new(place, "jobs", "Jobs");

    frame_open_main(html);
    html_leaf(html, "h1", "Jobs", NULL);
    add_filters(html, jobs->filter);
    add_requests(html, jobs);
    if (jobs->rows->len) {
        open_table(html, "jobs", "Jobs, newest first", columns);
        for (guint i = 0; i < jobs->rows->len; i++) {
            add_job(html, place, jobs, i);
        }
        close_table(html);
    }
    add_parts(html, jobs);
    return frame_finish(html);
}
