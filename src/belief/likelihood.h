/* SPDX-License-Identifier: Apache-2.0
 * How probable the trials of one revision are, for each point of the grid of rates.
 */
#pragma once

#include "belief/belief.h"

/* One assumption on the rates of the job; they are the same for all its revisions. */
typedef struct RatePoint {
    double p;      /* mean crash rate of a revision with the bug */
    double q;      /* of one without */
    double hides;  /* where another bug would crash as well, the chance that it comes first */
    double spread; /* alpha + beta of the beta distribution around the mean: small is wide */
    double weight; /* prior; sums to 1 */
} RatePoint;

/* The chance of a tally at each point of the grid, for a revision with the bug and one without. */
typedef struct TallyLikelihood {
    const double *bug;
    const double *clean;
} TallyLikelihood;

typedef struct Rates Rates;
Rates *rates_new(const BeliefModel *model);
void rates_free(Rates *rates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rates, rates_free)

guint rates_n_points(const Rates *rates);
const RatePoint *rates_points(const Rates *rates);

/* Of the counts, doubtful crashes included; of one that is untestable, as if it had only these.
 * Valid until the next call with @rates. Up to some 10,000 trials. */
TallyLikelihood rates_likelihood(Rates *rates, const Tally *tally);

/* ln of the binomial coefficient. */
double log_choose(guint n, guint k);

/* At most so many trials are predicted at once. */
#define MOST_PREDICTED 70

/* Predicts trials after those of @before (predict.c). @if_bug and @if_clean weigh the grid, each
 * point divided by the likelihood of @before there; neither need sum to 1. They, @rates and @before
 * must outlive it. */
typedef struct Predictor Predictor;
Predictor *predictor_new(Rates *rates, const Tally *before, const double *if_bug,
                         const double *if_clean);
void predictor_free(Predictor *predictor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Predictor, predictor_free)

/* The chance of each number of crashes in @k trials, 0 to @k, with the bug and without: @k + 1
 * entries each. Less is to be worked out where larger @k come later. */
void predictor_ask(Predictor *predictor, guint k, double *ret_bug, double *ret_clean);
/* The chance that @k trials all end without a crash, where the bug is there with that of @has_bug.
 */
double predictor_quiet(Predictor *predictor, guint k, double has_bug);
