/* SPDX-License-Identifier: Apache-2.0
 * What the files of history/ share.
 */
#pragma once

#include "history/history.h"

struct RevisionSet {
    guint n_words;
    guint64 words[];
};

/* A run of slots, first to end - 1. */
typedef struct SlotRun {
    guint32 first;
    guint32 end;
} SlotRun;

/* How ancestors are summed, worked out once for a graph: the head of sums.c says what this is. */
typedef struct SumPlan {
    guint32 *slots;      /* of each revision */
    guint32 *bases;      /* of each revision, the parent whose sum it starts from */
    guint32 *first_runs; /* runs[first_runs[r]] .. runs[first_runs[r + 1] - 1] are r's */
    GArray *runs;        /* of SlotRun */
} SumPlan;

struct History {
    guint n_revisions;
    guint32 *offsets;
    guint32 *parents;
    SumPlan sums;
};

/* @history has its graph already. */
void sum_plan_init(SumPlan *plan, const History *history);
void sum_plan_clear(SumPlan *plan);
