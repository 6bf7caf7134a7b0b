/* SPDX-License-Identifier: Apache-2.0
 * How kernels were built and what it took: totals, compilers, fixes, options that differ, the job
 * itself.
 */
#include "page/parts.h"

static void add_totals(Html *html, const Report *report)
{
    const JobRow *row = report->row;
    g_autofree char *total = report_duration(row->total_ms),
                    *build = report_duration(row->build_ms), *test = report_duration(row->test_ms);
    g_autofree char *kernels =
        g_strdup_printf("%u built (%u failed), %u reused", report->n_kernels - report->n_reused,
                        report->n_failed, report->n_reused);
    g_autofree char *trials = g_strdup_printf("%u", report->n_trials);
    g_autofree char *time = g_strdup_printf("%s (building %s, testing %s)", total, build, test);

    html_open(html, "dl", "class", "terms", NULL);
    if (!job_spec_is_run(report->spec)) {
        add_term(html, "Kernels", kernels);
    }
    add_term(html, "Trials", trials);
    add_term(html, "Time", time);
    add_term(html, "Config", report->config);
    html_close(html);
}

static void add_compilers(Html *html, const Report *report)
{
    g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < report->kernels->len; i++) {
        char *compiler = ((const KernelRow *)report->kernels->pdata[i])->kernel->compiler;

        if (!compiler || !g_hash_table_add(told, compiler)) {
            continue;
        }
        html_open(html, "p", NULL);
        html_text(html, "Built by ");
        html_text(html, compiler);
        html_close(html);
    }
}

static void add_fixes(Html *html, const Report *report)
{
    g_autoptr(GString) fixes = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;

    report_add_fixes(fixes, report, "");
    if (!fixes->len) {
        return;
    }
    lines = g_strsplit(fixes->str, "\n", -1);
    html_leaf(html, "h3", "Kernels were built with these fixes", NULL);
    html_open(html, "ul", "id", "fixes", NULL);
    for (char **line = lines; *line; line++) {
        if (**line) {
            html_leaf(html, "li", *line, NULL);
        }
    }
    html_close(html);
}

static void add_drift(Html *html, const Report *report)
{
    gboolean is_first = TRUE;

    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];
        g_auto(GStrv) lines = g_strsplit(revision->drift ? revision->drift : "", "\n", -1);

        for (char **line = lines; *line; line++) {
            if (is_first) {
                html_leaf(html, "h3", "Options that matter to the crash, and differ", NULL);
                html_open(html, "ul", "id", "drift", NULL);
                is_first = FALSE;
            }
            html_open(html, "li", NULL);
            html_print(html, "%.12s: ", revision->decision->commit);
            html_text(html, *line);
            html_close(html);
        }
    }
    if (!is_first) {
        html_close(html);
    }
}

void add_built(Html *html, const Report *report)
{
    open_section(html, "built", NULL, "How it was done");
    add_totals(html, report);
    add_compilers(html, report);
    add_fixes(html, report);
    add_drift(html, report);
    html_open(html, "details", NULL);
    html_leaf(html, "summary", "The job as it was given", NULL);
    html_leaf(html, "pre", report->row->spec, "class", "spec", "tabindex", "0", NULL);
    html_close(html);
    html_close(html);
}
