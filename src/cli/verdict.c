/* SPDX-License-Identifier: Apache-2.0
 * firstbad verdict: a person overrules what was measured of a revision.
 */
#include "cli/cli.h"

/* What a person says of a revision of a job. */
typedef struct Word {
    char *const *arguments; /* JOB, REV, and the verdict */
    const char *state_dir, *named_state_dir;
    Verdict verdict;
    const char *note; /* or NULL */
} Word;

/* What it is about, in the store. */
typedef struct Subject {
    JobRow *row;
    Repo *repo;
    char *commit;
} Subject;

static void subject_clear(Subject *subject)
{
    g_clear_pointer(&subject->row, job_row_free);
    g_clear_pointer(&subject->repo, repo_free);
    g_clear_pointer(&subject->commit, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Subject, subject_clear)

static gboolean find_subject(Store *store, const Word *word, Subject *ret_subject, GError **error)
{
    g_autoptr(JobSpec) spec = NULL;

    ret_subject->row = store_find_job(store, word->arguments[0], error);
    if (!ret_subject->row) {
        cli_explain_waiting(word->state_dir, word->named_state_dir, word->arguments[0], error);
        return FALSE;
    }
    spec = job_spec_new(ret_subject->row->kind);
    if (!job_spec_read(spec, ret_subject->row->spec, "/", error)) {
        return FALSE;
    }
    ret_subject->repo = repo_open(spec->tree, error);
    ret_subject->commit = ret_subject->repo ? cli_resolve_here(ret_subject->repo, spec->start,
                                                               word->arguments[1], FALSE, error)
                                            : NULL;
    return ret_subject->commit != NULL;
}

/* What holds of @subject now. Owned by the caller. */
static char *describe(const Word *word, const Subject *subject)
{
    return word->verdict == VERDICT_UNKNOWN
               ? g_strdup_printf("%s: of %.12s what was measured holds again", subject->row->name,
                                 subject->commit)
               : g_strdup_printf("%s: %.12s is taken for %s, on your word", subject->row->name,
                                 subject->commit, verdict_name(word->verdict));
}

/* Where nobody else works in the state folder. */
static gboolean say(Store *store, const Word *word, char **ret_message, GError **error)
{
    g_auto(Subject) subject = {0};
    g_autofree char *now = NULL, *resume = NULL;

    if (!find_subject(store, word, &subject, error) ||
        !job_say_verdict(store, subject.row, subject.repo, subject.commit, word->verdict,
                         word->note, error)) {
        return FALSE;
    }
    now = describe(word, &subject);
    resume = report_command("resume", word->arguments[0], word->named_state_dir);
    *ret_message = g_strdup_printf("%s\nGo on: %s", now, resume);
    return TRUE;
}

/* Is it in the store? */
static gboolean is_kept(Store *store, const Word *word, const Subject *subject)
{
    g_autoptr(GPtrArray) facts = store_facts(store, subject->row->id, NULL);
    const char *said = NULL;

    for (guint i = 0; facts && i < facts->len; i++) {
        const FactRow *fact = facts->pdata[i];

        if (g_str_equal(fact->kind, FACT_VERDICT) && g_str_equal(fact->commit, subject->commit)) {
            said = fact->text;
        }
    }
    return g_strcmp0(said, word->verdict == VERDICT_UNKNOWN ? NULL : verdict_name(word->verdict)) ==
           0;
}

/* The daemon has got it. @is_taken: and it took it. */
static gboolean tell_asked(Store *store, const Word *word, const Subject *subject,
                           gboolean is_taken, char **ret_message, GError **error)
{
    g_autofree char *now = describe(word, subject), *next = NULL;
    gboolean goes_on = subject->row->state != JOB_CANCELLED;

    if (is_taken && !is_kept(store, word, subject)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "the daemon that works in %s refused it: why is in what it prints",
                    word->state_dir);
        return FALSE;
    }
    if (!is_taken) {
        *ret_message = g_strdup_printf("asked of the daemon, which has not taken it yet: %s", now);
        return TRUE;
    }
    next = report_command(goes_on ? "watch" : "resume", subject->row->name, word->named_state_dir);
    *ret_message =
        g_strdup_printf("%s\n%s: %s", now, goes_on ? "The daemon goes on" : "Go on", next);
    return TRUE;
}

/* Where a daemon works. */
static gboolean ask(const Word *word, char **ret_message, GError **error)
{
    g_autoptr(Store) store = store_open(word->state_dir, STORE_READ, error);
    g_auto(Subject) subject = {0};
    g_auto(SpoolRequest) request = {.wish = SPOOL_VERDICT};
    gboolean is_taken;

    if (!store || !find_subject(store, word, &subject, error) ||
        !job_check_verdict(store, subject.row, subject.commit, word->verdict, error)) {
        return FALSE;
    }
    request.job = g_strdup_printf("%" G_GINT64_FORMAT, subject.row->id);
    request.revision = g_strdup(subject.commit);
    request.verdict = g_strdup(word->arguments[2]);
    request.note = word->note ? g_utf8_make_valid(word->note, -1) : NULL;
    return cli_ask_daemon(word->state_dir, &request, &is_taken, error) &&
           tell_asked(store, word, &subject, is_taken, ret_message, error);
}

/* The exit code. */
static int say_or_ask(const Word *word)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(word->state_dir, STORE_WRITE, &error);
    g_autofree char *message = NULL, *clean = NULL;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY)) {
        if (!store_has_service(word->state_dir)) {
            cli_complain_busy(word->state_dir, word->named_state_dir, BUSY_WAIT, word->arguments[0],
                              error->message);
            return EXIT_MACHINE;
        }
        g_clear_error(&error);
        ask(word, &message, &error);
    } else if (store) {
        say(store, word, &message, &error);
    }
    if (!message) {
        cli_complain("%s", error->message);
        return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT)
                   ? EXIT_USAGE
                   : cli_store_failure(error);
    }
    clean = report_clean(message);
    g_print("%s\n", clean);
    return EXIT_ANSWER;
}

int cmd_verdict(int argc, char **argv)
{
    g_autofree char *state_option = NULL, *state_dir = NULL, *note = NULL;
    const GOptionEntry entries[] = {
        CLI_STATE_DIR(&state_option),
        {"note", 0, 0, G_OPTION_ARG_STRING, &note, "Why, to be kept with it", "TEXT"},
        {NULL},
    };
    const CommandLine line = {
        .command = "verdict",
        .arguments = "JOB REV good|bad|skip|clear",
        .description = "You know what trials cannot show: that REV has the bug (bad), has it not\n"
                       "(good), or tells nothing (skip). It counts in place of all trials of REV,\n"
                       "which are kept; 'clear' takes it back. The answer of JOB is taken back:\n"
                       "'firstbad resume JOB' goes on.",
        .entries = entries,
        .n_arguments_max = 3};
    Verdict verdict = VERDICT_UNKNOWN;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (argc != 4) {
        cli_complain("JOB, REV and good, bad, skip or clear are wanted; see 'firstbad verdict "
                     "--help'");
        return EXIT_USAGE;
    }
    if (!g_str_equal(argv[3], "clear") && !verdict_parse(argv[3], &verdict)) {
        cli_complain("'%s' is none of good, bad, skip, clear", argv[3]);
        return EXIT_USAGE;
    }
    state_dir = cli_state_dir(state_option);
    return say_or_ask(&(Word){.arguments = argv + 1,
                              .state_dir = state_dir,
                              .named_state_dir = state_option ? state_dir : NULL,
                              .verdict = verdict,
                              .note = note});
}
