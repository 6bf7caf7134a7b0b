/* SPDX-License-Identifier: Apache-2.0
 * What a job may cost: budgets of kernels and of time.
 */
#include <string.h>

#include "world.h"

/* In any phase: what is known then, which never excludes the culprit; and with a larger budget the
 * job goes on as if it had not ended. */
static void test_budget_of_kernels(void)
{
    World world;
    guint n_kernels = 0;
    gboolean had_none = FALSE, had_some = FALSE;

    world_init(&world);
    world.farm.first_bad = 37;
    for (;;) {
        world.max_kernels = ++n_kernels;
        g_autoptr(Answer) answer = world_work_once(&world, NULL);
        gboolean holds = FALSE;

        g_assert_cmpuint(world.farm.n_builds, ==, n_kernels);
        if (!answer->by_budget) {
            g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
            break;
        }
        g_assert_cmpint(answer->kind, ==, ANSWER_SET);
        g_assert_null(answer->culprit);
        g_autofree char *said = g_strdup_printf("the budget of %u kernel%s is used up: ", n_kernels,
                                                n_kernels == 1 ? "" : "s");
        g_assert_true(g_str_has_prefix(answer->reason, said));
        for (guint i = 0; i < answer->candidates->len; i++) {
            const Candidate *candidate = answer->candidates->pdata[i];

            holds |= g_str_equal(candidate->commit, world.commits[37]);
        }
        g_assert_true(holds || answer->candidates->len == 0);
        had_none |= answer->candidates->len == 0;
        had_some |= holds;
    }
    g_assert_true(had_none && had_some);
    guint n_builds = world.farm.n_builds, n_trials = world.farm.n_trials;
    world_clear(&world);

    world_init(&world);
    world.farm.first_bad = 37;
    answer_free(world_work_once(&world, NULL));
    g_assert_cmpuint(world.farm.n_builds, ==, n_builds);
    g_assert_cmpuint(world.farm.n_trials, ==, n_trials);
    world_clear(&world);
}

/* Kernels that others built cost nothing. */
static void test_reused_kernels_are_free(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.reuses = TRUE;
    world.max_kernels = 1;
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    world_clear(&world);
}

/* The time of earlier lives counts. */
static void test_budget_of_time(void)
{
    World world;
    g_autoptr(GError) error = NULL;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.stop_after = 5;
    g_assert_null(world_work(&world, NULL, NULL));
    g_autoptr(Store) store = store_open(world.state, STORE_WRITE, &error);
    g_assert_true(store_add_time(store, 1, 4 * 3600 * 1000, 0, 0, &error));
    g_clear_pointer(&store, store_free);

    world.farm.stop_after = 0;
    world.max_time_s = 4 * 3600;
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_true(answer->by_budget);
    g_assert_true(g_str_has_prefix(answer->reason, "the budget of 4h is used up: "));
    g_assert_cmpuint(world.farm.n_builds + world.farm.n_trials, ==, 5);

    world.max_time_s = 5 * 3600;
    g_autoptr(Answer) later = world_work_once(&world, NULL);
    g_assert_cmpstr(later->culprit, ==, world.commits[37]);
    world_clear(&world);
}

/* What is under way belongs to the budget, and to what is known at its end. */
static void test_budget_waits(void)
{
    g_autoptr(GHashTable) evidence = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) releases = g_ptr_array_new(), tasks = g_ptr_array_new();
    Situation situation = {.start = "start",
                           .releases = releases,
                           .n_start_trials = 5,
                           .max_trials = 20,
                           .confidence = 0.95,
                           .evidence = evidence,
                           .overruled = evidence,
                           .tasks = tasks,
                           .max_kernels = 1};
    Task task = {.commit = (char *)"other"};
    Action action;

    job_decide(&situation, &action);
    g_assert_cmpint(action.kind, ==, ACTION_BUILD);
    g_ptr_array_add(tasks, &task);
    job_decide(&situation, &action);
    g_assert_cmpint(action.kind, ==, ACTION_WAIT);
    task.n_trials = 3;
    job_decide(&situation, &action);
    g_assert_cmpint(action.kind, ==, ACTION_BUILD);
    situation.n_kernels = 1;
    job_decide(&situation, &action);
    g_assert_cmpint(action.kind, ==, ACTION_WAIT);
    g_ptr_array_set_size(tasks, 0);
    job_decide(&situation, &action);
    g_assert_cmpint(action.kind, ==, ACTION_ANSWER);
    g_assert_true(action.answer->by_budget);
    answer_free(action.answer);
}

static void test_durations(void)
{
    static const struct {
        const char *text;
        guint s;
        const char *back;
    } good[] = {{"90", 90, "90s"},     {"90m", 5400, "90m"}, {"4h", 14400, "4h"},
                {"48h", 172800, "2d"}, {"0", 0, "0d"},       {"1000s", 1000, "1000s"}};
    static const char *const bad[] = {"",       "m",  "4 h",      "1.5h", "-1",
                                      "4hours", "4H", "1000000d", "h4"};
    g_autoptr(JobSpec) spec = job_spec_new("cause");

    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_true(job_spec_set(spec, "max-time", good[i].text, "/", NULL));
        g_assert_cmpuint(spec->max_time_s, ==, good[i].s);
        g_autofree char *back = job_duration(spec->max_time_s);
        g_assert_cmpstr(back, ==, good[i].back);
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(job_spec_set(spec, "max-time", bad[i], "/", &error));
        g_assert_nonnull(strstr(error->message, "is not a time such as 90m, 4h or 2d"));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job/budget/kernels", test_budget_of_kernels);
    g_test_add_func("/job/budget/reused", test_reused_kernels_are_free);
    g_test_add_func("/job/budget/time", test_budget_of_time);
    g_test_add_func("/job/budget/waits", test_budget_waits);
    g_test_add_func("/job/budget/durations", test_durations);
    return g_test_run();
}
