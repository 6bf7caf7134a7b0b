/* SPDX-License-Identifier: Apache-2.0
 * What pages are put together from. Private to page/.
 */
#pragma once

#include "page/html.h"
#include "page/page.h"

/* --- Around each page (frame.c) --- */

/* A document up to where its main element is to be opened; frame_finish() closes that. @name: of
 * the page, for the style sheet. */
Html *frame_new(const PagePlace *place, const char *name, const char *title);
GBytes *frame_finish(Html *html);
/* The script, at the end of a page that is a file. */
void frame_add_script(Html *html);
/* <main id="main"> without more. */
void frame_open_main(Html *html);

/* --- Addresses; owned by the caller (frame.c) --- */

char *path_of_job(gint64 job, const char *below);
char *path_of_revision(gint64 job, const char *commit, const char *below);
char *path_of_trial(gint64 job, gint64 trial);
/* The id of its row in the table of revisions, to which links of a page that is a file lead. */
char *place_of_revision(const char *commit);

/* --- Small things (words.c) --- */

/* The short id of @commit, a revision or a variant, as a link to its page where the job has one. */
void add_id(Html *html, const PagePlace *place, const Report *report, const char *commit);
void add_verdict(Html *html, const ReportRevision *revision);
/* What pages of the job call the outcome @name: a run has tests that passed or failed, and no
 * crash. */
const char *outcome_word(const Report *report, const char *name);
void add_outcome(Html *html, const Report *report, const char *name);
/* The state of a job in a word, with its colour. */
void add_state(Html *html, const Report *report);
const char *state_word(const Report *report);
/* What crash or bug a job is about, or NULL. */
const char *job_title(const Report *report);
/* "2026-11-27 09:05 UTC", as <time>. */
void add_time(Html *html, gint64 time_s);
/* A row of a list of terms; nothing without @text. */
void add_term(Html *html, const char *term, const char *text);
/* Begin <section id="@id" class="@class_name"> with its heading, which names it. HIDDEN as the
 * class: there is nothing to be seen yet, but a script may show it. */
#define HIDDEN "hidden"
void open_section(Html *html, const char *id, const char *class_name, const char *heading);
/* Begin a table in a box of its own that scrolls, with its columns (NULL-terminated); end both. */
void open_table(Html *html, const char *id, const char *caption, const char *const *columns);
void close_table(Html *html);
/* "3 trials", "1 trial". Owned by the caller. */
char *count_of(guint n, const char *what);

/* --- Parts of the page of a job --- */

void add_answer(Html *html, const PagePlace *place, const Report *report); /* answer.c */
/* @live NULL: nothing is under way. */
void add_live(Html *html, const PagePlace *place, const Report *report,
              const Live *live);                                              /* live.c */
void add_culprit(Html *html, const PagePlace *place, const Report *report);   /* culprit.c */
void add_crash(Html *html, const PagePlace *place, const Report *report);     /* crash.c */
void add_pictures(Html *html, const PagePlace *place, const Report *report);  /* pictures.c */
void add_revisions(Html *html, const PagePlace *place, const Report *report); /* revisions.c */
void add_built(Html *html, const Report *report);                             /* built.c */
void add_actions(Html *html, const PagePlace *place, const Report *report,
                 const Live *live); /* forms.c */
/* Those that overrule @revision; nothing for a reader without the token. */
void add_overrule(Html *html, const PagePlace *place, const Report *report,
                  const ReportRevision *revision);

/* Something went wrong: @complaint; nothing where that is NULL. */
void add_complaint(Html *html, const char *complaint);
/* What is wrong with a job, "--test is missing: ...", in the words of the form: its fields have
 * labels. Owned by the caller. *ret_key: of the field that is wrong; NULL: none is named
 * (submit.c). */
char *submit_complaint(const char *complaint, const char **ret_key);

/* A console's crash report of @commit; its places in the sources are links (crash.c). */
void add_crash_text(Html *html, const PagePlace *place, const char *commit, const char *text);
/* A patch, coloured (diff.c). */
void add_diff(Html *html, const char *text);
