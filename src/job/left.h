/* SPDX-License-Identifier: Apache-2.0
 * How long a job will take (pure).
 */
#pragma once

#include <glib.h>

typedef struct LeftInputs {
    double bits;            /* of doubt that the search has left */
    double kernel_s;        /* a kernel of this job takes so long */
    double trial_s;         /* a trial, by the places they run at */
    double n_trials;        /* of a revision that the search asks for */
    double crash_rate;      /* of revisions with the bug */
    double n_check_kernels; /* to be built for the check of an answer */
    double n_check_trials;  /* and all its trials */
    double spent_s;         /* on what is under way */
    double running_s;       /* that takes so long yet */
} LeftInputs;

typedef struct Left {
    double s, low_s, high_s; /* median; the ends of 80 % */
    double running_s; /* of the median, for what is under way: where that takes longer, no more of
                         it goes by with the time */
} Left;
void left_of(const LeftInputs *inputs, Left *ret_left);
