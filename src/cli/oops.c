/* SPDX-License-Identifier: Apache-2.0
 * firstbad oops: the crash reports of consoles.
 *
 * Files are read by several threads, which share nothing but the rules, and told of in their order.
 * Only so many are under way that memory does not grow with their number.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/crashes.h"

#define JOBS_MAX 256
/* Files under way, for each thread: enough that none waits for the printing. */
#define WINDOW 4
/* Reports wait for each other to be symbolized, so that the vmlinux is opened once: up to these
 * bytes of text. */
#define BATCH_MAX (64 << 20)

typedef struct OopsOptions {
    char **files, **module_dirs;
    char *vmlinux, *source_dir, *colour;
    gboolean json, all;
    int n_jobs;
} OopsOptions;

static void oops_options_clear(OopsOptions *options)
{
    g_strfreev(options->files);
    g_strfreev(options->module_dirs);
    g_free(options->vmlinux);
    g_free(options->source_dir);
    g_free(options->colour);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OopsOptions, oops_options_clear)

/* A file that is read. */
typedef struct Reading {
    const char *path;
    gboolean done;   /* the others are set by the thread before this, under the lock */
    CrashFile *file; /* NULL: could not be read, */
    GError *error;   /* for this reason */
    char *told;      /* NULL: there is something to be done before */
} Reading;

static void reading_free(Reading *reading)
{
    crash_file_free(reading->file);
    g_clear_error(&reading->error);
    g_free(reading->told);
    g_free(reading);
}

/* What all files share. Constant while threads run, but for the lock. */
typedef struct Work {
    const OopsOptions *options;
    CrashStyle style;
    OopsReader *reader;
    GMutex lock;
    GCond one_done;
    GPtrArray *batch;          /* of CrashFile: to be symbolized and told */
    GPtrArray *batch_crashes;  /* of Crash, owned by those */
    gsize n_batch;             /* bytes of text in them, told or not */
    gboolean is_blind;         /* the vmlinux cannot be used */
    guint n_lined, n_lineless; /* reports that it gave lines; that want some, and got none */
    ExitCode code;
    gboolean has_printed;
    gboolean has_failed; /* stdout is gone */
} Work;

/* Of so many crashes the whole report is told. */
static guint n_told(const OopsOptions *options, const CrashFile *file)
{
    return options->all && !options->json ? file->crashes->len : MIN(file->crashes->len, 1);
}

/* The text of @file, by JSON or for people. */
static char *tell(const Work *work, CrashFile *file)
{
    for (guint i = 0; i < file->n_told; i++) {
        crash_blame(file->crashes->pdata[i], work->reader);
    }
    if (work->options->json) {
        json_t *object = crash_file_json(file, work->reader, work->options->all);
        g_autofree char *text = json_dumps(object, JSON_COMPACT);

        json_decref(object);
        return g_strconcat(text, "\n", NULL);
    }
    return crash_file_text(file, &work->style);
}

static void run_reading(gpointer data, gpointer shared)
{
    Reading *reading = data;
    Work *work = shared;

    reading->file = crash_file_read(reading->path, work->reader, &reading->error);
    if (reading->file) {
        reading->file->n_told = n_told(work->options, reading->file);
    }
    if (reading->file && !work->options->vmlinux) {
        reading->told = tell(work, reading->file);
    }
    g_mutex_lock(&work->lock);
    reading->done = TRUE;
    g_cond_signal(&work->one_done);
    g_mutex_unlock(&work->lock);
}

/* Not by g_print(), which turns text into the locale's. */
static void print(Work *work, const char *text)
{
    gboolean apart = work->has_printed && work->style.heading && !work->options->json;

    work->has_printed = TRUE;
    if (!work->has_failed) {
        work->has_failed =
            fputs(apart ? "\n" : "", stdout) < 0 || fputs(text, stdout) < 0 || fflush(stdout) != 0;
    }
}

/* Lines of source for @crashes. Where that fails they stay as they are, and that is said once. */
static void symbolize(Work *work, const GPtrArray *crashes)
{
    const OopsOptions *options = work->options;
    g_autofree char *sources =
        options->source_dir ? g_canonicalize_filename(options->source_dir, NULL) : NULL;
    const char *source_dirs[] = {sources, NULL};
    const SymbolsFiles files = {.vmlinux = options->vmlinux,
                                .source_dirs = source_dirs,
                                .module_dirs = (const char *const *)options->module_dirs};
    g_autoptr(GError) error = NULL;

    if (files.vmlinux && crashes->len > 0 && !work->is_blind &&
        !crashes_symbolize(crashes, &files, &work->n_lined, &work->n_lineless, &error)) {
        cli_complain("--vmlinux: %s", error->message);
        work->is_blind = TRUE;
        work->code = EXIT_USAGE;
    }
}

static void tell_batch(Work *work)
{
    symbolize(work, work->batch_crashes);
    for (guint i = 0; i < work->batch->len; i++) {
        g_autofree char *told = tell(work, work->batch->pdata[i]);

        print(work, told);
    }
    g_ptr_array_set_size(work->batch_crashes, 0);
    g_ptr_array_set_size(work->batch, 0);
    work->n_batch = 0;
}

/* Tell @file, which is taken, with others. */
static void add_to_batch(Work *work, CrashFile *file)
{
    for (guint i = 0; i < file->crashes->len; i++) {
        Crash *crash = file->crashes->pdata[i];

        if (i < file->n_told) {
            g_ptr_array_add(work->batch_crashes, crash);
        }
        work->n_batch += strlen(crash->report->text);
    }
    g_ptr_array_add(work->batch, file);
    if (work->n_batch >= BATCH_MAX) {
        tell_batch(work);
    }
}

static void fail_file(Work *work, const char *path, const GError *error)
{
    cli_complain("%s: %s", path, error->message);
    work->code = EXIT_USAGE;
}

static void finish_reading(Work *work, Reading *reading)
{
    if (!reading->file) {
        fail_file(work, reading->path, reading->error);
    } else if (reading->told) {
        print(work, reading->told);
    } else {
        add_to_batch(work, g_steal_pointer(&reading->file));
    }
    reading_free(reading);
}

static void read_files(Work *work)
{
    char **next = work->options->files;
    GThreadPool *pool = g_thread_pool_new(run_reading, work, work->options->n_jobs, FALSE, NULL);
    g_autoptr(GQueue) under_way = g_queue_new();
    guint window = work->options->n_jobs * WINDOW;

    while (!work->has_failed && (*next || under_way->length > 0)) {
        Reading *reading;

        for (; *next && under_way->length < window; next++) {
            reading = g_new0(Reading, 1);
            reading->path = *next;
            g_queue_push_tail(under_way, reading);
            g_thread_pool_push(pool, reading, NULL);
        }
        reading = g_queue_pop_head(under_way);
        g_mutex_lock(&work->lock);
        while (!reading->done) {
            g_cond_wait(&work->one_done, &work->lock);
        }
        g_mutex_unlock(&work->lock);
        finish_reading(work, reading);
    }
    g_thread_pool_free(pool, TRUE, TRUE);
    g_queue_clear_full(under_way, (GDestroyNotify)reading_free);
    tell_batch(work);
}

/* Print the crash @crash of @live, which is the @i-th: whole, or its title behind the first one. */
static void print_live(Work *work, const CrashFile *live, Crash *crash, guint i)
{
    g_autoptr(GPtrArray) crashes = g_ptr_array_new();
    g_autofree char *told = NULL, *text = NULL;

    if (i > 0 && !work->options->all) {
        told = crash_line(crash);
        text = g_strconcat(i == 1 ? "\n" CRASHES_THEN : "", told, "\n", NULL);
    } else {
        g_ptr_array_add(crashes, crash);
        symbolize(work, crashes);
        crash_blame(crash, work->reader);
        told = crash_text(live, crash, &work->style);
        text = g_strconcat(i > 0 ? "\n" : "", told, NULL);
    }
    print(work, text);
}

/* Stdin may be a console that is written right now: tell of a crash when it is over. */
static void follow_stdin(Work *work)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CrashIntake) intake = crash_intake_new("-", work->reader, &error);
    g_autoptr(CrashFile) live = crash_file_new("-");
    CrashIntakeState state = intake ? CRASH_INTAKE_MORE : CRASH_INTAKE_FAILED;
    guint n_printed = 0;

    while (state == CRASH_INTAKE_MORE && !work->has_failed) {
        state = crash_intake_step(intake, live, TRUE, &error);
        if (state == CRASH_INTAKE_END && n_printed == 0) {
            live->n_told = n_told(work->options, live);
            add_to_batch(work, g_steal_pointer(&live));
            tell_batch(work);
            return;
        }
        for (guint i = 0; i < live->crashes->len; i++) {
            print_live(work, live, live->crashes->pdata[i], n_printed++);
        }
        g_ptr_array_set_size(live->crashes, 0);
    }
    if (error) {
        fail_file(work, "stdin", error);
    }
}

/* A vmlinux of another build, or without debug information, gives no lines, and no error. */
static void tell_lineless(const Work *work)
{
    if (work->n_lineless > 0 && work->n_lined == 0) {
        cli_complain("--vmlinux: %s has no line for any report: is it the build that crashed, with "
                     "debug information?",
                     work->options->vmlinux);
    }
}

static gboolean wants_colour(const char *when)
{
    return g_str_equal(when, "auto") ? cli_wants_colour() : g_str_equal(when, "always");
}

/* The folders and files that show lines. */
static gboolean check_symbols(const OopsOptions *options, GError **error)
{
    if (options->vmlinux && access(options->vmlinux, R_OK) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "--vmlinux: %s: %s",
                    options->vmlinux, g_strerror(errno));
        return FALSE;
    }
    if (options->module_dirs && !options->vmlinux) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "--modules needs --vmlinux");
        return FALSE;
    }
    for (char **dir = options->module_dirs; dir && *dir; dir++) {
        if (!g_file_test(*dir, G_FILE_TEST_IS_DIR)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY,
                        "--modules: %s is not a folder", *dir);
            return FALSE;
        }
    }
    if (options->source_dir && !g_file_test(options->source_dir, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY, "--source: %s is not a folder",
                    options->source_dir);
        return FALSE;
    }
    return TRUE;
}

static gboolean check_options(OopsOptions *options, GError **error)
{
    static const char *const colours[] = {"auto", "always", "never", NULL};
    const char *stdin_only[] = {"-", NULL};
    guint n_stdin = 0;

    if (!options->files) {
        options->files = g_strdupv((char **)stdin_only);
    }
    for (char **file = options->files; *file; file++) {
        n_stdin += g_str_equal(*file, "-");
    }
    if (n_stdin > 1) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "- can be read only once");
    } else if (options->colour && !g_strv_contains(colours, options->colour)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "--color: '%s' is not auto, always or never", options->colour);
    } else if (options->n_jobs < 1 || options->n_jobs > JOBS_MAX) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "--jobs: must be from 1 to %d",
                    JOBS_MAX);
    } else {
        return check_symbols(options, error);
    }
    return FALSE;
}

static const char description[] =
    "Without FILE, or where it is -, stdin is read: dmesg | firstbad oops.\n"
    "Consoles of virtual machines, serial lines, dmesg, journalctl -k and\n"
    "quoting mails are read alike. Exits with 0, crash or no crash, and with 2\n"
    "when a file cannot be read.";

/* "-j4", which GOption does not know, becomes "--jobs=4". */
static void name_jobs(int argc, char **argv, GPtrArray *owned)
{
    for (int i = 1; i < argc && !g_str_equal(argv[i], "--"); i++) {
        if (g_str_has_prefix(argv[i], "-j") && g_ascii_isdigit(argv[i][2])) {
            argv[i] = g_strconcat("--jobs=", argv[i] + 2, NULL);
            g_ptr_array_add(owned, argv[i]);
        }
    }
}

int cmd_oops(int argc, char **argv)
{
    g_auto(OopsOptions) options = {.n_jobs = (int)MIN(g_get_num_processors(), JOBS_MAX)};
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "An object on a line for each FILE", NULL},
        {"all", 'a', 0, G_OPTION_ARG_NONE, &options.all, "Each report, not only the first", NULL},
        {"vmlinux", 0, 0, G_OPTION_ARG_FILENAME, &options.vmlinux,
         "Kernel with debug information: show lines", "FILE"},
        {"modules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.module_dirs,
         "Its modules with the same; may be given again", "DIR"},
        {"source", 0, 0, G_OPTION_ARG_FILENAME, &options.source_dir,
         "Its sources: show some where it crashed", "DIR"},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &options.n_jobs, "Files at once (cores)", "N"},
        {"color", 0, 0, G_OPTION_ARG_STRING, &options.colour, "auto, always or never (auto)",
         "WHEN"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.files, NULL, "[FILE...]"},
        {NULL},
    };
    const CommandLine line = {.command = "oops", .description = description, .entries = entries};
    Work work = {.options = &options, .code = EXIT_ANSWER};
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    int code;

    name_jobs(argc, argv, owned);
    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (!check_options(&options, &error)) {
        cli_complain("%s", error->message);
        return EXIT_USAGE;
    }
    work.style = (CrashStyle){.colour = wants_colour(options.colour ? options.colour : "auto"),
                              .heading = options.files[1] != NULL,
                              .source_dir = options.source_dir};
    work.reader = oops_reader_new();
    work.batch_crashes = g_ptr_array_new();
    work.batch = g_ptr_array_new_with_free_func((GDestroyNotify)crash_file_free);
    g_mutex_init(&work.lock);
    g_cond_init(&work.one_done);
    if (options.files[1] || options.json || !g_str_equal(options.files[0], "-")) {
        read_files(&work);
    } else {
        follow_stdin(&work);
    }
    tell_lineless(&work);
    g_cond_clear(&work.one_done);
    g_mutex_clear(&work.lock);
    g_ptr_array_unref(work.batch_crashes);
    g_ptr_array_unref(work.batch);
    oops_reader_free(work.reader);
    return work.code;
}
