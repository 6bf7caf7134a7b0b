/* SPDX-License-Identifier: Apache-2.0
 * Cells: what strangers' bytes may not do, widths, bars.
 */
#include "terminal/screen.h"

#include <locale.h>
#include <string.h>

/* What stands in one row of @n_columns after screen_put(). */
static void expect_put(guint n_columns, gboolean is_ascii, const char *bytes, const char *shown)
{
    g_autoptr(Screen) screen = screen_new(n_columns, 1, is_ascii);
    g_autofree char *text = NULL, *expected = g_strconcat(shown, "\n", NULL);

    screen_put(screen, 0, 0, n_columns, STYLE_PLAIN, bytes);
    text = screen_text(screen);
    g_assert_cmpstr(text, ==, expected);
}

/* Cells that hold something, right halves too. */
static guint n_used(guint n_columns, const char *bytes)
{
    g_autoptr(Screen) screen = screen_new(n_columns, 1, FALSE);

    return screen_put(screen, 0, 0, n_columns, STYLE_PLAIN, bytes);
}

static void test_hostile(void)
{
    expect_put(20, FALSE, "a\033[2Jb", "a?[2Jb");
    expect_put(20, FALSE,
               "a\xc2\x9b"
               "3Jb",
               "a?3Jb"); /* CSI of ISO 6429 */
    expect_put(20, FALSE, "a\rb\bc\ad\x7f", "a?b?c?d?");
    expect_put(20, FALSE, "a\tb\nc", "a b c");
    expect_put(20, FALSE, "a\xff-\xc3(b", "a?-?(b"); /* no UTF-8 */
    expect_put(20, FALSE,
               "a\xe2\x80\xae"
               "b\xe2\x81\xa6"
               "c",
               "a?b?c"); /* they turn the direction */
    expect_put(20, FALSE,
               "a\xe2\x80\x8b"
               "b",
               "a?b"); /* a space without width */
    expect_put(20, FALSE,
               "a\xe2\x80\xa8"
               "b",
               "a?b"); /* line separator */
    expect_put(20, FALSE,
               "a\xee\x80\x80"
               "b",
               "a?b");                            /* for private use */
    expect_put(20, FALSE, "\xed\xa0\x80", "???"); /* half a surrogate pair */
    expect_put(20, FALSE, NULL, "");
}

static void test_widths(void)
{
    /* Marks upon others are left out. */
    expect_put(20, FALSE, "e\xcc\x81\xcc\x81\xcc\x81x", "ex");
    g_assert_cmpuint(n_used(20, "e\xcc\x81x"), ==, 2);
    /* Wide ones take two, and are not halved. */
    expect_put(20, FALSE, "\xe6\xbc\xa2\xe5\xad\x97", "\xe6\xbc\xa2\xe5\xad\x97");
    g_assert_cmpuint(n_used(20, "\xe6\xbc\xa2\xe5\xad\x97"), ==, 4);
    expect_put(4, FALSE, "\xe6\xbc\xa2\xe5\xad\x97", "\xe6\xbc\xa2\xe5\xad\x97");
    expect_put(3, FALSE, "\xe6\xbc\xa2\xe5\xad\x97", "\xe6\xbc\xa2\xe2\x80\xa6");
    expect_put(2, FALSE, "\xe6\xbc\xa2\xe5\xad\x97", " \xe2\x80\xa6");
    g_assert_cmpuint(n_used(3, "\xe6\xbc\xa2\xe5\xad\x97"), ==, 3);
    g_assert_cmpuint(screen_width(0x1f4a9, FALSE), ==, 2);
    g_assert_cmpuint(screen_width(0x1f4a9, TRUE), ==, 1);
    g_assert_cmpuint(screen_width(0x1b, FALSE), ==, 1);
    g_assert_cmpuint(screen_width(0x301, FALSE), ==, 0);
}

static void test_wide_overwritten(void)
{
    g_autoptr(Screen) screen = screen_new(6, 1, FALSE);
    g_autofree char *left = NULL, *right = NULL;

    screen_put(screen, 0, 0, 6, STYLE_PLAIN, "\xe6\xbc\xa2\xe5\xad\x97");
    screen_put_char(screen, 0, 1, STYLE_PLAIN, 'x', 'x');
    left = screen_text(screen);
    g_assert_cmpstr(left, ==, " x\xe5\xad\x97\n");
    screen_put_char(screen, 0, 2, STYLE_PLAIN, 'y', 'y');
    right = screen_text(screen);
    g_assert_cmpstr(right, ==, " xy\n");
}

static void test_ascii(void)
{
    expect_put(20, TRUE, "Jos\xc3\xa9 \xe6\xbc\xa2", "Jos? ?");
    expect_put(6, TRUE, "abcdefgh", "abc...");
    expect_put(2, TRUE, "abcdefgh", "..");
    expect_put(6, FALSE, "abcdefgh", "abcde\xe2\x80\xa6");
    expect_put(8, FALSE, "abcdefgh", "abcdefgh");
}

static void test_long(void)
{
    g_autofree char *line = g_strnfill(1 << 20, 'x');
    GString *marks = g_string_new("e");

    expect_put(4, FALSE, line, "xxx\xe2\x80\xa6");
    for (guint i = 0; i < 1 << 19; i++) {
        g_string_append(marks, "\xcc\x81");
    }
    g_string_append(marks, "never looked at");
    expect_put(4, FALSE, marks->str, "e");
    g_string_free(marks, TRUE);
}

static void test_outside(void)
{
    g_autoptr(Screen) screen = screen_new(3, 2, FALSE), none = screen_new(0, 0, FALSE);
    g_autofree char *text = NULL;

    screen_put(screen, 2, 0, 9, STYLE_PLAIN, "x");
    screen_put(screen, 0, 3, 9, STYLE_PLAIN, "x");
    screen_put(screen, 0, 2, 1, STYLE_PLAIN, "x");
    screen_put_char(screen, 0, 9, STYLE_PLAIN, 'x', 'x');
    screen_put_bar(screen, 1, 2, 5, STYLE_BAR, 1);
    screen_put_column(screen, 0, 0, 9, STYLE_BAR, 1);
    screen_fill_row(screen, 7, STYLE_BANNER);
    screen_put(none, 0, 0, 9, STYLE_PLAIN, "x");
    text = screen_text(screen);
    g_assert_cmpstr(text, ==, "\xe2\x96\x88\n  \xe2\x96\x88\n");
}

static void test_right(void)
{
    g_autoptr(Screen) screen = screen_new(8, 2, FALSE);
    g_autofree char *text = NULL;

    g_assert_cmpuint(screen_put_right(screen, 0, 1, 8, STYLE_PLAIN, "a\xe6\xbc\xa2"), ==, 5);
    g_assert_cmpuint(screen_put_right(screen, 1, 2, 8, STYLE_PLAIN, "abcdefgh"), ==, 2);
    text = screen_text(screen);
    g_assert_cmpstr(text, ==, "     a\xe6\xbc\xa2\n  abcde\xe2\x80\xa6\n");
}

static void expect_bar(double share, const char *shown, const char *shown_ascii)
{
    g_autoptr(Screen) screen = screen_new(4, 1, FALSE), ascii = screen_new(4, 1, TRUE);
    g_autofree char *text = NULL, *ascii_text = NULL;

    screen_put_bar(screen, 0, 0, 4, STYLE_BAR, share);
    screen_put_bar(ascii, 0, 0, 4, STYLE_BAR, share);
    text = screen_text(screen);
    ascii_text = screen_text(ascii);
    g_assert_cmpstr(g_strchomp(text), ==, shown);
    g_assert_cmpstr(g_strchomp(ascii_text), ==, shown_ascii);
}

static void test_bars(void)
{
    expect_bar(0, "····", "....");
    expect_bar(0.0001, "▏···", ":...");
    expect_bar(0.125, "▌···", "#...");
    expect_bar(0.5, "██··", "##..");
    expect_bar(1, "████", "####");
    expect_bar(7, "████", "####");
    expect_bar(-1, "····", "....");
}

static void test_columns(void)
{
    static const double heights[] = {0, 0.001, 0.5, 0.75, 1};
    g_autoptr(Screen) screen = screen_new(5, 2, FALSE);
    g_autofree char *text = NULL, *styles = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(heights); i++) {
        screen_put_column(screen, 1, i, 2, STYLE_BAR, heights[i]);
    }
    text = screen_text(screen);
    styles = screen_styles(screen);
    g_assert_cmpstr(text, ==, "   ▄█\n ▁███\n");
    g_assert_cmpstr(styles, ==, "...bb\n.bbbb\n");
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/screen/hostile", test_hostile);
    g_test_add_func("/screen/widths", test_widths);
    g_test_add_func("/screen/wide-overwritten", test_wide_overwritten);
    g_test_add_func("/screen/ascii", test_ascii);
    g_test_add_func("/screen/long", test_long);
    g_test_add_func("/screen/outside", test_outside);
    g_test_add_func("/screen/right", test_right);
    g_test_add_func("/screen/bars", test_bars);
    g_test_add_func("/screen/columns", test_columns);
    return g_test_run();
}
