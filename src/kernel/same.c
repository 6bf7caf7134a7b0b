/* SPDX-License-Identifier: Apache-2.0
 * Another tree's kernel in place of a build: one that was built in the same way (compiler, flags,
 * configuration), where no path that differs between the two trees can touch it (sources.h).
 *
 * Trees are compared whole, so it does not matter how many commits lie between them, which side of
 * a merge they are on, and whether one of them has patches. The new entry keeps the list of
 * sources, which holds for it as well. Whatever goes wrong here only means that a kernel is built.
 */
#include "kernel/build.h"

/* Kernels that are compared with, the newest: 1 to 40 ms each. */
#define N_COMPARED 32

/* The top Makefile of @tree as a build takes it, or NULL. Owned by the caller. */
static char *read_makefile(const Repo *repo, const char *tree)
{
    g_autoptr(GBytes) bytes = repo_read_file(repo, tree, "Makefile", NULL);
    g_autofree char *text =
        bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;

    return text ? sources_makefile(text) : NULL;
}

gboolean kernel_makefile_differs(const Repo *repo, const char *one, const char *other)
{
    g_autofree char *left = read_makefile(repo, one), *right = read_makefile(repo, other);

    return !left || g_strcmp0(left, right) != 0;
}

/* A kernel of the store, against the tree that is to be built. */
typedef struct Other {
    const Kernel *kernel;
    char *tree;
    Sources *sources; /* NULL once it is touched, or where they are not known */
} Other;

typedef struct Comparison {
    const Repo *repo;
    const char *tree;
    GArray *others; /* of Other */
} Comparison;

static void other_clear(gpointer data)
{
    Other *other = data;

    g_free(other->tree);
    sources_free(other->sources);
}

static void compare_path(guint pair, const char *path, PathChange how, gpointer data)
{
    const Comparison *comparison = data;
    Other *other = &g_array_index(comparison->others, Other, pair);

    if (other->sources && sources_touch(other->sources, path, how) != TOUCH_NOT &&
        (!g_str_equal(path, "Makefile") || how != PATH_MODIFIED ||
         kernel_makefile_differs(comparison->repo, comparison->tree, other->tree))) {
        g_clear_pointer(&other->sources, sources_free);
    }
}

/* The first of @kernels that @tree_id gives again, or NULL. */
static const Kernel *find_untouched(const Build *build, const GPtrArray *kernels)
{
    g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(Other)),
                      pairs = g_array_new(FALSE, FALSE, sizeof(TreePair));
    Comparison comparison = {build->builder->repo, build->tree_id, others};

    g_array_set_clear_func(others, other_clear);
    for (guint i = 0; i < kernels->len; i++) {
        Other other = {.kernel = kernels->pdata[i]};
        TreePair pair = {.one = build->tree_id};

        other.tree = kernel_fact(other.kernel, "tree");
        other.sources = other.tree ? kernel_sources(other.kernel) : NULL;
        pair.other = other.tree;
        if (other.sources) {
            g_array_append_val(others, other);
            g_array_append_val(pairs, pair);
        } else {
            other_clear(&other);
        }
    }
    if (!repo_walk_differences(build->builder->repo, (const TreePair *)(gconstpointer)pairs->data,
                               pairs->len, compare_path, &comparison, NULL)) {
        return NULL;
    }
    for (guint i = 0; i < others->len; i++) {
        if (g_array_index(others, Other, i).sources) {
            return g_array_index(others, Other, i).kernel;
        }
    }
    return NULL;
}

/* @same's kernel as that of @build. */
static Kernel *share(const Build *build, const Kernel *same)
{
    KernelStore *store = build->builder->store;
    g_autoptr(Parcel) parcel = parcel_new_same(store, same, NULL);
    g_autofree char *commit = kernel_fact(same, "commit"),
                    *compiler = kernel_fact(same, "compiler"),
                    *linker = kernel_fact(same, "linker");
    const char *facts[] = {"commit", build->name, "tree", build->tree_id, "compiler", compiler,
                           "linker", linker,      NULL};
    g_autoptr(Kernel) kernel = kernel_copy(same);
    Kernel *stored;

    g_free(kernel->key);
    kernel->key = g_strdup(build->kernel->key);
    if (!kernel->same_as) {
        kernel->same_as = g_steal_pointer(&commit);
    }
    stored = parcel && compiler && linker ? parcel_commit(parcel, kernel, facts, NULL) : NULL;
    if (stored) {
        kernel_store_note_way(store, build->way, stored->key);
        stored->reused = TRUE;
    }
    return stored;
}

Kernel *build_find_same(const Build *build)
{
    g_autoptr(GPtrArray) kernels =
        kernel_store_of_way(build->builder->store, build->way, N_COMPARED);
    const Kernel *same = find_untouched(build, kernels);

    return same ? share(build, same) : NULL;
}
