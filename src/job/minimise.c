/* SPDX-License-Identifier: Apache-2.0
 * The half of PHASE_MINIMISE that carries out: makes the planner, configures what it asks for, and
 * takes its result for all later kernels.
 *
 * Nothing of the planner is stored: a resumed job asks it the same questions, and finds the configs
 * in the job's folder, kernels and trials in the store. What came out is a fact of the start, so
 * that the question is asked once.
 */
#include "job/private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

/* Builds from nothing that a bisection still has before it, when its start was tried: the first
 * release, and each step that is far from the one before (5 of 16 in docs/MEASURED.md). */
#define N_FULL_BUILDS 5
/* Trials of a try, as a guess of what it costs. */
#define N_TRIALS_OF_TRY 6

/* --- Files ----------------------------------------------------------------------------------- */

static char *config_path(const Job *job, const char *id, const char *suffix)
{
    g_autofree char *name = g_strconcat(id, suffix, NULL);

    return g_build_filename(job->farm->config_dir, name, NULL);
}

static gboolean write_whole(const char *path, const char *text, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);

    if (g_mkdir_with_parents(folder, 0777) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", folder,
                    g_strerror(errno));
        return FALSE;
    }
    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0666, error);
}

/* What @kernel was configured with. Owned by the caller. */
static char *read_kernel_config(const Job *job, const Kernel *kernel, GError **error)
{
    g_autofree char *folder = store_job_dir(job->store, job->id);
    g_autofree char *path = g_build_filename(folder, "config.unpacked", NULL);
    char *text = NULL;

    if (kernel_unpack(kernel, "config", path, error)) {
        g_file_get_contents(path, &text, NULL, error);
        g_unlink(path);
    }
    return text;
}

/* --- The planner ----------------------------------------------------------------------------- */

/* What the user gave, or our own: what boots in our guests. Owned by the caller. */
static char *read_baseline(const Job *job, GError **error)
{
    g_autofree char *job_dir = store_job_dir(job->store, job->id), *copy = NULL;
    char *text = NULL;

    if (!job->spec->baseline) {
        return kernel_baseline_config();
    }
    copy = inputs_copy(job->spec->baseline, job_dir, "baseline", error);
    if (!copy || !g_file_get_contents(copy, &text, NULL, error)) {
        g_prefix_error(error, "--baseline: ");
    }
    return text;
}

/* The job goes on with the user's config. */
static gboolean go_without(Job *job, const char *why, GError **error)
{
    g_autofree char *fact = g_strdup_printf("\nnot minimised: %s", why);

    job_say(job, "the config is not minimised: %s", why);
    return job_put_fact(job, job->spec->start, FACT_MINIMISED, fact, error) &&
           job_load_minimised(job, error);
}

static gboolean make_planner(Job *job, GError **error)
{
    const Kernel *kernel = situation_evidence_for(&job->situation, job->spec->start)->kernel;
    g_autofree char *given = NULL, *config = NULL, *baseline = read_baseline(job, error);
    g_auto(GStrv) must = NULL;
    double n_builds = N_FULL_BUILDS;
    g_autoptr(GError) lost = NULL;

    if (!baseline || !g_file_get_contents(job->farm->config, &given, NULL, error)) {
        return FALSE;
    }
    config = read_kernel_config(job, kernel, &lost);
    if (lost) { /* the store was cleared meanwhile */
        return go_without(job, lost->message, error);
    }
    must = config ? job_options_that_matter(job, error) : NULL;
    if (!must) {
        return FALSE;
    }
    if (job->spec->max_kernels) {
        n_builds = MIN(n_builds, job->spec->max_kernels - 1);
    }
    MinimiseCosts costs = {.build_s = (double)kernel->build_ms / 1000,
                           .trials_s = N_TRIALS_OF_TRY * job->farm->expected_trial_s /
                                       job->farm->n_trials_at_once,
                           .n_builds = n_builds};
    job->situation.minimise =
        minimise_new(given, config, baseline, (const char *const *)must, &costs);
    return TRUE;
}

static char **find_needs(const char *option, GHashTable *config, gpointer data)
{
    const Job *job = data;

    return config_needs(job->repo, job->spec->start, option, config);
}

/* Have the farm configure @variant; *ret_config NULL: it cannot be. */
static gboolean configure(Job *job, const char *variant, char **ret_config, GError **error)
{
    g_autoptr(GAsyncResult) res = NULL;

    job_tell(job, "configuring with fewer options", NULL);
    job->farm->ops->configure_async(job->farm, variant, NULL, job_keep_result, &res);
    job_wait_for_result(&res);
    return job->farm->ops->configure_finish(job->farm, res, ret_config, error) &&
           job_book_time(job, error);
}

/* Answer the planner's request; what it came to is kept beside it. */
static gboolean carry_request(Job *job, const char *text, GError **error)
{
    g_autofree char *id = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    g_autofree char *path = config_path(job, id, ""), *made_path = config_path(job, id, ".made");
    g_autofree char *variant = minimise_variant(&job->situation, text), *made = NULL;

    if (!g_file_get_contents(made_path, &made, NULL, NULL)) {
        if (!write_whole(path, text, error) || !configure(job, variant, &made, error) ||
            !write_whole(made_path, made ? made : "", error)) {
            return FALSE;
        }
    }
    minimise_configured(job->situation.minimise, made && *made ? made : NULL, find_needs, job);
    return TRUE;
}

/* --- The result ------------------------------------------------------------------------------ */

static guint count_trials(const Job *job)
{
    guint n = 0;

    for (guint i = 0; i < job->trials->len; i++) {
        const TrialRow *trial = job->trials->pdata[i];

        n += strchr(trial->commit, '@') != NULL && trial->kind != OUTCOME_INFRA;
    }
    return n;
}

/* The config that later kernels start from, as a person may take it: what the start's kernel really
 * came to. */
static gboolean hand_over(Job *job, const char *variant, const char *sentence, GError **error)
{
    const RevisionEvidence *evidence = situation_evidence_for(&job->situation, variant);
    g_autofree char *folder = store_job_dir(job->store, job->id);
    g_autofree char *path = g_build_filename(folder, "config.minimised", NULL);
    g_autofree char *config = read_kernel_config(job, evidence->kernel, error);
    g_autofree char *text = NULL;

    if (!config) {
        return FALSE;
    }
    text = g_strdup_printf(MINIMISED_MARK " of %s\n# %s\n%s", job->spec->start, sentence, config);
    if (!write_whole(path, text, error)) {
        return FALSE;
    }
    job_say(job, "the config is minimised: %s", path);
    return TRUE;
}

static gboolean take_result(Job *job, GError **error)
{
    MinimiseResult result;
    g_autofree char *variant = NULL, *sentence = NULL, *fact = NULL;

    minimise_result(job->situation.minimise, &result);
    variant = result.text ? minimise_variant(&job->situation, result.text) : NULL;
    if (variant) {
        sentence = g_strdup_printf("%u options on -> %u; minimised in %u tr%s, %u trials",
                                   result.n_on_start, result.n_on, result.n_tries,
                                   result.n_tries == 1 ? "y" : "ies", count_trials(job));
    } else {
        sentence = g_strdup_printf("%u options on; not minimised: %s", result.n_on_start,
                                   result.n_tries ? "no try kept the crash"
                                                  : "it would take longer than it saves");
    }
    job_say(job, "config: %s", sentence);
    if (variant && !hand_over(job, variant, sentence, error)) {
        return FALSE;
    }
    fact = g_strdup_printf("%s\n%s", variant ? strchr(variant, '@') + 1 : "", sentence);
    if (!job_put_fact(job, job->spec->start, FACT_MINIMISED, fact, error)) {
        return FALSE;
    }
    g_clear_pointer(&job->situation.minimise, minimise_free);
    return job_load_minimised(job, error);
}

/* Only crashes have reports that say what matters to them; and what was made smaller once is left
 * as it is. */
static gboolean can_minimise(const Job *job)
{
    g_autofree char *text = NULL;

    return job->farm->config && job->farm->ops->configure_async &&
           (job->situation.bug == BUG_CRASH || job->situation.bug == BUG_HANG) &&
           g_file_get_contents(job->farm->config, &text, NULL, NULL) &&
           !g_str_has_prefix(text, MINIMISED_MARK);
}

gboolean job_load_minimised(Job *job, GError **error)
{
    const char *fact = situation_fact(&job->situation, job->spec->start, FACT_MINIMISED);
    g_autofree char *id = fact ? g_strndup(fact, strcspn(fact, "\n")) : NULL;

    job->situation.minimises = job->spec->minimise && !fact && can_minimise(job);
    return !id || !*id || job->farm->ops->use_config(job->farm, id, error);
}

gboolean job_carry_minimise(Job *job, GError **error)
{
    const char *text;

    if (!job->situation.minimise) {
        return make_planner(job, error);
    }
    if (minimise_next(job->situation.minimise, &text) == MINIMISE_DONE) {
        return take_result(job, error);
    }
    return carry_request(job, text, error);
}
