/* SPDX-License-Identifier: Apache-2.0
 * The head and the tail of a text that may be longer than we want to hold. Private to process/.
 */
#pragma once

#include <glib.h>

typedef struct Excerpt Excerpt;

/* Hold up to half of @limit_bytes from either end. */
Excerpt *excerpt_new(gsize limit_bytes);
void excerpt_free(Excerpt *excerpt);

/* The text goes on with @bytes. Takes constant time a byte, and a few times @limit_bytes of memory
 * however long it gets. */
void excerpt_add(Excerpt *excerpt, const char *bytes, gsize n_bytes);

/* What is held, NUL-terminated and owned by the caller; where something is left out, a line says
 * how much. */
char *excerpt_text(const Excerpt *excerpt, gsize *ret_n_text);
