/* SPDX-License-Identifier: Apache-2.0
 * One trial, as its two files share it: trial.c follows it to its end, launch.c starts its QEMU.
 */
#pragma once

#include "guest/channel.h"
#include "guest/protocol.h"
#include "guest/qmp.h"
#include "guest/snapshot.h"
#include "guest/watch.h"
#include "process/process.h"

typedef struct Trial {
    GuestSpec spec;
    char *image, *initramfs;
    Snapshot *snapshot; /* or NULL */
    GTask *task;        /* not a reference: the task owns us */
    /* Of this QEMU: */
    GuestWay way;
    GSubprocess *qemu;
    Channel console_channel, protocol_channel, monitor_channel, stderr_channel;
    int memory_fd, state_fd; /* of a guest that is to be kept, or -1 */
    Excerpt *console;
    Protocol *protocol;
    Qmp *qmp;
    Watch *watch;
    GString *qemu_stderr;
    GSource *ticker, *cancelled;
    gint64 start_us;
    guint64 boot_ms;
    guint64 looked_ms; /* when we last looked at it */
    guint64 asked_ms;  /* since when QEMU owes us a word about its guest that seems to hang; 0: it
                          does not */
    gboolean saving;   /* QEMU is writing its state */
    gboolean ordered;  /* the guest has its orders */
    gboolean over;
    GuestEnd end;
} Trial;

/* The state's descriptor in QEMU. */
#define TRIAL_CHILD_STATE 7

/* Start QEMU as Trial.way wants it, and open the channels to it; trial_on_readable() gets each of
 * them. */
gboolean trial_launch(Trial *trial, GError **error);
gboolean trial_on_readable(gint fd, GIOCondition condition, gpointer data);
