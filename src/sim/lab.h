/* SPDX-License-Identifier: Apache-2.0
 * The place where the other policies work: one machine with as many guests as the scenario had. It
 * keeps count of what they spend. Private to sim/.
 */
#pragma once

#include "sim/policy.h"

typedef struct Lab {
    const World *world;
    GHashTable *n_tried; /* of each kernel's number: trials so far, so that none is seen twice */
    guint n_kernels, n_trials;
    double seconds;
} Lab;

/* How many runs of a test showed what. */
typedef struct Runs {
    guint n_ok;
    guint n_crashed; /* of any identity: none of the other policies looks at it */
    guint n_broken;
    guint n_infra;
} Runs;

void lab_init(Lab *lab, const World *world);
void lab_clear(Lab *lab);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lab, lab_clear)

/* Also a build that fails takes its time. */
gboolean lab_build(Lab *lab, guint32 revision);
/* @n_runs more runs of what was built, added to @runs. */
void lab_run(Lab *lab, guint32 revision, guint n_runs, Runs *runs);
/* What was spent, into @result. */
void lab_bill(const Lab *lab, SimResult *result);
