/* SPDX-License-Identifier: Apache-2.0
 * The half of a job that carries out: asks decide.c what to do, has the farm do it (trials:
 * trials.c), stores what came out, and asks again.
 */
#include "job/private.h"

#include <string.h>

/* Options named when the start's kernel lacks some. */
#define N_LOST_SHOWN 8
/* Trials of the start, where they are cheap; half of it elsewhere. */
#define N_START_TRIALS 10

static const char *const phase_names[] = {
    [PHASE_REPRODUCE] = "reproduce", [PHASE_MINIMISE] = "minimise", [PHASE_RANGE] = "range",
    [PHASE_SEARCH] = "search",       [PHASE_CHECK] = "check",       [PHASE_DONE] = "done",
};

const char *job_phase_name(JobPhase phase)
{
    return phase_names[phase];
}

/* --- Evidence -------------------------------------------------------------------------------- */

/* All trials are counted anew when what they are compared with changes: the identity is learned
 * from the start's crashes. */
void job_count_trials(Job *job)
{
    sought_clear(&job->sought);
    sought_learn(job->spec, job->trials, &job->sought);
    evidence_count(job->situation.evidence, job->trials, &job->sought);
    if (job->situation.bug == BUG_BUILD) {
        evidence_count_builds(job->situation.evidence, job->spec->start);
    }
}

void job_learn_trial(Job *job, TrialRow *trial)
{
    g_ptr_array_add(job->trials, trial);
    RevisionEvidence *evidence = situation_evidence_for(&job->situation, trial->commit);
    if (!evidence_add(evidence, trial, &job->sought) ||
        g_str_equal(trial->commit, job->spec->start)) {
        job_count_trials(job);
    }
}

gboolean job_put_fact(Job *job, const char *commit, const char *kind, const char *text,
                      GError **error)
{
    if (!store_put_fact(job->store, job->id, commit, kind, text, error)) {
        return FALSE;
    }
    situation_put_fact(&job->situation, commit, kind, text);
    return TRUE;
}

/* What of the budget is used. */
static void count_costs(Job *job)
{
    job->situation.n_kernels = 0;
    for (guint i = 0; i < job->kernels->len; i++) {
        job->situation.n_kernels += !((const KernelRow *)job->kernels->pdata[i])->kernel->reused;
    }
    job->situation.spent_s = (double)job->booked_ms / 1000;
}

void job_learn_costs(Job *job)
{
    double slowest_s = 0, fastest_s = 0, trial_s = 0;
    guint n_builds = 0, n_trials = 0;

    job->situation.tree = NULL;
    for (guint i = 0; i < job->kernels->len; i++) {
        const KernelRow *row = job->kernels->pdata[i];
        double build_s = row->kernel->build_ms / 1000.0;

        if (!row->kernel->reused && row->kernel->status == KERNEL_BUILT) {
            slowest_s = MAX(slowest_s, build_s);
            fastest_s = n_builds++ > 0 ? MIN(fastest_s, build_s) : build_s;
            job->situation.tree = row->commit;
        }
    }
    for (guint i = job->trials->len; i-- > 0 && n_trials < 10;) {
        const TrialRow *trial = job->trials->pdata[i];

        if (trial->kind != OUTCOME_INFRA) {
            trial_s += trial->run_ms / 1000.0;
            n_trials++;
        }
    }
    /* The first build starts from nothing; the fastest one had least to do. */
    job->situation.build_s = n_builds > 0 ? slowest_s : job->farm->expected_build_s;
    job->situation.near_build_s = n_builds > 0 ? fastest_s : job->farm->expected_build_s;
    job->situation.trial_s = n_trials ? trial_s / n_trials : job->farm->expected_trial_s;
    count_costs(job);
}

/* --- Progress and time ----------------------------------------------------------------------- */

void job_tell(Job *job, const char *doing, const char *line)
{
    JobProgress progress = {.phase = job->phase,
                            .doing = doing,
                            .line = line,
                            .n_kernels = job->kernels->len,
                            .n_trials = job->trials->len};

    if (job->belief) {
        g_autoptr(GArray) candidates = belief_candidates(job->belief, job->spec->confidence);
        guint32 best = g_array_index(candidates, guint32, 0);

        progress.n_left = candidates->len;
        progress.best = job->range->commits[best];
        progress.best_p = belief_posterior(job->belief)[best];
    }
    if (job->progress) {
        job->progress(&progress, job->progress_data);
    }
}

void job_say(Job *job, const char *format, ...)
{
    g_autofree char *line = NULL;
    va_list args;

    va_start(args, format);
    line = g_strdup_vprintf(format, args);
    va_end(args);
    job_tell(job, NULL, line);
}

gboolean job_book_time(Job *job, TimeUse use, GError **error)
{
    gint64 now_us = g_get_monotonic_time();
    guint64 ms = (guint64)(now_us - job->booked_us) / 1000;

    job->booked_us += (gint64)ms * 1000;
    job->booked_ms += ms;
    return store_add_time(job->store, job->id, ms, use == TIME_BUILD ? ms : 0,
                          use == TIME_TEST ? ms : 0, error);
}

/* --- Life ------------------------------------------------------------------------------------ */

void job_free(Job *job)
{
    if (!job) {
        return;
    }
    g_clear_pointer(&job->belief, belief_free);
    g_clear_pointer(&job->range, range_free);
    g_clear_pointer(&job->roots, roots_free);
    g_clear_pointer(&job->is_root_bad, g_free);
    g_clear_pointer(&job->bases, g_strfreev);
    g_free(job->why_no_older);
    g_clear_pointer(&job->releases, g_ptr_array_unref);
    g_clear_pointer(&job->trials, g_ptr_array_unref);
    g_clear_pointer(&job->kernels, g_ptr_array_unref);
    g_clear_pointer(&job->situation.evidence, g_hash_table_unref);
    g_clear_pointer(&job->situation.overruled, g_hash_table_unref);
    g_clear_pointer(&job->situation.facts, g_hash_table_unref);
    g_clear_pointer(&job->decided, g_hash_table_unref);
    g_clear_pointer(&job->rebuilt, g_hash_table_unref);
    g_clear_pointer(&job->fixes, g_hash_table_unref);
    g_clear_pointer(&job->told, g_hash_table_unref);
    sought_clear(&job->sought);
    g_clear_pointer(&job->mended, g_hash_table_unref);
    g_clear_pointer(&job->situation.storms, g_ptr_array_unref);
    g_strfreev(job->stack_files);
    drift_free(job->drift);
    reach_free(job->reach);
    g_clear_pointer(&job->situation.minimise, minimise_free);
    g_free(job->compiler);
    g_free(job);
}

static void load_facts(Job *job, const GPtrArray *facts)
{
    for (guint i = 0; i < facts->len; i++) {
        const FactRow *row = facts->pdata[i];

        situation_put_fact(&job->situation, row->commit, row->kind, row->text);
        if (g_str_equal(row->kind, FACT_VERDICT)) {
            verdict_parse(row->text, &situation_evidence_for(&job->situation, row->commit)->said);
        }
    }
}

/* Read back all that is known of the job. */
static gboolean load_evidence(Job *job, GError **error)
{
    g_autoptr(GPtrArray) decisions = store_decisions(job->store, job->id, error);
    g_autoptr(JobRow) stored = decisions ? store_read_job(job->store, job->id, error) : NULL;
    g_autoptr(GPtrArray) facts = stored ? store_facts(job->store, job->id, error) : NULL;

    if (!facts) {
        return FALSE;
    }
    load_facts(job, facts);
    job_load_fixes(job, facts);
    job_load_mends(job, facts);
    job->booked_ms = stored->total_ms;
    job->kernels = store_kernels(job->store, job->id, error);
    job->trials = job->kernels ? store_trials(job->store, job->id, error) : NULL;
    if (!job->trials) {
        return FALSE;
    }
    for (guint i = 0; i < decisions->len; i++) {
        const DecisionRow *row = decisions->pdata[i];

        g_hash_table_add(job->decided, g_strdup(row->commit));
        if (g_strcmp0(row->verdict, verdict_name(VERDICT_BAD)) == 0) {
            g_hash_table_add(job->situation.overruled, g_strdup(row->commit));
        }
    }
    for (guint i = 0; i < job->kernels->len; i++) {
        const KernelRow *row = job->kernels->pdata[i];
        RevisionEvidence *evidence = situation_evidence_for(&job->situation, row->commit);

        if (!job_is_mended(job, row->commit, row->kernel->key)) {
            evidence->kernel = kernel_copy(row->kernel);
        }
        g_free(job->compiler);
        job->compiler = g_strdup(row->kernel->compiler);
    }
    for (guint i = job->trials->len; i-- > 0;) {
        const TrialRow *row = job->trials->pdata[i];

        if (job_is_mended(job, row->commit, row->kernel_key)) {
            g_ptr_array_remove_index(job->trials, i);
        }
    }
    for (guint i = 0; i < job->trials->len; i++) {
        situation_evidence_for(&job->situation, ((TrialRow *)job->trials->pdata[i])->commit);
    }
    job_count_trials(job);
    return TRUE;
}

/* The crash rate of the start is worth knowing well, but not more than a build's time. */
static guint n_start_trials(const Farm *farm)
{
    double many_s = N_START_TRIALS * farm->expected_trial_s / farm->n_trials_at_once;

    return many_s <= farm->expected_build_s ? N_START_TRIALS : N_START_TRIALS / 2;
}

/* Of the releases behind the start those that are worth a trial, and why there are no older ones.
 */
static void select_releases(Job *job)
{
    g_autofree char *built = job->farm->oldest ? version_kernel_text(job->farm->oldest) : NULL;
    const char *wished = job->spec->oldest;
    gboolean is_wish = wished && !(built && release_name_compare(built, wished) < 0);
    const char *oldest = is_wish ? wished : built;
    guint n;

    releases_select(job->releases, job->spec->releases, NULL);
    n = job->releases->len;
    releases_select(job->releases, job->spec->releases, oldest);
    if (job->releases->len == n) {
        job->why_no_older = repo_history_flaw(job->repo);
    } else if (is_wish) {
        job->why_no_older = g_strdup_printf("--oldest %s", oldest);
    } else {
        job->why_no_older = g_strdup_printf(
            "no compiler here builds kernels before %s ('firstbad doctor' shows them)", oldest);
    }
}

/* Where the range may end: at releases, at what is given, or where that parted from the start. */
static gboolean find_ends(Job *job, GError **error)
{
    const JobSpec *spec = job->spec;
    gboolean is_behind;

    job->releases =
        spec->good ? g_ptr_array_new() : repo_release_tags_behind(job->repo, spec->start, error);
    if (!job->releases) {
        return FALSE;
    }
    if (!spec->good) {
        select_releases(job);
    } else if (!spec->fix) {
        if (!repo_is_ancestor(job->repo, spec->good, spec->start, &is_behind, error)) {
            return FALSE;
        }
        job->bases = is_behind ? NULL : repo_merge_bases(job->repo, spec->good, spec->start, error);
        if (!is_behind && !job->bases) {
            return FALSE;
        }
    }
    job->situation.releases = job->releases;
    job->situation.bases = (const char *const *)job->bases;
    job->situation.why_no_older = job->why_no_older;
    return TRUE;
}

Job *job_new(gint64 id, const JobSpec *spec, const Repo *repo, Store *store, Farm *farm,
             GError **error)
{
    g_autoptr(Job) job = g_new0(Job, 1);

    job->id = id;
    job->spec = spec;
    job->repo = repo;
    job->store = store;
    job->farm = farm;
    job->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    job->phase = PHASE_DONE; /* none yet, so that the first one is told to the store */
    job->decided = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    job->rebuilt = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    job->fixes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    job->mended = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    job->situation.evidence = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                    (GDestroyNotify)revision_evidence_free);
    job->situation.overruled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    bug_kind_parse(spec->bug, &job->situation.bug);
    /* What does not build or boot is no storm where that is what is looked for. */
    if (farm->ops->add_fix && (job->situation.bug == BUG_CRASH || job->situation.bug == BUG_HANG)) {
        job->situation.storms = g_ptr_array_new_with_free_func((GDestroyNotify)storm_free);
    }
    job->situation.start = spec->start;
    job->situation.tried = spec->tried;
    job->situation.good = spec->good;
    job->situation.is_fix = spec->fix;
    job->situation.n_start_trials = n_start_trials(farm);
    job->situation.n_check_trials = job->situation.n_start_trials / 2;
    /* A build says all it can at once. */
    job->situation.max_trials =
        job->situation.bug == BUG_BUILD ? N_TRIALS_OF_BUILD : spec->max_trials;
    job->situation.max_kernels = spec->max_kernels;
    job->situation.max_s = spec->max_time_s;
    job->situation.confidence = spec->confidence;
    job->situation.n_trials_at_once = farm->n_trials_at_once;
    job->situation.validates = !job_spec_is_run(spec);
    job->situation.patches = job->situation.validates && !spec->no_revert_test;
    /* What mends a bug mostly forbids what the reproducer asks for. */
    job->situation.proves_reach = job->situation.validates && (!spec->fix || spec->tried);
    if ((!spec->tried && !find_ends(job, error)) || !load_evidence(job, error) ||
        !job_load_minimised(job, error)) {
        return NULL;
    }
    return g_steal_pointer(&job);
}

/* --- Carrying out ---------------------------------------------------------------------------- */

/* Of a fix: where its range grows from, and which of that has the culprit, if that is known. */
static gboolean load_roots(Job *job, const Range *range, GError **error)
{
    g_autoptr(Roots) roots = repo_range_roots(job->repo, range, error);
    g_autofree gboolean *is_bad = roots && job->spec->culprit ? g_new0(gboolean, roots->n) : NULL;

    if (!roots) {
        return FALSE;
    }
    for (guint i = 0; is_bad && i < roots->n; i++) {
        if (!repo_is_ancestor(job->repo, job->spec->culprit, roots->commits[i], &is_bad[i],
                              error)) {
            return FALSE;
        }
    }
    job->roots = g_steal_pointer(&roots);
    job->is_root_bad = g_steal_pointer(&is_bad);
    job->situation.roots = job->roots;
    job->situation.is_root_bad = job->is_root_bad;
    return TRUE;
}

/* From @older, the good end or of a fix the start, to the other end. */
static gboolean load_range(Job *job, const char *older, GError **error)
{
    const char *const end[] = {older, NULL};
    const char *const *ends = job->bases ? (const char *const *)job->bases : end;
    const char *newer = job->spec->fix ? job->spec->good : job->spec->start;
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Range) range = repo_load_range_beyond(job->repo, ends, newer, error);
    g_autofree double *log_prior = NULL;
    BeliefModel model;

    if (!range || (job->spec->fix && !load_roots(job, range, error))) {
        return FALSE;
    }
    job_tell(job, "reading what the revisions change", NULL);
    log_prior = job_make_prior(job, range, lines, error);
    if (!log_prior) {
        return FALSE;
    }
    g_clear_pointer(&job->belief, belief_free);
    g_clear_pointer(&job->range, range_free);
    belief_model_default(&model);
    model.is_fix = job->spec->fix;
    job->range = g_steal_pointer(&range);
    job->belief = belief_new(job->range->history, &model, log_prior);
    job->situation.range = job->range;
    job->situation.belief = job->belief;
    job_say(job, "range: %u revisions after %.12s", history_size(job->range->history) - 1, older);
    if (job->bases) {
        job_say(job, "--good %.12s is not behind the start: where they parted stands for it",
                job->spec->good);
    }
    for (guint i = 0; i < lines->len; i++) {
        job_tell(job, NULL, lines->pdata[i]);
    }
    return TRUE;
}

/* Write down, once for each revision, why it was chosen. */
static gboolean keep_decision(Job *job, const Action *action, GError **error)
{
    g_autofree char *commit = variant_commit(action->commit);
    g_autoptr(DecisionRow) row = NULL;

    /* The try of a mend is none of the steps of the search. */
    if (g_hash_table_contains(job->decided, action->commit) ||
        job_tries_mend(job, action->commit)) {
        return TRUE;
    }
    row = g_new0(DecisionRow, 1);
    row->phase = g_strdup(job_phase_name(action->phase));
    row->commit = g_strdup(action->commit);
    row->label = g_strdup(action->label);
    row->subject = repo_subject(job->repo, commit, error);
    if (!row->subject) {
        return FALSE;
    }
    if (job->belief) {
        g_autoptr(GArray) candidates = belief_candidates(job->belief, job->spec->confidence);
        guint32 best = g_array_index(candidates, guint32, 0);

        row->n_left = candidates->len;
        row->bits = belief_entropy(job->belief);
        row->best = g_strdup(job->range->commits[best]);
        row->best_p = belief_posterior(job->belief)[best];
    }
    g_hash_table_add(job->decided, g_strdup(action->commit));
    return store_put_decision(job->store, job->id, row, error);
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

/* A person may have given the wrong config, or one whose options this tree does not have. */
static void say_lost_options(Job *job, char **options)
{
    guint n = options ? g_strv_length(options) : 0;
    g_autoptr(GString) some = g_string_new(NULL);

    for (guint i = 0; i < MIN(n, N_LOST_SHOWN); i++) {
        g_string_append_printf(some, "%s%s", i ? ", " : "", options[i]);
    }
    if (n) {
        job_say(job, "of the config, %u options are not in the start's kernel: %s%s", n, some->str,
                n > N_LOST_SHOWN ? ", ..." : "");
    }
}

/* What is built with what, where it changes; and what the kernel's era did to the config, once. */
static void say_how_built(Job *job, const Kernel *kernel)
{
    if (kernel->compiler && g_strcmp0(kernel->compiler, job->compiler) != 0) {
        job_say(job, "compiler: %s", kernel->compiler);
        g_free(job->compiler);
        job->compiler = g_strdup(kernel->compiler);
    }
    for (char **note = kernel->notes; note && *note; note++) {
        if (g_hash_table_add(job->told, g_strdup(*note))) {
            job_say(job, "%s", *note);
        }
    }
}

static gboolean carry_build(Job *job, const Action *action, GCancellable *cancellable,
                            GError **error)
{
    gboolean only_checkout = job_spec_is_run(job->spec) && !job->spec->build_command;
    g_autofree char *title = variant_title(action->commit);
    g_autofree char *doing =
        g_strdup_printf("%s %s", only_checkout ? "checking out" : "building", title);
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(Kernel) kernel = NULL;
    g_autofree char *commit = g_strdup(action->commit);
    gint64 begun_ms = job_now_ms();
    KernelRow *row;

    job_tell(job, doing, NULL);
    job->farm->ops->build_async(job->farm, commit, cancellable, keep_result, &res);
    while (!res) {
        g_main_context_iteration(NULL, TRUE);
    }
    if (!job->farm->ops->build_finish(job->farm, res, &kernel, error)) {
        g_prefix_error(error, "building %s: ", title);
        return FALSE;
    }
    job_put_span(job, "build", commit, job_build_how(job, kernel), 0, begun_ms);
    if (!job_keep_fixes(job, commit, kernel, error) ||
        !store_put_kernel(job->store, job->id, commit, kernel, error) ||
        !job_book_time(job, TIME_BUILD, error)) {
        return FALSE;
    }
    row = g_new0(KernelRow, 1);
    row->commit = g_strdup(commit);
    row->kernel = kernel_copy(kernel);
    g_ptr_array_add(job->kernels, row);
    say_how_built(job, kernel);
    if (kernel->status == KERNEL_FAILED) {
        job_say(job, "%s does not build: %s", title, kernel->first_error);
    } else if (kernel->signature) {
        job_say(job, "%s %s: kernel %.12s", title, kernel->reused ? "was built before" : "built",
                kernel->signature);
    }
    if (g_str_equal(commit, job->spec->start)) {
        say_lost_options(job, kernel->lost_options);
    }
    situation_evidence_for(&job->situation, commit)->kernel = g_steal_pointer(&kernel);
    if (job->situation.bug == BUG_BUILD) {
        job_count_trials(job);
    }
    return TRUE;
}

/* SpanRow.kind of what the coordinator does itself. */
static const char *const work_names[] = {
    [ACTION_LOAD_RANGE] = "range", [ACTION_EXAMINE] = "examine",   [ACTION_MEND] = "mend",
    [ACTION_ADOPT] = "mend",       [ACTION_MINIMISE] = "minimise", [ACTION_ANSWER] = NULL,
};

gboolean job_carry_out(Job *job, JobProgressFunc progress, gpointer user_data,
                       GCancellable *cancellable, Answer **ret_answer, GError **error)
{
    job->progress = progress;
    job->progress_data = user_data;
    job->booked_us = g_get_monotonic_time();
    for (;;) {
        Action action;
        gboolean done = FALSE;
        gint64 begun_ms = job_now_ms();

        if (g_cancellable_set_error_if_cancelled(cancellable, error) ||
            !job_look_for_drift(job, error) || !job_prove_reach(job, error)) {
            return FALSE;
        }
        job_put_work(job, "prove", begun_ms);
        job_learn_costs(job);
        job_decide(&job->situation, &action);
        if (action.phase != job->phase) {
            job->phase = action.phase;
            if (action.kind != ACTION_ANSWER &&
                !store_set_job(job->store, job->id, JOB_RUNNING, job_phase_name(job->phase), NULL,
                               NULL, error)) {
                return FALSE;
            }
        }
        begun_ms = job_now_ms();
        switch (action.kind) {
        case ACTION_OVERRULE:
            job_say(job, "%.12s looked good, but all after it has the bug: going further back",
                    action.commit);
            g_hash_table_add(job->situation.overruled, g_strdup(action.commit));
            done = store_set_verdict(job->store, job->id, action.commit, verdict_name(VERDICT_BAD),
                                     error);
            break;
        case ACTION_LOAD_RANGE:
            done = load_range(job, action.commit, error);
            break;
        case ACTION_BUILD:
            done =
                keep_decision(job, &action, error) && carry_build(job, &action, cancellable, error);
            break;
        case ACTION_TRIALS:
            done = keep_decision(job, &action, error) &&
                   job_carry_trials(job, &action, cancellable, error);
            break;
        case ACTION_EXAMINE:
            done = job_examine(job, action.commit, error);
            break;
        case ACTION_MEND:
            done = job_carry_mend(job, &action, error);
            break;
        case ACTION_ADOPT:
            done = job_carry_adopt(job, &action, error);
            break;
        case ACTION_MINIMISE:
            done = job_carry_minimise(job, error);
            break;
        case ACTION_WAIT:
            g_assert_not_reached(); /* one thing is done at a time */
        case ACTION_ANSWER:
            job_tell(job, "writing the report", NULL);
            done = job_finish_answer(job, action.answer, error);
            job_put_work(job, "report", begun_ms);
            if (!done || !job_book_time(job, TIME_OTHER, error)) {
                answer_free(action.answer);
                return FALSE;
            }
            farm_done(job->farm);
            *ret_answer = action.answer;
            return TRUE;
        }
        if (work_names[action.kind]) {
            job_put_work(job, work_names[action.kind], begun_ms);
        }
        if (!done) {
            return FALSE;
        }
    }
}
