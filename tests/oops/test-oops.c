/* SPDX-License-Identifier: Apache-2.0
 * The reader on consoles of our own making: one for each family, how consoles mix, hostile bytes.
 */
#include "oops/oops.h"

#include <string.h>

static OopsReport *find(const char *console)
{
    g_autoptr(OopsReader) reader = oops_reader_new();

    return oops_find(reader, console, strlen(console), 0);
}

#define STACK_OF(f)                                                                                \
    "Call Trace:\n dump_stack+0x1/0x2\n " f "+0x10/0x20\n other+0x1/0x2\n do_syscall_64+0x1/0x2\n" \
    " entry_SYSCALL_64_after_hwframe+0x1/0x2\n"
#define FAULT_IN(f) "RIP: 0010:" f "+0x10/0x20\nCode: 00\n" STACK_OF("caller")

/* A console, and what it is called. */
static const struct {
    const char *console, *title, *alt, *type;
} families[] = {
    {"WARNING: CPU: 0 PID: 1 at lib/refcount.c:28 refcount_warn_saturate+0x1/0x2\n"
     "RIP: 0010:refcount_warn_saturate+0x1/0x2\nCall Trace:\n <TASK>\n refcount_sub+0x1/0x2\n"
     " sk_psock_get+0x1/0x2\n tls_data_ready+0x1/0x2\n",
     "WARNING: refcount bug in sk_psock_get", NULL, "REFCOUNT_WARNING"},
    {"WARNING: CPU: 0 PID: 1 at net/core/stream.c:208 sk_stream_kill_queues+0x1/0x2\n"
     "RIP: 0010:sk_stream_kill_queues+0x1/0x2\n" STACK_OF("inet_csk_destroy_sock"),
     "WARNING in sk_stream_kill_queues", NULL, "WARNING"},
    {"WARNING: drivers/a/b.c:12 at frob_widget+0x1/0x2, CPU#0: syz/1\n"
     "RIP: 0010:frob_widget+0x1/0x2\n" STACK_OF("x"),
     "WARNING in frob_widget", NULL, "WARNING"},
    {"WARNING: CPU: 0 PID: 1 at lib/debugobjects.c:505 debug_print_object+0x1/0x2\n"
     "RIP: 0010:debug_print_object+0x1/0x2\n" STACK_OF("sock_free"),
     "WARNING: ODEBUG bug in sock_free", NULL, "WARNING"},
    {"WARNING: possible circular locking dependency detected\n6.1.0 #1 Not tainted\n"
     "syz/1 is trying to acquire lock:\nffff (&a){+.+.}, at: take_a+0x1/0x2\n"
     "but task is already holding lock:\nffff (&b){+.+.}, at: take_b+0x1/0x2\n" STACK_OF("take_a"),
     "possible deadlock in take_a", NULL, "LOCKDEP"},
    {"BUG: KASAN: slab-use-after-free in poke+0x1/0x2\nRead of size 8 at addr ffff88800 by task "
     "a/1\n"
     "CPU: 0\n" STACK_OF("poke"),
     "KASAN: slab-use-after-free Read in poke", "bad-access in poke", "KASAN-USE-AFTER-FREE-READ"},
    {"BUG: KASAN: double-free in kfree+0x1/0x2\nCPU: 0\n" STACK_OF("drop"),
     "KASAN: invalid-free in drop", "invalid-free in drop", "KASAN-INVALID-FREE"},
    {"BUG: KFENCE: use-after-free read in poke+0x1/0x2\n\nUse-after-free read at 0x1:\n"
     " poke+0x1/0x2\n x+0x1/0x2\n" STACK_OF("y"),
     "KFENCE: use-after-free read in poke", "bad-access in poke", "KFENCE-USE-AFTER-FREE-READ"},
    {"BUG: KCSAN: data-race in a / b\n", "KCSAN: data-race in a / b", NULL, "KCSAN-DATARACE"},
    {"BUG: kernel NULL pointer dereference, address: 0000000000000000\n#PF: error\n" FAULT_IN("f"),
     "BUG: unable to handle kernel NULL pointer dereference in f", "bad-access in f",
     "NULL-POINTER-DEREFERENCE"},
    {"BUG: unable to handle page fault for address: ffffdead\n#PF: error\n" FAULT_IN("f"),
     "BUG: unable to handle kernel paging request in f", "bad-access in f", "MEMORY_SAFETY_BUG"},
    {"BUG: sleeping function called from invalid context at mm/slab.h:5\n" STACK_OF("f"),
     "BUG: sleeping function called from invalid context in f", NULL, "ATOMIC_SLEEP"},
    {"watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:1]\nRIP: 0010:spin+0x1/0x2\nCall "
     "Trace:\n"
     " ext4_thing+0x1/0x2\n __x64_sys_rmdir+0x1/0x2\n do_syscall_64+0x1/0x2\n e+0x1/0x2\n",
     "BUG: soft lockup in sys_rmdir", "stall in sys_rmdir", "HANG"},
    {"INFO: task syz-executor:77 blocked for more than 143 seconds.\n      Not tainted\n"
     "Call Trace:\n __schedule+0x1/0x2\n schedule+0x1/0x2\n mutex_lock+0x1/0x2\n fs_op+0x1/0x2\n",
     "INFO: task hung in fs_op", "hang in fs_op", "HANG"},
    {"INFO: task udevd:77 blocked for more than 143 seconds.\n      Not tainted\n"
     "Call Trace:\n __schedule+0x1/0x2\n io_schedule+0x1/0x2\n folio_wait_bit_common+0x1/0x2\n"
     " __filemap_get_folio+0x1/0x2\n truncate_inode_pages_range+0x1/0x2\n blkdev_x+0x1/0x2\n",
     "INFO: task hung in __filemap_get_folio", "hang in __filemap_get_folio", "HANG"},
    {"WARNING: CPU: 0 PID: 1 at fs/buffer.c:1 mark_buffer_dirty+0x1/0x2\n"
     "RIP: 0010:mark_buffer_dirty+0x1/0x2\n" STACK_OF("dirty_it"),
     "WARNING in dirty_it", NULL, "WARNING"},
    {"BUG: KMSAN: kernel-infoleak in _copy_to_iter+0x1/0x2\n _copy_to_iter+0x1/0x2\n"
     " leak_it+0x1/0x2\n\nUninit was created at:\n make_it+0x1/0x2\n",
     "KMSAN: kernel-infoleak in leak_it", "bad-access in leak_it", "KMSAN-INFO-LEAK"},
    {"INFO: task syz-executor:77 blocked for more than 143 seconds.\n      Not tainted\n"
     "Call Trace:\n __schedule+0x1/0x2\n synchronize_rcu_expedited+0x1/0x2\n x+0x1/0x2\n",
     "INFO: task hung in synchronize_rcu", "hang in synchronize_rcu", "HANG"},
    {"rcu: INFO: rcu_preempt self-detected stall on CPU\nCall Trace:\n <IRQ>\n rcu_x+0x1/0x2\n"
     " asm_sysvec_apic_timer_interrupt+0x1/0x2\nRIP: 0010:spin+0x1/0x2\n loop+0x1/0x2\n"
     " process_one_work+0x1/0x2\n",
     "INFO: rcu detected stall in loop", "stall in loop", "HANG"},
    {"general protection fault, probably for non-canonical address 0xdffff: 0000 [#1]\n"
     "KASAN: null-ptr-deref in range\n" FAULT_IN("f"),
     "general protection fault in f", "bad-access in f", "DoS"},
    {"kernel BUG at fs/inode.c:12!\ninvalid opcode: 0000 [#1] SMP\n" FAULT_IN("f"),
     "kernel BUG in f", NULL, "BUG"},
    {"kernel BUG at lib/list_debug.c:59!\n" FAULT_IN("__list_del_entry_valid"),
     "BUG: corrupted list in caller", "bad-access in caller", "MEMORY_SAFETY_BUG"},
    {"kernel BUG at lib/list_debug.c:29!\nRIP: 0010:__list_add_valid.cold+0x1/0x2\n" STACK_OF(
         "kobject_add_internal"),
     "BUG: corrupted list in kobject_add_internal", NULL, "MEMORY_SAFETY_BUG"},
    {"kernel BUG at mm/filemap.c:2105!\nRIP: 0010:find_lock_entries+0x1/0x2\n" STACK_OF("evict"),
     "kernel BUG in find_lock_entries", NULL, "BUG"},
    {"BUG: KASAN: use-after-free in find_lock_entries+0x1/0x2\nRead of size 8 at addr ff by a/1\n"
     "CPU: 0\nCall Trace:\n find_lock_entries+0x1/0x2\n truncate_inode_pages_range+0x1/0x2\n"
     " evict_it+0x1/0x2\n",
     "KASAN: use-after-free Read in evict_it", NULL, "KASAN-USE-AFTER-FREE-READ"},
    {"divide error: 0000 [#1] SMP\n" FAULT_IN("f"), "divide error in f", NULL, "DoS"},
    {"invalid opcode: 0000 [#1] SMP\n" FAULT_IN("__phys_addr"), "invalid opcode in __phys_addr",
     NULL, "DoS"},
    {"WARNING: CPU: 0 PID: 1 at fs/proc/generic.c:5 proc_register+0x1/0x2\n" STACK_OF("f"),
     "WARNING: proc registration bug in f", NULL, "WARNING"},
    {"WARNING: CPU: 0 PID: 1 at fs/proc/generic.c:7 remove_proc_entry+0x1/0x2\n"
     "RIP: 0010:remove_proc_entry+0x1/0x2\n" STACK_OF("f"),
     "WARNING in remove_proc_entry", NULL, "WARNING"},
    {"WARNING: inconsistent lock state\n6.1.0 #1 Not tainted\na/1 [HC0[0]:SC0[0]] takes:\n"
     "ffff (&l){?...}-{2:2}, at: outer+0x1/0x2\n" STACK_OF("inlined_elsewhere"),
     "inconsistent lock state in outer", NULL, "LOCKDEP"},
    {"UBSAN: shift-out-of-bounds in fs/a.c:1:2\nshift exponent 99\nCall Trace:\n"
     " f.cold-0x5/0x1f\n g+0x1/0x2\n h+0x1/0x2\n i+0x1/0x2\n",
     "UBSAN: shift-out-of-bounds in f", NULL, "UBSAN"},
    {"UBSAN: shift-out-of-bounds in fs/a.c:1:2\nshift exponent 99\n" STACK_OF("f"),
     "UBSAN: shift-out-of-bounds in f", NULL, "UBSAN"},
    {"Kernel panic - not syncing: Attempted to kill init! exitcode=0xb\nCPU: 0\n" STACK_OF("f"),
     "kernel panic: Attempted to kill init!", NULL, "DoS"},
    {"Internal error: Oops: 96000004 [#1] PREEMPT SMP\nCPU: 1\npc : f+0x10/0x20\nlr : g+0x1/0x2\n"
     "Call trace:\n f+0x10/0x20\n h+0x1/0x2\n i+0x1/0x2\n",
     "Internal error in f", "bad-access in f", "DoS"},
    {"unregister_netdevice: waiting for lo to become free. Usage count = 2\n",
     "unregister_netdevice: waiting for DEV to become free", NULL, "DoS"},
    /* Oops of 6.10 and later. */
    {"Oops: general protection fault, probably for non-canonical address 0xdffff: 0000 [#1] "
     "SMP\n" FAULT_IN("f"),
     "general protection fault in f", "bad-access in f", "DoS"},
    {"Oops: divide error: 0000 [#1] SMP\n" FAULT_IN("f"), "divide error in f", NULL, "DoS"},
    {"Oops: alignment check: 0000 [#1] SMP\n" FAULT_IN("f"), "alignment check in f", NULL, "DoS"},
    /* arm64 */
    {"Unable to handle kernel write to read-only memory at virtual address ffff800008\nMem abort "
     "info:\n"
     "Internal error: Oops: 000000009600004f [#1] PREEMPT SMP\npc : f+0x1/0x2\nlr : g+0x1/0x2\n"
     "Call trace:\n f+0x1/0x2\n g+0x1/0x2\n",
     "BUG: unable to handle kernel write to read-only memory in f", "bad-access in f",
     "MEMORY_SAFETY_BUG"},
    {"Internal error: UBSAN: array index out of bounds: 00000000f2005512 [#1] SMP\n"
     "pc : f+0x1/0x2\nCall trace:\n f+0x1/0x2\n g+0x1/0x2\n",
     "UBSAN: array index out of bounds in f", NULL, "UBSAN"},
    {"UBSAN: integer addition overflow at f+0x1/0x2\nOops: invalid opcode: 0000 [#1] "
     "SMP\n" FAULT_IN("f"),
     "UBSAN: integer addition overflow in f", NULL, "UBSAN"},
    {"CFI failure at caller_of+0x1/0x2 (target: x+0x0/0x10; expected type: 0x12345678)\n"
     "Internal error: Oops - CFI: 00000000f2008228 [#1] SMP\npc : caller_of+0x1/0x2\n",
     "CFI failure in caller_of", "bad-access in caller_of", "MEMORY_SAFETY_BUG"},
    /* arm */
    {"Division by zero in kernel.\nCPU: 0 PID: 1 Comm: a\nBacktrace:\n"
     "[<80010000>] (dump_backtrace) from [<80010001>] (dump_stack+0x1/0x2)\n"
     "[<80010002>] (dump_stack) from [<80010003>] (__div0+0x1/0x2)\n"
     "[<80010004>] (__div0) from [<80010005>] (Ldiv0+0x8/0x10)\n"
     "[<80010006>] (Ldiv0) from [<80010007>] (share_it+0x1/0x2)\n",
     "divide error in share_it", NULL, "DoS"},
    /* powerpc */
    {"BUG: Unable to handle kernel instruction fetch (NULL pointer?)\nFaulting instruction "
     "address: "
     "0x00000000\nOops: Kernel access of bad area, sig: 11 [#1]\nNIP:  0000000000000000\n"
     "NIP [0000000000000000] 0x0\nLR [c000000000abcdef] f+0x1/0x2\nCall Trace:\n"
     "[c0000000079e3b10] [c000000000abcde0] f+0x1/0x2\n[c0000000079e3b80] [c00000000000c] "
     "g+0x1/0x2\n",
     "BUG: unable to handle kernel paging request in f", "bad-access in f", "MEMORY_SAFETY_BUG"},
    /* s390 */
    {"Unable to handle kernel pointer dereference in virtual kernel address space\n"
     "Failing address: 0000000000000000 TEID: 0000000000000483\nOops: 0004 ilc:2 [#1] SMP\n"
     "Krnl PSW : 0404c00180000000 000000000042707a (f+0x11a/0x1e0)\n"
     "Call Trace:\n [<000000000042707a>] f+0x11a/0x1e0\n [<0000000000427066>] g+0x1/0x2\n",
     "BUG: unable to handle kernel pointer dereference in f", "bad-access in f",
     "MEMORY_SAFETY_BUG"},
    {"addressing exception: 0005 ilc:2 [#1] SMP\n"
     "Krnl PSW : 0404c00180000000 000000000042707a (f+0x11a/0x1e0)\n"
     "Call Trace:\n [<000000000042707a>] f+0x11a/0x1e0\n [<0000000000427066>] g+0x1/0x2\n",
     "addressing exception in f", "bad-access in f", "DoS"},
    {"fixpoint divide exception: 0009 ilc:2 [#1] SMP\n"
     "Krnl PSW : 0404c00180000000 000000000042707a (f+0x11a/0x1e0)\n"
     "Call Trace:\n [<000000000042707a>] f+0x11a/0x1e0\n [<0000000000427066>] g+0x1/0x2\n",
     "divide error in f", NULL, "DoS"},
    {"kernel BUG at fs/a.c:1!\nmonitor event: 0040 ilc:2 [#1] SMP\n"
     "Krnl PSW : 0404c00180000000 000000000042707a (f+0x11a/0x1e0)\n"
     "Call Trace:\n [<000000000042707a>] f+0x11a/0x1e0\n [<0000000000427066>] g+0x1/0x2\n",
     "kernel BUG in f", NULL, "BUG"},
    /* MIPS and LoongArch */
    {"CPU 0 Unable to handle kernel paging request at virtual address 00000000, epc == 80123456, "
     "ra "
     "== 80123457\nOops[#1]:\nepc   : 80123456 f+0x10/0x20\nra    : 80123457 g+0x1/0x2\n"
     "Call Trace:\n[<80123456>] f+0x10/0x20\n[<80123457>] g+0x1/0x2\n",
     "BUG: unable to handle kernel paging request in f", "bad-access in f", "MEMORY_SAFETY_BUG"},
    {"Reserved instruction in kernel code[#1]:\n   ra: 9000000000221234 g+0x1/0x2\n"
     "  ERA: 9000000000222f88 f+0x88/0x100\nCall Trace:\n[<9000000000222f88>] f+0x88/0x100\n"
     "[<9000000000221234>] g+0x1/0x2\n",
     "Reserved instruction in f", "bad-access in f", "DoS"},
    {"Kernel bug detected[#1]:\nepc   : 80123456 f+0x10/0x20\nCall Trace:\n[<80123456>] f+0x1/0x2\n"
     "[<80123457>] g+0x1/0x2\n",
     "kernel BUG in f", NULL, "BUG"},
    /* RISC-V */
    {"Oops - illegal instruction [#1]\nepc : f+0x1a/0x30\n ra : g+0x1/0x2\nCall Trace:\n"
     "[<ffffffff80001>] f+0x1a/0x30\n[<ffffffff80002>] g+0x1/0x2\n",
     "illegal instruction in f", "bad-access in f", "DoS"},
    {"kernel BUG at mm/a.c:1!\nKernel BUG [#1]\nepc : f+0x1a/0x30\nCall Trace:\n"
     "[<ffffffff80001>] f+0x1a/0x30\n[<ffffffff80002>] g+0x1/0x2\n",
     "kernel BUG in f", NULL, "BUG"},
    /* CPUs that hang without interrupts */
    {"watchdog: CPU0: Watchdog detected hard LOCKUP on cpu 0\nModules linked in:\n"
     "RIP: 0010:spin+0x1/0x2\nCall Trace:\n fs_op+0x1/0x2\n __x64_sys_rmdir+0x1/0x2\n"
     " do_syscall_64+0x1/0x2\n",
     "BUG: hard lockup in sys_rmdir", "stall in sys_rmdir", "HANG"},
    {"rcu: INFO: rcu_tasks_trace detected stalls on tasks:\nCall Trace:\n <IRQ>\n"
     " asm_sysvec_apic_timer_interrupt+0x1/0x2\nRIP: 0010:spin+0x1/0x2\n loop+0x1/0x2\n"
     " process_one_work+0x1/0x2\n",
     "INFO: rcu detected stall in loop", "stall in loop", "HANG"},
    {"BUG: memory leak\nunreferenced object 0xffff8881 (size 32):\n  comm \"a\", pid 1\n"
     "  backtrace (crc 1a2b):\n    [<ffffffff81>] kmalloc_trace+0x1/0x2\n"
     "    [<ffffffff82>] lose_it+0x1/0x2\n    [<ffffffff83>] x+0x1/0x2\n",
     "memory leak in lose_it", NULL, "LEAK"},
};

static void test_families(void)
{
    g_autoptr(OopsReader) reader = oops_reader_new();

    for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
        const char *console = families[i].console;
        g_autoptr(OopsReport) report = oops_find(reader, console, strlen(console), 0);

        g_assert_nonnull(report);
        g_assert_cmpstr(report->title, ==, families[i].title);
        g_assert_cmpstr(report->type, ==, families[i].type);
        g_assert_cmpstr(report->corrupted_reason, ==, NULL);
        if (families[i].alt) {
            g_assert_true(
                g_strv_contains((const char *const *)report->alt_titles, families[i].alt));
        }
    }
}

static void test_no_crash(void)
{
    static const char *const consoles[] = {
        "",
        "\n",
        "B",
        "BUG",
        "[    0.000000] Linux version 6.1.0\n[    0.1] Command line: x\n",
        "SRSO: WARNING: See https://kernel.org/x.html for mitigation options.\n",
        "WARNING: Unprivileged eBPF is enabled with eIBRS on\n",
        "traps: a[1] general protection fault ip:12 sp:34 error:0 in libc.so\n",
        "INFO: lockdep is turned off.\n",
        "installer: Oops - no disk\n",
        "drive ilc: 12 [#1]\n",
        "part [#1]: ok\n",
        "INFO: task a:1 is blocked on a mutex likely owned by task b:2.\n",
        "xfs: xlog_status: panic: x\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(consoles); i++) {
        g_autoptr(OopsReport) report = find(consoles[i]);

        g_assert_null(report);
    }
}

/* Lines of other tasks and CPUs are not part of the report; those of the same task are. */
static void test_callers(void)
{
    g_autoptr(OopsReport) report =
        find("[    1.000000][   T20] context of 20\n"
             "[    1.000001][   T10] context of 10\n"
             "[    1.000002][   T20] BUG: KASAN: use-after-free in f+0x1/0x2\n"
             "[    1.000003][   T10] Read of size 1 at addr 1\n"
             "[    1.000004][   T20] Write of size 8 at addr ffff by task a/20\n"
             "[    1.000005][   C1] noise from an interrupt\n"
             "[    1.000006][   T20] Call Trace:\n"
             "[    1.000007][   T20]  f+0x1/0x2\n"
             "[    1.000008][   T20]  ? stale+0x1/0x2\n"
             "[    1.000009][   T20]  g+0x1/0x2\n");

    g_assert_cmpstr(report->title, ==, "KASAN: use-after-free Write in f");
    g_assert_cmpstr(report->frame, ==, "f");
    g_assert_cmpstr(report->text, ==,
                    "context of 20\nBUG: KASAN: use-after-free in f+0x1/0x2\n"
                    "Write of size 8 at addr ffff by task a/20\nCall Trace:\n f+0x1/0x2\n"
                    " g+0x1/0x2\n");
    g_assert_cmpuint(report->text_prefix, ==, strlen("context of 20\n"));
}

/* Offsets are of what was given, although carriage returns and NULs are taken out. */
static void test_noise(void)
{
    static const char console[] =
        "boot\r\n\0[    1.0] kernel BUG at fs/a.c:1!\r\n"
        "[    1.0] RIP: 0010:f\0+0x1/0x2\r\n[    1.0] Call Trace:\r\n"
        "[    1.0]  f+0x1/0x2\r\n[    1.0]  g+0x1/0x2\r\n"
        "[    1.0] Kernel panic - not syncing: Fatal exception\r\nend\r\n";
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(OopsReport) report = oops_find(reader, console, sizeof(console) - 1, 3);
    const char *start = memmem(console, sizeof(console), "[    1.0] kernel", 16);
    const char *end = memmem(console, sizeof(console), "end\r\n", 5);

    g_assert_cmpstr(report->title, ==, "kernel BUG in f");
    g_assert_true(report->panicked);
    g_assert_cmpuint(report->start, ==, start - console);
    g_assert_cmpuint(report->end, ==, end - console);
    g_assert_cmpuint(report->skip, <, report->end);
    g_assert_null(strchr(report->text, '\r'));
}

static void test_all(void)
{
    static const char console[] =
        "WARNING: CPU: 0 PID: 1 at a/b.c:1 f+0x1/0x2\nRIP: 0010:f+0x1/0x2\n" STACK_OF(
            "f") "BUG: scheduling while atomic: a/1/0x2\n" STACK_OF("g");
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(GPtrArray) reports = oops_find_all(reader, console, strlen(console));
    g_autoptr(OopsReport) second = NULL;
    const OopsReport *first;

    g_assert_cmpuint(reports->len, ==, 2);
    first = reports->pdata[0];
    second = oops_find(reader, console, strlen(console), first->skip);
    g_assert_cmpstr(first->title, ==, "WARNING in f");
    g_assert_cmpstr(second->title, ==, "BUG: scheduling while atomic in g");
    g_assert_cmpstr(second->title, ==, ((OopsReport *)reports->pdata[1])->title);
    g_assert_cmpuint(second->start, ==, ((OopsReport *)reports->pdata[1])->start);
}

/* A line that comes in the middle of reports begins no second one, whatever else is in it. */
static void test_follows(void)
{
    g_autoptr(OopsReport) report =
        find("[    1.0] kernel BUG at fs/a.c:1!\n"
             "[    1.0] Internal error: Oops - BUG: 00000000f2000800 [#1] PREEMPT SMP\n"
             "[    1.1] pc : f+0x1/0x2\n[    1.1] lr : g+0x1/0x2\n"
             "[    1.2] Call trace:\n[    1.2]  f+0x1/0x2\n[    1.2]  h+0x1/0x2\n");

    g_assert_cmpstr(report->title, ==, "kernel BUG in f");
    g_assert_null(report->corrupted_reason);
}

/* A symbolized report is named as it was before, and keeps its text. */
static void test_symbolized(void)
{
    static const struct {
        const char *console, *title;
    } cases[] = {
        {"WARNING: CPU: 0 PID: 1 at lib/debugobjects.c:5 debug_print_object lib/debugobjects.c:4 "
         "[inline]\n"
         "WARNING: CPU: 0 PID: 1 at lib/debugobjects.c:5 debug_object_init+0x1/0x2 "
         "lib/debugobjects.c:9\n"
         "RIP: 0010:debug_print_object lib/debugobjects.c:4 [inline]\n"
         "RIP: 0010:debug_object_init+0x1/0x2 lib/debugobjects.c:9\n" STACK_OF("f"),
         "WARNING in f"},
        {"BUG: KASAN: use-after-free in get_it include/a.h:1 [inline]\n"
         "BUG: KASAN: use-after-free in outer+0x1/0x2 net/a.c:-1\n",
         "KASAN: use-after-free in outer"},
        {"BUG: scheduling while atomic: a/1/0x2\n"
         "Call Trace:\n in include/a.h:1 [inline] net/b.c:5\n f+0x1/0x2 [mod] net/a.c:1\n"
         " g+0x1/0x2 c.S:2\n",
         "BUG: scheduling while atomic in f"},
        /* No symbolizer wrote these. */
        {"BUG: odd+0x1/0x2 line:5 at :7 [inline]\n", "BUG: odd line:NUM at :NUM [inline]"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(OopsReport) report = find(cases[i].console);

        g_assert_cmpstr(report->title, ==, cases[i].title);
        g_assert_cmpstr(report->text, ==, cases[i].console);
    }
}

/* Two crashes printed at once: the stack behind the second header is the second's, unless the first
 * has none and someone took out the lines of other tasks already. */
static void test_mixed(void)
{
    static const char mixed[] =
        "[    1.0] BUG: scheduling while atomic: a/1/0x2\n"
        "[    1.1] WARNING: CPU: 0 PID: 1 at a/b.c:1 f+0x1/0x2\n"
        "[    1.2] Call Trace:\n[    1.3]  f+0x1/0x2\n[    1.4]  g+0x1/0x2\n";
    static const char bare[] = "BUG: scheduling while atomic: a/1/0x2\n"
                               "WARNING: CPU: 0 PID: 1 at a/b.c:1 f+0x1/0x2\n"
                               "Call Trace:\n f+0x1/0x2\n g+0x1/0x2\n";
    g_autoptr(OopsReport) raw = find(mixed), report = find(bare);

    g_assert_cmpstr(raw->title, ==, "BUG: scheduling while atomic in corrupted");
    g_assert_nonnull(raw->corrupted_reason);
    g_assert_cmpstr(report->title, ==, "BUG: scheduling while atomic in f");
}

static void test_replayed(void)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    static const char console[] =
        "[    1.0] UBSAN: shift-out-of-bounds in a.c:1:2\n"
        "** replaying previous printk message **\n"
        "[    1.0] UBSAN: shift-out-of-bounds in a.c:1:2\n"
        "[    1.1] Call Trace:\n[    1.2]  f+0x1/0x2\n[    1.3]  g+0x1/0x2\n";
    g_autoptr(GPtrArray) reports = oops_find_all(reader, console, strlen(console));

    g_assert_cmpuint(reports->len, ==, 1);
}

/* What differs from run to run is not in a title. */
static void test_titles(void)
{
    static const struct {
        const char *line, *title;
    } cases[] = {
        {"BUG: at ffffffff81a0b2c4 of 10.0.0.1", "BUG: at ADDR of IP"},
        {"BUG: in syz-executor.3/4567 oh", "BUG: in syz-executor oh"},
        {"BUG: mm/slub.c:123:4 is 42 or g12345678", "BUG: mm/slub.c:LINE is NUM or gNUM"},
        {"BUG: f+0x12/0x34 on CPU#3", "BUG: f on CPU"},
        {"BUG:\tx  \x01y\xff\xfe z", "BUG: x y z"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(OopsReport) report = find(cases[i].line);

        g_assert_cmpstr(report->title, ==, cases[i].title);
    }
}

static void test_corrupted(void)
{
    static const char *const consoles[] = {
        "BUG: KASAN: use-after-free in f+0x1/0x2\n",                /* no access */
        "BUG: unable to handle kernel",                             /* cut */
        "kernel BUG at a.c:1!\n",                                   /* no stack */
        "kernel BUG at a.c:1!\nRIP: 0010:f+0x1/0x2\nCall Trace:\n", /* stack cut */
        "Kernel panic - not syncing: Fatal exception in interrupt\n",
        "WARNING:\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(consoles); i++) {
        g_autoptr(OopsReport) report = find(consoles[i]);

        g_assert_nonnull(report->corrupted_reason);
    }
}

static void test_suppressed(void)
{
    g_autoptr(OopsReport) report = find("Out of memory: Killed process 12 (syz-executor) total\n"
                                        "BUG: workqueue lockup - pool\n");

    g_assert_true(report->suppressed);
    g_assert_false(report->panicked);
}

/* Nobody hangs, and nothing is read or written out of bounds (the sanitizers watch). */
static void test_hostile(void)
{
    static const char *const pieces[] = {
        "BUG: KASAN: a in b+",
        "WARNING:",
        "INFO: task ",
        " blocked",
        "\n",
        "\r",
        " ? ",
        "[",
        "] ",
        "[    1.0] ",
        "[    1.0][  T1] ",
        "Call Trace:\n",
        " f+0x1/0x2\n",
        "Kernel panic - not syncing: ",
        " from ",
        "RIP: 0010:",
        "at: [<ff>] f+",
        "\xff\xfe",
        "login: ",
        "<6>",
        "a",
        "+0x",
    };
    g_autoptr(OopsReader) reader = oops_reader_new();

    for (guint round = 0; round < 300; round++) {
        g_autoptr(GString) console = g_string_new(NULL);
        g_autofree char *exact = NULL;
        g_autoptr(GPtrArray) reports = NULL;

        for (guint i = 0; i < 60; i++) {
            g_string_append(console, pieces[g_test_rand_int_range(0, G_N_ELEMENTS(pieces))]);
            if (g_test_rand_int_range(0, 20) == 0) {
                g_string_append_c(console, '\0');
            }
        }
        exact = g_memdup2(console->str, console->len);
        reports = oops_find_all(reader, exact, console->len);
        for (guint i = 0; i < reports->len; i++) {
            const OopsReport *report = reports->pdata[i];

            g_assert_cmpuint(report->end, <=, console->len);
            g_assert_cmpuint(report->text_prefix, <=, strlen(report->text));
            g_assert_true(g_utf8_validate(report->text, -1, NULL));
            g_assert_true(g_str_is_ascii(report->title));
            g_assert_cmpuint(strlen(report->title), <=, 120);
        }
    }
}

static void test_huge_line(void)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    gsize n = 8 << 20;
    g_autofree char *console = g_malloc(n);
    g_autoptr(OopsReport) report = NULL;

    memset(console, 'x', n);
    memcpy(console + n / 2, "BUG: KASAN: ", 12);
    report = oops_find(reader, console, n, 0);
    g_assert_cmpuint(report->start, ==, n / 2);           /* no line of printk: cut at the header */
    g_assert_cmpuint(report->end, ==, n / 2 + (1 << 18)); /* nor is it longer than a report */
    g_assert_cmpuint(strlen(report->title), <=, 120);
    g_assert_cmpuint(strlen(report->text), <=, 2 << 20);
}

static void test_many_headers(void)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(GString) console = g_string_new(NULL);
    g_autoptr(GPtrArray) reports = NULL;

    for (guint i = 0; i < 2000; i++) {
        g_string_append(console, "WARNING: x\n");
    }
    reports = oops_find_all(reader, console->str, console->len);
    g_assert_cmpuint(reports->len, ==, 100);
}

static void test_guilty(void)
{
    static const char text[] =
        "earlier fs/before.c:1\n"
        "WARNING: CPU: 0 PID: 1 at lib/refcount.c:28 x+0x1/0x2 lib/refcount.c:28\n"
        "RIP: 0010:x+0x1/0x2 lib/refcount.c:28\n"
        " __refcount_add include/linux/refcount.h:163 [inline]\n"
        "#0: ffff (&a){+.+.}, at: locked+0x1/0x2 fs/locked.c:3\n"
        " sk_psock_get include/linux/skmsg.h:439 [inline]\n"
        " tls_data_ready+0x1/0x2 net/tls/tls_sw.c:2282\n"
        " tcp_data_queue+0x1/0x2 net/ipv4/tcp_input.c:5\n"
        " tls_again+0x1/0x2 net/tls/tls_sw.c:9\n";
    static const char deeper[] = " a+0x1/0x2 fs/super.c:1\n b+0x1/0x2 net/socket.c:2\n"
                                 " c+0x1/0x2 fs/ext4/super.c:3\n d+0x1/0x2 fs/jbd2/x.c:4\n";
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autofree char *first =
        oops_guilty_file(reader, text, strcspn(text, "\n") + 1, "WARNING in x");
    g_autofree char *second = oops_guilty_file(reader, deeper, 0, "WARNING in a");
    g_autofree char *generic =
        oops_guilty_file(reader, " x+0x1/0x2 lib/a.c:1\n", 0, "WARNING in x");
    g_autofree char *none = oops_guilty_file(reader, "nothing\n", 0, "WARNING in x");

    g_auto(GStrv) files = oops_stack_files(reader, text, strcspn(text, "\n") + 1);
    g_auto(GStrv) no_files = oops_stack_files(reader, "x+0x1/0x2 lib/a.c:1\nnothing", 0);
    const char *const wanted[] = {"net/tls/tls_sw.c", "net/ipv4/tcp_input.c", NULL};

    g_assert_cmpstrv(files, wanted);
    g_assert_cmpuint(g_strv_length(no_files), ==, 0);
    g_assert_cmpstr(first, ==, "net/tls/tls_sw.c");
    g_assert_cmpstr(second, ==, "fs/ext4/super.c");
    g_assert_cmpstr(generic, ==, "lib/a.c");
    g_assert_null(none);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oops/families", test_families);
    g_test_add_func("/oops/no-crash", test_no_crash);
    g_test_add_func("/oops/callers", test_callers);
    g_test_add_func("/oops/noise", test_noise);
    g_test_add_func("/oops/all", test_all);
    g_test_add_func("/oops/follows", test_follows);
    g_test_add_func("/oops/mixed", test_mixed);
    g_test_add_func("/oops/symbolized", test_symbolized);
    g_test_add_func("/oops/replayed", test_replayed);
    g_test_add_func("/oops/titles", test_titles);
    g_test_add_func("/oops/corrupted", test_corrupted);
    g_test_add_func("/oops/suppressed", test_suppressed);
    g_test_add_func("/oops/hostile", test_hostile);
    g_test_add_func("/oops/huge-line", test_huge_line);
    g_test_add_func("/oops/many-headers", test_many_headers);
    g_test_add_func("/oops/guilty", test_guilty);
    return g_test_run();
}
