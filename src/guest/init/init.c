/* SPDX-License-Identifier: Apache-2.0
 * PID 1 of the guest: a static program without GLib, embedded into firstbad.
 *
 * It makes the kernel a place where programs run, proves that with a trivial one, then runs the
 * reproducer again and again until its number of runs or its time is up, and says all of it on the
 * second serial port (words.h). It must work on kernels with very little configured in: every mount
 * and every sysctl may fail, only the port may not.
 *
 * Crash policy is set here, just before the reproducer, and not on the kernel's command line: a
 * warning while booting, which many revisions have, must not end the boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "plan.h"
#include "port.h"
#include "prepare.h"
#include "trace.h"
#include "words.h"

#define PORT           "/dev/ttyS1"
#define BASIC_ARG      "firstbad-basic-test"
#define BASIC_FILE     "/tmp/firstbad-basic"
#define REAP_LIMIT_MS  2000 /* killed processes that do not die are left behind */
#define BASIC_LIMIT_MS 20000
/* By it a reproducer says that this kernel lacks what it needs. */
#define STATUS_UNREACHED 125

typedef struct Options {
    unsigned n_runs;
    unsigned time_ms;
    unsigned settle_ms;
    unsigned traced_run; /* 0: none */
    bool panic_on_warn;
} Options;

typedef struct Mount {
    const char *type;
    const char *where;
} Mount;

/* What test machines usually have mounted; what the kernel lacks stays away. */
static const Mount mounts[] = {
    {"proc", "/proc"},
    {"sysfs", "/sys"},
    {"devtmpfs", "/dev"},
    {"devpts", "/dev/pts"},
    {"tmpfs", "/dev/shm"},
    {"tmpfs", "/tmp"},
    {"tmpfs", "/run"},
    {"debugfs", "/sys/kernel/debug"},
    {"tracefs", "/sys/kernel/tracing"},
    {"securityfs", "/sys/kernel/security"},
    {"configfs", "/sys/kernel/config"},
    {"fusectl", "/sys/fs/fuse/connections"},
    {"bpf", "/sys/fs/bpf"},
    {"binfmt_misc", "/proc/sys/fs/binfmt_misc"},
};

/* Where the kernel lacks the file, there is nothing to set. */
static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        write_all(fd, text, strlen(text));
        close(fd);
    }
}

/* Below @root, a path without a slash at its end. */
static void mount_everything(const char *root)
{
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        snprintf(path, sizeof path, "%s%s", root, mounts[i].where);
        mkdir(path, 0755);
        if (mount(mounts[i].type, path, mounts[i].type, 0, NULL) == 0 &&
            strcmp(mounts[i].where, "/tmp") == 0) {
            chmod(path, 01777);
        }
    }
    symlink("/proc/self/fd", "/dev/fd");
}

/* The kernel's defaults (1024 files, 64 KiB locked) are those of a shell; test machines raise them.
 */
static void raise_limits(void)
{
    static const int unlimited[] = {RLIMIT_MEMLOCK, RLIMIT_NPROC, RLIMIT_SIGPENDING,
                                    RLIMIT_MSGQUEUE};
    struct rlimit files = {.rlim_cur = 1 << 20, .rlim_max = 1 << 20};
    struct rlimit infinite = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

    setrlimit(RLIMIT_NOFILE, &files);
    for (size_t i = 0; i < sizeof unlimited / sizeof *unlimited; i++) {
        setrlimit((unsigned)unlimited[i], &infinite);
    }
}

static void bring_loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
        request.ifr_flags = (short)(request.ifr_flags | IFF_UP | IFF_RUNNING);
        ioctl(fd, SIOCSIFFLAGS, &request);
    }
    if (fd >= 0) {
        close(fd);
    }
}

/* The protocol port, raw, or -1. Its node is taken away: programs that open every tty they find
 * shall not change its settings. */
static int open_port(void)
{
    struct termios settings;
    int fd = open(PORT, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || tcgetattr(fd, &settings)) {
        return -1;
    }
    cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL;
    settings.c_cflag &= ~(tcflag_t)CRTSCTS;
    cfsetspeed(&settings, B115200);
    if (tcsetattr(fd, TCSANOW, &settings)) {
        return -1;
    }
    fcntl(fd, F_SETFL, 0);
    unlink(PORT);
    return fd;
}

/* Kill every process but us, and wait until they are gone. */
static void kill_everybody(void)
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

/* The trivial program: memory, a file, an exit. Exit status 0 only when all of it worked. */
static int basic_test(void)
{
    static const char text[] = "firstbad";
    char back[sizeof text] = "";
    size_t n_bytes = 1 << 20;
    char *memory = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open(BASIC_FILE, O_RDWR | O_CREAT | O_TRUNC, 0600);

    if (memory == MAP_FAILED) {
        return 2;
    }
    memset(memory, 1, n_bytes);
    if (fd < 0 || write(fd, text, sizeof text) != sizeof text) {
        return 3;
    }
    if (pread(fd, back, sizeof back, 0) != sizeof back || strcmp(back, text) != 0) {
        return 4;
    }
    return unlink(BASIC_FILE) ? 5 : 0;
}

/* Nothing may follow. The host ends QEMU when it reads the last word; by hand, power goes off. */
__attribute__((noreturn)) static void finish(int port)
{
    tcdrain(port);
    sleep(5);
    reboot(RB_POWER_OFF);
    for (;;) {
        pause();
    }
}

static void run_basic_test(int port, Output *output)
{
    static const char *const argv[] = {"/init", BASIC_ARG, NULL};
    Launch child;
    pid_t pid = launch(&child, "", argv, "/", -1) ? launch_go(&child) : -1;

    if (pid < 0) {
        say(port, WORD_FAILED "a trivial program cannot be started: %s", strerror(errno));
        finish(port);
    }
    int status = wait_for(pid, -1, output, port, now_ms() + BASIC_LIMIT_MS, NULL);
    kill_everybody();
    if (status != 0) {
        say(port, WORD_FAILED "a trivial program ended with %d", status);
        finish(port);
    }
    say(port, WORD_BASIC_OK);
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

/* What is still in use (a loop device, a process that does not die) keeps its memory, but not the
 * folder. */
static void remove_cwd(const char *cwd)
{
    umount2(cwd, MNT_DETACH);
    rmdir(cwd);
}

/* What a run's exit status tells. syzkaller's own program fails where it cannot run the other one
 * (in a sandbox that this kernel cannot make, say). */
static int status_to_tell(const Plan *plan, int status)
{
    return plan->is_syzkaller && status > 0 ? STATUS_UNREACHED : status;
}

/* Run @k of the reproducer, in a folder of its own. @trace: to be traced, or NULL. @is_extra: this
 * run is made for the trace alone, and how it ends when its time is up tells nothing. */
static void run_once(unsigned k, const Plan *plan, int port, Output *output, long long deadline_ms,
                     Trace *trace, bool is_extra)
{
    char cwd[sizeof PLAN_ROOT + 32];
    int out[2];
    Launch child;

    snprintf(cwd, sizeof cwd, "%s/tmp/%u", plan->root, k);
    make_cwd(cwd);
    if (pipe2(out, O_CLOEXEC)) {
        say(port, WORD_FAILED "no pipe: %s", strerror(errno));
        finish(port);
    }
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    say(port, WORD_RUN "%u", k);
    bool launched = launch(&child, plan->root, plan->args, cwd + strlen(plan->root), out[1]);
    if (launched && trace) {
        TraceSpec spec = {.port = port, .pid = child.pid, .limit_ms = TRACE_LIMIT_MS};

        trace = trace_begin(trace, &spec) ? trace : NULL;
        say(port, trace ? WORD_TRACE "%u" : "not traced in run %u", k);
    }
    pid_t pid = launched ? launch_go(&child) : -1;
    if (pid < 0) {
        say(port, WORD_FAILED "the reproducer cannot be executed: %s", strerror(errno));
        finish(port);
    }
    close(out[1]);
    int status = wait_for(pid, out[0], output, port, deadline_ms, trace);
    if (trace) {
        end_trace(trace);
    }
    kill_everybody();
    remove_cwd(cwd);
    while (pass_output_on(output, out[0], port) > 0) {
    }
    flush_line(output, port);
    close(out[0]);
    if (!is_extra || status >= 0) {
        say(port, WORD_EXIT "%u %d", k, status_to_tell(plan, status));
    }
}

/* All runs, until their number or their time is up; then the one for the trace, if there was none.
 */
static void run_all(const Options *options, const Plan *plan, int port, Output *output)
{
    static Trace trace;
    long long deadline_ms = now_ms() + options->time_ms;
    bool traced = !options->traced_run;
    unsigned k = 1;

    for (; (!options->n_runs || k <= options->n_runs) && now_ms() < deadline_ms; k++) {
        bool is_traced = k == options->traced_run;

        run_once(k, plan, port, output, deadline_ms, is_traced ? &trace : NULL, false);
        traced |= is_traced;
    }
    if (!traced) {
        run_once(k, plan, port, output, now_ms() + TRACE_LIMIT_MS, &trace, true);
    }
}

/* Work queues, timers and RCU callbacks may crash after the reproducer is gone. */
static void settle(int port, unsigned settle_ms)
{
    while (settle_ms) {
        unsigned slice_ms = settle_ms < TICK_MS ? settle_ms : TICK_MS;
        struct timespec slice = {.tv_sec = slice_ms / 1000, .tv_nsec = slice_ms % 1000 * 1000000L};

        nanosleep(&slice, NULL);
        settle_ms -= slice_ms;
        say(port, WORD_TICK);
    }
}

static void on_child(int number)
{
}

static Options parse_options(int argc, char **argv)
{
    Options options = {.n_runs = 1, .time_ms = 10000};

    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], ARG_RUNS, strlen(ARG_RUNS)) == 0) {
            options.n_runs = (unsigned)strtoul(argv[i] + strlen(ARG_RUNS), NULL, 10);
        } else if (strncmp(argv[i], ARG_TIME_MS, strlen(ARG_TIME_MS)) == 0) {
            options.time_ms = (unsigned)strtoul(argv[i] + strlen(ARG_TIME_MS), NULL, 10);
        } else if (strncmp(argv[i], ARG_SETTLE_MS, strlen(ARG_SETTLE_MS)) == 0) {
            options.settle_ms = (unsigned)strtoul(argv[i] + strlen(ARG_SETTLE_MS), NULL, 10);
        } else if (strncmp(argv[i], ARG_TRACE, strlen(ARG_TRACE)) == 0) {
            options.traced_run = (unsigned)strtoul(argv[i] + strlen(ARG_TRACE), NULL, 10);
        } else if (strcmp(argv[i], ARG_PANIC_ON_WARN) == 0) {
            options.panic_on_warn = true;
        }
    }
    return options;
}

/* A reproducer that forks without end or never yields must not keep PID 1 from answering, or it
 * would look like a hung kernel. Its children do not inherit this. */
static void take_precedence(void)
{
    struct sched_param param = {.sched_priority = 1};

    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param);
}

static void tell_output(void *data, const char *what)
{
    say(*(int *)data, WORD_OUT "%s", what);
}

/* Make ready what the plan asks for. */
static void carry_out_plan(Plan *plan, int port)
{
    PlanFailure failure;

    plan_read(plan);
    if (!plan_prepare(plan, mount_everything, &failure)) {
        say(port, WORD_FAILED PLAN_FAILED "%s", failure.text);
        finish(port);
    }
}

int main(int argc, char **argv)
{
    if (getpid() != 1 && argc == 2 && strcmp(argv[1], BASIC_ARG) == 0) {
        return basic_test();
    }
    if (getpid() != 1) {
        fprintf(stderr, "this is PID 1 of firstbad's guest; it does nothing elsewhere\n");
        return 1;
    }
    Options options = parse_options(argc, argv);
    /* The stops of traced children are none of main's business. */
    const struct sigaction on_end = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};
    Output output = {0};
    Plan plan;
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    sigaction(SIGCHLD, &on_end, NULL);
    mount_everything("");
    raise_limits();
    int port = open_port();
    if (port < 0) {
        fprintf(stderr, MARK_NO_PORT ": %s\n", strerror(errno));
        finish(STDERR_FILENO);
    }
    take_precedence();
    say(port, WORD_HELLO);
    bring_loopback_up();
    carry_out_plan(&plan, port);
    run_basic_test(port, &output);

    write_file("/proc/sys/kernel/panic_on_oops", "1");
    write_file("/proc/sys/kernel/panic_on_warn", options.panic_on_warn ? "1" : "0");
    plan_set_sysctls(&plan, tell_output, &port);
    /* A level that even "quiet" lets through. */
    write_file("/dev/kmsg", "<2>" MARK_REPRO "\n");
    run_all(&options, &plan, port, &output);
    settle(port, options.settle_ms);
    say(port, WORD_END);
    finish(port);
}
