/* SPDX-License-Identifier: Apache-2.0
 * Which crash a job looks for, and how surely a trial showed it (src/oops/bug.c has the model).
 */
#include "job/job.h"

/* A title that the user names counts as if the start had crashed so often with it. */
#define N_WANTED 10
/* From this chance on a crash is counted as the bug's; below the other it tells nothing worth
 * cutting candidates apart for. Between the two, belief weighs it. */
#define SURE_MATCH  0.95
#define OTHER_MATCH 0.3

static OopsIdentity *identity_of(const TrialRow *trial)
{
    OopsIdentity *identity = oops_identity_of_title(trial->title, trial->functions);

    if (trial->alt_titles) {
        g_strfreev(identity->alt_titles);
        identity->alt_titles = g_strdupv(trial->alt_titles);
    }
    identity->is_corrupted = trial->corrupted;
    identity->is_suppressed = trial->suppressed;
    return identity;
}

static gboolean is_crash_of(const TrialRow *trial, const char *start)
{
    return trial->kind == OUTCOME_CRASH && trial->title && g_str_equal(trial->commit, start);
}

OopsBug *identity_learn(const char *wanted, const GPtrArray *trials, const char *start)
{
    g_autoptr(OopsIdentity) face = wanted ? oops_identity_of_title(wanted, NULL) : NULL;
    OopsMatchModel model;
    OopsBug *bug;

    oops_match_model_default(&model);
    bug = oops_bug_new(&model);
    for (guint i = 0; i < trials->len; i++) {
        const TrialRow *trial = trials->pdata[i];

        if (!is_crash_of(trial, start)) {
            continue;
        }
        g_autoptr(OopsIdentity) crash = identity_of(trial);
        if (!wanted) {
            oops_bug_add(bug, crash, 1);
        } else if (g_str_equal(crash->title, wanted) && !face->functions[0]) {
            oops_identity_free(face);
            face = g_steal_pointer(&crash);
        }
    }
    if (face) {
        oops_bug_add(bug, face, N_WANTED);
    }
    return bug;
}

double identity_match(const OopsBug *bug, const TrialRow *trial)
{
    if (!bug) {
        return 1;
    }
    if (!trial->title) {
        return 0;
    }
    g_autoptr(OopsIdentity) crash = identity_of(trial);
    return oops_bug_match(bug, crash);
}

CrashJudgement identity_judge(const OopsBug *bug, const TrialRow *trial)
{
    double match = identity_match(bug, trial);

    return match >= SURE_MATCH    ? CRASH_OF_BUG
           : match >= OTHER_MATCH ? CRASH_DOUBTFUL
                                  : CRASH_OF_ANOTHER;
}
