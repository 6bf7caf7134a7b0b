/* SPDX-License-Identifier: Apache-2.0
 * The rules for crashes as data: what the tables of formats-*.c and families.c are made of.
 * How to add one: docs/ADDING-A-CRASH.md.
 *
 * A *family* is recognised by a literal header in a console line. Its *formats*, tried in order,
 * say how to name the crash. A *recipe* says where in the report the function to blame is found.
 *
 * Patterns are Perl's (PCRE2), on bytes. "." stops at a line's end.
 */
#pragma once

#include <glib.h>

/* Pieces for patterns. */
#define PC    "\\[<?(?:0x)?[0-9a-f]+>?\\]"           /* [<ffffffff81a3b2c4>] */
#define FUNC  "([a-zA-Z0-9_]+)[.+]"                  /* captures foo in foo.isra.0+0x10/0x20 */
#define SRC   "([a-zA-Z0-9\\-_/.]+\\.[a-z]+:[0-9]+)" /* captures lib/refcount.c:28 */
#define AT    "at: (?:" PC " +)?" FUNC               /* a lock "... at: foo+0x10/0x20" */
#define LATER ".*\\n(?s:.*?)"                        /* what follows is on a later line */

/* The page cache. Who finds bad memory in it is not to blame; who waits or asserts in it, is. */
#define PAGE_CACHE                                                                                 \
    "filemap_alloc_folio|__filemap_get_folio|find_or_create_page|do_read_cache_folio"              \
    "|read_cache_page|pagecache_get_page|grab_cache_page_write_begin|find_lock_entries"            \
    "|truncate_inode_pages_range|xas_(?:start|load|find)"

/* Parts of a recipe. Any other string is a pattern: go on to the first line that matches; what it
 * captures are frames. */
#define STACK      "<stack>" /* collect frames until a stack starts, or the next part matches */
#define CALL_TRACE "Call [Tt]race|Backtrace:"
#define RIP                                                                                        \
    "(?:IP|NIP|pc |PC is at):? (?:[0-9a-f]{4}:)?(?:" PC " *){0,2}"                                 \
    "(?:" FUNC "|(?<!\\w)(?:0x[0-9a-f]+|[0-9a-f]{8,})\\b|(?<=\\]) *$| *\\(null\\))"                \
    "|(?:epc +:|ERA:|Krnl PSW : [0-9a-f]+) [0-9a-f]{8,} \\(?" FUNC /* MIPS, LoongArch, s390 */

typedef enum OopsPick {
    PICK_FIRST, /* the first frame that is not skipped */
    PICK_STALL, /* the frame that generic code called: see pick_stall() */
    PICK_HUNG,  /* the frame that waits: see pick_hung() */
} OopsPick;

typedef enum OopsFlags {
    NEEDS_NO_STACK = 1 << 0,   /* such a report is whole without a stack trace */
    ALWAYS_CORRUPTED = 1 << 1, /* too little is left to tell crashes apart */
} OopsFlags;

#define RECIPE_PARTS 4

typedef struct OopsFormat {
    const char *title;  /* pattern: the report is of this kind. The earliest match wins */
    const char *report; /* pattern that must match too, and makes the captures. NULL: as title */
    const char *text;   /* the title: $1... captures, $F and $F2 frames of the recipe */
    const char *alt;    /* a second title, shared by crashes that are often the same bug, or NULL */
    const char *frames[RECIPE_PARTS];      /* recipe */
    const char *frames_else[RECIPE_PARTS]; /* recipe when the first finds nothing */
    const char *skip;                      /* pattern of functions never blamed in this format */
    const char *keep; /* pattern of functions to blame in this format though never in others */
    OopsPick pick;
    OopsFlags flags;
} OopsFormat;

typedef struct OopsFamily {
    const char *header;        /* literal, at least SCAN_MIN bytes */
    const char *except;        /* pattern of lines that have the header and are no crash, or NULL */
    const OopsFormat *formats; /* the last has no title. NULL: no crash by itself, but what comes
                                * after belongs to another story */
    gboolean follows;          /* also comes in the middle of a report: does not end it */
} OopsFamily;

typedef struct OopsRules {
    const OopsFamily *families; /* the first whose header is in the line, wins */
    gsize n_families;
} OopsRules;

/* families.c */
OopsRules oops_rules(void);
