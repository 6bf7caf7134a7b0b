/* SPDX-License-Identifier: Apache-2.0
 * How long repo_load_range() takes on a large repository with a commit-graph, as `git gc` writes
 * it: the graph is made into a real repository by `git fast-import`. Wall time, since most of it is
 * git's, and CPU time of both, since other things run on the machine.
 *
 *     bench-load COPIES FILE.dag ...
 */
#include "graph.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "repo/repo.h"

#define N_LOADS 5

static void git(const char *dir, const char *stdin_path, const char *const *args)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    g_autoptr(GError) error = NULL;

    g_subprocess_launcher_set_cwd(launcher, dir);
    g_subprocess_launcher_set_stdin_file_path(launcher, stdin_path);
    g_autoptr(GSubprocess) process = g_subprocess_launcher_spawnv(launcher, args, &error);
    if (process == NULL || !g_subprocess_wait_check(process, NULL, &error)) {
        g_error("%s %s: %s", args[0], args[1], error->message);
    }
}

#define GIT(dir, stdin_path, ...)                                                                  \
    git(dir, stdin_path, (const char *const[]){"git", __VA_ARGS__, NULL})

/* With two branches only, unlike graph_fast_import(): good, the first commit, and bad, the last. */
static void import(const char *dir, const History *history)
{
    g_autoptr(GString) stream = g_string_new(NULL);
    g_autofree char *path = g_build_filename(dir, "stream", NULL);
    g_autoptr(GError) error = NULL;

    for (guint32 r = 0; r < history_size(history); r++) {
        guint n_parents;
        const guint32 *parents = history_parents(history, r, &n_parents);

        g_string_append_printf(stream,
                               "reset refs/heads/bad\ncommit refs/heads/bad\nmark :%u\n"
                               "committer T <t@example.org> %u +0000\ndata <<.\n%u\n.\n",
                               r + 1, 1000000000 + r, r);
        for (guint i = 0; i < n_parents; i++) {
            g_string_append_printf(stream, "%s :%u\n", i == 0 ? "from" : "merge", parents[i] + 1);
        }
        g_string_append(stream, r == 0 ? "\nreset refs/heads/good\nfrom :1\n\n" : "\n");
    }
    if (!g_file_set_contents(path, stream->str, (gssize)stream->len, &error)) {
        g_error("%s", error->message);
    }
    GIT(dir, "/dev/null", "init", "-q", "--bare", ".");
    GIT(dir, path, "fast-import", "--quiet", "--force");
    g_unlink(path);
}

/* Of this process, or of the gits that have ended. */
static double used_cpu_ms(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

static double load_ms(const char *dir, guint *ret_n)
{
    g_autoptr(GError) error = NULL;
    gint64 start = g_get_monotonic_time();
    g_autoptr(Repo) repo = repo_open(dir, &error);
    g_autoptr(Range) range = repo != NULL ? repo_load_range(repo, "good", "bad", &error) : NULL;
    double ms = (double)(g_get_monotonic_time() - start) / 1000;

    g_assert_no_error(error);
    *ret_n = history_size(range->history);
    return ms;
}

static void measure(const char *dir, const char *what)
{
    double least_ms = G_MAXDOUBLE;
    double own_ms = used_cpu_ms(RUSAGE_SELF);
    double git_ms = used_cpu_ms(RUSAGE_CHILDREN);
    guint n;

    for (guint i = 0; i < N_LOADS; i++) {
        least_ms = MIN(least_ms, load_ms(dir, &n));
    }
    own_ms = (used_cpu_ms(RUSAGE_SELF) - own_ms) / N_LOADS;
    git_ms = (used_cpu_ms(RUSAGE_CHILDREN) - git_ms) / N_LOADS;
    g_print(
        "%u commits, %s: opened and loaded in %.0f ms (the best of %u); CPU in the mean %.0f ms "
        "ours, %.0f ms git's\n",
        n, what, least_ms, N_LOADS, own_ms, git_ms);
}

int main(int argc, char **argv)
{
    guint n_copies = argc > 2 ? (guint)atoi(argv[1]) : 0;
    g_autofree char *dir = g_dir_make_tmp("bench-load-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;

    if (n_copies == 0 || dir == NULL) {
        g_printerr("usage: bench-load COPIES FILE.dag ...\n");
        return EXIT_FAILURE;
    }
    GString *graph = make_graph(n_copies, argv + 2);
    g_autoptr(History) history = history_parse(graph->str, graph->len, &error);
    g_assert_no_error(error);
    g_string_free(graph, TRUE);
    import(dir, history);
    measure(dir, "no commit-graph");
    GIT(dir, "/dev/null", "commit-graph", "write", "--reachable", "--no-progress");
    measure(dir, "with a commit-graph");
    g_autoptr(GSubprocess) rm =
        g_subprocess_new(G_SUBPROCESS_FLAGS_NONE, NULL, "rm", "-rf", dir, NULL);
    g_assert_true(rm != NULL && g_subprocess_wait_check(rm, NULL, NULL));
    return EXIT_SUCCESS;
}
