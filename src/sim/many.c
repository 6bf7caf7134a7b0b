/* SPDX-License-Identifier: Apache-2.0
 * What is assumed of many bugs:
 *
 *  - one tree, whose first-parent chain has a release every RELEASE_COMMITS, as Linux has; the real
 *    graph is repeated until it is long enough. Bugs are found at the head of their day, which
 *    moves by n_moved commits from the first bug to the last;
 *  - a range goes from the release that makes it as long as the scenario's, as nearly as may be, to
 *    that head; the culprit is anywhere in it. The releases between are left to the search;
 *  - a kernel is the same for two bugs where revision and config class are. Classes are drawn
 * evenly, which is the least favourable for sharing;
 *  - only what built is shared. Each scenario has broken revisions of its own, where on a real tree
 *    all would share the knowledge of them;
 *  - a kernel can be fetched when its build has ended; two jobs that want it meanwhile build two.
 */
#include "sim/many.h"

#include <math.h>

#include "dice.h"
#include "range.h"
#include "simulated.h"

#define RELEASE_COMMITS 15000.0
/* Ranges are no longer: four releases. */
#define MOST_REVISIONS 60000

enum { DICE_SCENARIO = 1, DICE_CONFIG, DICE_WORLD };

typedef struct Tree {
    History *history;
    GArray *chain; /* first parents, head first */
    double *n_reached;
    GPtrArray *shelves; /* of gboolean[]: of each config class */
} Tree;

/* A machine and its bug. */
typedef struct Bench {
    World *world;
    guint32 *numbers;
    Shelf shelf;
    Simulated *job; /* NULL: idle */
    SimResult result;
    double begun_s;
} Bench;

typedef struct Many {
    const ManyOptions *options;
    GPtrArray *usable; /* of Scenario */
    Tree tree;
    guint n_begun;
    ManyResult *result;
} Many;

static void tree_init(Tree *tree, const History *graph, const ManyOptions *options)
{
    guint wanted = options->n_moved + MOST_REVISIONS;
    g_autofree double *ones = NULL;
    guint n;

    tree->history = range_repeat(graph, wanted / history_size(graph) + 1);
    n = history_size(tree->history);
    tree->chain = range_first_parents(tree->history);
    tree->n_reached = g_new(double, n);
    ones = g_new(double, n);
    for (guint32 r = 0; r < n; r++) {
        ones[r] = 1;
    }
    history_sum_ancestors(tree->history, ones, tree->n_reached);
    tree->shelves = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < options->n_configs; i++) {
        g_ptr_array_add(tree->shelves, g_new0(gboolean, n));
    }
}

static void tree_clear(Tree *tree)
{
    g_clear_pointer(&tree->history, history_free);
    g_clear_pointer(&tree->chain, g_array_unref);
    g_clear_pointer(&tree->shelves, g_ptr_array_unref);
    g_free(tree->n_reached);
}

/* The newest of the chain that reaches no more than @n_reached revisions; at least the oldest. */
static guint32 tree_at(const Tree *tree, double n_reached)
{
    guint i = 0;

    while (i + 1 < tree->chain->len &&
           tree->n_reached[g_array_index(tree->chain, guint32, i)] > n_reached) {
        i++;
    }
    return g_array_index(tree->chain, guint32, i);
}

/* The release that gives a range of about @n_revisions before @start. */
static guint32 tree_release(const Tree *tree, guint32 start, guint n_revisions)
{
    double wanted = tree->n_reached[start] - MIN(n_revisions, MOST_REVISIONS);
    double last = ceil(tree->n_reached[start] / RELEASE_COMMITS) - 1;
    double release = CLAMP(round(wanted / RELEASE_COMMITS), 0, last);

    return tree_at(tree, release * RELEASE_COMMITS);
}

static void begin_bug(Many *many, Bench *bench, double now_s)
{
    const ManyOptions *options = many->options;
    guint bug = many->n_begun++;
    Dice of_scenario = dice_new(options->seed, DICE_SCENARIO, bug);
    Dice of_config = dice_new(options->seed, DICE_CONFIG, bug);
    Dice of_world = dice_new(options->seed, DICE_WORLD, bug);
    const Scenario *scenario = many->usable->pdata[dice_below(&of_scenario, many->usable->len)];
    double behind = options->n_moved * (1 - (bug + 1.0) / options->n_bugs);
    guint32 start = tree_at(&many->tree, history_size(many->tree.history) - behind);
    guint32 good = tree_release(&many->tree, start, scenario->n_revisions);

    History *range = range_between(many->tree.history, good, start, &bench->numbers);
    bench->world = world_new_on(scenario, range, of_world.state);
    bench->shelf = (Shelf){
        .kernels = many->tree.shelves->pdata[dice_below(&of_config, options->n_configs)],
        .numbers = bench->numbers,
    };
    bench->begun_s = now_s;
    bench->job =
        simulated_begin(bench->world, options->shares ? &bench->shelf : NULL, &bench->result);
}

/* The machine is idle then. */
static void end_bug(Many *many, Bench *bench)
{
    const SimResult *own = &bench->result;
    ManyResult *sum = many->result;
    double build_s = world_scenario(bench->world)->build_s;

    sum->n_right += own->culprit == world_culprit(bench->world);
    sum->n_wrong += own->culprit >= 0 && own->culprit != world_culprit(bench->world);
    sum->n_kernels += own->n_kernels;
    sum->n_fetched += own->n_fetched;
    sum->n_trials += own->n_trials;
    sum->build_s += build_s * (own->n_kernels + FETCH_SHARE * own->n_fetched);
    sum->machine_s += own->seconds;
    sum->wall_s = MAX(sum->wall_s, bench->begun_s + own->seconds);
    g_clear_pointer(&bench->job, simulated_free);
    g_clear_pointer(&bench->world, world_free);
    g_clear_pointer(&bench->numbers, g_free);
    sim_result_clear(&bench->result);
}

/* Whose work ends next; NULL: all are idle. */
static Bench *next_bench(Bench *benches, guint n)
{
    Bench *next = NULL;
    double next_s = 0;

    for (guint i = 0; i < n; i++) {
        Bench *bench = &benches[i];
        double ends_s = bench->job != NULL ? bench->begun_s + simulated_next_s(bench->job) : 0;

        if (bench->job != NULL && (next == NULL || ends_s < next_s)) {
            next = bench;
            next_s = ends_s;
        }
    }
    return next;
}

static void work_through(Many *many)
{
    const ManyOptions *options = many->options;
    guint n = MIN(options->n_workers, options->n_bugs);
    g_autofree Bench *benches = g_new0(Bench, n);
    Bench *bench;

    for (guint i = 0; i < n; i++) {
        begin_bug(many, &benches[i], 0);
    }
    while ((bench = next_bench(benches, n)) != NULL) {
        if (!simulated_step(bench->job)) {
            double now_s = bench->begun_s + bench->result.seconds;

            end_bug(many, bench);
            if (many->n_begun < options->n_bugs) {
                begin_bug(many, bench, now_s);
            }
        }
    }
}

void many_run(const GPtrArray *scenarios, const History *graph, const ManyOptions *options,
              ManyResult *ret_result)
{
    g_autoptr(GPtrArray) usable = g_ptr_array_new();
    Many many = {.options = options, .usable = usable, .result = ret_result};

    for (guint i = 0; i < scenarios->len; i++) {
        if (((const Scenario *)scenarios->pdata[i])->is_usable) {
            g_ptr_array_add(usable, scenarios->pdata[i]);
        }
    }
    g_assert(usable->len > 0);
    *ret_result = (ManyResult){0};
    tree_init(&many.tree, graph, options);
    work_through(&many);
    tree_clear(&many.tree);
}
