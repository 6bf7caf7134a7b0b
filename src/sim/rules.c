/* SPDX-License-Identifier: Apache-2.0
 * Rules of others. syzkaller's are those of pkg/bisect; the one of 2019 gives 28,763 of the 28,764
 * verdicts in 2,308 published logs.
 */
#include "rules.h"

static guint count_runs(const Runs *runs)
{
    return runs->n_ok + runs->n_crashed + runs->n_broken + runs->n_infra;
}

GitVerdict rules_any_crash(const Runs *runs)
{
    if (runs->n_crashed > 0) {
        return GIT_BAD;
    }
    return runs->n_ok > 0 ? GIT_GOOD : GIT_SKIP;
}

GitVerdict rules_syzkaller2019(const Runs *runs)
{
    guint n_not_ok = runs->n_broken + runs->n_infra;

    if (runs->n_crashed > 0) {
        return GIT_BAD;
    }
    return 3 * n_not_ok > 2 * count_runs(runs) ? GIT_SKIP : GIT_GOOD;
}

gboolean rules_syzkaller(const Runs *runs, gboolean is_flaky, GitVerdict *ret_verdict)
{
    guint n_all = count_runs(runs);
    guint want_bad = MAX(2, (n_all - runs->n_infra) / 6);
    guint want_good = is_flaky ? n_all * 3 / 4 : n_all / 2;
    guint want_told = n_all / 2;

    if (runs->n_crashed == 0 && runs->n_ok >= want_good) {
        *ret_verdict = GIT_GOOD;
    } else if (runs->n_crashed >= want_bad && runs->n_ok + runs->n_crashed >= want_told) {
        *ret_verdict = GIT_BAD;
    } else if (runs->n_infra > runs->n_broken) {
        return FALSE;
    } else {
        *ret_verdict = GIT_SKIP;
    }
    return TRUE;
}

double rules_crash_share(const Runs *runs)
{
    guint n_told = runs->n_ok + runs->n_crashed;

    return n_told > 0 ? (double)runs->n_crashed / n_told : 0;
}
