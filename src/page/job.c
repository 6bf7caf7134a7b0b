/* SPDX-License-Identifier: Apache-2.0
 * The page of a job, from the answer down to how it was done.
 */
#include "page/parts.h"

static void open_main(Html *html, const PagePlace *place, const Report *report)
{
    gint64 id = report->row->id;
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, id);
    g_autofree char *pictures = path_of_job(id, "/pictures.json"),
                    *events = path_of_job(id, "/events");
    gboolean has_events = !place->is_file && !report->answer;

    html_open(html, "main", "id", "main", "data-job", number, "data-state", state_word(report),
              "data-words", job_spec_is_run(report->spec) ? "run" : NULL, "data-pictures",
              place->is_file ? NULL : pictures, "data-events", has_events ? events : NULL, NULL);
}

static void add_head(Html *html, const PagePlace *place, const Report *report)
{
    const JobRow *row = report->row;

    html_open(html, "h1", NULL);
    html_cut(html, row->name, 120);
    html_close(html);
    html_open(html, "p", "class", "about", NULL);
    add_state(html, report);
    html_print(html, " job %" G_GINT64_FORMAT ", %s of ", row->id, row->kind);
    add_id(html, place, report, report->spec->start);
    html_text(html, ", begun ");
    add_time(html, row->created_s);
    html_close(html);
    if (job_title(report)) {
        html_open(html, "p", "class", "crash-title", NULL);
        html_cut(html, job_title(report), 300);
        html_close(html);
    }
}

static void add_other_forms(Html *html, const Report *report)
{
    g_autofree char *json = path_of_job(report->row->id, "/report.json"),
                    *file = path_of_job(report->row->id, "/report.html"),
                    *log = path_of_job(report->row->id, "/log"),
                    *text = path_of_job(report->row->id, "/report.txt");

    html_open(html, "p", "class", "other-forms", NULL);
    html_leaf(html, "a", "This page as one file", "href", file, NULL);
    html_text(html, ", ");
    html_leaf(html, "a", "as text", "href", text, NULL);
    html_text(html, ", ");
    html_leaf(html, "a", "as a bisection log", "href", log, NULL);
    html_text(html, ", ");
    html_leaf(html, "a", "as JSON", "href", json, NULL);
    html_close(html);
}

/* "cancel it", "take 341adeec9ada for bad". Owned by the caller. */
static char *describe_request(const SpoolRequest *request)
{
    if (request->wish == SPOOL_CANCEL) {
        return g_strdup("cancel it");
    }
    if (request->wish == SPOOL_RESUME) {
        return g_strdup("go on with it");
    }
    return g_str_equal(request->verdict, "clear")
               ? g_strdup_printf("take the word on %.12s back", request->revision)
               : g_strdup_printf("take %.12s for %s", request->revision, request->verdict);
}

/* What was asked for, so that nobody asks again. */
static void add_requests(Html *html, const PageJob *job)
{
    if (!job->requests || !job->requests->len) {
        return;
    }
    html_open(html, "p", "class", job->has_daemon ? "notice" : "warning", "id", "requests", NULL);
    html_text(html, "Asked of the daemon: ");
    for (guint i = 0; i < job->requests->len; i++) {
        g_autofree char *what = describe_request(job->requests->pdata[i]);

        html_text(html, i ? "; " : "");
        html_text(html, what);
    }
    html_text(html, job->has_daemon
                        ? ". It looks twice a second; a job that somebody works on without one "
                          "does not hear of it."
                        : ". None works here: 'firstbad daemon' starts one.");
    html_close(html);
}

GBytes *page_job(const PagePlace *place, const PageJob *job)
{
    const Report *report = job->report;
    Html *html = frame_new(place, "job", report->row->name);

    open_main(html, place, report);
    add_head(html, place, report);
    add_requests(html, job);
    add_answer(html, place, report);
    add_live(html, place, report, job->live);
    add_culprit(html, place, report);
    add_crash(html, place, report);
    add_pictures(html, place, report);
    add_revisions(html, place, report);
    add_built(html, report);
    if (!place->is_file) {
        add_actions(html, place, report, job->live);
        add_other_forms(html, report);
    }
    if (job->pictures) {
        html_data(html, "pictures-data", job->pictures);
        frame_add_script(html);
    }
    return frame_finish(html);
}
