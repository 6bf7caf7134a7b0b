/* SPDX-License-Identifier: Apache-2.0
 * Who has the kernel of a built revision, on graphs; and what that leaves of the candidates.
 */
#include <math.h>
#include <string.h>

#include "job/decide.h"
#include "job/same.h"

/* What the kernels of these tests are made of. */
static const char made_of[] = "a.c\n";

static Sources *sources_new(void)
{
    return sources_parse(made_of, strlen(made_of));
}

/* The graph @dag (see history_parse()), whose commits are called "0", "1", ... */
static Range *range_new(const char *dag)
{
    Range *range = g_new0(Range, 1);
    guint n;

    range->history = history_parse(dag, strlen(dag), NULL);
    n = history_size(range->history);
    range->commits = g_new0(char *, n + 1);
    range->index = g_hash_table_new(g_str_hash, g_str_equal);
    range->outside = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
    for (guint r = 0; r < n; r++) {
        range->commits[r] = g_strdup_printf("%u", r);
        g_hash_table_insert(range->index, range->commits[r], GUINT_TO_POINTER(r));
    }
    return range;
}

static void add_edge(Same *same, guint32 revision, const char *parent, const char *path)
{
    same_begin_edge(same, revision, parent);
    if (path) {
        same_add_path(same, path, PATH_MODIFIED);
    }
}

static void assert_as(const Same *same, guint n, const char *wanted)
{
    g_autoptr(GString) said = g_string_new(NULL);

    for (guint32 r = 0; r < n; r++) {
        gint64 as = same_as(same, r);

        if (as < 0) {
            g_string_append_c(said, '-');
        } else {
            g_string_append_printf(said, "%d%s", (int)as, same_is_end(same, r) ? "*" : "");
        }
    }
    g_assert_cmpstr(said->str, ==, wanted);
}

/*     0---1---2---A---4---5      A (3) touches the kernel
 *          \         /
 *           6-------'            6 does not; so 4, which merges it, is A against one parent only
 *
 * revisions: 0 1 2 3 4(=6) 5(=4) 6(=5) */
static const char forked[] = "\n0\n1\n2\n1\n3 4\n5\n";

static Same *forked_new(const Range *range)
{
    Same *same = same_new(range);

    add_edge(same, 1, "0", "x.c");
    add_edge(same, 2, "1", "y.c");
    add_edge(same, 3, "2", "a.c");
    add_edge(same, 4, "1", "x.c");
    add_edge(same, 6, "5", NULL);
    add_edge(same, 5, "3", "x.c");
    same_add_path(same, "y.c", PATH_MODIFIED);
    add_edge(same, 5, "4", "a.c");
    return same;
}

static void test_classes(void)
{
    g_autoptr(Range) range = range_new(forked);
    g_autoptr(Same) same = forked_new(range);
    g_autoptr(Sources) sources = sources_new();
    const Sources *const lists[] = {sources, NULL}, *const none[] = {NULL};
    guint n_classes;

    assert_as(same, 7, "-------");
    g_assert_true(same_add_built(same, 2, "old", NULL, sources));
    assert_as(same, 7, "2*22*-2*--");
    g_assert_true(same_add_built(same, 6, "new", NULL, sources));
    assert_as(same, 7, "2*22*6*2*66*");
    /* One more of the same: the oldest stands for all. */
    g_assert_true(same_add_built(same, 0, "old", NULL, sources));
    assert_as(same, 7, "0*00*6*0*66*");

    g_autofree gboolean *untouched = same_untouched(same, lists, 2, &n_classes);
    g_assert_cmpuint(n_classes, ==, 2);
    g_assert_true(untouched[1] && untouched[2] && untouched[4] && untouched[6]);
    g_assert_false(untouched[0] || untouched[3] || untouched[5]);
    g_autofree gboolean *unknown = same_untouched(same, none, 1, &n_classes);
    g_assert_cmpuint(n_classes, ==, 7);
    g_assert_false(unknown[1]);
}

/* Two kernels where there should be one: nothing is believed any more. */
static void test_refuted(void)
{
    g_autoptr(Range) range = range_new(forked);
    g_autoptr(Same) same = forked_new(range);
    g_autoptr(Sources) sources = sources_new();

    g_assert_true(same_add_built(same, 0, "old", NULL, sources));
    g_assert_false(same_add_built(same, 2, "other", NULL, sources));
    assert_as(same, 7, "-------");
    g_assert_true(same_add_built(same, 5, "new", NULL, sources)); /* it was said once */
    assert_as(same, 7, "-------");
}

/* Another kernel with other patches in it refutes nothing, and is the kernel of no other. */
static void test_patches(void)
{
    g_autoptr(Range) range = range_new(forked);
    g_autoptr(Same) same = forked_new(range);
    g_autoptr(Sources) sources = sources_new();

    g_assert_true(same_add_built(same, 0, "old", NULL, sources));
    g_assert_true(same_add_built(same, 2, "mended", "a fix", sources));
    g_assert_cmpint(same_as(same, 0), ==, 0);
    g_assert_cmpint(same_as(same, 1), ==, 0);
    g_assert_cmpint(same_as(same, 2), ==, 2);
    /* Built once more, with the fix that its neighbour has. */
    g_assert_true(same_add_built(same, 0, "mended", "a fix", sources));
    g_assert_cmpint(same_as(same, 0), ==, 0);
}

/* An edge of which nothing is known, and one to a parent outside, join nothing. */
static void test_unknown(void)
{
    g_autoptr(Range) range = range_new("\n0\n1\n");
    g_autoptr(Same) same = same_new(range);
    g_autoptr(Sources) sources = sources_new();

    add_edge(same, 1, "elsewhere", NULL);
    g_assert_true(same_add_built(same, 1, "one", NULL, sources));
    assert_as(same, 3, "-1*-");
}

/* --- Belief ---------------------------------------------------------------------------------- */

static void put_kernel(Situation *situation, const char *commit, const char *signature,
                       guint n_crash, guint n_ok)
{
    RevisionEvidence *evidence = situation_evidence_for(situation, commit);

    evidence->kernel = g_new0(Kernel, 1);
    evidence->kernel->signature = g_strdup(signature);
    evidence->n_crash = n_crash;
    evidence->n_ok = n_ok;
}

/* 0 is good, 9 is bad, and of the commits between them 6 alone touches the kernels: no build is
 * wanted to name it. */
static void test_candidates(void)
{
    g_autoptr(Range) range = range_new("\n0\n1\n2\n3\n4\n5\n6\n7\n8\n");
    g_autoptr(Same) same = same_new(range);
    g_autoptr(Sources) sources = sources_new();
    g_autoptr(Belief) belief = NULL;
    g_autoptr(GArray) before = NULL, after = NULL, again = NULL;
    BeliefModel model;
    Situation situation = {.start = "9",
                           .max_trials = 50,
                           .range = range,
                           .evidence =
                               g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                     (GDestroyNotify)revision_evidence_free)};

    belief_model_default(&model);
    belief = situation.belief = belief_new(range->history, &model, NULL);
    put_kernel(&situation, "0", "old", 0, 40);
    put_kernel(&situation, "9", "new", 10, 0);
    situation_update_belief(&situation);
    before = belief_candidates(belief, 0.95);
    g_assert_cmpuint(before->len, ==, 9);

    for (guint32 r = 1; r < 10; r++) {
        add_edge(same, r, range->commits[r - 1], r == 6 ? "a.c" : "x.c");
    }
    same_add_built(same, 0, "old", NULL, sources);
    same_add_built(same, 9, "new", NULL, sources);
    situation.same = same;
    situation_update_belief(&situation);
    after = belief_candidates(belief, 0.95);
    g_assert_cmpuint(after->len, ==, 1);
    g_assert_cmpuint(g_array_index(after, guint32, 0), ==, 6);
    g_assert_cmpuint(belief_representative(belief, 5), ==, 0);
    g_assert_cmpuint(belief_representative(belief, 6), ==, 9);

    /* Refuted: all are what they were. */
    same_add_built(same, 3, "other", NULL, sources);
    situation_update_belief(&situation);
    again = belief_candidates(belief, 0.95);
    g_assert_cmpuint(again->len, ==, 9);
    g_hash_table_unref(situation.evidence);
}

/* What a build of it compiles: by how many objects are made of what it changes. */
static void test_lengths(void)
{
    static const char counted[] = "a.c\t1\nall.h\t100\nkernel/\nsome.h\t50\n";
    g_autoptr(Range) range = range_new(forked);
    g_autoptr(Sources) sources = sources_parse(counted, strlen(counted)), old = sources_new();
    g_autoptr(Same) same = same_new(range);
    g_autofree double *lengths = NULL, *unknown = NULL;

    add_edge(same, 1, "0", "some.h");
    same_add_path(same, "a.c", PATH_MODIFIED);
    add_edge(same, 2, "1", "all.h");
    add_edge(same, 3, "2", "x.c");
    add_edge(same, 5, "3", "all.h"); /* a merge */
    lengths = same_lengths(same, sources);
    g_assert_cmpfloat_with_epsilon(lengths[1], -log(0.5) - log(0.99), 1e-9);
    g_assert_cmpfloat(lengths[2], >, 4);
    g_assert_cmpfloat(lengths[3], ==, 0);
    g_assert_cmpfloat(lengths[5], ==, 0);
    unknown = same_lengths(same, old);
    g_assert_null(unknown);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/same/classes", test_classes);
    g_test_add_func("/same/refuted", test_refuted);
    g_test_add_func("/same/patches", test_patches);
    g_test_add_func("/same/unknown", test_unknown);
    g_test_add_func("/same/candidates", test_candidates);
    g_test_add_func("/same/lengths", test_lengths);
    return g_test_run();
}
