/* SPDX-License-Identifier: Apache-2.0
 * A screen as a value.
 */
#include "terminal/screen.h"

#include <math.h>
#include <string.h>

/* Of a text; no row shows more, and one may be a megabyte of marks without width. */
#define MOST_BYTES 8192

#define ELLIPSIS 0x2026

Screen *screen_new(guint n_columns, guint n_rows, gboolean is_ascii)
{
    Screen *screen = g_new0(Screen, 1);

    *screen = (Screen){.n_columns = n_columns,
                       .n_rows = n_rows,
                       .is_ascii = is_ascii,
                       .cells = g_new0(ScreenCell, (gsize)n_columns * n_rows)};
    for (gsize i = 0; i < (gsize)n_columns * n_rows; i++) {
        screen->cells[i].c = ' ';
    }
    return screen;
}

void screen_free(Screen *screen)
{
    if (screen) {
        g_free(screen->cells);
        g_free(screen);
    }
}

ScreenCell *screen_cell(const Screen *screen, guint row, guint column)
{
    return row < screen->n_rows && column < screen->n_columns
               ? &screen->cells[(gsize)row * screen->n_columns + column]
               : NULL;
}

/* --- Characters ------------------------------------------------------------------------------ */

/* What is shown for @c. */
static gunichar harmless(gunichar c, gboolean is_ascii)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
        return c == '\t' || c == '\n' ? ' ' : '?';
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED:
        return '?';
    default:
        return is_ascii && c >= 0x80 && !g_unichar_iszerowidth(c) ? '?' : c;
    }
}

guint screen_width(gunichar c, gboolean is_ascii)
{
    c = harmless(c, is_ascii);
    return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

/* Half a wide character is none. */
static void clear_halves(Screen *screen, guint row, guint column)
{
    ScreenCell *cell = screen_cell(screen, row, column);
    ScreenCell *right = screen_cell(screen, row, column + 1);

    if (cell->c == 0) {
        cell[-1].c = ' ';
    }
    if (right && right->c == 0) {
        right->c = ' ';
    }
}

static void set(Screen *screen, guint row, guint column, ScreenStyle style, gunichar c)
{
    ScreenCell *cell = screen_cell(screen, row, column);

    if (cell) {
        clear_halves(screen, row, column);
        *cell = (ScreenCell){.c = c, .style = style};
    }
}

void screen_put_char(Screen *screen, guint row, guint column, ScreenStyle style, gunichar c,
                     char ascii)
{
    set(screen, row, column, style, screen->is_ascii ? (gunichar)ascii : c);
}

/* Mark that what ends before @end is not all; it begins at @column. */
static void put_ellipsis(Screen *screen, guint row, guint column, guint end, ScreenStyle style)
{
    guint n = MIN(screen->is_ascii ? 3 : 1, end - column);

    for (guint i = end - n; i < end; i++) {
        screen_put_char(screen, row, i, style, ELLIPSIS, '.');
    }
}

/* Where to stop looking at @bytes: not within a character. */
static const char *find_stop(const char *bytes)
{
    const char *stop = bytes + strnlen(bytes, MOST_BYTES);

    while (stop > bytes && ((guchar)*stop & 0xc0) == 0x80) {
        stop--;
    }
    return stop;
}

/* The next character of *@bytes, which is moved behind it. */
static gunichar take_char(const char **bytes, gsize n_left)
{
    gunichar c = g_utf8_get_char_validated(*bytes, (gssize)n_left);

    if (c == (gunichar)-1 || c == (gunichar)-2) {
        (*bytes)++;
        return '?';
    }
    *bytes = g_utf8_next_char(*bytes);
    return c;
}

guint screen_put(Screen *screen, guint row, guint column, guint end, ScreenStyle style,
                 const char *bytes)
{
    const char *at = bytes ? bytes : "", *stop = find_stop(at);
    guint first = column;

    end = MIN(end, screen->n_columns);
    if (row >= screen->n_rows || column >= end) {
        return column;
    }
    while (at < stop) {
        gunichar c = take_char(&at, (gsize)(stop - at));
        guint width = screen_width(c, screen->is_ascii);

        if (column + width > end) {
            put_ellipsis(screen, row, first, end, style);
            return end;
        }
        if (width > 0) {
            set(screen, row, column, style, harmless(c, screen->is_ascii));
        }
        if (width == 2) {
            set(screen, row, column + 1, style, ' ');
            screen_cell(screen, row, column + 1)->c = 0;
        }
        column += width;
    }
    return column;
}

guint screen_printf(Screen *screen, guint row, guint column, guint end, ScreenStyle style,
                    const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return screen_put(screen, row, column, end, style, text);
}

guint screen_put_right(Screen *screen, guint row, guint column, guint end, ScreenStyle style,
                       const char *bytes)
{
    const char *at = bytes ? bytes : "", *stop = find_stop(at);
    guint width = 0;

    end = MIN(end, screen->n_columns);
    while (at < stop) {
        width += screen_width(take_char(&at, (gsize)(stop - at)), screen->is_ascii);
    }
    column = end > column + width ? end - width : column;
    screen_put(screen, row, column, end, style, bytes);
    return column;
}

void screen_fill_row(Screen *screen, guint row, ScreenStyle style)
{
    ScreenCell *cells = screen_cell(screen, row, 0);

    for (guint column = 0; column < screen->n_columns && cells; column++) {
        cells[column].style = style;
    }
}

/* --- Bars ------------------------------------------------------------------------------------ */

/* An eighth is the smallest part of a cell that can be shown. */
static guint eighths(double share, guint n_cells)
{
    double n = CLAMP(share, 0, 1) * 8 * n_cells;

    return n > 0 ? (guint)MAX(lround(n), 1) : 0;
}

void screen_put_bar(Screen *screen, guint row, guint column, guint n_columns, ScreenStyle style,
                    double share)
{
    guint n = eighths(share, n_columns);

    for (guint i = 0; i < n_columns; i++) {
        guint full = MIN(n - MIN(n, i * 8), 8);

        if (full > 0) { /* U+2588, a full block, to U+258F, an eighth of one */
            screen_put_char(screen, row, column + i, style, 0x2590 - full, full >= 4 ? '#' : ':');
        } else {
            screen_put_char(screen, row, column + i, STYLE_DIM, 0xb7, '.');
        }
    }
}

void screen_put_column(Screen *screen, guint row, guint column, guint n_rows, ScreenStyle style,
                       double share)
{
    static const char ascii[] = " ..::-=+#";
    guint n = eighths(share, n_rows);

    for (guint i = 0; i < n_rows && i <= row; i++) {
        guint full = MIN(n - MIN(n, i * 8), 8);

        if (full > 0) { /* U+2581, an eighth of a block, to U+2588, a full one */
            screen_put_char(screen, row - i, column, style, 0x2580 + full, ascii[full]);
        }
    }
}

/* --- As text --------------------------------------------------------------------------------- */

char *screen_text(const Screen *screen)
{
    GString *text = g_string_new(NULL);

    for (guint row = 0; row < screen->n_rows; row++) {
        const ScreenCell *cells = &screen->cells[(gsize)row * screen->n_columns];
        gsize n_kept = text->len;

        for (guint column = 0; column < screen->n_columns; column++) {
            gunichar c = cells[column].c;

            if (c != 0) {
                g_string_append_unichar(text, c);
            }
            n_kept = c != ' ' ? text->len : n_kept;
        }
        g_string_truncate(text, n_kept);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

char *screen_styles(const Screen *screen)
{
    static const char letters[N_STYLES + 1] = ".dSBbGXkC";
    GString *text = g_string_new(NULL);

    for (guint row = 0; row < screen->n_rows; row++) {
        const ScreenCell *cells = &screen->cells[(gsize)row * screen->n_columns];

        for (guint column = 0; column < screen->n_columns; column++) {
            g_string_append_c(text, letters[cells[column].style]);
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}
