/* SPDX-License-Identifier: Apache-2.0
 * Who works in a state folder. The lock is one of an open file description (fcntl(2)): it ends with
 * the coordinator, however that ends, and readers can ask for it without taking it. In the file its
 * holder says who it is, whether it is a service, and on which jobs it works.
 */
#include "store/private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file begins so, with the holder's number; what it is follows, and then the jobs' numbers,
 * each between two blanks. One that does not say what it is may be of an earlier version. */
#define PID     "pid="
#define SERVICE " daemon "
#define ALONE   " alone "

/* Five seconds in all. */
#define DEAD_WAIT_US 10000
#define DEAD_WAITS   500

static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

/* Who wrote @text of the lock file; 0: nobody. */
static pid_t holder_of(const char *text)
{
    return g_str_has_prefix(text, PID) ? (pid_t)g_ascii_strtoll(text + strlen(PID), NULL, 10) : 0;
}

static pid_t read_holder(int fd)
{
    char text[64];
    gssize n = pread(fd, text, sizeof text - 1, 0);

    text[MAX(n, 0)] = '\0';
    return holder_of(text);
}

/* A coordinator that was killed just as it began a program may have left a child that is not yet
 * that program, and so has the lock open, too: it ends as soon as it gets to run. */
static gboolean is_held_by_dead(int fd)
{
    pid_t pid = read_holder(fd);

    return pid > 0 && kill(pid, 0) != 0 && errno == ESRCH;
}

/* FALSE: errno says why. */
static gboolean lock_file(int fd)
{
    struct flock lock = whole_file();
    guint n_waits = 0;

    while (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        int failure = errno;

        if (failure != EAGAIN || n_waits++ == DEAD_WAITS || !is_held_by_dead(fd)) {
            errno = failure;
            return FALSE;
        }
        g_usleep(DEAD_WAIT_US);
    }
    return TRUE;
}

gboolean store_take_lock(Store *store, GError **error)
{
    g_autofree char *path = g_build_filename(store->state_dir, "lock", NULL);

    store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock_fd < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "cannot write in the state folder %s: %s", store->state_dir, g_strerror(errno));
        return FALSE;
    }
    if (lock_file(store->lock_fd)) {
        /* What the one before has written is not ours. */
        store_work_on(store, NULL, 0);
        return TRUE;
    }
    if (errno == EAGAIN) {
        StoreHolder holder = {0};

        store_find_holder(store->state_dir, &holder);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s works in %s (process %d)",
                    holder.is_service ? "a firstbad daemon" : "another firstbad", store->state_dir,
                    (int)read_holder(store->lock_fd));
        return FALSE;
    }
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot lock %s: %s", path,
                g_strerror(errno));
    return FALSE;
}

/* Is there nothing at @path any more? What else hinders, a write will tell. */
static gboolean is_missing(const char *path, struct stat *ret_status)
{
    return stat(path, ret_status) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* As long as we hold the lock file, its number is nobody else's. */
gboolean store_is_there(const Store *store, GError **error)
{
    g_autofree char *lock = g_build_filename(store->state_dir, "lock", NULL),
                    *database = g_build_filename(store->state_dir, STORE_FILE, NULL);
    struct stat ours, named = {0}, unused;

    if (store->lock_fd < 0 || fstat(store->lock_fd, &ours) != 0) {
        return TRUE;
    }
    if (!is_missing(lock, &named) && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev &&
        !is_missing(database, &unused)) {
        return TRUE;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                "the state folder %s was taken away, or another one is in its place: what is "
                "worked on there cannot be kept any more",
                store->state_dir);
    return FALSE;
}

void store_work_on(Store *store, const gint64 *jobs, guint n_jobs)
{
    g_autoptr(GString) numbers = g_string_new(NULL);

    g_string_printf(numbers, PID "%d%s", (int)getpid(), store->is_service ? SERVICE : ALONE);
    for (guint i = 0; i < n_jobs; i++) {
        g_string_append_printf(numbers, "%" G_GINT64_FORMAT " ", jobs[i]);
    }
    /* For people only: what cannot be written is not told. */
    if (ftruncate(store->lock_fd, 0) != 0 ||
        pwrite(store->lock_fd, numbers->str, numbers->len, 0) != (gssize)numbers->len) {
        g_debug("%s: %s", store->state_dir, g_strerror(errno));
    }
}

void store_be_service(Store *store)
{
    store->is_service = TRUE;
    store_work_on(store, NULL, 0);
}

/* Of who holds the lock in @state_dir: its process and the jobs it works on, as store_work_on()
 * wrote them. FALSE: nobody does. */
static gboolean read_lock(const char *state_dir, char *ret_numbers, gsize size)
{
    g_autofree char *path = g_build_filename(state_dir, "lock", NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct flock lock = whole_file();
    gboolean held = fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    gssize n = held ? pread(fd, ret_numbers, size - 1, 0) : 0;

    ret_numbers[MAX(n, 0)] = '\0';
    if (fd >= 0) {
        close(fd);
    }
    return held;
}

gboolean store_find_holder(const char *state_dir, StoreHolder *ret_holder)
{
    char numbers[4096];
    const char *jobs;

    if (!read_lock(state_dir, numbers, sizeof numbers)) {
        return FALSE;
    }
    jobs = strchr(numbers, ' ');
    *ret_holder = (StoreHolder){.pid = holder_of(numbers),
                                .is_service = jobs && g_str_has_prefix(jobs, SERVICE),
                                .is_alone = jobs && g_str_has_prefix(jobs, ALONE)};
    if (ret_holder->is_service || ret_holder->is_alone) {
        jobs += strlen(ret_holder->is_service ? SERVICE : ALONE) - 1;
    }
    ret_holder->job = jobs ? g_ascii_strtoll(jobs, NULL, 10) : 0;
    return TRUE;
}

gboolean store_is_worked_on(const Store *store, gint64 job)
{
    g_autofree char *number = g_strdup_printf(" %" G_GINT64_FORMAT " ", job);
    char numbers[4096];

    return read_lock(store->state_dir, numbers, sizeof numbers) && strstr(numbers, number);
}

/* Of the process that works on @job; 0: none does. */
static pid_t coordinator(const Store *store, gint64 job)
{
    g_autofree char *number = g_strdup_printf(" %" G_GINT64_FORMAT " ", job);
    char numbers[4096];

    return read_lock(store->state_dir, numbers, sizeof numbers) && strstr(numbers, number)
               ? holder_of(numbers)
               : 0;
}

gboolean store_stop_coordinator(const Store *store, gint64 job)
{
    pid_t pid = coordinator(store, job);
    int fd = pid > 0 ? pidfd_open(pid, 0) : -1;
    /* Who held the lock before and after is whom the descriptor is of: no other can have got its
     * number meanwhile. */
    gboolean done =
        fd >= 0 && coordinator(store, job) == pid && pidfd_send_signal(fd, SIGINT, NULL, 0) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return done;
}

gboolean store_stop_foreground(const Store *store, gint64 job)
{
    StoreHolder holder = {0};

    return store_find_holder(store->state_dir, &holder) && holder.is_alone &&
           store_stop_coordinator(store, job);
}

gboolean store_has_service(const char *state_dir)
{
    StoreHolder holder = {0};

    return store_find_holder(state_dir, &holder) && holder.is_service;
}

gboolean store_has_coordinator(const Store *store)
{
    char numbers[1];

    return read_lock(store->state_dir, numbers, sizeof numbers);
}
