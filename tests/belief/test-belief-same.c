/* SPDX-License-Identifier: Apache-2.0
 * belief/ where revisions have the same kernel: their trials are one piece of evidence.
 */
#include "belief/belief-private.h"
#include "evidence.h"

#include <math.h>

/* One kernel of 2 crashes in 6 trials, in the middle of a line of 20, is as much evidence when it
 * is that of several neighbours: the more of them, the more culprits are excluded, and what is left
 * keeps its odds. */
static void test_copies_count_once(void)
{
    const guint32 first = 8;
    g_autoptr(History) history = graph_parse("|0|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18");
    double odds_alone = 0;

    for (guint n_copies = 1; n_copies <= 5; n_copies++) {
        g_autoptr(Belief) belief = new_belief(history, NULL);
        guint32 last = first + n_copies - 1;
        double bug = 0, clean = 0, between = 0;

        set(belief, 19, 10, 0);
        set(belief, 0, 0, 10);
        set(belief, first, 2, 4);
        for (guint32 r = first + 1; r <= last; r++) {
            belief_set_same(belief, r, first);
        }
        const double *posterior = belief_posterior(belief);
        for (guint32 h = 0; h < 20; h++) {
            *(h <= first ? &bug : h <= last ? &between : &clean) += posterior[h];
        }
        /* in the mean of each side, which has fewer hypotheses the more are between */
        double odds = bug / first / (clean / (19 - last));
        odds_alone = n_copies == 1 ? odds : odds_alone;
        g_assert_cmpfloat_with_epsilon(odds, odds_alone, 1e-9 * odds_alone);
        g_assert_cmpfloat(between, <, 1e-5);
        g_assert_cmpfloat_with_epsilon(belief_has_bug(belief)[first], belief_has_bug(belief)[last],
                                       1e-5);
        g_test_message("%u copies: P(has bug) %.4f", n_copies, belief_has_bug(belief)[first]);
    }

    /* Where the prior excludes what is between already, the posterior is the same altogether. */
    double log_prior[20] = {0};
    for (guint32 r = first + 1; r < first + 5; r++) {
        log_prior[r] = -30;
    }
    g_autoptr(Belief) alone = new_belief(history, log_prior);
    set(alone, 19, 10, 0);
    set(alone, 0, 0, 10);
    set(alone, first, 2, 4);
    double has_bug = belief_has_bug(alone)[first];
    for (guint32 r = first + 1; r < first + 5; r++) {
        belief_set_same(alone, r, first);
        g_assert_cmpfloat_with_epsilon(belief_has_bug(alone)[r], has_bug, 1e-9);
    }
    for (guint32 r = first + 1; r < first + 5; r++) { /* as if they were other kernels */
        set(alone, r, 2, 4);
    }
    g_assert_cmpfloat(has_bug, <, 0.7);
    g_assert_cmpfloat(belief_has_bug(alone)[first], >, 0.95);
}

/* 3 and 4 are one kernel. */
static void test_same_kernel(void)
{
    g_autoptr(History) history = graph_parse(line_of_six);
    g_autoptr(Belief) belief = new_belief(history, NULL);
    Experiment experiment;

    set(belief, 5, 10, 0);
    set(belief, 0, 0, 10);
    set(belief, 2, 0, 10);
    set(belief, 4, 0, 7);
    belief_set_same(belief, 4, 3); /* forgets the 7, and excludes 4 before any trial */
    g_assert_cmpuint(belief_get(belief, 4)->n_ok, ==, 0);
    assert_candidates(belief, 0.95, "3 5");
    g_assert_true(belief_next_experiment(belief, 0.95, &costs, &experiment));
    g_assert_cmpuint(experiment.revision, ==, 3);
    g_assert_cmpint(belief_verdict_of(belief, 4, 0.95), ==, VERDICT_UNKNOWN);

    /* The parent of 5 is 4, whose kernel is that of 3. */
    set(belief, 3, 0, 1);
    g_assert_true(belief_check_wanted(belief, 5, 2, &costs, &experiment));
    g_assert_cmpuint(experiment.revision, ==, 3);
    set(belief, 3, 0, 10);
    g_assert_false(belief_check_wanted(belief, 5, 2, &costs, &experiment));
    assert_candidates(belief, 0.95, "5");
    g_assert_cmpint(belief_verdict_of(belief, 4, 0.95), ==, VERDICT_GOOD);
    g_assert_cmpuint(belief_get(belief, 4)->n_ok, ==, 10);
    /* No trial can tell 4 from 3. */
    g_assert_false(belief_check_wanted(belief, 4, 2, &costs, &experiment));

    /* Said again at each update: nothing is to be worked out. */
    belief_refresh(belief);
    belief_set_same(belief, 4, 3);
    belief_set_same(belief, 3, 3);
    set(belief, 3, 0, 10);
    g_assert_true(belief->is_fresh);

    belief_set_same(belief, 3, 4); /* in exchanged roles */
    g_assert_cmpuint(belief_representative(belief, 3), ==, 4);
    g_assert_cmpuint(belief_get(belief, 3)->n_ok, ==, 10);
    assert_candidates(belief, 0.95, "5");

    set(belief, 3, 5, 0); /* of its own again; 4 keeps the 10, and 3 is haunted or 4 masked */
    g_assert_cmpuint(belief_representative(belief, 3), ==, 3);
    g_assert_cmpuint(belief_get(belief, 4)->n_ok, ==, 10);
    assert_candidates(belief, 0.9, "3 5");
}

/* A change that leaves the kernel as it is comes back when all others are excluded: the bug may lie
 * in what is not hashed. */
static void test_outside_kernel(void)
{
    const double log_prior[] = {0, -50, -50, -50, 0, -50};
    g_autoptr(History) history = graph_parse(line_of_six);
    g_autoptr(Belief) belief = new_belief(history, log_prior);

    set(belief, 5, 10, 0);
    set(belief, 0, 0, 10);
    belief_set_same(belief, 4, 3);
    assert_candidates(belief, 0.9, "0"); /* which is masked: less improbable */
    set(belief, 1, 0, 10);
    set(belief, 2, 0, 10);
    g_assert_cmpfloat(belief_posterior(belief)[4], >, 0.99);
}

/* Nothing but other crashes, or unreached: 0/0 and untestable. It is skipped everywhere, alone and
 * as a kernel of several. */
static void test_untestable_without_trials(void)
{
    g_autoptr(History) history = graph_parse(line_of_six);
    g_autoptr(Belief) belief = new_belief(history, NULL);
    Experiment experiment;

    set(belief, 5, 10, 0);
    set(belief, 0, 0, 10);
    set(belief, 1, 0, 10);
    set(belief, 4, 10, 0);
    set_untestable(belief, 2);
    belief_set_same(belief, 3, 2);
    for (guint32 r = 2; r <= 3; r++) {
        g_assert_cmpint(belief_verdict_of(belief, r, 0.95), ==, VERDICT_SKIP);
        g_assert_cmpint(belief_verdict(belief_get(belief, r)), ==, VERDICT_SKIP);
        g_assert_cmpfloat(belief_log10_odds(belief, belief_get(belief, r)), ==, 0);
    }
    assert_candidates(belief, 0.95, "2 4"); /* and 3 is excluded without a trial */
    g_assert_false(belief_next_experiment(belief, 0.95, &costs, &experiment));
    g_assert_false(belief_check_wanted(belief, 4, 1, &costs, &experiment));
    g_assert_false(belief_check_wanted(belief, 2, 1, &costs, &experiment));
    set_untestable(belief, 3); /* of its own */
    assert_candidates(belief, 0.95, "2 3 4");
    g_assert_false(belief_next_experiment(belief, 0.95, &costs, &experiment));
}

/* Doubtful crashes are one question: many of them weigh hardly more than one, and never more than
 * their match; also where nothing else was seen. */
static void test_doubtful(void)
{
    g_autoptr(History) history = graph_parse(line_of_six);
    g_autoptr(Belief) belief = new_belief(history, NULL);
    double last = 0;

    set(belief, 5, 10, 0);
    set(belief, 0, 0, 10);
    for (guint i = 1; i < 10; i++) {
        Tally one = {.n_doubtful = 1, .match = i / 10.0};
        Tally many = {.n_doubtful = 20, .match = i / 10.0, .untestable = i % 2 == 0};
        double most = -log10(1 - one.match);
        double of_one = belief_log10_odds(belief, &one), of_many = belief_log10_odds(belief, &many);

        g_assert_cmpfloat(of_one, >, last);
        g_assert_cmpfloat(of_one, <=, most);
        g_assert_cmpfloat(of_many, >, 0.5 * most);
        g_assert_cmpfloat(of_many, <=, most);
        last = of_one;
    }
    /* What ended ok tells as before. */
    g_assert_cmpfloat(
        belief_log10_odds(belief, &(Tally){.n_ok = 10, .n_doubtful = 1, .match = 0.4}), <, -1);
    g_assert_cmpfloat(
        belief_log10_odds(belief, &(Tally){.n_crash = 5, .n_doubtful = 1, .match = 0.4}), >, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/belief/same/copies-count-once", test_copies_count_once);
    g_test_add_func("/belief/same/kernel", test_same_kernel);
    g_test_add_func("/belief/same/outside-kernel", test_outside_kernel);
    g_test_add_func("/belief/same/untestable-without-trials", test_untestable_without_trials);
    g_test_add_func("/belief/same/doubtful", test_doubtful);
    return g_test_run();
}
