/* SPDX-License-Identifier: Apache-2.0
 * The trials of one revision.
 *
 * Given the rates (p, q, spread), k crashes in n trials of a revision have the chance
 *
 *     with the bug     (1 - masked)  BB(k, n; p, spread) + masked  BB(k, n; q, spread)
 *     without          (1 - haunted) BB(k, n; q, spread) + haunted / (n + 1)
 *
 * where BB is the beta-binomial with alpha = p spread and beta = (1 - p) spread: the revision draws
 * its own crash rate around the mean, since rates differ between revisions by more than chance
 * (measured on syzbot's bisections: chi2/df 1.8 in the median, which at 10 trials is spread 10). A
 * haunted revision has any rate, all alike: the integral of the binomial is 1 / (n + 1).
 *
 * p, q and spread are not known but shared by all revisions of a job. They are not estimated, since
 * an estimate from 20 runs plugged in was wrong 7 to 37 % at a claimed 95 %, but summed over a
 * grid; so everything below works with one number for each point of the grid.
 *
 * Another bug that crashes the same run cuts it short. Either it comes first whenever it comes at
 * all, and its crashes tell nothing; or one comes first as often as the other, and then a revision
 * that always crashes otherwise would have crashed alike in half of its runs. `hides` is the chance
 * c that the other comes first; a run that it cut short has, at the rate r, the chance
 *
 *     1 - (1 - c) r  =  (1 - r) + c r
 *
 * beside what does not depend on r (but on c: cut_weight()): it is an ok run, or with weight c a
 * crash. So j of them are a sum over how many would have been crashes, all terms positive; for c =
 * 1 they are nothing.
 *
 * Doubtful crashes of one kernel are of the bug with the chance that their identity gives, all of
 * them, since whether their title is another face of the bug is one question; else they are runs
 * cut short, which tell nothing. So however many there are, they count for the bug by 1 / (1 -
 * match) at most, and one by 1 + p match / (1 - match): the match is that chance where both were as
 * probable before.
 *
 * A kernel that could not have shown the bug (Tally.unreached) is nearly surely masked: with the
 * bug it has the chance of one without, but for 1 - unreached.
 *
 * Chances of counts (with the binomial coefficient) instead of chances of sequences: the
 * coefficient is the same for all hypotheses, and with it nothing gets too small for a double.
 */
#include "rates.h"

#include <math.h>
#include <string.h>

/* Beside p ~ 1 (86 % of tests at revisions with the bug crash always, 8.4 % sometimes). Never quite
 * 1: one run that ends ok by accident must not be proof. */
static const double p_always = 0.9995;
static const double p_sometimes[] = {0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
/* Crashes of the same identity without the bug are nearly always another bug at one place, which is
 * `haunted`; a rate that all revisions share is rare. */
static const double q_values[] = {0.0001, 0.01, 0.05};
static const double q_weights[] = {0.94, 0.04, 0.02};
/* The measured one, and nearly binomial. */
static const double spreads[] = {10, 100};
static const double spread_weights[] = {0.5, 0.5};
/* Of syzbot's tests at revisions with the bug that saw another one too, 32 saw only that, 22 both.
 */
static const double hides_values[] = {1, 0.5};
static const double hides_weights[] = {0.6, 0.4};

/* More of them are not kept: they are worked out anew, in about a microsecond each. */
#define MOST_ENTRIES 20000

G_STATIC_ASSERT(G_N_ELEMENTS(p_sometimes) + 1 == N_P && G_N_ELEMENTS(q_values) == N_Q &&
                G_N_ELEMENTS(spreads) == N_SPREADS && G_N_ELEMENTS(hides_values) == N_HIDES);

/* GLib's own takes the low half by the high one, and lets counts, which are small, collide. */
static guint hash_counts(gconstpointer key)
{
    guint64 counts = (guint64) * (const gint64 *)key;

    return (guint)(counts * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) >> 32);
}

/* --- Sums of logarithms ---------------------------------------------------------------------- */

static void log_gammas_init(LogGammas *gammas, double first)
{
    *gammas = (LogGammas){.first = first, .values = g_array_new(FALSE, FALSE, sizeof(double))};
}

static double log_gamma_at(LogGammas *gammas, guint i)
{
    while (gammas->values->len <= i) {
        int sign;
        double value = lgamma_r(gammas->first + gammas->values->len, &sign);

        g_array_append_val(gammas->values, value);
    }
    return g_array_index(gammas->values, double, i);
}

static void mean_gammas_init(MeanGammas *gammas, double mean, double spread)
{
    log_gammas_init(&gammas->alpha, mean * spread);
    log_gammas_init(&gammas->beta, spread - mean * spread);
}

static void mean_gammas_clear(MeanGammas *gammas)
{
    g_array_unref(gammas->alpha.values);
    g_array_unref(gammas->beta.values);
}

double log_choose(guint n, guint k)
{
    int sign;

    return lgamma_r(n + 1.0, &sign) - lgamma_r(k + 1.0, &sign) - lgamma_r(n - k + 1.0, &sign);
}

/* The same, of counts that come again. */
static double log_ways(Rates *rates, guint n, guint k)
{
    LogGammas *factorials = &rates->factorials;

    return log_gamma_at(factorials, n) - log_gamma_at(factorials, k) -
           log_gamma_at(factorials, n - k);
}

double beta_binomial(Rates *rates, guint k, guint n, guint spread, MeanGammas *mean)
{
    LogGammas *whole = &rates->of_spread[spread];

    return exp(log_ways(rates, n, k) + log_gamma_at(&mean->alpha, k) -
               log_gamma_at(&mean->alpha, 0) + log_gamma_at(&mean->beta, n - k) -
               log_gamma_at(&mean->beta, 0) + log_gamma_at(whole, 0) - log_gamma_at(whole, n));
}

/* --- The grid -------------------------------------------------------------------------------- */

/* The order of the points: all p of one q, all q of one spread, all spreads of one hides. */
static void fill_points(RatePoint *points, double always_crashes)
{
    for (guint i = 0; i < N_POINTS; i++) {
        guint p = i % N_P;
        guint q = i / N_P % N_Q;
        guint spread = i / N_P / N_Q % N_SPREADS;
        guint hides = i / N_P / N_Q / N_SPREADS;
        double p_weight =
            p == 0 ? always_crashes : (1 - always_crashes) / G_N_ELEMENTS(p_sometimes);

        points[i] = (RatePoint){
            .p = p == 0 ? p_always : p_sometimes[p - 1],
            .q = q_values[q],
            .hides = hides_values[hides],
            .spread = spreads[spread],
            .weight = p_weight * q_weights[q] * spread_weights[spread] * hides_weights[hides],
        };
    }
}

Rates *rates_new(const BeliefModel *model)
{
    Rates *rates = g_new0(Rates, 1);

    rates->masked = model->masked;
    rates->haunted = model->haunted;
    rates->unreached = model->unreached;
    fill_points(rates->points, model->always_crashes);
    log_gammas_init(&rates->factorials, 1);
    for (guint s = 0; s < N_SPREADS; s++) {
        log_gammas_init(&rates->of_spread[s], spreads[s]);
        for (guint p = 0; p < N_P; p++) {
            mean_gammas_init(&rates->of_p[s][p], rates->points[p].p, spreads[s]);
        }
        for (guint q = 0; q < N_Q; q++) {
            mean_gammas_init(&rates->of_q[s][q], q_values[q], spreads[s]);
        }
    }
    rates->entries = g_hash_table_new_full(hash_counts, g_int64_equal, g_free, NULL);
    return rates;
}

void rates_free(Rates *rates)
{
    if (rates == NULL) {
        return;
    }
    g_array_unref(rates->factorials.values);
    for (guint s = 0; s < N_SPREADS; s++) {
        g_array_unref(rates->of_spread[s].values);
        for (guint p = 0; p < N_P; p++) {
            mean_gammas_clear(&rates->of_p[s][p]);
        }
        for (guint q = 0; q < N_Q; q++) {
            mean_gammas_clear(&rates->of_q[s][q]);
        }
    }
    g_hash_table_unref(rates->entries);
    g_free(rates);
}

guint rates_n_points(const Rates *rates)
{
    return N_POINTS;
}

const RatePoint *rates_points(const Rates *rates)
{
    return rates->points;
}

/* --- Counts ---------------------------------------------------------------------------------- */

/* The chance of @k crashes in @n runs that were not cut short, and @j that were. */
static double cut_beta_binomial(Rates *rates, guint k, guint n, guint j, double hides, guint spread,
                                MeanGammas *mean)
{
    double own_ways = log_ways(rates, n, k);
    double sum = 0;

    if (j == 0 || hides >= 1) {
        return beta_binomial(rates, k, n, spread, mean);
    }
    for (guint i = 0; i <= j; i++) {
        sum +=
            beta_binomial(rates, k + i, n + j, spread, mean) *
            exp(log_ways(rates, j, i) + i * log(hides) + own_ways - log_ways(rates, n + j, k + i));
    }
    return sum;
}

/* How much better @k crashes, @m ok runs and @j that were cut short are explained by another bug
 * that comes first with the chance @hides than by one that always does. Its own rate o at this
 * kernel is unknown, so the ratio of the integrals of (1 - o c)^k (1 - o)^m o^j over o. Where it
 * was not seen, it need not be there, and nothing is told. */
static double cut_weight(Rates *rates, guint k, guint m, guint j, double hides)
{
    const guint n_steps = 64;
    double sum = 0;

    if (j == 0 || hides >= 1) {
        return 1;
    }
    for (guint i = 0; i < n_steps; i++) {
        double o = (i + 0.5) / n_steps;

        sum += exp(k * log(1 - o * hides) + m * log(1 - o) + j * log(o)) / n_steps;
    }
    return sum / exp(log_gamma_at(&rates->factorials, j) + log_gamma_at(&rates->factorials, k + m) -
                     log_gamma_at(&rates->factorials, j + k + m + 1));
}

/* A haunted revision has any rate: its runs that were cut short tell nothing. */
static void fill_row(Rates *rates, Entry *entry, guint row, guint k, guint n, guint j)
{
    guint spread = row % N_SPREADS;
    double hides = hides_values[row / N_SPREADS];
    double weight = cut_weight(rates, k, n - k, j, hides);

    for (guint p = 0; p < N_P; p++) {
        double chance = cut_beta_binomial(rates, k, n, j, hides, spread, &rates->of_p[spread][p]);

        entry->of_p[row][p] = (1 - rates->masked) * (weight * chance);
    }
    for (guint q = 0; q < N_Q; q++) {
        double chance =
            weight * cut_beta_binomial(rates, k, n, j, hides, spread, &rates->of_q[spread][q]);

        entry->of_q[row][q] = rates->masked * chance;
        entry->clean[row][q] = (1 - rates->haunted) * chance + weight * rates->haunted / (n + 1);
    }
}

static Entry *entry_new(Rates *rates, gint64 key, guint k, guint n, guint j)
{
    Entry *entry = g_new(Entry, 1);

    entry->key = key;
    for (guint row = 0; row < N_ROWS; row++) {
        if (row >= N_SPREADS && j == 0) { /* nothing was hidden */
            memcpy(entry->of_p[row], entry->of_p[row - N_SPREADS], sizeof entry->of_p[row]);
            memcpy(entry->of_q[row], entry->of_q[row - N_SPREADS], sizeof entry->of_q[row]);
            memcpy(entry->clean[row], entry->clean[row - N_SPREADS], sizeof entry->clean[row]);
        } else {
            fill_row(rates, entry, row, k, n, j);
        }
    }
    return entry;
}

/* Valid until the next call. */
static const Entry *entry_of(Rates *rates, guint n_crash, guint n_ok, guint n_other)
{
    const guint64 most = (1 << 21) - 1;
    gint64 key = (gint64)(MIN(n_crash, most) << 42 | MIN(n_ok, most) << 21 | MIN(n_other, most));
    Entry *entry = g_hash_table_lookup(rates->entries, &key);

    if (entry == NULL) {
        if (g_hash_table_size(rates->entries) >= MOST_ENTRIES) {
            g_hash_table_remove_all(rates->entries);
        }
        entry = entry_new(rates, key, n_crash, n_crash + n_ok, n_other);
        g_hash_table_add(rates->entries, entry);
    }
    return entry;
}

/* --- Tallies --------------------------------------------------------------------------------- */

/* @into = @a x @into + @b x @other, entry by entry. */
static void entry_mix(Entry *into, double a, double b, const Entry *other)
{
    for (guint row = 0; row < N_ROWS; row++) {
        for (guint p = 0; p < N_P; p++) {
            into->of_p[row][p] = a * into->of_p[row][p] + b * other->of_p[row][p];
        }
        for (guint q = 0; q < N_Q; q++) {
            into->of_q[row][q] = a * into->of_q[row][q] + b * other->of_q[row][q];
            into->clean[row][q] = a * into->clean[row][q] + b * other->clean[row][q];
        }
    }
}

/* All of the doubtful crashes are of the bug, or none. The entries hold chances of counts; what is
 * added are chances of sequences, brought back to the count without the doubtful ones. */
static const Entry *mix_doubtful(Rates *rates, const Tally *tally)
{
    guint n_crash = tally->untestable ? 0 : tally->n_crash;
    guint n_ok = tally->untestable ? 0 : tally->n_ok, n = n_crash + n_ok, m = tally->n_doubtful;
    double match = CLAMP(tally->match, 0, 1);
    double chance = match * exp(log_ways(rates, n, n_crash) - log_ways(rates, n + m, n_crash + m));

    rates->mixed = *entry_of(rates, n_crash + m, n_ok, tally->n_other);
    entry_mix(&rates->mixed, chance, 1 - match, entry_of(rates, n_crash, n_ok, tally->n_other));
    return &rates->mixed;
}

/* A person's word says nothing of the rates. It is taken for right as long as little else speaks
 * against it: who errs once in a thousand times is overruled by four revisions that all say so. */
#define SAID_WRONGLY 0.001

static const Entry *entry_of_said(Rates *rates, Verdict said)
{
    Entry *entry = &rates->mixed;

    *entry = (Entry){0};
    for (guint row = 0; row < N_ROWS; row++) {
        for (guint p = 0; p < N_P; p++) {
            entry->of_p[row][p] = said == VERDICT_BAD ? 1 : SAID_WRONGLY;
        }
        for (guint q = 0; q < N_Q; q++) {
            entry->clean[row][q] = said == VERDICT_BAD ? SAID_WRONGLY : 1;
        }
    }
    return entry;
}

/* With the bug or without, it looks like one without, but for the chance that the proof was wrong.
 */
static const Entry *mix_unreached(Rates *rates, const Entry *reached)
{
    Entry *entry = &rates->mixed;

    if (reached != entry) {
        *entry = *reached;
    }
    for (guint row = 0; row < N_ROWS; row++) {
        for (guint p = 0; p < N_P; p++) {
            entry->of_p[row][p] *= 1 - rates->unreached;
        }
        for (guint q = 0; q < N_Q; q++) {
            entry->of_q[row][q] = (1 - rates->unreached) * entry->of_q[row][q] +
                                  rates->unreached * entry->clean[row][q];
        }
    }
    return entry;
}

/* Valid until the next call. */
static const Entry *entry_of_tally(Rates *rates, const Tally *tally)
{
    const Entry *entry;

    if (tally->said == VERDICT_GOOD || tally->said == VERDICT_BAD) {
        entry = entry_of_said(rates, tally->said);
    } else if (tally->n_doubtful > 0) {
        entry = mix_doubtful(rates, tally);
    } else if (tally->untestable) {
        entry = entry_of(rates, 0, 0, tally->n_other);
    } else {
        entry = entry_of(rates, tally->n_crash, tally->n_ok, tally->n_other);
    }
    return tally->unreached ? mix_unreached(rates, entry) : entry;
}

TallyLikelihood rates_likelihood(Rates *rates, const Tally *tally)
{
    const Entry *entry = entry_of_tally(rates, tally);

    for (guint i = 0; i < N_POINTS; i++) {
        guint row = i / (N_P * N_Q), q = i / N_P % N_Q, p = i % N_P;

        rates->bug[i] = entry->of_p[row][p] + entry->of_q[row][q];
        rates->clean[i] = entry->clean[row][q];
    }
    return (TallyLikelihood){.bug = rates->bug, .clean = rates->clean};
}
