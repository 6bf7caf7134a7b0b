/* SPDX-License-Identifier: Apache-2.0
 * The half of storm.c that carries out: looks into the history for what mends a storm, and adopts
 * what helped.
 *
 * What was looked up and adopted are facts in the store, so a resumed job knows it. A revision that
 * failed by an error that is mended now is built anew: its old kernel and trials are named in a
 * fact, and never counted again.
 */
#include "job/private.h"

#include <string.h>

/* Candidates kept of a look; three are tried (storm.c). */
#define MAX_CANDIDATES 3

/* --- The nearest that works ------------------------------------------------------------------ */

static gboolean works(const Job *job, const RevisionEvidence *evidence)
{
    g_autofree char *failure = situation_failure(&job->situation, evidence->commit);

    return evidence->kernel && evidence->kernel->status == KERNEL_BUILT && !failure;
}

/* Of the revisions that work, that of the range that is nearest to @failing: behind it, or in front
 * of it. NULL: none. */
static const char *nearest_working(Job *job, guint32 failing, gboolean behind)
{
    const History *history = job->range->history;
    const RevisionEvidence *evidence;
    gint64 nearest = -1;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, job->situation.evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        gint64 revision = range_find(job->range, evidence->commit);
        gboolean related;

        if (revision < 0 || !works(job, evidence)) {
            continue;
        }
        related = behind ? history_reaches(history, (guint32)revision, failing)
                         : history_reaches(history, failing, (guint32)revision);
        if (related && (nearest < 0 || (behind ? revision > nearest : revision < nearest))) {
            nearest = revision;
        }
    }
    return nearest >= 0 ? job->range->commits[nearest] : NULL;
}

/* --- Looking --------------------------------------------------------------------------------- */

static Mend *mend_new(const MendCandidate *candidate, const char *failing, const char *sound)
{
    Mend *mend = g_new0(Mend, 1);

    mend->commit = g_strdup(candidate->commit);
    mend->title = g_strdup(candidate->title);
    mend->breaks = g_strdup(candidate->breaks);
    mend->sound = g_strdup(sound);
    mend->why = g_strdup(candidate->why);
    mend->variant = variant_with(failing, candidate->commit);
    return mend;
}

static gboolean has_mend(const Storm *storm, const char *commit)
{
    for (guint i = 0; i < storm->mends->len; i++) {
        if (g_str_equal(((const Mend *)storm->mends->pdata[i])->commit, commit)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What a mend of @revision (-1: none of the range) is looked for behind: the newest that is known
 * to contain it. */
static const char *newest(const Job *job, gint64 revision)
{
    return revision >= 0 ? job->range->commits[history_size(job->range->history) - 1]
                         : job->spec->start;
}

/* Put what may mend @failing into @storm. A repository that cannot say is told, and has none. */
static void look(Job *job, Storm *storm, const char *failing)
{
    gint64 revision = job->range ? range_find(job->range, failing) : -1;
    const char *sound = revision >= 0 ? nearest_working(job, (guint32)revision, TRUE) : NULL;
    const char *later = revision >= 0 ? nearest_working(job, (guint32)revision, FALSE) : NULL;
    g_autofree char *file = kernel_failure_file(storm->error);
    g_auto(GStrv) words = kernel_failure_words(storm->error);
    MendQuery query = {.failing = failing,
                       .sound = sound,
                       .tip = later ? later : newest(job, revision),
                       .file = file,
                       .words = (const char *const *)words,
                       .max_candidates = MAX_CANDIDATES};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) candidates = NULL;

    if (g_str_equal(query.tip, failing)) {
        query.tip = NULL;
    }
    candidates = repo_find_mends(job->repo, &query, &error);
    if (!candidates) {
        job_say(job, "no mend can be looked for: %s", error->message);
        return;
    }
    for (guint i = 0; i < candidates->len; i++) {
        const MendCandidate *candidate = candidates->pdata[i];

        if (!has_mend(storm, candidate->commit)) {
            g_ptr_array_add(storm->mends, mend_new(candidate, failing, sound));
        }
    }
}

static json_t *mend_json(const Mend *mend)
{
    return json_pack("{s:s, s:o, s:s?, s:s?, s:s, s:s}", "commit", mend->commit, "title",
                     job_text_json(mend->title), "breaks", mend->breaks, "sound", mend->sound,
                     "why", mend->why, "variant", mend->variant);
}

static char *storm_write(const Storm *storm)
{
    json_t *mends = json_array();
    json_t *object;
    char *text;

    for (guint i = 0; i < storm->mends->len; i++) {
        json_array_append_new(mends, mend_json(storm->mends->pdata[i]));
    }
    object = json_pack("{s:o, s:b, s:o}", "error", job_text_json(storm->error), "edge",
                       storm->looked_at_edge, "mends", mends);
    text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

static void say_look(Job *job, const Storm *storm, const char *failing)
{
    const Mend *first = storm->mends->len ? storm->mends->pdata[0] : NULL;

    if (!first) {
        job_say(job, "no commit is found that mends %.12s, or what fails like it", failing);
    } else {
        job_say(job, "%.12s (\"%s\") may mend %.12s, and what fails like it: %s", first->commit,
                first->title, failing, first->why);
    }
}

gboolean job_carry_mend(Job *job, const Action *action, GError **error)
{
    g_autofree char *failure = situation_failure(&job->situation, action->commit);
    g_autofree char *failing = g_strdup(action->commit), *text = NULL;
    Storm *storm = situation_storm(&job->situation, failure);

    job_tell(job, "looking for what mends it", NULL);
    if (storm) {
        storm->looked_at_edge = TRUE;
    } else {
        storm = storm_new(failure);
        g_ptr_array_add(job->situation.storms, storm);
    }
    look(job, storm, failing);
    say_look(job, storm, failing);
    text = storm_write(storm);
    return store_put_fact(job->store, job->id, failing, FACT_STORM, text, error) &&
           job_book_time(job, error);
}

/* --- Adopting -------------------------------------------------------------------------------- */

/* The mend that is tried by @variant, if it is one of @storm's. */
static const Mend *find_mend(const Storm *storm, const char *variant)
{
    for (guint i = 0; i < storm->mends->len; i++) {
        const Mend *mend = storm->mends->pdata[i];

        if (g_str_equal(mend->variant, variant)) {
            return mend;
        }
    }
    return NULL;
}

/* A commit may be thought to mend two storms of a revision, one after the other. So one that has
 * adopted it is not asked for again. */
static Storm *open_storm_of(const Job *job, const char *variant)
{
    const GPtrArray *storms = job->situation.storms;

    for (guint i = 0; i < storms->len; i++) {
        Storm *storm = storms->pdata[i];

        if (!storm->adopted && find_mend(storm, variant)) {
            return storm;
        }
    }
    return NULL;
}

static void use_mend(Job *job, const Storm *storm, const Mend *mend)
{
    g_autofree char *reason =
        g_strdup_printf("mends %s (found by itself: %s)", storm->error, mend->why);
    g_autoptr(Backport) fix = backport_new(mend->title, mend->commit, mend->breaks, reason);

    fix->sound = g_strdup(mend->sound);
    job->farm->ops->add_fix(job->farm, fix);
}

/* Forget the kernel of @evidence and the trials of it. */
static gboolean forget(Job *job, RevisionEvidence *evidence, GError **error)
{
    if (!store_put_fact(job->store, job->id, evidence->commit, FACT_MENDED, evidence->kernel->key,
                        error)) {
        return FALSE;
    }
    for (guint i = job->trials->len; i-- > 0;) {
        if (g_str_equal(((const TrialRow *)job->trials->pdata[i])->commit, evidence->commit)) {
            g_ptr_array_remove_index(job->trials, i);
        }
    }
    g_clear_pointer(&evidence->kernel, kernel_free);
    return TRUE;
}

static gboolean forget_all(Job *job, const Storm *storm, guint *ret_n, GError **error)
{
    g_autoptr(GPtrArray) failed = g_ptr_array_new();
    RevisionEvidence *evidence;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, job->situation.evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        g_autofree char *failure = variant_is_plain(evidence->commit)
                                       ? situation_failure(&job->situation, evidence->commit)
                                       : NULL;

        if (g_strcmp0(failure, storm->error) == 0) {
            g_ptr_array_add(failed, evidence);
        }
    }
    for (guint i = 0; i < failed->len; i++) {
        if (!forget(job, failed->pdata[i], error)) {
            return FALSE;
        }
    }
    job_count_trials(job);
    *ret_n = failed->len;
    return TRUE;
}

gboolean job_carry_adopt(Job *job, const Action *action, GError **error)
{
    Storm *storm = open_storm_of(job, action->commit);
    const Mend *mend = storm ? find_mend(storm, action->commit) : NULL;
    guint n;

    g_assert(mend); /* only variants of storms are adopted */
    /* The revisions first: a job that ends between the two adopts again. */
    if (!forget_all(job, storm, &n, error) ||
        !store_put_fact(job->store, job->id, mend->variant, FACT_MEND, storm->error, error)) {
        return FALSE;
    }
    storm->adopted = mend;
    use_mend(job, storm, mend);
    if (job->belief) {
        situation_update_belief(&job->situation);
    }
    job_say(job,
            "%.12s (\"%s\") mends it: it is added where it is missing, %u revision%s get%s "
            "another try",
            mend->commit, mend->title, n, n == 1 ? "" : "s", n == 1 ? "s" : "");
    return TRUE;
}

/* --- Resuming -------------------------------------------------------------------------------- */

static Storm *storm_read(const char *text)
{
    json_t *object = json_loads(text, 0, NULL);
    const char *failure = json_string_value(json_object_get(object, "error"));
    Storm *storm = failure ? storm_new(failure) : NULL;
    const json_t *mends = json_object_get(object, "mends"), *value;
    size_t i;

    json_array_foreach(mends, i, value)
    {
        Mend *mend = g_new0(Mend, 1);

        mend->commit = job_json_text(value, "commit");
        mend->title = job_json_text(value, "title");
        mend->breaks = job_json_text(value, "breaks");
        mend->sound = job_json_text(value, "sound");
        mend->why = job_json_text(value, "why");
        mend->variant = job_json_text(value, "variant");
        if (storm && mend->commit && mend->title && mend->why && mend->variant) {
            g_ptr_array_add(storm->mends, mend);
        } else {
            mend_free(mend);
        }
    }
    if (storm) {
        storm->looked_at_edge = json_is_true(json_object_get(object, "edge"));
    }
    json_decref(object);
    return storm;
}

/* Of an error that was looked at twice the later look knows more. */
static void load_storm(Job *job, const char *text)
{
    Storm *storm = storm_read(text);
    Storm *known = storm ? situation_storm(&job->situation, storm->error) : NULL;

    if (known && known->mends->len >= storm->mends->len) {
        known->looked_at_edge |= storm->looked_at_edge;
        storm_free(storm);
        return;
    }
    if (known) {
        g_ptr_array_remove(job->situation.storms, known);
    }
    if (storm) {
        g_ptr_array_add(job->situation.storms, storm);
    }
}

static void load_adopted(Job *job, const FactRow *fact)
{
    Storm *storm = situation_storm(&job->situation, fact->text);
    const Mend *mend = storm ? find_mend(storm, fact->commit) : NULL;

    if (mend) {
        storm->adopted = mend;
        use_mend(job, storm, mend);
    }
}

void job_load_mends(Job *job, const GPtrArray *facts)
{
    for (guint i = 0; i < facts->len && job->situation.storms; i++) {
        const FactRow *fact = facts->pdata[i];

        if (g_str_equal(fact->kind, FACT_STORM)) {
            load_storm(job, fact->text);
        } else if (g_str_equal(fact->kind, FACT_MENDED)) {
            g_hash_table_insert(job->mended, g_strdup(fact->commit), g_strdup(fact->text));
        }
    }
    for (guint i = 0; i < facts->len && job->situation.storms; i++) {
        const FactRow *fact = facts->pdata[i];

        if (g_str_equal(fact->kind, FACT_MEND)) {
            load_adopted(job, fact);
        }
    }
}

gboolean job_tries_mend(const Job *job, const char *variant)
{
    const GPtrArray *storms = job->situation.storms;

    for (guint i = 0; storms && i < storms->len; i++) {
        if (find_mend(storms->pdata[i], variant)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean job_is_mended(const Job *job, const char *commit, const char *kernel_key)
{
    return g_strcmp0(g_hash_table_lookup(job->mended, commit), kernel_key) == 0;
}
