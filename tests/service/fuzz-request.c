/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: any text as a request in the spool.
 */
#include <glib/gstdio.h>
#include <stdint.h>
#include <unistd.h>

#include "service/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(const SpoolRequest *request)
{
    g_assert_true(request->id && request->submitter);
    switch (request->wish) {
    case SPOOL_JOB:
        g_assert_true(request->kind && request->spec && request->name);
        break;
    case SPOOL_CANCEL:
    case SPOOL_RESUME:
        g_assert_nonnull(request->job);
        break;
    case SPOOL_VERDICT:
        g_assert_true(request->job && request->revision && request->verdict);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autofree char *path = g_strdup_printf("/dev/shm/firstbad-fuzz-request-%d", getpid());
    g_auto(SpoolRequest) request = {0};
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents_full(path, (const char *)data, (gssize)n,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    if (spool_read(path, &request, &error)) {
        check(&request);
    } else {
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    }
    g_unlink(path);
    return 0;
}
