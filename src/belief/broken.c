/* SPDX-License-Identifier: Apache-2.0
 * Will a revision that was not tried build, boot and run?
 *
 * What breaks a revision breaks those around it: from the commit that broke it to the one that
 * mended it. Such blocks have no typical length. In the traces of 615 syzbot bisections a test
 * right after a skip was a skip as well in 60 to 70 % where some 10 commits lay between, in 49 % at
 * some 100, and no oftener than any other at some 1,000. So a block found by one broken revision
 * goes on for d commits with the chance s / (s + d), s = break_scale; and when e commits of it are
 * known, with (s + e) / (s + e + d). The planner, which weighs this against information, so leaves
 * a block in steps that double; a revision found testable ends the block.
 *
 * Distances are commits, not edges: a merge is as far from a parent as what the others bring in.
 * Blocks spread both ways along the edges. For each revision the nearest end of a block below it
 * and above it is carried through the graph in one sweep up and one down; where several parents
 * (children) bring one, the most suspect counts. Two ends that face each other are more probably of
 * one block than of two when they are near: two revisions are broken by themselves with chance
 * broken_alone, but a block that reaches across breaks all between them.
 *
 * No revision is quite without hope: what is broken for another reason may be mended beside. In the
 * traces, after two skips in a row one in 3 to 10 tests nearby was none, after six one in 3 to 50.
 * That is the rule of succession, halved: of n tried in a block, all broken, 1 / 2(n + 2).
 *
 * Cost: O(n + edges).
 */
#include "belief-private.h"

/* The end of a block seen from a revision. */
typedef struct BlockEnd {
    double extent;   /* commits of it that are known */
    double distance; /* from its end to the revision */
    guint n_tried;   /* revisions in it that were tried, all untestable; 0: there is no block */
} BlockEnd;

static double block_reaches(const Belief *belief, const BlockEnd *end)
{
    double known = belief->model.break_scale + end->extent;

    return end->n_tried > 0 ? known / (known + end->distance) : 0;
}

/* The chance that a revision between two ends (or beside one, or none) is in neither block, and
 * that both are not ends of the same one. */
static double p_outside(const Belief *belief, const BlockEnd *below, const BlockEnd *above)
{
    double p = (1 - block_reaches(belief, below)) * (1 - block_reaches(belief, above));
    BlockEnd across = {
        .extent = MAX(below->extent, above->extent),
        .distance = below->distance + above->distance,
        .n_tried = MIN(below->n_tried, above->n_tried),
    };

    if (across.n_tried > 0) {
        p *= belief->model.broken_alone /
             (belief->model.broken_alone + block_reaches(belief, &across));
    }
    return p;
}

/* Carry @from over an edge of @length commits into @into, if it is worse than what is there. */
static void block_carry(const Belief *belief, const BlockEnd *from, double length, BlockEnd *into)
{
    BlockEnd carried = *from;

    carried.distance += length;
    if (block_reaches(belief, &carried) > block_reaches(belief, into)) {
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
    return (BlockEnd){.extent = came->extent + came->distance, .n_tried = came->n_tried + 1};
}

double *belief_testability(const Belief *belief)
{
    double *p_testable = g_new(double, belief->n);
    const double *n_reached = belief->n_reached;

    for (guint32 r = 0; r < belief->n; r++) {
        p_testable[r] = 1 - belief->model.broken_alone;
    }
    if (belief->n_untestable == 0) {
        return p_testable;
    }
    g_autofree BlockEnd *below = g_new0(BlockEnd, belief->n);
    g_autofree BlockEnd *above = g_new0(BlockEnd, belief->n);
    g_autofree BlockEnd *going_up = g_new0(BlockEnd, belief->n);
    for (guint32 r = 0; r < belief->n; r++) {
        guint n_parents;
        const guint32 *parents = history_parents(belief->history, r, &n_parents);

        for (guint i = 0; i < n_parents; i++) {
            block_carry(belief, &going_up[parents[i]], n_reached[r] - n_reached[parents[i]],
                        &below[r]);
        }
        going_up[r] = block_leave(belief, r, &below[r]);
    }
    for (guint32 r = belief->n; r-- > 0;) {
        BlockEnd going_down = block_leave(belief, r, &above[r]);
        guint n_parents;
        const guint32 *parents = history_parents(belief->history, r, &n_parents);

        for (guint i = 0; i < n_parents; i++) {
            block_carry(belief, &going_down, n_reached[r] - n_reached[parents[i]],
                        &above[parents[i]]);
        }
    }
    for (guint32 r = 0; r < belief->n; r++) {
        guint n_tried = below[r].n_tried + above[r].n_tried;
        double least = n_tried > 0 ? 0.5 / (n_tried + 2) : 0;

        p_testable[r] = MAX(p_testable[r] * p_outside(belief, &below[r], &above[r]), least);
    }
    return p_testable;
}
