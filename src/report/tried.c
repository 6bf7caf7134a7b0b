/* SPDX-License-Identifier: Apache-2.0
 * A try told: the verdict in one line, and what a person needs to believe it, or not.
 */
#include "report/report.h"

#include <string.h>

/* The verdict as a person reads it. */
static const char *const words[] = {
    [TRIED_GOOD] = "good",           [TRIED_BAD] = "bad",          [TRIED_UNREACHED] = "unreached",
    [TRIED_OTHER_CRASH] = "unclear", [TRIED_DOUBTFUL] = "unclear", [TRIED_NO_BOOT] = "skip",
    [TRIED_NO_BUILD] = "skip",
};

/* NULL where its first trials and its kernel are those of another job. */
static const ReportRevision *tried_revision(const Report *report)
{
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (g_str_equal(revision->decision->commit, report->answer->subject)) {
            return revision;
        }
    }
    return NULL;
}

/* Where what make said lies, packed; NULL where it was never kept. Owned by the caller. */
static char *build_log(const ReportRevision *revision)
{
    const Kernel *kernel = revision && revision->kernel ? revision->kernel->kernel : NULL;
    g_autofree char *path =
        kernel && kernel->dir ? g_build_filename(kernel->dir, "build.log.zst", NULL) : NULL;

    return path && g_file_test(path, G_FILE_TEST_EXISTS) ? g_steal_pointer(&path) : NULL;
}

/* The trial that shows best what was found: one that did not end well, if there is one. */
static const TrialRow *telling_trial(const ReportRevision *revision)
{
    const TrialRow *best = NULL;

    for (guint i = 0; revision && i < revision->trials->len; i++) {
        const TrialRow *trial = revision->trials->pdata[i];

        if (trial->console_path &&
            (!best || (best->kind == OUTCOME_OK && trial->kind != OUTCOME_OK))) {
            best = trial;
        }
    }
    return best;
}

/* "  what: @text", the text in as many lines as it has. */
static void add_item(GString *text, const char *what, const char *value)
{
    g_auto(GStrv) lines = g_strsplit(value ? value : "", "\n", -1);

    for (char **line = lines; *line; line++) {
        if (**line) {
            g_string_append_printf(text, "  %s: %s\n", what, *line);
        }
    }
}

static void add_kernel(GString *text, const Report *report, const ReportRevision *revision)
{
    const Kernel *kernel = revision && revision->kernel ? revision->kernel->kernel : NULL;
    g_autofree char *fixes = NULL;
    g_auto(GStrv) patches = report_patches(report, report->answer->subject);

    add_item(text, "compiler", kernel ? kernel->compiler : NULL);
    add_item(text, "built with", report_fact(report, report->answer->subject, FACT_NOTES));
    fixes = g_strjoinv("\n", patches);
    add_item(text, "with the fix", fixes);
    add_item(text, "config drift", revision ? revision->drift : NULL);
    if (kernel && kernel->reused && kernel->status == KERNEL_BUILT) {
        add_item(text, "kernel", "was built before");
    }
}

/* How often each outcome was seen, in the order they were first. */
static void add_trials(GString *text, const ReportRevision *revision)
{
    g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, NULL);
    g_autoptr(GPtrArray) kinds = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; revision && i < revision->trials->len; i++) {
        const TrialRow *trial = revision->trials->pdata[i];
        char *kind = trial->title && trial->kind != OUTCOME_OK
                         ? g_strdup_printf("%s: %s", outcome_kind_name(trial->kind), trial->title)
                         : g_strdup(outcome_kind_name(trial->kind));
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, kind));

        g_ptr_array_add(kinds, kind);
        g_hash_table_replace(counts, kind, GUINT_TO_POINTER(n + 1));
    }
    for (guint i = 0; i < kinds->len; i++) {
        const char *kind = kinds->pdata[i];
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, kind));

        if (n) {
            g_string_append_printf(text, "  %u trial%s: %s\n", n, n == 1 ? "" : "s", kind);
            g_hash_table_remove(counts, kind);
        }
    }
}

static void add_files(GString *text, const Report *report, const ReportRevision *revision,
                      const char *state_dir)
{
    const TrialRow *trial = telling_trial(revision);
    g_autofree char *log = build_log(revision),
                    *show = report_command("log", report->row->name, state_dir);

    add_item(text, "build log", log);
    if (trial) {
        add_item(text, "console", trial->console_path);
        g_string_append_printf(text, "  all consoles: %s --console %.12s\n", show,
                               report->answer->subject);
    }
}

char *report_tried_text(const Report *report, const char *state_dir)
{
    const Answer *answer = report->answer;
    const ReportRevision *revision = tried_revision(report);
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "%.12s  %s\n%s: %s\n\n", answer->subject,
                           revision ? revision->decision->subject : "", words[answer->tried],
                           answer->reason);
    add_trials(text, revision);
    for (guint i = 0; i < answer->checks->len; i++) {
        g_string_append_printf(text, "  %s\n", (const char *)answer->checks->pdata[i]);
    }
    add_kernel(text, report, revision);
    add_files(text, report, revision, state_dir);
    if (answer->crash_report) {
        g_string_append_printf(text, "\n%s", answer->crash_report);
    }
    return report_clean(text->str);
}

static json_t *trials_json(const ReportRevision *revision)
{
    json_t *array = json_array();

    for (guint i = 0; revision && i < revision->trials->len; i++) {
        const TrialRow *trial = revision->trials->pdata[i];

        json_array_append_new(array, json_pack("{s:s, s:o, s:o}", "outcome",
                                               outcome_kind_name(trial->kind), "title",
                                               job_text_json(trial->title), "console",
                                               job_text_json(trial->console_path)));
    }
    return array;
}

json_t *report_tried_json(const Report *report)
{
    const Answer *answer = report->answer;
    const ReportRevision *revision = tried_revision(report);
    g_autofree char *log = build_log(revision);
    g_auto(GStrv) notes = g_strsplit(report_fact(report, answer->subject, FACT_NOTES)
                                         ? report_fact(report, answer->subject, FACT_NOTES)
                                         : "",
                                     "\n", -1);
    json_t *explanation = json_array(), *built_with = json_array();

    for (guint i = 0; i < answer->checks->len; i++) {
        json_array_append_new(explanation, job_text_json(answer->checks->pdata[i]));
    }
    for (char **note = notes; *note; note++) {
        json_array_append_new(built_with, job_text_json(*note));
    }
    return json_pack("{s:i, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version",
                     REPORT_JSON_VERSION, "job", job_text_json(report->row->name), "commit",
                     answer->subject, "verdict", tried_name(answer->tried), "taken_for",
                     verdict_name(tried_verdict(answer->tried)), "reason",
                     job_text_json(answer->reason), "explanation", explanation, "missed",
                     answer->confidence > 0 ? json_real(1 - answer->confidence) : json_null(),
                     "crash_title", job_text_json(answer->crash_title), "built_with", built_with,
                     "revision", revision ? report_revision_json(report, revision) : json_null(),
                     "trials", trials_json(revision), "build_log", job_text_json(log));
}
