/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: bisection logs of any bytes, read, judged and told as JSON.
 */
#include "audit/audit.h"

#include <stdint.h>

#include "check-log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static OopsReader *reader = NULL; /* takes longer to make than a log to read */

    if (!reader) {
        reader = oops_reader_new();
    }
    check_log(reader, (const char *)data, n);
    return 0;
}
