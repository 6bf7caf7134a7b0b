/* SPDX-License-Identifier: Apache-2.0
 * The parts of a mail (report_mail()).
 *
 * The text says first what was seen and how it was searched, and names a commit last, in words that
 * go with how sure it is. All that strangers wrote is clean and stands behind two blanks, so that
 * no line of it can pass for a header, a trailer or the "From " of a mailbox. The one exception is
 * the subject in the Fixes: line, behind its tag.
 */
#pragma once

#include "report/report.h"

/* Lines are no longer, where nothing is quoted that is. */
#define MAIL_WIDTH 75

/* One line, and the text below the headers. Owned by the caller. */
char *mail_subject(const Report *report);
char *mail_body(const Report *report, const MailOptions *options);

/* How sure the answer is of one commit, in three steps. */
typedef enum MailTone {
    TONE_SURE,     /* "began with this commit" */
    TONE_PROBABLE, /* "most probably" */
    TONE_HINT,     /* "may have": nobody is asked to answer for it */
} MailTone;
MailTone mail_tone(const Answer *answer);
/* What the answer adds at the end: the commits that may be at fault, and the trailers. */
void mail_add_verdict(GString *text, const Report *report, const MailOptions *options);
/* The lines of @bytes, clean and behind two blanks; of more than @n_most the rest is counted. */
void mail_add_quote(GString *text, const char *bytes, guint n_most);
/* "crash", "hang", "build failure", ... */
const char *mail_noun(const Report *report);
