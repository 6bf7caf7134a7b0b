/* SPDX-License-Identifier: Apache-2.0
 * The posterior.
 *
 * A hypothesis says of each tested revision whether it has the bug. Hypotheses that say the same of
 * all of them have the same likelihood, so they are one class. The classes are found by refinement:
 * each revision, when first tested, cuts every class into those of its ancestors and the others.
 * There are T + 1 classes on a line with T tested revisions, few more on real graphs.
 *
 * Revisions with the same kernel are one piece of evidence, their *group*. Of a group a hypothesis
 * says that all have the bug, that none has, or it splits the group, so a group cuts three ways.
 * The tally's chance is that of a kernel with the bug, that of one without, and, point by point,
 * the smaller of the two x outside_kernel: a hypothesis that splits is never helped by trials,
 * since they are of one kernel and cannot speak for a change that is not in it. Each group counts
 * once, whatever the number of its members. A group is evidence even before its first trial: it
 * excludes what splits it.
 *
 * A fix is the same question the other way round: what is said of a revision is that it has the bug
 * unless it reaches the culprit. All that follows goes by the set of hypotheses by which a revision
 * has the bug, and by sums over it; so nothing else knows the direction. Hypothesis 0, which every
 * revision reaches and which trials of the start alone could exclude, stands for "mended nowhere".
 *
 * The likelihood of a class is a sum over the grid of rates of a product over the tested kernels;
 * the rates belong to the job, so the sum is outside the product. `joint` holds the terms: the
 * posterior of (class, grid point), which is also what the planner predicts outcomes from.
 *
 * Cost: O(n) when a revision is first tested, O(n x tested) when a group changes; classes x tested
 * x grid for each new posterior, and O(n) to spread it over the hypotheses. Exact on any graph.
 */
#include "belief-private.h"

#include <math.h>
#include <string.h>

/* Sources: syzbot's 1,070 bisections with known truth.
 *
 * masked: revisions with the bug never crash in 5.2 % of tests, but most of that is systematic (a
 * symbol that is off, a commit that reveals the bug): whole stretches of the history, which move
 * the first revision that crashes and are not independent from revision to revision. haunted: wrong
 * crashes at good revisions in 3.0 % of tests, of which 85 % show only other identities, which we
 * do not count. What is left for one revision on its own is of the order of 0.1 %. It is also about
 * the most that lets a confidence of 0.95 be reached beside a block of untestable revisions: 50 of
 * them behind one good revision are together suspect with 50 x masked.
 *
 * outside_kernel: of 364 right bisections none ended at a revision whose kernel is its parent's, of
 * 438 wrong ones 98 did. So it is at most some 1 / 364; but a hypothesis that needs it must come
 * behind all that need one masked or one haunted revision, and be there when even these are
 * excluded (a change to what is not hashed: modules, the boot code; or one undone and redone). So
 * it weighs as two of them.
 *
 * unreached: that the proof is right, which says that a kernel could not have shown the bug. A
 * judgement; what it has to do is clear. Such kernels come in stretches, for one and the same
 * reason, so they are no independent evidence: with 0.98 it takes 35 of them to double the odds.
 *
 * older_than_range: the good release is tested as well, so this matters only when it speaks up.
 *
 * always_crashes: of the tests at revisions with the bug that crash at all, 86 in 94.4 crash in
 * each run. But syzbot bisects what it can reproduce, and the two mistakes cost differently: with
 * 0.91 from that figure, a test that fails 90 % of the time on a line of 500 commits was answered
 * wrong in 10 to 15 % of simulated jobs, with 0.5 in 0 to 3 %, for two more trials a job when p
 * is 1.
 *
 * broken_alone: of syzbot's tests in ranges of less than 3,000 commits that follow no skip, 3 to 9
 * % are skips; of which most are blocks. break_scale: the head of broken.c. */
void belief_model_default(BeliefModel *ret_model)
{
    *ret_model = (BeliefModel){
        .masked = 0.001,
        .haunted = 0.001,
        .unreached = 0.98,
        .outside_kernel = 1e-6,
        .older_than_range = 0.02,
        .always_crashes = 0.5,
        .broken_alone = 0.02,
        .break_scale = 50,
    };
}

/* Where all revisions are as likely before any trial and crash alike, what is left to others comes
 * to the sum of the two chances; rates that spread make it a few times more. On lines and graphs
 * of 70 commits, of 200 jobs with p = 0.6 a confidence of 1 - 2.5 x their sum was reached by 196,
 * as 0.99 by 198, and of 1 - their sum by 141. */
#define LEFT_BY_TRIALS 2.5

double belief_most_confidence(const BeliefModel *model)
{
    return 1 - LEFT_BY_TRIALS * (model->masked + model->haunted);
}

/* Tallies; the best explanation of so many is far above the smallest double. */
#define SCALE_EVERY 16

static void tested_clear(gpointer data)
{
    Tested *tested = data;

    revision_set_free(tested->with_bug);
    g_clear_pointer(&tested->split, revision_set_free);
}

static void normalise_prior(Belief *belief)
{
    double sum = 0;

    for (guint32 h = 1; h < belief->n; h++) {
        sum += belief->prior[h];
    }
    for (guint32 h = 1; h < belief->n; h++) {
        belief->prior[h] *= (1 - belief->prior[0]) / sum;
    }
}

static void set_prior(Belief *belief, const double *log_prior)
{
    double max = -INFINITY;

    for (guint32 h = 1; h < belief->n; h++) {
        max = MAX(max, log_prior != NULL ? log_prior[h] : 0);
    }
    for (guint32 h = 1; h < belief->n; h++) {
        belief->prior[h] = log_prior != NULL ? exp(log_prior[h] - max) : 1;
    }
    belief->prior[0] = belief->n > 1 ? belief->model.older_than_range : 1;
    normalise_prior(belief);
    memcpy(belief->given, belief->prior, belief->n * sizeof(double));
}

void belief_weigh(Belief *belief, const double *factors)
{
    g_autofree double *before = g_memdup2(belief->prior, belief->n * sizeof(double));

    for (guint32 h = 1; h < belief->n; h++) {
        belief->prior[h] = belief->given[h] * factors[h];
    }
    normalise_prior(belief);
    if (memcmp(before, belief->prior, belief->n * sizeof(double)) != 0) {
        belief->is_grouped_anew = TRUE;
        belief->is_fresh = FALSE;
    }
}

static void one_class_of_all(Belief *belief)
{
    HypothesisClass all = {.member = 0, .n_members = belief->n, .prior = 1};

    g_array_set_size(belief->tested, 0);
    g_array_set_size(belief->classes, 0);
    g_array_append_val(belief->classes, all);
    memset(belief->class_of, 0, belief->n * sizeof *belief->class_of);
}

Belief *belief_new(const History *history, const BeliefModel *model, const double *log_prior)
{
    Belief *belief = g_new0(Belief, 1);
    guint n = history_size(history);

    belief->history = history;
    belief->model = *model;
    belief->rates = rates_new(model);
    belief->n = n;
    belief->n_reached = g_new(double, n);
    belief->given = g_new(double, n);
    belief->prior = g_new(double, n);
    belief->tallies = g_new0(Tally, n);
    belief->representatives = g_new(guint32, n);
    belief->n_same = g_new(guint32, n);
    for (guint32 r = 0; r < n; r++) {
        belief->representatives[r] = r;
        belief->n_same[r] = 1;
        belief->prior[r] = 1;
    }
    history_sum_ancestors(history, belief->prior, belief->n_reached);
    belief->tested = g_array_new(FALSE, FALSE, sizeof(Tested));
    g_array_set_clear_func(belief->tested, tested_clear);
    belief->class_of = g_new(guint32, n);
    belief->classes = g_array_new(FALSE, FALSE, sizeof(HypothesisClass));
    belief->joint = g_array_new(FALSE, FALSE, sizeof(double));
    belief->rate_posterior = g_new(double, rates_n_points(belief->rates));
    belief->p_testable = g_new(double, n);
    belief->posterior = g_new(double, n);
    belief->has_bug = g_new(double, n);
    set_prior(belief, log_prior);
    one_class_of_all(belief);
    return belief;
}

void belief_free(Belief *belief)
{
    if (belief == NULL) {
        return;
    }
    rates_free(belief->rates);
    g_free(belief->n_reached);
    g_free(belief->given);
    g_free(belief->prior);
    g_free(belief->tallies);
    g_free(belief->representatives);
    g_free(belief->n_same);
    g_array_unref(belief->tested);
    g_free(belief->class_of);
    g_array_unref(belief->classes);
    g_array_unref(belief->joint);
    g_free(belief->rate_posterior);
    g_free(belief->is_release);
    g_free(belief->p_testable);
    g_free(belief->posterior);
    g_free(belief->has_bug);
    planned_free(belief->planned);
    g_free(belief);
}

RevisionSet *belief_with_bug(const Belief *belief, guint32 revision)
{
    g_autoptr(RevisionSet) reached = history_ancestors(belief->history, revision);

    if (!belief->model.is_fix) {
        return g_steal_pointer(&reached);
    }
    RevisionSet *with_bug = revision_set_new(belief->n);
    for (guint32 h = 0; h < belief->n; h++) {
        if (h == 0 || !revision_set_has(reached, h)) {
            revision_set_add(with_bug, h);
        }
    }
    return with_bug;
}

void belief_sum_with_bug(const Belief *belief, const double *weights, double *ret_sums)
{
    double sum = 0;

    history_sum_ancestors(belief->history, weights, ret_sums);
    if (!belief->model.is_fix) {
        return;
    }
    for (guint32 h = 0; h < belief->n; h++) {
        sum += weights[h];
    }
    for (guint32 r = 0; r < belief->n; r++) {
        ret_sums[r] = MAX(sum - (ret_sums[r] - weights[0]), 0);
    }
}

/* Of the kernel that @revision stands for. */
static Tested make_tested(const Belief *belief, guint32 revision)
{
    Tested tested = {.revision = revision};
    guint n_same = belief->n_same[revision];

    if (n_same == 1) {
        tested.with_bug = belief_with_bug(belief, revision);
        return tested;
    }
    g_autofree guint *n_with_bug = g_new0(guint, belief->n);
    for (guint32 r = 0; r < belief->n; r++) {
        if (belief->representatives[r] == revision) {
            g_autoptr(RevisionSet) of_one = belief_with_bug(belief, r);

            for (guint32 h = 0; h < belief->n; h++) {
                n_with_bug[h] += revision_set_has(of_one, h);
            }
        }
    }
    tested.with_bug = revision_set_new(belief->n);
    tested.split = revision_set_new(belief->n);
    for (guint32 h = 0; h < belief->n; h++) {
        if (n_with_bug[h] == n_same) {
            revision_set_add(tested.with_bug, h);
        } else if (n_with_bug[h] > 0) {
            revision_set_add(tested.split, h);
        }
    }
    return tested;
}

/* Cuts every class by what its hypotheses say of the kernel that @revision stands for. Classes are
 * in the order of their first members, and what was tested in that of revisions: so all sums are
 * rounded alike, in whatever order the evidence came, and a resumed job decides as it did. */
static void add_tested(Belief *belief, guint32 revision)
{
    Tested tested = make_tested(belief, revision);
    guint n_old = belief->classes->len;
    /* Of each class and side what it becomes: id + 1, or 0 as long as it is nothing. */
    g_autofree guint32 *parts = g_new0(guint32, N_SIDES * (gsize)n_old);

    g_array_set_size(belief->classes, 0);
    for (guint32 h = 0; h < belief->n; h++) {
        guint32 old = belief->class_of[h];
        guint32 *part = &parts[N_SIDES * (gsize)old + tested_side(&tested, h)];

        if (*part == 0) {
            HypothesisClass fresh = {.member = h};

            g_array_append_val(belief->classes, fresh);
            *part = belief->classes->len;
        }
        HypothesisClass *class = &g_array_index(belief->classes, HypothesisClass, *part - 1);
        class->n_members++;
        class->prior += belief->prior[h];
        belief->class_of[h] = *part - 1;
    }
    guint at = belief->tested->len;
    while (at > 0 && g_array_index(belief->tested, Tested, at - 1).revision > revision) {
        at--;
    }
    g_array_insert_val(belief->tested, at, tested);
}

static gboolean is_evidence(const Belief *belief, guint32 revision)
{
    return belief->representatives[revision] == revision &&
           (belief->n_same[revision] > 1 || tally_tells(&belief->tallies[revision]));
}

static void find_classes(Belief *belief)
{
    one_class_of_all(belief);
    for (guint32 r = 0; r < belief->n; r++) {
        if (is_evidence(belief, r)) {
            add_tested(belief, r);
        }
    }
    belief->is_grouped_anew = FALSE;
}

/* Puts @revision alone or into the group of @representative, with what it holds: nothing, or its
 * own group. */
static void put_into_group(Belief *belief, guint32 revision, guint32 representative)
{
    for (guint32 r = 0; r < belief->n; r++) {
        if (r == revision || belief->representatives[r] == revision) {
            belief->n_same[belief->representatives[r]]--;
            belief->representatives[r] = representative;
            belief->n_same[representative]++;
        }
    }
    belief->is_grouped_anew = TRUE;
    belief->is_testability_fresh = FALSE;
    belief->is_fresh = FALSE;
}

void belief_set_releases(Belief *belief, const gboolean *is_release)
{
    g_free(belief->is_release);
    belief->is_release = g_memdup2(is_release, belief->n * sizeof *is_release);
    belief->is_testability_fresh = FALSE;
    g_clear_pointer(&belief->planned, planned_free);
}

static gboolean tally_equals(const Tally *left, const Tally *right)
{
    return left->n_crash == right->n_crash && left->n_ok == right->n_ok &&
           left->n_other == right->n_other && left->n_doubtful == right->n_doubtful &&
           left->match == right->match && !left->unreached == !right->unreached &&
           !left->untestable == !right->untestable && !left->builds == !right->builds &&
           left->said == right->said;
}

void belief_set(Belief *belief, guint32 revision, const Tally *tally)
{
    g_assert(revision < belief->n);
    Tally before = belief->tallies[revision];
    gboolean was_evidence = is_evidence(belief, revision);

    if (belief->representatives[revision] != revision) {
        put_into_group(belief, revision, revision);
    } else if (tally_equals(tally, &before)) {
        return;
    }
    belief->tallies[revision] = *tally;
    belief->n_useless += tally_is_useless(tally) ? 1 : 0;
    belief->n_useless -= tally_is_useless(&before) ? 1 : 0;
    belief->is_fresh = FALSE;
    if (tally_is_useless(tally) != tally_is_useless(&before) ||
        tally_ends_block(tally) != tally_ends_block(&before)) {
        belief->is_testability_fresh = FALSE;
    }
    if (was_evidence && !is_evidence(belief, revision)) {
        belief->is_grouped_anew = TRUE;
    } else if (!was_evidence && is_evidence(belief, revision) && !belief->is_grouped_anew) {
        add_tested(belief, revision);
    }
}

void belief_set_same(Belief *belief, guint32 revision, guint32 representative)
{
    g_assert(revision < belief->n && representative < belief->n);
    guint32 joined = belief->representatives[representative];

    if (joined == belief->representatives[revision] &&
        (joined != revision || representative == revision)) {
        return;
    }
    if (joined == revision) { /* the roles are exchanged */
        Tally tally = belief->tallies[revision];

        belief_set(belief, representative, &tally);
        joined = representative;
    }
    put_into_group(belief, revision, joined);
    belief->n_useless -= tally_is_useless(&belief->tallies[revision]) ? 1 : 0;
    belief->tallies[revision] = (Tally){0};
}

guint32 belief_representative(const Belief *belief, guint32 revision)
{
    g_assert(revision < belief->n);
    return belief->representatives[revision];
}

const Tally *belief_get(const Belief *belief, guint32 revision)
{
    return &belief->tallies[belief_representative(belief, revision)];
}

/* Only ratios matter, and products of many tallies would leave the range of a double. */
static void scale(double *joint, gsize n)
{
    double max = 0;

    for (gsize i = 0; i < n; i++) {
        max = MAX(max, joint[i]);
    }
    for (gsize i = 0; i < n; i++) {
        joint[i] /= max;
    }
}

/* Multiplies the trials of one kernel in. */
static void multiply_in(Belief *belief, const Tested *tested, double *joint)
{
    TallyLikelihood likelihood =
        rates_likelihood(belief->rates, &belief->tallies[tested->revision]);
    guint n_points = rates_n_points(belief->rates);
    g_autofree double *split = g_new(double, n_points);
    const double *factors[N_SIDES] = {
        [SIDE_CLEAN] = likelihood.clean,
        [SIDE_BUG] = likelihood.bug,
        [SIDE_SPLIT] = split,
    };

    for (guint g = 0; g < n_points; g++) {
        split[g] = belief->model.outside_kernel * MIN(likelihood.bug[g], likelihood.clean[g]);
    }
    for (guint c = 0; c < belief->classes->len; c++) {
        guint32 member = g_array_index(belief->classes, HypothesisClass, c).member;
        const double *of_side = factors[tested_side(tested, member)];
        double *row = joint + (gsize)c * n_points;

        for (guint g = 0; g < n_points; g++) {
            row[g] *= of_side[g];
        }
    }
}

static void normalise(Belief *belief, double *joint)
{
    guint n_points = rates_n_points(belief->rates);
    gsize n = (gsize)belief->classes->len * n_points;
    double sum = 0;

    for (gsize i = 0; i < n; i++) {
        sum += joint[i];
    }
    memset(belief->rate_posterior, 0, n_points * sizeof(double));
    for (guint c = 0; c < belief->classes->len; c++) {
        double mass = 0;

        for (guint g = 0; g < n_points; g++) {
            double *term = &joint[(gsize)c * n_points + g];

            *term /= sum;
            mass += *term;
            belief->rate_posterior[g] += *term;
        }
        g_array_index(belief->classes, HypothesisClass, c).mass = mass;
    }
}

void belief_refresh(Belief *belief)
{
    guint n_points = rates_n_points(belief->rates);
    const RatePoint *points = rates_points(belief->rates);

    if (belief->is_fresh) {
        return;
    }
    g_clear_pointer(&belief->planned, planned_free);
    if (belief->is_grouped_anew) {
        find_classes(belief);
    }
    g_array_set_size(belief->joint, belief->classes->len * n_points);
    double *joint = (double *)(void *)belief->joint->data;
    for (guint c = 0; c < belief->classes->len; c++) {
        double prior = g_array_index(belief->classes, HypothesisClass, c).prior;

        for (guint g = 0; g < n_points; g++) {
            joint[(gsize)c * n_points + g] = prior * points[g].weight;
        }
    }
    for (guint i = 0; i < belief->tested->len; i++) {
        multiply_in(belief, &g_array_index(belief->tested, Tested, i), joint);
        if (i % SCALE_EVERY == 0) {
            scale(joint, belief->joint->len);
        }
    }
    normalise(belief, joint);
    for (guint32 h = 0; h < belief->n; h++) {
        const HypothesisClass *class =
            &g_array_index(belief->classes, HypothesisClass, belief->class_of[h]);

        belief->posterior[h] = class->prior > 0 ? class->mass * belief->prior[h] / class->prior : 0;
    }
    belief_sum_with_bug(belief, belief->posterior, belief->has_bug);
    belief->is_fresh = TRUE;
}

const double *belief_posterior(Belief *belief)
{
    belief_refresh(belief);
    return belief->posterior;
}

const double *belief_has_bug(Belief *belief)
{
    belief_refresh(belief);
    return belief->has_bug;
}

double belief_entropy(Belief *belief)
{
    double bits = 0;

    belief_refresh(belief);
    for (guint32 h = 0; h < belief->n; h++) {
        double p = belief->posterior[h];

        bits -= p > 0 ? p * log2(p) : 0;
    }
    return bits;
}

double belief_log10_odds(Belief *belief, const Tally *tally)
{
    double bug = 0;
    double clean = 0;

    if (!tally_tells(tally)) {
        return 0;
    }
    belief_refresh(belief);
    TallyLikelihood likelihood = rates_likelihood(belief->rates, tally);
    for (guint g = 0; g < rates_n_points(belief->rates); g++) {
        bug += belief->rate_posterior[g] * likelihood.bug[g];
        clean += belief->rate_posterior[g] * likelihood.clean[g];
    }
    return log10(bug / clean);
}
