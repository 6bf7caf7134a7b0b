/* SPDX-License-Identifier: Apache-2.0
 * Verdicts for people, and rules of thumb that need no graph.
 */
#include "belief-private.h"

/* So many runs that end ok for each crash make the crash another bug's. */
#define OKS_THAT_OVERRULE_A_CRASH 20

Verdict belief_verdict(const Tally *tally)
{
    if (tally->said != VERDICT_UNKNOWN) {
        return tally->said;
    }
    if (tally->untestable || tally->unreached) {
        return VERDICT_SKIP;
    }
    if (tally->n_crash > 0) {
        return tally->n_ok >= OKS_THAT_OVERRULE_A_CRASH * tally->n_crash ? VERDICT_GOOD
                                                                         : VERDICT_BAD;
    }
    return tally->n_ok > 0 ? VERDICT_GOOD : VERDICT_UNKNOWN;
}

Verdict belief_verdict_of(Belief *belief, guint32 revision, double sure)
{
    const Tally *tally = belief_get(belief, revision);
    double has_bug, wanted = revision == 0 ? 0.5 : sure;

    if (tally->said != VERDICT_UNKNOWN || !tally_has_trials(tally) || tally->unreached) {
        return belief_verdict(tally);
    }
    has_bug = belief_has_bug(belief)[revision];
    return has_bug >= wanted ? VERDICT_BAD : has_bug <= 1 - wanted ? VERDICT_GOOD : VERDICT_UNKNOWN;
}

const char *verdict_name(Verdict verdict)
{
    switch (verdict) {
    case VERDICT_UNKNOWN:
        return "unknown";
    case VERDICT_GOOD:
        return "good";
    case VERDICT_BAD:
        return "bad";
    case VERDICT_SKIP:
        return "skip";
    }
    g_assert_not_reached();
}

gboolean verdict_parse(const char *name, Verdict *ret_verdict)
{
    for (Verdict verdict = VERDICT_GOOD; verdict <= VERDICT_SKIP; verdict++) {
        if (g_str_equal(verdict_name(verdict), name)) {
            *ret_verdict = verdict;
            return TRUE;
        }
    }
    return FALSE;
}

/* With a uniform prior, the crash rate has the posterior Beta(a, b), a = n_crash + 1, b = n_ok + 1,
 * and n more trials all end ok with the chance prod (b + i) / (a + b + i), i = 0 .. n - 1: here
 * the one for @i. */
static double quiet_factor(guint n_crash, guint n_ok, guint i)
{
    double a = n_crash + 1.0;
    double b = n_ok + 1.0;

    return (b + i) / (a + b + i);
}

double belief_quiet_chance(guint n_crash, guint n_ok, guint n_trials)
{
    double chance = 1;

    for (guint i = 0; i < n_trials; i++) {
        chance *= quiet_factor(n_crash, n_ok, i);
    }
    return chance;
}

guint belief_trials_for_good(guint n_crash, guint n_ok, double miss, guint limit)
{
    double chance = 1;
    guint n = 0;

    while (n < limit && (n < 2 || chance > miss)) {
        chance *= quiet_factor(n_crash, n_ok, n);
        n++;
    }
    return n;
}
