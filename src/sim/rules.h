/* SPDX-License-Identifier: Apache-2.0
 * What the runs of a test mean, by the rules of those that firstbad is compared with. Private to
 * sim/.
 */
#pragma once

#include "git-bisect.h"
#include "lab.h"

/* A script for `git bisect run`: any crash is bad, and there must be one run that was fine. */
GitVerdict rules_any_crash(const Runs *runs);

/* syzkaller until June 2023: any crash is bad; skip where more than 2/3 were not OK. */
GitVerdict rules_syzkaller2019(const Runs *runs);

/* syzkaller today (1e72964b): a share of crashes is bad, none at all in a share of runs is good.
 * FALSE: mostly infrastructure failed, and it gives up. */
gboolean rules_syzkaller(const Runs *runs, gboolean is_flaky, GitVerdict *ret_verdict);

/* Part of the runs that told something that crashed; 0 where none did. */
double rules_crash_share(const Runs *runs);
