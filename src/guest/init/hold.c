/* SPDX-License-Identifier: Apache-2.0 */
#include "hold.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

#include "port.h"

#define BREAKPOINT 0xcc /* int3 */
#define EXEC_STOP  (SIGTRAP | PTRACE_EVENT_EXEC << 8)

/* Let @pid run until it stops with @stop (a status without its lowest byte). Other signals are
 * passed on. False: it ended, or time is up. */
static bool run_until(pid_t pid, int stop)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    long long give_up_ms = now_ms() + HOLD_LIMIT_MS;

    while (now_ms() < give_up_ms) {
        int status;
        pid_t ended = waitpid(pid, &status, __WALL | WNOHANG);

        if (ended == 0) {
            nanosleep(&pause, NULL);
        } else if (ended < 0 || !WIFSTOPPED(status)) {
            return false;
        } else if (status >> 8 == stop) {
            return true;
        } else {
            ptrace(PTRACE_CONT, pid, NULL, status >> 16 ? 0L : (long)WSTOPSIG(status));
        }
    }
    return false;
}

/* From its exec to @address, by a breakpoint that leaves nothing behind. */
static bool run_to(pid_t pid, uint64_t address)
{
    struct user_regs_struct registers;

    errno = 0;
    long text = ptrace(PTRACE_PEEKTEXT, pid, (void *)address, NULL);
    if (errno || ptrace(PTRACE_POKETEXT, pid, (void *)address, (text & ~0xffL) | BREAKPOINT) ||
        ptrace(PTRACE_CONT, pid, NULL, 0L) || !run_until(pid, SIGTRAP) ||
        ptrace(PTRACE_GETREGS, pid, NULL, &registers) || registers.rip != address + 1) {
        return false;
    }
    registers.rip = address;
    return ptrace(PTRACE_SETREGS, pid, NULL, &registers) == 0 &&
           ptrace(PTRACE_POKETEXT, pid, (void *)address, text) == 0;
}

bool hold(Launch *child, uint64_t address)
{
    if (ptrace(PTRACE_SEIZE, child->pid, NULL, (long)PTRACE_O_TRACEEXEC)) {
        return true;
    }
    child->err = launch_exec(child);
    if (child->err) {
        return true;
    }
    if (run_until(child->pid, EXEC_STOP) && (!address || run_to(child->pid, address))) {
        return true;
    }
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, __WALL);
    return false;
}
