/* SPDX-License-Identifier: Apache-2.0
 * A job begun anew with other options: what holds of its evidence, by option and by content of
 * files, and whole jobs that go on from there.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "world.h"

#define CULPRIT 37
#define GOOD    11

/* --- By option (pure) ------------------------------------------------------------------------ */

#define TRIALS  (LOST_TRIALS | LOST_FINDINGS)
#define KERNELS (LOST_KERNELS | LOST_FAILURES | LOST_TRIALS | LOST_FINDINGS)

static void test_losses(void)
{
    static const struct {
        const char *key, *value;
        guint lost;
    } cases[] = {
        {"confidence", "0.99", 0},
        {"max-trials", "80", 0},
        {"max-kernels", "3", 0},
        {"max-time", "2d", 0},
        {"suspect", "net/smc", 0},
        {"suspect-author", "torvalds", 0},
        {"prior", "/w", 0},
        {"good", "v5.4", 0},
        {"oldest", "v5.4", 0},
        {"releases", "final", 0},
        {"no-revert-test", "true", 0},
        {"no-snapshots", "true", 0},
        {"no-known-bugs", "true", 0},
        {"culprit", "abc", 0},
        {"paranoid", "true", 0},
        {"slots", "2", 0},
        {"guests", "3", 0},
        {"jobs", "3", 0},
        {"name", "other", 0},
        {"title", "BUG: x", LOST_FINDINGS},
        {"title-match", "x", LOST_FINDINGS},
        {"bug", "hang", LOST_FINDINGS},
        {"watch-option", "CONFIG_X", LOST_FINDINGS},
        {"build-timeout", "9999", LOST_FAILURES},
        {"build-memory", "9999", LOST_FAILURES},
        {"repro", "/r", TRIALS},
        {"repro-opts", "/o", TRIALS},
        {"syz-execprog", "/e", TRIALS},
        {"syz-executor", "/e", TRIALS},
        {"syzkaller", "/s", TRIALS},
        {"syzkaller-commit", "abc", TRIALS},
        {"rootfs", "/r", TRIALS},
        {"file", "/f", TRIALS},
        {"module", "/m", TRIALS},
        {"sysctl", "/s", TRIALS},
        {"cmdline", "quiet", TRIALS},
        {"qemu", "qemu-9", TRIALS},
        {"qemu-arg", "-s", TRIALS},
        {"accel", "tcg", TRIALS},
        {"memory", "2048", TRIALS},
        {"cpus", "2", TRIALS},
        {"boot-timeout", "9", TRIALS},
        {"trial-timeout", "9", TRIALS},
        {"repeats", "5", TRIALS},
        {"panic-on-warn", "true", TRIALS},
        {"test", "true", TRIALS},
        {"config", "/c", KERNELS},
        {"compiler", "gcc-11", KERNELS},
        {"debug-info", "true", KERNELS},
        {"toolchains", "/t", KERNELS},
        {"options", "/o", KERNELS},
        {"backports", "/b", KERNELS},
        {"minimise", "true", KERNELS},
        {"baseline", "/b", KERNELS},
        {"build", "make", KERNELS},
        {"no-checkout", "true", KERNELS},
        {"start", "abc", KERNELS},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(JobSpec) before = job_spec_new("cause"), now = job_spec_new("cause");
        g_autoptr(GPtrArray) changed = g_ptr_array_new();
        guint lost;

        g_assert_true(job_spec_set(now, cases[i].key, cases[i].value, "/", NULL));
        lost = job_spec_lost(before, now, NULL, NULL, changed);
        if (lost != cases[i].lost) {
            g_test_fail_printf("--%s: %u instead of %u", cases[i].key, lost, cases[i].lost);
        }
        g_assert_cmpuint(changed->len, ==, lost != 0);
        g_assert_cmpuint(job_spec_lost(now, now, NULL, NULL, NULL), ==, 0);
    }
}

static gboolean is_other_config(const char *key, const char *before, const char *now, gpointer data)
{
    g_assert_cmpstr(before, ==, "/a");
    return !g_str_equal(key, "config");
}

/* Of files the content counts, and losses add up. */
static void test_content(void)
{
    g_autoptr(JobSpec) before = job_spec_new("cause"), now = job_spec_new("cause");
    g_autoptr(GPtrArray) changed = g_ptr_array_new();

    job_spec_set(before, "repro", "/a", "/", NULL);
    job_spec_set(now, "repro", "/b", "/", NULL);
    g_assert_cmpuint(job_spec_lost(before, now, is_other_config, NULL, NULL), ==, 0);
    job_spec_set(before, "config", "/a", "/", NULL);
    job_spec_set(now, "config", "/a", "/", NULL);
    job_spec_set(now, "title", "x", "/", NULL);
    g_assert_cmpuint(job_spec_lost(before, now, is_other_config, NULL, changed), ==, KERNELS);
    g_assert_cmpuint(changed->len, ==, 2);
    g_assert_cmpstr(changed->pdata[0], ==, "config");
    g_assert_cmpstr(changed->pdata[1], ==, "title");
}

/* --- Whole jobs ------------------------------------------------------------------------------ */

/* A world whose job has found its culprit. */
static void init_done(World *world)
{
    world_init(world);
    world->farm.first_bad = CULPRIT;
    g_autoptr(Answer) answer = world_work_once(world, world->commits[GOOD]);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    world->farm.n_builds = world->farm.n_trials = 0;
}

/* Restart the job with @key set to @value: *ret_id is the new one. FALSE: it could not be added. */
static gboolean restart(World *world, const char *key, const char *value, char **ret_note,
                        gint64 *ret_id)
{
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(world->state, STORE_WRITE, &error);
    g_autoptr(JobRow) row = store_find_job(store, "job", &error);
    g_autoptr(JobSpec) spec = job_spec_again(store, row, notes, &error);
    g_autofree char *name = store_free_name(store, "job", &error), *text = NULL;
    StoreKeep keep;

    g_assert_no_error(error);
    g_assert_null(spec->name);
    job_spec_set(spec, key, value, "/", &error);
    job_restart(store, row, spec, &keep, notes, &error);
    g_assert_no_error(error);
    text = job_spec_write(spec);
    *ret_note = g_strdup(notes->pdata[notes->len - 1]);
    g_test_message("%s", *ret_note);
    return store_add_job_from(store, name, "cause", text, 0, &keep, ret_id, NULL);
}

static Answer *work_on(World *world, gint64 id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(world->state, STORE_WRITE, &error);
    g_autoptr(Repo) repo = repo_open(world->tree, &error);
    g_autoptr(JobRow) row = store_read_job(store, id, &error);
    g_autoptr(JobSpec) spec = job_spec_new("cause");
    g_autoptr(Job) job = NULL;
    Answer *answer = NULL;

    job_spec_read(spec, row->spec, "/", &error);
    job = job_new(id, spec, repo, store, &world->farm.base, &error);
    g_assert_no_error(error);
    job_carry_out(job, NULL, NULL, NULL, &answer, &error);
    g_assert_no_error(error);
    return answer;
}

static void assert_restarted(World *world, const char *key, const char *value, const char *said,
                             guint n_builds_max, guint n_trials_max)
{
    g_autofree char *note = NULL;
    gboolean added;
    gint64 id;

    world->farm.n_builds = world->farm.n_trials = 0;
    added = restart(world, key, value, &note, &id);
    g_assert_true(added);
    g_assert_nonnull(strstr(note, said));
    g_autoptr(Answer) answer = work_on(world, id);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world->commits[CULPRIT]);
    g_assert_cmpuint(world->farm.n_builds, <=, n_builds_max);
    g_assert_cmpuint(world->farm.n_trials, <=, n_trials_max);
}

static void test_all_holds(void)
{
    World world;

    init_done(&world);
    assert_restarted(&world, "max-trials", "60", " trials of job", 0, 0);
    /* A good end that is nearer: the same trials, another range. */
    assert_restarted(&world, "good", world.commits[20], " trials of job", 1, 10);
    world_clear(&world);
}

static void test_trials_are_lost(void)
{
    World world;

    init_done(&world);
    assert_restarted(&world, "memory", "1024",
                     " of job; its trials do not hold, since --memory changed", 0, 1000);
    g_assert_cmpuint(world.farm.n_trials, >, 10);
    world_clear(&world);
}

static void test_kernels_are_lost(void)
{
    World world;

    init_done(&world);
    assert_restarted(&world, "compiler", "gcc-11",
                     "keeps nothing of job; its kernels and trials do not hold, "
                     "since --compiler changed",
                     1000, 1000);
    g_assert_cmpuint(world.farm.n_builds, >, 3);
    world_clear(&world);
}

/* What a person said holds under all options, and is shown. */
static void test_word_holds(void)
{
    World world;
    g_autofree char *note = NULL;
    gboolean added;
    gint64 id;

    init_done(&world);
    {
        g_autoptr(Store) store = store_open(world.state, STORE_WRITE, NULL);
        g_autoptr(JobRow) row = store_find_job(store, "job", NULL);
        g_autoptr(Repo) repo = repo_open(world.tree, NULL);

        g_assert_true(job_say_verdict(store, row, repo, world.commits[CULPRIT], VERDICT_GOOD,
                                      "it is not", NULL));
    }
    added = restart(&world, "compiler", "gcc-11", &note, &id);
    g_assert_true(added);
    g_assert_nonnull(strstr(note, "keeps 1 verdict by hand of job; "));
    g_autoptr(Answer) answer = work_on(&world, id);
    g_assert_cmpstr(answer->culprit, !=, world.commits[CULPRIT]);
    g_autoptr(Store) store = store_open(world.state, STORE_READ, NULL);
    g_autoptr(GPtrArray) decisions = store_decisions(store, id, NULL);
    g_assert_cmpstr(((const DecisionRow *)decisions->pdata[0])->commit, ==, world.commits[CULPRIT]);
    world_clear(&world);
}

/* What cannot be taken over whole is not begun: no row and no number is used. */
static void test_all_or_nothing(void)
{
    World world;
    g_autofree char *note = NULL, *again = NULL, *configs = NULL, *file = NULL, *obstacle = NULL;
    gboolean added;
    gint64 id;

    init_done(&world);
    configs = g_build_filename(world.state, "jobs", "1", "configs", NULL);
    file = g_build_filename(configs, "0123", NULL);
    obstacle = g_build_filename(world.state, "jobs", "2", NULL);
    g_mkdir_with_parents(configs, 0700);
    g_assert_true(g_file_set_contents(file, "CONFIG_X=y\n", -1, NULL));
    g_assert_true(g_file_set_contents(obstacle, "", 0, NULL));
    added = restart(&world, "max-trials", "60", &note, &id);
    g_assert_false(added);
    {
        g_autoptr(Store) store = store_open(world.state, STORE_READ, NULL);
        g_autoptr(GPtrArray) all = store_list_jobs(store, NULL);
        g_autoptr(GPtrArray) trials = store_trials(store, 2, NULL);

        g_assert_cmpuint(all->len, ==, 1);
        g_assert_cmpuint(trials->len, ==, 0);
    }
    g_unlink(obstacle);
    added = restart(&world, "max-trials", "60", &again, &id);
    g_assert_true(added);
    g_assert_cmpint(id, ==, 2);
    world_clear(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/restart/losses", test_losses);
    g_test_add_func("/restart/content", test_content);
    g_test_add_func("/restart/all-holds", test_all_holds);
    g_test_add_func("/restart/trials-are-lost", test_trials_are_lost);
    g_test_add_func("/restart/kernels-are-lost", test_kernels_are_lost);
    g_test_add_func("/restart/word-holds", test_word_holds);
    g_test_add_func("/restart/all-or-nothing", test_all_or_nothing);
    return g_test_run();
}
