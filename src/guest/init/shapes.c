/* SPDX-License-Identifier: Apache-2.0
 * The table, and nothing else: compiled into PID 1 and into the host.
 */
#include "shapes.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define FAMILY(i)                                                                                  \
    {                                                                                              \
        READ_VALUE, i, SENSE_FAMILY                                                                \
    }
#define TYPE(i)                                                                                    \
    {                                                                                              \
        READ_VALUE, i, SENSE_TYPE, 0, SOCK_NONBLOCK | SOCK_CLOEXEC                                 \
    }
#define PROTOCOL(i)                                                                                \
    {                                                                                              \
        READ_VALUE, i, SENSE_NETLINK, 1                                                            \
    }
#define NUMBER(i)                                                                                  \
    {                                                                                              \
        READ_VALUE, i, SENSE_NUMBER                                                                \
    }
#define HEX(i)                                                                                     \
    {                                                                                              \
        READ_VALUE, i, SENSE_HEX                                                                   \
    }
#define FLAGS(i)                                                                                   \
    {                                                                                              \
        READ_VALUE, i, SENSE_HEX, 1                                                                \
    }
#define VALUE(i, what)                                                                             \
    {                                                                                              \
        READ_VALUE, i, SENSE_##what                                                                \
    }
#define STRING(i)                                                                                  \
    {                                                                                              \
        READ_STRING, i                                                                             \
    }
#define PATH(i)                                                                                    \
    {                                                                                              \
        READ_PATH, i                                                                               \
    }
#define ADDRESS(i)                                                                                 \
    {                                                                                              \
        READ_U16, i, SENSE_FAMILY                                                                  \
    }
#define SPACES(i)                                                                                  \
    {                                                                                              \
        READ_VALUE, i, SENSE_NAMESPACES, 1, (uint32_t)~NAMESPACES                                  \
    }

#define NAMESPACES                                                                                 \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET)
/* FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME */
#define FUTEX_FLAGS 0x180
/* IPC_64, which the C library adds */
#define IPC_FLAGS 0x100
/* SUBCMDSHIFT: below it is the kind of quota */
#define QUOTA_KIND 0xff
/* IORING_REGISTER_USE_REGISTERED_RING */
#define URING_FLAGS 0x80000000U

static const Shape shapes[] = {
    /* clang-format off */
    [SYS_open] = {{PATH(0)}, 0},
    [SYS_openat] = {{PATH(1)}, 0},
    [SYS_openat2] = {{PATH(1)}, 0},
    [SYS_stat] = {{PATH(0)}, 0},
    [SYS_access] = {{PATH(0)}, 0},
    [SYS_ioctl] = {{HEX(1)}, ENOTTY},
    [SYS_fcntl] = {{VALUE(1, FCNTL)}, EINVAL},

    [SYS_socket] = {{FAMILY(0), TYPE(1), PROTOCOL(2)}, EINVAL},
    [SYS_socketpair] = {{FAMILY(0), TYPE(1), PROTOCOL(2)}, EOPNOTSUPP},
    /* An algorithm's name is part of the address of AF_ALG. */
    [SYS_bind] = {{ADDRESS(1)}, ENOENT},
    [SYS_connect] = {{ADDRESS(1)}, 0},
    [SYS_setsockopt] = {{VALUE(1, LEVEL), VALUE(2, OPTION)}, ENOENT},
    [SYS_getsockopt] = {{VALUE(1, LEVEL), VALUE(2, OPTION)}, 0},

    [SYS_mount] = {{STRING(2)}, ENODEV},
    [SYS_fsopen] = {{STRING(0)}, ENODEV},
    [SYS_fsconfig] = {{NUMBER(1)}, EOPNOTSUPP},
    [SYS_quotactl] = {{{READ_VALUE, 0, SENSE_HEX, 0, QUOTA_KIND}}, 0},

    [SYS_clone] = {{SPACES(0)}, EINVAL},
    [SYS_unshare] = {{HEX(0)}, EINVAL},
    [SYS_setns] = {{HEX(1)}, EINVAL},
    [SYS_prctl] = {{VALUE(0, PRCTL)}, EINVAL},
    [SYS_arch_prctl] = {{HEX(0)}, EINVAL},
    [SYS_personality] = {{HEX(0)}, 0},
    [SYS_seccomp] = {{NUMBER(0)}, EINVAL},
    [SYS_ptrace] = {{VALUE(0, PTRACE)}, EIO},

    [SYS_bpf] = {{VALUE(0, BPF), {READ_BPF, 1, SENSE_BPF_TYPE}}, EINVAL},
    [SYS_perf_event_open] = {{{READ_U32, 0, SENSE_NUMBER}}, ENOENT},
    [SYS_userfaultfd] = {{FLAGS(0)}, EINVAL},
    [SYS_membarrier] = {{NUMBER(0)}, EINVAL},
    [SYS_io_uring_register] = {{{READ_VALUE, 1, SENSE_URING, 0, URING_FLAGS}}, EINVAL},

    [SYS_add_key] = {{STRING(0)}, ENODEV},
    [SYS_request_key] = {{STRING(0)}, 0},
    [SYS_keyctl] = {{VALUE(0, KEYCTL)}, EOPNOTSUPP},

    [SYS_futex] = {{{READ_VALUE, 1, SENSE_FUTEX, 0, FUTEX_FLAGS}}, ENOSYS},
    [SYS_semctl] = {{{READ_VALUE, 2, SENSE_NUMBER, 0, IPC_FLAGS}}, 0},
    [SYS_shmctl] = {{{READ_VALUE, 1, SENSE_NUMBER, 0, IPC_FLAGS}}, 0},
    [SYS_msgctl] = {{{READ_VALUE, 1, SENSE_NUMBER, 0, IPC_FLAGS}}, 0},
    [SYS_epoll_ctl] = {{NUMBER(1)}, 0},
    [SYS_madvise] = {{NUMBER(2)}, EINVAL},
    [SYS_timer_create] = {{NUMBER(0)}, EINVAL},
    [SYS_timerfd_create] = {{NUMBER(0)}, EINVAL},
    [SYS_memfd_create] = {{FLAGS(1)}, EINVAL},
    [SYS_syslog] = {{NUMBER(0)}, 0},
    /* clang-format on */
};

const Shape *shape_of(uint32_t number)
{
    return number < sizeof shapes / sizeof *shapes && shapes[number].items[0].read != READ_NOTHING
               ? &shapes[number]
               : NULL;
}
