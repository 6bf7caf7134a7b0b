/* SPDX-License-Identifier: Apache-2.0
 * Config drift: which of the options that matter to the start's crash a revision's kernel lacks.
 *
 * Three kinds matter, where the start's kernel has them on: those that guard the source files in
 * the crash's stack (by the tree's own Kbuild files), those that make such a report at all (by its
 * title), and those that the user watches. Without one of them a revision runs to the end whether
 * it has the bug or not, and looks good.
 *
 * A tree may guard a file by other options than the start's. So an option that is gone is a drift
 * only where the revision's own Kbuild files do not say that the file is compiled all the same.
 */
#include "job/private.h"

#include <glib/gstdio.h>
#include <string.h>

/* Options told of at once in a line. */
#define N_TOLD 6

/* --- What makes a report --------------------------------------------------------------------- */

/* The beginnings of titles, and the options without which there would be no such report; "A|B": one
 * of them, which went by several names. An option that refines another one ("?") counts only where
 * the tree knows it: before, the other did its work. */
static const struct {
    const char *title;
    const char *options[4];
} reporters[] = {
    {"KASAN: vmalloc-out-of-bounds", {"CONFIG_KASAN", "CONFIG_KASAN_VMALLOC"}},
    {"KASAN: stack-out-of-bounds", {"CONFIG_KASAN", "?CONFIG_KASAN_STACK"}},
    {"KASAN: slab-use-after-free", {"CONFIG_KASAN"}},
    {"KASAN:", {"CONFIG_KASAN"}},
    {"KMSAN:", {"CONFIG_KMSAN"}},
    {"KCSAN:", {"CONFIG_KCSAN"}},
    {"KFENCE:", {"CONFIG_KFENCE"}},
    {"UBSAN: array-index", {"CONFIG_UBSAN", "?CONFIG_UBSAN_BOUNDS"}},
    {"UBSAN: shift-out", {"CONFIG_UBSAN", "?CONFIG_UBSAN_SHIFT"}},
    {"UBSAN: division", {"CONFIG_UBSAN", "?CONFIG_UBSAN_DIV_ZERO"}},
    {"UBSAN: signed-integer-overflow",
     {"CONFIG_UBSAN",
      "?CONFIG_UBSAN_SIGNED_OVERFLOW|CONFIG_UBSAN_SIGNED_WRAP|CONFIG_UBSAN_INTEGER_WRAP"}},
    {"UBSAN: unsigned-integer-overflow", {"CONFIG_UBSAN", "?CONFIG_UBSAN_UNSIGNED_OVERFLOW"}},
    {"UBSAN: invalid-load", {"CONFIG_UBSAN", "?CONFIG_UBSAN_BOOL", "?CONFIG_UBSAN_ENUM"}},
    {"UBSAN:", {"CONFIG_UBSAN"}},
    {"BUG: bad unlock balance", {"CONFIG_DEBUG_LOCK_ALLOC"}},
    {"WARNING: bad unlock balance", {"CONFIG_DEBUG_LOCK_ALLOC"}},
    {"BUG: held lock freed", {"CONFIG_DEBUG_LOCK_ALLOC"}},
    {"WARNING: held lock freed", {"CONFIG_DEBUG_LOCK_ALLOC"}},
    {"BUG: still has locks held", {"CONFIG_DEBUG_LOCK_ALLOC"}},
    {"WARNING: still has locks held", {"CONFIG_DEBUG_LOCK_ALLOC"}},
    {"WARNING: lock held", {"CONFIG_DEBUG_LOCK_ALLOC"}},
    {"BUG: rwlock", {"CONFIG_DEBUG_SPINLOCK"}},
    {"BUG: spinlock", {"CONFIG_DEBUG_SPINLOCK"}},
    {"BUG: using", {"CONFIG_DEBUG_PREEMPT"}},
    {"WARNING: suspicious RCU usage", {"CONFIG_PROVE_RCU"}},
    {"WARNING: locking bug", {"CONFIG_LOCKDEP"}},
    {"WARNING: nested lock", {"CONFIG_PROVE_LOCKING"}},
    {"inconsistent lock state", {"CONFIG_PROVE_LOCKING"}},
    {"possible deadlock", {"CONFIG_PROVE_LOCKING"}},
    {"BUG: sleeping function called from invalid context", {"CONFIG_DEBUG_ATOMIC_SLEEP"}},
    {"BUG: scheduling while atomic", {"CONFIG_DEBUG_ATOMIC_SLEEP"}},
    {"memory leak", {"CONFIG_DEBUG_KMEMLEAK"}},
    {"WARNING: ODEBUG", {"CONFIG_DEBUG_OBJECTS"}},
    {"BUG: corrupted list", {"CONFIG_LIST_HARDENED|CONFIG_DEBUG_LIST"}},
    {"BUG: bad usercopy", {"CONFIG_HARDENED_USERCOPY"}},
    {"CFI failure", {"CONFIG_CFI_CLANG"}},
    {"INFO: task hung", {"CONFIG_DETECT_HUNG_TASK"}},
    {"INFO: task can't die", {"CONFIG_DETECT_HUNG_TASK"}},
    {"BUG: soft lockup", {"CONFIG_SOFTLOCKUP_DETECTOR|CONFIG_LOCKUP_DETECTOR"}},
    {"BUG: hard lockup", {"CONFIG_HARDLOCKUP_DETECTOR|CONFIG_LOCKUP_DETECTOR"}},
    {"INFO: rcu detected stall", {"CONFIG_RCU_STALL_COMMON"}},
    {"kernel BUG", {"CONFIG_BUG"}},
    {"WARNING", {"CONFIG_BUG"}},
};

/* --- Options that matter --------------------------------------------------------------------- */

/* One option of the start's kernel. */
typedef struct Watch {
    char *options;     /* "CONFIG_A", or "CONFIG_A|CONFIG_B": any of them will do */
    char *value;       /* at the start, of the first that is set */
    gboolean refines;  /* it counts only where the tree knows it */
    GPtrArray *guards; /* of char *: files of the stack that need it; empty: it matters anyway */
    gboolean is_plain; /* it matters whatever becomes of the files */
} Watch;

struct Drift {
    GPtrArray *watches;    /* of Watch; NULL: the start has not crashed yet */
    GHashTable *looked_at; /* set of variants */
    GHashTable *found;     /* variant -> char **: sentences */
};

static void watch_free(gpointer data)
{
    Watch *watch = data;

    g_free(watch->options);
    g_free(watch->value);
    g_ptr_array_unref(watch->guards);
    g_free(watch);
}

void drift_free(Drift *drift)
{
    if (!drift) {
        return;
    }
    g_clear_pointer(&drift->watches, g_ptr_array_unref);
    g_hash_table_unref(drift->looked_at);
    g_hash_table_unref(drift->found);
    g_free(drift);
}

static gboolean is_on(const char *value)
{
    return value && *value && !g_str_equal(value, "n") && !g_str_equal(value, "m");
}

/* What @config says of the first of @options that it has on; NULL for none. Of a kernel of ours =m
 * is not in it. */
static const char *value_of(GHashTable *config, const char *options)
{
    g_auto(GStrv) names = g_strsplit(options, "|", -1);

    for (char **name = names; *name; name++) {
        const char *value = g_hash_table_lookup(config, *name);

        if (is_on(value)) {
            return value;
        }
    }
    return NULL;
}

/* Watch @options where the start has them on. @file: a file that they guard, or NULL. */
static void add_watch(GPtrArray *watches, GHashTable *config, const char *options, const char *file)
{
    gboolean refines = *options == '?';
    const char *names = options + refines;
    Watch *watch = NULL;

    for (guint i = 0; !watch && i < watches->len; i++) {
        Watch *there = watches->pdata[i];

        watch = g_str_equal(there->options, names) ? there : NULL;
    }
    if (!watch) {
        const char *value = value_of(config, names);

        if (!value) {
            return;
        }
        watch = g_new0(Watch, 1);
        watch->options = g_strdup(names);
        watch->value = g_strdup(value);
        watch->refines = refines;
        watch->guards = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(watches, watch);
    }
    if (file) {
        g_ptr_array_add(watch->guards, g_strdup(file));
    } else {
        watch->is_plain = TRUE;
    }
}

static void watch_guards(Job *job, GPtrArray *watches, GHashTable *config, const char *const *files)
{
    g_autoptr(Kbuild) kbuild = kbuild_new_at(job->repo, job->spec->start);

    for (; *files; files++) {
        g_autoptr(KbuildGuards) guards = kbuild_guards(kbuild, *files);
        g_auto(GStrv) needed = kbuild_needed(guards, config);

        for (char **option = needed; *option; option++) {
            add_watch(watches, config, *option, *files);
        }
    }
}

static void watch_reporters(GPtrArray *watches, GHashTable *config, const char *title)
{
    for (gsize i = 0; i < G_N_ELEMENTS(reporters); i++) {
        if (g_str_has_prefix(title, reporters[i].title)) {
            for (const char *const *option = reporters[i].options; *option; option++) {
                add_watch(watches, config, *option, NULL);
            }
            return;
        }
    }
}

static void watch_given(GPtrArray *watches, GHashTable *config, const char *list)
{
    g_auto(GStrv) names = g_strsplit(list ? list : "", ";", -1);

    for (char **name = names; *name; name++) {
        gboolean is_whole = g_str_has_prefix(g_strstrip(*name), "CONFIG_");
        g_autofree char *option = g_strconcat(is_whole ? "" : "CONFIG_", *name, NULL);

        if (**name) {
            add_watch(watches, config, option, NULL);
        }
    }
}

/* The configuration that @kernel was built with; NULL where the store has lost it. Owned by the
 * caller. */
static GHashTable *read_config(const Job *job, const Kernel *kernel)
{
    g_autofree char *folder = store_job_dir(job->store, job->id);
    g_autofree char *path = g_build_filename(folder, "config.compared", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    if (!kernel->dir || kernel->status != KERNEL_BUILT) {
        return NULL;
    }
    if (!kernel_unpack(kernel, "config", path, &error) ||
        !g_file_get_contents(path, &text, NULL, &error)) {
        g_message("no config to compare: %s", error->message);
    }
    g_unlink(path);
    return text ? config_values(text) : NULL;
}

/* FALSE on errors; @drift's watches stay NULL where the start has not crashed yet. */
static gboolean find_watches(Job *job, Drift *drift, GError **error)
{
    const RevisionEvidence *start = g_hash_table_lookup(job->situation.evidence, job->spec->start);
    g_autoptr(GHashTable) config = NULL;
    g_autoptr(GPtrArray) watches = NULL;
    const char *const *files;
    const char *title = NULL;

    if (!start || !start->kernel || start->n_crash == 0) {
        return TRUE;
    }
    watches = g_ptr_array_new_with_free_func(watch_free);
    config = read_config(job, start->kernel);
    files = config ? job_stack_files(job, error) : NULL;
    if (config && !files) {
        return FALSE;
    }
    for (guint i = 0; !title && i < job->trials->len; i++) {
        const TrialRow *trial = job->trials->pdata[i];

        title = trial->kind == OUTCOME_CRASH && g_str_equal(trial->commit, job->spec->start) &&
                        identity_judge(&job->sought, trial) == CRASH_OF_BUG
                    ? trial->title
                    : NULL;
    }
    if (config) {
        watch_guards(job, watches, config, files);
        watch_reporters(watches, config, title ? title : "");
        watch_given(watches, config, job->spec->watched_options);
    }
    drift->watches = g_steal_pointer(&watches);
    return TRUE;
}

/* --- Comparing ------------------------------------------------------------------------------- */

/* One revision that is compared. */
typedef struct Comparison {
    Job *job;
    char *commit;
    GHashTable *config;
    Kbuild *kbuild; /* of the revision; NULL until it is needed */
} Comparison;

/* Does the revision compile all the files that @watch guards, by whatever options? */
static gboolean compiles_guarded(Comparison *comparison, const Watch *watch)
{
    if (watch->is_plain) {
        return FALSE;
    }
    if (!comparison->kbuild) {
        comparison->kbuild = kbuild_new_at(comparison->job->repo, comparison->commit);
    }
    for (guint i = 0; i < watch->guards->len; i++) {
        g_autoptr(KbuildGuards) guards = kbuild_guards(comparison->kbuild, watch->guards->pdata[i]);

        if (kbuild_is_compiled(guards, comparison->config) != KBUILD_YES) {
            return FALSE;
        }
    }
    return TRUE;
}

/* What has become of @watch: a sentence, owned by the caller; NULL when it is as it was. */
static char *compare(Comparison *comparison, const Watch *watch)
{
    const char *value = value_of(comparison->config, watch->options);
    g_autofree char *option = g_strndup(watch->options, strcspn(watch->options, "|"));
    g_autofree char *reason = NULL;

    if (value && g_str_equal(value, watch->value)) {
        return NULL;
    }
    if (value) {
        return g_strdup_printf("%s is %s here, %s at the start", option, value, watch->value);
    }
    if (compiles_guarded(comparison, watch)) {
        return NULL;
    }
    reason = config_why_off(comparison->job->repo, comparison->commit, option, comparison->config);
    if (watch->refines && g_strcmp0(reason, CONFIG_NOT_IN_KCONFIG) == 0) {
        return NULL;
    }
    return g_strdup_printf("%s is off here%s%s%s", option, reason ? " (" : "", reason ? reason : "",
                           reason ? ")" : "");
}

static void tell(Job *job, const char *variant, char *const *sentences)
{
    g_autoptr(GString) line = g_string_new(NULL);
    guint n = g_strv_length((char **)sentences);

    for (guint i = 0; i < MIN(n, N_TOLD); i++) {
        g_string_append_printf(line, "%s%s", i ? "; " : "", sentences[i]);
    }
    if (n > N_TOLD) {
        g_string_append_printf(line, "; and %u more", n - N_TOLD);
    }
    job_say(job, "%.12s config drift: %s", variant, line->str);
}

static gboolean look_at(Job *job, const KernelRow *row, GError **error)
{
    Drift *drift = job->drift;
    g_autofree char *commit = variant_commit(row->commit);
    Comparison comparison = {.job = job, .commit = commit};
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autofree char *text = NULL;
    char **sentences;

    g_hash_table_add(drift->looked_at, g_strdup(row->commit));
    comparison.config = read_config(job, row->kernel);
    if (!comparison.config) {
        return TRUE;
    }
    for (guint i = 0; i < drift->watches->len; i++) {
        g_autofree char *sentence = compare(&comparison, drift->watches->pdata[i]);

        if (sentence) {
            g_strv_builder_add(builder, sentence);
        }
    }
    g_hash_table_unref(comparison.config);
    kbuild_free(comparison.kbuild);
    sentences = g_strv_builder_end(builder);
    if (!*sentences) {
        g_strfreev(sentences);
        return TRUE;
    }
    g_hash_table_insert(drift->found, g_strdup(row->commit), sentences);
    tell(job, row->commit, sentences);
    text = g_strjoinv("\n", sentences);
    return job_put_fact(job, row->commit, FACT_DRIFT, text, error);
}

/* What was found before the job was stopped is not looked for again. */
static Drift *read_drift(Job *job, GError **error)
{
    g_autoptr(GPtrArray) facts = store_facts(job->store, job->id, error);
    Drift *drift;

    if (!facts) {
        return NULL;
    }
    drift = g_new0(Drift, 1);
    drift->looked_at = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    drift->found =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_strfreev);
    for (guint i = 0; i < facts->len; i++) {
        const FactRow *fact = facts->pdata[i];

        if (g_str_equal(fact->kind, FACT_DRIFT)) {
            g_hash_table_add(drift->looked_at, g_strdup(fact->commit));
            g_hash_table_insert(drift->found, g_strdup(fact->commit),
                                g_strsplit(fact->text, "\n", -1));
        }
    }
    return drift;
}

/* FALSE on errors. */
static gboolean remember(Job *job, GError **error)
{
    if (!job->drift) {
        job->drift = read_drift(job, error);
    }
    return job->drift != NULL;
}

/* A kernel that is to be compared, and was not yet. */
static gboolean is_new(const Job *job, const KernelRow *row)
{
    return row->kernel->status == KERNEL_BUILT && !g_str_equal(row->commit, job->spec->start) &&
           !g_hash_table_contains(job->drift->looked_at, row->commit);
}

gboolean job_look_for_drift(Job *job, GError **error)
{
    if (job_spec_is_run(job->spec)) {
        return TRUE;
    }
    if (!remember(job, error)) {
        return FALSE;
    }
    for (guint i = 0; i < job->kernels->len; i++) {
        const KernelRow *row = job->kernels->pdata[i];

        if (!is_new(job, row)) {
            continue;
        }
        if (!job->drift->watches && !find_watches(job, job->drift, error)) {
            return FALSE;
        }
        if (job->drift->watches && !look_at(job, row, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

const char *const *job_drift_of(const Job *job, const char *variant)
{
    return job->drift ? g_hash_table_lookup(job->drift->found, variant) : NULL;
}

char **job_options_that_matter(Job *job, GError **error)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    if (!remember(job, error) || (!job->drift->watches && !find_watches(job, job->drift, error)) ||
        !job->drift->watches) {
        return NULL;
    }
    for (guint i = 0; i < job->drift->watches->len; i++) {
        const Watch *watch = job->drift->watches->pdata[i];
        g_auto(GStrv) names = g_strsplit(watch->options, "|", -1);

        g_strv_builder_addv(builder, (const char **)names);
    }
    return g_strv_builder_end(builder);
}
