/* SPDX-License-Identifier: Apache-2.0
 * The terminal, through ncurses.
 */
#define NCURSES_WIDECHAR 1
#include "terminal/tty.h"

#include <curses.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

#include "terminal/terminal.h"

/* What a key sends comes at once, also over a slow line; who presses Esc should not wait long. */
#define ESCAPE_MS 50

struct Tty {
    SCREEN *screen;
    gboolean has_colour;
};

gboolean terminal_can_view(void)
{
    const char *term = g_getenv("TERM"), *address;
    gboolean can_move;
    int status;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !isatty(STDERR_FILENO) || !term ||
        g_str_equal(term, "dumb") || setupterm(NULL, STDOUT_FILENO, &status) != OK) {
        return FALSE;
    }
    address = tigetstr("cup");
    can_move = address && address != (const char *)-1;
    del_curterm(cur_term);
    return can_move;
}

static gboolean wants_colour(void)
{
    const char *no_colour = g_getenv("NO_COLOR");

    return has_colors() && !(no_colour && *no_colour);
}

/* Colour pairs have the numbers of their styles. */
static void set_up_colours(void)
{
    start_color();
    use_default_colors();
    init_pair(STYLE_BAR, COLOR_CYAN, -1);
    init_pair(STYLE_GOOD, COLOR_GREEN, -1);
    init_pair(STYLE_BAD, COLOR_RED, -1);
    init_pair(STYLE_SKIP, COLOR_YELLOW, -1);
}

Tty *tty_new(GError **error)
{
    SCREEN *screen = newterm(NULL, stdout, stdin);
    Tty *tty;

    if (!screen) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                            "the terminal cannot be used");
        return NULL;
    }
    tty = g_new0(Tty, 1);
    tty->screen = screen;
    tty->has_colour = wants_colour();
    if (tty->has_colour) {
        set_up_colours();
    }
    cbreak();
    noecho();
    nonl();
    curs_set(0);
    set_escdelay(ESCAPE_MS);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    return tty;
}

void tty_free(Tty *tty)
{
    if (tty) {
        endwin();
        delscreen(tty->screen);
        g_free(tty);
    }
}

void tty_forget(Tty *tty)
{
    clearok(curscr, TRUE);
}

Screen *tty_new_screen(Tty *tty)
{
    struct winsize size;
    const char *charset;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col &&
        is_term_resized(size.ws_row, size.ws_col)) {
        resizeterm(size.ws_row, size.ws_col);
    }
    return screen_new((guint)COLS, (guint)LINES, !g_get_charset(&charset));
}

/* --- Out ------------------------------------------------------------------------------------- */

static attr_t attributes(ScreenStyle style)
{
    switch (style) {
    case STYLE_DIM:
        return A_DIM;
    case STYLE_STRONG:
        return A_BOLD;
    case STYLE_BANNER:
    case STYLE_CHOSEN:
        return A_REVERSE;
    default:
        return A_NORMAL;
    }
}

/* The terminal's idea of a character's width is the C library's, and may be another than ours: then
 * '?' is shown, so that the row stays as wide. */
static void put_cell(const Tty *tty, int row, int column, const ScreenCell *cell, gboolean is_wide)
{
    gboolean is_known = wcwidth((wchar_t)cell->c) == (is_wide ? 2 : 1);
    const wchar_t text[] = {is_known ? (wchar_t)cell->c : L'?', L'\0'};
    gboolean has_colour = tty->has_colour && cell->style >= STYLE_BAR && cell->style <= STYLE_SKIP;
    cchar_t c;

    setcchar(&c, text, attributes(cell->style), has_colour ? (short)cell->style : 0, NULL);
    mvadd_wch(row, column, &c);
}

void tty_show(Tty *tty, const Screen *screen)
{
    erase();
    for (guint row = 0; row < screen->n_rows; row++) {
        for (guint column = 0; column < screen->n_columns; column++) {
            const ScreenCell *cell = screen_cell(screen, row, column);
            const ScreenCell *next = screen_cell(screen, row, column + 1);

            if (cell->c != 0) {
                put_cell(tty, (int)row, (int)column, cell, next && next->c == 0);
            }
        }
    }
    refresh();
}

/* --- In -------------------------------------------------------------------------------------- */

static const struct {
    wint_t code;
    ScenePress press;
} keys[] =
    {
        {'k', PRESS_UP},     {'j', PRESS_DOWN},    {'b', PRESS_PAGE_UP}, {' ', PRESS_PAGE_DOWN},
        {'d', PRESS_DETAIL}, {'\t', PRESS_DETAIL}, {'p', PRESS_PAUSE},   {'?', PRESS_HELP},
        {'h', PRESS_HELP},   {'q', PRESS_QUIT},    {'y', PRESS_YES},     {27, PRESS_BACK},
        {'g', PRESS_FIRST},  {'G', PRESS_LAST},
},
  function_keys[] = {
      {KEY_UP, PRESS_UP},           {KEY_DOWN, PRESS_DOWN},  {KEY_PPAGE, PRESS_PAGE_UP},
      {KEY_NPAGE, PRESS_PAGE_DOWN}, {KEY_HOME, PRESS_FIRST}, {KEY_END, PRESS_LAST},
      {KEY_F(1), PRESS_HELP},
};

ScenePress tty_read(Tty *tty)
{
    wint_t code;
    int kind = get_wch(&code);

    if (kind == ERR) {
        return PRESS_NOTHING;
    }
    for (guint i = 0; kind == OK && i < G_N_ELEMENTS(keys); i++) {
        if (keys[i].code == code) {
            return keys[i].press;
        }
    }
    for (guint i = 0; kind == KEY_CODE_YES && i < G_N_ELEMENTS(function_keys); i++) {
        if (function_keys[i].code == code) {
            return function_keys[i].press;
        }
    }
    return PRESS_OTHER;
}
