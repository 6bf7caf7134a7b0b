/* SPDX-License-Identifier: Apache-2.0
 * A job read back from the store and put in order for telling.
 */
#include "report/report.h"

#include <string.h>

#include "belief/belief.h"
#include "report/foreign.h"

static void report_revision_free(ReportRevision *revision)
{
    g_ptr_array_unref(revision->trials);
    g_free(revision);
}

void report_free(Report *report)
{
    if (!report) {
        return;
    }
    g_clear_pointer(&report->revisions, g_ptr_array_unref);
    g_clear_pointer(&report->kernels, g_ptr_array_unref);
    g_clear_pointer(&report->trials, g_ptr_array_unref);
    g_clear_pointer(&report->decisions, g_ptr_array_unref);
    g_clear_pointer(&report->facts, g_ptr_array_unref);
    g_clear_pointer(&report->spans, g_ptr_array_unref);
    g_clear_pointer(&report->moments, g_ptr_array_unref);
    g_clear_pointer(&report->foreign, g_ptr_array_unref);
    g_clear_pointer(&report->foreign_rows, g_ptr_array_unref);
    g_clear_pointer(&report->same_bug, g_ptr_array_unref);
    g_clear_pointer(&report->known, g_ptr_array_unref);
    g_clear_pointer(&report->answer, answer_free);
    g_clear_pointer(&report->spec, job_spec_free);
    g_clear_pointer(&report->row, job_row_free);
    g_free(report);
}

const char *report_fact(const Report *report, const char *commit, const char *kind)
{
    for (guint i = 0; i < report->facts->len; i++) {
        const FactRow *fact = report->facts->pdata[i];

        if (g_str_equal(fact->kind, kind) && g_str_equal(fact->commit, commit)) {
            return fact->text;
        }
    }
    return NULL;
}

const char *report_trial_word(const TrialRow *trial, const Sought *sought)
{
    OutcomeKind kind = sought_outcome(sought->kind, trial);

    if (kind != OUTCOME_CRASH) {
        return outcome_kind_name(kind);
    }
    switch (identity_judge(sought, trial)) {
    case CRASH_OF_BUG:
        return "crash";
    case CRASH_DOUBTFUL:
        return "doubtful";
    case CRASH_OF_ANOTHER:
        break;
    }
    return "other-crash";
}

static void count_trial(ReportRevision *revision, const TrialRow *trial, const Sought *sought)
{
    g_ptr_array_add(revision->trials, (gpointer)trial);
    switch (sought_outcome(sought->kind, trial)) {
    case OUTCOME_OK:
        revision->n_ok++;
        break;
    case OUTCOME_UNREACHED:
        revision->n_unreached++;
        break;
    case OUTCOME_CRASH:
        switch (identity_judge(sought, trial)) {
        case CRASH_OF_BUG:
            revision->n_crash++;
            break;
        case CRASH_DOUBTFUL:
            revision->n_doubtful++;
            break;
        case CRASH_OF_ANOTHER:
            revision->n_other_crash++;
            break;
        }
        break;
    case OUTCOME_BOOT_FAILED:
    case OUTCOME_BASIC_FAILED:
        revision->n_broken++;
        break;
    case OUTCOME_INFRA:
        revision->n_infra++;
        break;
    }
}

static void find_verdict(ReportRevision *revision)
{
    const char *by_all = revision->decision->verdict, *by_itself;
    Tally tally = {.n_crash = revision->n_crash, .n_ok = revision->n_ok};

    tally.unreached = revision->unreached_why != NULL;
    tally.untestable =
        revision->kernel &&
        (revision->kernel->kernel->status == KERNEL_FAILED ||
         (revision->trials->len > revision->n_infra && tally.n_crash + tally.n_ok == 0));
    if (revision->said) {
        revision->verdict = revision->said;
        return;
    }
    by_itself = verdict_name(belief_verdict(&tally));
    revision->verdict = by_all ? by_all : by_itself;
    revision->is_inferred = revision->n_crash + revision->n_ok > 0 &&
                            !g_str_equal(revision->verdict, "unknown") &&
                            !g_str_equal(revision->verdict, by_itself);
}

/* A revision that was not tried, because another one with the same kernel was. */
static void find_same_kernels(Report *report)
{
    g_autoptr(GHashTable) tried = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < report->revisions->len; i++) {
        ReportRevision *revision = report->revisions->pdata[i];

        if (revision->trials->len && revision->kernel && revision->kernel->kernel->signature) {
            g_hash_table_insert(tried, revision->kernel->kernel->signature, revision);
        }
    }
    for (guint i = 0; i < report->revisions->len; i++) {
        ReportRevision *revision = report->revisions->pdata[i];

        if (!revision->trials->len && revision->kernel && revision->kernel->kernel->signature) {
            revision->same_as = g_hash_table_lookup(tried, revision->kernel->kernel->signature);
        }
    }
}

/* What was found out of a revision that crashed after all, or of one that could show it, is
 * nothing to tell. */
static void find_unreached(const Report *report, GHashTable *of_commit)
{
    for (guint i = 0; i < report->facts->len; i++) {
        const FactRow *fact = report->facts->pdata[i];
        ReportRevision *revision = g_hash_table_lookup(of_commit, fact->commit);

        if (revision && g_str_equal(fact->kind, FACT_REACH) && *fact->text &&
            revision->n_crash == 0) {
            revision->unreached_why = fact->text;
        }
    }
}

/* Of a revision of which only a word was ever heard, and that was taken back, there is nothing to
 * tell. */
static void forget_cleared(Report *report)
{
    for (guint i = report->revisions->len; i > 0; i--) {
        const ReportRevision *revision = report->revisions->pdata[i - 1];

        if (g_str_equal(revision->decision->phase, FACT_VERDICT) && !revision->said &&
            !revision->kernel && !revision->trials->len) {
            g_ptr_array_remove_index(report->revisions, i - 1);
        }
    }
}

/* Sort kernels and trials to the revisions that were decided on. */
static void put_in_order(Report *report)
{
    g_autoptr(GHashTable) of_commit = g_hash_table_new(g_str_hash, g_str_equal);
    g_auto(Sought) sought = {0};
    ReportRevision *revision;

    sought_learn(report->spec, report->trials, &sought);
    for (guint i = 0; i < report->decisions->len; i++) {
        revision = g_new0(ReportRevision, 1);
        revision->decision = report->decisions->pdata[i];
        revision->said = report_fact(report, revision->decision->commit, FACT_VERDICT);
        revision->note = report_fact(report, revision->decision->commit, FACT_VERDICT_NOTE);
        revision->trials = g_ptr_array_new();
        g_ptr_array_add(report->revisions, revision);
        g_hash_table_insert(of_commit, revision->decision->commit, revision);
    }
    for (guint i = 0; i < report->kernels->len; i++) {
        const KernelRow *kernel = report->kernels->pdata[i];

        revision = g_hash_table_lookup(of_commit, kernel->commit);
        if (revision) {
            revision->kernel = kernel;
        }
        report->n_kernels++;
        report->n_reused += kernel->kernel->reused;
        report->n_failed += !kernel->kernel->reused && kernel->kernel->status == KERNEL_FAILED;
    }
    for (guint i = 0; i < report->trials->len; i++) {
        const TrialRow *trial = report->trials->pdata[i];

        revision = g_hash_table_lookup(of_commit, trial->commit);
        if (revision) {
            count_trial(revision, trial, &sought);
        }
        report->n_trials++;
    }
    for (guint i = 0; i < report->facts->len; i++) {
        const FactRow *fact = report->facts->pdata[i];

        revision = g_hash_table_lookup(of_commit, fact->commit);
        if (g_str_equal(fact->kind, "minimised") && strchr(fact->text, '\n')) {
            report->config = strchr(fact->text, '\n') + 1;
        }
        if (revision && g_str_equal(fact->kind, FACT_DRIFT)) {
            revision->drift = fact->text;
        }
    }
    find_unreached(report, of_commit);
    forget_cleared(report);
    for (guint i = 0; i < report->revisions->len; i++) {
        revision = report->revisions->pdata[i];
        find_verdict(revision);
    }
    find_same_kernels(report);
}

/* Words and numbers that we alone write: others a disk has made. */
static gboolean is_ours(const JobRow *row)
{
    return g_utf8_validate(row->kind, -1, NULL) && g_utf8_validate(row->phase, -1, NULL) &&
           (guint)row->state <= JOB_CANCELLED;
}

Report *report_load_summary(Store *store, const JobRow *row, GError **error)
{
    g_autoptr(Report) report = g_new0(Report, 1);

    if (!is_ours(row)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "stored job is damaged: it is of no kind, phase or state");
        return NULL;
    }
    report->row = job_row_copy(row);
    report->is_worked_on = store_is_worked_on(store, row->id);
    report->spec = job_spec_new(row->kind);
    if (!job_spec_read(report->spec, row->spec, "/", error)) {
        g_prefix_error(error, "stored job is damaged: ");
        return NULL;
    }
    if (!report->spec->start) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "stored job is damaged: it has no start");
        return NULL;
    }
    if (row->answer) {
        report->answer = answer_from_json(row->answer, error);
        if (!report->answer) {
            return NULL;
        }
    }
    report->same_bug = store_same_bug(store, row->id, error);
    return report->same_bug ? g_steal_pointer(&report) : NULL;
}

Report *report_load(Store *store, const JobRow *row, GError **error)
{
    g_autoptr(Report) report = report_load_summary(store, row, error);

    if (!report) {
        return NULL;
    }
    report->revisions = g_ptr_array_new_with_free_func((GDestroyNotify)report_revision_free);
    report->kernels = store_kernels(store, row->id, error);
    report->trials = report->kernels ? store_trials(store, row->id, error) : NULL;
    report->decisions = report->trials ? store_decisions(store, row->id, error) : NULL;
    report->facts = report->decisions ? store_facts(store, row->id, error) : NULL;
    report->spans = report->facts ? store_spans(store, row->id, error) : NULL;
    report->moments = report->spans ? store_moments(store, row->id, error) : NULL;
    report->foreign_rows = report->moments ? store_foreign(store, row->id, error) : NULL;
    if (!report->foreign_rows) {
        return NULL;
    }
    report->known = known_bugs_parse(
        report->spec->no_known_bugs ? NULL : report_fact(report, report->spec->start, FACT_KNOWN));
    put_in_order(report);
    report->foreign = report_sum_foreign(report);
    return g_steal_pointer(&report);
}

Cost *report_cost(const Report *report)
{
    guint n_spared = 0;

    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        n_spared += revision->same_as ? revision->same_as->trials->len : 0;
    }
    return cost_sum(report->spans, n_spared);
}

char *report_go_duration(guint64 ms)
{
    guint64 s = ms / 1000, rest = ms % 1000;
    g_autofree char *fraction = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    if (ms == 0) {
        return g_strdup("0s");
    }
    if (s == 0) {
        return g_strdup_printf("%" G_GUINT64_FORMAT "ms", ms);
    }
    if (s >= 3600) {
        g_string_append_printf(text, "%" G_GUINT64_FORMAT "h", s / 3600);
    }
    if (s >= 60) {
        g_string_append_printf(text, "%" G_GUINT64_FORMAT "m", s / 60 % 60);
    }
    g_string_append_printf(text, "%" G_GUINT64_FORMAT, s % 60);
    if (rest) {
        fraction = g_strdup_printf(".%03" G_GUINT64_FORMAT, rest);
        while (g_str_has_suffix(fraction, "0")) {
            fraction[strlen(fraction) - 1] = '\0';
        }
        g_string_append(text, fraction);
    }
    g_string_append_c(text, 's');
    return g_string_free(g_steal_pointer(&text), FALSE);
}

char *report_duration(guint64 ms)
{
    guint64 s = (ms + 500) / 1000;

    if (s >= 3600) {
        return g_strdup_printf("%" G_GUINT64_FORMAT " h %02" G_GUINT64_FORMAT " min", s / 3600,
                               s / 60 % 60);
    }
    if (s >= 60) {
        return g_strdup_printf("%" G_GUINT64_FORMAT " min %02" G_GUINT64_FORMAT " s", s / 60,
                               s % 60);
    }
    return g_strdup_printf("%" G_GUINT64_FORMAT " s", s);
}
