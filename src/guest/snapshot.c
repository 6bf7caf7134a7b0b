/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/qemu.h"

#define MIB ((guint64)1 << 20)

typedef enum State { STATE_EMPTY, STATE_UNDER_WAY, STATE_KEPT, STATE_GIVEN_UP } State;

struct Snapshot {
    guint n_refs;
    State state;
    int memory_fd, state_fd; /* -1: none */
    guint64 size;
    GBytes *console;
    char *failure;
};

Snapshot *snapshot_new(void)
{
    Snapshot *snapshot = g_new0(Snapshot, 1);

    snapshot->n_refs = 1;
    snapshot->memory_fd = snapshot->state_fd = -1;
    return snapshot;
}

Snapshot *snapshot_ref(Snapshot *snapshot)
{
    snapshot->n_refs++;
    return snapshot;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void drop(Snapshot *snapshot)
{
    close_fd(&snapshot->memory_fd);
    close_fd(&snapshot->state_fd);
    g_clear_pointer(&snapshot->console, g_bytes_unref);
    snapshot->size = 0;
}

void snapshot_unref(Snapshot *snapshot)
{
    if (snapshot && --snapshot->n_refs == 0) {
        drop(snapshot);
        g_free(snapshot->failure);
        g_free(snapshot);
    }
}

guint64 snapshot_size(const Snapshot *snapshot)
{
    return snapshot->size;
}

const char *snapshot_failure(const Snapshot *snapshot)
{
    return snapshot->failure;
}

gboolean snapshot_is_under_way(const Snapshot *snapshot)
{
    return snapshot->state == STATE_UNDER_WAY;
}

GBytes *snapshot_console(const Snapshot *snapshot)
{
    return snapshot->console;
}

GuestWay snapshot_choose(Snapshot *snapshot)
{
    if (!snapshot) {
        return WAY_BOOT;
    }
    switch (snapshot->state) {
    case STATE_EMPTY:
        snapshot->state = STATE_UNDER_WAY;
        return WAY_KEEP;
    case STATE_KEPT:
        return WAY_RESTORE;
    default:
        return WAY_BOOT;
    }
}

void snapshot_give_up(Snapshot *snapshot, const char *why)
{
    drop(snapshot);
    snapshot->state = STATE_GIVEN_UP;
    if (!snapshot->failure) {
        snapshot->failure = g_strdup(why);
    }
}

void snapshot_leave(Snapshot *snapshot)
{
    if (snapshot->state == STATE_UNDER_WAY) {
        snapshot->state = STATE_EMPTY;
    }
}

gboolean snapshot_is_to_blame(GuestWay way, GuestEnd end, GuestStage stage)
{
    switch (way) {
    case WAY_KEEP:
        return stage == STAGE_READY || (stage < STAGE_READY && end == GUEST_END_QEMU_DIED);
    case WAY_RESTORE:
        return stage < STAGE_REPRO;
    default:
        return FALSE;
    }
}

/* --- Files ----------------------------------------------------------------------------------- */

static gboolean fail(GError **error, const char *what)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", what, g_strerror(errno));
    return FALSE;
}

int snapshot_open_state(GError **error)
{
    int fd = memfd_create("firstbad-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0) {
        fail(error, "a file in memory");
    }
    return fd;
}

int snapshot_open_memory(guint mib, GError **error)
{
    int fd = memfd_create("firstbad-memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0 || ftruncate(fd, (off_t)(mib * MIB))) {
        fail(error, "memory for a guest");
        close_fd(&fd);
    }
    return fd;
}

static gboolean write_piece(int fd, const char *bytes, gsize n_bytes, off_t at)
{
    while (n_bytes) {
        ssize_t n = pwrite(fd, bytes, n_bytes, at);

        if (n < 0 && errno != EINTR) {
            return FALSE;
        }
        if (n > 0) {
            bytes += n;
            at += n;
            n_bytes -= (gsize)n;
        }
    }
    return TRUE;
}

/* What was ever touched of @bytes, which @from maps. *ret_size: so much it is. */
static gboolean copy_touched(int from, const char *bytes, int to, guint64 *ret_size)
{
    off_t start, end = 0;

    *ret_size = 0;
    while ((start = lseek(from, end, SEEK_DATA)) >= 0) {
        end = lseek(from, start, SEEK_HOLE);
        if (end < 0 || !write_piece(to, bytes + start, (gsize)(end - start), start)) {
            return FALSE;
        }
        *ret_size += (guint64)(end - start);
    }
    return errno == ENXIO;
}

static gboolean copy_memory(int from, gsize n_bytes, int to, guint64 *ret_size)
{
    void *bytes = mmap(NULL, n_bytes, PROT_READ, MAP_SHARED, from, 0);
    int err;

    if (bytes == MAP_FAILED) {
        return FALSE;
    }
    gboolean done = copy_touched(from, bytes, to, ret_size);
    err = errno;
    munmap(bytes, n_bytes);
    errno = err;
    return done;
}

gboolean snapshot_keep(Snapshot *snapshot, int memory_fd, guint memory_mib, int state_fd,
                       GBytes *console, GError **error)
{
    int copy = snapshot_open_memory(memory_mib, error);
    struct stat state;

    if (copy < 0) {
        return FALSE;
    }
    /* Sealed, so that no guest can change what others begin with. */
    if (!copy_memory(memory_fd, memory_mib * MIB, copy, &snapshot->size) ||
        fcntl(copy, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ||
        (snapshot->state_fd = fcntl(state_fd, F_DUPFD_CLOEXEC, 0)) < 0 || fstat(state_fd, &state)) {
        fail(error, "copying the guest's memory");
        close(copy);
        return FALSE;
    }
    snapshot->memory_fd = copy;
    snapshot->size += (guint64)state.st_size;
    snapshot->console = g_bytes_ref(console);
    snapshot->state = STATE_KEPT;
    return TRUE;
}

gboolean snapshot_open(const Snapshot *snapshot, int *ret_memory_fd, int *ret_state_fd,
                       GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", snapshot->state_fd);
    int state = open(path, O_RDONLY | O_CLOEXEC); /* with a place of its own in the file */
    int memory = state < 0 ? -1 : fcntl(snapshot->memory_fd, F_DUPFD_CLOEXEC, 0);

    if (memory < 0) {
        fail(error, "what was kept of a guest");
        close_fd(&state);
        return FALSE;
    }
    *ret_memory_fd = memory;
    *ret_state_fd = state;
    return TRUE;
}

/* --- What may be kept ------------------------------------------------------------------------ */

/* Arguments of the user's that add nothing with a state outside the guest's memory and its devices:
 * a file or another process behind one would be left behind. */
static const char *const harmless[] = {"cpu", "device", "global", "rtc"};

static gboolean is_harmless(const char *option)
{
    for (guint i = 0; i < G_N_ELEMENTS(harmless); i++) {
        if (g_str_equal(option + strspn(option, "-"), harmless[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

char *guest_snapshot_complaint(const GuestSpec *spec)
{
    if (spec->disk) {
        return g_strdup("what is written to the disk would not be kept");
    }
    for (const char *const *arg = spec->qemu_args; arg && *arg; arg++) {
        if (**arg == '-' && !is_harmless(*arg)) {
            return g_strdup_printf("QEMU's %s may have a state that would not be kept", *arg);
        }
    }
    return NULL;
}
