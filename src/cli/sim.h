/* SPDX-License-Identifier: Apache-2.0
 * What the files of firstbad sim share.
 */
#pragma once

#include "history/history.h"

/* firstbad sim --bugs. The arrays are of guint; a row for each of both and of each sharing. */
typedef struct SimBugs {
    const GArray *n_bugs, *n_workers;
    guint64 seed;
    guint n_configs, n_moved; /* see sim/many.h */
    gboolean without, with;   /* sharing */
} SimBugs;

/* The rows as text, a header first; columns are separated by tabs. Owned by the caller. */
char *sim_bugs(const GPtrArray *scenarios, const History *graph, const SimBugs *bugs);
