/* SPDX-License-Identifier: Apache-2.0
 * The range of a job: its good end is given, or found among the releases behind the start.
 *
 * Releases are searched by doubling, then halving. One, then two, four, eight further back, until
 * one does not crash: a bug that n releases have costs log2(n) of them, where a walk would try n.
 * Then the middle between the last that crashed and the first that did not: as good a question as
 * any in the search, which would ask it next, and releases build and boot more surely than what
 * lies between. Two in a row that do so no more leave the rest to the search.
 *
 *     v5.19  v5.18 v5.17  v5.16 v5.15  v5.14 v5.13 v5.12 v5.11
 *     start  bad   bad          bad           good?      good     tried: 18, 17, 15, 11, 13
 *
 * What comes after the newest final release behind the start (candidates of the next one, or stable
 * ones) is a stretch of its own, which doubling does not leap over into old times: after a bad
 * v6.1.20 and all of v6.1.y comes v6.1, then v6.0.
 *
 * Releases that lie so near that all of them together are no more than one of mainline
 * (NEAR_COMMITS) are one step, and nothing halves them: a kernel costs the same wherever it lies,
 * and who touches the files of the crash splits a range better than numbers do. So the four
 * releases behind the demo's start take one kernel in place of four.
 *
 * Where another job found the culprit of a bug that crashes alike (known.c), the newest release
 * without that commit comes first, and one that is good is near enough.
 *
 * All of it is evidence like any other: bad releases lie in the range that belief is told of, and a
 * good one that belief overrules is bad here, so that the search of the range goes on behind it. A
 * good release with a bad one behind it is no end.
 */
#include "decide-private.h"

#include <string.h>

/* --- Which releases -------------------------------------------------------------------------- */

/* Has @name the version of @final, "v6.1", and more? */
static gboolean is_stable_of(const char *name, const char *final)
{
    gsize n = strlen(final);

    return strncmp(name, final, n) == 0 && name[n] == '.';
}

void releases_select(GPtrArray *releases, const char *kinds, const char *oldest)
{
    gboolean is_auto = g_str_equal(kinds, "auto");
    gboolean wants_stable = is_auto || g_str_equal(kinds, "stable");
    gboolean wants_rc = is_auto || g_str_equal(kinds, "rc");
    const char *final = NULL;

    for (guint i = 0; i < releases->len && !final; i++) {
        const ReleaseTag *tag = releases->pdata[i];

        final = tag->kind == RELEASE_FINAL ? tag->name : NULL;
    }
    for (guint i = releases->len; i-- > 0;) {
        const ReleaseTag *tag = releases->pdata[i];
        gboolean is_wanted = tag->kind == RELEASE_FINAL ||
                             (tag->kind == RELEASE_STABLE && wants_stable &&
                              (!final || is_stable_of(tag->name, final))) ||
                             (tag->kind == RELEASE_RC && wants_rc &&
                              (!final || release_name_compare(tag->name, final) < 0));

        if (!is_wanted || (oldest && release_name_compare(tag->name, oldest) > 0)) {
            g_ptr_array_remove_index(releases, i);
        }
    }
}

/* --- Doubling and halving -------------------------------------------------------------------- */

static const ReleaseTag *release_at(const Situation *situation, gint64 i)
{
    return situation->releases->pdata[i];
}

static Standing standing_at(const Situation *situation, gint64 i, Action *ret_action)
{
    const ReleaseTag *release = release_at(situation, i);

    if (g_hash_table_contains(situation->overruled, release->commit)) {
        return STANDING_BAD;
    }
    return stand_alone(situation, PHASE_RANGE, release->commit, release->name, ret_action);
}

/* Behind @begin, twice as far as @bad is, which is not before it. */
static gint64 double_from(gint64 begin, gint64 bad)
{
    return begin + 2 * (bad - begin) + 1;
}

/* Where a stretch begins, the place that is twice as far behind as @bad (-1: none yet). */
static gint64 double_back(const Situation *situation, gint64 bad)
{
    gint64 n = situation->releases->len, first_final = 0;
    gint64 near = (gint64)MAX(situation->n_near, 1) - 1, with_known = situation->n_with_known;

    while (first_final < n - 1 && release_at(situation, first_final)->kind != RELEASE_FINAL) {
        first_final++;
    }
    if (situation->is_known && bad < with_known && with_known < n) {
        return with_known;
    }
    if (bad < near) {
        return near;
    }
    return bad < first_final ? MIN(double_from(near, bad), first_final)
                             : MIN(double_from(MAX(first_final, near), bad), n - 1);
}

/* It tells nothing of the bug. */
static gboolean is_useless(Standing standing)
{
    return standing == STANDING_BROKEN || standing == STANDING_UNREACHED;
}

/* The first of @wanted, the one behind it and the one before it that lies between @bad and @end and
 * is neither broken nor unreached; -1: none does. */
static gint64 find_testable(const Situation *situation, gint64 wanted, gint64 bad, gint64 end)
{
    const gint64 near[] = {wanted, wanted + 1, wanted - 1};
    Action unused;

    for (guint i = 0; i < G_N_ELEMENTS(near); i++) {
        if (near[i] > bad && near[i] < end &&
            !is_useless(standing_at(situation, near[i], &unused))) {
            return near[i];
        }
    }
    return -1;
}

/* Is release @i the newest one before what is known to be at fault? Then the search begins there,
 * and needs no nearer end. */
static gboolean is_last_without(const Situation *situation, gint64 i)
{
    return situation->is_known && i == situation->n_with_known;
}

/* The release to try next; -1: none. Where all around the wanted one are broken, nearer ones. */
static gint64 next_release(const Situation *situation, gint64 bad, gint64 good)
{
    gint64 n = situation->releases->len, found = -1;

    if (good >= 0) {
        return good < situation->n_near || is_last_without(situation, good)
                   ? -1
                   : find_testable(situation, (bad + good) / 2, bad, good);
    }
    for (gint64 wanted = bad + 1 < n ? double_back(situation, bad) : bad; wanted > bad && found < 0;
         wanted = bad + (wanted - bad) / 2) {
        found = find_testable(situation, wanted, bad, n);
    }
    return found;
}

/* --- Answers --------------------------------------------------------------------------------- */

/* "v5.19, v5.18", those that stand so, but for @but. */
static char *list_releases(const Situation *situation, Standing standing, gint64 but)
{
    GString *list = g_string_new(NULL);

    for (gint64 i = 0; i < situation->releases->len; i++) {
        Action unused;

        if (i != but && standing_at(situation, i, &unused) == standing) {
            g_string_append_printf(list, "%s%s", list->len ? ", " : "",
                                   release_at(situation, i)->name);
        }
    }
    return g_string_free(list, FALSE);
}

/* All that could be tried have the bug. */
static Answer *answer_older(const Situation *situation, gint64 oldest)
{
    const ReleaseTag *release = release_at(situation, oldest);
    Answer *answer = answer_new(ANSWER_OLDER, release->commit);
    g_autofree char *bad = list_releases(situation, STANDING_BAD, oldest);
    g_autofree char *broken = list_releases(situation, STANDING_BROKEN, oldest);
    g_autoptr(GString) reason = g_string_new(NULL);
    Tally tally;

    situation_tally(situation, release->commit, &tally);
    g_string_printf(reason, "%s (%.12s) has the bug already: %u of %u trials", release->name,
                    release->commit, tally.n_crash, tally.n_crash + tally.n_ok);
    if (*bad) {
        g_string_append_printf(reason, "; so have %s", bad);
    }
    if (*broken) {
        g_string_append_printf(reason, "; %s cannot be tested", broken);
    }
    if (situation->why_no_older) {
        g_string_append_printf(reason, "; none is older: %s", situation->why_no_older);
    }
    answer->reason = g_string_free(g_steal_pointer(&reason), FALSE);
    return answer;
}

/* A base of the start and good crashes: where good does not, it has a fix. */
static Step decide_parted(const Situation *situation, const char *base, Action *ret_action)
{
    Answer *answer;

    switch (stand_alone(situation, PHASE_RANGE, situation->good, NULL, ret_action)) {
    case STANDING_ASKED:
        return STEP_ASKED;
    case STANDING_WAITING:
        return STEP_WAITING;
    case STANDING_BAD:
    case STANDING_BROKEN:
        return give_answer(ret_action, answer_new(ANSWER_GOOD_CRASHES, base));
    case STANDING_GOOD:
    case STANDING_UNREACHED:
        break;
    }
    answer = answer_new(ANSWER_GOOD_CRASHES, base);
    answer->reason = g_strdup_printf(
        "%.12s, where start and --good parted, has the bug: it is older, and %.12s has a fix that "
        "the start lacks",
        base, situation->good);
    return give_answer(ret_action, answer);
}

/* --- The phase ------------------------------------------------------------------------------- */

/* Of a fix: the newest revision, which has to be good. */
static Step decide_head(const Situation *situation, Action *ret_action)
{
    switch (stand_alone(situation, PHASE_RANGE, situation->good, NULL, ret_action)) {
    case STANDING_ASKED:
        return STEP_ASKED;
    case STANDING_WAITING:
        return STEP_WAITING;
    case STANDING_BROKEN:
        return give_answer(ret_action, answer_new(ANSWER_UNTESTABLE, situation->good));
    case STANDING_BAD:
        return give_answer(ret_action, answer_new(ANSWER_NOT_FIXED, situation->good));
    case STANDING_GOOD:
    case STANDING_UNREACHED:
        return STEP_PASSED;
    }
    g_assert_not_reached();
}

/* The good end is given: it, or where it parted from the start, has to be good. */
static Step decide_given(const Situation *situation, Action *ret_action, const char **ret_good)
{
    const char *const itself[] = {situation->good, NULL};
    const char *const *ends = situation->bases ? situation->bases : itself;

    *ret_good = ends[0];
    for (; *ends; ends++) {
        switch (stand_alone(situation, PHASE_RANGE, *ends, NULL, ret_action)) {
        case STANDING_ASKED:
            return STEP_ASKED;
        case STANDING_WAITING:
            return STEP_WAITING;
        case STANDING_BROKEN:
            return give_answer(ret_action, answer_new(ANSWER_UNTESTABLE, *ends));
        case STANDING_BAD:
            return situation->bases
                       ? decide_parted(situation, *ends, ret_action)
                       : give_answer(ret_action, answer_new(ANSWER_GOOD_CRASHES, *ends));
        case STANDING_GOOD:
        case STANDING_UNREACHED:
            break;
        }
    }
    return STEP_PASSED;
}

/* A release that could not show the bug is no good end while older ones may be. Of so many it is
 * taken that these could not either; then the newest has to do, and what is found is where the bug
 * began to show. */
#define N_UNREACHED_RELEASES 3

static Step decide_releases(const Situation *situation, Action *ret_action, const char **ret_good)
{
    gint64 bad = -1, good = -1, first_quiet = -1, last_quiet = -1;
    guint n_quiet = 0;

    for (gint64 i = 0; i < situation->releases->len; i++) {
        Action unused;
        Standing standing = standing_at(situation, i, &unused);

        if (standing == STANDING_BAD) {
            bad = i;
            good = first_quiet = last_quiet = -1;
            n_quiet = 0;
        } else if (standing == STANDING_UNREACHED) {
            first_quiet = first_quiet < 0 ? i : first_quiet;
            last_quiet = i;
            n_quiet++;
        } else if (standing == STANDING_GOOD && good < 0) {
            good = i;
        }
    }
    gint64 next = good >= 0 ? next_release(situation, bad, good)
                  : n_quiet >= N_UNREACHED_RELEASES
                      ? -1
                      : next_release(situation, MAX(bad, last_quiet), -1);
    if (next >= 0) {
        return standing_at(situation, next, ret_action) == STANDING_ASKED ? STEP_ASKED
                                                                          : STEP_WAITING;
    }
    good = good >= 0 ? good : first_quiet;
    if (good >= 0) {
        *ret_good = release_at(situation, good)->commit;
        return STEP_PASSED;
    }
    if (bad >= 0) {
        return give_answer(ret_action, answer_older(situation, bad));
    }
    Answer *answer = answer_new(ANSWER_UNTESTABLE, situation->start);
    answer->reason = g_strdup("no release behind the start can be tested: name a --good");
    return give_answer(ret_action, answer);
}

Step decide_range(const Situation *situation, Action *ret_action, const char **ret_good)
{
    if (situation->is_fix) {
        *ret_good = situation->good;
        return decide_head(situation, ret_action);
    }
    return situation->good ? decide_given(situation, ret_action, ret_good)
                           : decide_releases(situation, ret_action, ret_good);
}
