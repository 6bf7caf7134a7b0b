/* SPDX-License-Identifier: Apache-2.0
 * A snapshot's files, and what may be kept. All of it is in memory: it goes with us, however we
 * end.
 *
 * The guest that is to be kept has its memory in a file from the start, which costs it nothing, so
 * that saving is a few hundred kilobytes of devices and a copy of the pages that it has touched:
 * some 30 MB for a small kernel, 10 ms. It goes on after that, in its own file; the copy is sealed,
 * and each restored guest maps it privately.
 */
#pragma once

#include "guest/guest.h"

/* How a guest comes to be ready. */
typedef enum GuestWay {
    WAY_BOOT,
    WAY_KEEP,    /* boots, and what it is then is kept */
    WAY_RESTORE, /* begins with what was kept */
} GuestWay;

/* The way of the next trial with @snapshot (or NULL). WAY_KEEP: nobody else gets that until
 * snapshot_keep(), snapshot_give_up() or snapshot_leave(). */
GuestWay snapshot_choose(Snapshot *snapshot);

/* A new file of @mib for a guest's memory. */
int snapshot_open_memory(guint mib, GError **error);
/* A new file for the state of its devices. */
int snapshot_open_state(GError **error);

/* Keep the guest that stands still with these files, whose copies are ours, and what its console
 * said so far. */
gboolean snapshot_keep(Snapshot *snapshot, int memory_fd, guint memory_mib, int state_fd,
                       GBytes *console, GError **error);
/* What was kept, for a guest to begin with: descriptors of the caller's own. */
gboolean snapshot_open(const Snapshot *snapshot, int *ret_memory_fd, int *ret_state_fd,
                       GError **error);
GBytes *snapshot_console(const Snapshot *snapshot);

/* Nothing can be kept, or what was kept is of no use: trials boot from now on. */
void snapshot_give_up(Snapshot *snapshot, const char *why);
/* The trial of WAY_KEEP is over; when it did not come so far, the next may try. */
void snapshot_leave(Snapshot *snapshot);

/* Has a trial that ended so told nothing of its kernel, because keeping or restoring may be why? A
 * restored one has to come to the reproducer; one that was kept, too, or not to QEMU's death. */
gboolean snapshot_is_to_blame(GuestWay way, GuestEnd end, GuestStage stage);
