/* SPDX-License-Identifier: Apache-2.0
 * What a build says when it fails. Pure. Private to kernel/.
 */
#pragma once

#include <glib.h>

/* Whose fault a failure is. */
typedef enum LogFault {
    LOG_FAULT_SOURCE,  /* of the revision: a value */
    LOG_FAULT_MEMORY,  /* no memory was given: of the machine, unless a limit was set */
    LOG_FAULT_KILLED,  /* killed, as a rule for want of memory: of the machine, as a limit makes an
                          allocation fail and kills nobody */
    LOG_FAULT_SIZE,    /* a file grew without end: of the revision */
    LOG_FAULT_MACHINE, /* disk full, no sandbox: try again elsewhere */
} LogFault;

/* The first real error line of @log, cleaned for people: no colours, no control characters, no
 * leading "../", at most 300 bytes, valid UTF-8. Errors of the compiler, linker, Kconfig and
 * scripts come before make's own "*** ... Error 1", which only says that something failed. A fault
 * of the machine comes before all: others follow from it. Never NULL: without any such line the
 * last one, or "no output". Owned by the caller. */
char *build_log_first_error(const char *log, LogFault *ret_fault);

/* May @first_error come from what other revisions left in the build folder? Not what a compiler or
 * Kconfig says of a file of the tree: kbuild tracks what they read. But what make says, a linker
 * (an object of another age), a host program (objtool, modpost), or anyone of a file that is
 * generated.
 */
gboolean build_log_may_be_stale(const char *first_error);
