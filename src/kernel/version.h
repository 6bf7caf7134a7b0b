/* SPDX-License-Identifier: Apache-2.0
 * Versions of kernels and of the tools that build them, as numbers that can be compared. Pure.
 */
#pragma once

#include <glib.h>

/* Up to three numbers; 0: not known. Of kernels the first two count from 3.0 on, and what is merged
 * for 5.9 counts as 5.8 until 5.9-rc1, as its Makefile says so. */
typedef guint32 Version;

/* "v5.8", "5.8-rc3", "5.8.12" and "v2.6.32" (three numbers count before 3.0). 0 when it is none. */
Version version_of_kernel(const char *name);

/* What the top Makefile of a kernel's sources says of itself (VERSION, PATCHLEVEL; SUBLEVEL before
 * 3.0). 0 when it says nothing. */
Version version_of_makefile(const char *makefile);

/* The first version in what a program says of itself: "GNU ld (GNU Binutils for Debian) 2.40",
 * "Debian clang version 14.0.6". Words in parentheses are the packager's. 0 when there is none. */
Version version_of_tool(const char *said);

/* First number. */
guint version_major(Version version);

/* "v5.8", "v2.6.32". Owned by the caller. */
char *version_kernel_text(Version version);

/* All versions from one to another, both included: "v4.12..v5.8", "..v5.2", "10..", "12", "..". A
 * bound includes what is longer: "..12" ends after 12.3, "..v5.2" after v5.2.7. */
typedef struct VersionSpan {
    Version first, last;
} VersionSpan;
/* FALSE when @text is no such span. */
gboolean version_span_parse(const char *text, VersionSpan *ret_span);
gboolean version_span_has(const VersionSpan *span, Version version);
