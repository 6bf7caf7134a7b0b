/* SPDX-License-Identifier: Apache-2.0
 * What same.c has to know, from git and from the store of kernels.
 */
#include "job/private.h"

#include <string.h>

/* --- What the revisions change --------------------------------------------------------------- */

/* The Makefile at the top says the release's number, which the recipe overrules. */
static gboolean counts(const Repo *repo, const char *commit, const char *parent, const char *path,
                       PathChange how)
{
    return how != PATH_MODIFIED || !g_str_equal(path, "Makefile") ||
           kernel_makefile_differs(repo, parent, commit);
}

void same_learn_change(Same *same, const Repo *repo, const Range *range, const Change *change)
{
    g_autoptr(GPtrArray) parents = range_parents(range, change->revision);
    const char *commit = range->commits[change->revision];

    if (parents->len != 1) {
        return; /* it begins a history */
    }
    same_begin_edge(same, change->revision, parents->pdata[0]);
    for (guint i = 0; i < change->n_files; i++) {
        if (counts(repo, commit, parents->pdata[0], change->files[i], change->how[i])) {
            same_add_path(same, change->files[i], change->how[i]);
        }
    }
}

/* Pairs of a merge and a parent, and how many of them were begun. */
typedef struct Merges {
    Same *same;
    const Repo *repo;
    GArray *pairs;     /* of TreePair: the merge first */
    GArray *revisions; /* of each */
    guint n_begun;
} Merges;

/* A pair without differences is never told of. */
static void begin_until(Merges *merges, guint end)
{
    for (; merges->n_begun < end; merges->n_begun++) {
        guint i = merges->n_begun;

        same_begin_edge(merges->same, g_array_index(merges->revisions, guint32, i),
                        g_array_index(merges->pairs, TreePair, i).other);
    }
}

static void learn_difference(guint pair, const char *path, PathChange how, gpointer data)
{
    Merges *merges = data;
    const TreePair *of = &g_array_index(merges->pairs, TreePair, pair);

    begin_until(merges, pair + 1);
    if (counts(merges->repo, of->one, of->other, path, how)) {
        same_add_path(merges->same, path, how);
    }
}

gboolean same_learn_merges(Same *same, const Repo *repo, const Range *range)
{
    g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(TreePair)),
                      revisions = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    Merges merges = {same, repo, pairs, revisions, 0};

    for (guint32 r = 1; same && r < history_size(range->history); r++) {
        GPtrArray *parents = range_is_merge(range, r) ? range_parents(range, r) : NULL;

        for (guint i = 0; parents && i < parents->len; i++) {
            TreePair pair = {range->commits[r], parents->pdata[i]};

            g_array_append_val(pairs, pair);
            g_array_append_val(revisions, r);
        }
        if (parents) {
            g_ptr_array_add(kept, parents);
        }
    }
    if (!same || !repo_walk_differences(repo, (const TreePair *)(gconstpointer)pairs->data,
                                        pairs->len, learn_difference, &merges, NULL)) {
        return FALSE;
    }
    begin_until(&merges, pairs->len);
    return TRUE;
}

/* --- Kernels --------------------------------------------------------------------------------- */

static const Kernel *kernel_of(const Job *job, const char *commit)
{
    const RevisionEvidence *evidence = g_hash_table_lookup(job->situation.evidence, commit);

    return evidence ? evidence->kernel : NULL;
}

void job_take_same(Job *job, const Range *range, Same *same, CommitFacts *facts, GPtrArray *lines)
{
    guint n = history_size(range->history), n_classes, n_untouched = 0;
    const char *const ends[] = {range->commits[0], range->commits[n - 1]};
    Sources *sources[G_N_ELEMENTS(ends)] = {NULL};
    g_autofree gboolean *untouched = NULL;

    g_clear_pointer(&job->same, same_free);
    g_clear_pointer(&job->distances, distances_free);
    job->situation.distances = NULL;
    job->same = same;
    job->situation.same = same;
    job->n_learned = 0;
    for (guint i = 0; same && i < G_N_ELEMENTS(ends); i++) {
        const Kernel *kernel = kernel_of(job, ends[i]);

        sources[i] = kernel ? kernel_sources(kernel) : NULL;
    }
    if (sources[0] || sources[1]) {
        untouched =
            same_untouched(same, (const Sources *const *)sources, G_N_ELEMENTS(ends), &n_classes);
        for (guint32 r = 1; r < n; r++) {
            facts[r].is_outside = untouched[r];
            n_untouched += untouched[r];
        }
        g_ptr_array_add(lines,
                        g_strdup_printf("%u of %u revisions touch no file that the kernels at the "
                                        "ends are made of: at most %u different kernels",
                                        n_untouched, n - 1, n_classes));
    }
    sources_free(sources[0]);
    sources_free(sources[1]);
}

/* Is the start's kernel under another config than all others? */
static gboolean was_minimised(const Job *job)
{
    const char *config = situation_fact(&job->situation, job->spec->start, FACT_MINIMISED);

    return config && *config && *config != '\n';
}

/* What builds cost beside that of @revision, which is made of @sources. */
static void learn_distances(Job *job, guint32 revision, const Sources *sources)
{
    if (!job->distances) {
        g_autofree double *lengths = same_lengths(job->same, sources);

        job->distances = lengths ? distances_new(job->range->history, lengths) : NULL;
        job->situation.distances = job->distances;
    }
    if (job->distances) {
        distances_add_built(job->distances, revision);
    }
}

static void learn_kernel(Job *job, const KernelRow *row)
{
    gint64 revision = job->same ? range_find(job->range, row->commit) : -1;
    const Kernel *kernel = kernel_of(job, row->commit);
    g_autoptr(Sources) sources = NULL;

    if (revision < 0 || !kernel || !kernel->signature ||
        !g_str_equal(kernel->key, row->kernel->key) ||
        (g_str_equal(row->commit, job->spec->start) && was_minimised(job))) {
        return;
    }
    sources = kernel_sources(kernel);
    if (sources) {
        learn_distances(job, (guint32)revision, sources);
    }
    if (sources &&
        !same_add_built(job->same, (guint32)revision, kernel->signature,
                        situation_fact(&job->situation, row->commit, FACT_PATCHES), sources)) {
        job_say(job,
                "%.12s should have the kernel of another revision, by its sources, and has "
                "not: from now on each is built",
                row->commit);
        if (job->farm->ops->build_same) {
            job->farm->ops->build_same(job->farm);
        }
    }
}

void job_learn_same(Job *job)
{
    for (; job->n_learned < job->kernels->len; job->n_learned++) {
        learn_kernel(job, job->kernels->pdata[job->n_learned]);
    }
}
