/* SPDX-License-Identifier: Apache-2.0
 * What a job puts into its guests.
 */
#include "farm/farm.h"

void farm_root_free(FarmRoot *root)
{
    if (!root) {
        return;
    }
    rootfs_free(root->rootfs);
    g_free(root->archive);
    g_free(root);
}

FarmInputs *farm_inputs_new(void)
{
    FarmInputs *inputs = g_new0(FarmInputs, 1);

    inputs->files = g_ptr_array_new_with_free_func((GDestroyNotify)guest_file_free);
    inputs->roots = g_ptr_array_new_with_free_func((GDestroyNotify)farm_root_free);
    inputs->modules = g_new0(char *, 1);
    inputs->sysctls = g_new0(char *, 1);
    inputs->qemu_args = g_new0(char *, 1);
    return inputs;
}

void farm_inputs_free(FarmInputs *inputs)
{
    if (!inputs) {
        return;
    }
    g_free(inputs->repro);
    g_free(inputs->archive);
    g_ptr_array_unref(inputs->files);
    g_ptr_array_unref(inputs->roots);
    g_strfreev(inputs->modules);
    g_strfreev(inputs->sysctls);
    g_strfreev(inputs->qemu_args);
    g_free(inputs);
}
