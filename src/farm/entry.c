/* SPDX-License-Identifier: Apache-2.0
 * Items in memory.
 */
#include "farm/entry.h"

#include <string.h>

/* A folder is looked at after so long, at least and at most. */
#define LOOK_US      (G_USEC_PER_SEC / 10)
#define LOOK_MOST_US G_USEC_PER_SEC

Entry *entry_new(Order *order, char *dir)
{
    Entry *entry = g_new0(Entry, 1);
    g_autofree char *name = g_path_get_basename(dir);

    entry->order = order;
    entry->dir = dir;
    entry->job_name = g_strconcat(ENTRY_JOB_PREFIX, name, NULL);
    entry->parts = g_new0(Part, order->n_parts);
    entry->n_tasks = order->kind == ORDER_BUILD ? 1 : order->n_trials;
    entry->tasks = g_new0(GTask *, entry->n_tasks);
    entry->is_given = g_new0(gboolean, entry->n_tasks);
    entry->is_stored = g_new0(gboolean, entry->n_tasks);
    return entry;
}

void entry_free(Entry *entry)
{
    order_free(entry->order);
    g_free(entry->dir);
    g_free(entry->job_name);
    g_free(entry->parts);
    g_free(entry->tasks);
    g_free(entry->is_given);
    g_free(entry->is_stored);
    g_free(entry->sending);
    g_free(entry);
}

static guint part_of(const Entry *entry, guint i)
{
    return entry->order->kind == ORDER_BUILD ? 0 : order_part_of(entry->order, i);
}

static void step_all(Entry *entry, const PartEvent *event)
{
    for (guint i = 0; i < entry->order->n_parts; i++) {
        part_step(&entry->parts[i], event);
    }
}

void entry_take_up(Entry *entry)
{
    step_all(entry, &(PartEvent){.kind = PART_TAKEN_UP});
    entry->n_submitted = 1;
}

/* --- Questions ------------------------------------------------------------------------------- */

gboolean entry_is_waited_for(const Entry *entry)
{
    for (guint i = 0; i < entry->n_tasks; i++) {
        if (entry->tasks[i]) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean entry_is_cancelled(const Entry *entry)
{
    for (guint i = 0; i < entry->n_tasks; i++) {
        if (entry->tasks[i] &&
            g_cancellable_is_cancelled(g_task_get_cancellable(entry->tasks[i]))) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean entry_is_out(const Entry *entry)
{
    for (guint i = 0; i < entry->order->n_parts; i++) {
        if (part_is_out(&entry->parts[i])) {
            return TRUE;
        }
    }
    return entry->sending != NULL;
}

guint entry_n_undone(const Entry *entry)
{
    guint n = 0;

    for (guint i = 0; i < entry->order->n_parts; i++) {
        n += entry->parts[i].state != PART_DONE;
    }
    return n;
}

gboolean entry_is_over(const Entry *entry)
{
    for (guint i = 0; i < entry->n_tasks; i++) {
        if (entry->is_given[i] && !entry->is_stored[i]) {
            return FALSE;
        }
    }
    return entry_n_undone(entry) == 0 && !entry_is_waited_for(entry);
}

/* --- Looking --------------------------------------------------------------------------------- */

void entry_stir(Entry *entry, gint64 now_us)
{
    entry->news_us = entry->look_us = now_us;
}

gboolean entry_wants_look(Entry *entry, gint64 now_us)
{
    if (now_us < entry->look_us) {
        return FALSE;
    }
    entry->look_us = now_us + CLAMP((now_us - entry->news_us) / 16, LOOK_US, LOOK_MOST_US);
    return TRUE;
}

/* --- On its way to Slurm --------------------------------------------------------------------- */

const char *entry_send(Entry *entry, gint64 now_us)
{
    g_autoptr(GString) parts = g_string_new(NULL);

    for (guint i = 0; !entry->sending && i < entry->order->n_parts; i++) {
        if (part_is_due(&entry->parts[i], now_us)) {
            part_step(&entry->parts[i], &(PartEvent){.kind = PART_SEND});
            g_string_append_printf(parts, "%s%u", parts->len ? "," : "", i);
        }
    }
    if (!parts->len) {
        return NULL;
    }
    entry->n_submitted++;
    return entry->sending = g_string_free(g_steal_pointer(&parts), FALSE);
}

void entry_taken(Entry *entry, gint64 now_us)
{
    g_auto(GStrv) parts = g_strsplit(entry->sending, ",", -1);

    for (char **part = parts; *part; part++) {
        part_step(&entry->parts[g_ascii_strtoull(*part, NULL, 10)],
                  &(PartEvent){.kind = PART_TAKEN, .now_us = now_us});
    }
    g_clear_pointer(&entry->sending, g_free);
    entry->n_refused = entry->n_away = 0;
    entry_stir(entry, now_us);
}

void entry_refused(Entry *entry, gboolean away, gint64 now_us)
{
    step_all(entry, &(PartEvent){.kind = PART_REFUSED,
                                 .now_us = now_us,
                                 .n_before = entry->n_refused + entry->n_away});
    *(away ? &entry->n_away : &entry->n_refused) += 1;
    g_clear_pointer(&entry->sending, g_free);
}

/* --- Who waits ------------------------------------------------------------------------------- */

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

void entry_give(Entry *entry, guint i, gpointer value, GDestroyNotify free, GError *error,
                GPtrArray *ready)
{
    Result *result = g_new0(Result, 1);

    *result = (Result){value, free, error};
    entry->is_given[i] |= value && entry->order->kind == ORDER_TRIALS;
    g_task_set_task_data(entry->tasks[i], result, result_free);
    g_ptr_array_add(ready, g_steal_pointer(&entry->tasks[i]));
}

void entry_return(GTask *task)
{
    Result *result = g_task_get_task_data(task);

    if (result->error) {
        g_task_return_error(task, g_steal_pointer(&result->error));
    } else {
        g_task_return_pointer(task, g_steal_pointer(&result->value), result->free);
    }
    g_object_unref(task);
}

void entry_fail_part(Entry *entry, guint part, const GError *error, GPtrArray *ready)
{
    for (guint i = 0; i < entry->n_tasks; i++) {
        if (entry->tasks[i] && part_of(entry, i) == part) {
            entry_give(entry, i, NULL, NULL, g_error_copy(error), ready);
        }
    }
}

void entry_fail(Entry *entry, const GError *error, GPtrArray *ready)
{
    for (guint i = 0; i < entry->order->n_parts; i++) {
        entry_fail_part(entry, i, error, ready);
    }
}

void entry_ask(Entry *entry, guint i, GTask *task, GPtrArray *ready)
{
    if (entry->tasks[i]) { /* cancelled, which nobody has seen yet */
        entry_give(entry, i, NULL, NULL,
                   g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "Operation was cancelled"),
                   ready);
    }
    entry->tasks[i] = task;
    part_step(&entry->parts[part_of(entry, i)], &(PartEvent){.kind = PART_ASKED_FOR});
}

gboolean entry_claim(Entry *entry, const char *kernel_key, gboolean boots, Accel accel, GTask *task)
{
    const Order *order = entry->order;

    if (order->kind != ORDER_TRIALS || entry->is_given_up || entry_is_cancelled(entry) ||
        order->boots != boots || order->accel != accel ||
        !g_str_equal(order->kernel_key, kernel_key)) {
        return FALSE;
    }
    for (guint i = 0; i < entry->n_tasks; i++) {
        if (!entry->tasks[i] && !entry->is_given[i] &&
            entry->parts[part_of(entry, i)].state != PART_DONE) {
            entry->tasks[i] = task;
            return TRUE;
        }
    }
    return FALSE;
}

void entry_count(Entry *entry, guint i)
{
    if (entry->order->kind == ORDER_TRIALS && i < entry->n_tasks) {
        entry->is_given[i] = entry->is_stored[i] = TRUE;
    }
}

static gboolean all_given(const Entry *entry, guint part)
{
    guint first, end;

    order_part(entry->order, part, &first, &end);
    while (first < end && entry->is_given[first]) {
        first++;
    }
    return first == end;
}

void entry_settle(Entry *entry)
{
    for (guint i = 0; entry->order->kind == ORDER_TRIALS && i < entry->order->n_parts; i++) {
        if (all_given(entry, i)) {
            part_step(&entry->parts[i], &(PartEvent){.kind = PART_CAME_OUT});
        }
    }
}
