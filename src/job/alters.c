/* SPDX-License-Identifier: Apache-2.0
 * What a suspect changes in the kernel itself: its vmlinux beside that of its parent. That the
 * sources of a change are in the kernel does not say that code came out of it; this does, and by
 * name, also where a header or a Makefile was changed.
 */
#include "job/private.h"
#include "symbols/symbols.h"

#include <glib/gstdio.h>
#include <string.h>

/* Why the two kernels may differ by more than the commit does, or not be compared; NULL: they can.
 */
static const char *why_not(const Job *job, const char *commit, const char *parent,
                           const Kernel *ours, const Kernel *theirs)
{
    const Situation *situation = &job->situation;
    const char *minimised = situation_fact(situation, job->spec->start, FACT_MINIMISED);

    if (!ours->dir || !theirs->dir) {
        return "the kernels are not kept";
    }
    if (g_strcmp0(ours->compiler, theirs->compiler) != 0) {
        return "its parent's kernel is built by another compiler";
    }
    if (g_strcmp0(situation_fact(situation, commit, FACT_PATCHES),
                  situation_fact(situation, parent, FACT_PATCHES)) != 0) {
        return "its parent's kernel is built with other fixes";
    }
    if (minimised && *minimised != '\n' && g_str_equal(commit, job->spec->start)) {
        return "its parent's kernel is built with a smaller config";
    }
    return NULL;
}

/* A revision that does not build has no kernel, and `firstbad run` makes none. */
static gboolean is_kernel(const Kernel *kernel)
{
    return kernel && kernel->signature;
}

static SymbolsChange *compare(const Job *job, const Kernel *ours, const Kernel *theirs,
                              GError **error)
{
    g_autofree char *folder = store_job_dir(job->store, job->id);
    g_autofree char *after = g_build_filename(folder, "vmlinux", NULL);
    g_autofree char *before = g_build_filename(folder, "vmlinux.parent", NULL);
    const SymbolsFiles files = {.vmlinux = after};
    SymbolsChange *change = NULL;

    if (kernel_unpack(ours, "vmlinux", after, error) &&
        kernel_unpack(theirs, "vmlinux", before, error)) {
        change = symbols_compare_apart(&files, before, error);
    }
    g_unlink(after);
    g_unlink(before);
    return change;
}

/* Set of the functions in the stacks of the bug's crash, at @commit or else at the start. */
static GHashTable *crash_functions(const Job *job, const char *commit, GError **error)
{
    g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) trials = store_trials(job->store, job->id, error);
    const TrialRow *crash = trials ? job_find_crash(job, trials, commit) : NULL;
    g_auto(GStrv) functions = NULL;

    if (!trials) {
        return NULL;
    }
    crash = crash ? crash : job_find_crash(job, trials, job->spec->start);
    functions = g_strsplit(crash && crash->functions ? crash->functions : "", " ", -1);
    for (char **function = functions; *function; function++) {
        g_hash_table_add(set, g_strdup(*function));
    }
    return g_steal_pointer(&set);
}

static char *write_fact(const SymbolsChange *change, GHashTable *in_stack)
{
    GString *text = g_string_new(NULL);

    for (char **name = change->functions; *name; name++) {
        g_string_append_printf(
            text, "%s%s",
            g_hash_table_contains(in_stack, *name) ? ALTERS_IN_STACK : ALTERS_FUNCTION, *name);
    }
    for (char **name = change->variables; *name; name++) {
        g_string_append_printf(text, ALTERS_VARIABLE "%s", *name);
    }
    return g_string_free(text, FALSE);
}

gboolean job_find_alterations(Job *job, const char *commit, const char *parent, GError **error)
{
    const Kernel *ours = situation_evidence_for(&job->situation, commit)->kernel;
    const Kernel *theirs = situation_evidence_for(&job->situation, parent)->kernel;
    g_autoptr(GHashTable) in_stack = NULL;
    g_autoptr(SymbolsChange) change = NULL;
    g_autoptr(GError) unknown = NULL;
    g_autofree char *fact = NULL;
    const char *why;

    if (!is_kernel(ours) || !is_kernel(theirs)) {
        return job_put_fact(job, commit, FACT_ALTERS, ALTERS_NOT_ASKED, error);
    }
    in_stack = crash_functions(job, commit, error);
    if (!in_stack) {
        return FALSE;
    }
    why = why_not(job, commit, parent, ours, theirs);
    job_tell(job, "comparing the suspect's kernel with its parent's", NULL);
    change = why ? NULL : compare(job, ours, theirs, &unknown);
    fact = change ? write_fact(change, in_stack)
                  : g_strconcat(ALTERS_UNKNOWN, why ? why : unknown->message, NULL);
    return job_put_fact(job, commit, FACT_ALTERS, fact, error);
}
