/* SPDX-License-Identifier: Apache-2.0
 * How long a job will take from here: the experiments that its doubt asks for, at what experiments
 * of this job have cost.
 */
#include "job/left.h"

#include <math.h>

/* What an experiment of a search tells, in bits: whole jobs of the simulated world end so. It would
 * be one, were all halves of equal weight and no kernel broken. */
#define BITS_AN_EXPERIMENT 0.75
/* How far the number of experiments may be off, as a part of it. */
#define DOUBT_OF_NUMBER 0.35
/* Normal quantile of the ends of 80 %. */
#define Z_OF_80 1.28

void left_of(const LeftInputs *inputs, Left *ret_left)
{
    double n_search = inputs->bits / BITS_AN_EXPERIMENT;
    double n = n_search + inputs->n_check_kernels;
    double mean_s = inputs->kernel_s + inputs->n_trials * inputs->trial_s;
    /* Builds of one job differ by as much as their mean: a neighbour, or half the tree. */
    double sigma_s = hypot(sqrt(n) * inputs->kernel_s, DOUBT_OF_NUMBER * n * mean_s);
    double middle_s = MAX(n * mean_s - inputs->spent_s, 0);

    ret_left->s = middle_s;
    ret_left->low_s = MAX(middle_s - Z_OF_80 * sigma_s, 0);
    ret_left->high_s = middle_s + Z_OF_80 * sigma_s;
}
