/* SPDX-License-Identifier: Apache-2.0
 * firstbad cause: find the commit that made a kernel crash.
 */
#include "cli/cli.h"

static const char description[] =
    "Needed: --tree, --start, --config and --repro, on the command line or in\n"
    "--job FILE (a GKeyFile: group [job], the long options as keys; the command\n"
    "line wins). Without --good the releases behind the start are searched.\n\n"
    "All that is finished is kept: after Ctrl-C, 'firstbad resume NAME' goes on.\n"
    "The tree's checkout is never touched; revisions are built in worktrees in\n"
    "the state folder ($FIRSTBAD_STATE_DIR, or ~/.local/state/firstbad).";

int cmd_cause(int argc, char **argv)
{
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *job_file = NULL;
    g_auto(WorkOptions) work = {.has_view = TRUE, .has_queue = TRUE};
    const GOptionEntry entries[] = {
        CLI_CAUSE(&work),
        {"job", 0, 0, G_OPTION_ARG_FILENAME, &job_file, "Read these options from FILE", "FILE"},
        {NULL},
    };
    const CommandLine line = {.command = "cause",
                              .arguments = "--tree DIR --start REV --config FILE --repro FILE",
                              .description = description,
                              .entries = entries,
                              .more_entries = cli_kernel_entries,
                              .search_entries = cli_search_entries,
                              .job_keys = keys,
                              .work = &work};
    g_autoptr(GError) error = NULL;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    work.spec = cli_job_spec("cause", job_file, keys, &error);
    if (!work.spec || !cli_fetch(&work, &error) || !cli_check_spec(work.spec, &error)) {
        cli_complain("%s", error->message);
        return EXIT_USAGE;
    }
    return cli_work(&work);
}
