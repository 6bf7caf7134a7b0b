/* SPDX-License-Identifier: Apache-2.0
 * What others saw (foreign bisection logs): it says where to look first, costs little where it is
 * wrong, and is never taken for a trial.
 */
#include <math.h>
#include <string.h>

#include "../history/graphs.h"
#include "job/decide.h"
#include "report/report.h"
#include "world.h"

#define CULPRIT 37

/* --- The weights ----------------------------------------------------------------------------- */

/* Of a line of 10 with a flat prior. */
static double *weigh(const ForeignTest *tests, guint n_tests, gboolean is_fix)
{
    const double log_prior[10] = {0};
    g_autoptr(History) line = graph_line(10);

    return foreign_factors(line, is_fix, log_prior, tests, n_tests);
}

static double sum(const double *factors)
{
    double all = 0;

    for (guint i = 1; i < 10; i++) {
        all += factors[i];
    }
    return all;
}

/* Bad at 7, good at 4: one of 5, 6, 7. */
static void test_weights(void)
{
    const ForeignTest tests[] = {{9, {.n_crash = 10}}, {7, {.n_crash = 10}}, {4, {.n_ok = 10}}};
    g_autofree double *factors = weigh(tests, 3, FALSE), *of_fix = weigh(tests, 3, TRUE);

    g_assert_cmpfloat(factors[0], ==, 1);
    g_assert_cmpfloat_with_epsilon(sum(factors), 9, 1e-9);
    for (guint h = 1; h < 10; h++) {
        gboolean fits = h >= 5 && h <= 7;

        g_assert_cmpint(factors[h] > 2, ==, fits);
        g_assert_cmpfloat(factors[h], >=, 0.4);
        /* To who looks for a fix, 4 has it and 7 has not: no one commit does that. */
        g_assert_cmpfloat(of_fix[h], <, 4);
    }
}

/* However many say so, another revision keeps its share; and nobody's word changes nothing. */
static void test_bounded(void)
{
    ForeignTest tests[9];
    g_autofree double *factors = NULL, *nothing = weigh(NULL, 0, FALSE);

    for (guint32 r = 1; r < 10; r++) {
        tests[r - 1] = (ForeignTest){r, {.n_crash = r >= 5 ? 100 : 0, .n_ok = r >= 5 ? 0 : 100}};
    }
    factors = weigh(tests, 9, FALSE);
    g_assert_cmpfloat(factors[5], >, 5);
    g_assert_cmpfloat(factors[9], >=, 0.4);
    g_assert_cmpfloat(factors[1], >=, 0.4);
    for (guint h = 0; h < 10; h++) {
        g_assert_cmpfloat_with_epsilon(nothing[h], 1, 1e-9);
    }
}

/* A crash that may be of the bug counts by how surely it is. */
static void test_doubtful(void)
{
    const ForeignTest sure = {5, {.n_crash = 10}}, doubtful = {5, {.n_doubtful = 10, .match = 0.5}};
    g_autofree double *by_sure = weigh(&sure, 1, FALSE), *by_doubtful = weigh(&doubtful, 1, FALSE);

    g_assert_cmpfloat(by_doubtful[1], >, by_doubtful[9]);
    g_assert_cmpfloat(by_doubtful[1] / by_doubtful[9], <, by_sure[1] / by_sure[9]);
}

/* --- Whole jobs ------------------------------------------------------------------------------ */

static void see(GPtrArray *rows, const World *world, guint index, OutcomeKind kind,
                const char *title)
{
    ForeignRow *row = g_new0(ForeignRow, 1);

    row->commit = g_strdup(world->commits[index]);
    row->source = g_strdup("syzbot");
    row->kind = kind;
    row->n = 10;
    row->title = g_strdup(kind == OUTCOME_OK ? NULL : title);
    g_ptr_array_add(rows, row);
}

/* A log that ends with @culprit: the start, releases and some steps. */
static GPtrArray *log_of(const World *world, guint culprit, const char *title)
{
    static const guint tested[] = {60, 50, 40, 30, 20, 10};
    GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)foreign_row_free);

    for (guint i = 0; i < G_N_ELEMENTS(tested); i++) {
        see(rows, world, tested[i], tested[i] >= culprit ? OUTCOME_CRASH : OUTCOME_OK, title);
    }
    see(rows, world, culprit, OUTCOME_CRASH, title);
    see(rows, world, culprit - 1, OUTCOME_OK, title);
    return rows;
}

/* A job that finds CULPRIT beside what others say; how many kernels it built. */
static guint work(World *world, const char *name, const GPtrArray *foreign)
{
    guint n_before = world->farm.n_builds;

    world->name = name;
    world->foreign = foreign;
    world->no_known_bugs = TRUE;
    world->farm.first_bad = CULPRIT;
    g_autoptr(Answer) answer = world_work_once(world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world->commits[CULPRIT]);
    g_assert_cmpfloat(answer->confidence, >=, 0.95);
    return world->farm.n_builds - n_before;
}

static guint n_trials_at(const World *world, const char *name, guint index)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(world->state, STORE_READ, &error);
    g_autoptr(JobRow) row = store_find_job(store, name, &error);
    g_autoptr(GPtrArray) trials = store_trials(store, row->id, &error);
    guint n = 0;

    g_assert_no_error(error);
    for (guint i = 0; i < trials->len; i++) {
        n += g_str_equal(((const TrialRow *)trials->pdata[i])->commit, world->commits[index]);
    }
    return n;
}

/* A right log: start, its good release, culprit and parent, the start without it. All are tried by
 * ourselves all the same. */
static void test_right(void)
{
    World world;
    guint n_alone, n_beside;

    world_init(&world);
    g_autoptr(GPtrArray) foreign = log_of(&world, CULPRIT, world.farm.title);
    n_alone = work(&world, "alone", NULL);
    n_beside = work(&world, "beside", foreign);
    g_test_message("kernels: %u alone, %u beside a right log", n_alone, n_beside);
    g_assert_cmpuint(n_beside, <, n_alone);
    g_assert_cmpuint(n_beside, <=, 6);
    g_assert_cmpuint(n_trials_at(&world, "beside", N_COMMITS - 1), >=, 5);
    g_assert_cmpuint(n_trials_at(&world, "beside", CULPRIT), >=, 5);
    g_assert_cmpuint(n_trials_at(&world, "beside", CULPRIT - 1), >=, 5);
    world_clear(&world);
}

/* One that took a wrong turn, either way: the answer stays, for a few kernels more. */
static void test_wrong(void)
{
    static const guint wrong[] = {23, 52};
    World world;
    guint n_alone;

    world_init(&world);
    n_alone = work(&world, "alone", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GPtrArray) foreign = log_of(&world, wrong[i], world.farm.title);
        g_autofree char *name = g_strdup_printf("beside-%u", wrong[i]);
        guint n_beside = work(&world, name, foreign);

        g_test_message("kernels: %u alone, %u beside a wrong log", n_alone, n_beside);
        g_assert_cmpuint(n_beside, <=, n_alone + 4);
    }
    world_clear(&world);
}

/* Crashes of something else say nothing of the bug: that they led the log astray is seen. */
static void test_another_crash(void)
{
    World world;
    guint n_alone, n_beside;

    world_init(&world);
    g_autoptr(GPtrArray) foreign = log_of(&world, 23, "INFO: task hung in bar_open");
    n_alone = work(&world, "alone", NULL);
    n_beside = work(&world, "beside", foreign);
    g_test_message("kernels: %u alone, %u beside a log of another crash", n_alone, n_beside);
    g_assert_cmpuint(n_beside, <=, n_alone + 2);
    world_clear(&world);
}

/* With no kernel but the start's, nothing is named, whatever others say. */
static void test_never_alone(void)
{
    World world;

    world_init(&world);
    g_autoptr(GPtrArray) foreign = log_of(&world, CULPRIT, world.farm.title);
    world.foreign = foreign;
    world.max_kernels = 2;
    world.farm.first_bad = CULPRIT;
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpint(answer->kind, !=, ANSWER_CULPRIT);
    g_assert_null(answer->culprit);
    g_assert_true(answer->by_budget);
    world_clear(&world);
}

/* A job that is stopped and goes on knows the same. */
static void test_resumed(void)
{
    World world;

    world_init(&world);
    g_autoptr(GPtrArray) foreign = log_of(&world, CULPRIT, world.farm.title);
    world.foreign = foreign;
    world.farm.first_bad = CULPRIT;
    world.farm.stop_after = 9;
    g_assert_null(world_work(&world, NULL, NULL));
    world.farm.stop_after = 0;
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpstr(answer->culprit, ==, world.commits[CULPRIT]);
    g_assert_cmpuint(world.farm.n_builds, <=, 6);
    world_clear(&world);
}

/* Told apart from trials. */
static void test_report(void)
{
    g_autoptr(GError) error = NULL;
    World world;

    world_init(&world);
    g_autoptr(GPtrArray) foreign = log_of(&world, CULPRIT, world.farm.title);
    work(&world, "told", foreign);
    g_autoptr(Store) store = store_open(world.state, STORE_READ, &error);
    g_autoptr(JobRow) row = store_find_job(store, "told", &error);
    g_autoptr(Report) report = report_load(store, row, &error);
    const ReportForeign *first = report->foreign->pdata[0];
    g_autofree char *text = report_text(report, NULL), *log = report_log(report);

    g_assert_cmpuint(report->foreign->len, ==, 8);
    g_assert_cmpuint(first->n_crash, ==, 10);
    g_assert_cmpuint(report->n_trials, ==, report->trials->len);
    g_assert_nonnull(strstr(text, "Tests by others (syzbot), as hints"));
    g_assert_nonnull(strstr(log, "# foreign test by syzbot: "));
    world_clear(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/foreign/weights", test_weights);
    g_test_add_func("/foreign/bounded", test_bounded);
    g_test_add_func("/foreign/doubtful", test_doubtful);
    g_test_add_func("/foreign/right", test_right);
    g_test_add_func("/foreign/wrong", test_wrong);
    g_test_add_func("/foreign/another-crash", test_another_crash);
    g_test_add_func("/foreign/never-alone", test_never_alone);
    g_test_add_func("/foreign/resumed", test_resumed);
    g_test_add_func("/foreign/report", test_report);
    return g_test_run();
}
