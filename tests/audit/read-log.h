/* SPDX-License-Identifier: Apache-2.0
 * A log of a test's own, which has to be one.
 */
#pragma once

#include <string.h>

#include "audit/audit.h"

static inline BisectLog *read_log_file(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
    g_autoptr(GError) error = NULL;
    gsize length;
    BisectLog *log;

    g_file_get_contents(path, &text, &length, &error);
    g_assert_no_error(error);
    log = bisect_log_read(text, length, &error);
    g_assert_no_error(error);
    return log;
}
