/* SPDX-License-Identifier: Apache-2.0
 * firstbad oops: consoles read, and told of. Private to cli/.
 */
#pragma once

#include <jansson.h>

#include "oops/oops.h"

/* A crash report of a console. */
typedef struct Crash {
    OopsReport *report;
    guint64 line;      /* of the console, from 1, where it begins */
    char *guilty_file; /* or NULL */
} Crash;

/* What the console at @path holds. */
typedef struct CrashFile {
    const char *path;   /* as the user named it; "-" is stdin */
    GPtrArray *crashes; /* of Crash, in order */
    guint n_told;       /* of so many the whole report is told: all, or the first */
} CrashFile;

/* Read the console at @path. NULL when it cannot be read. May be called by several threads. */
CrashFile *crash_file_read(const char *path, const OopsReader *reader, gboolean all,
                           GError **error);
void crash_file_free(CrashFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CrashFile, crash_file_free)

/* Find the guilty files, by the text of the reports as they are now. */
void crash_file_blame(CrashFile *file, const OopsReader *reader);

/* Symbolize the reports of @files (of CrashFile). FALSE: they stay as they are. */
gboolean crash_files_symbolize(const GPtrArray *files, const char *vmlinux, const char *source_dir,
                               GError **error);

/* How people are told. */
typedef struct CrashStyle {
    gboolean colour;        /* with the escape sequences of terminals */
    gboolean heading;       /* there are several files: name each */
    const char *source_dir; /* a few lines of source are shown from there; NULL: none */
} CrashStyle;

/* @file for people: the reports that are told, the titles of the others. Fit for a terminal. Owned
 * by the caller. */
char *crash_file_text(const CrashFile *file, const CrashStyle *style);

/* @file as one object: docs/JSON.md. @all: with "others". */
json_t *crash_file_json(const CrashFile *file, gboolean all);

/* crashes-source.c: the lines around "@file:@line", a file below @dir that no link leads out of;
 * NULL when there is none. Owned by the caller. */
char *crash_source(const char *dir, const char *file, guint line);
