/* SPDX-License-Identifier: Apache-2.0
 * The bisection log, in the seed's format: what tools that read syzbot's logs read, and what `git
 * bisect replay` takes once the "# " before its lines is gone.
 *
 * The format knows a bisection as one chain of steps. Ours visits a revision again when that tells
 * more; the log shows each revision once, where it was first chosen, with all its trials and its
 * last verdict.
 */
#include "report/foreign.h"
#include "report/words.h"

#include <string.h>

/* Git's own estimate of the steps that @n_left candidates take (bisect.c: estimate_bisect_steps()).
 */
static guint estimate_steps(guint n_left)
{
    guint bits = n_left < 3 ? 0 : g_bit_storage(n_left) - 1;
    guint power = 1u << bits;

    if (n_left < 3) {
        return 0;
    }
    return power < 3 * (n_left - power) ? bits : bits - 1;
}

static char *describe_trial(const TrialRow *trial)
{
    const char *title = trial->title ? trial->title : "";

    switch (trial->kind) {
    case OUTCOME_OK:
        return g_strdup("OK");
    case OUTCOME_CRASH:
        return g_strdup_printf("crashed: %s", title);
    case OUTCOME_BOOT_FAILED:
        return g_strdup_printf("boot failed: %s", title);
    case OUTCOME_BASIC_FAILED:
        return g_strdup_printf("basic kernel testing failed: %s", title);
    case OUTCOME_INFRA:
        return g_strdup_printf("infra problem: %s", title);
    case OUTCOME_UNREACHED:
        return g_strdup_printf("ignore: %s", title);
    }
    g_assert_not_reached();
}

/* "all runs: V" when they agree, as syzbot has it, and how many they were; else one line each. */
static void add_runs(GString *log, const GPtrArray *trials)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    gboolean same = TRUE;

    for (guint i = 0; i < trials->len; i++) {
        char *line = describe_trial(trials->pdata[i]);

        g_strdelimit(line, "\n", ' ');
        g_ptr_array_add(lines, line);
        same = same && g_str_equal(line, lines->pdata[0]);
    }
    if (lines->len && same) {
        g_string_append_printf(log, "# runs: %u\nall runs: %s\n", lines->len,
                               (char *)lines->pdata[0]);
        return;
    }
    for (guint i = 0; i < lines->len; i++) {
        g_string_append_printf(log, "run #%u: %s\n", i, (char *)lines->pdata[i]);
    }
}

static void add_test(GString *log, const ReportRevision *revision)
{
    const KernelRow *kernel = revision->kernel;

    g_string_append_printf(log, "testing commit %s\n", revision->decision->commit);
    if (!kernel) {
        return;
    }
    if (kernel->kernel->compiler) {
        g_string_append_printf(log, "compiler: %s\n", kernel->kernel->compiler);
    }
    if (kernel->kernel->status == KERNEL_FAILED) {
        g_string_append_printf(log, "%s\n", kernel->kernel->first_error);
        return;
    }
    if (kernel->kernel->signature) {
        g_string_append_printf(log, "kernel signature: %s\n", kernel->kernel->signature);
    }
    if (revision->drift) {
        g_autoptr(GString) text = g_string_new(revision->drift);

        g_string_replace(text, "\n", "; ", 0);
        g_string_append_printf(log, "config drift: %s\n", text->str);
    }
    add_runs(log, revision->same_as ? revision->same_as->trials : revision->trials);
}

/* What persons say, kept apart from what was measured. */
static void add_words(GString *log, const Report *report)
{
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (revision->said) {
            g_autofree char *note =
                g_strdelimit(g_strdup(revision->note ? revision->note : ""), "\n", ' ');

            g_string_append_printf(log, "# by hand: %s is %s%s%s\n", revision->decision->commit,
                                   revision->said, *note ? ": " : "", note);
        }
    }
}

static gboolean is_phase(const ReportRevision *revision, const char *phase)
{
    return g_str_equal(revision->decision->phase, phase);
}

static gboolean has_verdict(const ReportRevision *revision)
{
    return !g_str_equal(revision->verdict, "unknown");
}

/* Git looks for the first bad revision: of a fix, "bad" means that the bug is gone. */
static const char *git_verdict(const Report *report, const ReportRevision *revision)
{
    if (report->spec->fix && g_str_equal(revision->verdict, "bad")) {
        return "good";
    }
    return report->spec->fix && g_str_equal(revision->verdict, "good") ? "bad" : revision->verdict;
}

/* The ends of the range that `git bisect start` takes: the oldest bad release (or the start), and
 * the newest good one; of a fix, where it is mended and the start. */
static void find_ends(const Report *report, const char **ret_bad, const char **ret_good)
{
    if (report->spec->fix) {
        *ret_bad = report->spec->good;
        *ret_good = report->spec->start;
        return;
    }
    *ret_bad = report->spec->start;
    *ret_good = NULL;
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (is_phase(revision, "range") && g_str_equal(revision->verdict, "bad")) {
            *ret_bad = revision->decision->commit;
        }
        if (is_phase(revision, "range") && g_str_equal(revision->verdict, "good")) {
            *ret_good = revision->decision->commit;
        }
    }
}

/* A kernel without the culprit, or with the fix added: no step of git's. */
static gboolean is_patched(const ReportRevision *revision)
{
    return is_phase(revision, "check") && !variant_is_plain(revision->decision->commit);
}

static gboolean is_step(const ReportRevision *revision)
{
    return is_phase(revision, "search") || (is_phase(revision, "check") && !is_patched(revision));
}

/* A line for git: in the log behind "# ", in @replay as it is. Replay is never read back from the
 * log, in which consoles may say anything. */
static void add_git(GString *log, GString *replay, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void add_git(GString *log, GString *replay, const char *format, ...)
{
    g_autofree char *line = NULL;
    va_list args;

    va_start(args, format);
    line = g_strdup_vprintf(format, args);
    va_end(args);
    g_string_append_printf(log, "# git bisect %s\n", line);
    g_string_append_printf(replay, "git bisect %s\n", line);
}

/* Tell git where to begin, and what a person says of revisions that were never tried. */
static void add_start(GString *log, GString *replay, const Report *report, const char *bad,
                      const char *good)
{
    if (report->spec->fix) {
        g_string_append(log, "# to git, \"bad\" is what has the fix, \"good\" what has the bug\n");
    }
    add_git(log, replay, "start %s %s", bad, good);
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (is_phase(revision, FACT_VERDICT) && revision->said) {
            add_git(log, replay, "%s %s", revision->said, revision->decision->commit);
        }
    }
}

/* Where no revision behind the start is good in the end, there is nothing to tell git. */
static void add_steps(GString *log, GString *replay, const Report *report)
{
    const char *bad, *good;
    const char *last_bad = NULL, *culprit = report->answer ? report->answer->culprit : NULL;
    gboolean started = FALSE;

    find_ends(report, &bad, &good);
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];
        const DecisionRow *decision = revision->decision;
        guint n_after = decision->n_left > 1 ? (decision->n_left - 1) / 2 : 0,
              n_steps = estimate_steps(decision->n_left);

        if (!is_step(revision)) {
            continue;
        }
        if (!started && good) {
            add_start(log, replay, report, bad, good);
            started = TRUE;
        }
        g_string_append_printf(
            log, "Bisecting: %u revision%s left to test after this (roughly %u step%s)\n", n_after,
            n_after == 1 ? "" : "s", n_steps, n_steps == 1 ? "" : "s");
        g_string_append_printf(log, "[%s] %s\n\n", decision->commit, decision->subject);
        add_test(log, revision);
        if (has_verdict(revision) && good && variant_is_plain(decision->commit)) {
            add_git(log, replay, "%s %s", git_verdict(report, revision), decision->commit);
            if (g_str_equal(git_verdict(report, revision), "bad")) {
                last_bad = decision->commit;
            }
        }
    }
    if (!started && good && report->answer &&
        (report->answer->kind == ANSWER_CULPRIT || report->answer->kind == ANSWER_SET)) {
        add_start(log, replay, report, bad, good);
    }
    /* Of all that are bad git keeps the last one alone, and flaky searches come back to others. */
    if (culprit && last_bad && !g_str_equal(last_bad, culprit)) {
        add_git(log, replay, "bad %s", culprit);
    }
}

/* As comments: the grammar has no tests of patched kernels. */
static void add_patched_kernels(GString *log, const Report *report)
{
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];
        g_autoptr(GString) test = g_string_new(NULL);

        if (is_patched(revision)) {
            add_test(test, revision);
            g_string_truncate(test, test->len - 1);
            g_string_replace(test, "\n", "\n# ", 0);
            g_string_append_printf(log, "# %s\n", test->str);
        }
    }
}

static void add_list(GString *log, const char *name, char *const *addresses)
{
    g_string_append_printf(log, "recipients (%s): [", name);
    for (guint i = 0; addresses && addresses[i]; i++) {
        g_string_append_printf(log, "%s\"%s\"", i ? " " : "", addresses[i]);
    }
    g_string_append(log, "]\n");
}

static guint count_tested(const Report *report)
{
    guint n_tested = 0;

    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        n_tested += revision->kernel && revision->kernel->kernel->status == KERNEL_BUILT;
    }
    return n_tested;
}

/* The good end is none for git, which takes it for good without a doubt. */
static void add_candidates(GString *log, const Answer *answer)
{
    for (guint i = 0; i < answer->candidates->len; i++) {
        const Candidate *candidate = answer->candidates->pdata[i];

        if (!candidate->or_older) {
            g_string_append_printf(log, "%s\n", candidate->commit);
        }
    }
}

/* Does the start crash only sometimes? */
static gboolean is_flaky(const Report *report)
{
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (is_phase(revision, "reproduce") && revision->n_crash && revision->n_ok) {
            return TRUE;
        }
    }
    return FALSE;
}

static void add_totals(GString *log, const Report *report)
{
    g_autofree char *total = report_go_duration(report->row->total_ms);
    g_autofree char *build = report_go_duration(report->row->build_ms);
    g_autofree char *test = report_go_duration(report->row->test_ms);

    if (is_flaky(report)) {
        g_string_append(log, "Reproducer flagged being flaky\n");
    }
    if (report->config) {
        g_string_append_printf(log, "config: %s\n", report->config);
    }
    g_string_append_printf(log, "revisions tested: %u, total time: %s (build: %s, test: %s)\n",
                           count_tested(report), total, build, test);
}

static void add_crash(GString *log, const Answer *answer)
{
    if (answer->crash_title) {
        g_string_append_printf(log, "crash: %s\n%s", answer->crash_title,
                               answer->crash_report ? answer->crash_report : "");
        if (log->len && log->str[log->len - 1] != '\n') {
            g_string_append_c(log, '\n');
        }
    }
}

/* The first of which is looked for. */
static const char *wanted(const Report *report)
{
    return report->spec->fix ? "good" : "bad";
}

static void add_culprit(GString *log, const Report *report)
{
    const Answer *answer = report->answer;

    g_string_append_printf(log, "%s is the first bad commit\n%s\n\n", answer->culprit,
                           answer->culprit_show);
    if (answer->culprit_signature && answer->parent_signature) {
        g_string_append_printf(log, "culprit signature: %s\nparent  signature: %s\n",
                               answer->culprit_signature, answer->parent_signature);
    }
    add_totals(log, report);
    g_string_append_printf(log, "first %s commit: %s %s\n", wanted(report), answer->culprit,
                           words_subject(answer->candidates, answer->culprit));
    add_list(log, "to", answer->to);
    add_list(log, "cc", answer->cc);
    add_crash(log, answer);
}

static void add_set(GString *log, const Report *report)
{
    /* With checks, one suspect was left that did not pass them. */
    if (report->answer->checks->len == 0 && !report->answer->by_budget) {
        g_string_append(log, "There are only 'skip'ped commits left to test.\n"
                             "The first bad commit could be any of:\n");
        add_candidates(log, report->answer);
        g_string_append(log, "We cannot bisect more!\n");
    }
    add_totals(log, report);
    g_string_append_printf(log, "bisection is inconclusive, the first %s commit could be any of:\n",
                           wanted(report));
    add_candidates(log, report->answer);
    add_crash(log, report->answer);
}

/* The first line of the message of a revision that was tested. */
static const char *decided_subject(const Report *report, const char *commit)
{
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (g_strcmp0(revision->decision->commit, commit) == 0) {
            return revision->decision->subject;
        }
    }
    return "";
}

static void add_answer(GString *log, const Report *report)
{
    const Answer *answer = report->answer;

    switch (answer->kind) {
    case ANSWER_CULPRIT:
        add_culprit(log, report);
        break;
    case ANSWER_REVEALER:
        g_string_append_printf(log, "# %s\n", answer->reason);
        add_set(log, report);
        break;
    case ANSWER_SET:
        if (answer->candidates->len) {
            add_set(log, report);
            break;
        }
        add_totals(log, report);
        g_string_append_printf(log, "error: %s\n", answer->reason);
        break;
    case ANSWER_OLDER:
        add_totals(log, report);
        g_string_append(log, "the crash already happened on the oldest tested release\n");
        g_string_append_printf(log, "commit msg: %s\n", decided_subject(report, answer->subject));
        add_crash(log, answer);
        break;
    case ANSWER_NOT_FIXED:
        add_totals(log, report);
        g_string_append(log, "the crash still happens on HEAD\n");
        g_string_append_printf(log, "commit msg: %s\n", decided_subject(report, answer->subject));
        add_crash(log, answer);
        break;
    case ANSWER_NOT_REPRODUCED:
        add_totals(log, report);
        g_string_append(log, "error: the crash wasn't reproduced on the original commit\n");
        break;
    case ANSWER_TRIED:
        add_totals(log, report);
        g_string_append_printf(log, "# %s %s: %s\n", answer->subject, tried_name(answer->tried),
                               answer->reason);
        break;
    case ANSWER_UNTESTABLE:
    case ANSWER_GOOD_CRASHES:
    case ANSWER_NEVER_BAD:
        add_totals(log, report);
        g_string_append_printf(log, "error: %s\n", answer->reason);
        break;
    }
}

char *report_log(const Report *report)
{
    GString *log = g_string_new(NULL);
    g_autoptr(GString) unused = g_string_new(NULL);

    g_string_append_printf(log,
                           report->spec->fix ? "bisecting fixing commit since %s\n"
                                             : "bisecting cause commit starting from %s\n",
                           report->spec->start);
    g_string_append(log, "# by firstbad\n");
    report_add_fixes(log, report, "with the fix ");
    report_add_foreign_log(log, report);
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (is_step(revision) || is_patched(revision) || is_phase(revision, FACT_VERDICT)) {
            continue;
        }
        if (report->spec->fix && g_str_equal(revision->decision->commit, report->spec->good)) {
            g_string_append_printf(log, "testing current HEAD %s\n", report->spec->good);
        }
        if (revision->decision->label) {
            g_string_append_printf(log, "testing release %s\n", revision->decision->label);
        }
        add_test(log, revision);
        if (is_phase(revision, "reproduce") && revision->n_crash && revision->n_ok) {
            g_string_append(log, "reproducer seems to be flaky\n");
        }
    }
    add_words(log, report);
    add_steps(log, unused, report);
    add_patched_kernels(log, report);
    if (report->answer) {
        add_answer(log, report);
    }
    return g_string_free(log, FALSE);
}

char *report_replay(const Report *report)
{
    g_autoptr(GString) unused = g_string_new(NULL);
    GString *replay = g_string_new(NULL);

    add_steps(unused, replay, report);
    return g_string_free(replay, FALSE);
}

char *report_consoles(const Report *report, const char *prefix, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint n_trials = 0;

    for (guint i = 0; i < report->trials->len; i++) {
        const TrialRow *trial = report->trials->pdata[i];
        g_autoptr(GBytes) console = NULL;
        g_autofree char *what = NULL;

        if (!g_str_has_prefix(trial->commit, prefix)) {
            continue;
        }
        console = store_console(trial, error);
        if (!console) {
            return NULL;
        }
        /* Its title would be a crash for who reads what we print here. */
        what = trial->report ? g_strdup("crashed") : describe_trial(trial);
        g_string_append_printf(text, "==== %.12s, trial %u: %s\n", trial->commit, ++n_trials, what);
        g_string_append(text, g_bytes_get_data(console, NULL));
        g_string_append(text, text->str[text->len - 1] == '\n' ? "" : "\n");
    }
    if (!n_trials) {
        g_set_error(
            error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
            "no revision '%s' was tried in this job: 'firstbad report' lists those that were",
            prefix);
        return NULL;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}
