/* SPDX-License-Identifier: Apache-2.0
 * Where the time of a job went, for people; 80 columns.
 */
#include "report/cost.h"
#include "report/report.h"

#include <string.h>

/* Of the timeline, before its first column; and columns. */
#define LANE_WIDTH 16
#define N_COLUMNS  60

/* "0.25 s", "31.0 s", "5 min 02 s". Owned by the caller. */
static char *duration(guint64 ms)
{
    return ms < 10000    ? g_strdup_printf("%.2f s", (double)ms / 1000)
           : ms < 100000 ? g_strdup_printf("%.1f s", (double)ms / 1000)
                         : report_duration(ms);
}

/* --- Parts ----------------------------------------------------------------------------------- */

/* What a part is called; a kind that is new here, by its own name. */
static const char *part_words(const char *name)
{
    static const char *const words[][2] = {
        {PART_BUILD, "building alone"},
        {PART_TRIAL, "testing alone"},
        {PART_BOTH, "building and testing at once"},
        {PART_REST, "deciding, storing, waiting"},
        {"setup", "setting up"},
        {"range", "reading the history"},
        {"prove", "asking what quiet trials could show"},
        {"examine", "examining the change"},
        {"mend", "looking for a mend"},
        {"minimise", "making the config smaller"},
        {"report", "writing the report"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_equal(words[i][0], name)) {
            return words[i][1];
        }
    }
    return name;
}

static void add_part(GString *text, const char *words, guint64 ms, guint64 wall_ms)
{
    g_autofree char *time = duration(ms);

    g_string_append_printf(text, "  %-38s %12s  %5.1f %%\n", words, time,
                           wall_ms ? 100.0 * (double)ms / (double)wall_ms : 0.0);
}

static void add_parts(GString *text, const Cost *cost)
{
    g_string_append(text, "Where the time went:\n");
    for (guint i = 0; i < cost->parts->len; i++) {
        const CostPart *part = &g_array_index(cost->parts, CostPart, i);

        if (part->ms) {
            add_part(text, part_words(part->name), part->ms, cost->wall_ms);
        }
    }
    add_part(text, "all", cost->wall_ms, cost->wall_ms);
}

/* --- Uses ------------------------------------------------------------------------------------ */

static void add_busy(GString *text, const Cost *cost, const char *kind, guint n_lanes)
{
    guint64 sum_ms = 0;

    for (guint i = 0; i < cost->uses->len; i++) {
        const CostUse *use = &g_array_index(cost->uses, CostUse, i);

        sum_ms += g_str_equal(use->kind, kind) ? use->sum_ms : 0;
    }
    if (n_lanes) {
        g_string_append_printf(text, "  %ss: up to %u at once, %.0f %% of what so many can do\n",
                               kind, n_lanes,
                               100.0 * (double)sum_ms / (double)MAX(cost->wall_ms * n_lanes, 1));
    }
}

static void add_uses(GString *text, const Cost *cost)
{
    g_string_append_printf(text, "\n%-29s %6s %12s %12s\n", "Builds and trials:", "number",
                           "median", "all");
    for (guint i = 0; i < cost->uses->len; i++) {
        const CostUse *use = &g_array_index(cost->uses, CostUse, i);
        g_autofree char *median = duration(use->median_ms), *sum = duration(use->sum_ms);

        g_string_append_printf(text, "  %s  %-20s %6u %12s %12s\n", use->kind,
                               use->how ? use->how : "", use->n, median, sum);
    }
    add_busy(text, cost, "build", cost->n_build_lanes);
    add_busy(text, cost, "trial", cost->n_trial_lanes);
}

/* --- Groups ---------------------------------------------------------------------------------- */

static void add_group(GString *text, const CostGroup *group, const char *name)
{
    g_autofree char *build = duration(group->build_ms), *trial = duration(group->trial_ms),
                    *own = duration(group->own_ms);

    g_string_append_printf(text, "  %-16.16s %6u %12s %6u %12s %12s", name, group->n_builds,
                           group->n_builds ? build : "", group->n_trials,
                           group->n_trials ? trial : "", group->own_ms ? own : "");
    g_string_truncate(text, strlen(g_strchomp(text->str)));
    g_string_append_c(text, '\n');
}

static void add_groups(GString *text, const char *title, const GArray *groups)
{
    g_string_append_printf(text, "\n%-18s %6s %12s %6s %12s %12s\n", title, "builds", "", "trials",
                           "", "other");
    for (guint i = 0; i < groups->len; i++) {
        const CostGroup *group = &g_array_index(groups, CostGroup, i);
        g_autofree char *name = group->name ? variant_title(group->name) : g_strdup("before");

        add_group(text, group, name);
    }
}

/* --- Savings --------------------------------------------------------------------------------- */

static const char *saving_words(const char *what)
{
    return g_str_equal(what, "store")         ? "builds: their kernels were in the store"
           : g_str_equal(what, "shared")      ? "builds: no file of another kernel differs"
           : g_str_equal(what, "incremental") ? "builds: objects of the build before"
           : g_str_equal(what, "restored")    ? "trials: guests that need not boot"
                                              : "trials: another revision's kernel is the same";
}

static void add_savings(GString *text, const Cost *cost)
{
    g_string_append(text, cost->savings->len
                              ? "\nSaved by reuse, if the medians are what it would have cost:\n"
                              : "\nNothing was saved by reuse.\n");
    for (guint i = 0; i < cost->savings->len; i++) {
        const CostSaving *saving = &g_array_index(cost->savings, CostSaving, i);
        g_autofree char *time = duration(saving->ms);

        g_string_append_printf(text, "  %5u %-46s %12s\n", saving->n, saving_words(saving->what),
                               time);
    }
}

/* --- Timeline -------------------------------------------------------------------------------- */

/* How long a column is: what stands between two sessions is left out. */
static guint64 column_ms(const Cost *cost)
{
    return MAX((cost->wall_ms + N_COLUMNS - 1) / N_COLUMNS, 1);
}

/* Add what of @span lies in each column to @busy_ms. */
static void fill_columns(const Cost *cost, const SpanRow *span, guint64 *busy_ms)
{
    guint64 wide_ms = column_ms(cost), before_ms = 0;

    for (guint i = 0; i < cost->sessions->len; i++) {
        const CostSession *session = &g_array_index(cost->sessions, CostSession, i);
        guint64 session_ms = (guint64)(session->ended_ms - session->begun_ms);
        guint last = (guint)((before_ms + session_ms) / wide_ms);

        for (guint c = (guint)(before_ms / wide_ms); c <= last && c < N_COLUMNS; c++) {
            gint64 from_ms = session->begun_ms + (gint64)(c * wide_ms) - (gint64)before_ms;
            gint64 begun_ms = MAX(from_ms, session->begun_ms);

            busy_ms[c] +=
                cost_within(span, begun_ms, MIN(from_ms + (gint64)wide_ms, session->ended_ms));
        }
        before_ms += session_ms;
    }
}

/* A line for the spans of @lane that are builds (or trials, or neither). */
static void add_lane(GString *text, const Cost *cost, const GPtrArray *spans, const char *name,
                     gboolean (*is_its)(const SpanRow *), guint lane)
{
    guint64 busy_ms[N_COLUMNS] = {0}, half_ms = column_ms(cost) / 2;
    g_autoptr(GString) line = g_string_new(NULL);

    for (guint i = 0; i < spans->len; i++) {
        const SpanRow *span = spans->pdata[i];

        if (is_its(span) && span->lane == lane) {
            fill_columns(cost, span, busy_ms);
        }
    }
    for (guint c = 0; c < N_COLUMNS; c++) {
        g_string_append_c(line, busy_ms[c] == 0 ? ' ' : busy_ms[c] > half_ms ? '#' : '.');
    }
    g_string_append_printf(text, "  %-*s|%s|\n", LANE_WIDTH - 3, name, line->str);
}

static gboolean is_own(const SpanRow *span)
{
    return !cost_is_build(span) && !cost_is_trial(span);
}

static void add_timeline(GString *text, const Cost *cost, const GPtrArray *spans)
{
    g_autofree char *wide = duration(column_ms(cost));

    g_string_append_printf(
        text, "\nTimeline (a column is %s; # busy more than half of it, . less):\n", wide);
    add_lane(text, cost, spans, "itself", is_own, 0);
    for (guint lane = 0; lane < cost->n_build_lanes; lane++) {
        g_autofree char *name = g_strdup_printf("builds %u", lane + 1);

        add_lane(text, cost, spans, name, cost_is_build, lane);
    }
    for (guint lane = 0; lane < cost->n_trial_lanes; lane++) {
        g_autofree char *name = g_strdup_printf("trials %u", lane + 1);

        add_lane(text, cost, spans, name, cost_is_trial, lane);
    }
}

char *report_cost_text(const Report *report)
{
    g_autoptr(Cost) cost = report_cost(report);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *wall = duration(cost->wall_ms);

    g_string_append_printf(text, "Job %s (%s), start %.12s: %s", report->row->name,
                           report->row->kind, report->spec->start, wall);
    if (cost->sessions->len == 0) {
        g_string_append(text, "\n\nNothing is known of what was done when: no work was done, or an "
                              "older\nfirstbad did it.\n");
        return report_clean(text->str);
    }
    g_string_append_printf(text, cost->sessions->len > 1 ? ", in %u sessions\n\n" : "\n\n",
                           cost->sessions->len);
    add_parts(text, cost);
    add_uses(text, cost);
    add_groups(text, "By phase:", cost->phases);
    add_groups(text, "By revision:", cost->revisions);
    add_savings(text, cost);
    add_timeline(text, cost, report->spans);
    return report_clean(text->str);
}
