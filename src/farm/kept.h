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

/* A guest of these took @boot_ms to its PID 1. */
void kept_guests_booted(KeptGuests *kept, guint64 boot_ms);
/* Shall a trial with @snapshot that has waited for @waited_ms go on waiting? It does while a guest
 * boots that is to be kept: to boot beside it takes longer, and costs ten times what a restored
 * trial does. But a guest that is late may hang, and the next one need not wait to show that, too.
 */
gboolean kept_guests_should_wait(const KeptGuests *kept, const Snapshot *snapshot,
                                 guint64 waited_ms);

/* What a person should be told, once: that trials boot, and why. NULL: nothing new. Owned by the
 * caller. */
char *kept_guests_news(KeptGuests *kept);
