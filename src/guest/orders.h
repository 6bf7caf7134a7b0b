/* SPDX-License-Identifier: Apache-2.0
 * What the guest is told when it is ready (init/orders.h).
 */
#pragma once

#include "guest/guest.h"

/* The line, with a newline, owned by the caller. @clock_ms: the time, since 1970. @seed: of
 * @n_seed bytes of chance. */
char *orders_line(const GuestSpec *spec, gint64 clock_ms, const guint8 *seed, gsize n_seed);
