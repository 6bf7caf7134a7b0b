/* SPDX-License-Identifier: Apache-2.0
 * firstbad oops: consoles read, and told of. Private to cli/.
 */
#pragma once

#include <jansson.h>

#include "oops/oops.h"
#include "symbols/symbols.h"

/* A crash report of a console. */
typedef struct Crash {
    OopsReport *report;
    guint64 line;      /* of the console, from 1, where it begins; 0: megabytes of NULs hide it */
    char *guilty_file; /* or NULL */
} Crash;

/* What the console at @path holds. */
typedef struct CrashFile {
    const char *path;   /* as the user named it; "-" is stdin */
    GPtrArray *crashes; /* of Crash, in order */
    guint n_told;       /* of the first so many the whole report is told */
} CrashFile;

CrashFile *crash_file_new(const char *path);
void crash_file_free(CrashFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CrashFile, crash_file_free)

/* A console while it is read, in pieces. */
typedef struct CrashIntake CrashIntake;
CrashIntake *crash_intake_new(const char *path, const OopsReader *reader, GError **error);
void crash_intake_free(CrashIntake *intake);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CrashIntake, crash_intake_free)

typedef enum CrashIntakeState {
    CRASH_INTAKE_MORE,
    CRASH_INTAKE_END,
    CRASH_INTAKE_FAILED, /* with an error */
} CrashIntakeState;

/* Read a piece, or wait for it, and add to @file the crashes that ended. @follow: a crash ends,
 * too, when the console is quiet for two seconds. At the end of the console all crashes have ended.
 */
CrashIntakeState crash_intake_step(CrashIntake *intake, CrashFile *file, gboolean follow,
                                   GError **error);

/* Read the console at @path. NULL when it cannot be read. Memory does not grow with the console;
 * several threads may do this at once. */
CrashFile *crash_file_read(const char *path, const OopsReader *reader, GError **error);

/* Find the guilty file, by the text of the report as it is now. */
void crash_blame(Crash *crash, const OopsReader *reader);

/* Symbolize the reports of @crashes (of Crash), and add to *@n_lineless those that have functions
 * and yet got no line, to *@n_lined those that got one. FALSE: they stay as they are. */
gboolean crashes_symbolize(const GPtrArray *crashes, const SymbolsFiles *files, guint *n_lined,
                           guint *n_lineless, GError **error);

/* How people are told. */
typedef struct CrashStyle {
    gboolean colour;        /* with the escape sequences of terminals */
    gboolean heading;       /* there are several files: name each */
    const char *source_dir; /* a few lines of source are shown from there; NULL: none */
} CrashStyle;

/* The heading of @crash and all that is said of it; or one line. Owned by the caller. */
char *crash_text(const CrashFile *file, const Crash *crash, const CrashStyle *style);
char *crash_line(const Crash *crash);
#define CRASHES_THEN "Then, on the same console:\n"
/* @file for people: the reports that are told, the titles of the others. Fit for a terminal. Owned
 * by the caller. */
char *crash_file_text(const CrashFile *file, const CrashStyle *style);

/* @file as one object: docs/JSON.md. @all: with "others". */
json_t *crash_file_json(const CrashFile *file, const OopsReader *reader, gboolean all);

/* crashes-source.c: the lines around "@file:@line", a file below @dir that no link leads out of;
 * NULL when there is none. Owned by the caller. */
char *crash_source(const char *dir, const char *file, guint line);
/* Is there such a file? */
gboolean crash_has_source(const char *dir, const char *file);
