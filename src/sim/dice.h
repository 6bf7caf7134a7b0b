/* SPDX-License-Identifier: Apache-2.0
 * Randomness that is a function of what it is for: a number is drawn by hashing a seed with labels,
 * so that it does not depend on what was drawn before.
 */
#pragma once

#include <glib.h>

typedef struct Dice {
    guint64 state;
} Dice;

/* Scatters @x over all 64 bits; one to one. */
guint64 dice_scatter(guint64 x);
/* Of the same arguments always the same. */
Dice dice_new(guint64 seed, guint64 label, guint64 number);
double dice_uniform(Dice *dice);                          /* in [0, 1) */
guint32 dice_below(Dice *dice, guint32 end);              /* in 0 .. end - 1; end > 0 */
double dice_beta(Dice *dice, double mean, double spread); /* alpha = mean spread; mean in [0, 1] */
