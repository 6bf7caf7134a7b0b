/* SPDX-License-Identifier: Apache-2.0
 * Will a revision that was not tried build, boot and run?
 *
 * What breaks a revision breaks those around it: from the commit that broke it to the one that
 * mended it. Such blocks have no typical length (one commit or hundreds), so the chance that a
 * block known to be `extent` long goes on for `distance` more is taken as extent / (extent +
 * distance): about even when it would have to double. The planner, which weighs this against
 * information, so leaves a block in steps that double, and the extent grows with each revision
 * found untestable; a revision found testable ends the block.
 *
 * Blocks spread along the edges of the graph, both ways. For each revision the nearest end of a
 * block below it and above it is carried through the graph in one sweep up and one down; where
 * several parents (children) bring one, the most suspect counts. Two ends that face each other are
 * more probably of one block than of two when they are near: two revisions are broken by themselves
 * with chance broken_alone, but a block that reaches across breaks all between them.
 *
 * A long block in which many were tried and none was testable is taken as broken throughout: else
 * the search for the last testable revision in it would be linear. Long is 80 commits, so that a
 * short one is searched to its end and what is left of a small graph is what brute force leaves;
 * many is 16: when each revision is untestable by itself with chance 0.4, the end of hope is false
 * once in 2 million blocks.
 *
 * Cost: O(n + edges).
 */
#include "belief-private.h"

#define GIVE_UP_TRIED  16
#define GIVE_UP_EXTENT 80

/* The end of a block seen from a revision. */
typedef struct BlockEnd {
    double extent;   /* 0: there is none */
    double distance; /* from its end to the revision */
    guint n_tried;   /* revisions in it that were tried; all untestable */
} BlockEnd;

static double block_reaches(const BlockEnd *end)
{
    return end->extent > 0 ? end->extent / (end->extent + end->distance) : 0;
}

/* The chance that a revision between two ends (or beside one, or none) is in neither block, and
 * that both are not ends of the same one. */
static double p_outside(const Belief *belief, const BlockEnd *below, const BlockEnd *above)
{
    double p = (1 - block_reaches(below)) * (1 - block_reaches(above));
    BlockEnd across = {
        .extent = MAX(below->extent, above->extent),
        .distance = below->distance + above->distance,
    };

    if (below->extent > 0 && above->extent > 0) {
        p *= belief->model.broken_alone / (belief->model.broken_alone + block_reaches(&across));
    }
    return p;
}

static gboolean is_hopeless(const BlockEnd *below, const BlockEnd *above)
{
    double extent = below->extent + below->distance + above->distance + above->extent;

    return below->extent > 0 && above->extent > 0 && extent >= GIVE_UP_EXTENT &&
           below->n_tried + above->n_tried >= GIVE_UP_TRIED;
}

/* Carry @from over one edge into @into, if it is worse than what is there. */
static void block_carry(const BlockEnd *from, BlockEnd *into)
{
    BlockEnd carried = *from;

    carried.distance++;
    if (from->extent > 0 && block_reaches(&carried) > block_reaches(into)) {
        *into = carried;
    }
}

/* What goes on from a revision, given what came to it. */
static BlockEnd block_leave(const Belief *belief, guint32 revision, const BlockEnd *came)
{
    const Tally *tally = belief_get(belief, revision);

    if (tally_has_trials(tally)) {
        return (BlockEnd){0};
    }
    if (!tally->untestable) {
        return *came;
    }
    return (BlockEnd){
        .extent = MAX(came->extent + came->distance, belief->model.break_scale),
        .n_tried = came->n_tried + 1,
    };
}

Testability *belief_testability(const Belief *belief)
{
    Testability *testability = g_new(Testability, belief->n);

    for (guint32 r = 0; r < belief->n; r++) {
        testability[r] = (Testability){.p_testable = 1 - belief->model.broken_alone};
    }
    if (belief->n_untestable == 0) {
        return testability;
    }
    g_autofree BlockEnd *below = g_new0(BlockEnd, belief->n);
    g_autofree BlockEnd *above = g_new0(BlockEnd, belief->n);
    g_autofree BlockEnd *going_up = g_new0(BlockEnd, belief->n);
    for (guint32 r = 0; r < belief->n; r++) {
        guint n_parents;
        const guint32 *parents = history_parents(belief->history, r, &n_parents);

        for (guint i = 0; i < n_parents; i++) {
            block_carry(&going_up[parents[i]], &below[r]);
        }
        going_up[r] = block_leave(belief, r, &below[r]);
    }
    for (guint32 r = belief->n; r-- > 0;) {
        BlockEnd going_down = block_leave(belief, r, &above[r]);
        guint n_parents;
        const guint32 *parents = history_parents(belief->history, r, &n_parents);

        for (guint i = 0; i < n_parents; i++) {
            block_carry(&going_down, &above[parents[i]]);
        }
    }
    for (guint32 r = 0; r < belief->n; r++) {
        testability[r].p_testable *= p_outside(belief, &below[r], &above[r]);
        testability[r].is_hopeless = is_hopeless(&below[r], &above[r]);
    }
    return testability;
}
