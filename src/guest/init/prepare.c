/* SPDX-License-Identifier: Apache-2.0 */
#include "prepare.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "plan.h"

/* Disks appear when their bus has been looked through, which the kernel does beside the boot. */
#define DISK_WAIT_MS    20000
#define DISK_POLL_MS    50
#define DISK_NODE       "/dev/firstbad-disk"
#define FILESYSTEMS_MAX 4096

__attribute__((format(printf, 2, 3))) static bool fail(PlanFailure *failure, const char *format,
                                                       ...)
{
    va_list args;

    va_start(args, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang-tidy 14 after another file */
    vsnprintf(failure->text, sizeof failure->text, format, args);
    va_end(args);
    return false;
}

/* What follows @word in @line, or NULL. */
static const char *after(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0 ? line + strlen(word) : NULL;
}

/* The line after @line (NULL: the first), or NULL. */
static const char *next_line(const Plan *plan, const char *line)
{
    const char *next = line ? line + strlen(line) + 1 : plan->text;

    return next && next < plan->text + plan->n_text ? next : NULL;
}

/* All of a file, with a NUL behind it. */
static char *read_file(const char *path, size_t *ret_n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    char *text = NULL;
    size_t n = 0;

    if (fd >= 0 && fstat(fd, &status) == 0 && (text = malloc((size_t)status.st_size + 1))) {
        ssize_t n_read;

        while (n < (size_t)status.st_size &&
               (n_read = read(fd, text + n, (size_t)status.st_size - n)) > 0) {
            n += (size_t)n_read;
        }
        text[n] = '\0';
    }
    if (fd >= 0) {
        close(fd);
    }
    *ret_n = n;
    return text;
}

void plan_read(Plan *plan)
{
    size_t n_args = 0;

    *plan = (Plan){.root = ""};
    plan->text = read_file(PLAN_FILE, &plan->n_text);
    for (size_t i = 0; i < plan->n_text; i++) {
        if (plan->text[i] == '\n') {
            plan->text[i] = '\0';
        }
    }
    for (const char *line = NULL; (line = next_line(plan, line));) {
        const char *arg = after(line, PLAN_ARG), *address = after(line, PLAN_HOLD);

        if (arg && n_args < PLAN_ARGS_MAX) {
            plan->args[n_args++] = arg;
        } else if (address) {
            plan->is_held = true;
            plan->hold_at = strtoull(address, NULL, 16);
        } else if (strcmp(line, PLAN_SYZKALLER) == 0) {
            plan->is_syzkaller = true;
        } else if (strcmp(line, PLAN_FOLDER) == 0 || strcmp(line, PLAN_DISK) == 0) {
            plan->root = PLAN_ROOT;
        }
    }
}

static bool load_module(const char *path, PlanFailure *failure)
{
    const char *name = strrchr(path, '/') + 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return fail(failure, "module %s: %s", name, strerror(errno));
    }
    long result = syscall(SYS_finit_module, fd, "", 0);
    int err = errno;
    close(fd);
    /* Built in, or loaded already: then it is there. */
    return result == 0 || err == EEXIST || fail(failure, "module %s: %s", name, strerror(err));
}

/* --- The root, from a disk ------------------------------------------------------------------- */

static void wait_ms(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&pause, NULL);
}

/* A number from a file of sysfs, for instance "254:1". */
static bool read_device(const char *name, dev_t *ret_device)
{
    char path[PATH_MAX], text[32] = "";
    unsigned major, minor;

    snprintf(path, sizeof path, "/sys/class/block/%s/dev", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool yes = fd >= 0 && read(fd, text, sizeof text - 1) > 0 &&
               sscanf(text, "%u:%u", &major, &minor) == 2;

    if (fd >= 0) {
        close(fd);
    }
    if (yes) {
        *ret_device = makedev(major, minor);
    }
    return yes;
}

static bool exists(const char *folder, const char *name, const char *below)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s%s", folder, name, below);
    return access(path, F_OK) == 0;
}

/* A whole disk or a partition of one, in the order in which they are tried: loop devices and RAM
 * disks stand on no hardware. */
static int is_on_disk(const struct dirent *entry)
{
    return exists("/sys/class/block", entry->d_name, "/device") ||
           exists("/sys/class/block", entry->d_name, "/partition");
}

/* What /proc/filesystems says that needs a device, one name a line. */
static void list_filesystems(char names[FILESYSTEMS_MAX])
{
    FILE *file = fopen("/proc/filesystems", "re");
    char line[128];
    int n = 0;

    names[0] = '\0';
    while (file && fgets(line, sizeof line, file)) {
        if (line[0] == '\t' && n < FILESYSTEMS_MAX - (int)sizeof line) {
            n += snprintf(names + n, (size_t)(FILESYSTEMS_MAX - n), "%s", line + 1);
        }
    }
    if (file) {
        fclose(file);
    }
}

/* Mount the node with whichever file system takes it; writable where that is possible: the disk
 * under it forgets what is written. */
static bool mount_node(const char *filesystems)
{
    static const unsigned long flags[] = {0, MS_RDONLY};
    char name[64];

    for (const char *at = filesystems; *at; at += strcspn(at, "\n") + 1) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "\n"), at);
        for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
            if (mount(DISK_NODE, PLAN_ROOT, name, flags[i], NULL) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Programs are somewhere in it: it is not the partition of a boot loader. */
static bool is_root(void)
{
    return exists(PLAN_ROOT, "bin", "") || exists(PLAN_ROOT, "usr", "") ||
           exists(PLAN_ROOT, "sbin", "");
}

/* Try the disk @name. */
static bool mount_disk(const char *name, const char *filesystems)
{
    dev_t device;

    if (!read_device(name, &device)) {
        return false;
    }
    unlink(DISK_NODE);
    if (mknod(DISK_NODE, S_IFBLK | 0600, device) || !mount_node(filesystems)) {
        return false;
    }
    if (is_root()) {
        return true;
    }
    umount2(PLAN_ROOT, MNT_DETACH);
    return false;
}

/* Try all disks that are there now; *ret_seen: there are some. */
static bool try_disks(const char *filesystems, bool *ret_seen)
{
    struct dirent **disks = NULL;
    int n_disks = scandir("/sys/class/block", &disks, is_on_disk, versionsort);
    bool mounted = false;

    for (int i = 0; i < n_disks; i++) {
        mounted = mounted || mount_disk(disks[i]->d_name, filesystems);
        free(disks[i]);
    }
    free(disks);
    *ret_seen = n_disks > 0;
    return mounted;
}

static bool mount_root(PlanFailure *failure)
{
    char filesystems[FILESYSTEMS_MAX];
    bool seen = false;

    list_filesystems(filesystems);
    for (long waited_ms = 0; !seen && waited_ms <= DISK_WAIT_MS; waited_ms += DISK_POLL_MS) {
        if (try_disks(filesystems, &seen)) {
            return true;
        }
        wait_ms(DISK_POLL_MS);
    }
    /* A partition may come a moment after its disk. */
    if (seen && try_disks(filesystems, &seen)) {
        return true;
    }
    for (char *newline = filesystems; (newline = strchr(newline, '\n'));) {
        *newline = ' ';
    }
    return seen ? fail(failure, "no root file system on the disk; this kernel knows: %s",
                       *filesystems ? filesystems : "none")
                : fail(failure, "the kernel sees no disk");
}

/* --- The root, made ready -------------------------------------------------------------------- */

/* Make the folders above @path, and @path itself a file or a folder as @source is. */
static void make_place(char *path, const struct stat *source)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0755);
    }
    if (S_ISDIR(source->st_mode)) {
        mkdir(path, 0755);
    } else {
        mknod(path, S_IFREG | 0755, 0);
    }
}

static bool bind(const char *path, PlanFailure *failure)
{
    char target[PATH_MAX];
    struct stat source;

    snprintf(target, sizeof target, PLAN_ROOT "%s", path);
    if (stat(path, &source) == 0) {
        make_place(target, &source);
    }
    return mount(path, target, NULL, MS_BIND | MS_REC, NULL) == 0 ||
           fail(failure, "%s cannot be shown in the root file system: %s", path, strerror(errno));
}

bool plan_prepare(const Plan *plan, void (*mount_all)(const char *prefix), PlanFailure *failure)
{
    const char *line, *rest;

    for (line = NULL; (line = next_line(plan, line));) {
        if ((rest = after(line, PLAN_MODULE)) && !load_module(rest, failure)) {
            return false;
        }
        if (strcmp(line, PLAN_DISK) == 0 && !mount_root(failure)) {
            return false;
        }
    }
    if (*plan->root) {
        mount_all(plan->root);
    }
    for (line = NULL; (line = next_line(plan, line));) {
        if ((rest = after(line, PLAN_BIND)) && !bind(rest, failure)) {
            return false;
        }
    }
    return true;
}

/* --- Sysctls --------------------------------------------------------------------------------- */

/* KEY=VALUE; in the key '.' and '/' part the folders, whichever comes first, as for sysctl(8). */
static bool set_sysctl(const char *setting)
{
    const char *value = strchr(setting, '=');
    const char *separator = strpbrk(setting, "./");
    char path[PATH_MAX];
    bool done = false;

    snprintf(path, sizeof path, "/proc/sys/%.*s", (int)(value - setting), setting);
    if (separator && *separator == '.') {
        for (char *at = path + strlen("/proc/sys/"); *at; at++) {
            *at = *at == '.' ? '/' : *at == '/' ? '.' : *at;
        }
    }
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        int err;

        done = write(fd, value + 1, strlen(value + 1)) >= 0;
        err = errno;
        close(fd);
        errno = err;
    }
    return done;
}

void plan_set_sysctls(const Plan *plan, void (*tell)(void *data, const char *what), void *data)
{
    char what[256];

    for (const char *line = NULL; (line = next_line(plan, line));) {
        const char *setting = after(line, PLAN_SYSCTL);

        if (setting && !set_sysctl(setting)) {
            snprintf(what, sizeof what, "sysctl %s: %s", setting, strerror(errno));
            tell(data, what);
        }
    }
}
