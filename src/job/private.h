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
    gint64 booked_us; /* time until here is booked */
};

/* Complete @answer with what the report quotes (commit, signatures, recipients, symbolized crash),
 * give it a reason where it has none, and store it. */
gboolean job_finish_answer(Job *job, Answer *answer, GError **error);
