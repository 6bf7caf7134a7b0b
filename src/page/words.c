/* SPDX-License-Identifier: Apache-2.0
 * Small things that many pages have: ids, verdicts, states, tables.
 */
#include "page/parts.h"

static gboolean is_revision_of(const Report *report, const char *commit)
{
    for (guint i = 0; report && report->revisions && i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (g_str_equal(revision->decision->commit, commit)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Where a reader finds it: its page; in a file its row. */
static char *address_of_revision(const PagePlace *place, const Report *report, const char *commit)
{
    g_autofree char *row = place_of_revision(commit);

    return place->is_file ? g_strconcat("#", row, NULL)
                          : path_of_revision(report->row->id, commit, "");
}

void add_id(Html *html, const PagePlace *place, const Report *report, const char *commit)
{
    g_autofree char *title = variant_title(commit);

    if (is_revision_of(report, commit)) {
        g_autofree char *address = address_of_revision(place, report, commit);

        html_open(html, "a", "href", address, NULL);
        html_leaf(html, "code", title, "class", "id", NULL);
        html_close(html);
    } else {
        html_leaf(html, "code", title, "class", "id", NULL);
    }
}

static void add_badge(Html *html, const char *what, const char *word)
{
    g_autofree char *class_name = g_strdup_printf("%s %s-%s", what, what, word);

    html_leaf(html, "span", word, "class", class_name, NULL);
}

void add_verdict(Html *html, const ReportRevision *revision)
{
    add_badge(html, "verdict", revision->verdict);
    if (revision->said) {
        html_leaf(html, "span", "on somebody's word", "class", "note", NULL);
    } else if (revision->is_inferred) {
        html_leaf(html, "span", "by what all revisions showed", "class", "note", NULL);
    }
}

const char *outcome_word(const Report *report, const char *name)
{
    static const char *const run_words[][2] = {{"ok", "passed"},
                                               {"crash", "failed"},
                                               {"basic-failed", "cannot be tested"},
                                               {"broken", "cannot be tested"}};

    for (guint i = 0; job_spec_is_run(report->spec) && i < G_N_ELEMENTS(run_words); i++) {
        if (g_str_equal(run_words[i][0], name)) {
            return run_words[i][1];
        }
    }
    return name;
}

void add_outcome(Html *html, const Report *report, const char *name)
{
    g_autofree char *class_name = g_strconcat("outcome outcome-", name, NULL);

    html_leaf(html, "span", outcome_word(report, name), "class", class_name, NULL);
}

const char *state_word(const Report *report)
{
    JobState state = report->row->state;

    if (state != JOB_RUNNING) {
        return job_state_name(state);
    }
    return report->is_worked_on ? "working" : "stopped";
}

void add_state(Html *html, const Report *report)
{
    add_badge(html, "state", state_word(report));
}

const char *job_title(const Report *report)
{
    const JobSpec *spec = report->spec;

    if (report->answer && report->answer->crash_title) {
        return report->answer->crash_title;
    }
    return spec->title ? spec->title : spec->title_match ? spec->title_match : spec->test_command;
}

void add_time(Html *html, gint64 time_s)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(time_s);
    g_autofree char *text = time ? g_date_time_format(time, "%F %H:%M UTC") : NULL;
    g_autofree char *exact = time ? g_date_time_format(time, "%FT%TZ") : NULL;

    if (time) {
        html_leaf(html, "time", text, "datetime", exact, NULL);
    }
}

void add_term(Html *html, const char *term, const char *text)
{
    if (text && *text) {
        html_leaf(html, "dt", term, NULL);
        html_leaf(html, "dd", text, NULL);
    }
}

void open_section(Html *html, const char *id, const char *class_name, const char *heading)
{
    g_autofree char *heading_id = g_strconcat(id, "-heading", NULL);

    html_open(html, "section", "id", id, "class", class_name, "aria-labelledby", heading_id,
              "hidden", g_strcmp0(class_name, HIDDEN) == 0 ? "" : NULL, NULL);
    html_leaf(html, "h2", heading, "id", heading_id, NULL);
}

void open_table(Html *html, const char *id, const char *caption, const char *const *columns)
{
    /* What scrolls must be reached by keyboard, and have a name. */
    html_open(html, "div", "class", "wide", "tabindex", "0", "role", "region", "aria-label",
              caption, NULL);
    html_open(html, "table", "id", id, NULL);
    html_leaf(html, "caption", caption, NULL);
    html_open(html, "thead", NULL);
    html_open(html, "tr", NULL);
    for (; *columns; columns++) {
        html_leaf(html, "th", *columns, "scope", "col", NULL);
    }
    html_close(html);
    html_close(html);
    html_open(html, "tbody", NULL);
}

void close_table(Html *html)
{
    html_close(html);
    html_close(html);
    html_close(html);
}

char *count_of(guint n, const char *what)
{
    return g_strdup_printf("%u %s%s", n, what, n == 1 ? "" : "s");
}
