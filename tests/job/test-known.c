/* SPDX-License-Identifier: Apache-2.0
 * Bugs that are found a second time: what another job found comes first, and costs little where it
 * is wrong; what a job began with stays; jobs that found the same bug know each other.
 */
#include <string.h>

#include "report/report.h"
#include "world.h"

#define CULPRIT 37
/* Kernels of a job that knows the culprit: start, release, culprit, parent, start without it. */
#define N_KERNELS 5

/* A job that finds the bug of commit @first_bad; how many kernels it built. */
static guint work(World *world, const char *name, guint first_bad)
{
    guint n_before = world->farm.n_builds;

    world->name = name;
    world->farm.first_bad = first_bad;
    g_autoptr(Answer) answer = world_work_once(world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world->commits[first_bad]);
    return world->farm.n_builds - n_before;
}

static Report *load(const World *world, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(world->state, STORE_READ, &error);
    g_autoptr(JobRow) row = store_find_job(store, name, &error);
    Report *report = report_load(store, row, &error);

    g_assert_no_error(error);
    return report;
}

static char *same_bug(const World *world, const char *name)
{
    g_autoptr(Report) report = load(world, name);

    return report_same_bug(report);
}

static void assert_same(const World *world, const char *name, const char *wanted)
{
    g_autofree char *same = same_bug(world, name);

    g_assert_cmpstr(same, ==, wanted);
}

static guint n_known(const World *world, const char *name)
{
    g_autoptr(Report) report = load(world, name);

    return report->known->len;
}

/* --- The search ------------------------------------------------------------------------------ */

/* The same crash at another start: the commits that matter are tried at once. */
static void test_found_again(void)
{
    World world;
    guint n_first, n_second;

    world_init(&world);
    n_first = work(&world, "first", CULPRIT);
    world.start = 58;
    world.said = g_string_new(NULL);
    n_second = work(&world, "second", CULPRIT);
    g_test_message("kernels: %u, then %u", n_first, n_second);
    g_assert_cmpuint(n_second, <=, N_KERNELS);
    g_assert_cmpuint(n_second, <, n_first);
    g_assert_nonnull(strstr(world.said->str, "it crashes as job 1 (first) did, which found "));
    g_assert_nonnull(strstr(world.said->str, "which job 1 (first) found, has 7"));
    world_clear(&world);
}

/* The culprit of the other job is not this one's, which is older or newer, near or far: the answer
 * is right, and costs the check of the wrong one. */
static void test_wrong(void)
{
    static const guint culprits[] = {2, 15, 29, 33, 36, 38, 41, 55};

    for (guint i = 0; i < G_N_ELEMENTS(culprits); i++) {
        World world;
        guint n_alone, n_misled;

        world_init(&world);
        n_alone = work(&world, "alone", culprits[i]);
        world_clear(&world);
        world_init(&world);
        work(&world, "first", CULPRIT);
        n_misled = work(&world, "second", culprits[i]);
        g_test_message("commit %u: %u kernels, misled %u", culprits[i], n_alone, n_misled);
        g_assert_cmpuint(n_known(&world, "second"), ==, 1);
        g_assert_cmpuint(n_misled, <=, n_alone + 4);
        assert_same(&world, "second", NULL);
        world_clear(&world);
    }
}

/* Three jobs that crash alike and do not agree: both commits are tried. */
static void test_several(void)
{
    World world;
    guint n;

    world_init(&world);
    work(&world, "first", CULPRIT);
    world.no_known_bugs = TRUE;
    work(&world, "second", 22);
    world.no_known_bugs = FALSE;
    n = work(&world, "third", 22);
    g_assert_cmpuint(n_known(&world, "third"), ==, 2);
    g_assert_cmpuint(n, <=, N_KERNELS + 2);
    assert_same(&world, "third", "same bug as job 2 (second)");
    assert_same(&world, "first", NULL);
    world_clear(&world);
}

/* --- Who is compared ------------------------------------------------------------------------- */

static void test_not_compared(void)
{
    World world;

    world_init(&world);
    work(&world, "first", CULPRIT);
    /* Not wanted. But that it is the same bug is told. */
    world.no_known_bugs = TRUE;
    work(&world, "unknown", CULPRIT);
    g_assert_cmpuint(n_known(&world, "unknown"), ==, 0);
    assert_same(&world, "unknown", "same bug as job 1 (first)");
    world.no_known_bugs = FALSE;
    /* Another crash. */
    world.farm.title = "possible deadlock in ext4_foo";
    work(&world, "other", CULPRIT);
    g_assert_cmpuint(n_known(&world, "other"), ==, 0);
    assert_same(&world, "other", NULL);
    /* Another one, of the same system call. */
    world.farm.title = "WARNING: refcount bug in sk_psock_put";
    world.farm.functions = SMC_FUNCTIONS;
    work(&world, "neighbour", 22);
    g_assert_cmpuint(n_known(&world, "neighbour"), ==, 0);
    world.farm.title = "WARNING: refcount bug in sk_psock_get";
    /* A culprit that comes after the start. */
    world.start = 30;
    work(&world, "before", 12);
    g_assert_cmpuint(n_known(&world, "before"), ==, 0);
    /* By a regular expression. */
    world.start = 0;
    world.title_match = "refcount";
    work(&world, "matched", CULPRIT);
    g_assert_cmpuint(n_known(&world, "matched"), ==, 0);
    assert_same(&world, "matched", NULL);
    world_clear(&world);
}

/* Finds the commit that mended it, @last_bad + 1; how many kernels were built. */
static guint work_on_fix(World *world, const char *name)
{
    guint n_before = world->farm.n_builds;

    world->name = name;
    g_autoptr(Answer) answer = world_work_once(world, world->commits[N_COMMITS - 1]);
    g_assert_cmpstr(answer->culprit, ==, world->commits[world->farm.last_bad + 1]);
    return world->farm.n_builds - n_before;
}

/* A fix is compared with fixes. */
static void test_fix(void)
{
    World world;
    guint n_first, n_second;

    world_init(&world);
    work(&world, "cause", CULPRIT);
    world.is_fix = TRUE;
    world.farm.first_bad = 0;
    world.farm.last_bad = 40;
    n_first = work_on_fix(&world, "fix");
    g_assert_cmpuint(n_known(&world, "fix"), ==, 0);
    world.start = 3;
    n_second = work_on_fix(&world, "again");
    g_test_message("kernels: %u, then %u", n_first, n_second);
    g_assert_cmpuint(n_known(&world, "again"), ==, 1);
    g_assert_cmpuint(n_second, <=, N_KERNELS);
    g_assert_cmpuint(n_second, <, n_first);
    assert_same(&world, "again", "same bug as job 2 (fix)");
    world_clear(&world);
}

/* --- Evidence -------------------------------------------------------------------------------- */

/* A world in which job "first" found another commit, and what a job for commit 33 takes there:
 * builds and trials. With @stop, it is stopped after so many, and another job, which crashes alike,
 * finds a third commit before it goes on. */
static guint work_stopped(guint stop)
{
    World world;
    guint n_works, n_begun;

    world_init(&world);
    work(&world, "first", CULPRIT);
    world.name = "stopped";
    world.farm.first_bad = 33;
    world.farm.n_builds = world.farm.n_trials = 0;
    world.farm.stop_after = stop;
    g_autoptr(Answer) answer = world_work(&world, NULL, NULL);
    n_works = world.farm.n_builds + world.farm.n_trials;
    if (stop) {
        g_assert_null(answer);
        n_begun = n_known(&world, "stopped");
        world.farm.stop_after = 0;
        work(&world, "between", 20);
        world.farm.n_builds = world.farm.n_trials = 0;
        work(&world, "stopped", 33);
        g_assert_cmpuint(n_known(&world, "stopped"), ==, n_begun);
        n_works += world.farm.n_builds + world.farm.n_trials;
    }
    world_clear(&world);
    return n_works;
}

/* What another job finds while one is stopped changes nothing for that: it decides by what it knew.
 * The start takes a build and ten trials; from then on it is stopped at each step. */
static void test_resumed(void)
{
    guint n_whole = work_stopped(0);

    for (guint stop = 12; stop < n_whole; stop += 11) {
        guint n_works = work_stopped(stop);

        g_assert_cmpuint(n_works, ==, n_whole);
    }
}

/* An answer that was taken back is none. */
static void test_taken_back(void)
{
    World world;

    world_init(&world);
    work(&world, "first", CULPRIT);
    work(&world, "second", CULPRIT);
    assert_same(&world, "first", "same bug as job 2 (second)");
    {
        g_autoptr(Store) store = store_open(world.state, STORE_WRITE, NULL);
        g_autoptr(JobRow) row = store_find_job(store, "second", NULL);

        g_assert_true(store_reopen_job(store, row->id, row->spec, NULL));
    }
    assert_same(&world, "first", NULL);
    assert_same(&world, "second", NULL);
    work(&world, "third", CULPRIT);
    assert_same(&world, "third", "same bug as job 1 (first)");
    work(&world, "second", CULPRIT);
    assert_same(&world, "third", "same bug as job 1 (first) and 1 more");
    world_clear(&world);
}

/* --- Told ------------------------------------------------------------------------------------ */

static void test_told(void)
{
    World world;

    world_init(&world);
    work(&world, "first", CULPRIT);
    work(&world, "second", CULPRIT);
    work(&world, "alike", 44);
    g_autoptr(Report) second = load(&world, "second"), alike = load(&world, "alike");
    g_autofree char *text = report_text(second, NULL), *other = report_text(alike, NULL);
    json_t *json = report_json(second);
    json_t *same = json_object_get(json, "same_bug"), *known = json_object_get(json, "known_bugs");

    g_assert_nonnull(strstr(text, "\nSame bug as job 1 (first).\n"));
    g_assert_nonnull(strstr(text, "It began with what is known: job 1 (first), "));
    g_assert_null(strstr(other, "Same bug"));
    g_assert_nonnull(strstr(other, "which is not"));
    g_assert_cmpuint(json_array_size(same), ==, 1);
    g_assert_cmpint(json_integer_value(json_object_get(json_array_get(same, 0), "id")), ==, 1);
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(known, 0), "culprit")), ==,
                    world.commits[CULPRIT]);
    json_decref(json);
    world_clear(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/known/found-again", test_found_again);
    g_test_add_func("/known/wrong", test_wrong);
    g_test_add_func("/known/several", test_several);
    g_test_add_func("/known/not-compared", test_not_compared);
    g_test_add_func("/known/fix", test_fix);
    g_test_add_func("/known/resumed", test_resumed);
    g_test_add_func("/known/taken-back", test_taken_back);
    g_test_add_func("/known/told", test_told);
    return g_test_run();
}
