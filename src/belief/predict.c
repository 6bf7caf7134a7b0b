/* SPDX-License-Identifier: Apache-2.0
 * What trials at a revision will show, by what is believed of the rates and by its trials so far.
 *
 * A sequence of trials with c crashes and d quiet runs has by a beta-binomial, after what came
 * before, the chance
 *
 *     alpha (alpha + 1) ... (alpha + c - 1)  beta ... (beta + d - 1)  /  spread ... (spread + c + d
 * - 1),
 *
 * alpha and beta with what came before added. So it is a product of a number for c, one for d and
 * one for c + d. The likelihood of counts is a sum of such terms: one for each p and spread and one
 * for each q and spread (hides plays no part where nothing was cut short), and the one of a haunted
 * revision, whose rate may be any: a beta-binomial with alpha = beta = 1. So a prediction is a
 * mixture of 31 *parts*, and the weight of each is that of the grid times what the trials so far
 * say.
 *
 * Cost: 31 x outcomes; all 226 of planner.c take some microseconds, where the likelihood of all
 * trials, point by point of the grid for each outcome, would take a hundred. Where the trials
 * before were not plain ones, it is that all the same.
 */
#include "rates.h"

#include <math.h>

/* Those of p, then those of q, that of a haunted revision, and one to make it a multiple of four.
 */
#define FIRST_Q (N_SPREADS * N_P)
#define HAUNTED (FIRST_Q + N_SPREADS * N_Q)
#define N_PARTS 32

typedef struct Parts {
    double of[N_PARTS];
} Parts;

struct Predictor {
    Rates *rates;
    const Tally *before;
    const double *if_bug, *if_clean;
    gboolean is_plain; /* what follows is used */
    Parts bug, clean;  /* weights */
    Parts scale;       /* 1 / (alpha + beta) */
    Parts alpha, beta; /* with what came before */
    guint n_known;     /* of the arrays below */
    /* x (x + 1) ... (x + i - 1) / (alpha + beta)^i for x = alpha, beta, and both: the power, so
     * that it stays in the range of a double. */
    Parts rising_alpha[MOST_PREDICTED + 1];
    Parts rising_beta[MOST_PREDICTED + 1];
    Parts rising_both[MOST_PREDICTED + 1];
};

G_STATIC_ASSERT(HAUNTED < N_PARTS && FIRST_Q % 4 == 0 && N_PARTS % 4 == 0);

/* By what came before, a part has @chance. */
static void set_part(Predictor *predictor, guint part, double mean, double spread, double chance)
{
    predictor->alpha.of[part] = mean * spread + predictor->before->n_crash;
    predictor->beta.of[part] = spread - mean * spread + predictor->before->n_ok;
    predictor->scale.of[part] = 1 / (predictor->alpha.of[part] + predictor->beta.of[part]);
    predictor->bug.of[part] *= chance;
    predictor->clean.of[part] *= chance;
}

/* Of the grid, and then what the trials say. */
static void weigh_parts(Predictor *predictor)
{
    Rates *rates = predictor->rates;
    guint k = predictor->before->n_crash, n = k + predictor->before->n_ok;
    double *bug = predictor->bug.of, *clean = predictor->clean.of;

    for (guint i = 0; i < N_POINTS; i++) {
        guint spread = i / (N_P * N_Q) % N_SPREADS;
        guint q = FIRST_Q + spread * N_Q + i / N_P % N_Q;

        bug[spread * N_P + i % N_P] += (1 - rates->masked) * predictor->if_bug[i];
        bug[q] += rates->masked * predictor->if_bug[i];
        clean[q] += (1 - rates->haunted) * predictor->if_clean[i];
        clean[HAUNTED] += rates->haunted * predictor->if_clean[i];
    }
    for (guint spread = 0; spread < N_SPREADS; spread++) {
        const RatePoint *points = rates->points + (gsize)spread * N_P * N_Q;

        for (guint p = 0; p < N_P; p++) {
            set_part(predictor, spread * N_P + p, points[p].p, points->spread,
                     beta_binomial(rates, k, n, spread, &rates->of_p[spread][p]));
        }
        for (guint q = 0; q < N_Q; q++) {
            set_part(predictor, FIRST_Q + spread * N_Q + q, points[(gsize)q * N_P].q,
                     points->spread, beta_binomial(rates, k, n, spread, &rates->of_q[spread][q]));
        }
    }
    for (guint part = HAUNTED; part < N_PARTS; part++) {
        set_part(predictor, part, 0.5, 2, 1.0 / (n + 1));
    }
}

Predictor *predictor_new(Rates *rates, const Tally *before, const double *if_bug,
                         const double *if_clean)
{
    Predictor *predictor = g_new(Predictor, 1);

    predictor->rates = rates;
    predictor->before = before;
    predictor->if_bug = if_bug;
    predictor->if_clean = if_clean;
    predictor->is_plain = before->n_other + before->n_doubtful == 0 && !before->unreached &&
                          !before->untestable && before->said == VERDICT_UNKNOWN;
    if (predictor->is_plain) {
        predictor->bug = predictor->clean = (Parts){0};
        weigh_parts(predictor);
        for (guint part = 0; part < N_PARTS; part++) {
            predictor->rising_alpha[0].of[part] = predictor->rising_beta[0].of[part] =
                predictor->rising_both[0].of[part] = 1;
        }
        predictor->n_known = 1;
    }
    return predictor;
}

void predictor_free(Predictor *predictor)
{
    g_free(predictor);
}

static void know(Predictor *predictor, guint k)
{
    for (guint i = predictor->n_known; i <= k; i++) {
        for (guint part = 0; part < N_PARTS; part++) {
            double alpha = predictor->alpha.of[part], beta = predictor->beta.of[part];
            double scale = predictor->scale.of[part];

            predictor->rising_alpha[i].of[part] =
                predictor->rising_alpha[i - 1].of[part] * (alpha + (i - 1)) * scale;
            predictor->rising_beta[i].of[part] =
                predictor->rising_beta[i - 1].of[part] * (beta + (i - 1)) * scale;
            predictor->rising_both[i].of[part] =
                predictor->rising_both[i - 1].of[part] * (alpha + beta + (i - 1)) * scale;
        }
    }
    predictor->n_known = MAX(predictor->n_known, k + 1);
}

/* The sum of a product of three, from @first on: in four sums, since one would have to wait for
 * each addition. */
static double sum_parts(const Parts *a, const Parts *b, const Parts *c, guint first)
{
    double sums[4] = {0};

    for (guint i = first; i < N_PARTS; i += 4) {
        for (guint j = 0; j < 4; j++) {
            sums[j] += a->of[i + j] * b->of[i + j] * c->of[i + j];
        }
    }
    return sums[0] + sums[1] + (sums[2] + sums[3]);
}

static void ask_plain(Predictor *predictor, guint k, double *ret_bug, double *ret_clean)
{
    Parts bug = predictor->bug, clean = predictor->clean;
    double choose = 1;

    know(predictor, k);
    for (guint part = 0; part < N_PARTS; part++) {
        bug.of[part] /= predictor->rising_both[k].of[part];
        clean.of[part] /= predictor->rising_both[k].of[part];
    }
    for (guint crashes = 0; crashes <= k; crashes++) {
        const Parts *alpha = &predictor->rising_alpha[crashes];
        const Parts *beta = &predictor->rising_beta[k - crashes];

        ret_bug[crashes] = choose * sum_parts(&bug, alpha, beta, 0);
        ret_clean[crashes] = choose * sum_parts(&clean, alpha, beta, FIRST_Q);
        choose = choose * (k - crashes) / (crashes + 1);
    }
}

static void ask_all(const Predictor *predictor, guint k, double *ret_bug, double *ret_clean)
{
    const Tally *before = predictor->before;
    guint n_before = before->n_crash + before->n_ok;

    for (guint crashes = 0; crashes <= k; crashes++) {
        Tally all = *before;

        all.n_crash += crashes;
        all.n_ok += k - crashes;
        TallyLikelihood after = rates_likelihood(predictor->rates, &all);
        /* From the chance of a count of all trials to that of a count of the last k. */
        double ways = exp(log_choose(k, crashes) - log_choose(n_before + k, all.n_crash));

        ret_bug[crashes] = ret_clean[crashes] = 0;
        for (guint g = 0; g < N_POINTS; g++) {
            ret_bug[crashes] += predictor->if_bug[g] * after.bug[g];
            ret_clean[crashes] += predictor->if_clean[g] * after.clean[g];
        }
        ret_bug[crashes] *= ways;
        ret_clean[crashes] *= ways;
    }
}

static void normalise(double *chances, guint n)
{
    double sum = 0;

    for (guint i = 0; i < n; i++) {
        sum += chances[i];
    }
    for (guint i = 0; i < n; i++) {
        chances[i] /= sum;
    }
}

void predictor_ask(Predictor *predictor, guint k, double *ret_bug, double *ret_clean)
{
    g_assert(k <= MOST_PREDICTED);
    if (predictor->is_plain) {
        ask_plain(predictor, k, ret_bug, ret_clean);
    } else {
        ask_all(predictor, k, ret_bug, ret_clean);
    }
    normalise(ret_bug, k + 1);
    normalise(ret_clean, k + 1);
}

double predictor_quiet(Predictor *predictor, guint k, double has_bug)
{
    double bug[MOST_PREDICTED + 1], clean[MOST_PREDICTED + 1];
    double all_bug = 0, all_clean = 0;

    if (!predictor->is_plain) {
        predictor_ask(predictor, k, bug, clean);
        return has_bug * bug[0] + (1 - has_bug) * clean[0];
    }
    know(predictor, k);
    bug[0] = clean[0] = 0;
    for (guint part = 0; part < N_PARTS; part++) {
        double quiet = predictor->rising_beta[k].of[part] / predictor->rising_both[k].of[part];

        all_bug += predictor->bug.of[part];
        all_clean += predictor->clean.of[part];
        bug[0] += predictor->bug.of[part] * quiet;
        clean[0] += predictor->clean.of[part] * quiet;
    }
    return has_bug * bug[0] / all_bug + (1 - has_bug) * clean[0] / all_clean;
}
