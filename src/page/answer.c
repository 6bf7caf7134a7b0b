/* SPDX-License-Identifier: Apache-2.0
 * The answer on top of a job's page: what, how sure, why, which checks, whom to tell.
 */
#include <string.h>

#include "page/parts.h"

/* Most candidates shown; the JSON has all. */
#define N_SHOWN 20

/* Nothing that was measured is sure. */
static double percent(double probability)
{
    return MIN(probability * 100, 99.9);
}

static void add_confidence(Html *html, const Answer *answer)
{
    g_autofree char *value = g_strdup_printf("%.3f", answer->confidence);

    if (answer->confidence <= 0) {
        return;
    }
    html_open(html, "p", "class", "confidence", NULL);
    html_leaf(html, "meter", NULL, "class", "confidence", "min", "0", "max", "1", "value", value,
              "aria-label", "Confidence", NULL);
    html_print(html, " %.1f %% sure", percent(answer->confidence));
    html_close(html);
}

static const char *meaning(const Report *report, const Candidate *candidate)
{
    if (!candidate->or_older) {
        return "";
    }
    return report->spec->fix ? "not mended after this: " : "this or older: ";
}

static void add_candidate(Html *html, const PagePlace *place, const Report *report,
                          const Candidate *candidate)
{
    html_open(html, "tr", NULL);
    html_open(html, "td", NULL);
    add_id(html, place, report, candidate->commit);
    html_close(html);
    html_open(html, "td", "class", "number", NULL);
    if (candidate->probability > 0) {
        html_print(html, "%.1f %%", percent(candidate->probability));
    }
    html_close(html);
    html_open(html, "td", NULL);
    html_text(html, meaning(report, candidate));
    html_cut(html, candidate->subject ? candidate->subject : "", 200);
    html_close(html);
    html_close(html);
}

static void add_candidates(Html *html, const PagePlace *place, const Report *report, const char *id,
                           const char *caption, const GPtrArray *candidates)
{
    static const char *const columns[] = {"Commit", "Probability", "Subject", NULL};

    open_table(html, id, caption, columns);
    for (guint i = 0; i < candidates->len && i < N_SHOWN; i++) {
        add_candidate(html, place, report, candidates->pdata[i]);
    }
    close_table(html);
    if (candidates->len > N_SHOWN) {
        html_open(html, "p", NULL);
        html_print(html, "and %u more", candidates->len - N_SHOWN);
        html_close(html);
    }
}

/* The one commit that is named, for the eye. */
static void add_named(Html *html, const PagePlace *place, const Report *report)
{
    const Answer *answer = report->answer;
    const char *named = answer->culprit ? answer->culprit : answer->revealer;

    for (guint i = 0; named && i < answer->candidates->len; i++) {
        const Candidate *candidate = answer->candidates->pdata[i];

        if (g_str_equal(candidate->commit, named)) {
            html_open(html, "p", "class", "named", NULL);
            add_id(html, place, report, named);
            html_text(html, " ");
            html_open(html, "strong", NULL);
            html_cut(html, candidate->subject ? candidate->subject : "", 300);
            html_close(html);
            html_close(html);
            return;
        }
    }
}

static void add_who_may_be(Html *html, const PagePlace *place, const Report *report)
{
    const Answer *answer = report->answer;

    if (answer->revealer || answer->candidates->len > 1 ||
        (answer->candidates->len && !answer->culprit)) {
        add_candidates(html, place, report, "candidates",
                       answer->revealer ? "Who may be at fault, most probable first"
                                        : "Candidates, most probable first",
                       answer->candidates);
    }
    if (answer->older && answer->older->len) {
        add_candidates(html, place, report, "older",
                       "Before the range, these changed the files of the crash last",
                       answer->older);
    }
}

/* "passed: the culprit crashes" as its class. */
static const char *class_of_check(const char *check)
{
    if (g_str_has_prefix(check, "passed")) {
        return "check check-passed";
    }
    if (g_str_has_prefix(check, "failed")) {
        return "check check-failed";
    }
    return g_str_has_prefix(check, "doubtful") ? "check check-doubtful" : "check check-other";
}

static void add_checks(Html *html, const Answer *answer)
{
    if (!answer->checks->len) {
        return;
    }
    html_leaf(html, "h3", answer->kind == ANSWER_TRIED ? "What else there is to know" : "Checks",
              NULL);
    html_open(html, "ul", "id", "checks", NULL);
    for (guint i = 0; i < answer->checks->len; i++) {
        const char *check = answer->checks->pdata[i];

        html_leaf(html, "li", check, "class", class_of_check(check), NULL);
    }
    html_close(html);
}

static void add_people(Html *html, const char *role, char *const *addresses)
{
    for (; addresses && *addresses; addresses++) {
        html_leaf(html, "dt", role, NULL);
        html_leaf(html, "dd", *addresses, NULL);
    }
}

static void add_whom(Html *html, const Answer *answer)
{
    if (!answer->to || !*answer->to) {
        return;
    }
    html_open(html, "details", "class", "whom", NULL);
    html_leaf(html, "summary", "Whom to tell", NULL);
    html_open(html, "dl", "id", "whom", NULL);
    add_people(html, "To", answer->to);
    add_people(html, "Cc", answer->cc);
    html_close(html);
    html_close(html);
}

/* What to write into the commit that mends it. */
static void add_tag(Html *html, const Report *report)
{
    const Answer *answer = report->answer;
    const Candidate *culprit =
        answer->culprit && answer->candidates->len ? answer->candidates->pdata[0] : NULL;
    g_autofree char *tag = NULL;

    if (!culprit || !culprit->subject) {
        return;
    }
    if (!report->spec->fix) {
        tag = g_strdup_printf("Fixes: %.12s (\"%s\")", culprit->commit, culprit->subject);
    } else if (!job_spec_is_run(report->spec)) {
        tag = g_strdup_printf("#syz fix: %s", culprit->subject);
    }
    if (tag) {
        html_leaf(html, "pre", tag, "class", "tag", NULL);
    }
}

static void add_jobs(Html *html, const PagePlace *place, const Report *report)
{
    g_autofree char *begun = report_begun_with(report);

    for (guint i = 0; i < report->same_bug->len; i++) {
        const JobName *other = report->same_bug->pdata[i];
        g_autofree char *path = path_of_job(other->id, "");

        html_open(html, "p", "class", "same-bug", NULL);
        html_text(html, "Same bug: ");
        html_leaf(html, "a", other->name, "href", place->is_file ? NULL : path, NULL);
        html_close(html);
    }
    if (begun) {
        html_leaf(html, "p", begun, NULL);
    }
}

/* A sentence of the answer, as one. */
static char *as_sentence(const char *reason)
{
    gboolean has_end = g_str_has_suffix(reason, ".") || g_str_has_suffix(reason, "?");
    char *sentence = g_strconcat(reason, has_end ? "" : ".", NULL);

    /* Not the id of a commit. */
    if (strspn(sentence, "0123456789abcdef") < 12) {
        *sentence = g_ascii_toupper(*sentence);
    }
    return sentence;
}

static void add_unfinished(Html *html, const Report *report)
{
    gboolean is_taken_back = !report->is_worked_on && g_str_equal(report->row->phase, "done");

    open_section(html, "answer", "answer answer-none", "Answer");
    html_open(html, "p", "class", "headline", NULL);
    if (is_taken_back) {
        html_text(html, "Not finished: its answer was taken back");
    } else {
        html_print(html, "No answer yet: %s, phase %s", state_word(report), report->row->phase);
    }
    html_close(html);
    if (report->row->error) {
        html_leaf(html, "p", report->row->error, "class", "reason error", NULL);
    }
    html_close(html);
}

void add_answer(Html *html, const PagePlace *place, const Report *report)
{
    const Answer *answer = report->answer;
    g_autofree char *headline = answer ? report_headline(report) : NULL;
    g_autofree char *class_name = NULL, *reason = NULL;

    if (!answer) {
        add_unfinished(html, report);
        return;
    }
    class_name = g_strdup_printf("answer answer-%s", answer_kind_name(answer->kind));
    open_section(html, "answer", class_name, "Answer");
    html_leaf(html, "p", headline, "class", "headline", NULL);
    add_named(html, place, report);
    add_confidence(html, answer);
    if (answer->reason) {
        reason = as_sentence(answer->reason);
        html_leaf(html, "p", reason, "class", "reason", NULL);
    }
    add_who_may_be(html, place, report);
    add_checks(html, answer);
    add_tag(html, report);
    add_jobs(html, place, report);
    add_whom(html, answer);
    html_close(html);
}
