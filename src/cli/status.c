/* SPDX-License-Identifier: Apache-2.0
 * firstbad status: list jobs, what they do, and what they wait for.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <unistd.h>

/* All that the list is made from. */
typedef struct Listing {
    Store *store;
    GPtrArray *rows;    /* of JobRow */
    GHashTable *counts; /* id -> JobCounts */
    Waiting *waiting;
    GHashTable *places; /* id -> number in its queue + 1 */
    GPtrArray *spooled; /* of SpoolRequest: jobs that no daemon has seen */
    gint64 now_s;
} Listing;

static void listing_clear(Listing *listing)
{
    g_clear_pointer(&listing->rows, g_ptr_array_unref);
    g_clear_pointer(&listing->counts, g_hash_table_unref);
    g_clear_pointer(&listing->places, g_hash_table_unref);
    g_clear_pointer(&listing->spooled, g_ptr_array_unref);
    g_clear_pointer(&listing->waiting, waiting_free);
    g_clear_pointer(&listing->store, store_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Listing, listing_clear)

static void free_request(gpointer data)
{
    spool_request_clear(data);
    g_free(data);
}

/* New jobs in the spool. Array of SpoolRequest, owned by the caller. */
static GPtrArray *read_spooled(const char *state_dir)
{
    g_auto(GStrv) paths = spool_list(state_dir);
    GPtrArray *spooled = g_ptr_array_new_with_free_func(free_request);

    for (char **path = paths; *path; path++) {
        SpoolRequest *request = g_new0(SpoolRequest, 1);

        if (spool_read(*path, request, NULL) && request->wish == SPOOL_JOB) {
            g_ptr_array_add(spooled, request);
        } else {
            free_request(request);
        }
    }
    return spooled;
}

/* A daemon may have taken some of them before the store was read. */
static void leave_out_taken(Listing *listing)
{
    for (guint i = listing->spooled->len; i-- > 0;) {
        const SpoolRequest *request = listing->spooled->pdata[i];
        gint64 id = 0;

        if (store_find_submission(listing->store, request->id, &id, NULL) && id) {
            g_ptr_array_remove_index(listing->spooled, i);
        }
    }
}

/* The jobs. Where no daemon was yet, there may be no store, but jobs that wait for one. */
static gboolean load_jobs(const char *state_dir, Listing *listing, GError **error)
{
    g_autoptr(GError) failure = NULL;

    listing->spooled = read_spooled(state_dir);
    listing->store = store_open(state_dir, STORE_READ, &failure);
    if (!listing->store && listing->spooled->len > 0 &&
        g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        listing->rows = g_ptr_array_new();
        return TRUE;
    }
    if (!listing->store) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    listing->rows = store_list_jobs(listing->store, error);
    leave_out_taken(listing);
    return listing->rows != NULL;
}

/* What is told of those in the store. */
static gboolean load_rest(const char *state_dir, Listing *listing, GError **error)
{
    listing->now_s = g_get_real_time() / G_USEC_PER_SEC;
    listing->places = g_hash_table_new(g_int64_hash, g_int64_equal);
    if (!listing->store) {
        listing->waiting = waiting_new();
        return TRUE;
    }
    listing->counts = store_job_counts(listing->store, error);
    listing->waiting =
        listing->counts ? waiting_load(listing->store, state_dir, listing->now_s, error) : NULL;
    for (guint i = 0; listing->waiting && i < listing->waiting->queue->len; i++) {
        QueuedJob *job = listing->waiting->queue->pdata[i];

        g_hash_table_insert(listing->places, &job->id, GINT_TO_POINTER(i + 1));
    }
    return listing->waiting != NULL;
}

/* --- What waits ------------------------------------------------------------------------------ */

/* Of @row in the queue, from 0; -1: it is not there. */
static gint find_place(const Listing *listing, const JobRow *row)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(listing->places, &row->id)) - 1;
}

/* "14:05", and with the day where that is another one. */
static char *format_time(gint64 then_s, gint64 now_s)
{
    g_autoptr(GDateTime) then = g_date_time_new_from_unix_local(then_s),
                         now = g_date_time_new_from_unix_local(now_s);
    gboolean is_today = g_date_time_get_day_of_year(then) == g_date_time_get_day_of_year(now);

    return g_date_time_format(then, is_today ? "%H:%M" : "%F %H:%M");
}

/* Why the job at @place does not begin. Owned by the caller. */
static char *describe_wait(const Listing *listing, guint place)
{
    const Waiting *waiting = listing->waiting;
    const QueuedJob *job = waiting->queue->pdata[place];
    g_autofree char *of = g_strdup_printf("place %u of %u", place + 1, waiting->queue->len);
    g_autofree char *time = NULL;

    switch (waiting->why[place]) {
    case WAIT_RETRY:
        time = format_time(job->not_before_s, listing->now_s);
        return g_strdup_printf("%s, retry at %s after failure %u: %s", of, time, job->n_failures,
                               job->error ? job->error : "?");
    case WAIT_BUDGET:
        time = report_duration((guint64)(waiting->rules.most_s_a_day * 1000));
        return g_strdup_printf("%s, %s has used up the day's %s", of, job->submitter, time);
    case WAIT_TURN:
        break;
    }
    return g_strconcat(of, job->was_running ? ", goes on" : "", NULL);
}

/* Without a daemon nothing of it begins. */
static void tell_of_daemon(const Listing *listing, const char *state_dir, const char *state_option)
{
    guint n = listing->spooled->len + listing->waiting->queue->len;

    if (n > 0) {
        cli_tell_of_daemon(state_dir, state_option ? state_dir : NULL, n);
    }
}

static json_t *queue_json(const Listing *listing, const JobRow *row)
{
    static const char *const names[] = {
        [WAIT_TURN] = "turn", [WAIT_RETRY] = "retry", [WAIT_BUDGET] = "budget"};
    gint place = find_place(listing, row);
    const QueuedJob *job;

    if (place < 0) {
        return json_null();
    }
    job = listing->waiting->queue->pdata[place];
    return json_pack("{s:i, s:i, s:s, s:o, s:I, s:i, s:I}", "place", (int)place + 1, "of",
                     (int)listing->waiting->queue->len, "wait", names[listing->waiting->why[place]],
                     "submitter", job_text_json(job->submitter), "priority",
                     (json_int_t)job->priority, "failures", (int)job->n_failures, "not_before_s",
                     (json_int_t)job->not_before_s);
}

/* --- The list -------------------------------------------------------------------------------- */

static const char *describe_state(const Report *report)
{
    JobState state = report->row->state;

    if (report->answer) {
        return answer_kind_name(report->answer->kind);
    }
    if (state == JOB_QUEUED || state == JOB_CANCELLED || state == JOB_FAILED) {
        return job_state_name(state);
    }
    return report->is_worked_on ? report->row->phase : "stopped";
}

/* What stands behind the columns; NULL: nothing. Owned by the caller. */
static char *describe_rest(const Listing *listing, const Report *report)
{
    gint place = find_place(listing, report->row);
    char *same = report_same_bug(report);

    if (same) {
        return same;
    }
    if (place >= 0) {
        return describe_wait(listing, (guint)place);
    }
    if (report->row->state == JOB_FAILED) {
        return g_strdup(report->row->error);
    }
    return report->spec->bisect_log ? g_strdup("with tests of others") : NULL;
}

/* Two jobs of long names may differ in their last letter: none is cut. */
static int name_width(const Listing *listing)
{
    glong width = 24;

    for (guint i = 0; i < listing->rows->len; i++) {
        const JobRow *row = listing->rows->pdata[i];
        g_autofree char *name = report_clean_line(row->name);

        width = MAX(width, g_utf8_strlen(name, -1));
    }
    for (guint i = 0; i < listing->spooled->len; i++) {
        const SpoolRequest *request = listing->spooled->pdata[i];
        g_autofree char *name = report_clean_line(request->name);

        width = MAX(width, g_utf8_strlen(name, -1));
    }
    return (int)width;
}

/* Between the columns, which fill 80, and what there is beside: a line of its own on a terminal. */
static const char *before_rest(void)
{
    return isatty(STDOUT_FILENO) ? "\n    " : "  ";
}

static void print_job(const Listing *listing, const JobRow *row, int width)
{
    const JobCounts *counts = g_hash_table_lookup(listing->counts, &row->id);
    g_autoptr(GError) damage = NULL;
    g_autoptr(Report) report = report_load_summary(listing->store, row, &damage);
    const char *culprit = report && report->answer ? report->answer->culprit : NULL;
    g_autofree char *name = report_clean_line(row->name), *kind = report_clean_line(row->kind),
                    *time = report_duration(row->total_ms),
                    *rest = report ? describe_rest(listing, report) : NULL,
                    *clean = rest ? report_clean_line(rest) : NULL;

    g_print("%-*s %-6s %-14s %-12.12s %7u %6u %s%s%s\n", width, name, kind,
            report ? describe_state(report) : "damaged", culprit ? culprit : "-",
            counts ? counts->n_kernels : 0, counts ? counts->n_trials : 0, time,
            clean ? before_rest() : "", clean ? clean : "");
    if (damage) {
        cli_complain("%s: %s", row->name, damage->message);
    }
}

static void print_spooled(const SpoolRequest *request, int width)
{
    g_autofree char *name = report_clean_line(request->name),
                    *kind = report_clean_line(request->kind);

    g_print("%-*s %-6s %-14s %-12s %7u %6u -%sno daemon has taken it yet\n", width, name, kind,
            job_state_name(JOB_QUEUED), "-", 0U, 0U, before_rest());
}

static void print_table(const Listing *listing)
{
    int width = name_width(listing);

    g_print("%-*s %-6s %-14s %-12s %7s %6s %s\n", width, "JOB", "KIND", "STATE", "CULPRIT",
            "KERNELS", "TRIALS", "TIME");
    for (guint i = 0; i < listing->rows->len; i++) {
        print_job(listing, listing->rows->pdata[i], width);
    }
    for (guint i = 0; i < listing->spooled->len; i++) {
        print_spooled(listing->spooled->pdata[i], width);
    }
}

/* As it is, for scripts and for the shell's completion; one that could steer a terminal is left
 * out. */
static void print_name(const char *name)
{
    g_autofree char *clean = report_clean_line(name);

    if (g_str_equal(name, clean)) {
        puts(name);
    }
}

static int print_names(const Listing *listing)
{
    for (guint i = 0; i < listing->rows->len; i++) {
        print_name(((const JobRow *)listing->rows->pdata[i])->name);
    }
    for (guint i = 0; i < listing->spooled->len; i++) {
        print_name(((const SpoolRequest *)listing->spooled->pdata[i])->name);
    }
    return EXIT_ANSWER;
}

static json_t *damaged_json(const JobRow *row, const GError *damage)
{
    return json_pack("{s:i, s:o, s:o, s:s, s:o}", "version", REPORT_JSON_VERSION, "job",
                     job_text_json(row->name), "kind", job_text_json(row->kind), "state", "damaged",
                     "error", job_text_json(damage->message));
}

/* Of a job that is not in the store there is no more to tell. */
static json_t *spooled_json(const SpoolRequest *request)
{
    json_t *queue =
        json_pack("{s:s, s:o, s:I}", "wait", "daemon", "submitter",
                  job_text_json(request->submitter), "priority", (json_int_t)request->priority);

    return json_pack("{s:i, s:o, s:o, s:s, s:o}", "version", REPORT_JSON_VERSION, "job",
                     job_text_json(request->name), "kind", job_text_json(request->kind), "state",
                     job_state_name(JOB_QUEUED), "queue", queue);
}

static void print_json(const Listing *listing)
{
    json_t *array = json_array();

    for (guint i = 0; i < listing->rows->len; i++) {
        const JobRow *row = listing->rows->pdata[i];
        g_autoptr(GError) damage = NULL;
        g_autoptr(Report) report = report_load(listing->store, row, &damage);
        json_t *object = report ? report_json(report) : damaged_json(row, damage);

        json_object_del(object, "revisions");
        json_object_set_new(object, "queue", queue_json(listing, row));
        json_array_append_new(array, object);
    }
    for (guint i = 0; i < listing->spooled->len; i++) {
        json_array_append_new(array, spooled_json(listing->spooled->pdata[i]));
    }
    cli_print_json(array, JSON_INDENT(2));
}

int cmd_status(int argc, char **argv)
{
    g_autofree char *state_option = NULL, *state_dir = NULL;
    gboolean json = FALSE, names = FALSE;
    const GOptionEntry entries[] = {
        CLI_STATE_DIR(&state_option),
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print as JSON", NULL},
        {"names", 0, 0, G_OPTION_ARG_NONE, &names, "Only the names, one a line", NULL},
        {NULL},
    };
    const CommandLine line = {.command = "status", .entries = entries};
    g_auto(Listing) listing = {0};
    g_autoptr(GError) error = NULL;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    state_dir = cli_state_dir(state_option);
    if (!load_jobs(state_dir, &listing, &error) ||
        (!names && !load_rest(state_dir, &listing, &error))) {
        cli_complain("%s", error->message);
        return cli_store_failure(error);
    }
    if (names) {
        return print_names(&listing);
    }
    if (json) {
        print_json(&listing);
    } else {
        print_table(&listing);
    }
    tell_of_daemon(&listing, state_dir, state_option);
    return EXIT_ANSWER;
}
