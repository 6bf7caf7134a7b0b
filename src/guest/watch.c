/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/watch.h"

#include <string.h>

#include "guest/init/words.h"

/* A console that has something to say while PID 1 says its last word has so much time for more:
 * another CPU may be printing. */
#define DRAIN_MS 50
/* What the end of the reproducer's time may take PID 1: killing, reaping, its own clock. A console
 * that goes on without a pause gets no more of it, either. */
#define GRACE_MS 10000
/* PID 1 ticks every second, so after this it is late. */
#define LATE_MS     5000
#define PENDING_MAX 65536

Watch *watch_new(const GuestSpec *spec)
{
    Watch *watch = g_new0(Watch, 1);

    watch->spec = spec;
    watch->ready_limit_ms = spec->boot_timeout_ms;
    watch->pending = g_string_new(NULL);
    return watch;
}

void watch_free(Watch *watch)
{
    if (!watch) {
        return;
    }
    g_string_free(watch->pending, TRUE);
    g_free(watch);
}

static gboolean contains(const char *bytes, gsize n_bytes, const char *word, gsize *ret_after)
{
    const char *found = memmem(bytes, n_bytes, word, strlen(word));

    if (found && ret_after) {
        *ret_after = (gsize)(found - bytes) + strlen(word);
    }
    return found != NULL;
}

/* Whole lines of the console. What the boot shows, if the boot goes on, is not the reproducer's. */
static gboolean shows_crash(Watch *watch, const char *bytes, gsize n_bytes)
{
    gsize from = 0;

    if (contains(bytes, n_bytes, "Kernel panic - not syncing", NULL)) {
        return TRUE;
    }
    watch->mark_seen |= contains(bytes, n_bytes, MARK_REPRO, &from);
    if (!watch->mark_seen && watch->stage < STAGE_REPRO) {
        return FALSE;
    }
    while (from < n_bytes) {
        g_autoptr(OopsReport) report = oops_find(watch->spec->reader, bytes, n_bytes, from);

        if (!report) {
            return FALSE;
        }
        if (!report->suppressed) {
            return TRUE;
        }
        from = MAX(report->skip, from + 1);
    }
    return FALSE;
}

void watch_console(Watch *watch, const char *bytes, gsize n_bytes, guint64 now_ms)
{
    const char *newline = memrchr(bytes, '\n', n_bytes);

    watch->console_ms = now_ms;
    watch->loud_ms = watch->mark_seen ? now_ms : 0;
    if (watch->crash_seen) {
        watch->crash_bytes += n_bytes;
        return;
    }
    if (!newline && watch->pending->len + n_bytes < PENDING_MAX) {
        g_string_append_len(watch->pending, bytes, (gssize)n_bytes);
        return;
    }
    gsize n_whole = newline ? (gsize)(newline - bytes) + 1 : n_bytes;
    g_string_append_len(watch->pending, bytes, (gssize)n_whole);
    if (shows_crash(watch, watch->pending->str, watch->pending->len)) {
        watch->crash_seen = TRUE;
        watch->crash_ms = now_ms;
    }
    g_string_truncate(watch->pending, 0);
    g_string_append_len(watch->pending, bytes + n_whole, (gssize)(n_bytes - n_whole));
}

void watch_protocol(Watch *watch, GuestStage stage, gboolean failed, guint64 now_ms)
{
    watch->protocol_ms = now_ms;
    watch->failed = failed;
    if (stage > watch->stage) {
        watch->stage = stage;
        watch->stage_ms = now_ms;
    }
}

void watch_skip(Watch *watch, guint64 away_ms, guint64 now_ms)
{
    guint64 *const seen_ms[] = {
        &watch->stage_ms,
        &watch->console_ms,
        &watch->protocol_ms,
        watch->loud_ms ? &watch->loud_ms : NULL,
        watch->crash_seen ? &watch->crash_ms : NULL,
    };

    for (guint i = 0; i < G_N_ELEMENTS(seen_ms); i++) {
        if (seen_ms[i]) {
            *seen_ms[i] = MIN(*seen_ms[i] + away_ms, now_ms);
        }
    }
}

static guint64 stage_limit_ms(const Watch *watch)
{
    const GuestSpec *spec = watch->spec;

    if (watch->stage == STAGE_READY) {
        return watch->ready_limit_ms;
    }
    return watch->stage < STAGE_READY
               ? spec->boot_timeout_ms
               : (guint64)spec->trial_timeout_ms + (spec->trace ? TRACE_LIMIT_MS : 0) +
                     spec->settle_ms + GRACE_MS;
}

/* A report is whole after a while, or after so much: more would push it out of the kept tail. */
static gboolean is_told(const Watch *watch, guint64 now_ms)
{
    return watch->crash_seen && (now_ms - watch->crash_ms >= watch->spec->after_crash_ms ||
                                 watch->crash_bytes >= watch->spec->console_limit / 8);
}

gboolean watch_is_over(const Watch *watch, guint64 now_ms, GuestEnd *ret_end)
{
    const GuestSpec *spec = watch->spec;
    guint64 protocol_quiet_ms = now_ms - watch->protocol_ms;
    guint64 quiet_ms = MIN(protocol_quiet_ms, now_ms - watch->console_ms);
    gboolean is_loud =
        watch->loud_ms && now_ms - watch->loud_ms < DRAIN_MS && now_ms - watch->stage_ms < GRACE_MS;

    if ((watch->stage == STAGE_DONE && !is_loud) ||
        (watch->failed && protocol_quiet_ms >= DRAIN_MS)) {
        *ret_end = GUEST_END_FINISHED;
    } else if (is_told(watch, now_ms)) {
        *ret_end = GUEST_END_CRASHED;
    } else if (quiet_ms >= spec->silence_timeout_ms) {
        *ret_end = GUEST_END_SILENT;
    } else if (watch->stage >= STAGE_REPRO && protocol_quiet_ms >= spec->silence_timeout_ms &&
               quiet_ms < spec->silence_timeout_ms / 2) {
        /* A last word of the kernel after PID 1's last one is not yet a console that goes on. */
        *ret_end = GUEST_END_LOST;
    } else if (now_ms - watch->stage_ms >= stage_limit_ms(watch) &&
               (watch->stage < STAGE_REPRO || protocol_quiet_ms < LATE_MS)) {
        /* A PID 1 that is late gets the time of silence, in which the kernel's own detectors may
         * speak; one that answers had its time. */
        *ret_end = GUEST_END_TIMEOUT;
    } else {
        return FALSE;
    }
    return TRUE;
}
