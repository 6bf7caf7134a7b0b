/* SPDX-License-Identifier: Apache-2.0
 * The next experiment.
 *
 * An experiment is k trials at revision r. What they show depends on the culprit only through
 * whether r has the bug, which it has with chance P, so they tell of the culprit
 *
 *     I = H(outcome) - P H(outcome | bug) - (1 - P) H(outcome | no bug)      bits,
 *
 * where the outcome is the number of crashes in k, predicted from the rates as they are believed by
 * now (whoever the culprit is: a simplification, by which I is up to some 0.1 bits off while the
 * rates are hardly known). Worth is I x (chance that r is testable) / (seconds for build and
 * trials), and the best of all r and k is taken.
 *
 * Several machines work at once, so some experiments are *busy* when the next is chosen. Once they
 * have told on which side of each the culprit lies, the hypotheses fall into *cells*, and only what
 * r tells within the cells is new. Let D(r) = sum over cells of P(cell) H(P(bug at r | cell)): I is
 * scaled by D(r) / H(P), which is exact for trials that leave no doubt. To choose so one by one is
 * greedy on a submodular function (joint information), hence within 1 - 1/e of the best batch, and
 * on a line in practice within some percent.
 *
 * For a revision that has trials, the prediction goes on from them: the grid is weighed separately
 * for the hypotheses with and without the bug at r, and at each grid point the next outcome is
 * conditioned on the ones before. A masked revision crashes no more than a good one, and so more
 * trials of one that never crashed tell less and less, down to nothing: then other revisions tell
 * more, or nothing does, and the search ends. Nothing means less than GAIN_FLOOR bits, or
 * HOPE_FLOOR.
 *
 * Of revisions without trials the rates are taken as the same for both sides, whoever the culprit
 * is, which keeps it a matter of P alone. The best of them is asked once more with the rates of
 * each side: rare crashes everywhere may be of the bug, or of all that is, and then no revision
 * tells.
 *
 * Of revisions with the same kernel only the one that stands for them is an experiment. It tells
 * nothing of hypotheses that split them (belief.c), which so count neither for P nor for I.
 *
 * Experiments are revisions that tell *suspects* apart: the candidates and, while these are
 * several, what else holds nearly all of the rest (WIDER). A prior that is wrong leaves the culprit
 * a percent or two, and where all that splits the candidates is broken, that is where the search
 * must go; or it ends with a set that nobody tried to leave.
 *
 * I is never more than D(r); with that bound first, few experiments are worked out. Cost: O(n x
 * cells) for bounds; for each tested revision in question classes x grid, and up to 226 outcomes of
 * predict.c.
 */
#include "belief-private.h"

#include <math.h>
#include <string.h>

/* Of trials at a revision that was tested before. This and HOPE_FLOOR are for confidences up to
 * FULL_FLOORS: what can be told at all shrinks with what a higher one leaves, and they with it,
 * down to belief_most_confidence(). */
#define GAIN_FLOOR  0.005
#define FULL_FLOORS 0.99
/* Of one that was not, with the chance that it can be tested at all. It ends the search of a block
 * where all that was tried is broken, which else would be searched to its last revision. What is
 * built costs nothing more, and is tried however little it may tell. */
#define HOPE_FLOOR 0.03
/* Of an experiment beside a busy one: less is not worth a machine that would else wait. Beside k
 * busy ones, a k-th of it: what k + 1 cells of a line leave to be told is a bit for one of them. */
#define SPECULATION_FLOOR 0.1
/* Of what the candidates leave, the suspects leave so much. */
#define WIDER 0.1
/* Commits between a machine's tree and a revision at which a build costs half of what it would
 * from nothing. */
#define HALF_DISTANCE 500

static const guint trial_counts[] = {1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 45, 70};
#define N_COUNTS G_N_ELEMENTS(trial_counts)
/* Of P, for what trials of an untested revision tell: concave, and taken as straight between. */
#define N_STEPS 256
/* Trials that all stay quiet with this chance may do so without a new plan: they have told less
 * than half a bit. */
#define PROBABLY 0.75
/* What bounds are widened by where they compare sums that are equal but for rounding. */
#define WITHOUT_ROUNDING (1 + 1e-9)
/* So few that are left are tried, however little hope there is. */
#define FEW_LEFT 20

/* Chances of the numbers of crashes in a number of trials. */
typedef struct Prediction {
    double bug[MOST_PREDICTED + 1];
    double clean[MOST_PREDICTED + 1];
    double bug_bits; /* entropies */
    double clean_bits;
} Prediction;

typedef struct Planner {
    Belief *belief;
    const Costs *costs;
    Prediction untested[N_COUNTS];       /* of each of trial_counts */
    double known[N_COUNTS][N_STEPS + 1]; /* what they tell where P is i / N_STEPS; -1: not yet */
    double rounds_s[N_COUNTS];           /* what trial_counts trials take, */
    double price_s[N_COUNTS];            /* and what they are worth beside */
    const gboolean *splits;              /* revisions that tell suspects apart */
    double *doubt;                       /* of these: D(r), bits */
    gboolean is_alone;                   /* nothing is busy */
    double floor;                        /* least gain, bits */
    double floor_share;                  /* of GAIN_FLOOR and HOPE_FLOOR */
    double rate;                         /* of the best so far, bits a second; 0: none yet */
    Experiment best;
} Planner;

static double bits(double p)
{
    /* cppcheck-suppress invalidFunctionArg ; it is asked just before */
    return p > 0 ? -p * log2(p) : 0;
}

void costs_by_distance(const Belief *belief, const guint32 *trees, guint n_trees, double near_s,
                       double far_s, double *ret_build_s)
{
    const double *n_reached = belief->n_reached;
    g_autofree double *is_in_tree = g_new(double, belief->n);
    g_autofree double *n_shared = g_new(double, belief->n);

    for (guint32 r = 0; r < belief->n; r++) {
        ret_build_s[r] = far_s;
    }
    for (guint i = 0; i < n_trees; i++) {
        g_autoptr(RevisionSet) of_tree = history_ancestors(belief->history, trees[i]);

        for (guint32 r = 0; r < belief->n; r++) {
            is_in_tree[r] = revision_set_has(of_tree, r);
        }
        history_sum_ancestors(belief->history, is_in_tree, n_shared);
        for (guint32 r = 0; r < belief->n; r++) {
            double between = n_reached[r] + n_reached[trees[i]] - 2 * n_shared[r];
            double cost = near_s + (far_s - near_s) * between / (between + HALF_DISTANCE);

            ret_build_s[r] = MIN(ret_build_s[r], cost);
        }
    }
}

/* @rounds_s, @price_s: of the trials. Never 0. */
static double cost_s(const Costs *costs, guint32 revision, double rounds_s, double price_s)
{
    gboolean is_built = costs->built != NULL && costs->built[revision];
    double build_s = costs->build_s_of != NULL ? costs->build_s_of[revision] : costs->build_s;
    double seconds = (is_built ? 0 : build_s) + rounds_s + price_s;

    return MAX(seconds, 1e-6);
}

static double rounds_s(const Costs *costs, guint n_trials)
{
    guint parallel = MAX(costs->parallel_trials, 1);

    return (n_trials + parallel - 1) / parallel * costs->trial_s;
}

double experiment_cost_s(const Costs *costs, guint32 revision, guint n_trials)
{
    return cost_s(costs, revision, rounds_s(costs, n_trials), n_trials * costs->trial_price_s);
}

static void predict(Predictor *predictor, guint k, Prediction *ret_prediction)
{
    predictor_ask(predictor, k, ret_prediction->bug, ret_prediction->clean);
    ret_prediction->bug_bits = ret_prediction->clean_bits = 0;
    for (guint crashes = 0; crashes <= k; crashes++) {
        ret_prediction->bug_bits += bits(ret_prediction->bug[crashes]);
        ret_prediction->clean_bits += bits(ret_prediction->clean[crashes]);
    }
}

static double information(const Prediction *prediction, guint k, double has_bug)
{
    double gain = -has_bug * prediction->bug_bits - (1 - has_bug) * prediction->clean_bits;

    for (guint crashes = 0; crashes <= k; crashes++) {
        gain +=
            bits(has_bug * prediction->bug[crashes] + (1 - has_bug) * prediction->clean[crashes]);
    }
    return MAX(gain, 0);
}

static double entropy_of(double has_bug)
{
    double p = CLAMP(has_bug, 0, 1); /* a sum, so rounded */

    return bits(p) + bits(1 - p);
}

static double count_cost_s(const Planner *planner, guint32 revision, guint count)
{
    return cost_s(planner->costs, revision, planner->rounds_s[count], planner->price_s[count]);
}

/* What any experiment at @revision is worth at most. */
static double rate_bound(const Planner *planner, guint32 revision, double p_testable)
{
    return planner->doubt[revision] * p_testable / count_cost_s(planner, revision, 0);
}

/* The share of what a revision tells by itself that is new beside what is busy. */
static double new_share(const Planner *planner, guint32 revision)
{
    double alone = planner->is_alone ? planner->doubt[revision]
                                     : entropy_of(planner->belief->has_bug[revision]);

    return alone > 0 ? MIN(planner->doubt[revision] / alone, 1) : 0;
}

/* trial_counts[@count] trials of @revision, which tell @gain, cost @cost. */
static void consider(Planner *planner, guint32 revision, guint count, double gain, double cost,
                     double p_testable)
{
    double rate = gain * p_testable / cost;

    if (gain >= planner->floor && (rate > planner->rate || planner->best.n_trials == 0)) {
        planner->rate = rate;
        planner->best = (Experiment){
            .revision = revision,
            .n_trials = trial_counts[count],
            .gain_bits = gain,
            .cost_s = cost,
            .p_testable = p_testable,
        };
    }
}

static double known_information(Planner *planner, guint count, guint step)
{
    double *known = &planner->known[count][step];

    if (*known < 0) {
        *known =
            information(&planner->untested[count], trial_counts[count], step / (double)N_STEPS);
    }
    return *known;
}

/* What trial_counts[@count] trials of a revision without any tell. */
static double untested_information(Planner *planner, guint count, double has_bug)
{
    double at = has_bug * N_STEPS;
    guint step = MIN((guint)at, N_STEPS - 1);
    double below = known_information(planner, count, step);
    double above = known_information(planner, count, step + 1);

    return below + (above - below) * (at - step);
}

static void consider_untested(Planner *planner, guint32 revision, double p_testable)
{
    double has_bug = CLAMP(planner->belief->has_bug[revision], 0, 1);
    double share = new_share(planner, revision);

    for (guint i = 0; i < N_COUNTS; i++) {
        double cost = count_cost_s(planner, revision, i);

        if (planner->doubt[revision] * p_testable / cost >= planner->rate) {
            consider(planner, revision, i, share * untested_information(planner, i, has_bug), cost,
                     p_testable);
        }
    }
}

/* The grid as believed if @tested has the bug, and if not, without its own trials. @ret_masses: the
 * posterior of the hypotheses of each side. */
static void weigh_without(Belief *belief, const Tested *tested, double *if_bug, double *if_clean,
                          double ret_masses[N_SIDES])
{
    TallyLikelihood own = rates_likelihood(belief->rates, &belief->tallies[tested->revision]);
    guint n_points = rates_n_points(belief->rates);
    const double *joint = (const double *)(const void *)belief->joint->data;

    memset(ret_masses, 0, N_SIDES * sizeof *ret_masses);
    for (guint c = 0; c < belief->classes->len; c++) {
        const HypothesisClass *class = &g_array_index(belief->classes, HypothesisClass, c);
        KernelSide side = tested_side(tested, class->member);
        double *into = side == SIDE_BUG ? if_bug : if_clean;

        ret_masses[side] += class->mass;
        for (guint g = 0; g < n_points && side != SIDE_SPLIT; g++) {
            into[g] += joint[(gsize)c * n_points + g];
        }
    }
    for (guint g = 0; g < n_points; g++) {
        if_bug[g] = own.bug[g] > 0 ? if_bug[g] / own.bug[g] : 0;
        if_clean[g] = own.clean[g] > 0 ? if_clean[g] / own.clean[g] : 0;
    }
}

/* The same of a revision without trials, which may tell the members of a class apart. */
static void weigh_untested(Belief *belief, guint32 revision, double *if_bug, double *if_clean,
                           double ret_masses[N_SIDES])
{
    g_autoptr(RevisionSet) with_bug = belief_with_bug(belief, revision);
    guint n_points = rates_n_points(belief->rates);
    const double *joint = (const double *)(const void *)belief->joint->data;
    g_autofree double *bug_mass = g_new0(double, belief->classes->len);

    memset(ret_masses, 0, N_SIDES * sizeof *ret_masses);
    for (guint32 h = 0; h < belief->n; h++) {
        bug_mass[belief->class_of[h]] += revision_set_has(with_bug, h) ? belief->posterior[h] : 0;
    }
    for (guint c = 0; c < belief->classes->len; c++) {
        double mass = g_array_index(belief->classes, HypothesisClass, c).mass;
        double share = mass > 0 ? MIN(bug_mass[c] / mass, 1) : 0;

        ret_masses[SIDE_BUG] += share * mass;
        ret_masses[SIDE_CLEAN] += (1 - share) * mass;
        for (guint g = 0; g < n_points; g++) {
            if_bug[g] += share * joint[(gsize)c * n_points + g];
            if_clean[g] += (1 - share) * joint[(gsize)c * n_points + g];
        }
    }
}

/* More trials of a kernel that has some. */
typedef struct Again {
    double told;    /* the share of the hypotheses of which they tell */
    double has_bug; /* of this */
    double *if_bug, *if_clean;
    Predictor *predictor; /* NULL: there is nothing to tell */
} Again;

static void again_clear(Again *again)
{
    g_free(again->if_bug);
    g_free(again->if_clean);
    g_clear_pointer(&again->predictor, predictor_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Again, again_clear)

static Again again_of(Belief *belief, const Tested *tested)
{
    guint n_points = rates_n_points(belief->rates);
    Again again = {.if_bug = g_new0(double, n_points), .if_clean = g_new0(double, n_points)};
    double masses[N_SIDES];

    weigh_without(belief, tested, again.if_bug, again.if_clean, masses);
    if (masses[SIDE_BUG] > 0 && masses[SIDE_CLEAN] > 0) {
        again.told = masses[SIDE_BUG] + masses[SIDE_CLEAN];
        again.has_bug = masses[SIDE_BUG] / again.told;
        again.predictor = predictor_new(belief->rates, &belief->tallies[tested->revision],
                                        again.if_bug, again.if_clean);
    }
    return again;
}

/* What trial_counts[@count] of them tell. */
static double again_information(const Again *again, guint count)
{
    Prediction prediction;

    predict(again->predictor, trial_counts[count], &prediction);
    return again->told * information(&prediction, trial_counts[count], again->has_bug);
}

static void consider_tested(Planner *planner, const Tested *tested)
{
    g_auto(Again) again = again_of(planner->belief, tested);
    double share = new_share(planner, tested->revision);
    double most = again.predictor != NULL ? again_information(&again, N_COUNTS - 1) : 0;
    double least = GAIN_FLOOR * planner->floor_share;

    for (guint i = 0; i < N_COUNTS && most >= least; i++) {
        double cost = count_cost_s(planner, tested->revision, i), gain = most;

        /* More trials never tell less, so fewer tell no more than the most. */
        if (share * most * WITHOUT_ROUNDING < planner->rate * cost) {
            continue;
        }
        if (i < N_COUNTS - 1) {
            gain = again_information(&again, i);
        }
        if (gain >= least) {
            consider(planner, tested->revision, i, share * gain, cost, 1);
        }
    }
}

/* Whether some suspects, the members of @classes, say that the kernel has the bug, and some that
 * it has not. */
static gboolean tested_splits(const Belief *belief, const Tested *tested, const gboolean *classes)
{
    gboolean is_on_side[N_SIDES] = {FALSE};

    for (guint c = 0; c < belief->classes->len; c++) {
        guint32 member = g_array_index(belief->classes, HypothesisClass, c).member;

        is_on_side[tested_side(tested, member)] |= classes[c];
    }
    return is_on_side[SIDE_BUG] && is_on_side[SIDE_CLEAN];
}

/* Which revisions tell the suspects apart: by some they have the bug, and not by others. Of those
 * with the same kernel only their representative may. */
static gboolean *find_splitting(Belief *belief, double confidence)
{
    guint n_suspects;
    g_autofree gboolean *classes =
        belief_candidate_classes(belief, 1 - (1 - confidence) * WIDER, &n_suspects);
    g_autofree double *is_suspect = g_new(double, belief->n);
    g_autofree double *n_with_bug = g_new(double, belief->n);
    gboolean *splits = g_new(gboolean, belief->n);

    for (guint32 h = 0; h < belief->n; h++) {
        is_suspect[h] = classes[belief->class_of[h]];
    }
    belief_sum_with_bug(belief, is_suspect, n_with_bug);
    for (guint32 r = 0; r < belief->n; r++) {
        splits[r] =
            n_with_bug[r] > 0 && n_with_bug[r] < n_suspects && belief->representatives[r] == r;
    }
    for (guint i = 0; i < belief->tested->len; i++) {
        const Tested *tested = &g_array_index(belief->tested, Tested, i);

        if (tested->split != NULL) {
            splits[tested->revision] = tested_splits(belief, tested, classes);
        }
    }
    return splits;
}

static void predict_untested(Planner *planner)
{
    const Tally none = {0};
    const double *rates = planner->belief->rate_posterior;
    g_autoptr(Predictor) predictor = predictor_new(planner->belief->rates, &none, rates, rates);

    for (guint i = 0; i < N_COUNTS; i++) {
        predict(predictor, trial_counts[i], &planner->untested[i]);
        for (guint step = 0; step <= N_STEPS; step++) {
            planner->known[i][step] = -1;
        }
    }
}

static gboolean is_barred(const Costs *costs, guint32 revision)
{
    return costs->barred != NULL && costs->barred[revision];
}

static gboolean is_busy(const Costs *costs, guint32 revision)
{
    return costs->busy != NULL && costs->busy[revision];
}

/* Cuts the cells by what they say of the kernel of @revision. Returns the new number of cells. */
static guint cut_cells(const Belief *belief, guint32 revision, guint32 *cell_of, guint n_cells)
{
    g_autoptr(RevisionSet) with_bug = belief_with_bug(belief, revision);
    g_autofree guint32 *renamed = g_new0(guint32, 2 * (gsize)n_cells); /* id + 1 */
    guint n_new = 0;

    for (guint32 h = 0; h < belief->n; h++) {
        guint32 *name = &renamed[2 * cell_of[h] + revision_set_has(with_bug, h)];

        if (*name == 0) {
            *name = ++n_new;
        }
        cell_of[h] = *name - 1;
    }
    return n_new;
}

/* D(r) where the suspects are told apart; whether anything busy will tell some of it. */
static void find_doubt(Planner *planner)
{
    Belief *belief = planner->belief;
    g_autofree guint32 *cell_of = g_new0(guint32, belief->n);
    g_autofree double *in_cell = g_new(double, belief->n);
    g_autofree double *sums = g_new(double, belief->n);
    guint n_cells = 1, n_busy = 0;

    for (guint32 r = 0; r < belief->n; r++) {
        if (is_busy(planner->costs, r)) {
            n_cells = cut_cells(belief, r, cell_of, n_cells);
            n_busy++;
        }
    }
    planner->is_alone = n_cells == 1; /* all mass is in it, and its sums are there already */
    planner->floor = planner->is_alone ? 0 : SPECULATION_FLOOR / n_busy;
    for (guint32 r = 0; r < belief->n && planner->is_alone; r++) {
        planner->doubt[r] = planner->splits[r] ? entropy_of(belief->has_bug[r]) : 0;
    }
    for (guint32 cell = 0; cell < n_cells && !planner->is_alone; cell++) {
        double mass = 0;

        for (guint32 h = 0; h < belief->n; h++) {
            in_cell[h] = cell_of[h] == cell ? belief->posterior[h] : 0;
            mass += in_cell[h];
        }
        if (mass < GAIN_FLOOR * planner->floor_share) {
            continue;
        }
        belief_sum_with_bug(belief, in_cell, sums);
        for (guint32 r = 0; r < belief->n; r++) {
            planner->doubt[r] += planner->splits[r] ? mass * entropy_of(sums[r] / mass) : 0;
        }
    }
}

static void plan_untested(Planner *planner)
{
    Belief *belief = planner->belief;
    const double *p_testable = belief_testability(belief);
    g_autofree gboolean *is_open = g_new0(gboolean, belief->n);
    g_autofree double *bounds = g_new0(double, belief->n);
    guint n_open = 0;
    guint32 first = 0;

    predict_untested(planner);
    for (guint32 r = 0; r < belief->n; r++) {
        const Tally *tally = &belief->tallies[r];

        is_open[r] = planner->splits[r] && !tally->untestable && !tally_has_trials(tally) &&
                     !is_busy(planner->costs, r) && !is_barred(planner->costs, r) &&
                     planner->doubt[r] >= planner->floor;
        n_open += is_open[r];
    }
    for (guint32 r = 0; r < belief->n; r++) {
        gboolean is_hopeful =
            n_open <= FEW_LEFT || belief->tallies[r].builds ||
            planner->doubt[r] * p_testable[r] >= HOPE_FLOOR * planner->floor_share;

        bounds[r] = is_open[r] && is_hopeful ? rate_bound(planner, r, p_testable[r]) : -1;
        first = bounds[r] > bounds[first] ? r : first;
    }
    /* The most promising first, so that the bound spares most of the others. */
    for (guint32 i = 0; i <= belief->n; i++) {
        guint32 r = i == 0 ? first : i - 1;

        if (bounds[r] >= planner->rate) {
            consider_untested(planner, r, p_testable[r]);
        }
    }
}

/* What the best experiment, of a revision without trials, tells where the rates are weighed for
 * each side by itself. */
static double gain_by_sides(const Planner *planner)
{
    const Experiment *best = &planner->best;
    const Tally none = {0};
    Belief *belief = planner->belief;
    guint n_points = rates_n_points(belief->rates);
    g_autofree double *if_bug = g_new0(double, n_points);
    g_autofree double *if_clean = g_new0(double, n_points);
    double masses[N_SIDES];
    Prediction prediction;

    weigh_untested(belief, best->revision, if_bug, if_clean, masses);
    if (masses[SIDE_BUG] <= 0 || masses[SIDE_CLEAN] <= 0) {
        return 0;
    }
    g_autoptr(Predictor) predictor = predictor_new(belief->rates, &none, if_bug, if_clean);
    predict(predictor, best->n_trials, &prediction);
    return new_share(planner, best->revision) *
           information(&prediction, best->n_trials,
                       masses[SIDE_BUG] / (masses[SIDE_BUG] + masses[SIDE_CLEAN]));
}

/* Where a revision without the bug may crash as often as one with it, and culprits that many trials
 * speak against are left by that alone, the rates tell nothing of the sides any more, wherever more
 * trials are run. */
static void drop_by_sides(Planner *planner)
{
    if (planner->best.n_trials > 0 && gain_by_sides(planner) < GAIN_FLOOR * planner->floor_share) {
        planner->best = (Experiment){0};
        planner->rate = 0;
    }
}

static void plan_tested(Planner *planner)
{
    Belief *belief = planner->belief;

    for (guint i = 0; i < belief->tested->len; i++) {
        const Tested *tested = &g_array_index(belief->tested, Tested, i);
        guint32 r = tested->revision;

        if (planner->splits[r] && tally_has_trials(&belief->tallies[r]) &&
            !is_busy(planner->costs, r) && !is_barred(planner->costs, r) &&
            rate_bound(planner, r, 1) > planner->rate) {
            consider_tested(planner, tested);
        }
    }
}

static guint count_quiet(Predictor *predictor, double has_bug, guint n_trials)
{
    guint n = 0;

    while (n + 1 < n_trials && predictor_quiet(predictor, n + 1, has_bug) >= PROBABLY) {
        n++;
    }
    return n;
}

/* Experiment.n_quiet of @experiment. */
static guint find_quiet(Belief *belief, const Experiment *experiment)
{
    const double *rates = belief->rate_posterior;
    const Tally *tally = &belief->tallies[experiment->revision];

    if (!tally_has_trials(tally)) {
        const Tally none = {0};
        g_autoptr(Predictor) predictor = predictor_new(belief->rates, &none, rates, rates);

        return count_quiet(predictor, CLAMP(belief->has_bug[experiment->revision], 0, 1),
                           experiment->n_trials);
    }
    for (guint i = 0; i < belief->tested->len; i++) {
        const Tested *tested = &g_array_index(belief->tested, Tested, i);

        if (tested->revision == experiment->revision) {
            g_auto(Again) again = again_of(belief, tested);

            return count_quiet(again.predictor, again.has_bug, experiment->n_trials);
        }
    }
    return 0;
}

gboolean belief_plan(Belief *belief, double confidence, const Costs *costs,
                     Experiment *ret_experiment)
{
    guint32 best;

    if (belief_n_candidates(belief, confidence, &best) < 2) {
        return FALSE;
    }
    g_autofree gboolean *splits = find_splitting(belief, confidence);
    g_autofree double *doubt = g_new0(double, belief->n);
    double left = 1 - MIN(confidence, belief_most_confidence(&belief->model));
    Planner planner = {.belief = belief,
                       .costs = costs,
                       .splits = splits,
                       .doubt = doubt,
                       .floor_share = MIN(1, left / (1 - FULL_FLOORS))};

    for (guint i = 0; i < N_COUNTS; i++) {
        planner.rounds_s[i] = rounds_s(costs, trial_counts[i]);
        planner.price_s[i] = trial_counts[i] * costs->trial_price_s;
    }
    find_doubt(&planner);
    plan_untested(&planner);
    drop_by_sides(&planner);
    plan_tested(&planner);
    if (planner.best.n_trials == 0) {
        return FALSE;
    }
    *ret_experiment = planner.best;
    ret_experiment->n_quiet = find_quiet(belief, ret_experiment);
    return TRUE;
}
