/* SPDX-License-Identifier: Apache-2.0
 * Will a revision that was not tried build, boot and run?
 *
 * What breaks a revision breaks those around it: from the commit that broke it to the one that
 * mended it. Such blocks have no typical length. In the traces of 615 syzbot bisections a test
 * right after a skip was a skip as well in 60 to 70 % where some 10 commits lay between, in 49 % at
 * some 100, and no oftener than any other at some 1,000. So a block found by one broken revision
 * goes on for d commits with the chance s / (s + d), s = break_scale; and when e commits of it are
 * known, with (s + e) / (s + e + d). The planner, which weighs this against information, so leaves
 * a block in steps that double; a revision found testable ends the block, and one of which only the
 * kernel is there is taken for testable: few of those that build do not boot.
 *
 * Where a revision found testable lies D commits beyond, the block is known to end before it: then
 * the chance is (S(d) - S(D)) / (1 - S(D)), S as above, so that the end is looked for by halves.
 *
 * A release is built by many, so a block goes on to it, and over it, with a chance that is smaller
 * by OVER_RELEASE.
 *
 * A revision that could not have shown the bug (Tally.unreached) is as useless as a broken one, and
 * those around it are as suspect: an option or a feature is missing for a stretch.
 *
 * Distances are commits, not edges: a merge is as far from a parent as what the others bring in.
 * Blocks spread both ways along the edges. For each revision the nearest end of a block below it
 * and above it is carried through the graph in one sweep up and one down; where several parents
 * (children) bring one, the most suspect counts. Two ends that face each other are more probably of
 * one block than of two when they are near: two revisions are broken by themselves with chance
 * broken_alone, but a block that reaches across breaks all between them.
 *
 * Cost: O(n + edges).
 */
#include "belief-private.h"

#include <math.h>

/* A judgement: releases are broken, too, but mostly by a compiler that they do not know. */
#define OVER_RELEASE 0.2

/* What a revision sees in one direction: the nearest end of a block, the nearest revision that was
 * found testable. */
typedef struct View {
    gboolean is_block; /* there is one */
    double extent;     /* commits of it that are known */
    double goes_on;    /* the chance that it is stopped by no release before the revision */
    double distance;   /* from its end to the revision */
    double testable;   /* distance, where no block lies before it; else INFINITY */
} View;

static const View nothing = {.goes_on = 1, .testable = INFINITY};

/* The chance that the block of @view goes on for @distance commits. */
static double block_survives(const Belief *belief, const View *view, double distance)
{
    double known = belief->model.break_scale + view->extent;

    return view->goes_on * known / (known + distance);
}

/* That it reaches the revision, where it has to end @beyond commits behind that. */
static double block_reaches(const Belief *belief, const View *view, double beyond)
{
    if (!view->is_block) {
        return 0;
    }
    double here = block_survives(belief, view, view->distance);
    double there = block_survives(belief, view, view->distance + beyond);
    return (here - there) / (1 - there);
}

/* The chance that a revision between two ends (or beside one, or none) is in neither block, and
 * that both are not ends of the same one. */
static double p_outside(const Belief *belief, const View *below, const View *above)
{
    double p = (1 - block_reaches(belief, below, above->testable)) *
               (1 - block_reaches(belief, above, below->testable));

    if (below->is_block && above->is_block) {
        View across = {.is_block = TRUE,
                       .extent = MAX(below->extent, above->extent),
                       .goes_on = MIN(below->goes_on, above->goes_on),
                       .distance = below->distance + above->distance};
        double alone = belief->model.broken_alone;

        p *= alone / (alone + block_reaches(belief, &across, INFINITY));
    }
    return p;
}

/* Carry @from over an edge of @length commits into @into: the worse block, the nearer testable. */
static void view_carry(const Belief *belief, const View *from, double length, View *into)
{
    View carried = *from;
    double testable = MIN(from->testable + length, into->testable);

    carried.distance += length;
    if (block_reaches(belief, &carried, INFINITY) > block_reaches(belief, into, INFINITY)) {
        *into = carried;
    }
    into->testable = testable;
}

/* What goes on from a revision, given what came to it. */
static View view_leave(const Belief *belief, guint32 revision, const View *came)
{
    const Tally *tally = belief_get(belief, revision);

    if (tally_ends_block(tally)) {
        return (View){.goes_on = 1, .testable = 0};
    }
    if (!tally_is_useless(tally)) {
        return *came;
    }
    return (View){.is_block = TRUE,
                  .extent = came->extent + came->distance,
                  .goes_on = 1,
                  .testable = INFINITY};
}

static void meet_release(const Belief *belief, guint32 revision, View *view)
{
    if (belief->is_release != NULL && belief->is_release[revision]) {
        view->goes_on *= OVER_RELEASE;
    }
}

static void work_out(const Belief *belief, double *p_testable)
{
    guint n = belief->n;
    const double *n_reached = belief->n_reached;

    for (guint32 r = 0; r < n; r++) {
        p_testable[r] = 1 - belief->model.broken_alone;
    }
    if (belief->n_useless == 0) {
        return;
    }
    g_autofree View *below = g_new0(View, n);
    g_autofree View *above = g_new0(View, n);
    g_autofree View *going_up = g_new0(View, n);
    for (guint32 r = 0; r < n; r++) {
        guint n_parents;
        const guint32 *parents = history_parents(belief->history, r, &n_parents);

        below[r] = above[r] = nothing;
        for (guint i = 0; i < n_parents; i++) {
            view_carry(belief, &going_up[parents[i]], n_reached[r] - n_reached[parents[i]],
                       &below[r]);
        }
        meet_release(belief, r, &below[r]);
        going_up[r] = view_leave(belief, r, &below[r]);
    }
    for (guint32 r = n; r-- > 0;) {
        guint n_parents;
        const guint32 *parents = history_parents(belief->history, r, &n_parents);

        meet_release(belief, r, &above[r]);
        View going_down = view_leave(belief, r, &above[r]);
        for (guint i = 0; i < n_parents; i++) {
            view_carry(belief, &going_down, n_reached[r] - n_reached[parents[i]],
                       &above[parents[i]]);
        }
    }
    for (guint32 r = 0; r < n; r++) {
        if (!tally_ends_block(belief_get(belief, r))) {
            p_testable[r] *= p_outside(belief, &below[r], &above[r]);
        }
    }
}

const double *belief_testability(Belief *belief)
{
    if (!belief->is_testability_fresh) {
        work_out(belief, belief->p_testable);
        belief->is_testability_fresh = TRUE;
    }
    return belief->p_testable;
}
