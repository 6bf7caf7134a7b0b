/* SPDX-License-Identifier: Apache-2.0
 * firstbad in a simulated world: the job of job/decide.c, with a clock that jumps from one event to
 * the next in place of a farm. What a real job's farm does one thing at a time is done here by any
 * number of machines, each of which is told what to do whenever it is idle.
 */
#include "job/job.h"
#include "simulated.h"

/* Trials of the start: a job's number where a trial costs about as much as a build. */
#define N_START_TRIALS 5
/* Revisions that a wrong prior suspects. */
#define N_MISLEADING 8

typedef struct Machine {
    Task *task; /* NULL: idle */
    double ends_s;
} Machine;

/* What is known of the revisions before any is tried. */
typedef enum Knowledge { KNOWS_GRAPH, KNOWS_STACK, KNOWS_WRONG } Knowledge;

typedef struct Sim {
    const World *world;
    Knowledge knowledge;
    Range range;
    Situation situation;
    Belief *belief;
    GPtrArray *machines; /* of Machine */
    GPtrArray *tasks;    /* of Task: those of the machines that are not idle */
    guint *n_runs;       /* of each kernel, so that each run is another one */
    double now_s;
    const Shelf *shelf; /* NULL: kernels are not shared */
    gboolean *in_store; /* of what is on it */
    Answer *answer;
    SimResult *result;
} Sim;

static void fill_range(Range *range, const World *world)
{
    guint n = history_size(world_history(world));

    range->history = (History *)world_history(world);
    range->commits = g_new0(char *, n + 1);
    range->outside = g_hash_table_new(NULL, NULL);
    range->index = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint32 r = 0; r < n; r++) {
        range->commits[r] = g_strdup_printf("%u", r);
        g_hash_table_insert(range->index, range->commits[r], GUINT_TO_POINTER(r));
    }
}

static void sim_init(Sim *sim, const World *world, guint n_machines, SimResult *result)
{
    guint n = history_size(world_history(world));
    g_autoptr(JobSpec) defaults = job_spec_new("cause");
    const Scenario *scenario = world_scenario(world);

    *sim = (Sim){.world = world, .result = result};
    fill_range(&sim->range, world);
    sim->machines = g_ptr_array_new_with_free_func(g_free);
    sim->tasks = g_ptr_array_new_with_free_func((GDestroyNotify)task_free);
    sim->n_runs = g_new0(guint, n);
    for (guint i = 0; i < MAX(n_machines, 1); i++) {
        g_ptr_array_add(sim->machines, g_new0(Machine, 1));
    }
    sim->situation = (Situation){
        .start = sim->range.commits[n - 1],
        .good = sim->range.commits[0],
        .n_check_trials = N_START_TRIALS / 2,
        .n_start_trials = N_START_TRIALS,
        .max_trials = defaults->max_trials,
        .confidence = defaults->confidence,
        .evidence = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                          (GDestroyNotify)revision_evidence_free),
        .overruled = g_hash_table_new(g_str_hash, g_str_equal),
        .build_s = scenario->build_s,
        .trial_s = scenario->test_s,
        .n_trials_at_once = scenario->runs_per_test,
        .tasks = sim->tasks,
    };
}

static void sim_clear(Sim *sim)
{
    g_ptr_array_unref(sim->machines);
    g_ptr_array_unref(sim->tasks);
    g_hash_table_unref(sim->situation.evidence);
    g_hash_table_unref(sim->situation.overruled);
    g_hash_table_unref(sim->range.outside);
    g_hash_table_unref(sim->range.index);
    g_strfreev(sim->range.commits);
    g_free(sim->n_runs);
    g_free(sim->in_store);
    g_clear_pointer(&sim->answer, answer_free);
    belief_free(sim->belief);
}

static guint32 revision_of(const Sim *sim, const char *commit)
{
    return (guint32)range_find(&sim->range, commit);
}

static CommitFacts *facts_of(const World *world, Knowledge knowledge)
{
    guint n = history_size(world_history(world));
    CommitFacts *facts = g_new0(CommitFacts, n);
    guint32 culprit = world_culprit(world);

    for (guint32 r = 1; r < n; r++) {
        facts[r].is_merge = history_is_merge(world_history(world), r);
        if (knowledge == KNOWS_STACK) {
            facts[r].touches_stack_file = world_touches_stack(world, r);
            facts[r].is_outside = world_is_outside(world, r);
        }
    }
    if (knowledge == KNOWS_WRONG) {
        for (guint32 r = 1; r < n; r += MAX(n / N_MISLEADING, 1)) {
            facts[r].is_suspect = r != culprit;
            facts[r].touches_stack_file = r != culprit;
        }
        facts[culprit].is_outside = TRUE;
    }
    return facts;
}

static void load_range(Sim *sim)
{
    g_autofree CommitFacts *facts = facts_of(sim->world, sim->knowledge);
    g_autofree double *log_prior = g_new(double, history_size(sim->range.history));
    BeliefModel model;

    belief_model_default(&model);
    belief_log_prior(sim->range.history, facts, log_prior);
    sim->belief = belief_new(sim->range.history, &model, log_prior);
    sim->situation.range = &sim->range;
    sim->situation.belief = sim->belief;
}

/* Of one that does not build in this world the others know nothing. */
static gboolean is_on_shelf(const Sim *sim, guint32 revision)
{
    return sim->shelf != NULL && sim->shelf->kernels[sim->shelf->numbers[revision]] &&
           world_builds(sim->world, revision);
}

/* What the planner knows of them; by then the others may have built more. */
static void look_at_shelf(Sim *sim)
{
    for (guint32 r = 0; sim->shelf != NULL && r < history_size(sim->range.history); r++) {
        sim->in_store[r] = is_on_shelf(sim, r);
    }
}

/* Seconds to have the kernel of @revision, built or fetched; counted. */
static double obtain_s(Sim *sim, guint32 revision)
{
    const Scenario *scenario = world_scenario(sim->world);

    if (is_on_shelf(sim, revision)) {
        sim->result->n_fetched++;
        return scenario->build_s * FETCH_SHARE;
    }
    sim->result->n_kernels++;
    return scenario->build_s;
}

static void start_task(Sim *sim, Machine *machine, const Action *action)
{
    const Scenario *scenario = world_scenario(sim->world);

    machine->task = g_new0(Task, 1);
    machine->task->commit = g_strdup(action->commit);
    if (action->kind == ACTION_BUILD) {
        machine->ends_s = sim->now_s + obtain_s(sim, revision_of(sim, action->commit));
    } else {
        machine->task->n_trials = action->n_trials;
        machine->ends_s = sim->now_s + scenario_runs_s(scenario, action->n_trials);
        sim->result->n_trials += action->n_trials;
    }
    g_ptr_array_add(sim->tasks, machine->task);
}

static void take_build(Sim *sim, RevisionEvidence *evidence)
{
    guint32 revision = revision_of(sim, evidence->commit);
    gboolean builds = world_builds(sim->world, revision);

    evidence->kernel = g_new0(Kernel, 1);
    evidence->kernel->status = builds ? KERNEL_BUILT : KERNEL_FAILED;
    if (builds) {
        evidence->kernel->signature = g_strdup_printf("%u", world_kernel(sim->world, revision));
        if (sim->shelf != NULL) {
            sim->shelf->kernels[sim->shelf->numbers[revision]] = TRUE;
        }
    }
}

static void take_trials(Sim *sim, RevisionEvidence *evidence, guint n_trials)
{
    guint32 revision = revision_of(sim, evidence->commit);
    guint *n_runs = &sim->n_runs[world_kernel(sim->world, revision)];

    for (guint i = 0; i < n_trials; i++) {
        switch (world_run(sim->world, revision, (*n_runs)++)) {
        case RUN_OK:
            evidence->n_ok++;
            break;
        case RUN_CRASH:
            evidence->n_crash++;
            break;
        case RUN_OTHER:
            evidence->n_other_crash++;
            break;
        case RUN_BROKEN:
            evidence->n_broken++;
            break;
        case RUN_INFRA:
            break;
        }
    }
}

static guint32 best_of(const double *posterior, guint n)
{
    guint32 best = 0;

    for (guint32 h = 0; h < n; h++) {
        best = posterior[h] > posterior[best] ? h : best;
    }
    return best;
}

/* What it would answer now, for calibration. */
static void count_claim(Sim *sim)
{
    const double *posterior = belief_posterior(sim->belief);
    guint32 best = best_of(posterior, history_size(sim->range.history));
    guint tenth = MIN((guint)(posterior[best] * SIM_TENTHS), SIM_TENTHS - 1);

    sim->result->n_claims[tenth]++;
    sim->result->n_hits[tenth] += best == world_culprit(sim->world);
}

/* The one that ends first; NULL: all are idle. */
static Machine *first_to_end(const Sim *sim)
{
    Machine *first = NULL;

    for (guint i = 0; i < sim->machines->len; i++) {
        Machine *machine = sim->machines->pdata[i];

        if (machine->task != NULL && (first == NULL || machine->ends_s < first->ends_s)) {
            first = machine;
        }
    }
    return first;
}

/* Let the clock jump to the next end of work, and take what came out. */
static void next_event(Sim *sim)
{
    Machine *first = first_to_end(sim);

    g_assert(first != NULL);
    sim->now_s = first->ends_s;
    RevisionEvidence *evidence = situation_evidence_for(&sim->situation, first->task->commit);
    if (first->task->n_trials == 0) {
        take_build(sim, evidence);
    } else {
        take_trials(sim, evidence, first->task->n_trials);
    }
    g_ptr_array_remove(sim->tasks, first->task);
    first->task = NULL;
}

/* Tell @machine what to do, or that it must wait. TRUE: there is an answer. */
static gboolean employ(Sim *sim, Machine *machine)
{
    for (;;) {
        Action action;

        job_decide(&sim->situation, &action);
        switch (action.kind) {
        case ACTION_LOAD_RANGE:
            load_range(sim);
            break;
        case ACTION_OVERRULE:
        case ACTION_EXAMINE:
        case ACTION_MEND:
        case ACTION_ADOPT:
        case ACTION_MINIMISE:
            g_assert_not_reached(); /* the good end is given, and nothing is validated or mended */
        case ACTION_BUILD:
        case ACTION_TRIALS:
            if (action.phase == PHASE_SEARCH && action.kind == ACTION_TRIALS) {
                count_claim(sim);
            }
            start_task(sim, machine, &action);
            return FALSE;
        case ACTION_WAIT:
            return FALSE;
        case ACTION_ANSWER:
            sim->answer = action.answer;
            return TRUE;
        }
    }
}

/* All that are idle. TRUE: there is an answer. */
static gboolean employ_all(Sim *sim)
{
    look_at_shelf(sim);
    for (guint i = 0; i < sim->machines->len; i++) {
        Machine *machine = sim->machines->pdata[i];
        guint n_tasks = sim->tasks->len;

        if (machine->task == NULL && employ(sim, machine)) {
            return TRUE;
        }
        if (machine->task == NULL && sim->tasks->len == n_tasks) {
            break; /* the others would have to wait as well */
        }
    }
    return FALSE;
}

static guint32 rank_of(Sim *sim, guint32 culprit)
{
    const double *posterior = belief_posterior(sim->belief);
    guint32 rank = 1;

    for (guint32 h = 0; h < history_size(sim->range.history); h++) {
        rank += posterior[h] > posterior[culprit] ||
                (h < culprit && posterior[h] == posterior[culprit]);
    }
    return rank;
}

static void take_answer(Sim *sim)
{
    const Answer *answer = sim->answer;
    SimResult *result = sim->result;

    result->seconds = sim->now_s;
    result->confidence = answer->confidence;
    if (answer->kind == ANSWER_CULPRIT) {
        result->culprit = range_find(&sim->range, answer->culprit);
    } else {
        result->ranked = g_array_new(FALSE, FALSE, sizeof(guint32));
        for (guint i = 0; i < answer->candidates->len; i++) {
            const Candidate *candidate = answer->candidates->pdata[i];
            guint32 revision = revision_of(sim, candidate->commit);

            g_array_append_val(result->ranked, revision);
        }
    }
    if (sim->belief != NULL) {
        result->rank = rank_of(sim, world_culprit(sim->world));
    }
}

static void bisect(const World *world, Knowledge knowledge, guint n_workers, SimResult *ret_result)
{
    Sim sim;

    *ret_result = (SimResult){.culprit = -1};
    sim_init(&sim, world, n_workers, ret_result);
    sim.knowledge = knowledge;
    while (!employ_all(&sim)) {
        next_event(&sim);
    }
    take_answer(&sim);
    sim_clear(&sim);
}

struct Simulated {
    Sim sim;
    gboolean has_ended;
};

static void go_on(Simulated *job)
{
    job->has_ended = employ_all(&job->sim);
    if (job->has_ended) {
        take_answer(&job->sim);
    }
}

Simulated *simulated_begin(const World *world, const Shelf *shelf, SimResult *result)
{
    Simulated *job = g_new0(Simulated, 1);

    *result = (SimResult){.culprit = -1};
    sim_init(&job->sim, world, 1, result);
    job->sim.shelf = shelf;
    if (shelf != NULL) {
        job->sim.in_store = g_new0(gboolean, history_size(world_history(world)));
        job->sim.situation.in_store = job->sim.in_store;
    }
    go_on(job);
    return job;
}

void simulated_free(Simulated *job)
{
    if (job == NULL) {
        return;
    }
    sim_clear(&job->sim);
    g_free(job);
}

double simulated_next_s(const Simulated *job)
{
    const Machine *first = first_to_end(&job->sim);

    return job->has_ended || first == NULL ? job->sim.now_s : first->ends_s;
}

gboolean simulated_step(Simulated *job)
{
    if (!job->has_ended) {
        next_event(&job->sim);
        go_on(job);
    }
    return !job->has_ended;
}

void policy_firstbad(const World *world, guint n_workers, SimResult *ret_result)
{
    bisect(world, KNOWS_GRAPH, n_workers, ret_result);
}

void policy_firstbad_stack(const World *world, guint n_workers, SimResult *ret_result)
{
    bisect(world, KNOWS_STACK, n_workers, ret_result);
}

void policy_firstbad_misled(const World *world, guint n_workers, SimResult *ret_result)
{
    bisect(world, KNOWS_WRONG, n_workers, ret_result);
}
