/* SPDX-License-Identifier: Apache-2.0
 * An audited log for people. All words of the log go through report_clean_line().
 */
#include <string.h>

#include "cli/audit.h"

#define WIDTH  80
#define BOLD   "\033[1m"
#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define PLAIN  "\033[0m"

#define OTHER_MARK "! "

typedef struct Writer {
    GString *text;
    gboolean has_colour;
} Writer;

/* --- Lines ----------------------------------------------------------------------------------- */

static void add_coloured(Writer *writer, const char *colour, const char *words)
{
    g_string_append_printf(writer->text, "%s%s%s", writer->has_colour ? colour : "", words,
                           writer->has_colour ? PLAIN : "");
}

/* @bytes on one line, cut to @width characters. */
static void add_cut(Writer *writer, const char *bytes, glong width)
{
    g_autofree char *clean = report_clean_line(bytes), *cut = NULL;

    if (g_utf8_strlen(clean, -1) <= width) {
        g_string_append(writer->text, clean);
        return;
    }
    cut = g_utf8_substring(clean, 0, width - 3);
    g_string_append_printf(writer->text, "%s...", cut);
}

/* @bytes in lines of at most WIDTH characters, @first before the first of them and as many blanks
 * before the others. A word that is longer has a line of its own. */
static void add_wrapped(Writer *writer, const char *first, const char *bytes)
{
    g_autofree char *clean = report_clean_line(bytes);
    g_auto(GStrv) words = g_strsplit(clean, " ", -1);
    glong indent = g_utf8_strlen(first, -1), column = indent;

    g_string_append(writer->text, first);
    for (guint i = 0; words[i]; i++) {
        glong n = g_utf8_strlen(words[i], -1);

        if (column > indent && column + 1 + n > WIDTH) {
            g_string_append_printf(writer->text, "\n%*s", (int)indent, "");
            column = indent;
        }
        g_string_append_printf(writer->text, "%s%s", column > indent ? " " : "", words[i]);
        column += n + (column > indent);
    }
    g_string_append_c(writer->text, '\n');
}

/* --- What happened --------------------------------------------------------------------------- */

static void add_start(Writer *writer, const BisectLog *log)
{
    const LoggedTest *start = log->tests->len ? log->tests->pdata[0] : NULL;

    g_string_append_printf(writer->text, "%s, from %.12s\n",
                           log->is_fix ? "Bisection of a fix" : "Bisection of a cause",
                           log->start ? log->start : "an unknown commit");
    for (guint i = 0; start && i < start->runs->len; i++) {
        const LoggedRun *run = start->runs->pdata[i];

        if (run->kind == RUN_CRASH) {
            add_wrapped(writer, "Crash: ", run->title);
            break;
        }
    }
    if (log->has_totals) {
        g_autofree char *total = report_duration(log->total_ns / 1000000);
        g_autofree char *build = report_duration(log->build_ns / 1000000);
        g_autofree char *test = report_duration(log->test_ns / 1000000);

        g_string_append_printf(writer->text, "%u tests in %s (building %s, testing %s)\n",
                               log->n_tested, total, build, test);
    }
}

static char *place_of(const LoggedTest *test)
{
    if (test->release) {
        return g_strdup(test->release);
    }
    return test->phase == LOGGED_BISECT && test->has_left
               ? g_strdup_printf("%u", test->n_left)
               : g_strdup(logged_phase_name(test->phase));
}

/* What of a test is told at the end of its line: the crash, where it is another than the start's;
 * why it could not be run; else the title of the commit. */
static char *remark_of(const OopsBug *bug, const LoggedTest *test)
{
    const LoggedRun *best = NULL, *broken = NULL;
    double best_match = -1;

    for (guint i = 0; i < test->runs->len; i++) {
        const LoggedRun *run = test->runs->pdata[i];
        double match = run->kind == RUN_CRASH ? bisect_log_match(bug, run->title) : -1;

        best = match > best_match ? run : best;
        best_match = MAX(best_match, match);
        broken = run->kind != RUN_CRASH && run->kind != RUN_OK ? run : broken;
    }
    if (best && best_match < 0.5) {
        return g_strconcat(OTHER_MARK, best->title, NULL);
    }
    if (broken && !best && !test->n_of[RUN_OK]) {
        return g_strdup(broken->title);
    }
    if (test->outcome == LOGGED_BUILD_FAILED || test->outcome == LOGGED_INFRA) {
        return g_strdup(test->failure ? test->failure : "no kernel");
    }
    return g_strdup(test->title ? test->title : "");
}

static const char *verdict_of(const LoggedTest *test)
{
    Verdict verdict = test->git_verdict == VERDICT_UNKNOWN ? test->verdict : test->git_verdict;

    return verdict == VERDICT_UNKNOWN ? "-" : verdict_name(verdict);
}

static void add_tests(Writer *writer, const BisectLog *log)
{
    g_autoptr(OopsBug) bug = bisect_log_bug(log);
    gboolean has_other = FALSE;

    if (!log->tests->len) {
        return;
    }
    g_string_append_printf(writer->text, "\n%-8s  %-12s  %5s %4s %6s  %-4s  %s\n", "LEFT", "COMMIT",
                           "CRASH", "OK", "BROKEN", "IS", "WHAT");
    for (guint i = 0; i < log->tests->len; i++) {
        const LoggedTest *test = log->tests->pdata[i];
        g_autofree char *place = place_of(test), *remark = remark_of(bug, test);
        guint n_crash = test->n_of[RUN_CRASH], n_ok = test->n_of[RUN_OK];

        add_cut(writer, place, 8);
        g_string_append_printf(writer->text, "%*s%.12s  ",
                               (int)MAX(0, 8 - g_utf8_strlen(place, -1)) + 2, "", test->commit);
        if (test->n_runs) {
            g_string_append_printf(writer->text, "%5u %4u %6u", n_crash, n_ok,
                                   test->n_runs - n_crash - n_ok);
        } else {
            g_string_append_printf(writer->text, "%5s %4s %6s", "-", "-", "-");
        }
        g_string_append_printf(writer->text, *remark ? "  %-4s  " : "  %s", verdict_of(test));
        has_other = has_other || g_str_has_prefix(remark, OTHER_MARK);
        add_cut(writer, remark, WIDTH - 49);
        g_string_append_c(writer->text, '\n');
    }
    if (has_other) {
        g_string_append(writer->text, OTHER_MARK "another crash than the start's\n");
    }
}

static void add_result(Writer *writer, const BisectLog *log)
{
    g_string_append(writer->text, "\nThe log's answer: ");
    switch (log->result) {
    case RESULT_CULPRIT:
        g_string_append_printf(writer->text, "first %s commit\n  %.12s  ",
                               log->is_fix ? "good" : "bad", log->culprit);
        add_cut(writer, log->culprit_title, WIDTH - 16);
        g_string_append_c(writer->text, '\n');
        break;
    case RESULT_INCONCLUSIVE:
        g_string_append_printf(writer->text, "none, %u commits are left\n", log->inconclusive->len);
        break;
    case RESULT_OLDEST:
        g_string_append(writer->text, "the oldest release tested has the bug\n");
        break;
    case RESULT_NOT_FIXED:
        g_string_append(writer->text, "the newest commit still has the bug\n");
        break;
    case RESULT_UNFINISHED:
        g_string_append(writer->text, "none, it ends before its result\n");
        break;
    default:
        g_string_append(writer->text, "none\n");
        add_wrapped(writer, "  ", log->error);
    }
}

/* --- What to think of it --------------------------------------------------------------------- */

/* Does the log say more than that it could not go on? */
static gboolean has_answer(const BisectLog *log)
{
    return log->result == RESULT_CULPRIT || log->result == RESULT_INCONCLUSIVE ||
           log->result == RESULT_OLDEST || log->result == RESULT_NOT_FIXED;
}

static void add_flags(Writer *writer, const BisectLog *log, const Audit *audit)
{
    guint n = 0;

    for (guint sign = 0; sign < N_AUDIT_SIGNS; sign++) {
        if (audit->evidence[sign]) {
            g_string_append(writer->text, n++ ? "" : "\nWhat to think of it:\n");
            add_wrapped(writer, sign >= SIGN_NEAR_FILES ? "  + " : "  - ", audit->evidence[sign]);
        }
    }
    if (!n && has_answer(log)) {
        g_string_append(writer->text, "\nNothing speaks against it.\n");
    }
}

static void add_verdict(Writer *writer, const BisectLog *log, const Audit *audit)
{
    g_autofree char *chance = NULL;

    if (log->is_ours && log->result == RESULT_CULPRIT) {
        g_string_append_c(writer->text, '\n');
        add_wrapped(
            writer, "",
            "The log is firstbad's: its report says how sure the answer is. How often others' "
            "logs are right says nothing of it.");
    }
    if (!audit->has_trust) {
        return;
    }
    chance =
        g_strdup_printf(" The chance that it is the right commit: %.0f %%.\n", 100 * audit->trust);
    g_string_append_c(writer->text, '\n');
    if (audit->trust < AUDIT_BELIEVABLE) {
        add_coloured(writer, RED, "Doubtful.");
    } else if (audit->trust < 0.7) {
        add_coloured(writer, YELLOW, "Take it with care.");
    } else {
        add_coloured(writer, BOLD, "It can be believed.");
    }
    g_string_append(writer->text, chance);
}

char *audit_text(const BisectLog *log, const Audit *audit, gboolean has_colour)
{
    Writer writer = {.text = g_string_new(NULL), .has_colour = has_colour};

    add_start(&writer, log);
    add_tests(&writer, log);
    add_result(&writer, log);
    add_flags(&writer, log, audit);
    add_verdict(&writer, log, audit);
    return g_string_free(writer.text, FALSE);
}

/* --- By our own model ------------------------------------------------------------------------ */

#define N_CANDIDATES_SHOWN 20

static void add_candidate(Writer *writer, const Repo *repo, const Rejudged *rejudged,
                          guint32 revision)
{
    const char *commit = rejudged->range->commits[revision];
    g_autofree char *subject = repo_subject(repo, commit, NULL);
    double percent = 100 * belief_posterior(rejudged->belief)[revision];

    g_string_append_printf(writer->text, "  %.12s  %5.1f %%  ", commit, MIN(percent, 99.9));
    if (revision == 0) {
        g_string_append(writer->text, "or older: ");
    }
    add_cut(writer, subject ? subject : "", WIDTH - (revision ? 25 : 35));
    g_string_append_c(writer->text, '\n');
}

char *rejudged_text(const Repo *repo, const Rejudged *rejudged)
{
    Writer writer = {.text = g_string_new(NULL)};
    const Experiment *next = &rejudged->next;
    guint n = rejudged->candidates->len;

    g_string_append_printf(
        writer.text,
        "\nBy our own model, which knows trials and history alone and nothing of the "
        "signs\nabove, from %u of its tests, of %u revisions:\n",
        rejudged->n_inside, history_size(rejudged->range->history) - 1);
    for (guint i = 0; i < n && i < N_CANDIDATES_SHOWN; i++) {
        add_candidate(&writer, repo, rejudged, g_array_index(rejudged->candidates, guint32, i));
    }
    if (n > N_CANDIDATES_SHOWN) {
        g_string_append_printf(writer.text, "  and %u more\n", n - N_CANDIDATES_SHOWN);
    }
    if (rejudged->culprit >= 0) {
        g_string_append_printf(
            writer.text, "The log's answer has %.1f %%.\n",
            MIN(99.9, 100 * belief_posterior(rejudged->belief)[rejudged->culprit]));
    }
    if (rejudged->has_next) {
        g_autofree char *subject =
            repo_subject(repo, rejudged->range->commits[next->revision], NULL);

        g_string_append_printf(writer.text, "Test next, %u trial%s (%.2f bits):\n  %.12s  ",
                               next->n_trials, next->n_trials == 1 ? "" : "s", next->gain_bits,
                               rejudged->range->commits[next->revision]);
        add_cut(&writer, subject ? subject : "", WIDTH - 16);
        g_string_append_c(writer.text, '\n');
    } else {
        g_string_append(writer.text,
                        n == 1 ? "No test is missing.\n" : "No test would tell these apart.\n");
    }
    return g_string_free(writer.text, FALSE);
}
