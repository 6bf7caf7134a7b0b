/* SPDX-License-Identifier: Apache-2.0
 * firstbad run: the same engine for any project: find the first bad commit by a test command, flaky
 * or not.
 */
#include "cli/cli.h"

static const char description[] =
    "The test command runs in a worktree of its own, with FIRSTBAD_COMMIT set; what\n"
    "is not committed is not there: give such a script by its absolute path. It\n"
    "exits as for 'git bisect run': 0 good, 125 cannot be tested, 1-127 bad; any\n"
    "other end is taken for this machine's fault and tried again. A test that\n"
    "fails only sometimes is run again until the answer is sure.\n\n"
    "With --json the last line of stdout is an object with culprit (null when\n"
    "unsure), confidence, candidates, revisions, trials, seconds, answer and\n"
    "by_budget.";

/* Name for a job that nobody named: free in the store, since a run is often repeated. */
static void name_job(JobSpec *spec)
{
    if (!spec->name) {
        g_autofree char *uuid = g_uuid_string_random();

        spec->name = g_strdup_printf("run-%.8s-%.8s", spec->start, uuid);
    }
}

int cmd_run(int argc, char **argv)
{
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(WorkOptions) work = {.has_view = TRUE, .has_queue = TRUE};
    const GOptionEntry entries[] = {
        CLI_KEY("repo", "DIR", "Git repository (.)"),
        CLI_KEY("good", "REV", "Commit that is good"),
        CLI_KEY("bad", "REV", "Commit that is bad"),
        CLI_FLAG("fix", "Find the first good commit: --bad is older"),
        CLI_KEY("culprit", "REV", "With --fix: what broke it, where that is known"),
        CLI_KEY("test", "CMD", "Test command, run by /bin/sh"),
        CLI_KEY("build", "CMD", "Build command, run once per visit"),
        CLI_KEY("confidence", "P", "Stop when so sure (0.95)"),
        CLI_KEY("max-trials", "N", "Trials at either end, at most (40)"),
        CLI_MAX_KERNELS,
        CLI_MAX_TIME,
        CLI_KEY("timeout", "S", "Seconds for a command; 0: no limit (0)"),
        CLI_LIST("suspect", "PATH", "File or folder you suspect; may be given again"),
        CLI_LIST("suspect-author", "WHO", "Part of an author's name or mail; likewise"),
        CLI_KEY("prior", "FILE", "Revisions and what they weigh"),
        CLI_KEY("name", "NAME", "Name of the job"),
        CLI_QUEUE(&work),
        CLI_WEBHOOK,
        CLI_FLAG("no-checkout", "Run the commands in DIR, check nothing out"),
        {NULL},
    };
    const CommandLine line = {.command = "run",
                              .arguments = "--good REV --bad REV --test CMD",
                              .description = description,
                              .entries = entries,
                              .job_keys = keys,
                              .work = &work};
    g_autoptr(GError) error = NULL;
    int code;

    if (!g_getenv("FIRSTBAD_TREE")) {
        g_hash_table_insert(keys, g_strdup("tree"), g_strdup("."));
    }
    g_hash_table_insert(keys, g_strdup("trial-timeout"), g_strdup("0"));
    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    work.spec = cli_job_spec("run", NULL, keys, &error);
    if (!work.spec || !job_check_spec(work.spec, &error)) {
        cli_complain("%s", error->message);
        return EXIT_USAGE;
    }
    name_job(work.spec);
    return cli_work(&work);
}
