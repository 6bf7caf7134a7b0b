/* SPDX-License-Identifier: Apache-2.0
 * The tracer follows by PTRACE_SEIZE, and needs no list of whom it traces: each stop says of itself
 * what it is, and to let everybody go is to detach each at its next stop. A task that never stops
 * again makes no calls, and so costs nothing.
 *
 * What call a task is in is remembered by its pid, in a table of fixed size. New rows are told
 * before the task goes on (tally.h), counts every TRACE_POKE_MS.
 *
 * The cost is two stops a call, each three system calls of ours and two switches of context.
 */
#include "trace.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

#include "port.h"
#include "shapes.h"

#define NO_REQUEST    (-1) /* it stays where it is */
#define STRING_MAX    48
#define STACK_SIZE    (128 << 10)
#define STOP_LIMIT_MS 1000
/* What the kernel answers when a call is to be made again after a signal (include/linux/errno.h);
 * no program sees it. */
#define ERESTART_FIRST 512
#define ERESTART_LAST  516

#define OPTIONS                                                                                    \
    (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |      \
     PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

enum { STATE_STARTING, STATE_TRACING, STATE_REFUSED };

typedef struct __ptrace_syscall_info CallInfo;

/* Good enough for our limits, and never asks the hardware: under TCG that costs as much as a stop.
 */
static long long coarse_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void tell_all(Trace *trace)
{
    tally_tell(&trace->tally);
    trace->next_flush_ms = coarse_ms() + TRACE_POKE_MS;
}

static TracePending *pending_of(Trace *trace, pid_t pid)
{
    return &trace->pending[(unsigned)pid % TRACE_PENDING];
}

/* Read up to @n_bytes of the task's memory, to the end of a string if @is_string. Word by word,
 * since the next page may not be there. Returns how many could be read. */
static size_t read_memory(Trace *trace, pid_t pid, uint64_t address, bool is_string, char *bytes,
                          size_t n_bytes)
{
    size_t n = 0;

    while (n < n_bytes && !trace->leaves_memory_alone) {
        size_t n_skip = (address + n) % sizeof(long);
        errno = 0;
        long word = ptrace(PTRACE_PEEKDATA, pid, address + n - n_skip, NULL);
        size_t n_part = sizeof word - n_skip < n_bytes - n ? sizeof word - n_skip : n_bytes - n;

        if (errno) {
            break;
        }
        memcpy(bytes + n, (const char *)&word + n_skip, n_part);
        if (is_string && memchr(bytes + n, '\0', n_part)) {
            return n + n_part;
        }
        n += n_part;
    }
    return n;
}

static bool starts_with(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* "/proc/123/maps" is "/proc/#/maps" in each run. */
static void hide_pid(char *path)
{
    char *begin = path + strlen("/proc/");
    size_t n_digits = strspn(begin, "0123456789");

    if (starts_with(path, "/proc/") && n_digits) {
        *begin = '#';
        memmove(begin + 1, begin + n_digits, strlen(begin + n_digits) + 1);
    }
}

/* A string as an item: printable, without what has a meaning in a line. Returns its length. */
static int format_string(Trace *trace, pid_t pid, uint64_t address, bool is_path, char *item,
                         size_t n_item)
{
    char text[STRING_MAX + 1] = "";

    if (!address || !read_memory(trace, pid, address, true, text, STRING_MAX)) {
        return 0;
    }
    if (is_path && !starts_with(text, "/dev/") && !starts_with(text, "/proc/") &&
        !starts_with(text, "/sys/")) {
        return 0;
    }
    hide_pid(text);
    for (char *c = text; *c; c++) {
        *c = *c > ' ' && *c < 127 && !strchr(",\"()\\", *c) ? *c : '?';
    }
    return snprintf(item, n_item, "\"%s", text);
}

/* One argument as an item. Returns its length, 0 when there is nothing to say. */
static int format_item(Trace *trace, pid_t pid, const ShapeItem *item, const uint64_t *args,
                       char *text, size_t n_text)
{
    uint64_t value = args[item->argument];
    uint16_t u16;
    uint32_t u32;

    switch ((ShapeRead)item->read) {
    case READ_STRING:
    case READ_PATH:
        return format_string(trace, pid, value, item->read == READ_PATH, text, n_text);
    case READ_U16:
        if (read_memory(trace, pid, value, false, (char *)&u16, sizeof u16) != sizeof u16) {
            return 0;
        }
        value = u16;
        break;
    case READ_BPF:
        if (args[0] != BPF_MAP_CREATE && args[0] != BPF_PROG_LOAD) {
            return 0;
        }
        __attribute__((fallthrough));
    case READ_U32:
        if (read_memory(trace, pid, value, false, (char *)&u32, sizeof u32) != sizeof u32) {
            return 0;
        }
        value = u32;
        break;
    case READ_VALUE:
    case READ_NOTHING:
        break;
    }
    /* The kernel looks at 32 bits of all these arguments. */
    uint32_t number = (uint32_t)value & ~item->but_bits;
    return item->optional && !number ? 0 : snprintf(text, n_text, "%u", number);
}

/* What makes this call a thing of its own. */
static void describe(Trace *trace, pid_t pid, uint32_t number, const uint64_t *args,
                     char items[TRACE_ITEMS_MAX + 1])
{
    const Shape *shape = shape_of(number);
    int n = 0;

    for (unsigned i = 0; shape && i < SHAPE_ITEMS && shape->items[i].read != READ_NOTHING; i++) {
        char *at = items + n;
        size_t n_left = TRACE_ITEMS_MAX + 1 - (size_t)n;
        int n_comma = n ? 1 : 0;
        int n_item =
            format_item(trace, pid, &shape->items[i], args, at + n_comma, n_left - (size_t)n_comma);

        if (!n_item || (size_t)n_comma + (size_t)n_item >= n_left) {
            break;
        }
        if (n_comma) {
            *at = ',';
        }
        n += n_comma + n_item;
    }
    items[n] = '\0';
    if (!n) {
        memcpy(items, NO_ITEMS, sizeof NO_ITEMS);
    }
}

static void enter(Trace *trace, pid_t pid, const CallInfo *info)
{
    bool is_foreign = info->arch != AUDIT_ARCH_X86_64;
    uint32_t number = (uint32_t)info->entry.nr;
    char items[TRACE_ITEMS_MAX + 1] = NO_ITEMS;
    uint64_t args[6];

    memcpy(args, info->entry.args, sizeof args);
    if (number >= TALLY_NUMBERS) {
        number = UNKNOWN_CALL;
    }
    if (is_foreign) {
        number += FOREIGN_CALLS;
    } else {
        /* Whose page faults are handled by a program, which we may have stopped. */
        trace->leaves_memory_alone |= number == SYS_userfaultfd;
        describe(trace, pid, number, args, items);
    }
    *pending_of(trace, pid) =
        (TracePending){pid, tally_count(&trace->tally, number, TALLY_ENTERED, items)};
}

static void leave(Trace *trace, pid_t pid, const CallInfo *info)
{
    TracePending *pending = pending_of(trace, pid);
    long long value = info->exit.rval;
    int result = value < 0 && value >= -4095 ? (int)-value : 0;

    if (pending->pid != pid || !pending->row) {
        return; /* the first stop of a child, or of a program just executed */
    }
    if (result >= ERESTART_FIRST && result <= ERESTART_LAST) {
        result = EINTR;
    }
    const TallyRow *row = &trace->tally.rows[pending->row - 1];
    tally_count(&trace->tally, row->number, result, row->items);
    pending->row = 0;
}

/* What PTRACE_GET_SYSCALL_INFO says, from the registers. */
static bool read_registers(Trace *trace, pid_t pid, CallInfo *info)
{
    struct user_regs_struct regs;
    const TracePending *pending = pending_of(trace, pid);

    if (ptrace(PTRACE_GETREGS, pid, NULL, &regs)) {
        return false;
    }
    *info = (CallInfo){.op = PTRACE_SYSCALL_INFO_NONE};
    /* USER_CS of a 32-bit program: arch/x86/include/asm/segment.h */
    info->arch = regs.cs == 0x23 ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
    if (pending->pid == pid && pending->row) {
        info->op = PTRACE_SYSCALL_INFO_EXIT;
        info->exit.rval = (long long)regs.rax;
    } else if ((long long)regs.rax == -ENOSYS) {
        const uint64_t args[6] = {regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9};

        info->op = PTRACE_SYSCALL_INFO_ENTRY;
        info->entry.nr = regs.orig_rax;
        memcpy(info->entry.args, args, sizeof args);
    }
    return true;
}

/* Hold the task until @target is let go. Returns how it goes on. */
static int hold_until_free(Trace *trace, pid_t pid, pid_t target)
{
    if (trace->held || ptrace(PTRACE_INTERRUPT, target, NULL, NULL)) {
        return PTRACE_SYSCALL; /* it is none of ours, or its turn is later: it gets EPERM */
    }
    trace->held = pid;
    trace->wanted = target;
    return NO_REQUEST;
}

static void release_held(Trace *trace)
{
    pid_t held = trace->held;

    trace->held = trace->wanted = 0;
    if (held) {
        ptrace(atomic_load(&trace->cut) ? PTRACE_DETACH : PTRACE_SYSCALL, held, NULL, NULL);
    }
}

/* A task has one tracer only. Where the program wants to be it, we let go. */
static int make_way(Trace *trace, pid_t pid, const CallInfo *info)
{
    if (info->arch != AUDIT_ARCH_X86_64 || info->entry.nr != SYS_ptrace) {
        return PTRACE_SYSCALL;
    }
    switch (info->entry.args[0]) {
    case PTRACE_TRACEME:
        return PTRACE_DETACH;
    case PTRACE_ATTACH:
    case PTRACE_SEIZE:
        return hold_until_free(trace, pid, (pid_t)info->entry.args[1]);
    default:
        return PTRACE_SYSCALL;
    }
}

/* A stop at a call. Returns how to go on. */
static int take_call(Trace *trace, pid_t pid)
{
    CallInfo info = {0};

    if (!trace->old_kernel && ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) < 0) {
        trace->old_kernel = errno == EIO;
    }
    if (trace->old_kernel && !read_registers(trace, pid, &info)) {
        return PTRACE_SYSCALL; /* it was killed meanwhile */
    }
    if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
        leave(trace, pid, &info);
    } else if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        enter(trace, pid, &info);
        return make_way(trace, pid, &info);
    }
    return PTRACE_SYSCALL;
}

/* An exec: the thread that made it has the pid of its process from now on. */
static void take_exec(Trace *trace, pid_t pid)
{
    unsigned long former = 0;

    ptrace(PTRACE_GETEVENTMSG, pid, NULL, &former);
    if (former && (pid_t)former != pid) {
        TracePending *from = pending_of(trace, (pid_t)former);

        *pending_of(trace, pid) = (TracePending){pid, from->pid == (pid_t)former ? from->row : 0};
        from->row = 0;
    }
    if (pid == trace->spec.pid) {
        trace->has_executed = true;
    }
}

static bool is_group_stop(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* A task has stopped: look at it, and let it go on. */
static void take_stop(Trace *trace, pid_t pid, int status)
{
    int signal = WSTOPSIG(status), event = status >> 16;
    int request = PTRACE_SYSCALL;
    int pass_on = 0;

    if (signal == (SIGTRAP | 0x80)) {
        request = atomic_load(&trace->cut) ? PTRACE_DETACH : take_call(trace, pid);
    } else if (event == PTRACE_EVENT_STOP) {
        request = is_group_stop(signal) ? PTRACE_LISTEN : PTRACE_SYSCALL;
    } else if (event == PTRACE_EVENT_EXEC) {
        take_exec(trace, pid);
    } else if (!event) {
        pass_on = signal;
    }
    if (atomic_load(&trace->cut) || pid == trace->wanted) {
        request = PTRACE_DETACH;
    } else if (!trace->has_executed && request == PTRACE_SYSCALL) {
        request = PTRACE_CONT;
    }
    if (request != NO_REQUEST) {
        ptrace(request, pid, NULL, (long)pass_on);
    }
    if (pid == trace->wanted) {
        release_held(trace);
    }
}

static void take(Trace *trace, pid_t pid, int status)
{
    if (WIFSTOPPED(status)) {
        take_stop(trace, pid, status);
        return;
    }
    pending_of(trace, pid)->row = 0;
    if (pid == trace->wanted) {
        release_held(trace);
    } else if (pid == trace->held) {
        trace->held = trace->wanted = 0;
    }
    if (pid == trace->spec.pid) {
        atomic_store(&trace->status, status);
        atomic_store(&trace->ended, true);
        pthread_kill(trace->owner, SIGCHLD);
    }
}

static void follow(Trace *trace)
{
    /* Stopped while it was stuck, it must not wait again: it would take the end of a later run. */
    while (!atomic_load(&trace->stop)) {
        int status;

        atomic_store(&trace->step_ms, 0);
        pid_t pid = waitpid(-1, &status, __WALL);
        if (atomic_load(&trace->stop) || (pid < 0 && errno == ECHILD)) {
            return;
        }
        long long now = coarse_ms();
        atomic_store(&trace->step_ms, now);
        if (now >= trace->limit_ms && !atomic_load(&trace->ended)) {
            atomic_store(&trace->cut, true);
            release_held(trace);
        }
        if (pid > 0) {
            take(trace, pid, status);
        }
        if (now >= trace->next_flush_ms) {
            tell_all(trace);
        }
    }
}

static void *run_tracer(void *data)
{
    Trace *trace = data;

    if (ptrace(PTRACE_SEIZE, trace->spec.pid, NULL, (long)OPTIONS)) {
        atomic_store(&trace->state, STATE_REFUSED);
        return NULL;
    }
    atomic_store(&trace->state, STATE_TRACING);
    follow(trace);
    if (!atomic_load(&trace->ended)) {
        atomic_store(&trace->cut, true);
    }
    tell_all(trace);
    say(trace->spec.port, WORD_TRACED "%s", atomic_load(&trace->cut) ? TRACED_CUT : TRACED_WHOLE);
    atomic_store(&trace->over, true);
    return NULL;
}

/* Its only use is to end waitpid(). */
static void on_poke(int number)
{
}

bool trace_begin(Trace *trace, const TraceSpec *spec)
{
    const struct sigaction poke = {.sa_handler = on_poke};
    const struct timespec pause = {.tv_nsec = 500000};
    pthread_attr_t attr;

    trace->spec = *spec;
    trace->tally.port = spec->port;
    trace->old_kernel = spec->old_kernel;
    trace->owner = pthread_self();
    trace->limit_ms = coarse_ms() + spec->limit_ms;
    trace->next_flush_ms = coarse_ms() + TRACE_POKE_MS;
    sigaction(SIGUSR1, &poke, NULL);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    int err = pthread_create(&trace->thread, &attr, run_tracer, trace);
    pthread_attr_destroy(&attr);
    trace->has_thread = !err;
    while (!err && atomic_load(&trace->state) == STATE_STARTING) {
        nanosleep(&pause, NULL);
    }
    if (!err && atomic_load(&trace->state) == STATE_REFUSED) {
        pthread_join(trace->thread, NULL);
        trace->has_thread = false;
    }
    return trace->has_thread;
}

bool trace_ended(Trace *trace, int *ret_status)
{
    if (!atomic_load(&trace->ended)) {
        return false;
    }
    *ret_status = atomic_load(&trace->status);
    return true;
}

bool trace_is_stuck(Trace *trace)
{
    long long since_ms = atomic_load(&trace->step_ms);

    return since_ms && coarse_ms() - since_ms > TRACE_STUCK_MS;
}

void trace_poke(Trace *trace)
{
    if (trace->has_thread) {
        pthread_kill(trace->thread, SIGUSR1);
    }
}

void trace_cut(Trace *trace)
{
    atomic_store(&trace->cut, true);
    trace_poke(trace);
}

bool trace_is_over(Trace *trace)
{
    return atomic_load(&trace->over);
}

void trace_stop(Trace *trace)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    long long give_up_ms = now_ms() + STOP_LIMIT_MS;

    atomic_store(&trace->stop, true);
    while (!trace_is_over(trace) && now_ms() < give_up_ms) {
        trace_poke(trace);
        nanosleep(&pause, NULL);
    }
    if (trace_is_over(trace)) {
        pthread_join(trace->thread, NULL);
        trace->has_thread = false;
    }
}
