/* SPDX-License-Identifier: Apache-2.0
 * A job in the words of KCIDB. A revision is a checkout, its kernel a build, each trial a test; the
 * bug is an issue, whose incidents are the trials that show it or do not. What KCIDB has no place
 * for (the answer) is in "misc". URLs are left out: we publish nothing.
 *
 * Source: kernelci/kcidb-io, kcidb_io/schema/v05_03.py.
 */
#include "report/report.h"

#include <string.h>

#define KCIDB_MAJOR 5
#define KCIDB_MINOR 3
/* Characters of a log that a submission may quote. */
#define KCIDB_EXCERPT 16384

/* What a submission is made of. */
typedef struct Kcidb {
    const Report *report;
    const char *origin;
    char *job; /* what all ids begin with */
    Sought sought;
    json_t *checkouts, *builds, *tests, *incidents;
    gint64 issue_version;
    gboolean is_seen; /* the bug, by one trial at least */
} Kcidb;

gboolean kcidb_is_origin(const char *origin)
{
    return *origin && strspn(origin, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(origin);
}

/* Jobs of other state folders may have the same name: what tells them apart is when they began. */
static char *name_job(const Report *report, const char *origin)
{
    g_autofree char *whole = g_strdup_printf("%s %" G_GINT64_FORMAT " %s", report->row->name,
                                             report->row->created_s, report->spec->start);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, whole, -1);

    return g_strdup_printf("%s:firstbad-%.16s", origin, sum);
}

/* Of the checkout and of the build of @commit, which may be a variant. */
static json_t *revision_id(const Kcidb *kcidb, const char *commit)
{
    g_autofree char *word = g_strdelimit(g_strdup(commit), " ", '_');

    return json_sprintf("%s-%s", kcidb->job, word);
}

static json_t *trial_id(const Kcidb *kcidb, const TrialRow *trial)
{
    return json_sprintf("%s-t%" G_GINT64_FORMAT, kcidb->job, trial->id);
}

/* @object gets @value under @key, unless that is null: KCIDB has no nulls. */
static void set_if_any(json_t *object, const char *key, json_t *value)
{
    if (json_is_null(value)) {
        json_decref(value);
    } else {
        json_object_set_new(object, key, value);
    }
}

/* @text, at most so long as an excerpt may be; null where there is none. */
static json_t *excerpt_json(const char *text)
{
    g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL, *cut = NULL;

    if (!valid || !*valid) {
        return json_null();
    }
    cut = g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), KCIDB_EXCERPT));
    return json_string(cut);
}

static json_t *time_json(gint64 ms)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(ms / 1000);
    g_autofree char *text = g_date_time_format(time, "%FT%T+00:00");

    return json_string(text);
}

/* When work of @kind ("build"; NULL: of any) on @commit began; null where that is not known. */
static json_t *begun_json(const Report *report, const char *commit, const char *kind)
{
    for (guint i = 0; i < report->spans->len; i++) {
        const SpanRow *span = report->spans->pdata[i];

        if (g_strcmp0(span->commit, commit) == 0 && (!kind || g_str_equal(span->kind, kind))) {
            return time_json(span->begun_ms);
        }
    }
    return json_null();
}

static void add_checkout(Kcidb *kcidb, const ReportRevision *revision)
{
    const DecisionRow *decision = revision->decision;
    g_autofree char *commit = variant_commit(decision->commit);
    g_autofree char *title = variant_title(decision->commit);
    json_t *object = json_pack("{s:o, s:s, s:s, s:b}", "id", revision_id(kcidb, decision->commit),
                               "origin", kcidb->origin, "git_commit_hash", commit, "valid", TRUE);

    set_if_any(object, "git_commit_name", job_text_json(decision->label));
    set_if_any(object, "start_time", begun_json(kcidb->report, decision->commit, NULL));
    if (variant_is_plain(decision->commit)) {
        set_if_any(object, "comment", job_text_json(decision->subject));
    } else {
        json_object_set_new(object, "comment", json_string(title));
    }
    json_object_set_new(object, "misc",
                        json_pack("{s:{s:s, s:o}}", "firstbad", "verdict", revision->verdict,
                                  "phase", job_text_json(decision->phase)));
    json_array_append_new(kcidb->checkouts, object);
}

static void add_build(Kcidb *kcidb, const ReportRevision *revision)
{
    const Kernel *kernel = revision->kernel->kernel;
    const char *commit = revision->decision->commit;
    g_autofree char *config =
        kcidb->report->spec->config ? g_path_get_basename(kcidb->report->spec->config) : NULL;
    json_t *object = json_pack(
        "{s:o, s:o, s:s, s:s, s:s, s:f}", "checkout_id", revision_id(kcidb, commit), "id",
        revision_id(kcidb, commit), "origin", kcidb->origin, "architecture", "x86_64", "status",
        kernel->status == KERNEL_BUILT ? "PASS" : "FAIL", "duration", kernel->build_ms / 1000.0);
    json_t *facts = json_pack("{s:s, s:b}", "key", kernel->key, "reused", kernel->reused);

    set_if_any(object, "compiler", job_text_json(kernel->compiler));
    set_if_any(object, "config_name", job_text_json(config));
    set_if_any(object, "log_excerpt", excerpt_json(kernel->first_error));
    set_if_any(object, "start_time", begun_json(kcidb->report, commit, "build"));
    set_if_any(facts, "signature", job_text_json(kernel->signature));
    json_object_set_new(object, "misc", json_pack("{s:o}", "firstbad", facts));
    json_array_append_new(kcidb->builds, object);
}

/* Whose fault it is, in KCIDB's words: FAIL: the kernel's; MISS: ours; SKIP: nobody's. */
static const char *status_of(OutcomeKind kind)
{
    switch (kind) {
    case OUTCOME_OK:
        return "PASS";
    case OUTCOME_CRASH:
    case OUTCOME_BOOT_FAILED:
    case OUTCOME_BASIC_FAILED:
        return "FAIL";
    case OUTCOME_UNREACHED:
        return "SKIP";
    case OUTCOME_INFRA:
        return "MISS";
    }
    g_assert_not_reached();
}

/* A trial that says whether the bug is there. */
static void add_incident(Kcidb *kcidb, const TrialRow *trial, gboolean is_present)
{
    kcidb->is_seen = kcidb->is_seen || is_present;
    json_array_append_new(kcidb->incidents,
                          json_pack("{s:o, s:s, s:s, s:I, s:o, s:b}", "id", trial_id(kcidb, trial),
                                    "origin", kcidb->origin, "issue_id", kcidb->job,
                                    "issue_version", (json_int_t)kcidb->issue_version, "test_id",
                                    trial_id(kcidb, trial), "present", is_present));
}

static void add_test(Kcidb *kcidb, const ReportRevision *revision, const TrialRow *trial)
{
    const JobSpec *spec = kcidb->report->spec;
    OutcomeKind kind = sought_outcome(kcidb->sought.kind, trial);
    gboolean is_boot = trial->kind == OUTCOME_BOOT_FAILED || trial->kind == OUTCOME_BASIC_FAILED;
    json_t *object =
        json_pack("{s:o, s:o, s:s, s:s, s:s, s:f}", "build_id",
                  revision_id(kcidb, revision->decision->commit), "id", trial_id(kcidb, trial),
                  "origin", kcidb->origin, "path", is_boot ? "boot" : "firstbad.reproducer",
                  "status", status_of(trial->kind), "duration", trial->run_ms / 1000.0);

    set_if_any(object, "comment", job_text_json(trial->title));
    set_if_any(object, "log_excerpt", excerpt_json(trial->report));
    json_object_set_new(object, "environment",
                        json_pack("{s:o}", "comment",
                                  json_sprintf("QEMU, %u MiB, %u CPU%s", spec->memory_mib,
                                               spec->n_cpus, spec->n_cpus == 1 ? "" : "s")));
    json_object_set_new(object, "misc",
                        json_pack("{s:{s:s, s:b}}", "firstbad", "outcome",
                                  outcome_kind_name(trial->kind), "restored", trial->restored));
    json_array_append_new(kcidb->tests, object);
    if (kind == OUTCOME_OK) {
        add_incident(kcidb, trial, FALSE);
    } else if (kind == OUTCOME_CRASH && identity_judge(&kcidb->sought, trial) == CRASH_OF_BUG) {
        add_incident(kcidb, trial, TRUE);
    }
}

static void add_revision(Kcidb *kcidb, const ReportRevision *revision)
{
    add_checkout(kcidb, revision);
    if (!revision->kernel) {
        return;
    }
    add_build(kcidb, revision);
    for (guint i = 0; i < revision->trials->len; i++) {
        add_test(kcidb, revision, revision->trials->pdata[i]);
    }
}

static const char *bug_title(const Report *report)
{
    const char *title = report->answer ? report->answer->crash_title : NULL;

    for (guint i = 0; i < report->trials->len && !title; i++) {
        const TrialRow *trial = report->trials->pdata[i];

        title = g_str_equal(trial->commit, report->spec->start) ? trial->title : NULL;
    }
    return title;
}

/* The answer, without what it quotes. */
static json_t *answer_json(const Answer *answer)
{
    json_t *candidates = json_array();
    json_t *object = json_pack("{s:s, s:f, s:o}", "kind", answer_kind_name(answer->kind),
                               "confidence", answer->confidence, "candidates", candidates);

    for (guint i = 0; i < answer->candidates->len; i++) {
        json_array_append_new(candidates, candidate_to_json(answer->candidates->pdata[i]));
    }
    set_if_any(object, "culprit", job_text_json(answer->culprit));
    set_if_any(object, "revealer", job_text_json(answer->revealer));
    set_if_any(object, "reason", job_text_json(answer->reason));
    return object;
}

static json_t *issue_json(const Kcidb *kcidb)
{
    const Report *report = kcidb->report;
    json_t *facts = json_pack("{s:o, s:s, s:s}", "job", job_text_json(report->row->name), "kind",
                              report->row->kind, "start", report->spec->start);
    json_t *object =
        json_pack("{s:s, s:s, s:I, s:{s:b, s:b, s:b}, s:{s:o}}", "id", kcidb->job, "origin",
                  kcidb->origin, "version", (json_int_t)kcidb->issue_version, "culprit", "code",
                  TRUE, "tool", FALSE, "harness", FALSE, "misc", "firstbad", facts);

    set_if_any(object, "comment", job_text_json(bug_title(report)));
    if (report->answer) {
        json_object_set_new(facts, "answer", answer_json(report->answer));
    }
    return object;
}

json_t *report_kcidb(const Report *report, const char *origin)
{
    Kcidb kcidb = {.report = report,
                   .origin = origin,
                   .job = name_job(report, origin),
                   .checkouts = json_array(),
                   .builds = json_array(),
                   .tests = json_array(),
                   .incidents = json_array(),
                   /* It grows with what is known, and only the newest counts there. */
                   .issue_version = (gint64)report->decisions->len + report->kernels->len +
                                    report->trials->len + (report->answer != NULL)};
    json_t *object;

    sought_learn(report->spec, report->trials, &kcidb.sought);
    for (guint i = 0; i < report->revisions->len; i++) {
        add_revision(&kcidb, report->revisions->pdata[i]);
    }
    object = json_pack("{s:{s:i, s:i}, s:o, s:o, s:o}", "version", "major", KCIDB_MAJOR, "minor",
                       KCIDB_MINOR, "checkouts", kcidb.checkouts, "builds", kcidb.builds, "tests",
                       kcidb.tests);
    if (kcidb.is_seen) {
        json_object_set_new(object, "issues", json_pack("[o]", issue_json(&kcidb)));
        json_object_set_new(object, "incidents", json_incref(kcidb.incidents));
    }
    json_decref(kcidb.incidents);
    sought_clear(&kcidb.sought);
    g_free(kcidb.job);
    return object;
}
