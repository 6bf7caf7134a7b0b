/* SPDX-License-Identifier: Apache-2.0
 * The revisions of a job in a table: verdicts, trials by outcome, how far the search was.
 */
#include "page/parts.h"

/* One kind of outcome and how often it was seen. */
static void add_count(Html *html, const Report *report, guint n, const char *name)
{
    g_autofree char *class_name = g_strconcat("outcome outcome-", name, NULL);

    if (n) {
        html_open(html, "span", "class", class_name, NULL);
        html_print(html, "%u %s", n, outcome_word(report, name));
        html_close(html);
        html_text(html, " ");
    }
}

static void add_trials(Html *html, const PagePlace *place, const Report *report,
                       const ReportRevision *revision)
{
    if (revision->kernel && revision->kernel->kernel->status == KERNEL_FAILED) {
        html_text(html, "does not build");
        return;
    }
    if (revision->same_as) {
        html_text(html, "same kernel as ");
        add_id(html, place, report, revision->same_as->decision->commit);
        return;
    }
    add_count(html, report, revision->n_ok, "ok");
    add_count(html, report, revision->n_crash, "crash");
    add_count(html, report, revision->n_doubtful, "doubtful");
    add_count(html, report, revision->n_other_crash, "other-crash");
    add_count(html, report, revision->n_broken, "broken");
    add_count(html, report, revision->n_unreached, "unreached");
    add_count(html, report, revision->n_infra, "infra");
}

static void add_subject(Html *html, const DecisionRow *decision)
{
    if (decision->label) {
        html_leaf(html, "strong", decision->label, NULL);
        html_text(html, " ");
    }
    html_cut(html, decision->subject ? decision->subject : "", 120);
}

static void add_revision(Html *html, const PagePlace *place, const Report *report, guint i)
{
    const ReportRevision *revision = report->revisions->pdata[i];
    const DecisionRow *decision = revision->decision;
    g_autofree char *row = place_of_revision(decision->commit);

    html_open(html, "tr", "id", row, "data-commit", decision->commit, NULL);
    html_open(html, "td", "class", "number", NULL);
    html_print(html, "%u", i + 1);
    html_close(html);
    html_open(html, "th", "scope", "row", NULL);
    add_id(html, place, report, decision->commit);
    html_close(html);
    html_open(html, "td", NULL);
    add_verdict(html, revision);
    html_close(html);
    html_open(html, "td", NULL);
    add_trials(html, place, report, revision);
    html_close(html);
    html_open(html, "td", "class", "subject", NULL);
    add_subject(html, decision);
    html_close(html);
    html_leaf(html, "td", decision->phase, "class", "phase", NULL);
    html_close(html);
}

static void add_unreached(Html *html, const PagePlace *place, const Report *report)
{
    gboolean is_first = TRUE;

    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (!revision->unreached_why) {
            continue;
        }
        if (is_first) {
            html_leaf(html, "h3", "Quiet, and could not show the bug", NULL);
            html_open(html, "ul", "id", "unreached", NULL);
            is_first = FALSE;
        }
        html_open(html, "li", NULL);
        add_id(html, place, report, revision->decision->commit);
        html_text(html, ": ");
        html_text(html, revision->unreached_why);
        html_close(html);
    }
    if (!is_first) {
        html_close(html);
    }
}

/* Apart from the table: they are no trials of ours. */
static void add_foreign(Html *html, const PagePlace *place, const Report *report)
{
    for (guint i = 0; i < report->foreign->len; i++) {
        const ReportForeign *test = report->foreign->pdata[i];
        g_autofree char *what = report_foreign_what(test);

        if (i == 0) {
            html_leaf(html, "h3", "Tested by others: hints, on which the answer does not rest",
                      NULL);
            html_open(html, "ul", "id", "foreign", NULL);
        }
        html_open(html, "li", NULL);
        add_id(html, place, report, test->commit);
        html_print(html, " %s, by %s: ", test->label ? test->label : "", test->source);
        html_cut(html, what, 160);
        html_close(html);
    }
    if (report->foreign->len) {
        html_close(html);
    }
}

void add_revisions(Html *html, const PagePlace *place, const Report *report)
{
    static const char *const columns[] = {"#",       "Revision", "Verdict", "Trials",
                                          "Subject", "Phase",    NULL};

    open_section(html, "revisions", NULL, "Revisions tested");
    if (report->revisions->len) {
        open_table(html, "revisions-table", "Revisions, in the order in which they were chosen",
                   columns);
        for (guint i = 0; i < report->revisions->len; i++) {
            add_revision(html, place, report, i);
        }
        close_table(html);
    } else {
        html_leaf(html, "p", "None yet.", NULL);
    }
    add_unreached(html, place, report);
    add_foreign(html, place, report);
    html_close(html);
}
