/* SPDX-License-Identifier: Apache-2.0
 * firstbad sim: whole jobs in a simulated world.
 */
#include "cli/cli.h"

#include <unistd.h>

#include "sim/sim.h"

#define DEFAULT_WORKERS "1,4,16"
#define MOST_WORKERS    1024

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

/* "1,4,16" */
static GArray *parse_workers(const char *text)
{
    g_autoptr(GArray) widths = g_array_new(FALSE, FALSE, sizeof(guint));
    g_auto(GStrv) fields = g_strsplit(text, ",", -1);

    for (char **field = fields; *field != NULL; field++) {
        guint64 n;

        if (!g_ascii_string_to_unsigned(*field, 10, 1, MOST_WORKERS, &n, NULL)) {
            cli_complain("--workers %s: a number of machines, or several with commas", text);
            return NULL;
        }
        guint width = (guint)n;
        g_array_append_val(widths, width);
    }
    return widths->len > 0 ? g_steal_pointer(&widths) : NULL;
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
    if (!g_file_set_contents(out, rows->str, (gssize)rows->len, &error)) {
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
    g_autoptr(GArray) widths = parse_workers(workers != NULL ? workers : DEFAULT_WORKERS);
    g_autoptr(History) graph = widths != NULL ? read_graph(dag_path) : NULL;
    g_autoptr(GPtrArray) scenarios = graph != NULL ? read_scenarios(scenarios_path) : NULL;
    if (scenarios == NULL) {
        return EXIT_USAGE;
    }
    const SimOptions options = {.policy = policy,
                                .seed = (guint64)seed,
                                .n_reps = (guint)n_reps,
                                .n_workers = (const guint *)(const void *)widths->data,
                                .n_widths = widths->len};
    return run_all(scenarios, graph, &options, widths, out);
}
