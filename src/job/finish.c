/* SPDX-License-Identifier: Apache-2.0
 * The last step of a job: what the report will quote is gathered once and stored with the answer,
 * so that report/ needs neither the tree nor the kernels.
 */
#include "job/private.h"

#include <glib/gstdio.h>
#include <unistd.h>

/* Commits before the range that are named where the bug was revealed. */
#define N_OLDER 5
/* Of a commit's diff that are kept. */
#define DIFF_BYTES (200 << 10)

static const RevisionEvidence *evidence_of(const Job *job, const char *commit)
{
    return g_hash_table_lookup(job->situation.evidence, commit);
}

static char *not_reproduced(const Job *job, const char *subject)
{
    const RevisionEvidence *evidence = evidence_of(job, subject);

    g_assert(evidence);
    guint n_otherwise = evidence->n_doubtful + evidence->n_other_crash;
    guint n_run = evidence->n_ok + n_otherwise;

    if (job_spec_is_run(job->spec)) {
        return g_strdup_printf("%.12s, given as bad, did not fail in %u trials", subject, n_run);
    }
    if (job->situation.bug == BUG_BUILD) {
        return g_strdup_printf("the start %.12s builds: is it the right revision and config?",
                               subject);
    }
    return g_strdup_printf("the start %.12s did not crash%s in %u trials%s", subject,
                           job->spec->title ? " with that title" : "", n_run,
                           n_otherwise ? " (but with another crash, see the log)"
                                       : ": is it the right config and reproducer?");
}

static char *untestable(const Job *job, const char *subject)
{
    const RevisionEvidence *evidence = evidence_of(job, subject);
    const char *what = "always crashes, but with another crash";

    g_assert(evidence && evidence->kernel);
    if (evidence->kernel->status == KERNEL_FAILED) {
        return g_strdup_printf("%.12s does not build: %s", subject, evidence->kernel->first_error);
    }
    if (job_spec_is_run(job->spec)) {
        return g_strdup_printf("the test command asks to skip %.12s (125)", subject);
    }
    if (evidence->n_broken) {
        what = "does not boot, or cannot run a trivial program";
    } else if (evidence->n_unreached) {
        what = "has not what the reproducer needs (it exits with 125)";
    }
    return g_strdup_printf("%.12s %s: see 'firstbad log --console %.12s'", subject, what, subject);
}

/* Where it is not the good end itself that has the bug, it is where that and the start parted. */
static char *good_crashes(const Job *job, const char *subject)
{
    g_autofree char *how = NULL;

    if (g_strcmp0(subject, job->spec->good) != 0) {
        return g_strdup_printf("%.12s, where start and --good parted, has the bug, and --good is "
                               "not known to be without: give an older --good",
                               subject);
    }
    for (guint i = 0; i < job->trials->len && job_spec_is_run(job->spec); i++) {
        const TrialRow *trial = job->trials->pdata[i];

        if (!how && trial->kind == OUTCOME_CRASH && g_str_equal(trial->commit, subject)) {
            how = g_strdup(trial->title);
        }
    }
    if (how) {
        return g_strdup_printf("%.12s, given as good, fails too: the test command %s", subject,
                               how);
    }
    return g_strdup_printf("%.12s, given as good, has the bug too: give an older --good", subject);
}

static char *not_fixed(const Job *job, const char *subject)
{
    Tally tally;

    if (job->situation.bug == BUG_BUILD) {
        return g_strdup_printf("%.12s still does not build", subject);
    }
    situation_tally(&job->situation, subject, &tally);
    return g_strdup_printf("%.12s still %s: %u of %u trials", subject,
                           job_spec_is_run(job->spec) ? "fails" : "crashes", tally.n_crash,
                           tally.n_ok + tally.n_crash + tally.n_doubtful);
}

static char *found(const Job *job)
{
    static const char *const of_kind[] = {
        [BUG_CRASH] = "its kernel crashes, its parents' do not",
        [BUG_HANG] = "its kernel hangs, its parents' do not",
        [BUG_BOOT] = "its kernel does not boot, its parents' do",
        [BUG_BASIC] = "its kernel runs no program, its parents' do",
        [BUG_BUILD] = "it does not build, its parents do",
    };

    if (job->spec->fix) {
        return g_strdup(job_spec_is_run(job->spec) ? "it passes, its parents do not"
                                                   : "its kernel is well, its parents' are not");
    }
    return g_strdup(job_spec_is_run(job->spec) ? "it fails, its parents do not"
                                               : of_kind[job->situation.bug]);
}

/* Where the start and --good parted the bug was there already, and --good has a fix. */
static void add_fix_command(const Job *job, Answer *answer)
{
    const JobSpec *spec = job->spec;
    g_autofree char *what = g_steal_pointer(&answer->reason);

    answer->reason = g_strdup_printf("%s: 'firstbad %s %.12s --good %.12s' looks for it", what,
                                     job_spec_is_run(spec) ? "run --fix --bad" : "fix --start",
                                     spec->start, spec->good);
}

static void give_reason(const Job *job, Answer *answer)
{
    const char *subject = answer->subject ? answer->subject : "";

    if (answer->reason && answer->kind == ANSWER_GOOD_CRASHES &&
        g_strcmp0(subject, job->spec->good) != 0) {
        add_fix_command(job, answer);
    }
    if (answer->reason) {
        return;
    }
    switch (answer->kind) {
    case ANSWER_CULPRIT:
        answer->reason = found(job);
        break;
    case ANSWER_REVEALER: /* it has one */
    case ANSWER_SET:
        answer->reason = g_strdup("not sure enough of any one");
        break;
    case ANSWER_OLDER:
        answer->reason = g_strdup_printf(
            "%.12s, the oldest revision tested, has the bug already: give an older --good",
            subject);
        break;
    case ANSWER_NOT_REPRODUCED:
        answer->reason = not_reproduced(job, subject);
        break;
    case ANSWER_UNTESTABLE:
        answer->reason = untestable(job, subject);
        break;
    case ANSWER_GOOD_CRASHES:
        answer->reason = good_crashes(job, subject);
        break;
    case ANSWER_NOT_FIXED:
        answer->reason = not_fixed(job, subject);
        break;
    case ANSWER_NEVER_BAD:
        break; /* the decider gave it */
    case ANSWER_TRIED:
        job_explain_tried(job, answer);
        break;
    }
}

/* Was it seen on @commit, or on a revision whose kernel is the same to the byte? */
static gboolean is_kernel_of(const Job *job, const TrialRow *trial, const char *commit)
{
    const RevisionEvidence *wanted = evidence_of(job, commit),
                           *tried = evidence_of(job, trial->commit);

    if (g_str_equal(trial->commit, commit)) {
        return TRUE;
    }
    return wanted && wanted->kernel && wanted->kernel->signature && tried && tried->kernel &&
           g_strcmp0(wanted->kernel->signature, tried->kernel->signature) == 0;
}

const TrialRow *job_find_crash(const Job *job, const GPtrArray *trials, const char *commit)
{
    for (guint i = 0; i < trials->len; i++) {
        const TrialRow *trial = trials->pdata[i];

        if (sought_outcome(job->sought.kind, trial) == OUTCOME_CRASH && trial->report &&
            is_kernel_of(job, trial, commit) &&
            identity_judge(&job->sought, trial) == CRASH_OF_BUG) {
            return trial;
        }
    }
    return NULL;
}

/* Lines of the build log before the first error, and after it. */
#define N_LINES_BEFORE 2
#define N_LINES_AFTER  8

/* The part of @log around the line that has @first_error, of which the log may have another form
 * (build-log.c cleans it); its end where no line has. Owned by the caller. */
static char *log_excerpt(const char *log, const char *first_error)
{
    g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
    guint n = g_strv_length(lines), at = n > N_LINES_AFTER ? n - N_LINES_AFTER : 0;
    const char *said = strstr(first_error, "error: ");
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < n; i++) {
        if (strstr(lines[i], said ? said : first_error)) {
            at = i;
            break;
        }
    }
    for (guint i = at > N_LINES_BEFORE ? at - N_LINES_BEFORE : 0; i < MIN(at + N_LINES_AFTER, n);
         i++) {
        g_string_append_printf(text, "%s\n", lines[i]);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* What a bug of the build has in place of a crash. A log that cannot be read costs the excerpt. */
static void gather_build_failure(const Job *job, Answer *answer, const char *commit)
{
    const RevisionEvidence *evidence = evidence_of(job, commit);
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "firstbad-log-XXXXXX", NULL);
    g_autofree char *log = NULL;
    int fd;

    if (!evidence || !evidence->kernel || !evidence->kernel->first_error) {
        return;
    }
    answer->crash_title = g_strdup(evidence->kernel->first_error);
    fd = g_mkstemp(path);
    if (fd >= 0 && evidence->kernel->dir &&
        kernel_unpack(evidence->kernel, "build.log", path, NULL) &&
        g_file_get_contents(path, &log, NULL, NULL)) {
        answer->crash_report = log_excerpt(log, answer->crash_title);
    }
    if (fd >= 0) {
        close(fd);
        g_unlink(path);
    }
}

/* The one commit that @answer is about: its people are told, and it is quoted. */
static const char *named(const Answer *answer)
{
    return answer->culprit ? answer->culprit : answer->revealer;
}

static gboolean gather_crash(Job *job, Answer *answer, GError **error)
{
    gboolean is_of_subject = answer->kind == ANSWER_OLDER || answer->kind == ANSWER_NOT_FIXED ||
                             answer->kind == ANSWER_TRIED;
    const char *commit = is_of_subject                      ? answer->subject
                         : named(answer) && !job->spec->fix ? named(answer)
                                                            : job->spec->start;
    g_autoptr(GPtrArray) trials = store_trials(job->store, job->id, error);
    const TrialRow *crash;

    if (!trials) {
        return FALSE;
    }
    if (job->situation.bug == BUG_BUILD || answer->tried == TRIED_NO_BUILD) {
        gather_build_failure(job, answer, commit);
        return TRUE;
    }
    crash = job_find_crash(job, trials, commit);
    if (!crash && answer->kind != ANSWER_TRIED) { /* it may only look good there */
        commit = job->spec->start;
        crash = job_find_crash(job, trials, commit);
    }
    if (!crash) {
        return TRUE;
    }
    answer->crash_commit = g_strdup(commit);
    answer->crash_title = g_strdup(crash->title);
    /* A job that may go on keeps its slot as it is. */
    answer->crash_report = answer->by_budget
                               ? job_symbolize(job, crash->commit, crash->report)
                               : job_symbolize_lines(job, crash->commit, crash->report);
    return TRUE;
}

static char *signature_of(const Job *job, const char *commit)
{
    const RevisionEvidence *evidence = evidence_of(job, commit);

    return evidence && evidence->kernel ? g_strdup(evidence->kernel->signature) : NULL;
}

/* A diff that git cannot make costs the report the diff: in a partial clone files may be out of
 * reach. */
static gboolean keep_diff(Job *job, const char *commit, GError **error)
{
    g_autofree char *diff = repo_show_diff(job->repo, commit, DIFF_BYTES, NULL);

    return !diff || store_put_fact(job->store, job->id, commit, FACT_DIFF, diff, error);
}

static gboolean gather_culprit(Job *job, Answer *answer, GError **error)
{
    g_autoptr(CommitInfo) info = repo_commit_info(job->repo, named(answer), error);

    if (!info || !keep_diff(job, named(answer), error)) {
        return FALSE;
    }
    answer->culprit_show = repo_show_stat(job->repo, named(answer), error);
    if (!answer->culprit_show) {
        return FALSE;
    }
    answer->culprit_signature = signature_of(job, named(answer));
    answer->parent_signature = info->parents[0] ? signature_of(job, info->parents[0]) : NULL;
    return TRUE;
}

/* The file to blame for the crash of @answer, or NULL. */
static char *guilty_file(const Job *job, const Answer *answer)
{
    if (job->situation.bug == BUG_BUILD) {
        return answer->crash_title ? kernel_failure_file(answer->crash_title) : NULL;
    }
    g_autoptr(OopsReader) reader = answer->crash_report ? oops_reader_new() : NULL;

    return reader ? oops_guilty_file(reader, answer->crash_report, 0, answer->crash_title) : NULL;
}

/* Who should hear of it: the culprit's people, and those of the file to blame for the crash. */
static gboolean gather_recipients(Job *job, Answer *answer, GError **error)
{
    g_autofree char *file = guilty_file(job, answer);
    const char *commit = named(answer) ? named(answer) : job->spec->start;
    /* A job that may go on keeps its worktree as it is: a switch there and back costs builds. */
    const char *worktree =
        named(answer) || !answer->by_budget ? job->farm->ops->worktree(job->farm) : NULL;
    gboolean has_file = FALSE;
    RecipientsQuery query = {.repo = job->repo, .sources = worktree, .commit = named(answer)};
    g_autoptr(Recipients) recipients = NULL;
    g_autoptr(GError) failure = NULL;

    /* What a console says is a guess: the file may have another name there. */
    if (file && !repo_has_path(job->repo, commit, file, &has_file, error)) {
        return FALSE;
    }
    if (!named(answer) && !has_file) {
        return TRUE;
    }
    if (worktree && !repo_worktree_switch(job->repo, worktree, commit, error)) {
        return FALSE;
    }
    query.tree = commit;
    query.files = has_file ? (const char *const[]){file, NULL} : NULL;
    recipients = repo_recipients(&query, &failure);
    if (has_file && g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        /* Git knows something of that name, but it is no file: a link to nowhere, a submodule. */
        g_clear_error(&failure);
        query.files = NULL;
        recipients = repo_recipients(&query, &failure);
    }
    if (!recipients) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    answer->to = recipients_addresses(recipients, TRUE);
    answer->cc = recipients_addresses(recipients, FALSE);
    return TRUE;
}

/* By the whole evidence; of a job that may go on it is not the last. */
static gboolean keep_verdict(Job *job, const char *commit, gboolean is_last, GError **error)
{
    return is_last ? store_set_verdict(job->store, job->id, commit,
                                       verdict_name(job_verdict(job, commit)), error)
                   : job_keep_verdict_so_far(job, commit, error);
}

/* Those of all revisions agree with each other and with the answer. */
static gboolean keep_verdicts(Job *job, gboolean are_last, GError **error)
{
    GHashTableIter iter;
    const char *commit;

    g_hash_table_iter_init(&iter, job->decided);
    while (g_hash_table_iter_next(&iter, (gpointer *)&commit, NULL)) {
        if (!keep_verdict(job, commit, are_last, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The last commits before the range that changed the files of the crash: the revealer's fault may
 * lie there. None where git cannot say. */
static gboolean gather_older(Job *job, Answer *answer, GError **error)
{
    const char *const *files = job_stack_files(job, error);
    g_auto(GStrv) commits = NULL;

    answer->older = g_ptr_array_new_with_free_func((GDestroyNotify)candidate_free);
    if (!files) {
        return FALSE;
    }
    if (!*files || !situation_unreached_why(&job->situation, job->range->commits[0])) {
        return TRUE;
    }
    commits = repo_last_changes(job->repo, job->range->commits[0], files, N_OLDER, NULL);
    for (char **commit = commits; commit && *commit; commit++) {
        g_ptr_array_add(answer->older, candidate_new(*commit, 0));
    }
    return TRUE;
}

static gboolean gather_subjects(Job *job, const GPtrArray *candidates, GError **error)
{
    guint n = candidates ? candidates->len : 0;
    g_autofree const char **ids = g_new0(const char *, n + 1);
    g_autofree char **subjects = NULL;

    for (guint i = 0; i < n; i++) {
        ids[i] = ((const Candidate *)candidates->pdata[i])->commit;
    }
    subjects = repo_subjects(job->repo, ids, error);
    for (guint i = 0; subjects && i < n; i++) {
        ((Candidate *)candidates->pdata[i])->subject = subjects[i];
    }
    return subjects != NULL;
}

/* @answer, which is @json: for this job, and for those that look for the same bug. Of an earlier
 * end, a failure or an answer that was taken back, others may have been told; of this one not. */
static gboolean keep_answer(Job *job, const Answer *answer, const char *json, GError **error)
{
    return store_begin(job->store, error) &&
           store_end(job->store,
                     job_keep_known(job, answer, error) &&
                         job_put_fact(job, job->spec->start, FACT_WEBHOOK, NULL, error) &&
                         store_set_job(job->store, job->id, JOB_DONE, job_phase_name(PHASE_DONE),
                                       json, NULL, error),
                     error);
}

gboolean job_finish_answer(Job *job, Answer *answer, GError **error)
{
    json_t *json;
    g_autofree char *text = NULL;

    give_reason(job, answer);
    if ((answer->revealer && !gather_older(job, answer, error)) ||
        !gather_subjects(job, answer->candidates, error) ||
        !gather_subjects(job, answer->older, error)) {
        return FALSE;
    }
    if (!keep_verdicts(job, !answer->by_budget, error) ||
        (named(answer) && !gather_culprit(job, answer, error))) {
        return FALSE;
    }
    /* Nobody has to hear of a try. */
    if (!gather_crash(job, answer, error) ||
        (answer->kind != ANSWER_TRIED && !gather_recipients(job, answer, error))) {
        return FALSE;
    }
    if (answer->crash_report) {
        g_autofree char *report = g_steal_pointer(&answer->crash_report);

        answer->crash_report = job_drop_unknown_lines(report);
    }
    json = answer_to_json(answer);
    text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return keep_answer(job, answer, text, error);
}
