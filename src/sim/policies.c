/* SPDX-License-Identifier: Apache-2.0
 * The table of policies.
 */
#include "sim/policy.h"

static const Policy all[] = {
    {"firstbad", policy_firstbad, TRUE, "this program, by the graph alone"},
    {"firstbad-stack", policy_firstbad_stack, TRUE,
     "with the crash's stack, and which commits are not in the kernel"},
    {"firstbad-misled", policy_firstbad_misled, TRUE, "with a prior that suspects the wrong ones"},
    {"git1", policy_git1, FALSE, "git bisect, one run a revision, any crash is bad"},
    {"git10", policy_git10, FALSE, "git bisect, ten runs a revision, any crash is bad"},
    {"syzkaller2019", policy_syzkaller2019, FALSE, "syzkaller's rule until 2023, within 8 hours"},
    {"syzkaller", policy_syzkaller, FALSE, "syzkaller's rule today, within 12 hours"},
    {"bayes-linear", policy_bayes_linear, FALSE,
     "a posterior over first parents only, as git_bayesect has it"},
    {NULL},
};

const Policy *policies(void)
{
    return all;
}

const Policy *policy_find(const char *name)
{
    for (const Policy *policy = all; policy->name != NULL; policy++) {
        if (g_str_equal(policy->name, name)) {
            return policy;
        }
    }
    return NULL;
}

void sim_result_clear(SimResult *result)
{
    g_clear_pointer(&result->ranked, g_array_unref);
}
