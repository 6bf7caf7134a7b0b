/* SPDX-License-Identifier: Apache-2.0
 * Names of system calls, as PID 1 tells them (init/words.h): a number, and what makes it a thing of
 * its own.
 */
#pragma once

#include <glib.h>

/* "socket(AF_SMC, SOCK_STREAM)" for 41 and "43,1". What has no name stays a number: "syscall_999",
 * "ioctl(0x5401)". Any number and any @items are good. Owned by the caller. */
char *names_of_call(guint32 number, const char *items);

/* The errno by which the call called @name says that it does not know the command, type or family
 * asked for; 0 when it has none. */
int names_unknown(const char *name);
