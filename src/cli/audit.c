/* SPDX-License-Identifier: Apache-2.0
 * firstbad audit: what a bisection log of syzbot's kind says, and how far it can be believed.
 */
#include <stdio.h>
#include <string.h>

#include "cli/audit.h"

typedef struct AuditOptions {
    gboolean json;
    char *tree;
} AuditOptions;

static void audit_options_clear(AuditOptions *options)
{
    g_free(options->tree);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AuditOptions, audit_options_clear)

/* What all logs are audited with. */
typedef struct Auditor {
    const AuditOptions *options;
    OopsReader *reader;
    Repo *repo; /* NULL without --tree */
    gboolean is_headed;
    guint n_told;
} Auditor;

static BisectLog *read_log(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = cli_read_input(path, error);
    gsize length = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &length) : NULL;
    BisectLog *log = bytes ? bisect_log_read(text, length, error) : NULL;

    if (bytes && !log) {
        g_prefix_error(error, "%s: ", path);
    }
    return log;
}

/* "logs/Log_1003a431e00000.txt" -> "Log_1003a431e00000" */
static char *log_id(const char *path)
{
    g_autofree char *name = g_path_get_basename(path);

    return g_str_has_suffix(name, ".txt") ? g_strndup(name, strlen(name) - strlen(".txt"))
                                          : g_strdup(name);
}

static void print_json(const char *path, const BisectLog *log, const Audit *audit,
                       const Rejudged *rejudged)
{
    g_autofree char *id = log_id(path);
    json_t *object = bisect_log_json(log);

    json_object_set_new(object, "file", job_text_json(path));
    json_object_set_new(object, "id", job_text_json(id));
    audit_add_json(audit, object);
    if (rejudged) {
        json_object_set_new(object, "model", rejudged_json(rejudged));
    }
    cli_print_json(object, JSON_COMPACT);
}

/* With several, each is headed by its name. */
static void print_text(Auditor *auditor, const char *path, const BisectLog *log, const Audit *audit,
                       const Rejudged *rejudged)
{
    g_autofree char *text = audit_text(log, audit, cli_wants_colour());
    g_autofree char *model = rejudged ? rejudged_text(auditor->repo, rejudged) : g_strdup("");

    if (auditor->is_headed) {
        g_autofree char *name = report_clean_line(path);

        printf("%s=== %s\n", auditor->n_told++ ? "\n" : "", name);
    }
    printf("%s%s", text, model);
}

static gboolean audit_file(Auditor *auditor, const char *path, GError **error)
{
    g_autoptr(BisectLog) log = read_log(path, error);
    g_autoptr(Audit) audit = log ? audit_new(auditor->reader, log) : NULL;
    g_autoptr(Rejudged) rejudged = NULL;
    g_autoptr(GError) problem = NULL;

    if (!log) {
        return FALSE;
    }
    if (auditor->repo) {
        rejudged = rejudged_new(auditor->reader, auditor->repo, log, &problem);
    }
    if (auditor->options->json) {
        print_json(path, log, audit, rejudged);
    } else {
        print_text(auditor, path, log, audit, rejudged);
    }
    if (problem) {
        g_propagate_prefixed_error(error, g_steal_pointer(&problem), "%s: --tree: ", path);
        return FALSE;
    }
    return TRUE;
}

/* One after the other. A file that cannot be read, or is no log, does not keep the others from
 * being told. */
static int audit_files(const AuditOptions *options, char **paths, int n_paths)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(GError) no_tree = NULL;
    g_autoptr(Repo) repo = options->tree ? repo_open(options->tree, &no_tree) : NULL;
    Auditor auditor = {
        .options = options, .reader = reader, .repo = repo, .is_headed = n_paths > 1};
    int code = EXIT_ANSWER;

    if (no_tree) {
        cli_complain("--tree: %s", no_tree->message);
        return EXIT_USAGE;
    }
    for (int i = 0; i < n_paths; i++) {
        g_autoptr(GError) error = NULL;

        if (!audit_file(&auditor, paths[i], &error)) {
            cli_complain("%s", error->message);
            code = EXIT_USAGE;
        }
    }
    return code;
}

static const char description[] =
    "A LOG is what syzbot publishes of a bisection, or 'firstbad log' prints;\n"
    "- is stdin. Exits with 0 whether it can be believed or not, and with 2 when\n"
    "a file is no such log, or --tree lacks its commits; the others are told.";

int cmd_audit(int argc, char **argv)
{
    g_auto(AuditOptions) options = {0};
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print as JSON, a line for each log",
         NULL},
        {"tree", 0, 0, G_OPTION_ARG_FILENAME, &options.tree,
         "A git tree with its commits: what our model says", "DIR"},
        {NULL},
    };
    const CommandLine line = {.command = "audit",
                              .arguments = "LOG...",
                              .description = description,
                              .entries = entries,
                              .n_arguments_max = G_MAXINT};
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (argc < 2) {
        cli_complain("no LOG given; see 'firstbad audit --help'");
        return EXIT_USAGE;
    }
    return audit_files(&options, argv + 1, argc - 1);
}
