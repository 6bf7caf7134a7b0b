/* SPDX-License-Identifier: Apache-2.0
 * The judge: a good log is believed, and each thing that speaks against it is seen, named and
 * weighed.
 */
#include <gio/gio.h>
#include <string.h>

#include "audit/audit.h"

#define A     "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define B     "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"
#define C     "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"
#define D     "d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4"
#define TITLE "KASAN: use-after-free Read in foo_read"
#define OTHER "WARNING in bar_write"

/* What of a log differs from one to believe; NULL: nothing. */
typedef struct Story {
    const char *kind;         /* first line but the commit */
    const char *start_runs;   /* lines of runs */
    const char *release_runs; /* of the good release */
    const char *more;         /* tests before the last two */
    const char *culprit_runs;
    const char *last_runs; /* of the good one before the culprit */
    const char *title, *commit_head, *message, *files;
    const char *culprit_signature, *parent_signature;
    const char *crash, *report;
} Story;

static const char * or (const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

static Audit *audit_story(const Story *story)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(BisectLog) log = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strconcat(
        or (story->kind, "bisecting cause commit starting from "), A "\n",
        "testing commit " A "\ncompiler: gcc\nkernel signature: 1\n",
        or (story->start_runs, "all runs: crashed: " TITLE "\n"),
        "testing release v5.17\ntesting commit " B "\ncompiler: gcc\nkernel signature: 2\n",
        or (story->release_runs, "all runs: OK\n"), "# git bisect start " A " " B "\n",
        or (story->more, ""),
        "Bisecting: 1 revision left to test after this (roughly 1 step)\n[" C "] foo: count\n"
        "testing commit " C "\ncompiler: gcc\nkernel signature: 3\n",
        or (story->culprit_runs, "all runs: crashed: " TITLE "\n"), "# git bisect bad " C "\n",
        "Bisecting: 0 revisions left to test after this (roughly 0 steps)\n[" D "] foo: do\n"
        "testing commit " D "\ncompiler: gcc\nkernel signature: 4\n",
        or (story->last_runs, "all runs: OK\n"), "# git bisect good " D "\n",
        C " is the first bad commit\ncommit " C "\n", or (story->commit_head, ""),
        "Author: A <a@example.org>\n\n    foo: count\n\n    ", or (story->message, "More of it."),
        "\n\n", or (story->files, " net/foo/foo.c | 2 +-\n 1 file changed\n"),
        "\nculprit signature: ", or (story->culprit_signature, "3"),
        "\nparent  signature: ", or (story->parent_signature, "4"),
        "\nrevisions tested: 4, total time: 1h0m0s (build: 30m0s, test: 20m0s)\n"
        "first bad commit: " C " ",
        or (story->title, "foo: count"), "\ncrash: ", or (story->crash, TITLE), "\n",
        or (story->report, "BUG: KASAN: use-after-free in foo_read+0x1/0x2 net/foo/foo.c:12\n"
                           "Call Trace:\n foo_read+0x1/0x2 net/foo/foo.c:12\n"
                           " foo_ioctl_all+0x1/0x2 net/foo/ioctl.c:7\n"),
        NULL);

    log = bisect_log_read(text, strlen(text), &error);
    g_assert_no_error(error);
    g_assert_cmpint(log->result, ==, RESULT_CULPRIT);
    return audit_new(reader, log);
}

static const Story good_story = {0};

static void test_good(void)
{
    g_autoptr(Audit) audit = audit_story(&good_story);

    g_assert_true(audit->has_trust);
    g_assert_cmpfloat(audit->trust, >, 0.7);
    for (guint sign = 0; sign < N_AUDIT_SIGNS; sign++) {
        g_assert_cmpint(audit->evidence[sign] != NULL, ==, sign == SIGN_NEAR_FILES);
    }
}

/* One thing is wrong: @sign says so in words that have @words, and the trust falls by its weight.
 */
static void assert_sign(const Story *story, AuditSign sign, const char *words)
{
    g_autoptr(Audit) good = audit_story(&good_story), audit = audit_story(story);

    g_assert_nonnull(audit->evidence[sign]);
    g_assert_cmpstr(audit->evidence[sign], !=, "");
    if (!strstr(audit->evidence[sign], words)) {
        g_test_message("%s: %s", audit_sign_name(sign), audit->evidence[sign]);
        g_test_fail();
    }
    g_assert_null(good->evidence[sign]);
    if (audit_sign_weight(sign) > 0) {
        g_assert_cmpfloat(audit->trust, <, good->trust);
    }
    if (audit_sign_is_fixed(sign) && audit_sign_weight(sign) > 0) {
        g_assert_cmpfloat(audit->trust, <, AUDIT_BELIEVABLE);
    }
}

static void test_class_of_commit(void)
{
    assert_sign(&(Story){.parent_signature = "3"}, SIGN_SAME_KERNEL, "to the byte");
    assert_sign(&(Story){.commit_head = "Merge: 1 2\n"}, SIGN_MERGE, "merge");
    assert_sign(&(Story){.title = "Linux 5.18", .files = " Makefile | 2 +-\n"}, SIGN_RELEASE,
                "version");
    assert_sign(&(Story){.files = " Documentation/a.rst | 2 +-\n"}, SIGN_NO_CODE, "Documentation");
    assert_sign(&(Story){.files = " arch/arm64/kernel/a.c | 2 +-\n"}, SIGN_NO_CODE, "arch/arm64");
    assert_sign(&(Story){.files = " net/foo/Kconfig | 2 +-\n"}, SIGN_NO_CODE, "Kconfig.");
    assert_sign(&(Story){.files = " net/foo/Kconfig | 2 +-\n net/Kconfig | 2 +-\n"}, SIGN_NO_CODE,
                "Kconfig and others.");
}

static void test_other_crashes(void)
{
    const Story other = {.culprit_runs = "all runs: crashed: " OTHER "\n",
                         .crash = OTHER,
                         .report = "WARNING: at net/bar/bar.c:1 bar_write+0x1/0x2 net/bar/bar.c:1\n"
                                   " bar_write+0x1/0x2 net/bar/bar.c:1\n"};
    g_autoptr(Audit) audit = audit_story(&other);

    assert_sign(&other, SIGN_OTHER_AT_CULPRIT, OTHER);
    assert_sign(&other, SIGN_OTHER_CRASHES, "1 of 1 bad steps");
    assert_sign(&other, SIGN_FUNCTION_MISSING, "foo_read");
    assert_sign(&other, SIGN_FAR_FILES, "net/bar/bar.c");
    g_assert_cmpfloat(audit->trust, <, AUDIT_BELIEVABLE);
    g_assert_cmpfloat(audit->strength[SIGN_NEAR_FILES], ==, 0);
}

/* A start that crashes in two ways knows both. */
static void test_two_faces(void)
{
    const Story two = {.start_runs = "run #0: crashed: " TITLE "\nrun #1: crashed: " OTHER "\n"
                                     "run #2: crashed: " TITLE "\n",
                       .culprit_runs = "all runs: crashed: " OTHER "\n",
                       .crash = OTHER};
    g_autoptr(Audit) audit = audit_story(&two);

    g_assert_null(audit->evidence[SIGN_OTHER_AT_CULPRIT]);
    g_assert_null(audit->evidence[SIGN_OTHER_CRASHES]);
}

/* Where the start shows no crash, no crash is another. */
static void test_no_face(void)
{
    g_autoptr(Audit) audit = audit_story(&(Story){.start_runs = "all runs: boot failed: x\n"});

    g_assert_null(audit->evidence[SIGN_OTHER_AT_CULPRIT]);
    g_assert_null(audit->evidence[SIGN_OTHER_CRASHES]);
    g_assert_null(audit->evidence[SIGN_FUNCTION_MISSING]);
}

static void test_runs(void)
{
    assert_sign(&(Story){.culprit_runs = "run #0: crashed: " TITLE "\nrun #1: OK\nrun #2: OK\n"},
                SIGN_ONE_CRASH, "1 of 3 runs of c3c3c3c3c3c3.");
    assert_sign(&(Story){.start_runs = "run #0: crashed: " TITLE "\nrun #1: OK\nrun #2: OK\n",
                         .culprit_runs = "run #0: crashed: " TITLE "\nrun #1: OK\nrun #2: OK\n"},
                SIGN_FLAKY, "1 of 3 runs");
    assert_sign(&(Story){.start_runs = "run #0: crashed: " TITLE "\nrun #1: OK\nrun #2: OK\n"
                                       "run #3: OK\nrun #4: OK\nrun #5: OK\nrun #6: OK\n",
                         .culprit_runs = "run #0: crashed: " TITLE "\nrun #1: OK\nrun #2: OK\n",
                         .last_runs = "run #0: OK\nrun #1: OK\n"},
                SIGN_WEAK_GOOD,
                "2 runs of "
                "d4d4d4d4d4d4");
    assert_sign(&(Story){.last_runs = "run #0: OK\nrun #1: boot failed: x\n"}, SIGN_BROKEN_RUNS,
                "1 good verdict");
}

static void test_search(void)
{
    g_autoptr(GString) releases = g_string_new("all runs: crashed: " TITLE "\n");
    g_autoptr(Audit) skipped = NULL;

    assert_sign(&(Story){.more = "Bisecting: 2 revisions left to test after this (roughly 1 step)\n"
                                 "[e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5] x\n"
                                 "testing commit e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5\n"
                                 "x.c:1: error\n"
                                 "# git bisect skip e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5\n"},
                SIGN_SKIPS, "1 of 3 steps");
    assert_sign(&(Story){.more = "testing commit e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5\n"
                                 "kernel signature: 4\nall runs: crashed: " TITLE "\n"
                                 "# git bisect bad e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5\n"},
                SIGN_CONTRADICTION, "e5e5e5e5e5e5 and d4d4d4d4d4d4");
    /* A parent that was only built has no verdict, and a skip is none: they contradict nothing. */
    skipped =
        audit_story(&(Story){.more = "testing commit e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5\n"
                                     "kernel signature: 7\nrun #0: boot failed: x\n"
                                     "# git bisect skip e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5\n"
                                     "testing commit f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6\n"
                                     "kernel signature: 7\n"});
    g_assert_null(skipped->evidence[SIGN_CONTRADICTION]);
    for (guint i = 0; i < 5; i++) {
        g_string_append_printf(releases,
                               "testing release v4.%u\ntesting commit %040u\ncompiler: gcc\n"
                               "all runs: crashed: " TITLE "\n",
                               9 - i, i);
    }
    assert_sign(&(Story){.release_runs = releases->str}, SIGN_FAR_RANGE, "None of the 6 releases");
    g_string_append(releases, "testing release v4.1\ntesting commit " B "\nall runs: OK\n");
    assert_sign(&(Story){.release_runs = releases->str}, SIGN_FAR_RANGE, "7 releases back");
}

/* The message of a commit that changes other files may still tell that it is about this code. */
static void test_message(void)
{
    const Story far = {.files = " fs/bar/bar.c | 2 +-\n"};
    const Story named = {.files = " fs/bar/bar.c | 2 +-\n",
                         .message = "So that foo_ioctl_all() can sleep."};
    g_autoptr(Audit) audit = audit_story(&named);

    assert_sign(&far, SIGN_FAR_FILES, "fs/bar/bar.c");
    g_assert_null(audit->evidence[SIGN_FAR_FILES]);
    g_assert_nonnull(strstr(audit->evidence[SIGN_NAMES_FUNCTION], "foo_ioctl_all"));
}

/* Paths as git cuts them short, and of a rename. */
static void test_paths(void)
{
    static const char *const near[] = {
        " .../foo/foo.c | 2 +-\n", " net/{bar => foo}/foo.c | 2 +-\n", " net/{ => foo}/foo.c | 0\n",
        " create mode 100644 net/foo/foo.c\n"};

    for (guint i = 0; i < G_N_ELEMENTS(near); i++) {
        g_autoptr(Audit) audit = audit_story(&(Story){.files = near[i]});

        g_assert_nonnull(audit->evidence[SIGN_NEAR_FILES]);
    }
}

/* Of a fix the verdicts are turned round: no trust, and only what is sure. */
static void test_fix(void)
{
    g_autoptr(Audit) audit = audit_story(
        &(Story){.kind = "bisecting fixing commit since ", .commit_head = "Merge: 1 2\n"});

    g_assert_false(audit->has_trust);
    g_assert_nonnull(audit->evidence[SIGN_MERGE]);
    g_assert_null(audit->evidence[SIGN_NEAR_FILES]);
}

/* How often syzbot is right says nothing of a log of ours. */
static void test_ours(void)
{
    g_autoptr(Audit) theirs = audit_story(&(Story){0});
    g_autoptr(Audit) ours = audit_story(&(Story){.release_runs = "# by firstbad\nall runs: OK\n"});

    g_assert_true(theirs->has_trust);
    g_assert_false(ours->has_trust);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/audit/judge/good", test_good);
    g_test_add_func("/audit/judge/class-of-commit", test_class_of_commit);
    g_test_add_func("/audit/judge/other-crashes", test_other_crashes);
    g_test_add_func("/audit/judge/two-faces", test_two_faces);
    g_test_add_func("/audit/judge/no-face", test_no_face);
    g_test_add_func("/audit/judge/runs", test_runs);
    g_test_add_func("/audit/judge/search", test_search);
    g_test_add_func("/audit/judge/message", test_message);
    g_test_add_func("/audit/judge/paths", test_paths);
    g_test_add_func("/audit/judge/fix", test_fix);
    g_test_add_func("/audit/judge/ours", test_ours);
    return g_test_run();
}
