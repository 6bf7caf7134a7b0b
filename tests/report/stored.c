/* SPDX-License-Identifier: Apache-2.0
 * A stored job, step by step.
 */
#include "stored.h"

#include "process/process.h"

void stored_put(Stored *stored, const char *phase, const char *commit, const char *label,
                const char *subject, guint n_left, const char *signature)
{
    DecisionRow decision = {.phase = (char *)phase,
                            .commit = (char *)commit,
                            .label = (char *)label,
                            .subject = (char *)subject,
                            .n_left = n_left};
    Kernel kernel = {.key = (char *)commit,
                     .status = signature ? KERNEL_BUILT : KERNEL_FAILED,
                     .signature = (char *)signature,
                     .compiler = (char *)"gcc 12, ld 2.40",
                     .first_error = (char *)"net/smc/af_smc.c:1:2: error: no"};

    g_assert_true(store_put_decision(stored->store, stored->job, &decision, NULL));
    g_assert_true(store_put_kernel(stored->store, stored->job, commit, &kernel, NULL));
}

void stored_try(Stored *stored, const char *commit, OutcomeKind kind, const char *title)
{
    Outcome outcome = {.kind = kind, .title = (char *)title};

    g_assert_true(store_put_trial(stored->store, stored->job, commit, commit, &outcome, 0, NULL));
}

Answer *stored_answer_new(void)
{
    Answer *answer = g_new0(Answer, 1);

    answer->candidates = g_ptr_array_new_with_free_func((GDestroyNotify)candidate_free);
    answer->checks = g_ptr_array_new_with_free_func(g_free);
    return answer;
}

void stored_keep(Stored *stored, const Answer *answer)
{
    json_t *json = answer_to_json(answer);
    g_autofree char *text = json_dumps(json, 0);

    json_decref(json);
    g_assert_true(store_set_job(stored->store, stored->job, JOB_DONE, "done", text, NULL, NULL));
}

Report *stored_load(Stored *stored)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JobRow) row = store_read_job(stored->store, stored->job, &error);
    Report *report = row ? report_load(stored->store, row, &error) : NULL;

    g_assert_no_error(error);
    return report;
}

Answer *stored_culprit(const char *subject, double confidence)
{
    const char *const to[] = {"a@example.org", "b@example.org", NULL};
    Answer *answer = stored_answer_new();
    Candidate *candidate = candidate_new(BAD, confidence);

    answer->kind = ANSWER_CULPRIT;
    answer->culprit = g_strdup(BAD);
    answer->confidence = confidence;
    candidate->subject = g_strdup(subject);
    g_ptr_array_add(answer->candidates, candidate);
    answer->culprit_show = g_strdup("commit " BAD "\nAuthor: W");
    answer->culprit_signature = g_strdup("s-bad");
    answer->parent_signature = g_strdup("s-parent");
    answer->to = g_strdupv((char **)to);
    answer->crash_title = g_strdup(TITLE);
    answer->crash_report = g_strdup("Call Trace:\n");
    return answer;
}

void stored_finish(Stored *stored, const char *subject)
{
    g_autoptr(Answer) answer = stored_culprit(subject, 0.99);

    stored_keep(stored, answer);
}

void stored_add(Stored *stored, const char *name, const char *kind, const char *spec)
{
    g_assert_true(store_add_job(stored->store, name, kind, spec, 0, &stored->job, NULL));
    stored_put(stored, "reproduce", START, NULL, "Merge net-next", 0, "s-start");
    stored_try(stored, START, OUTCOME_CRASH, TITLE);
    stored_try(stored, START, OUTCOME_CRASH, TITLE);
    stored_put(stored, "range", GOOD, "v5.16", "Linux 5.16", 0, "s-good");
    stored_try(stored, GOOD, OUTCOME_OK, NULL);
    stored_put(stored, "search", STEP, NULL, "Merge tag 'staging-5.17-rc1'", 13991, "s-step");
    stored_try(stored, STEP, OUTCOME_OK, NULL);
    stored_try(stored, STEP, OUTCOME_BASIC_FAILED, "no word");
    stored_put(stored, "search", SKIP, NULL, "broken", 3, NULL);
    stored_put(stored, "check", BAD, NULL, "net/smc: Forward wakeup", 2, "s-bad");
    stored_try(stored, BAD, OUTCOME_CRASH, TITLE);
    g_assert_true(store_add_time(stored->store, stored->job, 14062057, 6906400, 850, NULL));
}

void stored_set_up(Stored *stored, gconstpointer unused)
{
    stored->folder = g_dir_make_tmp("firstbad-report-XXXXXX", NULL);
    stored->store = store_open(stored->folder, STORE_WRITE, NULL);
    stored_add(stored, "bug", "cause", "[job]\ntree=/nowhere\nstart=" START "\n");
}

void stored_tear_down(Stored *stored, gconstpointer unused)
{
    const char *argv[] = {"rm", "-rf", stored->folder, NULL};

    store_free(stored->store);
    g_free(process_ask(NULL, argv, NULL));
    g_free(stored->folder);
}
