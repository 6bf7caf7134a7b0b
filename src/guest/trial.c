/* SPDX-License-Identifier: Apache-2.0
 * One trial: the half of the state machine that touches the world. QEMU's console, our protocol,
 * QEMU's monitor and its own messages come in on four descriptors; whenever something came, and
 * every TICK_MS, watch_is_over() is asked whether that was it; then QEMU is killed, what is left in
 * the sockets is read, and outcome_classify() says what it meant.
 *
 * The console is always read before the protocol: when PID 1 says that a stage is reached, what the
 * kernel printed before that has been seen.
 *
 * A trial that keeps its guest (snapshot.h) or begins with a kept one may have to be made again, by
 * booting: then all but its spec begins anew.
 */
#include "guest/trial.h"

#include <string.h>
#include <unistd.h>

#include "guest/init/orders.h"
#include "guest/orders.h"
#include "guest/qemu.h"
#include "guest/spec.h"

#define TICK_MS    50
#define STDERR_MAX 16384
/* What keeping or restoring a guest may take, and its start to the reproducer after that: some 10
 * ms. */
#define READY_LIMIT_MS 30000
/* QEMU answers in milliseconds, whatever its guest does: so long it may be kept from it. */
#define ANSWER_LIMIT_MS 20000
/* Who did not look for so long was kept from it: stopped, or this machine was. */
#define KEPT_AWAY_MS 2000

static void source_clear(GSource **source)
{
    if (*source) {
        g_source_destroy(*source);
        g_source_unref(*source);
        *source = NULL;
    }
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void attempt_clear(Trial *trial)
{
    channel_close(&trial->console_channel);
    channel_close(&trial->protocol_channel);
    channel_close(&trial->monitor_channel);
    channel_close(&trial->stderr_channel);
    close_fd(&trial->memory_fd);
    close_fd(&trial->state_fd);
    source_clear(&trial->ticker);
    source_clear(&trial->cancelled);
    g_clear_pointer(&trial->console, excerpt_free);
    g_clear_pointer(&trial->protocol, protocol_free);
    g_clear_pointer(&trial->qmp, qmp_free);
    g_clear_pointer(&trial->watch, watch_free);
    g_string_truncate(trial->qemu_stderr, 0);
    g_clear_object(&trial->qemu);
    if (trial->way == WAY_KEEP) {
        snapshot_leave(trial->snapshot);
    }
}

static void trial_free(Trial *trial)
{
    attempt_clear(trial);
    g_string_free(trial->qemu_stderr, TRUE);
    snapshot_unref(trial->snapshot);
    g_free(trial->image);
    g_free(trial->initramfs);
    guest_spec_clear(&trial->spec);
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

static void take_console(gpointer data, const char *bytes, gsize n_bytes)
{
    Trial *trial = data;
    excerpt_add(trial->console, bytes, n_bytes);
    watch_console(trial->watch, bytes, n_bytes, now_ms(trial));
}

/* One that is dead does not mind. */
static void give_orders(Trial *trial)
{
    guint8 seed[SEED_BYTES];

    for (guint i = 0; i < SEED_BYTES; i++) {
        seed[i] = (guint8)g_random_int();
    }
    g_autofree char *line = orders_line(&trial->spec, g_get_real_time() / 1000, seed, sizeof seed);
    trial->ordered = TRUE;
    channel_say(&trial->protocol_channel, line, -1);
}

static void begin_saving(Trial *trial);

static void take_protocol(gpointer data, const char *bytes, gsize n_bytes)
{
    Trial *trial = data;
    Protocol *protocol = trial->protocol;
    gboolean booted = protocol->stage >= STAGE_INIT;

    protocol_feed(protocol, bytes, n_bytes);
    if (!booted && protocol->stage >= STAGE_INIT) {
        trial->boot_ms = now_ms(trial);
    }
    if (protocol->stage == STAGE_READY && trial->way == WAY_KEEP) {
        begin_saving(trial);
    } else if (protocol->stage == STAGE_READY && trial->way == WAY_BOOT && !trial->ordered) {
        give_orders(trial);
    }
    watch_protocol(trial->watch, protocol->stage, protocol->failure != NULL, now_ms(trial));
}

static void take_stderr(gpointer data, const char *bytes, gsize n_bytes)
{
    Trial *trial = data;
    gsize n_kept = MIN(n_bytes, STDERR_MAX - trial->qemu_stderr->len);

    g_string_append_len(trial->qemu_stderr, bytes, (gssize)n_kept);
}

/* By @read, one of channel.h. */
static void read_all(Trial *trial, gboolean (*read)(Channel *channel))
{
    read(&trial->console_channel);
    read(&trial->protocol_channel);
    read(&trial->monitor_channel);
    read(&trial->stderr_channel);
}

/* --- Keeping a guest, and beginning with a kept one ------------------------------------------ */

/* The guest goes on, and was not kept. */
static void give_up_saving(Trial *trial, const char *why)
{
    snapshot_give_up(trial->snapshot, why);
    trial->saving = FALSE;
    channel_say(&trial->monitor_channel, QMP_GO_ON, -1);
    give_orders(trial);
}

/* The guest is ready: have the state of its devices written. */
static void begin_saving(Trial *trial)
{
    g_autoptr(GError) error = NULL;

    if (trial->saving || trial->ordered) {
        return;
    }
    trial->saving = TRUE;
    trial->state_fd = snapshot_open_state(&error);
    if (trial->state_fd < 0) {
        give_up_saving(trial, error->message);
    } else if (trial->qmp->failure) {
        give_up_saving(trial, trial->qmp->failure);
    } else if (!channel_say(&trial->monitor_channel, QMP_SAVE, trial->state_fd)) {
        give_up_saving(trial, "QEMU's monitor does not listen");
    }
}

static char *console_text(const Trial *trial, gsize *ret_n)
{
    return excerpt_text(trial->console, CONSOLE_CUT, ret_n);
}

/* It stands still, and its state is written. */
static void end_saving(Trial *trial)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) console = NULL;
    gsize n_console;
    char *text;

    channel_read(&trial->console_channel);
    text = console_text(trial, &n_console);
    console = g_bytes_new_take(text, n_console);
    if (!snapshot_keep(trial->snapshot, trial->memory_fd, trial->spec.memory_mib, trial->state_fd,
                       console, &error)) {
        give_up_saving(trial, error->message);
        return;
    }
    trial->saving = FALSE;
    channel_say(&trial->monitor_channel, QMP_GO_ON, -1);
    give_orders(trial);
}

static void go_on_saving(Trial *trial)
{
    Qmp *qmp = trial->qmp;
    g_autofree char *status = g_steal_pointer(&qmp->status);

    if (qmp->failure) {
        give_up_saving(trial, qmp->failure);
    } else if (g_strcmp0(status, QMP_HALTED) == 0) {
        end_saving(trial);
    } else if (qmp->is_saved) {
        /* QEMU says so while it is still at it: ask until it stands still. */
        channel_say(&trial->monitor_channel, QMP_ASK, -1);
    }
}

static void take_monitor(gpointer data, const char *bytes, gsize n_bytes)
{
    Trial *trial = data;
    qmp_feed(trial->qmp, bytes, n_bytes);
    if (trial->saving) {
        go_on_saving(trial);
    } else if (trial->way == WAY_RESTORE && trial->qmp->is_running && !trial->ordered) {
        trial->boot_ms = now_ms(trial);
        give_orders(trial);
    }
}

/* --- The end --------------------------------------------------------------------------------- */

static void end_trial(Trial *trial, GuestEnd end)
{
    if (!trial->over) {
        trial->over = TRUE;
        trial->end = end;
        g_subprocess_force_exit(trial->qemu);
    }
}

/* This machine failed: QEMU cannot say so itself. */
static void blame_qemu(Trial *trial, const char *why)
{
    g_string_append_printf(trial->qemu_stderr, "%s\n", why);
    end_trial(trial, GUEST_END_QEMU_DIED);
}

/* The guest says nothing, or not what it should: but a QEMU that is stopped, or stuck, is as quiet.
 * TRUE when QEMU says that its guest is to blame. */
static gboolean is_guests_hang(Trial *trial)
{
    guint64 limit_ms = MIN(ANSWER_LIMIT_MS, trial->spec.silence_timeout_ms);
    const char *status = trial->qmp->status;

    if (!trial->asked_ms) {
        trial->asked_ms = now_ms(trial);
        g_clear_pointer(&trial->qmp->status, g_free);
        if (!channel_say(&trial->monitor_channel, QMP_ASK, -1)) {
            blame_qemu(trial, "its monitor does not listen");
        }
        return FALSE;
    }
    if (status && !qmp_is_guests_state(status)) {
        g_autofree char *why = g_strdup_printf("its guest stands still: %s", status);

        blame_qemu(trial, why);
    } else if (!status && now_ms(trial) - trial->asked_ms >= limit_ms) {
        blame_qemu(trial, "it does not answer");
    }
    return status && !trial->over;
}

static gboolean is_hang(GuestEnd end)
{
    return end == GUEST_END_SILENT || end == GUEST_END_LOST || end == GUEST_END_TIMEOUT;
}

static void look_whether_over(Trial *trial)
{
    GuestEnd end;

    if (!watch_is_over(trial->watch, now_ms(trial), &end)) {
        trial->asked_ms = 0;
    } else if (!is_hang(end) || trial->saving || is_guests_hang(trial)) {
        end_trial(trial, end);
    }
    if (strstr(trial->qemu_stderr->str, QEMU_KVM_ERROR) ||
        (trial->way == WAY_RESTORE && trial->qmp->failure)) {
        end_trial(trial, GUEST_END_QEMU_DIED);
    }
}

/* Time in which we did not look is nobody's silence: QEMU may have been stopped as well. */
static void look_again(Trial *trial)
{
    guint64 away_ms = now_ms(trial) - trial->looked_ms;

    trial->looked_ms += away_ms;
    if (away_ms >= KEPT_AWAY_MS) {
        watch_skip(trial->watch, away_ms, trial->looked_ms);
        trial->asked_ms = 0;
    }
}

gboolean trial_on_readable(gint fd, GIOCondition condition, gpointer data)
{
    Channel *channel = data;
    Trial *trial = channel->owner;

    if (trial->over) {
        return G_SOURCE_REMOVE; /* what the sockets hold is read when QEMU is gone, and no more */
    }
    look_again(trial);
    if (channel == &trial->protocol_channel) {
        channel_read(&trial->console_channel);
    }
    gboolean is_open = channel_read(channel);
    look_whether_over(trial);
    return is_open ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean on_tick(gpointer data)
{
    Trial *trial = data;

    if (trial->over) {
        return G_SOURCE_REMOVE;
    }
    look_again(trial);
    read_all(trial, channel_read);
    look_whether_over(trial);
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
    char *text = console_text(trial, &n_console);
    g_autoptr(GBytes) console = g_bytes_new_take(text, n_console);
    Outcome *outcome = outcome_classify(trial->spec.reader, trial->end, protocol->stage,
                                        protocol->failure, console, trial->qemu_stderr->str);

    g_free(outcome->output);
    outcome->output = g_strdup(protocol->output->str);
    outcome->restored = trial->way == WAY_RESTORE;
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

static gboolean attempt_begin(Trial *trial, GError **error);

/* Boot, since the guest could not be kept or restored. */
static gboolean begin_again(Trial *trial, const char *why, GError **error)
{
    snapshot_give_up(trial->snapshot, why);
    attempt_clear(trial);
    trial->way = WAY_BOOT;
    return attempt_begin(trial, error);
}

/* Why it could not. */
static char *blame(const Trial *trial)
{
    static const char *const ends[] = {
        [GUEST_END_FINISHED] = "its PID 1 gave up",
        [GUEST_END_CRASHED] = "it crashed",
        [GUEST_END_RESET] = "it reset",
        [GUEST_END_SILENT] = "it hung",
        [GUEST_END_LOST] = "it hung",
        [GUEST_END_TIMEOUT] = "it hung",
        [GUEST_END_QEMU_DIED] = "QEMU failed",
    };
    g_autofree char *complaint = qemu_complaint(trial->qemu_stderr->str);

    if (trial->end == GUEST_END_QEMU_DIED) {
        return g_strdup_printf("QEMU failed: %s",
                               trial->qmp->failure ? trial->qmp->failure : complaint);
    }
    return g_strdup_printf("%s before the reproducer began", ends[trial->end]);
}

static void return_outcome(Trial *trial)
{
    g_task_return_pointer(trial->task, make_outcome(trial), (GDestroyNotify)outcome_free);
}

/* Did QEMU end because its guest did? It ends as well when it is told to, by who ends all processes
 * of a service or a machine. */
static gboolean ended_for_guest(const Trial *trial)
{
    return g_subprocess_get_if_exited(trial->qemu) &&
           g_subprocess_get_exit_status(trial->qemu) == 0 && !trial->qmp->is_told_to_end;
}

/* Who is killed has no last word. */
static void note_signal(Trial *trial)
{
    if (g_subprocess_get_if_signaled(trial->qemu)) {
        int number = g_subprocess_get_term_sig(trial->qemu);

        g_string_append_printf(trial->qemu_stderr, "it was killed by signal %d (%s)\n", number,
                               g_strsignal(number));
    }
}

static void on_qemu_ended(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    Trial *trial = g_task_get_task_data(task);
    GError *error = NULL;

    g_subprocess_wait_finish(trial->qemu, res, NULL);
    read_all(trial, channel_read_rest);
    source_clear(&trial->ticker);
    source_clear(&trial->cancelled);
    if (g_task_return_error_if_cancelled(task)) {
        return;
    }
    if (trial->protocol->stage == STAGE_DONE) {
        trial->end = GUEST_END_FINISHED;
    } else if (!trial->over) {
        note_signal(trial);
        trial->end = ended_for_guest(trial) ? GUEST_END_RESET : GUEST_END_QEMU_DIED;
    }
    if (snapshot_is_to_blame(trial->way, trial->end, trial->protocol->stage)) {
        g_autofree char *why = blame(trial);

        if (!begin_again(trial, why, &error)) {
            g_task_return_error(task, error);
        }
        return;
    }
    return_outcome(trial);
}

/* --- The start ------------------------------------------------------------------------------- */

static void nothing_open(Trial *trial)
{
    trial->console_channel = (Channel){.owner = trial, .fd = -1, .take = take_console};
    trial->protocol_channel = (Channel){.owner = trial, .fd = -1, .take = take_protocol};
    trial->monitor_channel = (Channel){.owner = trial, .fd = -1, .take = take_monitor};
    trial->stderr_channel = (Channel){.owner = trial, .fd = -1, .take = take_stderr};
    trial->memory_fd = trial->state_fd = -1;
}

static void reset(Trial *trial)
{
    nothing_open(trial);
    trial->console = excerpt_new(trial->spec.console_limit);
    trial->protocol = protocol_new();
    trial->qmp = qmp_new();
    trial->watch = watch_new(&trial->spec);
    trial->start_us = g_get_monotonic_time();
    trial->boot_ms = trial->looked_ms = trial->asked_ms = 0;
    trial->saving = trial->ordered = trial->over = FALSE;
}

/* What the kept guest went through is behind it, and belongs to this one. */
static void begin_ready(Trial *trial)
{
    GBytes *console = snapshot_console(trial->snapshot);
    g_autofree char *restore = g_strdup_printf(QMP_RESTORE, TRIAL_CHILD_STATE);

    excerpt_add(trial->console, g_bytes_get_data(console, NULL), g_bytes_get_size(console));
    trial->protocol->stage = STAGE_READY;
    watch_protocol(trial->watch, STAGE_READY, FALSE, 0);
    channel_say(&trial->monitor_channel, restore, -1);
}

/* Start QEMU, and listen to it. */
static gboolean attempt_begin(Trial *trial, GError **error)
{
    GCancellable *cancellable = g_task_get_cancellable(trial->task);
    g_autoptr(GError) own_error = NULL;

    reset(trial);
    if (!trial_launch(trial, &own_error)) {
        if (trial->way != WAY_BOOT && own_error->domain != G_SPAWN_ERROR) {
            return begin_again(trial, own_error->message, error);
        }
        g_propagate_prefixed_error(error, g_steal_pointer(&own_error), "starting a guest: ");
        return FALSE;
    }
    channel_say(&trial->monitor_channel, QMP_HELLO, -1);
    if (trial->way == WAY_RESTORE) {
        begin_ready(trial);
    }
    if (trial->way != WAY_BOOT) {
        trial->watch->ready_limit_ms = MIN(trial->spec.boot_timeout_ms, READY_LIMIT_MS);
    }
    trial->ticker = g_timeout_source_new(TICK_MS);
    attach(trial, trial->ticker, on_tick, trial);
    if (cancellable) {
        trial->cancelled = g_cancellable_source_new(cancellable);
        attach(trial, trial->cancelled, (GSourceFunc)(void (*)(void))on_cancelled, trial);
    }
    g_subprocess_wait_async(trial->qemu, NULL, on_qemu_ended, g_object_ref(trial->task));
    return TRUE;
}

static Trial *trial_new(const GuestSpec *spec, GTask *task)
{
    Trial *trial = g_new0(Trial, 1);

    guest_spec_copy(spec, &trial->spec);
    trial->task = task;
    trial->qemu_stderr = g_string_new(NULL);
    trial->way = WAY_BOOT;
    nothing_open(trial);
    return trial;
}

void guest_trial_async(const GuestSpec *spec, const char *image, const char *initramfs,
                       Snapshot *snapshot, GCancellable *cancellable, GAsyncReadyCallback done,
                       gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, done, user_data);
    Trial *trial = trial_new(spec, task);
    GError *error = NULL;

    g_task_set_task_data(task, trial, (GDestroyNotify)trial_free);
    if (g_task_return_error_if_cancelled(task)) {
        return;
    }
    trial->image = g_strdup(image);
    trial->initramfs = g_strdup(initramfs);
    trial->snapshot = snapshot ? snapshot_ref(snapshot) : NULL;
    trial->way = snapshot_choose(snapshot);
    if (!attempt_begin(trial, &error)) {
        if (g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT)) {
            g_prefix_error(&error, "install qemu-system-x86: ");
        }
        g_task_return_error(task, error);
    }
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
