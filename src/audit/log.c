/* SPDX-License-Identifier: Apache-2.0
 * Reading a bisection log.
 *
 * A log is lines, and what a line is shows at its start: the table `tokens` below is the grammar,
 * with the places where each may stand. All else is text between: console output behind a failed
 * run, the words of a compiler, the message of a commit, a crash report. That text may hold
 * anything, also what looks like a token, so the places matter: an "error:" is a result only in the
 * tail, and nothing is a token any more once the report of the crash has begun.
 *
 * One pass, O(length).
 */
#include "log.h"

#include <gio/gio.h>
#include <string.h>

/* More tests, and more runs of one, than any bisection has: what a hostile log can cost is bounded.
 */
#define MAX_TESTS 5000
#define MAX_RUNS  500
/* Git is told of a test that was among the last so many. */
#define N_LOOK_BACK 16

/* Where in the log we are. */
typedef enum Place {
    AT_TESTS = 1 << 0,  /* from the begin on */
    AT_COMMIT = 1 << 1, /* git has named the first bad commit, and now shows it */
    AT_TAIL = 1 << 2,   /* all is tested: totals, result */
    AT_SET = 1 << 3,    /* ids of a result that is a set */
    AT_REPORT = 1 << 4, /* the crash report, to the end */
} Place;

/* What is kept while reading. */
typedef struct LogReader {
    BisectLog *log;
    LoggedTest *test; /* the last one; NULL before the first */
    Place place;
    char *release;             /* of the next test */
    char *title, *title_of;    /* of the next test: git told it with this id */
    gboolean has_left, is_new; /* of the next test; the first line of text behind a test is due */
    guint n_left, n_steps;
    guint n_runs; /* that the next line is of; 0: not told */
    gboolean is_head,
        is_parent;          /* the next test is of the newest commit, of the culprit's parent */
    gboolean is_flaky;      /* from here on */
    const char *line, *end; /* of the line at hand, and of all */
} LogReader;

/* --- Words ----------------------------------------------------------------------------------- */

/* Length of the commit id that @text begins with, or 0. */
static gsize id_length(const char *text)
{
    gsize n = strspn(text, "0123456789abcdef");

    return n == 40 ? n : 0;
}

static void set_text(char **text, const char *value)
{
    g_free(*text);
    *text = g_strdup(value);
}

/* A number of seconds as Go prints durations, "1h33m9.3s", "850ms", "12.5µs": in ns. */
static gboolean read_duration(const char **text, guint64 *ret_ns)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ms", 1e6},   {"µs", 1e3}, {"us", 1e3}, {"ns", 1},
                 {"h", 3.6e12}, {"m", 6e10}, {"s", 1e9}};
    const char *at = *text;
    double ns = 0;

    while (g_ascii_isdigit(*at)) {
        char *unit;
        double number = g_ascii_strtod(at, &unit);
        guint i = 0;

        while (i < G_N_ELEMENTS(units) && !g_str_has_prefix(unit, units[i].name)) {
            i++;
        }
        if (i == G_N_ELEMENTS(units)) {
            return FALSE;
        }
        ns += number * units[i].ns;
        at = unit + strlen(units[i].name);
    }
    if (at == *text || !(ns < 1e18)) {
        return FALSE;
    }
    *text = at;
    *ret_ns = (guint64)(ns + 0.5);
    return TRUE;
}

/* The words of ["a" "b"], as Go quotes a list of strings. Owned by the caller. */
static char **read_list(const char *text)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();

    while ((text = strchr(text, '"')) != NULL) {
        const char *close = ++text;
        g_autofree char *quoted = NULL;

        while (*close && *close != '"') {
            close += close[0] == '\\' && close[1] ? 2 : 1;
        }
        if (!*close) {
            break;
        }
        quoted = g_strndup(text, close - text);
        g_ptr_array_add(words, g_strcompress(quoted));
        text = close + 1;
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_steal(words, NULL);
}

/* --- The begin ------------------------------------------------------------------------------- */

static void take_start(LogReader *reader, const char *rest)
{
    if (!reader->log->start && id_length(rest)) {
        reader->log->start = g_strndup(rest, 40);
    }
}

static void take_ours(LogReader *reader, const char *rest G_GNUC_UNUSED)
{
    reader->log->is_ours = TRUE;
}

static void take_fix_start(LogReader *reader, const char *rest)
{
    reader->log->is_fix = TRUE;
    take_start(reader, rest);
}

static void take_syzkaller(LogReader *reader, const char *rest)
{
    if (!reader->log->syzkaller) {
        reader->log->syzkaller = g_strdup(rest);
    }
}

/* --- Tests ----------------------------------------------------------------------------------- */

static void take_release(LogReader *reader, const char *rest)
{
    set_text(&reader->release, rest);
}

static void take_head(LogReader *reader, const char *rest)
{
    reader->is_head = TRUE;
}

static LoggedPhase next_phase(const LogReader *reader)
{
    if (reader->is_parent) {
        return LOGGED_PARENT;
    }
    if (reader->is_head) {
        return LOGGED_HEAD;
    }
    if (reader->release) {
        return LOGGED_RELEASE;
    }
    return reader->log->range_bad ? LOGGED_BISECT : LOGGED_ORIGINAL;
}

/* "testing commit ID", "testing commit ID with COMPILER", "testing commit ID gcc". */
static void take_testing(LogReader *reader, const char *rest)
{
    LoggedTest *test;
    const char *compiler;

    if (!id_length(rest) || reader->log->tests->len >= MAX_TESTS) {
        return;
    }
    test = g_new0(LoggedTest, 1);
    test->commit = g_strndup(rest, 40);
    test->runs = g_ptr_array_new_with_free_func((GDestroyNotify)logged_run_free);
    test->phase = next_phase(reader);
    test->release = g_steal_pointer(&reader->release);
    compiler = rest + 40;
    if (g_str_has_prefix(compiler, " with ")) {
        test->compiler = g_strchomp(g_strdup(compiler + strlen(" with ")));
        test->is_old = TRUE;
    }
    if (g_strcmp0(reader->title_of, test->commit) == 0) {
        test->title = g_steal_pointer(&reader->title);
        test->has_left = reader->has_left;
        test->n_left = reader->n_left;
        test->n_steps = reader->n_steps;
    }
    test->is_after_flaky = reader->is_flaky;
    g_clear_pointer(&reader->title_of, g_free);
    reader->has_left = reader->is_head = reader->is_parent = FALSE;
    reader->is_new = TRUE;
    reader->test = test;
    g_ptr_array_add(reader->log->tests, test);
}

static void take_compiler(LogReader *reader, const char *rest)
{
    if (reader->test && !reader->test->compiler && reader->test->runs->len == 0) {
        reader->test->compiler = g_strchomp(g_strdup(rest));
    }
}

static void take_signature(LogReader *reader, const char *rest)
{
    /* Some of 2019 print the culprit's so, with more blanks; it comes when its test has ended. */
    if (*rest == ' ') {
        set_text(&reader->log->culprit_signature, g_strchug((char *)rest));
    } else if (reader->test && !reader->test->signature) {
        reader->test->signature = g_strdup(rest);
    }
}

static void add_run(LogReader *reader, const char *text, guint n)
{
    static const struct {
        const char *prefix;
        RunKind kind;
    } verdicts[] = {
        {"crashed: ", RUN_CRASH},       {"boot failed: ", RUN_BOOT},
        {"failed: ", RUN_INFRA},        {"basic kernel testing failed: ", RUN_BASIC},
        {"infra problem: ", RUN_INFRA}, {"ignore: ", RUN_IGNORED},
    };
    LoggedRun *run = g_new0(LoggedRun, 1);

    run->n = n;
    for (guint i = 0; i < G_N_ELEMENTS(verdicts); i++) {
        if (g_str_has_prefix(text, verdicts[i].prefix)) {
            run->title = g_strdup(text + strlen(verdicts[i].prefix));
            run->kind = logged_run_kind(verdicts[i].kind, run->title);
        }
    }
    if (!run->title && !g_str_equal(text, "OK")) {
        run->kind = RUN_IGNORED;
        run->title = g_strdup(text);
    }
    g_ptr_array_add(reader->test->runs, run);
}

static gboolean has_verdict(LogReader *reader)
{
    return reader->test && reader->test->git_verdict == VERDICT_UNKNOWN;
}

/* Logs of ours say so before "all runs". */
static void take_n_runs(LogReader *reader, const char *rest)
{
    guint64 n = 0;

    if (g_ascii_string_to_unsigned(rest, 10, 1, MAX_RUNS, &n, NULL)) {
        reader->n_runs = (guint)n;
    }
}

static void take_all_runs(LogReader *reader, const char *rest)
{
    if (has_verdict(reader) && reader->test->runs->len == 0) {
        reader->test->is_inferred = reader->n_runs == 0;
        add_run(reader, rest, reader->n_runs);
        reader->n_runs = 0;
    }
}

/* "#7: OK" */
static void take_run(LogReader *reader, const char *rest)
{
    gsize n_digits = strspn(rest, "0123456789");

    if (has_verdict(reader) && !reader->test->is_inferred && n_digits &&
        reader->test->runs->len < MAX_RUNS && g_str_has_prefix(rest + n_digits, ": ")) {
        add_run(reader, rest + n_digits + 2, 1);
    }
}

static void take_failed(LogReader *reader, const char *rest)
{
    if (reader->is_new && reader->test->runs->len == 0) {
        reader->test->outcome = LOGGED_INFRA;
        reader->test->failure = g_strdup(rest);
        reader->is_new = FALSE;
    }
}

static void take_flaky(LogReader *reader, const char *rest)
{
    reader->is_flaky = reader->log->is_flaky = TRUE;
}

/* Newer logs say so of trials that do not suffice for a verdict. */
static void take_unable(LogReader *reader, const char *rest)
{
    if (reader->test) {
        reader->test->is_undecided = TRUE;
    }
}

/* --- git's lines ----------------------------------------------------------------------------- */

static void take_bisect_start(LogReader *reader, const char *rest)
{
    g_auto(GStrv) ends = g_strsplit(rest, " ", 3);

    if (!reader->log->range_bad && g_strv_length(ends) >= 2) {
        reader->log->range_bad = g_strdup(ends[0]);
        reader->log->range_good = g_strdup(ends[1]);
    }
}

/* "good ID" */
static void take_verdict(LogReader *reader, const char *rest, Verdict verdict)
{
    guint n = reader->log->tests->len;

    for (guint i = n; i > 0 && i + N_LOOK_BACK > n; i--) {
        LoggedTest *test = reader->log->tests->pdata[i - 1];

        if (g_str_has_prefix(rest, test->commit)) {
            test->git_verdict = verdict;
            reader->is_new = FALSE;
            return;
        }
    }
}

static void take_good(LogReader *reader, const char *rest)
{
    take_verdict(reader, rest, VERDICT_GOOD);
}

static void take_bad(LogReader *reader, const char *rest)
{
    take_verdict(reader, rest, VERDICT_BAD);
}

static void take_skip(LogReader *reader, const char *rest)
{
    take_verdict(reader, rest, VERDICT_SKIP);
}

/* "6995 revisions left to test after this (roughly 13 steps)" */
static void take_left(LogReader *reader, const char *rest)
{
    const char *steps = strstr(rest, "(roughly ");

    if (!g_ascii_isdigit(*rest) || !steps || !strstr(rest, " left to test after this")) {
        return;
    }
    reader->has_left = TRUE;
    reader->n_left = (guint)MIN(g_ascii_strtoull(rest, NULL, 10), G_MAXINT);
    reader->n_steps = (guint)MIN(g_ascii_strtoull(steps + strlen("(roughly "), NULL, 10), G_MAXINT);
    if (reader->log->range_bad && !reader->log->has_first_left) {
        reader->log->has_first_left = TRUE;
        reader->log->first_left = reader->n_left;
        reader->log->first_steps = reader->n_steps;
    }
}

/* "[ID] title" */
static void take_title(LogReader *reader, const char *rest)
{
    if (id_length(rest) && g_str_has_prefix(rest + 40, "] ")) {
        g_free(reader->title_of);
        reader->title_of = g_strndup(rest, 40);
        set_text(&reader->title, rest + 42);
    }
}

static void take_untested_parent(LogReader *reader, const char *rest)
{
    reader->is_parent = g_str_has_suffix(rest, " wasn't tested");
    reader->place = AT_TESTS;
}

/* --- The tail -------------------------------------------------------------------------------- */

static void take_culprit_signature(LogReader *reader, const char *rest)
{
    set_text(&reader->log->culprit_signature, rest);
}

static void take_parent_signature(LogReader *reader, const char *rest)
{
    set_text(&reader->log->parent_signature, rest);
}

/* "18, total time: 3h54m22s (build: 1h55m6s, test: 1h57m30s)" */
static void take_totals(LogReader *reader, const char *rest)
{
    BisectLog *log = reader->log;
    const char *total = strstr(rest, "total time: "), *build = strstr(rest, "(build: "),
               *test = strstr(rest, "test: ");

    reader->place = AT_TAIL;
    log->n_tested = (guint)MIN(g_ascii_strtoull(rest, NULL, 10), G_MAXINT);
    if (total && build && test) {
        total += strlen("total time: ");
        build += strlen("(build: ");
        test += strlen("test: ");
        log->has_totals = read_duration(&total, &log->total_ns) &&
                          read_duration(&build, &log->build_ns) &&
                          read_duration(&test, &log->test_ns);
    }
}

/* A log has one result: the first. */
static gboolean set_result(LogReader *reader, LoggedResult result)
{
    if (reader->log->result != RESULT_UNFINISHED) {
        return FALSE;
    }
    reader->log->result = result;
    return TRUE;
}

/* "ID title" */
static void take_culprit(LogReader *reader, const char *rest)
{
    if (id_length(rest) && set_result(reader, RESULT_CULPRIT)) {
        reader->log->culprit = g_strndup(rest, 40);
        reader->log->culprit_title = g_strdup(rest[40] ? rest + 41 : "");
    }
}

static void take_to(LogReader *reader, const char *rest)
{
    g_strfreev(reader->log->to);
    reader->log->to = read_list(rest);
}

static void take_cc(LogReader *reader, const char *rest)
{
    g_strfreev(reader->log->cc);
    reader->log->cc = read_list(rest);
}

static void take_inconclusive(LogReader *reader, const char *rest)
{
    if (set_result(reader, RESULT_INCONCLUSIVE)) {
        reader->place = AT_SET;
    }
}

static void take_oldest(LogReader *reader, const char *rest)
{
    set_result(reader, RESULT_OLDEST);
}

static void take_not_fixed(LogReader *reader, const char *rest)
{
    set_result(reader, RESULT_NOT_FIXED);
}

static void take_oldest_title(LogReader *reader, const char *rest)
{
    set_text(&reader->log->oldest_title, rest);
}

static void take_error(LogReader *reader, const char *rest)
{
    static const struct {
        const char *sign;
        LoggedResult result;
    } errors[] = {
        {"bisection is taking too long", RESULT_TIMEOUT},
        {"the crash wasn't reproduced on the original commit", RESULT_NOT_REPRODUCED},
        {" not reachable in branch", RESULT_UNREACHABLE},
    };
    LoggedResult result = RESULT_ERROR;

    for (guint i = 0; i < G_N_ELEMENTS(errors); i++) {
        if (strstr(rest, errors[i].sign)) {
            result = errors[i].result;
        }
    }
    if (set_result(reader, result)) {
        reader->log->error = g_strdup(rest);
    }
    reader->place = AT_REPORT; /* what follows are the words of programs */
}

static void take_crash(LogReader *reader, const char *rest)
{
    const char *newline = memchr(reader->line, '\n', reader->end - reader->line);

    reader->log->final_crash = g_strdup(rest);
    reader->log->final_report =
        newline ? g_strndup(newline + 1, reader->end - newline - 1) : g_strdup("");
    reader->place = AT_REPORT;
}

static void take_error_chance(LogReader *reader, const char *rest)
{
    double chance = g_ascii_strtod(rest, NULL);

    if (chance >= 0 && chance <= 1) {
        reader->log->error_chance = chance;
    }
}

/* --- The grammar ----------------------------------------------------------------------------- */

static const struct {
    const char *prefix;
    int places;
    void (*take)(LogReader *reader, const char *rest);
} tokens[] = {
    {"bisecting cause commit starting from ", AT_TESTS, take_start},
    {"bisecting fixing commit since ", AT_TESTS, take_fix_start},
    {"# by firstbad", AT_TESTS, take_ours},
    {"building syzkaller on ", AT_TESTS, take_syzkaller},
    {"testing release ", AT_TESTS, take_release},
    {"testing current HEAD ", AT_TESTS, take_head},
    {"testing commit ", AT_TESTS, take_testing},
    {"compiler: ", AT_TESTS, take_compiler},
    {"kernel signature: ", AT_TESTS | AT_COMMIT, take_signature},
    {"# runs: ", AT_TESTS, take_n_runs},
    {"all runs: ", AT_TESTS, take_all_runs},
    {"run #", AT_TESTS, take_run},
    {"failed: ", AT_TESTS, take_failed},
    {"failed testing reproducer on ", AT_TESTS, take_failed},
    {"reproducer seems to be flaky", AT_TESTS, take_flaky},
    {"reproducer is flaky (", AT_TESTS, take_flaky},
    {"unable to determine the verdict: ", AT_TESTS, take_unable},
    {"# git bisect start ", AT_TESTS, take_bisect_start},
    {"# git bisect good ", AT_TESTS, take_good},
    {"# git bisect bad ", AT_TESTS, take_bad},
    {"# git bisect skip ", AT_TESTS, take_skip},
    {"Bisecting: ", AT_TESTS, take_left},
    {"[", AT_TESTS, take_title},
    {"parent commit ", AT_TESTS | AT_COMMIT, take_untested_parent},
    {"accumulated error probability: ", AT_TESTS | AT_COMMIT | AT_TAIL, take_error_chance},
    {"culprit signature: ", AT_TESTS | AT_COMMIT, take_culprit_signature},
    {"parent  signature: ", AT_TESTS | AT_COMMIT, take_parent_signature},
    {"previous signature: ", AT_TESTS | AT_COMMIT, take_parent_signature},
    {"Reproducer flagged being flaky", AT_TESTS | AT_COMMIT, take_flaky},
    {"revisions tested: ", AT_TESTS | AT_COMMIT, take_totals},
    {"first bad commit: ", AT_TAIL, take_culprit},
    {"first good commit: ", AT_TAIL, take_culprit},
    {"recipients (to): ", AT_TAIL, take_to},
    {"recipients (cc): ", AT_TAIL, take_cc},
    {"cc: ", AT_TAIL, take_cc},
    {"bisection is inconclusive, the first ", AT_TAIL, take_inconclusive},
    {"the crash already happened on the oldest tested release", AT_TAIL, take_oldest},
    {"crash still not fixed/happens on the oldest tested release", AT_TAIL, take_oldest},
    {"oldest tested release already had the bug", AT_TAIL, take_oldest},
    {"the crash still happens on HEAD", AT_TAIL, take_not_fixed},
    {"crash still not fixed on HEAD", AT_TAIL, take_not_fixed},
    {"commit msg: ", AT_TAIL, take_oldest_title},
    {"error: ", AT_TAIL, take_error},
    {"crash: ", AT_TAIL, take_crash},
};

/* A line that is no token: words of a failed build, or git's description of the culprit. */
static void take_text(LogReader *reader, const char *line)
{
    if (reader->place == AT_COMMIT) {
        log_take_commit_line(reader->log, line);
    } else if (reader->place == AT_SET && id_length(line)) {
        g_ptr_array_add(reader->log->inconclusive, g_strndup(line, 40));
    } else if (id_length(line) && g_str_equal(line + 40, " is the first bad commit")) {
        reader->place = AT_COMMIT;
    } else if (reader->is_new && reader->test->runs->len == 0 && *line) {
        reader->test->failure = g_strdup(line);
        reader->is_new = FALSE;
    }
}

static void take_line(LogReader *reader, char *line)
{
    for (guint i = 0; i < G_N_ELEMENTS(tokens); i++) {
        if ((tokens[i].places & reader->place) && g_str_has_prefix(line, tokens[i].prefix)) {
            tokens[i].take(reader, line + strlen(tokens[i].prefix));
            return;
        }
    }
    take_text(reader, line);
}

BisectLog *bisect_log_read(const char *bytes, gsize length, GError **error)
{
    g_autoptr(BisectLog) log = bisect_log_new();
    LogReader reader = {.log = log, .place = AT_TESTS, .line = bytes, .end = bytes + length};

    while (reader.line < reader.end && reader.place != AT_REPORT) {
        const char *newline = memchr(reader.line, '\n', reader.end - reader.line);
        const char *next = newline ? newline + 1 : reader.end;
        g_autofree char *line = g_strndup(reader.line, (newline ? newline : next) - reader.line);

        take_line(&reader, line);
        reader.line = next;
    }
    g_free(reader.release);
    g_free(reader.title);
    g_free(reader.title_of);
    if (!log->start && !log->tests->len) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            "not a bisection log of syzbot's kind: no \"bisecting cause commit "
                            "starting from\" in it");
        return NULL;
    }
    bisect_log_conclude(log);
    return g_steal_pointer(&log);
}
