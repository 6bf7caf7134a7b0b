/* SPDX-License-Identifier: Apache-2.0
 * Programs for the tracer to follow: tracee NAME. Each makes a known number of known calls.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_CHILDREN 1000
#define N_THREADS  20
#define N_LOOPS    10000

/* A call that nothing else makes, and that never fails. */
static void mark(void)
{
    syscall(SYS_getpgrp);
}

static pid_t child(int (*body)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        _exit(body());
    }
    return pid;
}

static int mark_once(void)
{
    mark();
    return 0;
}

static int sockets(void)
{
    for (int i = 0; i < 12; i++) {
        close(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    }
    for (int i = 0; i < 5; i++) {
        socket(AF_ASH, SOCK_DGRAM, 0);
    }
    return 3;
}

static int fork_tree(void)
{
    for (int i = 0; i < 10; i++) {
        mark();
        if (fork() == 0) {
            if (vfork() == 0) { /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
                _exit(0);
            }
            mark();
            _exit(0);
        }
    }
    while (wait(NULL) > 0) {
    }
    return 0;
}

static int children(void)
{
    for (int i = 0; i < N_CHILDREN; i++) {
        waitpid(child(mark_once), NULL, 0);
    }
    return 0;
}

static void *thread(void *unused)
{
    mark();
    return NULL;
}

static int threads(void)
{
    for (int round = 0; round < 5; round++) {
        pthread_t all[N_THREADS];

        for (int i = 0; i < N_THREADS; i++) {
            pthread_create(&all[i], NULL, thread, NULL);
        }
        for (int i = 0; i < N_THREADS; i++) {
            pthread_join(all[i], NULL);
        }
    }
    return 0;
}

static void *exec_thread(void *unused)
{
    execl("/proc/self/exe", "tracee", "sockets", (char *)NULL);
    return NULL;
}

static void *sleeping_thread(void *unused)
{
    pause();
    return NULL;
}

/* By another thread than the first, while others run. */
static int exec_by_thread(void)
{
    pthread_t all[3];

    for (int i = 0; i < 3; i++) {
        pthread_create(&all[i], NULL, i < 2 ? sleeping_thread : exec_thread, NULL);
    }
    pause();
    return 1;
}

static int killed(void)
{
    mark();
    raise(SIGKILL);
    return 0;
}

static int n_signals;

static void on_signal(int number)
{
    n_signals++;
}

static int signals(void)
{
    signal(SIGUSR1, on_signal);
    for (int i = 0; i < 7; i++) {
        raise(SIGUSR1);
    }
    pid_t pid = child(mark_once);
    waitpid(pid, NULL, 0);
    return n_signals == 7 ? 0 : 1;
}

static int stop_myself(void)
{
    raise(SIGSTOP);
    mark();
    return 5;
}

/* Job control goes on working: a stopped child is seen as stopped, and goes on when told. */
static int stopped_child(void)
{
    int status;
    pid_t pid = child(stop_myself);

    if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status)) {
        return 1;
    }
    mark();
    kill(pid, SIGCONT);
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

static int traced_by_parent(void)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL)) {
        return 1;
    }
    raise(SIGSTOP);
    return 6;
}

static int ptrace_me(void)
{
    int status;
    pid_t pid = child(traced_by_parent);

    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
        return 1;
    }
    if (ptrace(PTRACE_CONT, pid, NULL, NULL)) {
        return 2;
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

static int sleeper(void)
{
    while (!n_signals) {
        pause();
    }
    return 0;
}

static int ptrace_child(void)
{
    int status;
    pid_t pid = child(sleeper);

    mark();
    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL)) {
        return 1;
    }
    if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) {
        return 2;
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? 7 : 3;
}

static int daemonize(void)
{
    int done[2];
    char byte;

    if (pipe(done) || fork() == 0) {
        close(done[0]);
        setsid();
        if (fork() == 0) {
            mark();
            (void)!write(done[1], "", 1);
            sleeper();
        }
        _exit(0);
    }
    return read(done[0], &byte, 1) == 1 ? 4 : 1;
}

static int loop(void)
{
    for (int i = 0; i < N_LOOPS; i++) {
        mark();
    }
    return 0;
}

static int forever(void)
{
    while (!n_signals) {
        mark();
    }
    return 0;
}

/* More different arguments than any table should hold. */
static int variety(void)
{
    for (int i = 0; i < 5000; i++) {
        syscall(SYS_prctl, 100000 + i, 0, 0, 0, 0);
        syscall(2000 + i);
    }
    return 0;
}

static int paths(void)
{
    char path[64], *page = aligned_alloc(4096, 4096);

    snprintf(path, sizeof path, "/proc/%d/status", getpid());
    for (int i = 0; i < 3; i++) {
        syscall(SYS_open, path, 0);
        syscall(SYS_open, "/dev/no such,\"device\"", 0);
        syscall(SYS_open, "no/such/file", 0);
        syscall(SYS_open, NULL, 0);
        syscall(SYS_open, (void *)1, 0);
    }
    /* Up to the last byte of a page that may be the last. */
    memcpy(page + 4096 - sizeof "/dev/null", "/dev/null", sizeof "/dev/null");
    syscall(SYS_open, page + 4096 - sizeof "/dev/null", 0);
    syscall(SYS_mount, "none", "/nowhere", "no-such-fs", 0, NULL);
    return 0;
}

#if defined(__x86_64__)
static int foreign(void)
{
    long result;

    /* getpid of i386 */
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
    return result == getpid() ? 0 : 1;
}
#else
static int foreign(void)
{
    return 0;
}
#endif

static const struct {
    const char *name;
    int (*run)(void);
} programs[] = {
    {"sockets", sockets},
    {"fork-tree", fork_tree},
    {"children", children},
    {"threads", threads},
    {"exec-by-thread", exec_by_thread},
    {"killed", killed},
    {"signals", signals},
    {"stopped-child", stopped_child},
    {"ptrace-me", ptrace_me},
    {"ptrace-child", ptrace_child},
    {"daemonize", daemonize},
    {"loop", loop},
    {"forever", forever},
    {"sleeper", sleeper},
    {"variety", variety},
    {"paths", paths},
    {"foreign", foreign},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof programs / sizeof *programs; i++) {
        if (strcmp(argv[1], programs[i].name) == 0) {
            return programs[i].run();
        }
    }
    fprintf(stderr, "tracee: no such program\n");
    return 100;
}
