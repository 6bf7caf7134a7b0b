/* SPDX-License-Identifier: Apache-2.0
 * firstbad report: a job's answer, for people or programs.
 */
#include "cli/cli.h"

int cmd_report(int argc, char **argv)
{
    g_autofree char *state_option = NULL;
    gboolean json = FALSE, cost = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print as JSON", NULL},
        {"cost", 0, 0, G_OPTION_ARG_NONE, &cost, "Where the time went, and what reuse saved", NULL},
        CLI_STATE_DIR(&state_option),
        {NULL},
    };
    const CommandLine line = {.command = "report",
                              .arguments = "[JOB]",
                              .description = "JOB: name or number; default: the newest.",
                              .entries = entries,
                              .n_arguments_max = 1};
    g_autoptr(Report) report = NULL;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    report = cli_open_report(state_option, argc > 1 ? argv[1] : NULL, &code);
    if (!report) {
        return code;
    }
    if (json) {
        json_t *object = report_json(report);

        if (cost) {
            json_object_set_new(object, "cost", report_cost_json(report));
        }
        cli_print_json(object, JSON_INDENT(2));
    } else {
        g_autofree char *state_dir = state_option ? cli_state_dir(state_option) : NULL;
        g_autofree char *text = cost ? report_cost_text(report) : report_text(report, state_dir);

        g_print("%s", text);
    }
    return EXIT_ANSWER;
}
