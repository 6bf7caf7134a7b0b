/* SPDX-License-Identifier: Apache-2.0
 * The commands of Slurm, and their words.
 */
#include "farm/slurm.h"

#include <string.h>

#include "process/process.h"

/* A controller that is overloaded answers late; one that is away lets its commands wait. */
#define COMMAND_TIMEOUT_MS 30000

/* --- Submit ---------------------------------------------------------------------------------- */

SlurmFault slurm_fault_of(const char *complaint)
{
    static const char *const away[] = {"Unable to contact slurm controller",
                                       "Socket timed out",
                                       "temporarily unable to accept job",
                                       "Resource temporarily unavailable",
                                       "Connection refused",
                                       "Transport endpoint",
                                       "controller not responding",
                                       "Zero Bytes were transmitted",
                                       "QOSMaxSubmit",
                                       "AssocMaxSubmit",
                                       "MaxSubmitJobsPer",
                                       "Job violates accounting/QOS policy (job submit limit",
                                       "Slurm backup controller",
                                       "Protocol authentication error",
                                       "Munged communication error",
                                       NULL};

    for (guint i = 0; away[i]; i++) {
        if (strstr(complaint, away[i])) {
            return SLURM_AWAY;
        }
    }
    return SLURM_NO;
}

/* The first line that @result says something in, as an error. */
static void complain(const ProcessResult *result, const char *command, GError **error)
{
    const char *text = *result->err ? result->err : result->out;
    g_autofree char *line = g_strndup(text, strcspn(text, "\n"));
    g_autofree char *how = process_describe(result);
    /* Killed: by whoever wanted its memory, or stopped what it hung on. */
    gboolean away = result->timed_out || result->term_signal || slurm_fault_of(text) == SLURM_AWAY;

    g_set_error(error, G_IO_ERROR, away ? G_IO_ERROR_BUSY : G_IO_ERROR_FAILED, "%s %s%s%s", command,
                how, *line ? ": " : "", line);
}

/* sbatch takes a script: one that becomes what is to be run. */
static char *script_of(const char *const *argv)
{
    g_autoptr(GString) script = g_string_new("#!/bin/sh\nexec");

    for (; *argv; argv++) {
        g_autofree char *quoted = g_shell_quote(*argv);

        g_string_append_printf(script, " %s", quoted);
    }
    g_string_append_c(script, '\n');
    return g_string_free(g_steal_pointer(&script), FALSE);
}

static void add(GPtrArray *argv, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(GPtrArray *argv, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(argv, g_strdup_vprintf(format, args));
    va_end(args);
}

/* sbatch's arguments; the user's come last, and so count more than ours. */
static GPtrArray *arguments_of(const SlurmSubmit *submit)
{
    GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

    add(argv, "sbatch");
    add(argv, "--parsable");
    add(argv, "--quiet");
    add(argv, "--requeue");
    add(argv, "--nodes=1");
    add(argv, "--ntasks=1");
    add(argv, "--job-name=%s", submit->name);
    add(argv, "--array=%s", submit->tasks);
    add(argv, "--output=%s/log-%%A_%%a", submit->log_dir);
    add(argv, "--open-mode=append");
    add(argv, "--cpus-per-task=%u", submit->n_cpus);
    add(argv, "--mem=%u", submit->memory_mib);
    add(argv, "--time=%u", submit->minutes);
    if (submit->features) {
        add(argv, "--constraint=%s", submit->features);
    }
    if (submit->exclude) {
        add(argv, "--exclude=%s", submit->exclude);
    }
    for (const char *const *arg = submit->args; arg && *arg; arg++) {
        add(argv, "%s", *arg);
    }
    g_ptr_array_add(argv, NULL);
    return argv;
}

void slurm_submit_async(const SlurmSubmit *submit, GAsyncReadyCallback done, gpointer user_data)
{
    g_autoptr(GPtrArray) argv = arguments_of(submit);
    g_autofree char *script = script_of(submit->argv);
    /* What stands in SBATCH_... of the user's environment stays: it is how he tells Slurm what he
     * always wants. */
    const ProcessSpec spec = {.argv = (const char *const *)argv->pdata,
                              .cwd = "/",
                              .input = script,
                              .n_input = strlen(script),
                              .timeout_ms = COMMAND_TIMEOUT_MS};

    process_run_async(&spec, NULL, done, user_data);
}

gboolean slurm_submit_finish(GAsyncResult *res, GError **error)
{
    g_autoptr(ProcessResult) result = NULL;

    if (!process_run_finish(res, &result, error)) {
        return FALSE;
    }
    if (!process_succeeded(result)) {
        complain(result, "sbatch", error);
        return FALSE;
    }
    return TRUE;
}

/* --- List ------------------------------------------------------------------------------------ */

void slurm_task_free(SlurmTask *task)
{
    g_free(task->name);
    g_free(task->word);
    g_free(task->node);
    g_free(task->reason);
    g_free(task);
}

static SlurmState state_of(const char *word)
{
    static const char *const ended[] = {"COMPLETED",     "CANCELLED", "FAILED",    "TIMEOUT",
                                        "NODE_FAIL",     "PREEMPTED", "BOOT_FAIL", "DEADLINE",
                                        "OUT_OF_MEMORY", "REVOKED",   NULL};

    if (g_strv_contains(ended, word)) {
        return SLURM_ENDED;
    }
    return g_str_equal(word, "RUNNING") || g_str_equal(word, "COMPLETING") ||
                   g_str_equal(word, "SIGNALING") || g_str_equal(word, "STAGE_OUT")
               ? SLURM_RUNS
               : SLURM_WAITS;
}

GPtrArray *slurm_parse_tasks(const char *text, const char *prefix)
{
    g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func((GDestroyNotify)slurm_task_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gboolean is_list = *text == '\0';

    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, "|", 5);
        guint64 number;
        SlurmTask *task;

        is_list = is_list || g_strv_length(words) == 5;
        if (g_strv_length(words) != 5 || !g_str_has_prefix(words[0], prefix) ||
            !g_ascii_string_to_unsigned(words[1], 10, 0, G_MAXUINT, &number, NULL)) {
            continue;
        }
        task = g_new0(SlurmTask, 1);
        task->name = g_strdup(words[0]);
        task->task = (guint)number;
        task->word = g_strdup(words[2]);
        task->state = state_of(task->word);
        task->node = g_strdup(words[3]);
        task->reason = g_strdup(words[4]);
        g_ptr_array_add(tasks, task);
    }
    return is_list ? g_steal_pointer(&tasks) : NULL;
}

void slurm_list_async(GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
    g_autofree char *user = g_strconcat("--user=", g_get_user_name(), NULL);
    const char *argv[] = {
        "squeue", "--noheader", "--array", "--states=all", user, "--format=%j|%K|%T|%N|%r", NULL};
    const ProcessSpec spec = {.argv = argv,
                              .cwd = "/",
                              .output_limit_bytes = PROCESS_OUTPUT_WHOLE,
                              .timeout_ms = COMMAND_TIMEOUT_MS};

    process_run_async(&spec, cancellable, done, user_data);
}

GPtrArray *slurm_list_finish(GAsyncResult *res, const char *prefix, GError **error)
{
    g_autoptr(ProcessResult) result = NULL;
    GPtrArray *tasks;

    if (!process_run_finish(res, &result, error)) {
        return NULL;
    }
    if (!process_succeeded(result)) {
        complain(result, "squeue", error);
        return NULL;
    }
    tasks = slurm_parse_tasks(result->out, prefix);
    if (!tasks) { /* an empty queue, in which all our work is lost, is something else */
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "squeue: this is no list: %.*s",
                    (int)MIN(strcspn(result->out, "\n"), 60), result->out);
    }
    return tasks;
}

const SlurmTask *slurm_find_task(const GPtrArray *tasks, const char *name, guint number)
{
    const SlurmTask *found = NULL;

    for (guint i = 0; i < tasks->len; i++) {
        const SlurmTask *task = tasks->pdata[i];

        if (task->task == number && g_str_equal(task->name, name)) {
            found = task;
            if (task->state != SLURM_ENDED) {
                break;
            }
        }
    }
    return found;
}

/* --- The rest -------------------------------------------------------------------------------- */

gboolean slurm_is_stranded(const SlurmTask *task)
{
    return task->state == SLURM_WAITS && g_str_has_prefix(task->reason, SLURM_LAUNCH_FAILED);
}

static void command_async(const char *const *argv, GAsyncReadyCallback done, gpointer user_data)
{
    const ProcessSpec spec = {.argv = argv, .cwd = "/", .timeout_ms = COMMAND_TIMEOUT_MS};

    process_run_async(&spec, NULL, done, user_data);
}

void slurm_cancel_async(const char *name, GAsyncReadyCallback done, gpointer user_data)
{
    g_autofree char *user = g_strconcat("--user=", g_get_user_name(), NULL);
    g_autofree char *job = g_strconcat("--name=", name, NULL);
    const char *argv[] = {"scancel", "--quiet", user, job, NULL};

    command_async(argv, done, user_data);
}

void slurm_release_async(const char *name, GAsyncReadyCallback done, gpointer user_data)
{
    g_autofree char *job = g_strconcat("jobname=", name, NULL);
    const char *argv[] = {"scontrol", "release", job, NULL};

    command_async(argv, done, user_data);
}

void slurm_command_finish(GAsyncResult *res)
{
    g_autoptr(ProcessResult) result = NULL;

    process_run_finish(res, &result, NULL);
}

SlurmSize slurm_parse_nodes(const char *text)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    SlurmSize size = {0, 0, G_MAXUINT, G_MAXUINT};

    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, "|", -1);
        g_auto(GStrv) features = NULL;

        guint64 n_cpus, memory_mib;

        /* A node in two partitions is named twice. */
        if (g_strv_length(words) != 4 ||
            !g_ascii_string_to_unsigned(words[1], 10, 1, G_MAXUINT, &n_cpus, NULL) ||
            !g_ascii_string_to_unsigned(words[2], 10, 1, G_MAXUINT, &memory_mib, NULL) ||
            !g_hash_table_add(seen, g_strdup(words[0]))) {
            continue;
        }
        features = g_strsplit(words[3], ",", -1);
        size.n_nodes++;
        size.n_kvm += g_strv_contains((const char *const *)features, SLURM_KVM);
        size.n_cpus = MIN(size.n_cpus, (guint)n_cpus);
        size.memory_mib = MIN(size.memory_mib, (guint)memory_mib);
    }
    return size;
}

gboolean slurm_look(SlurmSize *ret_size, GError **error)
{
    const char *argv[] = {
        "sinfo", "--noheader", "--Node", "--states=idle,alloc,mix", "--format=%n|%c|%m|%b", NULL};
    const ProcessSpec spec = {.argv = argv, .cwd = "/", .timeout_ms = COMMAND_TIMEOUT_MS};
    g_autoptr(ProcessResult) result = NULL;
    SlurmSize size;

    if (!process_run(&spec, &result, error)) {
        g_prefix_error(error, "--farm slurm: ");
        return FALSE;
    }
    if (!process_succeeded(result)) {
        complain(result, "sinfo", error);
        g_prefix_error(error, "--farm slurm: ");
        return FALSE;
    }
    size = slurm_parse_nodes(result->out);
    if (size.n_nodes == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "--farm slurm: no node of the cluster is up ('sinfo' tells why)");
        return FALSE;
    }
    *ret_size = size;
    return TRUE;
}
