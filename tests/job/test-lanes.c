/* SPDX-License-Identifier: Apache-2.0
 * Builds beside trials, by the pure decider: what is asked for while a kind is full, and which
 * builds are still wanted.
 */
#include "job/job.h"
#include "job/same.h"

#include <string.h>

#define N_REVISIONS 65

/* A line of revisions, of which the last is the start. */
typedef struct Line {
    Range *range;
    Situation situation;
    GPtrArray *tasks;
} Line;

static Range *line_range(void)
{
    Range *range = g_new0(Range, 1);
    guint32 offsets[N_REVISIONS + 1], parents[N_REVISIONS];

    range->commits = g_new0(char *, N_REVISIONS + 1);
    range->index = g_hash_table_new(g_str_hash, g_str_equal);
    range->outside = g_hash_table_new(NULL, NULL);
    for (guint32 r = 0; r < N_REVISIONS; r++) {
        range->commits[r] = g_strdup_printf("%u", r);
        g_hash_table_insert(range->index, range->commits[r], GUINT_TO_POINTER(r));
        offsets[r] = r ? r - 1 : 0;
        parents[r] = r;
    }
    offsets[N_REVISIONS] = N_REVISIONS - 1;
    range->history = history_new(N_REVISIONS, offsets, parents);
    return range;
}

static void show(Line *line, guint32 revision, guint n_ok, guint n_crash)
{
    RevisionEvidence *evidence =
        situation_evidence_for(&line->situation, line->range->commits[revision]);

    if (!evidence->kernel) {
        evidence->kernel = g_new0(Kernel, 1);
        evidence->kernel->signature = g_strdup(evidence->commit);
    }
    evidence->n_ok += n_ok;
    evidence->n_crash += n_crash;
}

static Task *begin(Line *line, guint32 revision, guint n_trials)
{
    Task *task = g_new0(Task, 1);

    task->commit = g_strdup(line->range->commits[revision]);
    task->n_trials = n_trials;
    task->phase = PHASE_SEARCH;
    g_ptr_array_add(line->tasks, task);
    return task;
}

static void end(Line *line, Task *task)
{
    g_ptr_array_remove(line->tasks, task);
}

/* Both ends have shown what they are. */
static void line_init(Line *line)
{
    BeliefModel model;

    *line = (Line){.range = line_range(),
                   .tasks = g_ptr_array_new_with_free_func((GDestroyNotify)task_free)};
    belief_model_default(&model);
    line->situation = (Situation){
        .start = line->range->commits[N_REVISIONS - 1],
        .good = line->range->commits[0],
        .n_check_trials = 5,
        .n_start_trials = 5,
        .max_trials = 40,
        .confidence = 0.95,
        .build_s = 100,
        .near_build_s = 100,
        .trial_s = 5,
        .n_trials_at_once = 2,
        .evidence = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                          (GDestroyNotify)revision_evidence_free),
        .overruled = g_hash_table_new(g_str_hash, g_str_equal),
        .range = line->range,
        .belief = belief_new(line->range->history, &model, NULL),
        .tasks = line->tasks,
    };
    show(line, N_REVISIONS - 1, 0, 5);
    show(line, 0, 10, 0);
}

static void line_clear(Line *line)
{
    g_ptr_array_unref(line->tasks);
    g_hash_table_unref(line->situation.evidence);
    g_hash_table_unref(line->situation.overruled);
    belief_free(line->situation.belief);
    range_free(line->range);
}

static guint32 revision_of(const Line *line, const Action *action)
{
    return (guint32)range_find(line->range, action->commit);
}

static Action ask(Line *line)
{
    Action action;

    job_decide(&line->situation, &action);
    return action;
}

static void test_build_beside_trials(void)
{
    Line line;
    Action action;

    line_init(&line);
    action = ask(&line);
    g_assert_cmpint(action.kind, ==, ACTION_BUILD);
    guint32 middle = revision_of(&line, &action);
    show(&line, middle, 0, 0);
    action = ask(&line);
    g_assert_cmpint(action.kind, ==, ACTION_TRIALS);
    g_assert_cmpuint(revision_of(&line, &action), ==, middle);

    /* While it is tried: one half or the other, whose middle is built. */
    begin(&line, middle, action.n_trials);
    line.situation.trials_are_full = TRUE;
    action = ask(&line);
    g_assert_cmpint(action.kind, ==, ACTION_BUILD);
    guint32 ahead = revision_of(&line, &action);
    g_assert_cmpuint(ahead % middle, >, 0);
    g_assert_cmpuint(MIN(ahead, N_REVISIONS - ahead), >, N_REVISIONS / 8);

    /* Built, it waits for the guests: the next one lies in the other half. */
    show(&line, ahead, 0, 0);
    action = ask(&line);
    g_assert_cmpint(action.kind, ==, ACTION_BUILD);
    g_assert_cmpint(ahead<middle, ==, revision_of(&line, &action)> middle);
    line_clear(&line);
}

/* What cannot begin waits; nothing is concluded from that. */
static void test_full(void)
{
    Line line;
    Task *task;

    line_init(&line);
    task = begin(&line, 32, 0);
    line.situation.builds_are_full = TRUE;
    for (guint i = 0; i < 2; i++) {
        Action action = ask(&line);

        g_assert_true(action.kind == ACTION_WAIT || action.kind == ACTION_TRIALS);
        line.situation.trials_are_full = TRUE;
    }
    g_assert_cmpint(ask(&line).kind, ==, ACTION_WAIT);
    end(&line, task);
    line_clear(&line);
}

/* Trials that are over at once are waited for. */
static void test_short_trials(void)
{
    Line line;

    line_init(&line);
    show(&line, 32, 0, 0);
    begin(&line, 32, 4);
    line.situation.trials_are_full = TRUE;
    line.situation.trial_s = 0.1;
    g_assert_cmpint(ask(&line).kind, ==, ACTION_WAIT);
    line.situation.trial_s = 2;
    g_assert_cmpint(ask(&line).kind, ==, ACTION_BUILD);
    line_clear(&line);
}

static void test_no_guess_near_the_budget(void)
{
    Line line;

    line_init(&line);
    show(&line, 32, 0, 0);
    begin(&line, 32, 5);
    line.situation.trials_are_full = TRUE;
    line.situation.n_kernels = 3;
    line.situation.max_kernels = 10; /* 6 bits and the check take 9 */
    g_assert_cmpint(ask(&line).kind, ==, ACTION_WAIT);
    line.situation.max_kernels = 20;
    g_assert_cmpint(ask(&line).kind, ==, ACTION_BUILD);
    line_clear(&line);
}

static void test_wants_build(void)
{
    Line line;
    Task *task;

    line_init(&line);
    task = begin(&line, 48, 0);
    situation_update_belief(&line.situation);
    g_assert_true(job_wants_build(&line.situation, task));

    /* All from 33 on have the bug, as 32 has: 48 tells nothing any more. */
    show(&line, 32, 0, 10);
    situation_update_belief(&line.situation);
    g_assert_false(job_wants_build(&line.situation, task));

    /* An end, a side of the check: of those nothing is said. */
    task->phase = PHASE_CHECK;
    g_assert_true(job_wants_build(&line.situation, task));
    line_clear(&line);
}

/* What tells little is let go while much of it is left, and ends when it is nearly done. */
static void test_nearly_done(void)
{
    Line line;
    Task *task;

    line_init(&line);
    task = begin(&line, 4, 0); /* a 16th of the range: a third of a bit */
    situation_update_belief(&line.situation);
    g_assert_false(job_wants_build(&line.situation, task));
    task->spent_s = 90;
    g_assert_true(job_wants_build(&line.situation, task));
    line_clear(&line);
}

/* A commit that changes a header of all objects is a wall: on the tree's side of it builds are
 * cheap, and the search goes up to it before it pays for the other side. */
static void test_wall(void)
{
    enum { WALL = 41 };
    double lengths[N_REVISIONS] = {[WALL] = 5};
    Line line;

    line_init(&line);
    line.situation.build_s = 200;
    line.situation.near_build_s = 5;
    line.situation.tree = line.range->commits[N_REVISIONS - 1];
    Action action = ask(&line);
    g_assert_cmpuint(revision_of(&line, &action), !=, WALL);

    g_autoptr(Distances) distances = distances_new(line.range->history, lengths);
    distances_add_built(distances, N_REVISIONS - 1);
    line.situation.distances = distances;
    action = ask(&line);
    g_assert_cmpint(action.kind, ==, ACTION_BUILD);
    g_assert_cmpuint(revision_of(&line, &action), ==, WALL);

    /* It has the bug: what is left lies beyond. */
    show(&line, WALL, 0, 5);
    line.situation.tree = line.range->commits[WALL];
    action = ask(&line);
    g_assert_cmpuint(revision_of(&line, &action), >, WALL / 4);
    g_assert_cmpuint(revision_of(&line, &action), <, WALL - WALL / 4);
    line_clear(&line);
}

/* As if nothing were known of @revision but that it builds. */
static void forget_trials(Line *line, guint32 revision)
{
    RevisionEvidence *evidence =
        situation_evidence_for(&line->situation, line->range->commits[revision]);

    evidence->n_ok = evidence->n_crash = 0;
}

/* Machines are idle: the good end and the search need not wait for the start. */
static void test_all_beside_start(void)
{
    Line line;
    Action action;

    line_init(&line);
    forget_trials(&line, N_REVISIONS - 1);
    forget_trials(&line, 0);
    show(&line, N_REVISIONS / 2, 0, 0);
    begin(&line, N_REVISIONS - 1, 5);
    action = ask(&line);
    g_assert_cmpint(action.kind, ==, ACTION_TRIALS);
    g_assert_cmpuint(revision_of(&line, &action), ==, 0);
    begin(&line, 0, action.n_trials);
    action = ask(&line);
    g_assert_cmpint(action.kind, ==, ACTION_TRIALS);
    g_assert_cmpuint(revision_of(&line, &action), ==, N_REVISIONS / 2);
    line_clear(&line);
}

/* With one place for trials they have to. */
static void test_start_alone(void)
{
    Line line;

    line_init(&line);
    forget_trials(&line, N_REVISIONS - 1);
    forget_trials(&line, 0);
    begin(&line, N_REVISIONS - 1, 5);
    line.situation.trials_are_full = line.situation.builds_are_full = TRUE;
    g_assert_cmpint(ask(&line).kind, ==, ACTION_WAIT);
    line_clear(&line);
}

/* So many machines as half of the revisions: each gets one of its own. */
static void test_wide(void)
{
    Line line;

    line_init(&line);
    for (guint i = 0; i < N_REVISIONS / 2; i++) {
        Action action = ask(&line);

        g_assert_cmpint(action.kind, ==, ACTION_BUILD);
        begin(&line, revision_of(&line, &action), 0);
    }
    line_clear(&line);
}

/* Carry out what is asked for, with @culprit at fault, until there is an answer: within a few steps
 * for each bit of the range, and never of @judged. */
static void search(Line *line, guint32 culprit, guint32 judged)
{
    for (guint n_steps = 0; n_steps < 60; n_steps++) {
        Action action = ask(line);
        guint32 revision;

        if (action.kind == ACTION_ANSWER) {
            answer_free(action.answer);
            return;
        }
        g_assert_true(action.kind == ACTION_BUILD || action.kind == ACTION_TRIALS);
        revision = revision_of(line, &action);
        g_assert_cmpuint(revision, !=, judged);
        if (action.kind == ACTION_BUILD) {
            show(line, revision, 0, 0);
        } else if (revision >= culprit) {
            show(line, revision, 0, action.n_trials);
        } else {
            show(line, revision, action.n_trials, 0);
        }
    }
    g_assert_not_reached();
}

/* No machine is spent on what a person has judged, rightly or wrongly, nor does anything wait for
 * it; also where kernels are known that would be the same. */
static void test_judged(void)
{
    static const guint32 revisions[] = {2, 14, 31, 32, 33, 50, 63};

    for (guint i = 0; i < G_N_ELEMENTS(revisions) * G_N_ELEMENTS(revisions) * 4; i++) {
        guint32 culprit = revisions[i / 4 % G_N_ELEMENTS(revisions)],
                judged = revisions[i / 4 / G_N_ELEMENTS(revisions)];
        RevisionEvidence *evidence;
        g_autoptr(Same) same = NULL;
        Line line;

        line_init(&line);
        same = same_new(line.range);
        line.situation.same = i % 2 ? same : NULL;
        evidence = situation_evidence_for(&line.situation, line.range->commits[judged]);
        evidence->said = i % 4 / 2 ? VERDICT_BAD : VERDICT_GOOD;
        search(&line, culprit, judged);
        line_clear(&line);
    }
}

/* A kernel that another job built is taken where it tells nearly as much. */
static void test_in_store(void)
{
    gboolean in_store[N_REVISIONS] = {FALSE};
    Action action;
    Line line;

    line_init(&line);
    line.situation.in_store = in_store;
    in_store[N_REVISIONS / 4] = TRUE;
    action = ask(&line);
    g_assert_cmpuint(revision_of(&line, &action), ==, N_REVISIONS / 4);
    in_store[N_REVISIONS / 4] = FALSE;
    action = ask(&line);
    g_assert_cmpuint(revision_of(&line, &action), ==, N_REVISIONS / 2);
    line_clear(&line);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lanes/build-beside-trials", test_build_beside_trials);
    g_test_add_func("/lanes/full", test_full);
    g_test_add_func("/lanes/short-trials", test_short_trials);
    g_test_add_func("/lanes/budget", test_no_guess_near_the_budget);
    g_test_add_func("/lanes/wants-build", test_wants_build);
    g_test_add_func("/lanes/nearly-done", test_nearly_done);
    g_test_add_func("/lanes/wall", test_wall);
    g_test_add_func("/lanes/all-beside-start", test_all_beside_start);
    g_test_add_func("/lanes/start-alone", test_start_alone);
    g_test_add_func("/lanes/wide", test_wide);
    g_test_add_func("/lanes/judged", test_judged);
    g_test_add_func("/lanes/in-store", test_in_store);
    return g_test_run();
}
