/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/console.h"

#include <string.h>

struct Console {
    gsize half;
    GByteArray *head; /* the first bytes, up to half */
    GByteArray *tail; /* a ring of the last bytes, grown to half */
    guint64 n_tail;   /* bytes that ever went to the tail */
};

Console *console_new(gsize limit)
{
    Console *console = g_new0(Console, 1);

    console->half = MAX(limit / 2, 1);
    console->head = g_byte_array_new();
    console->tail = g_byte_array_new();
    return console;
}

void console_free(Console *console)
{
    if (!console) {
        return;
    }
    g_byte_array_unref(console->head);
    g_byte_array_unref(console->tail);
    g_free(console);
}

void console_append(Console *console, const char *bytes, gsize n_bytes)
{
    gsize n_head = MIN(n_bytes, console->half - console->head->len);

    g_byte_array_append(console->head, (const guint8 *)bytes, n_head);
    bytes += n_head;
    n_bytes -= n_head;
    while (n_bytes) {
        gsize at = console->n_tail % console->half;
        gsize n = MIN(n_bytes, console->half - at);

        if (console->tail->len < at + n) {
            g_byte_array_set_size(console->tail, at + n);
        }
        memcpy(console->tail->data + at, bytes, n);
        console->n_tail += n;
        bytes += n;
        n_bytes -= n;
    }
}

GBytes *console_bytes(const Console *console)
{
    GByteArray *all = g_byte_array_sized_new(console->head->len + console->tail->len + 80);
    gsize at = console->n_tail % console->half;

    g_byte_array_append(all, console->head->data, console->head->len);
    if (console->n_tail <= console->half) {
        g_byte_array_append(all, console->tail->data, (guint)console->n_tail);
    } else {
        g_autofree char *cut = g_strdup_printf("\n[firstbad: %" G_GUINT64_FORMAT
                                               " bytes of the console were left out here]\n",
                                               console->n_tail - console->half);

        g_byte_array_append(all, (const guint8 *)cut, strlen(cut));
        g_byte_array_append(all, console->tail->data + at, console->half - at);
        g_byte_array_append(all, console->tail->data, at);
    }
    return g_byte_array_free_to_bytes(all);
}
