/* SPDX-License-Identifier: Apache-2.0
 * What the lines of a log mean: which failures are the machine's, how many runs there were where
 * the log does not say, what verdict the rule of the time gave.
 */
#include "log.h"

#include <string.h>

/* --- Names, making and freeing --------------------------------------------------------------- */

const char *run_kind_name(RunKind kind)
{
    static const char *const names[] = {"ok",    "crash",      "boot",        "basic",
                                        "infra", "infra_boot", "infra_basic", "ignored"};

    G_STATIC_ASSERT(G_N_ELEMENTS(names) == N_RUN_KINDS);
    return names[kind];
}

const char *logged_phase_name(LoggedPhase phase)
{
    static const char *const names[] = {"original", "head", "release", "bisect", "parent"};

    return names[phase];
}

const char *logged_outcome_name(LoggedOutcome outcome)
{
    static const char *const names[] = {"run", "build", "infra", "parent_build",
                                        "parent_build_failed"};

    return names[outcome];
}

const char *logged_result_name(LoggedResult result)
{
    static const char *const names[] = {"unfinished",     "culprit",     "inconclusive",
                                        "oldest",         "not_fixed",   "timeout",
                                        "not_reproduced", "unreachable", "error_other"};

    return names[result];
}

void logged_run_free(LoggedRun *run)
{
    g_free(run->title);
    g_free(run);
}

static void logged_test_free(LoggedTest *test)
{
    g_free(test->commit);
    g_free(test->title);
    g_free(test->release);
    g_free(test->compiler);
    g_free(test->signature);
    g_free(test->failure);
    g_ptr_array_unref(test->runs);
    g_free(test);
}

BisectLog *bisect_log_new(void)
{
    BisectLog *log = g_new0(BisectLog, 1);

    log->tests = g_ptr_array_new_with_free_func((GDestroyNotify)logged_test_free);
    log->culprit_files = g_ptr_array_new_with_free_func(g_free);
    log->culprit_message = g_string_new(NULL);
    log->inconclusive = g_ptr_array_new_with_free_func(g_free);
    log->error_chance = -1;
    return log;
}

void bisect_log_free(BisectLog *log)
{
    if (!log) {
        return;
    }
    g_free(log->start);
    g_free(log->syzkaller);
    g_free(log->range_bad);
    g_free(log->range_good);
    g_ptr_array_unref(log->tests);
    g_free(log->culprit);
    g_free(log->culprit_title);
    g_ptr_array_unref(log->culprit_files);
    g_string_free(log->culprit_message, TRUE);
    g_ptr_array_unref(log->inconclusive);
    g_free(log->error);
    g_free(log->oldest_title);
    g_free(log->final_crash);
    g_free(log->final_report);
    g_strfreev(log->to);
    g_strfreev(log->cc);
    g_free(log->culprit_signature);
    g_free(log->parent_signature);
    g_free(log);
}

/* --- Runs ------------------------------------------------------------------------------------ */

/* Signs that a machine, or the cloud that it came from, failed, and not the kernel. "preempt" is
 * what a cloud does to machines; the corpus takes kernel titles that speak of preemptible code for
 * it, too, and so do we: these run no trivial program either way. */
static gboolean is_machines_fault(const char *title)
{
    static const char *const signs[] = {
        "failed to copy ",
        "timed out",
        "preempt",
        "googleapi: ",
        " operation failed",
        "failed to create instance",
        "failed to delete instance",
        "error getting instance",
        "failed to create VM pool",
        "failed to create GCE image",
        "failed to run command in VM",
        "failed to execute ssh-keygen",
        "Read-only file system",
        "No space left",
        "no space left",
    };

    for (guint i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (strstr(title, signs[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

RunKind logged_run_kind(RunKind kind, const char *title)
{
    if (kind == RUN_BOOT && is_machines_fault(title)) {
        return RUN_INFRA_BOOT;
    }
    return kind == RUN_BASIC && is_machines_fault(title) ? RUN_INFRA_BASIC : kind;
}

/* --- What git shows of the culprit ----------------------------------------------------------- */

/* "a/{b => c}/d.c" -> "a/c/d.c", "old.c => new.c" -> "new.c": the newer name. */
static char *renamed_path(const char *path)
{
    const char *arrow = strstr(path, " => "), *open = strchr(path, '{'), *close;
    g_autofree char *joined = NULL;
    char *twice;

    if (!arrow) {
        return g_strdup(path);
    }
    close = strchr(arrow, '}');
    if (!open || open > arrow || !close) {
        return g_strdup(arrow + strlen(" => "));
    }
    arrow += strlen(" => ");
    joined = g_strdup_printf("%.*s%.*s%s", (int)(open - path), path, (int)(close - arrow), arrow,
                             close + 1);
    twice = strstr(joined, "//"); /* of "a/{b => }/c" */
    if (twice) {
        memmove(twice, twice + 1, strlen(twice));
    }
    return g_steal_pointer(&joined);
}

/* Of a line " PATH | 12 ++-", " create mode 100644 PATH", or ":040000 040000 ID ID M<tab>PATH": the
 * path, or NULL. Owned by the caller. */
static char *changed_path(const char *line)
{
    const char *bar = strstr(line, " | "), *tab = strchr(line, '\t');

    if (line[0] == ':' && tab) {
        return g_strdup(tab + 1);
    }
    if (g_str_has_prefix(line, " create mode ") && strlen(line) > strlen(" create mode 100644 ")) {
        return g_strdup(line + strlen(" create mode 100644 "));
    }
    if (line[0] == ' ' && line[1] != ' ' && bar) {
        g_autofree char *path = g_strstrip(g_strndup(line, bar - line));

        return renamed_path(path);
    }
    return NULL;
}

/* More than any commit says: each function of the stack is looked for in it. */
#define MAX_MESSAGE (64 << 10)

void log_take_commit_line(BisectLog *log, const char *line)
{
    if (g_str_has_prefix(line, "Merge: ")) {
        log->culprit_is_merge = TRUE;
    } else if (g_str_has_prefix(line, "    ")) {
        if (log->culprit_message->len + strlen(line) < MAX_MESSAGE) {
            g_string_append_printf(log->culprit_message, "%s\n", line + strlen("    "));
        }
    } else {
        char *path = changed_path(line);

        if (path) {
            g_ptr_array_add(log->culprit_files, path);
        }
    }
}

/* --- Counts and verdicts --------------------------------------------------------------------- */

#define N_RUNS      10 /* of a revision */
#define N_RUNS_MORE 20 /* since 2021: of the start, and of all once the reproducer is flaky */

static const char *first_release(const BisectLog *log)
{
    for (guint i = 0; i < log->tests->len; i++) {
        const LoggedTest *test = log->tests->pdata[i];

        if (test->release) {
            return test->release;
        }
    }
    return NULL;
}

/* Is the log of 2021-02-21 or later, from when on some tests have more runs? Logs have no date, but
 * their form changed in July 2021; before, the compilers of that February and the newest release
 * (v5.11 is of 2021-02-14) tell the years apart. */
static gboolean has_more_runs(const BisectLog *log)
{
    const LoggedTest *start = log->tests->len ? log->tests->pdata[0] : NULL;
    const char *release = first_release(log);

    if (!start || !start->is_old) {
        return TRUE;
    }
    return g_strcmp0(start->compiler, "gcc (GCC) 8.1.0") != 0 &&
           !(release && release_name_compare(release, "v5.11") > 0);
}

/* Some logs of 2018 and 2019 have fewer runs a test: what those that list their runs have. 0: none
 * does, or they have the usual number. */
static guint unusual_runs(const BisectLog *log)
{
    guint n = 0;

    for (guint i = 0; i < log->tests->len; i++) {
        const LoggedTest *test = log->tests->pdata[i];

        if (!test->is_inferred) {
            n = MAX(n, test->runs->len);
        }
    }
    return n < N_RUNS ? n : 0;
}

static void count_runs(LoggedTest *test, guint n_inferred)
{
    for (guint i = 0; i < test->runs->len; i++) {
        LoggedRun *run = test->runs->pdata[i];

        if (test->is_inferred) {
            run->n = n_inferred;
        }
        test->n_of[run->kind] += run->n;
        test->n_runs += run->n;
    }
}

static LoggedOutcome outcome_of(const LoggedTest *test)
{
    if (test->phase == LOGGED_PARENT) {
        return test->signature ? LOGGED_PARENT_BUILT : LOGGED_PARENT_FAILED;
    }
    if (test->runs->len) {
        return LOGGED_RUN;
    }
    return test->outcome == LOGGED_INFRA ? LOGGED_INFRA : LOGGED_BUILD_FAILED;
}

/* The rule in force from 2019-03 to 2023-06: any crash is bad, of whatever kind; else more than two
 * thirds of runs that tell nothing are skipped. */
static Verdict verdict_of(const LoggedTest *test)
{
    if (test->phase == LOGGED_PARENT) {
        return VERDICT_UNKNOWN;
    }
    if (test->outcome != LOGGED_RUN || test->is_undecided) {
        return VERDICT_SKIP;
    }
    if (test->n_of[RUN_CRASH]) {
        return VERDICT_BAD;
    }
    return 3 * (test->n_runs - test->n_of[RUN_OK]) > 2 * test->n_runs ? VERDICT_SKIP : VERDICT_GOOD;
}

void bisect_log_conclude(BisectLog *log)
{
    gboolean has_more = has_more_runs(log);
    guint unusual = has_more ? 0 : unusual_runs(log);

    for (guint i = 0; i < log->tests->len; i++) {
        LoggedTest *test = log->tests->pdata[i];

        /* Git was told nothing of it, and it was not run: the bisection broke off there. */
        if (test->phase == LOGGED_BISECT && !test->runs->len &&
            test->git_verdict == VERDICT_UNKNOWN) {
            test->phase = LOGGED_PARENT;
        }
        count_runs(test, unusual                                        ? unusual
                         : has_more && (i == 0 || test->is_after_flaky) ? N_RUNS_MORE
                                                                        : N_RUNS);
        test->outcome = outcome_of(test);
        test->verdict = verdict_of(test);
    }
}
