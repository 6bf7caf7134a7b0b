/* SPDX-License-Identifier: Apache-2.0
 * What it saves to build beside trials: bench-overlap.
 *
 * Whole jobs over 60 revisions, for twelve culprits, in memory and by a clock that jumps. Builds
 * and guests have cores of their own here, so the figures are what overlap can save at most.
 */
#include "late.h"

typedef struct Sums {
    double seconds;
    guint n_builds, n_trials, n_cancelled;
} Sums;

static Sums run(guint n_slots, double build_s, double trial_s)
{
    Sums sums = {0};

    for (guint first_bad = 3; first_bad < N_COMMITS; first_bad += 5) {
        LateWorld late;

        late_init(&late, n_slots, 2, build_s, trial_s);
        late.world.farm.first_bad = first_bad;
        g_autoptr(Answer) answer = world_work_once(&late.world, late.world.commits[0]);
        g_assert_cmpstr(answer->culprit, ==, late.world.commits[first_bad]);
        sums.seconds += late.now_s;
        sums.n_builds += late.world.farm.n_builds;
        sums.n_trials += late.world.farm.n_trials;
        sums.n_cancelled += late.n_cancelled;
        late_clear(&late);
    }
    return sums;
}

int main(void)
{
    static const double trial_s[] = {0.1, 1, 2, 5, 10, 30};
    guint n = (N_COMMITS - 3 + 4) / 5;

    g_print("a build takes 10 s, two guests; means over %u jobs\n"
            "| a trial | slots | wall time | of that in turns | kernels | cancelled | trials |\n"
            "|---|---|---|---|---|---|---|\n",
            n);
    for (guint i = 0; i < G_N_ELEMENTS(trial_s); i++) {
        double in_turns_s = 0;

        for (guint n_slots = 0; n_slots <= 2; n_slots++) {
            Sums sums = run(n_slots, 10, trial_s[i]);

            in_turns_s = n_slots ? in_turns_s : sums.seconds;
            g_print("| %g s | %s%u | %.1f s | %.0f %% | %.1f | %.1f | %.1f |\n", trial_s[i],
                    n_slots ? "" : "in turns, ", MAX(n_slots, 1), sums.seconds / n,
                    100 * sums.seconds / in_turns_s, (double)sums.n_builds / n,
                    (double)sums.n_cancelled / n, (double)sums.n_trials / n);
        }
    }
    return 0;
}
