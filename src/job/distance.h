/* SPDX-License-Identifier: Apache-2.0
 * What a build costs beside what was built before.
 *
 * A slot compiles again the objects that are made of a file which differs between the tree that it
 * holds and the revision that it goes to. Each revision has a *length*, what it adds to that: a way
 * of length x between two revisions leaves exp(-x) of the objects as they are, as if files were
 * changed without regard to each other. A header of all objects is a long way, however near the
 * revisions are; a thousand drivers that this kernel does not have are none. Objects that are not
 * in the slot, but were compiled for another revision that was built, come out of the compiler's
 * cache, for a part of the time.
 *
 * Pure.
 */
#pragma once

#include "history/history.h"

typedef struct Distances Distances;
/* @lengths: of each revision of @history, which must outlive it; copied. */
Distances *distances_new(const History *history, const double *lengths);
void distances_free(Distances *distances);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Distances, distances_free)

/* @revision was built: its objects are in the cache. O(n). */
void distances_add_built(Distances *distances, guint32 revision);

/* Of each revision: seconds of its build in a slot that holds @tree (-1: none of the range), where
 * one that compiles nothing takes @near_s, and one from nothing @far_s. O(n). */
void distances_costs(const Distances *distances, gint64 tree, double near_s, double far_s,
                     double *ret_build_s);
