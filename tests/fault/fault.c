/* SPDX-License-Identifier: Apache-2.0
 * A library to be preloaded: the n-th call of a kind fails, in the process itself and none of its
 * children.
 *
 *     LD_PRELOAD=libfault.so FAULT=KIND:N:EFFECT PROGRAM...
 *     LD_PRELOAD=libfault.so FAULT=count:FILE PROGRAM...     lines "KIND CALLS" at the end
 *
 * KIND: spawn (a process is started), write (to a regular file), fsync, rename, sqlite (a statement
 * is stepped, or some are executed), clock (the real time is asked for). EFFECT: error (as a full
 * or broken disk would, or no process); short (of a write: half of it is written, then the disk is
 * full; of a process: one that prints garbage is started in its place); delay (200 ms); kill
 * (SIGKILL, before the call); late (SIGKILL, after it); forward, back (somebody sets the clock, by
 * a day).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { KIND_SPAWN, KIND_WRITE, KIND_FSYNC, KIND_RENAME, KIND_SQLITE, KIND_CLOCK, N_KINDS };
enum {
    EFFECT_NONE,
    EFFECT_ERROR,
    EFFECT_SHORT,
    EFFECT_DELAY,
    EFFECT_KILL,
    EFFECT_LATE,
    EFFECT_FORWARD,
    EFFECT_BACK,
    N_EFFECTS,
};

static const char *const kind_names[] = {"spawn", "write", "fsync", "rename", "sqlite", "clock"};
static const char *const effect_names[] = {"none", "error", "short",   "delay",
                                           "kill", "late",  "forward", "back"};

static atomic_uint n_calls[N_KINDS];
static unsigned wanted_kind = N_KINDS, wanted_call, wanted_effect;
static char counts_path[4096];
static pid_t owner;

static unsigned name_index(const char *const *names, unsigned n, const char *name)
{
    unsigned i = 0;

    while (i < n && strcmp(names[i], name) != 0) {
        i++;
    }
    return i;
}

__attribute__((constructor)) static void set_up(void)
{
    const char *fault = getenv("FAULT");
    char kind[16], effect[16];

    owner = getpid();
    unsetenv("LD_PRELOAD"); /* children are left alone */
    if (!fault || sscanf(fault, "count:%4095s", counts_path) == 1) {
        return;
    }
    if (sscanf(fault, "%15[a-z]:%u:%15[a-z]", kind, &wanted_call, effect) == 3) {
        wanted_kind = name_index(kind_names, N_KINDS, kind);
        wanted_effect = name_index(effect_names, N_EFFECTS, effect);
    }
    if (wanted_kind == N_KINDS || wanted_effect == N_EFFECTS) {
        fprintf(stderr, "fault: what is '%s'?\n", fault);
        _exit(99);
    }
}

__attribute__((destructor)) static void tell(void)
{
    FILE *file = *counts_path && getpid() == owner ? fopen(counts_path, "w") : NULL;

    for (unsigned kind = 0; file && kind < N_KINDS; kind++) {
        fprintf(file, "%s %u\n", kind_names[kind], n_calls[kind]);
    }
    if (file) {
        fclose(file);
    }
}

/* What shall become of this call of @kind. */
static unsigned effect_of(unsigned kind)
{
    unsigned call;

    if (getpid() != owner) {
        return EFFECT_NONE;
    }
    call = ++n_calls[kind];
    if (kind != wanted_kind || call != wanted_call) {
        return EFFECT_NONE;
    }
    if (wanted_effect == EFFECT_KILL) {
        raise(SIGKILL);
    }
    if (wanted_effect == EFFECT_DELAY) {
        usleep(200000);
    }
    return wanted_effect;
}

static void after(unsigned effect)
{
    if (effect == EFFECT_LATE) {
        raise(SIGKILL);
    }
}

/* The function that this one stands in front of. */
#define NEXT(name)                                                                                 \
    static __typeof__(&(name)) next;                                                               \
    if (!next) {                                                                                   \
        *(void **)&next = dlsym(RTLD_NEXT, #name);                                                 \
    }

static int fails(unsigned effect, int code)
{
    if (effect == EFFECT_ERROR) {
        errno = code;
    }
    return effect == EFFECT_ERROR;
}

static unsigned effect_of_write(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? effect_of(KIND_WRITE) : EFFECT_NONE;
}

/* With EFFECT_SHORT half is written, which callers have to go on with; a second one then fails. */
#define WRITE(name, fd, bytes, n, ...)                                                             \
    NEXT(name)                                                                                     \
    unsigned effect = effect_of_write(fd);                                                         \
    ssize_t done;                                                                                  \
    if (fails(effect, ENOSPC)) {                                                                   \
        return -1;                                                                                 \
    }                                                                                              \
    done = next(fd, bytes, effect == EFFECT_SHORT ? (n) / 2 : (n), ##__VA_ARGS__);                 \
    after(effect);                                                                                 \
    if (effect == EFFECT_SHORT) {                                                                  \
        wanted_call = n_calls[KIND_WRITE] + 1;                                                     \
        wanted_effect = EFFECT_ERROR;                                                              \
    }                                                                                              \
    return done;

ssize_t write(int fd, const void *bytes, size_t n){WRITE(write, fd, bytes, n)}

/* pwrite64, by _FILE_OFFSET_BITS: what SQLite calls. */
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    WRITE(pwrite, fd, bytes, n, offset)
}

int fsync(int fd)
{
    NEXT(fsync)
    unsigned effect = effect_of(KIND_FSYNC);
    int code = fails(effect, EIO) ? -1 : next(fd);

    after(effect);
    return code;
}

int fdatasync(int fd)
{
    NEXT(fdatasync)
    unsigned effect = effect_of(KIND_FSYNC);
    int code = fails(effect, EIO) ? -1 : next(fd);

    after(effect);
    return code;
}

int rename(const char *from, const char *to)
{
    NEXT(rename)
    unsigned effect = effect_of(KIND_RENAME);
    int code = fails(effect, ENOSPC) ? -1 : next(from, to);

    after(effect);
    return code;
}

static int n_executing;

/* One call, as the steps within it are: of a step that has not run sqlite3_exec() notices nothing.
 */
int sqlite3_exec(sqlite3 *db, const char *sql, int (*take)(void *, int, char **, char **),
                 void *data, char **message)
{
    NEXT(sqlite3_exec)
    unsigned effect = effect_of(KIND_SQLITE);
    int code = SQLITE_IOERR;

    if (effect != EFFECT_ERROR) {
        n_executing++;
        code = next(db, sql, take, data, message);
        n_executing--;
    }
    after(effect);
    return code;
}

int sqlite3_step(sqlite3_stmt *statement)
{
    NEXT(sqlite3_step)
    unsigned effect = n_executing ? EFFECT_NONE : effect_of(KIND_SQLITE);
    int code = effect == EFFECT_ERROR ? SQLITE_IOERR : next(statement);

    after(effect);
    return code;
}

/* By how much the clock is wrong by now. */
static time_t clock_off_s(void)
{
    static atomic_long off_s;
    unsigned effect = effect_of(KIND_CLOCK);

    if (effect == EFFECT_FORWARD || effect == EFFECT_BACK) {
        off_s = effect == EFFECT_FORWARD ? 86400 : -86400;
    }
    after(effect);
    return off_s;
}

int clock_gettime(clockid_t clock_id, struct timespec *tp)
{
    NEXT(clock_gettime)
    int code = next(clock_id, tp);

    if (clock_id == CLOCK_REALTIME || clock_id == CLOCK_REALTIME_COARSE) {
        tp->tv_sec += clock_off_s();
    }
    return code;
}

int gettimeofday(struct timeval *tv, void *tz)
{
    NEXT(gettimeofday)
    int code = next(tv, tz);

    tv->tv_sec += clock_off_s();
    return code;
}

time_t time(time_t *timer)
{
    NEXT(time)
    time_t now = next(NULL) + clock_off_s();

    if (timer) {
        *timer = now;
    }
    return now;
}

GSubprocess *g_subprocess_launcher_spawnv(GSubprocessLauncher *self, const char *const *argv,
                                          GError **error)
{
    static const char *const garbage[] = {"printf", "\\377\\000garbage %s\\n\\n\\n", "x", NULL};
    NEXT(g_subprocess_launcher_spawnv)
    unsigned effect = effect_of(KIND_SPAWN);
    GSubprocess *process;

    if (effect == EFFECT_ERROR) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "fault: no process for %s", argv[0]);
        return NULL;
    }
    process = next(self, effect == EFFECT_SHORT ? garbage : argv, error);
    after(effect);
    return process;
}
