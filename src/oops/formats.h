/* SPDX-License-Identifier: Apache-2.0
 * The format tables, one for each family. The last entry of a table has no title.
 */
#pragma once

#include "oops/rules.h"

/* formats-arch.c */
extern const OopsFormat formats_hard_lockup[];
extern const OopsFormat formats_cfi[];
extern const OopsFormat formats_div0[];
extern const OopsFormat formats_trap[];
extern const OopsFormat formats_ilc[];
extern const OopsFormat formats_die_colon[];
extern const OopsFormat formats_oops[];
/* formats-bug.c */
extern const OopsFormat formats_bug[];
/* formats-warning.c */
extern const OopsFormat formats_warning[];
extern const OopsFormat formats_info[];
/* formats-fault.c */
extern const OopsFormat formats_unable[];
extern const OopsFormat formats_gpf[];
extern const OopsFormat formats_stack_segment[];
extern const OopsFormat formats_panic[];
extern const OopsFormat formats_double_fault[];
extern const OopsFormat formats_rust[];
extern const OopsFormat formats_kernel_bug[];
extern const OopsFormat formats_kernel_bug_old[];
extern const OopsFormat formats_slab[];
extern const OopsFormat formats_divide[];
extern const OopsFormat formats_opcode[];
extern const OopsFormat formats_int3[];
extern const OopsFormat formats_ubsan[];
extern const OopsFormat formats_reboot[];
extern const OopsFormat formats_netdevice[];
extern const OopsFormat formats_vfs[];
extern const OopsFormat formats_internal[];
extern const OopsFormat formats_trusty[];
extern const OopsFormat formats_go[];
extern const OopsFormat formats_fuzzer[];
extern const OopsFormat formats_go_panic[];
