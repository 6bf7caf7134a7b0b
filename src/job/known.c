/* SPDX-License-Identifier: Apache-2.0
 * Bugs whose commit is known: what other jobs found of one that crashes alike.
 *
 * Once the start has crashed, it is compared with the starts of all jobs that named a culprit. What
 * that gives is kept as a fact of the start, so that the job decides by it however the other jobs
 * end later. To the prior it is a chance; to the search of a range it says which release should be
 * without the bug. So a bug that is found a second time takes its own trials and no search: start,
 * release, culprit, parent. Nothing is believed without them.
 *
 * Only jobs of one kind and one kind of bug are compared (a fix with a fix), and only by an
 * identity, of which the titles count: that is what the figures rest on, and two bugs of one system
 * call have much of their stacks in common. What a regular expression, a hang or a failed build is,
 * is not known well enough.
 */
#include "job/private.h"

#include <math.h>

/* Two bugs that match so surely crash alike. */
#define KNOWN_MATCH 0.95
/* The chance that two such have one culprit. Of 14 pairs of syzbot's bisections with known truth
 * whose starts match so, 12 have; of 15,211 that do not, 22 (bench-duplicates). Six of the 12 have
 * the same one: each culprit counted once, it is 7 of 9, and by the rule of succession this. */
#define ONE_CULPRIT ((7 + 1) / (9 + 2.0))
/* So many culprits are remembered, those that were found most often. */
#define MOST_KNOWN 5

void known_bug_free(KnownBug *known)
{
    g_free(known->culprit);
    g_free(known->name);
    g_free(known);
}

GPtrArray *known_bugs_parse(const char *fact)
{
    GPtrArray *bugs = g_ptr_array_new_with_free_func((GDestroyNotify)known_bug_free);
    g_auto(GStrv) lines = g_strsplit(fact ? fact : "", "\n", -1);

    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", 4);
        KnownBug *known;

        if (g_strv_length(words) < 4) {
            continue;
        }
        known = g_new0(KnownBug, 1);
        known->culprit = g_strdup(words[0]);
        known->chance = g_ascii_strtod(words[1], NULL);
        known->job = g_ascii_strtoll(words[2], NULL, 10);
        known->name = g_strdup(words[3]);
        g_ptr_array_add(bugs, known);
    }
    return bugs;
}

/* --- Comparing ------------------------------------------------------------------------------- */

/* Can the bug of @job be compared with another's? */
static gboolean has_identity(const Job *job)
{
    const OopsBug *bug = job->sought.bug;

    return !job_spec_is_run(job->spec) && !job->spec->tried && bug && oops_bug_n_crashes(bug) > 0;
}

/* SolvedRow.kind */
static char *kind_of(const Job *job)
{
    return g_strdup_printf("%s %s", job->spec->fix ? "fix" : "cause",
                           bug_kind_name(job->situation.bug));
}

static OopsBug *bug_of(const SolvedRow *row)
{
    OopsMatchModel model;
    OopsBug *bug;

    oops_match_model_default(&model);
    bug = oops_bug_new(&model);
    for (guint i = 0; i < row->faces->len; i++) {
        const FaceRow *face = row->faces->pdata[i];
        g_autoptr(OopsIdentity) identity = oops_identity_of_title(face->title, NULL);

        if (face->alt_titles) {
            g_strfreev(identity->alt_titles);
            identity->alt_titles = g_strdupv(face->alt_titles);
        }
        identity->is_corrupted = face->corrupted;
        identity->is_suppressed = face->suppressed;
        oops_bug_add(bug, identity, face->n);
    }
    return bug;
}

/* The jobs whose starts crash as this one's: of SolvedRow, owned by the caller. */
static GPtrArray *find_alike(const Job *job, GError **error)
{
    g_autofree char *kind = kind_of(job);
    GPtrArray *rows = store_solved(job->store, kind, job->id, error);

    for (guint i = rows ? rows->len : 0; i-- > 0;) {
        g_autoptr(OopsBug) bug = bug_of(rows->pdata[i]);

        if (oops_bugs_match(job->sought.bug, bug) < KNOWN_MATCH) {
            g_ptr_array_remove_index(rows, i);
        }
    }
    return rows;
}

/* --- Looking --------------------------------------------------------------------------------- */

/* Is the culprit of @row a commit that may be this job's? One that is not here is none. */
static gboolean may_be_culprit(const Job *job, const SolvedRow *row)
{
    const char *newest = job->spec->fix ? job->spec->good : job->spec->start;
    gboolean is_behind = FALSE;

    return repo_is_ancestor(job->repo, row->culprit, newest, &is_behind, NULL) && is_behind;
}

/* A culprit that was found: first by @row, by @n jobs in all; @sure: the sum of their confidences.
 */
typedef struct Found {
    const SolvedRow *row;
    guint n;
    double sure;
} Found;

static gint compare_surest_first(gconstpointer a, gconstpointer b)
{
    const Found *left = a, *right = b;

    return left->sure != right->sure ? (left->sure < right->sure ? 1 : -1)
                                     : (left->row->job < right->row->job ? -1 : 1);
}

/* The culprits of @alike that may be this job's, those that were found most often. Array of Found.
 */
static GArray *group_alike(const Job *job, const GPtrArray *alike)
{
    g_autoptr(GHashTable) index = g_hash_table_new(g_str_hash, g_str_equal);
    GArray *found = g_array_new(FALSE, FALSE, sizeof(Found));

    for (guint i = 0; i < alike->len; i++) {
        const SolvedRow *row = alike->pdata[i];
        guint at = GPOINTER_TO_UINT(g_hash_table_lookup(index, row->culprit));

        if (at == 0) {
            Found first = {.row = row};

            g_array_append_val(found, first);
            at = found->len;
            g_hash_table_insert(index, row->culprit, GUINT_TO_POINTER(at));
        }
        g_array_index(found, Found, at - 1).n++;
        g_array_index(found, Found, at - 1).sure += row->confidence;
    }
    g_array_sort(found, compare_surest_first);
    for (guint i = found->len; i-- > 0;) {
        if (i >= MOST_KNOWN || !may_be_culprit(job, g_array_index(found, Found, i).row)) {
            g_array_remove_index(found, i);
        }
    }
    return found;
}

/* As known_bugs_parse() reads it. The jobs share the chance, as sure as they were. */
static char *write_known(const GArray *found)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char chance[G_ASCII_DTOSTR_BUF_SIZE];
    guint n_jobs = 0;

    for (guint i = 0; i < found->len; i++) {
        n_jobs += g_array_index(found, Found, i).n;
    }
    for (guint i = 0; i < found->len; i++) {
        const Found *one = &g_array_index(found, Found, i);

        g_ascii_formatd(chance, sizeof chance, "%.4f", ONE_CULPRIT * one->sure / n_jobs);
        g_string_append_printf(text, "%s%s %s %" G_GINT64_FORMAT " %s", i ? "\n" : "",
                               one->row->culprit, chance, one->row->job, one->row->name);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void say_found(Job *job, const Found *found)
{
    g_autofree char *more = found->n > 1 ? g_strdup_printf(", and %u more", found->n - 1) : NULL;

    job_say(job, "it crashes as job %" G_GINT64_FORMAT " (%s) did%s, which found %.12s",
            found->row->job, found->row->name, more ? more : "", found->row->culprit);
}

gboolean job_look_for_known(Job *job, GError **error)
{
    const char *start = job->spec->start;
    g_autoptr(GPtrArray) alike = NULL;
    g_autoptr(GArray) found = NULL;
    g_autofree char *text = NULL;

    if (job->spec->no_known_bugs || !has_identity(job) || job_is_on_trial(job, start) ||
        situation_fact(&job->situation, start, FACT_KNOWN)) {
        return TRUE;
    }
    alike = find_alike(job, error);
    if (!alike) {
        return FALSE;
    }
    found = group_alike(job, alike);
    text = write_known(found);
    if (!job_put_fact(job, start, FACT_KNOWN, text, error)) {
        return FALSE;
    }
    for (guint i = 0; i < found->len; i++) {
        say_found(job, &g_array_index(found, Found, i));
    }
    job_use_known(job);
    return TRUE;
}

/* --- Using ----------------------------------------------------------------------------------- */

static GPtrArray *known_of(const Job *job)
{
    return known_bugs_parse(job->spec->no_known_bugs
                                ? NULL
                                : situation_fact(&job->situation, job->spec->start, FACT_KNOWN));
}

/* The first release, newest first, that lacks @culprit; where git cannot say, 0. */
static guint count_with(const Job *job, const char *culprit)
{
    guint n_with = 0, n = job->releases->len;

    while (n_with < n) {
        guint middle = (n_with + n) / 2;
        const ReleaseTag *tag = job->releases->pdata[middle];
        gboolean is_behind;

        if (!repo_is_ancestor(job->repo, culprit, tag->commit, &is_behind, NULL)) {
            return 0;
        }
        if (is_behind) {
            n_with = middle + 1;
        } else {
            n = middle;
        }
    }
    return n_with;
}

void job_use_known(Job *job)
{
    g_autoptr(GPtrArray) bugs = known_of(job);

    /* Of several culprits the range should hold all. */
    for (guint i = 0; job->releases && i < bugs->len; i++) {
        const KnownBug *known = bugs->pdata[i];
        guint n_with = count_with(job, known->culprit);

        job->situation.is_known = TRUE;
        job->situation.n_with_known = MAX(job->situation.n_with_known, n_with);
    }
}

/* Those in @range get their chances. FALSE: there are none. */
static gboolean give_chances(const GPtrArray *bugs, const Range *range, CommitFacts *facts,
                             GPtrArray *lines)
{
    gboolean any = FALSE;

    for (guint i = 0; i < bugs->len; i++) {
        const KnownBug *known = bugs->pdata[i];
        gint64 revision = range_find(range, known->culprit);

        if (revision > 0) {
            facts[revision].known += known->chance;
            any = TRUE;
            g_ptr_array_add(lines, g_strdup_printf("prior: %.12s, which job %" G_GINT64_FORMAT
                                                   " (%s) found, has %.0f %%",
                                                   known->culprit, known->job, known->name,
                                                   100 * known->chance));
        } else {
            g_ptr_array_add(lines, g_strdup_printf("prior: %.12s, which job %" G_GINT64_FORMAT
                                                   " (%s) found, is not in the range",
                                                   known->culprit, known->job, known->name));
        }
    }
    return any;
}

void job_weigh_known(Job *job, const Range *range, CommitFacts *facts, double *log_prior,
                     GPtrArray *lines)
{
    guint n = history_size(range->history);
    g_autoptr(GPtrArray) bugs = known_of(job);
    g_autofree double *unknown = g_memdup2(log_prior, n * sizeof *log_prior);

    g_clear_pointer(&job->known_factors, g_free);
    if (give_chances(bugs, range, facts, lines)) {
        belief_log_prior(range->history, facts, log_prior);
        job->known_factors = g_new(double, n);
        for (guint32 r = 0; r < n; r++) {
            job->known_factors[r] = facts[r].known > 0 ? exp(unknown[r] - log_prior[r]) : 1;
        }
    }
    job->situation.known_factors = job->known_factors;
}

/* --- For others ------------------------------------------------------------------------------ */

static void add_faces(SolvedRow *row, const OopsBug *bug)
{
    for (guint i = 0; i < oops_bug_n_faces(bug); i++) {
        guint n;
        const OopsIdentity *face = oops_bug_face(bug, i, &n);

        solved_row_add_face(row, face->title, face->alt_titles, face->is_corrupted,
                            face->is_suppressed, n);
    }
}

/* The numbers that the bug of @row has already: the least becomes its own. Jobs that crash alike
 * and have another culprit are of another bug; and so are those of one culprit that do not crash
 * alike, since a large change may bring several. */
static GArray *find_numbers(SolvedRow *row, const GPtrArray *alike)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(gint64));

    for (guint i = 0; i < alike->len; i++) {
        const SolvedRow *other = alike->pdata[i];

        if (g_str_equal(other->culprit, row->culprit)) {
            g_array_append_val(numbers, other->bug);
            row->bug = row->bug ? MIN(row->bug, other->bug) : other->bug;
        }
    }
    return numbers;
}

gboolean job_keep_known(const Job *job, const Answer *answer, GError **error)
{
    g_autoptr(SolvedRow) row = NULL;
    g_autoptr(GPtrArray) alike = NULL;
    g_autoptr(GArray) numbers = NULL;

    if (answer->kind != ANSWER_CULPRIT || answer->by_budget || !has_identity(job)) {
        return store_drop_solved(job->store, job->id, error);
    }
    alike = find_alike(job, error);
    if (!alike) {
        return FALSE;
    }
    row = solved_row_new();
    row->job = job->id;
    row->kind = kind_of(job);
    row->culprit = g_strdup(answer->culprit);
    row->confidence = answer->confidence;
    add_faces(row, job->sought.bug);
    numbers = find_numbers(row, alike);
    return store_put_solved(job->store, row, numbers, error);
}
