/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: a QEMU that says anything on its monitor.
 */
#include <stdint.h>

#include "guest/qmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autoptr(Qmp) whole = qmp_new(), pieces = qmp_new();

    qmp_feed(whole, (const char *)data, n);
    for (size_t i = 0; i < n; i++) {
        qmp_feed(pieces, (const char *)data + i, 1);
    }
    g_assert_cmpint(whole->is_saved, ==, pieces->is_saved);
    g_assert_cmpint(whole->is_running, ==, pieces->is_running);
    g_assert_cmpstr(whole->status, ==, pieces->status);
    g_assert_cmpstr(whole->failure, ==, pieces->failure);
    return 0;
}
