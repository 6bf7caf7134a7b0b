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
              "data-pictures", place->is_file ? NULL : pictures, "data-events",
              has_events ? events : NULL, NULL);
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
                    *log = path_of_job(report->row->id, "/log"),
                    *text = path_of_job(report->row->id, "/report.txt");

    html_open(html, "p", "class", "other-forms", NULL);
    html_leaf(html, "a", "As text", "href", text, NULL);
    html_text(html, ", ");
    html_leaf(html, "a", "as a bisection log", "href", log, NULL);
    html_text(html, ", ");
    html_leaf(html, "a", "as JSON", "href", json, NULL);
    html_close(html);
}

GBytes *page_job(const PagePlace *place, const Report *report, const Live *live, json_t *pictures)
{
    Html *html = frame_new(place, "job", report->row->name);

    open_main(html, place, report);
    add_head(html, place, report);
    add_answer(html, place, report);
    add_live(html, place, report, live);
    add_culprit(html, place, report);
    add_crash(html, place, report);
    add_pictures(html, place, report);
    add_revisions(html, place, report);
    add_built(html, report);
    if (!place->is_file) {
        add_actions(html, place, report, live);
        add_other_forms(html, report);
    }
    if (pictures) {
        html_data(html, "pictures-data", pictures);
        frame_add_script(html);
    }
    return frame_finish(html);
}
