/* SPDX-License-Identifier: Apache-2.0
 * QEMU, and a fault between it and firstbad: run in QEMU's place, with its arguments.
 *
 *     QEMU_FAULT=WHAT:WHEN between ARGUMENTS...
 *
 * WHEN: the name of a command on the monitor (the first of its kind), the beginning of a line on
 * the protocol's port, or "start". WHAT becomes of it: error, garbage (are the answer to the
 * command, which does not reach QEMU), lost (it does not reach QEMU), late (what QEMU says after it
 * comes 2 s later), close (of the monitor), kill, stop, term (signals to QEMU). QEMU_FAULT_SEEN
 * names a file that is made when it happened.
 *
 * This process becomes QEMU; a child of it has our ends of its sockets, and passes on what comes.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define QEMU     "qemu-system-x86_64"
#define PROTOCOL 4
#define MONITOR  5
#define LATE_MS  2000
#define OWN_FD   10 /* the relay's descriptors begin here */

/* A socket of firstbad's and the one of QEMU's that takes its place. */
typedef struct Link {
    int ours, qemus;
} Link;

static char what[16], when[32];
static long long held_until_ms;

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static bool is(const char *effect)
{
    return strcmp(what, effect) == 0;
}

static void send_all(int fd, const char *bytes, size_t n_bytes)
{
    while (n_bytes) {
        ssize_t n = send(fd, bytes, n_bytes, MSG_NOSIGNAL);

        if (n <= 0) {
            return;
        }
        bytes += n;
        n_bytes -= (size_t)n;
    }
}

static void close_link(Link *link)
{
    close(link->ours);
    close(link->qemus);
    link->ours = link->qemus = -1;
}

/* The fault happens. TRUE when what brought it about is to be passed on. */
static bool strike(Link *monitor)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {{"kill", SIGKILL}, {"stop", SIGSTOP}, {"term", SIGTERM}};
    const char *seen = getenv("QEMU_FAULT_SEEN");

    strcpy(when, "\n"); /* not again: nothing is called so */
    if (seen) {
        close(open(seen, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (is(signals[i].name)) {
            kill(getppid(), signals[i].number);
        }
    }
    if (is("error")) {
        static const char answer[] =
            "{\"error\": {\"class\": \"GenericError\", \"desc\": \"a fault\"}}\r\n";
        send_all(monitor->ours, answer, strlen(answer));
    } else if (is("garbage")) {
        static const char answer[] = "\xff{\"return\": [\0{\"event\": \"RES\r\n{}\r\n[1]\r\n7\r\n";
        send_all(monitor->ours, answer, sizeof answer - 1);
    } else if (is("late")) {
        held_until_ms = now_ms() + LATE_MS;
    } else if (is("close")) {
        close_link(monitor);
    }
    return is("late") || is("term") || is("stop");
}

/* Is it the one that is waited for? */
static bool is_command(const char *line, size_t n_line)
{
    char word[64];
    int n_word = snprintf(word, sizeof word, "\"execute\":\"%s\"", when);

    return memmem(line, n_line, word, (size_t)n_word) != NULL;
}

/* One command to QEMU, and a descriptor beside it (-1: none). */
static void pass_command(Link *monitor, const char *line, size_t n_line, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec piece = {.iov_base = (char *)line, .iov_len = n_line};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

    if (is_command(line, n_line) && !strike(monitor)) {
        return;
    }
    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    }
    sendmsg(monitor->qemus, &message, MSG_NOSIGNAL);
}

/* What firstbad says to the monitor: lines that come whole. */
static bool pass_commands(Link *monitor)
{
    char bytes[4096];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec piece = {.iov_base = bytes, .iov_len = sizeof bytes};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(monitor->ours, &message, 0);
    int fd = -1;

    if (n > 0 && CMSG_FIRSTHDR(&message)) {
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    }
    for (char *line = bytes; n > 0 && line < bytes + n && monitor->ours >= 0;) {
        char *end = memchr(line, '\n', (size_t)(bytes + n - line));
        size_t n_line = end ? (size_t)(end - line) + 1 : (size_t)(bytes + n - line);

        pass_command(monitor, line, n_line, line == bytes ? fd : -1);
        line += n_line;
    }
    if (fd >= 0) {
        close(fd);
    }
    return n > 0;
}

/* What the guest says on its protocol's port, line by line: it is little. */
static bool pass_words(Link *protocol, Link *monitor)
{
    static char line[512];
    static size_t n_line;
    char byte;

    if (recv(protocol->qemus, &byte, 1, 0) <= 0) {
        return false;
    }
    line[n_line++] = byte;
    if (byte == '\n' || n_line == sizeof line) {
        if (strncmp(line, when, strlen(when)) == 0) {
            strike(monitor);
        }
        send_all(protocol->ours, line, n_line);
        n_line = 0;
    }
    return true;
}

static bool pass_bytes(int from, int to)
{
    char bytes[4096];
    ssize_t n = recv(from, bytes, sizeof bytes, 0);

    if (n > 0) {
        send_all(to, bytes, (size_t)n);
    }
    return n > 0;
}

/* Until QEMU is gone. */
static void pass_on(Link *protocol, Link *monitor)
{
    bool lives = true;

    while (lives) {
        bool is_held = now_ms() < held_until_ms;
        struct pollfd fds[] = {
            {.fd = protocol->ours, .events = POLLIN},
            {.fd = protocol->qemus, .events = POLLIN},
            {.fd = monitor->ours, .events = POLLIN},
            {.fd = is_held ? -1 : monitor->qemus, .events = POLLIN},
        };

        poll(fds, 4, is_held ? 50 : -1);
        if (fds[2].revents && !pass_commands(monitor)) {
            close_link(monitor);
        } else if (fds[3].revents && monitor->qemus >= 0) {
            pass_bytes(monitor->qemus, monitor->ours);
        }
        if (fds[0].revents) {
            lives = pass_bytes(protocol->ours, protocol->qemus);
        }
        if (lives && fds[1].revents) {
            lives = pass_words(protocol, monitor);
        }
    }
}

/* QEMU gets a new socket in the place of @fd, which is ours from now on. */
static Link take_place(int fd)
{
    int pair[2];
    Link link = {.ours = fcntl(fd, F_DUPFD_CLOEXEC, OWN_FD)};

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) || dup2(pair[1], fd) < 0) {
        perror("between");
        exit(1);
    }
    link.qemus = fcntl(pair[0], F_DUPFD_CLOEXEC, OWN_FD);
    close(pair[0]);
    close(pair[1]);
    return link;
}

int main(int argc, char **argv)
{
    const char *fault = getenv("QEMU_FAULT");
    Link protocol = take_place(PROTOCOL), monitor = take_place(MONITOR);

    if (fault && sscanf(fault, "%15[a-z]:%31s", what, when) != 2) {
        fprintf(stderr, "between: what is '%s'?\n", fault);
        return 1;
    }
    if (fork() == 0) {
        for (int fd = 0; fd < OWN_FD; fd++) {
            close(fd); /* they are QEMU's, and firstbad waits for their end */
        }
        if (strcmp(when, "start") == 0) {
            strike(&monitor);
        }
        pass_on(&protocol, &monitor);
        return 0;
    }
    argv[0] = (char *)QEMU;
    execvp(QEMU, argv);
    perror(QEMU);
    return 1;
}
