/* SPDX-License-Identifier: Apache-2.0
 * How we call QEMU.
 */
#pragma once

#include "guest/guest.h"

/* What confines QEMU, as the value of its -sandbox. */
#define QEMU_SANDBOX "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"

/* What QEMU writes to stderr when KVM gives up; it stops the guest then, but goes on itself. */
#define QEMU_KVM_ERROR "KVM internal error"

/* argv for a guest whose console and protocol are the sockets @console_fd and @protocol_fd in the
 * child. NULL-terminated, owned by the caller. */
char **qemu_argv(const GuestSpec *spec, const char *image, const char *initramfs, int console_fd,
                 int protocol_fd);

/* The kernel's command line. Owned by the caller. */
char *qemu_kernel_cmdline(const GuestSpec *spec);

/* What is wrong, from what QEMU wrote to stderr: its first line that is no warning, or "no
 * message". Owned by the caller. */
char *qemu_complaint(const char *err);
