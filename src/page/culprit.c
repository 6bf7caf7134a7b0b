/* SPDX-License-Identifier: Apache-2.0
 * The commit that is named: its message, its diff, and what taking it back showed.
 */
#include "page/parts.h"

/* The variant in which @commit was taken back (of a fix: put in), if one was tried. */
static gboolean is_revert_of(const char *text, const char *commit, gboolean fix)
{
    g_autoptr(Variant) variant = variant_is_plain(text) ? NULL : variant_parse(text);
    const char *const *others =
        variant ? (const char *const *)(fix ? variant->picks : variant->reverts) : NULL;

    return others && g_strv_contains(others, commit);
}

static void add_reverts(Html *html, const PagePlace *place, const Report *report,
                        const char *commit)
{
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (is_revert_of(revision->decision->commit, commit, report->spec->fix)) {
            html_open(html, "p", "class", "revert", NULL);
            html_text(html, report->spec->fix ? "With it added: " : "With it taken back: ");
            add_id(html, place, report, revision->decision->commit);
            html_text(html, " is ");
            add_verdict(html, revision);
            html_print(html, " (%u of %u trials %s)", revision->n_crash,
                       revision->n_crash + revision->n_ok, job_spec_verb(report->spec));
            html_close(html);
        }
    }
}

void add_culprit(Html *html, const PagePlace *place, const Report *report)
{
    const Answer *answer = report->answer;
    const char *commit = !answer ? NULL : answer->culprit ? answer->culprit : answer->revealer;
    const char *diff = commit ? report_fact(report, commit, FACT_DIFF) : NULL;

    if (!commit) {
        open_section(html, "culprit", HIDDEN, "The commit");
        html_close(html);
        return;
    }
    open_section(html, "culprit", NULL, "The commit");
    html_leaf(html, "pre", answer->culprit_show, "class", "message", "tabindex", "0", NULL);
    add_reverts(html, place, report, commit);
    if (answer->culprit_signature) {
        html_open(html, "dl", "class", "terms", NULL);
        add_term(html, "Signature of its kernel", answer->culprit_signature);
        add_term(html, "Of its parent's", answer->parent_signature);
        html_close(html);
    }
    if (diff) {
        html_open(html, "details", "class", "diff", "open", "", NULL);
        html_leaf(html, "summary", "What it changes", NULL);
        add_diff(html, diff);
        html_close(html);
    }
    html_close(html);
}
