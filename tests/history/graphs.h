/* SPDX-License-Identifier: Apache-2.0
 * Graphs for tests: drawn as text, or random. For history/ and belief/.
 */
#pragma once

#include "history/history.h"

/* "| 0 | 0 1" : the parents of each revision, one field each, the first one empty. */
static inline History *graph_parse(const char *text)
{
    g_auto(GStrv) fields = g_strsplit(text, "|", -1);
    guint n = g_strv_length(fields);
    g_autofree guint32 *offsets = g_new0(guint32, n + 1);
    g_autoptr(GArray) parents = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint r = 0; r < n; r++) {
        const char *at = fields[r];
        char *end;

        for (guint64 p = g_ascii_strtoull(at, &end, 10); end != at;
             at = end, p = g_ascii_strtoull(at, &end, 10)) {
            guint32 parent = (guint32)p;

            g_array_append_val(parents, parent);
        }
        offsets[r + 1] = parents->len;
    }
    return history_new(n, offsets, (const guint32 *)(const void *)parents->data);
}

/* @n revisions, each behind the next. */
static inline History *graph_line(guint n)
{
    g_autofree guint32 *offsets = g_new0(guint32, n + 1);
    g_autofree guint32 *parents = g_new0(guint32, n);

    for (guint32 r = 1; r < n; r++) {
        offsets[r + 1] = r;
        parents[r - 1] = r - 1;
    }
    return history_new(n, offsets, parents);
}

/* What `git fast-import --cat-blob-fd=1` makes a repository of, with revision 3 as branch r3; it
 * answers with the id of each revision, one a line. Owned by the caller. */
static inline char *graph_fast_import(const History *history)
{
    GString *stream = g_string_new("feature done\n");

    for (guint32 r = 0; r < history_size(history); r++) {
        guint n_parents;
        const guint32 *parents = history_parents(history, r, &n_parents);

        g_string_append_printf(stream,
                               "reset refs/heads/r%u\ncommit refs/heads/r%u\nmark :%u\n"
                               "committer T <t@example.org> %u +0000\ndata <<.\n%u\n.\n",
                               r, r, r + 1, 1000 + r, r);
        for (guint i = 0; i < n_parents; i++) {
            g_string_append_printf(stream, "%s :%u\n", i == 0 ? "from" : "merge", parents[i] + 1);
        }
        g_string_append_printf(stream, "\nget-mark :%u\n", r + 1);
    }
    g_string_append(stream, "done\n");
    return g_string_free(stream, FALSE);
}

/* Of the revisions before @n, one that nobody has as a parent yet, or any. */
static inline guint32 graph_draw_tip(GRand *rand, const gboolean *has_child, guint32 n)
{
    guint32 from = (guint32)g_rand_int_range(rand, 0, (gint32)n);

    for (guint32 i = 0; i < n; i++) {
        if (!has_child[(from + i) % n]) {
            return (from + i) % n;
        }
    }
    return from;
}

/* @n revisions; most follow the one before, the others fork from anywhere; @merges of them have a
 * second parent, few a third: mostly the tip of a branch. The last one merges every loose end, as
 * the start of a job contains its whole range. */
static inline History *graph_random(GRand *rand, guint n, double merges)
{
    g_autofree guint32 *offsets = g_new0(guint32, n + 1);
    g_autofree gboolean *has_child = g_new0(gboolean, n);
    g_autoptr(GArray) parents = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint32 r = 1; r < n; r++) {
        gboolean forks = g_rand_double(rand) < 0.2;
        guint n_parents = g_rand_double(rand) < merges ? g_rand_int_range(rand, 2, 4) : 1;

        for (guint i = 0; i < n_parents; i++) {
            guint32 parent = r - 1;

            if (i > 0 && g_rand_double(rand) < 0.7) {
                parent = graph_draw_tip(rand, has_child, r);
            } else if (i > 0 || forks) {
                parent = (guint32)g_rand_int_range(rand, 0, (gint32)r);
            }
            g_array_append_val(parents, parent);
            has_child[parent] = TRUE;
        }
        for (guint32 loose = 0; r == n - 1 && loose < r; loose++) {
            if (!has_child[loose]) {
                g_array_append_val(parents, loose);
            }
        }
        offsets[r + 1] = parents->len;
    }
    return history_new(n, offsets, (const guint32 *)(const void *)parents->data);
}
