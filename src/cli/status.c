/* SPDX-License-Identifier: Apache-2.0
 * firstbad status: list jobs and what they do.
 */
#include "cli/cli.h"

/* A job in the list. */
typedef struct ListedJob {
    JobRow *row;
    Report *report; /* NULL: what is stored of it is damaged */
    char *damage;   /* how; or NULL */
} ListedJob;

static void listed_job_free(ListedJob *job)
{
    g_clear_pointer(&job->row, job_row_free);
    g_clear_pointer(&job->report, report_free);
    g_free(job->damage);
    g_free(job);
}

static GPtrArray *load_jobs(Store *store, GError **error)
{
    g_autoptr(GPtrArray) rows = store_list_jobs(store, error), jobs = NULL;

    if (!rows) {
        return NULL;
    }
    jobs = g_ptr_array_new_with_free_func((GDestroyNotify)listed_job_free);
    for (guint i = 0; i < rows->len; i++) {
        ListedJob *job = g_new0(ListedJob, 1);
        g_autoptr(GError) damage = NULL;

        job->row = job_row_copy(rows->pdata[i]);
        job->report = report_load(store, job->row, &damage);
        job->damage = damage ? g_strdup(damage->message) : NULL;
        g_ptr_array_add(jobs, job);
    }
    return g_steal_pointer(&jobs);
}

static const char *describe_state(const Report *report)
{
    if (report->answer) {
        return answer_kind_name(report->answer->kind);
    }
    if (report->row->state == JOB_QUEUED || report->row->state == JOB_CANCELLED) {
        return job_state_name(report->row->state);
    }
    return report->is_worked_on ? report->row->phase : "stopped";
}

static void print_table(const GPtrArray *jobs)
{
    g_print("%-24s %-6s %-14s %-12s %7s %6s %s\n", "JOB", "KIND", "STATE", "CULPRIT", "KERNELS",
            "TRIALS", "TIME");
    for (guint i = 0; i < jobs->len; i++) {
        const ListedJob *job = jobs->pdata[i];
        const Report *report = job->report;
        const char *culprit = report && report->answer ? report->answer->culprit : NULL;
        g_autofree char *name = report_clean_line(job->row->name),
                        *time = report_duration(job->row->total_ms),
                        *names = report ? report_same_bug(report) : NULL,
                        *same = names ? report_clean_line(names) : NULL;

        g_print("%-24.24s %-6s %-14s %-12.12s %7u %6u %s%s%s\n", name, job->row->kind,
                report ? describe_state(report) : "damaged", culprit ? culprit : "-",
                report ? report->n_kernels : 0, report ? report->n_trials : 0, time,
                same ? "  " : "", same ? same : "");
        if (job->damage) {
            cli_complain("%s: %s", job->row->name, job->damage);
        }
    }
}

static json_t *damaged_json(const ListedJob *job)
{
    return json_pack("{s:i, s:o, s:s, s:s, s:o}", "version", REPORT_JSON_VERSION, "job",
                     job_text_json(job->row->name), "kind", job->row->kind, "state", "damaged",
                     "error", job_text_json(job->damage));
}

static void print_json(const GPtrArray *jobs)
{
    json_t *array = json_array();

    for (guint i = 0; i < jobs->len; i++) {
        const ListedJob *job = jobs->pdata[i];
        json_t *object = job->report ? report_json(job->report) : damaged_json(job);

        json_object_del(object, "revisions");
        json_array_append_new(array, object);
    }
    cli_print_json(array, JSON_INDENT(2));
}

int cmd_status(int argc, char **argv)
{
    g_autofree char *state_option = NULL, *state_dir = NULL;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        CLI_STATE_DIR(&state_option),
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print as JSON", NULL},
        {NULL},
    };
    const CommandLine line = {.command = "status", .entries = entries};
    g_autoptr(Store) store = NULL;
    g_autoptr(GPtrArray) jobs = NULL;
    g_autoptr(GError) error = NULL;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    state_dir = cli_state_dir(state_option);
    store = store_open(state_dir, STORE_READ, &error);
    jobs = store ? load_jobs(store, &error) : NULL;
    if (!jobs) {
        cli_complain("%s", error->message);
        return cli_store_failure(error);
    }
    if (json) {
        print_json(jobs);
    } else {
        print_table(jobs);
    }
    return EXIT_ANSWER;
}
