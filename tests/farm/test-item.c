/* SPDX-License-Identifier: Apache-2.0
 * Work items on disk, and the words of Slurm.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "farm/item.h"
#include "farm/slurm.h"
#include "scratch.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define KEY    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static Order *trials_new(guint n_trials, guint n_parts)
{
    Order *order = order_new(ORDER_TRIALS);

    order->job_kind = g_strdup("cause");
    order->spec = g_strdup("[job]\nname=x;y\n");
    order->job_dir = g_strdup("/state/jobs/1");
    order->kernels = g_strdup("/state/kernels");
    order->slots = g_strdup("/state/slots");
    order->commit = g_strdup(COMMIT);
    order->n_jobs = 2;
    order->kernel_key = g_strdup(KEY);
    order->id = g_strdup("one");
    order->n_trials = n_trials;
    order->n_parts = n_parts;
    order->n_at_once = 2;
    order->traces = g_new0(GuestTrace, n_trials);
    order->traces[0] = TRACE_LATER;
    order->accel = ACCEL_KVM;
    return order;
}

static void test_order(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *items = scratch_path(scratch, "items");
    g_autoptr(Order) order = trials_new(5, 2), build = order_new(ORDER_BUILD);
    g_autofree char *dir = NULL, *again = NULL, *other = NULL;
    g_autoptr(Order) read = NULL, read_build = NULL;
    g_autoptr(GError) error = NULL;
    Backport *fix = backport_new("a title", COMMIT, NULL, "why");

    g_assert_true(order_write(order, items, &dir, &error));
    g_assert_true(order_write(order, items, &again, &error));
    g_assert_cmpstr(dir, ==, again);
    read = order_read(dir, &error);
    g_assert_no_error(error);
    g_assert_cmpint(read->kind, ==, ORDER_TRIALS);
    g_assert_cmpstr(read->spec, ==, order->spec);
    g_assert_cmpuint(read->n_trials, ==, 5);
    g_assert_cmpuint(read->n_parts, ==, 2);
    g_assert_cmpint(read->traces[0], ==, TRACE_LATER);
    g_assert_cmpint(read->traces[4], ==, TRACE_NONE);
    g_assert_cmpint(read->accel, ==, ACCEL_KVM);
    g_assert_null(read->config);

    build->job_kind = g_strdup("cause");
    build->spec = g_strdup("[job]\n");
    build->job_dir = g_strdup("/j");
    build->kernels = g_strdup("/k");
    build->slots = g_strdup("/s");
    build->commit = variant_without(COMMIT, COMMIT);
    build->n_jobs = 8;
    build->builds_same = TRUE;
    fix->sound = g_strdup("v6.1");
    g_ptr_array_add(build->fixes, fix);
    g_assert_true(order_write(build, items, &other, &error));
    g_assert_cmpstr(dir, !=, other);
    read_build = order_read(other, &error);
    g_assert_no_error(error);
    g_assert_true(read_build->builds_same);
    g_assert_cmpuint(read_build->fixes->len, ==, 1);
    fix = read_build->fixes->pdata[0];
    g_assert_cmpstr(fix->title, ==, "a title");
    g_assert_cmpstr(fix->sound, ==, "v6.1");
    item_remove(other);
    g_assert_false(g_file_test(other, G_FILE_TEST_EXISTS));
}

/* Every trial is in one part. */
static void test_parts(void)
{
    for (guint n_parts = 1; n_parts <= 7; n_parts++) {
        g_autoptr(Order) order = trials_new(7, n_parts);
        guint next = 0;

        for (guint part = 0; part < n_parts; part++) {
            guint first, end;

            order_part(order, part, &first, &end);
            g_assert_cmpuint(first, ==, next);
            g_assert_cmpuint(end, >, first);
            for (guint i = first; i < end; i++) {
                g_assert_cmpuint(order_part_of(order, i), ==, part);
            }
            next = end;
        }
        g_assert_cmpuint(next, ==, 7);
    }
}

/* What somebody else wrote there is refused, and what cannot be. */
static void test_refused(Scratch *scratch, gconstpointer unused)
{
    static const char *const bad[][2] = {
        {"version=2", "version=7"},
        {"kind=trials", "kind=party"},
        {"commit=" COMMIT, "commit=--upload-pack=x"},
        {"kernel-key=" KEY, "kernel-key=../../x"},
        {"parts=2", "parts=9"},
        {"parts=2", "parts=-1"},
        {"traces=1;", "traces=77;"},
        {"jobs=2", "jobs=0"},
        {"accel=kvm", "accel=auto"},
        {"accel=kvm\n", ""},
        {"job-dir=/state/jobs/1\n", ""},
    };
    g_autofree char *items = scratch_path(scratch, "items");
    g_autoptr(Order) order = trials_new(5, 2);
    g_autofree char *dir = NULL, *path = NULL, *text = NULL;

    g_assert_true(order_write(order, items, &dir, NULL));
    path = g_build_filename(dir, "order", NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(GStrv) parts = g_strsplit(text, bad[i][0], 2);
        g_autofree char *changed = g_strjoinv(bad[i][1], parts);
        g_autoptr(GError) error = NULL;

        g_assert_cmpuint(g_strv_length(parts), ==, 2);
        g_assert_true(g_file_set_contents(path, changed, -1, NULL));
        g_assert_null(order_read(dir, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    }
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_chmod(dir, 0777);
    g_assert_null(order_read(dir, NULL));
    g_chmod(dir, 0700);
    g_autoptr(Order) well = order_read(dir, NULL);
    g_assert_nonnull(well);
}

static void test_failure(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *items = scratch_path(scratch, "items");
    g_autoptr(Order) order = trials_new(5, 2);
    g_autoptr(GError) failure = g_error_new(G_FILE_ERROR, G_FILE_ERROR_NOSPC, "no space\nleft"),
                      taken = NULL;
    g_autofree char *dir = NULL, *node = NULL;
    ItemFiles *files;
    guint part;

    g_assert_true(order_write(order, items, &dir, NULL));
    g_assert_false(item_take_failure(dir, "failed-1.7-0", &part, &node, &taken));
    g_assert_true(item_put_failure(dir, 1, "7-0", "n3", failure, NULL));
    files = item_list(dir);
    g_assert_cmpuint(files->failures->len, ==, 1);
    g_assert_true(item_take_failure(dir, files->failures->pdata[0], &part, &node, &taken));
    g_assert_error(taken, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
    g_assert_cmpstr(taken->message, ==, "no space\nleft");
    g_assert_cmpuint(part, ==, 1);
    g_assert_cmpstr(node, ==, "n3");
    item_files_free(files);
    files = item_list(dir);
    g_assert_cmpuint(files->failures->len, ==, 0);
    item_files_free(files);
}

/* What is in the making, or of somebody else, is not there. */
static void test_list(Scratch *scratch, gconstpointer unused)
{
    static const char *const names[] = {
        "order",          "trial-12",     "trial-3.9b1deb4d", "trial-",        "trial--1",
        "trial-99999999", "failed-0.7-0", "failed-1.7-0.XYZ", "kernel.ABCDEF", "log-7_0"};
    g_autofree char *dir = scratch_path(scratch, "item");
    g_autoptr(ItemFiles) none = item_list(dir), some = NULL, all = NULL;

    g_assert_false(none->has_kernel);
    g_assert_cmpint(g_mkdir(dir, 0700), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(dir, names[i], NULL);

        g_assert_true(g_file_set_contents(path, "", 0, NULL));
    }
    some = item_list(dir);
    g_assert_false(some->has_kernel);
    g_assert_cmpuint(some->trials->len, ==, 1);
    g_assert_cmpuint(g_array_index(some->trials, guint, 0), ==, 12);
    g_assert_cmpuint(some->failures->len, ==, 1);
    g_assert_cmpstr(some->failures->pdata[0], ==, "failed-0.7-0");
    g_autofree char *kernel = g_build_filename(dir, "kernel", NULL);
    g_assert_true(g_file_set_contents(kernel, "", 0, NULL));
    all = item_list(dir);
    g_assert_true(all->has_kernel);
}

static void test_queue_lines(void)
{
    static const char text[] =
        "firstbad-build-12|0|RUNNING|n1|None\n"
        "firstbad-trials-9|3|NODE_FAIL|n2|NodeDown\n"
        "firstbad-trials-9|4|PENDING||ReqNodeNotAvail, UnavailableNodes:n|2\n"
        "firstbad-trials-9|3|PENDING||BeginTime\n"
        "firstbad-trials-9|3|CANCELLED|n1|None\n"
        "other|0|RUNNING|n1|None\n"
        "firstbad-x|N/A|RUNNING|n1|None\n"
        "garbage\n";
    g_autoptr(GPtrArray) tasks = slurm_parse_tasks(text, "firstbad-");
    const SlurmTask *task;

    g_assert_cmpuint(tasks->len, ==, 5);
    task = tasks->pdata[0];
    g_assert_cmpstr(task->name, ==, "firstbad-build-12");
    g_assert_cmpint(task->state, ==, SLURM_RUNS);
    task = tasks->pdata[1];
    g_assert_cmpuint(task->task, ==, 3);
    g_assert_cmpint(task->state, ==, SLURM_ENDED);
    g_assert_cmpstr(task->node, ==, "n2");
    task = tasks->pdata[2];
    g_assert_cmpint(task->state, ==, SLURM_WAITS);
    g_assert_cmpstr(task->reason, ==, "ReqNodeNotAvail, UnavailableNodes:n|2");

    /* Submitted three times: that one counts which has not ended. */
    task = slurm_find_task(tasks, "firstbad-trials-9", 3);
    g_assert_cmpstr(task->reason, ==, "BeginTime");
    task = slurm_find_task(tasks, "firstbad-build-12", 0);
    g_assert_cmpint(task->state, ==, SLURM_RUNS);
    g_assert_null(slurm_find_task(tasks, "firstbad-build-12", 1));
    g_assert_null(slurm_find_task(tasks, "firstbad-build", 0));
    g_assert_null(slurm_parse_tasks("squeue: out of memory\n", "firstbad-"));
}

static void test_node_lines(void)
{
    SlurmSize size = slurm_parse_nodes("n1|8|16000|kvm,fast\n"
                                       "n2|4|8000|(null)\n"
                                       "n1|8|16000|kvm,fast\n" /* of another partition */
                                       "n3|16|4000|nokvm\n"
                                       "n4|many|some|kvm\n"
                                       "garbage\n");

    g_assert_cmpuint(size.n_nodes, ==, 3);
    g_assert_cmpuint(size.n_kvm, ==, 1);
    g_assert_cmpuint(size.n_cpus, ==, 4);
    g_assert_cmpuint(size.memory_mib, ==, 4000);
    g_assert_cmpuint(slurm_parse_nodes("").n_nodes, ==, 0);
}

static void test_faults(void)
{
    g_assert_cmpint(slurm_fault_of("sbatch: error: Batch job submission failed: Unable to contact "
                                   "slurm controller (connect failure)"),
                    ==, SLURM_AWAY);
    g_assert_cmpint(slurm_fault_of("sbatch: error: Batch job submission failed: Invalid account"),
                    ==, SLURM_NO);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/item/order", Scratch, NULL, scratch_set_up, test_order, scratch_tear_down);
    g_test_add_func("/item/parts", test_parts);
    g_test_add("/item/refused", Scratch, NULL, scratch_set_up, test_refused, scratch_tear_down);
    g_test_add("/item/failure", Scratch, NULL, scratch_set_up, test_failure, scratch_tear_down);
    g_test_add("/item/list", Scratch, NULL, scratch_set_up, test_list, scratch_tear_down);
    g_test_add_func("/slurm/queue-lines", test_queue_lines);
    g_test_add_func("/slurm/node-lines", test_node_lines);
    g_test_add_func("/slurm/faults", test_faults);
    return g_test_run();
}
