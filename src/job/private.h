/* SPDX-License-Identifier: Apache-2.0
 * What the files of job/ share.
 */
#pragma once

#include "job/decide.h"

struct Job {
    gint64 id;
    const JobSpec *spec;
    const Repo *repo;
    Store *store;
    Farm *farm;
    char *compiler; /* what the log says of it */
    Situation situation;
    GPtrArray *releases; /* of ReleaseTag */
    Range *range;        /* NULL until the search begins */
    Belief *belief;
    GPtrArray *kernels;  /* of KernelRow, in the order they were built */
    GPtrArray *trials;   /* of TrialRow, in the order they ended */
    char **titles;       /* of the crash looked for; NULL: any */
    GHashTable *decided; /* commits that have their decision row */
    GHashTable *rebuilt; /* commits whose kernel was gone once: a second time is a failure */
    guint n_infra;       /* trials in a row that failed by our machine's fault */
    JobPhase phase;
    JobProgressFunc progress;
    gpointer progress_data;
    gint64 booked_us;  /* time until here is booked */
    guint64 booked_ms; /* over all resumes */
};

/* --- job.c: what is known, told and booked --------------------------------------------------- */

/* What is known of @commit, made when missing. */
RevisionEvidence *job_evidence_for(Job *job, const char *commit);
/* Take @trial, which the job then owns, into the evidence. */
void job_learn_trial(Job *job, TrialRow *trial);
/* What builds and trials have cost lately, as the planner's guess of the next; and what of
 * the budget is used. */
void job_learn_costs(Job *job);

/* Show what is going on: @doing and @line as in JobProgress. */
void job_tell(Job *job, const char *doing, const char *line);
/* Show something that just ended, on a line of its own. */
void job_say(Job *job, const char *format, ...) G_GNUC_PRINTF(2, 3);

typedef enum TimeUse { TIME_OTHER, TIME_BUILD, TIME_TEST } TimeUse;
/* Book the time since the last call. */
gboolean job_book_time(Job *job, TimeUse use, GError **error);

/* --- trials.c -------------------------------------------------------------------------------- */

/* Run the trials that @action asks for, and as many more of its revision, or fewer, as the decider
 * then wants. A kernel that is no longer in the store is forgotten, so that it is built again. */
gboolean job_carry_trials(Job *job, const Action *action, GCancellable *cancellable,
                          GError **error);

/* --- finish.c -------------------------------------------------------------------------------- */

/* Complete @answer with what the report quotes (commit, signatures, recipients, symbolized crash),
 * give it a reason where it has none, and store it. */
gboolean job_finish_answer(Job *job, Answer *answer, GError **error);
