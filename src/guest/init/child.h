/* SPDX-License-Identifier: Apache-2.0
 * Children of PID 1: started, listened to, waited for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "port.h"
#include "trace.h"

#define TICK_MS 1000

/* The reproducer's output on its way to the host: lines, printable, no more than OUTPUT_LIMIT. */
typedef struct Output {
    char line[OUTPUT_LINE_MAX];
    size_t n_line;
    size_t n_sent;
} Output;

/* A child on its way to its program. */
typedef struct Launch {
    pid_t pid;
    int gate;    /* closed when it may execute it; -1: it did, and is held (hold.h) */
    int failure; /* where it says why it could not be executed; -1: it has said so */
    int err;     /* which is this errno, or 0 */
} Launch;

/* Prepare the program argv[0] in a session of its own, with stdout and stderr going to @out (-1:
 * nowhere). What it and @cwd are called is seen from @root ("": ours). It does nothing yet: see
 * launch_go(). FALSE with errno. */
bool launch(Launch *ret_launch, const char *root, const char *const *argv, const char *cwd,
            int out);
/* Open its gate: it executes its program. Returns errno of that (then it is gone), or 0. */
int launch_exec(Launch *child);
/* Let it go. Returns its pid, or -1 with errno when it could not be executed. */
pid_t launch_go(Launch *child);

/* Read what the reproducer printed, without blocking: 0 when its end is closed, else what read()
 * says. */
ssize_t pass_output_on(Output *output, int pipe_fd, int port);
/* Its last line, which may have no end. */
void flush_line(Output *output, int port);

/* Wait until @pid ends or @deadline_ms; tick and pass its output on meanwhile. @trace: its tracer,
 * or NULL. Returns its exit status, -1 when a signal ended it or time was up. SIGCHLD is blocked,
 * and has a handler. */
int wait_for(pid_t pid, int pipe_fd, Output *output, int port, long long deadline_ms, Trace *trace);
