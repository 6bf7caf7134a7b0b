/* SPDX-License-Identifier: Apache-2.0
 * What holds of every log, whatever its bytes: shared by the fuzzer and the tests.
 */
#pragma once

#include "audit/audit.h"

static inline void check_test(const LoggedTest *test)
{
    guint n = 0;

    g_assert_nonnull(test->commit);
    for (guint kind = 0; kind < N_RUN_KINDS; kind++) {
        n += test->n_of[kind];
    }
    g_assert_cmpuint(n, ==, test->n_runs);
    g_assert_cmpint(test->runs->len > 0, ==, test->n_runs > 0);
    for (guint i = 0; i < test->runs->len; i++) {
        const LoggedRun *run = test->runs->pdata[i];

        g_assert_cmpint(run->kind == RUN_OK, ==, run->title == NULL);
        g_assert_cmpuint(run->n, >, 0);
    }
}

static inline void check_log(const OopsReader *reader, const char *bytes, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BisectLog) log = bisect_log_read(bytes, length, &error);
    g_autoptr(Audit) audit = NULL;
    g_autofree char *text = NULL;
    json_t *object;

    g_assert_cmpint(log == NULL, ==, error != NULL);
    if (!log) {
        return;
    }
    for (guint i = 0; i < log->tests->len; i++) {
        check_test(log->tests->pdata[i]);
    }
    g_assert_cmpint(log->result == RESULT_CULPRIT, ==, log->culprit != NULL);
    audit = audit_new(reader, log);
    g_assert_true(audit->trust >= 0 && audit->trust <= 1);
    for (guint sign = 0; sign < N_AUDIT_SIGNS; sign++) {
        g_assert_true(audit->strength[sign] >= 0 && audit->strength[sign] <= 1);
        g_assert_true(audit->evidence[sign] == NULL || audit->strength[sign] > 0);
    }
    object = bisect_log_json(log);
    g_assert_nonnull(object);
    audit_add_json(audit, object);
    text = json_dumps(object, JSON_COMPACT);
    g_assert_nonnull(text);
    json_decref(object);
}
