/* SPDX-License-Identifier: Apache-2.0
 * Whole jobs whose ends mislead: a release that is quiet with the bug, old releases with another
 * bug, a HEAD with one. The reference makes its first mistake there more often than anywhere else.
 * Each test has its answer first, then ours. docs/SITUATIONS.md lists all such tests.
 */
#include <string.h>

#include "world.h"

/* The last commit is the good end of a fix; a cause goes by its releases. */
static const char *good_of(const World *world)
{
    return world->is_fix ? world->commits[N_COMMITS - 1] : NULL;
}

static void assert_reference(const World *world, ReferenceKind kind, guint index)
{
    g_autoptr(ReferenceAnswer) answer = world_reference(world, good_of(world));

    g_assert_cmpint(answer->kind, ==, kind);
    g_assert_cmpstr(answer->commit, ==, index < N_COMMITS ? world->commits[index] : NULL);
}

static void assert_culprit(World *world, guint index)
{
    g_autoptr(Answer) answer = world_work_once(world, good_of(world));

    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world->commits[index]);
}

/* --- A cause: the releases ------------------------------------------------------------------- */

/* v5.4 has the bug and is quiet, by what nobody can find out. The walk ends there, and looks for
 * the culprit behind it. We go over all releases that are near in one step, to v5.0. */
static void test_quiet_release(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 15;
    world.farm.hidden_first = world.farm.hidden_last = 40;
    world.farm.traces_lie = TRUE;
    world_misleads_reference(&world, NULL, 41);
    assert_culprit(&world, 15);
    world_clear(&world);
}

/* All that is older than the bug crashes by another one. */
static void test_other_bug_in_releases(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.passing_title = "KASAN: use-after-free Read in ext4_foo";
    world.farm.passing_last = 36;
    assert_reference(&world, REFERENCE_OLDER, 0);
    assert_culprit(&world, 37);
    world_clear(&world);
}

/* v5.1 and v5.0 do not build. That v5.2 has the bug already is an answer, with its evidence. */
static void test_oldest_releases_do_not_build(void)
{
    static const guint unbuildable[] = {0, 10, G_MAXUINT};
    World world;

    world_init(&world);
    world.farm.first_bad = 15;
    world.farm.unbuildable = unbuildable;
    assert_reference(&world, REFERENCE_ERROR, N_COMMITS);
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_OLDER);
    g_assert_cmpstr(answer->subject, ==, world.commits[20]);
    g_assert_nonnull(strstr(answer->reason, "v5.1, v5.0 cannot be tested"));
    world_clear(&world);
}

/* --- A fix: HEAD, and the way to it ---------------------------------------------------------- */

static void init_fix(World *world, guint passing_first, guint passing_last)
{
    world_init(world);
    world->is_fix = TRUE;
    world->farm.last_bad = 36;
    world->farm.passing_title = "KASAN: use-after-free Read in ext4_foo";
    world->farm.passing_first = passing_first;
    world->farm.passing_last = passing_last;
}

/* 37 mended it, but HEAD crashes by another bug. */
static void test_fix_head_crashes_otherwise(void)
{
    World world;

    init_fix(&world, 50, N_COMMITS);
    assert_reference(&world, REFERENCE_NOT_FIXED, N_COMMITS - 1);
    assert_culprit(&world, 37);
    world_clear(&world);
}

/* The other bug came and went before HEAD. */
static void test_fix_other_bug_on_the_way(void)
{
    World world;

    init_fix(&world, 20, 47);
    world_misleads_reference(&world, good_of(&world), 48);
    assert_culprit(&world, 37);
    world_clear(&world);
}

/* --- An answer that cannot be ---------------------------------------------------------------- */

/* 40 is quiet for long, and 41 has its very kernel. The reference sees that its answer is void, and
 * has none; we never come to 40. */
static void test_same_kernel(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 25;
    world.farm.late = 40;
    world.farm.n_late_oks = 10;
    world.farm.same_as_parent = 41;
    g_autoptr(ReferenceAnswer) misled = world_reference(&world, NULL);
    g_assert_cmpstr(misled->commit, ==, world.commits[41]);
    g_assert_cmpstr(misled->why, ==, "its kernel is its parent's");
    assert_culprit(&world, 25);
    world_clear(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add_func("/situations/" name, function)
    ADD("range/quiet-release", test_quiet_release);
    ADD("range/other-bug-in-releases", test_other_bug_in_releases);
    ADD("range/oldest-releases-do-not-build", test_oldest_releases_do_not_build);
    ADD("fix/head-crashes-otherwise", test_fix_head_crashes_otherwise);
    ADD("fix/other-bug-on-the-way", test_fix_other_bug_on_the_way);
    ADD("answer/same-kernel", test_same_kernel);
#undef ADD
    return g_test_run();
}
