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
#include <string.h>
#include <sys/resource.h>

#include "job/job.h"
#include "process/process.h"
#include "store/store.h"

#define N_CONSOLE 30000
#define TITLE     "KASAN: use-after-free Read in smc_release"
#define FUNCTIONS "smc_release sock_close __fput"

typedef struct Options {
    int n_commits, n_revisions, n_trials, n_until, n_most, seed;
    double rate, broken, lies;
    char *state;
} Options;

/* Answers at once. */
typedef struct Quick {
    Farm base;
    const Options *options;
    GHashTable *index; /* id -> number + 1 */
    guint culprit;
    guint n_builds, n_trials;
    GBytes *console;
    GRand *dice;
    GCancellable *enough;
} Quick;

static guint number_of(const Quick *quick, const char *name)
{
    g_autofree char *commit = variant_commit(name);

    return GPOINTER_TO_UINT(g_hash_table_lookup(quick->index, commit)) - 1;
}

/* A number in 0..1 that belongs to a revision; @of: one of several. */
static double share_of(const Quick *quick, guint number, guint of)
{
    guint32 seed = (guint32)quick->options->seed * 1000003 + number;
    g_autoptr(GRand) dice = g_rand_new_with_seed(of * 7919 + seed);

    return g_rand_double(dice);
}

static gboolean is_end(const Quick *quick, guint number)
{
    return number == 0 || number + 1 == (guint)quick->options->n_commits;
}

/* Does a revision behave as those on its side of the culprit? */
static gboolean is_honest(const Quick *quick, guint number)
{
    return is_end(quick, number) || share_of(quick, number, 1) >= quick->options->lies;
}

static void quick_build(Farm *base, const char *commit, GCancellable *cancellable,
                        GAsyncReadyCallback done, gpointer data)
{
    Quick *quick = (Quick *)base;
    g_autoptr(GTask) task = g_task_new(NULL, NULL, done, data);
    guint number = number_of(quick, commit);
    Kernel *kernel = g_new0(Kernel, 1);

    quick->n_builds++;
    kernel->key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, commit, -1);
    kernel->build_ms = 60000;
    if (!is_end(quick, number) && number != quick->culprit && number + 1 != quick->culprit &&
        share_of(quick, number, 0) < quick->options->broken) {
        kernel->status = KERNEL_FAILED;
        kernel->first_error = g_strdup_printf("net/smc/f%u.c:1:2: error: no", number % 7);
    } else {
        kernel->signature = g_strdup(kernel->key);
    }
    g_task_return_pointer(task, kernel, (GDestroyNotify)kernel_free);
}

static gboolean quick_build_finish(Farm *base, GAsyncResult *res, Kernel **ret_kernel,
                                   GError **error)
{
    *ret_kernel = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_kernel != NULL;
}

static Outcome *make_outcome(Quick *quick, gboolean crashes)
{
    Outcome *outcome = g_new0(Outcome, 1);

    outcome->run_ms = 1000;
    outcome->console = g_bytes_ref(quick->console);
    if (quick->base.trace != TRACE_NONE) {
        outcome->calls = g_strdup("traced whole\nsocket(AF_SMC, SOCK_STREAM) ok 1\n");
    }
    if (crashes) {
        outcome->kind = OUTCOME_CRASH;
        outcome->title = g_strdup(TITLE);
        outcome->identity = oops_identity_of_title(TITLE, FUNCTIONS);
        outcome->report = g_new0(OopsReport, 1);
        outcome->report->title = g_strdup(TITLE);
        outcome->report->alt_titles = g_new0(char *, 1);
        outcome->report->text = g_strnfill(3000, 'x');
    }
    return outcome;
}

static void quick_trial(Farm *base, const char *commit, const Kernel *kernel,
                        GCancellable *cancellable, GAsyncReadyCallback done, gpointer data)
{
    Quick *quick = (Quick *)base;
    g_autoptr(GTask) task = g_task_new(NULL, NULL, done, data);
    guint number = number_of(quick, commit);
    gboolean has_bug = (number >= quick->culprit) == is_honest(quick, number);

    if (++quick->n_trials == (guint)quick->options->n_until) {
        g_cancellable_cancel(quick->enough);
    }
    g_task_return_pointer(
        task, make_outcome(quick, has_bug && g_rand_double(quick->dice) < quick->options->rate),
        (GDestroyNotify)outcome_free);
}

static gboolean quick_trial_finish(Farm *base, GAsyncResult *res, Outcome **ret_outcome,
                                   GError **error)
{
    *ret_outcome = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_outcome != NULL;
}

static const char *quick_worktree(Farm *base)
{
    return NULL;
}

static const char *const *quick_prefixes(Farm *base)
{
    static const char *const none[] = {NULL};

    return none;
}

static const FarmOps quick_ops = {.build_async = quick_build,
                                  .build_finish = quick_build_finish,
                                  .trial_async = quick_trial,
                                  .trial_finish = quick_trial_finish,
                                  .worktree = quick_worktree,
                                  .source_prefixes = quick_prefixes};

/* --- The history ----------------------------------------------------------------------------- */

static char *ask(const char *const *argv, const char *cwd, const char *input)
{
    ProcessSpec spec = {
        .argv = argv, .cwd = cwd, .input = input, .n_input = input ? strlen(input) : 0};
    g_autoptr(ProcessResult) result = NULL;

    if (!process_run(&spec, &result, NULL) || !process_succeeded(result)) {
        g_error("%s %s failed: %s", argv[0], argv[1], result ? result->err : "");
    }
    return g_steal_pointer(&result->out);
}

/* A line of commits; their ids, oldest first. */
static char **write_history(const char *tree, int n)
{
    const char *init[] = {"git", "init", "-q", tree, NULL},
               *import[] = {"git", "fast-import", "--quiet", NULL},
               *list[] = {"git", "rev-list", "--reverse", "main", NULL};
    g_autoptr(GString) stream = g_string_new(NULL);
    g_autofree char *ids = NULL;

    g_free(ask(init, NULL, NULL));
    for (int i = 0; i < n; i++) {
        g_autofree char *message = g_strdup_printf("net: change %d\n", i);

        g_string_append_printf(
            stream,
            "commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata %zu\n%s"
            "M 644 inline net/d%d/f%d.c\ndata 5\n%04d\n\n",
            1700000000 + i, strlen(message), message, i % 31, i % 997, i % 10000);
    }
    g_free(ask(import, tree, stream->str));
    ids = ask(list, tree, NULL);
    g_strchomp(ids);
    return g_strsplit(ids, "\n", -1);
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
static void fill(Quick *quick, Store *store, gint64 id, const char *start, guint n)
{
    g_autofree char *key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, start, -1);

    for (guint i = 0; i < n; i++) {
        g_autoptr(Outcome) outcome =
            make_outcome(quick, g_rand_double(quick->dice) < quick->options->rate);

        g_assert_true(store_put_trial(store, id, start, key, outcome, 0, NULL));
    }
}

/* How it ended, in words. Owned by the caller. */
static char *work(Quick *quick, const char *tree, char **ids)
{
    const Options *options = quick->options;
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
    fill(quick, store, id, spec->start, (guint)options->n_trials);
    job = job_new(id, spec, repo, store, &quick->base, &error);
    if (job && job_carry_out(job, show, NULL, quick->enough, &answer, &error)) {
        return g_strdup(answer->reason ? answer->reason : answer_kind_name(answer->kind));
    }
    if (!g_cancellable_is_cancelled(quick->enough)) {
        g_error("%s", error->message);
    }
    return g_strdup("so many trials were wanted");
}

/* The same trials, and nothing but their rows and consoles. */
static void store_alone(Quick *quick, const char *start)
{
    g_autofree char *state = g_strconcat(quick->options->state, "-alone", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(state, STORE_WRITE, &error);
    gint64 id;

    if (!store || !store_add_job(store, "job", "cause", "", 0, &id, &error)) {
        g_error("%s", error->message);
    }
    fill(quick, store, id, start, quick->n_trials);
}

static void tell(const char *what, const Quick *quick, const Usage *begun)
{
    Usage now = usage_now();
    double user_s = now.user_s - begun->user_s, system_s = now.system_s - begun->system_s;

    printf("%s: %.2f s CPU (%.2f user, %.2f system), %.2f ms a trial; %.2f s wall; %.2f s CPU of "
           "git; peak so far %ld MiB\n",
           what, user_s + system_s, user_s, system_s, (user_s + system_s) * 1000 / quick->n_trials,
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

/* @ids: of its commits, oldest first. */
static void make_world(Quick *quick, char **ids)
{
    g_autofree char *text = g_strnfill(N_CONSOLE, '.');

    quick->index = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; ids[i]; i++) {
        g_hash_table_insert(quick->index, ids[i], GUINT_TO_POINTER(i + 1));
    }
    quick->culprit = (guint)quick->options->n_commits * 2 / 3;
    quick->dice = g_rand_new_with_seed((guint32)quick->options->seed);
    for (gsize i = 0; i < N_CONSOLE; i++) {
        text[i] = i % 72 == 71 ? '\n' : (char)('a' + g_rand_int_range(quick->dice, 0, 16));
    }
    quick->console = g_bytes_new(text, N_CONSOLE);
    quick->enough = g_cancellable_new();
}

static void clear_world(Quick *quick)
{
    g_hash_table_unref(quick->index);
    g_rand_free(quick->dice);
    g_bytes_unref(quick->console);
    g_object_unref(quick->enough);
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
    g_auto(GStrv) ids = NULL;
    Quick quick = {.base = {.ops = &quick_ops,
                            .n_trials_at_once = 2,
                            .expected_build_s = 60,
                            .expected_trial_s = 2},
                   .options = &options};
    Usage begun;

    mallopt(M_TRIM_THRESHOLD, 16 << 20); /* as src/cli/main.c does */
    mallopt(M_TOP_PAD, 1 << 20);
    if (!read_options(argc, argv, &options)) {
        return 2;
    }
    options.state = options.state ? options.state : g_build_filename(folder, "state", NULL);
    ids = write_history(tree, options.n_commits);
    make_world(&quick, ids);
    begun = usage_now();
    end = work(&quick, tree, ids);
    printf("%u revisions built, %u trials run; %s\n", quick.n_builds, quick.n_trials, end);
    tell("the job", &quick, &begun);
    begun = usage_now();
    store_alone(&quick, ids[0]);
    tell("the store alone", &quick, &begun);
    clear_world(&quick);
    g_free(options.state);
    g_free(ask(rm, NULL, NULL));
    return 0;
}
