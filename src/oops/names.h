/* SPDX-License-Identifier: Apache-2.0
 * Function names: which are never blamed, and which call others without being the cause.
 */
#pragma once

#include <glib.h>

/* All patterns; the longer ones are lists joined by "|". */
const char *names_never_blamed(void);
const char *names_generic_callers(void);
const char *names_waiting(void);

/* Prefixes that the kernel's syscall macros put before a name. NULL-terminated. */
const char *const *names_syscall_prefixes(void);

/* @name without the syscall prefix that leaves the shortest rest. Points into @name. */
const char *names_strip_syscall(const char *name);

/* "_RNvCs1234_5rnull4init" -> "rnull::init", "_Z8fakeNameiii" -> "fakeName": without hashes,
 * generic arguments and parameters. NULL when @name is not mangled, or in a way not known. Owned by
 * the caller. demangle.c */
char *names_demangle(const char *name);

gboolean names_wait_for_rcu(const char *name);
