/* SPDX-License-Identifier: Apache-2.0
 * What is known of revisions, as belief wants it: all trials of one kernel are one thing, wherever
 * they came from, and some of them tell nothing.
 */
#include "decide-private.h"

#include <math.h>

/* So many trials of a revision that all told nothing (no boot, other crashes) make it untestable.
 */
#define N_TELLS_NOTHING 3
/* And so many where other crashes were seen beside those of this bug: they do not hide it. */
#define N_TELLS_LITTLE 10

static RevisionEvidence *revision_evidence_new(const char *commit)
{
    RevisionEvidence *evidence = g_new0(RevisionEvidence, 1);

    evidence->commit = g_strdup(commit);
    return evidence;
}

void revision_evidence_free(RevisionEvidence *evidence)
{
    if (!evidence) {
        return;
    }
    g_free(evidence->commit);
    g_free(evidence->broken_title);
    g_clear_pointer(&evidence->kernel, kernel_free);
    g_free(evidence);
}

void task_free(Task *task)
{
    if (!task) {
        return;
    }
    g_free(task->commit);
    g_free(task);
}

/* --- Counting -------------------------------------------------------------------------------- */

/* Doubtful crashes with one title are one question: whether that title is a face of the bug. So the
 * answer is the same for all crashes of a kernel; and that several kernels showed it makes it no
 * more probable, so they share its weight: (1 - match) of all of them together is that of one. */
static void weigh_doubtful(RevisionEvidence *evidence, double match, guint n_kernels)
{
    evidence->match = 1 - (1 - evidence->match) * pow(1 - match, 1.0 / n_kernels);
}

/* Set of titles, for each title or commit. */
static gboolean add_to_set(GHashTable *sets, const char *key, const char *member)
{
    GHashTable *set = g_hash_table_lookup(sets, key);

    if (!set) {
        set = g_hash_table_new(g_str_hash, g_str_equal);
        g_hash_table_insert(sets, (gpointer)key, set);
    }
    return g_hash_table_add(set, (gpointer)member);
}

/* Each doubtful title once for each commit. Which commits have the same kernel is not looked at: of
 * these, the pool takes the surest. */
static void weigh_all_doubtful(GHashTable *evidence, const GPtrArray *doubtful,
                               const Sought *sought)
{
    g_autoptr(GHashTable) commits_of =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_hash_table_unref);
    g_autoptr(GPtrArray) first_ones = g_ptr_array_new();

    for (guint i = 0; i < doubtful->len; i++) {
        const TrialRow *trial = doubtful->pdata[i];

        if (add_to_set(commits_of, trial->title, trial->commit)) {
            g_ptr_array_add(first_ones, (gpointer)trial);
        }
    }
    for (guint i = 0; i < first_ones->len; i++) {
        const TrialRow *trial = first_ones->pdata[i];
        GHashTable *commits = g_hash_table_lookup(commits_of, trial->title);

        weigh_doubtful(g_hash_table_lookup(evidence, trial->commit), identity_match(sought, trial),
                       g_hash_table_size(commits));
    }
}

/* FALSE for a doubtful crash. */
static gboolean count(RevisionEvidence *evidence, const TrialRow *trial, const Sought *sought)
{
    OutcomeKind kind = sought_outcome(sought->kind, trial);
    CrashJudgement judgement =
        kind == OUTCOME_CRASH ? identity_judge(sought, trial) : CRASH_OF_ANOTHER;

    ways_add(&evidence->ways, trial->restored, kind, judgement != CRASH_OF_ANOTHER);
    if (evidence->only_booted && trial->restored) {
        return TRUE;
    }
    switch (kind) {
    case OUTCOME_OK:
        evidence->n_ok++;
        break;
    case OUTCOME_CRASH:
        evidence->n_crash += judgement == CRASH_OF_BUG;
        evidence->n_doubtful += judgement == CRASH_DOUBTFUL;
        evidence->n_other_crash += judgement == CRASH_OF_ANOTHER;
        break;
    case OUTCOME_BOOT_FAILED:
    case OUTCOME_BASIC_FAILED:
        evidence->n_broken++;
        g_free(evidence->broken_title);
        evidence->broken_title = g_strdup(trial->title);
        break;
    case OUTCOME_UNREACHED:
        evidence->n_unreached++;
        break;
    case OUTCOME_INFRA:
        break;
    }
    return judgement != CRASH_DOUBTFUL;
}

gboolean evidence_add(RevisionEvidence *evidence, const TrialRow *trial, const Sought *sought)
{
    return count(evidence, trial, sought) &&
           ways_refute_restored(&evidence->ways) == evidence->only_booted;
}

static void forget_counts(RevisionEvidence *evidence)
{
    evidence->n_ok = evidence->n_crash = evidence->n_doubtful = 0;
    evidence->n_other_crash = evidence->n_broken = evidence->n_unreached = 0;
    evidence->match = 0;
    evidence->ways = (Ways){0};
    g_clear_pointer(&evidence->broken_title, g_free);
}

static void count_all(GHashTable *evidence, const GPtrArray *trials, const Sought *sought)
{
    g_autoptr(GPtrArray) doubtful = g_ptr_array_new();
    RevisionEvidence *of_commit;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&of_commit)) {
        forget_counts(of_commit);
    }
    for (guint i = 0; i < trials->len; i++) {
        const TrialRow *trial = trials->pdata[i];

        if (!count(g_hash_table_lookup(evidence, trial->commit), trial, sought)) {
            g_ptr_array_add(doubtful, (gpointer)trial);
        }
    }
    weigh_all_doubtful(evidence, doubtful, sought);
}

void evidence_count(GHashTable *evidence, const GPtrArray *trials, const Sought *sought)
{
    RevisionEvidence *of_commit;
    gboolean changed = FALSE;
    GHashTableIter iter;

    count_all(evidence, trials, sought);
    g_hash_table_iter_init(&iter, evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&of_commit)) {
        gboolean only_booted = ways_refute_restored(&of_commit->ways);

        changed |= only_booted != of_commit->only_booted;
        of_commit->only_booted = only_booted;
    }
    if (changed) {
        count_all(evidence, trials, sought);
    }
}

/* What is found out by building: counted as trials that all ended alike. */
static void count_build(RevisionEvidence *evidence, const char *sought)
{
    const Kernel *kernel = evidence->kernel;
    g_autofree char *class = NULL;

    evidence->n_ok = evidence->n_crash = evidence->n_broken = 0;
    if (kernel->status == KERNEL_BUILT) {
        evidence->n_ok = N_TRIALS_OF_BUILD;
        return;
    }
    class = kernel_failure_kind(kernel->first_error);
    if (g_strcmp0(class, sought) == 0) {
        evidence->n_crash = N_TRIALS_OF_BUILD;
    } else {
        evidence->n_broken = N_TRIALS_OF_BUILD;
    }
}

void evidence_count_builds(GHashTable *evidence, const char *start)
{
    const RevisionEvidence *of_start = g_hash_table_lookup(evidence, start);
    const Kernel *kernel = of_start ? of_start->kernel : NULL;
    g_autofree char *sought =
        kernel && kernel->status == KERNEL_FAILED ? kernel_failure_kind(kernel->first_error) : NULL;
    RevisionEvidence *of_commit;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&of_commit)) {
        if (of_commit->kernel) {
            count_build(of_commit, sought);
        }
    }
}

/* --- Looking --------------------------------------------------------------------------------- */

const Task *situation_task(const Situation *situation, const char *commit)
{
    for (guint i = 0; situation->tasks && i < situation->tasks->len; i++) {
        const Task *task = situation->tasks->pdata[i];

        if (g_str_equal(task->commit, commit)) {
            return task;
        }
    }
    return NULL;
}

const RevisionEvidence *situation_evidence(const Situation *situation, const char *commit)
{
    return g_hash_table_lookup(situation->evidence, commit);
}

RevisionEvidence *situation_evidence_for(Situation *situation, const char *commit)
{
    RevisionEvidence *evidence = g_hash_table_lookup(situation->evidence, commit);

    if (!evidence) {
        evidence = revision_evidence_new(commit);
        g_hash_table_insert(situation->evidence, evidence->commit, evidence);
    }
    return evidence;
}

/* What is known against @evidence; @other: against another with the same kernel. */
static const char *reach_fact(const Situation *situation, const RevisionEvidence *evidence,
                              const char *other)
{
    const char *why = situation_fact(situation, evidence->commit, FACT_REACH);

    return why && *why ? why : other;
}

static void pool_add(Pool *pool, const Situation *situation, const RevisionEvidence *evidence)
{
    pool->n_ok += evidence->n_ok;
    pool->n_crash += evidence->n_crash;
    pool->n_doubtful += evidence->n_doubtful;
    pool->match = MAX(pool->match, evidence->match);
    pool->n_other_crash += evidence->n_other_crash;
    pool->n_broken += evidence->n_broken;
    pool->n_unreached += evidence->n_unreached;
    pool->said = pool->said != VERDICT_UNKNOWN ? pool->said : evidence->said;
    pool->unreached_why = reach_fact(situation, evidence, pool->unreached_why);
}

static const char *signature(const RevisionEvidence *evidence)
{
    return evidence->kernel ? evidence->kernel->signature : NULL;
}

/* All revisions with the kernel of @own, one by one. */
static Pool add_up(const Situation *situation, const RevisionEvidence *own)
{
    const RevisionEvidence *evidence;
    Pool pool = {0};
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, situation->evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        if (evidence == own ||
            (signature(own) && g_strcmp0(signature(evidence), signature(own)) == 0)) {
            pool_add(&pool, situation, evidence);
        }
    }
    return pool;
}

/* All kernels at once. */
struct Pools {
    GHashTable *of; /* signature -> Pool */
    gboolean both_were_seen;
};

/* Did one kernel show this bug and another one? Only then are crashes of the other worth telling:
 * else it is as probable that it hides this bug, and to distinguish revisions by what tells next to
 * nothing would only cut the candidates into small sets. */
static gboolean both_were_seen(const Situation *situation)
{
    const RevisionEvidence *evidence;
    GHashTableIter iter;

    if (situation->pools) {
        return situation->pools->both_were_seen;
    }
    g_hash_table_iter_init(&iter, situation->evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        if (evidence->n_crash > 0 && evidence->n_other_crash > 0) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean situation_pool(Situation *situation)
{
    const RevisionEvidence *evidence;
    GHashTableIter iter;
    Pools *pools;

    if (situation->pools) {
        return FALSE;
    }
    pools = g_new0(Pools, 1);
    pools->of = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    g_hash_table_iter_init(&iter, situation->evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        Pool *pool =
            signature(evidence) ? g_hash_table_lookup(pools->of, signature(evidence)) : NULL;

        if (signature(evidence) && !pool) {
            pool = g_new0(Pool, 1);
            g_hash_table_insert(pools->of, evidence->kernel->signature, pool);
        }
        if (pool) {
            pool_add(pool, situation, evidence);
        }
    }
    pools->both_were_seen = both_were_seen(situation);
    situation->pools = pools;
    return TRUE;
}

void situation_unpool(Situation *situation)
{
    g_hash_table_unref(situation->pools->of);
    g_clear_pointer(&situation->pools, g_free);
}

Pool pool_of(const Situation *situation, const RevisionEvidence *own)
{
    Pool pool = {0};

    if (!signature(own)) {
        pool_add(&pool, situation, own);
    } else if (situation->pools) {
        pool = *(const Pool *)g_hash_table_lookup(situation->pools->of, signature(own));
    } else {
        pool = add_up(situation, own);
    }
    if (pool.n_crash + pool.n_doubtful > 0 || pool.said != VERDICT_UNKNOWN) {
        pool.unreached_why = NULL; /* the proof was wrong, or a person knows better */
    }
    if (situation->takes_quiet && pool.unreached_why) {
        pool.n_ok += pool.n_unreached;
        pool.n_unreached = 0;
    }
    return pool;
}

const char *situation_unreached_why(const Situation *situation, const char *commit)
{
    const RevisionEvidence *evidence = situation_evidence(situation, commit);

    return evidence && evidence->kernel ? pool_of(situation, evidence).unreached_why : NULL;
}

guint pool_told_nothing(const Pool *pool)
{
    return pool->n_doubtful + pool->n_other_crash + pool->n_broken + pool->n_unreached;
}

guint pool_trials(const Pool *pool)
{
    return pool->n_ok + pool->n_crash + pool_told_nothing(pool);
}

guint situation_patience(const Situation *situation, const Pool *pool)
{
    gboolean tells_little = pool->n_other_crash > 0 && both_were_seen(situation);

    return MIN(tells_little ? N_TELLS_LITTLE : N_TELLS_NOTHING, situation->max_trials);
}

gboolean situation_cannot_build(const Situation *situation, const RevisionEvidence *evidence)
{
    return situation->bug != BUG_BUILD && evidence->kernel &&
           evidence->kernel->status == KERNEL_FAILED;
}

/* It does not build; or its trials, enough of them, told nothing: no boot, or always a crash of
 * another identity, which hides whether the bug is there. More of them would tell nothing either.
 */
gboolean situation_is_untestable(const Situation *situation, const RevisionEvidence *evidence,
                                 const Pool *pool)
{
    if (situation_cannot_build(situation, evidence)) {
        return TRUE;
    }
    return pool->n_ok + pool->n_crash == 0
               ? pool_told_nothing(pool) >= situation_patience(situation, pool)
               : pool_told_nothing(pool) >= situation->max_trials;
}

Tally pool_tally(const Situation *situation, const RevisionEvidence *evidence, const Pool *pool)
{
    if (pool->said == VERDICT_SKIP) {
        return (Tally){.untestable = TRUE};
    }
    if (pool->said != VERDICT_UNKNOWN) {
        return (Tally){.said = pool->said};
    }
    return (Tally){.n_crash = pool->n_crash,
                   .n_ok = pool->n_ok,
                   .n_doubtful = pool->n_doubtful,
                   .match = pool->match,
                   .n_other = both_were_seen(situation) ? pool->n_other_crash : 0,
                   .unreached = pool->unreached_why && !situation->takes_quiet,
                   .untestable = situation_is_untestable(situation, evidence, pool),
                   .builds = evidence->kernel && evidence->kernel->status == KERNEL_BUILT};
}

void situation_tally(const Situation *situation, const char *commit, Tally *ret_tally)
{
    const RevisionEvidence *evidence = situation_evidence(situation, commit);
    Tally tally = {0};

    if (evidence && (evidence->kernel || evidence->said != VERDICT_UNKNOWN)) {
        Pool pool = pool_of(situation, evidence);

        tally = pool_tally(situation, evidence, &pool);
    }
    *ret_tally = tally;
}
