/* SPDX-License-Identifier: Apache-2.0
 * The commit graph of a job as dense integers, parents before children.
 *
 * Revision 0 is the *baseline*: the known-good revision and all that is older, folded into one.
 * Revisions 1..n-1 are the commits of the range. A parent outside the range is the baseline, and
 * every revision reaches it. So a hypothesis "the culprit is revision h" makes sense for each h: h
 * = 0 reads "older than the range".
 *
 *        0---1---2-------5---6        history_reaches(h, 3, 5): TRUE
 *             \         /             history_reaches(h, 2, 4): FALSE
 *              3---4---'
 *
 * Pure: no I/O, no clock. Immutable once made.
 */
#pragma once

#include <glib.h>

typedef struct History History;

/* @n_revisions (at least 1) revisions; the parents of revision i are @parents[@offsets[i]] ..
 * @parents[@offsets[i + 1] - 1], each < i
 * (@offsets has n_revisions + 1 entries). Revision 0 must have none; a later revision without
 * parents gets the baseline as its parent. Both arrays are copied; parents that repeat are folded.
 */
History *history_new(guint n_revisions, const guint32 *offsets, const guint32 *parents);
void history_free(History *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(History, history_free)

/* A graph as text, a *DAG file*: line i holds the parents of commit i, oldest first: numbers of
 * earlier lines (the first line is 0), with blanks between them. Commit i is revision i; the first
 * line, the baseline, is empty. The graph above:
 *
 *     (empty)
 *     0
 *     1
 *     1
 *     3
 *     2 4
 *     5
 *
 * @text may be any @length bytes; an error names the line. The last newline may be missing. */
History *history_parse(const char *text, gsize length, GError **error);

guint history_size(const History *history);
const guint32 *history_parents(const History *history, guint32 revision, guint *ret_n_parents);
gboolean history_is_merge(const History *history, guint32 revision);

/* A set of revisions: bit i % 64 of word i / 64. */
typedef struct RevisionSet RevisionSet;
RevisionSet *revision_set_new(guint n_revisions);
void revision_set_free(RevisionSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RevisionSet, revision_set_free)
gboolean revision_set_has(const RevisionSet *set, guint32 revision);
void revision_set_add(RevisionSet *set, guint32 revision);
void revision_set_remove(RevisionSet *set, guint32 revision);
guint revision_set_count(const RevisionSet *set);

/* @revision and all its ancestors (always with 0). One sweep, O(n + edges). */
RevisionSet *history_ancestors(const History *history, guint32 revision);
/* @revision and all that contain it. One sweep, O(n + edges). */
RevisionSet *history_descendants(const History *history, guint32 revision);
/* TRUE for a revision and itself. O(revisions between the two + their edges). */
gboolean history_reaches(const History *history, guint32 ancestor, guint32 descendant);

/* For every revision r the sum of @weights over r and its ancestors: with weights = posterior, the
 * chance that r has the bug. Exact on any graph, O(n + what each merge brings in): see the head of
 * sums.c. Weights of whole numbers give whole sums. @ret_sums has n entries. */
void history_sum_ancestors(const History *history, const double *weights, double *ret_sums);
