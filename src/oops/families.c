/* SPDX-License-Identifier: Apache-2.0
 * Which lines of a console begin a crash report.
 */
#include "oops/formats.h"

static const OopsFamily families[] = {
    {
        .header = "BUG:",
        .except = "ODEBUG:|Boot_DEBUG:|xlog_status:|DEBUG:|BUG: no syscalls can create resource",
        .formats = formats_bug,
    },
    {
        .header = "WARNING:",
        .except = "WARNING: /etc/ssh/moduli does not exist, using fixed modulus"
                  "|WARNING: workqueue cpumask: online intersect > possible intersect"
                  "|WARNING: [Tt]he mand mount option "
                  "|DT_FLAGS_1"
                  "|WARNING: Unprivileged eBPF is enabled with eIBRS"
                  "|missed to adjust virtual screen size"
                  "|See https?://.* for mitigation options\\."
                  "|kernel not compiled with CPU_SRSO"
                  "|EXT4-(?:fs|FS)(?: \\([^)]*\\))?:"
                  "|(?i:warning: .* uses (?:deprecated v2 capabilities|wireless extensions))"
                  "|XFS \\([^)]*\\): WARNING",
        .formats = formats_warning,
    },
    {
        .header = "INFO:",
        .except = "INFO: lockdep is turned off|INFO: Stall ended before state dump start"
                  "|INFO: NMI handler|INFO: recovery required on readonly filesystem"
                  "|(?:handler|interrupt).*took too long"
                  "|sys_.* is not present in /proc/kallsyms"
                  "|INFO: no syscalls can create resource|rmt_storage:INFO:|_INFO:"
                  "|is blocked on a .*(?:likely owned|owner is not found)",
        .formats = formats_info,
    },
    {.header = "Unable to handle kernel", .formats = formats_unable},
    {
        .header = "general protection fault",
        .except = "general protection fault .*error:[0-9a-f]+ in ",
        .formats = formats_gpf,
    },
    {.header = "stack segment: ", .formats = formats_stack_segment},
    {.header = "Kernel panic", .follows = TRUE, .formats = formats_panic},
    {.header = "PANIC: double fault", .follows = TRUE, .formats = formats_double_fault},
    {.header = "rust_kernel: panicked", .formats = formats_rust},
    {.header = "kernel BUG", .formats = formats_kernel_bug},
    {.header = "Kernel BUG", .follows = TRUE, .formats = formats_kernel_bug_old},
    {.header = "BUG kmalloc-", .formats = formats_slab},
    {.header = "divide error:", .formats = formats_divide},
    {.header = "divide_error:", .formats = formats_divide},
    {.header = "invalid opcode:", .follows = TRUE, .formats = formats_opcode},
    {.header = "int3:", .formats = formats_int3},
    {.header = "UBSAN:", .formats = formats_ubsan},
    {
        .header = "Booting the kernel.",
        .except = "Parsing ELF|Decompressing Linux|Unknown parameter '",
        .formats = formats_reboot,
    },
    {
        .header = "unregister_netdevice: waiting for",
        .follows = TRUE,
        .formats = formats_netdevice,
    },
    {.header = "VFS: Close: file count is 0", .formats = formats_vfs},
    {.header = "VFS: Busy inodes after unmount", .formats = formats_vfs},
    {.header = "Internal error:", .follows = TRUE, .formats = formats_internal},
    {.header = "Unhandled fault:", .formats = formats_internal},
    {.header = "Alignment trap:", .formats = formats_internal},
    {.header = "trusty: panic", .formats = formats_trusty},
    {
        .header = "fatal error:",
        .except = "ALSA|fatal error: cannot create timer",
        .formats = formats_go,
    },
    {.header = "SYZFAIL:", .formats = formats_fuzzer},
    {.header = "SYZFATAL:", .formats = formats_fuzzer},
    {
        .header = "panic:",
        .except = "_panic:|xlog_status:|ddb\\.onpanic:|evtlog_status:",
        .formats = formats_go_panic,
    },
    {.header = "hard LOCKUP", .formats = formats_hard_lockup},
    {.header = "CFI failure at ", .formats = formats_cfi},
    {.header = "Division by zero in kernel.", .formats = formats_div0},
    {.header = "alignment check: 0", .formats = formats_trap},
    {.header = "segment not present: 0", .formats = formats_trap},
    {.header = "simd exception: 0", .formats = formats_trap},
    /* Short words, which others use too: only with the count that die() prints. */
    {
        .header = " ilc:",
        .except = "^(?!.*: [0-9a-f]{4} ilc:[0-9] \\[#)",
        .follows = TRUE,
        .formats = formats_ilc,
    },
    {
        .header = "[#1]:",
        .except = "^(?!.*[a-zA-Z]\\[#1\\]: *$)",
        .follows = TRUE,
        .formats = formats_die_colon,
    },
    {
        .header = "Oops - ",
        .except = "^(?!.*Oops - .*\\[#[0-9])",
        .follows = TRUE,
        .formats = formats_oops,
    },
    {.header = "vmalloc: allocation failure:"},
    {.header = "FAULT_INJECTION: forcing a failure"},
    {.header = "FAULT_FLAG_ALLOW_RETRY missing"},
};

OopsRules oops_rules(void)
{
    return (OopsRules){families, G_N_ELEMENTS(families)};
}
