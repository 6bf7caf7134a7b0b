/* SPDX-License-Identifier: Apache-2.0
 * Whole jobs in a simulated world: real graphs, scenarios made of real bisections, and several
 * policies that meet the very same worlds. Deterministic: all follows from the seed.
 */
#pragma once

#include "history/history.h"
#include "sim/many.h"
#include "sim/policy.h"
#include "sim/scenario.h"

typedef struct SimOptions {
    const Policy *policy;
    guint64 seed;           /* of the first repetition; the next ones follow */
    guint n_reps;           /* of each usable scenario */
    const guint *n_workers; /* so many machines; a job is done once for each */
    guint n_widths;         /* at least 1: the first one's result, kernels and trials count */
} SimOptions;

/* Called with each row, without a newline. FALSE ends the run. */
typedef gboolean (*SimRowFunc)(const char *row, gpointer user_data);

/* Bisects each usable one of @scenarios (of Scenario) on @graph. A row is a job; the first row
 * names the columns, which are separated by tabs:
 *
 *  - scenario, policy, seed (of this repetition);
 *  - result: right, wrong (another commit was named) or none, by the dynamic culprit;
 *  - confidence: claimed; of an answer that names none, that its set holds the culprit;
 *  - rank: of the true culprit in the policy's order, from 1; 0: it has none;
 *  - set, in_set: size of the set of an answer that names none, and whether it holds the culprit;
 * "-" where there is no set;
 *  - fixes: the result by the commit that a Fixes: tag names;
 *  - decidable: 1 where trials without end could find the culprit;
 *  - revisions: size of the range;
 *  - kernels, trials: builds and runs;
 *  - calibration: ten fields "hits/claims", by tenths of the probability that the policy gave its
 *    best candidate before each test of the search;
 *  - seconds_N, kernels_N: simulated time and builds, for each number of machines. */
void sim_run(const GPtrArray *scenarios, const History *graph, const SimOptions *options,
             SimRowFunc take_row, gpointer user_data);
