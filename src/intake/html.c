/* SPDX-License-Identifier: Apache-2.0
 * The text of a page. Not a browser: tags are skipped, and some of them end a line or a cell.
 */
#include "parsers.h"

#include <string.h>

#define MAX_LINK 1000

/* Where the text goes, and what of the page it is in. */
typedef struct Page {
    GString *text;
    GString *link; /* of the <a> at hand; empty: none */
    gboolean is_preformatted;
} Page;

static void end_line(Page *page)
{
    GString *text = page->text;

    while (text->len && text->str[text->len - 1] == ' ') {
        g_string_truncate(text, text->len - 1);
    }
    if (text->len && text->str[text->len - 1] != '\n') {
        g_string_append_c(text, '\n');
    }
}

static void add_char(Page *page, char c)
{
    GString *text = page->text;

    if (page->is_preformatted || !g_ascii_isspace(c)) {
        g_string_append_c(text, c);
    } else if (text->len && !g_ascii_isspace(text->str[text->len - 1])) {
        g_string_append_c(text, ' ');
    }
}

/* --- Entities -------------------------------------------------------------------------------- */

/* "&amp;", "&#39;", "&#x27;": what it stands for goes to @text. Returns its length; 0: it is none.
 */
static gsize add_entity(GString *text, const char *at)
{
    static const struct {
        const char *name;
        const char *text;
    } names[] = {{"&amp;", "&"},   {"&lt;", "<"},   {"&gt;", ">"},  {"&#34;", "\""},
                 {"&quot;", "\""}, {"&apos;", "'"}, {"&nbsp;", " "}};
    gboolean is_hex = g_str_has_prefix(at, "&#x");
    char *end;
    guint64 code;

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_has_prefix(at, names[i].name)) {
            g_string_append(text, names[i].text);
            return strlen(names[i].name);
        }
    }
    if (!g_str_has_prefix(at, "&#")) {
        return 0;
    }
    code = g_ascii_strtoull(at + (is_hex ? 3 : 2), &end, is_hex ? 16 : 10);
    if (*end != ';' || code == 0 || code > 0x10ffff || !g_unichar_validate((gunichar)code)) {
        return 0;
    }
    g_string_append_unichar(text, (gunichar)code);
    return (gsize)(end + 1 - at);
}

/* --- Tags ------------------------------------------------------------------------------------ */

static gboolean is_tag(const char *tag, const char *name)
{
    gsize n = strlen(name);

    return g_ascii_strncasecmp(tag, name, n) == 0 && !g_ascii_isalnum(tag[n]);
}

static gboolean is_one_of(const char *tag, const char *const *names)
{
    for (; *names; names++) {
        if (is_tag(tag, *names)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The attribute href of the tag between @tag and @end. What is relative is syzbot's. */
static void take_link(Page *page, const char *tag, const char *end)
{
    g_autofree char *whole = g_strndup(tag, (gsize)(end - tag));
    g_autoptr(GRegex) regex = g_regex_new("\\shref\\s*=\\s*(?:\"([^\"]*)\"|'([^']*)'|([^\\s>]+))",
                                          G_REGEX_CASELESS, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    g_string_truncate(page->link, 0);
    if (!g_regex_match(regex, whole, 0, &match)) {
        return;
    }
    for (gint group = 1; group <= 3 && page->link->len == 0; group++) {
        g_autofree char *href = g_match_info_fetch(match, group);

        if (href && *href == '/' && href[1] != '/') {
            g_string_append(page->link, "https://syzkaller.appspot.com");
        }
        for (const char *at = href ? href : ""; *at && page->link->len < MAX_LINK;) {
            gsize n = *at == '&' ? add_entity(page->link, at) : 0;

            if (n == 0) {
                g_string_append_c(page->link, *at);
            }
            at += MAX(n, 1);
        }
    }
}

/* Of the tag between @tag, behind its '<', and @end. */
static void take_tag(Page *page, const char *tag, const char *end)
{
    static const char *const lines[] = {"br",     "tr",    "/tr",    "p",    "/p",      "div",
                                        "/div",   "li",    "h1",     "/h1",  "h2",      "/h2",
                                        "h3",     "/h3",   "pre",    "/pre", "caption", "/caption",
                                        "/title", "table", "/table", NULL};
    static const char *const cells[] = {"/td", "/th", NULL};

    if (is_one_of(tag, lines)) {
        end_line(page);
    } else if (is_one_of(tag, cells)) {
        g_string_append_c(page->text, '\t');
    }
    if (is_tag(tag, "pre") || is_tag(tag, "/pre")) {
        page->is_preformatted = *tag != '/';
    } else if (is_tag(tag, "a")) {
        take_link(page, tag, end);
    } else if (is_tag(tag, "/a") && page->link->len) {
        g_string_append_printf(page->text, " <%s>", page->link->str);
        g_string_truncate(page->link, 0);
    }
}

/* Behind the end of what @tag begins, where that shows nothing: a comment, a script. */
static const char *skip_hidden(const char *tag, const char *end)
{
    static const struct {
        const char *begin, *end;
    } hidden[] = {{"!--", "-->"}, {"script", "</script>"}, {"style", "</style>"}};

    for (guint i = 0; i < G_N_ELEMENTS(hidden); i++) {
        if (g_ascii_strncasecmp(tag, hidden[i].begin, strlen(hidden[i].begin)) == 0) {
            const char *found = strstr(tag, hidden[i].end);

            return found ? found + strlen(hidden[i].end) : end;
        }
    }
    return NULL;
}

char *text_of_html(const char *html, gsize n)
{
    Page page = {.text = g_string_sized_new(n), .link = g_string_new(NULL)};
    const char *end = html + n;
    gboolean has_close = TRUE; /* is there a '>' behind here, for all that is known? */

    for (const char *at = html; at < end;) {
        gboolean is_begun = *at == '<' && (g_ascii_isalpha(at[1]) || strchr("/!", at[1]));
        const char *close = is_begun && has_close ? strchr(at, '>') : NULL;
        const char *hidden = is_begun ? skip_hidden(at + 1, end) : NULL;
        gsize n_entity = *at == '&' ? add_entity(page.text, at) : 0;

        has_close &= !is_begun || close;
        if (hidden) {
            at = hidden;
        } else if (close) {
            take_tag(&page, at + 1, close);
            at = close + 1;
        } else if (n_entity) {
            at += n_entity;
        } else {
            add_char(&page, *at++);
        }
    }
    g_string_free(page.link, TRUE);
    return g_string_free(page.text, FALSE);
}
