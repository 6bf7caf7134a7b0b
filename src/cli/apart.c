/* SPDX-License-Identifier: Apache-2.0
 * On a terminal a job is carried out by a process of its own, `firstbad resume` in a session of its
 * own, and we are only the view on it: who leaves the view, or whose terminal goes away, leaves the
 * job at work. What it prints goes to the file "output" of the job's folder, and at its end to our
 * stderr, so that it can be read as if it had been printed at once.
 */
#include "cli/cli.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_FILE "output"

typedef struct Apart {
    GPid pid;
    int output_fd;
    View *view;
    gboolean is_over;
    int status; /* as waitpid() has it */
} Apart;

static void on_child(GPid pid, gint status, gpointer data)
{
    Apart *apart = data;

    apart->is_over = TRUE;
    apart->status = status;
    view_end(apart->view);
}

static char *stop(gpointer data)
{
    const Apart *apart = data;

    kill(apart->pid, SIGINT);
    return NULL;
}

/* So no signal of our terminal comes to it. */
static void set_up_child(gpointer data)
{
    setsid();
}

static gboolean start(Apart *apart, const char *state_dir, const JobRow *row, GError **error)
{
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, row->id);
    const char *argv[] = {"/proc/self/exe",
                          "firstbad",
                          "resume",
                          "--state-dir",
                          state_dir,
                          g_str_has_prefix(row->name, "-") ? number : row->name,
                          NULL};

    return g_spawn_async_with_fds(NULL, (char **)argv, NULL,
                                  G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_FILE_AND_ARGV_ZERO |
                                      G_SPAWN_STDOUT_TO_DEV_NULL,
                                  set_up_child, NULL, &apart->pid, -1, -1, apart->output_fd, error);
}

/* What was printed since @from. */
static void tell_output(const char *path, gsize from)
{
    g_autofree char *text = NULL, *clean = NULL;
    gsize n;

    if (g_file_get_contents(path, &text, &n, NULL) && n > from) {
        clean = report_clean(text + from);
        g_printerr("%s", clean);
    }
}

static int exit_code(const Apart *apart, const char *resume)
{
    if (WIFEXITED(apart->status)) {
        return WEXITSTATUS(apart->status);
    }
    cli_complain("the process that worked on the job was killed by signal %d; go on with: %s",
                 WTERMSIG(apart->status), resume);
    return EXIT_MACHINE;
}

/* The person left it at work. */
static void tell_left(const JobRow *row, const char *named_state_dir, const char *path)
{
    g_autofree char *watch = report_command("watch", row->name, named_state_dir);

    cli_complain("the job goes on; look at it again with: %s\n"
                 "firstbad: what it prints lies in %s",
                 watch, path);
}

/* @apart has begun: show it. */
static gboolean show(Apart *apart, ViewEnd *ret_end, GError **error)
{
    guint source = g_child_watch_add(apart->pid, on_child, apart);
    gboolean done = view_run(apart->view, ret_end, error);

    if (!apart->is_over) {
        g_source_remove(source);
    }
    return done;
}

gboolean cli_work_apart(const char *state_dir, const char *named_state_dir, const char *job_dir,
                        const JobRow *row, int *ret_code, GError **error)
{
    g_autofree char *path = g_build_filename(job_dir, OUTPUT_FILE, NULL),
                    *resume = report_command("resume", row->name, named_state_dir);
    Apart apart = {.output_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
    const ViewOptions options = {.state_dir = state_dir,
                                 .named_state_dir = named_state_dir,
                                 .job = row->id,
                                 .is_own = TRUE,
                                 .stop = stop,
                                 .data = &apart};
    g_autoptr(View) view = NULL;
    ViewEnd end = VIEW_LEFT;
    gboolean done;
    off_t from;

    if (apart.output_fd < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot write %s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    from = lseek(apart.output_fd, 0, SEEK_END);
    apart.view = view = view_new(&options, error);
    done = view && start(&apart, state_dir, row, error);
    close(apart.output_fd);
    if (!done) {
        return FALSE;
    }
    done = show(&apart, &end, error);
    *ret_code = EXIT_INTERRUPTED;
    if (apart.is_over) {
        tell_output(path, (gsize)from);
        *ret_code = exit_code(&apart, resume);
    } else if (end == VIEW_OVER) {
        /* The answer is there; its process may still be telling others of it (--webhook). */
        tell_output(path, (gsize)from);
        *ret_code = EXIT_ANSWER;
    } else if (end != VIEW_GONE) {
        tell_left(row, named_state_dir, path);
    }
    g_spawn_close_pid(apart.pid);
    return done;
}
