/* SPDX-License-Identifier: Apache-2.0
 * Programs in the sandbox: what they may write, what they see, and how they end.
 */
#include <glib/gstdio.h>

#include "process/process.h"

/* Run a script with @writable; its stdout. */
static char *run(const Sandbox *sandbox, const char *script, const char *cwd, const char *writable)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    const char *paths[] = {writable, NULL};
    const char *readable[] = {cwd, NULL};
    g_auto(GStrv) boxed = sandbox_wrap(sandbox, argv, cwd, readable, paths);
    ProcessSpec spec = {.argv = (const char *const *)boxed, .cwd = cwd};
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(process_run(&spec, &result, &error));
    return g_strchomp(g_steal_pointer(&result->out));
}

static void test_box(void)
{
    g_autoptr(Sandbox) sandbox = sandbox_new();
    g_autofree char *dir = g_dir_make_tmp("firstbad-box-XXXXXX", NULL);
    g_autofree char *may = g_build_filename(dir, "may", NULL);
    g_autofree char *file = g_build_filename(may, "x", NULL);
    g_autofree char *out = NULL, *text = NULL;

    if (*sandbox_missing(sandbox)) {
        g_test_skip(sandbox_missing(sandbox));
        g_rmdir(dir);
        return;
    }
    g_mkdir(may, 0755);
    out = run(sandbox,
              "echo 1 2>/dev/null >x || echo no; echo 2 >may/x; touch /tmp/mine && echo tmp;"
              "pwd; ls /proc | grep -c '^[0-9]'; ls /sys/class/net >/dev/null; cat /proc/net/route "
              "| wc -l",
              dir, may);
    g_auto(GStrv) lines = g_strsplit(out, "\n", -1);

    g_assert_cmpuint(g_strv_length(lines), ==, 5);
    g_assert_cmpstr(lines[0], ==, "no");
    g_assert_cmpstr(lines[1], ==, "tmp");
    g_assert_cmpstr(lines[2], ==, dir);
    g_assert_cmpint(atoi(lines[3]), <, 10); /* sees only its own processes */
    g_assert_cmpstr(lines[4], ==, "1");     /* a header and no route */
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "2\n");
    g_assert_false(g_file_test("/tmp/mine", G_FILE_TEST_EXISTS));
    g_unlink(file);
    g_rmdir(may);
    g_rmdir(dir);
}

/* Without bubblewrap the program runs plainly. */
static void test_no_box(void)
{
    g_autofree char *path = g_strdup(g_getenv("PATH"));
    g_autoptr(Sandbox) sandbox = NULL;
    const char *argv[] = {"make", "all", NULL};
    g_auto(GStrv) plain = NULL;

    g_setenv("PATH", "/nonexistent", TRUE);
    sandbox = sandbox_new();
    g_setenv("PATH", path, TRUE);
    plain = sandbox_wrap(sandbox, argv, "/", NULL, NULL);
    g_assert_cmpstr(sandbox_missing(sandbox), ==, "bwrap is not installed");
    g_assert_true(g_strv_equal((const char *const *)plain, argv));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sandbox/box", test_box);
    g_test_add_func("/sandbox/no-box", test_no_box);
    return g_test_run();
}
