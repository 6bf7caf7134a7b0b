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
