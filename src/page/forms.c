/* SPDX-License-Identifier: Apache-2.0
 * What a reader with the token can ask for, and pages of a sentence.
 */
#include "page/parts.h"

/* --- Cancel and overrule --------------------------------------------------------------------- */

static void open_form(Html *html, const char *action, const char *class_name)
{
    html_open(html, "form", "method", "post", "action", action, "class", class_name, NULL);
}

static void add_button(Html *html, const char *name, const char *value, const char *text)
{
    html_leaf(html, "button", text, "type", "submit", "name", name, "value", value, NULL);
}

/* Why, and the buttons. */
static void add_word_fields(Html *html)
{
    html_open(html, "label", NULL);
    html_text(html, "Why ");
    html_open(html, "input", "type", "text", "name", "note", "maxlength", "1000", NULL);
    html_close(html);
    html_text(html, " ");
    add_button(html, "verdict", "good", "It is good");
    add_button(html, "verdict", "bad", "It is bad");
    add_button(html, "verdict", "skip", "Skip it");
}

static gboolean can_cancel(const Report *report)
{
    return report->row->state == JOB_RUNNING || report->row->state == JOB_QUEUED;
}

/* A word on any revision; for those that were tested their page has the same. */
static void add_word_form(Html *html, const Report *report)
{
    g_autofree char *action = path_of_job(report->row->id, "/verdict");

    html_open(html, "details", NULL);
    html_leaf(html, "summary", "Overrule a revision", NULL);
    open_form(html, action, "overrule");
    html_open(html, "label", NULL);
    html_text(html, "Revision ");
    html_open(html, "input", "type", "text", "name", "revision", "required", "", "maxlength", "200",
              NULL);
    html_close(html);
    add_word_fields(html);
    html_close(html);
    html_close(html);
}

/* For a job that is not at an end. */
static void add_end_forms(Html *html, const Report *report, const Live *live)
{
    g_autofree char *cancel = path_of_job(report->row->id, "/cancel"),
                    *pause = path_of_job(report->row->id, "/pause");

    if (live) {
        open_form(html, pause, "pause");
        add_button(html, "do", live->is_paused ? "go-on" : "pause",
                   live->is_paused ? "Go on" : "Pause: begin nothing new");
        html_close(html);
    }
    open_form(html, cancel, "cancel");
    add_button(html, "do", "cancel", "Cancel this job");
    html_close(html);
}

void add_actions(Html *html, const PagePlace *place, const Report *report, const Live *live)
{

    open_section(html, "actions", NULL, "What you can do");
    if (!place->may_write) {
        html_open(html, "p", NULL);
        html_leaf(html, "a", "Log in", "href", "/login", NULL);
        html_text(html, " to cancel the job or to overrule verdicts.");
        html_close(html);
    } else if (can_cancel(report)) {
        add_end_forms(html, report, live);
    }
    if (place->may_write) {
        add_word_form(html, report);
    }
    html_close(html);
}

void add_overrule(Html *html, const PagePlace *place, const Report *report,
                  const ReportRevision *revision)
{
    const char *commit = revision->decision->commit;
    g_autofree char *action = path_of_revision(report->row->id, commit, "/verdict");

    if (!place->may_write || place->is_file || !variant_is_plain(commit) ||
        g_strcmp0(report->spec->start, commit) == 0) {
        return;
    }
    open_section(html, "overrule", NULL, "You know better?");
    html_leaf(html, "p",
              "Your word counts in place of all its trials, which are kept. The answer is taken "
              "back, and the daemon goes on with the job.",
              NULL);
    open_form(html, action, "overrule");
    add_word_fields(html);
    if (revision->said) {
        add_button(html, "verdict", "clear", "Take the word back");
    }
    html_close(html);
    html_close(html);
}

/* --- Short pages ----------------------------------------------------------------------------- */

void add_complaint(Html *html, const char *complaint)
{
    if (complaint) {
        html_leaf(html, "p", complaint, "class", "error", "role", "alert", NULL);
    }
}

GBytes *page_login(const PagePlace *place, const char *complaint)
{
    Html *html = frame_new(place, "login", "Log in");

    frame_open_main(html);
    html_leaf(html, "h1", place->may_write ? "You are logged in" : "Log in", NULL);
    add_complaint(html, complaint);
    if (place->may_write) {
        open_form(html, "/logout", "logout");
        add_button(html, "do", "logout", "Log out");
        html_close(html);
        return frame_finish(html);
    }
    html_leaf(html, "p",
              "Reading needs no token. To begin, cancel and overrule, give the one that is in the "
              "server's state folder, in the file web-token.",
              NULL);
    open_form(html, "/login", "login");
    html_open(html, "label", NULL);
    html_text(html, "Token ");
    html_open(html, "input", "type", "password", "name", "token", "autocomplete",
              "current-password", "required", "", NULL);
    html_close(html);
    html_text(html, " ");
    html_leaf(html, "button", "Log in", "type", "submit", NULL);
    html_close(html);
    return frame_finish(html);
}

GBytes *page_message(const PagePlace *place, const char *title, const char *text, const char *back)
{
    Html *html = frame_new(place, "message", title);

    frame_open_main(html);
    html_leaf(html, "h1", title, NULL);
    html_leaf(html, "p", text, "class", "message", NULL);
    if (back) {
        html_open(html, "p", NULL);
        html_leaf(html, "a", "Go on", "href", back, NULL);
        html_close(html);
    }
    return frame_finish(html);
}
