/* SPDX-License-Identifier: Apache-2.0
 * Bugs that are no crash of the reproducer's, titles that a person describes, and a person's word.
 *
 * The reference has one rule for all of them: what does not build or boot is skipped, and what
 * crashes is bad. So of a boot failure or a build failure it says that the crash was not
 * reproduced, and a hang beside crashes is lost among them. Each test finds that out first.
 */
#include <string.h>

#include "world.h"

#define CULPRIT 37

static void assert_found(World *world, const char *check)
{
    g_autoptr(Answer) answer = world_work_once(world, NULL);
    gboolean found = FALSE;

    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world->commits[CULPRIT]);
    for (guint i = 0; i < answer->checks->len; i++) {
        found = found || strstr(answer->checks->pdata[i], check);
    }
    g_assert_true(found);
}

static void assert_reference(const World *world, ReferenceKind kind)
{
    g_autoptr(ReferenceAnswer) answer = world_reference(world, NULL);

    g_assert_cmpint(answer->kind, ==, kind);
}

static void test_boot(void)
{
    World world;

    world_init(&world);
    world.bug = "boot";
    world.farm.first_bad = CULPRIT;
    world.farm.bad_outcome = OUTCOME_BOOT_FAILED;
    world.farm.title = "kernel panic: VFS: Unable to mount root fs";
    /* The reproducer's crashes are none of a boot bug. */
    world.farm.passing_title = "WARNING in f";
    world.farm.passing_last = CULPRIT - 1;
    assert_reference(&world, REFERENCE_NOT_REPRODUCED);
    assert_found(&world, "shows the bug");
    world_clear(&world);
}

static void test_basic(void)
{
    World world;

    world_init(&world);
    world.bug = "basic";
    world.farm.first_bad = CULPRIT;
    world.farm.bad_outcome = OUTCOME_BASIC_FAILED;
    world.farm.title = "a trivial program does not run";
    world.farm.unbootable = 20; /* a release */
    assert_reference(&world, REFERENCE_NOT_REPRODUCED);
    assert_found(&world, "shows the bug");
    world_clear(&world);
}

static void test_hang(void)
{
    World world;

    world_init(&world);
    world.bug = "hang";
    world.farm.first_bad = CULPRIT;
    world.farm.title = "INFO: task hung in f";
    world.farm.passing_title = "WARNING in f";
    world.farm.passing_last = CULPRIT - 1;
    assert_reference(&world, REFERENCE_OLDER); /* "already on the oldest release" */
    assert_found(&world, "shows the bug");
    world_clear(&world);
}

/* It crashes under many names, and older kernels under another one. */
static void test_title_match(void)
{
    World world;

    world_init(&world);
    world.title_match = "^KASAN: .* in f[0-9]_$";
    world.farm.first_bad = CULPRIT;
    world.farm.n_titles = 9;
    world.farm.passing_title = "KASAN: use-after-free Read in g";
    world.farm.passing_first = 15;
    world.farm.passing_last = CULPRIT - 1;
    world_misleads_reference(&world, NULL, 15);
    assert_found(&world, "shows the bug");
    world_clear(&world);
}

static void test_build(void)
{
    guint unbuildable[N_COMMITS - CULPRIT + 1];
    World world;

    for (guint i = 0; i < N_COMMITS - CULPRIT; i++) {
        unbuildable[i] = CULPRIT + i;
    }
    unbuildable[N_COMMITS - CULPRIT] = G_MAXUINT;
    world_init(&world);
    world.bug = "build";
    world.farm.unbuildable = unbuildable;
    assert_reference(&world, REFERENCE_NOT_REPRODUCED);
    assert_found(&world, "it does not build");
    g_assert_cmpuint(world.farm.n_trials, ==, 0);
    g_assert_cmpuint(world.farm.n_builds, <=, 12);
    world_clear(&world);
}

static void test_build_that_works(void)
{
    World world;

    world_init(&world);
    world.bug = "build";
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_NOT_REPRODUCED);
    g_assert_cmpuint(world.farm.n_builds, ==, 1);
    world_clear(&world);
}

/* --- A person's word ------------------------------------------------------------------------- */

static void say(const World *world, guint commit, Verdict verdict)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(world->state, STORE_WRITE, &error);
    g_autoptr(JobRow) row = store ? store_read_job(store, 1, &error) : NULL;
    g_autoptr(Repo) repo = row ? repo_open(world->tree, &error) : NULL;

    g_assert_no_error(error);
    job_say_verdict(store, row, repo, world->commits[commit], verdict, "I know it", &error);
    g_assert_no_error(error);
}

/* The word on @commit, or NULL. */
static char *said_of(const World *world, guint commit)
{
    g_autoptr(Store) store = store_open(world->state, STORE_READ, NULL);
    g_autoptr(GPtrArray) facts = store_facts(store, 1, NULL);

    for (guint i = 0; i < facts->len; i++) {
        const FactRow *fact = facts->pdata[i];

        if (g_str_equal(fact->kind, FACT_VERDICT) &&
            g_str_equal(fact->commit, world->commits[commit])) {
            return g_strdup(fact->text);
        }
    }
    return NULL;
}

static void say_many(const World *world, const char *const *commits, const Verdict *verdicts)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(world->state, STORE_WRITE, &error);
    g_autoptr(JobRow) row = store_read_job(store, 1, &error);
    g_autoptr(Repo) repo = repo_open(world->tree, &error);

    job_say_verdicts(store, row, repo, commits, verdicts, "a log", &error);
    g_assert_no_error(error);
}

/* Many words at once, in place of those of the same note: another's stay. */
static void test_many_words(void)
{
    World world;

    world_init(&world);
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    const char *const first[] = {world.commits[3], world.commits[5], NULL};
    const Verdict verdicts[] = {VERDICT_BAD, VERDICT_GOOD};
    say(&world, 7, VERDICT_SKIP);
    say_many(&world, first, verdicts);
    g_autofree char *bad = said_of(&world, 3), *good = said_of(&world, 5);
    g_assert_cmpstr(bad, ==, "bad");
    g_assert_cmpstr(good, ==, "good");
    say_many(&world, first + 1, verdicts);
    g_autofree char *gone = said_of(&world, 3), *other = said_of(&world, 5),
                    *own = said_of(&world, 7);
    g_assert_null(gone);
    g_assert_cmpstr(other, ==, "bad");
    g_assert_cmpstr(own, ==, "skip");
    world_clear(&world);
}

/* Another bug of the same name makes all from 20 on crash: only a person knows. */
static void test_person(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 20;
    g_autoptr(Answer) misled = world_work_once(&world, NULL);
    g_assert_cmpstr(misled->culprit, ==, world.commits[20]);
    for (guint i = 20; i < CULPRIT; i += 4) {
        say(&world, i, VERDICT_GOOD);
    }
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpstr(answer->culprit, ==, world.commits[CULPRIT]);
    /* Taken back, what was measured holds again. */
    for (guint i = 20; i < CULPRIT; i += 4) {
        say(&world, i, VERDICT_UNKNOWN);
    }
    g_autoptr(Answer) again = world_work_once(&world, NULL);
    g_assert_cmpstr(again->culprit, ==, world.commits[20]);
    world_clear(&world);
}

/* What a person has judged is neither built nor tried; what is to be skipped cannot be the check of
 * an answer. */
static void test_person_spares_work(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = CULPRIT;
    world.farm.stop_after = 1;
    g_assert_null(world_work(&world, NULL, NULL));
    world.farm.stop_after = 0;
    say(&world, 50, VERDICT_BAD);
    say(&world, 40, VERDICT_BAD);
    say(&world, 30, VERDICT_GOOD);
    say(&world, CULPRIT - 1, VERDICT_SKIP);
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_SET);
    g_assert_cmpuint(answer->candidates->len, ==, 2);
    g_assert_cmpuint(world.farm.n_builds, <=, 8);
    world_clear(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add_func("/job/kinds/" name, function)
    ADD("boot", test_boot);
    ADD("basic", test_basic);
    ADD("hang", test_hang);
    ADD("title-match", test_title_match);
    ADD("build", test_build);
    ADD("build-that-works", test_build_that_works);
    ADD("person", test_person);
    ADD("many-words", test_many_words);
    ADD("person-spares-work", test_person_spares_work);
#undef ADD
    return g_test_run();
}
