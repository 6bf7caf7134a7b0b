/* SPDX-License-Identifier: Apache-2.0
 * What must stand in a text, literally, for a pattern to match: far cheaper to look for first.
 */
#pragma once

#include <glib.h>

/* An alternative of a pattern. */
typedef struct Literals {
    const char *source; /* the alternative in the pattern */
    gsize n_source;
    GPtrArray *words;  /* one of these stands in each match. Empty: nothing is known */
    gboolean at_start; /* the word stands where the text begins */
    gboolean at_end;   /* the text ends with the word */
    gboolean exact;    /* no more is asked: a text with such a word matches */
} Literals;

/* The alternatives of @pattern, split at each "|" that is in no group. Array of Literals. */
GArray *literals_of(const char *pattern);

/* Does each match of @pattern begin with @word? FALSE when it cannot be told. */
gboolean literals_lead(const char *pattern, const char *word);
