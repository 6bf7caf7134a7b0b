/* SPDX-License-Identifier: Apache-2.0
 * The report for programs. docs/JSON.md describes it.
 */
#include "report/foreign.h"
#include "report/known.h"

static json_t *lines_json(char *const *lines)
{
    json_t *array = json_array();

    for (; lines && *lines; lines++) {
        json_array_append_new(array, job_text_json(*lines));
    }
    return array;
}

static json_t *patches_json(const Report *report, const char *commit)
{
    g_auto(GStrv) lines = report_patches(report, commit);

    return lines_json(lines);
}

static json_t *drift_json(const ReportRevision *revision)
{
    g_auto(GStrv) lines = g_strsplit(revision->drift ? revision->drift : "", "\n", -1);

    return lines_json(lines);
}

json_t *report_revision_json(const Report *report, const ReportRevision *revision)
{
    const DecisionRow *decision = revision->decision;
    const Kernel *kernel = revision->kernel ? revision->kernel->kernel : NULL;
    json_t *object = json_pack(
        "{s:s, s:o, s:o, s:o, s:s, s:i, s:f, s:o, s:f, s:i, s:i, s:i, s:i, s:i, s:i, s:i}",
        "commit", decision->commit, "subject", job_text_json(decision->subject), "release",
        job_text_json(decision->label), "phase", job_text_json(decision->phase), "verdict",
        revision->verdict, "candidates_before", (int)decision->n_left, "bits_before",
        decision->bits, "best_before", job_text_json(decision->best), "best_p_before",
        decision->best_p, "ok", (int)revision->n_ok, "crash", (int)revision->n_crash,
        "doubtful_crash", (int)revision->n_doubtful, "other_crash", (int)revision->n_other_crash,
        "broken", (int)revision->n_broken, "unreached", (int)revision->n_unreached, "infra",
        (int)revision->n_infra);

    json_object_set_new(object, "unreached_why", job_text_json(revision->unreached_why));
    json_object_set_new(
        object, "same_kernel_as",
        job_text_json(revision->same_as ? revision->same_as->decision->commit : NULL));
    if (revision->said) {
        json_object_set_new(object, "said",
                            json_pack("{s:s, s:o}", "verdict", revision->said, "note",
                                      job_text_json(revision->note)));
    }
    json_object_set_new(object, "config_drift", drift_json(revision));
    if (kernel) {
        json_object_set_new(
            object, "kernel",
            json_pack("{s:s, s:b, s:o, s:o, s:o, s:I, s:b, s:o}", "key", kernel->key, "built",
                      kernel->status == KERNEL_BUILT, "signature", job_text_json(kernel->signature),
                      "first_error", job_text_json(kernel->first_error), "compiler",
                      job_text_json(kernel->compiler), "build_ms", (json_int_t)kernel->build_ms,
                      "reused", kernel->reused, "patches", patches_json(report, decision->commit)));
    }
    return object;
}

json_t *report_json(const Report *report)
{
    const JobRow *row = report->row;
    json_t *revisions = json_array();

    for (guint i = 0; i < report->revisions->len; i++) {
        json_array_append_new(revisions, report_revision_json(report, report->revisions->pdata[i]));
    }
    return json_pack(
        "{s:i, s:o, s:s, s:b, s:s, s:s, s:s, s:o, s:o, s:i, s:i, s:i, s:I, s:I, s:I, "
        "s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "version", REPORT_JSON_VERSION, "job", job_text_json(row->name), "kind", row->kind, "fix",
        report->spec->fix, "state", job_state_name(row->state), "phase", row->phase, "start",
        report->spec->start, "error", job_text_json(row->error), "answer",
        report->answer ? answer_to_json(report->answer) : json_null(), "kernels_built",
        (int)(report->n_kernels - report->n_reused), "kernels_reused", (int)report->n_reused,
        "trials", (int)report->n_trials, "total_ms", (json_int_t)row->total_ms, "build_ms",
        (json_int_t)row->build_ms, "test_ms", (json_int_t)row->test_ms, "title",
        job_text_json(report->spec->title), "config", job_text_json(report->config), "same_bug",
        report_same_bug_json(report), "known_bugs", report_known_json(report), "foreign",
        report_foreign_json(report), "webhook", job_text_json(report_webhook(report)), "revisions",
        revisions);
}
