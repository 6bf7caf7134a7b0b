/* SPDX-License-Identifier: Apache-2.0
 * Bisection logs of syzbot's kind, read and judged: what happened, and how far it can be believed.
 *
 *     g_autoptr(BisectLog) log = bisect_log_read(bytes, n_bytes, &error);
 *     g_autoptr(Audit) audit = audit_new(reader, log);
 *
 * Reading and judging are pure: no I/O, no clock, no randomness. The bytes may come from anybody.
 */
#pragma once

#include <jansson.h>

#include "belief/belief.h"
#include "oops/oops.h"
#include "repo/repo.h"

/* --- The log: what was done and seen --------------------------------------------------------- */

/* What one run of the reproducer showed. */
typedef enum RunKind {
    RUN_OK,
    RUN_CRASH,
    RUN_BOOT,        /* it did not boot */
    RUN_BASIC,       /* it booted, and could not run a trivial program */
    RUN_INFRA,       /* the machine's fault, as those below */
    RUN_INFRA_BOOT,  /* told as "boot failed" */
    RUN_INFRA_BASIC, /* told as "basic kernel testing failed" */
    RUN_IGNORED,     /* the log itself says that it does not count */
    N_RUN_KINDS,
} RunKind;
const char *run_kind_name(RunKind kind); /* "ok", "crash", "boot", "infra_boot", ... */

/* A run, or @n of them that showed the same and that the log tells in one line. */
typedef struct LoggedRun {
    RunKind kind;
    guint n;
    char *title; /* first line of what was said; NULL for RUN_OK */
} LoggedRun;

typedef enum LoggedPhase {
    LOGGED_ORIGINAL, /* the start, where the crash is known */
    LOGGED_HEAD,     /* of a fix bisection: the newest commit */
    LOGGED_RELEASE,
    LOGGED_BISECT,
    LOGGED_PARENT, /* of the culprit: built for its signature; or a last step that was broken off */
} LoggedPhase;
const char *logged_phase_name(LoggedPhase phase); /* "original", "head", "release", ... */

typedef enum LoggedOutcome {
    LOGGED_RUN,          /* it was run */
    LOGGED_BUILD_FAILED, /* no kernel */
    LOGGED_INFRA,        /* a kernel, and no machine to run it */
    LOGGED_PARENT_BUILT,
    LOGGED_PARENT_FAILED,
} LoggedOutcome;
const char *logged_outcome_name(LoggedOutcome outcome); /* "run", "build", "infra", ... */

/* One revision under test. A revision can be tested twice. */
typedef struct LoggedTest {
    char *commit;
    char *title;                /* of the commit, or NULL: only git's steps tell it */
    char *release;              /* tag, or NULL */
    char *compiler, *signature; /* or NULL */
    char *failure;              /* why there are no runs, its first line, or NULL */
    LoggedPhase phase;
    gboolean has_left;
    guint n_left, n_steps; /* of git: revisions left after this one, and steps, roughly */
    GPtrArray *runs;       /* of LoggedRun, in order */
    gboolean is_inferred;  /* the log says "all runs", and not how many */
    guint n_of[N_RUN_KINDS], n_runs;
    LoggedOutcome outcome;
    Verdict verdict;         /* by the rule in force then; VERDICT_UNKNOWN for LOGGED_PARENT */
    Verdict git_verdict;     /* what git was told; VERDICT_UNKNOWN: nothing */
    gboolean is_old;         /* told in one line with its compiler, as it was before July 2021 */
    gboolean is_after_flaky; /* the log had called the reproducer flaky before */
    gboolean is_undecided;   /* the log says that its runs do not suffice */
} LoggedTest;

typedef enum LoggedResult {
    RESULT_UNFINISHED, /* the log ends before its result */
    RESULT_CULPRIT,
    RESULT_INCONCLUSIVE,
    RESULT_OLDEST,    /* the oldest release tested has the bug */
    RESULT_NOT_FIXED, /* of a fix bisection: the newest commit has it */
    RESULT_TIMEOUT,
    RESULT_NOT_REPRODUCED,
    RESULT_UNREACHABLE, /* the start is not in the tree */
    RESULT_ERROR,
} LoggedResult;
const char *logged_result_name(LoggedResult result); /* "culprit", "timeout", "error_other", ... */

typedef struct BisectLog {
    gboolean is_fix;              /* it looks for the commit that mended it */
    gboolean is_ours;             /* it is one of firstbad's */
    char *start, *syzkaller;      /* commits; NULL where the log does not say */
    char *range_bad, *range_good; /* of "git bisect start", or NULL: it did not come to that */
    gboolean has_first_left;
    guint first_left, first_steps;
    gboolean is_flaky; /* the log calls the reproducer so */
    GPtrArray *tests;  /* of LoggedTest, in order */
    LoggedResult result;
    char *culprit, *culprit_title;
    gboolean culprit_is_merge;
    GPtrArray *culprit_files; /* of char *: paths changed, "..." before those that git cut short; or
                                 only top folders, from older logs */
    GString *culprit_message; /* what its author wrote */
    GPtrArray *inconclusive;  /* of char *: the commits left */
    char *error, *oldest_title;
    gboolean has_totals;
    guint n_tested;
    guint64 total_ns, build_ns, test_ns;
    char *final_crash, *final_report; /* title, and the report quoted; or NULL */
    char **to, **cc;                  /* or NULL: not told */
    char *culprit_signature, *parent_signature;
    double error_chance; /* what newer logs claim: chance that some step misled; or -1 */
} BisectLog;
void bisect_log_free(BisectLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BisectLog, bisect_log_free)

/* Read a log: any bytes. Lines that nobody knows are passed over; a log that was cut off is
 * RESULT_UNFINISHED. An error when there is no sign of a bisection in it. O(length). */
BisectLog *bisect_log_read(const char *bytes, gsize length, GError **error);

/* All of it, with the field names of the corpus that the audit is measured on (docs/JSON.md). */
json_t *bisect_log_json(const BisectLog *log);

/* --- The audit: how far the log can be believed ---------------------------------------------- */

/* What speaks against an answer, or for it. judge.c has what each looks at, its weight, and where
 * the weight comes from. */
typedef enum AuditSign {
    SIGN_SAME_KERNEL,
    SIGN_MERGE,
    SIGN_RELEASE,
    SIGN_NO_CODE,
    SIGN_CONTRADICTION,
    SIGN_OTHER_AT_CULPRIT,
    SIGN_OTHER_CRASHES,
    SIGN_FUNCTION_MISSING,
    SIGN_ONE_CRASH,
    SIGN_FAR_FILES,
    SIGN_FAR_RANGE,
    SIGN_SKIPS,
    SIGN_WEAK_GOOD,
    SIGN_FLAKY,
    SIGN_BROKEN_RUNS,
    SIGN_NEAR_FILES, /* this and the next are in favour */
    SIGN_NAMES_FUNCTION,
    N_AUDIT_SIGNS,
} AuditSign;
const char *audit_sign_name(AuditSign sign); /* "other-crashes", ... */
/* Logarithm of the odds of a wrong answer that a sign of full strength adds. Those that are fixed
 * come from larger studies; the others are fitted by bench-audit. */
double audit_sign_weight(AuditSign sign);
gboolean audit_sign_is_fixed(AuditSign sign);

/* An answer is believed from this trust on: between what lets wrong answers pass and what blames
 * right ones (bench-audit --fit has both for other limits). */
#define AUDIT_BELIEVABLE 0.37

typedef struct Audit {
    gboolean has_trust; /* the log is another's, and ends with a commit that is to have caused the
                           crash */
    double trust;       /* chance that it is the right one, as syzbot's bisections go */
    double strength[N_AUDIT_SIGNS]; /* of each sign: 0, not there, to 1 */
    char *evidence[N_AUDIT_SIGNS];  /* a sentence for people, with words of the log; NULL: not there
                                     */
} Audit;
void audit_free(Audit *audit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Audit, audit_free)

Audit *audit_new(const OopsReader *reader, const BisectLog *log);
/* Add trust and flags to @object of bisect_log_json(). */
void audit_add_json(const Audit *audit, json_t *object);

/* The bug that the crashes of the start show; and how surely a crash with @title is of it, 0 to 1
 * (oops_bug_match()). Owned by the caller. */
OopsBug *bisect_log_bug(const BisectLog *log);
double bisect_log_match(const OopsBug *bug, const char *title);

/* --- The same evidence in our model ---------------------------------------------------------- */

/* What belief/ makes of the log's tests, over the real history. */
typedef struct Rejudged {
    Range *range; /* good..start */
    Belief *belief;
    guint n_inside, n_outside; /* tests of revisions of the range, and of others */
    GArray *candidates;        /* of guint32, as belief_candidates() gives them at 95 % */
    gint64 culprit;            /* the log's, or -1: none, or not in the range */
    gboolean has_next;
    Experiment next; /* what to test next; costs are those of the log */
} Rejudged;
void rejudged_free(Rejudged *rejudged);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rejudged, rejudged_free)

/* @repo has the commits of @log. An error says which it lacks, or that the log has no search. */
Rejudged *rejudged_new(const OopsReader *reader, const Repo *repo, const BisectLog *log,
                       GError **error);
json_t *rejudged_json(const Rejudged *rejudged);
