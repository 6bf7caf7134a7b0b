/* SPDX-License-Identifier: Apache-2.0
 * A mail taken apart: header, parts, and what each part is encoded in.
 *
 * As much of RFC 822, 2045 to 2047 and 3676 as mails about crashes use. A mail that breaks the
 * rules gives what it gives: there is no error. Names of files and character sets are not looked
 * at: what we look for is ASCII. What a mail can cost is its length, times the depth of its parts.
 */
#include "parsers.h"

#include <string.h>

#define MAX_DEPTH 8
#define MAX_PARTS 100
#define MAX_TOLD  100

typedef struct Header {
    char *type;     /* content type with its parameters */
    char *encoding; /* of the content, in lower case */
    char *subject;
    char *to, *cc;
} Header;

static void header_clear(Header *header)
{
    g_free(header->type);
    g_free(header->encoding);
    g_free(header->subject);
    g_free(header->to);
    g_free(header->cc);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Header, header_clear)

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

/* --- The header ------------------------------------------------------------------------------ */

/* The length of "Name:" that @line begins with, or 0. */
static gsize name_length(const char *line)
{
    gsize n = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    return n > 0 && line[n] == ':' ? n + 1 : 0;
}

static char **member_of(Header *header, const char *line)
{
    const struct {
        const char *name;
        char **member;
    } names[] = {{"content-type:", &header->type},
                 {"content-transfer-encoding:", &header->encoding},
                 {"subject:", &header->subject},
                 {"to:", &header->to},
                 {"cc:", &header->cc}};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strncasecmp(line, names[i].name, strlen(names[i].name)) == 0) {
            return names[i].member;
        }
    }
    return NULL;
}

/* Read the header that @text begins with. Returns where the body begins. */
static const char *read_header(const char *text, const char *end, Header *header)
{
    char **member = NULL;
    g_autoptr(GString) value = g_string_new(NULL);

    while (text < end) {
        const char *line_end = memchr(text, '\n', (gsize)(end - text));
        const char *next = line_end ? line_end + 1 : end;
        gboolean is_more = *text == ' ' || *text == '\t';

        if (!is_more && member && !*member) {
            *member = g_strdup(g_strstrip(value->str));
        }
        if (!is_more) {
            g_string_truncate(value, 0);
            member = NULL;
        }
        if (*text == '\n' || (*text == '\r' && text + 1 == line_end)) {
            return next;
        }
        if (!is_more) {
            gsize n_name = name_length(text);

            member = n_name ? member_of(header, text) : NULL;
            text += member ? n_name : 0;
        }
        if (member) {
            g_string_append_len(value, text, (line_end ? line_end : end) - text);
            g_strdelimit(value->str, "\r\t", ' ');
        }
        text = next;
    }
    if (member && !*member) {
        *member = g_strdup(g_strstrip(value->str));
    }
    return end;
}

gboolean mail_has_header(const char *text)
{
    return g_regex_match_simple("\\A(From [^\n]*\n)?([A-Za-z0-9-]+:[^\n]*\n([ \t][^\n]*\n)*){2}",
                                text, 0, 0) &&
           g_regex_match_simple("^(Subject|From|Message-ID|Date):", text,
                                G_REGEX_MULTILINE | G_REGEX_CASELESS, 0);
}

/* The parameter @name of a content type, or NULL. Owned by the caller. */
static char *parameter(const char *type, const char *name)
{
    g_autofree char *pattern =
        g_strdup_printf(";\\s*%s\\s*=\\s*(?:\"([^\"]*)\"|([^;\\s\"]+))", name);
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_CASELESS, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    char *value = NULL;

    if (type && g_regex_match(regex, type, 0, &match)) {
        value = g_match_info_fetch(match, 1);
        if (!*value) {
            g_free(value);
            value = g_match_info_fetch(match, 2);
        }
    }
    return value;
}

/* --- Encodings ------------------------------------------------------------------------------- */

static int hex_pair(const char *text, const char *end)
{
    return end - text >= 2 && g_ascii_isxdigit(text[0]) && g_ascii_isxdigit(text[1])
               ? g_ascii_xdigit_value(text[0]) * 16 + g_ascii_xdigit_value(text[1])
               : -1;
}

/* "=3D" is a byte, '=' before the end of a line joins it with the next. In headers '_' is a blank.
 */
static GString *decode_quoted(const char *text, const char *end, gboolean is_header)
{
    GString *bytes = g_string_sized_new((gsize)(end - text));

    while (text < end) {
        int byte = *text == '=' ? hex_pair(text + 1, end) : -1;

        if (byte >= 0) {
            g_string_append_c(bytes, (char)byte);
            text += 3;
        } else if (*text == '=' && text + 1 < end && text[1] == '\n') {
            text += 2;
        } else if (*text == '=' && text + 2 < end && text[1] == '\r' && text[2] == '\n') {
            text += 3;
        } else {
            g_string_append_c(bytes, is_header && *text == '_' ? ' ' : *text);
            text++;
        }
    }
    return bytes;
}

static GString *decode_base64(const char *text, const char *end)
{
    g_autofree char *whole = g_strndup(text, (gsize)(end - text));
    gsize n = 0;
    g_autofree guchar *bytes = *whole ? g_base64_decode(whole, &n) : NULL;

    return g_string_new_len((const char *)bytes, (gssize)n);
}

static gboolean decode_word(const GMatchInfo *match, GString *text, gpointer data)
{
    g_autofree char *how = g_match_info_fetch(match, 1), *word = g_match_info_fetch(match, 2);
    g_autoptr(GString) bytes = g_ascii_tolower(*how) == 'b'
                                   ? decode_base64(word, word + strlen(word))
                                   : decode_quoted(word, word + strlen(word), TRUE);
    g_autofree char *valid = g_utf8_make_valid(bytes->str, (gssize)bytes->len);

    g_string_append(text, valid);
    return FALSE;
}

/* "=?utf-8?q?a_title?=" */
static char *decode_header(const char *value)
{
    g_autoptr(GRegex) regex =
        g_regex_new("=\\?[A-Za-z0-9_*-]+\\?([qQbB])\\?([^?\\s]*)\\?=", 0, 0, NULL);
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    g_autofree char *text = g_regex_replace_eval(regex, valid, -1, 0, 0, decode_word, NULL, NULL);

    return text ? g_steal_pointer(&text) : g_steal_pointer(&valid);
}

/* Lines that were broken to be short end with a blank, which with @drops_blank is none of theirs.
 */
static GString *join_flowed(const GString *flowed, gboolean drops_blank)
{
    GString *text = g_string_sized_new(flowed->len);

    for (const char *line = flowed->str; *line;) {
        const char *end = strchrnul(line, '\n');
        gboolean ends_crlf = end > line && end[-1] == '\r';
        const char *last = ends_crlf ? end - 1 : end;
        gboolean goes_on = last > line && last[-1] == ' ' && *end && !g_str_has_prefix(line, "-- ");

        line += *line == ' ' && last > line ? 1 : 0; /* which guards a line from being a quote */
        g_string_append_len(text, line, last - line);
        if (goes_on && drops_blank) {
            g_string_truncate(text, text->len - 1);
        } else if (!goes_on && *end) {
            g_string_append_c(text, '\n');
        }
        line = *end ? end + 1 : end;
    }
    return text;
}

static GString *decode(const Header *header, const char *text, const char *end)
{
    const char *encoding = header->encoding ? header->encoding : "";
    g_autoptr(GString) bytes = g_ascii_strcasecmp(encoding, "base64") == 0
                                   ? decode_base64(text, end)
                               : g_ascii_strcasecmp(encoding, "quoted-printable") == 0
                                   ? decode_quoted(text, end, FALSE)
                                   : g_string_new_len(text, end - text);
    g_autofree char *format = parameter(header->type, "format"),
                    *delsp = parameter(header->type, "delsp");

    if (!format || g_ascii_strcasecmp(format, "flowed") != 0) {
        return g_steal_pointer(&bytes);
    }
    return join_flowed(bytes, delsp && g_ascii_strcasecmp(delsp, "yes") == 0);
}

/* --- Parts ----------------------------------------------------------------------------------- */

static void take_part(Mail *mail, const char *text, const char *end, guint depth);

static void take_leaf(Mail *mail, const Header *header, const char *text, const char *end,
                      const char *type)
{
    g_autoptr(GString) bytes = decode(header, text, end);
    MailPart *part;

    if (mail->parts->len >= MAX_PARTS) {
        return;
    }
    part = g_new0(MailPart, 1);
    part->bytes = g_bytes_new(bytes->str, bytes->len);
    part->is_html = g_ascii_strncasecmp(type, "text/html", strlen("text/html")) == 0;
    part->is_text = !part->is_html && g_ascii_strncasecmp(type, "text/", strlen("text/")) == 0;
    g_ptr_array_add(mail->parts, part);
}

/* Between lines "--BOUNDARY", up to "--BOUNDARY--". */
static void take_parts(Mail *mail, const char *text, const char *end, const char *boundary,
                       guint depth)
{
    g_autofree char *mark = g_strconcat("--", boundary, NULL);
    gsize n_mark = strlen(mark);
    const char *begin = NULL;

    for (const char *line = text; line < end;) {
        const char *line_end = memchr(line, '\n', (gsize)(end - line));
        const char *next = line_end ? line_end + 1 : end;

        if ((gsize)(next - line) >= n_mark && memcmp(line, mark, n_mark) == 0) {
            if (begin) {
                take_part(mail, begin, line, depth);
            }
            begin = (gsize)(next - line) >= n_mark + 2 && memcmp(line + n_mark, "--", 2) == 0
                        ? NULL
                        : next;
        }
        line = next;
    }
    if (begin) {
        take_part(mail, begin, end, depth);
    }
}

/* What stands behind @header, which has been read. */
static void take_content(Mail *mail, const Header *header, const char *text, const char *end,
                         guint depth)
{
    const char *type = header->type ? header->type : "text/plain";
    g_autofree char *boundary = parameter(type, "boundary");

    if (depth < MAX_DEPTH && boundary && *boundary &&
        g_ascii_strncasecmp(type, "multipart/", strlen("multipart/")) == 0) {
        take_parts(mail, text, end, boundary, depth + 1);
    } else {
        take_leaf(mail, header, text, end, type);
    }
}

static void take_part(Mail *mail, const char *text, const char *end, guint depth)
{
    g_auto(Header) header = {0};
    const char *body = read_header(text, end, &header);

    take_content(mail, &header, body, end, depth);
}

/* --- The mail -------------------------------------------------------------------------------- */

static void take_addresses(Mail *mail, const char *list)
{
    g_autoptr(GRegex) regex = g_regex_new("[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *valid = g_utf8_make_valid(list ? list : "", -1);

    g_regex_match(regex, valid, 0, &match);
    while (g_match_info_matches(match) && mail->told->len < MAX_TOLD) {
        g_ptr_array_add(mail->told, g_match_info_fetch(match, 0));
        g_match_info_next(match, NULL);
    }
}

Mail *mail_take_apart(const char *text, gsize n)
{
    Mail *mail = g_new0(Mail, 1);
    g_auto(Header) header = {0};
    const char *end = text + n, *body = text;

    mail->told = g_ptr_array_new_with_free_func(g_free);
    mail->parts = g_ptr_array_new_with_free_func((GDestroyNotify)mail_part_free);
    if (mail_has_header(text)) {
        body = read_header(text, end, &header);
    }
    mail->subject = decode_header(header.subject ? header.subject : "");
    take_addresses(mail, header.to);
    take_addresses(mail, header.cc);
    take_content(mail, &header, body, end, 0);
    return mail;
}

GArray *mail_split(const char *text, gsize n)
{
    g_autoptr(GRegex) regex =
        g_regex_new("^From \\S+[^\n]* \\d\\d:\\d\\d(:\\d\\d)? [^\n]*\n(?=[A-Za-z0-9-]+:)",
                    G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    GArray *offsets = g_array_new(FALSE, FALSE, sizeof(gsize));
    gsize begin = 0;

    g_array_append_val(offsets, begin);
    g_regex_match(regex, text, 0, &match);
    while (g_match_info_matches(match) && offsets->len < MAX_PARTS) {
        gint start;

        g_match_info_fetch_pos(match, 0, &start, NULL);
        if (start > 0) {
            begin = (gsize)start;
            g_array_append_val(offsets, begin);
        }
        g_match_info_next(match, NULL);
    }
    g_array_append_val(offsets, n);
    return offsets;
}
