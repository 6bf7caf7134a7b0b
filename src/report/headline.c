/* SPDX-License-Identifier: Apache-2.0
 * An answer in one sentence.
 */
#include "report/report.h"
#include "report/words.h"

static char *budget_headline(const Answer *answer)
{
    guint n = answer->candidates->len;

    if (n == 0) {
        return g_strdup("The budget is used up, and nothing is known of the culprit yet");
    }
    return n == 1
               ? g_strdup_printf("The budget is used up. This one, %.1f %% sure, but not checked",
                                 words_percent(answer->confidence))
               : g_strdup_printf("The budget is used up. One of these %u, %.1f %% sure", n,
                                 words_percent(answer->confidence));
}

static char *set_headline(const Answer *answer)
{
    if (answer->by_budget) {
        return budget_headline(answer);
    }
    return answer->checks->len
               ? g_strdup("No commit can be named. The most probable one")
               : g_strdup_printf("No single commit: one of these %u, %.1f %% sure",
                                 answer->candidates->len, words_percent(answer->confidence));
}

char *report_headline(const Report *report)
{
    const Answer *answer = report->answer;

    switch (answer->kind) {
    case ANSWER_CULPRIT:
        return g_strdup_printf("First %s commit, %.1f %% sure", report->spec->fix ? "good" : "bad",
                               words_percent(answer->confidence));
    case ANSWER_REVEALER:
        return g_strdup_printf(
            "Since this commit the crash shows, %.1f %% sure; the fault may be older",
            words_percent(answer->confidence));
    case ANSWER_SET:
        return set_headline(answer);
    case ANSWER_OLDER:
        return g_strdup("The bug is older than the revisions tested");
    case ANSWER_NOT_REPRODUCED:
        return g_strdup(job_spec_is_run(report->spec) ? "The bad end of the range is not bad"
                                                      : "The bug was not seen at the start");
    case ANSWER_UNTESTABLE:
        return g_strdup("An end of the range cannot be tested");
    case ANSWER_GOOD_CRASHES:
        return g_strdup("The good end of the range is not good");
    case ANSWER_NOT_FIXED:
        return g_strdup("The bug is not mended yet");
    case ANSWER_TRIED:
        return tried_verdict(answer->tried) == VERDICT_SKIP
                   ? g_strdup_printf("The revision tells nothing: %s", tried_name(answer->tried))
                   : g_strdup_printf("The revision is %s", tried_name(answer->tried));
    case ANSWER_NEVER_BAD:
        return g_strdup("The bug never was where its fix is looked for");
    }
    g_assert_not_reached();
}
