/* SPDX-License-Identifier: Apache-2.0
 * Predictions in parts against the likelihood of all trials, point by point; and what belief keeps
 * from one question to the next against a belief that was asked once.
 */
#include "belief/belief-private.h"
#include "../history/graphs.h"

#include <math.h>

#define N_CASES 300

static double *random_weights(GRand *rand, guint n)
{
    double *weights = g_new0(double, n);

    for (guint i = 0; i < n; i++) {
        weights[i] = g_rand_int_range(rand, 0, 4) == 0 ? 0 : exp(g_rand_double_range(rand, -9, 0));
    }
    return weights;
}

static Tally random_tally(GRand *rand, gboolean is_plain)
{
    gint32 most = g_rand_boolean(rand) ? 5 : 400;
    Tally tally = {.n_crash = (guint)g_rand_int_range(rand, 0, most),
                   .n_ok = (guint)g_rand_int_range(rand, 0, most)};

    if (!is_plain) {
        tally.n_other = (guint)g_rand_int_range(rand, 0, 3);
        tally.n_doubtful = (guint)g_rand_int_range(rand, 0, 3);
        tally.match = g_rand_double(rand);
        tally.unreached = g_rand_int_range(rand, 0, 3) == 0;
    }
    return tally;
}

/* What @k trials show with @crashes of them, not normalised. */
static void predict_fully(Rates *rates, const Tally *before, guint k, guint crashes,
                          const double *if_bug, const double *if_clean, double *ret_bug,
                          double *ret_clean)
{
    guint n = before->n_crash + before->n_ok;
    Tally all = *before;

    all.n_crash += crashes;
    all.n_ok += k - crashes;
    TallyLikelihood after = rates_likelihood(rates, &all);
    double ways = exp(log_choose(k, crashes) - log_choose(n + k, all.n_crash));
    *ret_bug = *ret_clean = 0;
    for (guint g = 0; g < rates_n_points(rates); g++) {
        *ret_bug += ways * if_bug[g] * after.bug[g];
        *ret_clean += ways * if_clean[g] * after.clean[g];
    }
}

static void assert_near(double is, double wanted)
{
    g_assert_cmpfloat(fabs(is - wanted), <=, 1e-9 * wanted + 1e-15);
}

static void check_prediction(Rates *rates, GRand *rand, gboolean is_plain)
{
    Tally before = random_tally(rand, is_plain);
    guint k = (guint)g_rand_int_range(rand, 1, MOST_PREDICTED + 1);
    g_autofree double *if_bug = random_weights(rand, rates_n_points(rates));
    g_autofree double *if_clean = random_weights(rand, rates_n_points(rates));
    double bug[MOST_PREDICTED + 1], clean[MOST_PREDICTED + 1];
    double full_bug[MOST_PREDICTED + 1], full_clean[MOST_PREDICTED + 1];
    double bug_sum = 0, clean_sum = 0, has_bug = g_rand_double(rand);
    g_autoptr(Predictor) predictor = predictor_new(rates, &before, if_bug, if_clean);

    for (guint crashes = 0; crashes <= k; crashes++) {
        predict_fully(rates, &before, k, crashes, if_bug, if_clean, &full_bug[crashes],
                      &full_clean[crashes]);
        bug_sum += full_bug[crashes];
        clean_sum += full_clean[crashes];
    }
    predictor_ask(predictor, 1, bug, clean); /* more are asked for later */
    predictor_ask(predictor, k, bug, clean);
    for (guint crashes = 0; crashes <= k; crashes++) {
        assert_near(bug[crashes], full_bug[crashes] / bug_sum);
        assert_near(clean[crashes], full_clean[crashes] / clean_sum);
    }
    assert_near(predictor_quiet(predictor, k, has_bug),
                has_bug * bug[0] + (1 - has_bug) * clean[0]);
}

static void test_prediction(gconstpointer is_plain)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    BeliefModel model;

    belief_model_default(&model);
    g_autoptr(Rates) rates = rates_new(&model);
    for (guint i = 0; i < N_CASES; i++) {
        check_prediction(rates, rand, GPOINTER_TO_INT(is_plain));
    }
}

/* So many counts that they are not all kept. */
static void test_forgotten_counts(void)
{
    BeliefModel model;

    belief_model_default(&model);
    g_autoptr(Rates) rates = rates_new(&model);
    const Tally first = {.n_crash = 1, .n_ok = 2};
    double bug = rates_likelihood(rates, &first).bug[5];
    for (guint n_crash = 0; n_crash < 160; n_crash++) {
        for (guint n_ok = 0; n_ok < 160; n_ok++) {
            const Tally tally = {.n_crash = n_crash, .n_ok = n_ok};

            g_assert_cmpfloat(rates_likelihood(rates, &tally).clean[0], >, 0);
        }
    }
    g_assert_cmpfloat(rates_likelihood(rates, &first).bug[5], ==, bug);
}

static void set_some(Belief *belief, GRand *rand, Tally *tallies, guint n)
{
    guint32 r = (guint32)g_rand_int_range(rand, 0, (gint32)n);
    guint kind = (guint)g_rand_int_range(rand, 0, 6);

    tallies[r] = (Tally){.n_crash = kind == 0,
                         .n_ok = kind < 3 ? (guint)g_rand_int_range(rand, 0, 9) : 0,
                         .unreached = kind == 1,
                         .untestable = kind == 3};
    belief_set(belief, r, &tallies[r]);
}

/* The answer of a question is not that of another: @chosen is barred, and free again. */
static void assert_asked_anew(Belief *belief, const Costs *costs, guint n, guint32 chosen)
{
    g_autofree gboolean *barred = g_new0(gboolean, n);
    Costs others = *costs;
    Experiment experiment;

    others.barred = barred;
    barred[chosen] = TRUE;
    if (belief_next_experiment(belief, 0.9, &others, &experiment)) {
        g_assert_cmpuint(experiment.revision, !=, chosen);
    }
    barred[chosen] = FALSE;
    g_assert_true(belief_next_experiment(belief, 0.9, &others, &experiment));
    g_assert_cmpuint(experiment.revision, ==, chosen);
    g_assert_true(belief_next_experiment(belief, 0.9, costs, &experiment));
    g_assert_cmpuint(experiment.revision, ==, chosen);
}

static void assert_same_answers(Belief *belief, Belief *fresh, guint n)
{
    g_autoptr(GArray) candidates = belief_candidates(fresh, 0.9);
    g_autofree gboolean *built = g_new0(gboolean, n);
    const Costs costs = {.build_s = 60, .trial_s = 1, .parallel_trials = 2, .built = built};
    Experiment experiment, of_fresh;
    guint32 best = G_MAXUINT32;

    g_assert_cmpuint(belief_n_candidates(belief, 0.9, &best), ==, candidates->len);
    g_assert_cmpuint(best, ==, g_array_index(candidates, guint32, 0));
    for (guint32 r = 0; r < n; r++) {
        g_assert_cmpfloat(belief_testability(belief)[r], ==, belief_testability(fresh)[r]);
        built[r] = belief_get(belief, r)->n_ok > 0;
    }
    gboolean is_one = belief_next_experiment(belief, 0.9, &costs, &experiment);
    g_assert_cmpint(belief_next_experiment(fresh, 0.9, &costs, &of_fresh), ==, is_one);
    if (is_one) {
        g_assert_cmpuint(experiment.revision, ==, of_fresh.revision);
        g_assert_cmpuint(experiment.n_trials, ==, of_fresh.n_trials);
        g_assert_cmpuint(experiment.n_quiet, ==, of_fresh.n_quiet);
        g_assert_cmpuint(experiment.n_quiet, <, experiment.n_trials);
        g_assert_cmpfloat(experiment.gain_bits, ==, of_fresh.gain_bits);
        assert_asked_anew(belief, &costs, n, experiment.revision);
    }
}

/* Evidence comes and goes in any order; what is kept is as if all had come at once. */
static void test_kept(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);
    BeliefModel model;

    belief_model_default(&model);
    for (guint i = 0; i < 30; i++) {
        guint n = (guint)g_rand_int_range(rand, 5, 60);
        g_autoptr(History) history = graph_random(rand, n, 0.2);
        g_autofree Tally *tallies = g_new0(Tally, n);
        g_autoptr(Belief) belief = belief_new(history, &model, NULL);

        for (guint j = 0; j < 20; j++) {
            g_autoptr(Belief) fresh = belief_new(history, &model, NULL);

            set_some(belief, rand, tallies, n);
            for (guint32 r = 0; r < n; r++) {
                belief_set(fresh, r, &tallies[r]);
            }
            assert_same_answers(belief, fresh, n);
        }
    }
}

/* A bug that crashes always: each quiet trial may be news. One that does so now and then: not. */
static void test_quiet(void)
{
    g_autoptr(History) history = graph_parse("| 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7");
    const Costs costs = {.build_s = 60, .trial_s = 1, .parallel_trials = 1};
    Experiment experiment;
    BeliefModel model;

    belief_model_default(&model);
    for (guint is_rare = 0; is_rare < 2; is_rare++) {
        const Tally start = {.n_crash = is_rare ? 3 : 10, .n_ok = is_rare ? 97 : 0};
        g_autoptr(Belief) belief = belief_new(history, &model, NULL);

        belief_set(belief, 8, &start);
        g_assert_true(belief_next_experiment(belief, 0.95, &costs, &experiment));
        if (is_rare) {
            g_assert_cmpuint(experiment.n_quiet, >=, 5);
            g_assert_cmpuint(experiment.n_quiet, <, experiment.n_trials);
        } else {
            g_assert_cmpuint(experiment.n_quiet, ==, 0);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/predict/plain", GINT_TO_POINTER(TRUE), test_prediction);
    g_test_add_data_func("/predict/other", GINT_TO_POINTER(FALSE), test_prediction);
    g_test_add_func("/predict/forgotten-counts", test_forgotten_counts);
    g_test_add_func("/predict/kept", test_kept);
    g_test_add_func("/predict/quiet", test_quiet);
    return g_test_run();
}
