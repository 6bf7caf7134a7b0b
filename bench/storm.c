/* SPDX-License-Identifier: Apache-2.0
 * What a storm of skips costs: 300 neighbouring revisions that do not build, mended later, and no
 * mend is found. The choices of job_decide() and those of `git bisect skip`, which the reference
 * uses, on the same histories: lines of commits, and real graphs. Trials do not lie.
 *
 *     bench-storm [DAG...]
 */
#include <stdlib.h>
#include <string.h>

#include "../tests/history/graphs.h"
#include "graph.h"
#include "job/job.h"
#include "sim/git-bisect.h"

#define N_STORM 300

/* Where the culprit is, as seen from the storm. */
typedef enum Place { BEFORE, AT_EDGE_BEFORE, INSIDE, AT_EDGE_AFTER, AFTER, N_PLACES } Place;
static const char *const place_names[N_PLACES] = {"before", "just before", "inside", "just after",
                                                  "after"};

/* Over the histories of one place. */
typedef struct Totals {
    guint n, n_right, n_held; /* the culprit alone; the culprit in a set */
    guint n_tested, n_failed, worst;
    guint n_git_tested, n_git_failed, git_worst, n_git_right;
} Totals;

static History *make_line(guint n)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < n; i++) {
        g_string_append_printf(text, i ? "|%u" : "", i - 1);
    }
    return graph_parse(text->str);
}

/* The storm: what contains @first and not @last, and has no other way around. */
static gboolean *make_storm(const History *history, guint32 first, guint32 last)
{
    g_autoptr(RevisionSet) broken = history_descendants(history, first);
    g_autoptr(RevisionSet) mended = history_descendants(history, last);
    guint n = history_size(history);
    gboolean *is_untestable = g_new0(gboolean, n);

    for (guint32 r = 1; r + 1 < n; r++) {
        is_untestable[r] = revision_set_has(broken, r) && !revision_set_has(mended, r);
    }
    return is_untestable;
}

/* A history with its storm and its culprit. */
typedef struct World {
    const History *history;
    const gboolean *is_untestable;
    guint32 culprit;
} World;

static gboolean holds(const Answer *answer, const char *culprit)
{
    for (guint i = 0; i < answer->candidates->len; i++) {
        if (g_str_equal(((const Candidate *)answer->candidates->pdata[i])->commit, culprit)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* @history as if it had been read from a repository; the ids are numbers. It owns no history. */
static Range *make_range(const History *history)
{
    Range *range = g_new0(Range, 1);
    guint n = history_size(history);

    range->history = (History *)history;
    range->commits = g_new0(char *, n + 1);
    range->outside = g_hash_table_new(NULL, NULL);
    range->index = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint32 r = 0; r < n; r++) {
        range->commits[r] = g_strdup_printf("%040x", r);
        g_hash_table_insert(range->index, range->commits[r], GUINT_TO_POINTER(r));
    }
    return range;
}

static Kernel *make_kernel(const World *world, guint32 revision)
{
    Kernel *kernel = g_new0(Kernel, 1);

    if (world->is_untestable[revision]) {
        kernel->status = KERNEL_FAILED;
        kernel->first_error = g_strdup_printf("net/smc.c:%u:2: error: 'x' undeclared", revision);
    } else {
        kernel->signature = g_strdup_printf("%u", revision);
    }
    return kernel;
}

/* Carry @action out. */
static void carry_out(Situation *situation, const World *world, const RevisionSet *with_bug,
                      const Action *action, guint *n_tested, guint *n_failed)
{
    guint32 revision = (guint32)range_find(situation->range, action->commit);
    RevisionEvidence *evidence = situation_evidence_for(situation, action->commit);
    gboolean has_bug = revision_set_has(with_bug, revision);

    if (action->kind == ACTION_BUILD) {
        evidence->kernel = make_kernel(world, revision);
        ++*n_tested;
        *n_failed += world->is_untestable[revision];
    } else {
        evidence->n_crash += has_bug ? action->n_trials : 0;
        evidence->n_ok += has_bug ? 0 : action->n_trials;
    }
}

static void try_job(const World *world, Totals *totals)
{
    g_autoptr(RevisionSet) with_bug = history_descendants(world->history, world->culprit);
    Range *range = make_range(world->history);
    guint n = history_size(world->history), n_tested = 0, n_failed = 0;
    BeliefModel model;
    Action action;

    belief_model_default(&model);
    g_autoptr(Belief) belief = belief_new(world->history, &model, NULL);
    g_autoptr(GHashTable) evidence = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                           (GDestroyNotify)revision_evidence_free);
    g_autoptr(GHashTable) overruled = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) storms = g_ptr_array_new_with_free_func((GDestroyNotify)storm_free);
    Situation situation = {.start = range->commits[n - 1],
                           .good = range->commits[0],
                           .n_check_trials = 5,
                           .n_start_trials = 10,
                           .max_trials = 40,
                           .confidence = 0.95,
                           .evidence = evidence,
                           .range = range,
                           .belief = belief,
                           .overruled = overruled,
                           .build_s = 300,
                           .near_build_s = 300,
                           .trial_s = 10,
                           .n_trials_at_once = 2,
                           .storms = storms};
    for (job_decide(&situation, &action); action.kind != ACTION_ANSWER;
         job_decide(&situation, &action)) {
        if (action.kind == ACTION_MEND) {
            g_autofree char *failure = situation_failure(&situation, action.commit);
            Storm *known = situation_storm(&situation, failure);

            if (known) {
                known->looked_at_edge = TRUE;
            } else {
                g_ptr_array_add(storms, storm_new(failure));
            }
        } else {
            carry_out(&situation, world, with_bug, &action, &n_tested, &n_failed);
        }
    }
    totals->n++;
    totals->n_right += g_strcmp0(action.answer->culprit, range->commits[world->culprit]) == 0;
    totals->n_held +=
        action.answer->kind == ANSWER_SET && holds(action.answer, range->commits[world->culprit]);
    totals->n_tested += n_tested - 2; /* beside the ends */
    totals->n_failed += n_failed;
    totals->worst = MAX(totals->worst, n_failed);
    answer_free(action.answer);
    g_hash_table_unref(range->index);
    g_hash_table_unref(range->outside);
    g_strfreev(range->commits);
    g_free(range);
}

static void try_git(const World *world, Totals *totals)
{
    guint32 start = history_size(world->history) - 1, revision = 0;
    g_autoptr(GitBisect) git = git_bisect_new(world->history, start, 0, NULL);
    g_autoptr(RevisionSet) with_bug = history_descendants(world->history, world->culprit);
    guint n_failed = 0;
    GitNext next;

    while ((next = git_bisect_next(git, &revision)) == GIT_TEST) {
        gboolean fails = world->is_untestable[revision];

        git_bisect_mark(git, revision,
                        fails                                  ? GIT_SKIP
                        : revision_set_has(with_bug, revision) ? GIT_BAD
                                                               : GIT_GOOD);
        totals->n_git_tested++;
        n_failed += fails;
    }
    totals->n_git_right += next == GIT_FOUND && revision == world->culprit;
    totals->n_git_failed += n_failed;
    totals->git_worst = MAX(totals->git_worst, n_failed);
}

static guint32 draw_culprit(GRand *rand, Place place, guint32 first, guint32 last, guint n)
{
    switch (place) {
    case BEFORE:
        return (guint32)g_rand_int_range(rand, 1, (gint32)first);
    case AT_EDGE_BEFORE:
        return first - 1;
    case INSIDE:
        return (guint32)g_rand_int_range(rand, (gint32)first, (gint32)last);
    case AT_EDGE_AFTER:
        return last + 1;
    default:
        return (guint32)g_rand_int_range(rand, (gint32)last + 1, (gint32)n);
    }
}

static void measure(const char *name, const History *history, guint n_jobs)
{
    guint n = history_size(history);

    g_print("%s, %u commits: a job in the mean (worst)\n", name, n);
    for (Place place = 0; place < N_PLACES; place++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(1 + place);
        Totals totals = {0};

        for (guint i = 0; i < n_jobs; i++) {
            guint32 first = (guint32)g_rand_int_range(rand, 2, (gint32)(n - N_STORM - 2)),
                    last = first + N_STORM, culprit = draw_culprit(rand, place, first, last, n);
            g_autofree gboolean *is_untestable = make_storm(history, first, last);
            const World world = {history, is_untestable, culprit};

            try_job(&world, &totals);
            try_git(&world, &totals);
        }
        g_print("  culprit %-11s  tested %5.1f, in the storm %5.2f (%3u), right %2u, in a set %2u "
                "of %u; "
                "git tested %5.1f, in the storm %6.2f (%3u), right %3u\n",
                place_names[place], (double)totals.n_tested / totals.n,
                (double)totals.n_failed / totals.n, totals.worst, totals.n_right, totals.n_held,
                totals.n, (double)totals.n_git_tested / totals.n,
                (double)totals.n_git_failed / totals.n, totals.git_worst, totals.n_git_right);
    }
}

int main(int argc, char **argv)
{
    static const guint sizes[] = {1000, 8000};

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(History) line = make_line(sizes[i]);

        measure("a line", line, 40);
    }
    for (int i = 1; i < argc; i++) {
        char *const paths[] = {argv[i], NULL};
        g_autoptr(GString) graph = make_graph(1, paths);
        g_autoptr(GError) error = NULL;
        g_autoptr(History) history = history_parse(graph->str, graph->len, &error);

        if (!history) {
            g_printerr("%s: %s\n", argv[i], error->message);
            return EXIT_FAILURE;
        }
        measure(argv[i], history, 10);
    }
    return 0;
}
