/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: any text as what squeue and sinfo say.
 */
#include <stdint.h>

#include "farm/slurm.h"
#include "farm/waits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autofree char *text = g_strndup((const char *)data, n);
    g_autoptr(GPtrArray) tasks = slurm_parse_tasks(text, "firstbad-");
    g_autoptr(Waits) waits = waits_new();
    SlurmSize size = slurm_parse_nodes(text);

    g_assert_cmpuint(size.n_kvm, <=, size.n_nodes);
    if (!tasks) {
        return 0;
    }
    g_auto(GStrv) now = waits_take(waits, tasks, 1);
    g_auto(GStrv) later = waits_take(waits, tasks, 3600 * (gint64)G_USEC_PER_SEC);
    g_auto(GStrv) never = waits_take(waits, tasks, 3600 * (gint64)G_USEC_PER_SEC + 1);

    for (guint i = 0; i < tasks->len; i++) {
        const SlurmTask *task = tasks->pdata[i];
        const SlurmTask *found = slurm_find_task(tasks, task->name, task->task);

        g_assert_true(g_str_has_prefix(task->name, "firstbad-"));
        g_assert_true(found->state != SLURM_ENDED || task->state == SLURM_ENDED);
    }
    g_assert_cmpuint(g_strv_length(now) + g_strv_length(later), <=, tasks->len);
    g_assert_cmpuint(g_strv_length(never), ==, 0);
    return 0;
}
