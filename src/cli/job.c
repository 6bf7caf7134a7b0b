/* SPDX-License-Identifier: Apache-2.0
 * A job from the command line to its answer: what `cause`, `run` and `resume` share.
 */
#include "cli/cli.h"
#include "intake/intake.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/version.h"

/* One piece of work, opened. */
typedef struct Work {
    char *state_dir;
    const char *named_state_dir; /* where the user named it, or NULL */
    Store *store;
    JobRow *row;
    JobSpec *spec;
    JobSetup *setup;
    ProgressLine *line;
    GCancellable *cancellable;
    guint sigint, sigterm; /* sources */
} Work;

static gboolean on_signal(gpointer data)
{
    GCancellable *cancellable = data;

    if (g_cancellable_is_cancelled(cancellable)) {
        _exit(EXIT_INTERRUPTED);
    }
    g_cancellable_cancel(cancellable);
    return G_SOURCE_CONTINUE;
}

static void listen(Work *work)
{
    work->sigint = g_unix_signal_add(SIGINT, on_signal, work->cancellable);
    work->sigterm = g_unix_signal_add(SIGTERM, on_signal, work->cancellable);
}

static void stop_listening(Work *work)
{
    g_clear_handle_id(&work->sigint, g_source_remove);
    g_clear_handle_id(&work->sigterm, g_source_remove);
}

static void say_note(gpointer note, gpointer line)
{
    progress_line_say(line, note);
}

/* Has the job ended for good? */
static gboolean is_done(const Work *work)
{
    g_autoptr(Answer) answer = work->row->answer ? answer_from_json(work->row->answer, NULL) : NULL;

    return work->row->state == JOB_DONE && !(answer && answer->by_budget);
}

/* A job that goes on with another budget is an unfinished one. */
static gboolean change_budget(Work *work, GHashTable *keys, GError **error)
{
    g_autofree char *text = NULL;

    if (!g_hash_table_size(keys) || is_done(work)) {
        return TRUE;
    }
    if (!cli_set_keys(work->spec, keys, error)) {
        return FALSE;
    }
    text = job_spec_write(work->spec);
    work->row->state = JOB_RUNNING;
    return store_reopen_job(work->store, work->row->id, text, error);
}

/* Where nobody named the new job: by what it is about. */
static void name_by_start(JobSpec *spec)
{
    if (!spec->name) {
        spec->name =
            g_strdup_printf("%s-%.12s", spec->kind, spec->tried ? spec->tried : spec->start);
    }
}

static gboolean name_job(Store *store, const WorkOptions *options, GError **error)
{
    JobSpec *spec = options->spec;
    char *name;

    name_by_start(spec);
    if (!options->is_name_free) {
        return TRUE;
    }
    name = store_free_name(store, spec->name, error);
    if (name) {
        g_free(spec->name);
        spec->name = name;
    }
    return name != NULL;
}

/* Who asks for a job to go on wants no pause. */
static gboolean end_pause(const Work *work, GError **error)
{
    g_autofree char *job_dir = store_job_dir(work->store, work->row->id);

    return live_pause(job_dir, FALSE, error);
}

/* Add the new job, or find the one to go on with. */
static gboolean take_job(Work *work, const WorkOptions *options, GError **error)
{
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC, id;
    g_autofree char *text = NULL;

    if (!options->spec) {
        work->row = store_find_job(work->store, options->name, error);
        if (!work->row) {
            cli_explain_waiting(work->state_dir, work->named_state_dir, options->name, error);
        }
        work->spec = work->row ? job_spec_new(work->row->kind) : NULL;
        return work->spec && job_spec_read(work->spec, work->row->spec, "/", error) &&
               end_pause(work, error) && change_budget(work, options->budget, error);
    }
    if (!name_job(work->store, options, error)) {
        return FALSE;
    }
    text = job_spec_write(options->spec);
    if (options->keep.job
            ? !store_add_job_from(work->store, options->spec->name, options->spec->kind, text,
                                  now_s, &options->keep, &id, error)
            : !store_add_job(work->store, options->spec->name, options->spec->kind, text, now_s,
                             &id, error)) {
        return FALSE;
    }
    if (options->notes) {
        g_ptr_array_foreach(options->notes, say_note, work->line);
    }
    work->row = store_read_job(work->store, id, error);
    work->spec = work->row ? job_spec_new(work->row->kind) : NULL;
    return work->spec && job_spec_read(work->spec, text, "/", error);
}

/* All before the job itself begins. */
static void put_setup_span(const Work *work, gint64 begun_us)
{
    gint64 now_us = g_get_real_time(), took_us = g_get_monotonic_time() - begun_us;
    const SpanRow span = {
        .kind = (char *)"setup", .begun_ms = (now_us - took_us) / 1000, .ended_ms = now_us / 1000};

    store_put_span(work->store, work->row->id, &span);
}

/* What somebody else found out (--bisect-log). */
static gboolean learn(Work *work, const char *job_dir, GError **error)
{
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);

    if (!intake_learn(work->store, work->row->id, work->spec, job_dir, work->setup->repo, notes,
                      error)) {
        return FALSE;
    }
    g_ptr_array_foreach(notes, say_note, work->line);
    return TRUE;
}

static gboolean carry_out(Work *work, Answer **ret_answer, GError **error)
{
    gint64 begun_us = g_get_monotonic_time();
    g_autofree char *job_dir = store_job_dir(work->store, work->row->id);
    g_autofree char *room =
        job_spec_is_run(work->spec) ? NULL : job_keep_room(work->store, work->state_dir);
    g_autoptr(Job) job = NULL;

    if (room) {
        say_note(room, work->line);
    }
    work->setup = job_setup_new(work->spec, work->state_dir, job_dir, error);
    if (!work->setup) {
        return FALSE;
    }
    g_ptr_array_foreach(work->setup->notes, say_note, work->line);
    if (!learn(work, job_dir, error)) {
        return FALSE;
    }
    job = job_new(work->row->id, work->spec, work->setup->repo, work->store, work->setup->farm,
                  error);
    put_setup_span(work, begun_us);
    for (guint i = 0; job && i < work->setup->notes->len; i++) {
        job_note(job, work->setup->notes->pdata[i]);
    }
    return job &&
           job_carry_out(job, progress_line_show, work->line, work->cancellable, ret_answer, error);
}

/* As `git bisect run` wants it. */
static int bisect_code_of(const Answer *answer)
{
    Verdict verdict = answer->kind == ANSWER_TRIED ? tried_verdict(answer->tried) : VERDICT_UNKNOWN;

    return verdict == VERDICT_GOOD  ? BISECT_GOOD
           : verdict == VERDICT_BAD ? BISECT_BAD
                                    : BISECT_SKIP;
}

ExitCode cli_exit_code(const Answer *answer)
{
    switch (answer->kind) {
    case ANSWER_CULPRIT:
        return EXIT_ANSWER;
    case ANSWER_TRIED:
        return tried_verdict(answer->tried) != VERDICT_SKIP ? EXIT_ANSWER
               : answer->tried >= TRIED_NO_BOOT             ? EXIT_NO_CASE
                                                            : EXIT_UNSURE;
    case ANSWER_REVEALER:
    case ANSWER_SET:
    case ANSWER_OLDER:
        return EXIT_UNSURE;
    default:
        return EXIT_NO_CASE;
    }
}

/* The object that `run --json` ends with. */
static void print_json(const Report *report)
{
    const Answer *answer = report->answer;
    json_t *candidates = json_array();
    json_t *object;

    for (guint i = 0; i < answer->candidates->len; i++) {
        json_array_append_new(candidates, candidate_to_json(answer->candidates->pdata[i]));
    }
    object =
        json_pack("{s:s?, s:s?, s:f, s:o, s:i, s:i, s:f, s:s, s:b}", "culprit", answer->culprit,
                  "revealer", answer->revealer, "confidence", answer->confidence, "candidates",
                  candidates, "revisions", (int)report->revisions->len, "trials",
                  (int)report->n_trials, "seconds", report->row->total_ms / 1000.0, "answer",
                  answer_kind_name(answer->kind), "by_budget", answer->by_budget);
    cli_print_json(object, JSON_COMPACT);
}

/* The answer as it lies in the store now. */
static gboolean print_answer(Work *work, const WorkOptions *options, int *ret_code, GError **error)
{
    g_autoptr(JobRow) row = store_read_job(work->store, work->row->id, error);
    g_autoptr(Report) report = row ? report_load(work->store, row, error) : NULL;

    if (!report) {
        return FALSE;
    }
    if (!report->answer) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "stored job is damaged: it is done, but has no answer");
        return FALSE;
    }
    if (options->json && report->answer->kind == ANSWER_TRIED) {
        cli_print_json(report_tried_json(report), JSON_COMPACT);
    } else if (options->json) {
        print_json(report);
    } else {
        g_autofree char *text = report_text(report, work->named_state_dir);

        g_print("%s", text);
    }
    *ret_code =
        options->bisect_exit ? bisect_code_of(report->answer) : (int)cli_exit_code(report->answer);
    return TRUE;
}

static gboolean is_disk_full(const GError *error)
{
    return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE) ||
           g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
}

/* The work on the job ended without an answer: tell the person and, where it is a failure, the
 * store. */
static int tell_failure(const Work *work, const GError *error)
{
    g_autofree char *resume = report_command("resume", work->row->name, work->named_state_dir);
    g_autoptr(GError) gone = NULL;

    if (!store_is_there(work->store, &gone)) {
        cli_complain("%s", gone->message);
        return EXIT_MACHINE;
    }
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        cli_complain("stopped; all that was finished is kept; go on with: %s", resume);
        return EXIT_INTERRUPTED;
    }
    store_fail_job(work->store, work->row->id, error->message, NULL);
    if (is_disk_full(error)) {
        cli_complain("%s: the disk is full; make room, then: %s", error->message, resume);
    } else {
        cli_complain("%s\nfirstbad: when that is mended, go on with: %s", error->message, resume);
    }
    return EXIT_MACHINE;
}

/* As a process of its own, with the view on it here. */
static int work_apart(Work *work, const WorkOptions *options)
{
    g_autofree char *job_dir = store_job_dir(work->store, work->row->id);
    g_autoptr(GError) error = NULL;
    int code;

    g_clear_pointer(&work->line, progress_line_free);
    stop_listening(work);
    /* The lock is the other's now. */
    g_clear_pointer(&work->store, store_free);
    if (!cli_work_apart(work->state_dir, work->named_state_dir, job_dir, work->row, &code,
                        &error)) {
        cli_complain("%s", error->message);
        return EXIT_MACHINE;
    }
    if (code != EXIT_ANSWER && code != EXIT_UNSURE && code != EXIT_NO_CASE) {
        return code;
    }
    work->store = store_open(work->state_dir, STORE_READ, &error);
    if (!work->store || !print_answer(work, options, &code, &error)) {
        cli_complain("%s: %s", work->row->name, error->message);
        return EXIT_MACHINE;
    }
    return code;
}

static gboolean wants_view(const WorkOptions *options)
{
    return options->has_view && !options->plain && !options->verbose && terminal_can_view();
}

static void say_webhook(const char *line, gpointer unused)
{
    cli_complain("%s", line);
}

/* Tell whom the job is to tell. @is_now: it has ended just now, not in an earlier life. */
static void tell_webhook(const Work *work, gboolean is_now)
{
    g_autoptr(Webhooks) webhooks = NULL;

    if (!work->spec->webhook) {
        return;
    }
    webhooks = webhooks_new(work->store, NULL, FIRSTBAD_VERSION, say_webhook, NULL);
    if (is_now) {
        webhooks_send(webhooks, work->row->id);
    } else {
        webhooks_send_due(webhooks, work->row->id);
    }
    webhooks_wait(webhooks, work->cancellable);
}

/* A daemon works in the state folder: it goes on with the job, unless that has its answer. */
static int leave_to_daemon(Work *work, const WorkOptions *options, const char *busy)
{
    g_autoptr(GError) error = NULL;
    int code;

    work->store = store_open(work->state_dir, STORE_READ, &error);
    work->row = work->store ? store_find_job(work->store, options->name, &error) : NULL;
    if (!work->row) {
        cli_explain_waiting(work->state_dir, work->named_state_dir, options->name, &error);
        cli_complain("%s", error->message);
        return cli_store_failure(error);
    }
    if (g_hash_table_size(options->budget) > 0) {
        cli_complain("%s: a budget is changed where none does: end it first, the next one goes on "
                     "with its jobs",
                     busy);
        return EXIT_MACHINE;
    }
    if (work->row->state != JOB_DONE) {
        return cli_resume_by_daemon(work->state_dir, work->named_state_dir, work->store, work->row);
    }
    if (!print_answer(work, options, &code, &error)) {
        cli_complain("%s: %s", work->row->name, error->message);
        return EXIT_MACHINE;
    }
    return code;
}

/* Somebody else works in the state folder. */
static int tell_busy(Work *work, const WorkOptions *options, const char *busy)
{
    BusyRemedy remedy = !options->spec || options->is_like ? BUSY_WAIT
                        : options->has_queue               ? BUSY_QUEUE
                                                           : BUSY_OTHER_FOLDER;

    g_clear_pointer(&work->line, progress_line_free);
    if (!options->spec && store_has_service(work->state_dir)) {
        return leave_to_daemon(work, options, busy);
    }
    cli_complain_busy(work->state_dir, work->named_state_dir, remedy,
                      options->spec ? NULL : options->name, busy);
    return EXIT_MACHINE;
}

static int work_on(Work *work, const WorkOptions *options)
{
    g_autoptr(Answer) answer = NULL;
    g_autoptr(GError) error = NULL;
    gboolean was_done;
    int code;

    work->store = store_open(work->state_dir, STORE_WRITE, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY)) {
        return tell_busy(work, options, error->message);
    }
    if (!work->store || !take_job(work, options, &error)) {
        g_clear_pointer(&work->line, progress_line_free);
        cli_complain("%s", error->message);
        return cli_store_failure(error);
    }
    if (work->row->state != JOB_DONE && wants_view(options)) {
        return work_apart(work, options);
    }
    store_work_on(work->store, &work->row->id, 1);
    was_done = work->row->state == JOB_DONE;
    if (!was_done && !carry_out(work, &answer, &error)) {
        g_clear_pointer(&work->line, progress_line_free);
        code = tell_failure(work, error);
        if (code == EXIT_MACHINE) {
            tell_webhook(work, TRUE);
        }
        return code;
    }
    g_clear_pointer(&work->line, progress_line_free);
    if (!print_answer(work, options, &code, &error)) {
        cli_complain("%s: %s", work->row->name, error->message);
        return EXIT_MACHINE;
    }
    fflush(stdout); /* nobody waits for the answer until another has heard of it */
    tell_webhook(work, !was_done);
    return code;
}

void work_options_clear(WorkOptions *options)
{
    g_clear_pointer(&options->state_option, g_free);
    g_clear_pointer(&options->spec, job_spec_free);
    g_clear_pointer(&options->notes, g_ptr_array_unref);
}

/* Has no job in the state folder, or on its way there, the name @name? */
static gboolean check_free_name(const char *state_dir, const char *name, GError **error)
{
    g_autoptr(Store) store = store_open(state_dir, STORE_READ, NULL);
    g_autoptr(JobRow) row = store ? store_find_job(store, name, NULL) : NULL;
    g_auto(SpoolRequest) request = {0};

    if (row && g_str_equal(row->name, name)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    "there is a job named '%s' already: resume it, restart it with other options, "
                    "or give another --name",
                    name);
        return FALSE;
    }
    if (spool_find_job(state_dir, name, &request)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    "a job named '%s' waits for a daemon already: give another --name", name);
        return FALSE;
    }
    return TRUE;
}

/* The names of all jobs in the state folder and on their way there. A set, owned by the caller. */
static GHashTable *names_taken(const char *state_dir)
{
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(Store) store = store_open(state_dir, STORE_READ, NULL);
    g_autoptr(GPtrArray) rows = store ? store_list_jobs(store, NULL) : NULL;
    g_auto(GStrv) paths = spool_list(state_dir);

    for (guint i = 0; rows && i < rows->len; i++) {
        g_hash_table_add(names, g_strdup(((const JobRow *)rows->pdata[i])->name));
    }
    for (char **path = paths; *path; path++) {
        g_auto(SpoolRequest) request = {0};

        if (spool_read(*path, &request, NULL) && request.wish == SPOOL_JOB && request.name) {
            g_hash_table_add(names, g_strdup(request.name));
        }
    }
    return names;
}

/* A name that somebody gave has to be free; one that nobody gave is made so. */
static gboolean name_queued(const char *state_dir, JobSpec *spec, GError **error)
{
    g_autoptr(GHashTable) taken = NULL;
    g_autofree char *name = NULL;

    if (spec->name) {
        return check_free_name(state_dir, spec->name, error);
    }
    taken = names_taken(state_dir);
    name_by_start(spec);
    name = g_strdup(spec->name);
    for (guint i = 2; g_hash_table_contains(taken, spec->name); i++) {
        g_free(spec->name);
        spec->name = g_strdup_printf("%s-%u", name, i);
    }
    return TRUE;
}

/* Leave the new job to a service. */
static int queue_job(const WorkOptions *options)
{
    g_autofree char *state_dir = cli_state_dir(options->state_option), *name = NULL;
    g_autoptr(GError) error = NULL;

    if (!name_queued(state_dir, options->spec, &error) ||
        !spool_put_job(state_dir, options->spec, options->priority, &error)) {
        cli_complain("%s", error->message);
        return cli_store_failure(error);
    }
    name = report_clean(options->spec->name); /* a job file may be anybody's */
    g_print("queued: %s\n", name);
    cli_tell_of_daemon(state_dir, options->state_option ? state_dir : NULL, 1);
    return EXIT_ANSWER;
}

int cli_work(const WorkOptions *options)
{
    if (options->queue) {
        return queue_job(options);
    }
    Work work = {.cancellable = g_cancellable_new(), .line = progress_line_new(options->plain)};
    int code;

    work.state_dir = cli_state_dir(options->state_option);
    work.named_state_dir = options->state_option ? work.state_dir : NULL;
    listen(&work);
    code = work_on(&work, options);
    stop_listening(&work);
    g_clear_pointer(&work.setup, job_setup_free);
    g_clear_pointer(&work.spec, job_spec_free);
    g_clear_pointer(&work.row, job_row_free);
    g_clear_pointer(&work.store, store_free);
    g_clear_object(&work.cancellable);
    g_free(work.state_dir);
    return code;
}

gboolean cli_check_spec(JobSpec *spec, GError **error)
{
    return intake_check_log(spec, error) && job_check_spec(spec, error);
}

gboolean cli_fetch(const WorkOptions *options, GError **error)
{
    g_autofree char *state_dir = cli_state_dir(options->state_option);

    return job_fetch(options->spec, state_dir, error);
}

JobSpec *cli_spec_like(WorkOptions *options, const char *name, GHashTable *job_keys,
                       Store **ret_store, JobRow **ret_row, int *ret_code)
{
    g_autofree char *state_dir = cli_state_dir(options->state_option);
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(state_dir, STORE_READ, &error);
    g_autoptr(JobRow) row = store ? store_find_job(store, name, &error) : NULL;
    g_autoptr(JobSpec) spec = NULL;

    options->is_like = TRUE;
    options->notes = g_ptr_array_new_with_free_func(g_free);
    if (!row) {
        cli_explain_waiting(state_dir, options->state_option ? state_dir : NULL, name, &error);
        cli_complain("%s", error->message);
        *ret_code = cli_store_failure(error);
        return NULL;
    }
    spec = job_spec_again(store, row, options->notes, &error);
    if (!spec || !cli_set_keys(spec, job_keys, &error)) {
        cli_complain("%s", error->message);
        *ret_code = EXIT_USAGE;
        return NULL;
    }
    *ret_store = g_steal_pointer(&store);
    *ret_row = g_steal_pointer(&row);
    return g_steal_pointer(&spec);
}
