/* SPDX-License-Identifier: Apache-2.0
 * How many revisions `git bisect run` and belief/ test on the same histories: random graphs of up
 * to 60 commits with merges and untestable revisions, where trials do not lie. git runs for real,
 * on repositories made with `git fast-import`.
 *
 *     bench-belief [GRAPHS [FIRST-SEED]]
 */
#include "../tests/belief/world.h"
#include "number.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

/* Build and trial cost as in a kernel job. The first number of trials is the job's choice. */
static const Costs costs = {.build_s = 300, .trial_s = 10, .parallel_trials = 2};

/* Runs once for each revision that git wants tested; exit codes are those of `git bisect run`. */
static const char script[] = "#!/bin/sh\n"
                             "id=$(git rev-parse BISECT_HEAD)\n"
                             "echo $id >> \"$GIT_DIR/tested\"\n"
                             "exit $(cat \"$GIT_DIR/verdicts/$id\")\n";

typedef struct Tests {
    guint n_graphs;
    guint n_git;           /* revisions tested by git bisect run */
    guint n_belief;        /* by belief, with the check of its answer */
    guint n_belief_search; /* without the check */
    guint n_git_answers;   /* one commit named, and it is the culprit */
    guint n_belief_answers;
} Tests;

static char *run(const char *dir, const char *input, gboolean must_succeed, const char *const *argv)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                  G_SUBPROCESS_FLAGS_STDERR_SILENCE);
    g_autoptr(GError) error = NULL;
    char *output = NULL;

    g_subprocess_launcher_set_cwd(launcher, dir);
    g_subprocess_launcher_setenv(launcher, "GIT_DIR", dir, TRUE);
    g_autoptr(GSubprocess) process = g_subprocess_launcher_spawnv(launcher, argv, &error);
    if (process == NULL || !g_subprocess_communicate_utf8(process, input != NULL ? input : "", NULL,
                                                          &output, NULL, &error)) {
        g_error("%s: %s", argv[0], error->message);
    }
    if (must_succeed && !g_subprocess_get_successful(process)) {
        g_error("%s %s failed", argv[0], argv[1]);
    }
    return output;
}

#define RUN(dir, input, must_succeed, ...)                                                         \
    run(dir, input, must_succeed, (const char *const[]){__VA_ARGS__, NULL})

static char **import(const char *dir, const History *history)
{
    g_autofree char *stream = graph_fast_import(history);

    g_free(RUN(dir, NULL, TRUE, "git", "init", "-q", "--bare"));
    g_autofree char *ids =
        RUN(dir, stream, TRUE, "git", "fast-import", "--quiet", "--cat-blob-fd=1");
    /* git bisect insists on a HEAD that exists. */
    g_free(RUN(dir, NULL, TRUE, "git", "symbolic-ref", "HEAD", "refs/heads/r0"));
    return g_strsplit(g_strchomp(ids), "\n", -1);
}

static void write_file(const char *dir, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    if (!g_file_set_contents(path, text, -1, NULL)) {
        g_error("cannot write %s", path);
    }
}

static guint count_lines(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *text = NULL;
    guint n = 0;

    if (g_file_get_contents(path, &text, NULL, NULL)) {
        for (const char *at = text; *at != '\0'; at++) {
            n += *at == '\n';
        }
    }
    return n;
}

static void bisect_with_git(const World *world, Tests *tests)
{
    guint n = history_size(world->history);
    g_autofree char *dir = g_dir_make_tmp("bench-belief-XXXXXX", NULL);
    g_auto(GStrv) ids = import(dir, world->history);

    g_free(RUN(dir, NULL, TRUE, "mkdir", "verdicts"));
    for (guint32 r = 0; r < n; r++) {
        g_autofree char *name = g_build_filename("verdicts", ids[r], NULL);
        const char *verdict = world->is_untestable[r]       ? "125"
                              : world->crash_rates[r] > 0.5 ? "1"
                                                            : "0";
        write_file(dir, name, verdict);
    }
    write_file(dir, "test", script);
    g_free(RUN(dir, NULL, TRUE, "git", "bisect", "start", "--no-checkout", ids[n - 1], ids[0]));
    /* Fails when only skipped commits are left. */
    g_autofree char *output = RUN(dir, NULL, FALSE, "git", "bisect", "run", "sh", "./test");
    g_autofree char *right = g_strconcat(ids[world->culprit], " is the first bad commit", NULL);
    tests->n_git += count_lines(dir, "tested");
    tests->n_git_answers += strstr(output, right) != NULL;
    g_free(RUN(dir, NULL, TRUE, "rm", "-rf", dir));
}

static void bisect_with_belief(const World *world, Tests *tests)
{
    BeliefModel model;
    Experiment experiment;
    guint n_search = 0;

    belief_model_default(&model);
    g_autoptr(Belief) search = world_start(world, &model, 10);
    while (belief_next_experiment(search, 0.95, &costs, &experiment)) {
        const Tally *before = belief_get(search, experiment.revision);

        n_search += before->n_crash + before->n_ok == 0;
        world_try(world, search, experiment.revision, experiment.n_trials);
    }
    g_autoptr(Belief) belief = world_start(world, &model, 10);
    g_auto(Result) result = {0};
    world_bisect(world, belief, 0.95, &costs, &result);
    tests->n_belief_search += n_search;
    tests->n_belief += result.n_kernels;
    tests->n_belief_answers += result.candidates->len == 1 &&
                               g_array_index(result.candidates, guint32, 0) == world->culprit;
}

static void print_tests(const char *what, const Tests *tests)
{
    double n = MAX(tests->n_graphs, 1);

    g_print("%-14s %6u graphs: git bisect run %.3f tests (%u named the culprit), "
            "firstbad %.3f, with its check %.3f (%u)\n",
            what, tests->n_graphs, tests->n_git / n, tests->n_git_answers,
            tests->n_belief_search / n, tests->n_belief / n, tests->n_belief_answers);
}

int main(int argc, char **argv)
{
    guint n_graphs = bench_number(argc, argv, 1, 300);
    guint first_seed = bench_number(argc, argv, 2, 0);
    Tests without = {0}, with = {0};

    for (guint seed = first_seed; seed < first_seed + n_graphs; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        guint n = (guint)g_rand_int_range(rand, 2, 61);
        g_autoptr(History) history = graph_random(rand, n, g_rand_double_range(rand, 0, 0.5));
        g_autofree gboolean *is_untestable = g_new(gboolean, n);
        guint32 culprit = (guint32)g_rand_int_range(rand, 1, (gint32)n);
        gboolean has_untestable = FALSE;

        world_draw_untestable(rand, n, is_untestable);
        for (guint32 r = 0; r < n; r++) {
            has_untestable |= is_untestable[r];
        }
        g_autoptr(World) world = world_new(history, culprit, 1, 0, is_untestable, rand);
        Tests *tests = has_untestable ? &with : &without;
        tests->n_graphs++;
        bisect_with_git(world, tests);
        bisect_with_belief(world, tests);
    }
    print_tests("without skips", &without);
    print_tests("with skips", &with);
    return EXIT_SUCCESS;
}
