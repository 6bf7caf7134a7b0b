/* SPDX-License-Identifier: Apache-2.0
 * Room for kernels.
 */
#include "private.h"

KernelStore *job_open_kernels(const char *state_dir, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, "kernels", NULL);

    return kernel_store_open(path, error);
}

gboolean job_collect_kernels(Store *store, KernelStore *kernels, guint64 most_bytes,
                             KernelsCollected *ret_collected, GError **error)
{
    g_autoptr(GHashTable) wanted = store_wanted_kernels(store, error);

    return wanted && kernel_store_collect(kernels, most_bytes, wanted, ret_collected, error);
}

char *job_keep_room(Store *store, const char *state_dir)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(KernelStore) kernels = job_open_kernels(state_dir, &error);
    g_autofree char *size = NULL;
    KernelsCollected collected;

    if (!kernels ||
        !job_collect_kernels(store, kernels, kernel_store_limit(kernels), &collected, &error)) {
        return g_strdup_printf("old kernels could not be removed: %s", error->message);
    }
    if (collected.n_removed == 0) {
        return NULL;
    }
    size = g_format_size_full(collected.bytes_removed, G_FORMAT_SIZE_IEC_UNITS);
    return g_strdup_printf("removed %u kernels (%s) that were not used for longest; 'firstbad "
                           "kernels' tells the limit",
                           collected.n_removed, size);
}
