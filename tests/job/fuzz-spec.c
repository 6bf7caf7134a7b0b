/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: job files of any bytes; and what was read is written and read back.
 */
#include <stdint.h>

#include "job/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autofree char *text = g_strndup((const char *)data, n), *written = NULL, *again = NULL;
    g_autoptr(JobSpec) spec = job_spec_new("cause"), copy = job_spec_new("cause");
    g_autoptr(GError) error = NULL;

    if (!job_spec_read(spec, text, "/work", &error)) {
        g_assert_nonnull(error);
        return 0;
    }
    g_assert_no_error(error);
    written = job_spec_write(spec);
    if (!job_spec_read(copy, written, "/elsewhere", &error)) {
        g_error("not read back: %s", error->message);
    }
    again = job_spec_write(copy);
    g_assert_cmpstr(written, ==, again);
    return 0;
}
