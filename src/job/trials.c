/* SPDX-License-Identifier: Apache-2.0
 * The trials of one revision as a work, a batch: several in flight, until the decider wants no more
 * of them.
 */
#include "job/private.h"

/* So many trials in a row that fail by our machine's fault end the work: something is broken that a
 * person must mend. */
#define N_INFRA_LIMIT 4

/* One trial of a batch. */
typedef struct Flight {
    Work *batch;
    guint lane;      /* SpanRow.lane */
    gint64 begun_us; /* as in Work */
} Flight;

/* A trial told nothing, by our machine's fault or the test command's. FALSE when that was so too
 * often. */
static gboolean take_infra(Job *job, const char *commit, const char *how, GError **error)
{
    gboolean run = job_spec_is_run(job->spec);

    job_say(job,
            run ? "%.12s: no verdict, test repeated: %s"
                : "%.12s: our machine failed, trial repeated: %s",
            commit, how);
    if (++job->n_infra < N_INFRA_LIMIT) {
        return TRUE;
    }
    if (run) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "the test command gave no verdict %u times in a row: %s (verdicts are exit "
                    "codes up to 127, and a crash; for 'too slow is bad' let it end by itself: "
                    "'timeout 60 CMD' exits with 124; 'firstbad restart' takes another --test)",
                    job->n_infra, how);
    } else {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "this machine failed %u trials in a row: %s", job->n_infra, how);
    }
    return FALSE;
}

static void start_trials(Work *batch);

/* In one transaction with the time that it took. */
static gboolean keep_outcome(const Work *batch, const Outcome *outcome, GError **error)
{
    Job *job = batch->job;

    return store_begin(job->store, error) &&
           store_end(job->store,
                     store_put_trial(job->store, job->id, batch->task.commit, batch->kernel->key,
                                     outcome, g_get_real_time() / G_USEC_PER_SEC, error) &&
                         job_book_time(job, error),
                     error);
}

/* Store what a trial showed, and take it into the evidence. */
static gboolean take_outcome(const Work *batch, const Outcome *outcome, GError **error)
{
    Job *job = batch->job;
    const char *commit = batch->task.commit;
    TrialRow *trial;

    if (!keep_outcome(batch, outcome, error)) {
        return FALSE;
    }
    if (outcome->origin && job->farm->ops->counted) {
        job->farm->ops->counted(job->farm, outcome->origin);
    }
    trial = g_new0(TrialRow, 1);
    trial->commit = g_strdup(commit);
    trial->kind = outcome->kind;
    trial->title = g_strdup(outcome->title);
    trial->alt_titles = outcome->report ? g_strdupv(outcome->report->alt_titles) : NULL;
    trial->functions = outcome->identity ? g_strjoinv(" ", outcome->identity->functions) : NULL;
    trial->corrupted = outcome->report && outcome->report->corrupted_reason;
    trial->suppressed = outcome->report && outcome->report->suppressed;
    trial->calls = g_strdup(outcome->calls);
    trial->run_ms = outcome->run_ms;
    trial->restored = outcome->restored;
    gboolean only_booted = situation_evidence_for(&job->situation, commit)->only_booted;
    job_learn_trial(job, trial);
    if (situation_evidence_for(&job->situation, commit)->only_booted && !only_booted) {
        job_say(job,
                "%.12s: only trials that began with a kept guest show the bug, booted ones stay "
                "quiet: the former do not count",
                commit);
    }
    if (outcome->kind != OUTCOME_INFRA) {
        job->n_infra = 0;
        return TRUE;
    }
    return take_infra(job, commit, outcome->title, error);
}

/* How many more of its revision are wanted beside those in flight: what the decider would ask for
 * if the guests were idle. */
static void ask_for_more(Work *batch)
{
    Action action;

    job_ask(batch->job, batch, &action);
    if (action.kind == ACTION_TRIALS && g_str_equal(action.commit, batch->task.commit)) {
        batch->n_wanted = MAX(action.n_trials, batch->n_running) - batch->n_running;
        batch->n_quiet = action.n_quiet;
    } else {
        batch->n_wanted = batch->n_quiet = 0;
    }
    g_clear_pointer(&action.answer, answer_free);
}

/* One has ended that may show @outcome, or failed: how many more are wanted? While things go as was
 * to be expected, as many as were: to decide takes time, more than a restored guest does where
 * there are many revisions. */
static void count_wanted(Work *batch, const Outcome *outcome)
{
    if (batch->error || batch->is_stopped || job_is_paused(batch->job)) {
        batch->n_wanted = batch->n_quiet = 0;
    } else if (outcome->kind == OUTCOME_OK && batch->n_quiet > 0) {
        batch->n_quiet--;
    } else {
        ask_for_more(batch);
    }
}

/* SpanRow.how of a trial that showed @outcome; NULL: it was cut off. */
static const char *trial_how(const Job *job, const Outcome *outcome)
{
    if (!outcome) {
        return "cancelled";
    }
    return job_spec_is_run(job->spec) ? NULL : outcome->restored ? "restored" : "booted";
}

static void end_batch(Work *batch);

static void on_trial_done(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autofree Flight *flight = data;
    Work *batch = flight->batch;
    Job *job = batch->job;
    Farm *farm = job->farm;
    g_autoptr(Outcome) outcome = NULL;
    GError *error = NULL;

    farm->ops->trial_finish(farm, res, &outcome, &error);
    batch->n_running--;
    batch->lanes &= ~(G_GUINT64_CONSTANT(1) << flight->lane);
    job_put_span(job, "trial", batch->task.commit, trial_how(job, outcome), flight->lane,
                 flight->begun_us);
    if (!outcome || !take_outcome(batch, outcome, &error)) {
        if (batch->error) {
            g_error_free(error);
        } else {
            batch->error = error;
        }
    }
    count_wanted(batch, outcome);
    job->has_news |= batch->n_wanted == 0;
    start_trials(batch);
    if (batch->n_running == 0) {
        end_batch(batch);
    }
}

static guint count_traces(const Job *job, const char *commit)
{
    guint n = 0;

    for (guint i = 0; i < job->trials->len; i++) {
        const TrialRow *trial = job->trials->pdata[i];

        n += trial->calls && g_str_equal(trial->commit, commit);
    }
    return n;
}

/* The first trials of each kernel are traced, for the proof that it could have shown the bug. Of
 * the start the calls before a crash are wanted, so those that most probably crash; of others runs
 * that stay quiet, for which those that crash need not wait. */
static GuestTrace choose_trace(Work *batch)
{
    Job *job = batch->job;
    const char *commit = batch->task.commit;
    gboolean is_start = g_str_equal(commit, job->spec->start);

    if (!job->situation.proves_reach || batch->n_traced >= N_TRACES ||
        (is_start && situation_evidence_for(&job->situation, commit)->n_crash == 0)) {
        return TRACE_NONE;
    }
    batch->n_traced++;
    return is_start ? TRACE_FIRST : TRACE_LATER;
}

static Flight *new_flight(Work *batch)
{
    Flight *flight = g_new(Flight, 1);

    /* Of 64 guests and more those after the 63rd share a lane. */
    *flight = (Flight){.batch = batch, .begun_us = g_get_monotonic_time()};
    while (flight->lane < 63 && (batch->lanes >> flight->lane & 1)) {
        flight->lane++;
    }
    batch->lanes |= G_GUINT64_CONSTANT(1) << flight->lane;
    return flight;
}

static void start_trials(Work *batch)
{
    Job *job = batch->job;
    const RevisionEvidence *evidence = situation_evidence_for(&job->situation, batch->task.commit);

    while (batch->n_wanted &&
           (job->farm->takes_all_trials || batch->n_running < job->farm->n_trials_at_once)) {
        batch->n_wanted--;
        batch->n_running++;
        job->farm->trace = choose_trace(batch);
        job->farm->boots = evidence->only_booted || ways_booted_wanted(&evidence->ways) > 0;
        job->farm->ops->trial_async(job->farm, batch->task.commit, batch->kernel,
                                    batch->cancellable, on_trial_done, new_flight(batch));
    }
    job_tell_works(job, NULL);
}

char *batch_text(const Work *batch)
{
    Job *job = batch->job;
    const RevisionEvidence *evidence = situation_evidence_for(&job->situation, batch->task.commit);
    g_autofree char *title = variant_title(batch->task.commit);

    return g_strdup_printf("testing %s: %u ok, %u %s, %u to go", title, evidence->n_ok,
                           evidence->n_crash, job_spec_verb(job->spec),
                           batch->n_running + batch->n_wanted);
}

/* So surely must a revision have the bug, or not, to be called bad or good; less where the whole
 * search is to end with less.
 */
#define SURE 0.95

Verdict job_verdict(Job *job, const char *commit)
{
    gint64 revision = job->range ? range_find(job->range, commit) : -1;
    Tally tally;

    if (revision >= 0) {
        return belief_verdict_of(job->belief, (guint32)revision,
                                 CLAMP(job->situation.confidence, 0.5, SURE));
    }
    situation_tally(&job->situation, commit, &tally);
    return belief_verdict(&tally);
}

gboolean job_keep_verdict_so_far(Job *job, const char *commit, GError **error)
{
    const RevisionEvidence *evidence = situation_evidence_for(&job->situation, commit);
    Verdict verdict = job_verdict(job, commit);
    const char *name = verdict != VERDICT_BAD  ? verdict_name(verdict)
                       : evidence->n_crash > 0 ? NULL
                                               : verdict_name(VERDICT_UNKNOWN);

    return !job->range || range_find(job->range, commit) < 0 ||
           g_hash_table_contains(job->situation.overruled, commit) ||
           store_set_verdict(job->store, job->id, commit, name, error);
}

/* "bad", "good" or "skip" when that is sure by now, else "unknown". */
static const char *verdict_so_far(Job *job, const char *commit)
{
    Tally tally;

    situation_tally(&job->situation, commit, &tally);
    return tally.unreached ? "unreached" : verdict_name(job_verdict(job, commit));
}

/* "6533e558c650 bad: 3 of 3 trials crashed" */
static void say_result(Job *job, const char *commit)
{
    const RevisionEvidence *evidence = situation_evidence_for(&job->situation, commit);
    guint n_run =
        evidence->n_ok + evidence->n_crash + evidence->n_doubtful + evidence->n_other_crash;
    gboolean run = job_spec_is_run(job->spec);
    g_autofree char *title = variant_title(commit);
    g_autoptr(GString) line = g_string_new(NULL);

    g_string_printf(line, "%s %s: %u of %u trials %s", title, verdict_so_far(job, commit),
                    evidence->n_crash, n_run, job_spec_verb(job->spec));
    if (evidence->n_doubtful) {
        g_string_append_printf(line, ", %u with a doubtful crash", evidence->n_doubtful);
    }
    if (evidence->n_other_crash) {
        g_string_append_printf(line, ", %u with another crash", evidence->n_other_crash);
    }
    if (evidence->n_broken) {
        g_string_append_printf(line, run ? ", %u asked to be skipped" : ", %u did not boot or run",
                               evidence->n_broken);
    }
    if (evidence->n_unreached) {
        g_string_append_printf(line, ", %u did not reach it", evidence->n_unreached);
    }
    job_tell(job, NULL, line->str);
}

/* All its trials have ended. */
static void end_batch(Work *batch)
{
    Job *job = batch->job;
    const char *commit = batch->task.commit;

    if (g_error_matches(batch->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) &&
        g_hash_table_add(job->rebuilt, g_strdup(commit))) {
        job_say(job, "%.12s must be built again: %s", commit, batch->error->message);
        g_clear_error(&batch->error);
        g_clear_pointer(&situation_evidence_for(&job->situation, commit)->kernel, kernel_free);
    } else if (batch->error) {
        g_prefix_error(&batch->error, "testing %.12s: ", commit);
    } else {
        if (job->belief) {
            situation_update_belief(&job->situation);
        }
        say_result(job, commit);
        job_keep_verdict_so_far(job, commit, &batch->error);
    }
    work_end(batch);
}

void job_begin_trials(Job *job, const Action *action)
{
    Work *batch = work_begin(job, action);
    const char *commit = batch->task.commit;

    batch->kernel = kernel_copy(situation_evidence_for(&job->situation, commit)->kernel);
    batch->n_wanted = action->n_trials;
    batch->n_quiet = action->n_quiet;
    batch->n_traced = count_traces(job, commit);
    start_trials(batch);
}
