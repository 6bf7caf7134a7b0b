/* SPDX-License-Identifier: Apache-2.0
 * How often two bisections whose starts crash alike have one culprit (docs/BELIEF.md, "Known
 * bugs"): bench-duplicates DATA
 *
 * DATA/bisect-logs/expected.jsonl has the true culprit of some logs of syzbot, each log the titles
 * of its start. Bugs that are as old as git's history of Linux are left out: no culprit can be
 * named.
 */
#include "oops/oops.h"

#include <gio/gio.h>
#include <jansson.h>
#include <string.h>

/* "all runs: " does not say how many. */
#define USUAL_RUNS     10
#define FIRST_OF_LINUX "1da177e4c3f41524e886b7f1b8a0c1fc7321cac2"

/* From here on jobs are taken to crash alike (src/job/known.c). */
#define SURE 0.95

static const double bins[] = {0.3, 0.6, SURE, 1};

typedef struct Log {
    char *culprit, *title; /* one of its titles, to be shown */
    OopsBug *bug;          /* of the start */
} Log;

static void log_free(Log *log)
{
    g_free(log->culprit);
    g_free(log->title);
    oops_bug_free(log->bug);
    g_free(log);
}

/* "run #3: crashed: TITLE", "all runs: crashed: TITLE" */
static void read_run(Log *log, const char *line)
{
    static const char word[] = ": crashed: ";
    const char *title = strstr(line, word);
    gboolean all = g_str_has_prefix(line, "all runs: ");

    if (title && (all || g_str_has_prefix(line, "run #"))) {
        g_autoptr(OopsIdentity) face = oops_identity_of_title(title + strlen(word), NULL);

        oops_bug_add(log->bug, face, all ? USUAL_RUNS : 1);
        log->title = log->title ? log->title : g_strdup(title + strlen(word));
    }
}

static Log *log_read(const char *path, const char *culprit)
{
    g_autofree char *text = NULL;
    OopsMatchModel model;
    Log *log = g_new0(Log, 1);
    guint n_tests = 0;

    oops_match_model_default(&model);
    log->bug = oops_bug_new(&model);
    log->culprit = g_strdup(culprit);
    g_file_get_contents(path, &text, NULL, NULL);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    for (char **line = lines; *line; line++) {
        n_tests += g_str_has_prefix(*line, "testing commit ");
        if (n_tests == 1) {
            read_run(log, *line);
        }
    }
    return log;
}

/* Those with a known culprit whose start crashed. */
static GPtrArray *read_logs(const char *data)
{
    g_autofree char *table = g_build_filename(data, "bisect-logs", "expected.jsonl", NULL);
    GPtrArray *logs = g_ptr_array_new_with_free_func((GDestroyNotify)log_free);
    g_autofree char *text = NULL;

    g_file_get_contents(table, &text, NULL, NULL);
    g_auto(GStrv) rows = g_strsplit(text ? text : "", "\n", -1);
    for (char **row = rows; *row; row++) {
        json_t *object = json_loads(*row, 0, NULL);
        const char *id = json_string_value(json_object_get(object, "id"));
        const char *culprit = json_string_value(json_object_get(object, "gt"));
        g_autofree char *file = g_strconcat(id ? id : "", ".txt", NULL);
        g_autofree char *path = g_build_filename(data, "bisect-logs", file, NULL);
        Log *log =
            id && culprit && !g_str_equal(culprit, FIRST_OF_LINUX) ? log_read(path, culprit) : NULL;

        if (log && log->title) {
            g_ptr_array_add(logs, log);
        } else if (log) {
            log_free(log);
        }
        json_decref(object);
    }
    return logs;
}

static void print_pairs(const GPtrArray *logs)
{
    guint n[G_N_ELEMENTS(bins)] = {0}, n_same[G_N_ELEMENTS(bins)] = {0};

    for (guint i = 0; i < logs->len; i++) {
        for (guint j = i + 1; j < logs->len; j++) {
            const Log *a = logs->pdata[i], *b = logs->pdata[j];
            double match = oops_bugs_match(a->bug, b->bug);
            gboolean is_same = g_str_equal(a->culprit, b->culprit);
            guint bin = 0;

            while (bin + 1 < G_N_ELEMENTS(bins) && match >= bins[bin]) {
                bin++;
            }
            n[bin]++;
            n_same[bin] += is_same;
            if (match >= SURE) {
                g_print("%.2f %s %.12s %.12s %s / %s\n", match, is_same ? "same" : "other",
                        a->culprit, b->culprit, a->title, b->title);
            }
        }
    }
    g_print("\n%u logs\n\n| match | pairs | one culprit | %% |\n|---|---|---|---|\n", logs->len);
    for (guint bin = 0; bin < G_N_ELEMENTS(bins); bin++) {
        g_print("| %g to %g | %u | %u | %.2f |\n", bin ? bins[bin - 1] : 0, bins[bin], n[bin],
                n_same[bin], 100.0 * n_same[bin] / MAX(n[bin], 1));
    }
}

int main(int argc, char **argv)
{
    g_autoptr(GPtrArray) logs = argc == 2 ? read_logs(argv[1]) : NULL;

    if (!logs || logs->len == 0) {
        g_printerr("usage: bench-duplicates DATA, which has bisect-logs\n");
        return 2;
    }
    print_pairs(logs);
    return 0;
}
