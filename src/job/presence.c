/* SPDX-License-Identifier: Apache-2.0
 * Was the bug there at all?
 *
 * A fix is looked for among all that the newest revision has and the start has not. Much of that
 * grew from commits older than the start, and where those are older than the bug as well, it never
 * was there: such a revision runs well, and nothing has mended it.
 *
 *        g---c---S---------M---H      c brought the bug, S is the start: 2 and 3 run well, and the
 *         \               /           fix is M, 2, 3, or after M; of what mended it they say
 * nothing 2-------------3
 *
 * What a revision has of the bug it has from the roots that it reaches (repo/roots.c), and a root
 * can be tried. One that has the bug speaks for all roots ahead of it, one without for all behind
 * it, so that few have to be. They are tried when a revision is wanted that depends on them, newest
 * first. Where the culprit is known, ancestry tells.
 *
 * A revision that never had the bug is left out of all that belief is told, is never tried, and as
 * it is neither broken nor sound, its neighbours are judged without it. It may still be the fix: as
 * one of those that a merge brought in.
 */
#include "decide-private.h"

typedef enum RootState { ROOT_OPEN, ROOT_BAD, ROOT_GOOD, ROOT_BROKEN } RootState;

static RootState state_of(const Situation *situation, guint root)
{
    const char *commit = situation->roots->commits[root];
    Action unused;

    if (g_str_equal(commit, situation->start)) {
        return ROOT_BAD;
    }
    if (situation->is_root_bad) {
        return situation->is_root_bad[root] ? ROOT_BAD : ROOT_GOOD;
    }
    switch (stand_alone(situation, PHASE_RANGE, commit, NULL, &unused)) {
    case STANDING_GOOD:
    case STANDING_UNREACHED:
        return ROOT_GOOD;
    case STANDING_BAD:
        return ROOT_BAD;
    case STANDING_BROKEN:
        return ROOT_BROKEN;
    case STANDING_ASKED:
    case STANDING_WAITING:
        return ROOT_OPEN;
    }
    g_assert_not_reached();
}

/* What is known of each root, by itself and by the others. Where they contradict each other, a
 * crash is the surer sign. */
static RootState *root_states(const Situation *situation)
{
    const Roots *roots = situation->roots;
    g_autofree RootState *own = g_new0(RootState, roots->n);
    RootState *states = g_new0(RootState, roots->n);

    for (guint i = 0; i < roots->n; i++) {
        own[i] = states[i] = state_of(situation, i);
    }
    for (guint i = 0; i < roots->n; i++) {
        for (guint j = 0; j < i; j++) {
            if (own[i] == ROOT_GOOD && states[j] != ROOT_BAD &&
                revision_set_has(roots->behind[i], j)) {
                states[j] = ROOT_GOOD;
            }
        }
    }
    for (guint i = 0; i < roots->n; i++) {
        for (guint j = 0; j < i; j++) {
            if (own[j] == ROOT_BAD && revision_set_has(roots->behind[i], j)) {
                states[i] = ROOT_BAD;
            }
        }
    }
    return states;
}

Presence *situation_presence(const Situation *situation)
{
    if (!situation->roots) {
        return NULL;
    }
    g_autofree RootState *states = root_states(situation);
    const History *history = situation->range->history;
    const GArray *edges = situation->roots->edges;
    guint n = history_size(history), at = 0;
    g_autofree gboolean *is_there = g_new0(gboolean, n), *is_open = g_new0(gboolean, n);
    Presence *presence = g_new0(Presence, n);

    for (guint32 r = 1; r < n; r++) {
        guint n_parents;
        const guint32 *parents = history_parents(history, r, &n_parents);

        for (guint i = 0; i < n_parents; i++) { /* of revision 0 both are FALSE */
            is_there[r] |= is_there[parents[i]];
            is_open[r] |= is_open[parents[i]];
        }
        for (; at < edges->len && g_array_index(edges, RootEdge, at).revision == r; at++) {
            RootState state = states[g_array_index(edges, RootEdge, at).root];

            is_there[r] |= state == ROOT_BAD;
            is_open[r] |= state == ROOT_OPEN;
        }
        presence[r] = is_there[r] ? PRESENCE_THERE : is_open[r] ? PRESENCE_OPEN : PRESENCE_NEVER;
    }
    return presence;
}

/* The newest root that @revision reaches, of those in a state (or in any: @states NULL); or -1. */
static gint64 newest_root(const Situation *situation, guint32 revision, const RootState *states,
                          RootState state)
{
    g_autoptr(RevisionSet) reached = history_ancestors(situation->range->history, revision);
    const GArray *edges = situation->roots->edges;
    gint64 newest = -1;

    for (guint i = 0; i < edges->len; i++) {
        const RootEdge *edge = &g_array_index(edges, RootEdge, i);

        if (revision_set_has(reached, edge->revision) && (!states || states[edge->root] == state)) {
            newest = MAX(newest, edge->root);
        }
    }
    return newest;
}

const char *presence_root(const Situation *situation, guint32 revision)
{
    gint64 root = newest_root(situation, revision, NULL, ROOT_OPEN);

    g_assert(root >= 0);
    return situation->roots->commits[root];
}

static Step ask_root(const Situation *situation, guint root, JobPhase phase, Action *ret_action)
{
    Standing standing =
        stand_alone(situation, phase, situation->roots->commits[root], NULL, ret_action);

    return standing == STANDING_ASKED     ? STEP_ASKED
           : standing == STANDING_WAITING ? STEP_WAITING
                                          : STEP_PASSED;
}

Step ask_presence(const Situation *situation, const char *commit, JobPhase phase,
                  Action *ret_action, Presence *ret_presence)
{
    *ret_presence = PRESENCE_THERE;
    if (!situation->roots) {
        return STEP_PASSED;
    }
    g_autofree RootState *states = root_states(situation);
    gint64 revision = range_find(situation->range, commit), root;

    if (revision > 0) {
        g_autofree Presence *presence = situation_presence(situation);

        *ret_presence = presence[revision];
        root = newest_root(situation, (guint32)revision, states, ROOT_OPEN);
    } else {
        root = roots_find(situation->roots, commit);
        *ret_presence = root < 0 || states[root] == ROOT_BAD ? PRESENCE_THERE
                        : states[root] == ROOT_OPEN          ? PRESENCE_OPEN
                                                             : PRESENCE_NEVER;
    }
    return *ret_presence == PRESENCE_OPEN ? ask_root(situation, (guint)root, phase, ret_action)
                                          : STEP_PASSED;
}
