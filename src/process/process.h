/* SPDX-License-Identifier: Apache-2.0
 * Programs we run: git, make, qemu, gcc. A run is a ProcessSpec that you fill, then run.
 *
 * No shell stands between us and a program: argv goes to execvp as it is. A program that fails,
 * dies or takes too long is a value (ProcessResult); GError means that it could not be started at
 * all. Every program gets a process group of its own, which is killed as a whole when its time is
 * up, its GCancellable fires or the program itself ends: a run is over when the program is,
 * whatever it left in the background. It is killed by the kernel when we die (PR_SET_PDEATHSIG), so
 * that `kill -9` of the coordinator leaves no QEMU behind.
 */
#pragma once

#include <gio/gio.h>

/* What is kept of each of stdout and stderr when nothing else is asked for: a program that prints
 * for hours must not eat our memory. Half of it is the head, half the tail; between them a line
 * says how much is left out ("[20480 bytes left out]"). */
#define PROCESS_OUTPUT_LIMIT (2 << 20)
/* The limit for output that is of no use in part. */
#define PROCESS_OUTPUT_WHOLE G_MAXSIZE

typedef struct ProcessSpec {
    const char *const *argv;    /* NULL-terminated; argv[0] is looked up in PATH */
    const char *cwd;            /* NULL: ours */
    const char *const *env;     /* "NAME=VALUE" added to or replacing ours, "NAME" taken out of it;
                                   NULL: ours as it is */
    const char *input;          /* bytes for stdin, or NULL for none */
    gsize n_input;              /* length of @input */
    gboolean merged;            /* stderr goes where stdout goes */
    gsize output_limit_bytes;   /* of what is captured; 0: PROCESS_OUTPUT_LIMIT */
    guint timeout_ms;           /* 0: none */
    guint64 memory_limit_bytes; /* RLIMIT_AS of each process of the group; 0: none */
    guint64 file_limit_bytes;   /* RLIMIT_FSIZE of each, and none leaves a core; 0: none */
    const int *fds; /* @n_fds of ours, which it gets as PROCESS_FIRST_FD and up; they stay open
                       here */
    guint n_fds;
} ProcessSpec;

/* Not below 10: `sh` has descriptors of its own there, and old programs close the first few. */
#define PROCESS_FIRST_FD 13

typedef struct ProcessResult {
    gboolean timed_out;
    int exit_status; /* 0..255, or -1 when a signal ended it */
    int term_signal; /* that signal, else 0 */
    char *out;       /* stdout, NUL-terminated */
    gsize n_out;     /* length of @out, for output with NUL bytes */
    char *err;       /* stderr, NUL-terminated; empty when it was merged */
    guint64 wall_ms;
} ProcessResult;

void process_result_free(ProcessResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProcessResult, process_result_free)

/* TRUE when the program ran to its end and exited with 0. */
gboolean process_succeeded(const ProcessResult *result);

/* What went wrong, for a message: "exited with 2", "was killed by signal 9", "took longer than 60
 * s". Owned by the caller. */
char *process_describe(const ProcessResult *result);

/* Did it fail while the disk of @folder, where it writes, was full? A program that is about full
 * disks may say the same words, so the disk is asked. */
gboolean process_lacked_room(const ProcessResult *result, const char *folder);

/* Run and wait. */
gboolean process_run(const ProcessSpec *spec, ProcessResult **ret_result, GError **error);

/* The same in the default main context. @spec is copied. Cancelling kills the group; finish then
 * returns G_IO_ERROR_CANCELLED, after the program is gone. */
void process_run_async(const ProcessSpec *spec, GCancellable *cancellable, GAsyncReadyCallback done,
                       gpointer user_data);
gboolean process_run_finish(GAsyncResult *res, ProcessResult **ret_result, GError **error);

/* Run a program that must succeed and give its stdout without the last newline; a failure becomes
 * an error that quotes the first line of stderr. For short questions ("git rev-parse ..."): an
 * answer beyond PROCESS_OUTPUT_LIMIT is an excerpt. */
char *process_ask(const char *cwd, const char *const *argv, GError **error);

/* Take out of PATH, LD_LIBRARY_PATH and the like whatever depends on the folder in which a program
 * runs, for us and for all that we run: a file of a foreign tree would be taken for git, or for one
 * of its libraries. Once, at the very beginning of main(). */
void process_search_no_cwd(void);

/* Remove @path and all that is below it, where it is there; no link is followed. What cannot be
 * removed stays. */
void process_remove_tree(const char *path);

/* The line before each program is run ("+ git rev-parse HEAD"), for `-v`; NULL (the default) to be
 * quiet. Set once by main(). */
typedef void (*ProcessTrace)(const char *const *argv, gpointer user_data);
void process_set_trace(ProcessTrace trace, gpointer user_data);

/* Show that line, for programs that are started by other means. */
void process_trace(const char *const *argv);

/* What to put first in the child set-up of a program we start by other means (QEMU): own process
 * group, dies with us, ended by SIGPIPE though we ignore it, and sooner than us when memory runs
 * out (a program can be run again). @parent: GINT_TO_POINTER(getpid()), asked before the fork; with
 * NULL a child outlives us when we are killed before it comes to this. Async-signal-safe. */
void process_child_setup(gpointer parent);

/* Kill the group of @pid and wait for nothing. */
void process_kill_group(GPid pid);

/* Kill all processes, ours or of an earlier life of ours, that have @mark ("NAME=VALUE", as given
 * in ProcessSpec.env) in their environment, and wait until they are gone. So ends what a program
 * left behind that outlived its group: children in sessions of their own, or of programs that ran
 * when we were killed. Costs a look at every process in /proc. G_IO_ERROR_BUSY when something will
 * not go. */
gboolean process_end_marked(const char *mark, GError **error);

/* What the kernel calls its life since it booted: another one after each boot. "" where it does not
 * say. Owned by the caller. */
char *process_boot_id(void);

/* --- Excerpt: the head and the tail of a text that may be longer than we want to hold. */
typedef struct Excerpt Excerpt;

/* Hold up to half of @limit_bytes from either end. */
Excerpt *excerpt_new(gsize limit_bytes);
void excerpt_free(Excerpt *excerpt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Excerpt, excerpt_free)

/* The text goes on with @bytes. Takes constant time a byte, and a few times @limit_bytes of memory
 * however long it gets. */
void excerpt_add(Excerpt *excerpt, const char *bytes, gsize n_bytes);

/* What is held, NUL-terminated and owned by the caller. Where something is left out stands @cut on
 * a line of its own, the number of bytes in the place of its '#'. */
char *excerpt_text(const Excerpt *excerpt, const char *cut, gsize *ret_n_text);

/* --- Sandbox: a program of somebody else's, boxed in by bubblewrap: no network, no other
 * processes, files read-only except where it must write, nothing of ours in /tmp, /run, the user's
 * home folder (no keys, no sockets) and the state folder but what it is given, no variable that is
 * called as a secret is, paths as outside, and an end of all its children when it (or we) end. A
 * tree's Makefile and scripts run with our rights; here they can do little with them. */
typedef struct Sandbox Sandbox;

/* Try bubblewrap once. Never fails: without it programs run plainly. */
Sandbox *sandbox_new(void);
void sandbox_free(Sandbox *sandbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sandbox, sandbox_free)

/* "" when boxed, else why not, for a message ("bwrap is not installed"). */
const char *sandbox_missing(const Sandbox *sandbox);

/* No box shows what lies in @folder from now on, but what it is given of it: the state folder has
 * the dashboard's token, and consoles and builds of other jobs. Set once, by whoever knows where it
 * is; NULL: there is none. */
void sandbox_hide(const char *folder);

/* @argv as it is to be run: boxed when possible. @readable, @writable: paths it needs although they
 * may lie in /tmp, /run or the home folder (a compiler, too), and paths it may change; both
 * NULL-terminated, or NULL; missing ones are left out. The working folder must be given with @cwd.
 * Owned by the caller. */
char **sandbox_wrap(const Sandbox *sandbox, const char *const *argv, const char *cwd,
                    const char *const *readable, const char *const *writable);

/* What a sandbox must show of a program of the user's own: the folder that @program (a path, or
 * looked up in PATH) was installed under, $HOME/gcc-13 for $HOME/gcc-13/bin/gcc. NULL when it is
 * not there, or lies in the home folder's own bin/, beside which are the secrets. Owned by the
 * caller. */
char *sandbox_install_folder(const char *program);
