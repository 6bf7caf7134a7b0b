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

static const char *const kind_names[] = {[BUG_CRASH] = "crash",
                                         [BUG_HANG] = "hang",
                                         [BUG_BOOT] = "boot",
                                         [BUG_BASIC] = "basic",
                                         [BUG_BUILD] = "build"};

const char *bug_kind_name(BugKind kind)
{
    return kind_names[kind];
}

gboolean bug_kind_parse(const char *name, BugKind *ret_kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(kind_names); i++) {
        if (g_str_equal(kind_names[i], name)) {
            *ret_kind = (BugKind)i;
            return TRUE;
        }
    }
    return FALSE;
}

OutcomeKind sought_outcome(BugKind kind, const TrialRow *trial)
{
    OutcomeKind sought = kind == BUG_BOOT ? OUTCOME_BOOT_FAILED : OUTCOME_BASIC_FAILED;

    if ((kind != BUG_BOOT && kind != BUG_BASIC) || trial->kind == OUTCOME_INFRA) {
        return trial->kind;
    }
    if (trial->kind == sought) {
        return OUTCOME_CRASH;
    }
    /* What did not boot says nothing of programs; all others came past the place in question. */
    return trial->kind == OUTCOME_BOOT_FAILED ? OUTCOME_BOOT_FAILED : OUTCOME_OK;
}

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

static gboolean is_crash_of(BugKind kind, const TrialRow *trial, const char *start)
{
    return sought_outcome(kind, trial) == OUTCOME_CRASH && trial->title &&
           g_str_equal(trial->commit, start);
}

OopsBug *identity_learn(BugKind kind, const char *wanted, const GPtrArray *trials,
                        const char *start)
{
    g_autoptr(OopsIdentity) face = wanted ? oops_identity_of_title(wanted, NULL) : NULL;
    OopsMatchModel model;
    OopsBug *bug;

    oops_match_model_default(&model);
    bug = oops_bug_new(&model);
    for (guint i = 0; i < trials->len; i++) {
        const TrialRow *trial = trials->pdata[i];

        if (!is_crash_of(kind, trial, start)) {
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

void sought_clear(Sought *sought)
{
    g_clear_pointer(&sought->titles, g_regex_unref);
    g_clear_pointer(&sought->bug, oops_bug_free);
}

void sought_learn(const JobSpec *spec, const GPtrArray *trials, Sought *ret_sought)
{
    Sought sought = {0};

    if (spec->bug) {
        bug_kind_parse(spec->bug, &sought.kind);
    }
    if (spec->title_match) {
        sought.titles = g_regex_new(spec->title_match, G_REGEX_RAW, 0, NULL);
    } else if (!job_spec_is_run(spec) && sought.kind != BUG_HANG) {
        sought.bug = identity_learn(sought.kind, spec->title, trials, spec->start);
    }
    *ret_sought = sought;
}

/* Has the crash of @trial a title that @titles fits? */
static gboolean is_titled(const GRegex *titles, const TrialRow *trial)
{
    gboolean fits = g_regex_match(titles, trial->title, 0, NULL);

    for (char **title = trial->alt_titles; title && *title && !fits; title++) {
        fits = g_regex_match(titles, *title, 0, NULL);
    }
    return fits;
}

double identity_match(const Sought *sought, const TrialRow *trial)
{
    if (sought->kind == BUG_HANG && !(trial->title && oops_is_hang(trial->title))) {
        return 0;
    }
    if (!sought->titles && !sought->bug) {
        return 1;
    }
    if (!trial->title) {
        return 0;
    }
    if (sought->titles) {
        return is_titled(sought->titles, trial);
    }
    g_autoptr(OopsIdentity) crash = identity_of(trial);
    return oops_bug_match(sought->bug, crash);
}

CrashJudgement identity_judge(const Sought *sought, const TrialRow *trial)
{
    double match = identity_match(sought, trial);

    return match >= SURE_MATCH    ? CRASH_OF_BUG
           : match >= OTHER_MATCH ? CRASH_DOUBTFUL
                                  : CRASH_OF_ANOTHER;
}
