/* SPDX-License-Identifier: Apache-2.0
 * Large graphs for benches, made of real ones.
 */
#pragma once

#include <glib.h>
#include <string.h>
#include <time.h>

/* Milliseconds of this process's one thread, so that what else runs on the machine does not count.
 */
static inline double cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

/* Appends the graph @dag, whose baseline becomes a child of the last of the @n commits that @graph
 * has. Returns how many it has then. */
static inline guint append_copy(GString *graph, guint n, const char *dag)
{
    guint n_lines = 0;

    for (const char *line = dag; *line != '\0'; n_lines++) {
        const char *end = strchrnul(line, '\n');

        if (n_lines == 0 && n > 0) {
            g_string_append_printf(graph, "%u", n - 1);
        } else if (n_lines > 0 && line == end) {
            g_string_append_printf(graph, "%u", n);
        }
        while (line < end) {
            char *after;
            guint64 parent = g_ascii_strtoull(line, &after, 10);

            g_string_append_printf(graph, "%" G_GUINT64_FORMAT " ", n + parent);
            line = after + strspn(after, " ");
        }
        g_string_append_c(graph, '\n');
        line = end + (*end == '\n');
    }
    return n + n_lines;
}

/* The text of a DAG file: @n_copies times the real graphs of the files @paths, each hung on the tip
 * of the one before. */
static inline GString *make_graph(guint n_copies, char *const *paths)
{
    GString *graph = g_string_new(NULL);
    guint n = 0;

    for (guint i = 0; i < n_copies; i++) {
        for (guint file = 0; paths[file] != NULL; file++) {
            g_autofree char *dag = NULL;
            g_autoptr(GError) error = NULL;

            if (!g_file_get_contents(paths[file], &dag, NULL, &error)) {
                g_error("%s", error->message);
            }
            n = append_copy(graph, n, dag);
        }
    }
    return graph;
}
