/* SPDX-License-Identifier: Apache-2.0 */
#include "farm/needs.h"

/* A worker looks round before it begins, and cleans up behind it. */
#define MARGIN_MINUTES 5

/* Trials of the largest part. */
static guint most_trials(const Order *order)
{
    return (order->n_trials + order->n_parts - 1) / order->n_parts;
}

/* What trials of a part take in time, at most. */
static guint trial_minutes(const QueueOptions *options, const Order *order)
{
    guint n_rounds = (most_trials(order) + order->n_at_once - 1) / order->n_at_once;

    /* The first boots, and it boots again where a kept guest cannot be used. */
    return n_rounds * (2 * options->boot_minutes + options->trial_minutes);
}

void needs_set(SlurmSubmit *submit, const QueueOptions *options, const Order *order)
{
    if (order->kind == ORDER_BUILD) {
        submit->n_cpus = options->n_cpus;
        submit->memory_mib = options->build_mib;
        submit->minutes = MARGIN_MINUTES + options->build_minutes;
    } else {
        guint n_guests = MIN(order->n_at_once, most_trials(order));

        submit->n_cpus = n_guests * options->guest_cpus;
        submit->memory_mib = (n_guests + 1) * options->trial_mib;
        submit->minutes = MARGIN_MINUTES + trial_minutes(options, order);
        submit->features = order->accel == ACCEL_KVM ? SLURM_KVM : NULL;
    }
}
