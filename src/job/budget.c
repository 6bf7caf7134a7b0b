/* SPDX-License-Identifier: Apache-2.0
 * What a job may still spend: kernels and time of the user's budget, and guesses.
 */
#include "decide-private.h"

#include <math.h>

guint situation_n_under_way(const Situation *situation, gboolean only_builds)
{
    guint n = 0;

    for (guint i = 0; situation->tasks && i < situation->tasks->len; i++) {
        n += !only_builds || ((const Task *)situation->tasks->pdata[i])->n_trials == 0;
    }
    return n;
}

char *situation_used_budget(const Situation *situation, ActionKind kind)
{
    gboolean is_build = kind == ACTION_BUILD;
    guint n_kernels = situation->n_kernels + situation_n_under_way(situation, TRUE);

    if (is_build && situation->max_kernels && n_kernels >= situation->max_kernels) {
        return g_strdup_printf("%u kernel%s", situation->max_kernels,
                               situation->max_kernels == 1 ? "" : "s");
    }
    if ((is_build || kind == ACTION_TRIALS) && situation->max_s > 0 &&
        situation->spent_s >= situation->max_s) {
        return job_duration((guint)situation->max_s);
    }
    return NULL;
}

gboolean situation_over_budget(const Situation *situation, ActionKind kind)
{
    g_autofree char *budget = situation_used_budget(situation, kind);

    return budget != NULL;
}

/* Kernels that the check of an answer may need: the culprit, a parent, one without the change. */
#define N_CHECK_KERNELS 3

/* Could a build that is only probably wanted take the place of one that is? The search needs about
 * a kernel for each bit of its doubt. */
static gboolean is_near_budget(const Situation *situation)
{
    double needed = ceil(belief_entropy(situation->belief)) + N_CHECK_KERNELS;

    return situation->max_kernels &&
           situation->n_kernels + situation_n_under_way(situation, TRUE) + 1 + needed >
               situation->max_kernels;
}

/* What it costs about to begin a build and to take it back: a checkout, the end of its processes, a
 * look at every object. */
#define CANCELLED_S 2.0

/* Is all that is under way over before a build that turns out to be the wrong one would have been
 * worth it? */
static gboolean is_soon_over(const Situation *situation)
{
    double longest_s = 0;

    for (guint i = 0; situation->tasks && i < situation->tasks->len; i++) {
        const Task *task = situation->tasks->pdata[i];
        double n_rounds = ceil((double)task->n_trials / MAX(situation->n_trials_at_once, 1));

        longest_s = MAX(longest_s, task->n_trials ? n_rounds * situation->trial_s : CANCELLED_S);
    }
    return longest_s < CANCELLED_S;
}

gboolean situation_affords_guess(const Situation *situation)
{
    return situation_n_under_way(situation, FALSE) == 0 ||
           (!is_near_budget(situation) && !is_soon_over(situation));
}

Answer *answer_by_budget(const Situation *situation, const char *budget)
{
    g_autoptr(GArray) candidates =
        situation->range ? belief_candidates(situation->belief, situation->confidence) : NULL;
    Answer *answer =
        candidates ? answer_candidates(situation, candidates) : answer_new(ANSWER_SET, NULL);

    answer->by_budget = TRUE;
    answer->reason = g_strdup_printf(
        "the budget of %s is used up: 'firstbad resume' with a larger one goes on", budget);
    return answer;
}
