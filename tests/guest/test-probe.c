/* SPDX-License-Identifier: Apache-2.0
 * What QEMU can do here, and how we call it.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/qemu.h"

#define QEMU "qemu-system-x86_64"

static gboolean have_qemu(void)
{
    g_autofree char *qemu = g_find_program_in_path(QEMU);

    if (!qemu) {
        g_test_skip("no " QEMU);
    }
    return qemu != NULL;
}

/* The control: TCG runs the probe's guest to its end, so a KVM that does not is at fault itself. */
static void test_tcg(void)
{
    g_autofree char *why = NULL;

    if (have_qemu()) {
        g_assert_true(guest_accel_works(QEMU, ACCEL_TCG, &why));
        g_assert_cmpstr(why, ==, "TCG works: a tiny guest ran under it");
    }
}

/* No machine's answer is known here, but that there is one, in time and with a reason. */
static void test_kvm(void)
{
    g_autofree char *why = NULL;

    if (!have_qemu()) {
        return;
    }
    gint64 start_us = g_get_monotonic_time();
    gboolean works = guest_kvm_works(QEMU, &why);
    g_test_message("%s (%" G_GINT64_FORMAT " ms)", why, (g_get_monotonic_time() - start_us) / 1000);
    if (access("/dev/kvm", F_OK)) {
        g_assert_false(works);
        g_assert_nonnull(strstr(why, "no /dev/kvm"));
    } else {
        g_assert_nonnull(strstr(why, works ? "KVM works" : ""));
        g_assert_cmpuint(strlen(why), >, 10);
    }
}

static void test_sandbox(void)
{
    g_autofree char *why = NULL;

    if (have_qemu() && !guest_sandbox_works(QEMU, &why)) {
        g_assert_nonnull(strstr(why, "seccomp"));
    }
}

/* Programs that stand for QEMU: only a refusal of the option takes the sandbox away. */
static void test_sandbox_refused(void)
{
    static const struct {
        const char *script;
        gboolean works;
        const char *why;
    } cases[] = {
        {"echo \"$0: -sandbox on: There is no option group 'sandbox'\" >&2; exit 1", FALSE,
         "There is no option group 'sandbox'"},
        {"echo \"$0: failed to initialize TCG: Cannot allocate memory\" >&2; exit 1", TRUE,
         "exited with 1"},
        {"echo \"$0: warning: -sandbox is slow\" >&2; exec sleep 1000", TRUE, "took longer than"},
        {"kill -9 $$", TRUE, "killed by signal 9"},
        {"exit 33", TRUE, "QEMU confines itself"},
    };
    g_autofree char *dir = g_dir_make_tmp("firstbad-probe-test-XXXXXX", NULL);
    g_autofree char *qemu = g_build_filename(dir, "qemu", NULL);

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat("#!/bin/sh\n", cases[i].script, "\n", NULL);
        g_autofree char *why = NULL;

        g_assert_true(
            g_file_set_contents_full(qemu, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0755, NULL));
        g_assert_cmpint(guest_sandbox_works(qemu, &why), ==, cases[i].works);
        if (!strstr(why, cases[i].why)) {
            g_test_message("'%s' lacks '%s'", why, cases[i].why);
            g_test_fail();
        }
    }
    g_unlink(qemu);
    g_rmdir(dir);
}

static void test_no_qemu(void)
{
    g_autofree char *why = NULL, *exit_why = NULL, *sandbox_why = NULL;

    g_assert_false(guest_accel_works("firstbad-no-such-qemu", ACCEL_TCG, &why));
    g_assert_nonnull(strstr(why, "firstbad-no-such-qemu"));
    g_assert_false(guest_accel_works("false", ACCEL_TCG, &exit_why));
    g_assert_nonnull(strstr(exit_why, "exited with 1"));
    g_assert_true(guest_sandbox_works("firstbad-no-such-qemu", &sandbox_why));
    g_assert_nonnull(strstr(sandbox_why, "firstbad-no-such-qemu"));
}

static char *option(char **argv, const char *name)
{
    for (char **word = argv; *word; word++) {
        if (strcmp(*word, name) == 0) {
            return word[1];
        }
    }
    return NULL;
}

static void test_argv(void)
{
    QemuEnds ends = {.console = 3, .protocol = 4, .monitor = 5, .memory = -1};
    GuestSpec spec;

    guest_spec_default(&spec, NULL);
    spec.memory_mib = 300;
    spec.n_cpus = 2;
    spec.n_repeats = 4;
    spec.trial_timeout_ms = 5000;
    spec.settle_ms = 70;
    spec.cmdline = "loglevel=8 -- x";
    spec.qemu_args = (const char *const[]){"-device", "edu", NULL};
    spec.disk = "a,b.img";
    spec.disk_format = "qcow2";
    spec.disk_bus = DISK_SCSI;
    g_auto(GStrv) argv = qemu_argv(&spec, "a,b", "c", &ends);

    g_assert_cmpstr(argv[0], ==, QEMU);
    g_assert_cmpstr(option(argv, "-accel"), ==, "tcg,thread=multi");
    g_assert_cmpstr(option(argv, "-m"), ==, "300");
    g_assert_cmpstr(option(argv, "-smp"), ==, "2");
    g_assert_cmpstr(option(argv, "-nic"), ==, "none");
    g_assert_cmpstr(option(argv, "-sandbox"), ==, QEMU_SANDBOX);
    g_assert_cmpstr(option(argv, "-kernel"), ==, "a,b");
    g_assert_true(g_str_has_suffix(option(argv, "-append"), " loglevel=8 -- x"));
    g_assert_null(strstr(option(argv, "-machine"), "sata"));
    g_assert_null(option(argv, "-object"));
    g_assert_cmpstr(option(argv, "-drive"), ==,
                    "id=disk,if=none,snapshot=on,format=qcow2,file=a,,b.img");
    g_assert_cmpstr(option(argv, "-device"), ==, "virtio-scsi-pci,id=scsi");
    g_assert_cmpstr(argv[g_strv_length(argv) - 1], ==, "edu");
    spec.n_cpus = 1;
    spec.disk = NULL;
    spec.no_sandbox = TRUE;
    spec.panic_on_warn = FALSE;
    spec.cmdline = NULL;
    spec.accel = ACCEL_KVM;
    g_auto(GStrv) open_argv = qemu_argv(&spec, "a", "b", &ends);
    g_assert_null(option(open_argv, "-sandbox"));
    g_assert_cmpstr(option(open_argv, "-accel"), ==, "kvm");
    g_assert_true(g_str_has_suffix(option(open_argv, "-append"), " no_timer_check"));
}

/* A kept guest and one that is restored have the same machine, and memory that only the first
 * writes to for others to see. */
static void test_argv_snapshot(void)
{
    QemuEnds ends = {.console = 3, .protocol = 4, .monitor = 5, .memory = 6};
    GuestSpec spec;

    guest_spec_default(&spec, NULL);
    spec.memory_mib = 300;
    g_auto(GStrv) kept = qemu_argv(&spec, "a", "b", &ends);
    ends.restores = TRUE;
    g_auto(GStrv) restored = qemu_argv(&spec, "a", "b", &ends);

    g_assert_cmpstr(option(kept, "-machine"), ==, option(restored, "-machine"));
    g_assert_true(g_str_has_suffix(option(kept, "-machine"), ",sata=off,memory-backend=memory"));
    g_assert_true(g_str_has_suffix(option(kept, "-object"), ",share=on"));
    g_assert_true(g_str_has_suffix(option(restored, "-object"), ",share=off"));
    g_assert_nonnull(strstr(option(restored, "-object"), "size=300M,mem-path=/proc/self/fd/6"));
    g_assert_null(option(kept, "-incoming"));
    g_assert_cmpstr(option(restored, "-incoming"), ==, "defer");
    g_assert_null(option(restored, "-kernel"));
}

static void test_qemu_args(void)
{
    g_assert_null(qemu_arg_complaint("-device"));
    g_assert_null(qemu_arg_complaint("kernel=x"));
    g_assert_cmpstr(qemu_arg_complaint("-m"), ==, "--memory");
    g_assert_cmpstr(qemu_arg_complaint("--smp"), ==, "--cpus");
    g_assert_cmpstr(qemu_arg_complaint("-sandbox"), ==, "");
    g_assert_true(qemu_arg_opens("-netdev"));
    g_assert_true(qemu_arg_opens("--nic"));
    g_assert_false(qemu_arg_opens("-device"));
    g_assert_false(qemu_arg_opens("nic"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/probe/tcg", test_tcg);
    g_test_add_func("/probe/kvm", test_kvm);
    g_test_add_func("/probe/qemu-args", test_qemu_args);
    g_test_add_func("/probe/sandbox", test_sandbox);
    g_test_add_func("/probe/sandbox-refused", test_sandbox_refused);
    g_test_add_func("/probe/no-qemu", test_no_qemu);
    g_test_add_func("/probe/argv", test_argv);
    g_test_add_func("/qemu/argv-snapshot", test_argv_snapshot);
    return g_test_run();
}
