/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: any text as the live file of a job.
 */
#include <glib/gstdio.h>
#include <stdint.h>

#include "job/job.h"
#include "job/live.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static char *folder, *path;
    g_autoptr(Live) live = NULL;

    if (!folder) {
        folder = g_strdup("/dev/shm/firstbad-fuzz-XXXXXX");
        g_assert_nonnull(g_mkdtemp(folder));
        path = g_build_filename(folder, "live", NULL);
    }
    g_assert_true(g_file_set_contents_full(path, (const char *)data, (gssize)n,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    live = live_read(folder, NULL);
    if (live) {
        json_t *json = live_to_json(live);

        g_assert_nonnull(json);
        json_decref(json);
    }
    return 0;
}
