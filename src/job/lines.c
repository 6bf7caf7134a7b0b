/* SPDX-License-Identifier: Apache-2.0
 * Crashes with lines of source. A kernel with debug information has them. One that was built
 * without, as while searching, has the source file of each function (its origins), which is all
 * that the search asks for; for the report the few objects that the crash has to do with are
 * compiled once more.
 */
#include "job/private.h"
#include "symbols/symbols.h"

#include <glib/gstdio.h>
#include <string.h>

/* Objects that are compiled for one report, at most: the first that it names. Real ones name some
 * dozen; one with the stacks of all tasks names hundreds. */
#define N_OBJECTS_MAX 40

/* What of a kernel is unpacked in the folder of the job. */
typedef struct Unpacked {
    char *vmlinux, *origins, *objects_dir;
    gboolean has_origins;
} Unpacked;

static void remove_folder(const char *dir)
{
    g_autoptr(GDir) open = g_dir_open(dir, 0, NULL);
    const char *name;

    while (open && (name = g_dir_read_name(open))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        if (g_unlink(path) != 0) {
            remove_folder(path);
        }
    }
    g_rmdir(dir);
}

static void unpacked_clear(Unpacked *unpacked)
{
    if (unpacked->vmlinux) {
        g_unlink(unpacked->vmlinux);
        g_unlink(unpacked->origins);
        remove_folder(unpacked->objects_dir);
    }
    g_free(unpacked->vmlinux);
    g_free(unpacked->origins);
    g_free(unpacked->objects_dir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Unpacked, unpacked_clear)

/* FALSE without error: there is no kernel. */
static gboolean unpack(const Job *job, const char *commit, Unpacked *unpacked, GError **error)
{
    const RevisionEvidence *evidence = g_hash_table_lookup(job->situation.evidence, commit);
    const Kernel *kernel = evidence ? evidence->kernel : NULL;
    g_autofree char *folder = store_job_dir(job->store, job->id);

    if (!kernel || !kernel->dir) {
        return FALSE;
    }
    unpacked->vmlinux = g_build_filename(folder, "vmlinux", NULL);
    unpacked->origins = g_build_filename(folder, "origins", NULL);
    unpacked->objects_dir = g_build_filename(folder, "objects", NULL);
    unpacked->has_origins = kernel_unpack(kernel, "origins", unpacked->origins, NULL);
    return kernel_unpack(kernel, "vmlinux", unpacked->vmlinux, error);
}

static SymbolsFiles files_of(Job *job, const Unpacked *unpacked)
{
    return (SymbolsFiles){.vmlinux = unpacked->vmlinux,
                          .source_dirs = job->farm->ops->source_prefixes(job->farm),
                          .origins = unpacked->has_origins ? unpacked->origins : NULL};
}

/* Owned by the caller. */
static char *symbolize(const SymbolsFiles *files, const char *report, GError **error)
{
    const char *const reports[] = {report, NULL};
    g_auto(GStrv) texts = symbols_reports_apart(files, reports, error);

    return texts ? g_strdup(texts[0]) : NULL;
}

char *job_symbolize(Job *job, const char *commit, const char *report)
{
    g_auto(Unpacked) unpacked = {0};
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    if (unpack(job, commit, &unpacked, &error)) {
        const SymbolsFiles files = files_of(job, &unpacked);

        text = symbolize(&files, report, &error);
    }
    if (error) {
        g_message("the crash report stays without line numbers: %s", error->message);
    }
    return text ? text : g_strdup(report);
}

/* Have the farm make @objects of the kernel of @commit. */
static gboolean make_objects(Job *job, const char *commit, char **objects, const char *dir,
                             GError **error)
{
    g_autoptr(GAsyncResult) res = NULL;

    job_tell(job, "compiling what the crash names, for its lines", NULL);
    job->farm->ops->objects_async(job->farm, commit, (const char *const *)objects, dir,
                                  job->cancellable, job_keep_result, &res);
    job_wait_for_result(&res);
    return job->farm->ops->objects_finish(job->farm, res, error);
}

/* With more lines than job_symbolize(); NULL where there are no more to be had. */
static char *symbolize_by_objects(Job *job, const char *commit, const char *report, GError **error)
{
    g_auto(Unpacked) unpacked = {0};
    g_auto(GStrv) objects = NULL;
    SymbolsFiles files;

    if (!unpack(job, commit, &unpacked, error) || !unpacked.has_origins) {
        return NULL;
    }
    files = files_of(job, &unpacked);
    objects = symbols_objects_apart(&files, report, error);
    if (!objects || !objects[0]) {
        return NULL;
    }
    for (guint i = g_strv_length(objects); i > N_OBJECTS_MAX; i--) {
        g_clear_pointer(&objects[i - 1], g_free);
    }
    if (!make_objects(job, commit, objects, unpacked.objects_dir, error)) {
        return NULL;
    }
    files.objects_dir = unpacked.objects_dir;
    return symbolize(&files, report, error);
}

char *job_symbolize_lines(Job *job, const char *commit, const char *report)
{
    g_autoptr(GError) error = NULL;
    char *text =
        job->farm->ops->objects_async ? symbolize_by_objects(job, commit, report, &error) : NULL;

    if (error) {
        g_message("the crash report stays without line numbers: %s", error->message);
    }
    return text ? text : job_symbolize(job, commit, report);
}

char *job_drop_unknown_lines(const char *report)
{
    GString *text = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(report, "\n", -1);

    for (char **line = lines; *line; line++) {
        gsize n = strlen(*line);

        if (strstr(*line, "+0x") && g_str_has_suffix(*line, ":0")) {
            n -= strlen(":0");
        }
        g_string_append_printf(text, "%s%.*s", line > lines ? "\n" : "", (int)n, *line);
    }
    return g_string_free(text, FALSE);
}
