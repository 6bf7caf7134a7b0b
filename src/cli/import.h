/* SPDX-License-Identifier: Apache-2.0
 * firstbad import: what people have, turned into a job.
 */
#pragma once

#include "cli/cli.h"
#include "intake/intake.h"

/* An import under way. */
typedef struct Import {
    Intake *intake;
    JobSpec *spec;
    GPtrArray *paths;    /* of const char *: what was given */
    char *command;       /* what the user typed, for a shell */
    char *folder;        /* where the files that came along are put */
    gboolean is_lacking; /* something is wanted yet */
} Import;

/* --- import-files.c --- */

/* Read @path, a file or a crash directory of syzkaller's, into @intake, and say what it is. FALSE:
 * it was complained of. */
gboolean import_read(Intake *intake, const OopsReader *reader, const char *path);
/* Where the files of @intake go: beside the job file @out, or, without one, below @state_dir, by
 * what is in them. Owned by the caller. */
char *import_folder(const Intake *intake, const char *out, const char *state_dir);
/* The name of the file of @item there; NULL: it is none. */
const char *import_file_name(IntakeItem item);
/* Put them there. */
gboolean import_save(const Intake *intake, const char *folder, GError **error);

/* --- import-wanted.c --- */

/* What was found, for people, on stderr. */
void import_tell(const Import *import);
/* Say what a job lacks yet, where it is to be had, and by which option it is given: a line each,
 * and the command that follows. FALSE: it lacks something. */
gboolean import_is_complete(Import *import);
/* Say what another machine than ours would take. */
void import_warn_arch(const Import *import);
/* Say by what compiler the crash was seen, and whether such a one is here. */
void import_compare_compiler(const Import *import);
