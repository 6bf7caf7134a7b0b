/* SPDX-License-Identifier: Apache-2.0
 * A screen as a value: rows of cells, each a character and its style. Pure; private to terminal/.
 *
 * What is put into it may be bytes from anybody. A cell holds one printable character or nothing:
 * what could steer a terminal, and what is no UTF-8, is a '?', and what has no width of its own
 * (marks that lie upon others) is left out, so that a row is always as wide as it says.
 */
#pragma once

#include <glib.h>

typedef enum ScreenStyle {
    STYLE_PLAIN,
    STYLE_DIM,
    STYLE_STRONG,
    STYLE_BANNER, /* first and last row */
    STYLE_BAR,
    STYLE_GOOD,
    STYLE_BAD,
    STYLE_SKIP,
    STYLE_CHOSEN,
    N_STYLES
} ScreenStyle;

typedef struct ScreenCell {
    gunichar c; /* 0: the right half of the wide character before it */
    ScreenStyle style;
} ScreenCell;

typedef struct Screen {
    guint n_columns, n_rows;
    gboolean is_ascii; /* nothing else can be shown */
    ScreenCell *cells;
} Screen;

/* Blank. */
Screen *screen_new(guint n_columns, guint n_rows, gboolean is_ascii);
void screen_free(Screen *screen);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Screen, screen_free)

/* NULL: outside. */
ScreenCell *screen_cell(const Screen *screen, guint row, guint column);

/* The columns that @c takes: 0, 1 or 2; of a character that is not shown as it is, those of what is
 * shown in its place. */
guint screen_width(gunichar c, gboolean is_ascii);

/* Put @c there, as it is: for characters of ours. @ascii: in its place where there is only ASCII.
 */
void screen_put_char(Screen *screen, guint row, guint column, ScreenStyle style, gunichar c,
                     char ascii);

/* Put @bytes (NULL: none) from @column on, at most to the column before @end; what is cut off is
 * marked by an ellipsis. The column behind it is returned. No more than some KiB are looked at. */
guint screen_put(Screen *screen, guint row, guint column, guint end, ScreenStyle style,
                 const char *bytes);
guint screen_printf(Screen *screen, guint row, guint column, guint end, ScreenStyle style,
                    const char *format, ...) G_GNUC_PRINTF(6, 7);
/* The same so that it ends before @end; the column where it begins is returned. */
guint screen_put_right(Screen *screen, guint row, guint column, guint end, ScreenStyle style,
                       const char *bytes);

/* Give a whole row a style. */
void screen_fill_row(Screen *screen, guint row, ScreenStyle style);

/* A horizontal bar that fills @share (0 to 1) of @n_columns. */
void screen_put_bar(Screen *screen, guint row, guint column, guint n_columns, ScreenStyle style,
                    double share);
/* A column of a chart of @n_rows rows, the lowest one at @row: @share of its height. A share that
 * is not 0 can be seen. */
void screen_put_column(Screen *screen, guint row, guint column, guint n_rows, ScreenStyle style,
                       double share);

/* The rows as text, without blanks at their ends; and a letter for the style of each cell. Owned by
 * the caller. */
char *screen_text(const Screen *screen);
char *screen_styles(const Screen *screen);
