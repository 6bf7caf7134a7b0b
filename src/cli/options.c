/* SPDX-License-Identifier: Apache-2.0
 * Options, messages, folders: what the commands share.
 */
#include "cli/cli.h"

#include <unistd.h>

#include <stdio.h>
#include <string.h>

#include "process/process.h"

void cli_complain(const char *format, ...)
{
    g_autofree char *message = NULL;
    g_autofree char *clean = NULL;
    va_list args;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    clean = report_clean(message);
    g_printerr("firstbad: %s\n", clean);
}

void cli_print_json(json_t *object, size_t flags)
{
    g_autofree char *text = json_dumps(object, flags);

    json_decref(object);
    fputs(text, stdout);
    fputc('\n', stdout);
}

static void show_command(const char *const *argv, gpointer unused)
{
    g_autoptr(GString) line = g_string_new("+");
    g_autofree char *clean = NULL;

    for (; *argv; argv++) {
        g_autofree char *quoted = report_shell_word(*argv);

        g_string_append_printf(line, " %s", quoted);
    }
    clean = report_clean(line->str);
    g_printerr("%s\n", clean);
}

static void add_work_options(GOptionGroup *group, WorkOptions *work)
{
    const GOptionEntry entries[] = {
        CLI_STATE_DIR(&work->state_option),
        {"json", 0, 0, G_OPTION_ARG_NONE, &work->json, "Print the answer as JSON, on one line",
         NULL},
        {"plain", 0, 0, G_OPTION_ARG_NONE, &work->plain, "Lines only, on a terminal, too", NULL},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &work->verbose, "Show the commands that are run",
         NULL},
        {NULL},
    };

    g_option_group_add_entries(group, entries);
}

static gboolean is_empty(const char *text)
{
    return text && !*text;
}

/* Is --state-dir, of CLI_STATE_DIR(), empty? A folder of no name would be the one where the user
 * stands. */
static gboolean names_no_folder(const GOptionEntry *entries)
{
    for (const GOptionEntry *entry = entries; entry->long_name; entry++) {
        if (g_str_equal(entry->long_name, "state-dir")) {
            return is_empty(*(char *const *)entry->arg_data);
        }
    }
    return FALSE;
}

gboolean cli_parse(const CommandLine *line, int *argc, char ***argv, int *ret_code)
{
    g_autoptr(GOptionContext) context = g_option_context_new(line->arguments);
    g_autofree char *name = g_strdup_printf("firstbad %s", line->command);
    g_autoptr(GError) error = NULL;
    gboolean help = FALSE;
    const GOptionEntry help_entry[] = {
        {"help", 'h', 0, G_OPTION_ARG_NONE, &help, "Show this help", NULL}, {NULL}};
    GOptionGroup *group = g_option_group_new("job", "", "", line->job_keys, NULL);

    g_set_prgname(name);
    g_option_group_add_entries(group, line->entries);
    if (line->more_entries) {
        g_option_group_add_entries(group, line->more_entries);
    }
    if (line->search_entries) {
        g_option_group_add_entries(group, line->search_entries);
    }
    if (line->work) {
        add_work_options(group, line->work);
    }
    g_option_group_add_entries(group, help_entry);
    g_option_context_set_main_group(context, group);
    /* Our own --help, since GOption's ends the program by itself. */
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_description(context, line->description);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        cli_complain("%s; see '%s --help'", error->message, name);
        *ret_code = EXIT_USAGE;
        return FALSE;
    }
    if (names_no_folder(line->entries) || (line->work && is_empty(line->work->state_option))) {
        cli_complain("--state-dir: the name is empty; see '%s --help'", name);
        *ret_code = EXIT_USAGE;
        return FALSE;
    }
    if (help) {
        g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);

        g_print("%s", text);
        *ret_code = EXIT_ANSWER;
        return FALSE;
    }
    if (*argc - 1 > line->n_arguments_max) {
        cli_complain("what is '%s'? see '%s --help'", (*argv)[1 + line->n_arguments_max], name);
        *ret_code = EXIT_USAGE;
        return FALSE;
    }
    if (line->work && line->work->verbose) {
        process_set_trace(show_command, NULL);
    }
    return TRUE;
}

/* Options of `firstbad run` that are named as git bisect names them, and another name for where the
 * search of a fix ends. */
static const char *const aliases[][2] = {
    {"repo", "tree"}, {"bad", "start"}, {"timeout", "trial-timeout"}, {"head", "good"}};

gboolean cli_job_key(const char *option, const char *value, gpointer job_keys, GError **error)
{
    const char *key = option + strspn(option, "-");

    for (guint i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (g_str_equal(key, aliases[i][0])) {
            key = aliases[i][1];
        }
    }
    g_hash_table_insert(job_keys, g_strdup(key), g_strdup(value ? value : "true"));
    return TRUE;
}

gboolean cli_job_list_key(const char *option, const char *value, gpointer job_keys, GError **error)
{
    const char *so_far = g_hash_table_lookup(job_keys, option + strspn(option, "-"));
    g_autofree char *all = g_strconcat(so_far ? so_far : "", so_far ? ";" : "", value, NULL);

    return cli_job_key(option, all, job_keys, error);
}

/* The message of @error speaks of --@key: name the option that the user gave. */
static void name_alias(const char *key, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(aliases) && error; i++) {
        gsize n = strlen("--") + strlen(key);

        if (!g_str_equal(key, "good") && g_str_equal(key, aliases[i][1]) &&
            strlen((*error)->message) > n) {
            char *message = g_strdup_printf("--%s%s", aliases[i][0], (*error)->message + n);

            g_free((*error)->message);
            (*error)->message = message;
        }
    }
}

gboolean cli_set_keys(JobSpec *spec, GHashTable *job_keys, GError **error)
{
    g_autofree char *here = g_get_current_dir();
    GHashTableIter iter;
    const char *key, *value;

    g_hash_table_iter_init(&iter, job_keys);
    while (g_hash_table_iter_next(&iter, (gpointer *)&key, (gpointer *)&value)) {
        if (!job_spec_set(spec, key, value, here, error)) {
            if (job_spec_is_run(spec)) {
                name_alias(key, error);
            }
            return FALSE;
        }
    }
    return TRUE;
}

gboolean cli_check_keys(const JobSpec *spec, GHashTable *job_keys, GError **error)
{
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(job_keys), (GCompareFunc)strcmp);
    gboolean is_run = job_spec_is_run(spec);

    for (GList *at = keys; at; at = at->next) {
        const char *key = at->data;

        if (!job_spec_takes(spec, key)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                        "--%s: is %sfor a job of 'firstbad run'", key, is_run ? "not " : "");
            return FALSE;
        }
    }
    return TRUE;
}

JobSpec *cli_new_spec(const char *kind)
{
    JobSpec *spec = job_spec_new(kind);
    const char *tree = g_getenv("FIRSTBAD_TREE");

    spec->tree = tree && *tree ? g_canonicalize_filename(tree, NULL) : NULL;
    return spec;
}

JobSpec *cli_job_spec(const char *kind, const char *path, GHashTable *job_keys, GError **error)
{
    g_autoptr(JobSpec) spec = cli_new_spec(kind);

    if (path) {
        g_autofree char *text = NULL, *folder = g_path_get_dirname(path),
                        *absolute = g_canonicalize_filename(folder, NULL);

        if (!g_file_get_contents(path, &text, NULL, error) ||
            !job_spec_read(spec, text, absolute, error)) {
            g_prefix_error(error, "--job: %s: ", path);
            return NULL;
        }
    }
    return cli_set_keys(spec, job_keys, error) ? g_steal_pointer(&spec) : NULL;
}

char *cli_state_dir(const char *given)
{
    const char *named = given ? given : g_getenv("FIRSTBAD_STATE_DIR");
    char *folder = named && *named ? g_canonicalize_filename(named, NULL)
                                   : g_build_filename(g_get_user_state_dir(), "firstbad", NULL);

    sandbox_hide(folder);
    return folder;
}

ExitCode cli_store_failure(const GError *error)
{
    return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
                   g_error_matches(error, G_IO_ERROR, G_IO_ERROR_EXISTS)
               ? EXIT_USAGE
               : EXIT_MACHINE;
}

Report *cli_open_report(const char *state_option, const char *name, int *ret_code)
{
    g_autofree char *state_dir = cli_state_dir(state_option);
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(state_dir, STORE_READ, &error);
    g_autoptr(JobRow) row = store ? store_find_job(store, name, &error) : NULL;
    Report *report = row ? report_load(store, row, &error) : NULL;

    if (!report) {
        if (!row) {
            cli_explain_waiting(state_dir, state_option ? state_dir : NULL, name, &error);
        }
        cli_complain("%s%s%s", row ? row->name : "", row ? ": " : "", error->message);
        *ret_code = cli_store_failure(error);
    }
    return report;
}

gboolean cli_wants_colour(void)
{
    const char *term = g_getenv("TERM"), *no_colour = g_getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && g_strcmp0(term, "dumb") != 0 && !(no_colour && *no_colour);
}
