/* SPDX-License-Identifier: Apache-2.0
 * Programs we run, on GSubprocess.
 *
 * GSubprocess brings pipes, reaping and cancellation; here is what it lacks: a process group that
 * ends as a whole, a time limit, a memory limit, and an end when we die ourselves.
 */
#include "process/process.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long we go on reading when the program itself is gone, but somebody outside its group holds
 * its output open. What is in the pipe already takes no time. */
#define GRACE_MS 200

/* A pipe holds no more, unless somebody asks for it. */
#define READ_BYTES (64 << 10)

static ProcessTrace trace_func;
static gpointer trace_data;

void process_set_trace(ProcessTrace trace, gpointer user_data)
{
    trace_func = trace;
    trace_data = user_data;
}

void process_trace(const char *const *argv)
{
    if (trace_func) {
        trace_func(argv, trace_data);
    }
}

void process_result_free(ProcessResult *result)
{
    if (!result) {
        return;
    }
    g_free(result->out);
    g_free(result->err);
    g_free(result);
}

gboolean process_succeeded(const ProcessResult *result)
{
    return !result->timed_out && result->exit_status == 0;
}

char *process_describe(const ProcessResult *result)
{
    if (result->timed_out) {
        return g_strdup_printf("took longer than %.0f s", result->wall_ms / 1000.0);
    }
    if (result->term_signal) {
        return g_strdup_printf("was killed by signal %d (%s)", result->term_signal,
                               g_strsignal(result->term_signal));
    }
    return g_strdup_printf("exited with %d", result->exit_status);
}

/* Where it may not, it dies no sooner. */
static void offer_to_oom_killer(void)
{
    static const char score[] = "500"; /* half of all memory */
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        G_GNUC_UNUSED ssize_t n = write(fd, score, strlen(score));
        close(fd);
    }
}

void process_child_setup(gpointer parent)
{
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* The signal comes at the end of a parent that still lives; one that was killed since the fork
     * has ended already. */
    if (parent && getppid() != GPOINTER_TO_INT(parent)) {
        _exit(EXIT_FAILURE);
    }
    offer_to_oom_killer();
}

void process_kill_group(GPid pid)
{
    if (pid > 0) {
        kill(-pid, SIGKILL);
    }
}

/* One running program. Freed with its task.
 *
 * It is over when the program itself is, not when its output ends: a child that it left behind may
 * hold the output for ever. So the end of the program and the pipes are waited for each by itself;
 * when the program ends, what is left of its group is killed, which closes the pipes at once, and
 * those that a child in a session of its own still holds are read for a short grace only. */
typedef struct Run {
    GSubprocess *subprocess;
    GPid pid; /* 0 when it is gone */
    gint64 start_us, end_us;
    GSource *timeout, *grace;
    gulong cancel_handler;
    GCancellable *cancellable;
    GCancellable *piping; /* ends reading and writing */
    Excerpt *out, *err;   /* @err is NULL when it is merged */
    guint n_pending;      /* of the end of the program and the pipes */
    GError *error;        /* the first of reading and writing */
    gboolean timed_out;
} Run;

static void drop_source(GSource **source)
{
    if (*source) {
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
    }
}

static void run_free(Run *run)
{
    drop_source(&run->timeout);
    drop_source(&run->grace);
    g_clear_object(&run->cancellable);
    g_clear_object(&run->piping);
    excerpt_free(run->out);
    excerpt_free(run->err);
    g_clear_object(&run->subprocess);
    g_clear_error(&run->error);
    g_free(run);
}

/* A page that the child shares with us between fork and exec. It brings back the child's pid:
 * GSubprocess forgets it once the program has ended, which for a short one is before we could ask,
 * and its group may outlive it. */
typedef struct ChildPage {
    guint64 memory_limit_bytes, file_limit_bytes;
    GPid parent, pid;
} ChildPage;

/* 0: none. */
static void set_limit(__rlimit_resource_t resource, guint64 limit)
{
    if (limit) {
        setrlimit(resource, &(struct rlimit){limit, limit});
    }
}

/* What the child does between fork and exec; nothing here may allocate. */
static void child_setup(gpointer data)
{
    ChildPage *page = data;

    process_child_setup(GINT_TO_POINTER(page->parent));
    page->pid = getpid();
    set_limit(RLIMIT_AS, page->memory_limit_bytes);
    set_limit(RLIMIT_FSIZE, page->file_limit_bytes);
    if (page->file_limit_bytes) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    }
}

static GSubprocess *spawn(const ProcessSpec *spec, GPid *ret_pid, GError **error)
{
    ChildPage *page;
    GSubprocess *subprocess;
    g_autoptr(GSubprocessLauncher) launcher = NULL;
    GSubprocessFlags flags = G_SUBPROCESS_FLAGS_STDOUT_PIPE;

    flags |= spec->input ? G_SUBPROCESS_FLAGS_STDIN_PIPE : 0;
    flags |= spec->merged ? G_SUBPROCESS_FLAGS_STDERR_MERGE : G_SUBPROCESS_FLAGS_STDERR_PIPE;
    launcher = g_subprocess_launcher_new(flags);
    if (spec->cwd) {
        g_subprocess_launcher_set_cwd(launcher, spec->cwd);
    }
    for (const char *const *entry = spec->env; entry && *entry; entry++) {
        const char *equals = strchr(*entry, '=');

        if (equals) {
            g_autofree char *name = g_strndup(*entry, (gsize)(equals - *entry));

            g_subprocess_launcher_setenv(launcher, name, equals + 1, TRUE);
        } else {
            g_subprocess_launcher_unsetenv(launcher, *entry);
        }
    }
    for (guint i = 0; i < spec->n_fds; i++) {
        int fd = fcntl(spec->fds[i], F_DUPFD_CLOEXEC, 0);

        if (fd < 0) {
            g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "starting %s: %s",
                        spec->argv[0], g_strerror(errno));
            return NULL;
        }
        g_subprocess_launcher_take_fd(launcher, fd, PROCESS_FIRST_FD + (int)i);
    }
    page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "starting %s: %s",
                    spec->argv[0], g_strerror(errno));
        return NULL;
    }
    page->memory_limit_bytes = spec->memory_limit_bytes;
    page->file_limit_bytes = spec->file_limit_bytes;
    page->parent = getpid();
    g_subprocess_launcher_set_child_setup(launcher, child_setup, page, NULL);
    process_trace(spec->argv);
    subprocess = g_subprocess_launcher_spawnv(launcher, spec->argv, error);
    *ret_pid = page->pid;
    munmap(page, sizeof *page);
    return subprocess;
}

static gboolean on_timeout(gpointer data)
{
    Run *run = data;

    run->timed_out = TRUE;
    process_kill_group(run->pid);
    return G_SOURCE_REMOVE;
}

static void on_cancelled(GCancellable *cancellable, gpointer data)
{
    process_kill_group(((Run *)data)->pid);
}

static char *take_text(const Excerpt *excerpt, gsize *ret_n)
{
    *ret_n = 0;
    return excerpt ? excerpt_text(excerpt, "[# bytes left out]", ret_n) : g_strdup("");
}

static ProcessResult *result_of(const Run *run)
{
    ProcessResult *result = g_new0(ProcessResult, 1);
    gboolean exited = g_subprocess_get_if_exited(run->subprocess);
    gsize n_err;

    /* One that exited while we were about to kill it was in time. */
    result->timed_out = run->timed_out && !exited;
    result->exit_status = exited ? g_subprocess_get_exit_status(run->subprocess) : -1;
    result->term_signal = exited ? 0 : g_subprocess_get_term_sig(run->subprocess);
    result->out = take_text(run->out, &result->n_out);
    result->err = take_text(run->err, &n_err);
    result->wall_ms = (guint64)(run->end_us - run->start_us) / 1000;
    return result;
}

/* One thing that was waited for has come; the last one ends the task. Takes @task. */
static void settle(GTask *task)
{
    G_GNUC_UNUSED g_autoptr(GTask) owned = task;
    Run *run = g_task_get_task_data(task);

    if (--run->n_pending) {
        return;
    }
    if (run->cancellable) {
        g_cancellable_disconnect(run->cancellable, run->cancel_handler);
    }
    if (g_cancellable_is_cancelled(run->cancellable)) {
        g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
    } else if (run->error) {
        g_task_return_error(task, g_steal_pointer(&run->error));
    } else {
        g_task_return_pointer(task, result_of(run), (GDestroyNotify)process_result_free);
    }
}

/* Reading or writing has ended. Takes @task. */
static void end_of_pipe(GTask *task, const GError *error)
{
    Run *run = g_task_get_task_data(task);

    /* A program that closes stdin early is its own affair, and the end of the grace is ours. */
    if (error && !run->error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE) &&
        !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        run->error = g_error_copy(error);
        process_kill_group(run->pid);
    }
    settle(task);
}

static void on_written(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GError) error = NULL;

    g_output_stream_splice_finish(G_OUTPUT_STREAM(source), res, &error);
    end_of_pipe(data, error);
}

static void on_read(GObject *source, GAsyncResult *res, gpointer data)
{
    GInputStream *from = G_INPUT_STREAM(source);
    Run *run = g_task_get_task_data(data);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_input_stream_read_bytes_finish(from, res, &error);
    gboolean is_out = from == g_subprocess_get_stdout_pipe(run->subprocess);

    if (!bytes || g_bytes_get_size(bytes) == 0) {
        end_of_pipe(data, error);
        return;
    }
    excerpt_add(is_out ? run->out : run->err, g_bytes_get_data(bytes, NULL),
                g_bytes_get_size(bytes));
    g_input_stream_read_bytes_async(from, READ_BYTES, G_PRIORITY_DEFAULT, run->piping, on_read,
                                    data);
}

/* Read all of @from. */
static Excerpt *read_pipe(GTask *task, GInputStream *from, gsize limit_bytes)
{
    Run *run = g_task_get_task_data(task);

    run->n_pending++;
    g_input_stream_read_bytes_async(from, READ_BYTES, G_PRIORITY_DEFAULT, run->piping, on_read,
                                    g_object_ref(task));
    return excerpt_new(limit_bytes);
}

/* Write @input to stdin, and close it. */
static void write_pipe(GTask *task, GBytes *input)
{
    Run *run = g_task_get_task_data(task);
    g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_bytes(input);

    run->n_pending++;
    g_output_stream_splice_async(g_subprocess_get_stdin_pipe(run->subprocess), stream,
                                 G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, G_PRIORITY_DEFAULT,
                                 run->piping, on_written, g_object_ref(task));
}

static gboolean on_grace_over(gpointer data)
{
    g_cancellable_cancel(((Run *)data)->piping);
    return G_SOURCE_REMOVE;
}

static void on_ended(GObject *source, GAsyncResult *res, gpointer data)
{
    GTask *task = data;
    Run *run = g_task_get_task_data(task);

    /* Waiting without a cancellable cannot fail. */
    g_subprocess_wait_finish(run->subprocess, res, NULL);
    run->end_us = g_get_monotonic_time();
    process_kill_group(run->pid);
    run->pid = 0;
    drop_source(&run->timeout);
    if (run->n_pending > 1) {
        run->grace = g_timeout_source_new(GRACE_MS);
        g_source_set_callback(run->grace, on_grace_over, run, NULL);
        g_source_attach(run->grace, g_task_get_context(task));
    }
    settle(task);
}

/* Wait for all there is to wait for. */
static void follow(GTask *task, const ProcessSpec *spec)
{
    Run *run = g_task_get_task_data(task);
    gsize limit_bytes = spec->output_limit_bytes ? spec->output_limit_bytes : PROCESS_OUTPUT_LIMIT;

    run->piping = g_cancellable_new();
    run->n_pending = 1;
    g_subprocess_wait_async(run->subprocess, NULL, on_ended, g_object_ref(task));
    run->out = read_pipe(task, g_subprocess_get_stdout_pipe(run->subprocess), limit_bytes);
    if (!spec->merged) {
        run->err = read_pipe(task, g_subprocess_get_stderr_pipe(run->subprocess), limit_bytes);
    }
    if (spec->input) {
        g_autoptr(GBytes) input = g_bytes_new(spec->input, spec->n_input);

        write_pipe(task, input);
    }
}

void process_run_async(const ProcessSpec *spec, GCancellable *cancellable, GAsyncReadyCallback done,
                       gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, NULL, done, user_data);
    Run *run = g_new0(Run, 1);
    GError *error = NULL;

    g_task_set_task_data(task, run, (GDestroyNotify)run_free);
    run->start_us = g_get_monotonic_time();
    run->subprocess = spawn(spec, &run->pid, &error);
    if (!run->subprocess) {
        g_task_return_error(task, error);
        return;
    }
    if (spec->timeout_ms) {
        run->timeout = g_timeout_source_new(spec->timeout_ms);
        g_source_set_callback(run->timeout, on_timeout, run, NULL);
        g_source_attach(run->timeout, g_task_get_context(task));
    }
    if (cancellable) {
        run->cancellable = g_object_ref(cancellable);
        run->cancel_handler =
            g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), run, NULL);
    }
    follow(task, spec);
}

gboolean process_run_finish(GAsyncResult *res, ProcessResult **ret_result, GError **error)
{
    ProcessResult *result = g_task_propagate_pointer(G_TASK(res), error);

    if (!result) {
        return FALSE;
    }
    *ret_result = result;
    return TRUE;
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

gboolean process_run(const ProcessSpec *spec, ProcessResult **ret_result, GError **error)
{
    /* A context of its own, so that waiting for one program runs nobody else's callbacks. */
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GAsyncResult) res = NULL;

    g_main_context_push_thread_default(context);
    process_run_async(spec, NULL, keep_result, &res);
    while (!res) {
        g_main_context_iteration(context, TRUE);
    }
    g_main_context_pop_thread_default(context);
    return process_run_finish(res, ret_result, error);
}

char *process_ask(const char *cwd, const char *const *argv, GError **error)
{
    ProcessSpec spec = {.argv = argv, .cwd = cwd};
    g_autoptr(ProcessResult) result = NULL;

    if (!process_run(&spec, &result, error)) {
        return NULL;
    }
    if (!process_succeeded(result)) {
        g_autofree char *how = process_describe(result);
        g_autofree char *first = g_strndup(result->err, strcspn(result->err, "\n"));

        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s %s %s%s%s", argv[0],
                    argv[1] ? argv[1] : "", how, *first ? ": " : "", first);
        return NULL;
    }
    if (result->n_out && result->out[result->n_out - 1] == '\n') {
        result->out[result->n_out - 1] = '\0';
    }
    return g_steal_pointer(&result->out);
}

void process_remove_tree(const char *path)
{
    const char *argv[] = {"rm", "-rf", "--", path, NULL};

    g_free(process_ask("/", argv, NULL));
}

char *process_boot_id(void)
{
    g_autofree char *id = NULL;

    if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &id, NULL, NULL)) {
        return g_strdup("");
    }
    return g_strdup(g_strchomp(id));
}
