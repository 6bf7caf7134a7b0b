/* SPDX-License-Identifier: Apache-2.0
 * What the mail says of the crash and of the search.
 */
#include "report/mail.h"

#include <string.h>

#include "report/words.h"

/* A line that is quoted, and of a crash so many of them. */
#define QUOTE_WIDTH   200
#define N_CRASH_LINES 45

const char *mail_noun(const Report *report)
{
    static const char *const nouns[] = {
        [BUG_CRASH] = "crash",        [BUG_HANG] = "hang",           [BUG_BOOT] = "boot failure",
        [BUG_BASIC] = "boot failure", [BUG_BUILD] = "build failure",
    };
    BugKind kind = BUG_CRASH;

    bug_kind_parse(report->spec->bug, &kind);
    return job_spec_is_run(report->spec) ? "failure" : nouns[kind];
}

/* What the crash is called, or what it is. */
static const char *title_of(const Report *report)
{
    if (report->answer->crash_title) {
        return report->answer->crash_title;
    }
    return report->spec->title          ? report->spec->title
           : report->spec->test_command ? report->spec->test_command
                                        : mail_noun(report);
}

char *mail_subject(const Report *report)
{
    const Answer *answer = report->answer;
    gboolean is_named = answer->culprit && mail_tone(answer) != TONE_HINT;
    g_autofree char *title = report_clean_line(title_of(report)), *cut = NULL;

    cut = g_utf8_substring(title, 0, MIN(g_utf8_strlen(title, -1), 120));
    if (answer->kind == ANSWER_NOT_FIXED) {
        return g_strdup_printf("%s still in %.12s", cut, answer->subject);
    }
    if (report->spec->fix) {
        return is_named ? g_strdup_printf("%s: mended by %.12s", cut, answer->culprit)
                        : g_strdup_printf("%s: mended, by what is not sure", cut);
    }
    return is_named ? g_strdup_printf("[bisected] %s since %.12s", cut, answer->culprit)
                    : g_strdup(cut);
}

void mail_add_quote(GString *text, const char *bytes, guint n_most)
{
    g_autofree char *clean = report_clean(bytes);
    g_auto(GStrv) lines = NULL;
    guint n;

    g_strchomp(clean);
    lines = g_strsplit(clean, "\n", -1);
    n = g_strv_length(lines);
    for (guint i = 0; i < MIN(n, n_most); i++) {
        g_strchomp(lines[i]);
        if (*lines[i]) {
            g_string_append(text, "  ");
            words_add_cut(text, lines[i], QUOTE_WIDTH);
        }
        g_string_append_c(text, '\n');
    }
    if (n > n_most) {
        g_string_append_printf(text, "  (and %u more lines)\n", n - n_most);
    }
}

static const ReportRevision *find_revision(const Report *report, const char *commit)
{
    for (guint i = 0; i < report->revisions->len; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (g_strcmp0(revision->decision->commit, commit) == 0) {
            return revision;
        }
    }
    return NULL;
}

/* The good end: as it was given, or the last release that did not crash. */
static const ReportRevision *good_end(const Report *report)
{
    const ReportRevision *found = find_revision(report, report->spec->good);

    for (guint i = 0; i < report->revisions->len && !report->spec->good; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        if (g_str_equal(revision->decision->phase, job_phase_name(PHASE_RANGE)) &&
            g_str_equal(revision->verdict, "good")) {
            found = revision;
        }
    }
    return found;
}

/* "7e062cda7d90 (v6.1.187), crashed in 3 of 3 trials"; owned by the caller. */
static char *describe_end(const Report *report, const ReportRevision *revision)
{
    const ReportRevision *tried = revision->same_as ? revision->same_as : revision;
    const DecisionRow *decision = revision->decision;
    guint n = tried->n_ok + tried->n_crash + tried->n_doubtful + tried->n_other_crash;
    g_autofree char *label =
        decision->label ? g_strdup_printf(" (%s)", decision->label) : g_strdup("");

    if (g_str_equal(report->spec->bug, bug_kind_name(BUG_BUILD))) {
        return g_strdup_printf("%.12s%s, %s", decision->commit, label,
                               g_str_equal(revision->verdict, "bad") ? "does not build" : "builds");
    }
    return g_strdup_printf("%.12s%s, %s in %u of %u trials", decision->commit, label,
                           job_spec_verb(report->spec), tried->n_crash, n);
}

static void add_item(GString *text, const char *what, const char *value)
{
    g_autofree char *sentence = g_strdup_printf("%s: %s", what, value);

    words_add_wrapped(text, sentence, MAIL_WIDTH, 2, 4);
}

static void add_crash(GString *text, const Report *report)
{
    const Answer *answer = report->answer;
    const ReportRevision *start = find_revision(report, report->spec->start);
    g_autofree char *title = report_clean_line(title_of(report));
    g_autofree char *end = start ? describe_end(report, start) : NULL;

    g_string_append_printf(text, "Hello,\n\nthere is this %s:\n\n", mail_noun(report));
    mail_add_quote(text, title, 1);
    g_string_append_c(text, '\n');
    if (end) {
        add_item(text, "seen at", end);
    }
    if (answer->crash_report && *answer->crash_report) {
        g_string_append_printf(text, "\nAs it looks at %.12s:\n\n",
                               answer->crash_commit ? answer->crash_commit : report->spec->start);
        mail_add_quote(text, answer->crash_report, N_CRASH_LINES);
    }
}

/* What built the kernels, once each. */
static void add_compilers(GString *text, const Report *report)
{
    g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < report->kernels->len; i++) {
        char *compiler = ((const KernelRow *)report->kernels->pdata[i])->kernel->compiler;

        if (compiler && g_hash_table_add(told, compiler)) {
            add_item(text, "built by", compiler);
        }
    }
}

static void add_search(GString *text, const Report *report, const char *version)
{
    const ReportRevision *good = good_end(report);
    g_autofree char *time = report_duration(report->row->total_ms), *work = NULL;

    g_string_append_printf(text, "\nHow it was searched, by firstbad %s:\n\n", version);
    if (good) {
        g_autofree char *end = describe_end(report, good);

        add_item(text, report->spec->fix ? "newest" : "good", end);
    }
    if (report->config) {
        add_item(text, "config", report->config);
    }
    add_compilers(text, report);
    work = job_spec_is_run(report->spec)
               ? g_strdup_printf("%u revisions, %u trials, %s", report->revisions->len,
                                 report->n_trials, time)
               : g_strdup_printf("%u kernels (%u of them do not build), %u trials, %s",
                                 report->n_kernels, report->n_failed, report->n_trials, time);
    add_item(text, "work", work);
    for (guint i = 0; i < report->answer->checks->len; i++) {
        words_add_wrapped(text, report->answer->checks->pdata[i], MAIL_WIDTH, 2, 4);
    }
}

/* The base name of @path, as a shell takes it. Owned by the caller. */
static char *shell_name(const char *path)
{
    g_autofree char *base = g_path_get_basename(path ? path : "?");

    return report_shell_word(base);
}

static void add_recipe(GString *text, const Report *report)
{
    const JobSpec *spec = report->spec;
    g_autofree char *config = shell_name(spec->config), *repro = shell_name(spec->repro);
    g_autoptr(GString) recipe = g_string_new(NULL);

    if (job_spec_is_run(spec)) {
        g_autofree char *test = report_shell_word(spec->test_command);

        g_string_append_printf(recipe, "git checkout %.12s\nsh -c %s", spec->start, test);
        g_string_append(text, "\nTo see it:\n\n");
    } else {
        g_string_append_printf(recipe,
                               "git checkout %.12s\n"
                               "cp ../%s .config && make olddefconfig && make\n",
                               spec->start, config);
        g_string_append_printf(
            recipe, "# in a virtual machine of %u MiB and %u CPU%s, as root: %s\n",
            spec->memory_mib, spec->n_cpus, spec->n_cpus == 1 ? "" : "s",
            g_str_equal(spec->bug, bug_kind_name(BUG_BUILD)) ? "nothing" : repro);
        g_string_append_printf(
            recipe, "# or: firstbad try %.12s --tree . \\\n      --config ../%s --repro ../%s",
            spec->start, config, repro);
        g_string_append(text, "\nTo see it, with the files that I can send:\n\n");
    }
    mail_add_quote(text, recipe->str, 8);
}

char *mail_body(const Report *report, const MailOptions *options)
{
    g_autoptr(GString) text = g_string_new(NULL);

    add_crash(text, report);
    add_search(text, report, options->version);
    add_recipe(text, report);
    mail_add_verdict(text, report, options);
    return report_clean(text->str);
}
