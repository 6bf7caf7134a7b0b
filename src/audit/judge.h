/* SPDX-License-Identifier: Apache-2.0
 * What the files that judge a log share.
 */
#pragma once

#include "audit/audit.h"

/* A log under judgement, and what is looked up in it again and again. */
typedef struct Case {
    const BisectLog *log;
    const LoggedTest *start; /* the first test; NULL: none */
    GPtrArray *titles;       /* of const char *: of the start's crashes */
    OopsBug *bug;            /* as they show it */
    char **stack_files;      /* source files that the final report names */
    gboolean knows_paths;    /* files changed are known to the file, and the stack has files */
    gboolean is_same_bug;    /* the final crash is the start's, or its function is in its stack */
    double final_match;      /* of the final crash with the start's */
} Case;
void case_open(const OopsReader *reader, const BisectLog *log, Case *judged);
void case_clear(Case *judged);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

/* The verdict that counted. */
Verdict logged_verdict(const LoggedTest *test);

/* case-files.c: do the files of the culprit have to do with the crash? */
gboolean changes_no_code(const Case *judged);
/* The file of the stack that the culprit changes, or NULL. */
const char *changed_stack_file(const Case *judged);
gboolean changes_stack_folder(const Case *judged);
/* The first function of the stack that the message of the culprit names, or NULL. Owned by the
 * caller. */
char *named_stack_function(const Case *judged);

/* case-crashes.c: whose crashes are they? */
void find_titles(const BisectLog *log, GPtrArray *titles);
/* The best match of the crashes of @test, and the title that has it; -1 without crashes. */
double best_match(const OopsBug *bug, const LoggedTest *test, const char **ret_title);
/* Does @word stand in @text, as a word of C? */
gboolean has_word(const char *text, const char *word);
/* The function that @title blames, or NULL. */
const char *blamed_function(const char *title);
/* Does one of the functions that the start's crashes blame stand in @report? *ret_missing: one that
 * does not; NULL when the titles blame none. */
gboolean has_start_function(const GPtrArray *titles, const char *report, const char **ret_missing);
