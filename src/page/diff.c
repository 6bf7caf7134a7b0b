/* SPDX-License-Identifier: Apache-2.0
 * A patch as git prints it, coloured line by line, and within a line by the words of C.
 *
 * Colours help the eye and promise nothing: a comment of several lines is only known by its marks.
 */
#include <string.h>

#include "page/parts.h"

#define SHORT_BYTES (64 << 10)

static const char *const keywords[] = {
    "auto",    "bool",     "break",    "case",    "char",     "const",  "continue",
    "default", "do",       "double",   "else",    "enum",     "extern", "false",
    "float",   "for",      "goto",     "if",      "inline",   "int",    "long",
    "NULL",    "register", "return",   "short",   "signed",   "sizeof", "static",
    "struct",  "switch",   "true",     "typedef", "union",    "u16",    "u32",
    "u64",     "u8",       "unsigned", "void",    "volatile", "while",  NULL,
};

/* What a token is shown as; "" for what has no colour. */
typedef struct Token {
    const char *class_name;
    gsize n_bytes;
} Token;

static gboolean is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* A string or a character, which ends in its line. */
static gsize quoted_length(const char *at, const char *end)
{
    const char *p = at + 1;

    while (p < end && *p != *at) {
        p += *p == '\\' && p + 1 < end ? 2 : 1;
    }
    return (gsize)(MIN(p + 1, end) - at);
}

static gsize comment_length(const char *at, const char *end)
{
    const char *close = at[1] == '*' ? g_strstr_len(at + 2, end - at - 2, "*/") : NULL;

    return close ? (gsize)(close + 2 - at) : (gsize)(end - at);
}

static Token word_at(const char *at, const char *end)
{
    const char *p = at;

    while (p < end && is_word(*p)) {
        p++;
    }
    g_autofree char *word = g_strndup(at, (gsize)(p - at));

    return (Token){g_ascii_isdigit(*at)              ? "c-number"
                   : g_strv_contains(keywords, word) ? "c-keyword"
                                                     : "",
                   (gsize)(p - at)};
}

static Token token_at(const char *at, const char *end)
{
    if (is_word(*at)) {
        return word_at(at, end);
    }
    if (*at == '"' || *at == '\'') {
        return (Token){"c-string", quoted_length(at, end)};
    }
    if (*at == '/' && at + 1 < end && (at[1] == '*' || at[1] == '/')) {
        return (Token){"c-comment", comment_length(at, end)};
    }
    return (Token){"", 1};
}

/* The code of a line, without its mark. */
static void add_code(Html *html, const char *line, const char *end)
{
    const char *plain = line, *at = line;

    while (at < end) {
        Token token = token_at(at, end);

        if (*token.class_name) {
            html_bytes(html, plain, (gsize)(at - plain));
            html_open(html, "span", "class", token.class_name, NULL);
            html_bytes(html, at, token.n_bytes);
            html_close(html);
            plain = at + token.n_bytes;
        }
        at += token.n_bytes;
    }
    html_bytes(html, plain, (gsize)(end - plain));
}

/* Where a patch is in its lines. */
typedef struct Patch {
    gboolean is_short; /* the words of a long one would make a megabyte of it */
    gboolean in_hunk;
    gboolean is_code; /* of a file in C */
} Patch;

static gboolean names_c_file(const char *line, const char *end)
{
    static const char *const endings[] = {".c", ".h", ".S", ".rs"};

    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        gsize n = strlen(endings[i]);

        if ((gsize)(end - line) > n && memcmp(end - n, endings[i], n) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static const char *class_of_line(Patch *patch, const char *line, const char *end)
{
    if (g_str_has_prefix(line, "diff --")) {
        *patch = (Patch){.is_short = patch->is_short, .is_code = names_c_file(line, end)};
        return "diff-file";
    }
    if (g_str_has_prefix(line, "@@")) {
        patch->in_hunk = TRUE;
        return "diff-hunk";
    }
    if (!patch->in_hunk) {
        return "diff-meta";
    }
    return *line == '+' ? "diff-add" : *line == '-' ? "diff-del" : *line == '\\' ? "diff-meta" : "";
}

static void add_line(Html *html, Patch *patch, const char *line, const char *end)
{
    const char *class_name = class_of_line(patch, line, end);
    gboolean is_code = patch->is_short && patch->in_hunk && patch->is_code && line < end &&
                       (*line == ' ' || *line == '+' || *line == '-');

    if (*class_name) {
        html_open(html, "span", "class", class_name, NULL);
    }
    if (is_code) {
        html_bytes(html, line, 1);
        add_code(html, line + 1, end);
    } else {
        html_bytes(html, line, (gsize)(end - line));
    }
    html_text(html, "\n");
    if (*class_name) {
        html_close(html);
    }
}

void add_diff(Html *html, const char *text)
{
    Patch patch = {.is_short = strlen(text) <= SHORT_BYTES};

    html_open(html, "pre", "class", "diff", "tabindex", "0", NULL);
    while (*text) {
        const char *end = text + strcspn(text, "\n");

        add_line(html, &patch, text, end);
        text = *end ? end + 1 : end;
    }
    html_close(html);
}
