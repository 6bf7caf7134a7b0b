/* SPDX-License-Identifier: Apache-2.0
 * What a job tells of itself: to the process that carries it out, by a callback; and to all others,
 * by the live file, which is written at most a few times a second, as trials may end faster.
 */
#include "job/private.h"

/* The live file is not written more often. */
#define SHOW_US (G_USEC_PER_SEC / 4)
/* A person does not wait longer for a job to go on. */
#define PAUSE_LOOK_S 1

/* --- How long it will take ------------------------------------------------------------------- */

/* What a kernel of this job takes: but for the first one, which had nothing to build on. */
static double kernel_s(const Job *job)
{
    double sum_s = 0;
    guint n = 0;

    for (guint i = 1; i < job->kernels->len; i++) {
        sum_s += (double)((const KernelRow *)job->kernels->pdata[i])->kernel->build_ms / 1000;
        n++;
    }
    return n >= 2 ? sum_s / n : (job->situation.build_s + job->situation.near_build_s) / 2;
}

/* Before the search has had some revisions, so many are taken to have been as was to be expected.
 */
#define N_GUESSED 2.0
/* Where builds are dear a revision is tried until it has the bug with this chance, about. */
#define QUIET_CHANCE 0.25
/* The parent of a culprit until this one. */
#define PARENT_CHANCE 0.01

/* Trials after which a revision with the bug is quiet with chance @miss. */
static guint trials_until(const Job *job, double miss)
{
    const RevisionEvidence *start = g_hash_table_lookup(job->situation.evidence, job->spec->start);

    return belief_trials_for_good(start ? start->n_crash : 1, start ? start->n_ok : 0, miss,
                                  job->situation.max_trials);
}

/* Of a revision of the search: as many as they had so far. */
static double trials_a_revision(const Job *job, const LeftInputs *inputs)
{
    guint guess = inputs->trial_s < inputs->kernel_s ? trials_until(job, QUIET_CHANCE) : 1;
    guint n_revisions = 0, n_trials = 0;
    GHashTableIter iter;
    gpointer phase;

    g_hash_table_iter_init(&iter, job->decided);
    while (g_hash_table_iter_next(&iter, NULL, &phase)) {
        n_revisions += GPOINTER_TO_UINT(phase) == PHASE_SEARCH;
    }
    for (guint i = 0; i < job->trials->len; i++) {
        const TrialRow *trial = job->trials->pdata[i];

        n_trials +=
            GPOINTER_TO_UINT(g_hash_table_lookup(job->decided, trial->commit)) == PHASE_SEARCH;
    }
    return (n_trials + N_GUESSED * guess) / (n_revisions + N_GUESSED);
}

/* Crashes of the start, with one more of each kind. */
static double crash_rate(const Job *job)
{
    const RevisionEvidence *start = g_hash_table_lookup(job->situation.evidence, job->spec->start);

    if (!start || start->n_ok == 0) {
        return 1;
    }
    return (start->n_crash + 1.0) / (start->n_crash + start->n_ok + 2.0);
}

gboolean job_left(Job *job, Left *ret_left)
{
    const Situation *situation = &job->situation;
    guint n_crashing = situation->patches ? 2 : 1;
    LeftInputs inputs = {
        .kernel_s = kernel_s(job),
        .trial_s = situation->trial_s / MAX(job->farm->n_trials_at_once, 1),
        .n_check_kernels = situation->patches ? 1 : 0,
        .n_check_trials = n_crashing * situation->n_check_trials + trials_until(job, PARENT_CHANCE),
        .crash_rate = crash_rate(job),
    };

    if (!job->belief || job->spec->tried) {
        return FALSE;
    }
    inputs.n_trials = trials_a_revision(job, &inputs);
    inputs.bits = job->phase == PHASE_CHECK ? 0 : belief_entropy(job->belief);
    for (guint i = 0; i < job->works->len; i++) {
        const Work *work = job->works->pdata[i];

        double spent_s = MIN((double)(g_get_monotonic_time() - work->begun_us) / G_USEC_PER_SEC,
                             inputs.kernel_s);

        inputs.spent_s += spent_s;
        inputs.running_s = MAX(inputs.running_s, inputs.kernel_s - spent_s);
    }
    left_of(&inputs, ret_left);
    return TRUE;
}

/* --- The live file --------------------------------------------------------------------------- */

static void put_text(char **member, const char *text)
{
    g_free(*member);
    *member = g_strdup(text);
}

/* First lines of those that have none yet. What git cannot say is not told. */
static void learn_subjects(Job *job, const GArray *revisions, guint n)
{
    g_autoptr(GPtrArray) unknown = g_ptr_array_new();
    g_auto(GStrv) subjects = NULL;

    for (guint i = 0; i < n; i++) {
        guint32 revision = g_array_index(revisions, guint32, i);
        char *commit = job->range->commits[revision];

        if (!g_hash_table_contains(job->subjects, commit)) {
            g_ptr_array_add(unknown, commit);
        }
    }
    g_ptr_array_add(unknown, NULL);
    subjects = repo_subjects(job->repo, (const char *const *)unknown->pdata, NULL);
    for (guint i = 0; subjects && subjects[i]; i++) {
        g_hash_table_insert(job->subjects, g_strdup(unknown->pdata[i]), g_strdup(subjects[i]));
    }
}

static void show_suspects(Job *job)
{
    g_autoptr(GArray) candidates = belief_candidates(job->belief, job->situation.confidence);
    const double *posterior = belief_posterior(job->belief);
    guint n = MIN(candidates->len, LIVE_SUSPECTS);
    Live *live = job->live;

    learn_subjects(job, candidates, n);
    g_ptr_array_set_size(live->suspects, 0);
    live->n_left = candidates->len;
    live->first_left = G_MAXUINT;
    live->last_left = 0;
    for (guint i = 0; i < candidates->len; i++) {
        guint32 revision = g_array_index(candidates, guint32, i);

        live->first_left = MIN(live->first_left, revision);
        live->last_left = MAX(live->last_left, revision);
        if (i < n) {
            const char *commit = job->range->commits[revision];

            live_add_suspect(live, commit, g_hash_table_lookup(job->subjects, commit),
                             posterior[revision])
                ->or_older = revision == 0;
        }
    }
}

static void show_belief(Job *job)
{
    Live *live = job->live;
    guint n = job->belief ? history_size(job->range->history) : 0;
    const double *posterior;

    live->n_revisions = n;
    if (n < 2) {
        return;
    }
    posterior = belief_posterior(job->belief);
    live->bits = belief_entropy(job->belief);
    live->older = posterior[0];
    g_array_set_size(live->shares, 0);
    g_array_set_size(live->shares, LIVE_SHARES);
    for (guint i = 1; i < n; i++) {
        guint share = (guint)((guint64)(i - 1) * LIVE_SHARES / (n - 1));

        g_array_index(live->shares, double, share) += posterior[i];
    }
    show_suspects(job);
}

static void show_works(Job *job)
{
    g_ptr_array_set_size(job->live->works, 0);
    for (guint i = 0; i < job->works->len; i++) {
        const Work *work = job->works->pdata[i];
        gboolean is_build = work->task.n_trials == 0;
        g_autofree char *text = is_build ? build_text(work) : batch_text(work);
        LiveWork *shown =
            live_add_work(job->live, work->task.commit, text, job_real_ms(work->begun_us));

        shown->is_build = is_build;
        shown->lane = work->lane;
    }
}

static void write_live(Job *job)
{
    Left left = {0};
    Live *live = job->live;
    g_autoptr(GError) failure = NULL;

    live->at_ms = job_now_ms();
    live->began_ms = job_real_ms(job->begun_us);
    put_text(&live->phase, job_phase_name(job->phase));
    live->n_kernels = job->kernels->len;
    live->n_trials = job->trials->len;
    live->is_paused = live_is_paused(job->dir);
    show_belief(job);
    show_works(job);
    live->has_left = job_left(job, &left);
    live->left_s = left.s;
    live->left_low_s = left.low_s;
    live->left_high_s = left.high_s;
    live->left_running_s = left.running_s;
    /* For people only: what cannot be written is not told. */
    if (!live_write(live, job->dir, &failure)) {
        g_debug("%s", failure->message);
    }
    job->shown_us = g_get_monotonic_time();
}

static gboolean on_show(gpointer data)
{
    Job *job = data;

    job->show_source = 0;
    write_live(job);
    return G_SOURCE_REMOVE;
}

/* The live file no longer says what is. */
static void touch_live(Job *job)
{
    gint64 since_us = g_get_monotonic_time() - job->shown_us;

    if (job->show_source) {
        return;
    }
    if (since_us >= SHOW_US) {
        write_live(job);
    } else {
        job->show_source = g_timeout_add((guint)((SHOW_US - since_us) / 1000), on_show, job);
    }
}

void job_stop_showing(Job *job)
{
    if (job->show_source) {
        g_source_remove(job->show_source);
        job->show_source = 0;
        write_live(job);
    }
    if (job->pause_source) {
        g_source_remove(job->pause_source);
        job->pause_source = 0;
    }
}

/* --- Telling --------------------------------------------------------------------------------- */

static void show(Job *job, const char *doing, const char *begun, const char *line)
{
    JobProgress progress = {.phase = job->phase,
                            .doing = doing,
                            .begun = begun,
                            .line = line,
                            .n_kernels = job->kernels->len,
                            .n_trials = job->trials->len};

    if (job->belief) {
        guint32 best;

        progress.n_left = belief_n_candidates(job->belief, job->situation.confidence, &best);
        progress.best = job->range->commits[best];
        progress.best_p = belief_posterior(job->belief)[best];
    }
    if (line) {
        live_add_event(job->live, job_now_ms(), line);
    }
    touch_live(job);
    if (job->progress) {
        job->progress(&progress, job->progress_data);
    }
}

void job_tell(Job *job, const char *doing, const char *line)
{
    if (doing) {
        put_text(&job->live->doing, doing);
    }
    show(job, doing, NULL, line);
}

void job_note(Job *job, const char *note)
{
    live_add_event(job->live, job_now_ms(), note);
}

void job_say(Job *job, const char *format, ...)
{
    g_autofree char *line = NULL;
    va_list args;

    va_start(args, format);
    line = g_strdup_vprintf(format, args);
    va_end(args);
    show(job, NULL, NULL, line);
}

void job_show_works(Job *job, const char *doing, const char *begun)
{
    put_text(&job->live->doing, NULL);
    show(job, doing, begun, NULL);
}

/* --- Pause ----------------------------------------------------------------------------------- */

static gboolean on_pause(gpointer data)
{
    Job *job = data;

    if (live_is_paused(job->dir)) {
        /* Nobody pays for it. */
        if (job->works->len == 0) {
            job->booked_us = g_get_monotonic_time();
        }
        return G_SOURCE_CONTINUE;
    }
    job->pause_source = 0;
    job->has_news = TRUE;
    job_say(job, "the job goes on");
    return G_SOURCE_REMOVE;
}

gboolean job_is_paused(Job *job)
{
    if (!live_is_paused(job->dir)) {
        return FALSE;
    }
    if (!job->pause_source) {
        job->pause_source = g_timeout_add_seconds(PAUSE_LOOK_S, on_pause, job);
        job_say(job, "paused: what is under way comes to its end ('firstbad watch', or 'firstbad "
                     "resume' where nobody works on the job, lets it go on)");
    }
    return TRUE;
}

gboolean job_rests(const Job *job)
{
    return job->pause_source && job->works->len == 0;
}
