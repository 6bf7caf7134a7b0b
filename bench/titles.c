/* SPDX-License-Identifier: Apache-2.0
 * What it takes to know which revision contains a commit of which title.
 *
 *     bench-titles REPO
 */
#include <stdlib.h>

#include "graph.h"
#include "repo/repo.h"

#define N_QUESTIONS 20

int main(int argc, char **argv)
{
    const char *tips[] = {"HEAD", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(Repo) repo = argc > 1 ? repo_open(argv[1], &error) : NULL;
    gint64 start_us = g_get_monotonic_time();
    double start_ms = cpu_ms();
    g_autoptr(Titles) titles = repo ? repo_read_titles(repo, tips, &error) : NULL;

    if (!titles) {
        g_printerr("%s\n", error ? error->message : "bench-titles REPO");
        return EXIT_FAILURE;
    }
    g_print("read: %.2f s with git's part, of which %.2f s of CPU are ours\n",
            (double)(g_get_monotonic_time() - start_us) / 1e6, (cpu_ms() - start_ms) / 1000);
    start_ms = cpu_ms();
    for (guint i = 0; i < N_QUESTIONS; i++) {
        g_autofree char *name = g_strdup_printf("HEAD~%u", i), *id = repo_resolve(repo, name, NULL);

        titles_contain(titles, id, "a title that nobody has");
        titles_contain_id(titles, id, id);
    }
    g_print("a new revision: %.1f ms\n", (cpu_ms() - start_ms) / N_QUESTIONS);
    return EXIT_SUCCESS;
}
