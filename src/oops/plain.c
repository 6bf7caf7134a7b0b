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
    gsize n = sizeof(inlined) - 1;
    gboolean at_end = line.n >= n && memcmp(line.s + line.n - n, inlined, n) == 0;
    const char *end = at_end ? line.s + line.n - n : memmem(line.s, line.n, inlined, n), *word;

    if (!end) {
        return FALSE;
    }
    word = memrchr(line.s, ' ', end - line.s);
    word = word ? word + 1 : line.s;
    return is_source((Line){word, end - word});
}

/* The first "+0x": memmem() would make a table first, for each line. */
static const char *find_offset(Line line)
{
    const char *s = line.s, *end = line.s + line.n;

    while ((s = memchr(s, '+', end - s))) {
        if (end - s >= 3 && memcmp(s, "+0x", 3) == 0) {
            return s;
        }
        s++;
    }
    return NULL;
}

/* It stands behind "+0x10/0x20" or "+0x10/0x20 [module]". */
gboolean line_find_source(Line line, gsize *ret_begin, gsize *ret_end)
{
    const char *plus = find_offset(line);
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
