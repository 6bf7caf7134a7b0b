/* SPDX-License-Identifier: Apache-2.0
 * What the coordinator itself costs: the real engine (decider, belief, store, progress) on a real
 * git history, over a farm that answers at once.
 *
 *     bench-coordinator [--commits N] [--rate P] [--broken SHARE] [--lies SHARE] [--revisions N]
 *                       [--until N] [--trials N] [--most N] [--seed N] [--state DIR]
 *
 * The history is a line of N commits (5000) that is written for it. A revision from the culprit on
 * crashes with the chance P (0.05); of the others a SHARE (0.5) does not build, and of all but the
 * ends a SHARE (0) behaves like one of the other side, which keeps a search going. The job ends by
 * itself, with the budget of --revisions (100), or after --until trials. A kernel gets --most (400)
 * trials. --trials N of the start (0) are stored before it begins, as by a job that was
 * interrupted: they are to be loaded and counted. CPU of this process and of its children (git) are
 * told apart; memory is the peak. Consoles have 30 KB each, as ours do. What the store takes of it
 * is measured by itself afterwards, with as many trials in a second state folder.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "job/job.h"
#include "quick-farm.h"
#include "store/store.h"

typedef struct Options {
    int n_commits, n_revisions, n_trials, n_until, n_most, seed;
    double rate, broken, lies;
    char *state;
} Options;

/* The farm, and what ends the job early. */
typedef struct Bench {
    const Options *options;
    QuickFarm *farm;
    GCancellable *enough;
} Bench;

static void on_work(QuickFarm *farm, gpointer data)
{
    const Bench *bench = data;

    if (farm->n_trials && farm->n_trials == (guint)bench->options->n_until) {
        g_cancellable_cancel(bench->enough);
    }
}

/* --- The job --------------------------------------------------------------------------------- */

/* What was used up to now. */
typedef struct Usage {
    gint64 wall_us;
    double user_s, system_s, git_s; /* git: of processes that have ended */
    long peak_kib;
} Usage;

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static Usage usage_now(void)
{
    struct rusage own, git;

    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &git);
    return (Usage){.wall_us = g_get_monotonic_time(),
                   .user_s = seconds(own.ru_utime),
                   .system_s = seconds(own.ru_stime),
                   .git_s = seconds(git.ru_utime) + seconds(git.ru_stime),
                   .peak_kib = own.ru_maxrss};
}

/* As the progress line is made, and no further. */
static void show(const JobProgress *progress, gpointer data)
{
    g_autofree char *line = g_strdup_printf(
        "%s %s %s %u kernels, %u trials, %u left, %.3f", job_phase_name(progress->phase),
        progress->doing ? progress->doing : "", progress->line ? progress->line : "",
        progress->n_kernels, progress->n_trials, progress->n_left, progress->best_p);

    if (getenv("BENCH_SHOW") && progress->line) {
        puts(line);
    }
}

/* Trials that are there already, as in a job that was interrupted. */
static void fill(const Bench *bench, Store *store, gint64 id, const char *start, guint n)
{
    g_autofree char *key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, start, -1);

    for (guint i = 0; i < n; i++) {
        g_autoptr(Outcome) outcome = quick_outcome(bench->farm, start, i);

        g_assert_true(store_put_trial(store, id, start, key, outcome, 0, NULL));
    }
}

/* How it ended, in words. Owned by the caller. */
static char *work(const Bench *bench, const char *tree)
{
    const Options *options = bench->options;
    char **ids = bench->farm->world->ids;
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(options->state, STORE_WRITE, &error);
    g_autoptr(Repo) repo = store ? repo_open(tree, &error) : NULL;
    g_autoptr(JobSpec) spec = job_spec_new("cause");
    g_autofree char *text = NULL;
    g_autoptr(Answer) answer = NULL;
    g_autoptr(Job) job = NULL;
    gint64 id;

    spec->start = g_strdup(ids[options->n_commits - 1]);
    spec->good = g_strdup(ids[0]);
    spec->max_kernels = (guint)options->n_revisions;
    spec->max_trials = (guint)options->n_most;
    text = job_spec_write(spec);
    if (!repo || !store_add_job(store, "job", spec->kind, text, 0, &id, &error)) {
        g_error("%s", error->message);
    }
    fill(bench, store, id, spec->start, (guint)options->n_trials);
    job = job_new(id, spec, repo, store, &bench->farm->base, &error);
    if (job && job_carry_out(job, show, NULL, bench->enough, &answer, &error)) {
        return g_strdup(answer->reason ? answer->reason : answer_kind_name(answer->kind));
    }
    if (!g_cancellable_is_cancelled(bench->enough)) {
        g_error("%s", error->message);
    }
    return g_strdup("so many trials were wanted");
}

/* The same trials, and nothing but their rows and consoles. */
static void store_alone(const Bench *bench)
{
    g_autofree char *state = g_strconcat(bench->options->state, "-alone", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(state, STORE_WRITE, &error);
    gint64 id;

    if (!store || !store_add_job(store, "job", "cause", "", 0, &id, &error)) {
        g_error("%s", error->message);
    }
    fill(bench, store, id, bench->farm->world->ids[bench->options->n_commits - 1],
         bench->farm->n_trials);
}

static void tell(const char *what, const QuickFarm *farm, const Usage *begun)
{
    Usage now = usage_now();
    double user_s = now.user_s - begun->user_s, system_s = now.system_s - begun->system_s;

    printf("%s: %.2f s CPU (%.2f user, %.2f system), %.2f ms a trial; %.2f s wall; %.2f s CPU of "
           "git; peak so far %ld MiB\n",
           what, user_s + system_s, user_s, system_s, (user_s + system_s) * 1000 / farm->n_trials,
           (double)(now.wall_us - begun->wall_us) / 1e6, now.git_s - begun->git_s,
           now.peak_kib / 1024);
}

static gboolean read_options(int argc, char **argv, Options *options)
{
    const GOptionEntry entries[] = {
        {"commits", 0, 0, G_OPTION_ARG_INT, &options->n_commits, "Length of the history", "N"},
        {"rate", 0, 0, G_OPTION_ARG_DOUBLE, &options->rate, "Chance that a trial crashes", "P"},
        {"broken", 0, 0, G_OPTION_ARG_DOUBLE, &options->broken, "Of the revisions", "SHARE"},
        {"lies", 0, 0, G_OPTION_ARG_DOUBLE, &options->lies, "Of the revisions", "SHARE"},
        {"revisions", 0, 0, G_OPTION_ARG_INT, &options->n_revisions, "Kernels, at most", "N"},
        {"until", 0, 0, G_OPTION_ARG_INT, &options->n_until, "Trials, at most", "N"},
        {"trials", 0, 0, G_OPTION_ARG_INT, &options->n_trials, "Of the start, in advance", "N"},
        {"most", 0, 0, G_OPTION_ARG_INT, &options->n_most, "Trials of a kernel", "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT, &options->seed, "Of the world", "N"},
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &options->state, "New state folder", "DIR"},
        {NULL}};
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);

    g_option_context_add_main_entries(context, entries, NULL);
    return g_option_context_parse(context, &argc, &argv, NULL) && options->n_commits >= 10;
}

int main(int argc, char **argv)
{
    Options options = {.n_commits = 5000,
                       .n_revisions = 100,
                       .n_most = 400,
                       .rate = 0.05,
                       .broken = 0.5,
                       .seed = 1};
    g_autofree char *folder = g_dir_make_tmp("firstbad-coordinator-XXXXXX", NULL);
    g_autofree char *tree = g_build_filename(folder, "tree", NULL), *end = NULL;
    const char *rm[] = {"rm", "-rf", folder, NULL};
    QuickWorld *world;
    Bench bench = {.options = &options};
    Usage begun;

    mallopt(M_TRIM_THRESHOLD, 16 << 20); /* as src/cli/main.c does */
    mallopt(M_TOP_PAD, 1 << 20);
    if (!read_options(argc, argv, &options)) {
        return 2;
    }
    options.state = options.state ? options.state : g_build_filename(folder, "state", NULL);
    world = quick_world_new(tree, (guint)options.n_commits);
    bench.enough = g_cancellable_new();
    bench.farm = quick_farm_new(world, &(const QuickOptions){
                                           .culprit = (guint)options.n_commits * 2 / 3,
                                           .rate = options.rate,
                                           .broken = options.broken,
                                           .lies = options.lies,
                                           .seed = (guint)options.seed,
                                       });
    bench.farm->on_work = on_work;
    bench.farm->data = &bench;
    begun = usage_now();
    end = work(&bench, tree);
    printf("%u revisions built, %u trials run; %s\n", bench.farm->n_builds, bench.farm->n_trials,
           end);
    tell("the job", bench.farm, &begun);
    begun = usage_now();
    store_alone(&bench);
    tell("the store alone", bench.farm, &begun);
    farm_free(&bench.farm->base);
    quick_world_free(world);
    g_object_unref(bench.enough);
    g_free(options.state);
    g_free(quick_ask(rm, NULL, NULL));
    return 0;
}
