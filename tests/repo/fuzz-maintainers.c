/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: MAINTAINERS, .mailmap, names of files, bindings and patches of any bytes. See
 * tests/oops/fuzz-console.c; the inputs to begin with are in corpus/.
 */
#include "maintainers-input.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    maintainers_run_input(data, n);
    return 0;
}
