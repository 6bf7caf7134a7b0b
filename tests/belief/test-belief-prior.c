/* SPDX-License-Identifier: Apache-2.0
 * belief/: the prior. Each group has its share, each factor its direction, and what is wrong in it
 * costs no more than is promised.
 */
#include "evidence.h"

#include <math.h>

#define DOUBT    0.1
#define UNLIKELY (1 / 366.0)

/* A line of @n revisions. */
static History *line_of(guint n)
{
    g_autofree guint32 *offsets = g_new0(guint32, n + 1);
    g_autofree guint32 *parents = g_new0(guint32, n);

    for (guint32 r = 1; r < n; r++) {
        parents[r - 1] = r - 1;
        offsets[r + 1] = r;
    }
    return history_new(n, offsets, parents);
}

/* Probabilities, n entries; [0] is 0. */
static double *prior_of(const History *history, const CommitFacts *facts)
{
    guint n = history_size(history);
    double *prior = g_new(double, n);
    double sum = 0;

    belief_log_prior(history, facts, prior);
    prior[0] = 0;
    for (guint32 r = 1; r < n; r++) {
        prior[r] = exp(prior[r]);
        sum += prior[r];
    }
    g_assert_cmpfloat_with_epsilon(sum, 1, 1e-9);
    return prior;
}

static double sum_of(const double *prior, guint32 from, guint32 to)
{
    double sum = 0;

    for (guint32 r = from; r < to; r++) {
        sum += prior[r];
    }
    return sum;
}

/* No facts, or facts that say nothing: all alike. */
static void test_flat(void)
{
    g_autoptr(History) history = line_of(101);
    g_autofree CommitFacts *facts = g_new0(CommitFacts, 101);
    g_autofree double *prior = prior_of(history, NULL), *same = prior_of(history, facts);

    for (guint32 r = 1; r < 101; r++) {
        g_assert_cmpfloat_with_epsilon(prior[r], 0.01, 1e-12);
        g_assert_cmpfloat_with_epsilon(same[r], 0.01, 1e-12);
    }
}

/*   0---1---2-------5---6      5 merges within the range; 3 does too, but its other parent lies
 *        \         /           outside of it.
 *         3---4---'
 */
static void test_merges(void)
{
    g_autoptr(History) history = graph_parse("|0|1|1|3|2 4|5");
    CommitFacts facts[7] = {[3] = {.is_merge = TRUE}};
    g_autofree double *by_graph = prior_of(history, NULL), *by_facts = prior_of(history, facts);

    g_assert_cmpfloat_with_epsilon(by_graph[5], (1 - DOUBT) * UNLIKELY + DOUBT / 6, 1e-12);
    g_assert_cmpfloat_with_epsilon(by_graph[3], (1 - DOUBT) * (1 - UNLIKELY) / 5 + DOUBT / 6,
                                   1e-12);
    g_assert_cmpfloat_with_epsilon(by_facts[3] + by_facts[5],
                                   (1 - DOUBT) * UNLIKELY + DOUBT * 2 / 6, 1e-12);
    g_assert_cmpfloat_with_epsilon(by_facts[6], (1 - DOUBT) * (1 - UNLIKELY) / 4 + DOUBT / 6,
                                   1e-12);
}

static void test_all_merges(void)
{
    g_autoptr(History) history = line_of(3);
    CommitFacts facts[3] = {[1] = {.is_merge = TRUE}, [2] = {.is_merge = TRUE}};
    g_autofree double *prior = prior_of(history, facts);

    g_assert_cmpfloat_with_epsilon(prior[1], 0.5, 1e-12);
}

/* 10 of 1,000 revisions touch the stack's files, 40 its folders: they have their share of culprits,
 * however few or many they are. */
static void test_stack(void)
{
    g_autoptr(History) history = line_of(1001);
    g_autofree CommitFacts *facts = g_new0(CommitFacts, 1001);

    for (guint32 r = 1; r <= 50; r++) {
        facts[r].touches_stack_file = r <= 10;
        facts[r].touches_stack_folder = TRUE;
    }
    g_autofree double *prior = prior_of(history, facts);
    double stack = sum_of(prior, 1, 11), folder = sum_of(prior, 11, 51);

    g_assert_cmpfloat_with_epsilon(stack, (1 - DOUBT) * 102 / 119 + DOUBT * 0.010, 1e-9);
    g_assert_cmpfloat_with_epsilon(folder, (1 - DOUBT) * 8 / 119 + DOUBT * 0.040, 1e-9);
    g_assert_cmpfloat_with_epsilon(prior[1], prior[10], 1e-12);

    /* A stack that no revision touches says nothing. */
    memset(facts, 0, 1001 * sizeof *facts);
    g_autofree double *flat = prior_of(history, facts);
    g_assert_cmpfloat_with_epsilon(flat[1], 0.001, 1e-12);
}

/* A release, and nine of ten revisions outside of this kernel: together as rare as merges. What
 * doubt leaves them is for a kernel that is made of more than we know. */
static void test_unlikely(void)
{
    g_autoptr(History) history = line_of(1001);
    g_autofree CommitFacts *facts = g_new0(CommitFacts, 1001);

    facts[1].is_release = TRUE;
    facts[1].touches_stack_file = TRUE;
    for (guint32 r = 2; r <= 900; r++) {
        facts[r].is_outside = TRUE;
    }
    g_autofree double *prior = prior_of(history, facts);

    g_assert_cmpfloat_with_epsilon(sum_of(prior, 1, 901), (1 - DOUBT) * UNLIKELY + DOUBT * 0.9,
                                   1e-9);
    g_assert_cmpfloat_with_epsilon(prior[1], prior[2], 1e-12);
}

/* Within a group: modest, in the right direction, and of no weight for the group as a whole. */
static void test_factors(void)
{
    g_autoptr(History) history = line_of(7);
    const CommitFacts facts[7] = {
        [1] = {.touches_stack_file = TRUE},
        [2] = {.touches_stack_file = TRUE, .is_fixed = TRUE},
        [3] = {.touches_stack_file = TRUE, .is_reverted = TRUE},
        [4] = {.touches_stack_file = TRUE, .n_files = 1},
        [5] = {.touches_stack_file = TRUE, .n_files = G_MAXUINT},
        [6] = {.is_fixed = TRUE},
    };
    g_autofree double *prior = prior_of(history, facts);

    g_assert_cmpfloat(prior[2], >, prior[1]);
    g_assert_cmpfloat(prior[3], <, prior[1]);
    g_assert_cmpfloat(prior[4], <, prior[1]);
    g_assert_cmpfloat(prior[5], >, prior[1]);
    g_assert_cmpfloat(prior[5], <, 3 * prior[1]);
    g_assert_cmpfloat(prior[3], >, 0.2 * prior[1]);
    g_assert_cmpfloat_with_epsilon(prior[6], (1 - DOUBT) * 9 / 111 + DOUBT / 6, 1e-9);
}

/* What bugs that crash alike came from has its chance of the informed part, whatever group it is
 * of; the others keep their proportions, and a tenth of a flat prior. */
static void test_known(void)
{
    g_autoptr(History) history = line_of(1001);
    g_autofree CommitFacts *facts = g_new0(CommitFacts, 1001);

    facts[1].touches_stack_file = TRUE;
    g_autofree double *before = prior_of(history, facts);
    facts[7].known = 0.5;
    facts[9] = (CommitFacts){.known = 0.3, .is_merge = TRUE};
    g_autofree double *after = prior_of(history, facts);
    g_assert_cmpfloat_with_epsilon(after[7], (1 - DOUBT) * 0.5, 0.001);
    g_assert_cmpfloat_with_epsilon(after[9], (1 - DOUBT) * 0.3, 0.001);
    g_assert_cmpfloat(after[1], >, 0.19 * before[1]);
    for (guint32 r = 1; r < 1001; r++) {
        g_assert_cmpfloat(after[r], >=, DOUBT / 1000);
    }
}

/* The user suspects 5 of 1,000: half of the informed part is theirs. Of 600 they have more anyway.
 */
static void test_suspects(void)
{
    g_autoptr(History) history = line_of(1001);
    g_autofree CommitFacts *facts = g_new0(CommitFacts, 1001);

    for (guint32 r = 1; r <= 5; r++) {
        facts[r].is_suspect = TRUE;
    }
    g_autofree double *few = prior_of(history, facts);
    g_assert_cmpfloat_with_epsilon(sum_of(few, 1, 6), (1 - DOUBT) * 0.5 + DOUBT * 0.005, 1e-9);

    for (guint32 r = 1; r <= 600; r++) {
        facts[r].is_suspect = TRUE;
    }
    g_autofree double *many = prior_of(history, facts);
    g_assert_cmpfloat_with_epsilon(sum_of(many, 1, 601), 0.6, 1e-9);
}

static void test_weights(void)
{
    g_autoptr(History) history = line_of(4);
    const CommitFacts facts[4] = {[2] = {.log_weight = log(8)}};
    g_autofree double *prior = prior_of(history, facts);

    g_assert_cmpfloat_with_epsilon(prior[2], (1 - DOUBT) * 0.8 + DOUBT / 3, 1e-9);
}

static gboolean draw(GRand *rand, double chance)
{
    return g_rand_double(rand) < chance;
}

/* The promise: whatever the facts, and the weights of the user, nothing is lost but 3.3 bits
 * against a flat prior. */
static void test_wrong_prior_costs_little(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);

    for (guint round = 0; round < 300; round++) {
        guint n = (guint)g_rand_int_range(rand, 2, 200);
        g_autoptr(History) history = graph_random(rand, n, 0.2);
        g_autofree CommitFacts *facts = g_new0(CommitFacts, n);
        double often = g_rand_double(rand);

        for (guint32 r = 1; r < n; r++) {
            facts[r] = (CommitFacts){
                .touches_stack_file = draw(rand, often),
                .touches_stack_folder = draw(rand, often),
                .is_merge = draw(rand, 0.1),
                .is_release = draw(rand, 0.1),
                .is_outside = draw(rand, often),
                .is_fixed = draw(rand, often),
                .is_reverted = draw(rand, often),
                .n_files = (guint)g_rand_int_range(rand, 0, 10000),
                .is_suspect = draw(rand, often / 5),
                .log_weight = draw(rand, 0.5) ? g_rand_double_range(rand, -1e4, 1e4) : 0,
            };
        }
        g_autofree double *prior = prior_of(history, facts);

        for (guint32 r = 1; r < n; r++) {
            g_assert_cmpfloat(prior[r], >=, DOUBT / (n - 1) * (1 - 1e-9));
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/belief/prior/flat", test_flat);
    g_test_add_func("/belief/prior/merges", test_merges);
    g_test_add_func("/belief/prior/all-merges", test_all_merges);
    g_test_add_func("/belief/prior/stack", test_stack);
    g_test_add_func("/belief/prior/unlikely", test_unlikely);
    g_test_add_func("/belief/prior/factors", test_factors);
    g_test_add_func("/belief/prior/known", test_known);
    g_test_add_func("/belief/prior/suspects", test_suspects);
    g_test_add_func("/belief/prior/weights", test_weights);
    g_test_add_func("/belief/prior/wrong-prior-costs-little", test_wrong_prior_costs_little);
    return g_test_run();
}
