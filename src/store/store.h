/* SPDX-License-Identifier: Apache-2.0
 * What must not be lost, in SQLite: jobs, kernels of revisions, trials, decisions; and when all
 * that was done. One function a question.
 *
 * One writer: the coordinator that holds the state folder's lock. Readers (status, log, report)
 * need no lock. Every function that writes has written when it returns (WAL, synchronous=FULL):
 * `kill -9` loses nothing that was finished.
 */
#pragma once

#include <gio/gio.h>

#include "guest/guest.h"
#include "kernel/kernel.h"

typedef struct Store Store;

typedef enum StoreMode {
    STORE_READ,  /* of what is there; a missing store is an error */
    STORE_WRITE, /* made when missing, brought up to date when older; refused when another
                    coordinator has the lock (G_IO_ERROR_BUSY) */
} StoreMode;
Store *store_open(const char *state_dir, StoreMode mode, GError **error);
/* Could a coordinator begin in @state_dir, which need not be there yet, and is all that lies there
 * whole? Nothing is left behind. @error says what is wrong. */
gboolean store_is_usable(const char *state_dir, GError **error);
void store_free(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_free)

/* Does the folder in which this coordinator works still lie where it was? Where it was taken away,
 * nothing is written any more: what writes gives the same error. */
gboolean store_is_there(const Store *store, GError **error);

/* A coordinator has all of a store checked when it opens it; a damaged one is refused as
 * G_IO_ERROR_INVALID_DATA, with what to do. A copy lies beside it: of its last end, and while it is
 * written to of not more than an hour ago. Go back to that copy, if the store is damaged: lines for
 * people come back, of when it is and what is lost since, one a job. What was built since is in the
 * kernel store still. G_IO_ERROR_EXISTS: the store is whole; G_IO_ERROR_NOT_FOUND: there is no
 * whole copy. Array of char *, owned by the caller. */
GPtrArray *store_restore(const char *state_dir, GError **error);

/* Let readers know that this coordinator works on @jobs, as long as it lives. */
void store_work_on(Store *store, const gint64 *jobs, guint n_jobs);
/* The same, that it is a service, which takes requests and does not end with a job. */
void store_be_service(Store *store);
/* Who works in a state folder. */
typedef struct StoreHolder {
    int pid;
    gboolean is_service, is_alone; /* neither: it does not say */
    gint64 job;                    /* that it works on, or the first of them; 0: none */
} StoreHolder;
/* FALSE: nobody works in @state_dir. */
gboolean store_find_holder(const char *state_dir, StoreHolder *ret_holder);
/* Is it a service that works there? */
gboolean store_has_service(const char *state_dir);
/* Does a coordinator work on @job now? Is there one at all? */
gboolean store_is_worked_on(const Store *store, gint64 job);
gboolean store_has_coordinator(const Store *store);
/* Send SIGINT to the process that works on @job, and maybe on others: it stops as by Ctrl-C. FALSE:
 * there is none. */
gboolean store_stop_coordinator(const Store *store, gint64 job);
/* The same, but a service is let alone, which would stop with all its jobs. */
gboolean store_stop_foreground(const Store *store, gint64 job);

typedef enum JobState {
    JOB_RUNNING,
    JOB_DONE,
    JOB_FAILED,
    JOB_QUEUED, /* a service will begin it, or go on with it */
    JOB_CANCELLED,
} JobState;
const char *job_state_name(JobState state); /* "damaged": of none */

/* A job as it lies in the store. */
typedef struct JobRow {
    gint64 id;
    char *name;
    char *kind; /* "cause", "run" */
    char *spec; /* the job file (GKeyFile) */
    JobState state;
    char *phase;               /* last phase reached */
    char *answer;              /* JSON of the answer, NULL while running */
    char *error;               /* why it failed, NULL otherwise */
    gint64 created_s;          /* since the epoch */
    guint64 total_ms;          /* the coordinator worked on it so long, over all resumes; a build
                                  or trial that was cut off is not in it */
    guint64 build_ms, test_ms; /* of that, waiting for builds and for trials */
} JobRow;
JobRow *job_row_copy(const JobRow *row);
void job_row_free(JobRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobRow, job_row_free)

/* Add a job; *ret_id is its number. A name that exists is an error. */
gboolean store_add_job(Store *store, const char *name, const char *kind, const char *spec,
                       gint64 now_s, gint64 *ret_id, GError **error);
/* @name, or where a job has it already, the first of NAME-2, NAME-3, ... that none has. Owned by
 * the caller. */
char *store_free_name(Store *store, const char *name, GError **error);

/* --- The queue of a service (queue.c) --- */

/* A job that waits, or that a service was at work on when it ended. */
typedef struct QueuedJob {
    gint64 id;
    char *name, *submitter;
    gint64 priority;
    gint64 submitted_s, not_before_s; /* since the epoch */
    guint n_failures;                 /* of our machine, so far */
    char *error;                      /* the last of them, while the job waits; or NULL */
    gboolean was_running;
} QueuedJob;
void queued_job_free(QueuedJob *job);
/* Add a job to the queue. @submission: its own name of this request; one that was taken before is
 * not taken again. @name: as store_free_name() has it. *ret_id: the job, now or then. */
gboolean store_submit_job(Store *store, const char *submission, const char *submitter,
                          gint64 priority, const char *name, const char *kind, const char *spec,
                          gint64 now_s, gint64 *ret_id, GError **error);
/* *ret_id: the job that @submission became; 0: none. */
gboolean store_find_submission(Store *store, const char *submission, gint64 *ret_id,
                               GError **error);
/* All that wait or were running, of those that were submitted. Array of QueuedJob, oldest first. */
GPtrArray *store_queue(Store *store, GError **error);
/* The job is worked on; or waits again until @not_before_s, after failures of our machine. */
gboolean store_begin_job(Store *store, gint64 job, GError **error);
gboolean store_requeue_job(Store *store, gint64 job, gint64 not_before_s, guint n_failures,
                           const char *error_text, GError **error);
/* A job that is there already waits for a service, as one of @submitter's if it was nobody's. */
gboolean store_queue_job(Store *store, gint64 job, const char *submitter, GError **error);
/* It is not wanted any more. *ret_done: it has ended already, and stays as it is. */
gboolean store_cancel_job(Store *store, gint64 job, gboolean *ret_done, GError **error);
/* Would that change the job of @row? Not of one that has ended, or is cancelled. */
gboolean store_can_cancel(const JobRow *row);
/* @submitter's jobs took @ms of machines; and what all have used since @since_s: submitter ->
 * double (seconds), each hour halved for every @half_life_s (0: never) that it is old. Hours
 * to come, of a clock that was wrong then, do not count. */
gboolean store_add_usage(Store *store, const char *submitter, gint64 now_s, guint64 ms,
                         GError **error);
GHashTable *store_usage(Store *store, gint64 since_s, gint64 now_s, double half_life_s,
                        GError **error);
/* What nobody will ask for any more: all is read each time. */
gboolean store_forget_usage(Store *store, gint64 before_s, GError **error);

/* What a new job takes over from another one. */
typedef struct StoreKeep {
    gint64 job;       /* the other one */
    const char *only; /* the rows of this revision alone; NULL: of all */
    gboolean kernels, failed_kernels, trials;
    gboolean signatures; /* of the kernels; without, they are nobody's like */
    gboolean decisions;  /* all, without verdicts; else those of which a person said something */
    const char *const *facts;   /* kinds, ended by NULL */
    const char *const *folders; /* of the job's files, ended by NULL */
} StoreKeep;
/* store_add_job() with all of @keep, or nothing: a process that dies on the way leaves no job.
 * Kernels count as reused. Files are linked where they can be, else copied. */
gboolean store_add_job_from(Store *store, const char *name, const char *kind, const char *spec,
                            gint64 now_s, const StoreKeep *keep, gint64 *ret_id, GError **error);
JobRow *store_read_job(Store *store, gint64 id, GError **error);
/* By name or number; G_IO_ERROR_NOT_FOUND says which jobs there are. @name NULL: the newest. */
JobRow *store_find_job(Store *store, const char *name, GError **error);
/* All, oldest first. Array of JobRow, owned by the caller. */
GPtrArray *store_list_jobs(Store *store, GError **error);
/* Which jobs are listed. */
typedef struct JobFilter {
    gboolean has_state;
    JobState state;   /* then: only those */
    const char *kind; /* only those; NULL: any */
    const char *text; /* that stands in name, job file or answer, in either case of ASCII letters;
                         NULL: any */
    guint first;      /* so many are left out, */
    guint n_most;     /* and at most so many listed */
} JobFilter;
/* The jobs that fit, newest first; *ret_n_found: how many there are. Array of JobRow, owned by the
 * caller. */
GPtrArray *store_find_jobs(Store *store, const JobFilter *filter, guint *ret_n_found,
                           GError **error);
/* @answer and @error_text may be NULL. */
gboolean store_set_job(Store *store, gint64 job, JobState state, const char *phase,
                       const char *answer, const char *error_text, GError **error);
/* The job goes on, with another @spec: its answer is taken back. */
gboolean store_reopen_job(Store *store, gint64 job, const char *spec, GError **error);
/* Our machine could not go on, for @error_text. Phase and answer stay as they are. */
gboolean store_fail_job(Store *store, gint64 job, const char *error_text, GError **error);
/* What is written between them is kept in one transaction, with one flush: all of it is on disk
 * when store_end() returns TRUE, and nothing of it where that gives FALSE, as it does without
 * @keep. */
gboolean store_begin(Store *store, GError **error);
gboolean store_end(Store *store, gboolean keep, GError **error);
/* Time spent since it was last told. */
gboolean store_add_time(Store *store, gint64 job, guint64 total_ms, guint64 build_ms,
                        guint64 test_ms, GError **error);

/* The kernel that @commit of @job was built to. One that is built again keeps its place. */
gboolean store_put_kernel(Store *store, gint64 job, const char *commit, const Kernel *kernel,
                          GError **error);
typedef struct KernelRow {
    char *commit;
    Kernel *kernel;
} KernelRow;
void kernel_row_free(KernelRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelRow, kernel_row_free)
/* Set of the keys of all kernels of jobs that have no answer yet and were not cancelled. Owned by
 * the caller. */
GHashTable *store_wanted_kernels(Store *store, GError **error);
/* In the order they were first built. Array of KernelRow, owned by the caller. */
GPtrArray *store_kernels(Store *store, gint64 job, GError **error);

/* Consoles are kept as files beside the database, compressed; the row names them. */
gboolean store_put_trial(Store *store, gint64 job, const char *commit, const char *kernel_key,
                         const Outcome *outcome, gint64 now_s, GError **error);
typedef struct TrialRow {
    gint64 id;
    char *commit, *kernel_key;
    OutcomeKind kind;
    char *title;
    char **alt_titles;
    char *functions;     /* of a crash, as in OopsIdentity, between blanks; NULL in stores of older
                            versions */
    char *calls;         /* Outcome.calls, or NULL */
    char *report;        /* text of the crash report, NULL without */
    gsize report_prefix; /* bytes of it that are context */
    gboolean corrupted, suppressed;
    gboolean restored;  /* as in Outcome */
    char *origin;       /* the same, or NULL: no two of a job have one */
    char *console_path; /* absolute; NULL when none was kept */
    guint64 run_ms;
} TrialRow;
void trial_row_free(TrialRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TrialRow, trial_row_free)
/* In the order they ended. Array of TrialRow, owned by the caller. */
GPtrArray *store_trials(Store *store, gint64 job, GError **error);
/* One trial of @job; G_IO_ERROR_NOT_FOUND: it has none of that number. */
TrialRow *store_read_trial(Store *store, gint64 job, gint64 trial, GError **error);

/* A run that somebody else made of a revision, or @n of them that showed the same: what a foreign
 * bisection log says. Foreign runs are apart from trials, so that whoever asks for those never
 * takes one for ours: they are hints (job/foreign.c). */
typedef struct ForeignRow {
    char *commit;
    char *source; /* whose: "syzbot" */
    char *label;  /* release name, or NULL */
    OutcomeKind kind;
    guint n;
    char *title; /* of a crash or of what failed; or NULL */
} ForeignRow;
void foreign_row_free(ForeignRow *row);
/* All of @rows (of ForeignRow) in place of those that @job has; an empty array takes them away. To
 * be called between store_begin() and store_end(). */
gboolean store_set_foreign(Store *store, gint64 job, const GPtrArray *rows, GError **error);
/* In the order of their log. Array of ForeignRow, owned by the caller. */
GPtrArray *store_foreign(Store *store, gint64 job, GError **error);

/* How much there is of a job. */
typedef struct JobCounts {
    guint n_kernels, n_trials;
} JobCounts;
/* Of all jobs: id (gint64) -> JobCounts. Owned by the caller. */
GHashTable *store_job_counts(Store *store, GError **error);

/* What @trial printed, whole as it was kept, with a NUL behind it that does not count; empty when
 * nothing was. Owned by the caller. */
GBytes *store_console(const TrialRow *trial, GError **error);

/* Why a revision was chosen: written once for each revision, when it is first chosen. */
typedef struct DecisionRow {
    char *phase; /* "reproduce", "range", "search", "check" */
    char *commit;
    char *label;   /* release name, or NULL */
    char *subject; /* first line of its message */
    guint n_left;  /* candidates before this test */
    double bits;   /* entropy of the posterior before it */
    char *best;    /* most probable culprit then, or NULL */
    double best_p;
    char *verdict; /* by the whole evidence, once the job is done; NULL before, but "bad" for a
                      release that looked good and was overruled */
} DecisionRow;
void decision_row_free(DecisionRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DecisionRow, decision_row_free)
gboolean store_put_decision(Store *store, gint64 job, const DecisionRow *row, GError **error);
/* What became of a decision: "good", "bad", "skip", "unknown"; NULL: that is open again. */
gboolean store_set_verdict(Store *store, gint64 job, const char *commit, const char *verdict,
                           GError **error);
GPtrArray *store_decisions(Store *store, gint64 job, GError **error);

/* What was believed of a range when a revision was chosen, and at the end: what the pictures are
 * made of. */
typedef struct MomentRow {
    gint64 at_ms; /* real time since the epoch */
    char *phase;  /* as in DecisionRow */
    char *tried;  /* the commit (or variant) that was chosen then; NULL: none, it is the end */
    guint n_kernels, n_trials; /* of the job so far */
    guint n_revisions;         /* of the range, with its good end */
    guint n_left;              /* candidates */
    double bits;               /* entropy */
    double older;              /* chance that the bug is older than the range */
    char *shares;   /* belief over MOMENT_BINS equal stretches of the range, oldest first:
                       "BIN:P BIN:P ...", in 1/1000, without those that round to 0 */
    char *suspects; /* "COMMIT:P ...", most probable first, in 1/1000 */
    double left_s, left_low_s,
        left_high_s; /* of time, as expected then (Live); below 0: not known */
} MomentRow;
#define MOMENT_BINS 200
void moment_row_free(MomentRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomentRow, moment_row_free)
gboolean store_put_moment(Store *store, gint64 job, const MomentRow *row, GError **error);
/* In their order. Array of MomentRow, owned by the caller. */
GPtrArray *store_moments(Store *store, gint64 job, GError **error);

/* What is known of a revision of a job beside kernel and trials: that it could not reach the bug,
 * that a person knows better, ... A kind has one fact a revision: put again, the new text replaces
 * the old one; NULL takes it away. */
typedef struct FactRow {
    char *commit; /* or a variant */
    char *kind, *text;
} FactRow;
void fact_row_free(FactRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FactRow, fact_row_free)
gboolean store_put_fact(Store *store, gint64 job, const char *commit, const char *kind,
                        const char *text, GError **error);
/* In the order they were first put. Array of FactRow, owned by the caller. */
GPtrArray *store_facts(Store *store, gint64 job, GError **error);

/* --- Bugs whose commit is known (solved.c) --- */

/* A way in which a bug was seen to crash; members as in TrialRow. */
typedef struct FaceRow {
    char *title, **alt_titles;
    gboolean corrupted, suppressed;
    guint n; /* so often */
} FaceRow;
/* A job that named a culprit, and what other jobs compare with. */
typedef struct SolvedRow {
    gint64 job;
    char *name; /* of the job; not written */
    char *kind; /* of the search and of its bug: "cause crash"; only such of one are compared */
    char *culprit;
    double confidence;
    gint64 bug;       /* number of the bug: that of all jobs that found the same one */
    GPtrArray *faces; /* of FaceRow */
} SolvedRow;
SolvedRow *solved_row_new(void);
void solved_row_free(SolvedRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SolvedRow, solved_row_free)
void solved_row_add_face(SolvedRow *row, const char *title, char *const *alt_titles,
                         gboolean corrupted, gboolean suppressed, guint n);
/* @row->job ended so; in place of how it ended before. A @bug of 0 gets a number of its own. All
 * that has one of @same_bugs (of gint64; may be NULL) has @row->bug from now on. To be called
 * between store_begin() and store_end(). */
gboolean store_put_solved(Store *store, const SolvedRow *row, const GArray *same_bugs,
                          GError **error);
/* @job has named no culprit, or takes it back. */
gboolean store_drop_solved(Store *store, gint64 job, GError **error);
/* All of @kind that are done, but @job. Array of SolvedRow, oldest first, owned by the caller. */
GPtrArray *store_solved(Store *store, const char *kind, gint64 job, GError **error);

/* A job as another one names it. */
typedef struct JobName {
    gint64 id;
    char *name;
} JobName;
void job_name_free(JobName *name);
/* The jobs that found the same bug as @job. Array of JobName, oldest first, owned by the caller. */
GPtrArray *store_same_bug(Store *store, gint64 job, GError **error);

/* What was done when: where the time of a job goes. */
typedef struct SpanRow {
    char *kind;  /* "build", "trial"; "setup", with which each process that works on the job begins;
                    else what the coordinator itself did: "range", "prove", "mend", "report", ... */
    char *phase; /* of the job, as in DecisionRow; NULL before the first */
    char *commit; /* or variant; NULL: of none */
    char *how;    /* of a build "first" (of the job), "incremental", "store" (it was there already),
                     "same" (by its sources), "failed" or "cancelled"; of a trial "booted" or
                     "restored"; NULL: says nothing */
    guint lane;   /* what is of one kind and lane never overlaps; from 0 */
    gint64 begun_ms, ended_ms; /* real time since the epoch */
} SpanRow;
void span_row_free(SpanRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpanRow, span_row_free)
/* Written with the next row that is, in one transaction, so that it costs no flush of its own: put
 * the span of a trial just before the trial. */
void store_put_span(Store *store, gint64 job, const SpanRow *span);
/* In the order they ended. Array of SpanRow, owned by the caller. */
GPtrArray *store_spans(Store *store, gint64 job, GError **error);

/* Folder of a job's files, made when missing. Owned by the caller. */
char *store_job_dir(Store *store, gint64 job);
