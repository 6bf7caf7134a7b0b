/* SPDX-License-Identifier: Apache-2.0
 * How crashes that begin with "BUG:" are named.
 */
#include "oops/formats.h"

/* Functions that carry data which others left uninitialized. */
#define KMSAN_CARRIERS                                                                             \
    "alloc_skb|netlink_ack|netlink_rcv_skb|_encrypt$|^crypto_|^cipher_|^drbg_|^rng_"               \
    "|copy_to_iter|copy_page_(?:to|from)_iter|copy_folio_to_iter|" PAGE_CACHE
#define KMSAN_USB_CARRIERS                                                                         \
    "alloc_skb|usb_submit_urb|usb_start_wait_urb|usb_(?:bulk|interrupt|control)_msg"
#define KMSAN_ORIGIN "Local variable .* created at:|Uninit was created at:"

const OopsFormat formats_bug[] = {
    {
        .title = "BUG: KASAN:",
        .report =
            "BUG: KASAN: ([a-z\\-]+) in " FUNC LATER "(Read|Write) (?:of size|at addr) [0-9a-f]+",
        .text = "KASAN: $1 $3 in $F",
        .alt = "bad-access in $F",
        .frames = {"BUG: KASAN: [a-z\\-]+ in " FUNC, CALL_TRACE, STACK},
        .skip = "kernel_fault|tag_check|mem_abort|^el1_|^el1h_|" PAGE_CACHE,
        .keep = "^refcount_sub_and_test", /* whoever drops the last reference did nothing wrong */
    },
    {
        .title = "BUG: KASAN: (?:double-free or invalid-free|double-free|invalid-free) in ",
        .report = "BUG: KASAN: (?:double-free or invalid-free|double-free|invalid-free) in " FUNC,
        .text = "KASAN: invalid-free in $F",
        .alt = "invalid-free in $F",
        .frames = {"BUG: KASAN: [a-z\\- ]+ in " FUNC, CALL_TRACE, STACK},
        .skip = "slab_|kfree|vunmap|vfree",
    },
    {
        .title = "BUG: KASAN: ([a-z\\-]+) on address",
        .report = "BUG: KASAN: ([a-z\\-]+) on address" LATER "(Read|Write) of size [0-9]+",
        .text = "KASAN: $1 $2",
    },
    {
        .title = "BUG: KASAN: (.*)",
        .text = "KASAN: $1",
        .flags = ALWAYS_CORRUPTED,
    },
    {
        .title = "BUG: KMSAN: kernel-usb-infoleak in " FUNC,
        .text = "KMSAN: kernel-usb-infoleak in $F",
        .alt = "KMSAN origin in $F2",
        .frames = {STACK, KMSAN_ORIGIN, STACK},
        .frames_else = {CALL_TRACE, STACK, KMSAN_ORIGIN, STACK},
        .skip = KMSAN_USB_CARRIERS,
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "BUG: KMSAN: ([a-z\\-]+) in " FUNC,
        .text = "KMSAN: $1 in $F",
        .alt = "bad-access in $F",
        .frames = {STACK, KMSAN_ORIGIN, STACK},
        .frames_else = {CALL_TRACE, STACK, KMSAN_ORIGIN, STACK},
        .skip = KMSAN_CARRIERS,
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "BUG: KCSAN: (.*)",
        .text = "KCSAN: $1",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "BUG: KFENCE: (use-after-free|out-of-bounds) (read|write) in " FUNC,
        .text = "KFENCE: $1 $2 in $F",
        .alt = "bad-access in $F",
        .frames = {"BUG: KFENCE: .* in " FUNC, STACK},
        .skip = PAGE_CACHE,
    },
    {
        .title = "BUG: KFENCE: invalid free in " FUNC,
        .text = "KFENCE: invalid free in $F",
        .alt = "invalid-free in $F",
        .frames = {"BUG: KFENCE: .* in " FUNC, STACK},
        .skip = PAGE_CACHE,
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "BUG: KFENCE: invalid (read|write) in " FUNC,
        .text = "KFENCE: invalid $1 in $F",
        .alt = "bad-access in $F",
        .frames = {"BUG: KFENCE: .* in " FUNC, STACK},
        .skip = PAGE_CACHE,
    },
    {
        .title = "BUG: KFENCE: memory corruption in " FUNC,
        .text = "KFENCE: memory corruption in $F",
        .frames = {"BUG: KFENCE: .* in " FUNC, STACK},
        .skip = PAGE_CACHE,
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "BUG: (?:unable to handle (?:kernel paging request|page fault for address)"
                 "|Unable to handle kernel (?:data access|instruction fetch|paging request))",
        .text = "BUG: unable to handle kernel paging request in $F",
        .alt = "bad-access in $F",
        .frames = {RIP, CALL_TRACE, STACK},
    },
    {
        .title = "BUG: (?:unable to handle )?[Kk]ernel NULL pointer dereference",
        .text = "BUG: unable to handle kernel NULL pointer dereference in $F",
        .alt = "bad-access in $F",
        .frames = {RIP, CALL_TRACE, STACK},
    },
    {
        /* The rest of the line was lost. */
        .title = "BUG: [Uu]nable to handle kernel",
        .text = "BUG: unable to handle kernel",
        .flags = ALWAYS_CORRUPTED,
    },
    {
        .title = "BUG: (spinlock|rwlock) (lockup suspected|already unlocked|recursion"
                 "|cpu recursion|bad magic|wrong owner|wrong CPU|trylock failure on UP)",
        .text = "BUG: $1 $2 in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "spin_|_lock|_unlock",
    },
    {
        .title = "BUG: soft lockup",
        .text = "BUG: soft lockup in $F",
        .alt = "stall in $F",
        .frames = {RIP, CALL_TRACE, STACK},
        .pick = PICK_STALL,
    },
    {
        .title = "BUG: .*still has locks held!",
        .report = "BUG: .*still has locks held!" LATER PC " +" FUNC,
        .text = "BUG: still has locks held in $1",
    },
    {
        .title = "BUG: scheduling while atomic",
        .text = "BUG: scheduling while atomic in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "schedule",
    },
    {
        .title = "BUG: lock held when returning to user space",
        .report = "BUG: lock held when returning to user space" LATER
                  "leaving the kernel with locks still held" LATER AT,
        .text = "BUG: lock held when returning to user space in $1",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "BUG: bad unlock balance detected!",
        .text = "BUG: bad unlock balance in $F",
        .frames = {PC " +" FUNC, CALL_TRACE, STACK},
    },
    {
        .title = "BUG: held lock freed!",
        .report = "BUG: held lock freed!" LATER PC " +" FUNC,
        .text = "BUG: held lock freed in $1",
    },
    {
        .title = "BUG: Bad rss-counter state",
        .text = "BUG: Bad rss-counter state",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "BUG: non-zero (nr_ptes|nr_pmds|pgtables_bytes) on freeing mm",
        .text = "BUG: non-zero $1 on freeing mm",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "BUG: workqueue lockup",
        .text = "BUG: workqueue lockup",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "BUG: Dentry .* still in use \\([0-9]+\\) \\[unmount of ([^\\]]+)\\]",
        .text = "BUG: Dentry still in use in unmount",
        .alt = "BUG: Dentry still in use [unmount of $1]",
    },
    {
        .title = "BUG: Bad page (state|cache)",
        .text = "BUG: Bad page $1 in $F",
        .frames = {"page last allocated", STACK},
        .skip = "(?:free|put|get|update|release)_page|free_unref|^_*folio"
                "|truncate_inode_pages|page_frag_free|alloc|vmap|page_owner|" PAGE_CACHE,
    },
    {
        .title = "BUG: Bad page map",
        .text = "BUG: Bad page map",
    },
    {
        .title = "BUG: sleeping function called from invalid context at ",
        .text = "BUG: sleeping function called from invalid context in $F",
        .frames = {CALL_TRACE, STACK},
    },
    {
        .title = "BUG: using ([a-z0-9_]+)\\(\\) in preemptible",
        .text = "BUG: using $1() in preemptible code in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "dump_stack|preemption|preempt|debug_|processor_id|this_cpu",
    },
    {
        .title = "BUG: workqueue leaked lock or atomic",
        .report = "BUG: workqueue leaked lock or atomic" LATER "last function: ([a-zA-Z0-9_]+)",
        .text = "BUG: workqueue leaked lock or atomic in $1",
        .flags = NEEDS_NO_STACK,
    },
    {
        .title = "BUG: memory leak",
        .text = "memory leak in $F",
        .frames = {"backtrace(?: \\(crc [0-9a-f]+\\))?:", STACK},
        .skip = "kmemleak|mmap|kmem|slab|alloc|create_object|idr_get|list_lru_init"
                "|kv?asprintf|pcpu_create|strdup|strndup|memdup",
    },
    {
        .title = "BUG: .*stack guard page was hit at",
        .text = "BUG: stack guard page was hit in $F",
        .alt = "stack-overflow in $F",
        .frames = {RIP, CALL_TRACE, STACK},
        .pick = PICK_STALL,
    },
    {
        .title = "BUG: Invalid wait context",
        .text = "WARNING: locking bug in $F",
        .frames = {CALL_TRACE, STACK},
        .skip = "lock_sock|release_sock",
    },
    {
        .title = "BUG:\\s*(?:\\n|\\z)",
        .text = "BUG: corrupted",
        .flags = ALWAYS_CORRUPTED,
    },
    {0},
};
