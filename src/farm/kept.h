/* SPDX-License-Identifier: Apache-2.0
 * Kept guests of the kernels that were tried lately: their trials begin ready.
 */
#pragma once

#include "guest/guest.h"

typedef struct KeptGuests KeptGuests;
KeptGuests *kept_guests_new(void);
void kept_guests_free(KeptGuests *kept);

/* The snapshot for a trial of the kernel @key in @guest with the file system @root (any pointer
 * that tells them apart), or NULL: it boots. The caller takes a reference if he keeps it. */
Snapshot *kept_guests_for(KeptGuests *kept, const GuestSpec *guest, const char *key,
                          const void *root);

/* What a person should be told, once: that trials boot, and why. NULL: nothing new. Owned by the
 * caller. */
char *kept_guests_news(KeptGuests *kept);
