/* SPDX-License-Identifier: Apache-2.0
 * Where the time of a job went, for programs. docs/JSON.md describes it.
 */
#include "report/cost.h"
#include "report/report.h"

static json_t *sessions_json(const Cost *cost)
{
    json_t *array = json_array();

    for (guint i = 0; i < cost->sessions->len; i++) {
        const CostSession *session = &g_array_index(cost->sessions, CostSession, i);

        json_array_append_new(array,
                              json_pack("{s:I, s:I}", "begun_ms", (json_int_t)session->begun_ms,
                                        "ended_ms", (json_int_t)session->ended_ms));
    }
    return array;
}

static json_t *parts_json(const Cost *cost)
{
    json_t *array = json_array();

    for (guint i = 0; i < cost->parts->len; i++) {
        const CostPart *part = &g_array_index(cost->parts, CostPart, i);

        json_array_append_new(array, json_pack("{s:o, s:I}", "part", job_text_json(part->name),
                                               "ms", (json_int_t)part->ms));
    }
    return array;
}

static json_t *uses_json(const Cost *cost)
{
    json_t *array = json_array();

    for (guint i = 0; i < cost->uses->len; i++) {
        const CostUse *use = &g_array_index(cost->uses, CostUse, i);

        json_array_append_new(
            array, json_pack("{s:o, s:o, s:i, s:I, s:I}", "kind", job_text_json(use->kind), "how",
                             job_text_json(use->how), "n", (int)use->n, "median_ms",
                             (json_int_t)use->median_ms, "sum_ms", (json_int_t)use->sum_ms));
    }
    return array;
}

/* @name: what a group is called by. */
static json_t *groups_json(const GArray *groups, const char *name)
{
    json_t *array = json_array();

    for (guint i = 0; i < groups->len; i++) {
        const CostGroup *group = &g_array_index(groups, CostGroup, i);

        json_array_append_new(
            array,
            json_pack("{s:o, s:i, s:I, s:i, s:I, s:I}", name, job_text_json(group->name), "builds",
                      (int)group->n_builds, "build_ms", (json_int_t)group->build_ms, "trials",
                      (int)group->n_trials, "trial_ms", (json_int_t)group->trial_ms, "own_ms",
                      (json_int_t)group->own_ms));
    }
    return array;
}

static json_t *savings_json(const Cost *cost)
{
    json_t *array = json_array();

    for (guint i = 0; i < cost->savings->len; i++) {
        const CostSaving *saving = &g_array_index(cost->savings, CostSaving, i);

        json_array_append_new(array, json_pack("{s:s, s:i, s:I}", "what", saving->what, "n",
                                               (int)saving->n, "ms", (json_int_t)saving->ms));
    }
    return array;
}

static json_t *spans_json(const GPtrArray *spans)
{
    json_t *array = json_array();

    for (guint i = 0; i < spans->len; i++) {
        const SpanRow *span = spans->pdata[i];

        json_array_append_new(
            array,
            json_pack("{s:o, s:o, s:o, s:o, s:i, s:I, s:I}", "kind", job_text_json(span->kind),
                      "phase", job_text_json(span->phase), "commit", job_text_json(span->commit),
                      "how", job_text_json(span->how), "lane", (int)span->lane, "begun_ms",
                      (json_int_t)span->begun_ms, "ended_ms", (json_int_t)span->ended_ms));
    }
    return array;
}

json_t *report_cost_json(const Report *report)
{
    g_autoptr(Cost) cost = report_cost(report);

    return json_pack("{s:I, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "wall_ms",
                     (json_int_t)cost->wall_ms, "build_lanes", (int)cost->n_build_lanes,
                     "trial_lanes", (int)cost->n_trial_lanes, "sessions", sessions_json(cost),
                     "parts", parts_json(cost), "uses", uses_json(cost), "phases",
                     groups_json(cost->phases, "phase"), "revisions",
                     groups_json(cost->revisions, "commit"), "saved", savings_json(cost), "spans",
                     spans_json(report->spans));
}
