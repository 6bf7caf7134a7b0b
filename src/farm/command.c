/* SPDX-License-Identifier: Apache-2.0
 * The farm of `firstbad run`: a revision is checked out in a worktree of our own, built by one
 * command and tried by another.
 *
 * The exit codes are those of `git bisect run`: 0 good, 125 skip, 1..127 bad. Anything else (a
 * signal, 128 and up) would end a git bisect. Here a program that was ended for what it did
 * (SIGSEGV, SIGABRT) has crashed, which is bad; else it is our machine's fault (SIGKILL, SIGTERM):
 * the trial is repeated, and reported when it keeps failing. A skip is a revision that does not run
 * at all: `basic-failed`, so that belief steps around it as around a kernel that does not boot. A
 * build command ends likewise: what is not our machine's fault and not 0 is a revision that cannot
 * be built.
 */
#include "farm/farm.h"

#include <signal.h>
#include <string.h>

#include "process/process.h"

#define EXIT_SKIP 125
/* What a shell adds to the signal that ended its command. */
#define EXIT_SIGNAL 128
/* A build that failed by our machine's fault is begun again so often before a person hears of it;
 * trials are repeated by job/. */
#define N_BUILD_TRIES 2

typedef struct CommandFarm {
    Farm base;
    const Repo *repo;
    char *test_command, *build_command;
    char *worktree; /* where commands run */
    char *mark;     /* "FIRSTBAD_JOB_DIR=DIR": in the environment of all that runs for us */
    char *ready;    /* the commit that is checked out there and built; NULL: none, or half of one.
                       In memory only, so that a new life of ours trusts in nothing it finds. */
    gboolean checkout;
    guint timeout_ms;
} CommandFarm;

/* The signal that ended a command, or, as its shell tells, the last program of it; 0: none. */
static int ending_signal(const ProcessResult *result)
{
    return result->exit_status > EXIT_SIGNAL ? result->exit_status - EXIT_SIGNAL
                                             : result->term_signal;
}

/* Did a program crash: was it ended by a signal for what it did itself? */
static gboolean has_crashed(const ProcessResult *result)
{
    static const int signals[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
    int signal = ending_signal(result);

    for (gsize i = 0; i < G_N_ELEMENTS(signals); i++) {
        if (signal == signals[i]) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Did a command end in a way that says nothing of the revision? */
static gboolean is_our_fault(const ProcessResult *result)
{
    return result->timed_out ||
           ((result->term_signal || result->exit_status >= EXIT_SIGNAL) && !has_crashed(result));
}

/* Did a command @what fail since the disk is full? That says nothing of the revision, and to try
 * again would not help. */
static gboolean has_room(const CommandFarm *farm, const ProcessResult *result, const char *what,
                         GError **error)
{
    const char *folder = process_lacked_room(result, farm->worktree)    ? farm->worktree
                         : process_lacked_room(result, g_get_tmp_dir()) ? g_get_tmp_dir()
                                                                        : NULL;
    g_autofree char *how = process_describe(result);

    if (!folder) {
        return TRUE;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                "the %s command %s, and no space is left in %s", what, how, folder);
    return FALSE;
}

/* Did somebody take away the folder in which a command @what ran? Its end says nothing of the
 * revision. */
static gboolean has_worktree(const CommandFarm *farm, const char *what, GError **error)
{
    if (g_file_test(farm->worktree, G_FILE_TEST_IS_DIR)) {
        return TRUE;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                "%s, where the %s command ran, is gone: its result does not count", farm->worktree,
                what);
    return FALSE;
}

/* How a command ended, for people. Owned by the caller. */
static char *describe(const ProcessResult *result)
{
    g_autofree char *how = process_describe(result);

    if (result->exit_status >= 0 && has_crashed(result)) {
        return g_strdup_printf("%s (%s)", how, g_strsignal(ending_signal(result)));
    }
    /* What the shell says of a command that it cannot run. */
    if (result->exit_status == 126 || result->exit_status == 127) {
        return g_strdup_printf("%s: %s (in the worktree is only what is committed; relative paths "
                               "begin there)",
                               how,
                               result->exit_status == 127 ? "a command was not found"
                                                          : "a command cannot be executed");
    }
    return g_steal_pointer(&how);
}

/* What an exit code means; the pure half. *ret_title is for people, owned by the caller. */
static OutcomeKind classify(const ProcessResult *result, char **ret_title)
{
    *ret_title = describe(result);
    if (is_our_fault(result)) {
        return OUTCOME_INFRA;
    }
    if (result->exit_status == 0) {
        g_clear_pointer(ret_title, g_free);
        return OUTCOME_OK;
    }
    return result->exit_status == EXIT_SKIP ? OUTCOME_BASIC_FAILED : OUTCOME_CRASH;
}

/* One build or trial under way. */
typedef struct CommandRun {
    CommandFarm *farm;
    char *commit;
    char *key; /* of the kernel, for a build */
    gint64 start_us;
    guint n_tries; /* of a build */
} CommandRun;

static void command_run_free(CommandRun *run)
{
    g_free(run->commit);
    g_free(run->key);
    g_free(run);
}

static GTask *command_run_new(CommandFarm *farm, const char *commit, GCancellable *cancellable,
                              GAsyncReadyCallback done, gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, done, user_data);
    CommandRun *run = g_new0(CommandRun, 1);

    run->farm = farm;
    run->commit = g_strdup(commit);
    run->start_us = g_get_monotonic_time();
    g_task_set_task_data(task, run, (GDestroyNotify)command_run_free);
    return task;
}

/* Takes @task, and hands it on to @done. */
static void run_command(GTask *task, const char *command, GAsyncReadyCallback done)
{
    const CommandRun *run = g_task_get_task_data(task);
    const CommandFarm *farm = run->farm;
    g_autofree char *variable = g_strconcat("FIRSTBAD_COMMIT=", run->commit, NULL);
    const char *argv[] = {"/bin/sh", "-c", command, NULL};
    /* A git of theirs is to work where they are, not where a hook that started us was. */
    const char *env[] = {variable,         farm->mark,   "GIT_DIR", "GIT_WORK_TREE",
                         "GIT_INDEX_FILE", "GIT_PREFIX", NULL};
    ProcessSpec spec = {
        .argv = argv, .cwd = farm->worktree, .env = env, .timeout_ms = farm->timeout_ms};

    process_run_async(&spec, g_task_get_cancellable(task), done, task);
}

/* The command @what has ended: so does all that it left running, which would disturb the next. */
static gboolean take_result(const CommandFarm *farm, const char *what, GAsyncResult *res,
                            ProcessResult **ret_result, GError **error)
{
    g_autoptr(ProcessResult) result = NULL;

    if (!process_run_finish(res, &result, error)) {
        process_end_marked(farm->mark, NULL);
        return FALSE;
    }
    if (!process_end_marked(farm->mark, error) || !has_worktree(farm, what, error) ||
        !has_room(farm, result, what, error)) {
        return FALSE;
    }
    *ret_result = g_steal_pointer(&result);
    return TRUE;
}

/* --- Builds: check out, then the build command ----------------------------------------------- */

static void return_kernel(GTask *task, KernelStatus status, const char *first_error)
{
    const CommandRun *run = g_task_get_task_data(task);
    Kernel *kernel = g_new0(Kernel, 1);

    kernel->key = g_strdup(run->key);
    kernel->status = status;
    kernel->first_error = g_strdup(first_error);
    kernel->build_ms = (guint64)(g_get_monotonic_time() - run->start_us) / 1000;
    g_task_return_pointer(task, kernel, (GDestroyNotify)kernel_free);
}

/* The last line of @text that is not empty, or NULL. Owned by the caller. */
static char *last_line(const char *text)
{
    g_autofree char *stripped = g_strchomp(g_strdup(text));
    const char *last = strrchr(stripped, '\n');

    last = last ? last + 1 : stripped;
    return *last ? g_strdup(last) : NULL;
}

/* How a build command failed, with what it says of that. Owned by the caller. */
static char *describe_build(const ProcessResult *result)
{
    g_autofree char *how = describe(result), *error = NULL;

    if (result->exit_status == EXIT_SKIP) {
        return g_strdup("the build command asks to skip it (125)");
    }
    error = kernel_first_error(result->err);
    error = error ? error : kernel_first_error(result->out);
    error = error ? error : last_line(result->err);
    error = error ? error : last_line(result->out);
    return error ? g_strdup_printf("%s: %s", how, error) : g_steal_pointer(&how);
}

static void return_built(GTask *task)
{
    const CommandRun *run = g_task_get_task_data(task);

    run->farm->ready = g_strdup(run->commit);
    return_kernel(task, KERNEL_BUILT, NULL);
}

static void on_built(GObject *source, GAsyncResult *res, gpointer data);

static void start_build(GTask *task)
{
    CommandRun *run = g_task_get_task_data(task);

    run->n_tries++;
    run_command(task, run->farm->build_command, on_built);
}

static void on_built(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    const CommandRun *run = g_task_get_task_data(task);
    g_autoptr(ProcessResult) result = NULL;
    g_autofree char *how = NULL;
    GError *error = NULL;

    if (!take_result(run->farm, "build", res, &result, &error)) {
        g_task_return_error(task, error);
        return;
    }
    how = describe_build(result);
    if (process_succeeded(result)) {
        return_built(task);
    } else if (!is_our_fault(result)) {
        return_kernel(task, KERNEL_FAILED, how);
    } else if (run->n_tries < N_BUILD_TRIES) {
        start_build(g_steal_pointer(&task));
    } else {
        g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_FAILED,
                                "the build command %s, %u times", how, run->n_tries);
    }
}

static void build_async(Farm *farm, const char *commit, GCancellable *cancellable,
                        GAsyncReadyCallback done, gpointer user_data)
{
    CommandFarm *self = (CommandFarm *)farm;
    g_autoptr(GTask) task = command_run_new(self, commit, cancellable, done, user_data);
    CommandRun *run = g_task_get_task_data(task);
    GError *error = NULL;

    g_clear_pointer(&self->ready, g_free);
    run->key = repo_tree_id(self->repo, commit, &error);
    if (!run->key ||
        (self->checkout && !repo_worktree_switch(self->repo, self->worktree, commit, &error))) {
        g_task_return_error(task, error);
    } else if (!self->build_command) {
        return_built(task);
    } else {
        start_build(g_steal_pointer(&task));
    }
}

static gboolean build_finish(Farm *farm, GAsyncResult *res, Kernel **ret_kernel, GError **error)
{
    Kernel *kernel = g_task_propagate_pointer(G_TASK(res), error);

    if (!kernel) {
        return FALSE;
    }
    *ret_kernel = kernel;
    return TRUE;
}

/* --- Trials ---------------------------------------------------------------------------------- */

static void on_tried(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    const CommandRun *run = g_task_get_task_data(task);
    g_autoptr(ProcessResult) result = NULL;
    Outcome *outcome;
    g_autofree char *console = NULL;
    GError *error = NULL;

    if (!take_result(run->farm, "test", res, &result, &error)) {
        g_task_return_error(task, error);
        return;
    }
    outcome = g_new0(Outcome, 1);
    outcome->kind = classify(result, &outcome->title);
    outcome->run_ms = result->wall_ms;
    outcome->repro_exit = result->exit_status;
    outcome->n_runs = 1;
    console = g_strconcat(result->out, result->err, NULL);
    outcome->console = g_bytes_new(console, strlen(console));
    g_task_return_pointer(task, outcome, (GDestroyNotify)outcome_free);
}

/* The revision was visited before, and another has taken its place since, or part of it. */
static void on_rebuilt(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    const CommandRun *run = g_task_get_task_data(task);
    g_autoptr(Kernel) kernel = NULL;
    GError *error = NULL;

    if (!build_finish(&run->farm->base, res, &kernel, &error)) {
        g_task_return_error(task, error);
    } else if (kernel->status == KERNEL_FAILED) {
        g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_FAILED,
                                "the build command failed at %.12s, where it worked before: %s",
                                run->commit, kernel->first_error);
    } else {
        run_command(g_steal_pointer(&task), run->farm->test_command, on_tried);
    }
}

static void trial_async(Farm *farm, const char *commit, const Kernel *kernel,
                        GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
    CommandFarm *self = (CommandFarm *)farm;
    GTask *task = command_run_new(self, commit, cancellable, done, user_data);

    if (g_strcmp0(self->ready, commit) == 0) {
        run_command(task, self->test_command, on_tried);
    } else {
        build_async(farm, commit, cancellable, on_rebuilt, task);
    }
}

static gboolean trial_finish(Farm *farm, GAsyncResult *res, Outcome **ret_outcome, GError **error)
{
    Outcome *outcome = g_task_propagate_pointer(G_TASK(res), error);

    if (!outcome) {
        return FALSE;
    }
    *ret_outcome = outcome;
    return TRUE;
}

/* --- Life ------------------------------------------------------------------------------------ */

static const char *no_worktree(Farm *farm)
{
    return NULL;
}

static const char *const *no_prefixes(Farm *farm)
{
    static const char *const none[] = {NULL};

    return none;
}

static void command_farm_done(Farm *farm)
{
    CommandFarm *self = (CommandFarm *)farm;

    g_clear_pointer(&self->ready, g_free);
    if (self->checkout) {
        /* The answer stands even when this fails; the worktree is then in nobody's way. */
        repo_worktree_remove(self->repo, self->worktree, NULL);
    }
}

static void command_farm_free(Farm *farm)
{
    CommandFarm *self = (CommandFarm *)farm;

    g_free(self->test_command);
    g_free(self->build_command);
    g_free(self->worktree);
    g_free(self->mark);
    g_free(self->ready);
    g_free(self);
}

static const FarmOps command_ops = {
    .build_async = build_async,
    .build_finish = build_finish,
    .trial_async = trial_async,
    .trial_finish = trial_finish,
    .worktree = no_worktree,
    .source_prefixes = no_prefixes,
    .done = command_farm_done,
    .free = command_farm_free,
};

Farm *command_farm_new(const Repo *repo, const CommandFarmOptions *options, GError **error)
{
    CommandFarm *self = g_new0(CommandFarm, 1);
    g_autoptr(Farm) farm = &self->base;
    g_autofree char *work_dir = g_canonicalize_filename(options->work_dir, NULL);

    /* One worktree, one trial at a time. Checking out and a test of a second each are a guess until
     * there are figures. */
    *farm = (Farm){
        .ops = &command_ops, .n_trials_at_once = 1, .expected_build_s = 1, .expected_trial_s = 1};
    self->repo = repo;
    self->test_command = g_strdup(options->test_command);
    self->build_command = g_strdup(options->build_command);
    self->checkout = !options->no_checkout;
    self->timeout_ms = options->timeout_ms;
    self->worktree = options->no_checkout ? g_strdup(options->run_dir)
                                          : g_build_filename(options->work_dir, "worktree", NULL);
    self->mark = g_strconcat("FIRSTBAD_JOB_DIR=", work_dir, NULL);
    if (!process_end_marked(self->mark, error) ||
        (self->checkout && !repo_worktree_prepare(repo, self->worktree, error))) {
        return NULL;
    }
    return g_steal_pointer(&farm);
}
