/* SPDX-License-Identifier: Apache-2.0
 * What the two halves of the reader share: makefile.c reads statements, makefile-words.c says what
 * words a text stands for.
 */
#pragma once

#include "kernel/makefile.h"

/* Some of a variable's words; all of its pieces together are its value. */
typedef struct Piece {
    char *raw;           /* expanded when it is asked for; NULL: @words are there already */
    GArray *words;       /* of Word */
    Condition condition; /* of the assignment */
} Piece;

typedef struct Variable {
    GPtrArray *pieces;     /* of Piece */
    gboolean is_simple;    /* was set by := */
    gboolean is_expanding; /* it stands for itself, which make does not allow */
} Variable;

struct Makefile {
    Conditions *conditions;
    MakefileReadFunc read;
    gpointer read_data;
    GHashTable *variables; /* name -> Variable */
    GStringChunk *texts;
    gboolean takes_all;
    guint n_depth; /* of files that include others, or of references */
    guint n_left;  /* of the budget */
};

/* Use @n of the budget; FALSE when it is used up. */
gboolean makefile_spend(Makefile *makefile, gsize n);

/* The words that @text of @n bytes stands for. Array of Word, owned by the caller. */
GArray *words_expand(Makefile *makefile, const char *text, gsize n);
/* Where there is at least one. */
Condition words_any(Makefile *makefile, const GArray *words);
/* Where @a and @b are the same. */
Condition words_equal(Makefile *makefile, const GArray *a, const GArray *b);
/* The end of the reference that begins at @text ("$(...)", "${...}", "$x"), which is at most @n
 * bytes long. */
gsize reference_length(const char *text, gsize n);
