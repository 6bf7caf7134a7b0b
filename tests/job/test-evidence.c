/* SPDX-License-Identifier: Apache-2.0
 * How trials are counted: which crashes are the bug's, which another's, and what doubt weighs.
 */
#include "job/decide-private.h"

#include <math.h>

#define START "s"

static void add_trials(GPtrArray *trials, const char *commit, OutcomeKind kind, const char *title,
                       guint n)
{
    for (guint i = 0; i < n; i++) {
        TrialRow *trial = g_new0(TrialRow, 1);

        trial->commit = g_strdup(commit);
        trial->kind = kind;
        trial->title = g_strdup(title);
        g_ptr_array_add(trials, trial);
    }
}

static GPtrArray *trials_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)trial_row_free);
}

static void add_crashes(GPtrArray *trials, const char *commit, const char *title, guint n)
{
    add_trials(trials, commit, OUTCOME_CRASH, title, n);
}

static GHashTable *count(const GPtrArray *trials, const char *wanted)
{
    Situation situation = {.evidence =
                               g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                     (GDestroyNotify)revision_evidence_free)};
    g_autoptr(OopsBug) bug = identity_learn(BUG_CRASH, wanted, trials, START);
    const Sought sought = {.bug = bug};

    for (guint i = 0; i < trials->len; i++) {
        situation_evidence_for(&situation, ((const TrialRow *)trials->pdata[i])->commit);
    }
    evidence_count(situation.evidence, trials, &sought);
    return situation.evidence;
}

static void assert_counts(GHashTable *counted, const char *commit, guint n_crash, guint n_doubtful,
                          guint n_other)
{
    const RevisionEvidence *evidence = g_hash_table_lookup(counted, commit);

    g_assert_nonnull(evidence);
    g_assert_cmpuint(evidence->n_crash, ==, n_crash);
    g_assert_cmpuint(evidence->n_doubtful, ==, n_doubtful);
    g_assert_cmpuint(evidence->n_other_crash, ==, n_other);
}

static double match_at(GHashTable *counted, const char *commit)
{
    return ((const RevisionEvidence *)g_hash_table_lookup(counted, commit))->match;
}

static void test_one_face(void)
{
    g_autoptr(GPtrArray) trials = trials_new();
    g_autoptr(GHashTable) counted = NULL;

    add_crashes(trials, START, "KASAN: use-after-free Read in f", 10);
    add_crashes(trials, "a", "KASAN: use-after-free Read in f", 3);
    add_crashes(trials, "a", "KASAN: use-after-free Read in g", 2);
    add_crashes(trials, "a", "possible deadlock in h", 1);
    add_trials(trials, "a", OUTCOME_OK, NULL, 4);
    add_trials(trials, "a", OUTCOME_BOOT_FAILED, "no output", 1);
    counted = count(trials, NULL);
    assert_counts(counted, START, 10, 0, 0);
    assert_counts(counted, "a", 3, 2, 1);
    g_assert_cmpuint(((const RevisionEvidence *)g_hash_table_lookup(counted, "a"))->n_ok, ==, 4);
    g_assert_cmpfloat(match_at(counted, "a"), >, 0.3);
    g_assert_cmpfloat(match_at(counted, "a"), <, 0.95);
    g_assert_cmpfloat(match_at(counted, START), ==, 0);
}

/* The start shows two: both are the bug. The user names one: the other is not. */
static void test_two_faces(void)
{
    g_autoptr(GPtrArray) trials = trials_new();
    g_autoptr(GHashTable) both = NULL, named = NULL;

    add_crashes(trials, START, "KASAN: use-after-free Read in f", 6);
    add_crashes(trials, START, "WARNING in g", 4);
    add_crashes(trials, "a", "WARNING in g", 1);
    add_crashes(trials, "a", "KASAN: use-after-free Read in f", 1);
    both = count(trials, NULL);
    assert_counts(both, START, 10, 0, 0);
    assert_counts(both, "a", 2, 0, 0);
    named = count(trials, "WARNING in g");
    assert_counts(named, START, 4, 0, 6);
    assert_counts(named, "a", 1, 0, 1);
}

/* A title is one question, at however many kernels it was seen, and however often there. */
static void test_shared_doubt(void)
{
    g_autoptr(GPtrArray) one = trials_new(), many = trials_new();
    g_autoptr(GHashTable) of_one = NULL, of_many = NULL;
    double left = 1;

    add_crashes(one, START, "KASAN: use-after-free Read in f", 10);
    add_crashes(one, "a0", "KASAN: use-after-free Read in g", 1);
    of_one = count(one, NULL);
    add_crashes(many, START, "KASAN: use-after-free Read in f", 10);
    for (guint i = 0; i < 4; i++) {
        g_autofree char *commit = g_strdup_printf("a%u", i);

        add_crashes(many, commit, "KASAN: use-after-free Read in g", 1 + i);
    }
    of_many = count(many, NULL);
    for (guint i = 0; i < 4; i++) {
        g_autofree char *commit = g_strdup_printf("a%u", i);

        assert_counts(of_many, commit, 0, 1 + i, 0);
        left *= 1 - match_at(of_many, commit);
    }
    g_assert_cmpfloat_with_epsilon(left, 1 - match_at(of_one, "a0"), 1e-12);
    /* Another doubtful title is a question of its own. */
    add_crashes(one, "a0", "KASAN: use-after-free Read in h", 1);
    g_autoptr(GHashTable) of_two = count(one, NULL);
    g_assert_cmpfloat_with_epsilon(1 - match_at(of_two, "a0"), pow(1 - match_at(of_one, "a0"), 2),
                                   1e-12);
}

/* What is doubtful at first is known when the start shows it, too. */
static void test_learned_later(void)
{
    g_autoptr(GPtrArray) trials = trials_new();
    g_autoptr(GHashTable) before = NULL, after = NULL;

    add_crashes(trials, START, "KASAN: use-after-free Read in f", 3);
    add_crashes(trials, "a", "KASAN: use-after-free Read in g", 2);
    before = count(trials, NULL);
    assert_counts(before, "a", 0, 2, 0);
    add_crashes(trials, START, "KASAN: use-after-free Read in g", 2);
    after = count(trials, NULL);
    assert_counts(after, "a", 2, 0, 0);
    g_assert_cmpfloat(match_at(after, "a"), ==, 0);
}

/* `firstbad run` has failures without names, and a job may have no crash at all. */
static void test_no_identity(void)
{
    g_autoptr(GPtrArray) trials = trials_new();
    g_autoptr(GHashTable) counted = NULL;
    RevisionEvidence evidence = {0};
    TrialRow failure = {.kind = OUTCOME_CRASH, .commit = (char *)"a"};

    g_assert_true(evidence_add(&evidence, &failure, &(Sought){0}));
    g_assert_cmpuint(evidence.n_crash, ==, 1);
    add_crashes(trials, "a", "WARNING in f", 2);
    counted = count(trials, NULL);
    assert_counts(counted, "a", 0, 0, 2);
}

/* --- Groups ---------------------------------------------------------------------------------- */

#define N_REVISIONS 6

/* A line of commits "0" .. "5". */
static Range *line_new(void)
{
    Range *range = g_new0(Range, 1);
    guint32 offsets[N_REVISIONS + 1] = {0}, parents[N_REVISIONS];

    range->commits = g_new0(char *, N_REVISIONS + 1);
    range->outside = g_hash_table_new(NULL, NULL);
    range->index = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < N_REVISIONS; i++) {
        range->commits[i] = g_strdup_printf("%u", i);
        g_hash_table_insert(range->index, range->commits[i], GUINT_TO_POINTER(i));
        offsets[i + 1] = i;
        parents[i] = i;
    }
    range->history = history_new(N_REVISIONS, offsets, parents);
    return range;
}

static void build(Situation *situation, const char *commit, const char *signature)
{
    RevisionEvidence *evidence = situation_evidence_for(situation, commit);

    g_clear_pointer(&evidence->kernel, kernel_free);
    evidence->kernel = g_new0(Kernel, 1);
    evidence->kernel->signature = g_strdup(signature);
}

/* Whatever order the evidence comes in: when the kernel of a group's representative is lost, the
 * group is told of the next oldest at once. */
static void test_lost_representative(void)
{
    for (guint n_before = 0; n_before < 8; n_before++) {
        g_autoptr(Range) range = line_new();
        BeliefModel model;

        belief_model_default(&model);
        g_autoptr(Belief) belief = belief_new(range->history, &model, NULL);
        Situation situation = {.range = range, .belief = belief, .max_trials = 40};
        situation.evidence = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                   (GDestroyNotify)revision_evidence_free);
        for (guint i = 0; i < n_before; i++) { /* the table has another size and order */
            g_autofree char *commit = g_strdup_printf("outside-%u", i);

            situation_evidence_for(&situation, commit);
        }
        for (guint i = 2; i <= 4; i++) {
            build(&situation, range->commits[i], "k");
        }
        situation_evidence_for(&situation, "3")->n_ok = 5;
        situation_update_belief(&situation);
        g_assert_cmpuint(belief_representative(belief, 4), ==, 2);
        g_assert_cmpuint(belief_get(belief, 2)->n_ok, ==, 5);

        g_clear_pointer(&situation_evidence_for(&situation, "2")->kernel, kernel_free);
        situation_update_belief(&situation);
        g_assert_cmpuint(belief_representative(belief, 2), ==, 2);
        g_assert_cmpuint(belief_get(belief, 2)->n_ok, ==, 0);
        g_assert_cmpuint(belief_representative(belief, 3), ==, 3);
        g_assert_cmpuint(belief_representative(belief, 4), ==, 3);
        g_assert_cmpuint(belief_get(belief, 4)->n_ok, ==, 5);
        g_hash_table_unref(situation.evidence);
    }
}

/* Make the last @n of @trials restored ones. */
static void restore_last(const GPtrArray *trials, guint n)
{
    for (guint i = trials->len - n; i < trials->len; i++) {
        ((TrialRow *)trials->pdata[i])->restored = TRUE;
    }
}

/* What only restored trials show is not believed before booted ones have had their say. */
static void test_ways(void)
{
    Ways ways = {.n_booted = 1, .n_restored = 9};

    g_assert_cmpuint(ways_booted_wanted(&ways), ==, 0);
    ways.n_restored_crash = 9;
    g_assert_cmpuint(ways_booted_wanted(&ways), ==, 1);
    g_assert_false(ways_refute_restored(&ways));
    ways.n_booted = 2;
    g_assert_cmpuint(ways_booted_wanted(&ways), ==, 0);
    g_assert_true(ways_refute_restored(&ways));
    ways.n_booted_crash = 1;
    g_assert_false(ways_refute_restored(&ways));
    /* A bug that strikes seldom takes many quiet trials, one that was seen once very many. */
    ways = (Ways){.n_booted = 1, .n_restored = 30, .n_restored_crash = 10};
    g_assert_cmpuint(ways_booted_wanted(&ways), >, 4);
    g_assert_cmpuint(ways_booted_wanted(&ways), <, 10);
    ways.n_restored_crash = 1;
    g_assert_cmpuint(ways_booted_wanted(&ways), >, 30);
    /* Those that do not boot are no answer, and not asked for without end. */
    ways.n_booted_silent = 10;
    g_assert_cmpuint(ways_booted_wanted(&ways), ==, 0);
    g_assert_false(ways_refute_restored(&ways));
}

static void test_restored(void)
{
    g_autoptr(GPtrArray) trials = trials_new();
    const RevisionEvidence *evidence;

    add_crashes(trials, START, "KASAN: use-after-free in f", 3);
    add_trials(trials, "r", OUTCOME_OK, NULL, 1);
    add_crashes(trials, "r", "KASAN: use-after-free in f", 5);
    restore_last(trials, 5);
    g_autoptr(GHashTable) open = count(trials, NULL);
    evidence = g_hash_table_lookup(open, "r");
    g_assert_cmpuint(evidence->n_crash, ==, 5);
    g_assert_false(evidence->only_booted);
    g_assert_cmpuint(ways_booted_wanted(&evidence->ways), ==, 1);

    add_trials(trials, "r", OUTCOME_OK, NULL, 1);
    g_autoptr(GHashTable) refuted = count(trials, NULL);
    evidence = g_hash_table_lookup(refuted, "r");
    g_assert_true(evidence->only_booted);
    g_assert_cmpuint(evidence->n_crash, ==, 0);
    g_assert_cmpuint(evidence->n_ok, ==, 2);

    add_crashes(trials, "r", "KASAN: use-after-free in f", 1);
    g_autoptr(GHashTable) confirmed = count(trials, NULL);
    evidence = g_hash_table_lookup(confirmed, "r");
    g_assert_false(evidence->only_booted);
    g_assert_cmpuint(evidence->n_crash, ==, 6);
    g_assert_cmpuint(evidence->n_ok, ==, 2);
}

/* One by one they come to the same, but for when all have to be counted anew. */
static void test_restored_one_by_one(void)
{
    const Sought sought = {0};
    RevisionEvidence evidence = {0};
    TrialRow quiet = {.kind = OUTCOME_OK};

    g_assert_true(evidence_add(&evidence, &quiet, &sought));
    evidence.ways.n_restored = evidence.ways.n_restored_crash = 20;
    g_assert_false(evidence_add(&evidence, &quiet, &sought));
    evidence.only_booted = TRUE;
    quiet.restored = TRUE;
    g_assert_true(evidence_add(&evidence, &quiet, &sought));
    g_assert_cmpuint(evidence.n_ok, ==, 2);
}

static void add_kernel(Situation *situation, const char *commit, const char *signature, guint n_ok)
{
    RevisionEvidence *evidence = situation_evidence_for(situation, commit);

    evidence->n_ok = n_ok;
    evidence->kernel = g_new0(Kernel, 1);
    evidence->kernel->signature = g_strdup(signature);
}

/* Added up all at once, pools are what they are one by one. */
static void test_pools(void)
{
    g_autoptr(GHashTable) all = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                      (GDestroyNotify)revision_evidence_free);
    Situation situation = {.evidence = all, .max_trials = 20};
    const guint wanted[] = {12, 12, 7, 1, 4};

    add_kernel(&situation, "a", "same", 10);
    add_kernel(&situation, "b", "same", 2);
    add_kernel(&situation, "c", "other", 7);
    add_kernel(&situation, "d", NULL, 1);
    situation_evidence_for(&situation, "e")->n_ok = 4;
    situation_put_fact(&situation, "b", FACT_REACH, "it lacks SMC");
    for (guint at_once = 0; at_once < 2; at_once++) {
        g_assert_true(!at_once || situation_pool(&situation));
        for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
            const char commit[] = {(char)('a' + i), '\0'};
            const RevisionEvidence *evidence = situation_evidence(&situation, commit);
            Pool pool = pool_of(&situation, evidence);

            g_assert_cmpuint(pool.n_ok, ==, wanted[i]);
            g_assert_cmpstr(pool.unreached_why, ==, i < 2 ? "it lacks SMC" : NULL);
        }
    }
    g_assert_false(situation_pool(&situation));
    situation_unpool(&situation);
    g_assert_null(situation.pools);
    g_hash_table_unref(situation.facts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/evidence/one-face", test_one_face);
    g_test_add_func("/evidence/two-faces", test_two_faces);
    g_test_add_func("/evidence/shared-doubt", test_shared_doubt);
    g_test_add_func("/evidence/learned-later", test_learned_later);
    g_test_add_func("/evidence/no-identity", test_no_identity);
    g_test_add_func("/evidence/lost-representative", test_lost_representative);
    g_test_add_func("/evidence/pools", test_pools);
    g_test_add_func("/evidence/ways", test_ways);
    g_test_add_func("/evidence/restored", test_restored);
    g_test_add_func("/evidence/restored-one-by-one", test_restored_one_by_one);
    return g_test_run();
}
