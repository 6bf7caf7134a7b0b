/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: a guest that says anything on its port.
 */
#include "guest/protocol.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autoptr(Protocol) whole = protocol_new();
    g_autoptr(Protocol) pieces = protocol_new();
    GuestStage stage = STAGE_START;

    protocol_feed(whole, (const char *)data, n);
    for (size_t i = 0; i < n; i++) {
        protocol_feed(pieces, (const char *)data + i, 1);
        g_assert_cmpint(pieces->stage, >=, stage);
        stage = pieces->stage;
    }
    g_assert_cmpint(whole->stage, ==, stage);
    g_assert_cmpuint(whole->n_runs, ==, pieces->n_runs);
    g_assert_cmpstr(whole->output->str, ==, pieces->output->str);
    g_assert_cmpstr(whole->failure, ==, pieces->failure);
    g_assert_true((whole->calls != NULL) == (pieces->calls != NULL));
    if (whole->calls) {
        g_autofree char *text = calls_text(whole->calls, whole->traced);
        g_autofree char *same = calls_text(pieces->calls, pieces->traced);
        g_autoptr(Calls) read = calls_new();

        g_assert_cmpstr(text, ==, same);
        g_assert_true(calls_add_text(read, text));
        g_autofree char *again = calls_text(read, whole->traced);
        g_assert_cmpstr(again, ==, text);
    }
    return 0;
}
