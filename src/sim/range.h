/* SPDX-License-Identifier: Apache-2.0
 * A range of wanted size out of a real graph.
 */
#pragma once

#include "dice.h"
#include "history/history.h"

/* good..start of about @n_wanted revisions, both ends on the first-parent chain, where drawn by
 * @dice. Where @graph is too small, copies of it are put one after the other: the roots of each on
 * the tip of the one before. Revision 0 of the result is good, the last one the start. */
History *range_cut(const History *graph, guint n_wanted, Dice *dice);

/* Copies of @graph one after the other, the roots of each on the tip of the one before. */
History *range_repeat(const History *graph, guint n_copies);
/* From the last revision down to 0, following first parents; array of guint32. */
GArray *range_first_parents(const History *graph);
/* good..start of @graph. @ret_numbers, of each of its revisions: which one of @graph it is; owned
 * by the caller. */
History *range_between(const History *graph, guint32 good, guint32 start, guint32 **ret_numbers);
