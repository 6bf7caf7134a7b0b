/* SPDX-License-Identifier: Apache-2.0
 * The kernel as a value.
 */
#include "kernel/kernel.h"

void kernel_free(Kernel *kernel)
{
    if (!kernel) {
        return;
    }
    g_free(kernel->key);
    g_free(kernel->signature);
    g_free(kernel->compiler);
    g_free(kernel->first_error);
    g_strfreev(kernel->lost_options);
    g_strfreev(kernel->patches);
    g_strfreev(kernel->unpatched);
    g_strfreev(kernel->notes);
    g_free(kernel->same_as);
    g_free(kernel->dir);
    g_free(kernel);
}

Kernel *kernel_copy(const Kernel *kernel)
{
    Kernel *copy = g_new(Kernel, 1);

    *copy = *kernel;
    copy->key = g_strdup(kernel->key);
    copy->signature = g_strdup(kernel->signature);
    copy->compiler = g_strdup(kernel->compiler);
    copy->first_error = g_strdup(kernel->first_error);
    copy->lost_options = g_strdupv(kernel->lost_options);
    copy->patches = g_strdupv(kernel->patches);
    copy->unpatched = g_strdupv(kernel->unpatched);
    copy->notes = g_strdupv(kernel->notes);
    copy->same_as = g_strdup(kernel->same_as);
    copy->dir = g_strdup(kernel->dir);
    return copy;
}
