/* SPDX-License-Identifier: Apache-2.0
 * Guests for tests, in a scratch folder; also such that something is done to while they run.
 */
#pragma once

#include "guest/guest.h"
#include "scratch.h"

typedef struct Machine {
    OopsReader *reader;
    GuestSpec spec;
    Scratch scratch;
    const char *kernel; /* FIRSTBAD_TEST_KERNEL */
    char *initramfs;    /* of the last machine_prepare() */
    Snapshot *snapshot; /* for machine_begin(); NULL: boot */
} Machine;

/* Of GTest: a fixture. */
void machine_set_up(Machine *machine, gconstpointer unused);
/* Fails when a process of ours is left, or comes to no end in a minute. */
void machine_tear_down(Machine *machine, gconstpointer unused);

/* Make @text (a program in C, or a script) the reproducer. FALSE: this machine has no QEMU, kernel
 * or busybox, and the test is skipped. */
gboolean machine_prepare(Machine *machine, const char *name, const char *text);

void machine_begin(const Machine *machine, GAsyncResult **res);
/* The outcome of *res, once it is there; clears it. */
Outcome *machine_end(GAsyncResult **res);
Outcome *machine_run(const Machine *machine);
