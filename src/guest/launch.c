/* SPDX-License-Identifier: Apache-2.0
 * QEMU of a trial, started: its sockets and its files.
 */
#include "guest/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "guest/qemu.h"

/* Descriptors in QEMU. */
#define CHILD_CONSOLE  3
#define CHILD_PROTOCOL 4
#define CHILD_MONITOR  5
#define CHILD_MEMORY   6

/* Files of a guest that is kept or restored; QEMU gets its own descriptors of them by @launcher. */
static gboolean open_files(Trial *trial, GSubprocessLauncher *launcher, GError **error)
{
    int memory, state;

    if (trial->way == WAY_RESTORE) {
        if (!snapshot_open(trial->snapshot, &memory, &state, error)) {
            return FALSE;
        }
        g_subprocess_launcher_take_fd(launcher, memory, CHILD_MEMORY);
        g_subprocess_launcher_take_fd(launcher, state, TRIAL_CHILD_STATE);
    } else if (trial->way == WAY_KEEP) {
        trial->memory_fd = snapshot_open_memory(trial->spec.memory_mib, error);
        if (trial->memory_fd < 0) {
            return FALSE;
        }
        memory = fcntl(trial->memory_fd, F_DUPFD_CLOEXEC, 0);
        if (memory < 0) {
            g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "memory: %s",
                        g_strerror(errno));
            return FALSE;
        }
        g_subprocess_launcher_take_fd(launcher, memory, CHILD_MEMORY);
    }
    return TRUE;
}

/* The launcher closes what it got when it goes. */
static gboolean open_sockets(Trial *trial, GSubprocessLauncher *launcher, GError **error)
{
    const struct {
        Channel *channel;
        int child_fd;
    } sockets[] = {
        {&trial->console_channel, CHILD_CONSOLE},
        {&trial->protocol_channel, CHILD_PROTOCOL},
        {&trial->monitor_channel, CHILD_MONITOR},
    };
    GMainContext *context = g_task_get_context(trial->task);

    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
        int fd = channel_open(sockets[i].channel, context, trial_on_readable, error);

        if (fd < 0) {
            return FALSE;
        }
        g_subprocess_launcher_take_fd(launcher, fd, sockets[i].child_fd);
    }
    int messages = channel_open(&trial->stderr_channel, context, trial_on_readable, error);
    if (messages < 0) {
        return FALSE;
    }
    g_subprocess_launcher_take_stderr_fd(launcher, messages);
    return TRUE;
}

gboolean trial_launch(Trial *trial, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    QemuEnds ends = {.console = CHILD_CONSOLE,
                     .protocol = CHILD_PROTOCOL,
                     .monitor = CHILD_MONITOR,
                     .memory = trial->way == WAY_BOOT ? -1 : CHILD_MEMORY,
                     .restores = trial->way == WAY_RESTORE};
    g_auto(GStrv) argv = qemu_argv(&trial->spec, trial->image, trial->initramfs, &ends);

    if (!open_files(trial, launcher, error) || !open_sockets(trial, launcher, error)) {
        return FALSE;
    }
    g_subprocess_launcher_set_child_setup(launcher, process_child_setup, GINT_TO_POINTER(getpid()),
                                          NULL);
    process_trace((const char *const *)argv);
    trial->qemu = g_subprocess_launcher_spawnv(launcher, (const char *const *)argv, error);
    return trial->qemu != NULL;
}
