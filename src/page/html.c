/* SPDX-License-Identifier: Apache-2.0
 * The writer: the only place where text becomes HTML.
 */
#include "page/html.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

struct Html {
    GString *out;
    GPtrArray *open; /* of const char *: elements that are not closed yet */
};

Html *html_new(void)
{
    Html *html = g_new0(Html, 1);

    html->out = g_string_new("<!DOCTYPE html>\n");
    html->open = g_ptr_array_new();
    return html;
}

void html_free(Html *html)
{
    if (!html) {
        return;
    }
    g_string_free(html->out, TRUE);
    g_ptr_array_unref(html->open);
    g_free(html);
}

GBytes *html_finish(Html *html)
{
    GBytes *bytes;

    g_assert(html->open->len == 0);
    bytes = g_string_free_to_bytes(g_steal_pointer(&html->out));
    g_ptr_array_unref(html->open);
    g_free(html);
    return bytes;
}

/* --- Escaping -------------------------------------------------------------------------------- */

static const char *reference(char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static gboolean is_shown(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return FALSE;
    default:
        return TRUE;
    }
}

/* Bytes that are written as they are, which nearly all are. */
static gboolean is_plain(char c)
{
    return ((guchar)c >= ' ' && (guchar)c < 0x7f && !reference(c)) || c == '\n' || c == '\t';
}

/* Write the character at @at, which is no plain one; its length. */
static gsize add_character(GString *out, const char *at, const char *end)
{
    const char *name = reference(*at);
    gunichar c;

    if (name) {
        g_string_append(out, name);
        return 1;
    }
    if (*at == '\r' && at + 1 < end && at[1] == '\n') {
        return 1;
    }
    c = (guchar)*at < 0x80 ? (guchar)*at : g_utf8_get_char_validated(at, end - at);
    if (c >= 0x110000) {
        g_string_append(out, REPLACEMENT);
        return 1;
    }
    if (is_shown(c)) {
        g_string_append_unichar(out, c);
    } else {
        g_string_append(out, REPLACEMENT);
    }
    return c < 0x80 ? 1 : (gsize)g_utf8_skip[(guchar)*at];
}

static void add_escaped(GString *out, const char *bytes, gsize n_bytes)
{
    const char *end = bytes + n_bytes, *at = bytes;

    while (at < end) {
        const char *begin = at;

        while (at < end && is_plain(*at)) {
            at++;
        }
        g_string_append_len(out, begin, at - begin);
        if (at < end) {
            at += add_character(out, at, end);
        }
    }
}

void html_bytes(Html *html, const char *bytes, gsize n_bytes)
{
    add_escaped(html->out, bytes, n_bytes);
}

void html_text(Html *html, const char *bytes)
{
    if (bytes) {
        add_escaped(html->out, bytes, strlen(bytes));
    }
}

void html_cut(Html *html, const char *bytes, guint n_most)
{
    const char *end = bytes;

    for (guint n = 0; *end && n < n_most; n++) {
        /* What is no UTF-8 counts byte by byte. */
        gunichar c = g_utf8_get_char_validated(end, -1);

        end += c < 0x110000 ? g_utf8_skip[(guchar)*end] : 1;
    }
    add_escaped(html->out, bytes, (gsize)(end - bytes));
    html_text(html, *end ? "..." : "");
}

void html_print(Html *html, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    html_text(html, text);
}

/* --- Elements -------------------------------------------------------------------------------- */

static gboolean is_empty_element(const char *tag)
{
    static const char *const tags[] = {"meta", "link", "input", "br", "hr", "img", NULL};

    return g_strv_contains(tags, tag);
}

static void check_name(const char *name)
{
    g_assert(*name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789-")]);
}

/* Where a reader could be led to. */
static gboolean is_address(const char *name)
{
    return g_str_equal(name, "href") || g_str_equal(name, "src") || g_str_equal(name, "action");
}

static gboolean is_safe_address(const char *address)
{
    /* Browsers leave out tabs and newlines: "/\t/host" is "//host". */
    if (strpbrk(address, "\t\n\r")) {
        return FALSE;
    }
    if (*address == '/') {
        return address[1] != '/' && address[1] != '\\';
    }
    return *address == '#' || *address == '?' || g_str_has_prefix(address, "https://") ||
           g_str_has_prefix(address, "http://") || g_str_has_prefix(address, "mailto:");
}

static void add_attribute(GString *out, const char *name, const char *value)
{
    check_name(name);
    /* Scripts and styles in attributes are what the content policy forbids. */
    g_assert(!g_str_has_prefix(name, "on") && !g_str_equal(name, "style"));
    if (!value) {
        return;
    }
    if (is_address(name) && !is_safe_address(value)) {
        value = "#";
    }
    g_string_append_printf(out, " %s", name);
    if (*value) {
        g_string_append(out, "=\"");
        add_escaped(out, value, strlen(value));
        g_string_append_c(out, '"');
    }
}

void html_open_with(Html *html, const char *tag, const char *const *attributes)
{
    check_name(tag);
    g_string_append_printf(html->out, "<%s", tag);
    for (; *attributes; attributes += 2) {
        add_attribute(html->out, attributes[0], attributes[1]);
    }
    g_string_append_c(html->out, '>');
    if (!is_empty_element(tag)) {
        g_ptr_array_add(html->open, (gpointer)tag);
    }
}

/* Behind these a newline changes nothing of what is shown, and makes the source readable. */
static gboolean is_block(const char *tag)
{
    static const char *const tags[] = {"p",     "div",    "section", "tr", "table",  "ul",  "ol",
                                       "li",    "main",   "header",  "h1", "h2",     "pre", "form",
                                       "title", "footer", "details", "dl", "figure", NULL};

    return g_strv_contains(tags, tag);
}

void html_close(Html *html)
{
    const char *tag;

    g_assert(html->open->len > 0);
    tag = g_ptr_array_steal_index(html->open, html->open->len - 1);
    g_string_append_printf(html->out, "</%s>%s", tag, is_block(tag) ? "\n" : "");
}

void html_leaf_with(Html *html, const char *tag, const char *text, const char *const *attributes)
{
    html_open_with(html, tag, attributes);
    html_text(html, text);
    html_close(html);
}

/* --- Scripts and styles ---------------------------------------------------------------------- */

void html_data(Html *html, const char *id, json_t *json)
{
    g_autofree char *text =
        json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));

    html_open(html, "script", "type", "application/json", "id", id, NULL);
    /* Within a script nothing is a reference, and "</script" or "<!--" in a string would count. */
    for (const char *at = text; *at; at++) {
        if (*at == '<') {
            g_string_append(html->out, "\\u003c");
        } else {
            g_string_append_c(html->out, *at);
        }
    }
    html_close(html);
    json_decref(json);
}

void html_asset(Html *html, const char *tag, GBytes *asset)
{
    g_autofree char *end = g_strconcat("</", tag, NULL);
    gsize n_bytes;
    const char *bytes = g_bytes_get_data(asset, &n_bytes);

    g_assert(g_str_equal(tag, "style") || g_str_equal(tag, "script"));
    g_assert(!g_strstr_len(bytes, (gssize)n_bytes, end) &&
             !g_strstr_len(bytes, (gssize)n_bytes, "<!--"));
    html_open(html, tag, NULL);
    g_string_append_len(html->out, bytes, (gssize)n_bytes);
    html_close(html);
}
