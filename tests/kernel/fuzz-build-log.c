/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: a build that says anything.
 */
#include <stdint.h>
#include <string.h>

#include "kernel/build-log.h"
#include "kernel/kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autofree char *log = g_strndup((const char *)data, n);
    LogFault fault;
    g_autofree char *error = build_log_first_error(log, &fault);
    g_autofree char *kind = kernel_failure_kind(error), *file = kernel_failure_file(error);
    g_auto(GStrv) words = kernel_failure_words(error);

    g_assert_true(*error && strlen(error) <= 300 && g_utf8_validate(error, -1, NULL));
    g_assert_true(!strpbrk(error, "\n\033"));
    g_assert_true(g_utf8_validate(kind, -1, NULL));
    build_log_may_be_stale(error);
    return 0;
}
