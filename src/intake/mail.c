/* SPDX-License-Identifier: Apache-2.0
 * Mails: what syzbot or a person wrote of a crash, with what is attached, as it was saved: one
 * mail, a whole thread (an mbox), or the text alone.
 */
#include "parsers.h"

#include <string.h>

gboolean mail_is(const IntakeSource *source)
{
    return mail_has_header(source->text) ||
           g_regex_match_simple("^[> \t]*(HEAD commit:|start commit:|.*the following crash on\\b)",
                                source->text, G_REGEX_MULTILINE | G_REGEX_CASELESS, 0);
}

/* The body: what is said, the crash, and a bisection that somebody quotes. TRUE: syzbot says it. */
static gboolean read_body(const IntakeSource *source, const char *body, Intake *intake)
{
    gboolean is_report;
    g_autofree char *bare = syzbot_unquote(body);
    g_autoptr(GBytes) bytes = g_bytes_new(bare, strlen(bare));
    const IntakeSource text = {
        .reader = source->reader, .text = bare, .n = strlen(bare), .bytes = bytes};

    is_report = syzbot_read(bare, intake);
    crash_read(&text, intake);
    if (git_log_is(&text)) {
        git_log_take(&text, intake);
    }
    return is_report;
}

static gboolean read_part(const IntakeSource *source, const MailPart *part, gboolean is_first,
                          Intake *intake)
{
    gsize n;
    const char *raw = g_bytes_get_data(part->bytes, &n);
    g_autofree char *valid = n ? g_utf8_make_valid(raw, (gssize)n) : g_strdup("");

    if (part->is_html) {
        g_autofree char *text = text_of_html(valid, strlen(valid));

        return read_body(source, text, intake);
    }
    if (is_first && part->is_text) {
        return read_body(source, valid, intake);
    }
    intake_add_attached(intake, source->reader, part->bytes);
    return FALSE;
}

/* Of one mail. The crash in it has the name that our own trials will give it; else the subject of
 * syzbot's is one. */
static void read_mail(const IntakeSource *source, const Mail *mail, Intake *intake)
{
    g_autofree char *title = syzbot_title(mail->subject);
    gboolean is_report = FALSE;

    for (guint i = 0; i < mail->parts->len; i++) {
        is_report = read_part(source, mail->parts->pdata[i], i == 0, intake) || is_report;
    }
    if (is_report) {
        intake_say(intake, INTAKE_TITLE, title, -1);
    }
    for (guint i = 0; i < mail->told->len; i++) {
        intake_tell(intake, mail->told->pdata[i]);
    }
}

/* A log of git's is a person's word. Of a stranger's mail only its ends are taken, as those of any
 * report: our own trials judge them. */
static void leave_words(Intake *found)
{
    IntakeFact *log = &found->of[INTAKE_BISECT_LOG];
    gsize n = 0;
    const char *bytes = log->bytes ? g_bytes_get_data(log->bytes, &n) : NULL;
    g_autofree char *text = bytes ? g_utf8_make_valid(bytes, (gssize)n) : NULL;
    const IntakeSource source = {.text = text, .n = text ? strlen(text) : 0};

    if (text && !syzbot_log_is(&source) && git_log_is(&source)) {
        g_clear_pointer(&log->bytes, g_bytes_unref);
        intake_say(
            found, INTAKE_BISECT_LOG,
            "by git, in a mail: only its ends are taken (a file of it is taken for your word)", -1);
    }
}

void mail_read(const IntakeSource *source, Intake *intake)
{
    g_autoptr(GPtrArray) mails = mails_take_apart(source->text, source->n);

    for (guint i = 0; i < mails->len; i++) {
        g_autoptr(Intake) found = intake_new();

        read_mail(source, mails->pdata[i], found);
        leave_words(found);
        intake_merge(intake, found);
    }
}
