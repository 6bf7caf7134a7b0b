/* SPDX-License-Identifier: Apache-2.0
 * The check of an answer: the culprit shows the bug and its parents do not (of a fix, the other way
 * round), each by trials of its own, and the change is in the kernel. What else it has to stand:
 * validate.c.
 */
#include "decide-private.h"

#include <math.h>

/* What a side must have in the end, as log10 of a Bayes factor. Where the crash rate is low and
 * differs between revisions, no number of quiet trials comes to what belief works for: 0 of 113 at
 * a rate of 15 % gave 1.9. */
#define PASS_LOG10_ODDS 1.0

static SideState side_said(Verdict said, gboolean has_bug)
{
    if (said == VERDICT_SKIP) {
        return SIDE_UNTESTABLE;
    }
    return (said == VERDICT_BAD) == has_bug ? SIDE_PASSED : SIDE_FAILED;
}

SideState side_state(const Situation *situation, const char *commit, gboolean has_bug)
{
    const RevisionEvidence *evidence = situation_evidence(situation, commit);
    double log10_odds;
    Tally tally;
    Pool pool;

    if (evidence && evidence->said != VERDICT_UNKNOWN) {
        return side_said(evidence->said, has_bug);
    }
    if (!evidence || !evidence->kernel) {
        return SIDE_OPEN;
    }
    pool = pool_of(situation, evidence);
    tally = pool_tally(situation, evidence, &pool);
    log10_odds = belief_log10_odds(situation->belief, &tally);
    log10_odds = has_bug ? log10_odds : -log10_odds;
    if (tally.untestable) {
        /* Doubtful crashes alone do not show the bug, however probable they make it. */
        return !has_bug && log10_odds >= PASS_LOG10_ODDS ? SIDE_PASSED : SIDE_UNTESTABLE;
    }
    if (tally.unreached) {
        return SIDE_UNTESTABLE;
    }
    if (tally.n_crash + tally.n_ok >= situation->n_check_trials &&
        ABS(log10_odds) >= PASS_LOG10_ODDS) {
        return log10_odds > 0 ? SIDE_PASSED : SIDE_FAILED;
    }
    return pool_trials(&pool) < MAX(situation->max_trials, situation->n_check_trials) ? SIDE_OPEN
                                                                                      : SIDE_FAILED;
}

Step ask_side(const Situation *situation, const char *commit, gboolean has_bug, Action *ret_action)
{
    const RevisionEvidence *evidence = situation_evidence(situation, commit);
    Tally tally;

    if (side_state(situation, commit, has_bug) != SIDE_OPEN) {
        return situation_task(situation, commit) ? STEP_WAITING : STEP_PASSED;
    }
    if (!evidence || !evidence->kernel) {
        return ask_build(situation, ret_action, PHASE_CHECK, commit, NULL);
    }
    situation_tally(situation, commit, &tally);
    return ask_trials(situation, ret_action, PHASE_CHECK, commit, NULL,
                      MAX(situation->n_check_trials, tally.n_crash + tally.n_ok + 1) -
                          tally.n_crash - tally.n_ok);
}

/* A parent that never had the bug needs nothing. */
static Step ask_parent(const Situation *situation, const char *parent, Action *ret_action)
{
    Presence presence;
    Step step = ask_presence(situation, parent, PHASE_CHECK, ret_action, &presence);

    return step != STEP_PASSED || presence == PRESENCE_NEVER
               ? step
               : ask_side(situation, parent, situation->is_fix, ret_action);
}

Step ask_check(const Situation *situation, guint32 culprit, Action *ret_action)
{
    g_autoptr(GPtrArray) parents = range_parents(situation->range, culprit);
    Step step =
        ask_side(situation, situation->range->commits[culprit], !situation->is_fix, ret_action);

    for (guint i = 0; i < parents->len && step != STEP_ASKED; i++) {
        Step of_parent = ask_parent(situation, parents->pdata[i], ret_action);

        step = of_parent == STEP_PASSED ? step : of_parent;
    }
    return step;
}

/* Add the line of one side to @answer. TRUE when it passed. */
static gboolean add_side(const Situation *situation, Answer *answer, const char *commit,
                         gboolean is_parent)
{
    const RevisionEvidence *evidence = situation_evidence(situation, commit);
    gboolean has_bug = is_parent == situation->is_fix;
    const char *unreached = has_bug ? NULL : situation_unreached_why(situation, commit);
    const char *who = is_parent                ? "parent"
                      : situation->is_fix      ? "fix"
                      : situation->takes_quiet ? "revealer"
                                               : "culprit",
               *where = "";
    Presence presence = PRESENCE_THERE;
    Action unused;
    Tally tally;

    if (is_parent) {
        ask_presence(situation, commit, PHASE_CHECK, &unused, &presence);
    }
    if (presence != PRESENCE_THERE) {
        g_ptr_array_add(answer->checks,
                        g_strdup_printf("not needed: parent %.12s never had the bug", commit));
        return TRUE;
    }
    situation_tally(situation, commit, &tally);
    if (evidence && evidence->n_crash + evidence->n_ok != tally.n_crash + tally.n_ok) {
        where = " of this kernel";
    }
    const char *same = situation_fact(situation, commit, FACT_SAME);
    g_autofree char *as = same ? variant_title(same) : NULL;
    g_autofree char *whose =
        same ? g_strdup_printf(" of this kernel, which is that of %s: no file of it differs", as)
             : NULL;
    g_autofree char *shown = NULL;

    where = whose ? whose : where;

    if (tally.said != VERDICT_UNKNOWN) {
        shown = g_strdup_printf("a person says that it is %s", verdict_name(tally.said));
    } else if (situation->bug == BUG_BUILD) {
        shown = g_strdup(tally.n_crash ? "it does not build" : "it builds");
    } else {
        shown =
            g_strdup_printf("%u of %u trials%s", tally.n_crash, tally.n_crash + tally.n_ok, where);
    }
    switch (side_state(situation, commit, has_bug)) {
    case SIDE_PASSED:
        g_ptr_array_add(answer->checks,
                        g_strdup_printf("passed: %s %.12s %s (%s)%s%s", who, commit,
                                        has_bug ? "shows the bug" : "does not show it", shown,
                                        unreached ? ", and could not: " : "",
                                        unreached ? unreached : ""));
        return TRUE;
    case SIDE_UNTESTABLE:
        g_ptr_array_add(answer->checks,
                        g_strdup_printf("could not be done: %s %.12s cannot be tested%s%s", who,
                                        commit, unreached ? ", because " : "",
                                        unreached ? unreached : ""));
        return FALSE;
    case SIDE_OPEN:
    case SIDE_FAILED:
        g_ptr_array_add(answer->checks,
                        g_strdup_printf("failed: %s %.12s should %sshow the bug: %s", who, commit,
                                        has_bug ? "" : "not ", shown));
        return FALSE;
    }
    g_assert_not_reached();
}

typedef enum Difference { DIFFERENCE_UNKNOWN, DIFFERENCE_NONE, DIFFERENCE_THERE } Difference;

/* A culprit whose kernel is its parent's to the byte is never named: the change cannot matter.
 * Without signatures (`firstbad run`), one whose sources are its parent's. */
static Difference difference(const Situation *situation, const char *culprit, const char *parent,
                             gboolean *ret_is_signed)
{
    const RevisionEvidence *ours = situation_evidence(situation, culprit),
                           *theirs = situation_evidence(situation, parent);
    gboolean is_signed, is_same;

    if (!ours || !ours->kernel || !theirs || !theirs->kernel) {
        return DIFFERENCE_UNKNOWN;
    }
    is_signed = ours->kernel->signature && theirs->kernel->signature;
    is_same = is_signed ? g_str_equal(ours->kernel->signature, theirs->kernel->signature)
                        : g_str_equal(ours->kernel->key, theirs->kernel->key);
    *ret_is_signed = is_signed;
    return is_same ? DIFFERENCE_NONE : DIFFERENCE_THERE;
}

static gboolean add_difference(const Situation *situation, Answer *answer, const char *culprit,
                               const char *parent)
{
    gboolean is_signed;
    Difference found = difference(situation, culprit, parent, &is_signed);
    gboolean differs = found == DIFFERENCE_THERE;

    if (found == DIFFERENCE_UNKNOWN) {
        return TRUE;
    }
    g_ptr_array_add(answer->checks,
                    g_strdup_printf("%s: its %s %s of its parent %.12s",
                                    differs ? "passed" : "failed", is_signed ? "kernel" : "sources",
                                    is_signed ? (differs ? "differs from that" : "is that")
                                              : (differs ? "differ from those" : "are those"),
                                    parent));
    return differs;
}

/* Has any kernel of @compiler shown the bug? */
static gboolean has_shown(const Situation *situation, const char *compiler)
{
    const RevisionEvidence *evidence;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, situation->evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        if (evidence->n_crash > 0 && evidence->kernel &&
            g_strcmp0(evidence->kernel->compiler, compiler) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Where a merge brings together kernels of two ages, other compilers may have built its parents;
 * and a compiler can hide a bug. */
static gboolean add_compiler(const Situation *situation, Answer *answer, const char *culprit,
                             const char *parent)
{
    const RevisionEvidence *ours = situation_evidence(situation, culprit),
                           *theirs = situation_evidence(situation, parent);
    const Kernel *quiet;

    if (!ours || !ours->kernel || !ours->kernel->compiler || !theirs || !theirs->kernel ||
        !theirs->kernel->compiler ||
        g_str_equal(ours->kernel->compiler, theirs->kernel->compiler)) {
        return TRUE;
    }
    quiet = situation->is_fix ? ours->kernel : theirs->kernel;
    if (has_shown(situation, quiet->compiler)) {
        return TRUE;
    }
    g_ptr_array_add(answer->checks,
                    g_strdup_printf("failed: another compiler built its parent %.12s, and no "
                                    "kernel of %s has shown the bug: it may be hidden there",
                                    parent, quiet->compiler));
    return FALSE;
}

/* That neither side of a merge shows it, the lines of its parents say; what it means, this one. */
static void add_merge(const Situation *situation, Answer *answer, guint n_parents)
{
    if (n_parents > 1) {
        g_ptr_array_add(answer->checks,
                        g_strdup_printf("passed: none of its %u parents %s: what they bring "
                                        "together does, or the merge itself",
                                        n_parents,
                                        situation->is_fix ? "mends the bug" : "shows the bug"));
    }
}

/* A person's word on which the answer does not rest, since other revisions outweigh it. */
static void add_contradictions(const Situation *situation, Answer *answer, guint32 culprit)
{
    for (guint32 r = 0; r < history_size(situation->range->history); r++) {
        const RevisionEvidence *evidence =
            situation_evidence(situation, situation->range->commits[r]);
        gboolean has_culprit;

        if (!evidence || (evidence->said != VERDICT_GOOD && evidence->said != VERDICT_BAD)) {
            continue;
        }
        has_culprit = history_reaches(situation->range->history, culprit, r);
        if ((evidence->said == VERDICT_BAD) != (has_culprit != situation->is_fix)) {
            g_ptr_array_add(answer->checks,
                            g_strdup_printf("doubtful: a person says that %.12s is %s, and this "
                                            "commit is %s it: the trials of others outweigh that",
                                            evidence->commit, verdict_name(evidence->said),
                                            has_culprit ? "in" : "not in"));
        }
    }
}

/* A parent that never had the bug is no side of the check. */
static gboolean parent_is_passed(const Situation *situation, const char *parent)
{
    Presence presence;
    Action unused;

    ask_presence(situation, parent, PHASE_CHECK, &unused, &presence);
    return presence != PRESENCE_THERE ||
           side_state(situation, parent, situation->is_fix) == SIDE_PASSED;
}

gboolean check_is_passed(const Situation *situation, guint32 culprit)
{
    const char *commit = situation->range->commits[culprit];
    g_autoptr(GPtrArray) parents = range_parents(situation->range, culprit);
    gboolean is_passed = side_state(situation, commit, !situation->is_fix) == SIDE_PASSED,
             is_signed;

    for (guint i = 0; i < parents->len; i++) {
        const char *parent = parents->pdata[i];

        is_passed = is_passed && parent_is_passed(situation, parent) &&
                    difference(situation, commit, parent, &is_signed) != DIFFERENCE_NONE;
    }
    return is_passed;
}

Answer *answer_checked(const Situation *situation, const GArray *candidates)
{
    g_autoptr(Answer) answer = answer_candidates(situation, candidates);
    guint32 culprit = g_array_index(candidates, guint32, 0);
    const char *commit = situation->range->commits[culprit];
    g_autoptr(GPtrArray) parents = range_parents(situation->range, culprit);
    gboolean sound = add_side(situation, answer, commit, FALSE);

    for (guint i = 0; i < parents->len; i++) {
        sound = add_side(situation, answer, parents->pdata[i], TRUE) && sound;
        sound = add_difference(situation, answer, commit, parents->pdata[i]) && sound;
        sound = add_compiler(situation, answer, commit, parents->pdata[i]) && sound;
    }
    if (sound) {
        add_contradictions(situation, answer, culprit);
        add_merge(situation, answer, parents->len);
        sound = add_validation(situation, answer, culprit);
    }
    if (sound) {
        answer->kind = ANSWER_CULPRIT;
        answer->culprit = g_strdup(commit);
    } else {
        /* What failed contradicts belief, or lies where belief does not look. */
        answer->confidence = 0;
        answer->reason = g_strdup("the most probable commit did not pass its checks");
    }
    return g_steal_pointer(&answer);
}
