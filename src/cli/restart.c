/* SPDX-License-Identifier: Apache-2.0
 * firstbad restart: a new job from the start of another one, with other options and all evidence
 * that still holds.
 */
#include "cli/cli.h"

static const char description[] =
    "A new job begins at the start of JOB, with JOB's options, its files as JOB keeps\n"
    "them, and the options given here over them. What JOB has found out holds as far\n"
    "as these leave it: a wish of the search (--good, --confidence, --suspect, ...)\n"
    "takes nothing away, another guest or reproducer the trials, another config or\n"
    "compiler the kernels, too (equal ones are not built again). A person's word\n"
    "always holds. JOB itself stays as it is.";

static gboolean take_spec(WorkOptions *work, const char *name, GHashTable *keys, int *ret_code)
{
    g_autoptr(Store) store = NULL;
    g_autoptr(JobRow) row = NULL;
    g_autoptr(GError) error = NULL;

    work->spec = cli_spec_like(work, name, keys, &store, &row, ret_code);
    if (!work->spec) {
        return FALSE;
    }
    *ret_code = EXIT_USAGE;
    if (work->spec->tried) {
        cli_complain("%s is a try: try again with 'firstbad try'", row->name);
        return FALSE;
    }
    if (!cli_check_keys(work->spec, keys, &error)) {
        cli_complain("%s", error->message);
        return FALSE;
    }
    work->is_name_free = !work->spec->name;
    if (work->is_name_free) {
        work->spec->name = g_strdup(row->name);
    }
    if ((g_hash_table_contains(keys, "fetch") && !cli_fetch(work, &error)) ||
        !cli_check_spec(work->spec, &error) ||
        !job_restart(store, row, work->spec, &work->keep, work->notes, &error)) {
        cli_complain("%s", error->message);
        return FALSE;
    }
    return TRUE;
}

int cmd_restart(int argc, char **argv)
{
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(WorkOptions) work = {.has_view = TRUE};
    const GOptionEntry entries[] = {
        CLI_KEY("tree", "DIR", "Git repository, where it has moved"),
        CLI_KEY("good", "REV", "Commit that does not crash; '': by releases"),
        CLI_KEY("head", "REV", "The same"),
        CLI_KEY("culprit", "REV", "Of a fix: what brought the bug"),
        CLI_KEY("oldest", "vX.Y", "Try no release older than this"),
        CLI_KEY("releases", "KIND", "Only final ones, and stable or rc (auto: both)"),
        CLI_LIST("fetch", "URL[#REF]", "Fetch from there first; may be given again"),
        CLI_KEY("name", "NAME", "Name of the new job (JOB-2)"),
        CLI_KEY("test", "CMD", "Test command, run by /bin/sh"),
        CLI_KEY("build", "CMD", "Build command, run once per visit"),
        CLI_KEY("timeout", "S", "Seconds for a command; 0: no limit"),
        {NULL},
    };
    const CommandLine line = {.command = "restart",
                              .arguments = "JOB",
                              .description = description,
                              .entries = entries,
                              .more_entries = cli_kernel_entries,
                              .search_entries = cli_search_entries,
                              .job_keys = keys,
                              .work = &work,
                              .n_arguments_max = 1};
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (argc != 2) {
        cli_complain("JOB is missing: the job to begin anew; see 'firstbad restart --help'");
        return EXIT_USAGE;
    }
    return take_spec(&work, argv[1], keys, &code) ? cli_work(&work) : code;
}
