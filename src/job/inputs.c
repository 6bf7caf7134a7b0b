/* SPDX-License-Identifier: Apache-2.0
 * What the user gives for the guests, kept in the job's folder.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "job/private.h"
#include "process/process.h"

/* Files that are copied as they are, and the folder of each. */
static const struct {
    const char *key, *folder;
} copied[] = {
    {"config", "config"},       {"repro", "repro"},           {"sysctl", "sysctl"},
    {"options", "options"},     {"repro-opts", "repro-opts"}, {"syz-execprog", "execprog"},
    {"backports", "backports"}, {"toolchains", "toolchains"}, {"syz-executor", "executor"},
    {"baseline", "baseline"},   {"bisect-log", "bisect-log"},
};

/* --- Taken ----------------------------------------------------------------------------------- */

gboolean inputs_keep(const char *path, const char *bytes, gsize n_bytes, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);

    g_mkdir_with_parents(folder, 0700);
    return g_file_set_contents_full(path, bytes, (gssize)n_bytes,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0600, error);
}

char *inputs_copy(const char *path, const char *job_dir, const char *what, GError **error)
{
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *copy = g_build_filename(job_dir, "inputs", what, name, NULL);
    g_autofree char *bytes = NULL;
    gsize n_bytes;

    if (g_file_test(copy, G_FILE_TEST_EXISTS)) {
        return g_steal_pointer(&copy);
    }
    if (!g_file_get_contents(path, &bytes, &n_bytes, error) ||
        !inputs_keep(copy, bytes, n_bytes, error)) {
        return NULL;
    }
    return g_steal_pointer(&copy);
}

char *job_take_input(const JobSpec *spec, const char *key, const char *job_dir, GError **error)
{
    g_autofree char *path = job_spec_get(spec, key);
    char *copy = path ? inputs_copy(path, job_dir, key, error) : NULL;

    if (path && !copy) {
        g_prefix_error(error, "--%s: ", key);
    }
    return copy;
}

/* Where the job keeps the archive @name. Owned by the caller. */
static char *archive_path(const char *job_dir, const char *name)
{
    g_autofree char *folder = g_build_filename(job_dir, "inputs", NULL);

    g_mkdir_with_parents(folder, 0700);
    return g_build_filename(folder, name, NULL);
}

/* Files and modules, in one archive. */
static gboolean take_files(FarmInputs *inputs, const JobSpec *spec, const char *job_dir,
                           GError **error)
{
    g_auto(GStrv) texts = inputs_split(spec->files);

    for (char **text = texts; *text; text++) {
        GuestFile *file = guest_file_parse(*text, error);

        if (!file) {
            return FALSE;
        }
        g_ptr_array_add(inputs->files, file);
    }
    g_strfreev(inputs->modules);
    inputs->modules = inputs_split(spec->modules);
    if (!spec->files && !spec->modules) {
        return TRUE;
    }
    inputs->archive = archive_path(job_dir, "files.cpio");
    return g_file_test(inputs->archive, G_FILE_TEST_EXISTS) ||
           guest_pack_files(inputs->files, (const char *const *)inputs->modules, inputs->archive,
                            error);
}

static gboolean take_sysctls(FarmInputs *inputs, const JobSpec *spec, const char *job_dir,
                             GError **error)
{
    g_autofree char *copy =
        spec->sysctl ? inputs_copy(spec->sysctl, job_dir, "sysctl", error) : NULL;
    char **settings = copy || !spec->sysctl ? inputs_read_sysctls(copy, error) : NULL;

    if (!settings) {
        return FALSE;
    }
    g_strfreev(inputs->sysctls);
    inputs->sysctls = settings;
    return TRUE;
}

/* --- Root file systems ----------------------------------------------------------------------- */

/* A folder's archive is the job's copy, and what it was packed from is not asked again. */
static gboolean take_folder(FarmRoot *root, const char *path, GError **error)
{
    if (g_file_test(root->archive, G_FILE_TEST_EXISTS)) {
        root->rootfs = g_new0(Rootfs, 1);
        root->rootfs->path = g_strdup(path);
        return TRUE;
    }
    root->rootfs = rootfs_look(path, error);
    return root->rootfs && rootfs_pack(path, root->archive, error);
}

/* By what an image is known again: its size and the time of its last change. Owned by the caller.
 */
static char *describe_image(const char *path)
{
    GStatBuf status;

    return g_stat(path, &status)
               ? NULL
               : g_strdup_printf("%s\n%" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld\n", path,
                                 (gint64)status.st_size, (gint64)status.st_mtim.tv_sec,
                                 status.st_mtim.tv_nsec);
}

/* @record: what was known of it when the job began. */
static gboolean check_image(const char *path, const char *record, GError **error)
{
    g_autofree char *now = describe_image(path);
    g_autofree char *before = NULL;

    if (!now) {
        return job_invalid(error, "--rootfs: %s is not there any more", path);
    }
    if (!g_file_get_contents(record, &before, NULL, NULL)) {
        return inputs_keep(record, now, strlen(now), error);
    }
    return g_str_equal(now, before) ||
           job_invalid(error,
                       "--rootfs: %s has changed since this job began: put back what was there, or "
                       "begin a new job",
                       path);
}

/* What kernels need to see the image is put into the job's .config @text. */
static gboolean take_image(FarmRoot *root, const char *path, const char *record, GString *config,
                           GPtrArray *notes, GError **error)
{
    g_auto(GStrv) missing = NULL;
    g_autofree char *list = NULL;

    root->rootfs = check_image(path, record, error) ? rootfs_look(path, error) : NULL;
    if (!root->rootfs) {
        return FALSE;
    }
    root->bus = disk_choose_bus(config->str, root->rootfs, &missing);
    if (!*missing) {
        return TRUE;
    }
    for (char **option = missing; *option; option++) {
        g_string_append_printf(config, "%s=y\n", *option);
    }
    list = g_strjoinv(" ", missing);
    g_ptr_array_add(notes,
                    g_strdup_printf("added to the config, so that kernels see %s: %s", path, list));
    return TRUE;
}

/* Root number @i, of the user's @text. */
static FarmRoot *take_root(const char *text, guint i, const char *job_dir, GString *config,
                           GPtrArray *notes, GError **error)
{
    g_autoptr(FarmRoot) root = g_new0(FarmRoot, 1);
    g_autofree char *archive_name = g_strdup_printf("rootfs-%u.cpio", i);
    g_autofree char *record_name = g_strdup_printf("rootfs-%u.image", i);
    g_autofree char *record = archive_path(job_dir, record_name);
    const char *path = farm_root_path(text, &root->span);

    root->archive = archive_path(job_dir, archive_name);
    if (g_file_test(root->archive, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_DIR)) {
        return take_folder(root, path, error) ? g_steal_pointer(&root) : NULL;
    }
    g_clear_pointer(&root->archive, g_free);
    return take_image(root, path, record, config, notes, error) ? g_steal_pointer(&root) : NULL;
}

static gboolean take_rootfs(FarmInputs *inputs, const JobSpec *spec, const char *job_dir,
                            GString *config, GPtrArray *notes, GError **error)
{
    g_auto(GStrv) texts = inputs_split(spec->rootfs);

    for (guint i = 0; texts[i]; i++) {
        FarmRoot *root = take_root(texts[i], i, job_dir, config, notes, error);

        if (!root) {
            return FALSE;
        }
        g_ptr_array_add(inputs->roots, root);
    }
    return TRUE;
}

/* --- Programs of syzkaller's ----------------------------------------------------------------- */

/* The options of --repro for a trial preparation, before any work. */
ReproOptions inputs_repro_options(const JobSpec *spec, const char *compiler)
{
    return (ReproOptions){.compiler = compiler,
                          .has_rootfs = spec->rootfs != NULL,
                          .syz_execprog = spec->syz_execprog,
                          .syz_executor = spec->syz_executor,
                          .syz_options = spec->repro_opts};
}

const char *inputs_syzkaller(const JobSpec *spec)
{
    return spec->syzkaller ? spec->syzkaller : g_getenv("FIRSTBAD_SYZKALLER");
}

gboolean inputs_build_syzkaller(const JobSpec *spec)
{
    return repro_is_syz(spec->repro) && !spec->syz_execprog && !spec->syz_executor &&
           inputs_syzkaller(spec);
}

static gboolean take_syzkaller(FarmInputs *inputs, const JobSpec *spec, const char *job_dir,
                               GPtrArray *notes, GError **error)
{
    g_autofree char *folder = g_build_filename(job_dir, "syzkaller", NULL);

    inputs->syz_options =
        spec->repro_opts ? inputs_copy(spec->repro_opts, job_dir, "repro-opts", error) : NULL;
    if (spec->repro_opts && !inputs->syz_options) {
        return FALSE;
    }
    if (inputs_build_syzkaller(spec)) {
        const char *commit = spec->syzkaller_commit ? spec->syzkaller_commit : "HEAD";
        char *note = NULL;
        gboolean built =
            syzkaller_build(inputs_syzkaller(spec), commit, folder, &inputs->syz_execprog,
                            &inputs->syz_executor, &note, error);

        if (note) {
            g_ptr_array_add(notes, note);
        }
        return built;
    }
    inputs->syz_execprog =
        spec->syz_execprog ? inputs_copy(spec->syz_execprog, job_dir, "execprog", error) : NULL;
    inputs->syz_executor = inputs->syz_execprog && spec->syz_executor
                               ? inputs_copy(spec->syz_executor, job_dir, "executor", error)
                               : NULL;
    return inputs->syz_executor || !spec->syz_executor;
}

/* --- All together ---------------------------------------------------------------------------- */

/* The user's .config, once. */
static char *read_config(const JobSpec *spec, const char *job_dir, char **ret_copy, GError **error)
{
    char *text = NULL;

    *ret_copy = inputs_copy(spec->config, job_dir, "config", error);
    if (*ret_copy && !g_file_get_contents(*ret_copy, &text, NULL, error)) {
        g_clear_pointer(ret_copy, g_free);
    }
    return text;
}

/* The job's .config, with what its root file systems need, and these. */
static gboolean take_config(FarmInputs *inputs, const JobSpec *spec, const char *job_dir,
                            GPtrArray *notes, char **ret_config, GError **error)
{
    g_autofree char *copy = NULL;
    g_autofree char *text = read_config(spec, job_dir, &copy, error);
    g_autoptr(GString) config = g_string_new(text);
    gsize n_config = config->len;

    if (!text) {
        return FALSE;
    }
    if (config->len && config->str[config->len - 1] != '\n') {
        g_string_append_c(config, '\n');
        n_config++;
    }
    if (spec->rootfs && !take_rootfs(inputs, spec, job_dir, config, notes, error)) {
        return FALSE;
    }
    if (config->len > n_config && !inputs_keep(copy, config->str, config->len, error)) {
        return FALSE;
    }
    *ret_config = g_steal_pointer(&copy);
    return TRUE;
}

static void tell_qemu_args(char *const *args, GPtrArray *notes)
{
    for (; *args; args++) {
        if (qemu_arg_opens(*args)) {
            g_ptr_array_add(notes, g_strdup_printf("guests are not cut off from this machine: you "
                                                   "asked for it by --qemu-arg=%s",
                                                   *args));
        }
    }
}

/* In place of a reproducer, where none is needed. */
static char *idle_repro(const char *job_dir, GError **error)
{
    static const char source[] = "int main(void)\n{\n    return 0;\n}\n";
    g_autofree char *path = g_build_filename(job_dir, "inputs", "repro", "idle.c", NULL);

    return inputs_keep(path, source, strlen(source), error) ? g_steal_pointer(&path) : NULL;
}

FarmInputs *inputs_take(const JobSpec *spec, const char *job_dir, GPtrArray *notes,
                        char **ret_config, GError **error)
{
    g_autoptr(FarmInputs) inputs = farm_inputs_new();

    g_strfreev(inputs->qemu_args);
    inputs->qemu_args = inputs_split(spec->qemu_args);
    tell_qemu_args(inputs->qemu_args, notes);
    inputs->repro = spec->repro ? inputs_copy(spec->repro, job_dir, "repro", error)
                                : idle_repro(job_dir, error);
    if (!inputs->repro || !take_files(inputs, spec, job_dir, error) ||
        !take_sysctls(inputs, spec, job_dir, error) ||
        (repro_is_syz(inputs->repro) && !take_syzkaller(inputs, spec, job_dir, notes, error)) ||
        !take_config(inputs, spec, job_dir, notes, ret_config, error)) {
        return NULL;
    }
    return g_steal_pointer(&inputs);
}

gboolean inputs_take_files(const JobSpec *spec, const char *job_dir, GError **error)
{
    g_autoptr(FarmInputs) inputs = farm_inputs_new();
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *config = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(copied); i++) {
        g_autofree char *path = job_spec_get(spec, copied[i].key);
        g_autofree char *copy = path ? inputs_copy(path, job_dir, copied[i].folder, error) : NULL;

        if (path && !copy) {
            g_prefix_error(error, "--%s: ", copied[i].key);
            return FALSE;
        }
    }
    return take_files(inputs, spec, job_dir, error) &&
           (!spec->config || take_config(inputs, spec, job_dir, notes, &config, error));
}

/* --- Compared -------------------------------------------------------------------------------- */

char *inputs_copy_of(const char *key, const char *path, const char *job_dir)
{
    g_autofree char *name = g_path_get_basename(path), *copy = NULL;

    if (g_str_equal(key, "prior")) {
        copy = weights_path(job_dir);
    }
    for (guint i = 0; i < G_N_ELEMENTS(copied); i++) {
        if (g_str_equal(key, copied[i].key)) {
            copy = g_build_filename(job_dir, "inputs", copied[i].folder, name, NULL);
        }
    }
    return copy && g_file_test(copy, G_FILE_TEST_EXISTS) ? g_steal_pointer(&copy) : NULL;
}

static gboolean have_same_bytes(const char *a, const char *b)
{
    g_autoptr(GMappedFile) file_a = g_mapped_file_new(a, FALSE, NULL),
                           file_b = g_mapped_file_new(b, FALSE, NULL);
    gsize n = file_a ? g_mapped_file_get_length(file_a) : 0;

    return file_a && file_b && g_mapped_file_get_length(file_b) == n &&
           (n == 0 ||
            memcmp(g_mapped_file_get_contents(file_a), g_mapped_file_get_contents(file_b), n) == 0);
}

/* Of files and modules: packed again, are they the job's archive? */
static gboolean are_files_as_taken(const JobSpec *spec, const char *job_dir, const char *scratch)
{
    g_autoptr(FarmInputs) inputs = farm_inputs_new();
    g_autofree char *archive = g_build_filename(job_dir, "inputs", "files.cpio", NULL),
                    *now = g_build_filename(scratch, "inputs", "files.cpio", NULL);

    return take_files(inputs, spec, scratch, NULL) && have_same_bytes(archive, now);
}

static gboolean are_roots_as_taken(const JobSpec *spec, const char *job_dir, const char *scratch)
{
    g_auto(GStrv) texts = inputs_split(spec->rootfs);

    for (guint i = 0; texts[i]; i++) {
        const char *path = farm_root_path(texts[i], NULL);
        g_autofree char *archive = g_strdup_printf("%s/inputs/rootfs-%u.cpio", job_dir, i),
                        *record = g_strdup_printf("%s/inputs/rootfs-%u.image", job_dir, i),
                        *now = g_build_filename(scratch, "rootfs.cpio", NULL),
                        *image = describe_image(path), *before = NULL;

        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            if (!rootfs_pack(path, now, NULL) || !have_same_bytes(archive, now)) {
                return FALSE;
            }
        } else if (!g_file_get_contents(record, &before, NULL, NULL) ||
                   g_strcmp0(before, image) != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean inputs_are_as_taken(const JobSpec *spec, const char *key, const char *job_dir)
{
    g_autofree char *scratch = g_dir_make_tmp("firstbad-XXXXXX", NULL);
    gboolean same;

    if (!scratch) {
        return FALSE;
    }
    same = g_str_equal(key, "rootfs") ? are_roots_as_taken(spec, job_dir, scratch)
                                      : are_files_as_taken(spec, job_dir, scratch);
    process_remove_tree(scratch);
    return same;
}

gboolean inputs_add_options(const JobSpec *spec, const char *config)
{
    g_auto(GStrv) texts = inputs_split(spec->rootfs);
    g_autofree char *text = NULL;
    gboolean adds = FALSE;

    if (!g_file_get_contents(config, &text, NULL, NULL)) {
        return FALSE;
    }
    for (char **root = texts; *root; root++) {
        const char *path = farm_root_path(*root, NULL);
        g_autoptr(Rootfs) rootfs =
            g_file_test(path, G_FILE_TEST_IS_DIR) ? NULL : rootfs_look(path, NULL);
        g_auto(GStrv) missing = NULL;

        if (rootfs) {
            disk_choose_bus(text, rootfs, &missing);
            adds = adds || (missing && *missing);
        }
    }
    return adds;
}
