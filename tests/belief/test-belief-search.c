/* SPDX-License-Identifier: Apache-2.0
 * belief/ at work: whole bisections in simulated worlds, against brute force and against chance.
 */
#include "world.h"

#include "belief/likelihood.h"

#include <math.h>

/* A kernel build of five minutes, trials of ten seconds, two at once. */
static const Costs kernel_costs = {.build_s = 300, .trial_s = 10, .parallel_trials = 2};
/* `firstbad run` with a fast test. */
static const Costs command_costs = {.build_s = 0, .trial_s = 1, .parallel_trials = 1};

/* Test every testable revision, where trials do not lie: what is left is all that can be known. */
static GArray *brute_force(const World *world)
{
    guint n = history_size(world->history);
    GArray *consistent = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(RevisionSet) with_bug = history_descendants(world->history, world->culprit);

    for (guint32 h = 0; h < n; h++) {
        g_autoptr(RevisionSet) would_have_bug = history_descendants(world->history, h);
        gboolean agrees = TRUE;

        for (guint32 r = 0; r < n && agrees; r++) {
            agrees = world->is_untestable[r] ||
                     revision_set_has(would_have_bug, r) == revision_set_has(with_bug, r);
        }
        if (agrees) {
            g_array_append_val(consistent, h);
        }
    }
    return consistent;
}

static gboolean contains_all(const GArray *set, const GArray *members)
{
    guint n_common = 0;

    for (guint i = 0; i < set->len; i++) {
        for (guint j = 0; j < members->len; j++) {
            n_common += g_array_index(set, guint32, i) == g_array_index(members, guint32, j);
        }
    }
    return n_common == members->len;
}

/* With @same > 0, so many changes do not change the kernel. What can be known is the same then: a
 * revision tells by itself what it tells as one of a group, only with trials of its own.
 *
 * A search may give a block up where all that it tried is broken, and leave more than it had to:
 * never another set, and seldom in graphs as small as these. */
static void compare_with_brute_force(guint n_graphs, double same)
{
    guint n_kernels = 0, n_same = 0, n_trials = 0;
    guint n_sets = 0, n_given_up = 0;
    BeliefModel model;

    belief_model_default(&model);
    for (guint seed = 0; seed < n_graphs; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        guint n = (guint)g_rand_int_range(rand, 2, 61);
        g_autoptr(History) history = graph_random(rand, n, g_rand_double_range(rand, 0, 0.5));
        g_autofree gboolean *is_untestable = g_new(gboolean, n);
        g_autofree guint32 *kernels = g_new(guint32, n);
        guint32 culprit = (guint32)g_rand_int_range(rand, 0, (gint32)n);

        world_draw_untestable(rand, n, is_untestable);
        g_autoptr(World) world = world_new(history, culprit, 1, 0, is_untestable, rand);
        if (same > 0) {
            world_draw_kernels(rand, history, culprit, is_untestable, same, kernels);
            world->kernels = kernels;
        }
        g_autoptr(Belief) belief = world_start(world, &model, 4);
        g_auto(Result) result = {0};
        world_bisect(world, belief, 0.95, seed % 2 ? &kernel_costs : &command_costs, &result);
        g_autoptr(GArray) wanted = brute_force(world);
        n_given_up += result.candidates->len > wanted->len;
        if (!contains_all(result.candidates, wanted)) {
            g_test_fail_printf("graph %u: %u candidates, %u by brute force", seed,
                               result.candidates->len, wanted->len);
        }
        n_kernels += result.n_kernels;
        n_same += result.n_same;
        n_trials += result.n_trials;
        n_sets += wanted->len > 1;
    }
    g_assert_cmpuint(n_sets, >, n_graphs / 10);
    g_assert_cmpuint(n_given_up, <=, n_graphs / 40);
    g_test_message("%.3f revisions tested a graph, %.3f the same as one before, with %.2f trials; "
                   "%u answers are sets, %u of them given up",
                   (double)n_kernels / n_graphs, (double)n_same / n_graphs,
                   (double)n_trials / n_graphs, n_sets, n_given_up);
}

static void test_brute_force(void)
{
    compare_with_brute_force(10000, 0);
}

static void test_same_kernels(void)
{
    compare_with_brute_force(2000, 0.4);
}

/* Crashes so rare that nobody knows whether they are of the bug, and kernels that cost next to
 * nothing: no search goes on for ever. */
static void test_rare_everywhere(void)
{
    const Costs costs = {.build_s = 6, .trial_s = 300, .parallel_trials = 20, .trial_price_s = 6};
    g_autoptr(History) history = graph_line(12725);
    guint most = 0;
    BeliefModel model;

    belief_model_default(&model);
    for (guint seed = 0; seed < 20; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        g_autoptr(World) world = world_new(history, 45, 0.06, 0, NULL, rand);
        g_autoptr(Belief) belief = world_start(world, &model, 20);
        g_auto(Result) result = {0};

        if (belief == NULL) { /* the start did not crash */
            continue;
        }
        world_bisect(world, belief, 0.95, &costs, &result);
        most = MAX(most, result.n_kernels);
    }
    g_test_message("at most %u revisions tried", most);
    g_assert_cmpuint(most, <=, 200);
}

/* What clean trials cost on a long line. */
static void test_long_line(void)
{
    const guint n = 14000;
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    g_autoptr(History) history = graph_line(n);
    guint most_kernels = 0;
    guint n_trials = 0;
    BeliefModel model;

    belief_model_default(&model);
    for (guint i = 0; i < 20; i++) {
        guint32 culprit = (guint32)g_rand_int_range(rand, 1, (gint32)n);
        g_autoptr(World) world = world_new(history, culprit, 1, 0, NULL, rand);
        g_autoptr(Belief) belief = world_start(world, &model, 10);
        g_auto(Result) result = {0};

        world_bisect(world, belief, 0.95, &kernel_costs, &result);
        g_assert_cmpuint(result.candidates->len, ==, 1);
        g_assert_cmpuint(g_array_index(result.candidates, guint32, 0), ==, culprit);
        most_kernels = MAX(most_kernels, result.n_kernels);
        n_trials += result.n_trials;
    }
    g_test_message("at most %u kernels, %.1f trials in the mean", most_kernels, n_trials / 20.0);
    g_assert_cmpuint(most_kernels, <=, (guint)log2(n) + 3);
}

/* 300 neighbours of 600 are untestable; the culprit is anywhere. */
static void test_skip_storm(void)
{
    const guint n = 600;
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    g_autoptr(History) history = graph_line(n);
    g_autofree gboolean *is_untestable = g_new0(gboolean, n);
    guint most_inside = 0, most_outside = 0;
    BeliefModel model;

    belief_model_default(&model);
    for (guint32 r = 150; r < 450; r++) {
        is_untestable[r] = TRUE;
    }
    for (guint32 culprit = 1; culprit < n; culprit += 7) {
        /* The block and the revision after it cannot be told apart. */
        gboolean is_inside = culprit >= 150 && culprit <= 450;
        g_autoptr(World) world = world_new(history, culprit, 1, 0, is_untestable, rand);
        g_autoptr(Belief) belief = world_start(world, &model, 10);
        g_auto(Result) result = {0};

        world_bisect(world, belief, 0.95, &kernel_costs, &result);
        /* The last few beside the block are not worth a build each. */
        g_assert_cmpuint(result.candidates->len, >=, is_inside ? 301 : 1);
        g_assert_cmpuint(result.candidates->len, <=, is_inside ? 310 : 1);
        if (is_inside) {
            most_inside = MAX(most_inside, result.n_broken);
        } else {
            most_outside = MAX(most_outside, result.n_broken);
            g_assert_cmpuint(g_array_index(result.candidates, guint32, 0), ==, culprit);
        }
    }
    g_test_message("untestable revisions tried: at most %u with the culprit among them, else %u",
                   most_inside, most_outside);
    g_assert_cmpuint(most_inside, <=, 20);
    g_assert_cmpuint(most_outside, <=, 15);
}

/* How many jobs named one commit, and how many of these the right one. */
typedef struct Score {
    guint n_right, n_wrong;
} Score;

/* @n_jobs on lines and graphs of @n commits, of a test that fails with @p on a bad one. */
static Score search_all(guint n_jobs, guint32 n, double p, const BeliefModel *model,
                        double confidence)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    guint n_trials = 0;
    Score score = {0};

    for (guint i = 0; i < n_jobs; i++) {
        g_autoptr(History) history = i % 2 ? graph_line(n) : graph_random(rand, n, 0.2);
        guint32 culprit = (guint32)g_rand_int_range(rand, 1, (gint32)n);
        g_autoptr(World) world = world_new(history, culprit, p, 0, NULL, rand);
        g_autoptr(Belief) belief = world_start(world, model, 10);
        g_auto(Result) result = {0};

        world_bisect(world, belief, confidence, &command_costs, &result);
        gboolean is_right = g_array_index(result.candidates, guint32, 0) == culprit;
        score.n_right += result.candidates->len == 1 && is_right;
        score.n_wrong += result.candidates->len == 1 && !is_right;
        n_trials += result.n_trials;
    }
    g_test_message("%u right, %u wrong of %u, %.1f trials each", score.n_right, score.n_wrong,
                   n_jobs, (double)n_trials / n_jobs);
    return score;
}

/* A test that fails on 70 % of the runs of a bad commit. */
static void test_flaky_command(void)
{
    BeliefModel model;

    belief_model_default(&model);
    Score score = search_all(120, 500, 0.7, &model, 0.95);
    g_assert_cmpuint(score.n_right, >=, 0.95 * 120);
}

/* As much confidence as trials can give is reached, also by a test that fails now and then. */
static void test_most_confidence(void)
{
    BeliefModel model;

    belief_model_default(&model);
    Score score = search_all(60, 70, 0.6, &model, belief_most_confidence(&model));
    g_assert_cmpuint(score.n_wrong, ==, 0);
    g_assert_cmpuint(score.n_right, >=, 0.95 * 60);
}

/* A world as the model believes worlds to be. */
static World *draw_world(const History *history, const BeliefModel *model, GRand *rand)
{
    g_autoptr(Rates) rates = rates_new(model);
    const RatePoint *point = rates_points(rates);
    guint32 culprit = (guint32)g_rand_int_range(rand, 1, (gint32)history_size(history));
    double at = g_rand_double(rand);

    for (; at > point->weight && point < rates_points(rates) + rates_n_points(rates) - 1; point++) {
        at -= point->weight;
    }
    culprit = g_rand_double(rand) < model->older_than_range ? 0 : culprit;
    World *world = world_new(history, culprit, point->p, point->q, NULL, rand);
    world->spread = point->spread;
    for (guint32 r = 0; r < history_size(history); r++) {
        gboolean has_bug = history_reaches(history, culprit, r);

        if (has_bug && g_rand_double(rand) < model->masked) {
            world->crash_rates[r] = point->q;
        } else if (!has_bug && g_rand_double(rand) < model->haunted) {
            world->crash_rates[r] = g_rand_double(rand);
        }
    }
    return world;
}

/* In worlds that are as the model believes, what is claimed is what happens, also with many masked
 * and haunted revisions. */
static void test_calibration(void)
{
    const guint n_jobs = 600;
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    guint n_started = 0, n_answers = 0, n_right = 0, n_covered = 0;
    double claimed = 0;
    BeliefModel model;

    belief_model_default(&model);
    model.masked = model.haunted = 0.01;
    for (guint i = 0; i < n_jobs; i++) {
        g_autoptr(History) history = i % 2 ? graph_line(80) : graph_random(rand, 80, 0.2);
        g_autoptr(World) world = draw_world(history, &model, rand);
        g_autoptr(Belief) belief = world_start(world, &model, 20);
        g_auto(Result) result = {0};
        gboolean holds_culprit = FALSE;

        if (belief == NULL) {
            continue;
        }
        n_started++;
        world_bisect(world, belief, 0.9, &kernel_costs, &result);
        for (guint c = 0; c < result.candidates->len; c++) {
            holds_culprit |= g_array_index(result.candidates, guint32, c) == world->culprit;
        }
        n_covered += holds_culprit;
        if (result.candidates->len == 1) {
            n_answers++;
            n_right += holds_culprit;
            claimed += result.probability;
        }
    }
    double mean_claimed = claimed / n_answers;
    double error = sqrt(mean_claimed * (1 - mean_claimed) / n_answers);
    g_test_message(
        "%u jobs, %u answers, %.2f %% claimed, %.2f %% right; %.2f %% of the sets hold it", n_jobs,
        n_answers, 100 * mean_claimed, 100.0 * n_right / n_answers, 100.0 * n_covered / n_started);
    g_assert_cmpfloat(fabs((double)n_right / n_answers - mean_claimed), <, 3 * error);
    g_assert_cmpfloat((double)n_covered / n_started, >=, 0.9);
    g_assert_cmpuint(n_answers, >, n_jobs / 2);
}

/* A resumed job is told the same evidence in another order, and must decide alike: to the last bit,
 * since a choice between equals hangs on it. */
static void test_any_order(void)
{
    BeliefModel model;

    belief_model_default(&model);
    for (guint seed = 0; seed < 300; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        guint n = (guint)g_rand_int_range(rand, 2, 41);
        g_autoptr(History) history = graph_random(rand, n, g_rand_double_range(rand, 0, 0.5));
        g_autoptr(Belief) there = belief_new(history, &model, NULL);
        g_autoptr(Belief) back = belief_new(history, &model, NULL);
        g_autofree Tally *tallies = g_new0(Tally, n);
        Experiment first = {0}, second = {0};

        for (guint32 r = 0; r < n; r++) {
            if (g_rand_int_range(rand, 0, 4) == 0) {
                tallies[r].n_crash = (guint)g_rand_int_range(rand, 0, 2);
                tallies[r].n_ok = (guint)g_rand_int_range(rand, 0, 2);
                tallies[r].untestable = g_rand_int_range(rand, 0, 4) == 0;
            }
        }
        for (guint32 r = 0; r < n; r++) {
            belief_set(there, r, &tallies[r]);
            belief_set(back, n - 1 - r, &tallies[n - 1 - r]);
        }
        g_assert_cmpmem(belief_posterior(there), n * sizeof(double), belief_posterior(back),
                        n * sizeof(double));
        gboolean is_first = belief_next_experiment(there, 0.95, &kernel_costs, &first);
        gboolean is_second = belief_next_experiment(back, 0.95, &kernel_costs, &second);
        g_assert_cmpint(is_first, ==, is_second);
        g_assert_cmpuint(first.revision, ==, second.revision);
        g_assert_cmpuint(first.n_trials, ==, second.n_trials);
    }
}

/* --- A bug that is known ---------------------------------------------------------------------- */

#define N_LONG 8193

/* In a line of N_LONG revisions, with @culprit; another job found @known (0: none did). How many
 * kernels the answer takes beside the ends of the range. */
static guint kernels_with_known(guint32 culprit, guint32 known)
{
    g_autofree CommitFacts *facts = g_new0(CommitFacts, N_LONG);
    g_autofree double *log_prior = g_new(double, N_LONG);
    g_autoptr(GRand) rand = g_rand_new_with_seed(culprit);
    g_autoptr(History) history = graph_line(N_LONG);
    g_autoptr(World) world = world_new(history, culprit, 1, 0, NULL, rand);
    g_auto(Result) result = {0};
    BeliefModel model;

    belief_model_default(&model);
    facts[known].known = known ? 0.8 : 0;
    belief_log_prior(history, facts, log_prior);
    g_autoptr(Belief) belief = belief_new(history, &model, log_prior);
    belief_set(belief, N_LONG - 1, &(Tally){.n_crash = 10, .builds = TRUE});
    belief_set(belief, 0, &(Tally){.n_ok = 10, .builds = TRUE});
    world_bisect(world, belief, 0.95, &kernel_costs, &result);
    g_assert_cmpuint(result.candidates->len, ==, 1);
    g_assert_cmpuint(g_array_index(result.candidates, guint32, 0), ==, culprit);
    return result.n_kernels;
}

/* The commit and its parent are tried, and that is all; where it is the wrong one, that is what it
 * costs. (Its child alone needs what tests/job/test-known.c shows.) */
static void test_known(void)
{
    static const guint32 culprits[] = {2, 100, 3000, 4999, 5002, 5100, 8000, 8191};
    guint n_alone = 0, n_misled = 0;

    g_assert_cmpuint(kernels_with_known(5000, 0), >=, 12);
    g_assert_cmpuint(kernels_with_known(5000, 5000), ==, 2);
    for (guint i = 0; i < G_N_ELEMENTS(culprits); i++) {
        guint alone = kernels_with_known(culprits[i], 0);
        guint misled = kernels_with_known(culprits[i], 5000);

        g_test_message("revision %u: %u kernels, misled %u", culprits[i], alone, misled);
        g_assert_cmpuint(misled, <=, alone + 5);
        n_alone += alone;
        n_misled += misled;
    }
    g_assert_cmpuint(n_misled, <=, n_alone + 3 * G_N_ELEMENTS(culprits));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/belief/search/brute-force", test_brute_force);
    g_test_add_func("/belief/search/rare-everywhere", test_rare_everywhere);
    g_test_add_func("/belief/search/same-kernels", test_same_kernels);
    g_test_add_func("/belief/search/long-line", test_long_line);
    g_test_add_func("/belief/search/skip-storm", test_skip_storm);
    g_test_add_func("/belief/search/flaky-command", test_flaky_command);
    g_test_add_func("/belief/search/most-confidence", test_most_confidence);
    g_test_add_func("/belief/search/any-order", test_any_order);
    g_test_add_func("/belief/search/calibration", test_calibration);
    g_test_add_func("/belief/search/known", test_known);
    return g_test_run();
}
