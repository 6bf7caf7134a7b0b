/* SPDX-License-Identifier: Apache-2.0
 * How we call QEMU.
 */
#pragma once

#include "guest/guest.h"

/* What confines QEMU, as the value of its -sandbox. */
#define QEMU_SANDBOX "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"

/* What QEMU writes to stderr when KVM gives up; it stops the guest then, but goes on itself. */
#define QEMU_KVM_ERROR "KVM internal error"

/* Descriptors of the child that QEMU finds. */
typedef struct QemuEnds {
    int console, protocol; /* sockets, the two serial ports */
    int monitor;           /* socket (qmp.h) */
    int memory;            /* file with the guest's memory; -1: none */
    gboolean restores;     /* it waits for a state (QMP_RESTORE), and others have @memory, too */
} QemuEnds;

/* argv for a guest. NULL-terminated, owned by the caller. */
char **qemu_argv(const GuestSpec *spec, const char *image, const char *initramfs,
                 const QemuEnds *ends);

/* The kernel's command line. Owned by the caller. */
char *qemu_kernel_cmdline(const GuestSpec *spec);

/* What is wrong, from what QEMU wrote to stderr: its first line that is no warning, or "no
 * message". Owned by the caller. */
char *qemu_complaint(const char *err);
