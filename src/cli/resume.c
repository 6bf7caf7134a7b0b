/* SPDX-License-Identifier: Apache-2.0
 * firstbad resume: go on with a job that was stopped, repeating nothing that was finished.
 */
#include "cli/cli.h"

int cmd_resume(int argc, char **argv)
{
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(WorkOptions) work = {.budget = keys, .has_view = TRUE};
    const GOptionEntry entries[] = {CLI_MAX_KERNELS, CLI_MAX_TIME, {NULL}};
    const CommandLine line = {
        .command = "resume",
        .arguments = "[JOB]",
        .description =
            "JOB: name or number; default: the newest. A finished job's report is shown,\n"
            "unless its budget was used up and another one is given (0: no limit).",
        .entries = entries,
        .job_keys = keys,
        .work = &work,
        .n_arguments_max = 1};
    g_autoptr(JobSpec) check = NULL;
    g_autoptr(GError) error = NULL;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    check = cli_job_spec("cause", NULL, keys, &error);
    if (!check) {
        cli_complain("%s", error->message);
        return EXIT_USAGE;
    }
    work.name = argc > 1 ? argv[1] : NULL;
    return cli_work(&work);
}
