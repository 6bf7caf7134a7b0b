/* SPDX-License-Identifier: Apache-2.0
 * firstbad try: build, boot and test one revision, and explain its verdict.
 */
#include "cli/cli.h"

static const char description[] =
    "With --like JOB REV is tried as that job would try it: its tree, config,\n"
    "reproducer, compiler and all other options, the crash that its start showed, and\n"
    "as many trials as it takes at the start's rate. Options here go over JOB's.\n"
    "Without, --tree, --config and --repro are needed, and any crash is bad, unless\n"
    "--title or --title-match says which.\n\n"
    "REV is good, bad, or is skipped: it does not build or boot, crashes otherwise,\n"
    "or was quiet and could not have shown the bug (unreached). Why is told, and what\n"
    "of config, compiler and fixes is special about it.\n\n"
    "'git bisect run firstbad try HEAD --like JOB --bisect-exit' bisects by hand.";

/* REV by its id. Where there is no tree, job_check_spec() will say so. */
static gboolean take_revision(JobSpec *spec, const char *revision, gboolean bisect_exit,
                              GError **error)
{
    g_autoptr(Repo) tree = spec->tree ? repo_open(spec->tree, NULL) : NULL;
    g_autofree char *id =
        tree ? cli_resolve_here(tree, spec->start, revision, bisect_exit, error) : NULL;

    if (tree && !id) {
        g_prefix_error(error, "REV: ");
        return FALSE;
    }
    job_spec_try(spec, id ? id : revision);
    return TRUE;
}

/* The new job, from that of --like or from the command line alone. */
static gboolean take_spec(WorkOptions *work, const char *like, const char *revision,
                          GHashTable *keys, int *ret_code)
{
    g_autoptr(Store) store = NULL;
    g_autoptr(JobRow) row = NULL;
    g_autoptr(GError) error = NULL;

    *ret_code = EXIT_USAGE;
    if (like) {
        work->spec = cli_spec_like(work, like, keys, &store, &row, ret_code);
        if (!work->spec) {
            return FALSE;
        }
        if (!cli_check_keys(work->spec, keys, &error)) {
            cli_complain("%s", error->message);
            *ret_code = EXIT_USAGE;
            return FALSE;
        }
    } else {
        work->spec = cli_job_spec("try", NULL, keys, &error);
        if (!work->spec) {
            cli_complain("%s", error->message);
            return FALSE;
        }
    }
    /* Those that are of a search alone fall away. */
    if (!take_revision(work->spec, revision, work->bisect_exit, &error)) {
        cli_complain("%s", error->message);
        return FALSE;
    }
    work->is_name_free = !work->spec->name;
    if (!cli_set_keys(work->spec, keys, &error) || !job_check_spec(work->spec, &error) ||
        (like && !job_try_like(store, row, work->spec, &work->keep, work->notes, &error))) {
        cli_complain("%s", error->message);
        return FALSE;
    }
    return TRUE;
}

static int try(int argc, char **argv, gboolean bisect_exit)
{
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *like = NULL;
    g_auto(WorkOptions) work = {.bisect_exit = bisect_exit};
    gboolean known;
    const GOptionEntry entries[] = {
        {"like", 0, 0, G_OPTION_ARG_STRING, &like, "Try it as that job would", "JOB"},
        {"bisect-exit", 0, 0, G_OPTION_ARG_NONE, &known,
         "End as 'git bisect run' wants it (0, 1, 125)", NULL},
        CLI_KEY("tree", "DIR", "Git repository of the kernel"),
        CLI_KEY("name", "NAME", "Name of the job (try-REV)"),
        {NULL},
    };
    const CommandLine line = {.command = "try",
                              .arguments = "REV [--like JOB]",
                              .description = description,
                              .entries = entries,
                              .more_entries = cli_kernel_entries,
                              .job_keys = keys,
                              .work = &work,
                              .n_arguments_max = 1};
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (argc != 2) {
        cli_complain("REV is missing: the revision to try; see 'firstbad try --help'");
        return EXIT_USAGE;
    }
    return take_spec(&work, like, argv[1], keys, &code) ? cli_work(&work) : code;
}

int cmd_try(int argc, char **argv)
{
    gboolean bisect_exit = FALSE;
    int code;

    /* Also where the command line cannot be read: 2 would be a bad revision. */
    for (int i = 1; i < argc; i++) {
        bisect_exit = bisect_exit || g_str_equal(argv[i], "--bisect-exit");
    }
    code = cli_end_output(try(argc, argv, bisect_exit));
    return bisect_exit && (code == EXIT_USAGE || code == EXIT_MACHINE) ? BISECT_STOP : code;
}
