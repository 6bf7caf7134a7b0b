/* SPDX-License-Identifier: Apache-2.0
 * Who is a likely culprit before any trial.
 *
 * What is known of culprits are shares: of so many right answers, how many touched a file of the
 * crash's stack. How rare such revisions are is not a constant but differs from range to range, and
 * there it can be counted. So the revisions are put into groups, each group is given its share of
 * the belief, and its members divide that among themselves by modest factors. A share whose group
 * is empty goes to the other groups, in proportion.
 *
 * The prior is
 *
 *     (1 - DOUBT) x informed + DOUBT x flat
 *
 * so that no weight, however wrong, takes more than log2(1 / DOUBT) = 3.3 bits from a revision: a
 * search that was led astray needs three or four more kernels, not thousands; and a merge that is
 * the culprit after all (two halves of a change that do not fit) can still be named. What is won is
 * worth more: with 200 of 13,000 revisions in the stack's files the informed part is 5 bits better.
 *
 * Age has no factor: a bug that is found late may be old or rare, and we have no figure for either.
 * Nor has a commit that reverts another one.
 *
 * Cost: O(n).
 */
#include "belief/belief.h"

#include <math.h>

#define DOUBT 0.1

/* Sources: syzbot's bisections with known truth. "Right" are those whose answer was confirmed, and
 * that is 364; the stack of the crash and the files of the answer are known of 116 of them
 * (shared/data/scenarios, culprit_stack_relevance 2, 1 and 0, taken for file, folder and neither:
 * that 2 is the file, the known 87 % confirms). Shares are by the rule of succession: what was
 * seen, and once more each. */
enum { GROUP_STACK, GROUP_FOLDER, GROUP_ELSEWHERE, GROUP_UNLIKELY, N_GROUPS };
static const double group_shares[N_GROUPS] = {
    /* Touches a file of the stack: 101 of 116 right answers, 34 of 110 wrong ones. */
    [GROUP_STACK] = (101 + 1) / (116 + 3.0),
    /* Touches a folder of one, but none of the files: 7 of 116, and 17 of 110. */
    [GROUP_FOLDER] = (7 + 1) / (116 + 3.0),
    /* Neither: 8 of 116, and 59 of 110. */
    [GROUP_ELSEWHERE] = (8 + 1) / (116 + 3.0),
    /* Beside the three, whatever these are given: UNLIKELY_SHARE. */
    [GROUP_UNLIKELY] = 1,
};
/* Merges, releases, and changes that are not in the kernel: 98 of 438 wrong answers, and none of
 * 364 right ones. For the three together. */
#define UNLIKELY_SHARE ((0 + 1) / (364 + 2.0))
/* The revisions that the user suspects get no less of the informed part: he is believed as much as
 * he is not. A judgement. */
#define SUSPECT_SHARE 0.5

/* Judgements, and modest for that. A `Fixes:` tag of the same range means that the bug it names is
 * gone at the start, so ours is another one; but who was wrong once was less careful, or had harder
 * work. */
#define FIXED_FACTOR 2.0
/* A change that was taken back before the start is mostly not there to crash it. Not never: it may
 * have been taken back in part, or put in again. */
#define REVERTED_FACTOR 0.25
/* Of n files: (2 + log2(n)) / 3, so that 2 count as 1; with this bound. Changes that brought a
 * bug touch more files than others (Sliwerski, Zimmermann and Zeller, "When do changes induce
 * fixes?", MSR 2005), but those of very many files are mostly mechanical. Lines would tell more and
 * cost more: git must read each file, which is 20 ms a commit here, and a partial clone has none.
 */
#define SIZE_FACTOR_MAX 1.5

static guint8 group_of(const History *history, const CommitFacts *facts, guint32 revision)
{
    const CommitFacts *of = &facts[revision];

    return history_is_merge(history, revision) || of->is_merge || of->is_release || of->is_outside
               ? GROUP_UNLIKELY
           : of->touches_stack_file   ? GROUP_STACK
           : of->touches_stack_folder ? GROUP_FOLDER
                                      : GROUP_ELSEWHERE;
}

static double own_factor(const CommitFacts *of)
{
    double size = of->n_files ? MIN((2 + log2(of->n_files)) / 3, SIZE_FACTOR_MAX) : 1;

    return size * (of->is_fixed ? FIXED_FACTOR : 1) * (of->is_reverted ? REVERTED_FACTOR : 1);
}

/* Scale @weights (entries 1..n-1) so that each group sums to its share, and all to 1. */
static void give_shares(guint n, const guint8 *groups, const double *shares, guint n_groups,
                        double *weights)
{
    double sums[N_GROUPS] = {0};
    double given = 0;

    for (guint32 r = 1; r < n; r++) {
        sums[groups[r]] += weights[r];
    }
    for (guint g = 0; g < n_groups; g++) {
        given += sums[g] > 0 ? shares[g] : 0;
    }
    for (guint32 r = 1; r < n; r++) {
        if (weights[r] > 0) {
            weights[r] = weights[r] / sums[groups[r]] * shares[groups[r]] / given;
        }
    }
}

/* One share for the members of a set, the rest for the others. */
static void give_share(guint n, const guint8 *is_member, double share, double *weights)
{
    give_shares(n, is_member, (const double[]){1 - share, share}, 2, weights);
}

/* What came of bugs that crash alike; the others keep what they have beside it. */
static void weigh_by_known(guint n, const CommitFacts *facts, double *weights)
{
    double known = 0;

    for (guint32 r = 1; r < n; r++) {
        known += facts[r].known;
    }
    for (guint32 r = 1; r < n; r++) {
        weights[r] = facts[r].known + (1 - known) * weights[r];
    }
}

/* The user's own weights move belief from group to group: that is what he gives them for. */
static void weigh_by_user(guint n, const CommitFacts *facts, double *weights)
{
    g_autofree guint8 *is_suspect = g_new0(guint8, n);
    double max = -INFINITY, sum = 0, suspected = 0;

    for (guint32 r = 1; r < n; r++) {
        max = MAX(max, facts[r].log_weight + log(weights[r]));
    }
    for (guint32 r = 1; r < n; r++) {
        weights[r] = exp(facts[r].log_weight + log(weights[r]) - max);
        is_suspect[r] = facts[r].is_suspect;
        sum += weights[r];
        suspected += is_suspect[r] ? weights[r] : 0;
    }
    give_share(n, is_suspect, MAX(SUSPECT_SHARE, suspected / sum), weights);
}

void belief_log_prior(const History *history, const CommitFacts *facts, double *ret_log_prior)
{
    guint n = history_size(history);
    g_autofree CommitFacts *none = facts ? NULL : g_new0(CommitFacts, n);
    g_autofree guint8 *groups = g_new0(guint8, n), *is_unlikely = g_new0(guint8, n);
    g_autofree double *informed = g_new(double, n);

    facts = facts ? facts : none;
    for (guint32 r = 1; r < n; r++) {
        groups[r] = group_of(history, facts, r);
        is_unlikely[r] = groups[r] == GROUP_UNLIKELY;
        informed[r] = own_factor(&facts[r]);
    }
    give_shares(n, groups, group_shares, N_GROUPS, informed);
    give_share(n, is_unlikely, UNLIKELY_SHARE, informed);
    weigh_by_known(n, facts, informed);
    weigh_by_user(n, facts, informed);
    ret_log_prior[0] = 0;
    for (guint32 r = 1; r < n; r++) {
        ret_log_prior[r] = log((1 - DOUBT) * informed[r] + DOUBT / (n - 1));
    }
}
