/* SPDX-License-Identifier: Apache-2.0
 * Tries of one revision in a simulated world: alone, and like a job whose start has crashed.
 */
#include <string.h>

#include "world.h"

/* A job at the newest commit, which has tried its start and then been stopped. */
static void init_job(World *world, guint first_bad)
{
    world_init(world);
    world->farm.first_bad = first_bad;
    world->farm.report = SMC_REPORT;
    world->farm.functions = SMC_FUNCTIONS;
}

static void begin(World *world)
{
    world->farm.stop_after = 11;
    g_assert_null(world_work(world, NULL, NULL));
    world->farm.stop_after = 0;
    world->farm.n_builds = world->farm.n_trials = 0;
}

/* Try @commit like that job (or alone), with @key set to @value (or NULL). */
static Answer *try_it(World *world, guint commit, gboolean alone, const char *key,
                      const char *value)
{
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(world->state, STORE_WRITE, &error);
    g_autoptr(Repo) repo = repo_open(world->tree, &error);
    g_autoptr(JobRow) row = alone ? NULL : store_find_job(store, "job", &error);
    g_autoptr(JobSpec) spec = alone ? job_spec_new("try") : job_spec_again(store, row, notes, NULL);
    g_autofree char *name = store_free_name(store, "try", &error), *text = NULL;
    g_autoptr(Job) job = NULL;
    StoreKeep keep = {0};
    Answer *answer = NULL;
    gint64 id;

    job_spec_try(spec, world->commits[commit]);
    if (key) {
        job_spec_set(spec, key, value, "/", &error);
    }
    if (alone) {
        spec->start = g_strdup(spec->tried);
    } else {
        job_try_like(store, row, spec, &keep, notes, &error);
    }
    g_assert_no_error(error);
    text = job_spec_write(spec);
    g_assert_true(keep.job ? store_add_job_from(store, name, "try", text, 0, &keep, &id, &error)
                           : store_add_job(store, name, "try", text, 0, &id, &error));
    job = job_new(id, spec, repo, store, &world->farm.base, &error);
    g_assert_no_error(error);
    job_carry_out(job, NULL, NULL, NULL, &answer, &error);
    g_assert_no_error(error);
    g_assert_cmpint(answer->kind, ==, ANSWER_TRIED);
    g_assert_cmpstr(answer->subject, ==, world->commits[commit]);
    return answer;
}

static void assert_tried(World *world, guint commit, Tried tried, const char *reason)
{
    g_autoptr(Answer) answer = try_it(world, commit, FALSE, NULL, NULL);

    g_test_message("%s: %s", tried_name(answer->tried), answer->reason);
    g_assert_cmpstr(tried_name(answer->tried), ==, tried_name(tried));
    if (!strstr(answer->reason, reason)) {
        g_test_fail_printf("'%s' is not in '%s'", reason, answer->reason);
    }
}

static gboolean has_check(const Answer *answer, const char *text)
{
    for (guint i = 0; i < answer->checks->len; i++) {
        if (strstr(answer->checks->pdata[i], text)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void test_bad_and_good(void)
{
    World world;

    init_job(&world, 30);
    begin(&world);
    assert_tried(&world, 40, TRIED_BAD, "crashed in 2 of 2 trials with 'WARNING: refcount bug");
    g_assert_cmpuint(world.farm.n_builds, ==, 1); /* never the start */
    g_assert_cmpuint(world.farm.n_trials, ==, 2);
    assert_tried(&world, 29, TRIED_GOOD,
                 "quiet in 3 of 3 trials; the calls of the reproducer are as at the start");
    g_autoptr(Answer) answer = try_it(&world, 10, FALSE, NULL, NULL);
    g_assert_true(has_check(answer, "the start crashed in 10 of 10"));
    g_assert_cmpfloat(answer->confidence, >, 0.99);
    json_t *json = answer_to_json(answer);
    g_autofree char *text = json_dumps(json, 0);
    g_autoptr(Answer) known = answer_from_json(text, NULL);
    g_assert_cmpint(known->tried, ==, TRIED_GOOD);
    json_object_set_new(json, "tried", json_string("perhaps"));
    g_autofree char *damaged = json_dumps(json, 0);
    g_assert_null(answer_from_json(damaged, NULL));
    json_decref(json);
    world_clear(&world);
}

/* What a rule of "no crash is good, any crash is bad" gets wrong. */
static void test_skipped(void)
{
    const guint unbuildable[] = {25, G_MAXUINT};
    World world;

    init_job(&world, 30);
    world.farm.hidden_first = 35;
    world.farm.hidden_last = 40;
    world.farm.unbuildable = unbuildable;
    world.farm.unbootable = 26;
    world.farm.other_crash_at = 27;
    begin(&world);
    assert_tried(&world, 38, TRIED_UNREACHED,
                 "socket(AF_SMC, SOCK_STREAM) fails with EAFNOSUPPORT here");
    assert_tried(&world, 25, TRIED_NO_BUILD, "does not build: net/smc.c:1:2: error: no");
    assert_tried(&world, 26, TRIED_NO_BOOT, "does not boot: no output from test machine");
    assert_tried(&world, 27, TRIED_DOUBTFUL, "that may be of the bug or of another: 'KASAN: ");
    world.farm.functions = "ext4_foo ext4_bar ext4_baz"; /* so far they were those of the bug */
    assert_tried(&world, 27, TRIED_OTHER_CRASH, "trials: 'KASAN: use-after-free Read in ext4_foo'");
    g_assert_cmpint(tried_verdict(TRIED_UNREACHED), ==, VERDICT_SKIP);
    world.farm.repro_says_so = TRUE;
    assert_tried(&world, 37, TRIED_UNREACHED, "");
    world_clear(&world);
}

/* A kernel that is the start's to the byte need not be tried; under other options it has to be. */
static void test_same_kernel(void)
{
    World world;

    init_job(&world, 30);
    world.farm.same_as_parent = N_COMMITS - 1;
    begin(&world);
    assert_tried(&world, N_COMMITS - 2, TRIED_BAD, "crashed in 10 of 10 trials");
    g_assert_cmpuint(world.farm.n_trials, ==, 0);
    g_autoptr(Answer) answer = try_it(&world, N_COMMITS - 2, FALSE, "memory", "1024");
    g_assert_cmpint(answer->tried, ==, TRIED_BAD);
    g_assert_cmpuint(world.farm.n_trials, ==, 2);
    world_clear(&world);
}

/* The start itself is tried anew, for the same crash. */
static void test_start(void)
{
    World world;

    init_job(&world, 30);
    begin(&world);
    assert_tried(&world, N_COMMITS - 1, TRIED_BAD, "crashed in 10 of 10 trials");
    g_assert_cmpuint(world.farm.n_trials, ==, 10);
    world.farm.title = "KASAN: use-after-free Read in ext4_foo";
    /* Of the bug only the title is known then. */
    assert_tried(&world, N_COMMITS - 1, TRIED_DOUBTFUL, "in 40 of 40 trials");
    world_clear(&world);
}

/* A start that has shown nothing is no measure. */
static void test_silent_start(void)
{
    World world;

    init_job(&world, G_MAXUINT - 1);
    begin(&world);
    assert_tried(&world, 20, TRIED_GOOD, "quiet in 40 of 40 trials");
    world_clear(&world);
}

static void test_alone(void)
{
    World world;

    init_job(&world, 30);
    g_autoptr(Answer) bad = try_it(&world, 40, TRUE, NULL, NULL);
    g_assert_cmpint(bad->tried, ==, TRIED_BAD);
    g_assert_true(has_check(bad, "if that is the crash looked for"));
    g_autoptr(Answer) good = try_it(&world, 20, TRUE, "max-trials", "20");
    g_assert_cmpint(good->tried, ==, TRIED_GOOD);
    g_assert_true(has_check(good, "one of 10 trials would be missed with a chance of 12 %"));
    world.farm.functions = "ext4_foo ext4_bar ext4_baz";
    g_autoptr(Answer) other = try_it(&world, 40, TRUE, "title", "BUG: something else in g");
    g_assert_cmpint(other->tried, ==, TRIED_OTHER_CRASH);
    world.farm.unbootable = 41;
    g_autoptr(Answer) broken = try_it(&world, 41, TRUE, NULL, NULL);
    g_assert_cmpint(broken->tried, ==, TRIED_NO_BOOT);
    world_clear(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tried/bad-and-good", test_bad_and_good);
    g_test_add_func("/tried/skipped", test_skipped);
    g_test_add_func("/tried/same-kernel", test_same_kernel);
    g_test_add_func("/tried/start", test_start);
    g_test_add_func("/tried/silent-start", test_silent_start);
    g_test_add_func("/tried/alone", test_alone);
    return g_test_run();
}
