/* SPDX-License-Identifier: Apache-2.0
 * Ranges out of graphs: the ancestors of a start without those of a good end. On the first-parent
 * chain both are counted by one sum, since each contains the one before.
 */
#include "range.h"

#include <math.h>

History *range_repeat(const History *graph, guint n_copies)
{
    guint n = history_size(graph);
    g_autofree guint32 *offsets = g_new0(guint32, (gsize)n * n_copies + 1);
    g_autoptr(GArray) parents = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint32 copy = 0; copy < n_copies; copy++) {
        for (guint32 r = 0; r < n; r++) {
            guint n_parents;
            const guint32 *own = history_parents(graph, r, &n_parents);
            guint32 tip_before = copy * n - 1;

            for (guint i = 0; i < n_parents; i++) {
                guint32 parent = copy * n + own[i];

                g_array_append_val(parents, parent);
            }
            if (r == 0 && copy > 0) {
                g_array_append_val(parents, tip_before);
            }
            offsets[(gsize)copy * n + r + 1] = parents->len;
        }
    }
    return history_new(n * n_copies, offsets, (const guint32 *)(const void *)parents->data);
}

GArray *range_first_parents(const History *graph)
{
    GArray *chain = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 r = history_size(graph) - 1;
    guint n_parents;

    g_array_append_val(chain, r);
    while (r != 0) {
        r = history_parents(graph, r, &n_parents)[0];
        g_array_append_val(chain, r);
    }
    return chain;
}

/* The revisions that @start reaches and @good does not, and @good as 0. */
History *range_between(const History *graph, guint32 good, guint32 start, guint32 **ret_numbers)
{
    g_autoptr(RevisionSet) in = history_ancestors(graph, start);
    g_autoptr(RevisionSet) out = history_ancestors(graph, good);
    g_autofree guint32 *number = g_new0(guint32, start + 1); /* 0: outside */
    g_autofree guint32 *offsets = g_new0(guint32, start + 2);
    g_autoptr(GArray) parents = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 *numbers = g_new(guint32, start + 2);
    guint n = 1;

    numbers[0] = good;
    for (guint32 r = 0; r <= start; r++) {
        guint n_parents;
        const guint32 *own = history_parents(graph, r, &n_parents);

        if (!revision_set_has(in, r) || revision_set_has(out, r)) {
            continue;
        }
        for (guint i = 0; i < n_parents; i++) {
            g_array_append_val(parents, number[own[i]]);
        }
        numbers[n] = r;
        number[r] = n++;
        offsets[n] = parents->len;
    }
    *ret_numbers = numbers;
    return history_new(n, offsets, (const guint32 *)(const void *)parents->data);
}

static History *cut(const History *graph, guint32 good, guint32 start)
{
    g_autofree guint32 *numbers = NULL;

    return range_between(graph, good, start, &numbers);
}

History *range_cut(const History *graph, guint n_wanted, Dice *dice)
{
    guint n = history_size(graph);

    if (n_wanted >= n) {
        g_autoptr(History) repeated = n > 1 ? range_repeat(graph, n_wanted / (n - 1) + 1) : NULL;

        return repeated != NULL ? range_cut(repeated, n_wanted, dice) : cut(graph, 0, 0);
    }
    g_autoptr(GArray) chain = range_first_parents(graph);
    const guint32 *at = (const guint32 *)(const void *)chain->data;
    g_autofree double *n_reached = g_new(double, n);
    g_autofree double *ones = g_new(double, n);
    for (guint32 r = 0; r < n; r++) {
        ones[r] = 1;
    }
    history_sum_ancestors(graph, ones, n_reached);
    guint n_starts = 0;
    while (n_starts < chain->len && n_reached[at[n_starts]] > n_wanted) {
        n_starts++;
    }
    /* Where even the tip reaches too few, all it reaches. */
    guint start = n_starts > 0 ? dice_below(dice, n_starts) : 0;
    guint good = start;
    double target = n_reached[at[start]] - n_wanted;
    while (good + 1 < chain->len && (good == start || n_reached[at[good]] > target)) {
        good++;
    }
    if (good - 1 > start &&
        fabs(n_reached[at[good - 1]] - target) < fabs(n_reached[at[good]] - target)) {
        good--;
    }
    return cut(graph, at[good], at[start]);
}
