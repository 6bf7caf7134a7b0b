/* SPDX-License-Identifier: Apache-2.0
 * The build of one revision as a work.
 */
#include "job/private.h"

/* Options named when the start's kernel lacks some. */
#define N_LOST_SHOWN 8

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

/* Keep what @built, which it takes, is to the revision of @work. */
static gboolean take_kernel(const Work *work, Kernel *built, GError **error)
{
    Job *job = work->job;
    const char *commit = work->task.commit;
    g_autoptr(Kernel) kernel = built;
    g_autofree char *title = variant_title(commit);
    RevisionEvidence *evidence;
    KernelRow *row;

    job_put_span(job, "build", commit, job_build_how(job, kernel), work->lane, work->begun_us);
    if (!store_begin(job->store, error) ||
        !store_end(job->store,
                   job_keep_fixes(job, commit, kernel, error) &&
                       store_put_kernel(job->store, job->id, commit, kernel, error) &&
                       (!kernel->same_as ||
                        job_put_fact(job, commit, FACT_SAME, kernel->same_as, error)) &&
                       job_book_time(job, error),
                   error)) {
        return FALSE;
    }
    row = g_new0(KernelRow, 1);
    row->commit = g_strdup(commit);
    row->kernel = kernel_copy(kernel);
    g_ptr_array_add(job->kernels, row);
    job_learn_made(job);
    say_how_built(job, kernel);
    if (kernel->status == KERNEL_FAILED) {
        job_say(job, "%s does not build: %s", title, kernel->first_error);
    } else if (kernel->same_as) {
        g_autofree char *as = variant_title(kernel->same_as);

        job_say(job, "%s needs no build: kernel %.12s, of %s, as no file of it differs", title,
                kernel->signature, as);
    } else if (kernel->signature) {
        job_say(job, "%s %s: kernel %.12s", title, kernel->reused ? "was built before" : "built",
                kernel->signature);
    }
    if (g_str_equal(commit, job->spec->start)) {
        say_lost_options(job, kernel->lost_options);
    }
    evidence = situation_evidence_for(&job->situation, commit);
    kernel_free(evidence->kernel);
    evidence->kernel = g_steal_pointer(&kernel);
    if (job->situation.bug == BUG_BUILD) {
        job_count_trials(job);
    }
    return TRUE;
}

/* A build that was begun beside others, and says by itself what its revision is, was a step of the
 * search; else its trials are, when they come. */
static gboolean keep_finding(const Work *work, GError **error)
{
    Job *job = work->job;
    const Action action = {.kind = ACTION_BUILD,
                           .phase = work->task.phase,
                           .commit = work->task.commit,
                           .label = work->label};
    Tally tally;

    situation_tally(&job->situation, action.commit, &tally);
    return tally.n_crash + tally.n_ok + tally.untestable == 0 ||
           job_keep_decision(job, &action, error);
}

static void on_built(GObject *source, GAsyncResult *res, gpointer data)
{
    Work *work = data;
    Job *job = work->job;
    Kernel *kernel = NULL;

    if (!job->farm->ops->build_finish(job->farm, res, &kernel, &work->error)) {
        g_autofree char *title = variant_title(work->task.commit);

        job_put_span(job, "build", work->task.commit, "cancelled", work->lane, work->begun_us);
        g_prefix_error(&work->error, "building %s: ", title);
    } else if (take_kernel(work, kernel, &work->error) && work->is_ahead) {
        keep_finding(work, &work->error);
    }
    work_end(work);
}

char *build_text(const Work *work)
{
    const JobSpec *spec = work->job->spec;
    gboolean only_checkout = job_spec_is_run(spec) && !spec->build_command;
    g_autofree char *title = variant_title(work->task.commit);

    return g_strdup_printf("%s %s", only_checkout ? "checking out" : "building", title);
}

void job_begin_build(Job *job, const Action *action)
{
    Work *work = work_begin(job, action);
    g_autofree char *text = build_text(work);

    job_tell_works(job, text);
    job->farm->ops->build_async(job->farm, work->task.commit, work->cancellable, on_built, work);
}
