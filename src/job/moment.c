/* SPDX-License-Identifier: Apache-2.0
 * What is believed when a revision is chosen, for the pictures.
 */
#include "job/private.h"

#include <math.h>

#define N_SUSPECTS 5

/* "NAME:P" in 1/1000, where that is not 0. */
static void add_share(GString *text, const char *name, double p)
{
    long thousandths = lround(p * 1000);

    if (thousandths > 0) {
        g_string_append_printf(text, "%s%s:%ld", text->len ? " " : "", name, thousandths);
    }
}

static char *write_shares(const double *posterior, guint n_revisions)
{
    double shares[MOMENT_BINS] = {0};
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 1; i < n_revisions; i++) {
        shares[(guint64)(i - 1) * MOMENT_BINS / (n_revisions - 1)] += posterior[i];
    }
    for (guint bin = 0; bin < MOMENT_BINS; bin++) {
        g_autofree char *name = g_strdup_printf("%u", bin);

        add_share(text, name, shares[bin]);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *write_suspects(const Job *job, const GArray *candidates, const double *posterior)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < MIN(candidates->len, N_SUSPECTS); i++) {
        guint32 revision = g_array_index(candidates, guint32, i);

        add_share(text, job->range->commits[revision], posterior[revision]);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

gboolean job_keep_moment(Job *job, const char *tried, GError **error)
{
    g_autoptr(GArray) candidates = NULL;
    g_autoptr(MomentRow) row = NULL;
    const double *posterior;
    Left left = {.s = -1, .low_s = -1, .high_s = -1};

    if (!job->belief) {
        return TRUE;
    }
    job_left(job, &left);
    candidates = belief_candidates(job->belief, job->situation.confidence);
    posterior = belief_posterior(job->belief);
    row = g_new0(MomentRow, 1);
    row->at_ms = job_now_ms();
    row->phase = g_strdup(job_phase_name(job->phase));
    row->tried = g_strdup(tried);
    row->n_kernels = job->kernels->len;
    row->n_trials = job->trials->len;
    row->n_revisions = history_size(job->range->history);
    row->n_left = candidates->len;
    row->bits = belief_entropy(job->belief);
    row->older = posterior[0];
    row->shares = write_shares(posterior, row->n_revisions);
    row->suspects = write_suspects(job, candidates, posterior);
    row->left_s = left.s;
    row->left_low_s = left.low_s;
    row->left_high_s = left.high_s;
    return store_put_moment(job->store, job->id, row, error);
}
