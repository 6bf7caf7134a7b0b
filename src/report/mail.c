/* SPDX-License-Identifier: Apache-2.0
 * The mail's headers. GMime folds them and encodes what is not ASCII (RFC 2047).
 */
#include "report/mail.h"

#include <gmime/gmime.h>
#include <string.h>

/* RFC 5321: a path of 256 characters, with its brackets. */
#define ADDRESS_MAX 254

/* ASCII, one '@' with something on both sides, none of what has a meaning in a list of addresses.
 */
static gboolean is_plain(const char *text, gsize n)
{
    const char *at = memchr(text, '@', n);
    gsize n_left = at ? (gsize)(at - text) : 0;

    if (n_left == 0 || n_left + 1 == n || n > ADDRESS_MAX || *text == '-' ||
        memchr(at + 1, '@', n - n_left - 1)) {
        return FALSE;
    }
    for (gsize i = 0; i < n; i++) {
        if (!g_ascii_isgraph(text[i]) || strchr("<>()[],;:\\\"", text[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean mail_is_address(const char *text)
{
    return is_plain(text, strlen(text));
}

gboolean mail_is_message_id(const char *text)
{
    gsize n = strlen(text);

    return n > 2 && text[0] == '<' && text[n - 1] == '>' && is_plain(text + 1, n - 2);
}

static void add_people(GMimeMessage *message, GMimeAddressType type, char *const *addresses,
                       GPtrArray *left_out)
{
    for (; addresses && *addresses; addresses++) {
        if (mail_is_address(*addresses)) {
            g_mime_message_add_mailbox(message, type, NULL, *addresses);
        } else {
            g_ptr_array_add(left_out, g_strdup(*addresses));
        }
    }
}

/* Why there is nothing to write to anybody; NULL: there is. */
static const char *nothing_to_tell(const Report *report)
{
    const Answer *answer = report->answer;

    if (!answer) {
        return "it has no answer yet";
    }
    switch (answer->kind) {
    case ANSWER_SET:
        return answer->candidates->len ? NULL : "nothing is known of the culprit yet";
    case ANSWER_CULPRIT:
    case ANSWER_REVEALER:
    case ANSWER_OLDER:
    case ANSWER_NOT_FIXED:
        return NULL;
    case ANSWER_NOT_REPRODUCED:
    case ANSWER_UNTESTABLE:
    case ANSWER_GOOD_CRASHES:
    case ANSWER_NEVER_BAD:
    case ANSWER_TRIED:
        return "its answer is about this job, not about a commit that others wrote";
    }
    g_assert_not_reached();
}

static void set_headers(GMimeMessage *message, const Report *report, const MailOptions *options,
                        GPtrArray *left_out)
{
    g_autofree char *subject = mail_subject(report);
    g_autofree char *name = options->sender_name ? report_clean_line(options->sender_name) : NULL;

    if (options->sender_address) {
        g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_FROM, name, options->sender_address);
    }
    add_people(message, GMIME_ADDRESS_TYPE_TO, report->answer->to, left_out);
    add_people(message, GMIME_ADDRESS_TYPE_CC, report->answer->cc, left_out);
    g_mime_message_set_subject(message, subject, "UTF-8");
    if (options->in_reply_to) {
        g_mime_object_set_header(GMIME_OBJECT(message), "In-Reply-To", options->in_reply_to, NULL);
        g_mime_object_set_header(GMIME_OBJECT(message), "References", options->in_reply_to, NULL);
    }
}

char *report_mail(const Report *report, const MailOptions *options, GPtrArray *left_out,
                  char **ret_why)
{
    const char *why = nothing_to_tell(report);
    GMimeMessage *message;
    GMimeTextPart *part;
    g_autofree char *body = NULL;
    char *text;

    if (why) {
        *ret_why = g_strdup(why);
        return NULL;
    }
    g_mime_init();
    message = g_mime_message_new(TRUE);
    part = g_mime_text_part_new_with_subtype("plain");
    body = mail_body(report, options);
    set_headers(message, report, options, left_out);
    g_mime_text_part_set_charset(part, "UTF-8");
    g_mime_text_part_set_text(part, body);
    /* No line is long enough to need more, and kernel people want to read it raw. */
    g_mime_part_set_content_encoding(GMIME_PART(part), GMIME_CONTENT_ENCODING_8BIT);
    g_mime_message_set_mime_part(message, GMIME_OBJECT(part));
    text = g_mime_object_to_string(GMIME_OBJECT(message), NULL);
    g_object_unref(part);
    g_object_unref(message);
    return text;
}
