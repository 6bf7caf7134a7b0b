/* SPDX-License-Identifier: Apache-2.0
 * How many guests this machine's memory holds.
 */
#include <string.h>

#include "farm/farm.h"

/* What we leave to the host when guests share its memory. */
#define HOST_RESERVE_MIB 1024

guint64 local_farm_free_memory_mib(void)
{
    g_autofree char *text = NULL;
    const char *line;

    if (!g_file_get_contents("/proc/meminfo", &text, NULL, NULL) ||
        !(line = strstr(text, "MemAvailable:"))) {
        return 0;
    }
    return g_ascii_strtoull(line + strlen("MemAvailable:"), NULL, 10) / 1024;
}

guint local_farm_fit(guint memory_mib, guint64 free_mib)
{
    guint64 n = free_mib > HOST_RESERVE_MIB
                    ? (free_mib - HOST_RESERVE_MIB) / (memory_mib + QEMU_OVERHEAD_MIB)
                    : 0;

    return (guint)MIN(n, G_MAXUINT);
}

guint local_farm_guests(guint n_wanted, guint memory_mib, guint n_cpus, guint64 free_mib)
{
    guint by_cores = MAX(g_get_num_processors() / MAX(n_cpus, 1), 1);

    return CLAMP(local_farm_fit(memory_mib, free_mib), 1, n_wanted ? n_wanted : by_cores);
}
