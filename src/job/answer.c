/* SPDX-License-Identifier: Apache-2.0
 * The answer of a job as a value, and its JSON in the store.
 */
#include "job/job.h"

#include <string.h>

static const char *const kind_names[] = {
    [ANSWER_CULPRIT] = "culprit",
    [ANSWER_REVEALER] = "revealer",
    [ANSWER_SET] = "set",
    [ANSWER_OLDER] = "older",
    [ANSWER_NOT_REPRODUCED] = "not-reproduced",
    [ANSWER_UNTESTABLE] = "untestable",
    [ANSWER_GOOD_CRASHES] = "good-crashes",
    [ANSWER_NOT_FIXED] = "not-fixed",
    [ANSWER_NEVER_BAD] = "never-bad",
    [ANSWER_TRIED] = "tried",
};

const char *answer_kind_name(AnswerKind kind)
{
    return kind_names[kind];
}

Candidate *candidate_new(const char *commit, double probability)
{
    Candidate *candidate = g_new0(Candidate, 1);

    candidate->commit = g_strdup(commit);
    candidate->probability = probability;
    return candidate;
}

void candidate_free(Candidate *candidate)
{
    if (candidate) {
        g_free(candidate->commit);
        g_free(candidate->subject);
        g_free(candidate);
    }
}

void answer_free(Answer *answer)
{
    if (!answer) {
        return;
    }
    g_free(answer->culprit);
    g_free(answer->revealer);
    g_clear_pointer(&answer->older, g_ptr_array_unref);
    g_clear_pointer(&answer->candidates, g_ptr_array_unref);
    g_free(answer->subject);
    g_free(answer->reason);
    g_clear_pointer(&answer->checks, g_ptr_array_unref);
    g_free(answer->culprit_show);
    g_free(answer->culprit_signature);
    g_free(answer->parent_signature);
    g_strfreev(answer->to);
    g_strfreev(answer->cc);
    g_free(answer->crash_title);
    g_free(answer->crash_report);
    g_free(answer->crash_commit);
    g_free(answer);
}

json_t *job_text_json(const char *bytes)
{
    g_autofree char *valid = bytes ? g_utf8_make_valid(bytes, -1) : NULL;

    return valid ? json_string(valid) : json_null();
}

static json_t *text_array(char *const *strings)
{
    json_t *array = json_array();

    for (; strings && *strings; strings++) {
        json_array_append_new(array, job_text_json(*strings));
    }
    return array;
}

json_t *candidate_to_json(const Candidate *candidate)
{
    return json_pack("{s:s, s:f, s:b, s:o}", "commit", candidate->commit, "probability",
                     candidate->probability, "or_older", candidate->or_older, "subject",
                     job_text_json(candidate->subject));
}

static json_t *candidates_to_json(const GPtrArray *candidates)
{
    json_t *array = json_array();

    for (guint i = 0; candidates && i < candidates->len; i++) {
        json_array_append_new(array, candidate_to_json(candidates->pdata[i]));
    }
    return array;
}

json_t *answer_to_json(const Answer *answer)
{
    json_t *checks = json_array(), *object;

    for (guint i = 0; i < answer->checks->len; i++) {
        json_array_append_new(checks, job_text_json(answer->checks->pdata[i]));
    }
    object = json_pack(
        "{s:s, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o}",
        "kind", kind_names[answer->kind], "culprit", job_text_json(answer->culprit), "revealer",
        job_text_json(answer->revealer), "older", candidates_to_json(answer->older), "confidence",
        answer->confidence, "candidates", candidates_to_json(answer->candidates), "subject",
        job_text_json(answer->subject), "reason", job_text_json(answer->reason), "by_budget",
        answer->by_budget, "checks", checks, "culprit_show", job_text_json(answer->culprit_show),
        "culprit_signature", job_text_json(answer->culprit_signature), "parent_signature",
        job_text_json(answer->parent_signature), "to", text_array(answer->to), "cc",
        text_array(answer->cc), "crash_title", job_text_json(answer->crash_title), "crash_report",
        job_text_json(answer->crash_report), "crash_commit", job_text_json(answer->crash_commit));
    if (answer->kind == ANSWER_TRIED) {
        json_object_set_new(object, "tried", json_string(tried_name(answer->tried)));
    }
    return object;
}

char *job_json_text(const json_t *object, const char *key)
{
    return g_strdup(json_string_value(json_object_get(object, key)));
}

static char **get_text_array(const json_t *object, const char *key)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    json_t *value;
    size_t i;

    json_array_foreach(json_object_get(object, key), i, value)
    {
        g_strv_builder_add(builder, json_string_value(value));
    }
    return g_strv_builder_end(builder);
}

static gboolean parse_kind(const char *name, AnswerKind *ret_kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(kind_names); i++) {
        if (g_strcmp0(kind_names[i], name) == 0) {
            *ret_kind = (AnswerKind)i;
            return TRUE;
        }
    }
    return FALSE;
}

/* FALSE where @object is of a try, and does not say what it found. */
static gboolean parse_tried(const json_t *object, AnswerKind kind, Tried *ret_tried)
{
    const char *name = json_string_value(json_object_get(object, "tried"));

    for (Tried tried = TRIED_GOOD; tried <= TRIED_NO_BUILD; tried++) {
        if (g_strcmp0(tried_name(tried), name) == 0) {
            *ret_tried = tried;
            return TRUE;
        }
    }
    return kind != ANSWER_TRIED;
}

/* What the report takes for granted. */
static gboolean is_answer(const json_t *object, AnswerKind *ret_kind)
{
    json_t *candidate;
    size_t i;

    json_array_foreach(json_object_get(object, "candidates"), i, candidate)
    {
        if (!json_is_string(json_object_get(candidate, "commit"))) {
            return FALSE;
        }
    }
    json_array_foreach(json_object_get(object, "older"), i, candidate)
    {
        if (!json_is_string(json_object_get(candidate, "commit"))) {
            return FALSE;
        }
    }
    return parse_kind(json_string_value(json_object_get(object, "kind")), ret_kind) &&
           (*ret_kind != ANSWER_CULPRIT || json_is_string(json_object_get(object, "culprit"))) &&
           (*ret_kind != ANSWER_REVEALER || json_is_string(json_object_get(object, "revealer")));
}

static void get_candidates(const json_t *object, const char *key, GPtrArray *candidates)
{
    json_t *value;
    size_t i;

    json_array_foreach(json_object_get(object, key), i, value)
    {
        Candidate *candidate =
            candidate_new(json_string_value(json_object_get(value, "commit")),
                          json_number_value(json_object_get(value, "probability")));

        candidate->or_older = json_is_true(json_object_get(value, "or_older"));
        candidate->subject = job_json_text(value, "subject");
        g_ptr_array_add(candidates, candidate);
    }
}

Answer *answer_from_json(const char *json, GError **error)
{
    g_autoptr(Answer) answer = g_new0(Answer, 1);
    json_error_t where;
    json_t *object = json_loads(json, 0, &where), *value;
    size_t i;

    answer->candidates = g_ptr_array_new_with_free_func((GDestroyNotify)candidate_free);
    answer->older = g_ptr_array_new_with_free_func((GDestroyNotify)candidate_free);
    answer->checks = g_ptr_array_new_with_free_func(g_free);
    if (!object || !is_answer(object, &answer->kind) ||
        !parse_tried(object, answer->kind, &answer->tried)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "stored answer is damaged: %s",
                    object ? "it lacks a kind, a culprit, a commit or a verdict" : where.text);
        json_decref(object);
        return NULL;
    }
    answer->culprit = job_json_text(object, "culprit");
    answer->revealer = job_json_text(object, "revealer");
    answer->confidence = json_number_value(json_object_get(object, "confidence"));
    answer->subject = job_json_text(object, "subject");
    answer->reason = job_json_text(object, "reason");
    answer->by_budget = json_is_true(json_object_get(object, "by_budget"));
    get_candidates(object, "candidates", answer->candidates);
    get_candidates(object, "older", answer->older);
    json_array_foreach(json_object_get(object, "checks"), i, value)
    {
        g_ptr_array_add(answer->checks, g_strdup(json_string_value(value)));
    }
    answer->culprit_show = job_json_text(object, "culprit_show");
    answer->culprit_signature = job_json_text(object, "culprit_signature");
    answer->parent_signature = job_json_text(object, "parent_signature");
    answer->to = get_text_array(object, "to");
    answer->cc = get_text_array(object, "cc");
    answer->crash_title = job_json_text(object, "crash_title");
    answer->crash_report = job_json_text(object, "crash_report");
    answer->crash_commit = job_json_text(object, "crash_commit");
    json_decref(object);
    return g_steal_pointer(&answer);
}
