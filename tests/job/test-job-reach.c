/* SPDX-License-Identifier: Apache-2.0
 * Whole jobs in whose range some commits cannot show the bug. The reference takes quiet for good,
 * and is sure of commits that only begin to show it.
 */
#include <string.h>

#include "world.h"

/* A world whose bug came with @first_bad, and does not show in @hidden_first .. @hidden_last. */
static void init_hidden(World *world, guint first_bad, guint hidden_first, guint hidden_last)
{
    world_init(world);
    world->farm.first_bad = first_bad;
    world->farm.hidden_first = hidden_first;
    world->farm.hidden_last = hidden_last;
    world->farm.report = SMC_REPORT;
    world->farm.functions = SMC_FUNCTIONS;
}

static guint index_in(const World *world, const char *commit)
{
    guint i = 0;

    while (!g_str_equal(world->commits[i], commit)) {
        i++;
    }
    return i;
}

static gboolean is_candidate(const World *world, const Answer *answer, guint index)
{
    for (guint i = 0; i < answer->candidates->len; i++) {
        const Candidate *candidate = answer->candidates->pdata[i];

        if (g_str_equal(candidate->commit, world->commits[index])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Commit 41 only shows the bug. */
static void test_hidden_from_the_beginning(void)
{
    World world;

    init_hidden(&world, 10, 4, 40);
    world_misleads_reference(&world, world.commits[4], 41);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[4]);
    g_assert_cmpint(answer->kind, ==, ANSWER_REVEALER);
    g_assert_null(answer->culprit);
    g_assert_cmpstr(answer->revealer, ==, world.commits[41]);
    g_assert_cmpfloat(answer->confidence, >, 0.95);
    g_assert_true(is_candidate(&world, answer, 10));
    g_assert_cmpuint(answer->candidates->len, >, 10);
    g_assert_nonnull(strstr(answer->reason, "may be older"));
    g_assert_cmpuint(world.farm.n_builds, <=, 2 + 20);
    world_clear(&world);

    init_hidden(&world, 10, 4, 40);
    world.farm.traces_lie = TRUE;
    g_autoptr(Answer) misled = world_work_once(&world, world.commits[4]);
    g_assert_cmpint(misled->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(misled->culprit, ==, world.commits[41]);
    world_clear(&world);
}

/* Hidden in the middle, after it was seen. */
static void test_hidden_in_the_middle(void)
{
    World world;

    init_hidden(&world, 12, 20, 40);
    world_misleads_reference(&world, world.commits[4], 41);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[4]);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world.commits[12]);
    world_clear(&world);

    init_hidden(&world, 12, 20, 40);
    world.farm.traces_lie = TRUE;
    g_autoptr(Answer) misled = world_work_once(&world, world.commits[4]);
    g_assert_cmpstr(misled->culprit, ==, world.commits[41]);
    world_clear(&world);
}

/* The bug came while it could not be seen. */
static void test_brought_in_while_hidden(void)
{
    World world;

    init_hidden(&world, 25, 20, 40);
    world_misleads_reference(&world, world.commits[4], 41);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[4]);
    g_assert_cmpint(answer->kind, ==, ANSWER_REVEALER);
    g_assert_cmpstr(answer->revealer, ==, world.commits[41]);
    g_assert_true(is_candidate(&world, answer, 25));
    for (guint i = 0; i < answer->candidates->len; i++) {
        guint index = index_in(&world, ((Candidate *)answer->candidates->pdata[i])->commit);

        g_assert_cmpuint(index, >=, 20); /* 19 was reached, and quiet */
        g_assert_cmpuint(index, <=, 41);
    }
    world_clear(&world);
}

/* Where an option is off, what it guards is in no kernel: that the kernels are one excludes nobody.
 */
static void test_brought_in_while_off(void)
{
    World world;

    init_hidden(&world, 25, 20, 40);
    world.farm.hidden_is_one = TRUE;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[4]);
    g_assert_cmpint(answer->kind, ==, ANSWER_REVEALER);
    g_assert_cmpstr(answer->revealer, ==, world.commits[41]);
    g_assert_true(is_candidate(&world, answer, 25));
    g_assert_cmpuint(answer->candidates->len, >=, 20); /* of 22, which makes 95 % */
    world_clear(&world);
}

/* An errno that does not speak for itself takes two traces, so two trials of what is quiet. */
static void test_weak_error(void)
{
    World world;

    init_hidden(&world, 12, 20, 40);
    world.farm.error = "EOPNOTSUPP";
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[4]);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world.commits[12]);
    world_clear(&world);
}

/* The same where the reproducer itself says that it could not try: all skips to git. */
static void test_reproducer_says_so(void)
{
    World world;

    init_hidden(&world, 25, 20, 40);
    world.farm.repro_says_so = TRUE;
    world_misleads_reference(&world, world.commits[4], 41);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[4]);
    g_assert_cmpint(answer->kind, ==, ANSWER_REVEALER);
    g_assert_cmpstr(answer->revealer, ==, world.commits[41]);
    g_assert_true(is_candidate(&world, answer, 25));
    world_clear(&world);
}

/* Before commit 3 the code is not there: what brings it in is no mere revealer. */
static void test_code_that_is_not_there_yet(void)
{
    World world;

    init_hidden(&world, 3, 0, 2);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world.commits[3]);
    world_clear(&world);
}

/* v5.4 (40) and v5.3 (30) are quiet and no good ends; v5.2 (20) is one. */
static void test_releases(void)
{
    World world;

    init_hidden(&world, 27, 29, 45);
    world_misleads_reference(&world, NULL, 46);
    world.said = g_string_new(NULL);
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world.commits[27]);
    g_assert_nonnull(strstr(world.said->str, "unreached: socket(AF_SMC, SOCK_STREAM) fails with "
                                             "EAFNOSUPPORT here, worked at the start"));
    world_clear(&world);
}

/* Stopped after each step and taken up again, it comes to the same with as many builds. */
static void test_resumed(void)
{
    World world, whole;
    Answer *answer = NULL;

    init_hidden(&whole, 25, 20, 40);
    g_autoptr(Answer) expected = world_work_once(&whole, whole.commits[4]);
    init_hidden(&world, 25, 20, 40);
    while (!answer) {
        world.farm.stop_after = world.farm.n_builds + world.farm.n_trials + 1;
        answer = world_work(&world, world.commits[4], NULL);
    }
    g_assert_cmpint(answer->kind, ==, expected->kind);
    g_assert_cmpstr(answer->revealer, ==, expected->revealer);
    g_assert_cmpuint(world.farm.n_builds, ==, whole.farm.n_builds);
    answer_free(answer);
    world_clear(&world);
    world_clear(&whole);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job/reach/hidden-from-the-beginning", test_hidden_from_the_beginning);
    g_test_add_func("/job/reach/hidden-in-the-middle", test_hidden_in_the_middle);
    g_test_add_func("/job/reach/brought-in-while-hidden", test_brought_in_while_hidden);
    g_test_add_func("/job/reach/brought-in-while-off", test_brought_in_while_off);
    g_test_add_func("/job/reach/weak-error", test_weak_error);
    g_test_add_func("/job/reach/reproducer-says-so", test_reproducer_says_so);
    g_test_add_func("/job/reach/code-that-is-not-there-yet", test_code_that_is_not_there_yet);
    g_test_add_func("/job/reach/releases", test_releases);
    g_test_add_func("/job/reach/resumed", test_resumed);
    return g_test_run();
}
