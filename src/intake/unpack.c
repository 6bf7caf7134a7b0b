/* SPDX-License-Identifier: Apache-2.0
 * Files that are packed by gzip, as /proc/config.gz and what people attach.
 */
#include <gio/gio.h>

#include "parsers.h"

/* So much comes out at once. */
#define STEP_BYTES 65536

static gboolean is_packed(const guint8 *bytes, gsize n)
{
    return n > 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/* FALSE: it is damaged, or more than anything that we read. */
static gboolean unpack(const guint8 *bytes, gsize n, GByteArray *plain)
{
    g_autoptr(GConverter) gzip =
        G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
    GConverterResult result = G_CONVERTER_CONVERTED;
    gsize n_done = 0;

    while (result == G_CONVERTER_CONVERTED && plain->len <= INTAKE_MAX_BYTES) {
        guint8 step[STEP_BYTES];
        gsize n_read = 0, n_written = 0;

        result = g_converter_convert(gzip, bytes + n_done, n - n_done, step, sizeof step,
                                     G_CONVERTER_INPUT_AT_END, &n_read, &n_written, NULL);
        n_done += n_read;
        g_byte_array_append(plain, step, (guint)n_written);
    }
    return result == G_CONVERTER_FINISHED && plain->len <= INTAKE_MAX_BYTES;
}

GBytes *unpacked(GBytes *bytes)
{
    gsize n;
    const guint8 *raw = g_bytes_get_data(bytes, &n);
    g_autoptr(GByteArray) plain = NULL;

    if (!is_packed(raw, n)) {
        return g_bytes_ref(bytes);
    }
    plain = g_byte_array_new();
    return unpack(raw, n, plain) ? g_byte_array_free_to_bytes(g_steal_pointer(&plain))
                                 : g_bytes_ref(bytes);
}
