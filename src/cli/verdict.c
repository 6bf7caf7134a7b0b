/* SPDX-License-Identifier: Apache-2.0
 * firstbad verdict: a person overrules what was measured of a revision.
 */
#include "cli/cli.h"

/* Open what the arguments name, and say it. */
static gboolean say(const char *state_dir, char *const *arguments, Verdict verdict,
                    const char *note, char **ret_message, GError **error)
{
    g_autoptr(Store) store = store_open(state_dir, STORE_WRITE, error);
    g_autoptr(JobRow) row = store ? store_find_job(store, arguments[0], error) : NULL;
    g_autoptr(JobSpec) spec = row ? job_spec_new(row->kind) : NULL;
    g_autoptr(Repo) repo = NULL;
    g_autofree char *commit = NULL;

    if (!spec || !job_spec_read(spec, row->spec, "/", error)) {
        return FALSE;
    }
    repo = repo_open(spec->tree, error);
    commit = repo ? cli_resolve_here(repo, spec->start, arguments[1], FALSE, error) : NULL;
    if (!commit || !job_say_verdict(store, row, repo, commit, verdict, note, error)) {
        return FALSE;
    }
    *ret_message =
        verdict == VERDICT_UNKNOWN
            ? g_strdup_printf("%s: of %.12s what was measured holds again", row->name, commit)
            : g_strdup_printf("%s: %.12s is taken for %s, on your word", row->name, commit,
                              verdict_name(verdict));
    return TRUE;
}

int cmd_verdict(int argc, char **argv)
{
    g_autofree char *state_option = NULL, *state_dir = NULL, *note = NULL, *message = NULL,
                    *clean = NULL, *resume = NULL;
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
    g_autoptr(GError) error = NULL;
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
    if (!say(state_dir, argv + 1, verdict, note, &message, &error)) {
        cli_complain("%s", error->message);
        return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT)
                   ? EXIT_USAGE
                   : cli_store_failure(error);
    }
    clean = report_clean(message);
    resume = report_command("resume", argv[1], state_option);
    g_print("%s\nGo on: %s\n", clean, resume);
    return EXIT_ANSWER;
}
