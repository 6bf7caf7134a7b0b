/* SPDX-License-Identifier: Apache-2.0
 * Mails taken apart: GMime reads headers, parts and encodings. A mail that breaks the rules gives
 * what it gives: there is no error. Names of files are not looked at, nor character sets: what we
 * look for is ASCII.
 *
 * Lines that a mailer folded (RFC 3676) are joined here, since GMime leaves them as they are.
 */
#include <gmime/gmime.h>
#include <string.h>

#include "parsers.h"

/* A thread of more mails, or a mail of more parts, is none that people save. */
#define MAX_MAILS 100
#define MAX_PARTS 100
#define MAX_TOLD  100

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeStream, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeParser, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeMessage, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimePartIter, g_mime_part_iter_free)

static void mail_part_free(MailPart *part)
{
    g_bytes_unref(part->bytes);
    g_free(part);
}

void mail_free(Mail *mail)
{
    if (!mail) {
        return;
    }
    g_free(mail->subject);
    g_ptr_array_unref(mail->told);
    g_ptr_array_unref(mail->parts);
    g_free(mail);
}

static Mail *mail_new(const char *subject)
{
    Mail *mail = g_new0(Mail, 1);

    mail->subject = g_utf8_make_valid(subject ? subject : "", -1);
    mail->told = g_ptr_array_new_with_free_func(g_free);
    mail->parts = g_ptr_array_new_with_free_func((GDestroyNotify)mail_part_free);
    return mail;
}

gboolean mail_has_header(const char *text)
{
    return g_regex_match_simple("\\A(From [^\n]*\n)?([A-Za-z0-9-]+:[^\n]*\n([ \t][^\n]*\n)*){2}",
                                text, 0, 0) &&
           g_regex_match_simple("^(Subject|From|Message-ID|Date):", text,
                                G_REGEX_MULTILINE | G_REGEX_CASELESS, 0);
}

/* --- Folded lines ---------------------------------------------------------------------------- */

/* Lines that were broken to be short end with a blank, which with @drops_blank is none of theirs.
 */
static GBytes *join_flowed(const char *flowed, gboolean drops_blank)
{
    GString *text = g_string_sized_new(strlen(flowed));

    for (const char *line = flowed; *line;) {
        const char *end = strchrnul(line, '\n');
        gboolean ends_crlf = end > line && end[-1] == '\r';
        const char *last = ends_crlf ? end - 1 : end;
        gboolean goes_on = last > line && last[-1] == ' ' && *end && !g_str_has_prefix(line, "-- ");

        line += *line == ' ' && last > line ? 1 : 0; /* which guards a line from being a quote */
        g_string_append_len(text, line, last - line);
        if (goes_on && drops_blank && text->len) {
            g_string_truncate(text, text->len - 1);
        } else if (!goes_on && *end) {
            g_string_append_c(text, '\n');
        }
        line = *end ? end + 1 : end;
    }
    return g_string_free_to_bytes(text);
}

static gboolean has_parameter(GMimeContentType *type, const char *name, const char *value)
{
    const char *has = g_mime_content_type_get_parameter(type, name);

    return has && g_ascii_strcasecmp(has, value) == 0;
}

/* --- Parts ----------------------------------------------------------------------------------- */

/* The content, decoded. NULL: there is none. */
static GBytes *decode(GMimePart *part)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    GByteArray *bytes = g_byte_array_new();
    g_autoptr(GMimeStream) stream = g_mime_stream_mem_new_with_byte_array(bytes);
    gsize n;

    if (!content || g_mime_data_wrapper_write_to_stream(content, stream) < 0) {
        return NULL;
    }
    n = bytes->len;
    return g_bytes_new(bytes->data, n);
}

static void take_part(Mail *mail, GMimePart *mime)
{
    GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(mime));
    g_autoptr(GBytes) bytes = decode(mime);
    MailPart *part;

    if (!bytes) {
        return;
    }
    part = g_new0(MailPart, 1);
    part->is_html = g_mime_content_type_is_type(type, "text", "html");
    part->is_text = !part->is_html && g_mime_content_type_is_type(type, "text", "*");
    if (part->is_text && has_parameter(type, "format", "flowed")) {
        gsize n;
        const char *raw = g_bytes_get_data(bytes, &n);
        g_autofree char *text = n ? g_strndup(raw, n) : g_strdup("");

        part->bytes = join_flowed(text, has_parameter(type, "delsp", "yes"));
    } else {
        part->bytes = g_steal_pointer(&bytes);
    }
    g_ptr_array_add(mail->parts, part);
}

static void take_parts(Mail *mail, GMimeMessage *message)
{
    g_autoptr(GMimePartIter) iter = g_mime_part_iter_new(GMIME_OBJECT(message));

    while (g_mime_part_iter_is_valid(iter) && mail->parts->len < MAX_PARTS) {
        GMimeObject *object = g_mime_part_iter_get_current(iter);

        if (GMIME_IS_PART(object)) {
            take_part(mail, GMIME_PART(object));
        }
        if (!g_mime_part_iter_next(iter)) {
            return;
        }
    }
}

static void take_people(Mail *mail, InternetAddressList *list)
{
    for (int i = 0; i < internet_address_list_length(list) && mail->told->len < MAX_TOLD; i++) {
        InternetAddress *address = internet_address_list_get_address(list, i);

        if (INTERNET_ADDRESS_IS_MAILBOX(address)) {
            const char *plain =
                internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));

            g_ptr_array_add(mail->told, g_utf8_make_valid(plain ? plain : "", -1));
        }
    }
}

/* --- Mails ----------------------------------------------------------------------------------- */

static Mail *take_message(GMimeMessage *message)
{
    Mail *mail = mail_new(g_mime_message_get_subject(message));

    take_people(mail, g_mime_message_get_to(message));
    take_people(mail, g_mime_message_get_cc(message));
    take_parts(mail, message);
    return mail;
}

/* What has no header is all body. */
static Mail *take_body(const char *text, gsize n)
{
    Mail *mail = mail_new(NULL);
    MailPart *part = g_new0(MailPart, 1);

    part->bytes = g_bytes_new(text, n);
    part->is_text = TRUE;
    g_ptr_array_add(mail->parts, part);
    return mail;
}

GPtrArray *mails_take_apart(const char *text, gsize n)
{
    GPtrArray *mails = g_ptr_array_new_with_free_func((GDestroyNotify)mail_free);
    g_autoptr(GMimeStream) stream = NULL;
    g_autoptr(GMimeParser) parser = NULL;

    if (!mail_has_header(text)) {
        g_ptr_array_add(mails, take_body(text, n));
        return mails;
    }
    g_mime_init();
    stream = g_mime_stream_mem_new_with_buffer(text, n);
    parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_format(parser, g_str_has_prefix(text, "From ") ? GMIME_FORMAT_MBOX
                                                                     : GMIME_FORMAT_MESSAGE);
    while (!g_mime_parser_eos(parser) && mails->len < MAX_MAILS) {
        g_autoptr(GMimeMessage) message = g_mime_parser_construct_message(parser, NULL);

        if (!message) {
            break;
        }
        g_ptr_array_add(mails, take_message(message));
    }
    return mails;
}
