/* SPDX-License-Identifier: Apache-2.0
 * What benchmarks of guests run: a guest whose reproducer does nothing, once.
 */
#pragma once
#include "guest/guest.h"

typedef struct IdleGuest {
    GuestSpec spec;
    const char *kernel;
    char *initramfs;
    char *dir; /* of the initramfs, and its other files */
    OopsReader *reader;
} IdleGuest;

/* A guest of @kernel with @memory_mib. It ends the program where it cannot be made. */
void idle_guest_init(IdleGuest *guest, const char *kernel, guint memory_mib);
/* Its files are removed. */
void idle_guest_clear(IdleGuest *guest);
