/* SPDX-License-Identifier: Apache-2.0
 * firstbad resume: go on with a job that was stopped, repeating nothing that was finished.
 */
#include "cli/cli.h"

int cmd_resume(int argc, char **argv)
{
    g_autofree char *state_option = NULL, *state_dir = NULL;
    gboolean verbose = FALSE, json = FALSE;
    const GOptionEntry entries[] = {
        {"state-dir", 0, 0, G_OPTION_ARG_FILENAME, &state_option, "Folder for jobs and kernels",
         "DIR"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print the answer as JSON", NULL},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Show the commands that are run", NULL},
        {NULL},
    };
    const CommandLine line = {
        .command = "resume",
        .arguments = "[JOB]",
        .description =
            "JOB: name or number; default: the newest. A finished job's report is shown.",
        .entries = entries,
        .n_arguments_max = 1};
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (verbose) {
        cli_show_commands();
    }
    state_dir = cli_state_dir(state_option);
    return cli_work(&(WorkOptions){.state_dir = state_dir,
                                   .names_state_dir = state_option != NULL,
                                   .name = argc > 1 ? argv[1] : NULL,
                                   .json = json});
}
