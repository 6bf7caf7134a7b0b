/* SPDX-License-Identifier: Apache-2.0
 * PID 1's tracer, on this machine's own kernel: the programs of tracee.c are followed, and what the
 * tracer says goes through the protocol to the text of an outcome, as in a trial. Skips where
 * programs may not be traced.
 */
#include "guest/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/init/child.h"
#include "guest/init/trace.h"
#include "guest/init/words.h"
#include "guest/protocol.h"

#define LIMIT_MS 120000
#define SLICE_MS 100

typedef struct Fixture {
    gboolean old_kernel;
    guint limit_ms;
    const char *until; /* time is up when this was said; NULL: never */
    int port;          /* a file, which never blocks */
    Calls *calls;
    char *text;
    int exit;
} Fixture;

static void on_child(int number)
{
}

static void set_up(Fixture *fixture, gconstpointer old_kernel)
{
    const struct sigaction on_end = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    sigaction(SIGCHLD, &on_end, NULL);
    /* What the programs leave behind comes to us, as it comes to PID 1. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    fixture->old_kernel = GPOINTER_TO_INT(old_kernel);
    fixture->limit_ms = LIMIT_MS;
    fixture->port = open(g_get_tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    g_assert_cmpint(fixture->port, >=, 0);
    fixture->calls = calls_new();
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    close(fixture->port);
    calls_free(fixture->calls);
    g_free(fixture->text);
}

/* What was said, as an outcome has it. */
static void read_port(Fixture *fixture)
{
    g_autoptr(Protocol) protocol = protocol_new();
    char bytes[4096];
    ssize_t n;

    protocol_feed(protocol, WORD_HELLO "\n" WORD_READY "\nrun 1\ntrace 1\n",
                  strlen(WORD_HELLO WORD_READY) + 17);
    lseek(fixture->port, 0, SEEK_SET);
    while ((n = read(fixture->port, bytes, sizeof bytes)) > 0) {
        protocol_feed(protocol, bytes, (gsize)n);
    }
    g_assert_nonnull(protocol->calls);
    fixture->text = calls_text(protocol->calls, protocol->traced);
    g_test_message("%s", fixture->text);
    g_assert_true(calls_add_text(fixture->calls, fixture->text));
}

/* Kill all descendants of ours: those whose parents died are our children. */
static void kill_children(void)
{
    g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
    const char *task;

    while ((task = g_dir_read_name(tasks))) {
        g_autofree char *path = g_build_filename("/proc/self/task", task, "children", NULL);
        g_autofree char *text = NULL;

        if (!g_file_get_contents(path, &text, NULL, NULL)) {
            continue;
        }
        g_auto(GStrv) pids = g_strsplit(text, " ", -1);
        for (char **pid = pids; *pid; pid++) {
            int number = atoi(*pid);

            if (number > 1) {
                kill(number, SIGKILL);
            }
        }
    }
}

/* As PID 1 ends a run, which may kill everybody. */
static void end(Trace *trace)
{
    int status;

    if (!trace_ended(trace, &status)) {
        trace_cut(trace);
    }
    while (!trace_is_over(trace)) {
        kill_children();
        trace_poke(trace);
        g_usleep(1000);
    }
    trace_stop(trace);
}

static gboolean was_said(const Fixture *fixture, const char *line)
{
    off_t n_bytes = lseek(fixture->port, 0, SEEK_CUR);
    g_autofree char *bytes = g_malloc0((gsize)n_bytes + 1);

    g_assert_cmpint(pread(fixture->port, bytes, (size_t)n_bytes, 0), ==, n_bytes);
    return strstr(bytes, line) != NULL;
}

/* Follow tracee @name. FALSE when it cannot be traced. */
static gboolean follow(Fixture *fixture, const char *name)
{
    g_autofree char *path = g_test_build_filename(G_TEST_BUILT, "tests", "guest", "tracee", NULL);
    const char *const argv[] = {path, name, NULL};
    g_autofree Trace *trace = g_new0(Trace, 1);
    Output output = {0};
    Launch child;
    int status;

    g_assert_true(launch(&child, "", argv, "/", -1));
    TraceSpec spec = {.port = fixture->port,
                      .pid = child.pid,
                      .limit_ms = fixture->limit_ms,
                      .old_kernel = fixture->old_kernel};
    if (!trace_begin(trace, &spec)) {
        g_test_skip("programs cannot be traced here");
        waitpid(launch_go(&child), NULL, 0);
        return FALSE;
    }
    pid_t pid = launch_go(&child);
    g_assert_cmpint(pid, ==, child.pid);
    do {
        fixture->exit = wait_for(pid, -1, &output, fixture->port, now_ms() + SLICE_MS, trace);
    } while (!trace_ended(trace, &status) &&
             !(fixture->until && was_said(fixture, fixture->until)));
    end(trace);
    g_assert_cmpint(waitpid(-1, NULL, WNOHANG | __WALL), ==, -1);
    g_assert_cmpint(errno, ==, ECHILD);
    read_port(fixture);
    return TRUE;
}

static guint64 count(const Fixture *fixture, const char *name, int result)
{
    const Call *call = g_hash_table_lookup(fixture->calls->names, name);

    if (!call || result == CALLS_ENTERED) {
        return call ? call->n_entered : 0;
    }
    for (guint i = 0; result && i < call->errors->len; i++) {
        if (g_array_index(call->errors, CallError, i).number == result) {
            return g_array_index(call->errors, CallError, i).count;
        }
    }
    return result ? 0 : call->n_ok;
}

static void assert_how(const Fixture *fixture, const char *how)
{
    g_autofree char *begin = g_strdup_printf("traced %s\n", how);

    g_assert_true(g_str_has_prefix(fixture->text, begin));
}

static void test_sockets(Fixture *fixture, gconstpointer unused)
{
    if (!follow(fixture, "sockets")) {
        return;
    }
    assert_how(fixture, "whole");
    g_assert_cmpint(fixture->exit, ==, 3);
    g_assert_cmpuint(count(fixture, "socket(AF_UNIX, SOCK_STREAM)", 0), ==, 12);
    g_assert_cmpuint(count(fixture, "socket(AF_ASH, SOCK_DGRAM)", EAFNOSUPPORT), ==, 5);
    g_assert_cmpuint(count(fixture, "socket(AF_ASH, SOCK_DGRAM)", CALLS_ENTERED), ==, 5);
    g_assert_cmpuint(count(fixture, "exit_group", CALLS_ENTERED), ==, 1);
    /* Nothing of what comes before the program: PID 1's own child makes this call. */
    g_assert_cmpuint(count(fixture, "setsid", CALLS_ENTERED), ==, 0);
}

typedef struct Program {
    const char *name;
    int exit;
    guint n_marks;
    gboolean some_unseen; /* processes that we had to let go */
} Program;

static const Program programs[] = {
    {"fork-tree", 0, 20},      {"children", 0, 1000},
    {"threads", 0, 100},       {"killed", -1, 1},
    {"signals", 0, 1},         {"stopped-child", 5, 2},
    {"daemonize", 4, 1},       {"loop", 0, 10000},
    {"ptrace-me", 6, 0, TRUE}, {"ptrace-child", 7, 1, TRUE},
};

static void test_programs(Fixture *fixture, gconstpointer unused)
{
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        const Program *program = &programs[i];
        Fixture one = {0};

        g_test_message("%s", program->name);
        set_up(&one, GINT_TO_POINTER(fixture->old_kernel));
        gboolean followed = follow(&one, program->name);
        if (followed) {
            assert_how(&one, "whole");
            g_assert_cmpint(one.exit, ==, program->exit);
            g_assert_cmpuint(count(&one, "getpgrp", 0), ==, program->n_marks);
            g_assert_cmpuint(count(&one, "getpgrp", CALLS_ENTERED), ==, program->n_marks);
        }
        tear_down(&one, NULL);
        if (!followed) {
            return;
        }
    }
}

static void test_exec_by_thread(Fixture *fixture, gconstpointer unused)
{
    if (!follow(fixture, "exec-by-thread")) {
        return;
    }
    assert_how(fixture, "whole");
    g_assert_cmpint(fixture->exit, ==, 3);
    g_assert_cmpuint(count(fixture, "socket(AF_ASH, SOCK_DGRAM)", EAFNOSUPPORT), ==, 5);
    /* The call that became another program came back. */
    g_assert_cmpuint(count(fixture, "execve", 0), ==, 1);
}

/* The run's time is up: what was seen until then is told, and nobody is left. */
static void test_time(Fixture *fixture, gconstpointer unused)
{
    fixture->until = "call 111 - 0 ";
    if (!follow(fixture, "forever")) {
        return;
    }
    assert_how(fixture, "cut");
    g_assert_cmpint(fixture->exit, ==, -1);
    g_assert_cmpuint(count(fixture, "getpgrp", 0), >, 0);
}

/* The tracer's time is up: the program goes on without it, and how it ends is still seen. */
static void test_limit(Fixture *fixture, gconstpointer unused)
{
    fixture->limit_ms = 0;
    if (!follow(fixture, "children")) {
        return;
    }
    assert_how(fixture, "cut");
    g_assert_cmpint(fixture->exit, ==, 0);
    g_assert_cmpuint(count(fixture, "getpgrp", 0), <, 1000);
}

/* A call that never comes back is told all the same. */
static void test_sleeper(Fixture *fixture, gconstpointer unused)
{
    fixture->until = "call 34 - - 1";
    if (!follow(fixture, "sleeper")) {
        return;
    }
    assert_how(fixture, "cut");
    g_assert_cmpint(fixture->exit, ==, -1);
    g_assert_cmpuint(count(fixture, "pause", CALLS_ENTERED), ==, 1);
    g_assert_nonnull(strstr(fixture->text, "pause ? 1\n"));
}

static void test_variety(Fixture *fixture, gconstpointer unused)
{
    guint64 n = 0;

    if (!follow(fixture, "variety")) {
        return;
    }
    assert_how(fixture, "whole");
    for (guint i = 0; i < fixture->calls->calls->len; i++) {
        const Call *call = g_ptr_array_index(fixture->calls->calls, i);

        if (g_str_has_prefix(call->name, "prctl(")) {
            g_assert_cmpuint(call->n_entered, ==, call_n_returned(call));
            n += call->n_entered;
        }
    }
    g_assert_cmpuint(n, ==, 5000);
    g_assert_cmpuint(count(fixture, "prctl(*)", EINVAL), >, 4000);
    g_assert_cmpuint(count(fixture, "syscall_unknown", ENOSYS), ==, 5000);
    g_assert_cmpuint(fixture->calls->calls->len, <=, 2 * TRACE_ROWS);
    /* There is still room for what comes after. */
    g_assert_cmpuint(count(fixture, "exit_group", CALLS_ENTERED), ==, 1);
}

static void test_paths(Fixture *fixture, gconstpointer unused)
{
    if (!follow(fixture, "paths")) {
        return;
    }
    g_assert_cmpuint(count(fixture, "open(\"/proc/#/status\")", 0), ==, 3);
    g_assert_cmpuint(count(fixture, "open(\"/dev/no?such??device?\")", ENOENT), ==, 3);
    g_assert_cmpuint(count(fixture, "open(\"/dev/null\")", 0), ==, 1);
    g_assert_cmpuint(count(fixture, "open", ENOENT), ==, 3);
    g_assert_cmpuint(count(fixture, "open", EFAULT), ==, 6);
    g_assert_cmpuint(count(fixture, "mount(\"no-such-fs\")", CALLS_ENTERED), ==, 1);
}

static void test_foreign(Fixture *fixture, gconstpointer unused)
{
    if (!follow(fixture, "foreign")) {
        return;
    }
    if (fixture->exit) {
        g_test_skip("this kernel has no calls of i386");
        return;
    }
    /* PTRACE_GETREGS cannot tell int 0x80 of a 64-bit program from a call of x86-64. */
    if (!fixture->old_kernel) {
        g_assert_cmpuint(count(fixture, "i386_20", 0), ==, 1);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func)                                                                            \
    g_test_add("/trace/" name, Fixture, GINT_TO_POINTER(FALSE), set_up, func, tear_down);          \
    g_test_add("/trace/old/" name, Fixture, GINT_TO_POINTER(TRUE), set_up, func, tear_down)
    ADD("sockets", test_sockets);
    ADD("programs", test_programs);
    ADD("exec-by-thread", test_exec_by_thread);
    ADD("time", test_time);
    ADD("limit", test_limit);
    ADD("sleeper", test_sleeper);
    ADD("variety", test_variety);
    ADD("paths", test_paths);
    ADD("foreign", test_foreign);
    return g_test_run();
}
