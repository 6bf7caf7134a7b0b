/* SPDX-License-Identifier: Apache-2.0
 * Programs we run: output, failure, time limit, cancelling, memory limit.
 */
#include "process/process.h"

#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static ProcessResult *run(const ProcessSpec *spec)
{
    g_autoptr(GError) error = NULL;
    ProcessResult *result = NULL;

    process_run(spec, &result, &error);
    g_assert_no_error(error);
    return result;
}

static void test_output(void)
{
    const char *argv[] = {"sh", "-c", "tr a-z A-Z; echo oops >&2; exit 3", NULL};
    ProcessSpec spec = {.argv = argv, .input = "hello", .n_input = 5};
    g_autoptr(ProcessResult) result = run(&spec);
    g_autofree char *how = process_describe(result);

    g_assert_cmpstr(result->out, ==, "HELLO");
    g_assert_cmpstr(result->err, ==, "oops\n");
    g_assert_cmpint(result->exit_status, ==, 3);
    g_assert_false(process_succeeded(result));
    g_assert_cmpstr(how, ==, "exited with 3");
}

/* The script prints @n_bytes 'x' and then "end" to both; each comes back as @n_head of them, a
 * line, and a tail; @n_left_out 0: all of them. */
static void assert_excerpt(gsize n_bytes, gsize limit_bytes, gsize n_head, gsize n_left_out)
{
    g_autofree char *script = g_strdup_printf("print() { head -c %" G_GSIZE_FORMAT
                                              " /dev/zero | tr '\\0' x; printf end; };"
                                              "print >&2 & print; wait",
                                              n_bytes);
    const char *argv[] = {"sh", "-c", script, NULL};
    ProcessSpec spec = {.argv = argv, .output_limit_bytes = limit_bytes};
    g_autoptr(ProcessResult) result = run(&spec);
    g_autofree char *line = g_strdup_printf("\n[%" G_GSIZE_FORMAT " bytes left out]\n", n_left_out);
    g_autoptr(GString) want = g_string_new(NULL);

    for (gsize i = 0; i < n_bytes - n_left_out; i++) {
        if (n_left_out && i == n_head) {
            g_string_append(want, line);
        }
        g_string_append_c(want, 'x');
    }
    g_string_append(want, "end");
    g_assert_cmpuint(result->n_out, ==, want->len);
    g_assert_true(g_str_equal(result->out, want->str));
    g_assert_true(g_str_equal(result->err, want->str));
}

static void test_output_limit(void)
{
    const gsize mib = 1 << 20;

    assert_excerpt(20 * mib, 0, mib, 18 * mib + 3);
    assert_excerpt(2 * mib - 3, 0, mib, 0);
    assert_excerpt(2 * mib - 2, 0, mib, 1);
    assert_excerpt(3 * mib - 1, 0, mib, mib + 2);
    assert_excerpt(20 * mib, PROCESS_OUTPUT_WHOLE, 0, 0);
    assert_excerpt(100, 10, 5, 93);
}

/* Whatever the sizes of the pieces, what is kept is the beginning and the end. */
static void test_excerpt(void)
{
    for (gsize limit = 2; limit <= 64; limit += 2) {
        for (gsize n_all = 0; n_all < 150; n_all++) {
            g_autoptr(Excerpt) excerpt = excerpt_new(limit);
            g_autofree char *all = g_malloc(n_all + 1);

            for (gsize i = 0; i < n_all; i++) {
                all[i] = (char)('!' + i % 90);
            }
            for (gsize at = 0, n = 1; at < n_all; at += n, n = n * 3 % 41) {
                n = MIN(n, n_all - at);
                excerpt_add(excerpt, all + at, n);
            }
            gsize n_kept;
            g_autofree char *kept = excerpt_text(excerpt, "<# bytes>", &n_kept);
            if (n_all <= limit) {
                g_assert_cmpmem(kept, n_kept, all, n_all);
            } else {
                g_autofree char *said = g_strdup_printf("\n<%zu bytes>\n", n_all - limit);

                g_assert_cmpmem(kept, limit / 2, all, limit / 2);
                g_assert_cmpmem(kept + n_kept - limit / 2, limit / 2, all + n_all - limit / 2,
                                limit / 2);
                g_assert_nonnull(g_strstr_len(kept, (gssize)n_kept, said));
            }
        }
    }
}

static void test_environment_and_merged(void)
{
    const char *argv[] = {"sh", "-c", "echo $WHO${G_TEST_SRCDIR-} in $(pwd); echo err >&2", NULL};
    const char *env[] = {"WHO=me", "G_TEST_SRCDIR", NULL};
    ProcessSpec spec = {.argv = argv, .env = env, .cwd = "/", .merged = TRUE};
    g_autoptr(ProcessResult) result = run(&spec);

    g_assert_true(process_succeeded(result));
    g_assert_cmpstr(result->out, ==, "me in /\nerr\n");
    g_assert_cmpstr(result->err, ==, "");
}

static void test_time_limit_ends_the_group(void)
{
    /* The grandchild holds stdout open: without an end of the whole group this would wait for a
     * minute. */
    const char *argv[] = {"sh", "-c", "sleep 60 & sleep 60", NULL};
    ProcessSpec spec = {.argv = argv, .timeout_ms = 50};
    g_autoptr(ProcessResult) result = run(&spec);

    g_assert_true(result->timed_out);
    g_assert_cmpint(result->term_signal, ==, SIGKILL);
}

/* A child that the program leaves in the background holds its output open: nobody waits for it. */
static void assert_not_waited_for(const char *script, gboolean merged)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    ProcessSpec spec = {.argv = argv, .timeout_ms = 20 * 1000, .merged = merged};
    g_autoptr(ProcessResult) result = run(&spec);

    g_assert_false(result->timed_out);
    g_assert_cmpint(result->exit_status, ==, 3);
    g_assert_cmpstr(result->out, ==, merged ? "said\nwarned\n" : "said\n");
    g_assert_cmpstr(result->err, ==, merged ? "" : "warned\n");
}

/* Does the process whose number a script wrote to @path live? Not when it is a zombie. */
static gboolean lives(const char *path)
{
    g_autofree char *pid = NULL, *cmdline = NULL, *arguments = NULL;
    gsize n = 0;

    g_assert_true(g_file_get_contents(path, &pid, NULL, NULL));
    cmdline = g_build_filename("/proc", g_strchomp(pid), "cmdline", NULL);
    return g_file_get_contents(cmdline, &arguments, &n, NULL) && n > 0;
}

/* A script that ends with 3 when its child, started by @starter, is under way. */
static char *background_script(const char *starter, const char *path)
{
    return g_strdup_printf("%s sh -c 'echo $$ >%s; exec sleep 60' & while ! test -s %s; do :; "
                           "done; echo said; echo warned >&2; exit 3",
                           starter, path, path);
}

static void test_background_child(void)
{
    g_autofree char *dir = g_dir_make_tmp("firstbad-process-XXXXXX", NULL);
    g_autofree char *pid = g_build_filename(dir, "pid", NULL);
    g_autofree char *script = background_script("", pid);

    assert_not_waited_for(script, FALSE);
    g_assert_false(lives(pid));
    g_unlink(pid);
    assert_not_waited_for(script, TRUE);
    g_unlink(pid);
    g_rmdir(dir);
}

static void test_background_session(void)
{
    g_autofree char *dir = g_dir_make_tmp("firstbad-process-XXXXXX", NULL);
    g_autofree char *pid = g_build_filename(dir, "pid", NULL);
    g_autofree char *script = background_script("setsid", pid), *text = NULL;

    assert_not_waited_for(script, FALSE);
    g_assert_true(lives(pid) && g_file_get_contents(pid, &text, NULL, NULL));
    kill(atoi(text), SIGKILL);
    g_unlink(pid);
    g_rmdir(dir);
}

static void test_marked(void)
{
    g_autofree char *dir = g_dir_make_tmp("firstbad-process-XXXXXX", NULL);
    g_autofree char *mark = g_strconcat("FIRSTBAD_TEST=", dir, NULL);
    g_autofree char *other_mark = g_strconcat(mark, "2", NULL);
    const char *marks[] = {mark, other_mark}, *names[] = {"marked", "other"};
    g_autofree char *marked = g_build_filename(dir, names[0], NULL);
    g_autofree char *other = g_build_filename(dir, names[1], NULL);
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < 2; i++) {
        const char *env[] = {marks[i], NULL};
        g_autofree char *script = background_script("setsid", i ? other : marked);
        const char *argv[] = {"sh", "-c", script, NULL};
        ProcessSpec spec = {.argv = argv, .env = env};
        g_autoptr(ProcessResult) result = run(&spec);
    }
    g_assert_true(lives(marked) && lives(other));
    g_assert_true(process_end_marked(mark, &error));
    g_assert_false(lives(marked));
    g_assert_true(lives(other));
    g_assert_true(process_end_marked(other_mark, &error));
    g_assert_false(lives(other));
    g_unlink(marked);
    g_unlink(other);
    g_rmdir(dir);
}

static void test_memory_limit(void)
{
    const char *argv[] = {"sh", "-c", "ulimit -v", NULL};
    ProcessSpec spec = {.argv = argv, .memory_limit_bytes = 512 << 20};
    g_autoptr(ProcessResult) result = run(&spec);

    g_assert_cmpstr(result->out, ==, "524288\n");
}

/* A file without end ends its writer, who leaves no core. */
static void test_file_limit(void)
{
    const char *argv[] = {"sh", "-c", "ulimit -c; truncate -s 2M file && echo wrong; rm -f file",
                          NULL};
    g_autofree char *dir = g_dir_make_tmp("firstbad-process-XXXXXX", NULL);
    ProcessSpec spec = {.argv = argv, .cwd = dir, .file_limit_bytes = 1 << 20};
    g_autoptr(ProcessResult) result = run(&spec);

    g_assert_cmpstr(result->out, ==, "0\n");
    g_assert_cmpint(g_rmdir(dir), ==, 0);
}

/* What a program says of its disk is no proof; and of some disks nobody knows. */
static void test_room(void)
{
    const char *argv[] = {"sh", "-c", "echo 'x: No space left on device' >&2; exit 1", NULL};
    g_autoptr(ProcessResult) result = run(&(ProcessSpec){.argv = argv});

    g_assert_false(process_lacked_room(result, "/proc"));
    g_assert_false(process_lacked_room(result, "/nowhere"));
}

/* Memory that runs out takes our children before it takes us. */
static void test_oom_order(void)
{
    const char *argv[] = {"cat", "/proc/self/oom_score_adj", NULL};
    g_autoptr(ProcessResult) result = run(&(ProcessSpec){.argv = argv});

    g_assert_cmpstr(result->out, ==, "500\n");
}

static void test_missing_program_is_an_error(void)
{
    const char *argv[] = {"no-such-program-of-firstbad", NULL};
    ProcessSpec spec = {.argv = argv};
    g_autoptr(GError) error = NULL;
    ProcessResult *result = NULL;

    g_assert_false(process_run(&spec, &result, &error));
    g_assert_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
    g_assert_null(result);
}

static void test_ask(void)
{
    const char *yes[] = {"echo", "a b", NULL},
               *no[] = {"sh", "-c", "echo because >&2; exit 4", NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = process_ask(NULL, yes, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(answer, ==, "a b");
    g_assert_null(process_ask(NULL, no, &error));
    g_assert_nonnull(strstr(error->message, "exited with 4: because"));
}

/* A child that comes to its set-up when its parent is gone already: the kernel sends it no signal
 * for that any more, so it has to end by itself. */
static void test_parent_gone_before_setup(void)
{
    char byte;
    int fds[2];
    pid_t parent;

    g_assert_cmpint(pipe(fds), ==, 0);
    parent = fork();
    if (parent == 0) {
        pid_t pid = getpid();

        if (fork() == 0) {
            while (getppid() == pid) {
                sched_yield();
            }
            process_child_setup(GINT_TO_POINTER(pid));
            g_assert_cmpint(write(fds[1], "x", 1), ==, 1);
        }
        _exit(0);
    }
    g_assert_cmpint(waitpid(parent, NULL, 0), ==, parent);
    close(fds[1]);
    g_assert_cmpint(read(fds[0], &byte, 1), ==, 0); /* closed without a byte */
    close(fds[0]);
}

/* Programs expect to be ended by SIGPIPE, though we ignore it ourselves. */
static void test_pipe_signal(void)
{
    const char *argv[] = {"sh", "-c", "kill -PIPE $$; exit 0", NULL};
    ProcessSpec spec = {.argv = argv};
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    g_autoptr(ProcessResult) result = run(&spec);

    signal(SIGPIPE, before);
    g_assert_cmpint(result->term_signal, ==, SIGPIPE);
}

static void test_input_nobody_reads(void)
{
    const char *argv[] = {"sh", "-c", "exec <&-; echo said", NULL};
    g_autofree char *input = g_strnfill(1 << 20, 'x');
    ProcessSpec spec = {.argv = argv, .input = input, .n_input = 1 << 20};
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    g_autoptr(ProcessResult) result = run(&spec);

    signal(SIGPIPE, before);
    g_assert_true(process_succeeded(result));
    g_assert_cmpstr(result->out, ==, "said\n");
}

static void cancelled(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GError) error = NULL;
    ProcessResult *result = NULL;

    g_assert_false(process_run_finish(res, &result, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_main_loop_quit(data);
}

static gboolean cancel(gpointer data)
{
    g_cancellable_cancel(data);
    return G_SOURCE_REMOVE;
}

static void assert_cancels(const char *script)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    ProcessSpec spec = {.argv = argv};
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();

    process_run_async(&spec, cancellable, cancelled, loop);
    g_idle_add(cancel, cancellable);
    g_main_loop_run(loop);
}

static void test_cancel(void)
{
    assert_cancels("sleep 60 & sleep 60");
    assert_cancels("setsid sleep 2 & sleep 60");
}

/* What is left of a variable that said @text; NULL: it is not set. */
static void assert_search(const char *variable, const char *text, const char *left)
{
    g_autofree char *before = g_strdup(g_getenv(variable));

    if (text) {
        g_setenv(variable, text, TRUE);
    } else {
        g_unsetenv(variable);
    }
    process_search_no_cwd();
    g_assert_cmpstr(g_getenv(variable), ==, left);
    if (before) {
        g_setenv(variable, before, TRUE);
    } else {
        g_unsetenv(variable);
    }
}

static void test_search_no_cwd(void)
{
    assert_search("PATH", "/a:/b c", "/a:/b c");
    assert_search("PATH", ":/a:.:bin:./x:../y:/b:", "/a:/b");
    assert_search("PATH", "", "/usr/local/bin:/usr/bin:/bin");
    assert_search("PATH", NULL, "/usr/local/bin:/usr/bin:/bin");
    assert_search("LD_LIBRARY_PATH", "/opt/lib:", "/opt/lib");
    assert_search("LD_LIBRARY_PATH", "/a;;lib;$LIB", "/a");
    assert_search("LD_LIBRARY_PATH", "", NULL);
    assert_search("LD_LIBRARY_PATH", NULL, NULL);
    assert_search("LD_PRELOAD", "libfakeroot.so ./evil.so:/x.so", "libfakeroot.so:/x.so");
    assert_search("LD_AUDIT", "evil/a.so", NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/process/output", test_output);
    g_test_add_func("/process/output-limit", test_output_limit);
    g_test_add_func("/process/excerpt", test_excerpt);
    g_test_add_func("/process/environment-and-merged", test_environment_and_merged);
    g_test_add_func("/process/time-limit", test_time_limit_ends_the_group);
    g_test_add_func("/process/background-child", test_background_child);
    g_test_add_func("/process/background-session", test_background_session);
    g_test_add_func("/process/marked", test_marked);
    g_test_add_func("/process/memory-limit", test_memory_limit);
    g_test_add_func("/process/file-limit", test_file_limit);
    g_test_add_func("/process/room", test_room);
    g_test_add_func("/process/oom-order", test_oom_order);
    g_test_add_func("/process/missing", test_missing_program_is_an_error);
    g_test_add_func("/process/ask", test_ask);
    g_test_add_func("/process/parent-gone-before-setup", test_parent_gone_before_setup);
    g_test_add_func("/process/pipe-signal", test_pipe_signal);
    g_test_add_func("/process/input-nobody-reads", test_input_nobody_reads);
    g_test_add_func("/process/cancel", test_cancel);
    g_test_add_func("/process/search-no-cwd", test_search_no_cwd);
    return g_test_run();
}
