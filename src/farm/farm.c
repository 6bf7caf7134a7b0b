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

void farm_tell(const Farm *farm, const char *format, ...)
{
    g_autofree char *line = NULL;
    va_list args;

    if (!farm->tell) {
        return;
    }
    va_start(args, format);
    line = g_strdup_vprintf(format, args);
    va_end(args);
    farm->tell(line, farm->tell_data);
}

void farm_free(Farm *farm)
{
    if (farm) {
        g_free(farm->note);
        farm->ops->free(farm);
    }
}
