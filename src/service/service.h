/* SPDX-License-Identifier: Apache-2.0
 * Many jobs, one coordinator: `firstbad daemon`.
 *
 * Whoever wants a job puts a request into the spool folder (spool.c); the service, which alone
 * writes to the store, takes it into its queue. So many jobs are at work at once, each with a farm
 * of its own; who comes next is a matter of priority, then of fairness between submitters, then of
 * age. A job that our machines fail waits and is tried again, later each time. A service that was
 * killed goes on with what it was at work on.
 */
#pragma once

#include "job/job.h"

/* --- Requests -------------------------------------------------------------------------------- */

/* What somebody wants of a service. */
typedef enum SpoolWish {
    SPOOL_JOB,     /* a new job */
    SPOOL_CANCEL,  /* an end to one */
    SPOOL_VERDICT, /* his word on a revision of one, in place of what was measured */
    SPOOL_RESUME,  /* one that failed, was cancelled or was left to go on */
} SpoolWish;
const char *spool_wish_name(SpoolWish wish); /* "job", "cancel", ... */
typedef struct SpoolRequest {
    SpoolWish wish;
    char *id;        /* its own name; made by spool_put() */
    char *submitter; /* NULL for spool_put(): the user */
    char *job;       /* but of a new one: a number, or the id of the request that brings it */
    char *kind, *spec, *name; /* of a new job */
    gint64 priority;
    char *revision, *verdict; /* "good", "bad", "skip"; "clear" takes the word back */
    char *note;               /* why, or NULL */
} SpoolRequest;
void spool_request_clear(SpoolRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpoolRequest, spool_request_clear)
/* A folder in the spool of @state_dir that belongs to @request, which gets its id: for
 * job_take_inputs(), before spool_put(). Owned by the caller. */
char *spool_make_folder(const char *state_dir, SpoolRequest *request, GError **error);
/* Put @request into the spool of @state_dir, on disk when it returns; its id and submitter
 * are set where they were not. */
gboolean spool_put(const char *state_dir, SpoolRequest *request, GError **error);
/* Put the new job of @spec, which is checked, there with copies of its files; it gets a name where
 * it has none. */
gboolean spool_put_job(const char *state_dir, JobSpec *spec, gint64 priority, GError **error);
/* Paths of the requests there, oldest first. NULL-terminated, owned by the caller. */
char **spool_list(const char *state_dir);
/* Has a service taken the request @id? */
gboolean spool_is_taken(const char *state_dir, const char *id);
/* The newest request there for a new job @name (NULL: for any), which no service has taken yet.
 * FALSE: there is none. */
gboolean spool_find_job(const char *state_dir, const char *name, SpoolRequest *ret_request);
/* The request at @path; G_IO_ERROR_INVALID_DATA: it is none. With another error it may be read
 * later. */
gboolean spool_read(const char *path, SpoolRequest *ret_request, GError **error);

/* The copies that came with request @id become those of the job of @job_dir. Done again, nothing
 * happens. */
gboolean spool_move_files(const char *state_dir, const char *id, const char *job_dir,
                          GError **error);
/* Remove the copies of a request, and those that a job has. */
void spool_remove_files(const char *state_dir, const char *id);
void spool_remove_inputs(const char *job_dir);
/* Remove copies whose request never came: whoever made them died, a day ago or longer. */
void spool_sweep(const char *state_dir, gint64 now_s);

/* --- Who comes next (pure) ------------------------------------------------------------------- */

/* What was used is forgotten after so long. */
#define SERVICE_MEMORY_S (14 * 86400)

typedef struct Rules {
    double most_s_a_day; /* machine time of a submitter within a day; 0: no limit */
} Rules;
/* Of @queue (of QueuedJob) the index of the one to begin at @now_s; -1: none may. Those that were
 * at work come first. @recent: submitter -> double, seconds used lately, older ones counting less,
 * with what is at work; @today: those of the last day; NULL without a limit. */
gint service_choose(const GPtrArray *queue, GHashTable *recent, GHashTable *today,
                    const Rules *rules, gint64 now_s);
/* Why a job has not begun. */
typedef enum QueueWait {
    WAIT_TURN,   /* others come first */
    WAIT_RETRY,  /* our machine failed it, and its time has not come */
    WAIT_BUDGET, /* its submitter has used up the time of a day */
} QueueWait;
QueueWait service_wait(const QueuedJob *job, GHashTable *today, const Rules *rules, gint64 now_s);
/* Put @queue into the order in which its jobs would begin, were nothing used meanwhile: those that
 * may not begin at @now_s come last. */
void service_sort(GPtrArray *queue, GHashTable *recent, GHashTable *today, const Rules *rules,
                  gint64 now_s);
/* After @n_failures a job waits so long; 0: it is given up. */
guint service_retry_s(guint n_failures);

/* --- What waits, for who asks ---------------------------------------------------------------- */

/* The jobs that wait in the store, in the order in which they would begin by the rules of the
 * newest service, which keeps them in the state folder. */
typedef struct Waiting {
    GPtrArray *queue; /* of QueuedJob */
    QueueWait *why;   /* of each */
    Rules rules;
} Waiting;
/* Nothing waits: of a state folder that has no store yet. */
Waiting *waiting_new(void);
Waiting *waiting_load(Store *store, const char *state_dir, gint64 now_s, GError **error);
void waiting_free(Waiting *waiting);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Waiting, waiting_free)
/* What all submitters have used at @now_s, as service_choose() wants it. */
gboolean service_usage(Store *store, const Rules *rules, gint64 now_s, GHashTable **ret_recent,
                       GHashTable **ret_today, GError **error);
gboolean rules_write(const char *state_dir, const Rules *rules, GError **error);

/* --- At work --------------------------------------------------------------------------------- */

/* Make what the job of @row works with; job_setup_new() with its reading of the spec, or a test's
 * own world. *ret_free frees what comes back. */
typedef struct ServiceWorld {
    const Repo *repo;
    Farm *farm;
    gpointer data;
    GDestroyNotify free;
} ServiceWorld;
typedef gboolean (*ServiceOpenFunc)(const JobRow *row, const JobSpec *spec, const char *state_dir,
                                    const char *job_dir, gpointer user_data,
                                    ServiceWorld *ret_world, GError **error);
typedef void (*ServiceSayFunc)(const char *line, gpointer user_data);
/* @job has an answer, or is given up; the store knows it. */
typedef void (*ServiceEndedFunc)(gint64 job, gpointer user_data);

typedef struct ServiceOptions {
    const char *state_dir;
    guint n_at_once;
    Rules rules;
    gboolean until_idle;    /* end when nothing waits and nothing is at work */
    ServiceOpenFunc open;   /* NULL: the real thing */
    ServiceSayFunc say;     /* what happens, in lines; NULL: nobody listens */
    ServiceEndedFunc ended; /* or NULL */
    gpointer user_data;     /* of all three */
} ServiceOptions;
/* Serve until @cancellable fires: what is at work is stopped then, and taken up by the next
 * service. GError: the store cannot be written. */
gboolean service_run(Store *store, const ServiceOptions *options, GCancellable *cancellable,
                     GError **error);
