/* SPDX-License-Identifier: Apache-2.0
 * What a machine needs to have for a part of an item: cores, memory, time. Pure. Private to farm/.
 */
#pragma once

#include "farm/queue.h"
#include "farm/slurm.h"

/* Put it into @submit, for the largest part of @order. */
void needs_set(SlurmSubmit *submit, const QueueOptions *options, const Order *order);
