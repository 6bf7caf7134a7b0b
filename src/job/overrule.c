/* SPDX-License-Identifier: Apache-2.0
 * A person knows better: verdicts by hand, kept apart from what was measured.
 */
#include "job/job.h"

/* So that the revision is shown among those of the job, also when it was never tried. */
static gboolean keep_decision(Store *store, const JobRow *row, const Repo *repo, const char *commit,
                              GError **error)
{
    g_autoptr(DecisionRow) decision = g_new0(DecisionRow, 1);

    decision->phase = g_strdup(FACT_VERDICT);
    decision->commit = g_strdup(commit);
    decision->subject = repo_subject(repo, commit, error);
    return decision->subject && store_put_decision(store, row->id, decision, error);
}

/* The verdicts of an answer that no longer holds. */
static gboolean forget_verdicts(Store *store, const JobRow *row, GError **error)
{
    g_autoptr(GPtrArray) decisions = store_decisions(store, row->id, error);

    for (guint i = 0; decisions && i < decisions->len; i++) {
        const DecisionRow *decision = decisions->pdata[i];

        if (!store_set_verdict(store, row->id, decision->commit, NULL, error)) {
            return FALSE;
        }
    }
    return decisions != NULL;
}

/* Is there a verdict by hand of @commit? If not, or if the store cannot be read: @error. */
static gboolean is_said(Store *store, const JobRow *row, const char *commit, GError **error)
{
    g_autoptr(GPtrArray) facts = store_facts(store, row->id, error);

    for (guint i = 0; facts && i < facts->len; i++) {
        const FactRow *fact = facts->pdata[i];

        if (g_str_equal(fact->kind, FACT_VERDICT) && g_str_equal(fact->commit, commit)) {
            return TRUE;
        }
    }
    if (facts) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "%.12s has no verdict by hand: there is nothing to clear", commit);
    }
    return FALSE;
}

gboolean job_check_verdict(Store *store, const JobRow *row, const char *commit, Verdict verdict,
                           GError **error)
{
    g_autoptr(JobSpec) spec = job_spec_new(row->kind);

    if (!job_spec_read(spec, row->spec, "/", error)) {
        return FALSE;
    }
    if (g_strcmp0(spec->start, commit) == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "%.12s is the start, where the crash is known", commit);
        return FALSE;
    }
    return verdict != VERDICT_UNKNOWN || is_said(store, row, commit, error);
}

gboolean job_say_verdict(Store *store, const JobRow *row, const Repo *repo, const char *commit,
                         Verdict verdict, const char *note, GError **error)
{
    const char *said = verdict == VERDICT_UNKNOWN ? NULL : verdict_name(verdict);

    return job_check_verdict(store, row, commit, verdict, error) &&
           keep_decision(store, row, repo, commit, error) &&
           store_put_fact(store, row->id, commit, FACT_VERDICT_NOTE, said ? note : NULL, error) &&
           store_put_fact(store, row->id, commit, FACT_VERDICT, said, error) &&
           forget_verdicts(store, row, error) && store_reopen_job(store, row->id, row->spec, error);
}

/* What was said with @note is taken back. */
static gboolean take_back(Store *store, gint64 id, const char *note, GError **error)
{
    g_autoptr(GPtrArray) facts = store_facts(store, id, error);

    for (guint i = 0; facts && i < facts->len; i++) {
        const FactRow *fact = facts->pdata[i];

        if (g_str_equal(fact->kind, FACT_VERDICT_NOTE) && g_strcmp0(fact->text, note) == 0 &&
            (!store_put_fact(store, id, fact->commit, FACT_VERDICT, NULL, error) ||
             !store_put_fact(store, id, fact->commit, FACT_VERDICT_NOTE, NULL, error))) {
            return FALSE;
        }
    }
    return facts != NULL;
}

gboolean job_say_verdicts(Store *store, const JobRow *row, const Repo *repo,
                          const char *const *commits, const Verdict *verdicts, const char *note,
                          GError **error)
{
    g_auto(GStrv) subjects = *commits ? repo_subjects(repo, commits, error) : g_new0(char *, 1);

    if (!subjects || !take_back(store, row->id, note, error)) {
        return FALSE;
    }
    for (guint i = 0; commits[i]; i++) {
        const DecisionRow decision = {
            .phase = (char *)FACT_VERDICT, .commit = (char *)commits[i], .subject = subjects[i]};

        if (!store_put_decision(store, row->id, &decision, error) ||
            !store_put_fact(store, row->id, commits[i], FACT_VERDICT_NOTE, note, error) ||
            !store_put_fact(store, row->id, commits[i], FACT_VERDICT, verdict_name(verdicts[i]),
                            error)) {
            return FALSE;
        }
    }
    return forget_verdicts(store, row, error) && store_reopen_job(store, row->id, row->spec, error);
}
