/* SPDX-License-Identifier: Apache-2.0
 * What git_bayesect does: a history is the chain of first parents, and the culprit is the place
 * where the crash rate changes. The rates before and after have beta priors (0.05, 0.95) and
 * (0.9, 0.1), so the likelihood of all runs is a product of two beta functions for each place. The
 * next run is the one after which the expected entropy is least; what builds and runs cost does not
 * count. It ends at 0.95.
 *
 * Ours beside: a revision that cannot be tested is replaced by its nearest neighbour (by hand, its
 * user would); each revision is built once; the start gets some runs to crash in, since its user
 * saw it crash; and it ends after MOST_TRIALS.
 *
 * Cost: O(chain) a run.
 */
#include <math.h>

#include "lab.h"

#define STOP_AT     0.95
#define MOST_TRIALS 500
#define INFRA_TRIES 5
#define START_TRIES 10
#define OLD_ALPHA   0.05
#define OLD_BETA    0.95
#define NEW_ALPHA   0.9
#define NEW_BETA    0.1

/* Places, oldest first: 0 is the good end, the last one the start. */
typedef struct Chain {
    Lab lab;
    guint n;
    guint32 *revisions;
    guint *n_crash, *n_ok;
    gboolean *is_built, *is_untestable;
    double *posterior;                 /* that the culprit is at this place; 0 of the first */
    double *p_crash_old, *p_crash_new; /* of the next run, if the culprit is at this place */
} Chain;

static void chain_init(Chain *chain, const World *world)
{
    const History *history = world_history(world);
    g_autoptr(GArray) newest_first = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 revision = history_size(history) - 1;

    g_array_append_val(newest_first, revision);
    while (revision > 0) {
        guint n_parents;

        revision = history_parents(history, revision, &n_parents)[0];
        g_array_append_val(newest_first, revision);
    }
    *chain = (Chain){.n = newest_first->len};
    lab_init(&chain->lab, world);
    chain->revisions = g_new(guint32, chain->n);
    for (guint i = 0; i < chain->n; i++) {
        chain->revisions[i] = g_array_index(newest_first, guint32, chain->n - 1 - i);
    }
    chain->n_crash = g_new0(guint, chain->n);
    chain->n_ok = g_new0(guint, chain->n);
    chain->is_built = g_new0(gboolean, chain->n);
    chain->is_untestable = g_new0(gboolean, chain->n);
    chain->posterior = g_new0(double, chain->n);
    chain->p_crash_old = g_new0(double, chain->n);
    chain->p_crash_new = g_new0(double, chain->n);
}

static void chain_clear(Chain *chain)
{
    lab_clear(&chain->lab);
    g_free(chain->revisions);
    g_free(chain->n_crash);
    g_free(chain->n_ok);
    g_free(chain->is_built);
    g_free(chain->is_untestable);
    g_free(chain->posterior);
    g_free(chain->p_crash_old);
    g_free(chain->p_crash_new);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Chain, chain_clear)

/* One run; FALSE when @place cannot be tested. */
static gboolean try_place(Chain *chain, guint place)
{
    guint32 revision = chain->revisions[place];
    Runs runs = {0};

    if (!chain->is_built[place] && !lab_build(&chain->lab, revision)) {
        chain->is_untestable[place] = TRUE;
        return FALSE;
    }
    chain->is_built[place] = TRUE;
    for (guint i = 0; i < INFRA_TRIES && runs.n_infra == i; i++) {
        lab_run(&chain->lab, revision, 1, &runs);
    }
    chain->n_crash[place] += runs.n_crashed;
    chain->n_ok[place] += runs.n_ok;
    chain->is_untestable[place] = runs.n_broken > 0;
    return !chain->is_untestable[place];
}

static double log_beta(double a, double b)
{
    return lgamma(a) + lgamma(b) - lgamma(a + b);
}

static void update_posterior(Chain *chain)
{
    double n_crash_new = 0, n_ok_new = 0, n_crash_old = 0, n_ok_old = 0;
    double highest = -INFINITY;
    double sum = 0;

    for (guint i = 0; i < chain->n; i++) {
        n_crash_new += chain->n_crash[i];
        n_ok_new += chain->n_ok[i];
    }
    for (guint i = 1; i < chain->n; i++) {
        guint n_moved = chain->n_crash[i - 1] + chain->n_ok[i - 1];

        n_crash_old += chain->n_crash[i - 1];
        n_crash_new -= chain->n_crash[i - 1];
        n_ok_old += chain->n_ok[i - 1];
        n_ok_new -= chain->n_ok[i - 1];
        chain->p_crash_old[i] =
            (OLD_ALPHA + n_crash_old) / (OLD_ALPHA + OLD_BETA + n_crash_old + n_ok_old);
        chain->p_crash_new[i] =
            (NEW_ALPHA + n_crash_new) / (NEW_ALPHA + NEW_BETA + n_crash_new + n_ok_new);
        /* Where nothing was tested between two places, they are the same. */
        chain->posterior[i] = i > 1 && n_moved == 0
                                  ? chain->posterior[i - 1]
                                  : log_beta(OLD_ALPHA + n_crash_old, OLD_BETA + n_ok_old) +
                                        log_beta(NEW_ALPHA + n_crash_new, NEW_BETA + n_ok_new);
        highest = MAX(highest, chain->posterior[i]);
    }
    for (guint i = 1; i < chain->n; i++) {
        chain->posterior[i] = exp(chain->posterior[i] - highest);
        sum += chain->posterior[i];
    }
    for (guint i = 1; i < chain->n; i++) {
        chain->posterior[i] /= sum;
    }
}

static double times_log(double weight)
{
    return weight > 0 ? weight * log2(weight) : 0;
}

/* Of one outcome of a run: the sum of the weights of all places, and of weight times logarithm. */
typedef struct Weights {
    double sum;
    double sum_times_log;
} Weights;

static void weights_add(Weights *weights, double weight, double sign)
{
    weights->sum += sign * weight;
    weights->sum_times_log += sign * times_log(weight);
}

/* Entropy times the chance of the outcome. */
static double weights_entropy(const Weights *weights)
{
    return times_log(MAX(weights->sum, 0)) - weights->sum_times_log;
}

/* Where a run leaves least entropy. A run at a place is of the new side for all culprits up to it,
 * so going up the chain moves one culprit after the other from the old side to the new. */
static guint choose_place(const Chain *chain)
{
    Weights crash = {0}, ok = {0};
    double least = INFINITY;
    guint best = chain->n - 1;

    for (guint i = 1; i < chain->n; i++) {
        weights_add(&crash, chain->posterior[i] * chain->p_crash_old[i], 1);
        weights_add(&ok, chain->posterior[i] * (1 - chain->p_crash_old[i]), 1);
    }
    for (guint i = 1; i < chain->n; i++) {
        weights_add(&crash, chain->posterior[i] * chain->p_crash_old[i], -1);
        weights_add(&ok, chain->posterior[i] * (1 - chain->p_crash_old[i]), -1);
        weights_add(&crash, chain->posterior[i] * chain->p_crash_new[i], 1);
        weights_add(&ok, chain->posterior[i] * (1 - chain->p_crash_new[i]), 1);
        double entropy = weights_entropy(&crash) + weights_entropy(&ok);
        if (entropy < least) {
            least = entropy;
            best = i;
        }
    }
    return best;
}

/* The start was tested, so there is one. */
static guint nearest_testable(const Chain *chain, guint place)
{
    for (guint distance = 0; distance < chain->n; distance++) {
        if (distance <= place && !chain->is_untestable[place - distance]) {
            return place - distance;
        }
        if (place + distance < chain->n && !chain->is_untestable[place + distance]) {
            return place + distance;
        }
    }
    return chain->n - 1;
}

static gboolean ends_are_right(Chain *chain)
{
    guint start = chain->n - 1;

    for (guint i = 0; i < START_TRIES && chain->n_crash[start] == 0; i++) {
        try_place(chain, start);
    }
    return chain->n_crash[start] > 0 && try_place(chain, 0) && chain->n_crash[0] == 0;
}

static guint most_probable(const Chain *chain)
{
    guint best = 1;

    for (guint i = 2; i < chain->n; i++) {
        best = chain->posterior[i] > chain->posterior[best] ? i : best;
    }
    return best;
}

static gint compare_posteriors(gconstpointer a, gconstpointer b, gpointer user_data)
{
    const double *posterior = user_data;
    double left = posterior[*(const guint32 *)a];
    double right = posterior[*(const guint32 *)b];

    return (left < right) - (left > right);
}

/* Array of guint32: places, most probable first. */
static GArray *rank_places(const Chain *chain)
{
    GArray *places = g_array_sized_new(FALSE, FALSE, sizeof(guint32), chain->n);

    for (guint32 i = 1; i < chain->n; i++) {
        g_array_append_val(places, i);
    }
    g_array_sort_with_data(places, compare_posteriors, chain->posterior);
    return places;
}

/* One place, or the fewest that hold STOP_AT of the posterior together. */
static void answer(const Chain *chain, SimResult *result)
{
    guint best = most_probable(chain);
    guint32 culprit = world_culprit(chain->lab.world);
    g_autoptr(GArray) places = rank_places(chain);
    g_autoptr(GArray) set = g_array_new(FALSE, FALSE, sizeof(guint32));
    double held = 0;

    for (guint i = 0; i < places->len; i++) {
        guint32 place = g_array_index(places, guint32, i);

        if (held < STOP_AT) {
            g_array_append_val(set, chain->revisions[place]);
            held += chain->posterior[place];
        }
        if (chain->revisions[place] == culprit) {
            result->rank = i + 1;
        }
    }
    result->confidence = held;
    if (chain->posterior[best] >= STOP_AT) {
        result->culprit = chain->revisions[best];
    } else {
        result->ranked = g_steal_pointer(&set);
    }
}

void policy_bayes_linear(const World *world, guint n_workers, SimResult *ret_result)
{
    g_auto(Chain) chain = {0};

    *ret_result = (SimResult){.culprit = -1};
    chain_init(&chain, world);
    if (ends_are_right(&chain)) {
        update_posterior(&chain);
        while (chain.posterior[most_probable(&chain)] < STOP_AT &&
               chain.lab.n_trials < MOST_TRIALS) {
            try_place(&chain, nearest_testable(&chain, choose_place(&chain)));
            update_posterior(&chain);
        }
        answer(&chain, ret_result);
    }
    lab_bill(&chain.lab, ret_result);
}
