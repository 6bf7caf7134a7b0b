/* SPDX-License-Identifier: Apache-2.0
 * Belief brought up to what is known of the revisions (evidence.c): which of them holds the trials
 * of a kernel, what a revision is that was not built, and what says nothing of this bug.
 */
#include "decide-private.h"

/* How much likelier a revision mends a bug that was there than one that was not: who mends a bug
 * has mostly seen it. But a branch may rewrite what it does not know to be broken elsewhere, so
 * not never. A judgement. */
#define NEVER_FACTOR 0.05
/* A revision is clearly quiet where one with the bug would be with a smaller chance. A judgement.
 */
#define CLEARLY_QUIET 0.1

/* The revision whose trials @evidence is, or -1: none of the range, or one that never had the bug.
 */
static gint64 revision_of(const Situation *situation, const Presence *presence,
                          const RevisionEvidence *evidence)
{
    gint64 revision = range_find(situation->range, evidence->commit);

    return revision >= 0 && presence && presence[revision] != PRESENCE_THERE ? -1 : revision;
}

/* By what @evidence's kernel is one with others, or NULL. One that could not have shown the bug is
 * not: what the bug needs may be missing in it, and with that the change at fault. That a change
 * makes no other kernel then says nothing of it. */
static char *signature_of(const Situation *situation, const RevisionEvidence *evidence)
{
    return evidence->kernel && evidence->kernel->signature &&
                   (situation->takes_quiet || !pool_of(situation, evidence).unreached_why)
               ? evidence->kernel->signature
               : NULL;
}

/* Of the revisions with the same kernel the oldest holds the trials: signature -> revision. */
static GHashTable *oldest_of_kernels(const Situation *situation, const Presence *presence)
{
    GHashTable *oldest = g_hash_table_new(g_str_hash, g_str_equal);
    const RevisionEvidence *evidence;
    GHashTableIter iter;
    gpointer there;

    g_hash_table_iter_init(&iter, situation->evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        gint64 revision = revision_of(situation, presence, evidence);
        char *signature = revision >= 0 ? signature_of(situation, evidence) : NULL;

        if (signature && (!g_hash_table_lookup_extended(oldest, signature, NULL, &there) ||
                          revision < GPOINTER_TO_UINT(there))) {
            g_hash_table_insert(oldest, signature, GUINT_TO_POINTER((guint)revision));
        }
    }
    return oldest;
}

/* The revision that holds the trials of @evidence's kernel: @revision itself where it has none. */
static guint32 holder_of(const Situation *situation, GHashTable *oldest,
                         const RevisionEvidence *evidence, gint64 revision)
{
    const char *signature = signature_of(situation, evidence);

    return signature ? GPOINTER_TO_UINT(g_hash_table_lookup(oldest, signature)) : (guint32)revision;
}

/* Revisions that never had the bug: what was told of them before that was known. */
static void forget_absent(Situation *situation, const Presence *presence)
{
    const Tally none = {0};

    for (guint32 r = 0; presence && r < history_size(situation->range->history); r++) {
        if (presence[r] != PRESENCE_THERE) {
            belief_set(situation->belief, r, &none);
        }
    }
}

/* Do the trials of @revision say clearly that it has the bug, or that it has not? */
static gboolean speaks(const Situation *situation, guint32 revision, gboolean has_bug)
{
    Tally tally, start;

    situation_tally(situation, situation->range->commits[revision], &tally);
    if (tally.said != VERDICT_UNKNOWN) {
        return tally.said == (has_bug ? VERDICT_BAD : VERDICT_GOOD);
    }
    if (tally.unreached || tally.untestable || (has_bug ? tally.n_crash : tally.n_ok) == 0) {
        return FALSE;
    }
    if (has_bug) {
        return belief_verdict(&tally) == VERDICT_BAD;
    }
    situation_tally(situation, situation->start, &start);
    return tally.n_crash == 0 &&
           belief_quiet_chance(start.n_crash, start.n_ok, tally.n_ok) < CLEARLY_QUIET;
}

/* Another job saw its culprit crash, and the parents not (of a fix the other way round). Where it
 * is otherwise here, the bug is another one. Without that, the culprit of a bug that is known could
 * never be told from its child: that it alone hides the bug here would be more probable than a
 * culprit which nobody thought of. */
static gboolean is_another_bug(const Situation *situation, guint32 known)
{
    guint n_parents;
    const guint32 *parents = history_parents(situation->range->history, known, &n_parents);
    gboolean is_other = speaks(situation, known, situation->is_fix);

    for (guint i = 0; i < n_parents; i++) {
        is_other = is_other || speaks(situation, parents[i], !situation->is_fix);
    }
    return is_other;
}

/* What came to be known of the revisions without a trial of their own: it is hardly one which never
 * had the bug that mends it; what another job found may be of another bug; and others may have
 * tested some. */
static void weigh(Situation *situation, const Presence *presence)
{
    guint n = history_size(situation->range->history);
    g_autofree double *factors = g_new(double, n);

    if (!presence && !situation->known_factors && !situation->foreign_factors) {
        return;
    }
    for (guint32 r = 0; r < n; r++) {
        double known = situation->known_factors ? situation->known_factors[r] : 1;

        factors[r] = presence && presence[r] == PRESENCE_NEVER ? NEVER_FACTOR : 1;
        factors[r] *= known < 1 && is_another_bug(situation, r) ? known : 1;
        factors[r] *= situation->foreign_factors ? situation->foreign_factors[r] : 1;
    }
    belief_weigh(situation->belief, factors);
}

/* By the sources of its kernel, the built revision whose trials are also @revision's: -1 where it
 * has a kernel of its own, or nothing is known, or it is no matter for belief. The ends of a class
 * speak for all of it. */
static gint64 same_holder(const Situation *situation, const Presence *presence, GHashTable *oldest,
                          guint32 revision)
{
    gint64 as = same_is_end(situation->same, revision) ? same_as(situation->same, revision) : -1;
    const RevisionEvidence *own, *evidence;

    if (as < 0 || as == revision || (presence && presence[revision] != PRESENCE_THERE)) {
        return -1;
    }
    own = situation_evidence(situation, situation->range->commits[revision]);
    if (own && own->kernel) {
        return -1;
    }
    evidence = situation_evidence(situation, situation->range->commits[as]);
    return evidence && revision_of(situation, presence, evidence) >= 0 &&
                   signature_of(situation, evidence)
               ? (gint64)holder_of(situation, oldest, evidence, as)
               : -1;
}

/* Revisions that were not built, and need not be. */
static void update_same(Situation *situation, const Presence *presence, GHashTable *oldest)
{
    guint n = history_size(situation->range->history);
    const Tally none = {0};

    for (guint32 r = 0; situation->same && r < n; r++) {
        gint64 holder = same_holder(situation, presence, oldest, r);

        if (holder >= 0) {
            belief_set_same(situation->belief, r, (guint32)holder);
        } else if (belief_representative(situation->belief, r) != r &&
                   !situation_evidence(situation, situation->range->commits[r])) {
            belief_set(situation->belief, r, &none);
        }
    }
}

/* All tallies first, which takes their revisions out of the groups that they were in: a group whose
 * representative has lost its kernel would else take its members along. */
static void update_belief(Situation *situation)
{
    g_autofree Presence *presence = situation_presence(situation);
    g_autoptr(GHashTable) oldest = oldest_of_kernels(situation, presence);
    const RevisionEvidence *evidence;
    GHashTableIter iter;

    forget_absent(situation, presence);
    weigh(situation, presence);
    for (guint pass = 0; pass < 2; pass++) {
        g_hash_table_iter_init(&iter, situation->evidence);
        while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
            gint64 revision = revision_of(situation, presence, evidence);
            guint32 holder = revision >= 0 ? holder_of(situation, oldest, evidence, revision) : 0;
            Tally tally;

            if (revision >= 0 && pass == 0 && holder == revision) {
                situation_tally(situation, evidence->commit, &tally);
                belief_set(situation->belief, holder, &tally);
            } else if (revision >= 0 && pass == 1 && holder != revision) {
                belief_set_same(situation->belief, (guint32)revision, holder);
            }
        }
    }
    update_same(situation, presence, oldest);
}

void situation_update_belief(Situation *situation)
{
    gboolean pools = situation_pool(situation);

    update_belief(situation);
    if (pools) {
        situation_unpool(situation);
    }
}
