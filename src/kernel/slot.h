/* SPDX-License-Identifier: Apache-2.0
 * The folder in which one build at a time takes place: locked, and cleared of the processes of a
 * coordinator that was killed. Private to kernel/.
 */
#pragma once

#include <gio/gio.h>

typedef struct Slot {
    char *dir;     /* real path */
    char *src_dir; /* the worktree */
    char *obj_dir; /* in the worktree, so that compilers see sources as "../": see recipe.c */
    char *mark;    /* "FIRSTBAD_SLOT=DIR": in the environment of all that runs for it */
    int lock_fd;
} Slot;

/* G_IO_ERROR_BUSY when a living process has it. */
Slot *slot_open(const char *dir, GError **error);
void slot_free(Slot *slot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Slot, slot_free)

/* Around the programs that write into the build folder: begin first takes away what an interrupted
 * build may have left half-written; end says that this one was not interrupted. A build folder that
 * is something else (a link) is G_IO_ERROR_NOT_DIRECTORY. */
gboolean slot_begin_build(const Slot *slot, GError **error);
gboolean slot_end_build(const Slot *slot, GError **error);

/* Throw the build folder away: the next build is from nothing. In one step, as half a build folder
 * would pass for a whole one. */
gboolean slot_empty(const Slot *slot, GError **error);
/* Has a build left something there? */
gboolean slot_is_used(const Slot *slot);

/* Kill what runs for the slot and wait until it is gone. FALSE when something will not go. */
gboolean slot_end_leftovers(const Slot *slot, GError **error);
