/* SPDX-License-Identifier: Apache-2.0
 * A tracer of system calls inside PID 1: it follows one run of the reproducer through all its
 * processes and threads, and tells the host what they asked of the kernel and what they got.
 *
 *     static Trace trace;
 *     if (trace_begin(&trace, &spec)) {       the child waits before its exec
 *         ...                                 let it go; trace_poke() every TRACE_POKE_MS
 *         while (!trace_ended(&trace, &status)) ...
 *         ...                                 kill what is left, poke, until trace_is_over()
 *         trace_stop(&trace);
 *     }
 *
 * The tracer is a thread: a tracer may get stuck in the kernel that it is looking at (in the page
 * tables of a program, say), and PID 1 must go on ticking then. It waits for all children of PID 1
 * while it lives, so nobody else may.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tally.h"

#define TRACE_POKE_MS 200
/* One step of the tracer that takes longer does not end any more. */
#define TRACE_STUCK_MS 2000

typedef struct TraceSpec {
    int port;          /* where "call" and "traced" lines go */
    pid_t pid;         /* a child of ours that has not executed the reproducer yet */
    unsigned limit_ms; /* then all processes are let go, and run on */
    bool old_kernel;   /* do as if there was no PTRACE_GET_SYSCALL_INFO (before Linux 5.3) */
} TraceSpec;

/* What a task is in. */
typedef struct TracePending {
    pid_t pid;
    uint16_t row; /* of its call, + 1; 0: in none that we know of */
} TracePending;

#define TRACE_PENDING 32768 /* by pid; more tasks than that at once lose some results */

typedef struct Trace {
    TraceSpec spec;
    pthread_t thread, owner;
    bool has_thread;
    atomic_int state;
    atomic_int status; /* of the root, once it has ended */
    atomic_bool ended, stop, cut, over;
    atomic_llong step_ms; /* when the step that is under way began; 0: none is */

    /* Of the thread alone. */
    bool has_executed, old_kernel, leaves_memory_alone;
    pid_t held, wanted; /* one waits until the other, whom it wants to trace, is let go */
    long long limit_ms, next_flush_ms;
    Tally tally;
    TracePending pending[TRACE_PENDING];
} Trace;

/* FALSE when it cannot be traced; then it runs untraced. @trace is zeroed memory, used once. */
bool trace_begin(Trace *trace, const TraceSpec *spec);
/* Has the reproducer's first process ended? *ret_status as from waitpid(). */
bool trace_ended(Trace *trace, int *ret_status);
bool trace_is_stuck(Trace *trace);
/* Wake the tracer up, to tell what has not been told, and to look at the time. */
void trace_poke(Trace *trace);
/* The reproducer's time is up, and it did not end: what was seen is not all. */
void trace_cut(Trace *trace);
/* Nobody is left to trace, and all is told. */
bool trace_is_over(Trace *trace);
/* End the thread. A stuck one stays behind, and does nothing any more. */
void trace_stop(Trace *trace);
