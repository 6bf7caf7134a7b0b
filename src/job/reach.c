/* SPDX-License-Identifier: Apache-2.0
 * Could a quiet kernel have shown the bug? Of syzbot's wrong "good" verdicts three in four are not
 * bad luck: a feature is not there, an option is off, a check comes first.
 *
 * A proof has two parts. The code of the crash must be in the tree of the revision: where it is
 * not, the revision has not the bug, and quiet is what it should be. (Else the commit that brings a
 * new feature with its bug would be excused as its revealer.) Given that, one of these shows that
 * the kernel could not come to it:
 *
 *   - the reproducer says so itself (REPRO_EXIT_UNREACHED);
 *   - a system call that worked at the start always fails here, as a call of what is missing does;
 *   - the function to blame is in the source, but not in the kernel; or so are most of the
 * functions around it. One missing helper is no proof: it may have been inlined out of sight;
 *   - an option that guards a file of the crash's stack, or that makes such reports, is off.
 *
 * What cannot be found out (no debug information, no trace) proves nothing.
 */
#include "job/private.h"
#include "symbols/symbols.h"

#include <glib/gstdio.h>
#include <string.h>

/* Functions of the crash that are looked for: the one to blame, and those it was called from. */
#define N_FUNCTIONS 3
/* Reasons in one line. */
#define N_REASONS 3

/* A function of the start's crash. */
typedef struct Site {
    char *function;
    char *file; /* NULL where the report does not say */
} Site;

struct Reach {
    GPtrArray *sites;      /* of Site, the one to blame first */
    GHashTable *looked_at; /* commit -> quiet trials that it had then, where more may tell more */
};

static void site_free(gpointer data)
{
    Site *site = data;

    g_free(site->function);
    g_free(site->file);
    g_free(site);
}

void reach_free(Reach *reach)
{
    if (!reach) {
        return;
    }
    g_ptr_array_unref(reach->sites);
    g_hash_table_unref(reach->looked_at);
    g_free(reach);
}

/* --- The start ------------------------------------------------------------------------------- */

/* The source file that @report, symbolized, gives @function: the word before ":LINE" behind it in
 * its line. NULL for none; owned by the caller. */
static char *file_of(const char *report, const char *function)
{
    gsize n = strlen(function);

    for (const char *at = strstr(report, function); at; at = strstr(at + n, function)) {
        const char *end = at + strcspn(at, "\n"), *colon = NULL, *word;

        if ((at > report && (g_ascii_isalnum(at[-1]) || at[-1] == '_')) ||
            (at[n] != '+' && at[n] != ' ')) {
            continue;
        }
        for (const char *c = at; c + 1 < end; c++) {
            colon = !colon && *c == ':' && g_ascii_isdigit(c[1]) ? c : colon;
        }
        for (word = colon; word && word > at && word[-1] != ' ';) {
            word--;
        }
        if (colon && memchr(word, '.', (gsize)(colon - word))) {
            return g_strndup(word, (gsize)(colon - word));
        }
    }
    return NULL;
}

static GPtrArray *find_sites(Job *job, const TrialRow *crash)
{
    GPtrArray *sites = g_ptr_array_new_with_free_func(site_free);
    g_auto(GStrv) functions = g_strsplit(crash->functions ? crash->functions : "", " ", -1);
    g_autofree char *report = job_symbolize(
        job, crash->commit, crash->report + MIN(crash->report_prefix, strlen(crash->report)));

    for (char **function = functions; *function && sites->len < N_FUNCTIONS; function++) {
        Site *site;

        if (!**function) {
            continue;
        }
        site = g_new0(Site, 1);
        site->function = g_strdup(*function);
        site->file = file_of(report, *function);
        g_ptr_array_add(sites, site);
    }
    return sites;
}

/* FALSE on errors; job->reach stays NULL where the start has not crashed yet. */
static gboolean look_at_start(Job *job, GError **error)
{
    g_autoptr(GPtrArray) trials = NULL;
    const TrialRow *crash;

    if (job->reach) {
        return TRUE;
    }
    trials = store_trials(job->store, job->id, error);
    if (!trials) {
        return FALSE;
    }
    crash = job_find_crash(job, trials, job->spec->start);
    if (crash) {
        job->reach = g_new0(Reach, 1);
        job->reach->looked_at = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        job->reach->sites = find_sites(job, crash);
    }
    return TRUE;
}

/* --- A quiet revision ------------------------------------------------------------------------ */

/* Does @text, C without comments, define @function, and not only call or declare it? */
static gboolean defines(const char *text, const char *function)
{
    gsize n = strlen(function);

    for (const char *at = strstr(text, function); at; at = strstr(at + n, function)) {
        const char *c = at + n + (at[n] == ' ');
        guint depth = 0;

        if (*c != '(' || (at > text && (g_ascii_isalnum(at[-1]) || at[-1] == '_'))) {
            continue;
        }
        do {
            depth += *c == '(';
            depth -= *c == ')';
            c++;
        } while (*c && depth);
        /* Attributes and annotations (__releases(lock)) may stand between. */
        c += strcspn(c, "{;,)=&|?");
        if (*c == '{') {
            return TRUE;
        }
    }
    return FALSE;
}

/* Is @site in the tree of @commit, where it was at the start? */
static gboolean is_in_source(const Job *job, const char *commit, const Site *site)
{
    g_autoptr(GBytes) bytes =
        site->file ? repo_read_file(job->repo, commit, site->file, NULL) : NULL;
    g_autofree char *text = NULL;
    gsize n = 0;
    const char *data = bytes ? g_bytes_get_data(bytes, &n) : NULL;

    text = data ? change_strip_comments(data, n) : NULL;
    return text && defines(text, site->function);
}

/* Which of the sites are in the kernel of @evidence; all unknown where nobody can say. */
static SymbolsAnswer *ask_kernel(Job *job, const RevisionEvidence *evidence)
{
    const GPtrArray *sites = job->reach->sites;
    const char *functions[N_FUNCTIONS + 1] = {NULL};
    g_autofree char *folder = store_job_dir(job->store, job->id);
    g_autofree char *vmlinux = g_build_filename(folder, "vmlinux", NULL);
    SymbolsFiles files = {.vmlinux = vmlinux};
    SymbolsAnswer *answers = NULL;
    g_autofree SymbolsAnswer *sources = NULL;

    for (guint i = 0; i < sites->len; i++) {
        functions[i] = ((const Site *)sites->pdata[i])->function;
    }
    if (evidence->kernel->dir && kernel_unpack(evidence->kernel, "vmlinux", vmlinux, NULL)) {
        files.source_dirs = job->farm->ops->source_prefixes(job->farm);
        symbols_facts_apart(&files, functions, NULL, &answers, &sources, NULL);
        g_unlink(vmlinux);
    }
    return answers ? answers : g_new0(SymbolsAnswer, N_FUNCTIONS + 1);
}

static void add_reason(GString *reasons, guint *n, const char *reason)
{
    if ((*n)++ < N_REASONS) {
        g_string_append_printf(reasons, "%s%s", reasons->len ? "; " : "", reason);
    }
}

static void add_missing_functions(const Job *job, const gboolean *in_source,
                                  const SymbolsAnswer *in_kernel, GString *reasons, guint *n)
{
    guint n_source = 0, n_missing = 0;

    for (guint i = 0; i < job->reach->sites->len; i++) {
        n_source += in_source[i];
        n_missing += in_source[i] && in_kernel[i] == SYMBOLS_NO;
    }
    for (guint i = 0; i < job->reach->sites->len; i++) {
        const Site *site = job->reach->sites->pdata[i];
        g_autofree char *reason =
            g_strdup_printf("%s() of %s is not in this kernel", site->function, site->file);
        gboolean is_missing = in_source[i] && in_kernel[i] == SYMBOLS_NO;

        if (is_missing && (i == 0 || (n_missing > 1 && 2 * n_missing > n_source))) {
            add_reason(reasons, n, reason);
        }
    }
}

/* Add all traces of @commit to @calls. */
static void add_calls(const Job *job, const char *commit, Calls *calls)
{
    for (guint i = 0; i < job->trials->len; i++) {
        const TrialRow *trial = job->trials->pdata[i];

        if (trial->calls && g_str_equal(trial->commit, commit)) {
            calls_add_text(calls, trial->calls);
        }
    }
}

static void add_failing_calls(const Job *job, const char *commit, GString *reasons, guint *n)
{
    g_autoptr(Calls) start = calls_new(), here = calls_new();
    g_autoptr(GPtrArray) differences = NULL;

    add_calls(job, job->spec->start, start);
    add_calls(job, commit, here);
    differences = calls_compare(start, here);
    for (guint i = 0; i < differences->len; i++) {
        const CallsDifference *difference = differences->pdata[i];

        if (difference->telling) {
            add_reason(reasons, n, difference->text);
        }
    }
}

/* Options that guard the files of the crash, or make such reports; one that has another value only
 * proves nothing. */
static void add_options(const Job *job, const char *commit, GString *reasons, guint *n)
{
    const char *const *sentence = job_drift_of(job, commit);

    for (; sentence && *sentence; sentence++) {
        if (strstr(*sentence, " is off here")) {
            add_reason(reasons, n, *sentence);
        }
    }
}

/* Why @evidence's kernel could not have shown the bug; "" where it could, or that is not known.
 * Owned by the caller. */
static char *examine_reach(Job *job, const RevisionEvidence *evidence)
{
    const GPtrArray *sites = job->reach->sites;
    g_autofree SymbolsAnswer *in_kernel = ask_kernel(job, evidence);
    gboolean in_source[N_FUNCTIONS] = {FALSE}, is_code_there;
    g_autoptr(GString) reasons = g_string_new(NULL);
    guint n = 0;

    for (guint i = 0; i < sites->len; i++) {
        in_source[i] = is_in_source(job, evidence->commit, sites->pdata[i]);
    }
    is_code_there = sites->len > 0 && (in_source[0] || in_kernel[0] == SYMBOLS_YES);
    if (is_code_there && evidence->n_unreached > 0) {
        add_reason(reasons, &n, "the reproducer says that something is missing (125)");
    }
    if (is_code_there) {
        add_failing_calls(job, evidence->commit, reasons, &n);
        add_options(job, evidence->commit, reasons, &n);
        add_missing_functions(job, in_source, in_kernel, reasons, &n);
    }
    return g_strdup(reasons->str);
}

static guint n_quiet(const RevisionEvidence *evidence)
{
    return evidence->n_ok + evidence->n_unreached;
}

/* A revision that was quiet, and of which nothing is known yet, or not enough. While it is on trial
 * more may come. */
static gboolean is_to_be_examined(const Job *job, const RevisionEvidence *evidence)
{
    return n_quiet(evidence) > 0 && !job_is_on_trial(job, evidence->commit) &&
           evidence->n_crash == 0 && evidence->kernel && evidence->kernel->status == KERNEL_BUILT &&
           variant_is_plain(evidence->commit) && !g_str_equal(evidence->commit, job->spec->start) &&
           !situation_fact(&job->situation, evidence->commit, FACT_REACH) &&
           !(job->reach && GPOINTER_TO_UINT(g_hash_table_lookup(
                               job->reach->looked_at, evidence->commit)) == n_quiet(evidence));
}

/* What was found out of another revision with the same kernel, or NULL. */
static const char *known_of_kernel(const Job *job, const RevisionEvidence *wanted)
{
    const RevisionEvidence *evidence;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, job->situation.evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        const char *fact = situation_fact(&job->situation, evidence->commit, FACT_REACH);

        if (fact && evidence->kernel && wanted->kernel->signature &&
            g_strcmp0(evidence->kernel->signature, wanted->kernel->signature) == 0) {
            return fact;
        }
    }
    return NULL;
}

/* What proves nothing with few trials is asked again after the next. */
static gboolean prove(Job *job, const RevisionEvidence *evidence, GError **error)
{
    const char *known = known_of_kernel(job, evidence);
    g_autofree char *why = known ? g_strdup(known) : examine_reach(job, evidence);

    if (!*why && n_quiet(evidence) < N_TRACES) {
        g_hash_table_insert(job->reach->looked_at, g_strdup(evidence->commit),
                            GUINT_TO_POINTER(n_quiet(evidence)));
        return TRUE;
    }
    if (*why) {
        job_say(job, "%.12s unreached: %s", evidence->commit, why);
    }
    return job_put_fact(job, evidence->commit, FACT_REACH, why, error);
}

gboolean job_prove_reach(Job *job, GError **error)
{
    const RevisionEvidence *evidence;
    GHashTableIter iter;

    if (!job->situation.proves_reach || job->situation.bug > BUG_HANG) {
        return TRUE; /* what is looked for needs no reproducer */
    }
    g_hash_table_iter_init(&iter, job->situation.evidence);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&evidence)) {
        if (!is_to_be_examined(job, evidence)) {
            continue;
        }
        if (!look_at_start(job, error)) {
            return FALSE;
        }
        if (!job->reach) {
            return TRUE;
        }
        if (!prove(job, evidence, error)) {
            return FALSE;
        }
    }
    return TRUE;
}
