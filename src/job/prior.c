/* SPDX-License-Identifier: Apache-2.0
 * What is known of the revisions of a range before any of them is tried: who touches the files of
 * the start's crash, and who is suspect to the user. What that is worth is belief's to say.
 *
 * The same evidence gives the same prior: of the start's crashes the first one counts, whatever
 * came later. A stack without source files (a kernel without debug information) says nothing; to
 * look for its functions in all of a tree would take longer than a trial.
 */
#include "job/private.h"

#include <math.h>
#include <string.h>

/* What the user suspects, and whom it meets. */
typedef struct Suspect {
    const char *option;
    char *text;    /* as given */
    char *wanted;  /* a path without its last slash; a part of an author, folded */
    GArray *found; /* of guint32: revisions */
} Suspect;

/* What is asked of each change. */
typedef struct Inquiry {
    const Repo *repo;
    const Range *range;
    Same *same; /* learns what each revision changes; NULL: of no kernel */
    gboolean is_kernel;
    GHashTable *stack_files, *stack_folders; /* sets of strings */
    GPtrArray *suspects;                     /* of Suspect */
    CommitFacts *facts;
} Inquiry;

/* --- One change ------------------------------------------------------------------------------ */

/* "Linux 6.1.192" or "Linux 6.2-rc1" in the Makefile. */
static gboolean is_release(const char *message, gboolean only_makefile)
{
    return only_makefile && g_str_has_prefix(message, "Linux ") &&
           g_ascii_isdigit(message[strlen("Linux ")]);
}

static gboolean touches_folder_of(GHashTable *folders, const char *file)
{
    g_autofree char *folder = g_path_get_dirname(file);

    return g_hash_table_contains(folders, folder);
}

static gboolean is_met(const Suspect *suspect, const Change *change, const char *author)
{
    gsize n = strlen(suspect->wanted);

    if (g_str_equal(suspect->option, "suspect-author")) {
        return strstr(author, suspect->wanted) != NULL;
    }
    for (guint i = 0; i < change->n_files; i++) {
        const char *file = change->files[i];

        if (strncmp(file, suspect->wanted, n) == 0 && (!file[n] || file[n] == '/')) {
            return TRUE;
        }
    }
    return FALSE;
}

static char *fold(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    return g_utf8_casefold(valid, -1);
}

static void look_for_suspects(const Inquiry *inquiry, const Change *change, CommitFacts *facts)
{
    g_autofree char *written =
        g_strdup_printf("%s <%s>", change->author_name, change->author_email);
    g_autofree char *author = inquiry->suspects->len ? fold(written) : NULL;

    for (guint i = 0; i < inquiry->suspects->len; i++) {
        Suspect *suspect = inquiry->suspects->pdata[i];

        if (is_met(suspect, change, author)) {
            facts->is_suspect = TRUE;
            g_array_append_val(suspect->found, change->revision);
        }
    }
}

static void learn_change(const Change *change, gpointer data)
{
    const Inquiry *inquiry = data;
    CommitFacts *facts = &inquiry->facts[change->revision];
    guint n_outside = 0, n_makefile = 0;

    if (inquiry->same) {
        same_learn_change(inquiry->same, inquiry->repo, inquiry->range, change);
    }
    facts->n_files = change->n_files;
    for (guint i = 0; i < change->n_files; i++) {
        const char *file = change->files[i];

        facts->touches_stack_file |= g_hash_table_contains(inquiry->stack_files, file);
        facts->touches_stack_folder |= touches_folder_of(inquiry->stack_folders, file);
        n_outside += (change_part_of_path(file) & CHANGE_PARTS_OUTSIDE) != 0;
        n_makefile += g_str_equal(file, "Makefile");
    }
    if (inquiry->is_kernel) {
        facts->is_outside = n_outside == change->n_files;
        facts->is_release = is_release(change->message, n_outside + n_makefile == change->n_files);
    }
    for (guint i = 0; i < change->n_fixed; i++) {
        inquiry->facts[change->fixed[i]].is_fixed = TRUE;
    }
    for (guint i = 0; i < change->n_reverted; i++) {
        inquiry->facts[change->reverted[i]].is_reverted = TRUE;
    }
    look_for_suspects(inquiry, change, facts);
}

/* --- What is asked --------------------------------------------------------------------------- */

static void suspect_free(gpointer data)
{
    Suspect *suspect = data;

    g_free(suspect->text);
    g_free(suspect->wanted);
    g_array_unref(suspect->found);
    g_free(suspect);
}

static void add_suspects(GPtrArray *suspects, const char *option, const char *list)
{
    g_auto(GStrv) texts = g_strsplit(list ? list : "", ";", -1);

    for (char **text = texts; *text; text++) {
        Suspect *suspect;
        gsize n;

        if (!*g_strstrip(*text)) {
            continue;
        }
        suspect = g_new0(Suspect, 1);
        suspect->option = option;
        suspect->text = g_strdup(*text);
        suspect->found = g_array_new(FALSE, FALSE, sizeof(guint32));
        if (g_str_equal(option, "suspect-author")) {
            suspect->wanted = fold(*text);
        } else {
            suspect->wanted = g_strdup(g_str_has_prefix(*text, "./") ? *text + 2 : *text);
            n = strlen(suspect->wanted);
            while (n && suspect->wanted[n - 1] == '/') {
                suspect->wanted[--n] = '\0';
            }
        }
        g_ptr_array_add(suspects, suspect);
    }
}

static void add_stack_file(Inquiry *inquiry, const char *file)
{
    g_hash_table_add(inquiry->stack_folders, g_path_get_dirname(file));
    g_hash_table_add(inquiry->stack_files, g_strdup(file));
}

/* Of a build that fails, the file that its error names. */
static void ask_for_error(const Job *job, Inquiry *inquiry)
{
    const RevisionEvidence *start = g_hash_table_lookup(job->situation.evidence, job->spec->start);
    g_autofree char *file = start && start->kernel && start->kernel->first_error
                                ? kernel_failure_file(start->kernel->first_error)
                                : NULL;

    if (file) {
        add_stack_file(inquiry, file);
    }
}

const char *const *job_stack_files(Job *job, GError **error)
{
    g_autoptr(GPtrArray) trials = NULL;
    g_autoptr(OopsReader) reader = NULL;
    g_autofree char *text = NULL;
    const TrialRow *crash;

    if (job->stack_files) {
        return (const char *const *)job->stack_files;
    }
    trials = store_trials(job->store, job->id, error);
    if (!trials) {
        return NULL;
    }
    crash = job_find_crash(job, trials, job->spec->start);
    if (crash) {
        reader = oops_reader_new();
        text = job_symbolize(job, crash->commit,
                             crash->report + MIN(crash->report_prefix, strlen(crash->report)));
        job->stack_files = oops_stack_files(reader, text, 0);
    } else {
        job->stack_files = g_new0(char *, 1);
    }
    return (const char *const *)job->stack_files;
}

/* Files and folders of the stack of the start's crash. */
static gboolean ask_for_stack(Job *job, Inquiry *inquiry, GError **error)
{
    const char *const *files = job_stack_files(job, error);

    if (!files) {
        return FALSE;
    }
    if (job->situation.bug == BUG_BUILD) {
        ask_for_error(job, inquiry);
        return TRUE;
    }
    for (; *files; files++) {
        add_stack_file(inquiry, *files);
    }
    return TRUE;
}

/* --- What a person is told ------------------------------------------------------------------- */

static void add_line(GPtrArray *lines, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_line(GPtrArray *lines, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(lines, g_strdup_vprintf(format, args));
    va_end(args);
}

/* Bits that it saves against a prior which knows nothing, if it is right. */
static double worth_bits(guint n, const double *log_prior)
{
    double bits = log2(n - 1);

    for (guint32 r = 1; r < n; r++) {
        bits += exp(log_prior[r]) * log_prior[r] / G_LN2;
    }
    return bits;
}

static void tell_of_stack(const Inquiry *inquiry, guint n, gboolean is_of_build,
                          const double *log_prior, GPtrArray *lines)
{
    guint n_files = g_hash_table_size(inquiry->stack_files), n_touch = 0;

    for (guint32 r = 1; r < n; r++) {
        n_touch += inquiry->facts[r].touches_stack_file;
    }
    if (n_files) {
        g_autofree char *which =
            is_of_build
                ? g_strdup("the file that the error names")
                : g_strdup_printf("one of the %u source files in the crash's stack", n_files);

        if (n_touch == 0) {
            add_line(lines, "prior: none of %u revisions touches %s", n - 1, which);
            return;
        }
        add_line(lines,
                 "prior: %u of %u revisions touch %s (all in all it saves %.1f bits, if right)",
                 n_touch, n - 1, which, worth_bits(n, log_prior));
    } else if (is_of_build) {
        add_line(lines, "prior: the error of the start names no source file");
    } else {
        add_line(lines, "prior: the crash of the start names no source files (has its kernel "
                        "CONFIG_DEBUG_INFO?)");
    }
}

static void tell_of_suspects(const Inquiry *inquiry, const double *log_prior, GPtrArray *lines)
{
    for (guint i = 0; i < inquiry->suspects->len; i++) {
        const Suspect *suspect = inquiry->suspects->pdata[i];
        double sum = 0;

        for (guint j = 0; j < suspect->found->len; j++) {
            sum += exp(log_prior[g_array_index(suspect->found, guint32, j)]);
        }
        if (suspect->found->len) {
            add_line(lines, "--%s %s: %u revisions, together %.3g %%", suspect->option,
                     suspect->text, suspect->found->len, 100 * sum);
        } else {
            add_line(lines, "--%s %s: no revision of the range is meant", suspect->option,
                     suspect->text);
        }
    }
}

/* --- All together ---------------------------------------------------------------------------- */

static gboolean weigh(Job *job, const Range *range, CommitFacts *facts, GPtrArray *lines,
                      GError **error)
{
    g_autofree char *job_dir = store_job_dir(job->store, job->id);
    g_autofree char *path = weights_path(job_dir);
    guint n_inside, n_outside;

    if (!job->spec->weights) {
        return TRUE;
    }
    if (!weights_read(path, range, facts, &n_inside, &n_outside, error)) {
        return FALSE;
    }
    add_line(lines,
             n_inside == 1 ? "--prior: %u revision of the range has a weight"
                           : "--prior: %u revisions of the range have a weight",
             n_inside);
    if (n_outside) {
        add_line(lines,
                 n_outside == 1 ? "--prior: %u revision is not in the range"
                                : "--prior: %u revisions are not in the range",
                 n_outside);
    }
    return TRUE;
}

double *job_make_prior(Job *job, const Range *range, gboolean *ret_is_release, GPtrArray *lines,
                       GError **error)
{
    guint n = history_size(range->history);
    g_autofree CommitFacts *facts = g_new0(CommitFacts, n);
    g_autofree double *log_prior = g_new(double, n);
    g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                          folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) suspects = g_ptr_array_new_with_free_func(suspect_free);
    g_autoptr(Same) same = job_spec_is_run(job->spec) ? NULL : same_new(range);
    Inquiry inquiry = {.repo = job->repo,
                       .range = range,
                       .same = same,
                       .is_kernel = !job_spec_is_run(job->spec),
                       .stack_files = files,
                       .stack_folders = folders,
                       .suspects = suspects,
                       .facts = facts};
    g_autoptr(GError) unknown = NULL;
    gboolean is_told;

    add_suspects(suspects, "suspect", job->spec->suspects);
    add_suspects(suspects, "suspect-author", job->spec->suspect_authors);
    if (inquiry.is_kernel && !ask_for_stack(job, &inquiry, error)) {
        return NULL;
    }
    is_told = (!inquiry.is_kernel && !suspects->len) ||
              repo_walk_changes(job->repo, range, learn_change, &inquiry, &unknown);
    if (!is_told) { /* of some only: that would be worse than of none */
        memset(facts, 0, n * sizeof *facts);
        add_line(lines, "prior: what the revisions change is not known: %s", unknown->message);
    }
    if (!is_told || !same_learn_merges(same, job->repo, range)) {
        g_clear_pointer(&same, same_free);
    }
    job_take_same(job, range, g_steal_pointer(&same), facts, lines);
    for (guint32 r = 1; r < n; r++) {
        facts[r].is_merge = range_is_merge(range, r);
        ret_is_release[r] = facts[r].is_release;
        if (job->spec->fix) { /* of what breaks, not of what mends */
            facts[r].is_fixed = facts[r].is_reverted = FALSE;
        }
    }
    if (!weigh(job, range, facts, lines, error)) {
        return NULL;
    }
    belief_log_prior(range->history, facts, log_prior);
    job_weigh_known(job, range, facts, log_prior, lines);
    if (is_told && inquiry.is_kernel) {
        tell_of_stack(&inquiry, n, job->situation.bug == BUG_BUILD, log_prior, lines);
    }
    if (is_told) {
        tell_of_suspects(&inquiry, log_prior, lines);
    }
    return g_steal_pointer(&log_prior);
}
