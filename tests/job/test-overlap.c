/* SPDX-License-Identifier: Apache-2.0
 * Builds beside trials: whole jobs whose works end in any order, and the decider by itself.
 */
#include <string.h>

#include "late.h"

/* --- Whole jobs ------------------------------------------------------------------------------ */

/* Whatever ends first, the answer is the same. */
static void test_any_order(void)
{
    for (guint32 seed = 0; seed < 12; seed++) {
        LateWorld late;

        late_init(&late, 1 + seed % 3, 1 + seed % 4, 10, seed % 2 ? 1 : 10);
        late.dice = g_rand_new_with_seed(seed);
        late.world.farm.first_bad = 5 + 4 * seed;
        g_autoptr(Answer) answer =
            world_work_once(&late.world, seed % 2 ? late.world.commits[0] : NULL);
        g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
        g_assert_cmpstr(answer->culprit, ==, late.world.commits[5 + 4 * seed]);
        g_assert_cmpuint(late.most_builds, <=, 1 + seed % 3);
        g_assert_cmpuint(late.most_trials, <=, 1 + seed % 4);
        g_assert_cmpuint(late.pending->len, ==, 0);
        late_clear(&late);
    }
}

static double time_of(guint n_slots, guint first_bad, guint *ret_n_builds)
{
    LateWorld late;

    late_init(&late, n_slots, 2, 10, 5);
    late.world.farm.first_bad = first_bad;
    g_autoptr(Answer) answer = world_work_once(&late.world, late.world.commits[0]);
    g_assert_cmpstr(answer->culprit, ==, late.world.commits[first_bad]);
    g_assert_true(late.was_both == (n_slots > 0));
    double seconds = late.now_s;
    *ret_n_builds = late.world.farm.n_builds;
    late_clear(&late);
    return seconds;
}

/* A farm with one place does one thing at a time; one with a place for builds is done sooner. */
static void test_saves_time(void)
{
    guint n_alone, n_beside;
    double alone_s = time_of(0, 37, &n_alone), beside_s = time_of(1, 37, &n_beside);

    g_test_message("%g s in turns (%u builds), %g s overlapped (%u)", alone_s, n_alone, beside_s,
                   n_beside);
    g_assert_cmpfloat(beside_s, <, 0.85 * alone_s);
    g_assert_cmpuint(n_beside, <=, 2 * n_alone);
}

/* No guess takes the kernel that the search needs. */
static void test_budget(void)
{
    LateWorld late;

    late_init(&late, 2, 2, 10, 5);
    late.world.farm.first_bad = 37;
    late.world.max_kernels = 12;
    g_autoptr(Answer) answer = world_work_once(&late.world, late.world.commits[0]);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpuint(late.world.farm.n_builds, <=, 12);
    late_clear(&late);
}

/* Stopped after each step, with works under way: nothing that was finished is done again. */
static void test_stop_after_every_step(void)
{
    LateWorld late;
    guint step = 1;

    late_init(&late, 2, 2, 10, 5);
    late.world.farm.first_bad = 37;
    for (;; step++) {
        late.world.farm.stop_after = step;
        g_autoptr(Answer) answer = world_work(&late.world, late.world.commits[0], NULL);

        g_assert_cmpuint(late.pending->len, ==, 0);
        if (answer) {
            g_assert_cmpstr(answer->culprit, ==, late.world.commits[37]);
            break;
        }
        g_assert_cmpuint(late.world.farm.n_builds + late.world.farm.n_trials, ==, step);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(late.world.state, STORE_READ, &error);
    g_autoptr(GPtrArray) kernels = store_kernels(store, 1, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(kernels->len, ==, late.world.farm.n_builds);
    late_clear(&late);
}

/* A build that belief no longer needs is cancelled, is no evidence, and its revision may be built
 * another time. */
static void test_worthless_build_is_cancelled(void)
{
    guint n_cancelled = 0;

    for (guint first_bad = 2; first_bad < N_COMMITS; first_bad += 9) {
        LateWorld late;

        late_init(&late, 1, 2, 100, 5);
        late.world.farm.first_bad = first_bad;
        g_autoptr(Answer) answer = world_work_once(&late.world, late.world.commits[0]);
        g_assert_cmpstr(answer->culprit, ==, late.world.commits[first_bad]);
        n_cancelled += late.n_cancelled;
        late_clear(&late);
    }
    g_assert_cmpuint(n_cancelled, >, 0);
}

/* A cluster: builds and kernels on trial share its places. */
static double time_with(guint n_places, guint first_bad, guint32 seed)
{
    LateWorld late;

    late_init(&late, 0, 2, 10, 1);
    late.world.farm.base.n_places = n_places;
    late.world.farm.base.takes_all_trials = TRUE;
    late.world.farm.first_bad = first_bad;
    late.dice = g_rand_new_with_seed(seed);
    g_autoptr(Answer) answer = world_work_once(&late.world, late.world.commits[0]);
    g_assert_cmpstr(answer->culprit, ==, late.world.commits[first_bad]);
    g_assert_cmpuint(late.most_builds, <=, n_places);
    g_assert_cmpuint(late.pending->len, ==, 0);
    double seconds = late.now_s;
    late_clear(&late);
    return seconds;
}

static void test_places(void)
{
    double seconds[3] = {0};

    for (guint32 seed = 1; seed <= 8; seed++) {
        for (guint i = 0; i < G_N_ELEMENTS(seconds); i++) {
            seconds[i] += time_with(1U << 2 * i, 3 + 6 * seed, seed);
        }
    }
    g_test_message("1, 4, 16 places: %g, %g, %g s", seconds[0], seconds[1], seconds[2]);
    g_assert_cmpfloat(seconds[1], <, 0.75 * seconds[0]);
    g_assert_cmpfloat(seconds[2], <, seconds[1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/overlap/any-order", test_any_order);
    g_test_add_func("/overlap/places", test_places);
    g_test_add_func("/overlap/saves-time", test_saves_time);
    g_test_add_func("/overlap/budget", test_budget);
    g_test_add_func("/overlap/stop-after-every-step", test_stop_after_every_step);
    g_test_add_func("/overlap/worthless", test_worthless_build_is_cancelled);
    return g_test_run();
}
