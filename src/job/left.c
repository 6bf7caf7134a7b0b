/* SPDX-License-Identifier: Apache-2.0
 * How long a job will take from here: the experiments that its doubt asks for, at what experiments
 * of this job have cost.
 */
#include "job/left.h"

#include <math.h>

/* What of the most that an experiment can tell a search gets, where crashes are certain and where
 * they hardly ever come: no half is of equal weight, some kernels are broken, and doubtful ones are
 * asked again. Fitted, as is the spread, on the jobs of bench/left. */
#define GOT_CERTAIN 0.95
#define GOT_RARE    0.55
/* No experiment is taken to tell less. */
#define LEAST_BITS 0.02
/* Spread of the logarithm of the time, in the same two cases. */
#define SIGMA_CERTAIN 0.50
#define SIGMA_RARE    0.60
/* Normal quantile of the ends of 80 %. */
#define Z_OF_80 1.28

/* The most that trials of one revision can tell of whether it has the bug, in bits: a crash is
 * sure, @n_trials stay quiet with the bug now and then. The capacity of a Z-channel (Golomb 1980).
 */
static double most_bits(double crash_rate, double n_trials)
{
    double miss = pow(1 - CLAMP(crash_rate, 0.01, 1), n_trials);

    return miss < 1e-9 ? 1 : log2(1 + (1 - miss) * pow(miss, miss / (1 - miss)));
}

static double between(double certain, double rare, double share)
{
    return certain * share + rare * (1 - share);
}

void left_of(const LeftInputs *inputs, Left *ret_left)
{
    double most = most_bits(inputs->crash_rate, inputs->n_trials);
    double bits_each = most * between(GOT_CERTAIN, GOT_RARE, most);
    double n_search = inputs->bits / MAX(bits_each, LEAST_BITS);
    double search_s = n_search * (inputs->kernel_s + inputs->n_trials * inputs->trial_s);
    double check_s =
        inputs->n_check_kernels * inputs->kernel_s + inputs->n_check_trials * inputs->trial_s;
    double factor = exp(Z_OF_80 * between(SIGMA_CERTAIN, SIGMA_RARE, most));

    ret_left->s = MAX(search_s + check_s - inputs->spent_s, 0);
    ret_left->low_s = ret_left->s / factor;
    ret_left->high_s = ret_left->s * factor;
    ret_left->running_s = MIN(inputs->running_s, ret_left->s);
}
