/* SPDX-License-Identifier: Apache-2.0
 * Which slot builds what.
 */
#include "farm/slots.h"

static void test_choose(void)
{
    static const struct {
        gboolean busy[3];
        gint64 n_files[3];
        gint chosen;
    } rows[] = {
        {{FALSE, FALSE, FALSE}, {30, 20, 40}, 1},  /* the nearest */
        {{FALSE, TRUE, FALSE}, {30, 20, 40}, 0},   /* that is idle */
        {{FALSE, FALSE, FALSE}, {-1, -1, 900}, 2}, /* any before one that was never used */
        {{FALSE, FALSE, FALSE}, {-1, -1, -1}, 0},  /* which come in order */
        {{FALSE, FALSE, TRUE}, {5, 5, 0}, 0},      {{TRUE, TRUE, FALSE}, {5, 5, -1}, 2},
        {{TRUE, TRUE, TRUE}, {1, 2, 3}, -1},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmpint(slots_choose(3, rows[i].busy, rows[i].n_files), ==, rows[i].chosen);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/slots/choose", test_choose);
    return g_test_run();
}
