/* SPDX-License-Identifier: Apache-2.0
 * A try: one revision, tried until it is known what it is. With a start to compare it with it is
 * judged as the end of a range would be; without one, as a start is: does it crash at all?
 */
#include "decide-private.h"

static const char *const names[] = {
    [TRIED_GOOD] = "good",           [TRIED_BAD] = "bad",
    [TRIED_UNREACHED] = "unreached", [TRIED_OTHER_CRASH] = "other-crash",
    [TRIED_DOUBTFUL] = "doubtful",   [TRIED_NO_BOOT] = "no-boot",
    [TRIED_NO_BUILD] = "no-build",
};

const char *tried_name(Tried tried)
{
    return names[tried];
}

Verdict tried_verdict(Tried tried)
{
    return tried == TRIED_GOOD ? VERDICT_GOOD : tried == TRIED_BAD ? VERDICT_BAD : VERDICT_SKIP;
}

/* Neither good nor bad: what most of its trials showed. */
static Tried judge_broken(const Situation *situation, const RevisionEvidence *evidence)
{
    Pool pool = pool_of(situation, evidence);
    guint most =
        MAX(MAX(pool.n_broken, pool.n_unreached), MAX(pool.n_other_crash, pool.n_doubtful));

    if (evidence->said != VERDICT_UNKNOWN) {
        return TRIED_NO_BOOT; /* to be skipped, on somebody's word; it may never have been built */
    }
    if (evidence->kernel->status == KERNEL_FAILED) {
        return TRIED_NO_BUILD;
    }
    if (pool.unreached_why || pool.n_unreached == most) {
        return TRIED_UNREACHED;
    }
    return pool.n_broken == most        ? TRIED_NO_BOOT
           : pool.n_other_crash == most ? TRIED_OTHER_CRASH
                                        : TRIED_DOUBTFUL;
}

static Step give_tried(const Situation *situation, Standing standing, Action *ret_action)
{
    const RevisionEvidence *evidence = situation_evidence(situation, situation->tried);
    Answer *answer = answer_new(ANSWER_TRIED, situation->tried);

    answer->tried = standing == STANDING_GOOD        ? TRIED_GOOD
                    : standing == STANDING_BAD       ? TRIED_BAD
                    : standing == STANDING_UNREACHED ? TRIED_UNREACHED
                                                     : judge_broken(situation, evidence);
    return give_answer(ret_action, answer);
}

/* There is no other start than the revision itself. */
static Step try_alone(const Situation *situation, Action *ret_action)
{
    const RevisionEvidence *evidence;
    Step step = decide_reproduce(situation, ret_action);
    Pool pool;

    if (step == STEP_PASSED) {
        return give_tried(situation, STANDING_BAD, ret_action);
    }
    if (step == STEP_WAITING || ret_action->kind != ACTION_ANSWER) {
        return step;
    }
    g_clear_pointer(&ret_action->answer, answer_free);
    evidence = situation_evidence(situation, situation->tried);
    pool = pool_of(situation, evidence);
    return give_tried(situation,
                      pool.n_ok > pool_told_nothing(&pool) ? STANDING_GOOD : STANDING_BROKEN,
                      ret_action);
}

Step decide_tried(const Situation *situation, Action *ret_action)
{
    Standing standing;

    if (g_str_equal(situation->tried, situation->start)) {
        return try_alone(situation, ret_action);
    }
    standing = stand_alone(situation, PHASE_REPRODUCE, situation->tried, NULL, ret_action);
    switch (standing) {
    case STANDING_ASKED:
        return STEP_ASKED;
    case STANDING_WAITING:
        *ret_action = (Action){.kind = ACTION_WAIT};
        return STEP_WAITING;
    default:
        return give_tried(situation, standing, ret_action);
    }
}
