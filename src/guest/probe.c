/* SPDX-License-Identifier: Apache-2.0
 * What QEMU can do on this machine, found out by booting something tiny.
 */
#include "guest/guest.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "guest/probe-rom.h"
#include "guest/qemu.h"
#include "process/process.h"

#define FIRMWARE_SIZE    65536
#define PROBE_TIMEOUT_MS 3000

const char *accel_name(Accel accel)
{
    static const char *const names[] = {"auto", "kvm", "tcg"};

    return names[accel];
}

/* The firmware file, for QEMU to read. Returns its path, or NULL. */
static char *write_firmware(GError **error)
{
    g_autofree char *image = g_malloc0(FIRMWARE_SIZE);
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("firstbad-probe-XXXXXX", &path, error);

    if (fd < 0) {
        return NULL;
    }
    close(fd);
    memcpy(image + FIRMWARE_SIZE - PROBE_ROM_SIZE, probe_rom, PROBE_ROM_SIZE);
    if (!g_file_set_contents(path, image, FIRMWARE_SIZE, error)) {
        g_unlink(path);
        return NULL;
    }
    return g_steal_pointer(&path);
}

/* Boot the tiny guest; @sandbox may be NULL. */
static gboolean boot_probe(const char *qemu, Accel accel, const char *sandbox,
                           ProcessResult **ret_result, GError **error)
{
    g_autofree char *firmware = write_firmware(error);
    const char *argv[] = {qemu,
                          "-machine",
                          "q35",
                          "-accel",
                          accel_name(accel),
                          "-m",
                          "16",
                          "-nodefaults",
                          "-no-user-config",
                          "-no-reboot",
                          "-display",
                          "none",
                          "-bios",
                          firmware,
                          "-device",
                          "isa-debug-exit,iobase=0xf4,iosize=1",
                          sandbox ? "-sandbox" : NULL,
                          sandbox,
                          NULL};
    ProcessSpec spec = {.argv = argv, .timeout_ms = PROBE_TIMEOUT_MS};
    gboolean ran;

    if (!firmware) {
        return FALSE;
    }
    ran = process_run(&spec, ret_result, error);
    g_unlink(firmware);
    return ran;
}

gboolean guest_accel_works(const char *qemu, Accel accel, char **ret_why)
{
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(GError) error = NULL;
    const char *name = accel == ACCEL_KVM ? "KVM" : "TCG";

    if (!boot_probe(qemu, accel, NULL, &result, &error)) {
        *ret_why = g_strdup_printf("%s cannot be tried: %s", name, error->message);
        return FALSE;
    }
    if (result->exit_status == PROBE_EXIT_STATUS) {
        *ret_why = g_strdup_printf("%s works: a tiny guest ran under it", name);
        return TRUE;
    }
    if (result->timed_out) {
        *ret_why = g_strdup_printf("%s hangs: a tiny guest did not end within %d s", name,
                                   PROBE_TIMEOUT_MS / 1000);
    } else if (result->exit_status == 0) {
        *ret_why = g_strdup_printf("%s does not work: a tiny guest was reset", name);
    } else {
        g_autofree char *how = process_describe(result);
        g_autofree char *what = qemu_complaint(result->err);

        *ret_why = g_strdup_printf("%s does not work: QEMU %s (%s)", name, how, what);
    }
    return FALSE;
}

gboolean guest_kvm_works(const char *qemu, char **ret_why)
{
    if (access("/dev/kvm", F_OK)) {
        *ret_why = g_strdup("there is no /dev/kvm: this machine offers no virtualization to us");
        return FALSE;
    }
    if (access("/dev/kvm", R_OK | W_OK)) {
        *ret_why = g_strdup("/dev/kvm may not be used by this user: join the group kvm");
        return FALSE;
    }
    return guest_accel_works(qemu, ACCEL_KVM, ret_why);
}

/* The reproducer is untrusted: only QEMU's own word, which names the option (built without seccomp,
 * a kernel without it), takes its sandbox away. A guest that fails confined is seen; one that runs
 * free for the sake of a busy machine is not. */
gboolean guest_sandbox_works(const char *qemu, char **ret_why)
{
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(GError) error = NULL;

    if (!boot_probe(qemu, ACCEL_TCG, QEMU_SANDBOX, &result, &error)) {
        *ret_why = g_strdup_printf("QEMU's sandbox could not be tried: %s", error->message);
        return TRUE;
    }
    g_autofree char *how = process_describe(result);
    g_autofree char *what = qemu_complaint(result->err);
    if (result->exit_status == PROBE_EXIT_STATUS) {
        *ret_why = g_strdup("QEMU confines itself with seccomp");
    } else if (result->exit_status > 0 && strstr(result->err, "-sandbox")) {
        *ret_why =
            g_strdup_printf("QEMU cannot confine itself with seccomp: it %s (%s)", how, what);
        return FALSE;
    } else {
        *ret_why = g_strdup_printf("QEMU keeps its sandbox, though it %s in it (%s)", how, what);
    }
    return TRUE;
}
