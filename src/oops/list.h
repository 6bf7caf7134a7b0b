/* SPDX-License-Identifier: Apache-2.0
 * Is a function's name on a list? The lists of names.c and of formats are patterns of some hundred
 * alternatives, and each function of a stack is asked for.
 */
#pragma once

#include "oops/pattern.h"

typedef struct NameList NameList;

/* The alternatives of @pattern. */
NameList *list_new(const char *pattern);
void list_free(NameList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NameList, list_free)

/* Does the pattern match in the first 1 KB of @name? */
gboolean list_has(const NameList *list, const char *name, gsize n, Match *match);
