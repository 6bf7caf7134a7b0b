/* SPDX-License-Identifier: Apache-2.0
 * The page of one revision: its kernel (of a run: its build), its trials, and whether it could show
 * the bug at all.
 */
#include "page/parts.h"

static void add_head(Html *html, const PagePlace *place, const Report *report,
                     const ReportRevision *revision)
{
    const DecisionRow *decision = revision->decision;
    g_autofree char *job = path_of_job(report->row->id, ""),
                    *title = variant_title(decision->commit);

    html_open(html, "h1", NULL);
    html_leaf(html, "code", title, "class", "id", NULL);
    html_text(html, " ");
    html_cut(html, decision->subject ? decision->subject : "", 200);
    html_close(html);
    html_open(html, "p", "class", "about", NULL);
    add_verdict(html, revision);
    html_text(html, decision->label ? " release " : "");
    html_text(html, decision->label);
    html_print(html, " phase %s, of job ", decision->phase);
    html_open(html, "a", "href", job, NULL);
    html_cut(html, report->row->name, 60);
    html_close(html);
    html_close(html);
    html_leaf(html, "p", decision->commit, "class", "full-id", NULL);
    if (revision->said) {
        html_open(html, "p", "class", "said", NULL);
        html_print(html, "A person said that it is %s", revision->said);
        html_text(html, revision->note ? ": " : "");
        html_text(html, revision->note);
        html_close(html);
    }
}

static void add_choice(Html *html, const PagePlace *place, const Report *report,
                       const DecisionRow *decision)
{
    if (!decision->n_left) {
        return;
    }
    html_open(html, "p", "class", "choice", NULL);
    html_print(html, "When it was chosen, %u candidate%s left (%.2f bits)", decision->n_left,
               decision->n_left == 1 ? " was" : "s were", decision->bits);
    if (decision->best) {
        html_text(html, ", the most probable one ");
        add_id(html, place, report, decision->best);
        html_print(html, " with %.1f %%", MIN(decision->best_p * 100, 99.9));
    }
    html_text(html, ".");
    html_close(html);
}

static void add_lines(Html *html, const char *heading, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

    if (!lines[0] || !*lines[0]) {
        return;
    }
    html_leaf(html, "h3", heading, NULL);
    html_open(html, "ul", NULL);
    for (char **line = lines; *line; line++) {
        html_leaf(html, "li", *line, NULL);
    }
    html_close(html);
}

static void add_build(Html *html, const Report *report, const ReportRevision *revision)
{
    const Kernel *kernel = revision->kernel->kernel;
    g_autofree char *time = report_duration(kernel->build_ms);
    g_autofree char *log =
        path_of_revision(report->row->id, revision->decision->commit, "/build.log");

    html_open(html, "dl", "class", "terms", NULL);
    add_term(html, "Built",
             kernel->status == KERNEL_FAILED ? "no, it failed"
             : kernel->reused                ? "before, by another job or revision"
                                             : time);
    add_term(html, "First error", kernel->first_error);
    add_term(html, "Compiler", kernel->compiler);
    add_term(html, "Signature", kernel->signature);
    add_term(html, "Key", job_spec_is_run(report->spec) ? NULL : kernel->key);
    html_close(html);
    if (kernel->dir) {
        html_open(html, "p", NULL);
        html_leaf(html, "a", "What the build printed", "href", log, NULL);
        html_close(html);
    }
}

static void add_kernel(Html *html, const PagePlace *place, const Report *report,
                       const ReportRevision *revision)
{
    const char *commit = revision->decision->commit;
    gboolean run = job_spec_is_run(report->spec);

    if (run && !report->spec->build_command) {
        return; /* checked out, and no more */
    }
    open_section(html, "kernel", NULL, run ? "Its build" : "Its kernel");
    if (revision->same_as) {
        html_open(html, "p", NULL);
        html_text(html, "The same, to the byte, as that of ");
        add_id(html, place, report, revision->same_as->decision->commit);
        html_text(html, ", which has the trials.");
        html_close(html);
    }
    if (revision->kernel) {
        add_build(html, report, revision);
    } else {
        html_leaf(html, "p", "Not built.", NULL);
    }
    add_lines(html, "Built with these fixes", report_fact(report, commit, FACT_PATCHES));
    add_lines(html, "How it is built", report_fact(report, commit, FACT_NOTES));
    add_lines(html, "Options that matter to the crash, and differ", revision->drift);
    html_close(html);
}

/* The first trial whose calls were counted, or NULL. */
static const TrialRow *find_trace(const ReportRevision *revision)
{
    for (guint i = 0; i < revision->trials->len; i++) {
        const TrialRow *trial = revision->trials->pdata[i];

        if (trial->calls && *trial->calls) {
            return trial;
        }
    }
    return NULL;
}

static void add_reach(Html *html, const Report *report, const ReportRevision *revision)
{
    const char *reach = report_fact(report, revision->decision->commit, FACT_REACH);
    const TrialRow *trace = find_trace(revision);

    if (!reach && !trace) {
        return;
    }
    open_section(html, "reach", NULL, "Could it show the bug?");
    if (reach) {
        html_leaf(html, "p",
                  *reach ? reach : "Yes: its quiet trials reached what those of the start reach.",
                  "class", *reach ? "reach reach-no" : "reach reach-yes", NULL);
    }
    if (trace) {
        html_open(html, "details", NULL);
        html_leaf(html, "summary", "System calls of a traced trial, and what they gave", NULL);
        html_leaf(html, "pre", trace->calls, "class", "calls", "tabindex", "0", NULL);
        html_close(html);
    }
    html_close(html);
}

static void add_trial(Html *html, const Report *report, const TrialRow *trial, guint number,
                      const Sought *sought)
{
    g_autofree char *path = path_of_trial(report->row->id, trial->id);

    html_open(html, "tr", NULL);
    html_open(html, "td", "class", "number", NULL);
    html_print(html, "%u", number);
    html_close(html);
    html_open(html, "td", NULL);
    add_outcome(html, report, report_trial_word(trial, sought));
    html_close(html);
    html_open(html, "td", NULL);
    html_cut(html, trial->title ? trial->title : "", 160);
    html_text(html, trial->corrupted ? " (damaged report)" : "");
    html_close(html);
    if (!job_spec_is_run(report->spec)) {
        html_leaf(html, "td", trial->restored ? "snapshot" : "booted", NULL);
    }
    html_open(html, "td", "class", "number", NULL);
    html_print(html, "%.1f s", trial->run_ms / 1000.0);
    html_close(html);
    html_open(html, "td", NULL);
    if (trial->console_path) {
        html_leaf(html, "a", "console", "href", path, NULL);
    }
    html_close(html);
    html_close(html);
}

/* Links to the other parts of many trials. */
static void add_parts(Html *html, const Report *report, const ReportRevision *revision, guint first)
{
    guint n = revision->trials->len;

    if (n <= PAGE_TRIALS_MOST) {
        return;
    }
    html_open(html, "nav", "class", "parts", "aria-label", "Parts of the trials", NULL);
    for (guint from = 0; from < n; from += PAGE_TRIALS_MOST) {
        g_autofree char *below = g_strdup_printf("?first=%u", from);
        g_autofree char *path =
            path_of_revision(report->row->id, revision->decision->commit, below);
        g_autofree char *text =
            g_strdup_printf("%u to %u", from + 1, MIN(from + PAGE_TRIALS_MOST, n));

        html_leaf(html, "a", text, "href", path, "aria-current", from == first ? "page" : NULL,
                  NULL);
        html_text(html, " ");
    }
    html_close(html);
}

static void add_trials(Html *html, const Report *report, const ReportRevision *revision,
                       guint first)
{
    static const char *const columns[] = {"#",    "Outcome", "Title", "Guest",
                                          "Time", "Console", NULL};
    static const char *const run_columns[] = {"#",    "Outcome", "How it ended",
                                              "Time", "Console", NULL};
    g_auto(Sought) sought = {0};
    guint end = MIN(first + PAGE_TRIALS_MOST, revision->trials->len);

    open_section(html, "trials", NULL, "Its trials");
    if (!revision->trials->len) {
        html_leaf(html, "p", "None.", NULL);
        html_close(html);
        return;
    }
    sought_learn(report->spec, report->trials, &sought);
    open_table(html, "trials-table", "Trials, in the order in which they ended",
               job_spec_is_run(report->spec) ? run_columns : columns);
    for (guint i = first; i < end; i++) {
        add_trial(html, report, revision->trials->pdata[i], i + 1, &sought);
    }
    close_table(html);
    add_parts(html, report, revision, first);
    html_close(html);
}

/* One report of each title. */
static void add_crashes(Html *html, const PagePlace *place, const Report *report,
                        const ReportRevision *revision)
{
    g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < revision->trials->len; i++) {
        const TrialRow *trial = revision->trials->pdata[i];

        if (!trial->report || !trial->title || g_hash_table_size(told) >= PAGE_CRASHES_MOST ||
            !g_hash_table_add(told, trial->title)) {
            continue;
        }
        if (g_hash_table_size(told) == 1) {
            open_section(html, "crashes", NULL,
                         job_spec_is_run(report->spec) ? "What failed" : "What crashed");
        }
        html_open(html, "details", "open", g_hash_table_size(told) == 1 ? "" : NULL, NULL);
        html_open(html, "summary", NULL);
        html_cut(html, trial->title, 300);
        html_close(html);
        add_crash_text(html, place, revision->decision->commit, trial->report);
        html_close(html);
    }
    if (g_hash_table_size(told)) {
        html_close(html);
    }
}

GBytes *page_revision(const PagePlace *place, const Report *report, const ReportRevision *revision,
                      guint first)
{
    g_autofree char *title = variant_title(revision->decision->commit);
    Html *html = frame_new(place, "revision", title);

    frame_open_main(html);
    add_head(html, place, report, revision);
    add_choice(html, place, report, revision->decision);
    add_kernel(html, place, report, revision);
    add_reach(html, report, revision);
    add_trials(html, report, revision, first);
    add_crashes(html, place, report, revision);
    add_overrule(html, place, report, revision);
    return frame_finish(html);
}
