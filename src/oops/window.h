/* SPDX-License-Identifier: Apache-2.0
 * The part of a console that is still needed, without noise, while the console goes by.
 *
 * Serial lines bring carriage returns and NULs; both mean nothing. Offsets count bytes without
 * noise from the beginning of the console; window_raw() gives what they were in what came.
 */
#pragma once

#include <glib.h>

typedef struct Window {
    char *bytes;
    gsize from, to; /* offsets of @bytes and of its end */
    gsize n_allocated;
    gsize n_noise_before; /* taken out before @from */
    gsize n_noise;        /* taken out in all */
    GArray *gaps;         /* where noise was, in order */
} Window;

void window_init(Window *window);
void window_clear(Window *window);

/* @n bytes of the console go by. */
void window_add(Window *window, const char *raw, gsize n);

/* What comes before @offset is no more needed. */
void window_drop(Window *window, gsize offset);

static inline const char *window_at(const Window *window, gsize offset)
{
    return window->bytes + (offset - window->from);
}

/* Where the byte at @offset of the window was in what came, noise included. O(log n). */
gsize window_raw(const Window *window, gsize offset);

/* Bytes that @window takes. */
gsize window_memory(const Window *window);
