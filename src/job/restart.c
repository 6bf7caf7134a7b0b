/* SPDX-License-Identifier: Apache-2.0
 * A new job that begins with what is known of another one.
 *
 * Which evidence holds is a property of the options that differ (spec.c): a wish of the search
 * takes nothing away, another guest the trials, another config the kernels. What a file says
 * counts, not where it lies: the job's own copy is what its evidence rests on.
 */
#include "job/private.h"

#include <string.h>

static const char *const copied_keys[] = {"config",       "repro",     "sysctl",  "repro-opts",
                                          "syz-execprog", "backports", "options", "syz-executor",
                                          "toolchains",   "baseline",  "prior",   "bisect-log"};

/* The job whose evidence is asked for. */
typedef struct Source {
    char *dir;
    JobSpec *spec;
    const JobSpec *now;
} Source;

static void source_clear(Source *source)
{
    g_free(source->dir);
    g_clear_pointer(&source->spec, job_spec_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Source, source_clear)

static gboolean open_source(Store *store, const JobRow *row, const JobSpec *now, Source *source,
                            GError **error)
{
    source->dir = store_job_dir(store, row->id);
    source->spec = job_spec_new(row->kind);
    source->now = now;
    return job_spec_read(source->spec, row->spec, "/", error);
}

/* --- Files ----------------------------------------------------------------------------------- */

/* Has @path the bytes of @copy? To a config the job may have added lines at the end, for a disk. */
static gboolean is_as_copied(const char *key, const char *copy, const char *path,
                             gboolean has_rootfs)
{
    g_autofree char *a = NULL, *b = NULL;
    gsize n_a, n_b;

    if (!g_file_get_contents(copy, &a, &n_a, NULL) || !g_file_get_contents(path, &b, &n_b, NULL)) {
        return FALSE;
    }
    if (n_a > n_b && !(has_rootfs && g_str_equal(key, "config"))) {
        return FALSE;
    }
    return n_a >= n_b && memcmp(a, b, n_b) == 0;
}

/* SpecSameFunc */
static gboolean is_same_file(const char *key, const char *before, const char *now, gpointer data)
{
    const Source *source = data;
    g_autofree char *copy = inputs_copy_of(key, before, source->dir);

    if (g_str_equal(key, "file") || g_str_equal(key, "module") || g_str_equal(key, "rootfs")) {
        return g_str_equal(before, now) && inputs_are_as_taken(source->now, key, source->dir);
    }
    return copy ? is_as_copied(key, copy, now, source->spec->rootfs != NULL)
                : g_str_equal(before, now);
}

JobSpec *job_spec_again(Store *store, const JobRow *row, GPtrArray *notes, GError **error)
{
    g_auto(Source) source = {0};

    if (!open_source(store, row, NULL, &source, error)) {
        return NULL;
    }
    for (guint i = 0; i < G_N_ELEMENTS(copied_keys); i++) {
        const char *key = copied_keys[i];
        g_autofree char *path = job_spec_get(source.spec, key);
        g_autofree char *copy = path ? inputs_copy_of(key, path, source.dir) : NULL;

        if (!copy) {
            continue;
        }
        if (!g_str_equal(key, "prior") && g_file_test(path, G_FILE_TEST_EXISTS) &&
            !is_as_copied(key, copy, path, source.spec->rootfs != NULL)) {
            g_ptr_array_add(notes,
                            g_strdup_printf("%s has changed since %s began: it is used as it was "
                                            "then; for what it is now, give --%s %s",
                                            path, row->name, key, path));
        }
        if (!job_spec_set(source.spec, key, copy, "/", error)) {
            return NULL;
        }
    }
    g_clear_pointer(&source.spec->name, g_free);
    return g_steal_pointer(&source.spec);
}

/* --- What holds ------------------------------------------------------------------------------ */

/* The losses from @source to its spec of now, and why. */
static guint find_losses(Source *source, GPtrArray *changed)
{
    guint lost = job_spec_lost(source->spec, source->now, is_same_file, source, changed);
    g_autofree char *config =
        source->spec->config ? inputs_copy_of("config", source->spec->config, source->dir) : NULL;

    /* Kernels that do not see the disk are of no use. */
    if ((lost & LOST_TRIALS) && config && inputs_add_options(source->now, config)) {
        lost |= LOST_KERNELS | LOST_FAILURES;
    }
    return lost;
}

/* Facts by what they rest on. */
static const char *const facts_said[] = {FACT_VERDICT, FACT_VERDICT_NOTE, FACT_LEARNED, NULL};
static const char *const facts_of_kernels[] = {
    FACT_VERDICT,   FACT_VERDICT_NOTE, FACT_PATCHES, FACT_STORM,   FACT_MEND, FACT_MENDED,
    FACT_MINIMISED, FACT_SAME,         FACT_KNOWN,   FACT_LEARNED, NULL};
static const char *const facts_all[] = {
    FACT_VERDICT, FACT_VERDICT_NOTE, FACT_PATCHES, FACT_STORM,   FACT_MEND,
    FACT_MENDED,  FACT_MINIMISED,    FACT_REACH,   FACT_DRIFT,   FACT_CLASS,
    FACT_PATCHED, FACT_SAME,         FACT_KNOWN,   FACT_LEARNED, NULL};
static const char *const facts_of_try[] = {FACT_STORM, FACT_MEND, FACT_MENDED, FACT_MINIMISED,
                                           NULL};
static const char *const config_folders[] = {"configs", NULL};

/* Each of @words behind @before, as in a sentence. Owned by the caller. */
static char *list_words(const GPtrArray *words, const char *before)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < words->len; i++) {
        g_string_append_printf(list, "%s%s%s",
                               i == 0               ? ""
                               : i + 1 < words->len ? ", "
                                                    : " and ",
                               before, (const char *)words->pdata[i]);
    }
    return g_string_free(g_steal_pointer(&list), FALSE);
}

/* How much is kept: a person's verdicts always, the rest where it is not lost. */
typedef struct Kept {
    guint n_kernels, n_trials, n_said;
} Kept;

static void add_count(GPtrArray *counts, guint n, const char *what, const char *how)
{
    g_ptr_array_add(counts, g_strdup_printf("%u %s%s%s", n, what, n == 1 ? "" : "s", how));
}

static char *list_kept(const Kept *kept, guint lost)
{
    g_autoptr(GPtrArray) counts = g_ptr_array_new_with_free_func(g_free);

    if (!(lost & LOST_KERNELS)) {
        add_count(counts, kept->n_kernels, "kernel", "");
    }
    if (!(lost & LOST_TRIALS)) {
        add_count(counts, kept->n_trials, "trial", "");
    }
    if (kept->n_said) {
        add_count(counts, kept->n_said, "verdict", " by hand");
    }
    return counts->len ? list_words(counts, "") : g_strdup("nothing");
}

/* @lost of what is known of the job of @row, since @changed. */
static char *say_kept(const JobRow *row, const Kept *kept, guint lost, const GPtrArray *changed)
{
    g_autoptr(GString) text = g_string_new("keeps ");
    g_autofree char *options = list_words(changed, "--"), *list = list_kept(kept, lost);

    g_string_append_printf(text, "%s of %s", list, row->name);
    if (lost & (LOST_KERNELS | LOST_TRIALS)) {
        g_string_append_printf(text, "; %s do not hold, since %s changed",
                               lost & LOST_KERNELS ? "its kernels and trials" : "its trials",
                               options);
    } else if (lost & LOST_FAILURES) {
        g_string_append_printf(text, "; builds that failed are tried again, since %s changed",
                               options);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

gboolean job_restart(Store *store, const JobRow *row, const JobSpec *spec, StoreKeep *ret_keep,
                     GPtrArray *notes, GError **error)
{
    g_autoptr(GPtrArray) changed = g_ptr_array_new();
    g_autoptr(GPtrArray) kernels = store_kernels(store, row->id, error);
    g_autoptr(GPtrArray) trials = kernels ? store_trials(store, row->id, error) : NULL;
    g_autoptr(GPtrArray) facts = trials ? store_facts(store, row->id, error) : NULL;
    g_auto(Source) source = {0};
    Kept kept = {0};
    guint lost;

    if (!facts || !open_source(store, row, spec, &source, error)) {
        return FALSE;
    }
    lost = find_losses(&source, changed);
    kept.n_trials = trials->len;
    for (guint i = 0; i < facts->len; i++) {
        kept.n_said += g_str_equal(((const FactRow *)facts->pdata[i])->kind, FACT_VERDICT);
    }
    for (guint i = 0; i < kernels->len; i++) {
        kept.n_kernels += !(lost & LOST_FAILURES) ||
                          ((const KernelRow *)kernels->pdata[i])->kernel->status == KERNEL_BUILT;
    }
    *ret_keep = (StoreKeep){.job = row->id,
                            .kernels = !(lost & LOST_KERNELS),
                            .failed_kernels = !(lost & LOST_FAILURES),
                            .signatures = TRUE,
                            .trials = !(lost & LOST_TRIALS),
                            .decisions = !(lost & LOST_TRIALS),
                            .facts = lost & LOST_KERNELS    ? facts_said
                                     : lost & LOST_FINDINGS ? facts_of_kernels
                                                            : facts_all,
                            .folders = lost & LOST_KERNELS ? NULL : config_folders};
    g_ptr_array_add(notes, say_kept(row, &kept, lost, changed));
    return TRUE;
}

/* --- A try ----------------------------------------------------------------------------------- */

void job_spec_try(JobSpec *spec, const char *revision)
{
    static const char *const searched[] = {"good",        "oldest",   "culprit",   "start-title",
                                           "rewritten",   "suspect",  "prior",     "suspect-author",
                                           "max-kernels", "max-time", "bisect-log"};

    for (guint i = 0; i < G_N_ELEMENTS(searched); i++) {
        job_spec_set(spec, searched[i], g_str_has_prefix(searched[i], "max-") ? "0" : "", "/",
                     NULL);
    }
    g_free(spec->kind);
    spec->kind = g_strdup("try");
    spec->fix = spec->minimise = FALSE;
    g_free(spec->tried);
    spec->tried = g_strdup(revision);
}

/* The title under which the start of @spec mostly shows the bug in @trials; NULL for none. Owned by
 * the caller. */
static char *usual_title(const JobSpec *spec, const GPtrArray *trials)
{
    g_auto(Sought) sought = {0};
    const char *title;

    sought_learn(spec, trials, &sought);
    title = trials_usual_title(&sought, trials, spec->start, TRIED_BAD);
    return *title ? g_strdup(title) : NULL;
}

/* Of a bug of the build: does the start not build? */
static gboolean is_unbuildable(const JobSpec *spec, const GPtrArray *kernels)
{
    for (guint i = 0; i < kernels->len; i++) {
        const KernelRow *row = kernels->pdata[i];

        if (g_str_equal(row->commit, spec->start)) {
            return row->kernel->status == KERNEL_FAILED;
        }
    }
    return FALSE;
}

gboolean job_try_like(Store *store, const JobRow *row, JobSpec *spec, StoreKeep *ret_keep,
                      GPtrArray *notes, GError **error)
{
    g_autoptr(GPtrArray) changed = g_ptr_array_new();
    g_autoptr(GPtrArray) kernels = store_kernels(store, row->id, error);
    g_autoptr(GPtrArray) trials = kernels ? store_trials(store, row->id, error) : NULL;
    gboolean is_build = g_str_equal(spec->bug, bug_kind_name(BUG_BUILD)), is_shown;
    g_autofree char *title = NULL;
    g_auto(Source) source = {0};
    guint lost;

    *ret_keep = (StoreKeep){0};
    if (!trials || !open_source(store, row, spec, &source, error)) {
        return FALSE;
    }
    title = usual_title(spec, trials);
    is_shown = is_build ? is_unbuildable(spec, kernels) : title != NULL;
    if (!is_shown || g_str_equal(spec->start, spec->tried)) {
        if (!is_shown) {
            g_ptr_array_add(notes,
                            g_strdup_printf("the start of %s has not shown the bug%s", row->name,
                                            spec->title || spec->title_match || is_build
                                                ? ""
                                                : ": any crash counts"));
        }
        g_free(spec->start);
        spec->start = g_strdup(spec->tried);
        if (!spec->title && !spec->title_match && !job_spec_is_run(spec) &&
            g_str_equal(spec->bug, bug_kind_name(BUG_CRASH))) {
            spec->title = g_steal_pointer(&title);
        }
        return TRUE;
    }
    lost = find_losses(&source, changed);
    *ret_keep = (StoreKeep){.job = row->id,
                            .only = spec->start,
                            .kernels = TRUE,
                            .failed_kernels = TRUE,
                            .signatures = !(lost & (LOST_KERNELS | LOST_TRIALS)),
                            .trials = TRUE,
                            .facts = lost & LOST_KERNELS ? NULL : facts_of_try,
                            .folders = lost & LOST_KERNELS ? NULL : config_folders};
    if (lost & (LOST_KERNELS | LOST_TRIALS)) {
        g_autofree char *options = list_words(changed, "--");

        g_ptr_array_add(notes, g_strdup_printf("how often the start crashes was seen with another "
                                               "%s",
                                               options));
    }
    return TRUE;
}
