/* SPDX-License-Identifier: Apache-2.0
 * The bisection log, word for word as the seed's; and what strangers' bytes may not do.
 */
#include "report/report.h"

#include <string.h>

#include "process/process.h"

#define START "7e062cda7d90543ac8c7700fc7c5527d0c0f22ad"
#define GOOD  "df0cc57e057f18e44dac8e6c18aba47ab53202f9"
#define STEP  "22ef12195e13c5ec58320dbf99ef85059a2c0820"
#define SKIP  "5d8a8b324ff48c9d9fe4f1634e33dc647d2481b4"
#define BAD   "341adeec9adad0874f29a0a1af35638207352a39"
#define TITLE "WARNING: refcount bug in sk_psock_get"

static const char expected[] =
    "bisecting cause commit starting from " START "\n"
    "testing commit " START "\n"
    "compiler: gcc 12, ld 2.40\n"
    "kernel signature: s-start\n"
    "all runs: crashed: " TITLE "\n"
    "testing release v5.16\n"
    "testing commit " GOOD "\n"
    "compiler: gcc 12, ld 2.40\n"
    "kernel signature: s-good\n"
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

typedef struct Fixture {
    char *folder;
    Store *store;
} Fixture;

static void put(Fixture *fixture, const char *phase, const char *commit, const char *label,
                const char *subject, guint n_left, const char *signature)
{
    DecisionRow decision = {.phase = (char *)phase,
                            .commit = (char *)commit,
                            .label = (char *)label,
                            .subject = (char *)subject,
                            .n_left = n_left};
    Kernel kernel = {.key = (char *)commit,
                     .status = signature ? KERNEL_BUILT : KERNEL_FAILED,
                     .signature = (char *)signature,
                     .compiler = (char *)"gcc 12, ld 2.40",
                     .first_error = (char *)"net/smc/af_smc.c:1:2: error: no"};

    g_assert_true(store_put_decision(fixture->store, 1, &decision, NULL));
    g_assert_true(store_put_kernel(fixture->store, 1, commit, &kernel, NULL));
}

static void try(Fixture *fixture, const char *commit, OutcomeKind kind, const char *title)
{
    Outcome outcome = {.kind = kind, .title = (char *)title};

    g_assert_true(store_put_trial(fixture->store, 1, commit, commit, &outcome, 0, NULL));
}

static Answer *answer_new(void)
{
    Answer *answer = g_new0(Answer, 1);

    answer->candidates = g_ptr_array_new_with_free_func((GDestroyNotify)candidate_free);
    answer->checks = g_ptr_array_new_with_free_func(g_free);
    return answer;
}

static void keep(Fixture *fixture, const Answer *answer)
{
    json_t *json = answer_to_json(answer);
    g_autofree char *text = json_dumps(json, 0);

    json_decref(json);
    g_assert_true(store_set_job(fixture->store, 1, JOB_DONE, "done", text, NULL, NULL));
}

static Report *load(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JobRow) row = store_read_job(fixture->store, 1, &error);
    Report *report = row ? report_load(fixture->store, row, &error) : NULL;

    g_assert_no_error(error);
    return report;
}

static void finish(Fixture *fixture, const char *subject)
{
    g_autoptr(Answer) answer = answer_new();
    Candidate *candidate = candidate_new(BAD, 0.99);
    const char *const to[] = {"a@example.org", "b@example.org", NULL};

    answer->kind = ANSWER_CULPRIT;
    answer->culprit = g_strdup(BAD);
    answer->confidence = 0.99;
    candidate->subject = g_strdup(subject);
    g_ptr_array_add(answer->candidates, candidate);
    answer->culprit_show = g_strdup("commit " BAD "\nAuthor: W");
    answer->culprit_signature = g_strdup("s-bad");
    answer->parent_signature = g_strdup("s-parent");
    answer->to = g_strdupv((char **)to);
    answer->crash_title = g_strdup(TITLE);
    answer->crash_report = g_strdup("Call Trace:\n");
    keep(fixture, answer);
}

static void set_up(Fixture *fixture, gconstpointer unused)
{
    gint64 id;

    fixture->folder = g_dir_make_tmp("firstbad-report-XXXXXX", NULL);
    fixture->store = store_open(fixture->folder, STORE_WRITE, NULL);
    g_assert_true(
        store_add_job(fixture->store, "bug", "cause", "[job]\nstart=" START "\n", 0, &id, NULL));
    put(fixture, "reproduce", START, NULL, "Merge net-next", 0, "s-start");
    try(fixture, START, OUTCOME_CRASH, TITLE);
    try(fixture, START, OUTCOME_CRASH, TITLE);
    put(fixture, "range", GOOD, "v5.16", "Linux 5.16", 0, "s-good");
    try(fixture, GOOD, OUTCOME_OK, NULL);
    put(fixture, "search", STEP, NULL, "Merge tag 'staging-5.17-rc1'", 13991, "s-step");
    try(fixture, STEP, OUTCOME_OK, NULL);
    try(fixture, STEP, OUTCOME_BASIC_FAILED, "no word");
    put(fixture, "search", SKIP, NULL, "broken", 3, NULL);
    put(fixture, "check", BAD, NULL, "net/smc: Forward wakeup", 2, "s-bad");
    try(fixture, BAD, OUTCOME_CRASH, TITLE);
    g_assert_true(store_add_time(fixture->store, 1, 14062057, 6906400, 850, NULL));
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    const char *argv[] = {"rm", "-rf", fixture->folder, NULL};

    store_free(fixture->store);
    g_free(process_ask(NULL, argv, NULL));
    g_free(fixture->folder);
}

static void test_log(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Report) report = NULL;
    g_autofree char *log = NULL;

    finish(fixture, "net/smc: Forward wakeup");
    report = load(fixture);
    log = report_log(report);
    g_assert_cmpstr(log, ==, expected);
}

/* Of several that are bad git keeps the last: it must be the culprit. */
static void test_replay_ends_with_the_culprit(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Report) report = NULL;
    g_autofree char *replay = NULL;

    put(fixture, "search", "1111111111111111111111111111111111111111", NULL, "later", 2, "s-later");
    try(fixture, "1111111111111111111111111111111111111111", OUTCOME_CRASH, TITLE);
    finish(fixture, "net/smc: Forward wakeup");
    report = load(fixture);
    replay = report_replay(report);
    g_assert_true(g_str_has_suffix(replay, "\ngit bisect bad " BAD "\n"));
}

/* The words of a flaky reproducer, in the places where syzbot's logs have them. */
static void test_flaky(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Report) report = NULL;
    g_autofree char *log = NULL;

    try(fixture, START, OUTCOME_OK, NULL);
    finish(fixture, "net/smc: Forward wakeup");
    report = load(fixture);
    log = report_log(report);
    g_assert_nonnull(strstr(log, "run #2: OK\nreproducer seems to be flaky\ntesting release"));
    g_assert_nonnull(strstr(log, "parent  signature: s-parent\n"
                                 "Reproducer flagged being flaky\nrevisions tested: "));
}

/* Even the good end has the bug in the end: there are steps, but none that git could follow. */
static void test_older(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Answer) answer = answer_new();
    g_autoptr(Report) report = NULL;
    g_autofree char *log = NULL, *replay = NULL;

    answer->kind = ANSWER_OLDER;
    answer->subject = g_strdup(GOOD);
    answer->crash_title = g_strdup(TITLE);
    g_assert_true(store_set_verdict(fixture->store, 1, GOOD, "bad", NULL));
    keep(fixture, answer);
    report = load(fixture);
    log = report_log(report);
    replay = report_replay(report);
    g_assert_nonnull(strstr(log, "the crash already happened on the oldest tested release\n"
                                 "commit msg: Linux 5.16\ncrash: " TITLE "\n"));
    g_assert_nonnull(strstr(log, "testing commit " STEP "\n"));
    g_assert_null(strstr(log, "# git bisect"));
    g_assert_cmpstr(replay, ==, "");
}

/* What a guest prints is not taken for a step. */
static void test_replay_is_not_read_back(Fixture *fixture, gconstpointer unused)
{
    static const char replayed[] = "git bisect start " START " " GOOD "\n"
                                   "git bisect good " STEP "\n"
                                   "git bisect skip " SKIP "\n"
                                   "git bisect bad " BAD "\n";
    g_autoptr(Answer) answer = answer_new();
    g_autoptr(Report) report = NULL;
    g_autofree char *replay = NULL;

    answer->kind = ANSWER_CULPRIT;
    answer->culprit = g_strdup(BAD);
    answer->culprit_show = g_strdup("commit " BAD);
    answer->crash_title = g_strdup(TITLE);
    answer->crash_report = g_strdup("\n# git bisect good " BAD "\n");
    keep(fixture, answer);
    report = load(fixture);
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

static void test_unfinished(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Report) report = load(fixture);
    g_autofree char *text = report_text(report, NULL), *log = report_log(report);

    g_assert_nonnull(strstr(text, "Not finished in phase"));
    g_assert_nonnull(strstr(text, "firstbad resume bug"));
    g_assert_nonnull(strstr(text, "\nbuilt by gcc 12, ld 2.40\n"));
    g_assert_null(strstr(log, "revisions tested"));
}

/* Nothing testable is left, or the one suspect did not pass its checks: two different stories. */
static void test_set(Fixture *fixture, gconstpointer unused)
{
    static const char list[] =
        "bisection is inconclusive, the first bad commit could be any of:\n" BAD "\n" SKIP "\n";
    g_autoptr(Answer) answer = answer_new();

    answer->kind = ANSWER_SET;
    g_ptr_array_add(answer->candidates, candidate_new(BAD, 0.5));
    g_ptr_array_add(answer->candidates, candidate_new(SKIP, 0.3));
    g_ptr_array_add(answer->candidates, candidate_new(GOOD, 0.2));
    ((Candidate *)answer->candidates->pdata[2])->or_older = TRUE;
    for (guint n_checks = 0; n_checks < 2; n_checks++) {
        g_autoptr(Report) report = NULL;
        g_autofree char *log = NULL, *text = NULL;

        keep(fixture, answer);
        report = load(fixture);
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

static void test_damaged(Fixture *fixture, gconstpointer unused)
{
    static const char *const answers[] = {
        "{", "[]", "{\"kind\": \"other\"}", "{\"kind\": \"culprit\"}",
        "{\"kind\": \"set\", \"candidates\": [{\"probability\": 1}]}"};

    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autoptr(JobRow) row = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_true(store_set_job(fixture->store, 1, JOB_DONE, "done", answers[i], NULL, NULL));
        row = store_read_job(fixture->store, 1, NULL);
        g_assert_null(report_load(fixture->store, row, &error));
        g_assert_nonnull(strstr(error->message, "damaged"));
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

static void test_text_is_narrow_and_harmless(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Report) report = NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    finish(fixture, "evil \033[2J\xff\u202e subject that goes on and on and on, further than any "
                    "terminal is wide, and on");
    report = load(fixture);
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
    g_test_add("/report/log", Fixture, NULL, set_up, test_log, tear_down);
    g_test_add("/report/replay/culprit", Fixture, NULL, set_up, test_replay_ends_with_the_culprit,
               tear_down);
    g_test_add("/report/flaky", Fixture, NULL, set_up, test_flaky, tear_down);
    g_test_add("/report/older", Fixture, NULL, set_up, test_older, tear_down);
    g_test_add("/report/replay", Fixture, NULL, set_up, test_replay_is_not_read_back, tear_down);
    g_test_add_func("/report/commands", test_commands);
    g_test_add("/report/unfinished", Fixture, NULL, set_up, test_unfinished, tear_down);
    g_test_add("/report/text", Fixture, NULL, set_up, test_text_is_narrow_and_harmless, tear_down);
    g_test_add("/report/set", Fixture, NULL, set_up, test_set, tear_down);
    g_test_add("/report/damaged", Fixture, NULL, set_up, test_damaged, tear_down);
    g_test_add_func("/report/clean", test_clean);
    g_test_add_func("/report/durations", test_durations);
    return g_test_run();
}
