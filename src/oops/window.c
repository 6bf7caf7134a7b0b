/* SPDX-License-Identifier: Apache-2.0 */
#include "oops/window.h"

#include <string.h>

/* Memory grows by so much, and is not given back. */
#define GROW (1 << 16)

/* From @at on, @n_noise bytes of noise came before. */
typedef struct Gap {
    gsize at, n_noise;
} Gap;

void window_init(Window *window)
{
    *window = (Window){.gaps = g_array_new(FALSE, FALSE, sizeof(Gap))};
}

void window_clear(Window *window)
{
    g_clear_pointer(&window->gaps, g_array_unref);
    g_clear_pointer(&window->bytes, g_free);
}

static gboolean is_noise(char c)
{
    return c == '\r' || c == '\0';
}

static void add_gap(Window *window, gsize n_noise)
{
    GArray *gaps = window->gaps;
    Gap gap = {window->to, window->n_noise += n_noise};

    if (gaps->len > 0 && g_array_index(gaps, Gap, gaps->len - 1).at == gap.at) {
        g_array_set_size(gaps, gaps->len - 1);
    }
    g_array_append_val(gaps, gap);
}

static void add_clean(Window *window, const char *bytes, gsize n)
{
    gsize n_held = window->to - window->from;

    if (n_held + n > window->n_allocated) {
        window->n_allocated =
            n_held + n > GROW ? (n_held + n + GROW - 1) / GROW * GROW : n_held + n;
        window->bytes = g_realloc(window->bytes, window->n_allocated);
    }
    if (n > 0) {
        memcpy(window->bytes + n_held, bytes, n);
    }
    window->to += n;
}

void window_add(Window *window, const char *raw, gsize n)
{
    const char *end = raw + n, *cr = NULL, *nul = NULL;

    while (raw < end) {
        const char *noise, *behind;

        if (!cr || cr < raw) {
            cr = memchr(raw, '\r', end - raw);
            cr = cr ? cr : end;
        }
        if (!nul || nul < raw) {
            nul = memchr(raw, '\0', end - raw);
            nul = nul ? nul : end;
        }
        noise = MIN(cr, nul);
        for (behind = noise; behind < end && is_noise(*behind); behind++) {
        }
        add_clean(window, raw, noise - raw);
        if (behind > noise) {
            add_gap(window, behind - noise);
        }
        raw = behind;
    }
}

/* How many gaps are at or before @offset. */
static guint gaps_until(const Window *window, gsize offset)
{
    guint low = 0, high = window->gaps->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(window->gaps, Gap, middle).at <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

gsize window_raw(const Window *window, gsize offset)
{
    guint n_gaps = gaps_until(window, offset);

    return offset + (n_gaps > 0 ? g_array_index(window->gaps, Gap, n_gaps - 1).n_noise
                                : window->n_noise_before);
}

void window_drop(Window *window, gsize offset)
{
    gsize n = offset - window->from;
    guint n_gaps = gaps_until(window, offset);

    if (n == 0) {
        return;
    }
    memmove(window->bytes, window->bytes + n, window->to - offset);
    window->from = offset;
    if (n_gaps > 0) {
        window->n_noise_before = g_array_index(window->gaps, Gap, n_gaps - 1).n_noise;
        g_array_remove_range(window->gaps, 0, n_gaps);
    }
}

gsize window_memory(const Window *window)
{
    return window->n_allocated + window->gaps->len * sizeof(Gap);
}
