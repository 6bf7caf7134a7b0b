/* SPDX-License-Identifier: Apache-2.0 */
#include "oops/text.h"

#include <string.h>

#include "oops/reader.h"

gboolean line_next(const char *text, gsize n, gsize *at, Line *ret_line)
{
    const char *end;

    if (*at >= n) {
        return FALSE;
    }
    ret_line->s = text + *at;
    end = memchr(ret_line->s, '\n', n - *at);
    ret_line->n = end ? (gsize)(end - ret_line->s) : n - *at;
    *at += ret_line->n + (end ? 1 : 0);
    return TRUE;
}

gsize line_skip_address(Line line)
{
    gsize at = 1;

    if (line.n < 2 || line.s[0] != '[') {
        return 0;
    }
    at += line.s[at] == '<';
    while (at < line.n && g_ascii_isxdigit(line.s[at])) {
        at++;
    }
    at += at < line.n && line.s[at] == '>';
    if (at + 1 >= line.n || line.s[at] != ']' || line.s[at + 1] != ' ') {
        return 0;
    }
    for (at += 2; at < line.n && line.s[at] == ' '; at++) {
    }
    return at;
}

Marker marker_begin(const OopsReader *reader, const char *s, gsize n)
{
    Marker marker = {.reader = reader, .s = s, .n = n};

    marker.more = scan_next(reader->marks_scan, s, n, &marker.hit);
    return marker;
}

/* What the words @first + i say, for each bit i of @words. */
static guint marks_of(const OopsReader *reader, guint64 words, guint first)
{
    guint marks = 0;

    for (; words; words &= words - 1) {
        marks |= reader->marks[first + (guint)__builtin_ctzll(words)];
    }
    return marks;
}

guint marker_until(Marker *marker, gsize end)
{
    guint marks = 0;

    while (marker->more && marker->hit.begin < end) {
        marks |= marks_of(marker->reader, (guint64)marker->hit.words, 0);
        marks |= marks_of(marker->reader, (guint64)(marker->hit.words >> 64), 64);
        marker->more = scan_next(marker->reader->marks_scan, marker->s, marker->n, &marker->hit);
    }
    return marks;
}

void text_begin(TextBuilder *builder, const OopsReader *reader, gsize n)
{
    *builder = (TextBuilder){reader, g_string_sized_new(n + 1),
                             g_array_sized_new(FALSE, FALSE, sizeof(TextLine), 128)};
}

void text_clear(TextBuilder *builder)
{
    if (builder->s) {
        g_string_free(builder->s, TRUE);
        g_array_unref(builder->lines);
    }
    *builder = (TextBuilder){0};
}

guint text_starts(const OopsReader *reader, Line line)
{
    g_autoptr(Match) match = match_new();
    guint starts = 0;

    for (guint i = 0; i < STACK_STARTS; i++) {
        starts |= (guint)pattern_match(reader->stack_starts[i], line.s, line.n, 0, match) << i;
    }
    return starts;
}

void text_add(TextBuilder *builder, Line line, guint marks)
{
    TextLine added = {.at = builder->s->len, .marks = marks};
    gsize begin, end;

    if (marks & MARK_INLINED && line_is_inlined(line)) {
        return;
    }
    if (line_find_source(line, &begin, &end)) {
        g_string_append_len(builder->s, line.s, begin);
        line = (Line){line.s + end, line.n - end};
    }
    line_append(builder->s, line);
    added.n = builder->s->len - 1 - added.at;
    if (marks & MARK_START) {
        added.starts = text_starts(builder->reader, (Line){builder->s->str + added.at, added.n});
    }
    g_array_append_val(builder->lines, added);
}

void text_add_all(TextBuilder *builder, const char *s, gsize n)
{
    Marker marker = marker_begin(builder->reader, s, n);
    gsize at = 0;
    Line line;

    while (line_next(s, n, &at, &line)) {
        text_add(builder, line, marker_until(&marker, at));
    }
}

Text text_of(const TextBuilder *builder, guint n_lines)
{
    const TextLine *lines = (const TextLine *)builder->lines->data;
    Text text = {builder->s->str, 0, lines, MIN(n_lines, builder->lines->len)};

    if (text.n_lines > 0) {
        text.n = lines[text.n_lines - 1].at + lines[text.n_lines - 1].n + 1;
    }
    return text;
}
