/* SPDX-License-Identifier: Apache-2.0
 * The hypotheses that are still to be reckoned with: classes, the densest first, until they hold
 * the wanted share of belief.
 */
#include "belief-private.h"

static gint compare_density(gconstpointer a, gconstpointer b)
{
    const HypothesisClass *left = *(HypothesisClass *const *)a;
    const HypothesisClass *right = *(HypothesisClass *const *)b;
    double left_density = left->mass / left->n_members;
    double right_density = right->mass / right->n_members;

    if (left_density != right_density) {
        return left_density > right_density ? -1 : 1;
    }
    return left->member < right->member ? -1 : left->member > right->member;
}

static gint compare_posterior(gconstpointer a, gconstpointer b, gpointer posterior)
{
    guint32 left = *(const guint32 *)a;
    guint32 right = *(const guint32 *)b;
    const double *of = posterior;

    if (of[left] != of[right]) {
        return of[left] > of[right] ? -1 : 1;
    }
    return left < right ? -1 : left > right;
}

gboolean *belief_candidate_classes(Belief *belief, double confidence, guint *ret_n_candidates)
{
    belief_refresh(belief);
    guint n_classes = belief->classes->len;
    g_autoptr(GPtrArray) ranking = g_ptr_array_sized_new(n_classes);
    gboolean *is_taken = g_new0(gboolean, n_classes);
    double covered = 0;

    for (guint c = 0; c < n_classes; c++) {
        g_ptr_array_add(ranking, &g_array_index(belief->classes, HypothesisClass, c));
    }
    g_ptr_array_sort(ranking, compare_density);
    *ret_n_candidates = 0;
    for (guint i = 0; i < n_classes && covered < confidence; i++) {
        const HypothesisClass *class = g_ptr_array_index(ranking, i);

        is_taken[belief->class_of[class->member]] = TRUE;
        covered += class->mass;
        *ret_n_candidates += class->n_members;
    }
    return is_taken;
}

guint belief_n_candidates(Belief *belief, double confidence, guint32 *ret_best)
{
    guint n;
    g_autofree gboolean *is_taken = belief_candidate_classes(belief, confidence, &n);
    double most = -1;

    for (guint32 h = 0; h < belief->n; h++) {
        if (belief->posterior[h] > most && is_taken[belief->class_of[h]]) {
            most = belief->posterior[h];
            *ret_best = h;
        }
    }
    return n;
}

GArray *belief_candidates(Belief *belief, double confidence)
{
    guint n;
    g_autofree gboolean *is_taken = belief_candidate_classes(belief, confidence, &n);
    GArray *candidates = g_array_sized_new(FALSE, FALSE, sizeof(guint32), n);

    for (guint32 h = 0; h < belief->n; h++) {
        if (is_taken[belief->class_of[h]]) {
            g_array_append_val(candidates, h);
        }
    }
    g_array_sort_with_data(candidates, compare_posterior, belief->posterior);
    return candidates;
}

gboolean belief_tells_apart(const Belief *belief, const GArray *candidates)
{
    for (guint i = 0; i < candidates->len; i++) {
        guint32 class_of = belief->class_of[g_array_index(candidates, guint32, i)];

        if (g_array_index(belief->classes, HypothesisClass, class_of).n_members > 1) {
            return FALSE;
        }
    }
    return TRUE;
}
