/* SPDX-License-Identifier: Apache-2.0
 * firstbad sim: whole jobs in a simulated world.
 */
#include "cli/cli.h"
#include "cli/sim.h"

#include <unistd.h>

#include "sim/sim.h"

#define DEFAULT_WORKERS "1,4,16"
#define MOST_WORKERS    1024
#define MOST_BUGS       1000000
#define DEFAULT_CONFIGS 4
#define DEFAULT_MOVED   15000
#define MOST_MOVED      10000000

static void print_policies(void)
{
    for (const Policy *policy = policies(); policy->name != NULL; policy++) {
        g_print("%-14s %s\n", policy->name, policy->what);
    }
}

/* What is written, and counted for the summary. */
typedef struct Sink {
    GString *rows;
    guint n_jobs;   /* done */
    guint n_wanted; /* for the progress line; 0: none is shown */
} Sink;

static gboolean take_row(const char *row, gpointer data)
{
    Sink *sink = data;

    if (sink->rows->len > 0) {
        sink->n_jobs++;
    }
    g_string_append(sink->rows, row);
    g_string_append_c(sink->rows, '\n');
    if (sink->n_wanted > 0) {
        g_printerr("\r%u of %u jobs ", sink->n_jobs, sink->n_wanted);
    }
    return TRUE;
}

/* "1,4,16", which @option was given; @what: what it wants. */
static GArray *parse_numbers(const char *option, const char *text, guint most, const char *what)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    g_auto(GStrv) fields = g_strsplit(text, ",", -1);

    for (char **field = fields; *field != NULL; field++) {
        guint64 n;

        if (!g_ascii_string_to_unsigned(*field, 10, 1, most, &n, NULL)) {
            cli_complain("%s %s: %s, or several with commas", option, text, what);
            return NULL;
        }
        guint number = (guint)n;
        g_array_append_val(numbers, number);
    }
    return numbers->len > 0 ? g_steal_pointer(&numbers) : NULL;
}

static History *read_graph(const char *path)
{
    g_autoptr(GError) error = NULL;
    History *graph = cli_read_history(path, &error);

    if (graph == NULL) {
        cli_complain("%s", error->message);
    } else if (history_size(graph) < 3) {
        cli_complain("%s: too small to bisect", path);
        g_clear_pointer(&graph, history_free);
    }
    return graph;
}

static GPtrArray *read_scenarios(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize length;
    GPtrArray *scenarios;

    if (!g_file_get_contents(path, &text, &length, &error)) {
        cli_complain("--scenarios: %s", error->message);
        return NULL;
    }
    scenarios = scenarios_parse(text, length, &error);
    if (scenarios == NULL) {
        cli_complain("%s: %s", path, error->message);
    }
    return scenarios;
}

/* The columns that the summary needs; see sim.h. */
enum { COLUMN_RESULT = 3, COLUMN_KERNELS = 11, COLUMN_TRIALS = 12, COLUMN_SECONDS = 14 };

static void print_summary(const char *rows, const char *policy, const GArray *widths)
{
    g_auto(GStrv) lines = g_strsplit(rows, "\n", -1);
    g_autofree double *hours = g_new0(double, widths->len);
    guint n_right = 0, n_wrong = 0, n_jobs = 0;
    double kernels = 0, trials = 0;

    for (char **line = lines + 1; *line != NULL && **line != '\0'; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, "\t", -1);

        n_jobs++;
        n_right += g_str_equal(fields[COLUMN_RESULT], "right");
        n_wrong += g_str_equal(fields[COLUMN_RESULT], "wrong");
        kernels += g_ascii_strtod(fields[COLUMN_KERNELS], NULL);
        trials += g_ascii_strtod(fields[COLUMN_TRIALS], NULL);
        for (guint i = 0; i < widths->len; i++) {
            hours[i] += g_ascii_strtod(fields[COLUMN_SECONDS + 2 * i], NULL) / 3600;
        }
    }
    if (n_jobs == 0) {
        g_print("%s: no usable scenario\n", policy);
        return;
    }
    g_print("%s: %u jobs: %.1f %% right, %.1f %% wrong, %.1f %% none; %.1f kernels, %.0f trials\n",
            policy, n_jobs, 100.0 * n_right / n_jobs, 100.0 * n_wrong / n_jobs,
            100.0 * (n_jobs - n_right - n_wrong) / n_jobs, kernels / n_jobs, trials / n_jobs);
    for (guint i = 0; i < widths->len; i++) {
        guint width = g_array_index(widths, guint, i);

        g_print("    %u worker%s: %.1f h a job\n", width, width == 1 ? "" : "s", hours[i] / n_jobs);
    }
}

static gboolean has_usable(const GPtrArray *scenarios)
{
    for (guint i = 0; i < scenarios->len; i++) {
        if (((const Scenario *)scenarios->pdata[i])->is_usable) {
            return TRUE;
        }
    }
    return FALSE;
}

static int run_bugs(const GPtrArray *scenarios, const History *graph, const SimBugs *bugs,
                    const char *out)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *rows = NULL;

    if (!has_usable(scenarios)) {
        cli_complain("--scenarios: none of them is usable");
        return EXIT_USAGE;
    }
    rows = sim_bugs(scenarios, graph, bugs);
    if (out == NULL) {
        g_print("%s", rows);
        return EXIT_ANSWER;
    }
    if (!cli_write_output(out, rows, &error)) {
        cli_complain("--out: %s", error->message);
        return EXIT_MACHINE;
    }
    return EXIT_ANSWER;
}

/* What is wrong with the options of --bugs; NULL: nothing. */
static const char *check_bugs(const char *sharing, int n_configs, int n_moved)
{
    if (sharing != NULL && !g_str_equal(sharing, "on") && !g_str_equal(sharing, "off")) {
        return "--sharing: on or off";
    }
    if (n_configs < 1) {
        return "--configs: at least 1";
    }
    return n_moved < 0 || n_moved > MOST_MOVED ? "--moved: a number of commits" : NULL;
}

static int run_all(const GPtrArray *scenarios, const History *graph, const SimOptions *options,
                   const GArray *widths, const char *out)
{
    g_autoptr(GString) rows = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    Sink sink = {.rows = rows};

    for (guint i = 0; i < scenarios->len && isatty(STDERR_FILENO); i++) {
        const Scenario *scenario = scenarios->pdata[i];

        sink.n_wanted += scenario->is_usable ? options->n_reps : 0;
    }
    sim_run(scenarios, graph, options, take_row, &sink);
    if (sink.n_wanted > 0) {
        g_printerr("\r\033[K");
    }
    if (out == NULL) {
        g_print("%s", rows->str);
        return EXIT_ANSWER;
    }
    if (!cli_write_output(out, rows->str, &error)) {
        cli_complain("--out: %s", error->message);
        return EXIT_MACHINE;
    }
    print_summary(rows->str, options->policy->name, widths);
    return EXIT_ANSWER;
}

int cmd_sim(int argc, char **argv)
{
    g_autofree char *scenarios_path = NULL;
    g_autofree char *dag_path = NULL;
    g_autofree char *policy_name = NULL;
    g_autofree char *out = NULL;
    g_autofree char *workers = NULL;
    g_autofree char *n_bugs = NULL;
    g_autofree char *sharing = NULL;
    int n_configs = DEFAULT_CONFIGS, n_moved = DEFAULT_MOVED;
    gint64 seed = 1;
    int n_reps = 1;
    const GOptionEntry entries[] = {
        {"scenarios", 0, 0, G_OPTION_ARG_FILENAME, &scenarios_path,
         "Real bisections, a line each, to draw worlds from", "TSV"},
        {"dag", 0, 0, G_OPTION_ARG_FILENAME, &dag_path,
         "Commit graph: line i has the parents of commit i", "FILE"},
        {"policy", 0, 0, G_OPTION_ARG_STRING, &policy_name, "Who bisects ('help' lists them)",
         "NAME"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &seed, "Of the first repetition (1)", "N"},
        {"reps", 0, 0, G_OPTION_ARG_INT, &n_reps, "Repetitions of each scenario (1)", "N"},
        {"workers", 0, 0, G_OPTION_ARG_STRING, &workers,
         "Machines; a job for each number (" DEFAULT_WORKERS ")", "N,N.."},
        {"bugs", 0, 0, G_OPTION_ARG_STRING, &n_bugs,
         "Many bugs of one tree, by firstbad; a row for each number", "N,N.."},
        {"sharing", 0, 0, G_OPTION_ARG_STRING, &sharing,
         "Of --bugs: kernels are shared, or not (both)", "on|off"},
        {"configs", 0, 0, G_OPTION_ARG_INT, &n_configs, "Of --bugs: config classes (4)", "N"},
        {"moved", 0, 0, G_OPTION_ARG_INT, &n_moved,
         "Of --bugs: commits from the first bug to the last (15000)", "N"},
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &out, "Write the rows there, and a summary to stdout",
         "TSV"},
        {NULL},
    };
    const CommandLine line = {
        .command = "sim",
        .description = "Bisects simulated bugs on a real graph: one row for each usable scenario\n"
                       "and repetition. The same seed gives each policy the same worlds.",
        .entries = entries};
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (g_strcmp0(policy_name, "help") == 0) {
        print_policies();
        return EXIT_ANSWER;
    }
    const Policy *policy = policy_find(policy_name != NULL ? policy_name : "firstbad");
    if (policy == NULL) {
        cli_complain("--policy %s: no such policy; '--policy help' lists them", policy_name);
        return EXIT_USAGE;
    }
    if (scenarios_path == NULL || dag_path == NULL) {
        cli_complain("--scenarios and --dag are needed; see 'firstbad sim --help'");
        return EXIT_USAGE;
    }
    if (n_reps < 1) {
        cli_complain("--reps %d: at least 1", n_reps);
        return EXIT_USAGE;
    }
    const char *wrong = check_bugs(sharing, n_configs, n_moved);
    if (wrong != NULL) {
        cli_complain("%s", wrong);
        return EXIT_USAGE;
    }
    g_autoptr(GArray) widths =
        parse_numbers("--workers", workers != NULL ? workers : DEFAULT_WORKERS, MOST_WORKERS,
                      "a number of machines");
    g_autoptr(GArray) bugs =
        n_bugs != NULL ? parse_numbers("--bugs", n_bugs, MOST_BUGS, "a number of bugs") : NULL;
    if (n_bugs != NULL && bugs == NULL) {
        return EXIT_USAGE;
    }
    g_autoptr(History) graph = widths != NULL ? read_graph(dag_path) : NULL;
    g_autoptr(GPtrArray) scenarios = graph != NULL ? read_scenarios(scenarios_path) : NULL;
    if (scenarios == NULL) {
        return EXIT_USAGE;
    }
    if (bugs != NULL) {
        const SimBugs many = {.n_bugs = bugs,
                              .n_workers = widths,
                              .seed = (guint64)seed,
                              .n_configs = (guint)n_configs,
                              .n_moved = (guint)n_moved,
                              .without = g_strcmp0(sharing, "on") != 0,
                              .with = g_strcmp0(sharing, "off") != 0};

        return run_bugs(scenarios, graph, &many, out);
    }
    const SimOptions options = {.policy = policy,
                                .seed = (guint64)seed,
                                .n_reps = (guint)n_reps,
                                .n_workers = (const guint *)(const void *)widths->data,
                                .n_widths = widths->len};
    return run_all(scenarios, graph, &options, widths, out);
}
