/* SPDX-License-Identifier: Apache-2.0
 * Work items on their way through Slurm, from an order to what came out of it. Private to farm/.
 *
 * An item is submitted, looked for in the shared folder until all of it is there, and submitted
 * again where Slurm lost it: a node that went down, a time limit, a job that somebody cancelled. A
 * controller that does not answer is waited for; what its nodes do meanwhile counts. So work is
 * done at least once; it is counted once, since what came out of it has one place.
 *
 * Items of a coordinator that was killed are found in the folder, and are taken up when the same
 * work is asked for again.
 *
 * part.h says what becomes of a part, entry.h what the coordinator knows of an item; here are the
 * files, the commands and the clock around them.
 */
#pragma once

#include "farm/farm.h"

typedef struct Queue Queue;

typedef struct QueueOptions {
    const char *items;          /* folder */
    const char *program;        /* firstbad, where the nodes find it */
    Accel accel;                /* of guests: KVM or TCG; for KVM a node has to have SLURM_KVM */
    const char *const *args;    /* for sbatch, or NULL */
    guint n_nodes;              /* of the cluster, for trials */
    guint n_cpus;               /* of a build */
    guint build_mib, trial_mib; /* memory of a build, and of a guest */
    guint guest_cpus;
    guint build_minutes;               /* limits of time: of a build, */
    guint boot_minutes, trial_minutes; /* of a boot and of a trial */
} QueueOptions;
/* Takes up what lies in the folder. @store and @farm, by which it tells a person what he should
 * know, must outlive it. */
Queue *queue_new(const QueueOptions *options, KernelStore *store, const Farm *farm, GError **error);
/* What nobody waits for any more is cancelled. */
void queue_free(Queue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Queue, queue_free)

/* Have @order, which it takes, carried out for @task, which it takes: it returns a Kernel. When its
 * cancellable fires, the item is given up. */
void queue_build(Queue *queue, Order *order, GTask *task);
/* The same of trials: one task of each, in their order, which return Outcomes. */
void queue_trials(Queue *queue, Order *order, GTask **tasks);
/* Is a trial of this kind left of an earlier life, done or under way, that nobody has asked for
 * yet? Then @task, which it takes, is given what it shows. */
gboolean queue_claim_trial(Queue *queue, const char *kernel_key, gboolean boots, GTask *task);
/* The trial that has this Outcome.origin is in the store: it is never given out again. */
void queue_counted(Queue *queue, const char *origin);

/* Machines that are busy with it, or will be. */
guint queue_n_parts(const Queue *queue);
