/* SPDX-License-Identifier: Apache-2.0
 * What a job puts into its guests.
 */
#include "farm/farm.h"

#include <string.h>

void farm_root_free(FarmRoot *root)
{
    if (!root) {
        return;
    }
    rootfs_free(root->rootfs);
    g_free(root->archive);
    g_free(root);
}

const char *farm_root_path(const char *text, VersionSpan *ret_span)
{
    const char *equals = strchr(text, '=');
    g_autofree char *name = equals ? g_strndup(text, (gsize)(equals - text)) : NULL;
    VersionSpan span;

    if (!name || !strstr(name, "..") || !version_span_parse(name, &span)) {
        span = (VersionSpan){.first = 0, .last = G_MAXUINT32};
        equals = NULL;
    }
    if (ret_span) {
        *ret_span = span;
    }
    return equals ? equals + 1 : text;
}

const FarmRoot *farm_root_for(const GPtrArray *roots, Version version)
{
    for (guint i = 0; i < roots->len; i++) {
        const FarmRoot *root = roots->pdata[i];

        if (version_span_has(&root->span, version)) {
            return root;
        }
    }
    return NULL;
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
    g_free(inputs->syz_execprog);
    g_free(inputs->syz_executor);
    g_free(inputs->syz_options);
    g_ptr_array_unref(inputs->files);
    g_ptr_array_unref(inputs->roots);
    g_strfreev(inputs->modules);
    g_strfreev(inputs->sysctls);
    g_strfreev(inputs->qemu_args);
    g_free(inputs);
}
