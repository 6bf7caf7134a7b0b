/* SPDX-License-Identifier: Apache-2.0
 * Questions to a vmlinux, answered by another process.
 *
 * libdw reads hostile files with our rights, and has crashed on some of them. So the firstbad
 * binary runs itself, boxed in and with limits, and all that a bad vmlinux can do is to spoil the
 * answers about itself. All questions go in one run, as opening costs more than asking.
 *
 * A question is a letter, a text and a NUL, an answer a text and a NUL. Nothing that comes back is
 * trusted beyond that.
 */
#include "process/process.h"
#include "symbols/answers.h"
#include "symbols/internal.h"

#include <gio/gunixinputstream.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What reading takes beside the file itself: tables of symbols, functions and lines; debug
 * information that is compressed is a few times larger when it is not. */
#define MEMORY_BYTES     (G_GUINT64_CONSTANT(2) << 30)
#define MEMORY_PER_BYTE  4
#define MEMORY_MAX_BYTES (G_GUINT64_CONSTANT(16) << 30)

/* The shadow of an address sanitizer alone is larger than any limit. */
#ifdef __has_feature
#define IS_UNLIMITED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define IS_UNLIMITED 1
#else
#define IS_UNLIMITED 0
#endif

/* In the environment of the other process: a program that does not know SYMBOLS_SERVE would do what
 * it does always, and could end up here again. */
#define NESTED "FIRSTBAD_SYMBOLS_APART"

#define ASK_REPORT   'r'
#define ASK_FUNCTION 'f'
#define ASK_SOURCE   's'
#define ASK_CHANGE   'c'
#define ASK_OBJECTS  'o'
#define ASK_ORIGINS  'm'

/* Three times what a kernel with all options has. */
#define ORIGINS_MAX_BYTES (32 << 20)

/* Names that differ, at most: three times what a distribution's kernel has. */
#define CHANGE_MAX_BYTES (16 << 20)
/* Before why two cannot be compared. */
#define CANNOT_COMPARE '!'

#define SOURCE_DIR "--source-dir="
#define MODULE_DIR "--module-dir="
#define ORIGINS    "--origins="
#define OBJECTS    "--objects="

typedef struct Questions {
    GByteArray *bytes;
    guint n;
    gsize n_answer_max; /* bytes of all answers, at most */
} Questions;

static void ask(Questions *questions, char kind, const char *text)
{
    gsize n = strlen(text);

    g_byte_array_append(questions->bytes, (const guint8 *)&kind, 1);
    g_byte_array_append(questions->bytes, (const guint8 *)text, n + 1);
    questions->n++;
    questions->n_answer_max += kind == ASK_REPORT || kind == ASK_OBJECTS ? symbolized_max(n) + 1
                               : kind == ASK_CHANGE                      ? CHANGE_MAX_BYTES
                               : kind == ASK_ORIGINS                     ? ORIGINS_MAX_BYTES
                                                                         : sizeof("unknown");
}

static guint64 memory_limit(const char *vmlinux)
{
    struct stat status;

    if (IS_UNLIMITED) {
        return 0;
    }
    if (stat(vmlinux, &status) != 0 || status.st_size < 0) {
        return MEMORY_BYTES;
    }
    return MIN(MEMORY_BYTES + MEMORY_PER_BYTE * (guint64)status.st_size, MEMORY_MAX_BYTES);
}

/* By its real name: the sandbox shows that, and has no links of the user's folders. */
static char *real_name(const char *path)
{
    g_autofree char *real = realpath(path, NULL);

    return real ? g_strdup(real) : g_canonicalize_filename(path, NULL);
}

/* What to run, without the sandbox. The binary may have been replaced since we were started; then
 * it has no name, and *ret_named is FALSE: only outside of a sandbox it is "ourselves" still. */
static char **command_line(const SymbolsFiles *files, const char *vmlinux, gboolean *ret_named)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    g_autofree char *self =
        files->program ? real_name(files->program) : g_file_read_link("/proc/self/exe", NULL);

    *ret_named = self && access(self, X_OK) == 0;
    g_strv_builder_add_many(argv, *ret_named ? self : "/proc/self/exe", SYMBOLS_SERVE, vmlinux,
                            NULL);
    for (gsize i = 0; files->source_dirs && files->source_dirs[i]; i++) {
        g_autofree char *option = g_strconcat(SOURCE_DIR, files->source_dirs[i], NULL);

        g_strv_builder_add(argv, option);
    }
    for (gsize i = 0; files->module_dirs && files->module_dirs[i]; i++) {
        g_autofree char *folder = real_name(files->module_dirs[i]);
        g_autofree char *option = g_strconcat(MODULE_DIR, folder, NULL);

        g_strv_builder_add(argv, option);
    }
    if (files->origins) {
        g_autofree char *origins = real_name(files->origins);
        g_autofree char *option = g_strconcat(ORIGINS, origins, NULL);

        g_strv_builder_add(argv, option);
    }
    if (files->objects_dir) {
        g_autofree char *objects = real_name(files->objects_dir);
        g_autofree char *option = g_strconcat(OBJECTS, objects, NULL);

        g_strv_builder_add(argv, option);
    }
    return g_strv_builder_end(argv);
}

/* @argv in a sandbox that shows what is asked about; @other: a file or folder more, or NULL. */
static char **boxed(const SymbolsFiles *files, const char *const *argv, const char *vmlinux,
                    const char *other)
{
    g_autoptr(Sandbox) sandbox = sandbox_new();
    g_autoptr(GPtrArray) readable = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(readable, g_strdup(argv[0]));
    g_ptr_array_add(readable, g_strdup(vmlinux));
    if (other) {
        g_ptr_array_add(readable, g_strdup(other));
    }
    for (gsize i = 0; files->module_dirs && files->module_dirs[i]; i++) {
        g_ptr_array_add(readable, real_name(files->module_dirs[i]));
    }
    if (files->origins) {
        g_ptr_array_add(readable, real_name(files->origins));
    }
    if (files->objects_dir) {
        g_ptr_array_add(readable, real_name(files->objects_dir));
    }
    g_ptr_array_add(readable, NULL);
    return sandbox_wrap(sandbox, argv, "/", (const char *const *)readable->pdata, NULL);
}

/* The first line of what a process said that may be under foreign control. */
static char *first_line(const char *text)
{
    char *line = g_strndup(text, MIN(strcspn(text, "\n"), 300));

    for (char *c = line; *c; c++) {
        *c = g_ascii_isprint(*c) ? *c : '?';
    }
    return line;
}

/* bubblewrap exits as a shell does when a signal ends what it runs. */
static char *describe(const ProcessResult *result)
{
    int in_box = result->exit_status - 128;

    return in_box > 0 && in_box < NSIG
               ? g_strdup_printf("was killed by signal %d (%s)", in_box, g_strsignal(in_box))
               : process_describe(result);
}

/* A run of the other process, before it begins. */
typedef struct Run {
    char *vmlinux;
    char **argv, **in_box;
    ProcessSpec spec; /* points into the above, and to the questions */
} Run;

static void run_clear(Run *run)
{
    g_free(run->vmlinux);
    g_strfreev(run->argv);
    g_strfreev(run->in_box);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* @other: a file or folder more that the questions are about, or NULL. */
static gboolean run_prepare(Run *run, const SymbolsFiles *files, const char *other,
                            const Questions *questions, GError **error)
{
    static const char *const env[] = {NESTED "=1", "DEBUGINFOD_URLS", NULL};
    gboolean named;

    if (g_getenv(NESTED)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "this program cannot symbolize: its main() does not know " SYMBOLS_SERVE);
        return FALSE;
    }
    run->vmlinux = real_name(files->vmlinux);
    run->argv = command_line(files, run->vmlinux, &named);
    run->in_box = named ? boxed(files, (const char *const *)run->argv, run->vmlinux, other) : NULL;
    run->spec = (ProcessSpec){
        .argv = (const char *const *)(run->in_box ? run->in_box : run->argv),
        .cwd = "/",
        .env = env,
        .input = (const char *)questions->bytes->data,
        .n_input = questions->bytes->len,
        .output_limit_bytes = questions->n_answer_max + 1,
        .timeout_ms = files->timeout_ms ? files->timeout_ms : SYMBOLS_APART_TIMEOUT_MS,
        .memory_limit_bytes = memory_limit(run->vmlinux),
    };
    return TRUE;
}

/* The @n answers about @vmlinux, or why there are none. */
static char **take_answers(const char *vmlinux, guint n, const ProcessResult *result,
                           GError **error)
{
    g_autofree char *why = NULL, *said = NULL;
    char **texts = process_succeeded(result) ? answers_split(result->out, result->n_out, n) : NULL;

    if (texts) {
        return texts;
    }
    why = process_succeeded(result) ? g_strdup("gave a wrong number of answers") : describe(result);
    said = first_line(result->err);
    /* What it says when it ends by itself needs no frame. */
    if (result->exit_status == 1 && *said) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", vmlinux, said);
    } else {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: the process that reads it %s%s%s",
                    vmlinux, why, *said ? ": " : "", said);
    }
    return NULL;
}

/* The answers. */
static char **run_apart(const SymbolsFiles *files, const char *other, const Questions *questions,
                        GError **error)
{
    g_auto(Run) run = {0};
    g_autoptr(ProcessResult) result = NULL;

    return run_prepare(&run, files, other, questions, error) &&
                   process_run(&run.spec, &result, error)
               ? take_answers(files->vmlinux, questions->n, result, error)
               : NULL;
}

char **symbols_reports_apart(const SymbolsFiles *files, const char *const *reports, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Questions questions = {.bytes = bytes};

    for (gsize i = 0; reports[i]; i++) {
        ask(&questions, ASK_REPORT, reports[i]);
    }
    return run_apart(files, NULL, &questions, error);
}

char **symbols_objects_apart(const SymbolsFiles *files, const char *report, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Questions questions = {.bytes = bytes};
    g_auto(GStrv) texts = NULL;

    ask(&questions, ASK_OBJECTS, report);
    texts = run_apart(files, NULL, &questions, error);
    return !texts ? NULL : **texts ? g_strsplit(*texts, "\n", -1) : g_new0(char *, 1);
}

static void on_origins(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    g_autoptr(ProcessResult) result = NULL;
    g_auto(GStrv) texts = NULL;
    GError *error = NULL;

    if (process_run_finish(res, &result, &error)) {
        texts = take_answers(g_task_get_task_data(task), 1, result, &error);
    }
    if (texts) {
        g_task_return_pointer(task, g_steal_pointer(&texts[0]), g_free);
    } else {
        g_task_return_error(task, error);
    }
}

void symbols_origins_async(const SymbolsFiles *files, const char *build_dir,
                           GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, done, user_data);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Questions questions = {.bytes = bytes};
    g_autofree char *real = real_name(build_dir);
    g_auto(Run) run = {0};
    GError *error = NULL;

    ask(&questions, ASK_ORIGINS, real);
    g_task_set_task_data(task, g_strdup(files->vmlinux), g_free);
    if (run_prepare(&run, files, real, &questions, &error)) {
        process_run_async(&run.spec, cancellable, on_origins, g_object_ref(task));
    } else {
        g_task_return_error(task, error);
    }
}

char *symbols_origins_finish(GAsyncResult *res, GError **error)
{
    return g_task_propagate_pointer(G_TASK(res), error);
}

gboolean symbols_facts_apart(const SymbolsFiles *files, const char *const *functions,
                             const char *const *sources, SymbolsAnswer **ret_functions,
                             SymbolsAnswer **ret_sources, GError **error)
{
    guint n_functions = functions ? g_strv_length((char **)functions) : 0;
    guint n_sources = sources ? g_strv_length((char **)sources) : 0;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Questions questions = {.bytes = bytes};
    g_autofree SymbolsAnswer *of_functions = NULL, *of_sources = NULL;
    g_auto(GStrv) texts = NULL;

    for (guint i = 0; i < n_functions; i++) {
        ask(&questions, ASK_FUNCTION, functions[i]);
    }
    for (guint i = 0; i < n_sources; i++) {
        ask(&questions, ASK_SOURCE, sources[i]);
    }
    texts = run_apart(files, NULL, &questions, error);
    if (!texts) {
        return FALSE;
    }
    of_functions = answers_facts(texts, n_functions);
    of_sources = answers_facts(texts + n_functions, n_sources);
    if (!of_functions || !of_sources) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "%s: the process that reads it gave an answer that is none", files->vmlinux);
        return FALSE;
    }
    *ret_functions = g_steal_pointer(&of_functions);
    *ret_sources = g_steal_pointer(&of_sources);
    return TRUE;
}

SymbolsChange *symbols_compare_apart(const SymbolsFiles *files, const char *before, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Questions questions = {.bytes = bytes};
    g_autofree char *real = real_name(before);
    g_auto(GStrv) texts = NULL;

    ask(&questions, ASK_CHANGE, real);
    texts = run_apart(files, real, &questions, error);
    if (!texts) {
        return NULL;
    }
    if (**texts == CANNOT_COMPARE) {
        g_autofree char *why = first_line(*texts + 1);

        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", before, why);
        return NULL;
    }
    return answers_change(*texts);
}

/* --- The other process ------------------------------------------------------------------------ */

static GBytes *read_stdin(GError **error)
{
    g_autoptr(GInputStream) in = g_unix_input_stream_new(STDIN_FILENO, FALSE);
    g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();

    if (g_output_stream_splice(memory, in, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, error) < 0) {
        return NULL;
    }
    return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
}

static void write_names(GString *text, char kind, char *const *names)
{
    for (; *names && text->len + strlen(*names) + 2 < CHANGE_MAX_BYTES; names++) {
        g_string_append_printf(text, "%c%s\n", kind, *names);
    }
}

/* What differs in @symbols from the vmlinux @before. Owned by the caller. */
static char *describe_change(const Symbols *symbols, const char *before)
{
    static const char *const none[] = {NULL};
    GString *text = g_string_new(NULL);
    g_autoptr(SymbolsChange) change = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Symbols) other = symbols_open(before, none, &error);

    if (!other) {
        g_string_printf(text, "%c%s", CANNOT_COMPARE, error->message);
        return g_string_free(text, FALSE);
    }
    change = symbols_compare(other, symbols);
    write_names(text, DIFFERS_FUNCTION, change->functions);
    write_names(text, DIFFERS_VARIABLE, change->variables);
    return g_string_free(text, FALSE);
}

static char *list_objects(Symbols *symbols, const char *report)
{
    g_auto(GStrv) objects = symbols_objects(symbols, report);

    return g_strjoinv("\n", objects);
}

static void answer(Symbols *symbols, const char *question)
{
    g_autofree char *text = NULL;

    switch (question[0]) {
    case ASK_REPORT:
        text = symbols_report(symbols, question + 1);
        break;
    case ASK_FUNCTION:
        text = g_strdup(answer_name(symbols_has_function(symbols, question + 1)));
        break;
    case ASK_SOURCE:
        text = g_strdup(answer_name(symbols_has_source(symbols, question + 1)));
        break;
    case ASK_CHANGE:
        text = describe_change(symbols, question + 1);
        break;
    case ASK_OBJECTS:
        text = list_objects(symbols, question + 1);
        break;
    case ASK_ORIGINS:
        text = symbols_origins(symbols, question + 1);
        break;
    }
    fputs(text ? text : "", stdout);
    fputc('\0', stdout);
}

/* What behind the vmlinux stands on the command line. */
static gboolean take_options(Symbols *symbols, char **options, GError **error)
{
    for (; *options; options++) {
        g_autofree char *text = NULL;

        if (g_str_has_prefix(*options, MODULE_DIR)) {
            symbols_add_module_dir(symbols, *options + strlen(MODULE_DIR));
        } else if (g_str_has_prefix(*options, OBJECTS)) {
            symbols_add_objects(symbols, *options + strlen(OBJECTS));
        } else if (g_str_has_prefix(*options, ORIGINS)) {
            if (!g_file_get_contents(*options + strlen(ORIGINS), &text, NULL, error)) {
                return FALSE;
            }
            symbols_add_origins(symbols, text);
        }
    }
    return TRUE;
}

int symbols_serve(int argc, char **argv)
{
    g_autoptr(GPtrArray) source_dirs = g_ptr_array_new();
    g_autoptr(Symbols) symbols = NULL;
    g_autoptr(GBytes) input = NULL;
    g_autoptr(GError) error = NULL;
    const char *bytes, *end, *nul;
    gsize n = 0;

    for (int i = 2; i < argc; i++) {
        if (g_str_has_prefix(argv[i], SOURCE_DIR)) {
            g_ptr_array_add(source_dirs, argv[i] + strlen(SOURCE_DIR));
        }
    }
    g_ptr_array_add(source_dirs, NULL);
    input = argc < 2 ? NULL : read_stdin(&error);
    symbols = input ? symbols_open(argv[1], (const char *const *)source_dirs->pdata, &error) : NULL;
    if (!symbols || !take_options(symbols, argv + 2, &error)) {
        fprintf(stderr, "%s\n", error ? error->message : "which vmlinux?");
        return EXIT_FAILURE;
    }
    bytes = g_bytes_get_data(input, &n);
    end = bytes + n;
    for (; bytes < end && (nul = memchr(bytes, '\0', end - bytes)); bytes = nul + 1) {
        answer(symbols, bytes);
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
