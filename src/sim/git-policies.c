/* SPDX-License-Identifier: Apache-2.0
 * The policies that let `git bisect` choose: a script for `git bisect run`, and syzkaller, then and
 * now. They differ in what a test is and when it is believed.
 *
 * Each tests the start first, which must be bad, and then the good end, which must be good.
 */
#include <math.h>

#include "git-bisect.h"
#include "lab.h"
#include "rules.h"

#define RUNS            10
#define RUNS_WHEN_FLAKY 20 /* and of the first test */
#define INFRA_TRIES     5
#define FLAKY_BELOW     0.5
#define BELIEVED_FROM   0.66 /* syz-ci ignores a result with less confidence */
#define HOUR_S          3600

typedef struct Rules Rules;

typedef struct GitJob {
    const Rules *rules;
    Lab lab;
    /* What syzkaller thinks of itself. */
    gboolean is_flaky;
    double crash_rate;
    double confidence;
} GitJob;

struct Rules {
    double most_s; /* after which the job is given up; 0: never */
    /* FALSE: the job cannot go on. @is_step: of the search, not of an end. */
    gboolean (*test)(GitJob *job, guint32 revision, gboolean is_step, GitVerdict *ret_verdict);
};

/* The machine's fault is known for what it is, and the run is done again. */
static void run_once(Lab *lab, guint32 revision, Runs *runs)
{
    for (guint i = 0; i < INFRA_TRIES && runs->n_infra == i; i++) {
        lab_run(lab, revision, 1, runs);
    }
}

static gboolean test_git1(GitJob *job, guint32 revision, gboolean is_step, GitVerdict *ret_verdict)
{
    Runs runs = {0};

    if (lab_build(&job->lab, revision)) {
        run_once(&job->lab, revision, &runs);
    }
    *ret_verdict = rules_any_crash(&runs);
    return TRUE;
}

static gboolean test_git10(GitJob *job, guint32 revision, gboolean is_step, GitVerdict *ret_verdict)
{
    Runs runs = {0};

    if (lab_build(&job->lab, revision)) {
        lab_run(&job->lab, revision, RUNS, &runs);
    }
    *ret_verdict = rules_any_crash(&runs);
    return TRUE;
}

static gboolean test_syzkaller2019(GitJob *job, guint32 revision, gboolean is_step,
                                   GitVerdict *ret_verdict)
{
    Runs runs = {0};

    if (!lab_build(&job->lab, revision)) {
        *ret_verdict = GIT_SKIP;
        return TRUE;
    }
    lab_run(&job->lab, revision, RUNS, &runs);
    *ret_verdict = rules_syzkaller2019(&runs);
    return TRUE;
}

/* The first bad test is that of the start. Good verdicts are doubted, bad ones never. */
static void learn(GitJob *job, const Runs *runs, gboolean is_step, GitVerdict verdict)
{
    double share = rules_crash_share(runs);

    if (verdict == GIT_BAD) {
        job->is_flaky |= share < FLAKY_BELOW;
        job->crash_rate = is_step ? MIN(job->crash_rate, (job->crash_rate + share) / 2) : share;
    } else if (verdict == GIT_GOOD && is_step) {
        job->confidence *= 1 - pow(1 - job->crash_rate, runs->n_ok);
    }
}

static gboolean test_syzkaller(GitJob *job, guint32 revision, gboolean is_step,
                               GitVerdict *ret_verdict)
{
    gboolean is_first = job->lab.n_kernels == 0;
    Runs runs = {0};

    if (!lab_build(&job->lab, revision)) {
        *ret_verdict = GIT_SKIP;
        return TRUE;
    }
    lab_run(&job->lab, revision, is_first || job->is_flaky ? RUNS_WHEN_FLAKY : RUNS, &runs);
    if (!rules_syzkaller(&runs, job->is_flaky, ret_verdict)) {
        return FALSE;
    }
    learn(job, &runs, is_step, *ret_verdict);
    return TRUE;
}

static gboolean is_out_of_time(const GitJob *job)
{
    return job->rules->most_s > 0 && job->lab.seconds >= job->rules->most_s;
}

static gboolean ends_are_right(GitJob *job, guint32 start)
{
    GitVerdict verdict;

    return job->rules->test(job, start, FALSE, &verdict) && verdict == GIT_BAD &&
           job->rules->test(job, 0, FALSE, &verdict) && verdict == GIT_GOOD;
}

static void name_culprit(SimResult *result, guint32 named, guint32 culprit, double confidence)
{
    result->culprit = named;
    result->rank = named == culprit;
    result->confidence = confidence;
}

static void list_suspects(SimResult *result, GArray *left, guint32 culprit, double confidence)
{
    result->ranked = left;
    result->confidence = confidence;
    for (guint i = 0; i < left->len; i++) {
        if (g_array_index(left, guint32, i) == culprit) {
            result->rank = i + 1;
        }
    }
}

static void search(GitJob *job, guint32 start, SimResult *result)
{
    const World *world = job->lab.world;
    g_autoptr(GitBisect) git = git_bisect_new(world_history(world), start, 0, NULL);
    guint32 revision = 0;
    GitNext next;

    while ((next = git_bisect_next(git, &revision)) == GIT_TEST) {
        GitVerdict verdict;

        if (is_out_of_time(job) || !job->rules->test(job, revision, TRUE, &verdict)) {
            return;
        }
        git_bisect_mark(git, revision, verdict);
    }
    if (is_out_of_time(job) || job->confidence < BELIEVED_FROM) {
        return;
    }
    if (next == GIT_FOUND) {
        name_culprit(result, revision, world_culprit(world), job->confidence);
    } else {
        list_suspects(result, git_bisect_left(git), world_culprit(world), job->confidence);
    }
}

static void bisect(const World *world, const Rules *rules, SimResult *ret_result)
{
    GitJob job = {.rules = rules, .confidence = 1};
    guint32 start = history_size(world_history(world)) - 1;

    *ret_result = (SimResult){.culprit = -1};
    lab_init(&job.lab, world);
    if (ends_are_right(&job, start)) {
        search(&job, start, ret_result);
    }
    lab_bill(&job.lab, ret_result);
    lab_clear(&job.lab);
}

void policy_git1(const World *world, guint n_workers, SimResult *ret_result)
{
    static const Rules rules = {.test = test_git1};

    bisect(world, &rules, ret_result);
}

void policy_git10(const World *world, guint n_workers, SimResult *ret_result)
{
    static const Rules rules = {.test = test_git10};

    bisect(world, &rules, ret_result);
}

/* 405 of the 2,308 logs end with "bisection is taking too long (>8h0m0s)". */
void policy_syzkaller2019(const World *world, guint n_workers, SimResult *ret_result)
{
    static const Rules rules = {.test = test_syzkaller2019, .most_s = 8 * HOUR_S};

    bisect(world, &rules, ret_result);
}

void policy_syzkaller(const World *world, guint n_workers, SimResult *ret_result)
{
    static const Rules rules = {.test = test_syzkaller, .most_s = 12 * HOUR_S};

    bisect(world, &rules, ret_result);
}
