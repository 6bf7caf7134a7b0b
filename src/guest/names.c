/* SPDX-License-Identifier: Apache-2.0
 * Numbers of Linux on x86-64, and how its headers call them. What is missing here is shown as a
 * number. Words stand in the order of their numbers, "-" where there is none.
 */
#include "guest/names.h"

#include <string.h>

#include "guest/init/shapes.h"
#include "guest/init/words.h"

#define BPF_COMMAND_MAP_CREATE 0
#define FAMILY_NETLINK         16

typedef struct Names {
    ShapeSense sense;
    guint32 first; /* number of the first word */
    const char *prefix;
    const char *words;
} Names;

/* Debian 12's headers end at set_mempolicy_home_node; the rest is of Linux 6.17. */
static const Names system_calls[] = {
    {0, 0, "",
     "read write open close stat fstat lstat poll lseek mmap mprotect munmap brk "
     "rt_sigaction rt_sigprocmask rt_sigreturn ioctl pread64 pwrite64 readv writev access "
     "pipe select sched_yield mremap msync mincore madvise shmget shmat shmctl dup dup2 "
     "pause nanosleep getitimer alarm setitimer getpid sendfile socket connect accept "
     "sendto recvfrom sendmsg recvmsg shutdown bind listen getsockname getpeername "
     "socketpair setsockopt getsockopt clone fork vfork execve exit wait4 kill uname "
     "semget semop semctl shmdt msgget msgsnd msgrcv msgctl fcntl flock fsync fdatasync "
     "truncate ftruncate getdents getcwd chdir fchdir rename mkdir rmdir creat link unlink "
     "symlink readlink chmod fchmod chown fchown lchown umask gettimeofday getrlimit "
     "getrusage sysinfo times ptrace getuid syslog getgid setuid setgid geteuid getegid "
     "setpgid getppid getpgrp setsid setreuid setregid getgroups setgroups setresuid "
     "getresuid setresgid getresgid getpgid setfsuid setfsgid getsid capget capset "
     "rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_sigsuspend sigaltstack utime mknod "
     "uselib personality ustat statfs fstatfs sysfs getpriority setpriority sched_setparam "
     "sched_getparam sched_setscheduler sched_getscheduler sched_get_priority_max "
     "sched_get_priority_min sched_rr_get_interval mlock munlock mlockall munlockall "
     "vhangup modify_ldt pivot_root _sysctl prctl arch_prctl adjtimex setrlimit chroot "
     "sync acct settimeofday mount umount2 swapon swapoff reboot sethostname setdomainname "
     "iopl ioperm create_module init_module delete_module get_kernel_syms query_module "
     "quotactl nfsservctl getpmsg putpmsg afs_syscall tuxcall security gettid readahead "
     "setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr "
     "flistxattr removexattr lremovexattr fremovexattr tkill time futex sched_setaffinity "
     "sched_getaffinity set_thread_area io_setup io_destroy io_getevents io_submit "
     "io_cancel get_thread_area lookup_dcookie epoll_create epoll_ctl_old epoll_wait_old "
     "remap_file_pages getdents64 set_tid_address restart_syscall semtimedop fadvise64 "
     "timer_create timer_settime timer_gettime timer_getoverrun timer_delete clock_settime "
     "clock_gettime clock_getres clock_nanosleep exit_group epoll_wait epoll_ctl tgkill "
     "utimes vserver mbind set_mempolicy get_mempolicy mq_open mq_unlink mq_timedsend "
     "mq_timedreceive mq_notify mq_getsetattr kexec_load waitid add_key request_key keyctl "
     "ioprio_set ioprio_get inotify_init inotify_add_watch inotify_rm_watch migrate_pages "
     "openat mkdirat mknodat fchownat futimesat newfstatat unlinkat renameat linkat "
     "symlinkat readlinkat fchmodat faccessat pselect6 ppoll unshare set_robust_list "
     "get_robust_list splice tee sync_file_range vmsplice move_pages utimensat epoll_pwait "
     "signalfd timerfd_create eventfd fallocate timerfd_settime timerfd_gettime accept4 "
     "signalfd4 eventfd2 epoll_create1 dup3 pipe2 inotify_init1 preadv pwritev "
     "rt_tgsigqueueinfo perf_event_open recvmmsg fanotify_init fanotify_mark prlimit64 "
     "name_to_handle_at open_by_handle_at clock_adjtime syncfs sendmmsg setns getcpu "
     "process_vm_readv process_vm_writev kcmp finit_module sched_setattr sched_getattr "
     "renameat2 seccomp getrandom memfd_create kexec_file_load bpf execveat userfaultfd "
     "membarrier mlock2 copy_file_range preadv2 pwritev2 pkey_mprotect pkey_alloc "
     "pkey_free statx io_pgetevents rseq"},
    {0, 424, "",
     "pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree "
     "move_mount fsopen fsconfig fsmount fspick pidfd_open clone3 close_range openat2 "
     "pidfd_getfd faccessat2 process_madvise epoll_pwait2 mount_setattr quotactl_fd "
     "landlock_create_ruleset landlock_add_rule landlock_restrict_self memfd_secret "
     "process_mrelease futex_waitv set_mempolicy_home_node cachestat fchmodat2 "
     "map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount "
     "lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat "
     "listxattrat removexattrat open_tree_attr file_getattr file_setattr"},
};

static const Names names[] = {
    {SENSE_FAMILY, 0, "AF_",
     "UNSPEC UNIX INET AX25 IPX APPLETALK NETROM BRIDGE ATMPVC X25 INET6 ROSE DECnet "
     "NETBEUI SECURITY KEY NETLINK PACKET ASH ECONET ATMSVC RDS SNA IRDA PPPOX WANPIPE LLC "
     "IB MPLS CAN TIPC BLUETOOTH IUCV RXRPC ISDN PHONET IEEE802154 CAIF ALG NFC VSOCK KCM "
     "QIPCRTR SMC XDP MCTP"},
    {SENSE_TYPE, 1, "SOCK_", "STREAM DGRAM RAW RDM SEQPACKET DCCP - - - PACKET"},
    {SENSE_NETLINK, 0, "NETLINK_",
     "ROUTE UNUSED USERSOCK FIREWALL SOCK_DIAG NFLOG XFRM SELINUX ISCSI AUDIT FIB_LOOKUP "
     "CONNECTOR NETFILTER IP6_FW DNRTMSG KOBJECT_UEVENT GENERIC - SCSITRANSPORT ECRYPTFS "
     "RDMA CRYPTO SMC"},
    {SENSE_LEVEL, 0, "SOL_", "IP SOCKET"},
    {SENSE_LEVEL, 6, "SOL_", "TCP"},
    {SENSE_LEVEL, 17, "SOL_", "UDP"},
    {SENSE_LEVEL, 41, "SOL_", "IPV6"},
    {SENSE_LEVEL, 58, "SOL_", "ICMPV6"},
    {SENSE_LEVEL, 132, "SOL_", "SCTP"},
    {SENSE_LEVEL, 136, "SOL_", "UDPLITE"},
    {SENSE_LEVEL, 255, "SOL_", "RAW"},
    {SENSE_LEVEL, 261, "SOL_",
     "DECNET X25 PACKET ATM AAL IRDA NETBEUI LLC DCCP NETLINK TIPC RXRPC PPPOL2TP "
     "BLUETOOTH PNPIPE RDS IUCV CAIF ALG NFC KCM TLS XDP MPTCP MCTP SMC VSOCK"},
    {SENSE_BPF, 0, "BPF_",
     "MAP_CREATE MAP_LOOKUP_ELEM MAP_UPDATE_ELEM MAP_DELETE_ELEM MAP_GET_NEXT_KEY "
     "PROG_LOAD OBJ_PIN OBJ_GET PROG_ATTACH PROG_DETACH PROG_TEST_RUN PROG_GET_NEXT_ID "
     "MAP_GET_NEXT_ID PROG_GET_FD_BY_ID MAP_GET_FD_BY_ID OBJ_GET_INFO_BY_FD PROG_QUERY "
     "RAW_TRACEPOINT_OPEN BTF_LOAD BTF_GET_FD_BY_ID TASK_FD_QUERY "
     "MAP_LOOKUP_AND_DELETE_ELEM MAP_FREEZE BTF_GET_NEXT_ID MAP_LOOKUP_BATCH "
     "MAP_LOOKUP_AND_DELETE_BATCH MAP_UPDATE_BATCH MAP_DELETE_BATCH LINK_CREATE "
     "LINK_UPDATE LINK_GET_FD_BY_ID LINK_GET_NEXT_ID ENABLE_STATS ITER_CREATE LINK_DETACH "
     "PROG_BIND_MAP TOKEN_CREATE"},
    {SENSE_KEYCTL, 0, "KEYCTL_",
     "GET_KEYRING_ID JOIN_SESSION_KEYRING UPDATE REVOKE CHOWN SETPERM DESCRIBE CLEAR LINK "
     "UNLINK SEARCH READ INSTANTIATE NEGATE SET_REQKEY_KEYRING SET_TIMEOUT "
     "ASSUME_AUTHORITY GET_SECURITY SESSION_TO_PARENT REJECT INSTANTIATE_IOV INVALIDATE "
     "GET_PERSISTENT DH_COMPUTE PKEY_QUERY PKEY_ENCRYPT PKEY_DECRYPT PKEY_SIGN PKEY_VERIFY "
     "RESTRICT_KEYRING MOVE CAPABILITIES WATCH_KEY"},
    {SENSE_PRCTL, 0, "PR_",
     "- SET_PDEATHSIG GET_PDEATHSIG GET_DUMPABLE SET_DUMPABLE GET_UNALIGN "
     "SET_UNALIGN GET_KEEPCAPS SET_KEEPCAPS GET_FPEMU SET_FPEMU GET_FPEXC SET_FPEXC "
     "GET_TIMING SET_TIMING SET_NAME GET_NAME - - GET_ENDIAN SET_ENDIAN GET_SECCOMP "
     "SET_SECCOMP CAPBSET_READ CAPBSET_DROP GET_TSC SET_TSC GET_SECUREBITS SET_SECUREBITS "
     "SET_TIMERSLACK GET_TIMERSLACK TASK_PERF_EVENTS_DISABLE TASK_PERF_EVENTS_ENABLE "
     "MCE_KILL MCE_KILL_GET SET_MM SET_CHILD_SUBREAPER GET_CHILD_SUBREAPER "
     "SET_NO_NEW_PRIVS GET_NO_NEW_PRIVS GET_TID_ADDRESS SET_THP_DISABLE GET_THP_DISABLE - "
     "- SET_FP_MODE GET_FP_MODE CAP_AMBIENT - - SVE_SET_VL SVE_GET_VL GET_SPECULATION_CTRL "
     "SET_SPECULATION_CTRL PAC_RESET_KEYS SET_TAGGED_ADDR_CTRL GET_TAGGED_ADDR_CTRL "
     "SET_IO_FLUSHER GET_IO_FLUSHER SET_SYSCALL_USER_DISPATCH PAC_SET_ENABLED_KEYS "
     "PAC_GET_ENABLED_KEYS SCHED_CORE SME_SET_VL SME_GET_VL"},
    {SENSE_FCNTL, 0, "F_",
     "DUPFD GETFD SETFD GETFL SETFL GETLK SETLK SETLKW SETOWN GETOWN SETSIG GETSIG - - - "
     "SETOWN_EX GETOWN_EX"},
    {SENSE_FCNTL, 1024, "F_",
     "SETLEASE GETLEASE NOTIFY - - CANCELLK DUPFD_CLOEXEC SETPIPE_SZ GETPIPE_SZ ADD_SEALS "
     "GET_SEALS GET_RW_HINT SET_RW_HINT GET_FILE_RW_HINT SET_FILE_RW_HINT"},
    {SENSE_FUTEX, 0, "FUTEX_",
     "WAIT WAKE FD REQUEUE CMP_REQUEUE WAKE_OP LOCK_PI UNLOCK_PI TRYLOCK_PI WAIT_BITSET "
     "WAKE_BITSET WAIT_REQUEUE_PI CMP_REQUEUE_PI LOCK_PI2"},
    {SENSE_URING, 0, "IORING_",
     "REGISTER_BUFFERS UNREGISTER_BUFFERS REGISTER_FILES UNREGISTER_FILES REGISTER_EVENTFD "
     "UNREGISTER_EVENTFD REGISTER_FILES_UPDATE REGISTER_EVENTFD_ASYNC REGISTER_PROBE "
     "REGISTER_PERSONALITY UNREGISTER_PERSONALITY REGISTER_RESTRICTIONS "
     "REGISTER_ENABLE_RINGS REGISTER_FILES2 REGISTER_FILES_UPDATE2 REGISTER_BUFFERS2 "
     "REGISTER_BUFFERS_UPDATE REGISTER_IOWQ_AFF UNREGISTER_IOWQ_AFF "
     "REGISTER_IOWQ_MAX_WORKERS REGISTER_RING_FDS UNREGISTER_RING_FDS REGISTER_PBUF_RING "
     "UNREGISTER_PBUF_RING REGISTER_SYNC_CANCEL REGISTER_FILE_ALLOC_RANGE"},
    {SENSE_PTRACE, 0, "PTRACE_",
     "TRACEME PEEKTEXT PEEKDATA PEEKUSER POKETEXT POKEDATA POKEUSER CONT KILL SINGLESTEP - "
     "- GETREGS SETREGS GETFPREGS SETFPREGS ATTACH DETACH GETFPXREGS SETFPXREGS - "
     "OLDSETOPTIONS - - SYSCALL GET_THREAD_AREA SET_THREAD_AREA - - - ARCH_PRCTL SYSEMU "
     "SYSEMU_SINGLESTEP SINGLEBLOCK"},
    {SENSE_PTRACE, 16896, "PTRACE_",
     "SETOPTIONS GETEVENTMSG GETSIGINFO SETSIGINFO GETREGSET SETREGSET SEIZE INTERRUPT "
     "LISTEN PEEKSIGINFO GETSIGMASK SETSIGMASK SECCOMP_GET_FILTER SECCOMP_GET_METADATA "
     "GET_SYSCALL_INFO GET_RSEQ_CONFIGURATION"},
};

/* For BPF_MAP_CREATE and BPF_PROG_LOAD. */
static const Names map_types = {
    SENSE_BPF_TYPE, 0, "BPF_MAP_TYPE_",
    "UNSPEC HASH ARRAY PROG_ARRAY PERF_EVENT_ARRAY PERCPU_HASH PERCPU_ARRAY STACK_TRACE "
    "CGROUP_ARRAY LRU_HASH LRU_PERCPU_HASH LPM_TRIE ARRAY_OF_MAPS HASH_OF_MAPS DEVMAP "
    "SOCKMAP CPUMAP XSKMAP SOCKHASH CGROUP_STORAGE REUSEPORT_SOCKARRAY "
    "PERCPU_CGROUP_STORAGE QUEUE STACK SK_STORAGE DEVMAP_HASH STRUCT_OPS RINGBUF "
    "INODE_STORAGE TASK_STORAGE BLOOM_FILTER USER_RINGBUF CGRP_STORAGE ARENA"};
static const Names program_types = {
    SENSE_BPF_TYPE, 0, "BPF_PROG_TYPE_",
    "UNSPEC SOCKET_FILTER KPROBE SCHED_CLS SCHED_ACT TRACEPOINT XDP PERF_EVENT CGROUP_SKB "
    "CGROUP_SOCK LWT_IN LWT_OUT LWT_XMIT SOCK_OPS SK_SKB CGROUP_DEVICE SK_MSG "
    "RAW_TRACEPOINT CGROUP_SOCK_ADDR LWT_SEG6LOCAL LIRC_MODE2 SK_REUSEPORT FLOW_DISSECTOR "
    "CGROUP_SYSCTL RAW_TRACEPOINT_WRITABLE CGROUP_SOCKOPT TRACING STRUCT_OPS EXT LSM "
    "SK_LOOKUP SYSCALL NETFILTER"};

/* The next word of @words and its length, in *ret_n; NULL behind the last one. */
static const char *next_word(const char *words, gsize *ret_n)
{
    words += *words == ' ';
    *ret_n = strcspn(words, " ");
    return *ret_n ? words : NULL;
}

/* A word of @table, or NULL. Owned by the caller. Nothing is copied on the way: a guest may send
 * calls as fast as it can. */
static char *word_of(const Names *table, guint64 number)
{
    gsize n = 0;
    const char *word = number < table->first ? NULL : next_word(table->words, &n);

    for (guint64 i = table->first; word && i < number; i++) {
        word = next_word(word + n, &n);
    }
    return word && *word != '-' ? g_strdup_printf("%s%.*s", table->prefix, (int)n, word) : NULL;
}

static char *find_word(ShapeSense sense, guint64 number)
{
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *word = names[i].sense == sense ? word_of(&names[i], number) : NULL;

        if (word) {
            return g_steal_pointer(&word);
        }
    }
    return NULL;
}

/* @before: the number of the item before it. */
static char *number_name(ShapeSense sense, guint64 number, guint64 before)
{
    char *word = NULL;

    if (sense == SENSE_BPF_TYPE) {
        word = word_of(before == BPF_COMMAND_MAP_CREATE ? &map_types : &program_types, number);
    } else if (sense == SENSE_NETLINK && before != FAMILY_NETLINK) {
        sense = SENSE_NUMBER;
    } else {
        word = find_word(sense, number);
    }
    if (word) {
        return word;
    }
    return sense == SENSE_HEX || sense == SENSE_NAMESPACES
               ? g_strdup_printf("0x%" G_GINT64_MODIFIER "x", number)
               : g_strdup_printf("%" G_GUINT64_FORMAT, number);
}

static char *call_name(guint32 number)
{
    for (guint i = 0; i < G_N_ELEMENTS(system_calls); i++) {
        char *word = word_of(&system_calls[i], number);

        if (word) {
            return word;
        }
    }
    if (number == UNKNOWN_CALL) {
        return g_strdup("syscall_unknown");
    }
    return number >= FOREIGN_CALLS ? g_strdup_printf("i386_%u", number - FOREIGN_CALLS)
                                   : g_strdup_printf("syscall_%u", number);
}

char *names_of_call(guint32 number, const char *items)
{
    const Shape *shape = shape_of(number);
    g_autofree char *call = call_name(number);
    g_autoptr(GString) name = g_string_new(call);
    guint64 value = 0, first = 0;

    if (strcmp(items, NO_ITEMS) == 0) {
        return g_string_free(g_steal_pointer(&name), FALSE);
    }
    g_auto(GStrv) words = g_strsplit(items, ",", SHAPE_ITEMS);
    for (guint i = 0; words[i]; i++) {
        g_autofree char *word = NULL;

        g_string_append(name, i ? ", " : "(");
        if (shape && shape->items[i].read >= READ_VALUE && shape->items[i].read < READ_STRING &&
            g_ascii_string_to_unsigned(words[i], 10, 0, G_MAXUINT64, &value, NULL)) {
            word = number_name((ShapeSense)shape->items[i].sense, value, first);
            first = i ? first : value;
        } else if (words[i][0] == '"') {
            word = g_strconcat(words[i], "\"", NULL);
        }
        g_string_append(name, word ? word : words[i]);
    }
    g_string_append_c(name, ')');
    return g_string_free(g_steal_pointer(&name), FALSE);
}

int names_unknown(const char *name)
{
    gsize n_call = strcspn(name, "(");

    for (guint i = 0; i < G_N_ELEMENTS(system_calls); i++) {
        guint32 number = system_calls[i].first;
        gsize n;

        for (const char *word = system_calls[i].words; (word = next_word(word, &n)); word += n) {
            if (n == n_call && strncmp(word, name, n) == 0) {
                const Shape *shape = shape_of(number);

                return shape ? shape->unknown : 0;
            }
            number++;
        }
    }
    return 0;
}
