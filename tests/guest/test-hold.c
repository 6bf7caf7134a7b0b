/* SPDX-License-Identifier: Apache-2.0
 * PID 1's way to hold a program before it begins, on this machine's own kernel.
 */
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/init/hold.h"
#include "guest/program.h"

typedef struct Fixture {
    char *path, *bytes;
    gsize n_bytes;
    int out[2];
    Launch child;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused)
{
    fixture->path = g_test_build_filename(G_TEST_BUILT, "tests", "guest", "held", NULL);
    g_assert_true(g_file_get_contents(fixture->path, &fixture->bytes, &fixture->n_bytes, NULL));
    g_assert_cmpint(pipe2(fixture->out, O_CLOEXEC | O_NONBLOCK), ==, 0);
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    close(fixture->out[0]);
    close(fixture->out[1]);
    g_free(fixture->path);
    g_free(fixture->bytes);
    /* Nobody is left. */
    g_assert_cmpint(waitpid(-1, NULL, WNOHANG | __WALL), ==, -1);
}

static gboolean can_trace(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        pause();
        _exit(0);
    }
    gboolean can = ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    if (!can) {
        g_test_skip("programs cannot be traced here");
    }
    return can;
}

static void start(Fixture *fixture, const char *path)
{
    const char *const argv[] = {path, NULL};

    g_assert_true(launch(&fixture->child, "", argv, "/", fixture->out[1]));
}

/* What it said since. Owned by the caller. */
static char *said(const Fixture *fixture)
{
    char text[256];
    ssize_t n = read(fixture->out[0], text, sizeof text);

    return g_strndup(text, n > 0 ? (gsize)n : 0);
}

/* Let it go, and wait for its end. */
static int finish(Fixture *fixture)
{
    int status;

    g_assert_cmpint(launch_go(&fixture->child), ==, fixture->child.pid);
    g_assert_cmpint(waitpid(fixture->child.pid, &status, 0), ==, fixture->child.pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_start(Fixture *fixture, gconstpointer unused)
{
    if (!can_trace()) {
        return;
    }
    start(fixture, fixture->path);
    g_assert_true(hold(&fixture->child, 0));
    g_autofree char *before = said(fixture);
    g_assert_cmpstr(before, ==, "");
    g_assert_cmpint(waitpid(fixture->child.pid, NULL, WNOHANG | __WALL), ==, 0);
    g_assert_cmpint(finish(fixture), ==, 7);
    g_autofree char *after = said(fixture);
    g_assert_cmpstr(after, ==, "early\nTracerPid:\t0\n");
}

static void test_main(Fixture *fixture, gconstpointer unused)
{
    guint64 address = program_main(fixture->bytes, fixture->n_bytes);

    if (!can_trace()) {
        return;
    }
    g_assert_cmpuint(address, >, 0);
    start(fixture, fixture->path);
    g_assert_true(hold(&fixture->child, address));
    g_autofree char *before = said(fixture);
    g_assert_cmpstr(before, ==, "early\n");
    g_assert_cmpint(waitpid(fixture->child.pid, NULL, WNOHANG | __WALL), ==, 0);
    g_assert_cmpint(finish(fixture), ==, 7);
    g_autofree char *after = said(fixture);
    g_assert_cmpstr(after, ==, "TracerPid:\t0\n");
}

/* There is no such place; or it is one, the file's header, but the program ends without coming
 * there. */
static void test_elsewhere(Fixture *fixture, gconstpointer unused)
{
    static const guint64 addresses[] = {16, 0x400000};

    if (!can_trace()) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(addresses); i++) {
        start(fixture, fixture->path);
        g_assert_false(hold(&fixture->child, addresses[i]));
    }
}

static void test_no_program(Fixture *fixture, gconstpointer unused)
{
    start(fixture, "/no/such/program");
    g_assert_true(hold(&fixture->child, 0));
    g_assert_cmpint(launch_go(&fixture->child), ==, -1);
    g_assert_cmpint(errno, ==, ENOENT);
}

/* Not held, it waits before its exec. */
static void test_gate(Fixture *fixture, gconstpointer unused)
{
    start(fixture, fixture->path);
    g_assert_cmpint(fixture->child.gate, >=, 0);
    g_autofree char *before = said(fixture);
    g_assert_cmpstr(before, ==, "");
    g_assert_cmpint(finish(fixture), ==, 7);
}

/* Any part of the file, and any byte of its tables changed, is read without harm. */
static void test_symbols(Fixture *fixture, gconstpointer unused)
{
    guint64 address = program_main(fixture->bytes, fixture->n_bytes);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);

    for (gsize n = 0; n < fixture->n_bytes; n += 997) {
        g_autofree char *part = g_memdup2(fixture->bytes, n);
        guint64 found = program_main(part, n);

        g_assert_true(found == 0 || found == address);
    }
    for (guint i = 0; i < 2000; i++) {
        g_autofree char *bytes = g_memdup2(fixture->bytes, fixture->n_bytes);
        gsize n_header = 64, n_tables = 4096;
        gsize at = i % 2
                       ? (gsize)g_rand_int_range(random, 0, (gint)n_header)
                       : fixture->n_bytes - 1 - (gsize)g_rand_int_range(random, 0, (gint)n_tables);

        bytes[at] = (char)g_rand_int(random);
        program_main(bytes, fixture->n_bytes);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/hold/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("start", test_start);
    ADD("main", test_main);
    ADD("elsewhere", test_elsewhere);
    ADD("no-program", test_no_program);
    ADD("gate", test_gate);
    ADD("symbols", test_symbols);
    return g_test_run();
}
