/* SPDX-License-Identifier: Apache-2.0
 * The compiled rules, and what the parts of the reader share.
 */
#pragma once

#include "oops/list.h"
#include "oops/notes.h"
#include "oops/oops.h"
#include "oops/pattern.h"
#include "oops/rules.h"
#include "oops/scan.h"
#include "oops/text.h"

/* A recipe part: the STACK marker has no pattern. */
typedef struct Part {
    gboolean stack;
    const Pattern *pattern; /* owned by the reader's cache */
} Part;

typedef struct Recipe {
    Part parts[RECIPE_PARTS];
    gsize n_parts;
} Recipe;

typedef struct Rule {
    const OopsFormat *format;
    const Pattern *title;
    gboolean led;          /* the title begins with the family's header */
    const Pattern *report; /* or NULL */
    const NameList *skip;  /* or NULL */
    const NameList *keep;  /* or NULL */
    Recipe frames, frames_else;
} Rule;

typedef struct Kind {
    const OopsFamily *family;
    const Pattern *except; /* or NULL */
    Rule *rules;
    gsize n_rules; /* none: such a line only ends a report */
} Kind;

typedef struct Rewrite {
    const Pattern *pattern;
    const char *by;
} Rewrite;

/* Kinds of line that begin a stack. One of them need not be followed by frames. */
#define STACK_STARTS       8
#define STACK_START_STATUS (STACK_STARTS - 1)

struct OopsReader {
    GHashTable *patterns, *lists; /* by their source: all that is compiled */
    Scan *scan;                   /* of consoles */
    const char **words; /* of @scan: first the header of each kind, then the word of each note */
    gsize longest;      /* of @words */
    Kind *kinds;
    gsize n_kinds;
    const Pattern **notes; /* the patterns of the notes, or NULL */
    Scan *marks_scan;      /* of reports */
    GPtrArray *mark_words; /* its words, and what they mean: */
    guint marks[SCAN_WORDS];
    const NameList *never_blamed, *generic_callers, *waiting;
    const Pattern *stack_starts[STACK_STARTS];
    const Pattern *frame_pair, *injected, *timestamp, *executor;
    const Pattern *source_file, *ignored_file, *ignored_line;
    Rewrite *rewrites;
    gsize n_rewrites;
};

/* Compile all patterns now, and not when they are needed first. */
void reader_compile_all(const OopsReader *reader);

gboolean bytes_contain(const char *s, gsize n, const char *word);

/* plain.c: did a symbolizer add @line? And where did it add " file:line" in it? */
gboolean line_is_inlined(Line line);
gboolean line_find_source(Line line, gsize *ret_begin, gsize *ret_end);

/* frames.c: the key frames of @text from offset @begin on by the recipes of @rule; FALSE when they
 * were not found, and the word "corrupted" stands for those. Elements are owned strings. */
gboolean frames_find(const OopsReader *reader, const Rule *rule, const Text *text, gsize begin,
                     Match *match, GPtrArray **ret_frames);
/* What is wrong with the stack traces of @text, or NULL. */
const char *frames_corrupted(const OopsReader *reader, const Text *text);

/* title.c */
typedef struct Naming {
    char *title;
    GPtrArray *alts;
    const char *corrupted; /* or NULL */
    gboolean frameless;    /* no function to blame was found, but one is wanted */
    const Rule *rule;      /* that made the title, or NULL */
} Naming;

/* Name the crash of @kind in @text. FALSE when @text has no such header. */
gboolean naming_find(const OopsReader *reader, const Kind *kind, const Text *text, Match *match,
                     Naming *ret_naming);
void naming_clear(Naming *naming);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Naming, naming_clear)

/* A raw title made comparable between machines and runs: printable, short, without numbers. */
char *title_clean(const OopsReader *reader, const char *raw, Match *match);
/* The function that a title blames, or "". Owned by the caller. */
char *title_frame(const char *title);
/* The class of a crash by its title. */
const char *title_type(const char *title);
