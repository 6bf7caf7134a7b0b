/* SPDX-License-Identifier: Apache-2.0
 * A simulated job of firstbad's on one machine, event by event, so that many can go on side by side
 * and share kernels. Private to sim/.
 */
#pragma once

#include "sim/policy.h"

/* What it takes of a build to fetch a kernel that is there. */
#define FETCH_SHARE 0.02

/* The kernels of one config class. */
typedef struct Shelf {
    gboolean *kernels;      /* of each revision of the tree: is it there? Written by jobs */
    const guint32 *numbers; /* of each revision of the job's range: which one of the tree it is */
} Shelf;

typedef struct Simulated Simulated;

/* Begins to bisect @world. @shelf NULL: it builds all that it tries. All must outlive the job;
 * @result is whole when it has ended. */
Simulated *simulated_begin(const World *world, const Shelf *shelf, SimResult *result);
void simulated_free(Simulated *job);

/* When, after its begin, its work under way ends. */
double simulated_next_s(const Simulated *job);
/* Take what came out then, and begin what comes next. FALSE: it has ended. */
gboolean simulated_step(Simulated *job);
