/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: any bytes as a reproducer that was compiled elsewhere, and as a syz-execprog.
 */
#include <stdint.h>

#include "guest/program.h"
#include "guest/syz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const char *bytes = (const char *)data, *complaint = program_complaint(bytes, n);
    SyzExecprog can = {0};

    g_assert_true(program_main(bytes, n) == 0 || complaint == NULL);
    syz_execprog_read(bytes, n, &can);
    return 0;
}
