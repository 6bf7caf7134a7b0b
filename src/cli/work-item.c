/* SPDX-License-Identifier: Apache-2.0
 * firstbad work: what Slurm starts on a node.
 */
#include "cli/cli.h"

#include <glib-unix.h>
#include <signal.h>

static gboolean on_signal(gpointer data)
{
    g_cancellable_cancel(data);
    return G_SOURCE_CONTINUE;
}

/* The part that Slurm's array says; without, the first. */
static guint part_of(const char *text)
{
    return text ? (guint)g_ascii_strtoull(text, NULL, 10) : 0;
}

int cmd_work(int argc, char **argv)
{
    const GOptionEntry entries[] = {{NULL}};
    const CommandLine line = {
        .command = "work",
        .arguments = "ITEM",
        .description =
            "ITEM: folder of a work item, as a job with --farm slurm writes it. Slurm starts\n"
            "this on its nodes; SLURM_ARRAY_TASK_ID says which part of the item is meant.",
        .entries = entries,
        .n_arguments_max = 1};
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    const char *node = g_getenv("SLURMD_NODENAME"), *job = g_getenv("SLURM_JOB_ID"),
               *restarts = g_getenv("SLURM_RESTART_COUNT");
    g_autofree char *run = g_strdup_printf("%s-%s", job ? job : "0", restarts ? restarts : "0");
    guint sigterm, part = part_of(g_getenv("SLURM_ARRAY_TASK_ID"));
    gboolean done;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (argc < 2) {
        cli_complain("work: ITEM is missing; see 'firstbad work --help'");
        return EXIT_USAGE;
    }
    /* Slurm's end: a time limit, somebody with more right to the node, scancel. */
    sigterm = g_unix_signal_add(SIGTERM, on_signal, cancellable);
    done = job_work_item(argv[1], part, node ? node : g_get_host_name(), run, cancellable, &error);
    g_source_remove(sigterm);
    if (!done) {
        cli_complain("%s", error->message);
        return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? EXIT_INTERRUPTED
                                                                        : EXIT_MACHINE;
    }
    return EXIT_ANSWER;
}
