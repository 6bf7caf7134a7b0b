/* SPDX-License-Identifier: Apache-2.0
 * A simulated world: a history, what is true of it, and what each revision does when it is built
 * and run. All of it is drawn from a scenario and a seed, and what trial number i of a revision
 * shows is a function of these and of i alone: so each policy, with any number of workers, meets
 * the very same world.
 *
 * Revision 0 is the good end (it never has the bug and can be tested), the last one the start.
 */
#pragma once

#include "history/history.h"
#include "sim/scenario.h"

typedef enum RunOutcome {
    RUN_OK,
    RUN_CRASH,  /* of the identity looked for */
    RUN_OTHER,  /* a crash of another identity */
    RUN_BROKEN, /* no boot, or not even a trivial program */
    RUN_INFRA,  /* the machine's fault */
} RunOutcome;

typedef struct World World;

/* @graph: a real history, any size. The range is cut out of it, or is several copies of it one
 * after the other, so as to have about @scenario's size. */
World *world_new(const Scenario *scenario, const History *graph, guint64 seed);
/* The same on @range, which is taken. */
World *world_new_on(const Scenario *scenario, History *range, guint64 seed);
void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

const History *world_history(const World *world);
const Scenario *world_scenario(const World *world);

/* The truth. The dynamic culprit is the first revision that shows the bug: what tests can find. The
 * one that a Fixes: tag names is another where a later commit was needed to reach the bug. */
guint32 world_culprit(const World *world);
guint32 world_fixes_culprit(const World *world);
/* Could unlimited trials of all revisions find the culprit? Not where it or one of its parents
 * cannot show what it is. */
gboolean world_is_decidable(const World *world);

/* What can be known before any test: does it change a file of the crash's stack; or only what this
 * kernel is not made of? */
gboolean world_touches_stack(const World *world, guint32 revision);
gboolean world_is_outside(const World *world, guint32 revision);

/* Building @revision and trying it. */
gboolean world_builds(const World *world, guint32 revision);
/* Revisions of one number have one kernel, byte for byte. */
guint32 world_kernel(const World *world, guint32 revision);
/* What trial number @i of @revision's kernel shows. Only of one that builds. */
RunOutcome world_run(const World *world, guint32 revision, guint i);
