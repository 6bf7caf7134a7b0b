/* SPDX-License-Identifier: Apache-2.0
 * A machine that is not what an order wants gives its part back.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "job/job.h"
#include "scratch.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define KEY    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* An item of one trial, for guests under @accel of a QEMU that is none. Owned by the caller. */
static char *make_item(const Scratch *scratch, Accel accel)
{
    g_autoptr(JobSpec) spec = job_spec_new("cause");
    g_autoptr(Order) order = order_new(ORDER_TRIALS);
    g_autofree char *items = scratch_path(scratch, "items");
    g_autoptr(GError) error = NULL;
    char *dir = NULL;

    g_free(spec->qemu);
    spec->qemu = g_strdup("/bin/false");
    g_free(spec->tree);
    spec->tree = scratch_path(scratch, "no-tree");
    order->job_kind = g_strdup("cause");
    order->spec = job_spec_write(spec);
    order->job_dir = scratch_path(scratch, "job");
    order->kernels = scratch_path(scratch, "kernels");
    order->slots = scratch_path(scratch, "slots");
    order->commit = g_strdup(COMMIT);
    order->n_jobs = 1;
    order->kernel_key = g_strdup(KEY);
    order->id = g_strdup("one");
    order->n_trials = order->n_at_once = 1;
    order->traces = g_new0(GuestTrace, 1);
    order->accel = accel;
    g_assert_true(order_write(order, items, &dir, &error));
    g_assert_no_error(error);
    return dir;
}

/* Carry the item out: how it fails. The coordinator is told the same. */
static GError *fail_at(const char *dir)
{
    g_autoptr(ItemFiles) files = NULL;
    g_autoptr(GError) told = NULL;
    g_autofree char *node = NULL;
    GError *error = NULL;
    guint part;

    g_assert_false(job_work_item(dir, 0, "n1", "7-0", NULL, &error));
    files = item_list(dir);
    g_assert_cmpuint(files->trials->len, ==, 0);
    g_assert_cmpuint(files->failures->len, ==, 1);
    g_assert_true(item_take_failure(dir, files->failures->pdata[0], &part, &node, &told));
    g_assert_cmpstr(node, ==, "n1");
    g_assert_cmpint(told->code, ==, error->code);
    g_assert_cmpstr(told->message, ==, error->message);
    return error;
}

/* KVM is wanted and does not work: no trial is run in another way. */
static void test_without_kvm(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *dir = make_item(scratch, ACCEL_KVM);
    g_autofree char *known = scratch_path(scratch, "slots/n1.accel");
    g_autoptr(GError) first = fail_at(dir), second = NULL;

    g_assert_error(first, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
    g_assert_true(g_str_has_prefix(first->message, "guests are to run under KVM: "));
    /* It is found out once, and why is known, too. */
    g_assert_true(g_file_test(known, G_FILE_TEST_EXISTS));
    second = fail_at(dir);
    g_assert_error(second, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
    g_assert_cmpstr(second->message, ==, first->message);
}

/* Emulated guests are any machine's: it goes on to the tree, which is not there. */
static void test_emulated(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *dir = make_item(scratch, ACCEL_TCG);
    g_autofree char *known = scratch_path(scratch, "slots/n1.accel");
    g_autoptr(GError) error = fail_at(dir);

    g_assert_false(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED));
    g_assert_nonnull(strstr(error->message, "no-tree"));
    g_assert_false(g_file_test(known, G_FILE_TEST_EXISTS));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/worker/without-kvm", Scratch, NULL, scratch_set_up, test_without_kvm,
               scratch_tear_down);
    g_test_add("/worker/emulated", Scratch, NULL, scratch_set_up, test_emulated, scratch_tear_down);
    return g_test_run();
}
