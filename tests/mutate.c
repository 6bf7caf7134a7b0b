/* SPDX-License-Identifier: Apache-2.0 */
#include "mutate.h"

#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t n_max);

/* A text as its lines, each with its newline but for the last one, which may have none. */
typedef struct Text {
    GPtrArray *lines; /* of GString */
    const LineKinds *kinds;
    guint32 dice;
} Text;

/* A stretch of lines. */
typedef struct Stretch {
    guint from, n;
} Stretch;

static void line_free(gpointer line)
{
    g_string_free(line, TRUE);
}

/* 0 .. @n - 1. A generator of our own, since an input has to give the same again. */
static guint roll(Text *text, guint n)
{
    text->dice = text->dice * 1664525 + 1013904223;
    return (text->dice >> 8) % MAX(n, 1);
}

/* A few of @lines, @n_most at most. */
static Stretch any_stretch(Text *text, const GPtrArray *lines, guint n_most)
{
    guint from = roll(text, lines->len), n = 1 + roll(text, n_most);

    return (Stretch){from, MIN(n, lines->len - from)};
}

static void add_lines(Text *text, const uint8_t *data, size_t n)
{
    const uint8_t *end = data + n;

    while (data < end) {
        const uint8_t *newline = memchr(data, '\n', (size_t)(end - data));
        const uint8_t *next = newline ? newline + 1 : end;

        g_ptr_array_add(text->lines, g_string_new_len((const char *)data, next - data));
        data = next;
    }
}

static void text_init(Text *text, const LineKinds *kinds, const uint8_t *data, size_t n,
                      guint32 seed)
{
    size_t n_head = MIN(n, kinds->n_head);

    *text =
        (Text){.lines = g_ptr_array_new_with_free_func(line_free), .kinds = kinds, .dice = seed};
    add_lines(text, data + n_head, n - n_head);
}

/* Put the lines behind the head of @data, as far as they fit; how long it is then. */
static size_t text_write(const Text *text, uint8_t *data, size_t n_head, size_t n_max)
{
    size_t n = n_head;

    for (guint i = 0; i < text->lines->len; i++) {
        const GString *line = text->lines->pdata[i];
        size_t n_line = MIN(line->len, n_max - n);

        memcpy(data + n, line->str, n_line);
        n += n_line;
    }
    g_ptr_array_unref(text->lines);
    return n;
}

/* --- What is done to a text ------------------------------------------------------------------ */

static GString *any_line(Text *text)
{
    return text->lines->len ? text->lines->pdata[roll(text, text->lines->len)] : NULL;
}

static void insert(Text *text, guint at, const char *bytes, gssize n)
{
    g_ptr_array_insert(text->lines, (gint)at, g_string_new_len(bytes, n));
}

static void swap_lines(Text *text)
{
    guint i = roll(text, text->lines->len), j = roll(text, text->lines->len);
    gpointer line;

    if (text->lines->len) {
        line = text->lines->pdata[i];
        text->lines->pdata[i] = text->lines->pdata[j];
        text->lines->pdata[j] = line;
    }
}

/* A few lines once more, elsewhere; or many times, as a console that goes round. */
static void repeat_lines(Text *text)
{
    Stretch stretch = any_stretch(text, text->lines, 8);
    guint at = roll(text, text->lines->len + 1), n_times = roll(text, 8) ? 1 : 1 + roll(text, 40);
    g_autoptr(GString) copy = g_string_new(NULL);

    for (guint i = 0; i < stretch.n; i++) {
        const GString *line = text->lines->pdata[stretch.from + i];

        g_string_append_len(copy, line->str, (gssize)line->len);
    }
    for (guint i = 0; i < n_times; i++) {
        insert(text, at, copy->str, (gssize)copy->len);
    }
}

static void remove_lines(Text *text)
{
    Stretch stretch = any_stretch(text, text->lines, 4);

    if (stretch.n) {
        g_ptr_array_remove_range(text->lines, stretch.from, stretch.n);
    }
}

static const char *any_of(Text *text, const char *const *words)
{
    return words[roll(text, g_strv_length((char **)words))];
}

static void add_known(Text *text)
{
    g_autofree char *line = g_strconcat(any_of(text, text->kinds->prefixes),
                                        any_of(text, text->kinds->lines), "\n", NULL);

    insert(text, roll(text, text->lines->len + 1), line, -1);
}

/* Another beginning: in place of one of the known ones, or of nothing. */
static void change_prefix(Text *text)
{
    GString *line = any_line(text);

    if (!line) {
        return;
    }
    for (const char *const *prefix = text->kinds->prefixes; *prefix; prefix++) {
        if (**prefix && g_str_has_prefix(line->str, *prefix)) {
            g_string_erase(line, 0, (gssize)strlen(*prefix));
            break;
        }
    }
    g_string_prepend(line, any_of(text, text->kinds->prefixes));
}

static void change_number(Text *text)
{
    static const char *const numbers[] = {"0",
                                          "1",
                                          "2",
                                          "9",
                                          "10",
                                          "255",
                                          "4096",
                                          "65536",
                                          "4294967295",
                                          "4294967296",
                                          "9223372036854775807",
                                          "18446744073709551616",
                                          "-1",
                                          "0x0",
                                          "ffffffff81000000",
                                          "1e999",
                                          NULL};
    GString *line = any_line(text);
    gsize at, n = 0;

    if (!line) {
        return;
    }
    at = strcspn(line->str, "0123456789");
    /* Not always the first one. */
    while (roll(text, 2) && line->str[at] && line->str[at + 1]) {
        at += 1 + strcspn(line->str + at + 1, "0123456789");
    }
    n = strspn(line->str + at, "0123456789abcdef");
    g_string_erase(line, (gssize)at, (gssize)n);
    g_string_insert(line, (gssize)at, any_of(text, numbers));
}

/* What libFuzzer does, and its dictionary, on one line. */
static void change_bytes(Text *text)
{
    GString *line = any_line(text);
    gsize n_room = line ? line->len + 32 : 0;
    uint8_t *bytes = line ? g_memdup2(line->str, line->len) : NULL;

    if (line) {
        bytes = g_realloc(bytes, n_room);
        n_room = LLVMFuzzerMutate(bytes, line->len, n_room);
        g_string_truncate(line, 0);
        g_string_append_len(line, (const char *)bytes, (gssize)n_room);
        g_free(bytes);
    }
}

size_t lines_mutate(const LineKinds *kinds, uint8_t *data, size_t n, size_t n_max, guint32 seed)
{
    static void (*const changes[])(Text * text) = {swap_lines,    repeat_lines, remove_lines,
                                                   add_known,     add_known,    change_prefix,
                                                   change_number, change_bytes, change_bytes};
    Text text;

    text_init(&text, kinds, data, n, seed);
    /* Bytes find what lines do not, and the other way round (docs/MEASURED.md). */
    if (roll(&text, 2) == 0) {
        g_ptr_array_unref(text.lines);
        return LLVMFuzzerMutate(data, n, n_max);
    }
    for (guint i = 1 + roll(&text, 3); i > 0; i--) {
        changes[roll(&text, G_N_ELEMENTS(changes))](&text);
    }
    return text_write(&text, data, MIN(n, kinds->n_head), n_max);
}

/* Lines of @a, with a few of @b's between them. */
size_t lines_cross(const LineKinds *kinds, const uint8_t *a, size_t n_a, const uint8_t *b,
                   size_t n_b, uint8_t *out, size_t n_max, guint32 seed)
{
    size_t n_head = MIN(MIN(n_a, kinds->n_head), n_max);
    Text text, other;
    Stretch stretch;
    guint at;

    text_init(&text, kinds, a, n_a, seed);
    text_init(&other, kinds, b, n_b, seed);
    stretch = any_stretch(&text, other.lines, 20);
    at = roll(&text, text.lines->len + 1);
    for (guint i = 0; i < stretch.n; i++) {
        const GString *line = other.lines->pdata[stretch.from + i];

        insert(&text, at + i, line->str, (gssize)line->len);
    }
    g_ptr_array_unref(other.lines);
    memcpy(out, a, n_head);
    return text_write(&text, out, n_head, n_max);
}
