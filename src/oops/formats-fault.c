/* SPDX-License-Identifier: Apache-2.0
 * How the other crashes are named: faults, panics, notices.
 */
#include "oops/formats.h"

const OopsFormat formats_unable[] = {
    {
        .title = "Unable to handle kernel (paging request|NULL pointer dereference"
                 "|access to user memory)",
        .text = "BUG: unable to handle kernel $1 in $F",
        .alt = "bad-access in $F",
        .frames = {RIP, CALL_TRACE, STACK},
    },
    {
        /* arm64, and pointer dereference of s390 */
        .title = "Unable to handle kernel (write to read-only memory|read from unreadable memory"
                 "|execute from non-executable memory|execution of (?:user )?memory"
                 "|pointer dereference)",
        .text = "BUG: unable to handle kernel $1 in $F",
        .alt = "bad-access in $F",
        .frames = {RIP, CALL_TRACE, STACK},
    },
    {
        .title = "Unable to handle kernel accessing user memory outside uaccess routines",
        .text = "BUG: unable to handle kernel access to user memory in $F",
        .alt = "bad-access in $F",
        .frames = {RIP, CALL_TRACE, STACK},
    },
    {0},
};

const OopsFormat formats_gpf[] = {
    {
        .title = "general protection fault.*:",
        .text = "general protection fault in $F",
        .alt = "bad-access in $F",
        .frames = {RIP, CALL_TRACE, STACK},
    },
    {0},
};

const OopsFormat formats_stack_segment[] = {
    {
        .title = "stack segment: ",
        .text = "stack segment fault in $F",
        .frames = {RIP, CALL_TRACE, STACK},
    },
    {0},
};

#define PANIC "Kernel panic - not syncing: "

const OopsFormat formats_panic[] = {
    {
        .title = PANIC "stack-protector:",
        .report = PANIC "stack-protector:.*is corrupted in: " FUNC,
        .text = "kernel panic: stack is corrupted in $1",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = PANIC "stack-protector:",
        .report = PANIC "stack-protector:.*is corrupted in: [a-f0-9]+",
        .text = "kernel panic: stack is corrupted in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "stack_chk",
    },
    {
        .title = PANIC "corrupted stack end detected inside scheduler",
        .text = "kernel panic: corrupted stack end in $F",
        .alt = "stack-overflow in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "schedule|retint_kernel",
        .pick = PICK_STALL,
    },
    {
        .title = PANIC "kernel stack overflow",
        .text = "kernel stack overflow in $F",
        .alt = "stack-overflow in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "bad_stack",
        .pick = PICK_STALL,
    },
    {
        .title = PANIC "(Attempted to kill init!|Couldn't open N_TTY ldisc)",
        .text = "kernel panic: $1",
    },
    {
        /* These follow an oops whose beginning was lost. */
        .title = PANIC "(Fatal exception|panic_on_warn set|hung_task: blocked tasks)",
        .text = "kernel panic: $1",
        .flags = ALWAYS_CORRUPTED,
    },
    {
        .title = PANIC "(.*)",
        .text = "kernel panic: $1",
    },
    {0},
};

const OopsFormat formats_double_fault[] = {
    {
        .title = "PANIC: double fault",
        .text = "PANIC: double fault in $F",
        .frames = {RIP},
    },
    {0},
};

const OopsFormat formats_rust[] = {
    {
        .title = "rust_kernel: panicked at .*\\n(.*)",
        .text = "$1 in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "__rustc::rust_begin_unwind|rust_begin_unwind",
    },
    {0},
};

const OopsFormat formats_kernel_bug[] = {
    {
        .title = "kernel BUG at mm/usercopy\\.c",
        .text = "BUG: bad usercopy in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "usercopy|__check",
    },
    {
        .title = "kernel BUG at lib/list_debug\\.c",
        .text = "BUG: corrupted list in $F",
        .alt = "bad-access in $F",
        .frames = {CALL_TRACE, STACK},
        .keep = "kobject_add_internal", /* the list is its own */
    },
    {
        .title = "kernel BUG at (.*)",
        .text = "kernel BUG in $F",
        .frames = {RIP, CALL_TRACE, STACK},
        .skip = "^skb_",
        .keep = "^__phys_addr$", /* asserts */
    },
    {0},
};

const OopsFormat formats_kernel_bug_old[] = {
    {
        .title = "Kernel BUG \\[#", /* RISC-V */
        .text = "kernel BUG in $F",
        .frames = {RIP, CALL_TRACE, STACK},
    },
    {
        .title = "Kernel BUG (.*)",
        .text = "kernel BUG $1",
    },
    {0},
};

const OopsFormat formats_slab[] = {
    {
        .title = "BUG kmalloc-.*: Object already free",
        .text = "BUG: Object already free",
    },
    {0},
};

const OopsFormat formats_divide[] = {
    {
        .title = "divide[ _]error: ",
        .text = "divide error in $F",
        .frames = {RIP},
        .keep = ".", /* there is nobody else */
    },
    {0},
};

const OopsFormat formats_opcode[] = {
    {
        .title = "invalid opcode: ",
        .text = "invalid opcode in $F",
        .frames = {RIP},
        .keep = ".", /* there is nobody else */
    },
    {0},
};

const OopsFormat formats_int3[] = {
    {
        .title = "int3: ",
        .text = "int3 in $F",
        .frames = {RIP, CALL_TRACE, STACK},
    },
    {0},
};

const OopsFormat formats_ubsan[] = {
    {
        .title = "UBSAN: Undefined behaviour in",
        .text = "UBSAN: undefined-behaviour in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "ubsan|overflow",
    },
    {
        .title = "UBSAN: array-index-out-of-bounds in",
        .text = "UBSAN: array-index-out-of-bounds in $F",
        .alt = "bad-access in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "ubsan|overflow",
    },
    {
        /* CONFIG_UBSAN_TRAP */
        .title = "UBSAN: ([a-z\\- ]+)(?: at " FUNC "|: [0-9a-f]+ \\[#)",
        .text = "UBSAN: $1 in $F",
        .frames = {"UBSAN: .* at " FUNC, RIP, CALL_TRACE, STACK},
        .frames_else = {RIP, CALL_TRACE, STACK},
    },
    {
        .title = "UBSAN: (.*?) in",
        .text = "UBSAN: $1 in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "ubsan|overflow",
    },
    {0},
};

const OopsFormat formats_reboot[] = {
    {
        .title = "\\ABooting the kernel\\.",
        .text = "unexpected kernel reboot",
        .flags = NEEDS_NO_STACK,
    },
    {0},
};

const OopsFormat formats_netdevice[] = {
    {
        .title = "unregister_netdevice: waiting for .* to become free",
        .text = "unregister_netdevice: waiting for DEV to become free",
        .flags = NEEDS_NO_STACK,
    },
    {0},
};

const OopsFormat formats_vfs[] = {
    {
        .title = "VFS: Close: file count is 0",
        .text = "VFS: Close: file count is zero (use-after-free)",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "VFS: Busy inodes after unmount",
        .text = "VFS: Busy inodes after unmount (use-after-free)",
        .flags = NEEDS_NO_STACK,
    },
    {0},
};

const OopsFormat formats_internal[] = {
    {
        .title = "(Internal error|Unhandled fault):",
        .text = "$1 in $F",
        .alt = "bad-access in $F",
        .frames = {RIP, CALL_TRACE, STACK},
    },
    {
        .title = "Alignment trap:",
        .text = "Alignment trap in $F",
        .frames = {RIP, CALL_TRACE, STACK},
    },
    {0},
};

const OopsFormat formats_trusty[] = {
    {
        .title = "trusty: panic.*?ASSERT FAILED at \\(.*?\\): *([^ \n].*)",
        .text = "trusty: ASSERT FAILED: $1",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "trusty: panic.*?ASSERT FAILED",
        .text = "trusty: ASSERT FAILED:",
        .flags = NEEDS_NO_STACK | ALWAYS_CORRUPTED,
    },
    {
        .title = "trusty: panic.*?\\): (.*)",
        .text = "trusty: panic: $1",
        .flags = NEEDS_NO_STACK,
    },
    {0},
};

const OopsFormat formats_go[] = {
    {
        .title = "fatal error:",
        .text = "go runtime error",
        .flags = NEEDS_NO_STACK,
    },
    {0},
};

const OopsFormat formats_fuzzer[] = {
    {
        .title = "SYZFAIL:(.*)",
        .text = "SYZFAIL:$1",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "SYZFATAL:(.*)",
        .text = "SYZFATAL:$1",
        .alt = "SYZFATAL",
        .flags = NEEDS_NO_STACK,
    },
    {0},
};

const OopsFormat formats_go_panic[] = {
    {
        .title = "panic: Sentry detected .* stuck task",
        .report = "panic: (Sentry detected) .* (stuck task)",
        .text = "panic: $1 stuck tasks",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "panic:(.*)",
        .text = "panic:$1",
        .flags = NEEDS_NO_STACK,
    },
    {0},
};
