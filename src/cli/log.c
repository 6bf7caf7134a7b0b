/* SPDX-License-Identifier: Apache-2.0
 * firstbad log: a job's bisection log, in the format of syzbot's.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <unistd.h>

int cmd_log(int argc, char **argv)
{
    g_autofree char *state_option = NULL, *console_of = NULL, *text = NULL, *clean = NULL;
    gboolean replay = FALSE;
    const GOptionEntry entries[] = {
        {"replay", 0, 0, G_OPTION_ARG_NONE, &replay, "Only what 'git bisect replay' takes", NULL},
        {"console", 0, 0, G_OPTION_ARG_STRING, &console_of,
         "What the trials of a revision printed (begin of its id)", "ID"},
        CLI_STATE_DIR(&state_option),
        {NULL},
    };
    const CommandLine line = {.command = "log",
                              .arguments = "[JOB]",
                              .description = "JOB: name or number; default: the newest.",
                              .entries = entries,
                              .n_arguments_max = 1};
    g_autoptr(Report) report = NULL;
    g_autoptr(GError) error = NULL;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    report = cli_open_report(state_option, argc > 1 ? argv[1] : NULL, &code);
    if (!report) {
        return code;
    }
    if (console_of) {
        text = report_consoles(report, console_of, &error);
    } else {
        text = replay ? report_replay(report) : report_log(report);
    }
    if (error) {
        cli_complain("%s", error->message);
        return cli_store_failure(error);
    }
    /* Not by g_print(), which turns text into the locale's: a program gets the bytes as they are.
     */
    clean = isatty(STDOUT_FILENO) ? report_clean(text) : NULL;
    fputs(clean ? clean : text, stdout);
    return EXIT_ANSWER;
}
