/* SPDX-License-Identifier: Apache-2.0
 * A world whose builds and trials take time, by a clock that jumps: they end in the order of their
 * times, and what is cancelled ends at once.
 */
#pragma once

#include "world.h"

typedef struct LateWorld {
    World world;
    const FarmOps *now; /* of the farm that answers at once */
    GPtrArray *pending; /* of what is under way */
    GRand *dice;        /* times are up to twice, or down to nothing of, what they should be; NULL:
                           what they should be */
    double build_s, trial_s;
    double now_s;
    double busy_s[2];               /* of builds, of trials, all together */
    guint n_cancelled;              /* builds */
    guint most_builds, most_trials; /* at once */
    gboolean was_both;              /* a build and a trial at once */
    guint source;
} LateWorld;

/* world_init(), with so many slots and guests. */
void late_init(LateWorld *late, guint n_slots, guint n_guests, double build_s, double trial_s);
void late_clear(LateWorld *late);
