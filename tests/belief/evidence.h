/* SPDX-License-Identifier: Apache-2.0
 * Short ways to say what is known of a revision, and to look at what is believed then.
 */
#pragma once

#include "../history/graphs.h"
#include "belief/belief.h"

/* 0 -- 1 -- 2 -- 3 -- 4 -- 5 */
static const char *const line_of_six = "|0|1|2|3|4";

static const Costs costs = {.build_s = 300, .trial_s = 10, .parallel_trials = 1};

static inline Belief *new_belief(const History *history, const double *log_prior)
{
    BeliefModel model;

    belief_model_default(&model);
    return belief_new(history, &model, log_prior);
}

static inline void set(Belief *belief, guint32 revision, guint n_crash, guint n_ok)
{
    belief_set(belief, revision, &(Tally){.n_crash = n_crash, .n_ok = n_ok});
}

static inline void set_untestable(Belief *belief, guint32 revision)
{
    belief_set(belief, revision, &(Tally){.untestable = TRUE});
}

static inline void assert_candidates(Belief *belief, double confidence, const char *wanted)
{
    g_autoptr(GArray) candidates = belief_candidates(belief, confidence);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < candidates->len; i++) {
        g_string_append_printf(text, i > 0 ? " %u" : "%u", g_array_index(candidates, guint32, i));
    }
    g_assert_cmpstr(text->str, ==, wanted);
}
