/* SPDX-License-Identifier: Apache-2.0
 * A log and its audit as JSON. The fields of the log are those of the corpus.
 */
#include "job/job.h"
#include "log.h"

static json_t *texts_json(const GPtrArray *texts)
{
    json_t *array = json_array();

    for (guint i = 0; i < texts->len; i++) {
        json_array_append_new(array, job_text_json(texts->pdata[i]));
    }
    return array;
}

static json_t *words_json(char **words)
{
    json_t *array = words ? json_array() : json_null();

    for (guint i = 0; words && words[i]; i++) {
        json_array_append_new(array, job_text_json(words[i]));
    }
    return array;
}

/* Seconds, to the millisecond. */
static json_t *seconds_json(guint64 ns)
{
    return json_real((double)((ns + 500000) / 1000000) / 1000);
}

static json_t *verdict_json(Verdict verdict)
{
    return verdict == VERDICT_UNKNOWN ? json_null() : json_string(verdict_name(verdict));
}

static json_t *runs_json(const LoggedTest *test)
{
    json_t *array = json_array();

    for (guint i = 0; i < test->runs->len; i++) {
        const LoggedRun *run = test->runs->pdata[i];

        json_array_append_new(array,
                              json_pack("{s:s, s:i, s:o}", "kind", run_kind_name(run->kind), "n",
                                        (int)run->n, "title", job_text_json(run->title)));
    }
    return array;
}

static json_t *test_json(const LoggedTest *test)
{
    json_t *counts = json_object();

    for (guint kind = 0; kind < N_RUN_KINDS; kind++) {
        if (test->n_of[kind]) {
            json_object_set_new(counts, run_kind_name(kind), json_integer(test->n_of[kind]));
        }
    }
    return json_pack(
        "{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "hash",
        test->commit, "title", job_text_json(test->title), "phase", logged_phase_name(test->phase),
        "release", job_text_json(test->release), "left",
        test->has_left ? json_pack("[i, i]", (int)test->n_left, (int)test->n_steps) : json_null(),
        "compiler", job_text_json(test->compiler), "sig", job_text_json(test->signature), "c",
        counts, "outcome", logged_outcome_name(test->outcome), "verdict",
        verdict_json(test->verdict), "git_verdict", verdict_json(test->git_verdict), "n_inferred",
        test->is_inferred ? json_true() : json_null(), "failure", job_text_json(test->failure),
        "runs", runs_json(test));
}

static json_t *range_json(const BisectLog *log)
{
    if (!log->range_bad) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "bad", job_text_json(log->range_bad), "good",
                     job_text_json(log->range_good), "first_left",
                     log->has_first_left ? json_integer(log->first_left) : json_null(),
                     "first_steps",
                     log->has_first_left ? json_integer(log->first_steps) : json_null());
}

static json_t *noop_json(const BisectLog *log)
{
    return log->culprit_signature && log->parent_signature
               ? json_boolean(g_str_equal(log->culprit_signature, log->parent_signature))
               : json_null();
}

json_t *bisect_log_json(const BisectLog *log)
{
    json_t *tests = json_array();

    for (guint i = 0; i < log->tests->len; i++) {
        json_array_append_new(tests, test_json(log->tests->pdata[i]));
    }
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:s, s:b, s:o, s:o, s:o}",
        "mode", log->is_fix ? "fix" : "cause", "start", job_text_json(log->start), "syzkaller",
        job_text_json(log->syzkaller), "bisect_start", range_json(log), "flaky", log->is_flaky,
        "culprit", job_text_json(log->culprit), "culprit_title", job_text_json(log->culprit_title),
        "inconclusive", texts_json(log->inconclusive), "oldest", log->result == RESULT_OLDEST,
        "error", job_text_json(log->error), "tested",
        log->has_totals ? json_integer(log->n_tested) : json_null(), "time",
        log->has_totals
            ? json_pack("{s:o, s:o, s:o}", "total", seconds_json(log->total_ns), "build",
                        seconds_json(log->build_ns), "test", seconds_json(log->test_ns))
            : json_null(),
        "final_crash", job_text_json(log->final_crash), "to", words_json(log->to), "cc",
        words_json(log->cc), "culprit_sig", job_text_json(log->culprit_signature), "parent_sig",
        job_text_json(log->parent_signature), "noop", noop_json(log), "result",
        logged_result_name(log->result), "culprit_is_merge", log->culprit_is_merge, "culprit_files",
        texts_json(log->culprit_files), "oldest_title", job_text_json(log->oldest_title), "tests",
        tests);
}

void audit_add_json(const Audit *audit, json_t *object)
{
    json_t *flags = json_array();

    for (guint sign = 0; sign < N_AUDIT_SIGNS; sign++) {
        if (audit->evidence[sign]) {
            json_array_append_new(
                flags, json_pack("{s:s, s:f, s:f, s:o}", "name", audit_sign_name(sign), "strength",
                                 audit->strength[sign], "weight", audit_sign_weight(sign),
                                 "evidence", job_text_json(audit->evidence[sign])));
        }
    }
    json_object_set_new(object, "trust", audit->has_trust ? json_real(audit->trust) : json_null());
    json_object_set_new(object, "believable",
                        audit->has_trust ? json_boolean(audit->trust >= AUDIT_BELIEVABLE)
                                         : json_null());
    json_object_set_new(object, "flags", flags);
}
