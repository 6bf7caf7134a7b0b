/* SPDX-License-Identifier: Apache-2.0
 * PID 1's part that runs the reproducer, again and again.
 */
#pragma once

#include <stdbool.h>

#include "child.h"
#include "orders.h"
#include "prepare.h"

/* A run on its way: its folder, its pipe and its process, which waits to execute the program, or
 * before the first instruction of it. */
typedef struct Run {
    unsigned k; /* from 1 */
    char cwd[64];
    int output; /* what the reproducer prints; non-blocking */
    bool launched;
    int failure; /* errno, where it is not launched */
    Launch child;
} Run;

/* Prepare the first run. It is done before the orders come: a restored guest finds it done. */
void run_first(Run *run, const Plan *plan, int port);

/* @run, prepared, and those after it, until their number or their time is up; then one more for the
 * trace, if there was none. At least one is made. */
void run_all(Run *run, const Orders *orders, const Plan *plan, int port, Output *output);

/* Work queues, timers and RCU callbacks may crash after the reproducer is gone. */
void settle(int port, unsigned settle_ms);

/* Kill every process but us, and wait until they are gone. */
void kill_everybody(void);

/* Nothing may follow. The host ends QEMU when it reads the last word; by hand, power goes off. */
__attribute__((noreturn)) void finish(int port);
