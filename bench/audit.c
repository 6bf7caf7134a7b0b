/* SPDX-License-Identifier: Apache-2.0
 * The audit against logs whose truth is known: fields read exactly, wrong and right answers
 * flagged, the trust against what came true; with --fit, the weights for src/audit/judge.c.
 *
 *     build/bench/bench-audit [--fit] ../shared/data/bisect-logs
 *
 * The folder holds the logs and expected.jsonl, an object a line: the fields of each log, and
 * gt_verdict, "correct" or "incorrect", where somebody knows.
 */
#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "../tests/audit/exact.h"
#include "audit/audit.h"

#define RIDGE       1.0
#define N_FEATURES  (N_AUDIT_SIGNS + 1) /* the first is the base */
#define N_FOLDS     5
#define N_SHUFFLES  20
#define MAX_BASE    1e-6

typedef struct Known {
    double x[N_FEATURES];
    double fixed; /* sum of the signs whose weight is not fitted */
    double trust;
    gboolean is_wrong;
} Known;

/* --- Fitting --------------------------------------------------------------------------------- */

/* Solve the @n equations in @a (n rows of n + 1), in place. */
static void solve(guint n, double a[N_FEATURES][N_FEATURES + 1], double *ret_x)
{
    for (guint i = 0; i < n; i++) {
        guint best = i;

        for (guint r = i; r < n; r++) {
            best = fabs(a[r][i]) > fabs(a[best][i]) ? r : best;
        }
        for (guint c = 0; c <= n; c++) {
            double swap = a[i][c];

            a[i][c] = a[best][c];
            a[best][c] = swap;
        }
        for (guint r = 0; r < n; r++) {
            double factor = a[r][i] / a[i][i];

            for (guint c = i; r != i && c <= n; c++) {
                a[r][c] -= factor * a[i][c];
            }
        }
    }
    for (guint i = 0; i < n; i++) {
        ret_x[i] = a[i][n] / a[i][i];
    }
}

static double log_odds(const Known *known, const double *weights)
{
    double sum = known->fixed;

    for (guint i = 0; i < N_FEATURES; i++) {
        sum += weights[i] * known->x[i];
    }
    return CLAMP(sum, -30, 30);
}

/* Logistic regression by Newton's method on those of @known that @take has. */
static void fit(const GArray *known, const gboolean *take, double *weights)
{
    memset(weights, 0, N_FEATURES * sizeof *weights);
    for (guint round = 0; round < 25; round++) {
        double a[N_FEATURES][N_FEATURES + 1] = {0}, step[N_FEATURES];

        for (guint i = 0; i < N_FEATURES; i++) {
            double ridge = i ? RIDGE : MAX_BASE;

            a[i][i] = ridge;
            a[i][N_FEATURES] = -ridge * weights[i];
        }
        for (guint k = 0; k < known->len; k++) {
            const Known *one = &g_array_index(known, Known, k);
            double p = 1 / (1 + exp(-log_odds(one, weights)));

            for (guint i = 0; take[k] && i < N_FEATURES; i++) {
                a[i][N_FEATURES] += (one->is_wrong - p) * one->x[i];
                for (guint j = 0; j < N_FEATURES; j++) {
                    a[i][j] += p * (1 - p) * one->x[i] * one->x[j];
                }
            }
        }
        solve(N_FEATURES, a, step);
        for (guint i = 0; i < N_FEATURES; i++) {
            weights[i] += step[i];
        }
    }
}

/* --- Telling --------------------------------------------------------------------------------- */

/* Of those flagged at @limit: share of the wrong, share of the right. */
static void print_flagged(const char *name, const GArray *known, const double *trust, double limit)
{
    guint n[2] = {0}, n_flagged[2] = {0};

    for (guint i = 0; i < known->len; i++) {
        const Known *one = &g_array_index(known, Known, i);

        n[one->is_wrong]++;
        n_flagged[one->is_wrong] += trust[i] < limit;
    }
    g_print("%-34s wrong flagged %u of %u (%.1f %%), right %u of %u (%.1f %%)\n", name,
            n_flagged[1], n[1], 100.0 * n_flagged[1] / MAX(1, n[1]), n_flagged[0], n[0],
            100.0 * n_flagged[0] / MAX(1, n[0]));
}

static void print_calibration(const GArray *known, const double *trust)
{
    g_print("\n%-12s %6s %8s %8s\n", "trust", "logs", "claimed", "right");
    for (guint bin = 0; bin < 5; bin++) {
        guint n = 0, n_right = 0;
        double claimed = 0;

        for (guint i = 0; i < known->len; i++) {
            if (MIN((guint)(trust[i] * 5), 4) == bin) {
                n++;
                claimed += trust[i];
                n_right += !g_array_index(known, Known, i).is_wrong;
            }
        }
        if (n) {
            g_print("%.1f to %.1f   %6u %7.1f%% %7.1f%%\n", bin / 5.0, (bin + 1) / 5.0, n,
                    100 * claimed / n, 100.0 * n_right / n);
        }
    }
}

/* Trust in each by weights fitted without it. Fold @i of @n_folds: those whose @place is i modulo.
 */
static void validate(const GArray *known, const guint *place, guint n_folds, double *trust)
{
    g_autofree gboolean *take = g_new(gboolean, known->len);

    for (guint fold = 0; fold < n_folds; fold++) {
        double weights[N_FEATURES];

        for (guint i = 0; i < known->len; i++) {
            take[i] = place[i] % n_folds != fold;
        }
        fit(known, take, weights);
        for (guint i = 0; i < known->len; i++) {
            if (!take[i]) {
                trust[i] += 1 / (1 + exp(log_odds(&g_array_index(known, Known, i), weights)));
            }
        }
    }
}

static void cross_validate(const GArray *known)
{
    g_autofree guint *place = g_new(guint, known->len);
    g_autofree double *trust = g_new0(double, known->len);
    g_autoptr(GRand) dice = g_rand_new_with_seed(1);

    for (guint i = 0; i < known->len; i++) {
        place[i] = i;
    }
    validate(known, place, 2, trust);
    print_flagged("fitted on odd, tested on even, v.v.", known, trust, AUDIT_BELIEVABLE);
    memset(trust, 0, known->len * sizeof *trust);
    for (guint shuffle = 0; shuffle < N_SHUFFLES; shuffle++) {
        for (guint i = known->len; i > 1; i--) {
            guint other = (guint)g_rand_int_range(dice, 0, (gint32)i), swap = place[i - 1];

            place[i - 1] = place[other];
            place[other] = swap;
        }
        validate(known, place, N_FOLDS, trust);
    }
    for (guint i = 0; i < known->len; i++) {
        trust[i] /= N_SHUFFLES;
    }
    print_flagged("5-fold, mean of 20", known, trust, AUDIT_BELIEVABLE);
    for (guint percent = 25; percent <= 55; percent += 5) {
        double limit = percent / 100.0;
        g_autofree char *name = g_strdup_printf("  the same, believed from %.2f on", limit);

        print_flagged(name, known, trust, limit);
    }
    print_calibration(known, trust);
}

static void print_fit(const GArray *known)
{
    g_autofree gboolean *take = g_new(gboolean, known->len);
    double weights[N_FEATURES];

    for (guint i = 0; i < known->len; i++) {
        take[i] = TRUE;
    }
    fit(known, take, weights);
    g_print("\nbase %.2f\n", weights[0]);
    for (guint sign = 0; sign < N_AUDIT_SIGNS; sign++) {
        double sum[2] = {0};

        for (guint i = 0; i < known->len; i++) {
            const Known *one = &g_array_index(known, Known, i);

            sum[one->is_wrong] += one->x[sign + 1];
        }
        g_print("%-18s %6.2f%s   strength in wrong %.1f, in right %.1f\n", audit_sign_name(sign),
                audit_sign_is_fixed(sign) ? audit_sign_weight(sign) : weights[sign + 1],
                audit_sign_is_fixed(sign) ? " fixed" : "      ", sum[1], sum[0]);
    }
}

/* --- The corpus ------------------------------------------------------------------------------ */

static void learn(GArray *known, const Audit *audit, const char *truth)
{
    Known one = {.x[0] = 1, .trust = audit->trust, .is_wrong = g_str_equal(truth, "incorrect")};

    for (guint sign = 0; sign < N_AUDIT_SIGNS; sign++) {
        one.x[sign + 1] = audit->strength[sign];
        if (audit_sign_is_fixed(sign)) {
            one.fixed += audit_sign_weight(sign) * audit->strength[sign];
        }
    }
    g_array_append_val(known, one);
}

static gboolean take_log(const OopsReader *reader, const char *folder, json_t *expected,
                         GArray *known, guint *n_exact, GError **error)
{
    const char *id = json_string_value(json_object_get(expected, "id"));
    const char *truth = json_string_value(json_object_get(expected, "gt_verdict"));
    g_autofree char *name = g_strconcat(id, ".txt", NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
    g_autoptr(BisectLog) log = NULL;
    gsize length;

    if (!g_file_get_contents(path, &text, &length, error)) {
        return FALSE;
    }
    log = bisect_log_read(text, length, error);
    if (!log) {
        return FALSE;
    }
    json_t *got = bisect_log_json(log);
    const char *difference = first_difference(expected, got);

    if (difference) {
        g_print("%s: %s differs\n", id, difference);
    } else {
        ++*n_exact;
    }
    json_decref(got);
    if (truth && log->result == RESULT_CULPRIT) {
        g_autoptr(Audit) audit = audit_new(reader, log);

        learn(known, audit, truth);
    }
    return TRUE;
}

static gboolean take_corpus(const char *folder, GArray *known, GError **error)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autofree char *path = g_build_filename(folder, "expected.jsonl", NULL), *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint n = 0, n_exact = 0;
    gint64 begin = g_get_monotonic_time();

    if (!g_file_get_contents(path, &text, NULL, error)) {
        return FALSE;
    }
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        json_t *expected = json_loads(lines[i], 0, NULL);
        gboolean ok = !expected || take_log(reader, folder, expected, known, &n_exact, error);

        n += expected != NULL;
        json_decref(expected);
        if (!ok) {
            return FALSE;
        }
    }
    g_print("all fields exact in %u of %u logs; read, judged and compared in %.2f s\n", n_exact, n,
            (double)(g_get_monotonic_time() - begin) / 1e6);
    return TRUE;
}

int main(int argc, char **argv)
{
    gboolean wants_fit = argc > 2 && g_str_equal(argv[1], "--fit");
    const char *folder = argc > 1 ? argv[argc - 1] : NULL;
    g_autoptr(GArray) known = g_array_new(FALSE, FALSE, sizeof(Known));
    g_autoptr(GError) error = NULL;
    g_autofree double *trust = NULL;

    if (!folder || !take_corpus(folder, known, &error)) {
        g_printerr("bench-audit: %s\n", error ? error->message : "no folder of logs given");
        return 1;
    }
    trust = g_new(double, known->len);
    for (guint i = 0; i < known->len; i++) {
        trust[i] = g_array_index(known, Known, i).trust;
    }
    print_flagged("the weights of judge.c", known, trust, AUDIT_BELIEVABLE);
    cross_validate(known);
    if (wants_fit) {
        print_fit(known);
    }
    return 0;
}
