/* SPDX-License-Identifier: Apache-2.0
 * A console: lines with printk's prefixes, the headers among them, and the text of one report.
 */
#pragma once

#include "oops/reader.h"

/* How much of a console a report may take. Real reports have 2 to 110 KB. */
#define BODY_MAX (1 << 18)

/* A line that begins a crash report, or ends one. Offsets are into the console without noise; the
 * raw ones into what the caller gave. */
typedef struct Header {
    gsize start, end; /* end: behind the newline */
    gsize raw_start, raw_end;
    const Kind *kind;
    gboolean follows; /* such a line also comes in the middle of a report */
} Header;

typedef struct Console {
    const char *bytes; /* without carriage returns and NULs */
    gsize n;
    char *owned; /* the copy that was needed for that, or NULL */
    GArray *headers;
} Console;

/* @raw must outlive the console. */
void console_init(Console *console, const OopsReader *reader, const char *raw, gsize n_raw);
void console_clear(Console *console);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Console, console_clear)

/* Index of the first header at or after @from that is a crash by itself, or headers->len. */
guint console_next_crash(const Console *console, guint from);

/* What belongs to the crash of header @i, prefixes of printk stripped. */
typedef struct Region {
    GString *text;
    gsize n_prefix;   /* context before the oops */
    gsize n_title;    /* how much of the rest, from @n_prefix on, may be used for the title */
    gboolean stamped; /* the console has time stamps */
} Region;

/* @from: nothing before this offset is taken as context. */
void region_read(const Console *console, guint i, gsize from, Region *ret_region);
