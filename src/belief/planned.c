/* SPDX-License-Identifier: Apache-2.0
 * The last question to the planner, and its answer. A batch of trials ends because the answer is
 * another revision, and then the same is asked once more.
 */
#include "belief-private.h"

#include <string.h>

/* The question and its answer. */
typedef struct Planned {
    double confidence;
    Costs costs; /* copies, owned */
    gboolean is_one;
    Experiment experiment;
} Planned;

static gboolean *copy_flags(const gboolean *flags, guint n)
{
    return g_memdup2(flags, flags != NULL ? n * sizeof *flags : 0);
}

static void keep_planned(Belief *belief, double confidence, const Costs *costs, gboolean is_one,
                         const Experiment *experiment)
{
    Planned *planned = g_new(Planned, 1);

    *planned = (Planned){.confidence = confidence, .costs = *costs, .is_one = is_one};
    if (is_one) {
        planned->experiment = *experiment;
    }
    planned->costs.build_s_of =
        g_memdup2(costs->build_s_of, costs->build_s_of != NULL ? belief->n * sizeof(double) : 0);
    planned->costs.built = copy_flags(costs->built, belief->n);
    planned->costs.busy = copy_flags(costs->busy, belief->n);
    planned->costs.barred = copy_flags(costs->barred, belief->n);
    g_clear_pointer(&belief->planned, planned_free);
    belief->planned = planned;
}

void planned_free(Planned *planned)
{
    if (planned == NULL) {
        return;
    }
    g_free((gpointer)planned->costs.build_s_of);
    g_free((gpointer)planned->costs.built);
    g_free((gpointer)planned->costs.busy);
    g_free((gpointer)planned->costs.barred);
    g_free(planned);
}

static gboolean are_equal(gconstpointer a, gconstpointer b, gsize n_bytes)
{
    return a == b || (a != NULL && b != NULL && memcmp(a, b, n_bytes) == 0);
}

static gboolean was_planned(const Belief *belief, double confidence, const Costs *costs)
{
    const Planned *planned = belief->planned;
    gsize flags = belief->n * sizeof(gboolean);

    return planned != NULL && planned->confidence == confidence &&
           planned->costs.build_s == costs->build_s && planned->costs.trial_s == costs->trial_s &&
           planned->costs.parallel_trials == costs->parallel_trials &&
           planned->costs.trial_price_s == costs->trial_price_s &&
           are_equal(planned->costs.build_s_of, costs->build_s_of, belief->n * sizeof(double)) &&
           are_equal(planned->costs.built, costs->built, flags) &&
           are_equal(planned->costs.busy, costs->busy, flags) &&
           are_equal(planned->costs.barred, costs->barred, flags);
}

gboolean belief_next_experiment(Belief *belief, double confidence, const Costs *costs,
                                Experiment *ret_experiment)
{
    belief_refresh(belief);
    if (!was_planned(belief, confidence, costs)) {
        Experiment experiment;
        gboolean is_one = belief_plan(belief, confidence, costs, &experiment);

        keep_planned(belief, confidence, costs, is_one, &experiment);
    }
    if (belief->planned->is_one) {
        *ret_experiment = belief->planned->experiment;
    }
    return belief->planned->is_one;
}
