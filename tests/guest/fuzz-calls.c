/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: any text as the traces of a store, of the start before the first NUL and of
 * another revision behind it.
 */
#include "guest/calls.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autofree char *text = g_strndup((const char *)data, n);
    const char *nul = memchr(data, '\0', n);
    g_autofree char *rest =
        nul ? g_strndup(nul + 1, n - (size_t)(nul + 1 - (const char *)data)) : g_strdup("");
    g_autoptr(Calls) start = calls_new();
    g_autoptr(Calls) here = calls_new();

    if (calls_add_text(start, text)) {
        g_autofree char *again = calls_text(start, start->n_whole ? "whole" : "cut");
        g_autoptr(Calls) read = calls_new();

        g_assert_true(calls_add_text(read, again));
        g_assert_cmpuint(read->calls->len, <=, start->calls->len);
        g_autoptr(GPtrArray) none = calls_compare(start, start);
        g_assert_cmpuint(none->len, ==, 0);
    }
    calls_add_text(here, rest);
    g_autoptr(GPtrArray) differences = calls_compare(start, here);
    g_assert_cmpuint(differences->len, <=, 2 * start->calls->len + 2);
    return 0;
}
