/* SPDX-License-Identifier: Apache-2.0
 * firstbad resume: go on with a job that was stopped, repeating nothing that was finished.
 */
#include "cli/cli.h"

int cmd_resume(int argc, char **argv)
{
    g_auto(WorkOptions) work = {0};
    const GOptionEntry entries[] = {{NULL}};
    const CommandLine line = {
        .command = "resume",
        .arguments = "[JOB]",
        .description =
            "JOB: name or number; default: the newest. A finished job's report is shown.",
        .entries = entries,
        .work = &work,
        .n_arguments_max = 1};
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    work.name = argc > 1 ? argv[1] : NULL;
    return cli_work(&work);
}
