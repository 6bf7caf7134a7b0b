/* SPDX-License-Identifier: Apache-2.0
 * firstbad import: from what people have to a job.
 */
#include <string.h>

#include "cli/import.h"

/* Kernels with a sanitizer need it, and syzbot gives its machines as much. */
#define SANITIZER_MEMORY "2048"

static void import_clear(Import *import)
{
    g_clear_pointer(&import->intake, intake_free);
    g_clear_pointer(&import->spec, job_spec_free);
    g_clear_pointer(&import->paths, g_ptr_array_unref);
    g_free(import->command);
    g_free(import->folder);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Import, import_clear)

/* What was typed, to be shown with more behind it. Owned by the caller. */
static char *typed(int argc, char *const *argv)
{
    GString *line = g_string_new("firstbad");

    for (int i = 0; i < argc; i++) {
        g_autofree char *clean = report_clean_line(argv[i]);
        g_autofree char *word = report_shell_word(clean);

        g_string_append_printf(line, " %s", word);
    }
    return g_string_free(line, FALSE);
}

/* --- The job --------------------------------------------------------------------------------- */

static gboolean set(JobSpec *spec, const char *key, const char *value, GError **error)
{
    return !value || job_spec_set(spec, key, value, "/", error);
}

static gboolean set_file(const Import *import, const char *key, IntakeItem item, GError **error)
{
    g_autofree char *path = import->intake->of[item].bytes
                                ? g_build_filename(import->folder, import_file_name(item), NULL)
                                : NULL;

    return set(import->spec, key, path, error);
}

/* A reproducer in C needs nothing of syzkaller's. */
static gboolean set_repro(const Import *import, GError **error)
{
    return import->intake->of[INTAKE_REPRO_C].bytes
               ? set_file(import, "repro", INTAKE_REPRO_C, error)
               : set_file(import, "repro", INTAKE_REPRO_SYZ, error) &&
                     set_file(import, "repro-opts", INTAKE_REPRO_OPTS, error);
}

/* What the guests need beside, by the config. */
static gboolean set_guest(const Import *import, GError **error)
{
    GBytes *config = import->intake->of[INTAKE_CONFIG].bytes;
    gsize n = 0;
    const char *raw = config ? g_bytes_get_data(config, &n) : NULL;
    g_autofree char *text = n ? g_utf8_make_valid(raw, (gssize)n) : g_strdup("");

    return !g_regex_match_simple("^CONFIG_K(ASAN|MSAN|CSAN)=y", text, G_REGEX_MULTILINE, 0) ||
           set(import->spec, "memory", SANITIZER_MEMORY, error);
}

/* A warning ends the trial at once, as on syzbot's machines, where it is the crash. */
static gboolean set_warning(const Import *import, GError **error)
{
    const char *title = import->intake->of[INTAKE_TITLE].text;

    return !title || !g_str_has_prefix(title, "WARNING") ||
           set(import->spec, "panic-on-warn", "true", error);
}

/* Does the user say which crash is looked for? */
static gboolean names_crash(GHashTable *keys)
{
    return g_hash_table_contains(keys, "title") || g_hash_table_contains(keys, "title-match") ||
           g_hash_table_contains(keys, "bug");
}

/* The job of what was found, and over it what the user says. */
static gboolean make_spec(Import *import, GHashTable *keys, GError **error)
{
    const IntakeFact *of = import->intake->of;

    import->spec = cli_new_spec(import->intake->is_fix ? "fix" : "cause");
    return set(import->spec, "start", of[INTAKE_START].text, error) &&
           set(import->spec, "start-title", of[INTAKE_START_TITLE].text, error) &&
           set(import->spec, "good", of[INTAKE_GOOD].text, error) &&
           set(import->spec, "title", names_crash(keys) ? NULL : of[INTAKE_TITLE].text, error) &&
           set(import->spec, "syzkaller-commit", of[INTAKE_SYZKALLER].text, error) &&
           set_file(import, "bisect-log", INTAKE_BISECT_LOG, error) &&
           set_file(import, "config", INTAKE_CONFIG, error) && set_repro(import, error) &&
           set_guest(import, error) && set_warning(import, error) &&
           cli_set_keys(import->spec, keys, error);
}

/* --- The job file ---------------------------------------------------------------------------- */

static void add_comment(GString *text, const char *name, const char *value)
{
    g_autofree char *clean = value ? report_clean_line(value) : NULL;

    if (clean) {
        g_string_append_printf(text, "# %s: %s\n", name, clean);
    }
}

/* The keys of @spec that are not as a new job has them. Owned by the caller. */
static char *changed_keys(const JobSpec *spec)
{
    g_autoptr(JobSpec) unchanged = job_spec_new(spec->kind);
    g_autofree char *text = job_spec_write(spec);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_auto(GStrv) keys = NULL;

    g_key_file_load_from_data(file, text, (gsize)-1, G_KEY_FILE_NONE, NULL);
    keys = g_key_file_get_keys(file, "job", NULL, NULL);
    for (char **key = keys; key && *key; key++) {
        g_autofree char *now = job_spec_get(spec, *key), *before = job_spec_get(unchanged, *key);

        if (g_strcmp0(now, before) == 0) {
            g_key_file_remove_key(file, "job", *key, NULL);
        }
    }
    return g_key_file_to_data(file, NULL, NULL);
}

/* With what a job has no key for, as comments. Owned by the caller. */
static char *job_file(const Import *import)
{
    const IntakeFact *of = import->intake->of;
    GString *text = g_string_new(NULL);
    g_autofree char *keys = changed_keys(import->spec);

    for (guint i = 0; i < import->paths->len; i++) {
        add_comment(text, "imported from", import->paths->pdata[i]);
    }
    add_comment(text, "dashboard", of[INTAKE_DASHBOARD].link);
    add_comment(text, "Reported-by", of[INTAKE_REPORTED_BY].text);
    add_comment(text, "compiler", of[INTAKE_COMPILER].text);
    for (guint i = 0; i < import->intake->cc->len; i++) {
        add_comment(text, "told", import->intake->cc->pdata[i]);
    }
    g_string_append(text, keys);
    return g_string_free(text, FALSE);
}

static int write_job_file(const Import *import, const char *out)
{
    g_autofree char *text = job_file(import), *word = report_shell_word(out);
    g_autoptr(GError) error = NULL;

    if (!import_save(import->intake, import->folder, &error) ||
        !cli_write_output(out, text, &error)) {
        cli_complain("%s", error->message);
        return EXIT_MACHINE;
    }
    if (import->is_lacking) {
        return EXIT_USAGE;
    }
    g_print("Go on: firstbad %s --job %s\n", import->spec->kind, word);
    return EXIT_ANSWER;
}

/* --- The command ----------------------------------------------------------------------------- */

static gboolean read_all(Import *import, char **paths, int n_paths)
{
    g_autoptr(OopsReader) reader = oops_reader_new();

    import->intake = intake_new();
    import->paths = g_ptr_array_new();
    for (int i = 0; i < n_paths; i++) {
        g_ptr_array_add(import->paths, paths[i]);
        if (!import_read(import->intake, reader, paths[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Begin the job, as `firstbad cause` would. */
static int begin(Import *import, WorkOptions *work)
{
    g_autoptr(GError) error = NULL;

    if (!import_save(import->intake, import->folder, &error)) {
        cli_complain("%s", error->message);
        return EXIT_MACHINE;
    }
    work->spec = g_steal_pointer(&import->spec);
    if (!cli_fetch(work, &error) || !cli_check_spec(work->spec, &error)) {
        cli_complain("%s", error->message);
        return EXIT_USAGE;
    }
    return cli_work(work);
}

static const char description[] =
    "FILE is a mail or a dashboard page of syzbot's (as text, mbox or HTML), a\n"
    "bisection log of syzbot's or git's, a console with a crash, a .config, or a\n"
    "reproducer; DIR is a crash directory of syzkaller's. What a file is shows in\n"
    "its content; give as many as you have. Options win over what they say.\n\n"
    "What is still wanted is told, with the command that fetches it (exit code 2);\n"
    "else the job begins as with 'firstbad cause', whose options are these.";

static const CommandLine import_line = {.command = "import",
                                        .arguments = "FILE...|DIR",
                                        .description = description,
                                        .more_entries = cli_kernel_entries,
                                        .search_entries = cli_search_entries,
                                        .n_arguments_max = G_MAXINT};

int cmd_import(int argc, char **argv)
{
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *out = NULL, *state_dir = NULL;
    g_auto(WorkOptions) work = {.has_view = TRUE, .has_queue = TRUE};
    g_auto(Import) import = {.command = typed(argc, argv)};
    gboolean is_dry = FALSE;
    const GOptionEntry entries[] = {
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &out, "Only write the job file", "FILE"},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &is_dry, "Only print the job file", NULL},
        CLI_CAUSE(&work),
        {NULL},
    };
    CommandLine line = import_line;
    g_autoptr(GError) error = NULL;
    int code;

    line.entries = entries;
    line.job_keys = keys;
    line.work = &work;
    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (argc < 2) {
        cli_complain("no FILE given; see 'firstbad import --help'");
        return EXIT_USAGE;
    }
    if (!read_all(&import, argv + 1, argc - 1)) {
        return EXIT_USAGE;
    }
    state_dir = cli_state_dir(work.state_option);
    import.folder = import_folder(import.intake, out, state_dir);
    if (!make_spec(&import, keys, &error)) {
        cli_complain("%s", error->message);
        return EXIT_USAGE;
    }
    import_tell(&import);
    import_warn_arch(&import);
    import_compare_compiler(&import);
    import_is_complete(&import);
    if (is_dry) {
        g_autofree char *text = job_file(&import);

        g_print("%s", text);
        return import.is_lacking ? EXIT_USAGE : EXIT_ANSWER;
    }
    if (out) {
        return write_job_file(&import, out);
    }
    return import.is_lacking ? EXIT_USAGE : begin(&import, &work);
}
