/* SPDX-License-Identifier: Apache-2.0
 * The lists of functions. "x" is found anywhere in a name, "^x" at its beginning, "x$" at its end.
 */
#include "oops/names.h"

#include <string.h>

/* clang-format off: one line a subsystem reads better than a column of strings. */

const char *names_never_blamed(void)
{
    return
        /* Sanitizers and what prints reports. */
        "__sanitizer|__asan|kasan|hwasan|__msan|kmsan|kcsan_setup_watchpoint|check_memory_region"
        "|check_heap_object|check_object|read_word_at_a_time|(?:read|write)_once_.*nocheck"
        "|print_address_description|print_report|print_usage_bug|print_tainted|^get_taint$|"
        "assertfail"
        "|__fortify_report|ref_tracker"
        /* The way into an oops. */
        "|panic|invalid_op|report_bug|fixup_bug|do_error|_trap$|do_trap|show_stack|dump_stack"
        "|walk_stack|dump_backtrace|warn_slowpath|warn_alloc|warn_bogus|__warn"
        "|program_check_exception|program_check_common|do_(?:kernel|translation)_fault|do_mem_abort"
        "|el1_abort|el1h_64_sync(?:_handler)?|_indirect_thunk_|__phys_addr"
        "|stack_trace_consume_entry|arch_stack_walk|stack_trace_save"
        /* Allocators. */
        "|alloc_page|(?:k|v|kv)(?:m|z|c)alloc|krealloc|kmem_cache_(?!create|node)|allocate_slab"
        "|slab_"
        "|__alloc_frozen_pages_noprof|folio_(?:alloc|unlock)|^kv?free$|kfree_skb|ida_free"
        /* Debug objects, lockdep, might_sleep. */
        "|debug_object|timer_is_static_object|work_is_static_object|__might_fault|might_fault"
        "|might_sleep|__might_resched|print_unlock|imbalance_bug|lockdep|lock_acquire|lock_release"
        "|lock_class|mark_lock|(?:reacquire|mark)_held_locks|(?:trace|lockdep)_(?:hard|soft)irq"
        "|perf_trace|bh_enable|bh_disable|seqprop_assert"
        /* Locks, reference counts, atomics. */
        "|raw_spin_rq|spin_(?:lock|trylock|unlock)|read_(?:lock|trylock|unlock)"
        "|write_(?:lock|trylock|unlock)|^down$|down_(?:read|write)(?:_trylock)?|down_trylock|up_"
        "read"
        "|up_write|^mutex_|^__mutex_|^rt_mutex_|owner_on_cpu|osq_(?:lock|unlock)"
        "|atomic(?:64)?_(?:dec|inc|read|set|or|xor|and|add|sub|fetch|xchg|cmpxchg|try)"
        "|(?:set|clear|change|test)_bit|__wake_up|^refcount_|^kref_|^(?:un)?lock_page"
        /* Memory, strings, user space, iov. */
        "|mem(?:cpy|cmp|set|chr|move)|str(?:cmp|ncmp|cpy|lcpy|ncpy|scpy|len|str|nstr|nlen|chr)"
        "|copy_(?:to|from)_user|put_user|get_user|extract_(?:user|iter)_to_sg"
        /* Lists and trees. */
        "|list_(?:add|del|replace|move|splice)|^rb_|^__rb_"
        /* Printing. */
        "|^string|^(?:widen|hex|symbol|resource|escaped|bitmap|uuid|mac_address|ip4|ip6)_\\w*string"
        "|pointer|snprintf|scnprintf|kv?asprintf|printk|va_format"
        "|dev_(?:info|notice|warn|err|alert|crit|emerg)|hex_dump_to_buffer|print_hex_dump"
        /* Timers, work, completions. */
        "|del_timer|lock_timer_base|__timer_delete_sync|sk_stop_timer_sync|__mod_timer|flush_work"
        "|__cancel_work_timer|cancel_work_sync|try_to_grab_pending|(?:flush|drain|destroy)_"
        "workqueue"
        "|queue_work|insert_work|__queue_delayed_work|queue_delayed_work_on|finish_wait|kthread_"
        "stop"
        "|^complete$|wait_for_completion|cleanup_srcu_struct"
        /* Device core. */
        "|kobject_|add_uevent_var|get_device_parent"
        "|device_(?:add|del|unregister|destroy|release|for_each_child|remove_file)"
        "|devres_release_all|hwrng_unregister|i2c_del_adapter|__unregister_client"
        "|rollback_registered|unregister_netdev(?!ice_notifier)|sysfs_remove|tty_unregister_device|"
        "^put_device$"
        /* USB. */
        "|dummy_urb_enqueue|usb_kill_urb|usb_kill_anchored_urbs|usb_control_msg|usb_hcd_submit_urb"
        "|usb_submit_urb"
        /* Mapped I/O, checksums. */
        "|(?:^|_raw_|^__)(?:read|write)(?:b|w|l|q)$|logic_in|logic_out|^crc[0-9]+"
        /* Helpers of file systems. */
        "|^iput$";
}

const char *names_generic_callers(void)
{
    return
        /* Work queues, system calls. */
        "process_one_work|do_syscall_|do_fast_syscall_|sysenter_dispatch|tracesys_phase2"
        "|el0_svc_handler|invoke_syscall|ret_fast_syscall"
        /* Soft interrupts, timers, received packets. */
        "|netif_receive_skb|do_softirq|call_timer_fn|_run_timers|run_timer_softirq|hrtimer_run"
        "|run_ksoftirqd|tasklet_action|tasklet_hi_action"
        /* Where threads begin. */
        "|smpboot_thread_fn|^kthread$|start_secondary|cpu_startup_entry|ret_from_fork"
        /* Operations on files. */
        "|vfs_(?:read|write|iter_read|iter_write|ioctl|open)"
        "|do_iter_(?:read|write|readv_writev)|call_(?:read|write)_iter|new_sync_(?:read|write)"
        "|ksys_ioctl|compat_ioctl|compat_sys_ioctl|blkdev_driver_ioctl|blkdev_ioctl|^call_mmap"
        "|mmap_region|do_mmap|do_dentry_open"
        /* Sockets. */
        "|^sock_(?:sendmsg|recvmsg|release|mmap|do_ioctl|ioctl)|^__sock_release|^compat_sock_ioctl"
        "|^setsockopt$|kernel_setsockopt|sock_common_setsockopt|^listen$|kernel_listen"
        "|sk_common_release|^accept$|kernel_accept|^nfnetlink_rcv_msg|^rtnetlink_rcv_msg"
        "|^netlink_dump|^(?:sys_)?(?:socketpair|connect|ioctl)"
        /* Page faults, and the way back to user space. */
        "|__do_fault|do_page_fault|^page_fault$|__fput|task_work_run|exit_to_usermode"
        "|smp_call_function";
}

const char *names_waiting(void)
{
    return "sched|_lock|_slowlock|down|rwsem|completion|kthread|wait|synchronize|context_switch"
           "|__switch_to|cancel_delayed_work|rcu_barrier";
}

/* clang-format on */

const char *const *names_syscall_prefixes(void)
{
    static const char *const prefixes[] = {
        "SYSC_",        "SyS_",        "sys_",   "__x64_",    "__ia32_", "__arm64_",
        "____sys_",     "___sys_",     "__sys_", "__se_sys_", "__se_",   "__do_sys_",
        "compat_SYSC_", "compat_SyS_", "ksys_",  NULL,
    };

    return prefixes;
}

const char *names_strip_syscall(const char *name)
{
    const char *const *prefixes = names_syscall_prefixes();
    gsize longest = 0;

    for (gsize i = 0; prefixes[i]; i++) {
        if (g_str_has_prefix(name, prefixes[i])) {
            longest = MAX(longest, strlen(prefixes[i]));
        }
    }
    return name + longest;
}

gboolean names_wait_for_rcu(const char *name)
{
    return strstr(name, "synchronize_rcu") || strstr(name, "synchronize_srcu") ||
           strstr(name, "synchronize_net") || strstr(name, "synchronize_sched");
}
