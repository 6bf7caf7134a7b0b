/* SPDX-License-Identifier: Apache-2.0
 * How long a job will take from here: the experiments that its doubt asks for, at what experiments
 * of this job have cost.
 */
#include "job/left.h"

#include <math.h>

/* What an experiment of a search tells, in bits. It would be one, were all halves of equal weight,
 * all crashes certain and no kernel broken. */
#define BITS_AN_EXPERIMENT 0.85
/* How far the number of experiments may be off, as a part of it. */
#define DOUBT_OF_NUMBER 0.35
/* Normal quantile of the ends of 80 %. */
#define Z_OF_80 1.28

void left_of(const LeftInputs *inputs, Left *ret_left)
{
    double n_search = inputs->bits / BITS_AN_EXPERIMENT;
    double n_kernels = n_search + inputs->n_check_kernels;
    double search_s = n_search * (inputs->kernel_s + inputs->n_trials * inputs->trial_s);
    double check_s =
        inputs->n_check_kernels * inputs->kernel_s + inputs->n_check_trials * inputs->trial_s;
    double sum_s = search_s + check_s;
    /* Builds of one job differ by as much as their mean: a neighbour, or half the tree. */
    double sigma_s = hypot(sqrt(n_kernels) * inputs->kernel_s, DOUBT_OF_NUMBER * sum_s);

    ret_left->s = MAX(sum_s - inputs->spent_s, 0);
    ret_left->low_s = MAX(ret_left->s - Z_OF_80 * sigma_s, 0);
    ret_left->high_s = ret_left->s + Z_OF_80 * sigma_s;
}
