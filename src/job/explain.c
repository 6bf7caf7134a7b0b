/* SPDX-License-Identifier: Apache-2.0
 * The verdict of a try in words: what was seen, how far it can be believed, and what a bisection
 * would make of it.
 */
#include "job/private.h"

/* Without a start nobody knows how often the bug shows; so rare a one is taken as the example. */
#define RARE 0.1

static const RevisionEvidence *evidence_of(const Job *job)
{
    return g_hash_table_lookup(job->situation.evidence, job->spec->tried);
}

/* Those of the revision itself, of which the counts below speak. */
static guint n_run(const RevisionEvidence *evidence)
{
    return evidence->n_ok + evidence->n_crash + evidence->n_doubtful + evidence->n_other_crash +
           evidence->n_broken + evidence->n_unreached;
}

/* Another revision that has the same kernel, and trials; or NULL. */
static const RevisionEvidence *twin_of(const Job *job, const RevisionEvidence *own)
{
    const RevisionEvidence *evidence;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, job->situation.evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        if (evidence != own && evidence->kernel && own->kernel->signature && n_run(evidence) &&
            g_strcmp0(evidence->kernel->signature, own->kernel->signature) == 0) {
            return evidence;
        }
    }
    return NULL;
}

/* Does @trial show what a try that found @tried speaks of? */
static gboolean is_telling(const Sought *sought, const TrialRow *trial, Tried tried)
{
    OutcomeKind outcome = sought_outcome(sought->kind, trial);
    CrashJudgement judgement;

    if (outcome != OUTCOME_CRASH) {
        return tried == TRIED_NO_BOOT &&
               (outcome == OUTCOME_BOOT_FAILED || outcome == OUTCOME_BASIC_FAILED);
    }
    judgement = identity_judge(sought, trial);
    return (tried == TRIED_BAD && judgement == CRASH_OF_BUG) ||
           (tried == TRIED_OTHER_CRASH && judgement == CRASH_OF_ANOTHER) ||
           (tried == TRIED_DOUBTFUL && judgement == CRASH_DOUBTFUL);
}

const char *trials_usual_title(const Sought *sought, const GPtrArray *trials, const char *commit,
                               Tried tried)
{
    g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
    const char *usual = "";
    guint most = 0;

    for (guint i = 0; i < trials->len; i++) {
        const TrialRow *trial = trials->pdata[i];
        guint n;

        if (!trial->title || !g_str_equal(trial->commit, commit) ||
            !is_telling(sought, trial, tried)) {
            continue;
        }
        n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, trial->title)) + 1;
        g_hash_table_insert(counts, trial->title, GUINT_TO_POINTER(n));
        if (n > most) {
            most = n;
            usual = trial->title;
        }
    }
    return usual;
}

static const char *usual_title(const Job *job, const char *commit, Tried tried)
{
    return trials_usual_title(&job->sought, job->trials, commit, tried);
}

static gboolean has_trace(const Job *job, const char *commit)
{
    for (guint i = 0; i < job->trials->len; i++) {
        const TrialRow *trial = job->trials->pdata[i];

        if (trial->calls && g_str_equal(trial->commit, commit)) {
            return TRUE;
        }
    }
    return FALSE;
}

static char *say_quiet(const Job *job, const RevisionEvidence *evidence)
{
    const char *reach = situation_fact(&job->situation, evidence->commit, FACT_REACH);
    gboolean is_proved =
        reach && !*reach && has_trace(job, evidence->commit) && has_trace(job, job->spec->start);

    return g_strdup_printf(
        "%s in %u of %u trials%s", job_spec_is_run(job->spec) ? "passed" : "quiet", evidence->n_ok,
        n_run(evidence), is_proved ? "; the calls of the reproducer are as at the start" : "");
}

static char *say_no_boot(const Job *job, const RevisionEvidence *evidence)
{
    guint n_no_program = 0;

    if (job_spec_is_run(job->spec)) {
        return g_strdup("the test command asks to skip it (125)");
    }
    for (guint i = 0; i < job->trials->len; i++) {
        const TrialRow *trial = job->trials->pdata[i];

        n_no_program +=
            trial->kind == OUTCOME_BASIC_FAILED && g_str_equal(trial->commit, evidence->commit);
    }
    return g_strdup_printf(
        "%s: %s", n_no_program ? "boots, but cannot run a trivial program" : "does not boot",
        usual_title(job, evidence->commit, TRIED_NO_BOOT));
}

static char *say_crashes(const Job *job, const RevisionEvidence *evidence)
{
    const char *title = usual_title(job, evidence->commit, TRIED_BAD);

    return g_strdup_printf("%s in %u of %u trials with '%s'", job_spec_verb(job->spec),
                           evidence->n_crash, n_run(evidence), title);
}

/* @evidence has the trials: that of the revision, or of its twin. */
static char *say_verdict(const Job *job, const RevisionEvidence *evidence, Tried tried)
{
    const char *why = situation_unreached_why(&job->situation, evidence->commit);
    const char *error = evidence->kernel->first_error;

    if (job->situation.bug == BUG_BUILD || tried == TRIED_NO_BUILD) {
        return error ? g_strdup_printf("does not build: %s", error) : g_strdup("builds");
    }
    switch (tried) {
    case TRIED_GOOD:
        return say_quiet(job, evidence);
    case TRIED_BAD:
        return say_crashes(job, evidence);
    case TRIED_UNREACHED:
        return g_strdup(why ? why : "the reproducer says that something is missing (125)");
    case TRIED_OTHER_CRASH:
        return g_strdup_printf("another crash in %u of %u trials: '%s'", evidence->n_other_crash,
                               n_run(evidence),
                               usual_title(job, evidence->commit, TRIED_OTHER_CRASH));
    case TRIED_DOUBTFUL:
        return g_strdup_printf(
            "in %u of %u trials a crash that may be of the bug or of another: '%s'",
            evidence->n_doubtful, n_run(evidence),
            usual_title(job, evidence->commit, TRIED_DOUBTFUL));
    case TRIED_NO_BOOT:
        return say_no_boot(job, evidence);
    case TRIED_NO_BUILD:
        break;
    }
    g_assert_not_reached();
}

/* --- What else there is to know -------------------------------------------------------------- */

static void add(Answer *answer, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(Answer *answer, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(answer->checks, g_strdup_vprintf(format, args));
    va_end(args);
}

/* How probable it is that the bug is there and was not seen. */
static void add_chance(const Job *job, const RevisionEvidence *evidence, Answer *answer)
{
    const RevisionEvidence *start = g_hash_table_lookup(job->situation.evidence, job->spec->start);
    double chance = 1;

    if (evidence->n_ok == 0 || job->situation.bug == BUG_BUILD) {
        return;
    }
    if (start == evidence) {
        for (guint i = 0; i < evidence->n_ok; i++) {
            chance *= 1 - RARE;
        }
        add(answer,
            "a bug that shows in one of %.0f trials would be missed with a chance of %.2g %%",
            1 / RARE, chance * 100);
        return;
    }
    chance = belief_quiet_chance(start->n_crash, start->n_ok, evidence->n_ok);
    answer->confidence = 1 - chance;
    add(answer,
        "the bug would be missed by %u quiet trials with a chance of %.2g %%: the start %s in %u "
        "of %u",
        evidence->n_ok, chance * 100, job_spec_verb(job->spec), start->n_crash,
        start->n_crash + start->n_ok);
}

static void add_use(const Job *job, Answer *answer)
{
    Verdict verdict = tried_verdict(answer->tried);
    gboolean is_any = g_str_equal(job->spec->tried, job->spec->start) && !job->spec->title &&
                      !job->spec->title_match && job->situation.bug == BUG_CRASH;

    if (answer->tried == TRIED_UNREACHED) {
        add(answer, "a bisection of ours would take it for next to no evidence, git's for good, "
                    "which it need not be: skip it");
    } else if (verdict == VERDICT_SKIP) {
        add(answer, "a bisection would skip it");
    } else {
        add(answer, "a bisection would take it for %s%s", verdict_name(verdict),
            is_any && verdict == VERDICT_BAD ? ", if that is the crash looked for" : "");
    }
}

void job_explain_tried(const Job *job, Answer *answer)
{
    const RevisionEvidence *own = evidence_of(job), *twin = NULL;

    if (own->said != VERDICT_UNKNOWN) {
        answer->reason = g_strdup("on your word");
        return;
    }
    if (n_run(own) == 0) {
        twin = twin_of(job, own);
    }
    answer->reason = say_verdict(job, twin ? twin : own, answer->tried);
    if (twin) {
        add(answer, "its kernel is that of %.12s to the byte, which was tried before",
            twin->commit);
    }
    if (answer->tried == TRIED_GOOD || answer->tried == TRIED_UNREACHED) {
        add_chance(job, twin ? twin : own, answer);
    }
    add_use(job, answer);
}
