/* SPDX-License-Identifier: Apache-2.0
 * Parts of pages whose form is worth a test of its own: the diff, the crash, filters.
 */
#include <string.h>

#include "page/parts.h"

static char *finish(Html *html)
{
    g_autoptr(GBytes) bytes = html_finish(html);
    gsize n_bytes;
    const char *text = g_bytes_get_data(bytes, &n_bytes);

    return g_strndup(text, n_bytes);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        g_error("'%s' is not in\n%s", part, text);
    }
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part)) {
        g_error("'%s' is in\n%s", part, text);
    }
}

static void test_diff(void)
{
    Html *html = html_new();
    g_autofree char *text = NULL;

    add_diff(html, "diff --git a/net/a.c b/net/a.c\n"
                   "--- a/net/a.c\n"
                   "+++ b/net/a.c\n"
                   "@@ -1,3 +1,3 @@ int f(void)\n"
                   " \tif (x < 12)\n"
                   "-\t\treturn \"<b>\\\"\"; /* old */\n"
                   "+\t\treturn 'c'; // new <i>\n"
                   "diff --git a/README b/README\n"
                   "@@ -1 +1 @@\n"
                   "+if it is text\n");
    text = finish(html);
    assert_has(text, "<span class=\"diff-file\">diff --git a/net/a.c b/net/a.c\n</span>");
    assert_has(text, "<span class=\"diff-meta\">+++ b/net/a.c\n</span>");
    assert_has(text, "<span class=\"diff-hunk\">@@ -1,3 +1,3 @@ int f(void)\n</span>");
    assert_has(text, " \t<span class=\"c-keyword\">if</span> (x &lt; "
                     "<span class=\"c-number\">12</span>)\n");
    assert_has(text, "<span class=\"diff-del\">-\t\t<span class=\"c-keyword\">return</span> "
                     "<span class=\"c-string\">&quot;&lt;b&gt;\\&quot;&quot;</span>; "
                     "<span class=\"c-comment\">/* old */</span>\n</span>");
    assert_has(text, "<span class=\"c-comment\">// new &lt;i&gt;</span>\n</span>");
    assert_has(text, "<span class=\"diff-add\">+if it is text\n</span>");
}

/* Of a long one only the lines are coloured. */
static void test_long_diff(void)
{
    g_autoptr(GString) diff = g_string_new("diff --git a/a.c b/a.c\n@@ -1 +1 @@\n");
    Html *html = html_new();
    g_autofree char *text = NULL;

    while (diff->len < 200 << 10) {
        g_string_append(diff, "+return if while 1 2 3 4;\n");
    }
    add_diff(html, diff->str);
    text = finish(html);
    assert_has(text, "<span class=\"diff-add\">+return if while 1 2 3 4;\n</span>");
    g_assert_cmpuint(strlen(text), <, 3 * diff->len);
}

static char *crash_of(const char *source_url, const char *report)
{
    PagePlace place = {.source_url = source_url};
    Html *html = html_new();

    add_crash_text(html, &place, "1234567890123456789012345678901234567890", report);
    return finish(html);
}

static void test_crash(void)
{
    g_autofree char *text =
        crash_of("https://x.example/{commit}/{file}#L{line}",
                 " sk_psock_get+0x2a/0x30 include/linux/skmsg.h:451 [inline]\n"
                 " ./arch/x86/entry.S:12 (/etc/passwd.c:1) a/../b.c:3 http://evil/x.c:9\n"
                 " <b>net/<i>.c:7 nofile.txt:8 net/core/skmsg.c:99999999999999\n"
                 "kernel/{file}.c:1 tail.c:5");

    assert_has(text, "<a href=\"https://x.example/1234567890123456789012345678901234567890/include/"
                     "linux/skmsg.h#L451\" rel=\"noreferrer\">include/linux/skmsg.h:451</a> "
                     "[inline]\n");
    assert_has(text, "/arch/x86/entry.S#L12\" rel=\"noreferrer\">./arch/x86/entry.S:12</a>");
    assert_has(text, "/tail.c#L5\" rel=\"noreferrer\">tail.c:5</a></pre>");
    assert_lacks(text, "/etc/passwd.c#");
    assert_lacks(text, "b.c#L3");
    assert_lacks(text, "href=\"http:");
    assert_lacks(text, "<b>");
    assert_lacks(text, "nofile.txt#");
    assert_lacks(text, "#L99999999999999");
}

/* Where nobody says where sources are. */
static void test_source_url(void)
{
    g_autofree char *text = crash_of(NULL, "net/ipv4/tcp.c:7\n");

    assert_has(text, "href=\"https://git.kernel.org/pub/scm/linux/kernel/git/stable/linux.git/tree/"
                     "net/ipv4/tcp.c?id=1234567890123456789012345678901234567890#n7\"");
}

static void assert_list_has(const PageJobs *jobs, const char *part)
{
    g_autoptr(GBytes) page = page_jobs(&(PagePlace){0}, jobs);
    g_autofree char *text = g_strndup(g_bytes_get_data(page, NULL), g_bytes_get_size(page));

    assert_has(text, part);
}

/* A list of one hostile job. */
static void test_list(void)
{
    const char *evil = "</td><script>alert(1)</script>\x1b[0m\xe2\x80\xae\xff";
    JobRow row = {.id = 3,
                  .name = (char *)evil,
                  .kind = (char *)"cause",
                  .phase = (char *)"search",
                  .error = (char *)evil};
    JobFilter filter = {.text = "\"><script>&state=<", .kind = evil, .first = 50, .n_most = 50};
    Waiting waiting = {.queue = g_ptr_array_new()};
    PageJobs jobs = {.jobs = g_ptr_array_new(),
                     .rows = g_ptr_array_new(),
                     .filter = &filter,
                     .n_found = 200,
                     .waiting = &waiting,
                     .n_requests = 2};
    g_autoptr(GBytes) page = NULL;
    g_autofree char *text = NULL;

    g_ptr_array_add(jobs.rows, &row);
    g_ptr_array_add(jobs.jobs, NULL);
    page = page_jobs(&(PagePlace){0}, &jobs);
    text = g_strndup(g_bytes_get_data(page, NULL), g_bytes_get_size(page));
    assert_lacks(text, "<script>");
    assert_lacks(text, "\x1b");
    assert_lacks(text, "\xe2\x80\xae");
    assert_has(text, "51 to 51 of 200");
    assert_has(text, "No daemon works here: 2 wait.");
    assert_has(text, "text=%22%3E%3Cscript%3E%26state%3D%3C&amp;state=any");
    g_assert_true(g_utf8_validate(text, -1, NULL));
    /* What a daemon will take soon is nothing to be alarmed of. */
    jobs.has_daemon = TRUE;
    assert_list_has(&jobs, "<p class=\"notice\" id=\"requests\" role=\"status\">2 requests on ");
    g_ptr_array_unref(jobs.rows);
    g_ptr_array_unref(jobs.jobs);
    g_ptr_array_unref(waiting.queue);
}

/* A console is a part of it, with a way to the others. */
static void test_console(void)
{
    static const char bytes[] = "<!-- \x1b]0;x\x07 --> \0 <b>";
    PageConsole console = {.job = 2,
                           .trial = 9,
                           .job_name = "<i>",
                           .commit = "1234567890123456789012345678901234567890",
                           .title = "<u>",
                           .bytes = bytes,
                           .n_bytes = sizeof bytes - 1,
                           .offset = 70000,
                           .n_total = 200000};
    g_autoptr(GBytes) page = page_console(&(PagePlace){0}, &console);
    g_autofree char *text = g_strndup(g_bytes_get_data(page, NULL), g_bytes_get_size(page));

    assert_has(text, "href=\"/jobs/2/trials/9?from=4464\"");
    assert_has(text, "href=\"/jobs/2/trials/9?raw=1\"");
    assert_has(text, "&lt;!-- ");
    assert_has(text, " \xef\xbf\xbd &lt;b&gt;</pre>");
    assert_lacks(text, "<i>");
    assert_lacks(text, "<u>");
}

static void assert_told(const char *complaint, const char *told, const char *key)
{
    const char *found = NULL;
    g_autofree char *text = submit_complaint(complaint, &found);

    g_assert_cmpstr(text, ==, told);
    g_assert_cmpstr(found, ==, key);
}

/* The form speaks of its fields, and of no options. */
static void test_complaints(void)
{
    assert_told("--tree is missing: the git repository", "Tree is missing: the git repository",
                "tree");
    assert_told("--repo: no such folder", "Tree: no such folder", "tree");
    assert_told("--good: is the same commit as --bad", "Good: is the same commit as Start", "good");
    assert_told("--test is missing: a command", "Test command is missing: a command", "test");
    assert_told("--trial-timeout: at least 1 second",
                "More options: trial-timeout: at least 1 second", "more");
    assert_told("--title-match: give it or --title, not both",
                "More options: title-match: give it or Title, not both", "more");
    assert_told("--config: /a--tree/b does not exist", "Config: /a--tree/b does not exist",
                "config");
    assert_told("git is not installed", "git is not installed", NULL);
    assert_told("--\xff", "--\xff", NULL);
}

static void test_submit(void)
{
    g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GBytes) page = NULL;
    g_autofree char *text = NULL;

    g_hash_table_insert(values, (char *)"kind", (char *)"run");
    page = page_submit(&(PagePlace){.may_write = TRUE}, "--test is missing: <b>", values);
    text = g_strndup(g_bytes_get_data(page, NULL), g_bytes_get_size(page));
    assert_has(text, "role=\"alert\" id=\"wrong-test\">Test command is missing: &lt;b&gt;</p>");
    assert_has(text, "aria-describedby=\"wrong-test needed-test hint-test\" aria-invalid=\"true\" "
                     "autofocus>");
    assert_has(text, "<option value=\"run\" selected>");
    assert_has(text, "name=\"build\"");
    assert_has(text, "<span class=\"needed\" id=\"needed-good\"><span class=\"for-run\">required");
    assert_lacks(text, "<b>");
    g_assert_true(page_submit_has_field("run", "build"));
    g_assert_false(page_submit_has_field("fix", "build"));
    g_assert_false(page_submit_has_field("run", "repro"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pages/diff", test_diff);
    g_test_add_func("/pages/long-diff", test_long_diff);
    g_test_add_func("/pages/crash", test_crash);
    g_test_add_func("/pages/source-url", test_source_url);
    g_test_add_func("/pages/list", test_list);
    g_test_add_func("/pages/console", test_console);
    g_test_add_func("/pages/complaints", test_complaints);
    g_test_add_func("/pages/submit", test_submit);
    return g_test_run();
}
