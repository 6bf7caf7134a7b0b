/* SPDX-License-Identifier: Apache-2.0
 * A job at work: what it knows, what it tells, what it has cost; made of what the store holds.
 */
#include "job/private.h"

#include <string.h>

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

/* PHASE_DONE: it is none of ours. */
static JobPhase phase_parse(const char *name)
{
    guint phase = 0;

    while (phase < PHASE_DONE && !g_str_equal(phase_names[phase], name)) {
        phase++;
    }
    return phase;
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
    job_weigh_foreign(job);
}

void job_learn_trial(Job *job, TrialRow *trial)
{
    g_ptr_array_add(job->trials, trial);
    RevisionEvidence *evidence = situation_evidence_for(&job->situation, trial->commit);
    gboolean is_crash = sought_outcome(job->sought.kind, trial) == OUTCOME_CRASH;
    if (!evidence_add(evidence, trial, &job->sought) ||
        (is_crash && g_str_equal(trial->commit, job->spec->start))) {
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

void job_learn_made(Job *job)
{
    g_auto(GStrv) made =
        job->range && job->farm->ops->made ? job->farm->ops->made(job->farm) : NULL;

    g_clear_pointer(&job->in_store, g_free);
    if (made) {
        job->in_store = g_new0(gboolean, history_size(job->range->history));
    }
    for (char **commit = made; commit && *commit; commit++) {
        gint64 revision = range_find(job->range, *commit);

        if (revision >= 0) {
            job->in_store[revision] = TRUE;
        }
    }
    job->situation.in_store = job->in_store;
}

/* --- Time ------------------------------------------------------------------------------------ */

gboolean job_book_time(Job *job, GError **error)
{
    gboolean tests = job_n_batches(job) > 0, builds = !tests && job_n_builds(job) > 0;
    gint64 now_us = g_get_monotonic_time();
    guint64 ms = (guint64)(now_us - job->booked_us) / 1000;

    job->booked_us += (gint64)ms * 1000;
    job->booked_ms += ms;
    return store_add_time(job->store, job->id, ms, builds ? ms : 0, tests ? ms : 0, error);
}

/* --- Life ------------------------------------------------------------------------------------ */

void job_free(Job *job)
{
    if (!job) {
        return;
    }
    job_stop_showing(job);
    g_clear_pointer(&job->works, g_ptr_array_unref);
    g_clear_error(&job->error);
    g_clear_pointer(&job->belief, belief_free);
    g_clear_pointer(&job->known_factors, g_free);
    g_clear_pointer(&job->foreign, foreign_free);
    g_clear_pointer(&job->same, same_free);
    g_clear_pointer(&job->distances, distances_free);
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
    g_free(job->in_store);
    g_clear_pointer(&job->fixes, g_hash_table_unref);
    g_clear_pointer(&job->told, g_hash_table_unref);
    sought_clear(&job->sought);
    g_clear_pointer(&job->mended, g_hash_table_unref);
    g_clear_pointer(&job->situation.storms, g_ptr_array_unref);
    g_strfreev(job->stack_files);
    drift_free(job->drift);
    reach_free(job->reach);
    g_clear_pointer(&job->situation.minimise, minimise_free);
    g_clear_pointer(&job->live, live_free);
    g_clear_pointer(&job->subjects, g_hash_table_unref);
    g_clear_pointer(&job->placed, revision_set_free);
    g_free(job->dir);
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

        g_hash_table_insert(job->decided, g_strdup(row->commit),
                            GUINT_TO_POINTER(phase_parse(row->phase)));
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

static void on_farm_tells(const char *line, gpointer data)
{
    job_say(data, "%s", line);
}

/* Let the farm know what is counted, and hear what it has to tell. */
static void meet_farm(Job *job)
{
    Farm *farm = job->farm;

    farm->tell = on_farm_tells;
    farm->tell_data = job;
    for (guint i = 0; farm->ops->counted && i < job->trials->len; i++) {
        const TrialRow *row = job->trials->pdata[i];

        if (row->origin) {
            farm->ops->counted(farm, row->origin);
        }
    }
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

/* A release of mainline has 13,000 to 17,000 commits. Of 376 bisections of syzbot 141 had a bug
 * that the newest release behind the start had not (shared/data/bisect-logs): to try it is a
 * question of nearly one bit, and to try a nearer one is less. */
#define NEAR_COMMITS 15000

/* How many of the releases lie within NEAR_COMMITS of the start. Older ones are taken to lie
 * further off. */
static gboolean count_near(Job *job, GError **error)
{
    guint n_near = 0, n = job->releases->len;

    while (n_near < n) {
        guint middle = (n_near + n) / 2;
        const ReleaseTag *tag = job->releases->pdata[middle];
        gint64 n_commits =
            repo_count_commits(job->repo, tag->commit, job->spec->start, NEAR_COMMITS + 1, error);

        if (n_commits < 0) {
            return FALSE;
        }
        if (n_commits <= NEAR_COMMITS) {
            n_near = middle + 1;
        } else {
            n = middle;
        }
    }
    job->situation.n_near = n_near;
    return TRUE;
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
        if (!count_near(job, error)) {
            return FALSE;
        }
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

double job_confidence(const JobSpec *spec)
{
    BeliefModel model;

    belief_model_default(&model);
    return MIN(spec->confidence, belief_most_confidence(&model));
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
    job->dir = store_job_dir(store, id);
    job->live = live_new();
    job->begun_us = g_get_monotonic_time();
    job->subjects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    job->works = g_ptr_array_new_with_free_func((GDestroyNotify)work_free);
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
    job->situation.prior_needs_crash = TRUE;
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
    job->situation.confidence = job_confidence(spec);
    job->situation.n_trials_at_once = farm->n_trials_at_once;
    job->situation.validates = !job_spec_is_run(spec);
    job->situation.patches = job->situation.validates && !spec->no_revert_test;
    /* What mends a bug mostly forbids what the reproducer asks for. */
    job->situation.proves_reach = job->situation.validates && (!spec->fix || spec->tried);
    if ((!spec->tried && !find_ends(job, error)) || !load_evidence(job, error) ||
        !job_load_minimised(job, error) || (!spec->tried && !job_load_foreign(job, error))) {
        return NULL;
    }
    job_use_known(job);
    meet_farm(job);
    return g_steal_pointer(&job);
}
