/* SPDX-License-Identifier: Apache-2.0
 * One trial: the half of the state machine that touches the world. QEMU's console, our protocol and
 * QEMU's own messages come in on three descriptors; every TICK_MS watch_is_over() is asked whether
 * that was it; then QEMU is killed, what is left in the sockets is read, and outcome_classify()
 * says what it meant.
 *
 * The console is always read before the protocol: when PID 1 says that a stage is reached, what the
 * kernel printed before that has been seen.
 */
#include "guest/guest.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest/protocol.h"
#include "guest/qemu.h"
#include "guest/watch.h"
#include "process/process.h"

#define TICK_MS        50
#define CHUNK          65536
#define CHUNKS_AT_ONCE 16 /* then the main loop has its turn */
#define STDERR_MAX     16384
#define CHILD_CONSOLE  3 /* descriptors in QEMU */
#define CHILD_PROTOCOL 4

typedef struct Trial Trial;

/* A descriptor that QEMU writes to. */
typedef struct Channel {
    Trial *trial;
    int fd; /* -1: closed */
    GSource *source;
    void (*take)(Trial *trial, const char *bytes, gsize n_bytes);
} Channel;

struct Trial {
    GuestSpec spec;
    GTask *task; /* not a reference: the task owns us */
    GSubprocess *qemu;
    Channel console_channel, protocol_channel, stderr_channel;
    Excerpt *console;
    Protocol *protocol;
    Watch *watch;
    GString *qemu_stderr;
    GSource *ticker, *cancelled;
    gint64 start_us;
    guint64 boot_ms;
    gboolean over;
    GuestEnd end;
};

void guest_spec_default(GuestSpec *ret_spec, const OopsReader *reader)
{
    *ret_spec = (GuestSpec){
        .reader = reader,
        .qemu = "qemu-system-x86_64",
        .accel = ACCEL_TCG,
        .memory_mib = 512,
        .n_cpus = 1,
        .panic_on_warn = TRUE,
        .boot_timeout_ms = 120000,
        .trial_timeout_ms = 30000,
        .n_repeats = 0,
        .settle_ms = 500,
        .after_crash_ms = 5000,
        .silence_timeout_ms = 60000,
        .console_limit = 2 << 20,
    };
}

static void source_clear(GSource **source)
{
    if (*source) {
        g_source_destroy(*source);
        g_source_unref(*source);
        *source = NULL;
    }
}

static void channel_close(Channel *channel)
{
    source_clear(&channel->source);
    if (channel->fd >= 0) {
        close(channel->fd);
        channel->fd = -1;
    }
}

static void trial_free(Trial *trial)
{
    channel_close(&trial->console_channel);
    channel_close(&trial->protocol_channel);
    channel_close(&trial->stderr_channel);
    source_clear(&trial->ticker);
    source_clear(&trial->cancelled);
    excerpt_free(trial->console);
    protocol_free(trial->protocol);
    watch_free(trial->watch);
    g_string_free(trial->qemu_stderr, TRUE);
    g_clear_object(&trial->qemu);
    g_free((char *)trial->spec.qemu);
    g_free((char *)trial->spec.cmdline);
    g_free((char *)trial->spec.disk);
    g_free((char *)trial->spec.disk_format);
    g_strfreev((char **)trial->spec.qemu_args);
    g_free(trial);
}

static guint64 now_ms(const Trial *trial)
{
    return (guint64)(g_get_monotonic_time() - trial->start_us) / 1000;
}

static void attach(Trial *trial, GSource *source, GSourceFunc func, gpointer data)
{
    g_source_set_callback(source, func, data, NULL);
    g_source_attach(source, g_task_get_context(trial->task));
}

static void take_console(Trial *trial, const char *bytes, gsize n_bytes)
{
    excerpt_add(trial->console, bytes, n_bytes);
    watch_console(trial->watch, bytes, n_bytes, now_ms(trial));
}

static void take_protocol(Trial *trial, const char *bytes, gsize n_bytes)
{
    Protocol *protocol = trial->protocol;
    gboolean booted = protocol->stage >= STAGE_INIT;

    protocol_feed(protocol, bytes, n_bytes);
    if (!booted && protocol->stage >= STAGE_INIT) {
        trial->boot_ms = now_ms(trial);
    }
    watch_protocol(trial->watch, protocol->stage, protocol->failure != NULL, now_ms(trial));
}

static void take_stderr(Trial *trial, const char *bytes, gsize n_bytes)
{
    gsize n_kept = MIN(n_bytes, STDERR_MAX - trial->qemu_stderr->len);

    g_string_append_len(trial->qemu_stderr, bytes, (gssize)n_kept);
}

/* Read what is there. FALSE when the channel is closed. */
static gboolean channel_read(Channel *channel)
{
    char bytes[CHUNK];

    for (guint i = 0; i < CHUNKS_AT_ONCE && channel->fd >= 0; i++) {
        ssize_t n = read(channel->fd, bytes, sizeof bytes);

        if (n > 0) {
            channel->take(channel->trial, bytes, (gsize)n);
        } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return TRUE;
        } else {
            channel_close(channel);
        }
    }
    return channel->fd >= 0;
}

static void read_all(Trial *trial)
{
    channel_read(&trial->console_channel);
    channel_read(&trial->protocol_channel);
    channel_read(&trial->stderr_channel);
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
    Channel *channel = data;
    Trial *trial = channel->trial;

    if (channel == &trial->protocol_channel) {
        channel_read(&trial->console_channel);
    }
    return channel_read(channel) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void end_trial(Trial *trial, GuestEnd end)
{
    if (!trial->over) {
        trial->over = TRUE;
        trial->end = end;
        g_subprocess_force_exit(trial->qemu);
    }
}

static gboolean on_tick(gpointer data)
{
    Trial *trial = data;
    GuestEnd end;

    /* If we were kept from reading (stopped, or a slow callback), that is not the guest's silence.
     */
    read_all(trial);
    if (watch_is_over(trial->watch, now_ms(trial), &end)) {
        end_trial(trial, end);
    } else if (strstr(trial->qemu_stderr->str, QEMU_KVM_ERROR)) {
        end_trial(trial, GUEST_END_QEMU_DIED);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_cancelled(GCancellable *cancellable, gpointer data)
{
    end_trial(data, GUEST_END_QEMU_DIED);
    return G_SOURCE_REMOVE;
}

/* Why the reproducer could not work. syzkaller's programs say it themselves. Owned by the caller.
 */
static char *unreached_title(const char *output)
{
    static const char *const words[] = {"SYZFATAL: ", "SYZFAIL: "};

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        const char *at = strstr(output, words[i]);

        if (at) {
            return g_strndup(at, strcspn(at, "\n"));
        }
    }
    return g_strdup("the reproducer says that it cannot work here");
}

static Outcome *make_outcome(Trial *trial)
{
    Protocol *protocol = trial->protocol;
    gsize n_console;
    char *text = excerpt_text(trial->console,
                              "[firstbad: # bytes of the console were left out here]", &n_console);
    g_autoptr(GBytes) console = g_bytes_new_take(text, n_console);
    Outcome *outcome = outcome_classify(trial->spec.reader, trial->end, protocol->stage,
                                        protocol->failure, console, trial->qemu_stderr->str);

    g_free(outcome->output);
    outcome->output = g_strdup(protocol->output->str);
    outcome->boot_ms = trial->boot_ms;
    outcome->run_ms = now_ms(trial);
    outcome->repro_exit = protocol->last_exit;
    outcome->n_runs = protocol->n_runs;
    outcome->calls = protocol->calls ? calls_text(protocol->calls, protocol->traced) : NULL;
    if (outcome->kind == OUTCOME_OK && outcome->repro_exit == REPRO_EXIT_UNREACHED) {
        outcome->kind = OUTCOME_UNREACHED;
        outcome->title = unreached_title(outcome->output);
    }
    return outcome;
}

static void on_qemu_ended(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    Trial *trial = g_task_get_task_data(task);

    g_subprocess_wait_finish(trial->qemu, res, NULL);
    /* A socket holds far less than what this reads at once. */
    read_all(trial);
    source_clear(&trial->ticker);
    source_clear(&trial->cancelled);
    if (g_task_return_error_if_cancelled(task)) {
        return;
    }
    if (trial->protocol->stage == STAGE_DONE) {
        trial->end = GUEST_END_FINISHED;
    } else if (!trial->over) {
        trial->end = g_subprocess_get_if_exited(trial->qemu) &&
                             g_subprocess_get_exit_status(trial->qemu) == 0
                         ? GUEST_END_RESET
                         : GUEST_END_QEMU_DIED;
    }
    g_task_return_pointer(task, make_outcome(trial), (GDestroyNotify)outcome_free);
}

/* A socket for QEMU: our end is read by @channel, the other is returned. */
static int open_socket(Trial *trial, Channel *channel, GError **error)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "a socket for QEMU: %s",
                    g_strerror(errno));
        return -1;
    }
    g_unix_set_fd_nonblocking(fds[0], TRUE, NULL);
    channel->fd = fds[0];
    channel->source = g_unix_fd_source_new(fds[0], G_IO_IN | G_IO_HUP | G_IO_ERR);
    attach(trial, channel->source, (GSourceFunc)(void (*)(void))on_readable, channel);
    return fds[1];
}

static gboolean start_qemu(Trial *trial, const char *image, const char *initramfs, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    g_auto(GStrv) argv = qemu_argv(&trial->spec, image, initramfs, CHILD_CONSOLE, CHILD_PROTOCOL);
    int console = open_socket(trial, &trial->console_channel, error);
    int protocol = console < 0 ? -1 : open_socket(trial, &trial->protocol_channel, error);
    int messages = protocol < 0 ? -1 : open_socket(trial, &trial->stderr_channel, error);

    /* The launcher closes them when it goes. */
    if (console >= 0) {
        g_subprocess_launcher_take_fd(launcher, console, CHILD_CONSOLE);
    }
    if (protocol >= 0) {
        g_subprocess_launcher_take_fd(launcher, protocol, CHILD_PROTOCOL);
    }
    if (messages < 0) {
        return FALSE;
    }
    g_subprocess_launcher_take_stderr_fd(launcher, messages);
    g_subprocess_launcher_set_child_setup(launcher, process_child_setup, GINT_TO_POINTER(getpid()),
                                          NULL);
    process_trace((const char *const *)argv);
    trial->qemu = g_subprocess_launcher_spawnv(launcher, (const char *const *)argv, error);
    return trial->qemu != NULL;
}

static Trial *trial_new(const GuestSpec *spec, GTask *task)
{
    Trial *trial = g_new0(Trial, 1);

    trial->spec = *spec;
    trial->spec.qemu = g_strdup(spec->qemu);
    trial->spec.cmdline = g_strdup(spec->cmdline);
    trial->spec.disk = g_strdup(spec->disk);
    trial->spec.disk_format = g_strdup(spec->disk_format);
    trial->spec.qemu_args = (const char *const *)g_strdupv((char **)spec->qemu_args);
    trial->task = task;
    trial->console_channel = (Channel){.trial = trial, .fd = -1, .take = take_console};
    trial->protocol_channel = (Channel){.trial = trial, .fd = -1, .take = take_protocol};
    trial->stderr_channel = (Channel){.trial = trial, .fd = -1, .take = take_stderr};
    trial->console = excerpt_new(spec->console_limit);
    trial->protocol = protocol_new();
    trial->watch = watch_new(&trial->spec);
    trial->qemu_stderr = g_string_new(NULL);
    trial->start_us = g_get_monotonic_time();
    return trial;
}

void guest_trial_async(const GuestSpec *spec, const char *image, const char *initramfs,
                       GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, done, user_data);
    Trial *trial = trial_new(spec, task);
    GError *error = NULL;

    g_task_set_task_data(task, trial, (GDestroyNotify)trial_free);
    if (g_task_return_error_if_cancelled(task)) {
        return;
    }
    if (!start_qemu(trial, image, initramfs, &error)) {
        g_prefix_error(&error, "starting a guest: ");
        if (g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT)) {
            g_prefix_error(&error, "install qemu-system-x86: ");
        }
        g_task_return_error(task, error);
        return;
    }
    trial->ticker = g_timeout_source_new(TICK_MS);
    attach(trial, trial->ticker, on_tick, trial);
    if (cancellable) {
        trial->cancelled = g_cancellable_source_new(cancellable);
        attach(trial, trial->cancelled, (GSourceFunc)(void (*)(void))on_cancelled, trial);
    }
    g_subprocess_wait_async(trial->qemu, NULL, on_qemu_ended, g_steal_pointer(&task));
}

gboolean guest_trial_finish(GAsyncResult *res, Outcome **ret_outcome, GError **error)
{
    Outcome *outcome = g_task_propagate_pointer(G_TASK(res), error);

    if (!outcome) {
        return FALSE;
    }
    *ret_outcome = outcome;
    return TRUE;
}
