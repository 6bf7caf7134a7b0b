/* SPDX-License-Identifier: Apache-2.0
 * The evidence of a log in our own model, where the commits are at hand.
 *
 * The tests become the evidence of a job over good..start, as if we had made them: crashes count by
 * their identity, equal signatures are one kernel, releases tested on the way are evidence like any
 * other. job/ turns it into belief, as it does for its own jobs.
 */
#include "job/job.h"
#include "judge.h"

#include <string.h>

/* More trials than any log has: mixed outcomes never make a revision untestable. */
#define MANY_TRIALS 1000
#define CONFIDENCE  0.95
/* What a build and a trial cost where the log does not tell. */
#define BUILD_S 300
#define TRIAL_S 60

void rejudged_free(Rejudged *rejudged)
{
    if (!rejudged) {
        return;
    }
    g_clear_pointer(&rejudged->candidates, g_array_unref);
    g_clear_pointer(&rejudged->belief, belief_free);
    g_clear_pointer(&rejudged->range, range_free);
    g_free(rejudged);
}

/* --- The range ------------------------------------------------------------------------------- */

/* From the good end of the search to the start, or, where the start does not contain that, to the
 * bad end of the search. */
static Range *load_range(const Repo *repo, const BisectLog *log, GError **error)
{
    g_autofree char *good = NULL, *start = NULL;
    gboolean reaches = FALSE;

    if (!log->range_good || log->is_fix) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            log->is_fix ? "the search for a fix has no model of ours"
                                        : "the log has no search: no revision was good");
        return NULL;
    }
    good = repo_resolve(repo, log->range_good, error);
    if (!good) {
        g_prefix_error(error, "the good end of the log is not in the tree: ");
        return NULL;
    }
    start = log->start ? repo_resolve(repo, log->start, NULL) : NULL;
    if (start && !repo_is_ancestor(repo, good, start, &reaches, error)) {
        return NULL;
    }
    if (!reaches) {
        g_free(start);
        start = repo_resolve(repo, log->range_bad, error);
        if (!start) {
            g_prefix_error(error, "the bad end of the log is not in the tree: ");
            return NULL;
        }
    }
    return repo_load_range(repo, good, start, error);
}

/* --- What is believed before any test -------------------------------------------------------- */

typedef struct Facts {
    const Case *judged;
    CommitFacts *of; /* of each revision */
} Facts;

static void learn_change(const Change *change, gpointer user_data)
{
    const Facts *facts = user_data;
    CommitFacts *of = &facts->of[change->revision];

    of->n_files = change->n_files;
    for (guint i = 0; i < change->n_files; i++) {
        g_autofree char *folder = g_path_get_dirname(change->files[i]);

        for (guint j = 0; facts->judged->stack_files[j]; j++) {
            g_autofree char *stack = g_path_get_dirname(facts->judged->stack_files[j]);

            of->touches_stack_file |= g_str_equal(change->files[i], facts->judged->stack_files[j]);
            of->touches_stack_folder |= g_str_equal(folder, stack);
        }
    }
    for (guint i = 0; i < change->n_fixed; i++) {
        facts->of[change->fixed[i]].is_fixed = TRUE;
    }
    for (guint i = 0; i < change->n_reverted; i++) {
        facts->of[change->reverted[i]].is_reverted = TRUE;
    }
}

static Belief *make_belief(const Repo *repo, const Range *range, const Case *judged)
{
    guint n = history_size(range->history);
    g_autofree CommitFacts *of = g_new0(CommitFacts, n);
    g_autofree double *log_prior = g_new(double, n);
    Facts facts = {.judged = judged, .of = of};
    BeliefModel model;

    /* The report is of the last crash: only when that is the start's, it tells where to look. What
     * git cannot say (a partial clone) has to do without. */
    if (judged->is_same_bug && judged->stack_files[0] &&
        !repo_walk_changes(repo, range, learn_change, &facts, NULL)) {
        memset(of, 0, n * sizeof *of);
    }
    for (guint32 r = 1; r < n; r++) {
        of[r].is_merge = range_is_merge(range, r);
    }
    belief_log_prior(range->history, of, log_prior);
    belief_model_default(&model);
    return belief_new(range->history, &model, log_prior);
}

/* --- The tests ------------------------------------------------------------------------------- */

static OutcomeKind outcome_kind(RunKind kind)
{
    switch (kind) {
    case RUN_OK:
        return OUTCOME_OK;
    case RUN_CRASH:
        return OUTCOME_CRASH;
    case RUN_BOOT:
        return OUTCOME_BOOT_FAILED;
    case RUN_BASIC:
        return OUTCOME_BASIC_FAILED;
    default:
        return OUTCOME_INFRA; /* tells nothing */
    }
}

/* The runs of @test as trials of ours. */
static void add_trials(GPtrArray *trials, const LoggedTest *test)
{
    for (guint i = 0; i < test->runs->len; i++) {
        const LoggedRun *run = test->runs->pdata[i];

        for (guint k = 0; k < run->n; k++) {
            TrialRow *trial = g_new0(TrialRow, 1);

            trial->commit = g_strdup(test->commit);
            trial->kind = outcome_kind(run->kind);
            trial->title = g_strdup(run->title);
            g_ptr_array_add(trials, trial);
        }
    }
}

static void learn_test(Situation *situation, const LoggedTest *test, GPtrArray *trials)
{
    RevisionEvidence *evidence = situation_evidence_for(situation, test->commit);

    if (!evidence->kernel) {
        evidence->kernel = g_new0(Kernel, 1);
        evidence->kernel->status = KERNEL_FAILED;
    }
    /* One that did not build may do so at another try. */
    if (evidence->kernel->status == KERNEL_FAILED && test->outcome != LOGGED_BUILD_FAILED) {
        evidence->kernel->status = KERNEL_BUILT;
        evidence->kernel->signature = g_strdup(test->signature);
    }
    add_trials(trials, test);
}

static void learn_tests(Rejudged *rejudged, const Case *judged)
{
    g_autoptr(GPtrArray) trials = g_ptr_array_new_with_free_func((GDestroyNotify)trial_row_free);
    g_autoptr(GHashTable) evidence = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                           (GDestroyNotify)revision_evidence_free);
    Situation situation = {.start = judged->log->start,
                           .evidence = evidence,
                           .range = rejudged->range,
                           .belief = rejudged->belief,
                           .max_trials = MANY_TRIALS};
    const Sought sought = {.bug = judged->bug};

    for (guint i = 0; i < judged->log->tests->len; i++) {
        const LoggedTest *test = judged->log->tests->pdata[i];

        if (range_find(rejudged->range, test->commit) < 0) {
            rejudged->n_outside++;
        } else if (test->outcome != LOGGED_INFRA && test->outcome != LOGGED_PARENT_FAILED) {
            rejudged->n_inside++;
            learn_test(&situation, test, trials);
        }
    }
    evidence_count(evidence, trials, &sought);
    situation_update_belief(&situation);
}

/* --- All together ---------------------------------------------------------------------------- */

/* By what the log says of its time. */
static Costs costs_of(const BisectLog *log)
{
    Costs costs = {.build_s = BUILD_S, .trial_s = TRIAL_S, .parallel_trials = 1};
    guint n_runs = 0;

    for (guint i = 0; i < log->tests->len; i++) {
        n_runs += ((const LoggedTest *)log->tests->pdata[i])->n_runs;
    }
    if (log->has_totals && log->n_tested && n_runs) {
        costs.build_s = (double)log->build_ns / 1e9 / log->n_tested;
        costs.trial_s = (double)log->test_ns / 1e9 / n_runs;
    }
    return costs;
}

Rejudged *rejudged_new(const OopsReader *reader, const Repo *repo, const BisectLog *log,
                       GError **error)
{
    g_autoptr(Rejudged) rejudged = g_new0(Rejudged, 1);
    g_auto(Case) judged = {0};
    const Costs costs = costs_of(log);

    rejudged->range = load_range(repo, log, error);
    if (!rejudged->range) {
        return NULL;
    }
    case_open(reader, log, &judged);
    rejudged->belief = make_belief(repo, rejudged->range, &judged);
    learn_tests(rejudged, &judged);
    rejudged->candidates = belief_candidates(rejudged->belief, CONFIDENCE);
    rejudged->has_next =
        belief_next_experiment(rejudged->belief, CONFIDENCE, &costs, &rejudged->next);
    rejudged->culprit = log->culprit ? range_find(rejudged->range, log->culprit) : -1;
    return g_steal_pointer(&rejudged);
}

json_t *rejudged_json(const Rejudged *rejudged)
{
    const double *posterior = belief_posterior(rejudged->belief);
    char **commits = rejudged->range->commits;
    json_t *candidates = json_array();

    for (guint i = 0; i < rejudged->candidates->len; i++) {
        guint32 revision = g_array_index(rejudged->candidates, guint32, i);

        json_array_append_new(candidates, json_pack("{s:s, s:f, s:b}", "commit", commits[revision],
                                                    "probability", posterior[revision], "or_older",
                                                    revision == 0));
    }
    return json_pack("{s:i, s:i, s:i, s:f, s:o, s:o, s:o}", "n_revisions",
                     (int)history_size(rejudged->range->history), "tests_inside",
                     (int)rejudged->n_inside, "tests_outside", (int)rejudged->n_outside,
                     "entropy_bits", belief_entropy(rejudged->belief), "culprit_probability",
                     rejudged->culprit < 0 ? json_null() : json_real(posterior[rejudged->culprit]),
                     "candidates", candidates, "next",
                     rejudged->has_next
                         ? json_pack("{s:s, s:i, s:f}", "commit", commits[rejudged->next.revision],
                                     "n_trials", (int)rejudged->next.n_trials, "gain_bits",
                                     rejudged->next.gain_bits)
                         : json_null());
}
