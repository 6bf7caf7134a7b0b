/* SPDX-License-Identifier: Apache-2.0
 * What our PID 1 says on its port (init/words.h), read as bytes from an enemy: any length, any
 * bytes. Stages only go forward, memory is bounded, what is not understood is ignored.
 */
#pragma once

#include "guest/guest.h"

typedef struct Protocol {
    GuestStage stage;
    guint n_runs;
    int last_exit;      /* -1: no run has ended by itself */
    char *failure;      /* why the guest cannot do its part, or NULL */
    GString *output;    /* of the reproducer */
    Calls *calls;       /* of the traced run, or NULL before there is one */
    const char *traced; /* how the trace ended: "whole", "cut"; "broken" when nobody said */
    GString *line;      /* what has come of the current line */
} Protocol;

Protocol *protocol_new(void);
void protocol_free(Protocol *protocol);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Protocol, protocol_free)

void protocol_feed(Protocol *protocol, const char *bytes, gsize n_bytes);
