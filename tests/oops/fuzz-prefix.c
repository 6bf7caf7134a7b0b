/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: consoles that came through another program, cut anywhere.
 */
#include "oops/oops.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* @data without prefixes, given in pieces of @n_piece bytes, each in memory of its own. */
static GByteArray *unprefix(const uint8_t *data, size_t n, size_t n_piece)
{
    GByteArray *done = g_byte_array_new();
    OopsUnprefix state = {0};
    size_t n_left = 0;

    for (size_t at = 0; at < n || n_left > 0; at += n_piece) {
        size_t n_new = at < n ? MIN(n_piece, n - at) : 0, n_have = n_left + n_new, n_done;
        g_autofree char *piece = g_malloc(n_have);

        memcpy(piece, data + at - n_left, n_have);
        n_done = oops_unprefix(&state, piece, n_have, at + n_new >= n);
        g_assert_cmpuint(n_done, <=, n_have);
        g_byte_array_append(done, (const guint8 *)piece, n_done);
        n_left = n_have - n_done;
    }
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t n_piece = n > 0 ? 1 + data[0] : 1;
    g_autoptr(GByteArray) whole = unprefix(data, n, MAX(n, 1));
    g_autoptr(GByteArray) pieces = unprefix(data, n, n_piece);

    g_assert_cmpmem(whole->data, whole->len, pieces->data, pieces->len);
    g_assert_cmpuint(whole->len, ==, n);
    for (size_t i = 0; i < n; i++) {
        /* No line begins or ends elsewhere. */
        g_assert_cmpint(data[i] == '\n', ==, whole->data[i] == '\n');
    }
    return 0;
}
