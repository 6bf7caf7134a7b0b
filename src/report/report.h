/* SPDX-License-Identifier: Apache-2.0
 * An answer told: as the bisection log of the seed, for `git bisect replay`, for people, and as
 * JSON.
 *
 * All from the store alone: neither the tree nor the kernels are needed.
 */
#pragma once

#include <jansson.h>

#include "job/job.h"
#include "report/cost.h"
#include "store/store.h"

/* One revision of a job, with all that was found out about it. Pointers are into the report's rows.
 */
typedef struct ReportRevision {
    const DecisionRow *decision;
    const KernelRow *kernel; /* NULL: not built */
    GPtrArray *trials;       /* of const TrialRow, in order */
    guint n_ok, n_crash, n_doubtful, n_other_crash, n_broken, n_unreached, n_infra;
    const struct ReportRevision
        *same_as;         /* another with the same kernel, which has the trials; or NULL */
    const char *verdict;  /* "good", "bad", "skip" or "unknown" */
    gboolean is_inferred; /* its own trials alone would say otherwise */
    const char *said;     /* by a person, in place of all trials: "good", "bad", "skip"; or NULL */
    const char *note;     /* why, or NULL */
    const char *unreached_why; /* its quiet trials could not have shown the bug; or NULL */
    const char *drift; /* what of the config that matters it lacks, a sentence a line; or NULL */
} ReportRevision;

/* What somebody else saw of a revision: hints that no answer rests on. */
typedef struct ReportForeign {
    const char *commit, *source; /* whose: "syzbot" */
    const char *label;           /* release, or NULL */
    guint n_ok, n_crash, n_doubtful, n_other_crash, n_broken;
    const char *title; /* of the first crash, or failure; or NULL */
} ReportForeign;

typedef struct Report {
    JobRow *row;
    JobSpec *spec;
    Answer *answer;        /* NULL while the job runs */
    gboolean is_worked_on; /* by a coordinator, now */
    GPtrArray *revisions;  /* of ReportRevision, in the order they were first chosen */
    const char
        *config; /* what became of it: "3412 options on -> 918; ..."; NULL: as it was given */
    guint n_kernels, n_reused, n_failed, n_trials;
    GPtrArray *kernels, *trials, *decisions, *facts; /* the rows that own everything */
    GPtrArray *foreign;      /* of ReportForeign, in the order of their log */
    GPtrArray *foreign_rows; /* of ForeignRow, which own what these point to */
    GPtrArray *same_bug;     /* of JobName: jobs that found the same bug, oldest first */
    GPtrArray *known;        /* of KnownBug: what it began with */
    GPtrArray *spans;        /* of SpanRow, in the order they ended: what was done when */
    GPtrArray *moments;      /* of MomentRow, in their order: what was believed when */
} Report;
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* Of the job of @row, finished or not: what is told of it in one line, without the arrays but
 * same_bug, and without counts. What this costs does not grow with the evidence. */
Report *report_load_summary(Store *store, const JobRow *row, GError **error);
/* All of it. */
Report *report_load(Store *store, const JobRow *row, GError **error);

/* What @trial counts as: "ok", "crash", "doubtful", "other-crash", "boot-failed", ... */
const char *report_trial_word(const TrialRow *trial, const Sought *sought);
/* The fact of this kind of a revision, or NULL. */
const char *report_fact(const Report *report, const char *commit, const char *kind);

/* @bytes from anybody, fit for a terminal: valid UTF-8 in which '?' stands for control characters
 * but newline and tab, and for those that turn the direction of text. Owned by the caller. */
char *report_clean(const char *bytes);
/* The same on one line. */
char *report_clean_line(const char *bytes);

/* The answer of @report in one sentence, without its end: "First bad commit, 99.1 % sure". Owned by
 * the caller. */
char *report_headline(const Report *report);
/* A sentence on the jobs whose culprits it began with, and whether these are its own, too. Owned by
 * the caller; NULL where there are none. */
char *report_begun_with(const Report *report);

/* "job 3 (NAME)", owned by the caller. */
char *report_job_name(gint64 job, const char *name);
/* "same bug as job 3 (NAME) and 4 more", owned by the caller; NULL where there is none. */
char *report_same_bug(const Report *report);

/* @word as a shell takes it for one word. Owned by the caller. */
char *report_shell_word(const char *word);
/* "firstbad @command @job", with --state-dir unless @state_dir is NULL: what a person types next.
 * Owned by the caller. */
char *report_command(const char *command, const char *job, const char *state_dir);

/* The fixes that the kernel of @commit was built with: a line each, NULL-terminated, owned by the
 * caller. */
char **report_patches(const Report *report, const char *commit);
/* All such fixes into @text, a line each that begins with @before, with the revisions that got it.
 */
void report_add_fixes(GString *text, const Report *report, const char *before);

/* The bisection log in the grammar of specs/bisect-log.md, with the bytes that were found: clean it
 * for a terminal. Owned by the caller, as are those below. */
char *report_log(const Report *report);
/* The consoles of all trials of the revision whose id begins with @prefix, each behind a line that
 * says which it is. */
char *report_consoles(const Report *report, const char *prefix, GError **error);
/* Lines for `git bisect replay FILE`. */
char *report_replay(const Report *report);
/* For people, clean, 80 columns where what is quoted allows. @state_dir: named in the commands that
 * it tells of; NULL where that of the environment will do. */
char *report_text(const Report *report, const char *state_dir);
/* For programs: docs/JSON.md describes it. The version counts changes that break readers. */
#define REPORT_JSON_VERSION 1
json_t *report_json(const Report *report);
/* One of its revisions. */
json_t *report_revision_json(const Report *report, const ReportRevision *revision);

/* The answer as a mail to those who should hear of it, for `git send-email` or `sendmail -t`, its
 * lines ended by '\n'. Nothing is sent. Each address of the answer that no header can hold is added
 * to @left_out (of char *). NULL: there is nothing that others should hear of, and *ret_why says
 * why not. Both are owned by the caller. */
typedef struct MailOptions {
    const char *sender_name, *sender_address; /* the latter as mail_is_address() has it; NULL: From
                                                 and Reported-by are left out */
    const char *in_reply_to;                  /* as mail_is_message_id() has it; or NULL */
    const char *version;                      /* of firstbad */
} MailOptions;
char *report_mail(const Report *report, const MailOptions *options, GPtrArray *left_out,
                  char **ret_why);
/* Can a header hold @text as a bare address, LEFT@RIGHT? Is it "<LEFT@RIGHT>", fit for In-Reply-To?
 */
gboolean mail_is_address(const char *text);
gboolean mail_is_message_id(const char *text);

/* The job as a submission to KCIDB, in which kernel CI systems collect their results. All ids begin
 * with "@origin:", and are the same each time, so that a later submission goes over an earlier one.
 * For jobs with kernels. */
json_t *report_kcidb(const Report *report, const char *origin);
/* May @origin name a CI system: [a-z0-9_]+? */
gboolean kcidb_is_origin(const char *origin);

/* "10 of 10 crashed: WARNING in foo", with the bytes that were found. Owned by the caller. */
char *report_foreign_what(const ReportForeign *test);

/* The same two for a try that is done (ANSWER_TRIED). */
char *report_tried_text(const Report *report, const char *state_dir);
json_t *report_tried_json(const Report *report);

/* Where the time went; it must not outlive @report. */
Cost *report_cost(const Report *report);
/* That for people, clean, 80 columns; and for programs, with all spans. */
char *report_cost_text(const Report *report);
json_t *report_cost_json(const Report *report);

/* --- Webhooks: a job that has ended is told to a URL (webhook.c) ------------------------------ */

/* What came of telling the job's own: "https://HOST answered 200"; NULL: nothing yet. */
const char *report_webhook(const Report *report);

typedef struct Webhooks Webhooks;
typedef void (*WebhookSayFunc)(const char *line, gpointer user_data);

/* What is told of all jobs, beside what their own --webhook says. */
typedef struct WebhookTarget {
    const char *url;         /* checked by job_check_webhook(); NULL: none */
    const char *secret_path; /* file with a secret that signs the body; NULL: nothing is signed */
} WebhookTarget;
/* @store and @for_all must outlive it. @say hears what came of each. */
Webhooks *webhooks_new(Store *store, const WebhookTarget *for_all, const char *version,
                       WebhookSayFunc say, gpointer user_data);
/* What is under way is given up, and is due again. */
void webhooks_free(Webhooks *webhooks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Webhooks, webhooks_free)

/* @job has ended: tell those who want to know. Returns at once; the default main context does the
 * rest. */
void webhooks_send(Webhooks *webhooks, gint64 job);
/* The same, of a job or of all, that ended when nobody could tell it: whoever was to died. */
void webhooks_send_due(Webhooks *webhooks, gint64 job);
void webhooks_send_all_due(Webhooks *webhooks);
/* Run the default main context until all are through, or @cancellable fires. */
void webhooks_wait(Webhooks *webhooks, GCancellable *cancellable);

/* --- Times --- */

/* "3h54m22.057s", as Go prints durations. */
char *report_go_duration(guint64 ms);
/* "3 h 54 min", for people. */
char *report_duration(guint64 ms);

#include "report/pictures.h"
