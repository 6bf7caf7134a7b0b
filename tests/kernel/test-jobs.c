/* SPDX-License-Identifier: Apache-2.0
 * The job server: shares by themselves, and two real makes, boxed in, that share it.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel/jobs.h"
#include "process/process.h"

static guint n_unused(const JobClient *client)
{
    int n = -1;

    g_assert_cmpint(ioctl(job_client_fds(client)[0], FIONREAD, &n), ==, 0);
    return (guint)n;
}

/* As a make that starts so many jobs beside its first one. */
static void take(const JobClient *client, guint n)
{
    char token;

    for (guint i = 0; i < n; i++) {
        g_assert_cmpint(read(job_client_fds(client)[0], &token, 1), ==, 1);
    }
}

static JobClient *new_client(JobServer *server)
{
    g_autoptr(GError) error = NULL;
    JobClient *client = job_client_new(server, &error);

    g_assert_no_error(error);
    return client;
}

static void test_shares(void)
{
    g_autoptr(JobServer) server = job_server_new(6);
    JobClient *a = new_client(server);

    g_assert_cmpuint(n_unused(a), ==, 5);
    JobClient *b = new_client(server);
    g_assert_cmpuint(n_unused(a) + n_unused(b), ==, 4);
    g_assert_cmpuint(n_unused(b), >, 0);
    job_client_free(a);
    g_assert_cmpuint(n_unused(b), ==, 5);
    job_client_free(b);
}

/* What a make held when it was killed is not lost. */
static void test_killed(void)
{
    g_autoptr(JobServer) server = job_server_new(6);
    JobClient *a = new_client(server), *b = new_client(server);

    take(a, n_unused(a));
    job_client_free(a);
    g_assert_cmpuint(n_unused(b), ==, 5);
    job_client_free(b);
}

/* Guests come first; what makes hold is taken when they put it back. */
static void test_reserved(void)
{
    g_autoptr(JobServer) server = job_server_new(4);
    JobClient *a = new_client(server);

    job_server_reserve(server, 2);
    g_assert_cmpuint(n_unused(a), ==, 1);
    job_server_reserve(server, 9);
    g_assert_cmpuint(n_unused(a), ==, 0);
    job_server_reserve(server, 0);
    g_assert_cmpuint(n_unused(a), ==, 3);
    take(a, 3);
    job_server_reserve(server, 3);
    g_assert_cmpint(write(job_client_fds(a)[1], "+", 1), ==, 1);
    job_server_balance(server);
    g_assert_cmpuint(n_unused(a), ==, 0);
    job_client_free(a);
}

/* A token that nobody uses goes to who uses all of his. */
static void test_moves(void)
{
    g_autoptr(JobServer) server = job_server_new(6);
    JobClient *a = new_client(server), *b = new_client(server);
    guint n = n_unused(a);

    take(b, n_unused(b));
    job_server_balance(server);
    g_assert_cmpuint(n_unused(b), ==, 1);
    g_assert_cmpuint(n_unused(a), ==, n - 1);
    job_client_free(a);
    job_client_free(b);
}

/* --- Real makes ------------------------------------------------------------------------------ */

#define MAKEFILE                                                                                   \
    "all:\n\t+@$(MAKE) --no-print-directory jobs\n"                                                \
    "jobs: 1 2 3 4 5 6\n"                                                                          \
    "1 2 3 4 5 6:\n\t@echo + >>log; head -c 3000000 /dev/zero | sha256sum >/dev/null; echo - "     \
    ">>log\n"

static void on_ended(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(process_run_finish(res, &result, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(result->err, ==, "");
    g_assert_true(process_succeeded(result));
    (*(guint *)data)--;
}

static void start_make(const Sandbox *sandbox, const char *dir, JobClient *client, guint *n_running)
{
    g_autofree char *flags = g_strdup_printf("MAKEFLAGS= -j --jobserver-auth=%d,%d",
                                             PROCESS_FIRST_FD, PROCESS_FIRST_FD + 1);
    const char *argv[] = {"make", NULL}, *env[] = {flags, "MAKELEVEL", NULL};
    const char *writable[] = {dir, NULL};
    g_auto(GStrv) boxed = sandbox_wrap(sandbox, argv, dir, NULL, writable);
    ProcessSpec spec = {.argv = (const char *const *)boxed,
                        .cwd = dir,
                        .env = env,
                        .fds = job_client_fds(client),
                        .n_fds = 2};

    (*n_running)++;
    process_run_async(&spec, NULL, on_ended, n_running);
}

/* Together they never run more than there are cores, and do run several. */
static void test_makes(void)
{
    g_autoptr(JobServer) server = job_server_new(3);
    g_autoptr(Sandbox) sandbox = sandbox_new();
    g_autofree char *dir = g_build_filename(g_get_user_cache_dir(), "firstbad-jobs-XXXXXX", NULL);
    g_autofree char *makefile = NULL, *log_path = NULL, *log = NULL;
    JobClient *clients[2];
    guint n_running = 0, now = 0, most = 0, n_begun = 0;

    g_mkdir_with_parents(g_get_user_cache_dir(), 0700);
    g_assert_nonnull(g_mkdtemp(dir));
    makefile = g_build_filename(dir, "Makefile", NULL);
    log_path = g_build_filename(dir, "log", NULL);
    g_assert_true(g_file_set_contents(makefile, MAKEFILE, -1, NULL));
    for (guint i = 0; i < 2; i++) {
        clients[i] = new_client(server);
        start_make(sandbox, dir, clients[i], &n_running);
    }
    while (n_running) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpuint(n_unused(clients[0]) + n_unused(clients[1]), ==, 1);
    g_assert_true(g_file_get_contents(log_path, &log, NULL, NULL));
    for (const char *c = log; *c; c++) {
        n_begun += *c == '+';
        now += *c == '+' ? 1 : *c == '-' ? -1 : 0;
        most = MAX(most, now);
    }
    g_assert_cmpuint(n_begun, ==, 12);
    g_assert_cmpuint(most, >=, 2);
    g_assert_cmpuint(most, <=, 3);
    for (guint i = 0; i < 2; i++) {
        job_client_free(clients[i]);
    }
    g_unlink(log_path);
    g_unlink(makefile);
    g_rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jobs/shares", test_shares);
    g_test_add_func("/jobs/killed", test_killed);
    g_test_add_func("/jobs/reserved", test_reserved);
    g_test_add_func("/jobs/moves", test_moves);
    g_test_add_func("/jobs/makes", test_makes);
    return g_test_run();
}
