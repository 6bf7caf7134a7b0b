/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: DAG files of any bytes.
 */
#include "history/history.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_history(const History *history, const uint8_t *data, size_t n)
{
    guint size = history_size(history);
    g_autoptr(RevisionSet) ancestors = history_ancestors(history, size - 1);
    g_autofree double *weights = g_new0(double, size);
    g_autofree double *sums = g_new(double, size);
    guint n_lines = n > 0 && data[n - 1] != '\n';

    for (size_t i = 0; i < n; i++) {
        n_lines += data[i] == '\n';
    }
    g_assert_cmpuint(size, ==, n_lines);
    for (guint32 r = 0; r < size; r++) {
        guint n_parents;
        const guint32 *parents = history_parents(history, r, &n_parents);

        g_assert_cmpint(n_parents == 0, ==, r == 0);
        for (guint i = 0; i < n_parents; i++) {
            g_assert_cmpuint(parents[i], <, r);
        }
        weights[r] = 1;
    }
    history_sum_ancestors(history, weights, sums);
    g_assert_cmpfloat(sums[size - 1], ==, revision_set_count(ancestors));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(History) history = history_parse((const char *)data, n, &error);

    g_assert_cmpint(history == NULL, ==, error != NULL);
    if (history != NULL) {
        check_history(history, data, n);
    } else {
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    }
    return 0;
}
