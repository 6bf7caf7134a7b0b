/* SPDX-License-Identifier: Apache-2.0
 * What the coordinator knows of an item: who waits, what is given out, what may be claimed.
 */
#include "farm/entry.h"

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define S   ((gint64)G_USEC_PER_SEC)

static Entry *trials_new(guint n_trials, guint n_parts)
{
    Order *order = order_new(ORDER_TRIALS);

    order->kernel_key = g_strdup(KEY);
    order->n_trials = n_trials;
    order->n_parts = n_parts;
    order->accel = ACCEL_TCG;
    return entry_new(order, g_strdup("/items/trials-1"));
}

/* One who waits. What he gets is counted in @counts[0], and errors in @counts[1]. */
static void on_returned(GObject *source, GAsyncResult *res, gpointer data)
{
    guint *counts = data;
    g_autofree char *value = g_task_propagate_pointer(G_TASK(res), NULL);

    counts[value ? 0 : 1]++;
}

static GTask *waiter(guint *counts)
{
    return g_task_new(NULL, NULL, on_returned, counts);
}

static void return_all(GPtrArray *ready)
{
    while (ready->len) {
        entry_return(g_ptr_array_steal_index(ready, ready->len - 1));
    }
    while (g_main_context_iteration(NULL, FALSE)) {
    }
}

static void test_life(void)
{
    g_autoptr(Entry) entry = trials_new(4, 2);
    g_autoptr(GPtrArray) ready = g_ptr_array_new();
    guint counts[2] = {0};

    g_assert_cmpstr(entry->job_name, ==, "firstbad-trials-1");
    for (guint i = 0; i < 4; i++) {
        entry_ask(entry, i, waiter(counts), ready);
    }
    g_assert_cmpstr(entry_send(entry, 0), ==, "0,1");
    g_assert_null(entry_send(entry, 100 * S)); /* sbatch is at it */
    g_assert_true(entry_is_out(entry));
    entry_taken(entry, S);
    g_assert_null(entry_send(entry, 100 * S));
    for (guint i = 0; i < 4; i++) {
        g_assert_cmpuint(entry_n_undone(entry), ==, i < 2 ? 2 : 1);
        entry_give(entry, i, g_strdup("outcome"), g_free, NULL, ready);
        entry_settle(entry);
    }
    return_all(ready);
    g_assert_cmpuint(counts[0], ==, 4);
    g_assert_false(entry_is_waited_for(entry));
    g_assert_false(entry_is_out(entry));
    /* Its folder stays until the store has all. */
    for (guint i = 0; i < 4; i++) {
        g_assert_false(entry_is_over(entry));
        entry_count(entry, i);
    }
    g_assert_true(entry_is_over(entry));
    entry_count(entry, 4); /* there is none */
}

/* One of two parts comes to nothing: who waits for the other goes on. */
static void test_failed_part(void)
{
    g_autoptr(Entry) entry = trials_new(4, 2);
    g_autoptr(GPtrArray) ready = g_ptr_array_new();
    g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "why");
    guint counts[2] = {0};

    for (guint i = 0; i < 4; i++) {
        entry_ask(entry, i, waiter(counts), ready);
    }
    entry_fail_part(entry, 1, error, ready);
    return_all(ready);
    g_assert_cmpuint(counts[1], ==, 2);
    g_assert_true(entry_is_waited_for(entry));
    entry_fail(entry, error, ready);
    return_all(ready);
    g_assert_cmpuint(counts[1], ==, 4);
    g_assert_false(entry_is_waited_for(entry));
}

/* Refused, all that is due waits; what is out does not care. */
static void test_refused(void)
{
    g_autoptr(Entry) entry = trials_new(4, 2);

    g_assert_cmpstr(entry_send(entry, 0), ==, "0,1");
    entry_refused(entry, TRUE, 0);
    g_assert_null(entry_send(entry, S - 1));
    g_assert_cmpstr(entry_send(entry, S), ==, "0,1");
    entry_refused(entry, FALSE, S);
    g_assert_null(entry_send(entry, 2 * S));
    g_assert_cmpstr(entry_send(entry, 3 * S), ==, "0,1");
    /* That it was away says nothing of the work. */
    g_assert_cmpuint(entry->n_refused, ==, 1);
    entry_taken(entry, 3 * S);
    g_assert_cmpuint(entry->n_refused + entry->n_away, ==, 0);
    part_step(&entry->parts[1], &(PartEvent){.kind = PART_FAILED, .now_us = 4 * S});
    g_assert_cmpstr(entry_send(entry, 5 * S), ==, "1");
}

/* Trials of an earlier life are found, by who asks for such, and each once. */
static void test_claim(void)
{
    g_autoptr(Entry) entry = trials_new(4, 2);
    g_autoptr(GPtrArray) ready = g_ptr_array_new();
    g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "why");
    g_autofree char *other = g_strnfill(64, 'a');
    guint counts[2] = {0};
    GTask *tasks[3];

    entry_take_up(entry);
    g_assert_true(entry_is_out(entry));
    g_assert_null(entry_send(entry, 100 * S));
    entry_count(entry, 1);
    for (guint i = 0; i < 3; i++) {
        tasks[i] = waiter(counts);
    }
    g_assert_false(entry_claim(entry, other, FALSE, ACCEL_TCG, tasks[0]));
    g_assert_false(entry_claim(entry, KEY, TRUE, ACCEL_TCG, tasks[0]));
    g_assert_false(entry_claim(entry, KEY, FALSE, ACCEL_KVM, tasks[0]));
    g_assert_true(entry_claim(entry, KEY, FALSE, ACCEL_TCG, tasks[0]));
    g_assert_true(entry->tasks[0] == tasks[0]);
    g_assert_true(entry_claim(entry, KEY, FALSE, ACCEL_TCG, tasks[1]));
    g_assert_true(entry->tasks[2] == tasks[1]);
    /* A part that was tried too often has no more. */
    part_step(&entry->parts[1], &(PartEvent){.kind = PART_HOPELESS});
    g_assert_false(entry_claim(entry, KEY, FALSE, ACCEL_TCG, tasks[2]));
    g_object_unref(tasks[2]);
    entry_fail(entry, error, ready);
    return_all(ready);
    g_assert_cmpuint(counts[1], ==, 2);
}

/* The same build is asked for while nobody has seen yet that it was cancelled, or after it failed.
 */
static void test_asked_again(void)
{
    g_autoptr(Entry) entry = entry_new(order_new(ORDER_BUILD), g_strdup("/items/build-1"));
    g_autoptr(GPtrArray) ready = g_ptr_array_new();
    g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "why");
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    guint counts[2] = {0};

    entry_ask(entry, 0, g_task_new(NULL, cancellable, on_returned, counts), ready);
    g_assert_false(entry_is_cancelled(entry));
    g_cancellable_cancel(cancellable);
    g_assert_true(entry_is_cancelled(entry));
    entry_ask(entry, 0, waiter(counts), ready);
    g_assert_false(entry_is_cancelled(entry));
    return_all(ready);
    g_assert_cmpuint(counts[1], ==, 1);
    part_step(&entry->parts[0], &(PartEvent){.kind = PART_HOPELESS});
    entry_fail(entry, error, ready);
    g_assert_true(entry_is_over(entry));
    entry_ask(entry, 0, waiter(counts), ready);
    g_assert_false(entry_is_over(entry));
    g_assert_cmpstr(entry_send(entry, 0), ==, "0");
    entry_give(entry, 0, g_strdup("kernel"), g_free, NULL, ready);
    return_all(ready);
    g_assert_cmpuint(counts[0], ==, 1);
    g_assert_cmpuint(counts[1], ==, 2);
}

/* A folder in which nothing happens for an hour is looked at once a second, and at once again
 * after something did. */
static void test_looks(void)
{
    g_autoptr(Entry) entry = trials_new(1, 1);
    gint64 start_us = 1000 * S, now_us = start_us;
    guint n = 0;

    entry_stir(entry, now_us);
    for (; now_us < start_us + S; now_us += S / 10) {
        n += entry_wants_look(entry, now_us);
    }
    g_assert_cmpuint(n, ==, 10);
    now_us += 3600 * S;
    n = 0;
    for (gint64 end_us = now_us + 60 * S; now_us < end_us; now_us += S / 10) {
        n += entry_wants_look(entry, now_us);
    }
    g_assert_cmpuint(n, ==, 60);
    g_assert_true(entry_wants_look(entry, now_us + S));
    entry_stir(entry, now_us);
    g_assert_true(entry_wants_look(entry, now_us));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/entry/life", test_life);
    g_test_add_func("/entry/failed-part", test_failed_part);
    g_test_add_func("/entry/refused", test_refused);
    g_test_add_func("/entry/claim", test_claim);
    g_test_add_func("/entry/asked-again", test_asked_again);
    g_test_add_func("/entry/looks", test_looks);
    return g_test_run();
}
