/* SPDX-License-Identifier: Apache-2.0
 * Programs that fail since a disk is full.
 */
#include "process/process.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A disk with less than this is full, whatever is said. */
#define FULL_BYTES (64 << 10)
/* Who found no room has mostly removed its half by then: where it says so, this much is little. */
#define SCARCE_BYTES (G_GUINT64_CONSTANT(1) << 30)

/* In our language, which is mostly its own, or in English. */
static gboolean says_full(const char *text)
{
    return strstr(text, g_strerror(ENOSPC)) || strstr(text, "No space left on device");
}

gboolean process_lacked_room(const ProcessResult *result, const char *folder)
{
    gboolean said = says_full(result->err) || says_full(result->out);
    struct statvfs disk;

    /* A file system that does not count its blocks has none, be there room or not. */
    if (process_succeeded(result) || statvfs(folder, &disk) != 0 || disk.f_blocks == 0) {
        return FALSE;
    }
    /* Root may use what is kept back from others. */
    return (guint64)(geteuid() == 0 ? disk.f_bfree : disk.f_bavail) * disk.f_frsize <
           (said ? SCARCE_BYTES : FULL_BYTES);
}
