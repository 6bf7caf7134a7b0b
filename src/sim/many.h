/* SPDX-License-Identifier: Apache-2.0
 * Many bugs of one tree, bisected by firstbad on machines that share kernels, or do not.
 */
#pragma once

#include "history/history.h"
#include "sim/scenario.h"

typedef struct ManyOptions {
    guint64 seed;
    guint n_bugs;
    guint n_workers; /* machines, at least 1: each bisects one bug at a time */
    guint n_configs; /* config classes, at least 1: kernels of two are never the same */
    guint n_moved;   /* commits that the tree grows by between the first bug and the last */
    gboolean shares;
} ManyOptions;

/* Sums over all bugs. */
typedef struct ManyResult {
    guint n_right, n_wrong;
    guint n_kernels; /* built, also those that failed */
    guint n_fetched; /* that another job had built */
    guint n_trials;
    double build_s, machine_s; /* of builds; of all work */
    double wall_s;             /* until the last answer, all bugs being there from the start */
} ManyResult;

/* Draws bugs from the usable ones of @scenarios (of Scenario; at least one) on a tree made of
 * copies of @graph. The same seed gives the same bugs, whatever the machines and with and without
 * sharing. */
void many_run(const GPtrArray *scenarios, const History *graph, const ManyOptions *options,
              ManyResult *ret_result);
