/* SPDX-License-Identifier: Apache-2.0
 * Revisions with the kernel of a built one. A path is kept once, however many commits change it,
 * and a list is asked of it once for each way in which it changes.
 */
#include "job/same.h"

#include <math.h>
#include <string.h>

#define NONE G_MAXUINT32

/* A revision and one of its parents. */
typedef struct Edge {
    guint32 revision, parent; /* NONE: outside the range */
    guint first, n;           /* of its paths, in Same.changes */
} Edge;

/* One that was built. */
typedef struct Built {
    guint32 revision;
    char *signature, *patches;
} Built;

struct Same {
    const Range *range;
    GHashTable *ids;   /* path -> its number + 1; owns the paths */
    GPtrArray *paths;  /* by number */
    GArray *edges;     /* of Edge */
    GArray *changes;   /* of guint32: number of a path * 4 + PathChange */
    GPtrArray *around; /* by revision: GArray of indices of edges, or NULL */
    GArray *built;     /* of Built */
    guint32 *as;       /* by revision: see same_as(), or NONE */
    gboolean *is_end;
    gboolean is_refuted;
};

static void built_clear(gpointer built)
{
    g_free(((Built *)built)->signature);
    g_free(((Built *)built)->patches);
}

static void edges_unref(gpointer edges)
{
    if (edges) {
        g_array_unref(edges);
    }
}

Same *same_new(const Range *range)
{
    Same *same = g_new0(Same, 1);
    guint n = history_size(range->history);

    same->range = range;
    same->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    same->paths = g_ptr_array_new();
    same->edges = g_array_new(FALSE, FALSE, sizeof(Edge));
    same->changes = g_array_new(FALSE, FALSE, sizeof(guint32));
    same->around = g_ptr_array_new_full(n, edges_unref);
    g_ptr_array_set_size(same->around, (gint)n);
    same->built = g_array_new(FALSE, FALSE, sizeof(Built));
    g_array_set_clear_func(same->built, built_clear);
    same->as = g_new(guint32, n);
    memset(same->as, 0xff, n * sizeof *same->as);
    same->is_end = g_new0(gboolean, n);
    return same;
}

void same_free(Same *same)
{
    if (!same) {
        return;
    }
    g_hash_table_unref(same->ids);
    g_ptr_array_unref(same->paths);
    g_array_unref(same->edges);
    g_array_unref(same->changes);
    g_ptr_array_unref(same->around);
    g_array_unref(same->built);
    g_free(same->as);
    g_free(same->is_end);
    g_free(same);
}

/* --- Edges ----------------------------------------------------------------------------------- */

static void add_around(Same *same, guint32 revision, guint edge)
{
    GArray *edges = same->around->pdata[revision];

    if (!edges) {
        edges = same->around->pdata[revision] = g_array_new(FALSE, FALSE, sizeof(guint));
    }
    g_array_append_val(edges, edge);
}

void same_begin_edge(Same *same, guint32 revision, const char *parent)
{
    gint64 found = range_find(same->range, parent);
    Edge edge = {.revision = revision,
                 .parent = found < 0 ? NONE : (guint32)found,
                 .first = same->changes->len};

    add_around(same, revision, same->edges->len);
    if (edge.parent != NONE) {
        add_around(same, edge.parent, same->edges->len);
    }
    g_array_append_val(same->edges, edge);
}

static guint32 path_id(Same *same, const char *path)
{
    guint32 id = GPOINTER_TO_UINT(g_hash_table_lookup(same->ids, path));

    if (id == 0) {
        char *copy = g_strdup(path);

        g_ptr_array_add(same->paths, copy);
        id = same->paths->len;
        g_hash_table_insert(same->ids, copy, GUINT_TO_POINTER(id));
    }
    return id - 1;
}

void same_add_path(Same *same, const char *path, PathChange how)
{
    guint32 change = path_id(same, path) * 4 + how;

    g_assert(same->edges->len > 0);
    g_array_append_val(same->changes, change);
    g_array_index(same->edges, Edge, same->edges->len - 1).n++;
}

/* --- What a list says ------------------------------------------------------------------------ */

enum { UNASKED, TOUCHED, UNTOUCHED };

/* What a list says of each change of a path, as far as it was asked. */
typedef struct Asking {
    const Same *same;
    const Sources *sources;
    guint8 *said; /* by path and change */
} Asking;

static Asking asking_new(const Same *same, const Sources *sources)
{
    return (Asking){same, sources, g_new0(guint8, 4 * (gsize)same->paths->len + 1)};
}

static gboolean is_untouched(const Asking *asking, guint32 change)
{
    guint8 *said = &asking->said[change];

    if (*said == UNASKED) {
        const char *path = asking->same->paths->pdata[change / 4];
        Touch touch = sources_touch(asking->sources, path, (PathChange)(change % 4));

        *said = touch == TOUCH_NOT ? UNTOUCHED : TOUCHED;
    }
    return *said == UNTOUCHED;
}

static gboolean edge_is_untouched(const Asking *asking, guint edge)
{
    const Edge *of = &g_array_index(asking->same->edges, Edge, edge);

    for (guint i = of->first; i < of->first + of->n; i++) {
        if (!is_untouched(asking, g_array_index(asking->same->changes, guint32, i))) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- Classes --------------------------------------------------------------------------------- */

/* The revisions with the kernel of @revision, which is made of @sources. */
static GArray *spread(const Same *same, guint32 revision, const Sources *sources)
{
    guint n = history_size(same->range->history);
    g_autoptr(RevisionSet) seen = revision_set_new(n);
    GArray *found = g_array_new(FALSE, FALSE, sizeof(guint32));
    Asking asking = asking_new(same, sources);

    revision_set_add(seen, revision);
    g_array_append_val(found, revision);
    for (guint i = 0; i < found->len; i++) {
        guint32 here = g_array_index(found, guint32, i);
        const GArray *edges = same->around->pdata[here];

        for (guint j = 0; edges && j < edges->len; j++) {
            guint index = g_array_index(edges, guint, j);
            const Edge *edge = &g_array_index(same->edges, Edge, index);
            guint32 there = edge->revision == here ? edge->parent : edge->revision;

            if (there != NONE && !revision_set_has(seen, there) &&
                edge_is_untouched(&asking, index)) {
                revision_set_add(seen, there);
                g_array_append_val(found, there);
            }
        }
    }
    g_free(asking.said);
    return found;
}

static const Built *find_built(const Same *same, guint32 revision)
{
    for (guint i = 0; i < same->built->len; i++) {
        const Built *built = &g_array_index(same->built, Built, i);

        if (built->revision == revision) {
            return built;
        }
    }
    return NULL;
}

/* By the graph, whether or not an edge between them is known. */
static void find_ends(Same *same)
{
    guint n = history_size(same->range->history);
    g_autofree gboolean *has_child = g_new0(gboolean, n), *has_parent = g_new0(gboolean, n);

    for (guint32 r = 1; r < n; r++) {
        guint n_parents;
        const guint32 *parents = history_parents(same->range->history, r, &n_parents);

        for (guint i = 0; same->as[r] != NONE && i < n_parents; i++) {
            if (same->as[parents[i]] == same->as[r]) {
                has_parent[r] = has_child[parents[i]] = TRUE;
            }
        }
    }
    for (guint32 r = 0; r < n; r++) {
        same->is_end[r] = same->as[r] != NONE && !(has_child[r] && has_parent[r]);
    }
}

/* Is one of @found in a class with other patches than those of @built? */
static gboolean is_patched_otherwise(const Same *same, const GArray *found, const Built *built)
{
    for (guint i = 0; i < found->len; i++) {
        guint32 as = same->as[g_array_index(found, guint32, i)];
        const Built *other = as == NONE ? NULL : find_built(same, as);

        if (other && g_strcmp0(other->patches, built->patches) != 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Of all built revisions in @found the oldest, @built included; NONE when there are two kernels
 * among them. */
static guint32 oldest_built(const Same *same, const GArray *found, const Built *built)
{
    guint32 oldest = built->revision;

    for (guint i = 0; i < found->len; i++) {
        guint32 as = same->as[g_array_index(found, guint32, i)];
        const Built *other = as == NONE ? NULL : find_built(same, as);

        if (other && !g_str_equal(other->signature, built->signature)) {
            return NONE;
        }
        oldest = other ? MIN(oldest, other->revision) : oldest;
    }
    return oldest;
}

/* Those of @found, and all that were the same as one of them. */
static void join(Same *same, const GArray *found, guint32 oldest)
{
    guint n = history_size(same->range->history);
    g_autoptr(RevisionSet) joined = revision_set_new(n);

    for (guint i = 0; i < found->len; i++) {
        guint32 r = g_array_index(found, guint32, i);

        if (same->as[r] != NONE) {
            revision_set_add(joined, same->as[r]);
        }
        same->as[r] = oldest;
    }
    for (guint32 r = 0; r < n; r++) {
        if (same->as[r] != NONE && revision_set_has(joined, same->as[r])) {
            same->as[r] = oldest;
        }
    }
}

gboolean same_add_built(Same *same, guint32 revision, const char *signature, const char *patches,
                        const Sources *sources)
{
    g_autoptr(GArray) found = same->is_refuted ? NULL : spread(same, revision, sources);
    Built built = {
        .revision = revision, .signature = g_strdup(signature), .patches = g_strdup(patches)};
    gboolean is_apart = found && is_patched_otherwise(same, found, &built);
    guint32 oldest = found && !is_apart ? oldest_built(same, found, &built) : NONE;

    g_array_append_val(same->built, built);
    if (is_apart) {
        same->as[revision] = revision;
        find_ends(same);
        return TRUE;
    }
    if (oldest == NONE) {
        guint n = history_size(same->range->history);
        gboolean is_news = !same->is_refuted;

        same->is_refuted = TRUE;
        memset(same->as, 0xff, n * sizeof *same->as);
        memset(same->is_end, 0, n * sizeof *same->is_end);
        return !is_news;
    }
    join(same, found, oldest);
    find_ends(same);
    return TRUE;
}

gint64 same_as(const Same *same, guint32 revision)
{
    return same->as[revision] == NONE ? -1 : (gint64)same->as[revision];
}

gboolean same_is_end(const Same *same, guint32 revision)
{
    return same->is_end[revision];
}

/* --- Counting -------------------------------------------------------------------------------- */

/* By edge: whether none of @sources is touched; nothing is where none is known. Owned by the
 * caller.
 */
static gboolean *untouched_edges(const Same *same, const Sources *const *sources, guint n)
{
    gboolean *untouched = g_new0(gboolean, same->edges->len + 1);
    gboolean is_first = TRUE;

    for (guint s = 0; s < n; s++) {
        if (sources[s]) {
            Asking asking = asking_new(same, sources[s]);

            for (guint i = 0; i < same->edges->len; i++) {
                untouched[i] = (is_first || untouched[i]) && edge_is_untouched(&asking, i);
            }
            is_first = FALSE;
            g_free(asking.said);
        }
    }
    return untouched;
}

static guint32 find_root(guint32 *roots, guint32 revision)
{
    while (roots[revision] != revision) {
        roots[revision] = roots[roots[revision]];
        revision = roots[revision];
    }
    return revision;
}

/* Are all of @revision's own edges, those to its parents, untouched? */
static gboolean is_untouched_by_all(const Same *same, const gboolean *untouched, guint32 revision)
{
    const GArray *edges = same->around->pdata[revision];
    gboolean has_own = FALSE;

    for (guint j = 0; edges && j < edges->len; j++) {
        guint index = g_array_index(edges, guint, j);

        if (g_array_index(same->edges, Edge, index).revision == revision) {
            has_own = TRUE;
            if (!untouched[index]) {
                return FALSE;
            }
        }
    }
    return has_own;
}

gboolean *same_untouched(const Same *same, const Sources *const *sources, guint n,
                         guint *ret_n_classes)
{
    guint n_revisions = history_size(same->range->history);
    g_autofree gboolean *edges = untouched_edges(same, sources, n);
    g_autofree guint32 *roots = g_new(guint32, n_revisions);
    gboolean *untouched = g_new0(gboolean, n_revisions);

    *ret_n_classes = n_revisions;
    for (guint32 r = 0; r < n_revisions; r++) {
        roots[r] = r;
        untouched[r] = is_untouched_by_all(same, edges, r);
    }
    for (guint i = 0; i < same->edges->len; i++) {
        const Edge *edge = &g_array_index(same->edges, Edge, i);

        if (edges[i] && edge->parent != NONE) {
            guint32 one = find_root(roots, edge->revision), other = find_root(roots, edge->parent);

            *ret_n_classes -= one != other;
            roots[MAX(one, other)] = MIN(one, other);
        }
    }
    return untouched;
}

/* --- Lengths --------------------------------------------------------------------------------- */

/* What all objects are compiled from leaves none of them. */
#define MOST_SHARE 0.99

double *same_lengths(const Same *same, const Sources *sources)
{
    guint n = history_size(same->range->history);
    g_autofree double *of_path = g_new(double, same->paths->len);
    double *lengths = g_new0(double, n);
    gboolean is_known = FALSE;

    for (guint i = 0; i < same->paths->len; i++) {
        double share = sources_share(sources, same->paths->pdata[i]);

        of_path[i] = -log1p(-MIN(share, MOST_SHARE));
        is_known |= share > 0;
    }
    for (guint i = 0; i < same->edges->len; i++) {
        const Edge *edge = &g_array_index(same->edges, Edge, i);

        if (range_is_merge(same->range, edge->revision)) {
            continue;
        }
        for (guint j = edge->first; j < edge->first + edge->n; j++) {
            lengths[edge->revision] += of_path[g_array_index(same->changes, guint32, j) / 4];
        }
    }
    if (!is_known) {
        g_clear_pointer(&lengths, g_free);
    }
    return lengths;
}
