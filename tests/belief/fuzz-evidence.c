/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: evidence of any bytes.
 */
#include "belief/belief.h"

#include <stdint.h>

#define N_REVISIONS 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autoptr(GError) error = NULL;
    g_autofree Tally *tallies = evidence_parse((const char *)data, n, N_REVISIONS, &error);

    g_assert_cmpint(tallies == NULL, ==, error != NULL);
    for (guint i = 0; i < N_REVISIONS && tallies != NULL; i++) {
        g_assert_cmpuint(tallies[i].n_crash + tallies[i].n_ok, <=, 10000);
    }
    g_assert_true(error == NULL || g_utf8_validate(error->message, -1, NULL));
    return 0;
}
