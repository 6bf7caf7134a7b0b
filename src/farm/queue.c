/* SPDX-License-Identifier: Apache-2.0
 * The life of an item, by looking: at its folder by one listing, less often the longer nothing
 * happens there; and at Slurm's queue as seldom as a lost node can wait.
 */
#include "farm/queue.h"

#include <glib/gstdio.h>
#include <string.h>

#include "farm/entry.h"
#include "farm/needs.h"
#include "farm/slurm.h"
#include "farm/waits.h"

/* What is due, or cancelled, is seen after so long; no file is touched for it. */
#define TICK_MS 100
#define LIST_US (2 * G_USEC_PER_SEC)
/* So often sbatch may say no to an item. */
#define MOST_REFUSED 3

struct Queue {
    QueueOptions options;
    KernelStore *store;
    const Farm *farm;
    GPtrArray *entries; /* of Entry */
    GPtrArray *bad_nodes;
    GPtrArray *ready; /* of GTask: those to be returned */
    Waits *waits;
    guint tick_id;
    gboolean is_listing, is_ended;
    GCancellable *ended; /* fires when it is */
    guint n_commands;    /* of Slurm, under way */
    gint64 listed_us;    /* when the list that is on its way was asked for */
    gint64 next_list_us;
    gboolean is_away; /* the controller; a person was told */
};

static Entry *find_entry(const Queue *queue, const char *dir)
{
    for (guint i = 0; i < queue->entries->len; i++) {
        Entry *entry = queue->entries->pdata[i];

        if (g_str_equal(entry->dir, dir)) {
            return entry;
        }
    }
    return NULL;
}

/* --- The end of an item ---------------------------------------------------------------------- */

static void on_commanded(GObject *source, GAsyncResult *res, gpointer data)
{
    Queue *queue = data;

    queue->n_commands--;
    slurm_command_finish(res);
}

static void cancel_at_slurm(Queue *queue, const Entry *entry)
{
    queue->n_commands++;
    slurm_cancel_async(entry->job_name, on_commanded, queue);
}

static void give_up(Queue *queue, Entry *entry)
{
    entry->is_given_up = TRUE;
    /* Slurm may have what sbatch says it did not take: an answer that came too late. */
    if (entry->n_submitted) {
        cancel_at_slurm(queue, entry);
    }
    item_remove(entry->dir);
}

static void drop_ended(Queue *queue)
{
    for (guint i = queue->entries->len; i-- > 0;) {
        const Entry *entry = queue->entries->pdata[i];

        if (entry->sending || !(entry->is_given_up || entry_is_over(entry))) {
            continue;
        }
        if (!entry->is_given_up) {
            /* One that was submitted twice may still be in the queue. */
            if (entry->n_submitted > 1) {
                cancel_at_slurm(queue, entry);
            }
            item_remove(entry->dir);
        }
        g_ptr_array_remove_index(queue->entries, i);
    }
}

static void return_ready(Queue *queue)
{
    while (queue->ready->len && !queue->is_ended) {
        entry_return(g_ptr_array_steal_index(queue->ready, queue->ready->len - 1));
    }
}

/* No list of ours is walked now. */
static void finish_round(Queue *queue)
{
    drop_ended(queue);
    return_ready(queue);
}

/* --- What came out --------------------------------------------------------------------------- */

static void take_kernel(Queue *queue, Entry *entry)
{
    GError *error = NULL;
    Kernel *kernel = item_find_kernel(entry->dir, queue->store, &error);

    if (kernel || error) {
        part_step(&entry->parts[0], &(PartEvent){.kind = PART_CAME_OUT});
        entry_give(entry, 0, kernel, (GDestroyNotify)kernel_free, error, queue->ready);
    }
}

/* Trial @i is there. */
static void take_outcome(Queue *queue, Entry *entry, guint i)
{
    g_autofree char *path = item_trial_path(entry->dir, i);
    g_autofree char *name = g_path_get_basename(entry->dir);
    g_autoptr(GError) error = NULL;
    Outcome *outcome = outcome_read(path, &error);

    if (outcome) {
        outcome->origin = g_strdup_printf("%s/%u", name, i);
        entry_give(entry, i, outcome, (GDestroyNotify)outcome_free, NULL, queue->ready);
        entry_stir(entry, g_get_monotonic_time());
    } else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)) {
        /* Damaged, it is made again; what cannot be read now is looked for again. */
        farm_tell(queue->farm, "%s", error->message);
        g_unlink(path);
    }
}

/* --- What went wrong ------------------------------------------------------------------------- */

/* The last machines that failed are left out, as long as one remains. */
static void leave_out(Queue *queue, const char *node)
{
    if (!node || !*node ||
        g_ptr_array_find_with_equal_func(queue->bad_nodes, node, g_str_equal, NULL)) {
        return;
    }
    g_ptr_array_add(queue->bad_nodes, g_strdup(node));
    while (queue->bad_nodes->len && queue->bad_nodes->len >= queue->options.n_nodes) {
        g_ptr_array_remove_index(queue->bad_nodes, 0);
    }
}

/* What @failure of a machine is to the part that it had. */
static PartEventKind event_of(const Queue *queue, const Entry *entry, const GError *failure)
{
    g_autoptr(Kernel) kernel = NULL;

    if (g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED)) {
        return PART_UNSUITED;
    }
    if (entry->order->kind != ORDER_TRIALS ||
        !g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        return PART_FAILED;
    }
    /* The kernel that is tried may have gone from the store. */
    kernel = kernel_store_find(queue->store, entry->order->kernel_key, NULL);
    return kernel ? PART_FAILED : PART_HOPELESS;
}

static void take_failure(Queue *queue, Entry *entry, const char *name, gint64 now_us)
{
    g_autofree char *node = NULL;
    g_autoptr(GError) failure = NULL;
    PartEvent event = {.now_us = now_us, .n_nodes = queue->options.n_nodes};
    guint number;

    if (!item_take_failure(entry->dir, name, &number, &node, &failure) ||
        number >= entry->order->n_parts) {
        return;
    }
    event.kind = event_of(queue, entry, failure);
    switch (part_step(&entry->parts[number], &event)) {
    case PART_AGAIN:
        farm_tell(queue->farm, "%s could not do its part, another machine shall: %s",
                  node ? node : "a node", failure->message);
        leave_out(queue, node);
        break;
    case PART_OVER:
        entry_fail_part(entry, number, failure, queue->ready);
        break;
    case PART_NO_NEWS:
        break;
    }
}

static void look(Queue *queue, Entry *entry, gint64 now_us)
{
    g_autoptr(ItemFiles) files = item_list(entry->dir);

    if (files->has_kernel && entry->order->kind == ORDER_BUILD && entry->tasks[0]) {
        take_kernel(queue, entry);
    }
    for (guint i = 0; i < files->trials->len; i++) {
        guint trial = g_array_index(files->trials, guint, i);

        if (trial < entry->n_tasks && entry->order->kind == ORDER_TRIALS && entry->tasks[trial]) {
            take_outcome(queue, entry, trial);
        }
    }
    /* A part that is done has not failed, whatever another machine says. */
    entry_settle(entry);
    for (guint i = 0; i < files->failures->len; i++) {
        take_failure(queue, entry, files->failures->pdata[i], now_us);
    }
}

/* --- Submit ---------------------------------------------------------------------------------- */

static void refused(Queue *queue, Entry *entry, const GError *error)
{
    gboolean away = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY);

    entry_refused(entry, away, g_get_monotonic_time());
    if (away && !queue->is_away) {
        farm_tell(queue->farm, "Slurm takes no work now, it is asked again: %s", error->message);
        queue->is_away = TRUE;
    } else if (!away && entry->n_refused >= MOST_REFUSED) {
        give_up(queue, entry);
        entry_fail(entry, error, queue->ready);
    }
}

/* An item whose parts are on their way to sbatch; it stays until that has answered. */
typedef struct Submission {
    Queue *queue;
    Entry *entry;
} Submission;

static void on_submitted(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autofree Submission *submission = data;
    Queue *queue = submission->queue;
    Entry *entry = submission->entry;
    g_autoptr(GError) error = NULL;
    gboolean taken = slurm_submit_finish(res, &error);

    queue->n_commands--;
    if (entry->is_given_up) {
        entry_taken(entry, g_get_monotonic_time());
        cancel_at_slurm(queue, entry);
    } else if (taken) {
        entry_taken(entry, g_get_monotonic_time());
        queue->is_away = FALSE;
    } else {
        refused(queue, entry, error);
    }
    finish_round(queue);
}

/* Nodes to be left out; NULL: none. Owned by the caller. */
static char *excluded(const Queue *queue)
{
    g_autoptr(GString) nodes = g_string_new(NULL);

    for (guint i = 0; i < queue->bad_nodes->len; i++) {
        g_string_append_printf(nodes, "%s%s", i ? "," : "", (char *)queue->bad_nodes->pdata[i]);
    }
    return nodes->len ? g_string_free(g_steal_pointer(&nodes), FALSE) : NULL;
}

static void submit(Queue *queue, Entry *entry, gint64 now_us)
{
    const char *const argv[] = {queue->options.program, "work", entry->dir, NULL};
    g_autofree char *exclude = excluded(queue);
    SlurmSubmit how = {.name = entry->job_name,
                       .argv = argv,
                       .log_dir = entry->dir,
                       .tasks = entry_send(entry, now_us),
                       .exclude = exclude,
                       .args = queue->options.args};
    Submission *submission;

    if (!how.tasks) {
        return;
    }
    needs_set(&how, &queue->options, entry->order);
    submission = g_new(Submission, 1);
    *submission = (Submission){queue, entry};
    queue->n_commands++;
    slurm_submit_async(&how, on_submitted, submission);
}

/* --- Slurm's list ---------------------------------------------------------------------------- */

static void lose(Queue *queue, Entry *entry, guint number, PartNews news, const char *word)
{
    if (news == PART_AGAIN) {
        farm_tell(queue->farm, "Slurm lost a piece of work (%s), it is submitted again", word);
    } else {
        g_autoptr(GError) error = g_error_new(
            G_IO_ERROR, G_IO_ERROR_FAILED, "Slurm lost this %u times (%s); what it said is in %s",
            entry->parts[number].n_lost, word, entry->dir);

        entry_fail_part(entry, number, error, queue->ready);
    }
}

static void release(Queue *queue, const Entry *entry)
{
    queue->n_commands++;
    slurm_release_async(entry->job_name, on_commanded, queue);
}

/* What the list says of each part; those that wait are added to @waiting. */
static void judge(Queue *queue, Entry *entry, const GPtrArray *tasks, GPtrArray *waiting)
{
    PartEvent event = {.now_us = g_get_monotonic_time(), .listed_us = queue->listed_us};
    gboolean is_stranded = FALSE;

    for (guint i = 0; i < entry->order->n_parts; i++) {
        const SlurmTask *task = slurm_find_task(tasks, entry->job_name, i);
        const char *word = task ? task->word : "not known any more";
        PartNews news;

        event.kind = task && task->state != SLURM_ENDED ? PART_SEEN : PART_MISSED;
        event.completed = g_str_equal(word, "COMPLETED");
        news = part_step(&entry->parts[i], &event);
        if (news != PART_NO_NEWS) {
            lose(queue, entry, i, news, word);
        }
        if (task && task->state == SLURM_WAITS) {
            g_ptr_array_add(waiting, (gpointer)task);
        }
        is_stranded |= task && slurm_is_stranded(task);
    }
    if (is_stranded) {
        release(queue, entry);
    }
}

static void take_list(Queue *queue, const GPtrArray *tasks)
{
    g_autoptr(GPtrArray) waiting = g_ptr_array_new();
    g_auto(GStrv) lines = NULL;

    for (guint i = 0; i < queue->entries->len; i++) {
        Entry *entry = queue->entries->pdata[i];

        /* What nobody waits for may be lost. */
        if (!entry->is_given_up && entry_is_waited_for(entry)) {
            judge(queue, entry, tasks, waiting);
        }
    }
    lines = waits_take(queue->waits, waiting, g_get_monotonic_time());
    for (char **line = lines; *line; line++) {
        farm_tell(queue->farm, "%s", *line);
    }
}

static void on_listed(GObject *source, GAsyncResult *res, gpointer data)
{
    Queue *queue = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) tasks = slurm_list_finish(res, ENTRY_JOB_PREFIX, &error);

    queue->n_commands--;
    queue->is_listing = FALSE;
    queue->next_list_us = g_get_monotonic_time() + LIST_US;
    if (queue->is_ended) {
        return;
    }
    if (tasks) {
        take_list(queue, tasks);
    } else if (!queue->is_away) {
        farm_tell(queue->farm, "Slurm does not answer, it is waited for: %s", error->message);
    }
    queue->is_away = !tasks;
    finish_round(queue);
}

static gboolean is_any_out(const Queue *queue)
{
    for (guint i = 0; i < queue->entries->len; i++) {
        if (entry_is_out(queue->entries->pdata[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

static void list(Queue *queue, gint64 now_us)
{
    if (!queue->is_listing && now_us >= queue->next_list_us && is_any_out(queue)) {
        queue->is_listing = TRUE;
        queue->listed_us = now_us;
        queue->n_commands++;
        slurm_list_async(queue->ended, on_listed, queue);
    }
}

/* --- Rounds ---------------------------------------------------------------------------------- */

static void cancel(Queue *queue, Entry *entry)
{
    g_autoptr(GError) error =
        g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "Operation was cancelled");

    give_up(queue, entry);
    entry_fail(entry, error, queue->ready);
}

static void tend(Queue *queue, Entry *entry, gint64 now_us)
{
    if (entry->is_given_up) {
        return;
    }
    if (entry_is_cancelled(entry)) {
        cancel(queue, entry);
        return;
    }
    entry_settle(entry);
    /* What is left of an earlier life runs on, but is not begun anew before it is asked for. */
    if (entry_is_waited_for(entry)) {
        if (entry_wants_look(entry, now_us)) {
            look(queue, entry, now_us);
        }
        submit(queue, entry, now_us);
    }
}

static gboolean on_tick(gpointer data)
{
    Queue *queue = data;
    gint64 now_us = g_get_monotonic_time();

    for (guint i = 0; i < queue->entries->len; i++) {
        tend(queue, queue->entries->pdata[i], now_us);
    }
    list(queue, now_us);
    finish_round(queue);
    return G_SOURCE_CONTINUE;
}

/* --- Asking ---------------------------------------------------------------------------------- */

/* The item of @order, which is taken, new or old; NULL: @error. */
static Entry *enter(Queue *queue, Order *order, GError **error)
{
    g_autoptr(Order) own = order;
    g_autofree char *dir = NULL;
    Entry *entry;

    if (!order_write(order, queue->options.items, &dir, error)) {
        return NULL;
    }
    entry = find_entry(queue, dir);
    if (!entry) {
        entry = entry_new(g_steal_pointer(&own), g_steal_pointer(&dir));
        g_ptr_array_add(queue->entries, entry);
    }
    /* What was given up is wanted again before that was through; if Slurm ends it, it is lost, and
     * submitted again. */
    entry->is_given_up = FALSE;
    entry_stir(entry, g_get_monotonic_time());
    return entry;
}

void queue_build(Queue *queue, Order *order, GTask *task)
{
    GError *error = NULL;
    Entry *entry = enter(queue, order, &error);

    if (entry) {
        entry_ask(entry, 0, task, queue->ready);
    } else {
        g_task_return_error(task, error);
        g_object_unref(task);
    }
}

void queue_trials(Queue *queue, Order *order, GTask **tasks)
{
    g_autoptr(GError) error = NULL;
    guint n = order->n_trials;
    Entry *entry = enter(queue, order, &error);

    for (guint i = 0; i < n; i++) {
        if (entry) {
            entry_ask(entry, i, tasks[i], queue->ready);
        } else {
            g_task_return_error(tasks[i], g_error_copy(error));
            g_object_unref(tasks[i]);
        }
    }
}

gboolean queue_claim_trial(Queue *queue, const char *kernel_key, gboolean boots, GTask *task)
{
    for (guint i = 0; i < queue->entries->len; i++) {
        Entry *entry = queue->entries->pdata[i];

        if (entry_claim(entry, kernel_key, boots, queue->options.accel, task)) {
            entry_stir(entry, g_get_monotonic_time());
            return TRUE;
        }
    }
    return FALSE;
}

void queue_counted(Queue *queue, const char *origin)
{
    const char *slash = strrchr(origin, '/');
    g_autofree char *name = slash ? g_strndup(origin, (gsize)(slash - origin)) : NULL;
    g_autofree char *dir = name ? g_build_filename(queue->options.items, name, NULL) : NULL;
    Entry *entry = dir ? find_entry(queue, dir) : NULL;
    guint64 i = slash ? g_ascii_strtoull(slash + 1, NULL, 10) : 0;

    if (entry && i <= G_MAXUINT) {
        entry_count(entry, (guint)i);
    }
}

guint queue_n_parts(const Queue *queue)
{
    guint n = 0;

    for (guint i = 0; i < queue->entries->len; i++) {
        const Entry *entry = queue->entries->pdata[i];

        n += entry_is_waited_for(entry) ? entry_n_undone(entry) : 0;
    }
    return n;
}

/* --- Life ------------------------------------------------------------------------------------ */

/* Items of an earlier life. */
static void take_up(Queue *queue)
{
    g_autoptr(GDir) listing = g_dir_open(queue->options.items, 0, NULL);
    const char *name;

    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *dir = g_build_filename(queue->options.items, name, NULL);
        Order *order = order_read(dir, NULL);
        Entry *entry;

        if (!order) {
            item_remove(dir); /* killed before it was whole: nobody was told of it */
            continue;
        }
        entry = entry_new(order, g_steal_pointer(&dir));
        entry_take_up(entry);
        g_ptr_array_add(queue->entries, entry);
    }
}

Queue *queue_new(const QueueOptions *options, KernelStore *store, const Farm *farm, GError **error)
{
    g_autoptr(Queue) queue = g_new0(Queue, 1);

    queue->options = *options;
    queue->options.items = g_strdup(options->items);
    queue->options.program = g_strdup(options->program);
    queue->options.args = (const char *const *)g_strdupv((char **)options->args);
    queue->store = store;
    queue->farm = farm;
    queue->entries = g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
    queue->bad_nodes = g_ptr_array_new_with_free_func(g_free);
    queue->ready = g_ptr_array_new_with_free_func(g_object_unref);
    queue->waits = waits_new();
    queue->ended = g_cancellable_new();
    if (g_mkdir_with_parents(options->items, 0700) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot make %s: %s",
                    options->items, g_strerror(errno));
        return NULL;
    }
    take_up(queue);
    queue->tick_id = g_timeout_add(TICK_MS, on_tick, queue);
    return g_steal_pointer(&queue);
}

void queue_free(Queue *queue)
{
    if (!queue) {
        return;
    }
    queue->is_ended = TRUE;
    g_clear_handle_id(&queue->tick_id, g_source_remove);
    for (guint i = 0; i < queue->entries->len; i++) {
        Entry *entry = queue->entries->pdata[i];

        if (!entry->is_given_up) {
            give_up(queue, entry);
        }
    }
    g_cancellable_cancel(queue->ended);
    /* Commands that are under way know the queue, and would die with us. */
    while (queue->n_commands) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_ptr_array_unref(queue->entries);
    g_ptr_array_unref(queue->bad_nodes);
    g_ptr_array_unref(queue->ready);
    waits_free(queue->waits);
    g_object_unref(queue->ended);
    g_free((char *)queue->options.items);
    g_free((char *)queue->options.program);
    g_strfreev((char **)queue->options.args);
    g_free(queue);
}
