/* SPDX-License-Identifier: Apache-2.0
 * Classes of crashes, by the beginning of their title.
 */
#include "oops/reader.h"

#include <string.h>

/* The first that fits; what is more special comes first. "*" is anything. */
static const struct {
    const char *prefix, *type;
} types[] = {
    {"KFENCE: use-after-free write", "KFENCE-USE-AFTER-FREE-WRITE"},
    {"KFENCE: use-after-free read", "KFENCE-USE-AFTER-FREE-READ"},
    {"KFENCE: invalid write", "KFENCE-WRITE"},
    {"KFENCE: out-of-bounds write", "KFENCE-WRITE"},
    {"KFENCE: invalid read", "KFENCE-READ"},
    {"KFENCE: out-of-bounds read", "KFENCE-READ"},
    {"KFENCE: memory corruption", "KFENCE-MEMORY-CORRUPTION"},
    {"KFENCE: invalid free", "KFENCE-INVALID-FREE"},
    {"KFENCE:", "KFENCE-UNKNOWN"},
    {"KMSAN: uninit-value", "KMSAN-UNINIT-VALUE"},
    {"KMSAN: use-after-free", "KMSAN-USE-AFTER-FREE-READ"},
    {"KMSAN: slab-use-after-free", "KMSAN-USE-AFTER-FREE-READ"},
    {"KMSAN: kernel-infoleak", "KMSAN-INFO-LEAK"},
    {"KMSAN: kernel-usb-infoleak", "KMSAN-INFO-LEAK"},
    {"KMSAN: kernel-net-infoleak", "KMSAN-INFO-LEAK"},
    {"KMSAN:", "KMSAN-UNKNOWN"},
    {"KASAN: null-ptr-deref Write", "KASAN-NULL-POINTER-DEREFERENCE-WRITE"},
    {"KASAN: null-ptr-deref", "KASAN-NULL-POINTER-DEREFERENCE-READ"},
    {"BUG: unable to handle kernel NULL pointer dereference in", "NULL-POINTER-DEREFERENCE"},
    {"KASAN: double-free or invalid-free", "KASAN-INVALID-FREE"},
    {"KASAN: invalid-free", "KASAN-INVALID-FREE"},
    {"KASAN: double-free", "KASAN-INVALID-FREE"},
    {"KASAN: slab-use-after-free Write", "KASAN-USE-AFTER-FREE-WRITE"},
    {"KASAN: slab-use-after-free", "KASAN-USE-AFTER-FREE-READ"},
    {"KASAN: use-after-free Write", "KASAN-USE-AFTER-FREE-WRITE"},
    {"KASAN: use-after-free", "KASAN-USE-AFTER-FREE-READ"},
    {"KASAN: * Write", "KASAN-WRITE"},
    {"KASAN: * Read", "KASAN-READ"},
    {"KASAN: unknown-crash", "KASAN-READ"},
    {"KASAN: *out-of-bounds", "KASAN-READ"},
    {"KASAN: wild-memory-access", "KASAN-READ"},
    {"KASAN: user-memory-access", "KASAN-READ"},
    {"KASAN:", "KASAN-UNKNOWN"},
    {"BUG: corrupted list", "MEMORY_SAFETY_BUG"},
    {"BUG: unable to handle kernel paging request", "MEMORY_SAFETY_BUG"},
    {"BUG: unable to handle kernel write to", "MEMORY_SAFETY_BUG"},
    {"BUG: unable to handle kernel read from", "MEMORY_SAFETY_BUG"},
    {"BUG: unable to handle kernel execut", "MEMORY_SAFETY_BUG"},
    {"BUG: unable to handle kernel pointer dereference", "MEMORY_SAFETY_BUG"},
    {"CFI failure in", "MEMORY_SAFETY_BUG"},
    {"WARNING: refcount bug", "REFCOUNT_WARNING"},
    {"UBSAN: array-index", "MEMORY_SAFETY_UBSAN"},
    {"UBSAN:", "UBSAN"},
    {"KCSAN: data-race", "KCSAN-DATARACE"},
    {"KCSAN: assert", "KCSAN-ASSERT"},
    {"KCSAN:", "KCSAN-UNKNOWN"},
    {"BUG: bad unlock balance in", "LOCKDEP"},
    {"BUG: held lock freed in", "LOCKDEP"},
    {"BUG: rwlock", "LOCKDEP"},
    {"BUG: spinlock", "LOCKDEP"},
    {"BUG: still has locks held in", "LOCKDEP"},
    {"BUG: using", "LOCKDEP"},
    {"WARNING: bad unlock balance in", "LOCKDEP"},
    {"WARNING: held lock freed in", "LOCKDEP"},
    {"WARNING: lock held", "LOCKDEP"},
    {"WARNING: locking bug in", "LOCKDEP"},
    {"WARNING: nested lock", "LOCKDEP"},
    {"WARNING: still has locks held in", "LOCKDEP"},
    {"WARNING: suspicious RCU usage in", "LOCKDEP"},
    {"inconsistent lock state in", "LOCKDEP"},
    {"possible deadlock in", "LOCKDEP"},
    {"BUG: scheduling while atomic in", "ATOMIC_SLEEP"},
    {"BUG: sleeping function called from invalid context in", "ATOMIC_SLEEP"},
    {"memory leak in", "LEAK"},
    {"BUG: bad usercopy in", "BUG"},
    {"kernel BUG", "BUG"},
    {"WARNING in", "WARNING"},
    {"BUG: stack guard page", "UNKNOWN"},
    {"WARNING: corrupted", "UNKNOWN"},
    {"WARNING: kernel stack", "UNKNOWN"},
    {"BUG: hard lockup in", "HANG"},
    {"BUG: soft lockup in", "HANG"},
    {"INFO: rcu detected stall in", "HANG"},
    {"INFO: task can't die in", "HANG"},
    {"INFO: task hung in", "HANG"},
    {"BUG: Object already free", "DoS"},
    {"Alignment trap in", "DoS"},
    {"Internal error in", "DoS"},
    {"PANIC: double fault", "DoS"},
    {"Unhandled fault in", "DoS"},
    {"VFS: Busy inodes after unmount (use-after-free)", "DoS"},
    {"VFS: Close: file count is zero (use-after-free)", "DoS"},
    {"divide error in", "DoS"},
    {"general protection fault in", "DoS"},
    {"alignment check in", "DoS"},
    {"go runtime error", "DoS"},
    {"int3 in", "DoS"},
    {"invalid opcode in", "DoS"},
    {"kernel panic:", "DoS"},
    {"kernel stack overflow in", "DoS"},
    {"panic:", "DoS"},
    {"stack segment fault in", "DoS"},
    {"trusty:", "DoS"},
    {"unregister_netdevice: waiting for DEV to become free", "DoS"},
    {"unexpected kernel reboot", "REBOOT"},
    {"SYZFAIL:", "SYZ_FAILURE"},
    {"SYZFATAL:", "SYZ_FAILURE"},
    {"WARNING:", "WARNING"},
    {"BUG:", "UNKNOWN"},
    {"INFO:", "UNKNOWN"},
    {"* exception in", "DoS"},
    {"* instruction in", "DoS"},
};

/* Does @title begin as @prefix says? */
static gboolean begins_as(const char *title, const char *prefix)
{
    const char *star = strchr(prefix, '*');
    gsize n = star ? (gsize)(star - prefix) : strlen(prefix);

    if (strncmp(title, prefix, n) != 0) {
        return FALSE;
    }
    /* What stands behind a "*" comes anywhere later; the first place is as good as any other. */
    for (title += n; star; title += n) {
        const char *word = star + 1;

        star = strchr(word, '*');
        n = star ? (gsize)(star - word) : strlen(word);
        title = memmem(title, strlen(title), word, n);
        if (!title) {
            return FALSE;
        }
    }
    return TRUE;
}

const char *title_type(const char *title)
{
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (begins_as(title, types[i].prefix)) {
            return types[i].type;
        }
    }
    return "UNKNOWN";
}

gboolean oops_is_hang(const char *title)
{
    /* What is said of a machine, not by it: guest/outcome.c, and syzkaller's words. */
    return g_str_equal(title_type(title), "HANG") ||
           begins_as(title, "no output from test machine");
}
