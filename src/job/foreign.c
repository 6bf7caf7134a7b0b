/* SPDX-License-Identifier: Apache-2.0
 * What others saw: the tests of a foreign bisection log, as hints.
 *
 * They were made on other machines, with another compiler, config and reproducer, and what misleads
 * a bisection misleads all its tests from then on: of 802 answers of syzbot's with known truth 438
 * are wrong. So foreign tests are no evidence of ours. They weigh the prior of each revision: by
 * what they say together, where the log is sound; by nothing, where it misleads. With the chance
 * of that
 *
 *     factor(h) = (1 - misleads) P(h | their tests) / P(h) + misleads
 *
 * where P is belief's own, of a range that only they have tried: crashes count by their identity,
 * rates are theirs, revisions may be masked or haunted. A sound log is worth what its tests are
 * worth; one that misleads costs -log2(misleads), 1.3 bits.
 *
 * All else follows without a rule: a prior never tells two revisions apart for
 * belief_candidates(), and the checks of an answer count trials. So nothing is named before our own
 * trials of the start, the culprit and its parents; a foreign test only says where to look first.
 */
#include "job/private.h"

#include <math.h>
#include <string.h>

/* The chance that a log leads to a wrong commit: 438 of 802 do, but our model, told the same tests,
 * does not follow three in four of these where crashes of other identities led astray (audit/).
 * What it cannot see, revisions that could not show the bug, is the larger part. A judgement
 * between. */
#define MISLEADS 0.4

struct Foreign {
    GPtrArray *rows;   /* of ForeignRow */
    double *log_prior; /* of the range; NULL: there is none yet */
    double *factors;   /* the same */
    GArray *weighed;   /* of ForeignTest: what @factors are made of; NULL: nothing yet */
};

void foreign_free(Foreign *foreign)
{
    if (!foreign) {
        return;
    }
    g_ptr_array_unref(foreign->rows);
    g_free(foreign->log_prior);
    g_free(foreign->factors);
    g_clear_pointer(&foreign->weighed, g_array_unref);
    g_free(foreign);
}

/* --- Weighing (pure) ------------------------------------------------------------------------- */

/* What belief makes of a range without any trial of ours; of theirs alone, where there are some. */
static Belief *believe(const History *history, gboolean is_fix, const double *log_prior,
                       const ForeignTest *tests, guint n_tests)
{
    BeliefModel model;
    Belief *belief;

    belief_model_default(&model);
    model.is_fix = is_fix;
    belief = belief_new(history, &model, log_prior);
    for (guint i = 0; i < n_tests; i++) {
        belief_set(belief, tests[i].revision, &tests[i].tally);
    }
    return belief;
}

double *foreign_factors(const History *history, gboolean is_fix, const double *log_prior,
                        const ForeignTest *tests, guint n_tests)
{
    guint n = history_size(history);
    g_autoptr(Belief) before = believe(history, is_fix, log_prior, NULL, 0);
    g_autoptr(Belief) after = believe(history, is_fix, log_prior, tests, n_tests);
    const double *prior = belief_posterior(before), *posterior = belief_posterior(after);
    double *factors = g_new(double, n);

    factors[0] = 1;
    for (guint32 h = 1; h < n; h++) {
        double told = posterior[h] / (1 - posterior[0]), untold = prior[h] / (1 - prior[0]);

        factors[h] = isnormal(untold) && isfinite(told / untold)
                         ? (1 - MISLEADS) * told / untold + MISLEADS
                         : 1;
    }
    return factors;
}

/* --- Counting -------------------------------------------------------------------------------- */

/* A run of others, for what judges trials. Its strings are the row's. */
static TrialRow as_trial(const ForeignRow *row)
{
    return (TrialRow){.commit = row->commit, .kind = row->kind, .title = row->title};
}

/* Runs that failed by a machine's fault, or did not boot there, tell nothing of kernels here. */
static void count_row(const Sought *sought, const ForeignRow *row, Tally *tally)
{
    const TrialRow trial = as_trial(row);

    if (row->kind == OUTCOME_OK) {
        tally->n_ok += row->n;
    } else if (row->kind == OUTCOME_CRASH) {
        CrashJudgement judgement = identity_judge(sought, &trial);

        tally->n_crash += judgement == CRASH_OF_BUG ? row->n : 0;
        if (judgement == CRASH_DOUBTFUL) {
            tally->n_doubtful += row->n;
            tally->match = MAX(tally->match, identity_match(sought, &trial));
        }
    }
}

static ForeignTest *test_of(GArray *tests, guint32 revision)
{
    const ForeignTest none = {.revision = revision};

    for (guint i = 0; i < tests->len; i++) {
        ForeignTest *test = &g_array_index(tests, ForeignTest, i);

        if (test->revision == revision) {
            return test;
        }
    }
    g_array_append_val(tests, none);
    return &g_array_index(tests, ForeignTest, tests->len - 1);
}

/* Those that lie in the range. Array of ForeignTest. */
static GArray *count_tests(const Job *job)
{
    GArray *tests = g_array_new(FALSE, FALSE, sizeof(ForeignTest));

    for (guint i = 0; i < job->foreign->rows->len; i++) {
        const ForeignRow *row = job->foreign->rows->pdata[i];
        gint64 revision = range_find(job->range, row->commit);

        if (revision > 0) {
            count_row(&job->sought, row, &test_of(tests, (guint32)revision)->tally);
        }
    }
    return tests;
}

/* Nothing but counts and match is ever set (count_row()). */
static gboolean is_same(const GArray *tests, const GArray *others)
{
    for (guint i = 0; tests->len == others->len && i < tests->len; i++) {
        const ForeignTest *test = &g_array_index(tests, ForeignTest, i),
                          *other = &g_array_index(others, ForeignTest, i);
        const Tally *a = &test->tally, *b = &other->tally;

        if (test->revision != other->revision || a->n_crash != b->n_crash || a->n_ok != b->n_ok ||
            a->n_doubtful != b->n_doubtful || a->match < b->match || a->match > b->match) {
            return FALSE;
        }
    }
    return tests->len == others->len;
}

/* Called at each crash of the start; mostly that changes nothing, and belief in a whole range is
 * dear. */
void job_weigh_foreign(Job *job)
{
    Foreign *foreign = job->foreign;
    g_autoptr(GArray) tests = NULL;

    if (!foreign || !foreign->log_prior || !job->range) {
        return;
    }
    tests = count_tests(job);
    if (foreign->weighed && is_same(tests, foreign->weighed)) {
        return;
    }
    g_free(foreign->factors);
    foreign->factors = foreign_factors(job->range->history, job->spec->fix, foreign->log_prior,
                                       (const ForeignTest *)(gconstpointer)tests->data, tests->len);
    job->situation.foreign_factors = foreign->factors;
    g_clear_pointer(&foreign->weighed, g_array_unref);
    foreign->weighed = g_steal_pointer(&tests);
}

void job_take_foreign(Job *job, const double *log_prior)
{
    g_autoptr(GArray) tests = NULL;

    if (!job->foreign) {
        return;
    }
    g_free(job->foreign->log_prior);
    g_clear_pointer(&job->foreign->weighed, g_array_unref);
    job->foreign->log_prior =
        g_memdup2(log_prior, history_size(job->range->history) * sizeof *log_prior);
    job_weigh_foreign(job);
    tests = count_tests(job);
    job_say(job, "prior: %u revisions of the range were tested by others: hints, no trials of ours",
            tests->len);
}

/* --- The range ------------------------------------------------------------------------------- */

/* Did all runs of @commit end ok, and some did? What crashes is judged later, when it is known what
 * is looked for. */
static gboolean is_quiet(const GPtrArray *rows, const char *commit)
{
    guint n_ok = 0, n_others = 0;

    for (guint i = 0; i < rows->len; i++) {
        const ForeignRow *row = rows->pdata[i];

        if (g_str_equal(row->commit, commit)) {
            n_ok += row->kind == OUTCOME_OK;
            n_others += row->kind == OUTCOME_CRASH;
        }
    }
    return n_ok > 0 && n_others == 0;
}

/* The newest release that was quiet there is tried first, as where the culprit of a known bug would
 * not be yet. */
static void use_releases(Job *job)
{
    for (guint i = 0; job->releases && i < job->releases->len && !job->situation.is_known; i++) {
        const ReleaseTag *release = job->releases->pdata[i];

        if (is_quiet(job->foreign->rows, release->commit)) {
            job->situation.is_known = TRUE;
            job->situation.n_with_known = i;
        }
    }
}

gboolean job_load_foreign(Job *job, GError **error)
{
    GPtrArray *rows = store_foreign(job->store, job->id, error);

    if (!rows) {
        return FALSE;
    }
    /* What is no crash is not told by others as it is here. */
    if (rows->len == 0 || (job->situation.bug != BUG_CRASH && job->situation.bug != BUG_HANG)) {
        g_ptr_array_unref(rows);
        return TRUE;
    }
    job->foreign = g_new0(Foreign, 1);
    job->foreign->rows = rows;
    use_releases(job);
    return TRUE;
}
