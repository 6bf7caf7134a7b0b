/* SPDX-License-Identifier: Apache-2.0
 * A symbolized report as the kernel printed it. The symbolizer adds a line for each inlined call,
 * "head name file:line [inline]", headers included, and " file:line" behind "+0xOFFSET/0xSIZE".
 * With both taken out again, a crash has the same name before and after.
 */
#include "oops/reader.h"

#include <string.h>

static gsize skip_while(Line line, gsize at, gboolean (*is)(char))
{
    while (at < line.n && is(line.s[at])) {
        at++;
    }
    return at;
}

static gboolean is_hex(char c)
{
    return g_ascii_isxdigit(c);
}

static gboolean is_word(char c)
{
    return c != ' ' && c != ')';
}

/* Is @word "path.c:123"? A line of 0 is printed as -1. */
static gboolean is_source(Line word)
{
    gsize at = word.n;

    while (at > 0 && g_ascii_isdigit(word.s[at - 1])) {
        at--;
    }
    if (at == word.n) {
        return FALSE;
    }
    at -= at > 0 && word.s[at - 1] == '-';
    return at > 1 && word.s[at - 1] == ':' && memchr(word.s, '.', at - 1);
}

gboolean line_is_inlined(Line line)
{
    static const char inlined[] = " [inline]";
    const char *end = memmem(line.s, line.n, inlined, sizeof(inlined) - 1), *word;

    if (!end) {
        return FALSE;
    }
    word = memrchr(line.s, ' ', end - line.s);
    word = word ? word + 1 : line.s;
    return is_source((Line){word, end - word});
}

/* Where in @line " file:line" stands behind "+0x10/0x20" or "+0x10/0x20 [module]". */
static gboolean find_source(Line line, gsize *ret_begin, gsize *ret_end)
{
    const char *plus = memmem(line.s, line.n, "+0x", 3);
    gsize at, end;

    if (!plus) {
        return FALSE;
    }
    at = skip_while(line, plus - line.s + 3, is_hex);
    if (at + 3 > line.n || memcmp(line.s + at, "/0x", 3) != 0) {
        return FALSE;
    }
    at = skip_while(line, at + 3, is_hex);
    if (at + 1 < line.n && line.s[at] == ' ' && line.s[at + 1] == '[') {
        const char *close = memchr(line.s + at, ']', line.n - at);

        at = close ? (gsize)(close + 1 - line.s) : at;
    }
    if (at >= line.n || line.s[at] != ' ') {
        return FALSE;
    }
    end = skip_while(line, at + 1, is_word);
    if (!is_source((Line){line.s + at + 1, end - at - 1})) {
        return FALSE;
    }
    *ret_begin = at;
    *ret_end = end;
    return TRUE;
}

GString *text_unsymbolize(const char *text, gsize n)
{
    GString *out = g_string_sized_new(n + 1);
    gsize at = 0;
    Line line;

    while (line_next(text, n, &at, &line)) {
        gsize begin, end;

        if (line_is_inlined(line)) {
            continue;
        }
        if (find_source(line, &begin, &end)) {
            g_string_append_len(out, line.s, begin);
            g_string_append_len(out, line.s + end, line.n - end);
        } else {
            g_string_append_len(out, line.s, line.n);
        }
        g_string_append_c(out, '\n');
    }
    return out;
}
