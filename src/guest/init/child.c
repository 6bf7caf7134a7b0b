/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "words.h"

/* What the child does between fork() and exec(); returns only when that failed, with errno. */
static void become(const char *root, const char *const *argv, const char *cwd, int out)
{
    static const char *const env[] = {"PATH=/bin:/sbin:/usr/bin:/usr/sbin", "HOME=/root",
                                      "TERM=linux", NULL};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    dup2(null, STDIN_FILENO);
    dup2(out >= 0 ? out : null, STDOUT_FILENO);
    dup2(out >= 0 ? out : null, STDERR_FILENO);
    if ((*root && chroot(root)) || (chdir(cwd) && chdir("/"))) {
        return;
    }
    execve(argv[0], (char *const *)argv, (char *const *)env);
}

bool launch(Launch *ret_launch, const char *root, const char *const *argv, const char *cwd, int out)
{
    int failure[2], gate[2], err;
    char byte;

    if (pipe2(failure, O_CLOEXEC)) {
        return false;
    }
    if (pipe2(gate, O_CLOEXEC)) {
        err = errno;
        close(failure[0]);
        close(failure[1]);
        errno = err;
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(gate[1]);
        if (read(gate[0], &byte, 1) == 0) {
            become(root, argv, cwd, out);
        }
        err = errno;
        write_all(failure[1], (const char *)&err, sizeof err);
        _exit(127);
    }
    err = errno;
    close(failure[1]);
    close(gate[0]);
    *ret_launch = (Launch){.pid = pid, .gate = gate[1], .failure = failure[0]};
    if (pid < 0) {
        close(failure[0]);
        close(gate[1]);
    }
    errno = err;
    return pid > 0;
}

int launch_exec(Launch *child)
{
    int err = 0;
    ssize_t n;

    close(child->gate);
    do {
        n = read(child->failure, &err, sizeof err);
    } while (n < 0 && errno == EINTR);
    close(child->failure);
    child->gate = child->failure = -1;
    if (n != sizeof err) {
        return 0;
    }
    waitpid(child->pid, NULL, 0);
    return err;
}

pid_t launch_go(Launch *child)
{
    if (child->gate < 0) {
        if (!child->err && ptrace(PTRACE_DETACH, child->pid, NULL, 0L)) {
            child->err = errno;
        }
    } else {
        child->err = launch_exec(child);
    }
    errno = child->err;
    return child->err ? -1 : child->pid;
}

void flush_line(Output *output, int port)
{
    if (output->n_line && output->n_sent < OUTPUT_LIMIT) {
        say(port, WORD_OUT "%.*s", (int)output->n_line, output->line);
        output->n_sent += output->n_line + 1;
        if (output->n_sent >= OUTPUT_LIMIT) {
            say(port, WORD_OUT "(more output is not shown)");
        }
    }
    output->n_line = 0;
}

ssize_t pass_output_on(Output *output, int pipe_fd, int port)
{
    char bytes[4096];
    ssize_t n = read(pipe_fd, bytes, sizeof bytes);

    for (ssize_t i = 0; i < n; i++) {
        if (bytes[i] == '\n' || output->n_line == sizeof output->line) {
            flush_line(output, port);
        }
        if (bytes[i] != '\n') {
            output->line[output->n_line++] = bytes[i] >= ' ' && bytes[i] < 127 ? bytes[i] : '?';
        }
    }
    return n;
}

/* Reap what was left to us. TRUE when @pid ended, with its wait status. A tracer does the reaping
 * itself. */
static bool has_ended(pid_t pid, Trace *trace, int *ret_status)
{
    pid_t ended;

    if (trace) {
        return trace_ended(trace, ret_status);
    }
    while ((ended = waitpid(-1, ret_status, WNOHANG)) > 0) {
        if (ended == pid) {
            return true;
        }
    }
    return false;
}

static long long min_ms(long long a, long long b)
{
    return a < b ? a : b;
}

int wait_for(pid_t pid, int pipe_fd, Output *output, int port, long long deadline_ms, Trace *trace)
{
    long long next_tick_ms = now_ms() + TICK_MS;
    sigset_t none;

    sigemptyset(&none);
    for (;;) {
        int status;

        if (has_ended(pid, trace, &status)) {
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        long long now = now_ms();
        if (now >= deadline_ms || (trace && trace_is_stuck(trace))) {
            return -1;
        }
        if (now >= next_tick_ms) {
            say(port, WORD_TICK);
            next_tick_ms = now + TICK_MS;
        }
        long long wait_ms = min_ms(deadline_ms, next_tick_ms) - now;
        if (trace) {
            trace_poke(trace);
            wait_ms = min_ms(wait_ms, TRACE_POKE_MS);
        }
        struct timespec limit = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
        struct pollfd poll_fd = {.fd = pipe_fd, .events = POLLIN};
        /* SIGCHLD is blocked outside, so that none is lost between has_ended() and here. */
        if (ppoll(&poll_fd, 1, &limit, &none) > 0 && pass_output_on(output, pipe_fd, port) == 0) {
            pipe_fd = -1;
        }
    }
}
