/* SPDX-License-Identifier: Apache-2.0
 * What all farms share.
 */
#include "farm/farm.h"

void farm_done(Farm *farm)
{
    if (farm->ops->done) {
        farm->ops->done(farm);
    }
}

void farm_free(Farm *farm)
{
    if (farm) {
        g_free(farm->note);
        farm->ops->free(farm);
    }
}
