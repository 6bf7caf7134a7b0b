/* SPDX-License-Identifier: Apache-2.0
 * Reading bisection logs: each variant of the grammar, by logs of our own in seeds/log/, which are
 * also where the fuzzer starts.
 */
#include <gio/gio.h>
#include <string.h>

#include "check-log.h"
#include "read-log.h"

#define A "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define B "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"
#define C "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"
#define D "d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4"

static char *logs_folder(void)
{
    return g_build_filename(g_getenv("G_TEST_SRCDIR"), "tests", "audit", "seeds", "log", NULL);
}

static BisectLog *read_file(const char *name)
{
    g_autofree char *folder = logs_folder();

    return read_log_file(folder, name);
}

static BisectLog *read_text(const char *text)
{
    g_autoptr(GError) error = NULL;
    BisectLog *log = bisect_log_read(text, strlen(text), &error);

    g_assert_no_error(error);
    return log;
}

static const LoggedTest *test_at(const BisectLog *log, guint i)
{
    g_assert_cmpuint(i, <, log->tests->len);
    return log->tests->pdata[i];
}

static const LoggedRun *run_at(const LoggedTest *test, guint i)
{
    g_assert_cmpuint(i, <, test->runs->len);
    return test->runs->pdata[i];
}

static void assert_list(char **list, const char *words)
{
    g_autofree char *joined = list ? g_strjoinv(" ", list) : NULL;

    g_assert_cmpstr(joined, ==, words);
}

/* 2019: compilers in the line, eight runs, no signatures, folders instead of paths. */
static void test_old(void)
{
    g_autoptr(BisectLog) log = read_file("old.txt");

    g_assert_false(log->is_fix);
    g_assert_cmpstr(log->start, ==, A);
    g_assert_cmpstr(log->range_bad, ==, A);
    g_assert_cmpstr(log->range_good, ==, "v4.20");
    g_assert_cmpuint(log->first_left, ==, 1);
    g_assert_cmpuint(log->first_steps, ==, 1);
    g_assert_cmpuint(log->tests->len, ==, 4);
    g_assert_cmpstr(test_at(log, 0)->compiler, ==, "gcc (GCC) 8.1.0");
    g_assert_cmpint(test_at(log, 0)->phase, ==, LOGGED_ORIGINAL);
    g_assert_true(test_at(log, 0)->is_inferred);
    g_assert_cmpuint(test_at(log, 0)->n_of[RUN_CRASH], ==, 8); /* as many as the release lists */
    g_assert_cmpint(test_at(log, 1)->phase, ==, LOGGED_RELEASE);
    g_assert_cmpstr(test_at(log, 1)->release, ==, "v4.20");
    g_assert_cmpuint(test_at(log, 1)->n_of[RUN_OK], ==, 7);
    g_assert_cmpuint(test_at(log, 1)->n_of[RUN_BOOT], ==, 1);
    g_assert_cmpint(test_at(log, 1)->verdict, ==, VERDICT_GOOD);
    g_assert_cmpint(test_at(log, 1)->git_verdict, ==, VERDICT_UNKNOWN);
    g_assert_cmpstr(test_at(log, 2)->title, ==, "foo: count twice");
    g_assert_cmpint(test_at(log, 2)->phase, ==, LOGGED_BISECT);
    g_assert_cmpint(test_at(log, 2)->git_verdict, ==, VERDICT_BAD);
    g_assert_cmpuint(test_at(log, 3)->n_left, ==, 0);
    g_assert_cmpint(log->result, ==, RESULT_CULPRIT);
    g_assert_cmpstr(log->culprit, ==, C);
    g_assert_cmpstr(log->culprit_title, ==, "foo: count twice");
    g_assert_cmpuint(log->culprit_files->len, ==, 1);
    g_assert_cmpstr(log->culprit_files->pdata[0], ==, "net");
    g_assert_null(log->to);
    assert_list(log->cc, "a@example.org net@example.org");
    g_assert_cmpuint(log->n_tested, ==, 4);
    g_assert_cmpuint(log->total_ns, ==, 3723500000000);
    g_assert_cmpuint(log->build_ns, ==, 2400250000000);
    g_assert_cmpstr(log->final_crash, ==, "KASAN: use-after-free Read in foo_read");
    g_assert_null(log->error); /* it stands in the report */
}

/* 2020: signatures, a flaky reproducer, a parent that is built at the end, paths. */
static void test_signatures(void)
{
    static const char *const files[] = {
        "drivers/bar/bar.c", ".../bar/a_very_long_folder/of/files.c", "drivers/bar/new.c"};
    g_autoptr(BisectLog) log = read_file("signatures.txt");
    const LoggedTest *parent = test_at(log, 4);

    g_assert_true(log->is_flaky);
    g_assert_cmpuint(test_at(log, 0)->n_runs, ==, 10);
    g_assert_cmpint(test_at(log, 0)->verdict, ==, VERDICT_BAD);
    g_assert_cmpuint(test_at(log, 1)->n_runs, ==, 10); /* twice as many came only in 2021 */
    g_assert_cmpint(test_at(log, 2)->outcome, ==, LOGGED_BUILD_FAILED);
    g_assert_cmpint(test_at(log, 2)->verdict, ==, VERDICT_SKIP);
    g_assert_cmpstr(test_at(log, 2)->failure, ==,
                    "drivers/bar/bar.c:7:1: error: expected ';' before 'return'");
    g_assert_cmpint(parent->phase, ==, LOGGED_PARENT);
    g_assert_cmpint(parent->outcome, ==, LOGGED_PARENT_BUILT);
    g_assert_cmpint(parent->verdict, ==, VERDICT_UNKNOWN);
    g_assert_cmpstr(log->culprit_signature, ==, test_at(log, 3)->signature);
    g_assert_cmpstr(log->parent_signature, ==, parent->signature);
    g_assert_cmpuint(log->culprit_files->len, ==, G_N_ELEMENTS(files));
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_assert_cmpstr(log->culprit_files->pdata[i], ==, files[i]);
    }
    g_assert_nonnull(strstr(log->culprit_message->str, "It makes bar_write() faster.\n"));
    assert_list(log->to, "b@example.org");
    assert_list(log->cc, "");
    g_assert_cmpuint(log->build_ns, ==, 850000000);
}

/* 2022: compilers in their own line, twenty runs of the start, the machine's faults. */
static void test_machine(void)
{
    g_autoptr(BisectLog) log = read_file("compiler-line.txt");
    const LoggedTest *mixed = test_at(log, 3);
    static const RunKind kinds[] = {RUN_CRASH, RUN_INFRA_BOOT, RUN_BASIC,
                                    RUN_INFRA, RUN_IGNORED,    RUN_CRASH};

    g_assert_cmpuint(test_at(log, 0)->n_runs, ==, 20);
    g_assert_cmpint(test_at(log, 1)->outcome, ==, LOGGED_INFRA);
    g_assert_cmpuint(test_at(log, 2)->n_of[RUN_INFRA_BASIC], ==, 10);
    g_assert_cmpint(test_at(log, 2)->verdict, ==, VERDICT_SKIP);
    g_assert_cmpstr(test_at(log, 2)->compiler, ==, "gcc version 8.4.1 20210217 (GCC)");
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_assert_cmpint(run_at(mixed, i)->kind, ==, kinds[i]);
    }
    g_assert_cmpint(log->result, ==, RESULT_TIMEOUT);
    g_assert_cmpstr(log->error, ==, "bisection is taking too long (>8h0m0s), aborting");
}

static void test_other_results(void)
{
    g_autoptr(BisectLog) inconclusive = read_file("inconclusive.txt");
    g_autoptr(BisectLog) oldest = read_file("oldest.txt");
    g_autoptr(BisectLog) unreachable = read_file("unreachable.txt");
    g_autoptr(BisectLog) cut = read_file("cut.txt");

    g_assert_cmpint(inconclusive->result, ==, RESULT_INCONCLUSIVE);
    g_assert_cmpuint(inconclusive->inconclusive->len, ==, 2);
    g_assert_cmpstr(inconclusive->inconclusive->pdata[1], ==, C);
    g_assert_cmpint(oldest->result, ==, RESULT_OLDEST);
    g_assert_cmpstr(oldest->oldest_title, ==, "Linux 5.10");
    g_assert_cmpstr(oldest->final_crash, ==, "WARNING in bar");
    g_assert_null(oldest->culprit);
    g_assert_null(oldest->range_bad);
    g_assert_cmpint(unreachable->result, ==, RESULT_UNREACHABLE);
    g_assert_cmpuint(unreachable->tests->len, ==, 0);
    g_assert_cmpint(cut->result, ==, RESULT_UNFINISHED);
    g_assert_cmpuint(test_at(cut, 0)->n_of[RUN_CRASH], ==, 1);
}

static void test_fix(void)
{
    g_autoptr(BisectLog) log = read_file("fix.txt");

    g_assert_true(log->is_fix);
    g_assert_cmpstr(log->start, ==, A);
    g_assert_cmpint(test_at(log, 1)->phase, ==, LOGGED_HEAD);
    g_assert_cmpint(test_at(log, 2)->verdict, ==, VERDICT_GOOD);
    g_assert_cmpint(test_at(log, 2)->git_verdict, ==, VERDICT_BAD);
    g_assert_cmpint(log->result, ==, RESULT_CULPRIT);
    g_assert_cmpstr(log->culprit, ==, C);
}

/* Nothing has mended it yet, in the words of both ages. */
static void test_not_fixed(void)
{
    static const char *const words[] = {"the crash still happens on HEAD",
                                        "crash still not fixed on HEAD"};

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *text =
            g_strdup_printf("bisecting fixing commit since " A "\ntesting commit " B
                            "\nall runs: crashed: bar\nrevisions tested: 1, total time: 1m0s "
                            "(build: 1s, test: 1s)\n%s\n",
                            words[i]);
        g_autoptr(BisectLog) log = read_text(text);

        g_assert_true(log->is_fix);
        g_assert_cmpint(log->result, ==, RESULT_NOT_FIXED);
    }
}

/* Ours say how many runs agree; of others it is inferred. */
static void test_ours(void)
{
    g_autoptr(BisectLog) log =
        read_text("bisecting cause commit starting from " A "\n# by firstbad\n"
                  "testing commit " A "\n# runs: 3\nall runs: crashed: bar\n"
                  "testing release v5.17\ntesting commit " B "\nall runs: OK\n");

    g_assert_true(log->is_ours);
    g_assert_cmpuint(test_at(log, 0)->n_runs, ==, 3);
    g_assert_false(test_at(log, 0)->is_inferred);
    g_assert_true(test_at(log, 1)->is_inferred);
}

static void test_two_results(void)
{
    g_autoptr(BisectLog) log = read_file("two-results.txt");

    g_assert_cmpint(log->result, ==, RESULT_CULPRIT);
    g_assert_cmpstr(log->culprit, ==, B);
    g_assert_cmpuint(log->inconclusive->len, ==, 0);
    g_assert_null(log->error);
}

/* What syzkaller has printed since 2023-07. */
static void test_newer(void)
{
    g_autoptr(BisectLog) log = read_file("newer.txt");

    g_assert_true(log->is_flaky);
    g_assert_cmpuint(test_at(log, 0)->n_of[RUN_INFRA], ==, 1);
    g_assert_cmpint(test_at(log, 1)->verdict, ==, VERDICT_SKIP); /* one crash does not suffice */
    g_assert_cmpuint(test_at(log, 2)->n_of[RUN_OK], ==, 20);
    g_assert_cmpint(test_at(log, 3)->outcome, ==, LOGGED_BUILD_FAILED);
    g_assert_cmpfloat(log->error_chance, ==, 0.25);
    g_assert_cmpint(log->result, ==, RESULT_ERROR);
}

/* The rule of the time: more than two thirds of runs that tell nothing are skipped. */
static void test_two_thirds(void)
{
    static const struct {
        guint n_ok;
        Verdict verdict;
    } cases[] = {{4, VERDICT_GOOD}, {3, VERDICT_SKIP}, {0, VERDICT_SKIP}};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) text = g_string_new("testing commit " A " with gcc (GCC) 8.1.0\n");
        g_autoptr(BisectLog) log = NULL;

        for (guint run = 0; run < 10; run++) {
            g_string_append_printf(text, "run #%u: %s\n", run,
                                   run < cases[i].n_ok ? "OK" : "boot failed: x");
        }
        log = read_text(text->str);
        g_assert_cmpint(test_at(log, 0)->verdict, ==, cases[i].verdict);
    }
}

/* Console text behind a run may look like anything; so may a report. */
static void test_places(void)
{
    g_autoptr(BisectLog) log =
        read_text("bisecting cause commit starting from " A "\n"
                  "error: not in the tail\n"
                  "crash: neither\n"
                  "testing commit " A "\n"
                  "run #0: crashed: X\n"
                  "first bad commit: " B " no\n"
                  "cc: [\"a\"]\n"
                  "revisions tested: 1, total time: 1s (build: 0s, test: 0s)\n"
                  "run #1: OK\n"
                  "testing commit " B "\n"
                  "error: this one\n"
                  "error: not this\n");

    g_assert_cmpuint(log->tests->len, ==, 1);
    g_assert_cmpuint(test_at(log, 0)->n_runs, ==, 1);
    g_assert_null(log->culprit);
    g_assert_null(log->cc);
    g_assert_null(log->final_crash);
    g_assert_cmpstr(log->error, ==, "this one");
}

/* What a hostile log can cost is bounded. */
static void test_bounded(void)
{
    g_autoptr(GString) text = g_string_new("testing commit " A "\n");
    g_autoptr(BisectLog) runs = NULL, tests = NULL, message = NULL;

    for (guint i = 0; i < 10000; i++) {
        g_string_append_printf(text, "run #%u: OK\n", i);
    }
    runs = read_text(text->str);
    g_assert_cmpuint(test_at(runs, 0)->n_runs, ==, 500);
    g_string_truncate(text, 0);
    for (guint i = 0; i < 10000; i++) {
        g_string_append(text, "testing commit " A "\n");
    }
    tests = read_text(text->str);
    g_assert_cmpuint(tests->tests->len, ==, 5000);
    g_string_assign(text, "testing commit " A "\n" A " is the first bad commit\n");
    for (guint i = 0; i < 10000; i++) {
        g_string_append(text, "    words and more words\n");
    }
    message = read_text(text->str);
    g_assert_cmpuint(message->culprit_message->len, <=, 64 << 10);
}

static void test_no_log(void)
{
    static const char *const texts[] = {"", "\n\n", "hello\nworld", "run #0: OK\n",
                                        "testing commit 123\n"};

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(bisect_log_read(texts[i], strlen(texts[i]), &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    }
}

/* All files of the fuzzer's folder; and each cut off at every 37th byte. */
static void test_any_bytes(void)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autofree char *folder = logs_folder();
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    guint n = 0;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
        gsize length;

        g_assert_true(g_file_get_contents(path, &text, &length, NULL));
        check_log(reader, text, length);
        for (gsize cut = 0; cut < length; cut += 37) {
            g_autofree char *part = g_memdup2(text, cut);

            check_log(reader, part ? part : "", cut);
        }
        n++;
    }
    g_assert_cmpuint(n, >=, 10);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/audit/log/old", test_old);
    g_test_add_func("/audit/log/signatures", test_signatures);
    g_test_add_func("/audit/log/machine", test_machine);
    g_test_add_func("/audit/log/other-results", test_other_results);
    g_test_add_func("/audit/log/fix", test_fix);
    g_test_add_func("/audit/log/not-fixed", test_not_fixed);
    g_test_add_func("/audit/log/ours", test_ours);
    g_test_add_func("/audit/log/two-results", test_two_results);
    g_test_add_func("/audit/log/newer", test_newer);
    g_test_add_func("/audit/log/two-thirds", test_two_thirds);
    g_test_add_func("/audit/log/places", test_places);
    g_test_add_func("/audit/log/bounded", test_bounded);
    g_test_add_func("/audit/log/no-log", test_no_log);
    g_test_add_func("/audit/log/any-bytes", test_any_bytes);
    return g_test_run();
}
