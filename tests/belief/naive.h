/* SPDX-License-Identifier: Apache-2.0
 * The posterior by plain enumeration: no classes, no sums over ancestors, no gamma function.
 */
#pragma once

#include "belief/belief-private.h"

#include <math.h>

/* The chance of these very trials, one after the other: Polya's urn. */
static inline double naive_beta_binomial(guint n_crash, guint n_ok, double mean, double spread)
{
    double chance = 1;

    for (guint i = 0; i < n_crash; i++) {
        chance *= (mean * spread + i) / (spread + i);
    }
    for (guint i = 0; i < n_ok; i++) {
        chance *= ((1 - mean) * spread + i) / (spread + n_crash + i);
    }
    return chance;
}

/* As if the crash rate were uniform: k! m! / (k + m + 1)!. */
static inline double naive_any_rate(guint n_crash, guint n_ok)
{
    return naive_beta_binomial(n_crash, n_ok, 0.5, 2);
}

static inline double naive_likelihood(const BeliefModel *model, const RatePoint *at,
                                      const Tally *tally, gboolean has_bug)
{
    guint k = tally->n_crash;
    guint m = tally->n_ok;
    double clean = naive_beta_binomial(k, m, at->q, at->spread);

    if (tally->untestable) {
        return 1;
    }
    if (has_bug && tally->unreached) {
        Tally reached = *tally;

        reached.unreached = FALSE;
        return (1 - model->unreached) * naive_likelihood(model, at, &reached, TRUE) +
               model->unreached * naive_likelihood(model, at, &reached, FALSE);
    }
    if (has_bug) {
        return (1 - model->masked) * naive_beta_binomial(k, m, at->p, at->spread) +
               model->masked * clean;
    }
    return (1 - model->haunted) * clean + model->haunted * naive_any_rate(k, m);
}

/* Has @revision the bug by hypothesis @h? */
static inline gboolean naive_has_bug(const History *history, const BeliefModel *model, guint32 h,
                                     guint32 revision)
{
    gboolean reaches = history_reaches(history, h, revision);

    return model->is_fix ? h == 0 || !reaches : reaches;
}

/* Of all revisions whose kernel is that of @revision, by hypothesis @h. @groups[r]: the one that
 * stands for r. */
static inline double naive_group_likelihood(const History *history, const BeliefModel *model,
                                            const RatePoint *at, const Tally *tally, guint32 h,
                                            const guint32 *groups, guint32 revision)
{
    double bug = naive_likelihood(model, at, tally, TRUE);
    double clean = naive_likelihood(model, at, tally, FALSE);
    gboolean some_have = FALSE, some_have_not = FALSE;

    for (guint32 r = 0; r < history_size(history); r++) {
        gboolean has_bug = naive_has_bug(history, model, h, r);

        some_have |= groups[r] == revision && has_bug;
        some_have_not |= groups[r] == revision && !has_bug;
    }
    if (some_have && some_have_not) {
        return model->outside_kernel * MIN(bug, clean);
    }
    return some_have ? bug : clean;
}

/* Hypothesis by hypothesis, grid point by grid point, kernel by kernel. */
static inline double *naive_posterior(const History *history, const BeliefModel *model,
                                      const double *log_prior, const Tally *tallies,
                                      const guint32 *groups)
{
    guint n = history_size(history);
    g_autoptr(Rates) rates = rates_new(model);
    double *posterior = g_new0(double, n);
    double prior_sum = 0, sum = 0;

    for (guint32 h = 1; h < n; h++) {
        prior_sum += exp(log_prior[h]);
    }
    for (guint32 h = 0; h < n; h++) {
        for (guint g = 0; g < rates_n_points(rates); g++) {
            const RatePoint *at = &rates_points(rates)[g];
            double chance = at->weight;

            for (guint32 r = 0; r < n; r++) {
                if (groups[r] == r) {
                    chance *= naive_group_likelihood(history, model, at, &tallies[r], h, groups, r);
                }
            }
            posterior[h] += chance;
        }
        posterior[h] *= h == 0 ? model->older_than_range
                               : (1 - model->older_than_range) * exp(log_prior[h]) / prior_sum;
        sum += posterior[h];
    }
    for (guint32 h = 0; h < n; h++) {
        posterior[h] /= sum;
    }
    return posterior;
}
