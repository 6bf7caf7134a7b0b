/* SPDX-License-Identifier: Apache-2.0
 * Where the time went: sums that add up, whatever overlaps; and how that is told.
 */
#include "report/cost.h"

#include <string.h>

#include "process/process.h"
#include "report/report.h"

#define C1 "7e062cda7d90543ac8c7700fc7c5527d0c0f22ad"
#define C2 "df0cc57e057f18e44dac8e6c18aba47ab53202f9"

/* Two sessions. In the first:
 *
 *     0         1         2         3         4         5         6      s
 *     setup.....first build.........          range          quiet
 *                                   trial.....
 *                                        trial.....
 *                                                         store
 * In the second, an hour later, an incremental build beside trials of guests that were restored,
 * one of which ends behind all else.
 */
#define HOUR 3600000
static const SpanRow spans[] = {
    {(char *)"setup", NULL, NULL, NULL, 0, 0, 10000},
    {(char *)"build", (char *)"reproduce", (char *)C1, (char *)"first", 0, 10000, 30000},
    {(char *)"trial", (char *)"reproduce", (char *)C1, (char *)"booted", 0, 30000, 40000},
    {(char *)"trial", (char *)"reproduce", (char *)C1, (char *)"booted", 1, 35000, 45000},
    {(char *)"range", (char *)"range", NULL, NULL, 0, 45000, 50000},
    {(char *)"build", (char *)"search", (char *)C2, (char *)"store", 0, 55000, 56000},
    {(char *)"setup", NULL, NULL, NULL, 0, HOUR, HOUR + 1000},
    {(char *)"build", (char *)"search", (char *)C2, (char *)"incremental", 0, HOUR + 1000,
     HOUR + 6000},
    {(char *)"trial", (char *)"search", (char *)C2, (char *)"restored", 0, HOUR + 3000,
     HOUR + 3500},
    {(char *)"trial", (char *)"search", (char *)C2, (char *)"restored", 0, HOUR + 5500,
     HOUR + 6500},
};

static GPtrArray *list_spans(void)
{
    GPtrArray *list = g_ptr_array_new();

    for (guint i = 0; i < G_N_ELEMENTS(spans); i++) {
        g_ptr_array_add(list, (gpointer)&spans[i]);
    }
    return list;
}

static guint64 part_ms(const Cost *cost, const char *name)
{
    for (guint i = 0; i < cost->parts->len; i++) {
        const CostPart *part = &g_array_index(cost->parts, CostPart, i);

        if (g_str_equal(part->name, name)) {
            return part->ms;
        }
    }
    g_assert_not_reached();
}

static void test_parts_add_up(void)
{
    g_autoptr(GPtrArray) list = list_spans();
    g_autoptr(Cost) cost = cost_sum(list, 0);
    guint64 sum_ms = 0;

    g_assert_cmpuint(cost->sessions->len, ==, 2);
    g_assert_cmpuint(cost->wall_ms, ==, 56000 + 6500);
    g_assert_cmpuint(part_ms(cost, "setup"), ==, 11000);
    g_assert_cmpuint(part_ms(cost, "range"), ==, 5000);
    g_assert_cmpuint(part_ms(cost, PART_BUILD), ==, 20000 + 1000 + 5000 - 1000);
    g_assert_cmpuint(part_ms(cost, PART_TRIAL), ==, 15000 + 500);
    g_assert_cmpuint(part_ms(cost, PART_BOTH), ==, 1000);
    g_assert_cmpuint(part_ms(cost, PART_REST), ==, 5000);
    for (guint i = 0; i < cost->parts->len; i++) {
        sum_ms += g_array_index(cost->parts, CostPart, i).ms;
    }
    g_assert_cmpuint(sum_ms, ==, cost->wall_ms);
}

static void test_uses_and_groups(void)
{
    g_autoptr(GPtrArray) list = list_spans();
    g_autoptr(Cost) cost = cost_sum(list, 0);
    const CostUse *booted = &g_array_index(cost->uses, CostUse, 3);
    const CostGroup *group;

    g_assert_cmpuint(cost->n_build_lanes, ==, 1);
    g_assert_cmpuint(cost->n_trial_lanes, ==, 2);
    g_assert_cmpuint(cost->uses->len, ==, 5);
    g_assert_cmpstr(booted->kind, ==, "trial");
    g_assert_cmpstr(booted->how, ==, "booted");
    g_assert_cmpuint(booted->n, ==, 2);
    g_assert_cmpuint(booted->sum_ms, ==, 20000);
    g_assert_cmpuint(booted->median_ms, ==, 10000);
    g_assert_cmpuint(cost->phases->len, ==, 4);
    group = &g_array_index(cost->phases, CostGroup, 0);
    g_assert_null(group->name);
    g_assert_cmpuint(group->own_ms, ==, 11000);
    group = &g_array_index(cost->phases, CostGroup, 3);
    g_assert_cmpstr(group->name, ==, "search");
    g_assert_cmpuint(group->n_builds, ==, 2);
    g_assert_cmpuint(group->build_ms, ==, 6000);
    g_assert_cmpuint(group->trial_ms, ==, 1500);
    g_assert_cmpuint(cost->revisions->len, ==, 2);
    group = &g_array_index(cost->revisions, CostGroup, 0);
    g_assert_cmpstr(group->name, ==, C1);
    g_assert_cmpuint(group->n_trials, ==, 2);
}

static void test_savings(void)
{
    static const struct {
        const char *what;
        guint n;
        guint64 ms;
    } expected[] = {
        {"store", 1, 5000 - 1000},
        {"incremental", 1, 20000 - 5000},
        {"restored", 2, 2 * (10000 - 1000)},
        {"same", 4, 4 * 1000},
    };
    g_autoptr(GPtrArray) list = list_spans();
    g_autoptr(Cost) cost = cost_sum(list, 4);

    g_assert_cmpuint(cost->savings->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < cost->savings->len; i++) {
        const CostSaving *saving = &g_array_index(cost->savings, CostSaving, i);

        g_assert_cmpstr(saving->what, ==, expected[i].what);
        g_assert_cmpuint(saving->n, ==, expected[i].n);
        g_assert_cmpuint(saving->ms, ==, expected[i].ms);
    }
}

/* A clock that was set back makes no time, and no sum below nothing. */
static void test_clock_set_back(void)
{
    const SpanRow odd[] = {
        {(char *)"setup", NULL, NULL, NULL, 0, 5000, 6000},
        {(char *)"build", NULL, (char *)C1, (char *)"first", 0, 6000, 2000},
        {(char *)"trial", NULL, (char *)C1, (char *)"booted", 0, 1000, 3000},
        {(char *)"trial", NULL, (char *)C1, NULL, 7, 2000, 5500},
    };
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    g_autoptr(Cost) cost = NULL;
    guint64 sum_ms = 0;

    for (guint i = 0; i < G_N_ELEMENTS(odd); i++) {
        g_ptr_array_add(list, (gpointer)&odd[i]);
    }
    cost = cost_sum(list, 0);
    for (guint i = 0; i < cost->parts->len; i++) {
        sum_ms += g_array_index(cost->parts, CostPart, i).ms;
    }
    g_assert_cmpuint(sum_ms, ==, cost->wall_ms);
    g_assert_cmpuint(cost->wall_ms, >=, 5000);
    g_assert_cmpuint(cost->wall_ms, <=, 6000);
    g_assert_cmpuint(cost->n_trial_lanes, ==, 8);
}

static void test_nothing(void)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    g_autoptr(Cost) cost = cost_sum(list, 0);

    g_assert_cmpuint(cost->wall_ms, ==, 0);
    g_assert_cmpuint(cost->sessions->len, ==, 0);
    g_assert_cmpuint(cost->savings->len, ==, 0);
}

/* --- Told ------------------------------------------------------------------------------------ */

typedef struct Fixture {
    char *folder;
    Store *store;
    gint64 job;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused)
{
    fixture->folder = g_dir_make_tmp("firstbad-cost-XXXXXX", NULL);
    fixture->store = store_open(fixture->folder, STORE_WRITE, NULL);
    g_assert_true(store_add_job(fixture->store, "slow", "cause", "[job]\nstart=" C1 "\n", 0,
                                &fixture->job, NULL));
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    const char *argv[] = {"rm", "-rf", fixture->folder, NULL};

    store_free(fixture->store);
    g_free(process_ask(NULL, argv, NULL));
    g_free(fixture->folder);
}

static Report *load(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JobRow) row = NULL;
    Report *report;

    for (guint i = 0; i < G_N_ELEMENTS(spans); i++) {
        store_put_span(fixture->store, fixture->job, &spans[i]);
    }
    g_assert_true(
        store_set_job(fixture->store, fixture->job, JOB_RUNNING, "search", NULL, NULL, NULL));
    row = store_read_job(fixture->store, fixture->job, NULL);
    report = report_load(fixture->store, row, &error);
    g_assert_no_error(error);
    return report;
}

static const char expected_text[] =
    "Job slow (cause), start 7e062cda7d90: 62.5 s, in 2 sessions\n"
    "\n"
    "Where the time went:\n"
    "  building alone                               25.0 s   40.0 %\n"
    "  testing alone                                15.5 s   24.8 %\n"
    "  building and testing at once                 1.00 s    1.6 %\n"
    "  setting up                                   11.0 s   17.6 %\n"
    "  reading the history                          5.00 s    8.0 %\n"
    "  deciding, storing, waiting                   5.00 s    8.0 %\n"
    "  all                                          62.5 s  100.0 %\n"
    "\n"
    "Builds and trials:            number       median          all\n"
    "  build  first                     1       20.0 s       20.0 s\n"
    "  build  store                     1       1.00 s       1.00 s\n"
    "  build  incremental               1       5.00 s       5.00 s\n"
    "  trial  booted                    2       10.0 s       20.0 s\n"
    "  trial  restored                  2       1.00 s       1.50 s\n"
    "  builds: up to 1 at once, 42 % of what so many can do\n"
    "  trials: up to 2 at once, 17 % of what so many can do\n"
    "\n"
    "By phase:          builds              trials                     other\n"
    "  before                0                   0                    11.0 s\n"
    "  reproduce             1       20.0 s      2       20.0 s\n"
    "  range                 0                   0                    5.00 s\n"
    "  search                2       6.00 s      2       1.50 s\n"
    "\n"
    "By revision:       builds              trials                     other\n"
    "  7e062cda7d90          1       20.0 s      2       20.0 s\n"
    "  df0cc57e057f          2       6.00 s      2       1.50 s\n"
    "\n"
    "Saved by reuse, if the medians are what it would have cost:\n"
    "      1 builds: their kernels were in the store              4.00 s\n"
    "      1 builds: objects of the build before                  15.0 s\n"
    "      2 trials: guests that need not boot                    18.0 s\n"
    "\n"
    "Timeline (a column is 1.04 s; # busy more than half of it, . less):\n";

static void test_text(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Report) report = load(fixture);
    g_autofree char *text = report_cost_text(report), *told = NULL;
    const char *timeline = strstr(text, "Timeline");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint n_busy = 0;

    g_assert_nonnull(timeline);
    timeline = strchr(timeline, '\n') + 1;
    told = g_strndup(text, (gsize)(timeline - text));
    g_assert_cmpstr(told, ==, expected_text);
    for (char **line = lines; *line; line++) {
        g_assert_cmpint(g_utf8_strlen(*line, -1), <=, 80);
        if (g_str_has_prefix(*line, "  builds 1")) {
            for (const char *c = strchr(*line, '|'); *c; c++) {
                n_busy += *c == '#';
            }
        }
    }
    /* 26 s of builds in columns of about a second. */
    g_assert_cmpuint(n_busy, >=, 23);
    g_assert_cmpuint(n_busy, <=, 26);
}

static void test_json(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Report) report = load(fixture);
    json_t *object = report_cost_json(report);
    const json_t *span = json_array_get(json_object_get(object, "spans"), 1);

    g_assert_cmpint(json_integer_value(json_object_get(object, "wall_ms")), ==, 62500);
    g_assert_cmpuint(json_array_size(json_object_get(object, "sessions")), ==, 2);
    g_assert_cmpuint(json_array_size(json_object_get(object, "spans")), ==, G_N_ELEMENTS(spans));
    g_assert_cmpstr(json_string_value(json_object_get(span, "how")), ==, "first");
    g_assert_cmpint(json_integer_value(json_object_get(span, "begun_ms")), ==, 10000);
    json_decref(object);
}

/* A store of an older firstbad, or a job that has just begun. */
static void test_text_of_nothing(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(JobRow) row = store_read_job(fixture->store, fixture->job, NULL);
    g_autoptr(Report) report = report_load(fixture->store, row, NULL);
    g_autofree char *text = report_cost_text(report);

    g_assert_nonnull(strstr(text, "Nothing is known"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cost/parts", test_parts_add_up);
    g_test_add_func("/cost/uses", test_uses_and_groups);
    g_test_add_func("/cost/savings", test_savings);
    g_test_add_func("/cost/clock", test_clock_set_back);
    g_test_add_func("/cost/nothing", test_nothing);
    g_test_add("/cost/text", Fixture, NULL, set_up, test_text, tear_down);
    g_test_add("/cost/json", Fixture, NULL, set_up, test_json, tear_down);
    g_test_add("/cost/text-of-nothing", Fixture, NULL, set_up, test_text_of_nothing, tear_down);
    return g_test_run();
}
