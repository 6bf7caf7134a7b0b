/* SPDX-License-Identifier: Apache-2.0
 * The kinds of lines that consoles are made of, for fuzz-console: headers of all families, what a
 * walk down a report looks at, and what stands before a line.
 */
#include "../mutate.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t n_max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b,
                                 uint8_t *out, size_t n_max, unsigned seed);

static const char *const lines[] = {
    "BUG: KASAN: use-after-free in foo_read+0x10/0x20 net/foo/foo.c:12",
    "BUG: KASAN: slab-out-of-bounds in memcpy+0x1/0x2",
    "Read of size 8 at addr ffff8880123456 by task syz.1.2/17",
    "BUG: KMSAN: uninit-value in foo_write+0x1/0x2",
    "BUG: KCSAN: data-race in foo_a / foo_b",
    "BUG: KFENCE: memory corruption in foo_free+0x1/0x2",
    "BUG: kernel NULL pointer dereference, address: 0000000000000008",
    "BUG: unable to handle page fault for address: ffffe8ffffc00000",
    "BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580",
    "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 36s!",
    "BUG: soft lockup - CPU#1 stuck for 22s! [syz.1.2:17]",
    "BUG: memory leak",
    "unreferenced object 0xffff888112233440 (size 64):",
    "  backtrace (crc 0):",
    "WARNING: CPU: 1 PID: 17 at net/core/sock.c:12 sk_free+0x1/0x2",
    "WARNING: possible circular locking dependency detected",
    "WARNING: suspicious RCU usage",
    "INFO: task syz.1.2:17 blocked for more than 143 seconds.",
    "INFO: rcu_preempt detected stalls on CPUs/tasks:",
    "INFO: rcu_preempt self-detected stall on CPU",
    "rcu: \t1-...!: (1 GPs behind) idle=1/1/0x4 softirq=2/2 fqs=0",
    "general protection fault, probably for non-canonical address 0xdffffc0000000000: 0000 [#1] "
    "SMP",
    "kernel BUG at mm/slub.c:123!",
    "invalid opcode: 0000 [#1] PREEMPT SMP KASAN",
    "UBSAN: shift-out-of-bounds in lib/foo.c:1:2",
    "Kernel panic - not syncing: Fatal exception in interrupt",
    "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009",
    "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008",
    "Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP",
    "unregister_netdevice: waiting for lo to become free. Usage count = 2",
    "refcount_t: underflow; use-after-free.",
    "Modules linked in: foo bar(O)",
    "CPU: 1 PID: 17 Comm: syz.1.2 Not tainted 6.1.0-syzkaller #0",
    "Hardware name: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-debian-1.16.2-1 04/01/2014",
    "RIP: 0010:foo_read+0x10/0x20 net/foo/foo.c:12",
    "RIP: 0033:0x7f0000000000",
    "Code: 48 89 e5 <0f> 0b 5d c3",
    "RSP: 0018:ffffc90000000000 EFLAGS: 00010246",
    "RAX: 0000000000000000 RBX: ffff888000000000 RCX: 0000000000000001",
    "pc : foo_read+0x10/0x20",
    "lr : foo_write+0x1/0x2",
    "NIP [c000000000000000] foo_read+0x10/0x20",
    "Call Trace:",
    " <TASK>",
    " </TASK>",
    " <IRQ>",
    " __dump_stack lib/dump_stack.c:88 [inline]",
    " dump_stack_lvl+0x1/0x2 lib/dump_stack.c:106",
    " print_report+0x1/0x2",
    " foo_read+0x10/0x20 net/foo/foo.c:12",
    " ? foo_maybe+0x1/0x2",
    " [<ffffffff81000000>] foo_old+0x1/0x2",
    " foo_mod+0x1/0x2 [foo]",
    " _RNvCs1234_7___rustc17rust_begin_unwind+0x1/0x2",
    " entry_SYSCALL_64_after_hwframe+0x77/0xe1",
    " ret_from_fork+0x1/0x2",
    "Allocated by task 17:",
    "Freed by task 18:",
    "Last potentially related work creation:",
    "Uninit was created at:",
    "The buggy address belongs to the object at ffff888012345600",
    " which belongs to the cache kmalloc-64 of size 64",
    "but task is already holding lock:",
    "ffff (&a){+.+.}-{3:3}, at: take_a+0x1/0x2",
    "-> #1 (&b){+.+.}-{3:3}:",
    "stack backtrace:",
    "Showing all locks held in the system:",
    "Sending NMI from CPU 0 to CPUs 1:",
    "NMI backtrace for cpu 1",
    "---[ end trace 0000000000000000 ]---",
    "---[ cut here ]---",
    "==================================================================",
    "Kernel Offset: disabled",
    "Rebooting in 86400 seconds..",
    "** replaying previous printk message **",
    "executing program",
    "syzkaller login: ",
    "Linux version 6.1.0 (gcc) #1 SMP",
    "",
    NULL,
};

static const char *const prefixes[] = {
    "",
    "[   12.345678] ",
    "[   12.345678][   T17] ",
    "[   12.345679][   T18] ",
    "[   12.345678][    C1] ",
    "[   12.345678] [   T17] ",
    "<4>[   12.345678] ",
    "Nov 26 03:42:18 host kernel: ",
    "[Thu Nov 26 03:42:18 2026] ",
    "> ",
    "4,123,456789,-,caller=T17;",
    NULL,
};

/* The first two bytes say how an input is cut into chunks. */
static const LineKinds kinds = {lines, prefixes, 2};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t n_max, unsigned seed)
{
    return lines_mutate(&kinds, data, n, n_max, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b,
                                 uint8_t *out, size_t n_max, unsigned seed)
{
    return lines_cross(&kinds, a, n_a, b, n_b, out, n_max, seed);
}
