/* SPDX-License-Identifier: Apache-2.0
 * firstbad plan: what given evidence says of a given graph, and what to try next. It knows of no
 * repository and no job.
 */
#include <math.h>

#include "belief/belief.h"
#include "cli/cli.h"

#define N_CANDIDATES_SHOWN 20
#define BAR_WIDTH          40

typedef struct PlanOptions {
    char *dag, *evidence;
    double confidence, build_s, trial_s;
    int n_workers;
    gboolean json, verbose;
} PlanOptions;

typedef struct Plan {
    History *history;
    Belief *belief;
    guint n_tested;      /* revisions of which something is known */
    GArray *candidates;  /* of guint32, as belief_candidates() gives them */
    GArray *experiments; /* of Experiment, one a worker, the best first; empty: done */
} Plan;

static void plan_clear(Plan *plan)
{
    g_clear_pointer(&plan->belief, belief_free);
    g_clear_pointer(&plan->history, history_free);
    g_clear_pointer(&plan->candidates, g_array_unref);
    g_clear_pointer(&plan->experiments, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

static Tally *load_evidence(const char *path, guint n_revisions, GError **error)
{
    g_autoptr(GBytes) bytes = path ? cli_read_input(path, error) : g_bytes_new(NULL, 0);
    gsize length = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &length) : NULL;
    Tally *tallies = bytes ? evidence_parse(text, length, n_revisions, error) : NULL;

    if (!tallies) {
        g_prefix_error(error, "--evidence: %s%s", bytes ? path : "", bytes ? ": " : "");
    }
    return tallies;
}

static gboolean check_options(const PlanOptions *options, GError **error)
{
    const char *wrong = NULL;

    if (!options->dag) {
        wrong = "--dag is missing: the parents of each commit, one line each";
    } else if (g_str_equal(options->dag, "-") && g_strcmp0(options->evidence, "-") == 0) {
        wrong = "--dag, --evidence: only one of them can come from stdin";
    } else if (!(options->confidence > 0 && options->confidence < 1)) {
        wrong = "--confidence: must be a number between 0 and 1";
    } else if (options->n_workers < 1) {
        wrong = "--workers: must be at least 1";
    } else if (!(options->build_s >= 0 && isfinite(options->build_s))) {
        wrong = "--build-s: must be a number of seconds, 0 or more";
    } else if (!(options->trial_s >= 0 && isfinite(options->trial_s))) {
        wrong = "--trial-s: must be a number of seconds, 0 or more";
    }
    if (wrong) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, wrong);
    }
    return !wrong;
}

/* Each worker's experiment is the best beside those of the workers before. */
static GArray *choose_experiments(Belief *belief, guint n_revisions, const PlanOptions *options)
{
    g_autofree gboolean *busy = g_new0(gboolean, n_revisions);
    const Costs costs = {.build_s = options->build_s,
                         .trial_s = options->trial_s,
                         .parallel_trials = 1,
                         .busy = busy};
    GArray *experiments = g_array_new(FALSE, FALSE, sizeof(Experiment));
    Experiment experiment;

    for (int i = 0; i < options->n_workers; i++) {
        if (!belief_next_experiment(belief, options->confidence, &costs, &experiment)) {
            break;
        }
        g_array_append_val(experiments, experiment);
        busy[experiment.revision] = TRUE;
    }
    return experiments;
}

static gboolean make_plan(const PlanOptions *options, Plan *ret_plan, GError **error)
{
    g_autofree Tally *tallies = NULL;
    BeliefModel model;
    guint n;

    ret_plan->history = cli_read_history(options->dag, error);
    if (!ret_plan->history) {
        return FALSE;
    }
    n = history_size(ret_plan->history);
    tallies = load_evidence(options->evidence, n, error);
    if (!tallies) {
        return FALSE;
    }
    belief_model_default(&model);
    ret_plan->belief = belief_new(ret_plan->history, &model, NULL);
    for (guint32 r = 0; r < n; r++) {
        if (tallies[r].untestable || tallies[r].n_crash + tallies[r].n_ok > 0) {
            belief_set(ret_plan->belief, r, &tallies[r]);
            ret_plan->n_tested++;
        }
    }
    ret_plan->candidates = belief_candidates(ret_plan->belief, options->confidence);
    ret_plan->experiments = choose_experiments(ret_plan->belief, n, options);
    return TRUE;
}

static json_t *numbers_json(const double *numbers, guint n)
{
    json_t *array = json_array();

    for (guint i = 0; i < n; i++) {
        json_array_append_new(array, json_real(numbers[i]));
    }
    return array;
}

static json_t *candidates_json(const GArray *candidates, const double *posterior)
{
    json_t *array = json_array();

    for (guint i = 0; i < candidates->len; i++) {
        guint32 commit = g_array_index(candidates, guint32, i);

        json_array_append_new(array, json_pack("{s:I, s:f}", "commit", (json_int_t)commit,
                                               "probability", posterior[commit]));
    }
    return array;
}

static json_t *experiments_json(const GArray *experiments)
{
    json_t *array = json_array();

    for (guint i = 0; i < experiments->len; i++) {
        const Experiment *experiment = &g_array_index(experiments, Experiment, i);

        json_array_append_new(array, json_pack("{s:I, s:I, s:f, s:f, s:f}", "commit",
                                               (json_int_t)experiment->revision, "n_trials",
                                               (json_int_t)experiment->n_trials, "gain_bits",
                                               experiment->gain_bits, "cost_s", experiment->cost_s,
                                               "p_testable", experiment->p_testable));
    }
    return array;
}

static json_t *plan_json(const Plan *plan, gboolean verbose)
{
    guint n = history_size(plan->history);
    const double *posterior = belief_posterior(plan->belief);
    guint32 best = g_array_index(plan->candidates, guint32, 0);
    json_t *object =
        json_pack("{s:I, s:f, s:f, s:f, s:b, s:o, s:o, s:o}", "n_revisions", (json_int_t)n,
                  "confidence", posterior[best], "entropy_bits", belief_entropy(plan->belief),
                  "older", posterior[0], "done", plan->experiments->len == 0, "candidates",
                  candidates_json(plan->candidates, posterior), "experiments",
                  experiments_json(plan->experiments), "posterior", numbers_json(posterior, n));

    if (verbose) {
        json_object_set_new(object, "has_bug", numbers_json(belief_has_bug(plan->belief), n));
    }
    return object;
}

static void print_candidates(const Plan *plan)
{
    const double *posterior = belief_posterior(plan->belief);
    double most = posterior[g_array_index(plan->candidates, guint32, 0)];
    double covered = 0;

    for (guint i = 0; i < plan->candidates->len; i++) {
        covered += posterior[g_array_index(plan->candidates, guint32, i)];
    }
    g_print("%s, %.1f %% sure:\n\n", plan->candidates->len == 1 ? "This commit" : "One of these",
            MIN(covered * 100, 99.9));
    for (guint i = 0; i < plan->candidates->len && i < N_CANDIDATES_SHOWN; i++) {
        guint32 commit = g_array_index(plan->candidates, guint32, i);
        g_autofree char *bar = g_strnfill((gsize)lround(BAR_WIDTH * posterior[commit] / most), '#');

        g_print("  %8u  %6.2f %%  %s%s\n", commit, MIN(posterior[commit] * 100, 99.99), bar,
                commit == 0 ? " or older" : "");
    }
    if (plan->candidates->len > N_CANDIDATES_SHOWN) {
        g_print("  and %u more\n", plan->candidates->len - N_CANDIDATES_SHOWN);
    }
}

static void print_experiments(const Plan *plan)
{
    if (plan->experiments->len == 0) {
        g_print("\n%s.\n", plan->candidates->len == 1 ? "Done: one candidate is left"
                                                      : "Done: no experiment tells these apart");
        return;
    }
    g_print("\nTry next:\n\n  %8s  %6s  %5s  %8s  %s\n", "COMMIT", "TRIALS", "BITS", "SECONDS",
            "TESTABLE");
    for (guint i = 0; i < plan->experiments->len; i++) {
        const Experiment *experiment = &g_array_index(plan->experiments, Experiment, i);

        g_print("  %8u  %6u  %5.2f  %8.0f  %6.1f %%\n", experiment->revision, experiment->n_trials,
                experiment->gain_bits, experiment->cost_s, experiment->p_testable * 100);
    }
}

static void print_has_bug(const Plan *plan)
{
    const double *has_bug = belief_has_bug(plan->belief);

    g_print("\n  %8s  %s\n", "COMMIT", "HAS THE BUG");
    for (guint32 r = 0; r < history_size(plan->history); r++) {
        g_print("  %8u  %6.2f %%\n", r, CLAMP(has_bug[r] * 100, 0, 100));
    }
}

static void print_text(const Plan *plan, gboolean verbose)
{
    guint n = history_size(plan->history);

    g_print("%u commit%s, %u tried, %.2f bits to learn\n\n", n, n == 1 ? "" : "s", plan->n_tested,
            belief_entropy(plan->belief));
    print_candidates(plan);
    print_experiments(plan);
    if (verbose) {
        print_has_bug(plan);
    }
}

static void plan_options_clear(PlanOptions *options)
{
    g_free(options->dag);
    g_free(options->evidence);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PlanOptions, plan_options_clear)

int cmd_plan(int argc, char **argv)
{
    g_auto(PlanOptions)
        options = {.confidence = 0.95, .build_s = 300, .trial_s = 10, .n_workers = 1};
    const GOptionEntry entries[] = {
        {"dag", 0, 0, G_OPTION_ARG_FILENAME, &options.dag,
         "Line i: the parents of commit i, oldest first", "FILE"},
        {"evidence", 0, 0, G_OPTION_ARG_FILENAME, &options.evidence, "Lines \"COMMIT CRASHES OKS\"",
         "FILE"},
        {"confidence", 0, 0, G_OPTION_ARG_DOUBLE, &options.confidence,
         "When the search may stop (0.95)", "P"},
        {"workers", 0, 0, G_OPTION_ARG_INT, &options.n_workers, "So many experiments at once (1)",
         "N"},
        {"build-s", 0, 0, G_OPTION_ARG_DOUBLE, &options.build_s, "Seconds for a build (300)", "S"},
        {"trial-s", 0, 0, G_OPTION_ARG_DOUBLE, &options.trial_s, "Seconds for a trial (10)", "S"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print as JSON", NULL},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &options.verbose,
         "Also each commit's chance to have the bug", NULL},
        {NULL},
    };
    const CommandLine line = {.command = "plan",
                              .description = "FILE may be - for stdin. Evidence may also say "
                                             "\"COMMIT skip\": cannot be tested.",
                              .entries = entries};
    g_auto(Plan) plan = {0};
    g_autoptr(GError) error = NULL;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (!check_options(&options, &error) || !make_plan(&options, &plan, &error)) {
        cli_complain("%s", error->message);
        return EXIT_USAGE;
    }
    if (options.json) {
        cli_print_json(plan_json(&plan, options.verbose), JSON_COMPACT);
    } else {
        print_text(&plan, options.verbose);
    }
    return EXIT_ANSWER;
}
