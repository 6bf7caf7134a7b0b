/* SPDX-License-Identifier: Apache-2.0
 * The answer for people: what, how sure, why, what it cost, whom to tell; 80 columns.
 */
#include "report/foreign.h"
#include "report/known.h"
#include "report/words.h"

#include <string.h>

#define WIDTH 80

/* The commits that it speaks of follow. */
static void add_headline(GString *text, const Report *report)
{
    AnswerKind kind = report->answer->kind;
    gboolean has_commits =
        kind == ANSWER_CULPRIT || kind == ANSWER_REVEALER ||
        (kind == ANSWER_SET && (report->answer->candidates->len || !report->answer->by_budget));
    g_autofree char *headline = report_headline(report);

    g_string_append_printf(text, "%s%s", headline, has_commits ? ":\n\n" : ".\n");
}

static gboolean is_of_build(const Report *report)
{
    return g_str_equal(report->spec->bug, bug_kind_name(BUG_BUILD));
}

/* Most candidates shown; the JSON has all. */
#define N_CANDIDATES_SHOWN 20

/* What stands before the subject of the end that stands for more than itself. */
static const char *meaning(const Report *report, const Candidate *candidate)
{
    if (!candidate->or_older) {
        return "";
    }
    return report->spec->fix ? "not mended after this: " : "this or older: ";
}

static void add_candidates(GString *text, const Report *report, const GPtrArray *candidates)
{
    for (guint i = 0; i < candidates->len && i < N_CANDIDATES_SHOWN; i++) {
        const Candidate *candidate = candidates->pdata[i];
        gboolean has_share = candidates->len > 1 && candidate->probability > 0;
        g_autofree char *subject = NULL;

        g_string_append_printf(text, "  %.12s  ", candidate->commit);
        if (has_share) {
            g_string_append_printf(text, "%5.1f %%  ", words_percent(candidate->probability));
        }
        subject = g_strconcat(meaning(report, candidate), candidate->subject, NULL);
        words_add_cut(text, subject, has_share ? WIDTH - 25 : WIDTH - 16);
        g_string_append_c(text, '\n');
    }
    if (candidates->len > N_CANDIDATES_SHOWN) {
        g_string_append_printf(text, "  and %u more\n", candidates->len - N_CANDIDATES_SHOWN);
    }
}

/* The commit that shows the bug, and those that may be at fault. */
static void add_revealer(GString *text, const Report *report)
{
    const Answer *answer = report->answer;

    g_string_append_printf(text, "  %.12s  ", answer->revealer);
    words_add_cut(text, words_subject(answer->candidates, answer->revealer), WIDTH - 16);
    g_string_append(text, "\n\nWho may be at fault, most probable first:\n");
    add_candidates(text, report, answer->candidates);
    if (answer->older && answer->older->len) {
        g_string_append(text, "Before the range, these changed the files of the crash last:\n");
        add_candidates(text, report, answer->older);
    }
}

static void add_reasons(GString *text, const Answer *answer)
{
    if (answer->reason) {
        gboolean has_end =
            g_str_has_suffix(answer->reason, ".") || g_str_has_suffix(answer->reason, "?");
        g_autofree char *reason = g_strconcat(answer->reason, has_end ? "" : ".", NULL);
        gsize n_hex = strspn(reason, "0123456789abcdef");

        /* Not the id of a commit. */
        reason[0] = n_hex < 12 ? g_ascii_toupper(reason[0]) : reason[0];
        g_string_append_c(text, '\n');
        words_add_wrapped(text, reason, WIDTH, 0, 0);
    }
    for (guint i = 0; i < answer->checks->len; i++) {
        g_string_append(text, i ? "" : "Checks:\n");
        words_add_wrapped(text, answer->checks->pdata[i], WIDTH, 2, 4);
    }
}

/* The other jobs that it has to do with. */
static void add_jobs(GString *text, const Report *report)
{
    g_autofree char *same = report_same_bug(report), *begun_with = report_begun_with(report);

    if (same) {
        g_autofree char *line = g_strconcat(same, ".", NULL);

        line[0] = g_ascii_toupper(line[0]);
        words_add_wrapped(text, line, WIDTH, 0, 0);
    }
    if (begun_with) {
        words_add_wrapped(text, begun_with, WIDTH, 0, 0);
    }
}

static void add_legend(GString *text, const Report *report)
{
    gboolean has_same = FALSE, has_inferred = FALSE;

    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        has_same = has_same || revision->same_as;
        has_inferred = has_inferred || revision->is_inferred;
    }
    if (has_same) {
        g_string_append(text, "  =: not tried, since its kernel is that of the other\n");
    }
    if (has_inferred) {
        g_string_append(text, "  ~: by what all revisions showed, not by its own trials alone\n");
    }
}

static void add_unreached(GString *text, const Report *report)
{
    gboolean is_first = TRUE;

    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];
        g_autofree char *line = NULL;

        if (revision->unreached_why) {
            line =
                g_strdup_printf("%.12s: %s", revision->decision->commit, revision->unreached_why);
            g_string_append(text, is_first ? "\nQuiet, and could not show the bug:\n" : "");
            words_add_wrapped(text, line, WIDTH, 2, 4);
            is_first = FALSE;
        }
    }
}

/* What persons say, beside what was measured. */
static void add_said(GString *text, const Report *report)
{
    gboolean is_first = TRUE;

    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];
        guint n =
            revision->n_ok + revision->n_crash + revision->n_doubtful + revision->n_other_crash;
        g_autofree char *measured = NULL;
        g_autofree char *line = NULL;

        if (!revision->said) {
            continue;
        }
        measured = n ? g_strdup_printf(" (measured: %u of %u %s)", revision->n_crash, n,
                                       job_spec_verb(report->spec))
                     : g_strdup("");
        line = g_strdup_printf("%.12s is %s%s%s%s", revision->decision->commit, revision->said,
                               measured, revision->note ? ": " : "",
                               revision->note ? revision->note : "");
        g_string_append(text, is_first ? "\nOn your word:\n" : "");
        words_add_wrapped(text, line, WIDTH, 2, 4);
        is_first = FALSE;
    }
}

/* The release; or the first line of its message, behind what was done to it. */
static char *revision_subject(const DecisionRow *decision)
{
    g_autofree char *title = variant_title(decision->commit);
    const char *patches = strchr(title, ' ');

    if (decision->label) {
        return g_strdup(decision->label);
    }
    return patches ? g_strdup_printf("%s: %s", patches + 1, decision->subject)
                   : g_strdup(decision->subject);
}

static void add_revisions(GString *text, const Report *report)
{
    gboolean run = job_spec_is_run(report->spec), is_build = is_of_build(report);

    g_string_append(text, "\nRevisions tested:\n");
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];
        g_autofree char *subject = revision_subject(revision->decision);
        guint n_told = revision->n_ok + revision->n_crash;

        g_string_append_printf(text, "  %.12s %c%-7s  ", revision->decision->commit,
                               revision->is_inferred ? '~' : ' ', revision->verdict);
        if (revision->said) {
            g_string_append(text, "on your word      ");
        } else if (revision->kernel && revision->kernel->kernel->status == KERNEL_FAILED) {
            g_string_append(text, "does not build    ");
        } else if (is_build) {
            g_string_append(text, "builds            ");
        } else if (revision->n_doubtful && !n_told) {
            g_string_append(text, "doubtful crash    ");
        } else if (revision->n_other_crash && !n_told) {
            g_string_append(text, "another crash     ");
        } else if (revision->n_broken > revision->n_unreached && !n_told) {
            g_string_append(text, run ? "cannot be tested  " : "does not boot     ");
        } else if (revision->n_unreached && !n_told) {
            g_string_append(text, "not reached       ");
        } else if (revision->same_as) {
            g_string_append_printf(text, "= %.12s    ", revision->same_as->decision->commit);
        } else {
            g_string_append_printf(text, "%2u of %2u %-7s  ", revision->n_crash,
                                   n_told + revision->n_doubtful + revision->n_other_crash,
                                   job_spec_verb(report->spec));
        }
        words_add_cut(text, subject, WIDTH - 43);
        g_string_append_c(text, '\n');
    }
    add_legend(text, report);
    add_said(text, report);
    add_unreached(text, report);
}

static void add_fixes(GString *text, const Report *report)
{
    g_autoptr(GString) fixes = g_string_new(NULL);

    report_add_fixes(fixes, report, "  ");
    if (fixes->len) {
        g_string_append_printf(text, "\nKernels were built with these fixes:\n%s", fixes->str);
    }
}

/* Without these options a revision may look good that is not. */
static void add_drift(GString *text, const Report *report)
{
    gboolean is_first = TRUE;

    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];
        g_auto(GStrv) lines = g_strsplit(revision->drift ? revision->drift : "", "\n", -1);

        for (char **line = lines; *line; line++) {
            g_string_append_printf(
                text, "%s  %.12s  %s\n",
                is_first ? "\nOptions that matter to the crash, and differ:\n" : "",
                line == lines ? revision->decision->commit : "            ", *line);
            is_first = FALSE;
        }
    }
}

static void add_totals(GString *text, const Report *report)
{
    g_autofree char *total = report_duration(report->row->total_ms);
    g_autofree char *build = report_duration(report->row->build_ms);
    g_autofree char *test = report_duration(report->row->test_ms);

    if (report->config) {
        g_string_append_printf(text, "\nconfig: %s\n", report->config);
    }
    g_string_append_printf(text, "\n%u revision%s, ", report->revisions->len,
                           report->revisions->len == 1 ? "" : "s");
    if (!job_spec_is_run(report->spec)) {
        guint n_built = report->n_kernels - report->n_reused;

        g_string_append_printf(text, "%u kernel%s built", n_built, n_built == 1 ? "" : "s");
        if (report->n_failed) {
            g_string_append_printf(text, " (%u failed)", report->n_failed);
        }
        g_string_append_printf(text, ", %u reused, ", report->n_reused);
    }
    g_string_append_printf(text, "%u trial%s\n%s (building %s, testing %s)\n", report->n_trials,
                           report->n_trials == 1 ? "" : "s", total, build, test);
}

/* What built the kernels, in the order of first use, and why another than wanted. */
static void add_compilers(GString *text, const Report *report)
{
    g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < report->kernels->len; i++) {
        char *compiler = ((const KernelRow *)report->kernels->pdata[i])->kernel->compiler;

        if (compiler && g_hash_table_add(told, compiler)) {
            g_autofree char *line = g_strdup_printf("built by %s", compiler);

            words_add_wrapped(text, line, WIDTH, 0, 2);
        }
    }
}

static void add_people(GString *text, const char *name, char *const *addresses)
{
    for (guint i = 0; addresses && addresses[i]; i++) {
        g_string_append_printf(text, "  %s: %s\n", name, addresses[i]);
    }
}

static void add_command(GString *text, const char *command, const Report *report,
                        const char *state_dir)
{
    g_autofree char *line = report_command(command, report->row->name, state_dir);

    g_string_append_printf(text, "%s\n", line);
}

static void add_unfinished(GString *text, const Report *report, const char *state_dir)
{
    /* By 'firstbad verdict', or since there is another budget. */
    if (!report->is_worked_on && g_str_equal(report->row->phase, "done")) {
        g_string_append(text, "Not finished: its answer was taken back.\n");
    } else {
        g_string_append_printf(text, "%s in phase %s.\n",
                               report->is_worked_on               ? "At work"
                               : report->row->state == JOB_FAILED ? "Stopped by a failure"
                                                                  : "Not finished",
                               report->row->phase);
    }
    if (report->row->error) {
        g_string_append_printf(text, "%s\n", report->row->error);
    }
    add_revisions(text, report);
    report_add_foreign(text, report);
    add_fixes(text, report);
    add_drift(text, report);
    add_totals(text, report);
    add_compilers(text, report);
    if (!report->is_worked_on) {
        g_string_append(text, "\nGo on: ");
        add_command(text, "resume", report, state_dir);
    }
}

static void add_culprit(GString *text, const Report *report)
{
    const Candidate *culprit = report->answer->candidates->pdata[0];

    g_string_append_printf(text, "\nThe commit:\n%s\n", report->answer->culprit_show);
    if (report->answer->revealer) {
        return;
    }
    if (!report->spec->fix) {
        g_string_append_printf(text, "\nFor the one that mends it:\nFixes: %.12s (\"%s\")\n",
                               culprit->commit, culprit->subject);
    } else if (!job_spec_is_run(report->spec)) {
        g_string_append_printf(text, "\nFor syzbot, if the crash is one of its:\n#syz fix: %s\n",
                               culprit->subject);
    }
}

/* Whose crash is quoted: "start", or an id. */
static char *crashed(const Report *report)
{
    const Answer *answer = report->answer;

    if (!answer->crash_commit || g_str_equal(answer->crash_commit, report->spec->start)) {
        return g_strdup(answer->crash_commit || !answer->culprit ? "the start" : "the culprit");
    }
    if (g_strcmp0(answer->crash_commit, answer->revealer) == 0) {
        return g_strdup("the revealer");
    }
    return g_strcmp0(answer->crash_commit, answer->culprit) == 0
               ? g_strdup("the culprit")
               : g_strdup_printf("%.12s", answer->crash_commit);
}

static void add_quotes(GString *text, const Report *report)
{
    const Answer *answer = report->answer;

    if (answer->culprit_show) {
        add_culprit(text, report);
    }
    if (answer->crash_title) {
        g_autofree char *whose = crashed(report);
        g_autofree char *quoted = g_strdup(answer->crash_report ? answer->crash_report : "");

        g_strchomp(quoted);
        g_string_append_printf(text, "\nThe %s (of %s): %s\n%s%s",
                               is_of_build(report) ? "error" : "crash", whose, answer->crash_title,
                               quoted, *quoted ? "\n" : "");
    }
}

char *report_text(const Report *report, const char *state_dir)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const Answer *answer = report->answer;

    g_string_append_printf(text, "Job %s (%s), start %.12s\n\n", report->row->name,
                           report->row->kind, report->spec->start);
    if (!answer) {
        add_unfinished(text, report, state_dir);
        return report_clean(text->str);
    }
    if (answer->kind == ANSWER_TRIED) {
        return report_tried_text(report, state_dir);
    }
    add_headline(text, report);
    if (answer->revealer) {
        add_revealer(text, report);
    } else {
        add_candidates(text, report, answer->candidates);
    }
    add_reasons(text, answer);
    add_jobs(text, report);
    if (answer->to && answer->to[0]) {
        g_string_append(text, "\nWhom to tell:\n");
        add_people(text, "To", answer->to);
        add_people(text, "Cc", answer->cc);
    }
    add_revisions(text, report);
    report_add_foreign(text, report);
    add_fixes(text, report);
    add_drift(text, report);
    add_totals(text, report);
    add_compilers(text, report);
    add_quotes(text, report);
    if (report_webhook(report)) {
        g_string_append_printf(text, "\nwebhook: %s\n", report_webhook(report));
    }
    g_string_append(text, "\nThe whole log: ");
    add_command(text, "log", report, state_dir);
    return report_clean(text->str);
}
