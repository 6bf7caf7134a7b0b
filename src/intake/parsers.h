/* SPDX-License-Identifier: Apache-2.0
 * What the parsers of intake/ share: one file a kind of input. Texts are valid UTF-8 and end with
 * a NUL.
 */
#pragma once

#include "intake/intake.h"

/* A file at hand. */
typedef struct IntakeSource {
    const OopsReader *reader;
    const char *text;
    gsize n;       /* its length */
    GBytes *bytes; /* as they came */
} IntakeSource;

/* --- intake.c --- */

/* Say it where nothing is known yet; @n -1: to the end. Blanks around it are taken off, and what is
 * longer than any honest text is not taken. */
void intake_say(Intake *intake, IntakeItem item, const char *text, gssize n);
/* The same for where it is to be had: what no link may be is not taken. */
void intake_link(Intake *intake, IntakeItem item, const char *link, gssize n);
void intake_hold(Intake *intake, IntakeItem item, GBytes *bytes);
/* @address should hear of the crash. */
void intake_tell(Intake *intake, const char *address);
/* What @other says where @intake knows nothing; see intake_add(). */
void intake_merge(Intake *intake, const Intake *other);
/* Of a file that came along with another one: as intake_add(), but no mail in a mail. */
IntakeKind intake_add_attached(Intake *intake, const OopsReader *reader, GBytes *bytes);

/* unpack.c: @bytes, or what they hold where gzip packed them. Owned by the caller. */
GBytes *unpacked(GBytes *bytes);

/* --- One file each --- */

/* By the first bytes, cheaply. */
gboolean page_is(const IntakeSource *source);
void page_read(const IntakeSource *source, Intake *intake);
gboolean mail_is(const IntakeSource *source);
void mail_read(const IntakeSource *source, Intake *intake);
gboolean git_log_is(const IntakeSource *source);
void git_log_take(const IntakeSource *source, Intake *intake);
gboolean crash_is(const IntakeSource *source);
/* Title and functions of the first crash in it. FALSE: there is none. */
gboolean crash_read(const IntakeSource *source, Intake *intake);
void crash_take(const IntakeSource *source, Intake *intake);

/* files.c: what is taken as it is. */
gboolean config_is(const IntakeSource *source);
void config_take(const IntakeSource *source, Intake *intake);
gboolean c_is(const IntakeSource *source);
void c_take(const IntakeSource *source, Intake *intake);
gboolean syz_is(const IntakeSource *source);
void syz_take(const IntakeSource *source, Intake *intake);
gboolean opts_is(const IntakeSource *source);
void opts_take(const IntakeSource *source, Intake *intake);
gboolean syzbot_log_is(const IntakeSource *source);
void syzbot_log_take(const IntakeSource *source, Intake *intake);

/* --- syzbot.c: what syzbot writes, wherever it stands --- */

/* The lines "HEAD commit: ..." and their like, of all years. FALSE: there is none. */
gboolean syzbot_read(const char *text, Intake *intake);
/* What is a title of a crash in the subject of a mail: without "Re:", "[syzbot] [net?]" and " (2)".
 * Owned by the caller. */
char *syzbot_title(const char *subject);
/* @text without the marks of a mail that quotes it. Owned by the caller. */
char *syzbot_unquote(const char *text);

/* --- mime.c: mails taken apart --- */

typedef struct MailPart {
    GBytes *bytes; /* decoded */
    gboolean is_text, is_html;
} MailPart;
typedef struct Mail {
    char *subject;    /* decoded; "" where there is none */
    GPtrArray *told;  /* of char *: addresses of To and Cc */
    GPtrArray *parts; /* of MailPart: those that hold no others, in order */
} Mail;
void mail_free(Mail *mail);
/* The mails of an mbox, or the one that @text is. What has no header is all body. Array of Mail,
 * owned by the caller. */
GPtrArray *mails_take_apart(const char *text, gsize n);
/* Does @text begin with the header of a mail? */
gboolean mail_has_header(const char *text);

/* --- html.c --- */

/* The text of a page: a line for each line that it shows, a tab behind each cell, and behind what
 * is linked " <URL>". Owned by the caller. */
char *text_of_html(const char *html, gsize n);
