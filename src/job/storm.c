/* SPDX-License-Identifier: Apache-2.0
 * Storms: revisions that all fail to build, or to boot, by one error.
 *
 * Two that fail alike where the search needs them are enough to look for the commit that mends
 * them; the start, or a good end that was given, is wanted alone. A mend that was found is tried at
 * the failing revision that tells most; where it helps, it is adopted: from then on the farm builds
 * all revisions with it that want it, and what was known of those that failed so is forgotten.
 *
 * Where nothing mends it, belief leaves the block by itself; but an error that has cost enough
 * builds gets no more, for what they would tell is a few candidates more or less at its edges.
 */
#include "decide-private.h"

#include <math.h>
#include <string.h>

/* So many that fail alike are no accident. */
#define N_ALIKE 2
/* So many mends are tried for one error. */
#define MAX_TRIES 3
/* So many builds are enough for one error, tries included. */
#define STORM_BUILDS 8
/* Of a revision that builds less probably than this, a storm is the reason. */
#define SUSPECT 0.8
/* A revision that has the bug surely, or surely not, tells nothing: nobody needs it. */
#define UNDECIDED 0.03

void mend_free(Mend *mend)
{
    if (!mend) {
        return;
    }
    g_free(mend->commit);
    g_free(mend->title);
    g_free(mend->breaks);
    g_free(mend->sound);
    g_free(mend->why);
    g_free(mend->variant);
    g_free(mend);
}

Storm *storm_new(const char *error)
{
    Storm *storm = g_new0(Storm, 1);

    storm->error = g_strdup(error);
    storm->mends = g_ptr_array_new_with_free_func((GDestroyNotify)mend_free);
    return storm;
}

void storm_free(Storm *storm)
{
    if (!storm) {
        return;
    }
    g_free(storm->error);
    g_ptr_array_unref(storm->mends);
    g_free(storm);
}

Storm *situation_storm(const Situation *situation, const char *error)
{
    for (guint i = 0; i < situation->storms->len; i++) {
        Storm *storm = situation->storms->pdata[i];

        if (g_str_equal(storm->error, error)) {
            return storm;
        }
    }
    return NULL;
}

/* --- Who fails alike ------------------------------------------------------------------------- */

static char *boot_failure(const Situation *situation, const RevisionEvidence *evidence)
{
    Pool pool = pool_of(situation, evidence);
    g_autofree char *kind = NULL;

    if (!evidence->broken_title || pool.n_broken != pool_trials(&pool) ||
        !situation_is_untestable(situation, evidence, &pool)) {
        return NULL;
    }
    kind = kernel_failure_kind(evidence->broken_title);
    return g_strconcat(STORM_AT_BOOT, kind, NULL);
}

char *situation_failure(const Situation *situation, const char *commit)
{
    const RevisionEvidence *evidence = situation_evidence(situation, commit);
    const Kernel *kernel = evidence ? evidence->kernel : NULL;

    if (!kernel) {
        return NULL;
    }
    if (kernel->status == KERNEL_BUILT) {
        return boot_failure(situation, evidence);
    }
    /* What took too long is no error that a commit mends. */
    return kernel->failed_at_ms || kernel->failed_at_bytes || !kernel->first_error
               ? NULL
               : kernel_failure_kind(kernel->first_error);
}

/* Does the search need @commit? *ret_doubt: how much it would tell. */
static gboolean is_needed(const Situation *situation, const char *commit, double *ret_doubt)
{
    gint64 revision = situation->range ? range_find(situation->range, commit) : -1;
    gboolean is_end =
        g_str_equal(commit, situation->start) || g_strcmp0(commit, situation->good) == 0;

    *ret_doubt = is_end ? 1 : 0.5;
    if (!situation->range || is_end) {
        return TRUE;
    }
    if (revision < 0) {
        return FALSE;
    }
    double has_bug = belief_has_bug(situation->belief)[revision];
    *ret_doubt = 0.5 - fabs(has_bug - 0.5);
    return has_bug > UNDECIDED && has_bug < 1 - UNDECIDED;
}

/* Those that fail by one error. */
typedef struct Alike {
    char *error;
    GPtrArray *commits; /* all, of const char */
    guint n_needed;
    gboolean has_end; /* the start or the good end is among them */
    const char *best; /* the one that would tell most */
    double best_doubt;
} Alike;

static void alike_free(Alike *alike)
{
    g_free(alike->error);
    g_ptr_array_unref(alike->commits);
    g_free(alike);
}

static void alike_add(Alike *alike, const Situation *situation, const char *commit)
{
    double doubt;

    g_ptr_array_add(alike->commits, (gpointer)commit);
    if (!is_needed(situation, commit, &doubt)) {
        return;
    }
    alike->n_needed++;
    alike->has_end |= doubt == 1;
    if (!alike->best || doubt > alike->best_doubt ||
        (doubt == alike->best_doubt && strcmp(commit, alike->best) < 0)) {
        alike->best = commit;
        alike->best_doubt = doubt;
    }
}

static Alike *find_alike(GPtrArray *all, const char *error)
{
    Alike *alike;

    for (guint i = 0; i < all->len; i++) {
        alike = all->pdata[i];
        if (g_str_equal(alike->error, error)) {
            return alike;
        }
    }
    alike = g_new0(Alike, 1);
    alike->error = g_strdup(error);
    alike->commits = g_ptr_array_new();
    g_ptr_array_add(all, alike);
    return alike;
}

static gint compare_alike(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const Alike *const *)a)->error, (*(const Alike *const *)b)->error);
}

/* All failures of revisions as they stand, by their error. Array of Alike. */
static GPtrArray *group_failures(const Situation *situation)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)alike_free);
    const RevisionEvidence *evidence;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, situation->evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        g_autofree char *error = variant_is_plain(evidence->commit)
                                     ? situation_failure(situation, evidence->commit)
                                     : NULL;

        if (error) {
            alike_add(find_alike(all, error), situation, evidence->commit);
        }
    }
    g_ptr_array_sort(all, compare_alike);
    return all;
}

/* --- Mends are tried ------------------------------------------------------------------------- */

static JobPhase phase_now(const Situation *situation)
{
    return situation->range ? PHASE_SEARCH : PHASE_RANGE;
}

/* Does the kernel of @mend's variant do what others of the storm do not? STEP_PASSED: no. */
static Step try_mend(const Situation *situation, const Storm *storm, const Mend *mend,
                     Action *ret_action)
{
    const RevisionEvidence *evidence = situation_evidence(situation, mend->variant);
    gboolean at_boot = g_str_has_prefix(storm->error, STORM_AT_BOOT);

    if (!evidence || !evidence->kernel) {
        return ask_build(situation, ret_action, phase_now(situation), mend->variant, NULL);
    }
    if (evidence->kernel->status == KERNEL_FAILED) {
        return STEP_PASSED;
    }
    Pool pool = pool_of(situation, evidence);
    guint n_left = situation_patience(situation, &pool) - pool.n_broken;
    if (at_boot && pool_trials(&pool) == pool.n_broken) {
        return (gint)n_left > 0 ? ask_trials(situation, ret_action, phase_now(situation),
                                             mend->variant, NULL, n_left)
                                : STEP_PASSED;
    }
    *ret_action =
        (Action){.kind = ACTION_ADOPT, .phase = phase_now(situation), .commit = mend->variant};
    return STEP_ASKED;
}

static Step try_mends(const Situation *situation, const Storm *storm, Action *ret_action)
{
    Step step = STEP_PASSED;

    for (guint i = 0; i < MIN(storm->mends->len, MAX_TRIES) && step == STEP_PASSED; i++) {
        step = try_mend(situation, storm, storm->mends->pdata[i], ret_action);
    }
    return step;
}

/* The one of @alike behind which, next to it, something works: or NULL. */
static const char *find_edge(const Situation *situation, const Alike *alike)
{
    const RevisionEvidence *evidence;
    GHashTableIter iter;

    if (!situation->range) {
        return NULL;
    }
    g_hash_table_iter_init(&iter, situation->evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        gint64 revision = range_find(situation->range, evidence->commit);
        guint n_parents;
        const guint32 *parents;

        if (revision < 0 || !evidence->kernel || evidence->kernel->status == KERNEL_FAILED ||
            evidence->n_broken > 0) {
            continue;
        }
        parents = history_parents(situation->range->history, (guint32)revision, &n_parents);
        for (guint i = 0; n_parents == 1 && i < alike->commits->len; i++) {
            const char *commit = alike->commits->pdata[i];

            if (g_str_equal(commit, situation->range->commits[parents[0]])) {
                return commit;
            }
        }
    }
    return NULL;
}

static Step ask_look(const Situation *situation, const char *commit, Action *ret_action)
{
    *ret_action = (Action){.kind = ACTION_MEND, .phase = phase_now(situation), .commit = commit};
    return STEP_ASKED;
}

static Step mend_alike(const Situation *situation, const Alike *alike, Action *ret_action)
{
    const Storm *storm = situation_storm(situation, alike->error);
    const char *edge;
    Step step;

    if (alike->n_needed < N_ALIKE && !alike->has_end) {
        return STEP_PASSED;
    }
    if (!storm) {
        return ask_look(situation, alike->best, ret_action);
    }
    if (storm->adopted) {
        return STEP_PASSED;
    }
    step = try_mends(situation, storm, ret_action);
    if (step != STEP_PASSED || storm->looked_at_edge || storm->mends->len >= MAX_TRIES) {
        return step;
    }
    edge = find_edge(situation, alike);
    return edge ? ask_look(situation, edge, ret_action) : STEP_PASSED;
}

Step ask_mend(Situation *situation, Action *ret_action)
{
    g_autoptr(GPtrArray) all = NULL;
    Step mended = STEP_PASSED;

    if (!situation->storms) {
        return STEP_PASSED;
    }
    if (situation->range) {
        situation_update_belief(situation);
    }
    all = group_failures(situation);
    for (guint i = 0; i < all->len; i++) {
        Step step = mend_alike(situation, all->pdata[i], ret_action);

        if (step == STEP_ASKED) {
            return STEP_ASKED;
        }
        mended = step == STEP_WAITING ? STEP_WAITING : mended;
    }
    return mended;
}

/* --- Enough is enough ------------------------------------------------------------------------ */

/* Builds that @alike has cost. */
static guint n_spent(const Situation *situation, const Alike *alike)
{
    const Storm *storm = situation_storm(situation, alike->error);
    guint n = alike->commits->len;

    for (guint i = 0; storm && i < storm->mends->len; i++) {
        const Mend *mend = storm->mends->pdata[i];
        const RevisionEvidence *evidence = situation_evidence(situation, mend->variant);

        n += evidence && evidence->kernel && evidence->kernel->status == KERNEL_FAILED;
    }
    return n;
}

/* How far the nearest of @alike is from @revision, in places of the topological order. */
static guint distance(const Situation *situation, const Alike *alike, guint32 revision)
{
    guint nearest = G_MAXUINT;

    for (guint i = 0; i < alike->commits->len; i++) {
        gint64 other = range_find(situation->range, alike->commits->pdata[i]);

        if (other >= 0) {
            nearest = MIN(nearest, (guint)ABS(other - (gint64)revision));
        }
    }
    return nearest;
}

gboolean storm_is_over(const Situation *situation, const Experiment *experiment)
{
    g_autoptr(GPtrArray) all = situation->storms ? group_failures(situation) : NULL;
    const Alike *nearest = NULL;

    if (!all || experiment->p_testable >= SUSPECT) {
        return FALSE;
    }
    for (guint i = 0; i < all->len; i++) {
        if (!nearest || distance(situation, all->pdata[i], experiment->revision) <
                            distance(situation, nearest, experiment->revision)) {
            nearest = all->pdata[i];
        }
    }
    return nearest && n_spent(situation, nearest) >= STORM_BUILDS;
}

char *storm_reason(const Situation *situation)
{
    g_autoptr(GPtrArray) all = situation->storms ? group_failures(situation) : NULL;
    const Alike *largest = NULL;

    for (guint i = 0; all && i < all->len; i++) {
        const Alike *alike = all->pdata[i];

        if (alike->n_needed >= N_ALIKE && (!largest || alike->n_needed > largest->n_needed)) {
            largest = alike;
        }
    }
    return largest ? g_strdup_printf("what lies between them fails (%s), and no commit was found "
                                     "that mends it",
                                     largest->error)
                   : NULL;
}
