/* SPDX-License-Identifier: Apache-2.0
 * Why Slurm lets work wait, for a person: told once, as long as it lasts. Private to farm/, and
 * pure: the time comes in.
 *
 * What waits for its turn is told of when that takes a minute; what waits for somebody (a job that
 * is held, a partition that is down, a limit) at once, with what to do.
 */
#pragma once

#include "farm/slurm.h"

typedef struct Waits Waits;
Waits *waits_new(void);
void waits_free(Waits *waits);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Waits, waits_free)

/* All tasks that wait (of const SlurmTask) at @now_us: what is to be told, in lines. Owned by the
 * caller. */
char **waits_take(Waits *waits, const GPtrArray *tasks, gint64 now_us);
