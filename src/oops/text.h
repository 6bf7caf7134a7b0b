/* SPDX-License-Identifier: Apache-2.0
 * The text of a report as the kernel printed it, by lines, each with what is known of it already.
 */
#pragma once

#include <glib.h>
#include <string.h>

#include "oops/scan.h"

typedef struct OopsReader OopsReader;

/* Lines of a text, without their ends. */
typedef struct Line {
    const char *s;
    gsize n;
} Line;

/* The line at *@at of @text, which is moved behind it. FALSE at the end. */
gboolean line_next(const char *text, gsize n, gsize *at, Line *ret_line);
/* Does @line begin with @word? In line, so that the length of a constant word is one, too. */
static inline gboolean line_begins(Line line, const char *word)
{
    gsize n = strlen(word);

    return line.n >= n && memcmp(line.s, word, n) == 0;
}
/* The same; then @line is moved behind @word. */
static inline gboolean line_take(Line *line, const char *word)
{
    gsize n = strlen(word);

    if (!line_begins(*line, word)) {
        return FALSE;
    }
    line->s += n;
    line->n -= n;
    return TRUE;
}

/* Bytes of a "[<ffffffff81a3b2c4>] " or "[c00000007a3efa20] " at the beginning of @line, with all
 * blanks behind it; or 0. */
gsize line_skip_address(Line line);

/* A word that matters stands in a line. */
typedef enum Mark {
    MARK_HEADER = 1 << 0,   /* of a family */
    MARK_START = 1 << 1,    /* perhaps a stack starts */
    MARK_INJECTED = 1 << 2, /* perhaps a frame of fault injection */
    MARK_FROM = 1 << 3,     /* " from ": arm prints two functions in a line */
    MARK_NO_STACK = 1 << 4, /* "(stack is not available)" */
    MARK_INLINED = 1 << 5,  /* " [inline]" */
    MARK_LOGIN = 1 << 6,    /* " login: " */
    MARK_ALL_CPUS = 1 << 7, /* what other CPUs do, follows */
    MARK_SECOND = 1 << 8,   /* a second stack, of what the oops caused, follows */
    MARK_TAINT = 1 << 9,    /* a notice that is no part of a report */
    MARK_KMSAN = 1 << 10,
    MARK_EXECUTOR = 1 << 11, /* the fuzzer's name for a process */
} Mark;

/* All words are looked for in one scan. */
typedef struct Marker {
    const OopsReader *reader;
    const char *s;
    gsize n;
    ScanHit hit;
    gboolean more;
} Marker;

Marker marker_begin(const OopsReader *reader, const char *s, gsize n);
/* Marks of what begins before offset @end and was not told yet. */
guint marker_until(Marker *marker, gsize end);

/* @line follows in @text, with a newline: g_string_append_len() twice would cost more than the
 * copy.
 */
static inline void line_append(GString *text, Line line)
{
    gsize at = text->len;

    g_string_set_size(text, at + line.n + 1);
    memcpy(text->str + at, line.s, line.n);
    text->str[at + line.n] = '\n';
}

typedef struct TextLine {
    guint at, n;  /* in the text, without the newline */
    guint marks;  /* of Mark */
    guint starts; /* bit i: a stack starts as in stack_starts[i] */
} TextLine;

typedef struct Text {
    const char *s;
    gsize n;
    const TextLine *lines;
    guint n_lines;
} Text;

/* A text being made. */
typedef struct TextBuilder {
    const OopsReader *reader;
    GString *s;
    GArray *lines; /* of TextLine */
} TextBuilder;

/* @n: about how long it will be. */
void text_begin(TextBuilder *builder, const OopsReader *reader, gsize n);
void text_clear(TextBuilder *builder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TextBuilder, text_clear)

/* @line follows, without what a symbolizer added. */
void text_add(TextBuilder *builder, Line line, guint marks);
/* The same with all lines of @s. */
void text_add_all(TextBuilder *builder, const char *s, gsize n);

/* The first @n_lines. Good until more is added. */
Text text_of(const TextBuilder *builder, guint n_lines);

/* Bit i: a stack starts at @line as in stack_starts[i]. */
guint text_starts(const OopsReader *reader, Line line);
