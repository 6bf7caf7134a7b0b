/* SPDX-License-Identifier: Apache-2.0
 * What the process that reads a vmlinux answers (apart.c), read as bytes from an enemy. Pure.
 */
#pragma once

#include "symbols/symbols.h"

/* Before each name that differs, a line each. */
#define DIFFERS_FUNCTION 'f'
#define DIFFERS_VARIABLE 'v'

const char *answer_name(SymbolsAnswer answer);

/* Split @bytes into @n texts that end with NUL; NULL when they are not so many. NULL-terminated,
 * owned by the caller. */
char **answers_split(const char *bytes, gsize n_bytes, guint n);

/* The @n names of answers at @texts; NULL when one is none. Owned by the caller. */
SymbolsAnswer *answers_facts(char **texts, guint n);

/* What differs by a text of names, fit to stand in a line each. Owned by the caller. */
SymbolsChange *answers_change(const char *text);
