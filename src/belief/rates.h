/* SPDX-License-Identifier: Apache-2.0
 * What likelihood.c and predict.c share.
 */
#pragma once

#include "likelihood.h"

#define N_P       12
#define N_Q       3
#define N_SPREADS 2
#define N_HIDES   2
#define N_ROWS    (N_SPREADS * N_HIDES)
#define N_POINTS  (N_P * N_Q * N_ROWS)

/* The chance of counts, for each spread and hides (a row): at the point of p and q it is of_p +
 * of_q with the bug, and clean of q without. */
typedef struct Entry {
    gint64 key; /* the counts, packed */
    double of_p[N_ROWS][N_P];
    double of_q[N_ROWS][N_Q];
    double clean[N_ROWS][N_Q];
} Entry;

/* ln gamma(first + i) for i = 0, 1, ..., as far as was asked for. All counts of a job are small and
 * come again and again, and these are nearly all that an entry costs. */
typedef struct LogGammas {
    double first;
    GArray *values; /* of double */
} LogGammas;

/* Of beta-binomials with one mean and spread. */
typedef struct MeanGammas {
    LogGammas alpha, beta;
} MeanGammas;

struct Rates {
    double masked;
    double haunted;
    double unreached;
    RatePoint points[N_POINTS]; /* all p of one q, all q of one spread, all spreads of one hides */
    LogGammas factorials;
    LogGammas of_spread[N_SPREADS];
    MeanGammas of_p[N_SPREADS][N_P];
    MeanGammas of_q[N_SPREADS][N_Q];
    GHashTable *entries;  /* set of Entry */
    Entry mixed;          /* of the last tally that is none of counts alone */
    double bug[N_POINTS]; /* of the last likelihood */
    double clean[N_POINTS];
};

/* The chance of @k crashes in @n runs, by @mean, which is one of those of @spread. */
double beta_binomial(Rates *rates, guint k, guint n, guint spread, MeanGammas *mean);
