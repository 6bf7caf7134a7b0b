/* SPDX-License-Identifier: Apache-2.0
 * The range of a job: its good end is given, or found among the releases behind the start.
 */
#include "decide-private.h"

/* Of a fix: the newest revision, which has to be good. */
static Step decide_head(const Situation *situation, Action *ret_action)
{
    switch (stand_alone(situation, PHASE_RANGE, situation->good, NULL, ret_action)) {
    case STANDING_ASKED:
        return STEP_ASKED;
    case STANDING_WAITING:
        return STEP_WAITING;
    case STANDING_BROKEN:
        return give_answer(ret_action, answer_new(ANSWER_UNTESTABLE, situation->good));
    case STANDING_BAD:
        return give_answer(ret_action, answer_new(ANSWER_NOT_FIXED, situation->good));
    case STANDING_GOOD:
        return STEP_PASSED;
    }
    g_assert_not_reached();
}

Step decide_range(const Situation *situation, Action *ret_action, const char **ret_good)
{
    const char *oldest_bad = NULL;

    if (situation->is_fix) {
        *ret_good = situation->good;
        return decide_head(situation, ret_action);
    }
    if (situation->good) {
        *ret_good = situation->good;
        switch (stand_alone(situation, PHASE_RANGE, situation->good, NULL, ret_action)) {
        case STANDING_ASKED:
            return STEP_ASKED;
        case STANDING_WAITING:
            return STEP_WAITING;
        case STANDING_BROKEN:
            return give_answer(ret_action, answer_new(ANSWER_UNTESTABLE, situation->good));
        case STANDING_BAD:
            return give_answer(ret_action, answer_new(ANSWER_GOOD_CRASHES, situation->good));
        case STANDING_GOOD:
            return STEP_PASSED;
        }
    }
    for (guint i = 0; i < situation->releases->len; i++) {
        const ReleaseTag *release = situation->releases->pdata[i];

        switch (stand_alone(situation, PHASE_RANGE, release->commit, release->name, ret_action)) {
        case STANDING_ASKED:
            return STEP_ASKED;
        case STANDING_WAITING:
            return STEP_WAITING;
        case STANDING_BAD:
            oldest_bad = release->commit;
            break;
        case STANDING_GOOD:
            if (!g_hash_table_contains(situation->overruled, release->commit)) {
                *ret_good = release->commit;
                return STEP_PASSED;
            }
            oldest_bad = release->commit;
            break;
        case STANDING_BROKEN:
            break;
        }
    }
    if (!oldest_bad) {
        Answer *answer = answer_new(ANSWER_UNTESTABLE, situation->start);

        answer->reason = g_strdup("no release behind the start can be tested: name a --good");
        return give_answer(ret_action, answer);
    }
    return give_answer(ret_action, answer_new(ANSWER_OLDER, oldest_bad));
}
