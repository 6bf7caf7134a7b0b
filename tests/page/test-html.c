/* SPDX-License-Identifier: Apache-2.0
 * The writer: whatever bytes come in, no markup comes out of them.
 */
#include <string.h>

#include "page/html.h"

#define BEGIN "<!DOCTYPE html>\n"

/* The document behind its doctype. */
static char *finish(Html *html)
{
    g_autoptr(GBytes) bytes = html_finish(html);
    gsize n_bytes;
    const char *text = g_bytes_get_data(bytes, &n_bytes);

    g_assert_true(g_str_has_prefix(text, BEGIN));
    return g_strndup(text + strlen(BEGIN), n_bytes - strlen(BEGIN));
}

static void test_text(void)
{
    static const struct {
        const char *bytes, *wanted;
    } cases[] = {
        {"plain text\twith\nlines", "plain text\twith\nlines"},
        {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"a & b \"c\" 'd'", "a &amp; b &quot;c&quot; &#39;d&#39;"},
        {"&lt;", "&amp;lt;"},
        {"Zo\xc3\xab \xe4\xbd\xa0 \xf0\x9f\x90\x9b", "Zo\xc3\xab \xe4\xbd\xa0 \xf0\x9f\x90\x9b"},
        {"\x1b[31mred\x07", "\xef\xbf\xbd[31mred\xef\xbf\xbd"},
        {"line\r\nline\rend\r", "line\nline\xef\xbf\xbd"
                                "end\xef\xbf\xbd"},
        {"\xff\xc3<", "\xef\xbf\xbd\xef\xbf\xbd&lt;"},
        {"\xc0\xbcscript>", "\xef\xbf\xbd\xef\xbf\xbdscript&gt;"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"a\xe2\x80\xae"
         "b\xe2\x81\xa6"
         "c\xe2\x80\x8b"
         "d\xef\xbb\xbf",
         "a\xef\xbf\xbd"
         "b\xef\xbf\xbd"
         "c\xef\xbf\xbd"
         "d\xef\xbf\xbd"},
        {"\xe2\x80\xa8\xc2\x85\x7f", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"cut off \xe4\xbd", "cut off \xef\xbf\xbd\xef\xbf\xbd"},
        {"", ""},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Html *html = html_new();
        g_autofree char *text = NULL;

        html_text(html, cases[i].bytes);
        text = finish(html);
        g_assert_cmpstr(text, ==, cases[i].wanted);
        g_assert_true(g_utf8_validate(text, -1, NULL));
    }
}

static void test_nul(void)
{
    Html *html = html_new();
    g_autofree char *text = NULL;

    html_bytes(html, "a\0<b", 4);
    text = finish(html);
    g_assert_cmpstr(text, ==, "a\xef\xbf\xbd&lt;b");
}

static void test_elements(void)
{
    Html *html = html_new();
    g_autofree char *text = NULL;

    html_open(html, "p", "class", "a \"b\" <c>", "id", NULL, "hidden", "", NULL);
    html_print(html, "%d %s", 7, "<b>");
    html_open(html, "br", NULL);
    html_leaf(html, "code", "x&y", "title", "'q'", NULL);
    html_close(html);
    text = finish(html);
    g_assert_cmpstr(text, ==,
                    "<p class=\"a &quot;b&quot; &lt;c&gt;\" hidden>7 &lt;b&gt;<br>"
                    "<code title=\"&#39;q&#39;\">x&amp;y</code></p>\n");
}

static void test_addresses(void)
{
    static const struct {
        const char *address, *wanted;
    } cases[] = {
        {"/jobs/1", "<a href=\"/jobs/1\"></a>"},
        {"?first=2", "<a href=\"?first=2\"></a>"},
        {"#main", "<a href=\"#main\"></a>"},
        {"https://example.org/a?b&c", "<a href=\"https://example.org/a?b&amp;c\"></a>"},
        {"mailto:a@example.org", "<a href=\"mailto:a@example.org\"></a>"},
        {"javascript:alert(1)", "<a href=\"#\"></a>"},
        {"JaVaScRiPt:alert(1)", "<a href=\"#\"></a>"},
        {" javascript:alert(1)", "<a href=\"#\"></a>"},
        {"\tjavascript:alert(1)", "<a href=\"#\"></a>"},
        {"data:text/html,x", "<a href=\"#\"></a>"},
        {"//evil.example", "<a href=\"#\"></a>"},
        {"/\t/evil.example", "<a href=\"#\"></a>"},
        {"/\\evil.example", "<a href=\"#\"></a>"},
        {"evil", "<a href=\"#\"></a>"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Html *html = html_new();
        g_autofree char *text = NULL;

        html_leaf(html, "a", NULL, "href", cases[i].address, NULL);
        text = finish(html);
        g_assert_cmpstr(text, ==, cases[i].wanted);
    }
}

static void test_cut(void)
{
    static const struct {
        const char *bytes;
        guint n_most;
        const char *wanted;
    } cases[] = {
        {"abc", 3, "abc"},
        {"abcd", 3, "abc..."},
        {"\xc3\xab\xc3\xab\xc3\xab", 2, "\xc3\xab\xc3\xab..."},
        {"\xff\xff\xff", 2, "\xef\xbf\xbd\xef\xbf\xbd..."},
        {"<<<", 1, "&lt;..."},
        {"", 0, ""},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Html *html = html_new();
        g_autofree char *text = NULL;

        html_cut(html, cases[i].bytes, cases[i].n_most);
        text = finish(html);
        g_assert_cmpstr(text, ==, cases[i].wanted);
    }
}

static void test_long_line(void)
{
    g_autofree char *line = g_strnfill(1 << 20, '<');
    Html *html = html_new();
    g_autofree char *text = NULL;

    html_text(html, line);
    text = finish(html);
    g_assert_cmpuint(strlen(text), ==, 4 << 20);
}

/* Data for scripts cannot end its element, nor begin a comment. */
static void test_data(void)
{
    Html *html = html_new();
    g_autofree char *text = NULL;

    html_data(html, "d", json_pack("{s:s}", "</script>", "<!-- \xe2\x80\xa8 </ScRiPt>"));
    text = finish(html);
    g_assert_cmpstr(text, ==,
                    "<script type=\"application/json\" id=\"d\">{\"\\u003c/script>\":"
                    "\"\\u003c!-- \\u2028 \\u003c/ScRiPt>\"}</script>");
}

/* Random bytes: what comes out is valid, and has none of the characters that make markup. */
static void test_random(void)
{
    GRand *dice = g_rand_new_with_seed(1);

    for (guint i = 0; i < 3000; i++) {
        char bytes[64];
        Html *html = html_new();
        g_autofree char *text = NULL;

        for (guint b = 0; b < sizeof bytes; b++) {
            bytes[b] = (char)g_rand_int_range(dice, 0, 256);
        }
        html_bytes(html, bytes, sizeof bytes);
        text = finish(html);
        g_assert_true(g_utf8_validate(text, -1, NULL));
        g_assert_null(strpbrk(text, "<>\"'\x1b"));
    }
    g_rand_free(dice);
}

static void open_on_click(void)
{
    g_autoptr(Html) html = html_new();

    html_open(html, "p", "onclick", "x", NULL);
}

static void open_bad_name(void)
{
    g_autoptr(Html) html = html_new();

    html_open(html, "p><script", NULL);
}

static void leave_open(void)
{
    Html *html = html_new();

    html_open(html, "p", NULL);
    g_bytes_unref(html_finish(html));
}

static void (*const mistakes[])(void) = {open_on_click, open_bad_name, leave_open};

/* A programmer's mistakes end the program. */
static void test_mistakes(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autofree char *path = g_strdup_printf("/html/mistakes/%u", i);

        g_test_trap_subprocess(path, 0, 0);
        g_test_trap_assert_failed();
    }
}

static void run_mistake(gconstpointer data)
{
    void (*const *mistake)(void) = data;

    if (g_test_subprocess()) {
        (*mistake)();
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/html/text", test_text);
    g_test_add_func("/html/nul", test_nul);
    g_test_add_func("/html/elements", test_elements);
    g_test_add_func("/html/addresses", test_addresses);
    g_test_add_func("/html/cut", test_cut);
    g_test_add_func("/html/long-line", test_long_line);
    g_test_add_func("/html/data", test_data);
    g_test_add_func("/html/random", test_random);
    g_test_add_func("/html/mistake", test_mistakes);
    for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autofree char *path = g_strdup_printf("/html/mistakes/%u", i);

        g_test_add_data_func(path, &mistakes[i], run_mistake);
    }
    return g_test_run();
}
