/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: scenario files of any bytes.
 */
#include "sim/scenario.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_share(double share)
{
    g_assert_true(share >= 0 && share <= 1);
}

static void check_scenario(const Scenario *scenario)
{
    g_assert_true(g_utf8_validate(scenario->id, -1, NULL));
    g_assert_cmpuint(scenario->n_revisions, >=, 2);
    g_assert_cmpuint(scenario->n_revisions, <=, 1000000);
    g_assert_cmpuint(scenario->runs_per_test, >=, 1);
    g_assert_cmpuint(scenario->runs_per_test, <=, 1000);
    check_share(scenario->p_bad);
    check_share(scenario->p_bad_min);
    check_share(scenario->interferes_part);
    check_share(scenario->interferes_rate);
    check_share(scenario->skip_part);
    check_share(scenario->build_fails_part);
    check_share(scenario->same_part);
    check_share(scenario->infra_rate);
    g_assert_true(scenario->p_bad_min <= scenario->p_bad);
    g_assert_true(scenario->build_s >= 0 && scenario->test_s >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) scenarios = scenarios_parse((const char *)data, n, &error);

    g_assert_cmpint(scenarios == NULL, ==, error != NULL);
    for (guint i = 0; scenarios != NULL && i < scenarios->len; i++) {
        check_scenario(scenarios->pdata[i]);
    }
    return 0;
}
