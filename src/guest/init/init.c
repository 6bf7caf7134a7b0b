/* SPDX-License-Identifier: Apache-2.0
 * PID 1 of the guest: a static program without GLib, embedded into firstbad.
 *
 * It makes the kernel a place where programs run, proves that with a trivial one, says that it is
 * ready, and waits for orders (orders.h): this is where snapshots are made. Then it runs the
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
#include "orders.h"
#include "plan.h"
#include "port.h"
#include "prepare.h"
#include "run.h"
#include "words.h"

#define PORT           "/dev/ttyS1"
#define BASIC_ARG      "firstbad-basic-test"
#define BASIC_FILE     "/tmp/firstbad-basic"
#define BASIC_LIMIT_MS 20000

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

/* What the orders set, opened before they come: a restored guest has no path to look up then. Where
 * the kernel lacks a file (-1), there is nothing to set. They stay open as long as the guest. */
typedef struct Switches {
    int random, panic_on_oops, panic_on_warn, log;
} Switches;

static int open_to_write(const char *path)
{
    return open(path, O_WRONLY | O_CLOEXEC);
}

static Switches open_switches(void)
{
    return (Switches){.random = open_to_write("/dev/urandom"),
                      .panic_on_oops = open_to_write("/proc/sys/kernel/panic_on_oops"),
                      .panic_on_warn = open_to_write("/proc/sys/kernel/panic_on_warn"),
                      .log = open_to_write("/dev/kmsg")};
}

static void set(int fd, const char *text)
{
    write_all(fd, text, strlen(text));
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
}

static void on_child(int number)
{
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
    /* The stops of traced children are none of main's business. */
    const struct sigaction on_end = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};
    Output output = {0};
    Orders orders;
    Plan plan;
    Run run;
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
    run_first(&run, &plan, port);
    const Switches switches = open_switches();
    say(port, WORD_READY);
    orders_wait(port, &orders);

    orders_take_effect(&orders, switches.random);
    set(switches.panic_on_oops, "1");
    set(switches.panic_on_warn, orders.panic_on_warn ? "1" : "0");
    plan_set_sysctls(&plan, tell_output, &port);
    /* A level that even "quiet" lets through. */
    set(switches.log, "<2>" MARK_REPRO "\n");
    run_all(&run, &orders, &plan, port, &output);
    settle(port, orders.settle_ms);
    say(port, WORD_END);
    finish(port);
}
