/* SPDX-License-Identifier: Apache-2.0
 * What is true of a simulated world.
 *
 * Whatever holds for a stretch of a history (it does not build, another bug crashes) begins at one
 * commit and ends at another: the revisions that contain the first and not the second. On a graph
 * such a block is not a run of numbers: branches that forked inside it carry it on until they take
 * the mend in.
 *
 * From the row of the scenario:
 *
 *  - the bug's rate at each revision is drawn from a beta distribution around p_bad, whose spread
 *    explains p_bad_min: the least of a dozen tests lies 1.6 standard deviations below the mean, of
 *    which ten runs each explain the binomial part. Where all crashed always, all do;
 *  - one other bug covers interf_test_frac of the history with the rate interf_p_run. In 15 % it
 *    has the identity of the bug looked for (of syzbot's wrong verdicts at revisions without the
 *    bug, 85 % saw only others). It comes before the bug always or every other time: of the
 *    tests at revisions with the bug that saw another one, 32 saw only that and 22 both;
 *  - broken blocks cover BROKEN_PART of skip_frac_bisect of the history. Not all of it, since a
 *    search that ends in a block stays there: of all tests more are skipped than the history has
 *    broken revisions. The longest one is LONGEST_PER_SKIP times max_skip_streak long, the others
 *    are shorter, all orders of magnitude alike. BROKEN_PART was fitted to what is known of
 *    today's rule (76.8 % right, 14.1 % wrong, 9.1 % none), and not to any figure of ours;
 *  - of dup_sig_frac of the revisions the change is not in the kernel, and of OUTSIDE_PART this can
 *    be seen from the files it touches. Only neighbours show it, which few tests are: the 3 % of
 *    syzbot's tests that met a kernel again are the last ones of a search;
 *  - of the culprits 87 % change a file of the crash's stack (syzbot), of the others
 *    STACK_PART: ten files, each changed five times in 15,000 commits, and rounded up;
 *  - the culprit is any revision but a merge: of syzbot's 364 right answers none was one.
 */
#include "world.h"

#include <math.h>

#include "dice.h"
#include "range.h"

#define SAME_IDENTITY    0.15
#define ALWAYS_FIRST     0.6
#define OUTSIDE_PART     0.2
#define STACK_PART       0.01
#define STACK_OF_CULPRIT 0.87
#define BROKEN_PART      0.25
#define LONGEST_PER_SKIP 8
#define LEAST_IS_BELOW   1.6 /* standard deviations below the mean */
#define RUNS_OF_LEAST    10
#define N_BLOCKS_MOST    300
#define HIDES_ALL        0.99 /* an interfering rate that leaves too little to see */

/* What dice are for. */
enum {
    DICE_RANGE,
    DICE_CULPRIT,
    DICE_INTERFERES,
    DICE_BROKEN,
    DICE_KERNELS,
    DICE_STACK,
    DICE_RATE,
    DICE_RUN,
};

typedef enum Broken { BROKEN_NOT, BROKEN_BUILD, BROKEN_BOOT } Broken;

struct World {
    const Scenario *scenario;
    guint64 seed;
    History *history;
    guint32 culprit, fixes_culprit;
    RevisionSet *with_bug;
    RevisionSet *interferes; /* NULL: nowhere */
    gboolean interferes_alike;
    gboolean interferes_first; /* whenever it does; else as often as not */
    double spread;
    guint8 *broken; /* of Broken */
    guint32 *kernels;
    RevisionSet *outside;
};

/* About @length revisions, never the two ends; the first and the mending commit go into @matters.
 * NULL when luck would not have it. */
static RevisionSet *draw_block(const World *world, Dice *dice, guint length, RevisionSet *matters)
{
    guint n = history_size(world->history);
    guint32 first = 1 + dice_below(dice, n - 1);
    g_autoptr(RevisionSet) contain = history_descendants(world->history, first);
    RevisionSet *block = NULL;
    guint32 mend = first;

    for (guint left = length; mend < n && left > 0; left--) {
        for (mend++; mend < n && !revision_set_has(contain, mend); mend++) {
        }
    }
    if (mend >= n) {
        return NULL;
    }
    g_autoptr(RevisionSet) mended = history_descendants(world->history, mend);
    block = revision_set_new(n);
    for (guint32 r = first; r < n; r++) {
        if (revision_set_has(contain, r) && !revision_set_has(mended, r)) {
            revision_set_add(block, r);
        }
    }
    revision_set_add(matters, first);
    revision_set_add(matters, mend);
    return block;
}

static void draw_culprit(World *world)
{
    guint n = history_size(world->history);
    Dice dice = dice_new(world->seed, DICE_CULPRIT, 0);

    do {
        world->culprit = 1 + dice_below(&dice, n - 1);
    } while (history_is_merge(world->history, world->culprit) && dice_uniform(&dice) < 0.99);
    world->fixes_culprit = world->culprit;
    world->with_bug = history_descendants(world->history, world->culprit);
    guint n_with_bug = revision_set_count(world->with_bug);
    if (world->scenario->has_enabler && n_with_bug > 1) {
        guint left = 1 + dice_below(&dice, n_with_bug - 1);

        while (left > 0) {
            world->culprit++;
            left -= revision_set_has(world->with_bug, world->culprit);
        }
        revision_set_free(world->with_bug);
        world->with_bug = history_descendants(world->history, world->culprit);
    }
}

static void draw_interferer(World *world, RevisionSet *matters)
{
    const Scenario *scenario = world->scenario;
    Dice dice = dice_new(world->seed, DICE_INTERFERES, 0);
    double length = scenario->interferes_part * history_size(world->history);

    world->interferes_alike = dice_uniform(&dice) < SAME_IDENTITY;
    world->interferes_first = dice_uniform(&dice) < ALWAYS_FIRST;
    for (guint tries = 0; length >= 1 && tries < 20 && world->interferes == NULL; tries++) {
        world->interferes = draw_block(world, &dice, (guint)length, matters);
    }
}

static void draw_broken(World *world, RevisionSet *matters)
{
    const Scenario *scenario = world->scenario;
    Dice dice = dice_new(world->seed, DICE_BROKEN, 0);
    guint n = history_size(world->history);
    double left = BROKEN_PART * scenario->skip_part * n;
    double longest = MIN(1 + LONGEST_PER_SKIP * (double)scenario->longest_skip, n / 4.0);
    double length = longest;

    for (guint i = 0; i < N_BLOCKS_MOST && left > 0; i++) {
        g_autoptr(RevisionSet) block = NULL;
        Broken how = dice_uniform(&dice) < scenario->build_fails_part ? BROKEN_BUILD : BROKEN_BOOT;

        if (length > left && dice_uniform(&dice) > left / length) {
            break;
        }
        block = draw_block(world, &dice, MAX((guint)length, 1), matters);
        for (guint32 r = 0; block != NULL && r < n; r++) {
            if (revision_set_has(block, r)) {
                left -= world->broken[r] == BROKEN_NOT;
                world->broken[r] = how;
            }
        }
        length = exp(dice_uniform(&dice) * log(MAX(longest, 1)));
    }
}

static void draw_kernels(World *world, const RevisionSet *matters)
{
    Dice dice = dice_new(world->seed, DICE_KERNELS, 0);
    guint n = history_size(world->history);

    for (guint32 r = 0; r < n; r++) {
        guint n_parents;
        const guint32 *parents = history_parents(world->history, r, &n_parents);
        gboolean may_be_same = n_parents == 1 && !revision_set_has(matters, r);
        gboolean is_outside = dice_uniform(&dice) < OUTSIDE_PART && may_be_same;
        gboolean is_same = dice_uniform(&dice) < world->scenario->same_part && may_be_same;

        if (is_outside) {
            revision_set_add(world->outside, r);
        }
        is_same = is_same || is_outside;

        world->kernels[r] = is_same ? world->kernels[parents[0]] : r;
    }
}

static double spread_of(const Scenario *scenario)
{
    double p = scenario->p_bad;
    double binomial = p * (1 - p);
    double sd = (p - scenario->p_bad_min) / LEAST_IS_BELOW;
    double between = sd * sd - binomial / RUNS_OF_LEAST;

    return between > 0 ? CLAMP(binomial / between - 1, 2, 100) : 100;
}

World *world_new(const Scenario *scenario, const History *graph, guint64 seed)
{
    Dice dice = dice_new(seed, DICE_RANGE, 0);

    return world_new_on(scenario, range_cut(graph, MAX(scenario->n_revisions, 2), &dice), seed);
}

World *world_new_on(const Scenario *scenario, History *range, guint64 seed)
{
    World *world = g_new0(World, 1);

    world->scenario = scenario;
    world->seed = seed;
    world->history = range;
    guint n = history_size(world->history);
    g_autoptr(RevisionSet) matters = revision_set_new(n);
    world->broken = g_new0(guint8, n);
    world->kernels = g_new(guint32, n);
    world->outside = revision_set_new(n);
    world->spread = spread_of(scenario);
    draw_culprit(world);
    revision_set_add(matters, world->culprit);
    revision_set_add(matters, world->fixes_culprit);
    draw_interferer(world, matters);
    draw_broken(world, matters);
    draw_kernels(world, matters);
    return world;
}

void world_free(World *world)
{
    if (world == NULL) {
        return;
    }
    g_clear_pointer(&world->history, history_free);
    g_clear_pointer(&world->with_bug, revision_set_free);
    g_clear_pointer(&world->interferes, revision_set_free);
    g_free(world->broken);
    g_free(world->kernels);
    g_clear_pointer(&world->outside, revision_set_free);
    g_free(world);
}

const History *world_history(const World *world)
{
    return world->history;
}

const Scenario *world_scenario(const World *world)
{
    return world->scenario;
}

guint32 world_culprit(const World *world)
{
    return world->culprit;
}

guint32 world_fixes_culprit(const World *world)
{
    return world->fixes_culprit;
}

static gboolean shows_itself(const World *world, guint32 revision)
{
    gboolean is_hidden = world->interferes != NULL && world->interferes_first &&
                         revision_set_has(world->interferes, revision) &&
                         world->scenario->interferes_rate >= HIDES_ALL;

    return world->broken[revision] == BROKEN_NOT && !is_hidden;
}

gboolean world_is_decidable(const World *world)
{
    guint n_parents;
    const guint32 *parents = history_parents(world->history, world->culprit, &n_parents);

    for (guint i = 0; i < n_parents; i++) {
        if (!shows_itself(world, parents[i])) {
            return FALSE;
        }
    }
    return shows_itself(world, world->culprit);
}

gboolean world_touches_stack(const World *world, guint32 revision)
{
    Dice dice = dice_new(world->seed, DICE_STACK, revision);

    return dice_uniform(&dice) < (revision == world->culprit ? STACK_OF_CULPRIT : STACK_PART);
}

gboolean world_is_outside(const World *world, guint32 revision)
{
    return revision_set_has(world->outside, revision);
}

gboolean world_builds(const World *world, guint32 revision)
{
    return world->broken[revision] != BROKEN_BUILD;
}

guint32 world_kernel(const World *world, guint32 revision)
{
    return world->kernels[revision];
}

RunOutcome world_run(const World *world, guint32 revision, guint i)
{
    const Scenario *scenario = world->scenario;
    guint32 kernel = world->kernels[revision];
    Dice dice = dice_new(world->seed, DICE_RUN + (guint64)kernel, i);
    double infra = dice_uniform(&dice);
    double other = dice_uniform(&dice);
    double bug = dice_uniform(&dice);

    if (infra < scenario->infra_rate) {
        return RUN_INFRA;
    }
    if (world->broken[kernel] != BROKEN_NOT) {
        return RUN_BROKEN;
    }
    gboolean crashes = bug < scenario->q;
    gboolean interferes = world->interferes != NULL &&
                          revision_set_has(world->interferes, kernel) &&
                          other < scenario->interferes_rate;
    if (revision_set_has(world->with_bug, kernel)) {
        Dice of_kernel = dice_new(world->seed, DICE_RATE, kernel);

        crashes = bug < dice_beta(&of_kernel, scenario->p_bad, world->spread);
    }
    if (interferes && (!crashes || world->interferes_first || dice_uniform(&dice) < 0.5)) {
        return world->interferes_alike ? RUN_CRASH : RUN_OTHER;
    }
    return crashes ? RUN_CRASH : RUN_OK;
}
