/* SPDX-License-Identifier: Apache-2.0
 * splitmix64 (Steele, Lea, Flood 2014) as hash and generator; gamma by Marsaglia and Tsang (2000).
 */
#include "dice.h"

#include <math.h>

guint64 dice_scatter(guint64 x)
{
    x = (x ^ x >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static guint64 next(Dice *dice)
{
    return dice_scatter(dice->state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15));
}

Dice dice_new(guint64 seed, guint64 label, guint64 number)
{
    Dice dice = {.state = seed};

    dice.state = next(&dice) ^ label;
    dice.state = next(&dice) ^ number;
    return dice;
}

double dice_uniform(Dice *dice)
{
    return (double)(next(dice) >> 11) * 0x1p-53;
}

guint32 dice_below(Dice *dice, guint32 end)
{
    return (guint32)((next(dice) >> 32) * end >> 32);
}

static double draw_normal(Dice *dice)
{
    double radius = sqrt(-2 * log(1 - dice_uniform(dice)));

    return radius * cos(2 * G_PI * dice_uniform(dice));
}

static double draw_gamma(Dice *dice, double shape)
{
    if (shape < 1) {
        double factor = pow(1 - dice_uniform(dice), 1 / shape);

        return factor * draw_gamma(dice, shape + 1);
    }
    double d = shape - 1.0 / 3;
    double c = 1 / sqrt(9 * d);
    for (;;) {
        double x = draw_normal(dice);
        double v = pow(1 + c * x, 3);

        if (v > 0 && log(1 - dice_uniform(dice)) < 0.5 * x * x + d - d * v + d * log(v)) {
            return d * v;
        }
    }
}

double dice_beta(Dice *dice, double mean, double spread)
{
    if (mean <= 0 || mean >= 1) {
        return CLAMP(mean, 0, 1);
    }
    double a = draw_gamma(dice, mean * spread);
    double b = draw_gamma(dice, (1 - mean) * spread);
    return a + b > 0 ? a / (a + b) : mean;
}
