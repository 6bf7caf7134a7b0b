/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the reader share: makefile.c reads statements, makefile-words.c says what words
 * a text stands for, makefile-functions.c what a function makes of them.
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
GArray *words_new(void);
static inline const Word *word_at(const GArray *words, guint i)
{
    return &g_array_index(words, Word, i);
}
static inline Condition both(Makefile *makefile, Condition a, Condition b)
{
    return condition_and(makefile->conditions, a, b);
}
/* @text must live as long as @makefile; NULL: unknown. */
void words_add(Makefile *makefile, GArray *words, const char *text, Condition condition);
void words_add_unknown(Makefile *makefile, GArray *words);
/* @more under @condition. */
void words_add_all(Makefile *makefile, GArray *words, const GArray *more, Condition condition);
/* A copy of @text that lives as long as @makefile; NULL, unknown, for what is too long for a path.
 */
const char *words_keep(Makefile *makefile, const char *text);
/* Known, and there under all configurations. */
gboolean words_are_fixed(const GArray *words);
/* The one word of @words, "" for none, NULL when it is not known. */
const char *words_single(const GArray *words);
/* Where there is at least one. */
Condition words_any(Makefile *makefile, const GArray *words);
/* Where @a and @b are the same. */
Condition words_equal(Makefile *makefile, const GArray *a, const GArray *b);
/* The end of the reference that begins at @text ("$(...)", "${...}", "$x"), which is at most @n
 * bytes long. */
gsize reference_length(const char *text, gsize n);

/* What the function @name makes of its arguments, @text of @n bytes, goes to the end of @out. */
void function_apply(Makefile *makefile, const char *name, const char *text, gsize n, GArray *out);
/* $(patsubst FROM,TO,TEXT) of one word. */
const char *substitute_pattern(Makefile *makefile, const char *from, const char *to,
                               const char *text);
