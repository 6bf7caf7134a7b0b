/* SPDX-License-Identifier: Apache-2.0
 * The fixes that kernels of a job were built with: kept, so that the report can say so, and told
 * once each.
 */
#include "job/private.h"

#include <string.h>

/* FALSE when @line was told before. */
static gboolean tell_once(Job *job, const char *line)
{
    return g_hash_table_add(job->fixes, g_strdup(line));
}

/* What its age did to the config: a try explains it. */
static gboolean keep_notes(Job *job, const char *commit, const Kernel *kernel, GError **error)
{
    g_autofree char *text =
        kernel->notes && kernel->notes[0] ? g_strjoinv("\n", kernel->notes) : NULL;

    return job_put_fact(job, commit, FACT_NOTES, text, error);
}

gboolean job_keep_fixes(Job *job, const char *commit, const Kernel *kernel, GError **error)
{
    gboolean failed = kernel->status == KERNEL_FAILED;
    g_autofree char *text =
        kernel->patches && kernel->patches[0] ? g_strjoinv("\n", kernel->patches) : NULL;

    if (job->spec->tried && !keep_notes(job, commit, kernel, error)) {
        return FALSE;
    }
    for (char **line = kernel->patches; line && *line; line++) {
        if (tell_once(job, *line)) {
            job_say(job, "%.12s is built with the fix %s", commit, *line);
        }
    }
    /* Where it builds without, nobody has to care. */
    for (char **line = kernel->unpatched; failed && line && *line; line++) {
        if (tell_once(job, *line)) {
            job_say(job, "%.12s: %s", commit, *line);
        }
    }
    return g_hash_table_size(job->fixes) == 0 ||
           job_put_fact(job, commit, FACT_PATCHES, text, error);
}

void job_load_fixes(Job *job, const GPtrArray *facts)
{
    for (guint i = 0; i < facts->len; i++) {
        const FactRow *fact = facts->pdata[i];
        g_auto(GStrv) lines =
            g_str_equal(fact->kind, FACT_PATCHES) ? g_strsplit(fact->text, "\n", -1) : NULL;

        for (char **line = lines; line && *line; line++) {
            tell_once(job, *line);
        }
    }
}
