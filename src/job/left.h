/* SPDX-License-Identifier: Apache-2.0
 * How long a job will take (pure).
 */
#pragma once

#include <glib.h>

typedef struct LeftInputs {
    double bits;              /* of doubt that the search has left */
    double n_check_kernels;   /* kernels that the check of an answer will want */
    double kernel_s;          /* a kernel of this job takes so long */
    double trial_s, n_trials; /* and its trials: each, by the places they run at; so many */
    double spent_s;           /* on what is under way */
} LeftInputs;

typedef struct Left {
    double s, low_s, high_s; /* median; the ends of 80 % */
} Left;
void left_of(const LeftInputs *inputs, Left *ret_left);
