/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/spec.h"

void guest_spec_default(GuestSpec *ret_spec, const OopsReader *reader)
{
    *ret_spec = (GuestSpec){
        .reader = reader,
        .qemu = "qemu-system-x86_64",
        .accel = ACCEL_TCG,
        .memory_mib = 512,
        .n_cpus = 1,
        .panic_on_warn = TRUE,
        .boot_timeout_ms = 120000,
        .trial_timeout_ms = 30000,
        .n_repeats = 0,
        .settle_ms = 500,
        .after_crash_ms = 5000,
        .silence_timeout_ms = 60000,
        .console_limit = 2 << 20,
    };
}

void guest_spec_copy(const GuestSpec *spec, GuestSpec *ret_copy)
{
    *ret_copy = *spec;
    ret_copy->qemu = g_strdup(spec->qemu);
    ret_copy->cmdline = g_strdup(spec->cmdline);
    ret_copy->disk = g_strdup(spec->disk);
    ret_copy->disk_format = g_strdup(spec->disk_format);
    ret_copy->qemu_args = (const char *const *)g_strdupv((char **)spec->qemu_args);
}

void guest_spec_clear(GuestSpec *copy)
{
    g_free((char *)copy->qemu);
    g_free((char *)copy->cmdline);
    g_free((char *)copy->disk);
    g_free((char *)copy->disk_format);
    g_strfreev((char **)copy->qemu_args);
}
