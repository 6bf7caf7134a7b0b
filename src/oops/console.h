/* SPDX-License-Identifier: Apache-2.0
 * The lines of a console, with printk's prefixes, and the text of one report.
 */
#pragma once

#include "oops/reader.h"
#include "oops/window.h"

/* How much of a console a report may take. Real reports have 2 to 110 KB. */
#define BODY_MAX (1 << 18)
/* How much of a hostile line is looked at. */
#define LINE_MAX_LOOK 8192
/* How far before a report its context is looked for. */
#define PREFIX_MAX (1 << 16)

/* A line that begins a crash report, or ends one. Offsets are those of the window. */
typedef struct Header {
    gsize start, end; /* end: behind the newline */
    gsize raw_start, raw_end;
    const Kind *kind;
    gboolean follows; /* such a line also comes in the middle of a report */
    gboolean inlined; /* the line ends in " [inline]" */
} Header;

/* The kind that @line has by one of the @words in it, or NULL. */
const Kind *console_kind_of_line(const OopsReader *reader, Line line, ScanSet words);

/* Does such a line come in the middle of reports? */
gboolean console_words_follow(const OopsReader *reader, ScanSet words);

/* A line of the crashed task or CPU, without its prefix. It lies in the window. */
typedef struct PrintedLine {
    Line text;
    guint marks;           /* of Mark */
    gboolean questionable; /* an address found on the stack, perhaps not a real frame */
} PrintedLine;

/* What belongs to a crash, prefixes of printk stripped. */
typedef struct Region {
    GArray *printed;   /* of PrintedLine: all lines */
    GString *text;     /* for people: without the questionable ones */
    gsize n_prefix;    /* of @text: context before the oops */
    TextBuilder plain; /* the same, from @n_prefix on, without what a symbolizer added */
    guint n_title;     /* how many lines of @plain may be used for the title */
    gboolean stamped;  /* the console has time stamps */
} Region;

void region_clear(Region *region);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Region, region_clear)

/* The crash of @header, up to offset @end of the console. @from: nothing before this offset is
 * taken as context. @second: where another crash begins that is not part of the same report. */
void region_read(const OopsReader *reader, const Window *window, const Header *header, gsize from,
                 gsize second, gsize end, Region *ret_region);
