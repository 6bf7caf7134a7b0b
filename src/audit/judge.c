/* SPDX-License-Identifier: Apache-2.0
 * How far can the answer of a log be believed?
 *
 * Each sign looks at one thing and has a strength from 0 to 1. Their weighted sum is the logarithm
 * of the odds that the answer is wrong. The weights are
 *
 *   - fixed, for things that hardly any right answer has: of 1,070 syzbot bisections with known
 *     truth, merges, release commits, commits whose files are not built, and no-ops were the answer
 *     in 98 of 438 wrong ones and in 0 of 364 right ones (docs/MEASURED.md);
 *   - fitted, for the others: logistic regression with a ridge of 1 on the 143 logs of the corpus
 *     that name a culprit and whose truth is known (bench-audit --fit);
 *   - 0 for what a reader should know and what says nothing of these 143.
 */
#include "judge.h"

#include <math.h>
#include <string.h>

/* From this on no other crash is spoken of. */
#define SURE_MATCH 0.7

#define BASE_WEIGHT (-0.62)

/* --- Evidence: what each sign looks at ------------------------------------------------------- */

typedef double (*LookFunc)(const Case *judged, GString *says);

static double look_same_kernel(const Case *judged, GString *says)
{
    const BisectLog *log = judged->log;

    if (!log->culprit_signature || !log->parent_signature ||
        !g_str_equal(log->culprit_signature, log->parent_signature)) {
        return 0;
    }
    g_string_append(says, "The culprit's kernel is that of its parent, to the byte.");
    return 1;
}

static double look_merge(const Case *judged, GString *says)
{
    if (!judged->log->culprit_is_merge) {
        return 0;
    }
    g_string_append(says, "The culprit is a merge: hardly any bug comes from one.");
    return 1;
}

static double look_release(const Case *judged, GString *says)
{
    const char *title = judged->log->culprit_title;

    if (!title || !g_str_has_prefix(title, "Linux ") || !g_ascii_isdigit(title[6])) {
        return 0;
    }
    g_string_append(says, "The culprit only changes the version number.");
    return 1;
}

static double look_no_code(const Case *judged, GString *says)
{
    const GPtrArray *changed = judged->log->culprit_files;

    if (judged->log->culprit_is_merge || !changes_no_code(judged)) {
        return 0;
    }
    g_string_append_printf(says, "The culprit changes no code of this kernel: %s%s.",
                           (char *)changed->pdata[0], changed->len > 1 ? " and others" : "");
    return 1;
}

static gboolean contradict(Verdict a, Verdict b)
{
    return (a == VERDICT_GOOD && b == VERDICT_BAD) || (a == VERDICT_BAD && b == VERDICT_GOOD);
}

static double look_contradiction(const Case *judged, GString *says)
{
    const GPtrArray *tests = judged->log->tests;

    for (guint i = 0; i < tests->len; i++) {
        const LoggedTest *a = tests->pdata[i];

        for (guint j = 0; j < i && a->signature; j++) {
            const LoggedTest *b = tests->pdata[j];

            if (g_strcmp0(a->signature, b->signature) == 0 &&
                contradict(logged_verdict(a), logged_verdict(b))) {
                g_string_append_printf(says,
                                       "%.12s and %.12s have the same kernel, to the byte, and "
                                       "one is called good and the other bad.",
                                       b->commit, a->commit);
                return 1;
            }
        }
    }
    return 0;
}

/* Whose crash the log ends with: some logs have one though they name no culprit. */
static const char *last_to_crash(const Case *judged)
{
    return judged->log->result == RESULT_OLDEST ? "oldest release" : "culprit";
}

static double look_other_at_culprit(const Case *judged, GString *says)
{
    const char *crash = judged->log->final_crash;

    if (!crash || !judged->titles->len || judged->final_match >= 1) {
        return 0;
    }
    if (judged->final_match < SURE_MATCH) {
        g_string_append_printf(says, "The %s crashes with \"%s\", the start with \"%s\".",
                               last_to_crash(judged), crash, (char *)judged->titles->pdata[0]);
    }
    return 1 - judged->final_match;
}

static gboolean is_bad_step(const LoggedTest *test)
{
    return test->phase == LOGGED_BISECT && logged_verdict(test) == VERDICT_BAD;
}

static double look_other_crashes(const Case *judged, GString *says)
{
    const GPtrArray *tests = judged->log->tests;
    const char *example = NULL;
    guint n_bad = 0, n_other = 0;
    double sum = 0;

    if (!judged->titles->len) {
        return 0; /* nothing to compare with */
    }
    for (guint i = 0; i < tests->len; i++) {
        const LoggedTest *test = tests->pdata[i];
        const char *title = NULL;
        double match = is_bad_step(test) ? best_match(judged->bug, test, &title) : -1;

        if (match >= 0) {
            n_bad++;
            sum += 1 - match;
            n_other += match < 0.5;
            example = match < 0.5 ? title : example;
        }
    }
    if (n_other) {
        g_string_append_printf(says,
                               "%u of %u bad steps of the search saw only crashes other than the "
                               "start's, such as \"%s\".",
                               n_other, n_bad, example);
    }
    return n_bad ? sum / n_bad : 0;
}

static double look_function_missing(const Case *judged, GString *says)
{
    const char *missing;

    if (!judged->log->final_report || !judged->titles->len ||
        has_start_function(judged->titles, judged->log->final_report, &missing)) {
        return 0;
    }
    if (!missing) {
        return 0.5; /* the titles blame no function */
    }
    g_string_append_printf(says,
                           "The report of the %s's crash does not name %s, which the "
                           "start's crash blames.",
                           last_to_crash(judged), missing);
    return 1;
}

static double look_one_crash(const Case *judged, GString *says)
{
    const GPtrArray *tests = judged->log->tests;
    const LoggedTest *example = NULL;
    guint n = 0;

    for (guint i = 1; i < tests->len; i++) {
        const LoggedTest *test = tests->pdata[i];

        if (logged_verdict(test) == VERDICT_BAD && test->n_of[RUN_CRASH] == 1 && test->n_runs > 1) {
            example = test;
            n++;
        }
    }
    if (!n) {
        return 0;
    }
    g_string_append_printf(says, "%u bad verdict%s on a single crash, such as 1 of %u runs of ", n,
                           n == 1 ? " rests" : "s rest", example->n_runs);
    if (example->release) {
        g_string_append_printf(says, "%s.", example->release);
    } else {
        g_string_append_printf(says, "%.12s.", example->commit);
    }
    return 1;
}

static double look_far_files(const Case *judged, GString *says)
{
    g_autofree char *function = named_stack_function(judged);

    if (!judged->knows_paths || function || changed_stack_file(judged) ||
        changes_stack_folder(judged)) {
        return 0;
    }
    g_string_append_printf(says,
                           "The culprit changes nothing in a folder that its crash's stack goes "
                           "through: it changes %s, the stack names %s.",
                           (char *)judged->log->culprit_files->pdata[0], judged->stack_files[0]);
    return 1;
}

static double look_near_files(const Case *judged, GString *says)
{
    const char *file = changed_stack_file(judged);

    if (!file || !judged->is_same_bug) {
        return 0;
    }
    g_string_append_printf(says, "The culprit changes %s, which the crash's stack goes through.",
                           file);
    return 1;
}

static double look_names_function(const Case *judged, GString *says)
{
    g_autofree char *function = named_stack_function(judged);

    if (!function) {
        return 0;
    }
    g_string_append_printf(
        says, "The culprit's message speaks of %s, which the crash's stack names.", function);
    return 1;
}

/* The further back, the more else has changed. */
static double look_far_range(const Case *judged, GString *says)
{
    const GPtrArray *tests = judged->log->tests;
    guint n = 0, n_good = 0;

    for (guint i = 0; i < tests->len; i++) {
        const LoggedTest *test = tests->pdata[i];

        n += test->phase == LOGGED_RELEASE;
        n_good += test->phase == LOGGED_RELEASE && logged_verdict(test) == VERDICT_GOOD;
    }
    if (n > 3) {
        g_string_append_printf(says,
                               n_good ? "A good release was found only %u releases back."
                                      : "None of the %u releases tested was good.",
                               n);
    }
    return MIN(1, log(1 + n) / 3);
}

static double look_skips(const Case *judged, GString *says)
{
    const GPtrArray *tests = judged->log->tests;
    guint n = 0, n_skip = 0;

    for (guint i = 0; i < tests->len; i++) {
        const LoggedTest *test = tests->pdata[i];

        n += test->phase == LOGGED_BISECT;
        n_skip += test->phase == LOGGED_BISECT && logged_verdict(test) == VERDICT_SKIP;
    }
    if (!n_skip) {
        return 0;
    }
    g_string_append_printf(says, "%u of %u steps of the search could not be tested.", n_skip, n);
    return 1;
}

/* The chance that at least one good verdict missed the bug, by bad luck alone: the crash rate is
 * that of all bad tests together, with its uncertainty (beta-binomial). */
static double look_weak_good(const Case *judged, GString *says)
{
    const GPtrArray *tests = judged->log->tests;
    const LoggedTest *weakest = NULL;
    double n_crash = 1, n_ok = 0.1, all_right = 1, worst = 0;

    for (guint i = 0; i < tests->len; i++) {
        const LoggedTest *test = tests->pdata[i];

        if (logged_verdict(test) == VERDICT_BAD) {
            n_crash += test->n_of[RUN_CRASH];
            n_ok += test->n_of[RUN_OK];
        }
    }
    for (guint i = 0; i < tests->len; i++) {
        const LoggedTest *test = tests->pdata[i];
        double miss = 1;

        if (logged_verdict(test) != VERDICT_GOOD) {
            continue;
        }
        for (guint k = 0; k < test->n_of[RUN_OK] && k < 1000; k++) {
            miss *= (n_ok + k) / (n_crash + n_ok + k);
        }
        all_right *= 1 - miss;
        weakest = miss > worst ? test : weakest;
        worst = MAX(worst, miss);
    }
    if (weakest && all_right < 0.9) {
        g_string_append_printf(says,
                               "The bug crashes in %.0f %% of the runs of bad revisions; that %u "
                               "runs of %.12s were ok is bad luck with a chance of %.0f %%.",
                               100 * n_crash / (n_crash + n_ok), weakest->n_of[RUN_OK],
                               weakest->commit, 100 * worst);
    }
    return 1 - all_right;
}

static double look_flaky(const Case *judged, GString *says)
{
    const LoggedTest *start = judged->start;

    if (!judged->log->is_flaky &&
        !(start && start->n_of[RUN_CRASH] && start->n_of[RUN_OK] > start->n_of[RUN_CRASH])) {
        return 0;
    }
    if (start && start->n_runs > start->n_of[RUN_CRASH]) {
        g_string_append_printf(says, "The reproducer is flaky: %u of %u runs of the start crashed.",
                               start->n_of[RUN_CRASH], start->n_runs);
    } else {
        g_string_append(says, "The log calls the reproducer flaky.");
    }
    return 1;
}

static double look_broken_runs(const Case *judged, GString *says)
{
    const GPtrArray *tests = judged->log->tests;
    guint n = 0;

    for (guint i = 0; i < tests->len; i++) {
        const LoggedTest *test = tests->pdata[i];

        n += logged_verdict(test) == VERDICT_GOOD && 2 * test->n_of[RUN_OK] <= test->n_runs;
    }
    if (!n) {
        return 0;
    }
    g_string_append_printf(says,
                           "%u good verdict%s though half of the runs or more did not even boot or "
                           "start the reproducer.",
                           n, n == 1 ? " was given" : "s were given");
    return 1;
}

/* --- The signs ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    double weight;
    LookFunc look;
    gboolean is_fixed;
    gboolean is_of_any; /* also of the search for a fix */
} signs[N_AUDIT_SIGNS] = {
    [SIGN_SAME_KERNEL] = {"same-kernel", 4, look_same_kernel, TRUE, TRUE},
    [SIGN_MERGE] = {"merge", 4, look_merge, TRUE, TRUE},
    [SIGN_RELEASE] = {"release", 4, look_release, TRUE, TRUE},
    [SIGN_NO_CODE] = {"no-code", 4, look_no_code, TRUE, TRUE},
    [SIGN_CONTRADICTION] = {"contradiction", 3, look_contradiction, TRUE},
    [SIGN_OTHER_AT_CULPRIT] = {"other-at-culprit", 0.59, look_other_at_culprit, FALSE},
    [SIGN_OTHER_CRASHES] = {"other-crashes", 0.30, look_other_crashes, FALSE},
    [SIGN_FUNCTION_MISSING] = {"function-missing", 1.08, look_function_missing, FALSE},
    [SIGN_ONE_CRASH] = {"one-crash", 1.16, look_one_crash, FALSE},
    [SIGN_FAR_FILES] = {"far-files", 1.54, look_far_files, FALSE},
    [SIGN_FAR_RANGE] = {"far-range", 1.06, look_far_range, FALSE},
    [SIGN_SKIPS] = {"skips", 0.61, look_skips, FALSE, TRUE},
    [SIGN_WEAK_GOOD] = {"weak-good", 0, look_weak_good, TRUE},
    [SIGN_FLAKY] = {"flaky", 0, look_flaky, TRUE, TRUE},
    [SIGN_BROKEN_RUNS] = {"broken-runs", 0, look_broken_runs, TRUE},
    [SIGN_NEAR_FILES] = {"near-files", -1.06, look_near_files, FALSE},
    [SIGN_NAMES_FUNCTION] = {"names-function", -0.40, look_names_function, FALSE},
};

const char *audit_sign_name(AuditSign sign)
{
    return signs[sign].name;
}

double audit_sign_weight(AuditSign sign)
{
    return signs[sign].weight;
}

gboolean audit_sign_is_fixed(AuditSign sign)
{
    return signs[sign].is_fixed;
}

/* --- The case -------------------------------------------------------------------------------- */

Verdict logged_verdict(const LoggedTest *test)
{
    return test->git_verdict == VERDICT_UNKNOWN ? test->verdict : test->git_verdict;
}

/* Has git told whole paths? The oldest logs have the folders at the top only. */
static gboolean has_paths(const GPtrArray *files)
{
    for (guint i = 0; i < files->len; i++) {
        if (strchr(files->pdata[i], '/')) {
            return TRUE;
        }
    }
    return FALSE;
}

/* @paths, which are taken, without the detours of "arch/x86/kvm/../../../virt/kvm/kvm_main.c". */
static char **plain_paths(char **paths)
{
    for (guint i = 0; paths[i]; i++) {
        char *plain = g_canonicalize_filename(paths[i], "/");

        g_free(paths[i]);
        paths[i] = g_strdup(plain + 1);
        g_free(plain);
    }
    return paths;
}

void case_clear(Case *judged)
{
    g_clear_pointer(&judged->titles, g_ptr_array_unref);
    g_clear_pointer(&judged->bug, oops_bug_free);
    g_clear_pointer(&judged->stack_files, g_strfreev);
}

void case_open(const OopsReader *reader, const BisectLog *log, Case *judged)
{
    const char *report = log->final_report ? log->final_report : "", *missing;

    judged->log = log;
    judged->start = log->tests->len ? log->tests->pdata[0] : NULL;
    judged->titles = g_ptr_array_new();
    find_titles(log, judged->titles);
    judged->bug = bisect_log_bug(log);
    judged->stack_files = plain_paths(oops_stack_files(reader, report, 0));
    judged->knows_paths = has_paths(log->culprit_files) && judged->stack_files[0] != NULL;
    judged->final_match = log->final_crash ? bisect_log_match(judged->bug, log->final_crash) : 0;
    judged->is_same_bug =
        judged->final_match >= 0.5 || has_start_function(judged->titles, report, &missing);
}

Audit *audit_new(const OopsReader *reader, const BisectLog *log)
{
    Audit *audit = g_new0(Audit, 1);
    g_auto(Case) judged = {0};
    double odds = BASE_WEIGHT;

    case_open(reader, log, &judged);
    for (guint sign = 0; sign < N_AUDIT_SIGNS; sign++) {
        g_autoptr(GString) says = g_string_new(NULL);

        /* Of a fix the verdicts are turned round, and there is no crash at the end. */
        if (log->is_fix && !signs[sign].is_of_any) {
            continue;
        }
        audit->strength[sign] = signs[sign].look(&judged, says);
        odds += signs[sign].weight * audit->strength[sign];
        if (says->len) {
            audit->evidence[sign] = g_strdup(says->str);
        }
    }
    audit->has_trust = log->result == RESULT_CULPRIT && !log->is_fix && !log->is_ours;
    audit->trust = audit->has_trust ? 1 / (1 + exp(odds)) : 0;
    return audit;
}

void audit_free(Audit *audit)
{
    if (!audit) {
        return;
    }
    for (guint sign = 0; sign < N_AUDIT_SIGNS; sign++) {
        g_free(audit->evidence[sign]);
    }
    g_free(audit);
}
