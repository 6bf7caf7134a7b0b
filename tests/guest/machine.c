/* SPDX-License-Identifier: Apache-2.0
 * Guests for tests.
 */
#include "machine.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_US (60 * G_USEC_PER_SEC)

void machine_set_up(Machine *machine, gconstpointer unused)
{
    /* What QEMU or a fake of it leaves behind comes to us. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    machine->reader = oops_reader_new();
    scratch_set_up(&machine->scratch, NULL);
    machine->kernel = g_getenv("FIRSTBAD_TEST_KERNEL");
    guest_spec_default(&machine->spec, machine->reader);
    machine->spec.memory_mib = 256;
    machine->spec.n_repeats = 1;
    machine->spec.settle_ms = 0;
    machine->spec.trial_timeout_ms = 60000;
}

static void wait_for_nobody(void)
{
    gint64 give_up_us = g_get_monotonic_time() + PATIENCE_US;
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
        g_assert_cmpint(g_get_monotonic_time(), <, give_up_us);
        if (pid == 0) {
            g_main_context_iteration(NULL, FALSE);
            g_usleep(1000);
        }
    }
    g_assert_cmpint(errno, ==, ECHILD);
}

void machine_tear_down(Machine *machine, gconstpointer unused)
{
    wait_for_nobody();
    scratch_tear_down(&machine->scratch, NULL);
    snapshot_unref(machine->snapshot);
    oops_reader_free(machine->reader);
    g_free(machine->initramfs);
}

gboolean machine_prepare(Machine *machine, const char *name, const char *text)
{
    g_autofree char *qemu = g_find_program_in_path("qemu-system-x86_64");
    g_autofree char *busybox = g_find_program_in_path("busybox");
    g_autofree char *source = scratch_path(&machine->scratch, name);
    g_autoptr(GError) error = NULL;

    if (!qemu || !machine->kernel || !busybox) {
        g_test_skip("no qemu-system-x86_64, FIRSTBAD_TEST_KERNEL or busybox-static");
        return FALSE;
    }
    g_assert_true(g_file_set_contents(source, text, -1, NULL));
    g_autoptr(Repro) repro =
        repro_prepare(source, &(ReproOptions){"cc"}, machine->scratch.dir, &error);
    g_assert_no_error(error);
    g_free(machine->initramfs);
    machine->initramfs = g_strconcat(source, ".cpio", NULL);
    g_assert_true(initramfs_write(machine->initramfs, &(GuestContent){repro}, &error));
    g_assert_no_error(error);
    return TRUE;
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

void machine_begin(const Machine *machine, GAsyncResult **res)
{
    guest_trial_async(&machine->spec, machine->kernel, machine->initramfs, machine->snapshot, NULL,
                      keep_result, res);
}

Outcome *machine_end(GAsyncResult **res)
{
    g_autoptr(GError) error = NULL;
    Outcome *outcome = NULL;

    while (!*res) {
        g_main_context_iteration(NULL, TRUE);
    }
    guest_trial_finish(*res, &outcome, &error);
    g_assert_no_error(error);
    g_clear_object(res);
    g_test_message("%s, %s: %s, %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                   " ms, %u runs, exit %d, %zu bytes of console",
                   outcome_kind_name(outcome->kind), outcome->title ? outcome->title : "-",
                   outcome->restored ? "restored" : "booted", outcome->boot_ms, outcome->run_ms,
                   outcome->n_runs, outcome->repro_exit, g_bytes_get_size(outcome->console));
    return outcome;
}

Outcome *machine_run(const Machine *machine)
{
    GAsyncResult *res = NULL;

    machine_begin(machine, &res);
    return machine_end(&res);
}
