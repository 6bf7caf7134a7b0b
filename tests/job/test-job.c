/* SPDX-License-Identifier: Apache-2.0
 * Whole jobs on a real little repository and a farm in memory: every ending, a stop after every
 * step, and the log read back.
 */
#include <string.h>

#include "report/report.h"
#include "world.h"

/* Each build and each trial has its span, in a phase, and no two of a lane overlap. */
static void assert_spans(const World *world)
{
    g_autoptr(Store) store = store_open(world->state, STORE_READ, NULL);
    g_autoptr(GPtrArray) spans = store_spans(store, 1, NULL);
    gint64 lane_ended_ms[2] = {0};
    guint n_builds = 0, n_trials = 0;

    for (guint i = 0; i < spans->len; i++) {
        const SpanRow *span = spans->pdata[i];

        g_assert_cmpint(span->begun_ms, <=, span->ended_ms);
        if (g_str_equal(span->kind, "build")) {
            g_assert_cmpstr(span->how, ==, n_builds == 0 ? "first" : "incremental");
            n_builds++;
            g_assert_nonnull(span->commit);
            g_assert_nonnull(span->phase);
        } else if (g_str_equal(span->kind, "trial")) {
            g_assert_cmpstr(span->how, ==, "booted");
            g_assert_cmpuint(span->lane, <, 2);
            g_assert_cmpint(span->begun_ms, >=, lane_ended_ms[span->lane]);
            lane_ended_ms[span->lane] = span->ended_ms;
            n_trials++;
        }
    }
    g_assert_cmpuint(n_builds, ==, world->farm.n_builds);
    g_assert_cmpuint(n_trials, ==, world->farm.n_trials);
}

/* --- Endings --------------------------------------------------------------------------------- */

static void test_culprit_by_releases(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    g_assert_cmpfloat(answer->confidence, >, 0.95);
    /* Both sides, their kernels, the change, what it changed there, and that it cannot be taken
     * back. */
    g_assert_cmpuint(answer->checks->len, ==, 6);
    /* Start, v5.0, then some of the 60 revisions up to the start. */
    g_assert_cmpuint(world.farm.n_builds, <=, 2 + 7);
    g_assert_nonnull(strstr(answer->culprit_show, "change 37"));
    assert_spans(&world);
    world_clear(&world);
}

static void test_culprit_by_good(void)
{
    for (guint first_bad = 1; first_bad < N_COMMITS; first_bad += 7) {
        World world;

        world_init(&world);
        world.farm.first_bad = first_bad;
        g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
        g_assert_cmpstr(answer->culprit, ==, world.commits[first_bad]);
        g_assert_cmpuint(world.farm.n_builds, <=, 2 + 8);
        world_clear(&world);
    }
}

static void test_unbuildable_neighbours_make_a_set(void)
{
    static const guint unbuildable[] = {34, 35, 36, 37, G_MAXUINT};
    World world;

    world_init(&world);
    world.farm.first_bad = 36;
    world.farm.unbuildable = unbuildable;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpint(answer->kind, ==, ANSWER_SET);
    g_assert_null(answer->culprit);
    g_assert_cmpuint(answer->candidates->len, ==, 5); /* 34..38: 33 is good, 38 is bad */
    world_clear(&world);
}

static void test_same_kernel_is_never_named(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 36;
    world.farm.same_as_parent = 36;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpstr(answer->culprit, !=, world.commits[36]);
    world_clear(&world);
}

static void test_start_does_not_crash(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 1000;
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_NOT_REPRODUCED);
    g_assert_nonnull(strstr(answer->reason, "did not crash"));
    g_assert_cmpuint(world.farm.n_trials, ==, 40);
    world_clear(&world);
}

static void test_start_does_not_build(void)
{
    static const guint unbuildable[] = {N_COMMITS - 1, G_MAXUINT};
    World world;

    world_init(&world);
    world.farm.unbuildable = unbuildable;
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_UNTESTABLE);
    g_assert_nonnull(strstr(answer->reason, "net/smc.c:1:2: error: no"));
    world_clear(&world);
}

static void test_good_crashes(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 5;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[20]);
    g_assert_cmpint(answer->kind, ==, ANSWER_GOOD_CRASHES);
    world_clear(&world);
}

static void test_older_than_all_releases(void)
{
    World world;

    world_init(&world);
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_OLDER);
    g_assert_cmpstr(answer->subject, ==, world.commits[0]);
    world_clear(&world);
}

static void test_no_release_can_be_tested(void)
{
    static const guint releases[] = {0, 10, 20, 30, 40, 50, G_MAXUINT};
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.unbuildable = releases;
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_UNTESTABLE);
    g_assert_nonnull(strstr(answer->reason, "name a --good"));
    world_clear(&world);
}

/* However few trials it is given, a release that does not boot is not good. */
static void test_unbootable_release(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 27;
    world.farm.unbootable = 30;
    world.max_trials = 2;
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpstr(answer->culprit, ==, world.commits[27]);
    world_clear(&world);
}

static void test_unbootable_start(void)
{
    World world;

    world_init(&world);
    world.farm.unbootable = N_COMMITS - 1;
    world.max_trials = 2;
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_UNTESTABLE);
    g_assert_nonnull(strstr(answer->reason, "does not boot"));
    world_clear(&world);
}

/* v5.3 does not crash when it is tried as a release, but has the bug: the check of the commit after
 * it finds out, and the range grows. */
static void overruled_release(World *world)
{
    world->farm.first_bad = 25;
    world->farm.late = 30;
    world->farm.n_late_oks = 3;
}

static void test_overruled_release(void)
{
    World world;

    world_init(&world);
    overruled_release(&world);
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpuint(world.farm.n_late_oks, ==, 0);
    g_assert_cmpstr(answer->culprit, ==, world.commits[25]);
    world_clear(&world);
}

static void test_infra_is_repeated(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.infra_first = 3;
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    world_clear(&world);
}

/* --- Resuming -------------------------------------------------------------------------------- */

static void culprit_by_releases(World *world)
{
    world->farm.first_bad = 37;
}

static void test_stop_after_every_step(gconstpointer make)
{
    World world;
    guint n_builds, n_trials;

    world_init(&world);
    ((void (*)(World *))make)(&world);
    answer_free(world_work_once(&world, NULL));
    n_builds = world.farm.n_builds;
    n_trials = world.farm.n_trials;
    world_clear(&world);

    world_init(&world);
    ((void (*)(World *))make)(&world);
    for (guint step = 1;; step++) {
        world.farm.stop_after = step;
        g_autoptr(Answer) answer = world_work(&world, NULL, NULL);

        if (answer) {
            g_assert_cmpstr(answer->culprit, ==, world.commits[world.farm.first_bad]);
            break;
        }
        g_assert_cmpuint(world.farm.n_builds + world.farm.n_trials, ==, step);
    }
    /* Nothing that was finished is done again. A job that is stopped after each trial starts none
     * too many, but plans anew each time, and so may come to one more. */
    g_assert_cmpuint(world.farm.n_builds, ==, n_builds);
    g_assert_cmpuint(world.farm.n_trials, <=, n_trials + 1);
    world_clear(&world);
}

/* --- Fixes ------------------------------------------------------------------------------------ */

/* Told once, also over a stop, and in each form of the report. */
static void test_fixes_are_told(void)
{
    static const char fix[] = "0123456789ab (\"net: mend it\"): it does not build";
    g_autoptr(GError) error = NULL;
    World world;

    world_init(&world);
    world.said = g_string_new(NULL);
    world.farm.first_bad = 37;
    world.farm.patch = fix;
    world.farm.patch_last = 40;
    world.farm.stop_after = 20;
    g_assert_null(world_work(&world, world.commits[0], NULL));
    world.farm.stop_after = 0;
    answer_free(world_work_once(&world, world.commits[0]));
    const char *first = strstr(world.said->str, fix);
    g_assert_nonnull(first);
    g_assert_null(strstr(first + 1, fix));
    g_autoptr(Store) store = store_open(world.state, STORE_READ, &error);
    g_autoptr(JobRow) row = store_find_job(store, "job", &error);
    g_autoptr(Report) report = report_load(store, row, &error);
    g_assert_no_error(error);
    g_auto(GStrv) with = report_patches(report, world.commits[0]),
                  without = report_patches(report, world.commits[N_COMMITS - 1]);
    g_autofree char *text = report_text(report, NULL), *log = report_log(report);
    g_assert_cmpstr(with[0], ==, fix);
    g_assert_null(without[0]);
    g_assert_nonnull(strstr(text, "Kernels were built with these fixes:\n  0123456789ab"));
    g_assert_nonnull(strstr(log, "\nwith the fix 0123456789ab"));
    world_clear(&world);
}

/* --- The log, read back by git --------------------------------------------------------------- */

static void test_log_replays(void)
{
    World world;
    g_autoptr(GError) error = NULL;

    world_init(&world);
    world.farm.first_bad = 37;
    answer_free(world_work_once(&world, NULL));
    g_autoptr(Store) store = store_open(world.state, STORE_READ, &error);
    g_autoptr(JobRow) row = store_find_job(store, "job", &error);
    g_autoptr(Report) report = report_load(store, row, &error);
    g_assert_no_error(error);
    g_autofree char *replay = report_replay(report);
    g_autofree char *path = g_build_filename(world.folder, "replay", NULL);
    g_assert_true(g_file_set_contents(path, replay, -1, NULL));
    g_free(world_git(&world, "checkout", "-q", "main"));
    g_free(world_git(&world, "bisect", "replay", path));
    g_autofree char *log = world_git(&world, "bisect", "log", NULL);
    g_autofree char *found = g_strdup_printf("# first bad commit: [%s]", world.commits[37]);
    g_assert_nonnull(strstr(log, found));
    g_autofree char *text = report_text(report, NULL);
    g_assert_nonnull(strstr(text, "First bad commit"));
    json_t *json = report_json(report);
    g_assert_nonnull(json);
    g_assert_cmpstr(json_string_value(json_object_get(json_object_get(json, "answer"), "culprit")),
                    ==, world.commits[37]);
    json_decref(json);
    world_clear(&world);
}

/* The trials of a kernel are told wherever they were done. */
static void test_newest_is_the_start(void)
{
    World world;

    world_init(&world);
    world.is_fix = TRUE;
    world.farm.same_as_parent = 2;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[2]);
    g_assert_cmpint(answer->kind, ==, ANSWER_NOT_FIXED);
    g_assert_nonnull(strstr(answer->reason, "still crashes: 10 of 10 trials"));
    world_clear(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job/culprit-by-releases", test_culprit_by_releases);
    g_test_add_func("/job/culprit-by-good", test_culprit_by_good);
    g_test_add_func("/job/unbuildable-neighbours", test_unbuildable_neighbours_make_a_set);
    g_test_add_func("/job/same-kernel", test_same_kernel_is_never_named);
    g_test_add_func("/job/start-does-not-crash", test_start_does_not_crash);
    g_test_add_func("/job/start-does-not-build", test_start_does_not_build);
    g_test_add_func("/job/good-crashes", test_good_crashes);
    g_test_add_func("/job/older", test_older_than_all_releases);
    g_test_add_func("/job/no-release", test_no_release_can_be_tested);
    g_test_add_func("/job/unbootable-release", test_unbootable_release);
    g_test_add_func("/job/unbootable-start", test_unbootable_start);
    g_test_add_func("/job/newest-is-the-start", test_newest_is_the_start);
    g_test_add_func("/job/overruled-release", test_overruled_release);
    g_test_add_func("/job/infra", test_infra_is_repeated);
    g_test_add_data_func("/job/stop-after-every-step", culprit_by_releases,
                         test_stop_after_every_step);
    g_test_add_data_func("/job/stop-after-every-step/overruled", overruled_release,
                         test_stop_after_every_step);
    g_test_add_func("/job/fixes", test_fixes_are_told);
    g_test_add_func("/job/log-replays", test_log_replays);
    return g_test_run();
}
