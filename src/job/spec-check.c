/* SPDX-License-Identifier: Apache-2.0
 * Before work: is all there that the job needs, and is it what it should be?
 */
#include "job/private.h"

#include <glib/gstdio.h>
#include <string.h>

static const Tool tools[] = {
    {"git", "git", "reads the history, checks revisions out", TRUE},
    {"make", "make", "builds kernels", TRUE},
    {"gcc", "gcc", "compiles kernels and reproducers", TRUE, "--compiler"},
    {"ld", "binutils", "links kernels", TRUE},
    {"flex", "flex", "builds kernels (Kconfig)", TRUE},
    {"bison", "bison", "builds kernels (Kconfig)", TRUE},
    {"bc", "bc", "builds kernels (timeconst.h)", TRUE},
    {"/usr/include/gelf.h", "libelf-dev", "builds kernels (objtool)", TRUE},
    {"qemu-system-x86_64", "qemu-system-x86", "runs guests", TRUE, "--qemu"},
    {"/usr/include/openssl/opensslv.h", "libssl-dev", "builds kernels that sign modules", FALSE},
    {"ccache", "ccache", "makes repeated builds faster", FALSE},
    {"bwrap", "bubblewrap", "keeps builds from network and home", FALSE},
    {"perl", "perl", "finds maintainers (get_maintainer.pl)", FALSE},
    {"busybox", "busybox-static", "runs shell-script reproducers", FALSE},
    {"clang", "clang", "compiles kernels that want it", FALSE},
    {"curl", "curl", "tells a URL of answers (--webhook)", FALSE},
    {NULL},
};

const Tool *job_tools(void)
{
    return tools;
}

char *job_find_tool(const Tool *tool)
{
    if (!g_path_is_absolute(tool->program)) {
        return g_find_program_in_path(tool->program);
    }
    return g_file_test(tool->program, G_FILE_TEST_EXISTS) ? g_strdup(tool->program) : NULL;
}

gboolean job_invalid(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_propagate_error(error,
                      g_error_new_valist(G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, format, args));
    va_end(args);
    return FALSE;
}

static gboolean check_tool(const Tool *tool, GError **error)
{
    g_autofree char *path = job_find_tool(tool);

    if (path) {
        return TRUE;
    }
    return job_invalid(error, "%s%s'%s' is not installed: apt-get install %s",
                       tool->option ? tool->option : "", tool->option ? ": " : "", tool->program,
                       tool->package);
}

/* The compiler and the QEMU that are needed are those that @spec names. */
static gboolean check_tools(const JobSpec *spec, GError **error)
{
    const Tool compiler = {.program = spec->compiler,
                           .package = spec->compiler,
                           .option = "--compiler"},
               qemu = {.program = spec->qemu, .package = "qemu-system-x86", .option = "--qemu"};

    for (const Tool *tool = tools; tool->program; tool++) {
        if (tool->required && !tool->option && !check_tool(tool, error)) {
            return FALSE;
        }
    }
    return (g_str_equal(spec->compiler, "auto") || check_tool(&compiler, error)) &&
           check_tool(&qemu, error);
}

/* Is @line one that Kconfig writes or reads? */
static gboolean is_config_line(const char *line)
{
    if (g_str_has_prefix(line, "CONFIG_")) {
        return strchr(line, '=') != NULL;
    }
    return !*line || *line == '#';
}

/* Does @line say that the config is of an architecture that is not x86? */
static gboolean is_of_other_arch(const char *line)
{
    static const char *const others[] = {"CONFIG_ARM64=y",
                                         "CONFIG_ARM=y",
                                         "CONFIG_RISCV=y",
                                         "CONFIG_PPC=y",
                                         "CONFIG_S390=y",
                                         "CONFIG_MIPS=y",
                                         "CONFIG_SPARC=y",
                                         "CONFIG_M68K=y",
                                         "CONFIG_SUPERH=y",
                                         "CONFIG_PARISC=y",
                                         "CONFIG_ALPHA=y",
                                         "CONFIG_LOONGARCH=y",
                                         NULL};

    return g_strv_contains(others, line);
}

/* Is all in the file @path, of @option, what a .config has? @n_set: the options that it sets. */
static gboolean check_config_lines(const char *path, const char *option, guint *n_set,
                                   GError **error)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    *n_set = 0;
    if (!g_file_get_contents(path, &text, NULL, error)) {
        g_prefix_error(error, "%s: ", option);
        return FALSE;
    }
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        g_strchomp(lines[i]);
        if (!is_config_line(lines[i])) {
            g_autofree char *start = g_strndup(lines[i], 40);
            g_autofree char *shown = g_utf8_make_valid(start, -1);

            return job_invalid(error, "%s: %s:%u: '%s' is not a line of a kernel .config", option,
                               path, i + 1, shown);
        }
        if (is_of_other_arch(lines[i])) {
            return job_invalid(error, "%s: %s is of another architecture (%s): only x86 is built",
                               option, path, lines[i]);
        }
        *n_set += g_str_has_prefix(lines[i], "CONFIG_");
    }
    return TRUE;
}

/* The config, and the baseline where it is used; that one may be empty. */
static gboolean check_configs(const JobSpec *spec, GError **error)
{
    guint n_set;

    if (spec->minimise && spec->baseline &&
        !check_config_lines(spec->baseline, "--baseline", &n_set, error)) {
        return FALSE;
    }
    return check_config_lines(spec->config, "--config", &n_set, error) &&
           (n_set ||
            job_invalid(error,
                        "--config: %s sets no option: give the .config of the kernel that crashed",
                        spec->config));
}

static gboolean check_file(const char *path, const char *option, GError **error)
{
    g_autoptr(GMappedFile) file = inputs_map(path, option, error);

    if (!file) {
        return FALSE;
    }
    if (g_mapped_file_get_length(file) == 0) {
        return job_invalid(error, "%s: %s is empty", option, path);
    }
    return TRUE;
}

/* Prepare the reproducer once for trial, so that one that does not compile is known before any
 * work. */
static gboolean try_repro(const JobSpec *spec, const Toolchains *toolchains, GError **error)
{
    g_autofree char *folder = g_dir_make_tmp("firstbad-XXXXXX", error);
    ReproOptions options = inputs_repro_options(spec, toolchains_host_compiler(toolchains));
    g_autoptr(Repro) repro = folder ? repro_prepare(spec->repro, &options, folder, error) : NULL;

    if (repro) {
        g_unlink(repro->path);
    } else {
        g_prefix_error(error, "--repro: ");
    }
    if (folder) {
        g_rmdir(folder);
    }
    return repro != NULL;
}

static gboolean check_repro(const JobSpec *spec, const Toolchains *toolchains, GError **error)
{
    return inputs_build_syzkaller(spec)
               ? syzkaller_check(inputs_syzkaller(spec), spec->syzkaller_commit, error)
               : try_repro(spec, toolchains, error);
}

/* Are there compilers, and can the tables be read? And the reproducer, which one of them compiles.
 */
static gboolean check_toolchains(const JobSpec *spec, GError **error)
{
    g_autofree char *config = NULL;
    g_autoptr(Toolchains) toolchains = NULL;

    if (!g_file_get_contents(spec->config, &config, NULL, error)) {
        return FALSE;
    }
    toolchains = toolchains_new(spec->compiler, config, spec->toolchains, spec->options, error);
    return toolchains && (!spec->repro || check_repro(spec, toolchains, error));
}

/* Is the bug something that a program brings about? */
static gboolean needs_repro(const JobSpec *spec)
{
    return g_str_equal(spec->bug, bug_kind_name(BUG_CRASH)) ||
           g_str_equal(spec->bug, bug_kind_name(BUG_HANG));
}

/* What counts as the bug. */
static gboolean check_bug(const JobSpec *spec, GError **error)
{
    g_autoptr(GRegex) titles = NULL;
    BugKind kind;

    if (!bug_kind_parse(spec->bug, &kind)) {
        return job_invalid(error, "--bug: '%s' is none of crash, hang, boot, basic, build",
                           spec->bug);
    }
    if (kind == BUG_BUILD && (spec->title || spec->title_match)) {
        return job_invalid(error, "--title%s: a build has no crash", spec->title ? "" : "-match");
    }
    if (spec->title && spec->title_match) {
        return job_invalid(error, "--title-match: give it or --title, not both");
    }
    titles = spec->title_match ? g_regex_new(spec->title_match, G_REGEX_RAW, 0, error) : NULL;
    if (spec->title_match && !titles) {
        g_prefix_error(error, "--title-match: ");
        return FALSE;
    }
    return TRUE;
}

static gboolean check_timeout(guint timeout_s, const char *option, GError **error)
{
    return timeout_s || job_invalid(error, "%s: at least 1 second", option);
}

/* A name of digits would be taken for a job's number, one with a dash at its begin for an option,
 * and lists of names have one on each line. */
static gboolean check_name(const char *name, GError **error)
{
    if (!name) {
        return TRUE;
    }
    if (!name[strspn(name, "0123456789")]) {
        return job_invalid(error, "--name: '%s' is a number, which names another job: add a letter",
                           name);
    }
    if (*name == '-' || strchr(name, '\n')) {
        return job_invalid(error, "--name: a name has one line, and does not begin with '-'");
    }
    return TRUE;
}

static gboolean check_backports(const char *path, GError **error)
{
    g_autoptr(GPtrArray) backports = backports_read(path, error);

    if (!backports) {
        g_prefix_error(error, "--backports: ");
    }
    return backports != NULL;
}

/* Where it is done; and nothing is said of a cluster where there is none. */
static gboolean check_farm(const JobSpec *spec, GError **error)
{
    if (g_str_equal(spec->farm, "slurm")) {
        return TRUE;
    }
    if (!g_str_equal(spec->farm, "local")) {
        return job_invalid(error, "--farm: '%s' is none of local, slurm", spec->farm);
    }
    if (spec->n_workers || spec->slurm_args || spec->scratch) {
        return job_invalid(error, "--%s: it is for --farm slurm",
                           spec->n_workers    ? "workers"
                           : spec->slurm_args ? "slurm-arg"
                                              : "scratch");
    }
    return TRUE;
}

static gboolean check_kernel_inputs(const Repo *repo, JobSpec *spec, GError **error)
{
    g_autoptr(GBytes) kconfig = NULL;

    if (!check_configs(spec, error) ||
        (spec->repro && !check_file(spec->repro, "--repro", error)) ||
        !check_backports(spec->backports, error)) {
        return FALSE;
    }
    kconfig = repo_read_file(repo, spec->start, "Kconfig", NULL);
    if (!kconfig) {
        return job_invalid(error, "--tree: %s is not a Linux tree at %.12s: it has no Kconfig",
                           spec->tree, spec->start);
    }
    if (!check_farm(spec, error)) {
        return FALSE;
    }
    if (!g_str_equal(spec->accel, "auto") && !g_str_equal(spec->accel, "kvm") &&
        !g_str_equal(spec->accel, "tcg")) {
        return job_invalid(error, "--accel: '%s' is none of auto, kvm, tcg", spec->accel);
    }
    if (spec->memory_mib < 32) {
        return job_invalid(error, "--memory: a guest needs at least 32 MiB");
    }
    if (spec->n_cpus == 0) {
        return job_invalid(error, "--cpus: a guest needs at least 1");
    }
    if (!check_timeout(spec->build_timeout_s, "--build-timeout", error) ||
        !check_timeout(spec->boot_timeout_s, "--boot-timeout", error) ||
        !check_timeout(spec->trial_timeout_s, "--trial-timeout", error)) {
        return FALSE;
    }
    return check_tools(spec, error) && inputs_check(spec, error) && check_toolchains(spec, error);
}

/* Paths are those of the tree, wherever the user stands. */
static gboolean check_suspects(const char *list, GError **error)
{
    g_auto(GStrv) paths = g_strsplit(list ? list : "", ";", -1);

    for (char **path = paths; *path; path++) {
        g_strstrip(*path);
        if (g_path_is_absolute(*path) || g_str_has_prefix(*path, "../")) {
            return job_invalid(error, "--suspect: '%s': name it from the top of the tree", *path);
        }
    }
    return TRUE;
}

/* What the user says of the revisions before any of them is tried. */
static gboolean check_prior(const Repo *repo, const JobSpec *spec, GError **error)
{
    g_autofree char *weights = NULL;

    if (!check_suspects(spec->suspects, error)) {
        return FALSE;
    }
    weights = spec->weights ? weights_resolve(repo, spec->weights, error) : NULL;
    return weights || !spec->weights;
}

static gboolean check_webhook(const JobSpec *spec, GError **error)
{
    g_autofree char *curl = spec->webhook ? g_find_program_in_path("curl") : NULL;

    if (!spec->webhook) {
        return !spec->webhook_secret || job_invalid(error, "--webhook-secret: it is for --webhook");
    }
    if (!job_check_webhook(spec->webhook, error)) {
        return FALSE;
    }
    if (!curl) {
        return job_invalid(error, "--webhook: curl is not installed (package curl)");
    }
    return !spec->webhook_secret || check_file(spec->webhook_secret, "--webhook-secret", error);
}

/* Is all given that no job can do without? It is asked before anything is read. */
static gboolean check_given(const JobSpec *spec, GError **error)
{
    gboolean run = job_spec_is_run(spec);
    const char *start_option = run ? "--bad" : "--start";

    if (!spec->tree) {
        return job_invalid(error, "%s is missing: the git repository to search",
                           run ? "--repo" : "--tree");
    }
    if (!spec->start && !spec->start_title && !spec->tried) {
        return job_invalid(error, "%s is missing: a commit that %s", start_option,
                           run ? "is bad" : "crashes");
    }
    if (run && !spec->test_command) {
        return job_invalid(
            error, "--test is missing: a command that exits with 0 when a revision is good");
    }
    if (run && !spec->fix && !spec->good && !spec->tried) {
        return job_invalid(error, "--good is missing: a commit that is good");
    }
    if (!run && !spec->config) {
        return job_invalid(error, "--config is missing: the .config of the kernel that crashed");
    }
    if (!run && !spec->repro && needs_repro(spec)) {
        return job_invalid(error,
                           "--repro is missing: a reproducer (C source, static binary or script)");
    }
    return TRUE;
}

gboolean job_check_spec(JobSpec *spec, GError **error)
{
    g_autoptr(Repo) repo = NULL;

    if (!check_bug(spec, error) || !check_given(spec, error)) {
        return FALSE;
    }
    if (spec->max_trials < 2) {
        return job_invalid(error, "--max-trials: at least 2");
    }
    if (!check_name(spec->name, error) || !check_webhook(spec, error) ||
        !check_tool(&tools[0], error)) {
        return FALSE;
    }
    repo = repo_open(spec->tree, error);
    if (!repo) {
        g_prefix_error(error, "%s: ", job_spec_is_run(spec) ? "--repo" : "--tree");
        return FALSE;
    }
    if (!ends_check(repo, spec, error)) {
        return FALSE;
    }
    return check_prior(repo, spec, error) &&
           (job_spec_is_run(spec) || check_kernel_inputs(repo, spec, error));
}
