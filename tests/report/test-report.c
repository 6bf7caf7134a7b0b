/* SPDX-License-Identifier: Apache-2.0
 * The bisection log, word for word as the seed's; and what strangers' bytes may not do.
 */
#include "stored.h"

#include <string.h>

static const char expected[] =
    "bisecting cause commit starting from " START "\n"
    "# by firstbad\n"
    "testing commit " START "\n"
    "compiler: gcc 12, ld 2.40\n"
    "kernel signature: s-start\n"
    "# runs: 2\n"
    "all runs: crashed: " TITLE "\n"
    "testing release v5.16\n"
    "testing commit " GOOD "\n"
    "compiler: gcc 12, ld 2.40\n"
    "kernel signature: s-good\n"
    "# runs: 1\n"
    "all runs: OK\n"
    "# git bisect start " START " " GOOD "\n"
    "Bisecting: 6995 revisions left to test after this (roughly 13 steps)\n"
    "[" STEP "] Merge tag 'staging-5.17-rc1'\n"
    "\n"
    "testing commit " STEP "\n"
    "compiler: gcc 12, ld 2.40\n"
    "kernel signature: s-step\n"
    "run #0: OK\n"
    "run #1: basic kernel testing failed: no word\n"
    "# git bisect good " STEP "\n"
    "Bisecting: 1 revision left to test after this (roughly 1 step)\n"
    "[" SKIP "] broken\n"
    "\n"
    "testing commit " SKIP "\n"
    "compiler: gcc 12, ld 2.40\n"
    "net/smc/af_smc.c:1:2: error: no\n"
    "# git bisect skip " SKIP "\n"
    "Bisecting: 0 revisions left to test after this (roughly 0 steps)\n"
    "[" BAD "] net/smc: Forward wakeup\n"
    "\n"
    "testing commit " BAD "\n"
    "compiler: gcc 12, ld 2.40\n"
    "kernel signature: s-bad\n"
    "# runs: 1\n"
    "all runs: crashed: " TITLE "\n"
    "# git bisect bad " BAD "\n" BAD " is the first bad commit\n"
    "commit " BAD "\n"
    "Author: W\n"
    "\n"
    "culprit signature: s-bad\n"
    "parent  signature: s-parent\n"
    "revisions tested: 4, total time: 3h54m22.057s (build: 1h55m6.4s, test: 850ms)\n"
    "first bad commit: " BAD " net/smc: Forward wakeup\n"
    "recipients (to): [\"a@example.org\" \"b@example.org\"]\n"
    "recipients (cc): []\n"
    "crash: " TITLE "\n"
    "Call Trace:\n";

static void test_log(Stored *stored, gconstpointer unused)
{
    g_autoptr(Report) report = NULL;
    g_autofree char *log = NULL;

    stored_finish(stored, "net/smc: Forward wakeup");
    report = stored_load(stored);
    log = report_log(report);
    g_assert_cmpstr(log, ==, expected);
}

/* Of several that are bad git keeps the last: it must be the culprit. */
static void test_replay_ends_with_the_culprit(Stored *stored, gconstpointer unused)
{
    g_autoptr(Report) report = NULL;
    g_autofree char *replay = NULL;

    stored_put(stored, "search", "1111111111111111111111111111111111111111", NULL, "later", 2,
               "s-later");
    stored_try(stored, "1111111111111111111111111111111111111111", OUTCOME_CRASH, TITLE);
    stored_finish(stored, "net/smc: Forward wakeup");
    report = stored_load(stored);
    replay = report_replay(report);
    g_assert_true(g_str_has_suffix(replay, "\ngit bisect bad " BAD "\n"));
}

/* The words of a flaky reproducer, in the places where syzbot's logs have them. */
static void test_flaky(Stored *stored, gconstpointer unused)
{
    g_autoptr(Report) report = NULL;
    g_autofree char *log = NULL;

    stored_try(stored, START, OUTCOME_OK, NULL);
    stored_finish(stored, "net/smc: Forward wakeup");
    report = stored_load(stored);
    log = report_log(report);
    g_assert_nonnull(strstr(log, "run #2: OK\nreproducer seems to be flaky\ntesting release"));
    g_assert_nonnull(strstr(log, "parent  signature: s-parent\n"
                                 "Reproducer flagged being flaky\nrevisions tested: "));
}

/* Even the good end has the bug in the end: there are steps, but none that git could follow. */
static void test_older(Stored *stored, gconstpointer unused)
{
    g_autoptr(Answer) answer = stored_answer_new();
    g_autoptr(Report) report = NULL;
    g_autofree char *log = NULL, *replay = NULL;

    answer->kind = ANSWER_OLDER;
    answer->subject = g_strdup(GOOD);
    answer->crash_title = g_strdup(TITLE);
    g_assert_true(store_set_verdict(stored->store, stored->job, GOOD, "bad", NULL));
    stored_keep(stored, answer);
    report = stored_load(stored);
    log = report_log(report);
    replay = report_replay(report);
    g_assert_nonnull(strstr(log, "the crash already happened on the oldest tested release\n"
                                 "commit msg: Linux 5.16\ncrash: " TITLE "\n"));
    g_assert_nonnull(strstr(log, "testing commit " STEP "\n"));
    g_assert_null(strstr(log, "# git bisect"));
    g_assert_cmpstr(replay, ==, "");
}

/* What a guest prints is not taken for a step. */
static void test_replay_is_not_read_back(Stored *stored, gconstpointer unused)
{
    static const char replayed[] = "git bisect start " START " " GOOD "\n"
                                   "git bisect good " STEP "\n"
                                   "git bisect skip " SKIP "\n"
                                   "git bisect bad " BAD "\n";
    g_autoptr(Answer) answer = stored_answer_new();
    g_autoptr(Report) report = NULL;
    g_autofree char *replay = NULL;

    answer->kind = ANSWER_CULPRIT;
    answer->culprit = g_strdup(BAD);
    answer->culprit_show = g_strdup("commit " BAD);
    answer->crash_title = g_strdup(TITLE);
    answer->crash_report = g_strdup("\n# git bisect good " BAD "\n");
    stored_keep(stored, answer);
    report = stored_load(stored);
    replay = report_replay(report);
    g_assert_cmpstr(replay, ==, replayed);
}

static void test_commands(void)
{
    g_autofree char *plain = report_command("resume", "demo", NULL);
    g_autofree char *quoted = report_command("log", "a b", "/x y/it's");

    g_assert_cmpstr(plain, ==, "firstbad resume demo");
    g_assert_cmpstr(quoted, ==, "firstbad log 'a b' --state-dir '/x y/it'\\''s'");
}

static void test_unfinished(Stored *stored, gconstpointer unused)
{
    g_autoptr(Report) report = stored_load(stored);
    g_autofree char *text = report_text(report, NULL), *log = report_log(report);

    g_assert_nonnull(strstr(text, "Not finished in phase"));
    g_assert_nonnull(strstr(text, "firstbad resume bug"));
    g_assert_nonnull(strstr(text, "\nbuilt by gcc 12, ld 2.40\n"));
    g_assert_null(strstr(log, "revisions tested"));
}

/* Nothing testable is left, or the one suspect did not pass its checks: two different stories. */
static void test_set(Stored *stored, gconstpointer unused)
{
    static const char list[] =
        "bisection is inconclusive, the first bad commit could be any of:\n" BAD "\n" SKIP "\n";
    g_autoptr(Answer) answer = stored_answer_new();

    answer->kind = ANSWER_SET;
    g_ptr_array_add(answer->candidates, candidate_new(BAD, 0.5));
    g_ptr_array_add(answer->candidates, candidate_new(SKIP, 0.3));
    g_ptr_array_add(answer->candidates, candidate_new(GOOD, 0.2));
    ((Candidate *)answer->candidates->pdata[2])->or_older = TRUE;
    for (guint n_checks = 0; n_checks < 2; n_checks++) {
        g_autoptr(Report) report = NULL;
        g_autofree char *log = NULL, *text = NULL;

        stored_keep(stored, answer);
        report = stored_load(stored);
        log = report_log(report);
        text = report_text(report, NULL);
        g_assert_nonnull(strstr(log, list));
        g_assert_cmpint(strstr(log, "only 'skip'ped") != NULL, ==, n_checks == 0);
        g_assert_null(strstr(log, "\n" GOOD "\n"));
        g_assert_cmpint(strstr(text, "No commit can be named") != NULL, ==, n_checks == 1);
        g_assert_nonnull(strstr(text, "this or older: "));
        g_ptr_array_add(answer->checks, g_strdup("failed: the culprit crashes"));
    }
}

/* A commit since which the bug shows, and who may be at fault; nobody may have found a subject. */
static void test_revealer(Stored *stored, gconstpointer unused)
{
    g_autoptr(Answer) answer = stored_answer_new();
    g_autoptr(Report) report = NULL;
    g_autofree char *log = NULL, *text = NULL;

    answer->kind = ANSWER_REVEALER;
    answer->revealer = g_strdup(BAD);
    answer->confidence = 0.97;
    answer->reason = g_strdup("before it the bug could not show");
    g_ptr_array_add(answer->candidates, candidate_new(BAD, 0.6));
    g_ptr_array_add(answer->candidates, candidate_new(SKIP, 0.3));
    answer->older = g_ptr_array_new_with_free_func((GDestroyNotify)candidate_free);
    g_ptr_array_add(answer->older, candidate_new(STEP, 0));
    stored_keep(stored, answer);
    report = stored_load(stored);
    log = report_log(report);
    text = report_text(report, NULL);
    g_assert_nonnull(strstr(log, "\n# before it the bug could not show\n"));
    g_assert_nonnull(strstr(log, "could be any of:\n" BAD "\n" SKIP "\n"));
    g_assert_nonnull(strstr(text, "Since this commit the crash shows, 97.0 % sure"));
    g_assert_nonnull(strstr(text, "\n  341adeec9ada"));
    g_assert_nonnull(
        strstr(text, "\nWho may be at fault, most probable first:\n  341adeec9ada   60.0 %"));
    g_assert_nonnull(strstr(text, "\nBefore the range, these changed"));
}

/* What a log says of each kind of trial, and of an answer that is none. */
static void test_not_reproduced(Stored *stored, gconstpointer unused)
{
    g_autoptr(Answer) answer = stored_answer_new();
    g_autoptr(Report) report = NULL;
    g_autofree char *log = NULL, *text = NULL;

    answer->kind = ANSWER_NOT_REPRODUCED;
    answer->reason = g_strdup("it does not crash");
    stored_try(stored, GOOD, OUTCOME_BOOT_FAILED, "hung\nat boot");
    stored_try(stored, GOOD, OUTCOME_INFRA, "no disk");
    stored_try(stored, GOOD, OUTCOME_UNREACHED, "no AF_SMC");
    stored_try(stored, GOOD, OUTCOME_CRASH, "KASAN: use-after-free Read in vhost_task_fn");
    stored_keep(stored, answer);
    report = stored_load(stored);
    log = report_log(report);
    text = report_text(report, NULL);
    g_assert_nonnull(strstr(
        log, "\nrun #0: OK\nrun #1: boot failed: hung at boot\nrun #2: infra problem: no disk\n"
             "run #3: ignore: no AF_SMC\nrun #4: crashed: KASAN: use-after-free Read in "
             "vhost_task_fn\n"));
    g_assert_true(
        g_str_has_suffix(log, "error: the crash wasn't reproduced on the original commit\n"));
    /* The other bug's crash is one of two runs that tell something. */
    g_assert_nonnull(strstr(text, "  good      0 of  2 crashed  v5.16\n"));
}

static void test_damaged(Stored *stored, gconstpointer unused)
{
    static const char *const answers[] = {
        "{", "[]", "{\"kind\": \"other\"}", "{\"kind\": \"culprit\"}",
        "{\"kind\": \"set\", \"candidates\": [{\"probability\": 1}]}"};

    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autoptr(JobRow) row = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_true(
            store_set_job(stored->store, stored->job, JOB_DONE, "done", answers[i], NULL, NULL));
        row = store_read_job(stored->store, stored->job, NULL);
        g_assert_null(report_load(stored->store, row, &error));
        g_assert_nonnull(strstr(error->message, "damaged"));
    }
}

/* Each kind of answer in a sentence. */
static void test_headline(void)
{
    static const struct {
        AnswerKind kind;
        Tried tried;
        gboolean fix, by_budget;
        guint n_candidates, n_checks;
        const char *headline;
    } cases[] = {
        {ANSWER_CULPRIT, 0, FALSE, FALSE, 1, 2, "First bad commit, 99.9 % sure"},
        {ANSWER_CULPRIT, 0, TRUE, FALSE, 1, 2, "First good commit, 99.9 % sure"},
        {ANSWER_SET, 0, FALSE, FALSE, 3, 0, "No single commit: one of these 3, 99.9 % sure"},
        {ANSWER_SET, 0, FALSE, FALSE, 1, 1, "No commit can be named. The most probable one"},
        {ANSWER_SET, 0, FALSE, TRUE, 2, 0, "The budget is used up. One of these 2, 99.9 % sure"},
        {ANSWER_SET, 0, FALSE, TRUE, 1, 0,
         "The budget is used up. This one, 99.9 % sure, but not checked"},
        {ANSWER_SET, 0, FALSE, TRUE, 0, 0,
         "The budget is used up, and nothing is known of the culprit yet"},
        {ANSWER_TRIED, TRIED_BAD, FALSE, FALSE, 0, 0, "The revision is bad"},
        {ANSWER_TRIED, TRIED_NO_BUILD, FALSE, FALSE, 0, 0, "The revision tells nothing: no-build"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(JobSpec) spec = job_spec_new(cases[i].fix ? "fix" : "cause");
        Answer answer = {.kind = cases[i].kind,
                         .tried = cases[i].tried,
                         .by_budget = cases[i].by_budget,
                         .confidence = 0.99999,
                         .candidates = g_ptr_array_new(),
                         .checks = g_ptr_array_new()};
        const Report report = {.spec = spec, .answer = &answer};
        g_autofree char *headline = NULL;

        g_ptr_array_set_size(answer.candidates, (int)cases[i].n_candidates);
        g_ptr_array_set_size(answer.checks, (int)cases[i].n_checks);
        headline = report_headline(&report);
        g_assert_cmpstr(headline, ==, cases[i].headline);
        g_ptr_array_unref(answer.candidates);
        g_ptr_array_unref(answer.checks);
    }
}

static void test_clean(void)
{
    static const struct {
        const char *bytes, *clean, *line;
    } cases[] = {
        {"plain\tü\n", "plain\tü\n", "plain ü "},
        {"\033[2J\r\a\177", "?[2J???", "?[2J???"},
        {"\xc2\x9b"
         "2J\xc2\x85",
         "?2J?", "?2J?"},
        {"\u202e\u2066\u200b\ufeff", "????", "????"},
        {"\x9b\xff", "\ufffd\ufffd", "\ufffd\ufffd"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *clean = report_clean(cases[i].bytes),
                        *line = report_clean_line(cases[i].bytes);

        g_assert_cmpstr(clean, ==, cases[i].clean);
        g_assert_cmpstr(line, ==, cases[i].line);
    }
}

static void test_text_is_narrow_and_harmless(Stored *stored, gconstpointer unused)
{
    g_autoptr(Report) report = NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    stored_finish(stored,
                  "evil \033[2J\xff\u202e subject that goes on and on and on, further than any "
                  "terminal is wide, and on");
    report = stored_load(stored);
    text = report_text(report, NULL);
    g_assert_null(strchr(text, '\033'));
    g_assert_null(strstr(text, "\u202e"));
    g_assert_true(g_utf8_validate(text, -1, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        /* A tag may not be broken. */
        if (!g_str_has_prefix(*line, "Fixes: ")) {
            g_assert_cmpint(g_utf8_strlen(*line, -1), <=, 80);
        }
    }
}

static void test_durations(void)
{
    static const struct {
        guint64 ms;
        const char *go, *people;
    } cases[] = {
        {0, "0s", "0 s"},
        {850, "850ms", "1 s"},
        {12000, "12s", "12 s"},
        {723000, "12m3s", "12 min 03 s"},
        {14062057, "3h54m22.057s", "3 h 54 min"},
        {3600000, "1h0m0s", "1 h 00 min"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *go = report_go_duration(cases[i].ms),
                        *people = report_duration(cases[i].ms);

        g_assert_cmpstr(go, ==, cases[i].go);
        g_assert_cmpstr(people, ==, cases[i].people);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/report/log", Stored, NULL, stored_set_up, test_log, stored_tear_down);
    g_test_add("/report/replay/culprit", Stored, NULL, stored_set_up,
               test_replay_ends_with_the_culprit, stored_tear_down);
    g_test_add("/report/flaky", Stored, NULL, stored_set_up, test_flaky, stored_tear_down);
    g_test_add("/report/older", Stored, NULL, stored_set_up, test_older, stored_tear_down);
    g_test_add("/report/replay", Stored, NULL, stored_set_up, test_replay_is_not_read_back,
               stored_tear_down);
    g_test_add_func("/report/commands", test_commands);
    g_test_add("/report/unfinished", Stored, NULL, stored_set_up, test_unfinished,
               stored_tear_down);
    g_test_add("/report/text", Stored, NULL, stored_set_up, test_text_is_narrow_and_harmless,
               stored_tear_down);
    g_test_add("/report/set", Stored, NULL, stored_set_up, test_set, stored_tear_down);
    g_test_add("/report/revealer", Stored, NULL, stored_set_up, test_revealer, stored_tear_down);
    g_test_add("/report/not-reproduced", Stored, NULL, stored_set_up, test_not_reproduced,
               stored_tear_down);
    g_test_add("/report/damaged", Stored, NULL, stored_set_up, test_damaged, stored_tear_down);
    g_test_add_func("/report/headline", test_headline);
    g_test_add_func("/report/clean", test_clean);
    g_test_add_func("/report/durations", test_durations);
    return g_test_run();
}
