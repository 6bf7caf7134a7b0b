/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/orders.h"

#include "guest/init/words.h"

/* The run to trace. */
static guint traced_run(GuestTrace trace)
{
    return trace == TRACE_NONE ? 0 : trace == TRACE_FIRST ? 1 : 2;
}

char *orders_line(const GuestSpec *spec, gint64 clock_ms, const guint8 *seed, gsize n_seed)
{
    GString *line = g_string_new(WORD_GO);

    g_string_append_printf(line, ORDER_RUNS "%u " ORDER_TIME_MS "%u " ORDER_SETTLE_MS "%u ",
                           spec->n_repeats, spec->trial_timeout_ms, spec->settle_ms);
    g_string_append_printf(line, ORDER_TRACE "%u " ORDER_PANIC_ON_WARN "%d ",
                           traced_run(spec->trace), spec->panic_on_warn);
    g_string_append_printf(line, ORDER_CLOCK_MS "%" G_GINT64_FORMAT " " ORDER_SEED, clock_ms);
    for (gsize i = 0; i < n_seed; i++) {
        g_string_append_printf(line, "%02x", seed[i]);
    }
    g_string_append_c(line, '\n');
    return g_string_free(line, FALSE);
}
