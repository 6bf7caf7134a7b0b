/* SPDX-License-Identifier: Apache-2.0
 * Slurm by its commands: sbatch, squeue, scancel, scontrol, sinfo. Private to farm/.
 *
 * Slurm keeps the books: we remember no number of it, but find our jobs again by their names.
 */
#pragma once

#include <gio/gio.h>

/* The feature of nodes whose guests may run under KVM. */
#define SLURM_KVM "kvm"

/* What sbatch is told. */
typedef struct SlurmSubmit {
    const char *name;         /* of the job */
    const char *const *argv;  /* what each task runs, NULL-terminated; which one it is,
                                 SLURM_ARRAY_TASK_ID says in its environment */
    const char *log_dir;      /* files log-JOB and log-JOB_TASK come there */
    const char *tasks;        /* "0,2,5" */
    guint n_cpus, memory_mib; /* of a task */
    guint minutes;            /* a task's limit of time */
    const char *features;     /* of the node ("kvm"), or NULL */
    const char *exclude;      /* nodes, between two a comma; or NULL */
    const char *const *args;  /* the user's own, NULL-terminated; or NULL */
} SlurmSubmit;

/* Why something did not work. */
typedef enum SlurmFault {
    SLURM_AWAY, /* the controller does not answer, or has no room now: it may later */
    SLURM_NO,   /* it refuses: to ask again does not help */
} SlurmFault;
SlurmFault slurm_fault_of(const char *complaint); /* by what the command says. Pure. */

/* Submit. GError G_IO_ERROR_BUSY: SLURM_AWAY; else SLURM_NO, with Slurm's words. */
void slurm_submit_async(const SlurmSubmit *submit, GAsyncReadyCallback done, gpointer user_data);
gboolean slurm_submit_finish(GAsyncResult *res, GError **error);

typedef enum SlurmState { SLURM_WAITS, SLURM_RUNS, SLURM_ENDED } SlurmState;
/* A task of the user's, as squeue tells it. */
typedef struct SlurmTask {
    char *name; /* of the job */
    guint task;
    SlurmState state;
    char *word;   /* Slurm's own for it: "PENDING", "NODE_FAIL", ... */
    char *node;   /* or "" */
    char *reason; /* why it waits, in Slurm's word: "Resources", "JobHeldUser", ...; or "" */
} SlurmTask;
void slurm_task_free(SlurmTask *task);
/* All tasks of the jobs whose names begin with @prefix, also those that have ended lately: array of
 * SlurmTask. */
void slurm_list_async(GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data);
GPtrArray *slurm_list_finish(GAsyncResult *res, const char *prefix, GError **error);
/* Its pure half: the lines of squeue. NULL: it says something else. */
GPtrArray *slurm_parse_tasks(const char *text, const char *prefix);

/* Task @number of the job @name, which may have been submitted more than once: one that has not
 * ended, else the last one, or NULL. */
const SlurmTask *slurm_find_task(const GPtrArray *tasks, const char *name, guint number);

/* How the reason begins for which such work waits. */
#define SLURM_LAUNCH_FAILED "launch failed"
/* Did a node fail to begin it, by its prolog for example? Then Slurm has put the node aside, and
 * holds the work until somebody looks at it. */
gboolean slurm_is_stranded(const SlurmTask *task);

/* End all jobs of that name; or release those that are held, to other nodes. What cannot be ended
 * ends by itself, and is then dropped; what cannot be released is still in the list: so there is no
 * error. A program of ours dies with us, so @done has to be waited for. */
void slurm_cancel_async(const char *name, GAsyncReadyCallback done, gpointer user_data);
void slurm_release_async(const char *name, GAsyncReadyCallback done, gpointer user_data);
void slurm_command_finish(GAsyncResult *res); /* of both */

/* What the cluster has: its nodes that can be used, those of them with SLURM_KVM, and the
 * least CPUs and memory that one of all has. Errors say what to do. */
typedef struct SlurmSize {
    guint n_nodes, n_kvm, n_cpus, memory_mib;
} SlurmSize;
gboolean slurm_look(SlurmSize *ret_size, GError **error);
/* Its pure half: the lines of sinfo. */
SlurmSize slurm_parse_nodes(const char *text);
