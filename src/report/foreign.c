/* SPDX-License-Identifier: Apache-2.0
 * The tests of others (--bisect-log), told apart from ours everywhere.
 */
#include "report/foreign.h"

static ReportForeign *find_or_add(GPtrArray *tests, const ForeignRow *row)
{
    ReportForeign *test;

    for (guint i = 0; i < tests->len; i++) {
        test = tests->pdata[i];
        if (g_str_equal(test->commit, row->commit)) {
            return test;
        }
    }
    test = g_new0(ReportForeign, 1);
    test->commit = row->commit;
    test->source = row->source;
    test->label = row->label;
    g_ptr_array_add(tests, test);
    return test;
}

static void count_row(ReportForeign *test, const ForeignRow *row, const Sought *sought)
{
    const TrialRow trial = {.commit = row->commit, .kind = row->kind, .title = row->title};

    test->title = test->title ? test->title : row->title;
    if (row->kind == OUTCOME_OK) {
        test->n_ok += row->n;
        return;
    }
    if (row->kind != OUTCOME_CRASH) {
        test->n_broken += row->n;
        return;
    }
    switch (identity_judge(sought, &trial)) {
    case CRASH_OF_BUG:
        test->n_crash += row->n;
        break;
    case CRASH_DOUBTFUL:
        test->n_doubtful += row->n;
        break;
    case CRASH_OF_ANOTHER:
        test->n_other_crash += row->n;
        break;
    }
}

GPtrArray *report_sum_foreign(const Report *report)
{
    GPtrArray *tests = g_ptr_array_new_with_free_func(g_free);
    g_auto(Sought) sought = {0};

    sought_learn(report->spec, report->trials, &sought);
    for (guint i = 0; i < report->foreign_rows->len; i++) {
        const ForeignRow *row = report->foreign_rows->pdata[i];

        count_row(find_or_add(tests, row), row, &sought);
    }
    return tests;
}

char *report_foreign_what(const ReportForeign *test)
{
    guint n = test->n_ok + test->n_crash + test->n_doubtful + test->n_other_crash;
    GString *text = g_string_new(NULL);

    if (n == 0) {
        g_string_append(text, "did not run");
    } else {
        g_string_append_printf(text, "%u of %u crashed", test->n_crash, n);
    }
    if (test->n_doubtful) {
        g_string_append_printf(text, ", %u doubtful", test->n_doubtful);
    }
    if (test->n_other_crash) {
        g_string_append_printf(text, ", %u otherwise", test->n_other_crash);
    }
    if (test->title) {
        g_autofree char *title = report_clean_line(test->title);

        g_string_append_printf(text, ": %s", title);
    }
    return g_string_free(text, FALSE);
}

void report_add_foreign(GString *text, const Report *report)
{
    for (guint i = 0; i < report->foreign->len; i++) {
        const ReportForeign *test = report->foreign->pdata[i];
        g_autofree char *what = report_foreign_what(test), *cut = NULL;

        if (i == 0) {
            g_string_append_printf(text,
                                   "\nTests by others (%s), as hints; the answer rests on none of "
                                   "them:\n",
                                   test->source);
        }
        cut = g_utf8_substring(what, 0, MIN(g_utf8_strlen(what, -1), 53));
        g_string_append_printf(text, "  %.12s  %-8.8s  %s\n", test->commit,
                               test->label ? test->label : "", cut);
    }
}

void report_add_foreign_log(GString *log, const Report *report)
{
    for (guint i = 0; i < report->foreign->len; i++) {
        const ReportForeign *test = report->foreign->pdata[i];
        g_autofree char *what = report_foreign_what(test);

        g_string_append_printf(log, "# foreign test by %s: %s%s%s: %s\n", test->source,
                               test->commit, test->label ? " " : "", test->label ? test->label : "",
                               what);
    }
}

json_t *report_foreign_json(const Report *report)
{
    json_t *array = json_array();

    for (guint i = 0; i < report->foreign->len; i++) {
        const ReportForeign *test = report->foreign->pdata[i];

        json_array_append_new(
            array,
            json_pack("{s:s, s:o, s:o, s:i, s:i, s:i, s:i, s:i, s:o}", "commit", test->commit,
                      "source", job_text_json(test->source), "release", job_text_json(test->label),
                      "ok", (int)test->n_ok, "crash", (int)test->n_crash, "doubtful_crash",
                      (int)test->n_doubtful, "other_crash", (int)test->n_other_crash, "broken",
                      (int)test->n_broken, "title", job_text_json(test->title)));
    }
    return array;
}
