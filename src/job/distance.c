/* SPDX-License-Identifier: Apache-2.0
 * Ways between revisions, as sums over ancestors: what two have not in common lies between them.
 */
#include "job/distance.h"

#include <math.h>

/* What an object out of ccache costs of one that is compiled: a clean build of hits alone takes an
 * eighth of one from nothing (docs/MEASURED.md, "A build beside the one before"). */
#define HIT (1.0 / 8)

struct Distances {
    const History *history;
    double *lengths;
    double *reached; /* of each: its length and those of all its ancestors */
    double *missed;  /* of each: the share of its objects that nobody has compiled yet */
};

Distances *distances_new(const History *history, const double *lengths)
{
    Distances *distances = g_new(Distances, 1);
    guint n = history_size(history);

    distances->history = history;
    distances->lengths = g_memdup2(lengths, n * sizeof *lengths);
    distances->reached = g_new(double, n);
    distances->missed = g_new(double, n);
    history_sum_ancestors(history, lengths, distances->reached);
    for (guint32 r = 0; r < n; r++) {
        distances->missed[r] = 1;
    }
    return distances;
}

void distances_free(Distances *distances)
{
    if (distances) {
        g_free(distances->lengths);
        g_free(distances->reached);
        g_free(distances->missed);
        g_free(distances);
    }
}

/* Of each revision, the share of its objects that @from has not. */
static void shares_beside(const Distances *distances, guint32 from, double *ret_shares)
{
    guint n = history_size(distances->history);
    g_autoptr(RevisionSet) below = history_ancestors(distances->history, from);
    g_autofree double *in_both = g_new(double, n);

    for (guint32 r = 0; r < n; r++) {
        in_both[r] = revision_set_has(below, r) ? distances->lengths[r] : 0;
    }
    history_sum_ancestors(distances->history, in_both, ret_shares);
    for (guint32 r = 0; r < n; r++) {
        double way = distances->reached[r] + distances->reached[from] - 2 * ret_shares[r];

        ret_shares[r] = -expm1(-MAX(way, 0));
    }
}

void distances_add_built(Distances *distances, guint32 revision)
{
    guint n = history_size(distances->history);
    g_autofree double *shares = g_new(double, n);

    shares_beside(distances, revision, shares);
    for (guint32 r = 0; r < n; r++) {
        distances->missed[r] = MIN(distances->missed[r], shares[r]);
    }
}

void distances_costs(const Distances *distances, gint64 tree, double near_s, double far_s,
                     double *ret_build_s)
{
    guint n = history_size(distances->history);

    if (tree >= 0) {
        shares_beside(distances, (guint32)tree, ret_build_s);
    }
    for (guint32 r = 0; r < n; r++) {
        double stale = tree >= 0 ? ret_build_s[r] : 1, missed = MIN(stale, distances->missed[r]);

        ret_build_s[r] = near_s + MAX(far_s - near_s, 0) * (missed + (stale - missed) * HIT);
    }
}
