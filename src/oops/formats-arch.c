/* SPDX-License-Identifier: Apache-2.0
 * Crashes that one architecture words in its own way, and CPUs that hang. The last resort of most:
 * die() prints its reason with a count, "illegal operation: 0001 ilc:2 [#1]", often behind a line
 * that another family has.
 */
#include "oops/formats.h"

#define FAULT RIP, CALL_TRACE, STACK

const OopsFormat formats_hard_lockup[] = {
    {
        .title = "hard LOCKUP",
        .text = "BUG: hard lockup in $F",
        .alt = "stall in $F",
        .frames = {FAULT},
        .pick = PICK_STALL,
    },
    {0},
};

/* report_cfi_failure(), since 6.1 */
const OopsFormat formats_cfi[] = {
    {
        .title = "CFI failure at " FUNC,
        .text = "CFI failure in $F",
        .alt = "bad-access in $F",
        .frames = {"CFI failure at " FUNC, FAULT},
        .flags = NEEDS_NO_STACK,
    },
    {0},
};

/* __div0() of arm */
const OopsFormat formats_div0[] = {
    {
        .title = "Division by zero in kernel\\.",
        .text = "divide error in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "^_?_?(?:aeabi_)?[a-z]*div(?:0|mod|_asm)?$|^Ldiv0",
    },
    {0},
};

/* Traps of x86 that have no better name. */
const OopsFormat formats_trap[] = {
    {
        .title = "(alignment check|segment not present|simd exception): [0-9a-f]{4} \\[#",
        .text = "$1 in $F",
        .alt = "bad-access in $F",
        .frames = {FAULT},
    },
    {0},
};

/* Program checks of s390: "addressing exception: 0005 ilc:2 [#1] SMP" */
const OopsFormat formats_ilc[] = {
    {
        .title = "fixpoint divide exception: [0-9a-f]+ ilc:",
        .text = "divide error in $F",
        .frames = {FAULT},
    },
    {
        .title = "([A-Za-z][A-Za-z\\-/ ]*): [0-9a-f]+ ilc:",
        .text = "$1 in $F",
        .alt = "bad-access in $F",
        .frames = {FAULT},
    },
    {0},
};

/* MIPS and LoongArch: "Reserved instruction in kernel code[#1]:" */
const OopsFormat formats_die_colon[] = {
    {
        .title = "(?:Oops - BUG|Kernel bug detected)\\[#1\\]:",
        .text = "kernel BUG in $F",
        .frames = {FAULT},
    },
    {
        .title = "([A-Za-z][A-Za-z\\- ]*?)(?: in kernel code)?\\[#1\\]:",
        .text = "$1 in $F",
        .alt = "bad-access in $F",
        .frames = {FAULT},
    },
    {0},
};

/* RISC-V: "Oops - illegal instruction [#1]" */
const OopsFormat formats_oops[] = {
    {
        .title = "Oops - (.*?) \\[#",
        .text = "$1 in $F",
        .alt = "bad-access in $F",
        .frames = {FAULT},
    },
    {0},
};
