/* SPDX-License-Identifier: Apache-2.0
 * What the figures of crash identity rest on (docs/BELIEF.md, "Identity"): bench-identity DATA
 *
 * DATA/bisect-logs/NAME.txt are bisections of syzbot with the title of each run; the trace of
 * DATA/scenarios/scenarios.tsv says of some of their tests whether the revision has the bug, by its
 * true culprit. DATA/titles has reports with stacks. Each log counts as one, however many tests it
 * has: tests of one log show the same crashes again and again.
 */
#include "oops/oops.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

/* --- Logs ------------------------------------------------------------------------------------ */

/* "all runs: " does not say how many. */
#define USUAL_RUNS 10
/* A title of the start with a smaller share says little of what the bug is. */
#define RARE_SHARE 0.2
/* Of a log, so that a relation never seen has some chance. */
#define SMOOTHING 0.5

typedef enum Side { SIDE_CLEAN, SIDE_BUG, SIDE_UNKNOWN, N_SIDES } Side;

/* The crashes of one tested revision. */
typedef struct Test {
    GHashTable *titles; /* title -> number of runs */
    Side side;
} Test;

typedef struct Log {
    char *name;
    GPtrArray *tests; /* of Test; the first is of the start */
} Log;

static void test_free(Test *test)
{
    g_hash_table_unref(test->titles);
    g_free(test);
}

static void log_free(Log *log)
{
    g_free(log->name);
    g_ptr_array_unref(log->tests);
    g_free(log);
}

/* "run #3: crashed: TITLE", "all runs: crashed: TITLE" */
static void read_run(Test *test, const char *line)
{
    static const char word[] = ": crashed: ";
    const char *title = strstr(line, word);
    gboolean all = g_str_has_prefix(line, "all runs: ");

    if (title && (all || g_str_has_prefix(line, "run #"))) {
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(test->titles, title + strlen(word)));

        g_hash_table_insert(test->titles, g_strdup(title + strlen(word)),
                            GUINT_TO_POINTER(n + (all ? USUAL_RUNS : 1)));
    }
}

static Log *log_read(const char *path, const char *name)
{
    g_autofree char *text = NULL;
    Log *log = g_new0(Log, 1);

    log->name = g_strdup(name);
    log->tests = g_ptr_array_new_with_free_func((GDestroyNotify)test_free);
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return log;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, "testing commit ")) {
            Test *test = g_new0(Test, 1);

            test->titles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
            test->side = SIDE_UNKNOWN;
            g_ptr_array_add(log->tests, test);
        } else if (log->tests->len > 0) {
            read_run(log->tests->pdata[log->tests->len - 1], *line);
        }
    }
    return log;
}

/* Each word of a trace is a test, and ends with 1 (it has the bug), 0, or nothing where it is not
 * known. FALSE when the log has other tests than the trace. */
static gboolean take_truth(const Log *log, const char *trace)
{
    g_auto(GStrv) words = g_strsplit(trace, " ", -1);

    if (g_strv_length(words) != log->tests->len) {
        return FALSE;
    }
    for (guint i = 0; i < log->tests->len; i++) {
        Test *test = log->tests->pdata[i];

        test->side = g_str_has_suffix(words[i], ":1")   ? SIDE_BUG
                     : g_str_has_suffix(words[i], ":0") ? SIDE_CLEAN
                                                        : SIDE_UNKNOWN;
    }
    return TRUE;
}

/* Logs whose start crashed and whose truth is known in part. */
static GPtrArray *read_logs(const char *data)
{
    g_autofree char *table = g_build_filename(data, "scenarios", "scenarios.tsv", NULL);
    g_autofree char *text = NULL;
    GPtrArray *logs = g_ptr_array_new_with_free_func((GDestroyNotify)log_free);

    if (!g_file_get_contents(table, &text, NULL, NULL)) {
        return logs;
    }
    g_auto(GStrv) rows = g_strsplit(text, "\n", -1);
    for (char **row = rows; *row; row++) {
        g_auto(GStrv) cells = g_strsplit(*row, "\t", -1);
        g_autofree char *file = g_strconcat(cells[0] ? cells[0] : "", ".txt", NULL);
        g_autofree char *path = g_build_filename(data, "bisect-logs", file, NULL);

        if (!cells[0] || !g_file_test(path, G_FILE_TEST_EXISTS)) {
            continue;
        }
        Log *log = log_read(path, cells[0]);
        if (take_truth(log, cells[g_strv_length(cells) - 1]) &&
            g_hash_table_size(((Test *)log->tests->pdata[0])->titles) > 0) {
            g_ptr_array_add(logs, log);
        } else {
            log_free(log);
        }
    }
    return logs;
}

/* --- What they say --------------------------------------------------------------------------- */

/* Sums over logs; each log counts as one. */
typedef struct Counts {
    guint n_logs[2], n_tests[2];
    guint n_tests_with_others; /* clean ones that show a crash whose title the start did not have */
    double shows[OOPS_N_RELATIONS][2]; /* the part of a log's tests that show it */
    guint n_shows[OOPS_N_RELATIONS][2], n_logs_show[OOPS_N_RELATIONS][2];
} Counts;

/* The nearest relation of @title to a title of the start that is not rare there. */
static OopsRelation relation_to_start(const Log *log, const char *title)
{
    g_autoptr(OopsIdentity) crash = oops_identity_of_title(title, NULL);
    GHashTable *faces = ((const Test *)log->tests->pdata[0])->titles;
    OopsRelation nearest = OOPS_UNRELATED;
    guint n_runs = 0, n_most = 0;
    GHashTableIter iter;
    gpointer seen, n;

    g_hash_table_iter_init(&iter, faces);
    while (g_hash_table_iter_next(&iter, NULL, &n)) {
        n_runs += GPOINTER_TO_UINT(n);
        n_most = MAX(n_most, GPOINTER_TO_UINT(n));
    }
    g_hash_table_iter_init(&iter, faces);
    while (g_hash_table_iter_next(&iter, &seen, &n)) {
        g_autoptr(OopsIdentity) face = oops_identity_of_title(seen, NULL);
        OopsRelation relation = oops_relation(face, crash);
        gboolean is_rare = GPOINTER_TO_UINT(n) < MIN(RARE_SHARE * n_runs, n_most);

        if (relation == OOPS_SAME_TITLE || !is_rare) {
            nearest = MIN(nearest, relation);
        }
    }
    return nearest;
}

static void count_log(Counts *counts, const Log *log)
{
    guint n_tests[2] = {0}, n_shows[OOPS_N_RELATIONS][2] = {0};

    for (guint i = 1; i < log->tests->len; i++) {
        const Test *test = log->tests->pdata[i];
        gboolean shows[OOPS_N_RELATIONS] = {0}, has_other = FALSE;
        GHashTableIter iter;
        const char *title;

        if (test->side == SIDE_UNKNOWN) {
            continue;
        }
        n_tests[test->side]++;
        g_hash_table_iter_init(&iter, test->titles);
        while (g_hash_table_iter_next(&iter, (gpointer *)&title, NULL)) {
            OopsRelation relation = relation_to_start(log, title);

            shows[relation] = TRUE;
            has_other = has_other || relation != OOPS_SAME_TITLE;
        }
        for (guint r = 0; r < OOPS_N_RELATIONS; r++) {
            n_shows[r][test->side] += shows[r];
        }
        counts->n_tests_with_others += test->side == SIDE_CLEAN && has_other;
    }
    for (guint side = 0; side < 2; side++) {
        counts->n_logs[side] += n_tests[side] > 0;
        counts->n_tests[side] += n_tests[side];
        for (guint r = 0; r < OOPS_N_RELATIONS && n_tests[side] > 0; r++) {
            counts->shows[r][side] += (double)n_shows[r][side] / n_tests[side];
            counts->n_shows[r][side] += n_shows[r][side];
            counts->n_logs_show[r][side] += n_shows[r][side] > 0;
        }
    }
}

/* Which logs of an array. */
typedef enum Half { EVEN, ODD, ALL } Half;

static Counts count_logs(const GPtrArray *logs, Half half)
{
    Counts counts = {0};

    for (guint i = 0; i < logs->len; i++) {
        if (half == ALL || (i % 2 == 1) == (half == ODD)) {
            count_log(&counts, logs->pdata[i]);
        }
    }
    return counts;
}

static double rate(const Counts *counts, guint relation, Side side)
{
    return counts->shows[relation][side] / counts->n_logs[side];
}

/* What a revision with the bug shows more than one without is the bug's. */
static double own_rate(const Counts *counts, guint relation)
{
    double more = rate(counts, relation, SIDE_BUG) - rate(counts, relation, SIDE_CLEAN);

    return MAX(more, 0) + SMOOTHING / counts->n_logs[SIDE_BUG];
}

static double other_rate(const Counts *counts, guint relation)
{
    return rate(counts, relation, SIDE_CLEAN) + SMOOTHING / counts->n_logs[SIDE_CLEAN];
}

/* The ratios of titles that the start did not show. */
static void learn(const Counts *counts, OopsMatchModel *model)
{
    double own = 0, other = 0;

    for (guint r = OOPS_SAME_TITLE + 1; r < OOPS_N_RELATIONS; r++) {
        own += own_rate(counts, r);
        other += other_rate(counts, r);
    }
    for (guint r = OOPS_SAME_TITLE + 1; r < OOPS_N_RELATIONS; r++) {
        model->ratio[r] = own_rate(counts, r) / own / (other_rate(counts, r) / other);
    }
    model->others = (counts->n_tests_with_others + SMOOTHING) / counts->n_tests[SIDE_CLEAN];
}

static void print_relations(const GPtrArray *logs)
{
    Counts counts = count_logs(logs, ALL);
    OopsMatchModel used, learned;

    oops_match_model_default(&used);
    learned = used;
    learn(&counts, &learned);
    g_print("logs with tests whose truth is known: %u with the bug, %u without; tests: %u, %u\n"
            "clean tests that show a title the start did not: %u, others = %.3f (used: %g)\n\n"
            "| relation | tests with the bug (logs) | tests without (logs) | rates by log %% | "
            "ratio | used |\n|---|---|---|---|---|---|\n",
            counts.n_logs[SIDE_BUG], counts.n_logs[SIDE_CLEAN], counts.n_tests[SIDE_BUG],
            counts.n_tests[SIDE_CLEAN], counts.n_tests_with_others, learned.others, used.others);
    for (guint r = 0; r < OOPS_N_RELATIONS; r++) {
        g_print("| %s | %u (%u) | %u (%u) | %.1f, %.1f | %.2f | %g |\n", oops_relation_name(r),
                counts.n_shows[r][SIDE_BUG], counts.n_logs_show[r][SIDE_BUG],
                counts.n_shows[r][SIDE_CLEAN], counts.n_logs_show[r][SIDE_CLEAN],
                100 * rate(&counts, r, SIDE_BUG), 100 * rate(&counts, r, SIDE_CLEAN),
                learned.ratio[r], used.ratio[r]);
    }
}

/* --- Titles not seen yet --------------------------------------------------------------------- */

#define MOST_SINGLE 3

static void print_unseen(const GPtrArray *logs)
{
    double unseen[MOST_SINGLE + 1] = {0}, said[MOST_SINGLE + 1] = {0};
    guint n_logs[MOST_SINGLE + 1] = {0};
    OopsMatchModel model;

    oops_match_model_default(&model);
    for (guint i = 0; i < logs->len; i++) {
        const Log *log = logs->pdata[i];
        GHashTable *faces = ((const Test *)log->tests->pdata[0])->titles;
        guint n_single = 0, n_start = 0, n_runs = 0, n_unseen = 0;
        GHashTableIter iter;
        gpointer title, n;

        g_hash_table_iter_init(&iter, faces);
        while (g_hash_table_iter_next(&iter, NULL, &n)) {
            n_single += GPOINTER_TO_UINT(n) == 1;
            n_start += GPOINTER_TO_UINT(n);
        }
        for (guint t = 1; t < log->tests->len; t++) {
            const Test *test = log->tests->pdata[t];

            g_hash_table_iter_init(&iter, test->titles);
            while (test->side == SIDE_BUG && g_hash_table_iter_next(&iter, &title, &n)) {
                n_runs += GPOINTER_TO_UINT(n);
                n_unseen += g_hash_table_contains(faces, title) ? 0 : GPOINTER_TO_UINT(n);
            }
        }
        if (n_runs > 0) {
            guint k = MIN(n_single, MOST_SINGLE);

            n_logs[k]++;
            unseen[k] += (double)n_unseen / n_runs;
            said[k] += MIN((n_single + model.unseen_faces) / (n_start + model.unseen_weight), 1);
        }
    }
    g_print("\n| titles that the start showed once | logs | crashes with a new title, %% | said |\n"
            "|---|---|---|---|\n");
    for (guint k = 0; k <= MOST_SINGLE; k++) {
        g_print("| %u%s | %u | %.1f | %.1f |\n", k, k == MOST_SINGLE ? " or more" : "", n_logs[k],
                100 * unseen[k] / MAX(n_logs[k], 1), 100 * said[k] / MAX(n_logs[k], 1));
    }
}

/* --- Calibration ----------------------------------------------------------------------------- */

static const double bins[] = {0.3, 0.6, 0.9, 0.95, 1};
#define N_BINS G_N_ELEMENTS(bins)

typedef struct Calibration {
    double shows[N_BINS][2], said[N_BINS];
    guint n[N_BINS][2], n_logs[2];
} Calibration;

static OopsBug *bug_of(const Log *log, const OopsMatchModel *model)
{
    OopsBug *bug = oops_bug_new(model);
    GHashTableIter iter;
    gpointer title, n;

    g_hash_table_iter_init(&iter, ((const Test *)log->tests->pdata[0])->titles);
    while (g_hash_table_iter_next(&iter, &title, &n)) {
        g_autoptr(OopsIdentity) face = oops_identity_of_title(title, NULL);

        oops_bug_add(bug, face, GPOINTER_TO_UINT(n));
    }
    return bug;
}

static void calibrate_log(Calibration *calibration, const Log *log, const OopsMatchModel *model)
{
    g_autoptr(OopsBug) bug = bug_of(log, model);
    double shows[N_BINS][2] = {0};
    guint n_tests[2] = {0};

    for (guint i = 1; i < log->tests->len; i++) {
        const Test *test = log->tests->pdata[i];
        gboolean has[N_BINS] = {0};
        GHashTableIter iter;
        const char *title;

        if (test->side == SIDE_UNKNOWN) {
            continue;
        }
        n_tests[test->side]++;
        g_hash_table_iter_init(&iter, test->titles);
        while (g_hash_table_iter_next(&iter, (gpointer *)&title, NULL)) {
            g_autoptr(OopsIdentity) crash = oops_identity_of_title(title, NULL);
            double match = oops_bug_match(bug, crash);
            guint b = 0;

            while (b + 1 < N_BINS && match >= bins[b]) {
                b++;
            }
            has[b] = TRUE;
            calibration->said[b] += match;
            calibration->n[b][test->side]++;
        }
        for (guint b = 0; b < N_BINS; b++) {
            shows[b][test->side] += has[b];
        }
    }
    for (guint side = 0; side < 2; side++) {
        calibration->n_logs[side] += n_tests[side] > 0;
        for (guint b = 0; b < N_BINS && n_tests[side] > 0; b++) {
            calibration->shows[b][side] += shows[b][side] / n_tests[side];
        }
    }
}

/* Said of each half with what the other half taught. A revision has the bug as probably as not; of
 * those that show a crash of the bin, the part that is the bug's is what those with the bug show
 * more. */
static void print_calibration(const GPtrArray *logs)
{
    Calibration calibration = {0};

    for (Half half = EVEN; half <= ODD; half++) {
        Counts counts = count_logs(logs, half == EVEN ? ODD : EVEN);
        OopsMatchModel model;

        oops_match_model_default(&model);
        learn(&counts, &model);
        for (guint i = half == ODD; i < logs->len; i += 2) {
            calibrate_log(&calibration, logs->pdata[i], &model);
        }
    }
    g_print(
        "\n| match | crashes with the bug, without | rates by log %% | said %% | observed %% |\n"
        "|---|---|---|---|---|\n");
    for (guint b = 0; b < N_BINS; b++) {
        double bug = calibration.shows[b][SIDE_BUG] / calibration.n_logs[SIDE_BUG];
        double clean = calibration.shows[b][SIDE_CLEAN] / calibration.n_logs[SIDE_CLEAN];
        guint n = calibration.n[b][SIDE_BUG] + calibration.n[b][SIDE_CLEAN];

        g_print("| %g to %g | %u, %u | %.2f, %.2f | %.0f | %.0f |\n", b ? bins[b - 1] : 0, bins[b],
                calibration.n[b][SIDE_BUG], calibration.n[b][SIDE_CLEAN], 100 * bug, 100 * clean,
                n ? 100 * calibration.said[b] / n : 0,
                bug > 0 ? 100 * MAX(bug - clean, 0) / bug : 0);
    }
}

/* --- Stacks ---------------------------------------------------------------------------------- */

/* A report of DATA/titles. */
typedef struct Crash {
    char *title, *folder; /* of the file to blame */
    OopsIdentity *identity;
} Crash;

static void crash_free(Crash *crash)
{
    g_free(crash->title);
    g_free(crash->folder);
    oops_identity_free(crash->identity);
    g_free(crash);
}

static Crash *read_crash(const OopsReader *reader, const char *data, char **cells)
{
    g_autofree char *file = g_strconcat(cells[0], ".log", NULL);
    g_autofree char *path = g_build_filename(data, "titles", "reports", "log", file, NULL);
    g_autofree char *text = NULL;
    gsize n;

    if (!g_file_get_contents(path, &text, &n, NULL)) {
        return NULL;
    }
    g_autoptr(OopsReport) report = oops_find(reader, text, n, 0);
    if (!report) {
        return NULL;
    }
    Crash *crash = g_new0(Crash, 1);
    crash->title = g_strdup(cells[2]);
    crash->folder = g_path_get_dirname(cells[6]);
    crash->identity = oops_identity_new(reader, report);
    return crash;
}

static GPtrArray *read_crashes(const char *data)
{
    g_autofree char *table = g_build_filename(data, "titles", "titles.tsv", NULL);
    g_autoptr(OopsReader) reader = oops_reader_new();
    GPtrArray *crashes = g_ptr_array_new_with_free_func((GDestroyNotify)crash_free);
    g_autofree char *text = NULL;

    if (!g_file_get_contents(table, &text, NULL, NULL)) {
        return crashes;
    }
    g_auto(GStrv) rows = g_strsplit(text, "\n", -1);
    for (char **row = rows; *row; row++) {
        g_auto(GStrv) cells = g_strsplit(*row, "\t", -1);
        Crash *crash = g_strv_length(cells) >= 7 && g_str_equal(cells[1], "normal")
                           ? read_crash(reader, data, cells)
                           : NULL;

        if (crash) {
            g_ptr_array_add(crashes, crash);
        }
    }
    return crashes;
}

/* Without the function of the title, which two crashes of one title share by definition. */
static double overlap_without_frame(const Crash *a, const Crash *b)
{
    g_autoptr(OopsIdentity) left = oops_identity_copy(a->identity);
    g_autoptr(OopsIdentity) right = oops_identity_copy(b->identity);

    if (g_str_equal(left->frame, right->frame) && left->functions[0] && right->functions[0] &&
        g_str_equal(left->functions[0], left->frame)) {
        g_free(left->functions[0]);
        g_free(right->functions[0]);
        memmove(left->functions, left->functions + 1,
                g_strv_length(left->functions + 1) * sizeof(char *) + sizeof(char *));
        memmove(right->functions, right->functions + 1,
                g_strv_length(right->functions + 1) * sizeof(char *) + sizeof(char *));
    }
    return oops_overlap(left, right);
}

typedef enum Pair { PAIR_SAME_TITLE, PAIR_SAME_FOLDER, PAIR_ANY, N_PAIRS } Pair;

static void print_overlaps(const GPtrArray *crashes)
{
    guint n[N_PAIRS][OOPS_N_OVERLAPS] = {0}, sum[N_PAIRS] = {0};
    OopsMatchModel used;

    for (guint i = 0; i < crashes->len; i++) {
        for (guint j = i + 1; j < crashes->len; j++) {
            const Crash *a = crashes->pdata[i], *b = crashes->pdata[j];
            double overlap = overlap_without_frame(a, b);
            Pair pair = g_str_equal(a->title, b->title) ? PAIR_SAME_TITLE
                        : a->folder[0] != '.' && g_str_equal(a->folder, b->folder)
                            ? PAIR_SAME_FOLDER
                            : PAIR_ANY;

            if (overlap >= 0) {
                n[pair][oops_overlap_step(overlap)]++;
                sum[pair]++;
            }
        }
    }
    oops_match_model_default(&used);
    g_print(
        "\n| overlap step | same title %% | another title, same folder %% | another folder %% | "
        "ratio of the first two | used |\n|---|---|---|---|---|---|\n");
    for (guint s = 0; s < OOPS_N_OVERLAPS; s++) {
        double share[N_PAIRS];

        for (guint pair = 0; pair < N_PAIRS; pair++) {
            share[pair] = (n[pair][s] + SMOOTHING) / MAX(sum[pair], 1);
        }
        g_print("| %u | %.1f | %.1f | %.2f | %.2f | %g |\n", s, 100 * share[0], 100 * share[1],
                100 * share[2], share[0] / share[1], used.overlap_ratio[s]);
    }
    g_print("\npairs: %u, %u, %u\n", sum[0], sum[1], sum[2]);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        g_printerr("usage: bench-identity DATA\n");
        return 2;
    }
    g_autoptr(GPtrArray) logs = read_logs(argv[1]);
    g_autoptr(GPtrArray) crashes = read_crashes(argv[1]);
    if (logs->len == 0 || crashes->len == 0) {
        g_printerr("%s: no bisect-logs, scenarios or titles there\n", argv[1]);
        return 1;
    }
    print_relations(logs);
    print_unseen(logs);
    print_overlaps(crashes);
    print_calibration(logs);
    return 0;
}
