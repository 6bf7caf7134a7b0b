/* SPDX-License-Identifier: Apache-2.0
 * How crashes that begin with "WARNING:" or "INFO:" are named.
 */
#include "oops/formats.h"

/* Functions that warn about what their callers do. */
#define WARNS_FOR_CALLER "^iput_final$|^ihold$|dput|mark_buffer_dirty"

/* x86 prints the registers of the warning before the stack, other architectures and older kernels
 * print the stack alone, and the first function of it that is not the warning's own machinery
 * warned. */
#define WARNING_STACK                                                                              \
    .frames = {RIP "|--- interrupt: [0-9a-f]+ at " FUNC, STACK}, .frames_else = {CALL_TRACE, STACK}

const OopsFormat formats_warning[] = {
    {
        .title = "WARNING: .*lib/debugobjects\\.c.* (?:debug_print|debug_check|at)",
        .text = "WARNING: ODEBUG bug in $F",
        WARNING_STACK,
        .skip = "debug_|rcu|hrtimer_|timer_|work_|percpu_|vunmap|vfree|__free_|debug_check"
                "|kobject_",
    },
    {
        .title = "WARNING: .*mm/usercopy\\.c",
        .text = "WARNING: bad usercopy in $F",
        WARNING_STACK,
        .skip = "usercopy|__check",
    },
    {
        .title = "WARNING: .*lib/kobject\\.c",
        .text = "WARNING: kobject bug in $F",
        WARNING_STACK,
        .skip = "kobject_",
    },
    {
        .title = "WARNING: .*fs/proc/generic\\.c.* proc_register",
        .text = "WARNING: proc registration bug in $F",
        WARNING_STACK,
        .skip = "proc_",
    },
    {
        .title = "WARNING: .*lib/refcount\\.c",
        .text = "WARNING: refcount bug in $F",
        WARNING_STACK,
        .skip = "refcount|kobject_",
    },
    {
        .title = "WARNING: .*kernel/locking/lockdep\\.c.*lock_",
        .text = "WARNING: locking bug in $F",
        WARNING_STACK,
        .skip = "lock_sock|release_sock",
    },
    {
        .title = "WARNING: .*still has locks held!",
        .report = "WARNING: .*still has locks held!" LATER AT,
        .text = "WARNING: still has locks held in $1",
    },
    {
        .title = "WARNING: Nested lock was not taken",
        .text = "WARNING: nested lock was not taken in $F",
        WARNING_STACK,
    },
    {
        .title = "WARNING: lock held when returning to user space",
        .report = "WARNING: lock held when returning to user space" LATER
                  "leaving the kernel with locks still held" LATER AT,
        .text = "WARNING: lock held when returning to user space in $1",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "WARNING: .*mm/.*\\.c.* k?.?malloc",
        .text = "WARNING: kmalloc bug in $F",
        WARNING_STACK,
        .skip = "kmalloc|krealloc|slab|kmem",
    },
    {
        .title = "WARNING: .*mm/vmalloc\\.c.*__vmalloc_node",
        .text = "WARNING: zero-size vmalloc in $F",
        WARNING_STACK,
    },
    {
        .title = "WARNING: .* usb_submit_urb",
        .text = "WARNING in $F/usb_submit_urb",
        WARNING_STACK,
        .skip = "usb_submit_urb|usb_start_wait_urb|usb_(?:bulk|interrupt|control)_msg",
    },
    {
        .title = "WARNING: " SRC " at 0x[0-9a-f]+, CPU#[0-9]+",
        .text = "WARNING in $F",
        WARNING_STACK,
        .skip = WARNS_FOR_CALLER,
        .keep = "^mark_lock$", /* lockdep checks itself */
    },
    {
        .title = "WARNING: (?:.* at " SRC "|(?:\\[.*\\] )?" SRC " at) " FUNC,
        .text = "WARNING in $F",
        WARNING_STACK,
        .skip = WARNS_FOR_CALLER,
        .keep = "^mark_lock$",
    },
    {
        .title = "WARNING: possible circular locking dependency detected",
        .report = "WARNING: possible circular locking dependency detected" LATER
                  "is trying to acquire lock",
        .text = "possible deadlock in $F",
        .frames = {AT, AT, STACK},
        .skip = "process_one_work|(?:flush|drain|destroy)_workqueue",
    },
    {
        .title = "WARNING: possible irq lock inversion dependency detected",
        .report = "WARNING: possible irq lock inversion dependency detected" LATER
                  "just changed the state of lock" LATER AT,
        .text = "possible deadlock in $1",
    },
    {
        .title = "WARNING: [A-Z_]+-safe -> [A-Z_]+-unsafe lock order detected",
        .text = "possible deadlock in $F",
        .frames = {"which became .* at:", STACK},
    },
    {
        .title = "WARNING: possible recursive locking detected",
        .report = "WARNING: possible recursive locking detected" LATER
                  "is trying to acquire lock" LATER AT,
        .text = "possible deadlock in $1",
    },
    {
        .title = "WARNING: inconsistent lock state",
        .report = "WARNING: inconsistent lock state" LATER "takes" LATER AT,
        .text = "inconsistent lock state in $F",
        .frames = {AT, CALL_TRACE, STACK},
    },
    {
        .title = "WARNING: suspicious RCU usage",
        .report = "WARNING: suspicious RCU usage" LATER SRC,
        .text = "WARNING: suspicious RCU usage in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "rcu|kmem|slab",
    },
    {
        .title = "WARNING: kernel stack regs at .* has bad '([^']+)' value",
        .text = "WARNING: kernel stack regs has bad '$1' value",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "WARNING: kernel stack frame pointer at [0-9a-f]+ in .* has bad value",
        .text = "WARNING: kernel stack frame pointer has bad value",
        .flags = NEEDS_NO_STACK,
    },
    {
        /* With hashed addresses, syzbot's title for it. */
        .title = "WARNING: kernel stack frame pointer at .* has bad value",
        .text = "WARNING: kernel stack regs has bad value",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "WARNING: bad unlock balance detected!",
        .text = "WARNING: bad unlock balance in $F",
        .frames = {PC " +" FUNC, CALL_TRACE, STACK},
    },
    {
        .title = "WARNING: held lock freed!",
        .report = "WARNING: held lock freed!" LATER AT,
        .text = "WARNING: held lock freed in $1",
    },
    {
        .title = "WARNING:\\s*(?:\\n|\\z)",
        .text = "WARNING: corrupted",
        .flags = ALWAYS_CORRUPTED,
    },
    {0},
};

const OopsFormat formats_info[] = {
    {
        .title = "INFO: possible circular locking dependency detected",
        .report = "INFO: possible circular locking dependency detected \\]" LATER
                  "is trying to acquire lock" LATER "at: " PC " +" FUNC,
        .text = "possible deadlock in $1",
    },
    {
        .title = "INFO: possible irq lock inversion dependency detected",
        .report = "INFO: possible irq lock inversion dependency detected \\]" LATER
                  "just changed the state of lock" LATER "at: " PC " +" FUNC,
        .text = "possible deadlock in $1",
    },
    {
        .title = "INFO: [A-Z_]+-safe -> [A-Z_]+-unsafe lock order detected",
        .report = "INFO: [A-Z_]+-safe -> [A-Z_]+-unsafe lock order detected \\]" LATER
                  "is trying to acquire" LATER "at: " PC " +" FUNC,
        .text = "possible deadlock in $1",
    },
    {
        .title = "INFO: possible recursive locking detected",
        .report = "INFO: possible recursive locking detected \\]" LATER
                  "is trying to acquire lock" LATER "at: " PC " +" FUNC,
        .text = "possible deadlock in $1",
    },
    {
        .title = "INFO: inconsistent lock state",
        .report = "INFO: inconsistent lock state \\]" LATER "takes" LATER "at: " PC " +" FUNC,
        .text = "inconsistent lock state in $1",
    },
    {
        .title = "INFO: rcu_(?:preempt|sched|bh|tasks(?:_rude|_trace)?) (?:self-)?detected(?: "
                 "expedited)? stall",
        .text = "INFO: rcu detected stall in $F",
        .alt = "stall in $F",
        .frames = {"apic_timer_interrupt", RIP, STACK},
        .frames_else = {"apic_timer_interrupt|Exception stack|el1h_64_irq", STACK},
        .skip = "apic_timer_interrupt|rcu",
        .pick = PICK_STALL,
    },
    {
        .title = "INFO: trying to register non-static key",
        .text = "INFO: trying to register non-static key in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "stack|lock|IRQ",
    },
    {
        .title = "INFO: suspicious RCU usage",
        .report = "INFO: suspicious RCU usage" LATER SRC,
        .text = "INFO: suspicious RCU usage in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "rcu|kmem|slab",
    },
    {
        .title = "INFO: task (?s:.{1,100}?) blocked (?:in I/O wait )?for more than [0-9]+ seconds",
        .text = "INFO: task hung in $F",
        .alt = "hang in $F",
        .frames = {CALL_TRACE, STACK},
        .pick = PICK_HUNG,
    },
    {
        .title = "INFO: task (?s:.{1,100}?) can't die for more than",
        .text = "INFO: task can't die in $F",
        .alt = "hang in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "schedule",
    },
    {
        .title = "INFO: ((?:Freed|Allocated) in .*)",
        .text = "INFO: $1",
        .flags = ALWAYS_CORRUPTED,
    },
    {
        .title = "INFO:\\s*(?:\\n|\\z)",
        .text = "INFO: corrupted",
        .flags = ALWAYS_CORRUPTED,
    },
    {0},
};
