/* SPDX-License-Identifier: Apache-2.0
 * Where a range grows from.
 *
 * A range is what lies behind its tip and not behind its ends; the parents of its revisions that
 * are not in it are behind the ends. So whatever a revision of the range has from before the range
 * it has from the roots that it reaches; the newest of these are its merge bases with the ends. How
 * the roots lie to each other takes a graph of its own: from the youngest commit that is behind
 * them all.
 */
#include "repo/git.h"

void roots_free(Roots *roots)
{
    if (!roots) {
        return;
    }
    for (guint i = 0; roots->behind && i < roots->n; i++) {
        revision_set_free(roots->behind[i]);
    }
    g_free(roots->behind);
    g_strfreev(roots->commits);
    g_clear_pointer(&roots->index, g_hash_table_unref);
    g_clear_pointer(&roots->edges, g_array_unref);
    g_free(roots);
}

gint64 roots_find(const Roots *roots, const char *commit)
{
    gpointer root;

    return g_hash_table_lookup_extended(roots->index, commit, NULL, &root)
               ? (gint64)GPOINTER_TO_UINT(root)
               : -1;
}

/* The ids of all roots, in no order. A set of strings of @range. */
static GHashTable *collect(const Range *range)
{
    GHashTable *ids = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint32 r = 1; r < history_size(range->history); r++) {
        g_autoptr(GPtrArray) parents = range_parents(range, r);

        for (guint i = 0; i < parents->len; i++) {
            if (range_find(range, parents->pdata[i]) <= 0) {
                g_hash_table_add(ids, parents->pdata[i]);
            }
        }
    }
    return ids;
}

/* A commit that is behind all of @ids, or NULL where they have none in common. */
static gboolean find_common(const Repo *repo, const char *const *ids, char **ret_common,
                            GError **error)
{
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    g_autoptr(ProcessResult) result = NULL;

    g_ptr_array_add(args, (gpointer) "merge-base");
    g_ptr_array_add(args, (gpointer) "--octopus");
    for (; *ids; ids++) {
        g_ptr_array_add(args, (gpointer)*ids);
    }
    g_ptr_array_add(args, NULL);
    if (!git_run(git_place(repo), (const char *const *)args->pdata, &result, error)) {
        return FALSE;
    }
    g_strchomp(result->out);
    *ret_common = git_is_id(result->out) ? g_steal_pointer(&result->out) : NULL;
    return TRUE;
}

/* Order the roots, parents first, and find which lie behind which. */
static gboolean arrange(const Repo *repo, Roots *roots, GError **error)
{
    g_autofree char *common = NULL;
    g_autoptr(Range) graph = NULL;
    guint n = 0;

    roots->behind = g_new0(RevisionSet *, roots->n);
    for (guint i = 0; i < roots->n; i++) {
        roots->behind[i] = revision_set_new(roots->n);
        revision_set_add(roots->behind[i], i);
    }
    if (roots->n == 1 || !find_common(repo, (const char *const *)roots->commits, &common, error)) {
        return roots->n == 1;
    }
    if (!common) {
        return TRUE; /* histories that have nothing to do with each other */
    }
    graph = range_load(repo, (const char *const *)roots->commits, GIT(common), error);
    if (!graph) {
        return FALSE;
    }
    g_auto(GStrv) unordered = roots->commits;
    roots->commits = g_new0(char *, roots->n + 1);
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
    for (char **id = unordered; *id; id++) {
        g_hash_table_add(wanted, *id);
    }
    for (guint32 r = 0; r < history_size(graph->history); r++) {
        if (g_hash_table_contains(wanted, graph->commits[r])) {
            roots->commits[n++] = g_strdup(graph->commits[r]);
        }
    }
    g_assert(n == roots->n);
    for (guint i = 0; i < n; i++) {
        g_autoptr(RevisionSet) ancestors =
            history_ancestors(graph->history, (guint32)range_find(graph, roots->commits[i]));

        for (guint j = 0; j < i; j++) {
            if (revision_set_has(ancestors, (guint32)range_find(graph, roots->commits[j]))) {
                revision_set_add(roots->behind[i], j);
            }
        }
    }
    return TRUE;
}

static void add_edges(Roots *roots, const Range *range)
{
    for (guint32 r = 1; r < history_size(range->history); r++) {
        g_autoptr(GPtrArray) parents = range_parents(range, r);

        for (guint i = 0; i < parents->len; i++) {
            gint64 root = roots_find(roots, parents->pdata[i]);

            if (root >= 0) {
                RootEdge edge = {.revision = r, .root = (guint32)root};

                g_array_append_val(roots->edges, edge);
            }
        }
    }
}

Roots *repo_range_roots(const Repo *repo, const Range *range, GError **error)
{
    g_autoptr(GHashTable) ids = collect(range);
    g_autoptr(Roots) roots = g_new0(Roots, 1);
    GHashTableIter iter;
    const char *id;
    guint i = 0;

    roots->n = g_hash_table_size(ids);
    roots->commits = g_new0(char *, roots->n + 1);
    roots->edges = g_array_new(FALSE, FALSE, sizeof(RootEdge));
    roots->index = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_iter_init(&iter, ids);
    while (g_hash_table_iter_next(&iter, (gpointer *)&id, NULL)) {
        roots->commits[i++] = g_strdup(id);
    }
    if (roots->n > 0 && !arrange(repo, roots, error)) {
        return NULL;
    }
    for (i = 0; i < roots->n; i++) {
        g_hash_table_insert(roots->index, roots->commits[i], GUINT_TO_POINTER(i));
    }
    add_edges(roots, range);
    return g_steal_pointer(&roots);
}
