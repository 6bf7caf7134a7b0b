/* SPDX-License-Identifier: Apache-2.0
 * The compiled rules, and what the parts of the reader share.
 */
#pragma once

#include "oops/notes.h"
#include "oops/oops.h"
#include "oops/rules.h"
#include "oops/scan.h"

/* A recipe part: the STACK marker has no pattern. */
typedef struct Part {
    gboolean stack;
    GRegex *pattern; /* owned by the reader's cache */
} Part;

typedef struct Recipe {
    Part parts[RECIPE_PARTS];
    gsize n_parts;
} Recipe;

typedef struct Rule {
    const OopsFormat *format;
    GRegex *title;
    GRegex *report; /* or NULL */
    GRegex *skip;   /* or NULL */
    GRegex *keep;   /* or NULL */
    Recipe frames, frames_else;
} Rule;

typedef struct Kind {
    const OopsFamily *family;
    GRegex *except; /* or NULL */
    Rule *rules;
    gsize n_rules; /* none: such a line only ends a report */
} Kind;

typedef struct Rewrite {
    GRegex *pattern;
    const char *by;
} Rewrite;

/* Kinds of line that begin a stack. One of them need not be followed by frames. */
#define STACK_STARTS       8
#define STACK_START_STATUS (STACK_STARTS - 1)

struct OopsReader {
    GHashTable *patterns; /* pattern -> GRegex: all that is compiled */
    Scan *scan;
    const char **words; /* of @scan: first the header of each kind, then the word of each note */
    gsize longest;      /* of @words */
    Kind *kinds;
    gsize n_kinds;
    GRegex **notes; /* the patterns of the notes, or NULL */
    GRegex *never_blamed, *generic_callers, *waiting;
    GRegex *stack_starts[STACK_STARTS], *stack_start;
    GRegex *frame_pair, *injected, *timestamp;
    GRegex *source_file, *ignored_file, *ignored_line;
    Rewrite *rewrites;
    gsize n_rewrites;
};

/* Lines of a text, without their ends. */
typedef struct Line {
    const char *s;
    gsize n;
} Line;

/* The line at *@at of @text, which is moved behind it. FALSE at the end. */
gboolean line_next(const char *text, gsize n, gsize *at, Line *ret_line);

gboolean bytes_contain(const char *s, gsize n, const char *word);
gboolean pattern_in(const GRegex *pattern, const char *s, gsize n);

/* plain.c: @text without what a symbolizer added; and did it add @line? */
GString *text_unsymbolize(const char *text, gsize n);
gboolean line_is_inlined(Line line);

/* frames.c: the key frames of @text by the recipes of @rule; FALSE when they were not found, and
 * the word "corrupted" stands for those. Elements are owned strings. */
gboolean frames_find(const OopsReader *reader, const Rule *rule, const char *text, gsize n,
                     GPtrArray **ret_frames);
/* Function names that @line of a stack trace has, added to @names as owned strings. FALSE when it
 * is no such line. */
gboolean frames_of_line(const OopsReader *reader, Line line, GPtrArray *names);
/* What is wrong with the stack traces of @text, or NULL. */
const char *frames_corrupted(const OopsReader *reader, const char *text, gsize n);

/* title.c */
typedef struct Naming {
    char *title;
    GPtrArray *alts;
    const char *corrupted; /* or NULL */
    gboolean frameless;    /* no function to blame was found, but one is wanted */
    const Rule *rule;      /* that made the title, or NULL */
} Naming;

/* Name the crash of @kind in @text. FALSE when @text has no such header. */
gboolean naming_find(const OopsReader *reader, const Kind *kind, const char *text, gsize n,
                     Naming *ret_naming);
void naming_clear(Naming *naming);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Naming, naming_clear)

/* A raw title made comparable between machines and runs: printable, short, without numbers. */
char *title_clean(const OopsReader *reader, const char *raw);
/* The function that a title blames, or "". Owned by the caller. */
char *title_frame(const char *title);
/* The class of a crash by its title. */
const char *title_type(const char *title);
