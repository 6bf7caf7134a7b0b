/* SPDX-License-Identifier: Apache-2.0
 * A console kept whole up to a limit, else its first and last half: memory stays bounded whatever
 * a guest prints.
 */
#pragma once

#include <glib.h>

typedef struct Console Console;

Console *console_new(gsize limit);
void console_free(Console *console);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Console, console_free)

void console_append(Console *console, const char *bytes, gsize n_bytes);

/* What was kept; where something was left out, a line says how much. */
GBytes *console_bytes(const Console *console);
