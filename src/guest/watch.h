/* SPDX-License-Identifier: Apache-2.0
 * When is a trial over? The pure half of its state machine: facts and the time go in, the decision
 * to end comes out. Times are milliseconds since the start of QEMU.
 */
#pragma once

#include "guest/guest.h"

typedef struct Watch {
    const GuestSpec *spec;
    guint ready_limit_ms; /* from STAGE_READY to the reproducer */
    GuestStage stage;
    gboolean failed;     /* PID 1 gave up */
    guint64 stage_ms;    /* when @stage was reached */
    guint64 console_ms;  /* last byte on the console */
    guint64 protocol_ms; /* last byte from PID 1 */
    gboolean mark_seen;  /* the console has come to the reproducer */
    guint64 loud_ms;     /* last byte on the console after that; 0: none */
    gboolean crash_seen; /* a crash report was seen, at @crash_ms */
    guint64 crash_ms;
    gsize crash_bytes; /* of the console since then */
    GString *pending;  /* console bytes not yet read for crashes */
} Watch;

Watch *watch_new(const GuestSpec *spec);
void watch_free(Watch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Watch, watch_free)

void watch_console(Watch *watch, const char *bytes, gsize n_bytes, guint64 now_ms);
void watch_protocol(Watch *watch, GuestStage stage, gboolean failed, guint64 now_ms);

/* Nobody looked for @away_ms until @now_ms: all that was seen lies by so much less far back, but
 * not in the future (reading what there was took some of that time). */
void watch_skip(Watch *watch, guint64 away_ms, guint64 now_ms);

/* TRUE when the trial ends now, and how. */
gboolean watch_is_over(const Watch *watch, guint64 now_ms, GuestEnd *ret_end);
