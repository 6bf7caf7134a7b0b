/* SPDX-License-Identifier: Apache-2.0
 * The life of an item, by looking: at its folder often, since that costs little, and at Slurm's
 * queue as seldom as a lost node can wait.
 *
 * What Slurm says is about the past, so a part counts as lost only when a list that was begun after
 * it was submitted does not have it, the folder has not what it should have made, and that is still
 * so in a later list: file systems that machines share show new files late.
 */
#include "farm/queue.h"

#include <glib/gstdio.h>
#include <string.h>

#include "farm/slurm.h"

#define LOOK_MS 100
#define LIST_US (2 * G_USEC_PER_SEC)
/* So long after a node was lost files of it may come to light; and so long those of one that has
 * done its part may take to be seen, by what file systems that are shared keep of a folder. */
#define LOST_GRACE_US (3 * G_USEC_PER_SEC)
#define DONE_GRACE_US (90 * G_USEC_PER_SEC)
/* Between two tries, doubled each time. */
#define RETRY_US      (1 * G_USEC_PER_SEC)
#define RETRY_MOST_US (60 * G_USEC_PER_SEC)
/* Of a part: so often it may be lost, and so many machines may fail at it. */
#define MOST_LOST   5
#define MOST_FAILED 3
/* A worker looks round before it begins, and cleans up behind it. */
#define MARGIN_MINUTES 5
#define JOB_PREFIX     "firstbad-"

/* Of an item: what one machine does. */
typedef struct Part {
    gboolean is_submitted;
    gboolean is_done;
    guint n_lost, n_failed;
    gint64 submitted_us; /* 0: in an earlier life */
    gint64 gone_us;      /* since when Slurm does not know it, 0: it does */
    gint64 retry_us;     /* when it may be submitted */
} Part;

typedef struct Item {
    Queue *queue;
    Order *order;
    char *dir;
    char *job_name; /* at Slurm */
    Part *parts;
    guint n_tasks;       /* 1, or trials */
    GTask **tasks;       /* who waits for each; NULL: nobody */
    gboolean *is_given;  /* trials that were given out, in this life or before */
    gboolean *is_stored; /* and are in the coordinator's store */
    char *submitting;    /* tasks that are being submitted, or NULL */
    gboolean is_given_up;
    guint n_submitted; /* so often, parts of it */
    guint n_refused;   /* by sbatch, since it last took it */
} Item;

struct Queue {
    QueueOptions options;
    KernelStore *store;
    QueueTellFunc tell;
    gpointer user_data;
    GPtrArray *items; /* of Item */
    GPtrArray *bad_nodes;
    GPtrArray *ready; /* of GTask: those to be returned */
    guint look_id;
    gboolean is_listing, is_ended;
    GCancellable *ended; /* fires when it is */
    guint n_commands;    /* of Slurm, under way */
    gint64 listed_us;    /* when the list that is on its way was asked for */
    gint64 next_list_us;
    gboolean is_away; /* the controller; a person was told */
};

static void tell(const Queue *queue, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void tell(const Queue *queue, const char *format, ...)
{
    g_autofree char *line = NULL;
    va_list args;

    va_start(args, format);
    line = g_strdup_vprintf(format, args);
    va_end(args);
    if (queue->tell && !queue->is_ended) {
        queue->tell(line, queue->user_data);
    }
}

static gint64 back_off_us(guint n_before)
{
    return MIN(RETRY_US << MIN(n_before, 10), RETRY_MOST_US);
}

/* --- Items ----------------------------------------------------------------------------------- */

static void item_free(gpointer data)
{
    Item *item = data;

    order_free(item->order);
    g_free(item->dir);
    g_free(item->job_name);
    g_free(item->parts);
    g_free(item->tasks);
    g_free(item->is_given);
    g_free(item->is_stored);
    g_free(item->submitting);
    g_free(item);
}

/* @order and @dir are taken. */
static Item *add_item(Queue *queue, Order *order, char *dir)
{
    Item *item = g_new0(Item, 1);
    g_autofree char *name = g_path_get_basename(dir);

    item->queue = queue;
    item->order = order;
    item->dir = dir;
    item->job_name = g_strconcat(JOB_PREFIX, name, NULL);
    item->parts = g_new0(Part, order->n_parts);
    item->n_tasks = order->kind == ORDER_BUILD ? 1 : order->n_trials;
    item->tasks = g_new0(GTask *, item->n_tasks);
    item->is_given = g_new0(gboolean, item->n_tasks);
    item->is_stored = g_new0(gboolean, item->n_tasks);
    g_ptr_array_add(queue->items, item);
    return item;
}

static Item *find_item(const Queue *queue, const char *dir)
{
    for (guint i = 0; i < queue->items->len; i++) {
        Item *item = queue->items->pdata[i];

        if (g_str_equal(item->dir, dir)) {
            return item;
        }
    }
    return NULL;
}

static guint part_of(const Item *item, guint task)
{
    return item->order->kind == ORDER_BUILD ? 0 : order_part_of(item->order, task);
}

static gboolean is_waited_for(const Item *item)
{
    for (guint i = 0; i < item->n_tasks; i++) {
        if (item->tasks[i]) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What a task returns is kept in it until no list is walked: whoever gets it may ask for more. */
typedef struct Result {
    gpointer value;
    GDestroyNotify free;
    GError *error;
} Result;

static void result_free(gpointer data)
{
    Result *result = data;

    if (result->value) {
        result->free(result->value);
    }
    g_clear_error(&result->error);
    g_free(result);
}

static void return_later(Item *item, guint task, gpointer value, GDestroyNotify free, GError *error)
{
    Result *result = g_new0(Result, 1);

    *result = (Result){value, free, error};
    g_task_set_task_data(item->tasks[task], result, result_free);
    g_ptr_array_add(item->queue->ready, g_steal_pointer(&item->tasks[task]));
}

static void fail_part(Item *item, guint part, const GError *error)
{
    for (guint i = 0; i < item->n_tasks; i++) {
        if (item->tasks[i] && part_of(item, i) == part) {
            return_later(item, i, NULL, NULL, g_error_copy(error));
        }
    }
}

static void on_cancelled(GObject *source, GAsyncResult *res, gpointer data)
{
    Queue *queue = data;

    queue->n_commands--;
    slurm_cancel_finish(res);
}

static void cancel_at_slurm(const Item *item)
{
    item->queue->n_commands++;
    slurm_cancel_async(item->job_name, on_cancelled, item->queue);
}

static void give_up(Item *item)
{
    gboolean is_out = item->submitting != NULL;

    for (guint i = 0; i < item->order->n_parts; i++) {
        is_out |= item->parts[i].is_submitted && !item->parts[i].is_done;
    }
    item->is_given_up = TRUE;
    if (is_out) {
        cancel_at_slurm(item);
    }
    item_remove(item->dir);
}

/* --- What came out --------------------------------------------------------------------------- */

static void look_for_kernel(Item *item)
{
    GError *error = NULL;
    Kernel *kernel;

    if (item->parts[0].is_done || !item->tasks[0]) {
        return;
    }
    kernel = item_find_kernel(item->dir, item->queue->store, &error);
    if (kernel || error) {
        item->parts[0].is_done = TRUE;
        return_later(item, 0, kernel, (GDestroyNotify)kernel_free, error);
    }
}

/* The outcome of trial @i where it is there. */
static Outcome *look_for_outcome(const Item *item, guint i)
{
    g_autofree char *path = item_trial_path(item->dir, i);
    g_autofree char *name = g_path_get_basename(item->dir);
    g_autoptr(GError) error = NULL;
    Outcome *outcome;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return NULL;
    }
    outcome = outcome_read(path, &error);
    if (!outcome) {
        /* Damaged, it is made again; what cannot be read now is looked for again. */
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)) {
            tell(item->queue, "%s", error->message);
            g_unlink(path);
        }
        return NULL;
    }
    outcome->origin = g_strdup_printf("%s/%u", name, i);
    return outcome;
}

static gboolean all_given(const Item *item, guint part)
{
    guint first, end;

    order_part(item->order, part, &first, &end);
    while (first < end && item->is_given[first]) {
        first++;
    }
    return first == end;
}

static void look_for_trials(Item *item)
{
    for (guint i = 0; i < item->n_tasks; i++) {
        Outcome *outcome = item->tasks[i] ? look_for_outcome(item, i) : NULL;

        if (outcome) {
            item->is_given[i] = TRUE;
            return_later(item, i, outcome, (GDestroyNotify)outcome_free, NULL);
        }
    }
    for (guint part = 0; part < item->order->n_parts; part++) {
        item->parts[part].is_done |= all_given(item, part);
    }
}

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

/* Has the kernel that @item tries gone from the store? Then no machine can do it. */
static gboolean is_kernel_gone(const Item *item, const GError *failure)
{
    g_autoptr(Kernel) kernel = NULL;

    if (item->order->kind != ORDER_TRIALS ||
        !g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        return FALSE;
    }
    kernel = kernel_store_find(item->queue->store, item->order->kernel_key, NULL);
    return kernel == NULL;
}

/* A machine could not do it: another one may. */
static void take_failures(Item *item)
{
    g_autofree char *node = NULL;
    g_autoptr(GError) failure = NULL;
    guint number;

    while (item_take_failure(item->dir, &number, &node, &failure)) {
        Part *part = number < item->order->n_parts ? &item->parts[number] : NULL;

        if (part && !part->is_done) {
            part->n_failed++;
            if (is_kernel_gone(item, failure) || part->n_failed >= MOST_FAILED) {
                fail_part(item, number, failure);
                part->is_done = TRUE;
            } else {
                tell(item->queue, "%s could not do its part, another machine shall: %s",
                     node ? node : "a node", failure->message);
                leave_out(item->queue, node);
                part->is_submitted = FALSE;
                part->retry_us = g_get_monotonic_time() + back_off_us(part->n_failed);
            }
        }
        g_clear_pointer(&node, g_free);
        g_clear_error(&failure);
    }
}

/* --- Submit ---------------------------------------------------------------------------------- */

/* The parts that are to be submitted now: "0,2"; NULL: none. Owned by the caller. */
static char *parts_due(const Item *item, gint64 now_us)
{
    g_autoptr(GString) tasks = g_string_new(NULL);

    for (guint i = 0; i < item->order->n_parts; i++) {
        const Part *part = &item->parts[i];

        if (!part->is_submitted && !part->is_done && part->retry_us <= now_us) {
            g_string_append_printf(tasks, "%s%u", tasks->len ? "," : "", i);
        }
    }
    return tasks->len ? g_string_free(g_steal_pointer(&tasks), FALSE) : NULL;
}

static void refused(Item *item, GError *error)
{
    Queue *queue = item->queue;
    gboolean away = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY);
    gint64 retry_us = g_get_monotonic_time() + back_off_us(item->n_refused);

    for (guint i = 0; i < item->order->n_parts; i++) {
        if (!item->parts[i].is_submitted) {
            item->parts[i].retry_us = retry_us;
        }
    }
    item->n_refused++;
    if (away && !queue->is_away) {
        tell(queue, "Slurm takes no work now, it is asked again: %s", error->message);
        queue->is_away = TRUE;
    } else if (!away && item->n_refused >= MOST_FAILED) {
        give_up(item);
        for (guint i = 0; i < item->order->n_parts; i++) {
            fail_part(item, i, error);
        }
    }
}

static void drop_ended(Queue *queue);
static void return_ready(Queue *queue);

static void on_submitted(GObject *source, GAsyncResult *res, gpointer data)
{
    Item *item = data;
    Queue *queue = item->queue;
    g_auto(GStrv) tasks = g_strsplit(item->submitting, ",", -1);
    g_autoptr(GError) error = NULL;

    queue->n_commands--;
    g_clear_pointer(&item->submitting, g_free);
    if (item->is_given_up) {
        slurm_submit_finish(res, NULL);
        cancel_at_slurm(item);
    } else if (slurm_submit_finish(res, &error)) {
        for (char **task = tasks; *task; task++) {
            Part *part = &item->parts[g_ascii_strtoull(*task, NULL, 10)];

            part->is_submitted = TRUE;
            part->submitted_us = g_get_monotonic_time();
            part->gone_us = 0;
        }
        item->n_refused = 0;
        queue->is_away = FALSE;
    } else {
        refused(item, error);
    }
    drop_ended(queue);
    return_ready(queue);
}

/* Trials of the largest part. */
static guint most_trials(const Order *order)
{
    return (order->n_trials + order->n_parts - 1) / order->n_parts;
}

/* What trials of a part take in time, at most. */
static guint trial_minutes(const Item *item)
{
    const QueueOptions *options = &item->queue->options;
    const Order *order = item->order;
    guint n_rounds = (most_trials(order) + order->n_at_once - 1) / order->n_at_once;

    /* The first boots, and it boots again where a kept guest cannot be used. */
    return n_rounds * (2 * options->boot_minutes + options->trial_minutes);
}

static void submit(Item *item, gint64 now_us)
{
    Queue *queue = item->queue;
    const QueueOptions *options = &queue->options;
    gboolean is_build = item->order->kind == ORDER_BUILD;
    const char *const argv[] = {options->program, "work", item->dir, NULL};
    g_autofree char *bad = NULL;
    SlurmSubmit how = {.name = item->job_name,
                       .argv = argv,
                       .log_dir = item->dir,
                       .n_cpus = options->n_cpus,
                       .memory_mib = options->build_mib,
                       .minutes = MARGIN_MINUTES + options->build_minutes,
                       .args = options->args};

    if (item->submitting || !(item->submitting = parts_due(item, now_us))) {
        return;
    }
    if (!is_build) {
        guint n_guests = MIN(item->order->n_at_once, most_trials(item->order));

        how.n_cpus = n_guests * options->guest_cpus;
        how.memory_mib = (n_guests + 1) * options->trial_mib;
        how.minutes = MARGIN_MINUTES + trial_minutes(item);
        how.features = options->features;
    }
    if (queue->bad_nodes->len) {
        g_ptr_array_add(queue->bad_nodes, NULL);
        bad = g_strjoinv(",", (char **)queue->bad_nodes->pdata);
        g_ptr_array_set_size(queue->bad_nodes, (gint)queue->bad_nodes->len - 1);
    }
    how.exclude = bad;
    how.tasks = item->submitting;
    item->n_submitted++;
    queue->n_commands++;
    slurm_submit_async(&how, on_submitted, item);
}

/* --- Slurm's list ---------------------------------------------------------------------------- */

static gboolean is_alive(const GPtrArray *tasks, const Item *item, guint part)
{
    for (guint i = 0; i < tasks->len; i++) {
        const SlurmTask *task = tasks->pdata[i];

        if (task->state != SLURM_ENDED && task->task == part &&
            g_str_equal(task->name, item->job_name)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What became of it, in Slurm's word. */
static const char *end_of(const GPtrArray *tasks, const Item *item, guint part)
{
    const char *word = "not known any more";

    for (guint i = 0; i < tasks->len; i++) {
        const SlurmTask *task = tasks->pdata[i];

        if (task->task == part && g_str_equal(task->name, item->job_name)) {
            word = task->word;
        }
    }
    return word;
}

static void lose(Item *item, guint number, const char *word)
{
    Part *part = &item->parts[number];

    part->is_submitted = FALSE;
    part->gone_us = 0;
    part->retry_us = g_get_monotonic_time() + back_off_us(part->n_lost);
    if (++part->n_lost > MOST_LOST) {
        g_autoptr(GError) error = g_error_new(
            G_IO_ERROR, G_IO_ERROR_FAILED, "Slurm lost this %u times (%s); what it said is in %s",
            part->n_lost, word, item->dir);

        fail_part(item, number, error);
        part->is_done = TRUE;
    } else {
        tell(item->queue, "Slurm lost a piece of work (%s), it is submitted again", word);
    }
}

/* How long a part may be gone before it is lost. */
static gint64 grace_us(const char *word)
{
    return g_str_equal(word, "COMPLETED") ? DONE_GRACE_US : LOST_GRACE_US;
}

static void judge(Item *item, const GPtrArray *tasks, gint64 listed_us)
{
    for (guint i = 0; i < item->order->n_parts; i++) {
        Part *part = &item->parts[i];

        if (!part->is_submitted || part->is_done || part->submitted_us >= listed_us) {
            continue;
        }
        if (is_alive(tasks, item, i)) {
            part->gone_us = 0;
        } else if (!part->gone_us) {
            part->gone_us = listed_us;
        } else {
            const char *word = end_of(tasks, item, i);

            if (listed_us - part->gone_us >= grace_us(word)) {
                lose(item, i, word);
            }
        }
    }
}

static void on_listed(GObject *source, GAsyncResult *res, gpointer data)
{
    Queue *queue = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) tasks = slurm_list_finish(res, JOB_PREFIX, &error);

    queue->n_commands--;
    queue->is_listing = FALSE;
    queue->next_list_us = g_get_monotonic_time() + LIST_US;
    if (!tasks && !queue->is_away && !queue->is_ended) {
        tell(queue, "Slurm does not answer, it is waited for: %s", error->message);
        queue->is_away = TRUE;
    } else if (tasks) {
        queue->is_away = FALSE;
    }
    for (guint i = 0; tasks && i < queue->items->len; i++) {
        Item *item = queue->items->pdata[i];

        /* What nobody waits for may be lost. */
        if (!item->is_given_up && is_waited_for(item)) {
            judge(item, tasks, queue->listed_us);
        }
    }
    drop_ended(queue);
    return_ready(queue);
}

static void list(Queue *queue, gint64 now_us)
{
    gboolean is_out = FALSE;

    for (guint i = 0; i < queue->items->len; i++) {
        const Item *item = queue->items->pdata[i];

        for (guint j = 0; j < item->order->n_parts; j++) {
            is_out |= item->parts[j].is_submitted && !item->parts[j].is_done;
        }
    }
    if (is_out && !queue->is_listing && now_us >= queue->next_list_us) {
        queue->is_listing = TRUE;
        queue->listed_us = now_us;
        queue->n_commands++;
        slurm_list_async(queue->ended, on_listed, queue);
    }
}

/* --- Looking --------------------------------------------------------------------------------- */

/* Has whoever waits for it given up? */
static gboolean is_cancelled(const Item *item)
{
    for (guint i = 0; i < item->n_tasks; i++) {
        if (item->tasks[i] && g_cancellable_is_cancelled(g_task_get_cancellable(item->tasks[i]))) {
            return TRUE;
        }
    }
    return FALSE;
}

static void cancel(Item *item)
{
    g_autoptr(GError) error =
        g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "Operation was cancelled");

    give_up(item);
    for (guint i = 0; i < item->order->n_parts; i++) {
        fail_part(item, i, error);
    }
}

static gboolean is_done(const Item *item)
{
    for (guint i = 0; i < item->order->n_parts; i++) {
        if (!item->parts[i].is_done) {
            return FALSE;
        }
    }
    return !is_waited_for(item);
}

/* May its folder go? Outcomes stay until the store has them. */
static gboolean is_over(const Item *item)
{
    for (guint i = 0; i < item->n_tasks; i++) {
        if (item->is_given[i] && !item->is_stored[i]) {
            return FALSE;
        }
    }
    return is_done(item);
}

static void drop_ended(Queue *queue)
{
    for (guint i = queue->items->len; i-- > 0;) {
        const Item *item = queue->items->pdata[i];

        if (item->submitting || !(item->is_given_up || is_over(item))) {
            continue;
        }
        if (!item->is_given_up) {
            /* One that was submitted twice may still be in the queue. */
            if (item->n_submitted > 1) {
                cancel_at_slurm(item);
            }
            item_remove(item->dir);
        }
        g_ptr_array_remove_index(queue->items, i);
    }
}

static void return_ready(Queue *queue)
{
    while (queue->ready->len && !queue->is_ended) {
        g_autoptr(GTask) task = g_ptr_array_steal_index(queue->ready, queue->ready->len - 1);
        Result *result = g_task_get_task_data(task);

        if (result->error) {
            g_task_return_error(task, g_steal_pointer(&result->error));
        } else {
            g_task_return_pointer(task, g_steal_pointer(&result->value), result->free);
        }
    }
}

static gboolean on_look(gpointer data)
{
    Queue *queue = data;
    gint64 now_us = g_get_monotonic_time();

    for (guint i = 0; i < queue->items->len; i++) {
        Item *item = queue->items->pdata[i];

        if (item->is_given_up) {
            continue;
        }
        if (is_cancelled(item)) {
            cancel(item);
            continue;
        }
        if (item->order->kind == ORDER_BUILD) {
            look_for_kernel(item);
        } else {
            look_for_trials(item);
        }
        take_failures(item);
        /* What is left of an earlier life runs on, but is not begun anew before it is asked for. */
        if (is_waited_for(item)) {
            submit(item, now_us);
        }
    }
    list(queue, now_us);
    drop_ended(queue);
    return_ready(queue);
    return G_SOURCE_CONTINUE;
}

/* --- Asking ---------------------------------------------------------------------------------- */

/* The item of @order, new or old; NULL: @error. */
static Item *enter(Queue *queue, Order *order, GError **error)
{
    g_autoptr(Order) own = order;
    g_autofree char *dir = NULL;
    Item *item;

    if (!order_write(order, queue->options.items, &dir, error)) {
        return NULL;
    }
    item = find_item(queue, dir);
    if (!item) {
        return add_item(queue, g_steal_pointer(&own), g_steal_pointer(&dir));
    }
    /* What was given up is wanted again before that was through; if Slurm ends it, it is lost, and
     * submitted again. */
    item->is_given_up = FALSE;
    return item;
}

void queue_build(Queue *queue, Order *order, GTask *task)
{
    GError *error = NULL;
    Item *item = enter(queue, order, &error);

    if (!item) {
        g_task_return_error(task, error);
        g_object_unref(task);
        return;
    }
    if (item->tasks[0]) { /* cancelled, which nobody has seen yet */
        return_later(
            item, 0, NULL, NULL,
            g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "Operation was cancelled"));
    }
    item->tasks[0] = task;
}

void queue_trials(Queue *queue, Order *order, GTask **tasks)
{
    g_autoptr(GError) error = NULL;
    guint n = order->n_trials;
    Item *item = enter(queue, order, &error);

    for (guint i = 0; i < n; i++) {
        if (item) {
            item->tasks[i] = tasks[i];
        } else {
            g_task_return_error(tasks[i], g_error_copy(error));
            g_object_unref(tasks[i]);
        }
    }
}

static gboolean is_claimable(const Item *item, const char *kernel_key, gboolean boots)
{
    return item->order->kind == ORDER_TRIALS && !item->is_given_up && item->order->boots == boots &&
           g_str_equal(item->order->kernel_key, kernel_key);
}

gboolean queue_claim_trial(Queue *queue, const char *kernel_key, gboolean boots, GTask *task)
{
    for (guint i = 0; i < queue->items->len; i++) {
        Item *item = queue->items->pdata[i];

        for (guint j = 0; is_claimable(item, kernel_key, boots) && j < item->n_tasks; j++) {
            if (!item->tasks[j] && !item->is_given[j] && !item->parts[part_of(item, j)].is_done) {
                item->tasks[j] = task;
                return TRUE;
            }
        }
    }
    return FALSE;
}

void queue_counted(Queue *queue, const char *origin)
{
    const char *slash = strrchr(origin, '/');
    g_autofree char *name = slash ? g_strndup(origin, (gsize)(slash - origin)) : NULL;
    g_autofree char *dir = name ? g_build_filename(queue->options.items, name, NULL) : NULL;
    Item *item = dir ? find_item(queue, dir) : NULL;
    guint64 i = slash ? g_ascii_strtoull(slash + 1, NULL, 10) : 0;

    if (item && item->order->kind == ORDER_TRIALS && i < item->n_tasks) {
        item->is_given[i] = item->is_stored[i] = TRUE;
    }
}

guint queue_n_parts(const Queue *queue)
{
    guint n = 0;

    for (guint i = 0; i < queue->items->len; i++) {
        const Item *item = queue->items->pdata[i];

        for (guint j = 0; is_waited_for(item) && j < item->order->n_parts; j++) {
            n += !item->parts[j].is_done;
        }
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

        if (!order) {
            item_remove(dir); /* killed before it was whole: nobody was told of it */
            continue;
        }
        Item *item = add_item(queue, order, g_steal_pointer(&dir));

        for (guint i = 0; i < order->n_parts; i++) {
            item->parts[i].is_submitted = TRUE;
        }
    }
}

Queue *queue_new(const QueueOptions *options, KernelStore *store, QueueTellFunc tell_person,
                 gpointer user_data, GError **error)
{
    g_autoptr(Queue) queue = g_new0(Queue, 1);

    queue->options = *options;
    queue->options.items = g_strdup(options->items);
    queue->options.program = g_strdup(options->program);
    queue->options.features = g_strdup(options->features);
    queue->options.args = (const char *const *)g_strdupv((char **)options->args);
    queue->store = store;
    queue->tell = tell_person;
    queue->user_data = user_data;
    queue->items = g_ptr_array_new_with_free_func(item_free);
    queue->bad_nodes = g_ptr_array_new_with_free_func(g_free);
    queue->ready = g_ptr_array_new_with_free_func(g_object_unref);
    queue->ended = g_cancellable_new();
    if (g_mkdir_with_parents(options->items, 0700) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot make %s: %s",
                    options->items, g_strerror(errno));
        return NULL;
    }
    take_up(queue);
    queue->look_id = g_timeout_add(LOOK_MS, on_look, queue);
    return g_steal_pointer(&queue);
}

void queue_free(Queue *queue)
{
    if (!queue) {
        return;
    }
    queue->is_ended = TRUE;
    g_clear_handle_id(&queue->look_id, g_source_remove);
    for (guint i = 0; i < queue->items->len; i++) {
        Item *item = queue->items->pdata[i];

        if (!item->is_given_up) {
            give_up(item);
        }
    }
    g_cancellable_cancel(queue->ended);
    /* Commands that are under way know the queue, and would die with us. */
    while (queue->n_commands) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_ptr_array_unref(queue->items);
    g_ptr_array_unref(queue->bad_nodes);
    g_ptr_array_unref(queue->ready);
    g_object_unref(queue->ended);
    g_free((char *)queue->options.items);
    g_free((char *)queue->options.program);
    g_free((char *)queue->options.features);
    g_strfreev((char **)queue->options.args);
    g_free(queue);
}
