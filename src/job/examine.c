/* SPDX-License-Identifier: Apache-2.0
 * A suspect looked at: what its change consists of, whether that is in the kernel, and where it can
 * be taken back (of a fix: added). What comes out are facts of the suspect, in the words of the
 * report; what they are worth, validate.c says. What cannot be found out is such a fact, too.
 */
#include "job/private.h"
#include "symbols/symbols.h"

#include <glib/gstdio.h>
#include <string.h>

/* Names in one line. */
#define N_SHOWN 3

/* --- The change ------------------------------------------------------------------------------ */

/* "a, b, c and 4 more" of those whose answer is @wanted (NULL: of all). */
static char *some_of(char *const *names, const SymbolsAnswer *answers, SymbolsAnswer wanted)
{
    GString *text = g_string_new(NULL);
    guint n = 0;

    for (guint i = 0; names[i]; i++) {
        if (answers && answers[i] != wanted) {
            continue;
        }
        if (n++ < N_SHOWN) {
            g_string_append_printf(text, "%s%s", n > 1 ? ", " : "", names[i]);
        }
    }
    if (n > N_SHOWN) {
        g_string_append_printf(text, " and %u more", n - N_SHOWN);
    }
    return g_string_free(text, FALSE);
}

/* Which of @sources are in the kernel of @commit; NULL with *ret_why where that is not known. */
static SymbolsAnswer *ask_for_sources(Job *job, const char *commit, char **sources, char **ret_why)
{
    const RevisionEvidence *evidence = g_hash_table_lookup(job->situation.evidence, commit);
    g_autofree char *folder = store_job_dir(job->store, job->id);
    g_autofree char *vmlinux = g_build_filename(folder, "vmlinux", NULL);
    SymbolsFiles files = {.vmlinux = vmlinux,
                          .source_dirs = job->farm->ops->source_prefixes(job->farm)};
    g_autofree SymbolsAnswer *functions = NULL;
    SymbolsAnswer *answers = NULL;
    g_autoptr(GError) error = NULL;

    if (!evidence || !evidence->kernel || !evidence->kernel->dir) {
        *ret_why = g_strdup("its kernel is not kept");
        return NULL;
    }
    if (kernel_unpack(evidence->kernel, "vmlinux", vmlinux, &error)) {
        symbols_facts_apart(&files, NULL, (const char *const *)sources, &functions, &answers,
                            &error);
        g_unlink(vmlinux);
    }
    *ret_why = error ? g_strdup(error->message) : NULL;
    return answers;
}

static gboolean has_answer(const SymbolsAnswer *answers, guint n, SymbolsAnswer wanted)
{
    for (guint i = 0; i < n; i++) {
        if (answers[i] == wanted) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Of what is no C source (headers of macros alone, Makefiles) debug information may say nothing
 * though it matters. */
static gboolean all_are_c(char *const *sources)
{
    for (; *sources; sources++) {
        if (!g_str_has_suffix(*sources, ".c")) {
            return FALSE;
        }
    }
    return TRUE;
}

static char *code_line(Job *job, const char *commit, char **sources)
{
    g_autofree char *why = NULL, *some = some_of(sources, NULL, SYMBOLS_YES);
    g_autofree SymbolsAnswer *answers = ask_for_sources(job, commit, sources, &why);
    guint n = g_strv_length(sources);
    g_autofree char *inside = answers ? some_of(sources, answers, SYMBOLS_YES) : NULL;

    if (job->situation.bug == BUG_BUILD) {
        return g_strdup(""); /* there is no kernel to ask */
    }
    if (inside && *inside) {
        return g_strdup_printf("passed: it changes code of this kernel (%s)", inside);
    }
    if (answers && !has_answer(answers, n, SYMBOLS_UNKNOWN) && all_are_c(sources)) {
        return g_strdup_printf("failed: no file that it changes is in this kernel (%s)", some);
    }
    return g_strdup_printf(CLASS_UNKNOWN " (%s) is in this kernel, because %s", some,
                           why       ? why
                           : answers ? "its kernel does not say what it is made of"
                                     : "nobody knows");
}

/* A merge changes what its sides do. */
static char *class_line(Job *job, const char *commit, gboolean is_merge)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) sources = NULL;
    g_autofree char *name = NULL;
    guint parts = 0;

    if (is_merge) {
        return g_strdup("");
    }
    if (!repo_change_parts(job->repo, commit, &parts, &sources, &error)) {
        return g_strdup_printf("could not be done: what kind of change it is, because %s",
                               error->message);
    }
    name = change_parts_name(parts);
    if (parts & CHANGE_CODE) {
        return code_line(job, commit, sources);
    }
    if (parts & CHANGE_CONFIG) {
        return g_strdup_printf("passed: it changes %s, no code: it may have switched %s what has "
                               "the bug",
                               name, job->spec->fix ? "off" : "on");
    }
    return g_strdup_printf("failed: it changes nothing%s%s", parts ? " but " : "", name);
}

/* --- Where it can be taken back, or added ----------------------------------------------------- */

/* Revisions of the range with @culprit (of a fix: without it) that are known to crash, but for the
 * ends, in their order. A parent of a fix has nothing to tell: with it, it is the fix. */
static GArray *crashing_revisions(const Job *job, guint32 culprit)
{
    const History *history = job->range->history;
    GArray *revisions = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(RevisionSet) with = history_descendants(history, culprit);
    g_autoptr(GPtrArray) parents = range_parents(job->range, culprit);

    for (guint32 r = 1; r + 1 < history_size(history); r++) {
        const char *commit = job->range->commits[r];
        const RevisionEvidence *evidence = g_hash_table_lookup(job->situation.evidence, commit);
        gboolean has = r != culprit && revision_set_has(with, r);

        if (evidence && evidence->n_crash > 0 && r != culprit && has != job->spec->fix &&
            !g_ptr_array_find_with_equal_func(parents, commit, g_str_equal, NULL)) {
            g_array_append_val(revisions, r);
        }
    }
    return revisions;
}

/* Of the culprit's change: where taking it back, or a fix, adding it, tells most. First the start,
 * then others that are known to crash, the nearest to the start first. Array of const char *. */
static GPtrArray *crashing_bases(const Job *job, guint32 culprit)
{
    GPtrArray *bases = g_ptr_array_new();
    g_autoptr(GArray) crashing = crashing_revisions(job, culprit);

    g_ptr_array_add(bases, job->spec->start);
    for (guint i = 0; i < crashing->len; i++) {
        guint at = job->spec->fix ? i : crashing->len - 1 - i;

        g_ptr_array_add(bases, job->range->commits[g_array_index(crashing, guint32, at)]);
    }
    return bases;
}

/* Those between @culprit and @crashing, newest first. */
static GPtrArray *bases_between(const Job *job, guint32 culprit, const char *crashing)
{
    GPtrArray *bases = g_ptr_array_new();
    guint32 newest = (guint32)range_find(job->range, crashing);
    g_autoptr(RevisionSet) after = history_descendants(job->range->history, culprit);
    g_autoptr(RevisionSet) before = history_ancestors(job->range->history, newest);

    for (guint32 r = newest; r-- > culprit + 1;) {
        if (revision_set_has(after, r) && revision_set_has(before, r)) {
            g_ptr_array_add(bases, job->range->commits[r]);
        }
    }
    return bases;
}

/* A search for a revision that can do without @culprit, or with it. */
typedef struct Probe {
    const Job *job;
    const char *culprit;
    const char *tried; /* variants chosen before, with blanks around each */
    char *variant;     /* found */
    char *conflict;    /* the first one */
} Probe;

static void probe_clear(Probe *probe)
{
    g_free(probe->variant);
    g_free(probe->conflict);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Probe, probe_clear)

/* *ret_found: @base, which was not chosen before, can be patched. */
static gboolean probe_at(Probe *probe, const char *base, gboolean *ret_found, GError **error)
{
    gboolean is_fix = probe->job->spec->fix;
    const char *const changes[] = {probe->culprit, NULL};
    g_autofree char *variant =
        is_fix ? variant_with(base, probe->culprit) : variant_without(base, probe->culprit);
    g_autofree char *patched = NULL, *conflict = NULL;

    *ret_found = FALSE;
    if (strstr(probe->tried, variant)) {
        return TRUE;
    }
    if (!repo_patch(probe->job->repo, base, is_fix ? NULL : changes, is_fix ? changes : NULL,
                    &patched, &conflict, error)) {
        return FALSE;
    }
    if (!probe->conflict) {
        probe->conflict = g_steal_pointer(&conflict);
    }
    if (patched) {
        g_free(probe->variant);
        probe->variant = g_steal_pointer(&variant);
    }
    *ret_found = patched != NULL;
    return TRUE;
}

/* The newest of @bases by doubling steps from the first, then by halves: as if all from some
 * revision on conflicted, and none before. */
static gboolean probe_by_doubling(Probe *probe, const GPtrArray *bases, GError **error)
{
    guint too_new = 0, step = 1, at = 0;
    gboolean found = FALSE;

    while (!found && at < bases->len) {
        if (!probe_at(probe, bases->pdata[at], &found, error)) {
            return FALSE;
        }
        too_new = found ? too_new : at + 1;
        at += found ? 0 : step;
        step *= 2;
    }
    while (found && too_new < at) {
        guint middle = too_new + (at - too_new) / 2;
        gboolean is_clean;

        if (!probe_at(probe, bases->pdata[middle], &is_clean, error)) {
            return FALSE;
        }
        at = is_clean ? middle : at;
        too_new = is_clean ? too_new : middle + 1;
    }
    return TRUE;
}

/* First revisions that are known to crash, since of these a quiet variant tells most; then, where
 * the culprit cannot be taken back at any, others in the same direction. */
static gboolean probe_all(Probe *probe, guint32 culprit, GError **error)
{
    g_autoptr(GPtrArray) crashing = crashing_bases(probe->job, culprit);
    g_autoptr(GPtrArray) between = NULL;
    gboolean found = FALSE;

    for (guint i = 0; i < crashing->len && !found; i++) {
        if (!probe_at(probe, crashing->pdata[i], &found, error)) {
            return FALSE;
        }
    }
    if (found || probe->job->spec->fix) {
        return TRUE;
    }
    between = bases_between(probe->job, culprit, crashing->pdata[crashing->len - 1]);
    return probe_by_doubling(probe, between, error);
}

/* Choose where to take @commit back, or to add it, next, behind what was chosen before. */
static gboolean choose_patched(Job *job, const char *commit, guint32 culprit, GError **error)
{
    const char *before = situation_fact(&job->situation, commit, FACT_PATCHED);
    g_auto(Probe) probe = {.job = job, .culprit = commit, .tried = before ? before : ""};
    g_autoptr(GError) unknown = NULL;
    g_autofree char *fact = NULL;

    job_tell(job,
             job->spec->fix ? "looking where the suspect can be added"
                            : "looking where the suspect can be taken back",
             NULL);
    if (!probe_all(&probe, culprit, &unknown)) {
        g_clear_pointer(&probe.variant, g_free);
    }
    if (probe.variant) {
        g_autofree char *title = variant_title(probe.variant);

        job_say(job, "to be tested: %s", title);
        fact = g_strdup_printf("%s%s%s", probe.tried, *probe.tried ? " " : "", probe.variant);
    } else {
        fact = g_strdup_printf("%s%c%s", probe.tried, PATCHED_NO_MORE,
                               unknown          ? unknown->message
                               : probe.conflict ? probe.conflict
                                                : "there is no other revision to try");
    }
    return job_put_fact(job, commit, FACT_PATCHED, fact, error);
}

/* A merge has no kernel of which it could be said what it alone alters. */
static gboolean find_alterations(Job *job, const char *commit, guint32 revision, GError **error)
{
    g_autoptr(GPtrArray) parents = range_parents(job->range, revision);

    return parents->len == 1 ? job_find_alterations(job, commit, parents->pdata[0], error)
                             : job_put_fact(job, commit, FACT_ALTERS, ALTERS_NOT_ASKED, error);
}

gboolean job_examine(Job *job, const char *culprit, GError **error)
{
    g_autofree char *commit = g_strdup(culprit), *line = NULL;
    guint32 revision = (guint32)range_find(job->range, commit);

    if (!situation_fact(&job->situation, commit, FACT_CLASS)) {
        line = class_line(job, commit, range_is_merge(job->range, revision));
        return job_put_fact(job, commit, FACT_CLASS, line, error);
    }
    if (!situation_fact(&job->situation, commit, FACT_ALTERS)) {
        return find_alterations(job, commit, revision, error);
    }
    return choose_patched(job, commit, revision, error);
}
