/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "hold.h"
#include "plan.h"
#include "words.h"

#define REAP_LIMIT_MS 2000 /* killed processes that do not die are left behind */
/* By it a reproducer says that this kernel lacks what it needs. */
#define STATUS_UNREACHED 125

void finish(int port)
{
    tcdrain(port);
    sleep(5);
    reboot(RB_POWER_OFF);
    for (;;) {
        pause();
    }
}

void kill_everybody(void)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    long long give_up = now_ms() + REAP_LIMIT_MS;

    for (;;) {
        kill(-1, SIGKILL);
        pid_t pid = waitpid(-1, NULL, WNOHANG | __WALL);

        if (pid < 0 || (pid == 0 && now_ms() > give_up)) {
            return;
        }
        if (pid == 0) {
            nanosleep(&pause, NULL);
        }
    }
}

/* The traced run is over: kill what is left of it, and let the tracer tell the rest. */
static void end_trace(Trace *trace)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    long long give_up = now_ms() + REAP_LIMIT_MS;
    int status;

    if (!trace_ended(trace, &status)) {
        trace_cut(trace);
    }
    while (!trace_is_over(trace) && now_ms() < give_up) {
        kill(-1, SIGKILL);
        trace_poke(trace);
        nanosleep(&pause, NULL);
    }
    trace_stop(trace);
}

/* A folder for one run, with a file system of its own: reproducers write disk images, which must
 * not fill the guest's memory run by run. A kernel without tmpfs still has ramfs, which it boots
 * from. */
static void make_cwd(const char *cwd)
{
    mkdir(cwd, 0777);
    if (mount("tmpfs", cwd, "tmpfs", 0, "mode=0777")) {
        mount("ramfs", cwd, "ramfs", 0, "mode=0777");
    }
}

/* What is still in use (a loop device, a process that does not die) keeps its memory. The folder
 * goes when the next one is made: nobody minds it after the last run. */
static void leave_cwd(const char *cwd)
{
    umount2(cwd, MNT_DETACH);
}

/* What a run's exit status tells. syzkaller's own program fails where it cannot run the other one
 * (in a sandbox that this kernel cannot make, say). */
static int status_to_tell(const Plan *plan, int status)
{
    return plan->is_syzkaller && status > 0 ? STATUS_UNREACHED : status;
}

/* All but the start of the program itself. @run: the one before, or zeroed. */
static void prepare_run(Run *run, unsigned k, const Plan *plan, int port)
{
    int out[2];

    if (*run->cwd) {
        rmdir(run->cwd);
    }
    run->k = k;
    snprintf(run->cwd, sizeof run->cwd, "%s/tmp/%u", plan->root, k);
    make_cwd(run->cwd);
    if (pipe2(out, O_CLOEXEC)) {
        say(port, WORD_FAILED "no pipe: %s", strerror(errno));
        finish(port);
    }
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    run->output = out[0];
    run->launched =
        launch(&run->child, plan->root, plan->args, run->cwd + strlen(plan->root), out[1]);
    run->failure = errno;
    close(out[1]);
}

/* Drop the prepared @run, and prepare it anew. */
static void prepare_again(Run *run, const Plan *plan, int port)
{
    kill_everybody();
    close(run->output);
    leave_cwd(run->cwd);
    prepare_run(run, run->k, plan, port);
}

void run_first(Run *run, const Plan *plan, int port)
{
    *run = (Run){.k = 0};
    prepare_run(run, 1, plan, port);
    if (plan->is_held && run->launched && !hold(&run->child, plan->hold_at)) {
        prepare_again(run, plan, port);
    }
}

/* The prepared @run, to its end. @trace: to be traced, or NULL. @is_extra: it is made for the trace
 * alone, and how it ends when its time is up tells nothing. */
static void carry_run(Run *run, const Plan *plan, int port, Output *output, long long deadline_ms,
                      Trace *trace, bool is_extra)
{
    say(port, WORD_RUN "%u", run->k);
    if (run->launched && trace) {
        TraceSpec spec = {.port = port, .pid = run->child.pid, .limit_ms = TRACE_LIMIT_MS};

        trace = trace_begin(trace, &spec) ? trace : NULL;
        say(port, trace ? WORD_TRACE "%u" : "not traced in run %u", run->k);
    }
    errno = run->failure;
    pid_t pid = run->launched ? launch_go(&run->child) : -1;
    if (pid < 0) {
        say(port, WORD_FAILED "the reproducer cannot be executed: %s", strerror(errno));
        finish(port);
    }
    int status = wait_for(pid, run->output, output, port, deadline_ms, trace);
    if (trace) {
        end_trace(trace);
    }
    kill_everybody();
    leave_cwd(run->cwd);
    while (pass_output_on(output, run->output, port) > 0) {
    }
    flush_line(output, port);
    close(run->output);
    if (!is_extra || status >= 0) {
        say(port, WORD_EXIT "%u %d", run->k, status_to_tell(plan, status));
    }
}

void run_all(Run *run, const Orders *orders, const Plan *plan, int port, Output *output)
{
    static Trace trace;
    long long deadline_ms = now_ms() + orders->time_ms;
    bool traced = !orders->traced_run;

    for (;;) {
        bool is_traced = run->k == orders->traced_run;

        /* A trace begins before the exec. */
        if (is_traced && run->launched && run->child.gate < 0) {
            prepare_again(run, plan, port);
        }
        carry_run(run, plan, port, output, deadline_ms, is_traced ? &trace : NULL, false);
        traced |= is_traced;
        bool is_last = run->k == orders->n_runs || now_ms() >= deadline_ms;
        if (is_last && traced) {
            return;
        }
        prepare_run(run, run->k + 1, plan, port);
        if (is_last) {
            break;
        }
    }
    carry_run(run, plan, port, output, now_ms() + TRACE_LIMIT_MS, &trace, true);
}

void settle(int port, unsigned settle_ms)
{
    while (settle_ms) {
        unsigned slice_ms = settle_ms < TICK_MS ? settle_ms : TICK_MS;
        struct timespec slice = {.tv_sec = slice_ms / 1000, .tv_nsec = slice_ms % 1000 * 1000000L};

        nanosleep(&slice, NULL);
        settle_ms -= slice_ms;
        say(port, WORD_TICK);
    }
}
