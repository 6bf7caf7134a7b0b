/* SPDX-License-Identifier: Apache-2.0
 * Before work: is all there that the job needs, and how can this machine do it.
 */
#include "job/private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

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

static gboolean invalid(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean invalid(GError **error, const char *format, ...)
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
    return invalid(error, "%s%s'%s' is not installed: apt-get install %s",
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

            return invalid(error, "%s: %s:%u: '%s' is not a line of a kernel .config", option, path,
                           i + 1, shown);
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
            invalid(error,
                    "--config: %s sets no option: give the .config of the kernel that crashed",
                    spec->config));
}

static gboolean check_file(const char *path, const char *option, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);

    if (!file) {
        g_prefix_error(error, "%s: ", option);
        return FALSE;
    }
    if (g_mapped_file_get_length(file) == 0) {
        return invalid(error, "%s: %s is empty", option, path);
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
        return invalid(error, "--bug: '%s' is none of crash, hang, boot, basic, build", spec->bug);
    }
    if (kind == BUG_BUILD && (spec->title || spec->title_match)) {
        return invalid(error, "--title%s: a build has no crash", spec->title ? "" : "-match");
    }
    if (spec->title && spec->title_match) {
        return invalid(error, "--title-match: give it or --title, not both");
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
    return timeout_s || invalid(error, "%s: at least 1 second", option);
}

/* A name of digits would be taken for a job's number. */
static gboolean check_name(const char *name, GError **error)
{
    return !name || name[strspn(name, "0123456789")] ||
           invalid(error, "--name: '%s' is a number, which names another job: add a letter", name);
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
        return invalid(error, "--farm: '%s' is none of local, slurm", spec->farm);
    }
    if (spec->n_workers || spec->slurm_args || spec->scratch) {
        return invalid(error, "--%s: it is for --farm slurm",
                       spec->n_workers    ? "workers"
                       : spec->slurm_args ? "slurm-arg"
                                          : "scratch");
    }
    return TRUE;
}

static gboolean check_kernel_inputs(const Repo *repo, JobSpec *spec, GError **error)
{
    g_autoptr(GBytes) kconfig = NULL;

    if (!spec->config) {
        return invalid(error, "--config is missing: the .config of the kernel that crashed");
    }
    if (!spec->repro && needs_repro(spec)) {
        return invalid(error,
                       "--repro is missing: a reproducer (C source, static binary or script)");
    }
    if (!check_configs(spec, error) ||
        (spec->repro && !check_file(spec->repro, "--repro", error)) ||
        !check_backports(spec->backports, error)) {
        return FALSE;
    }
    kconfig = repo_read_file(repo, spec->start, "Kconfig", NULL);
    if (!kconfig) {
        return invalid(error, "--tree: %s is not a Linux tree at %.12s: it has no Kconfig",
                       spec->tree, spec->start);
    }
    if (!check_farm(spec, error)) {
        return FALSE;
    }
    if (!g_str_equal(spec->accel, "auto") && !g_str_equal(spec->accel, "kvm") &&
        !g_str_equal(spec->accel, "tcg")) {
        return invalid(error, "--accel: '%s' is none of auto, kvm, tcg", spec->accel);
    }
    if (spec->memory_mib < 32) {
        return invalid(error, "--memory: a guest needs at least 32 MiB");
    }
    if (spec->n_cpus == 0) {
        return invalid(error, "--cpus: a guest needs at least 1");
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
            return invalid(error, "--suspect: '%s': name it from the top of the tree", *path);
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
        return !spec->webhook_secret || invalid(error, "--webhook-secret: it is for --webhook");
    }
    if (!job_check_webhook(spec->webhook, error)) {
        return FALSE;
    }
    if (!curl) {
        return invalid(error, "--webhook: curl is not installed (package curl)");
    }
    return !spec->webhook_secret || check_file(spec->webhook_secret, "--webhook-secret", error);
}

gboolean job_check_spec(JobSpec *spec, GError **error)
{
    gboolean run = job_spec_is_run(spec);
    const char *tree_option = run ? "--repo" : "--tree", *start_option = run ? "--bad" : "--start";
    g_autoptr(Repo) repo = NULL;

    if (!spec->tree) {
        return invalid(error, "%s is missing: the git repository to search", tree_option);
    }
    if (!spec->start && !spec->start_title && !spec->tried) {
        return invalid(error, "%s is missing: a commit that %s", start_option,
                       run ? "is bad" : "crashes");
    }
    if (run && !spec->test_command) {
        return invalid(error,
                       "--test is missing: a command that exits with 0 when a revision is good");
    }
    if (run && !spec->fix && !spec->good && !spec->tried) {
        return invalid(error, "--good is missing: a commit that is good");
    }
    if (spec->max_trials < 2) {
        return invalid(error, "--max-trials: at least 2");
    }
    if (!check_name(spec->name, error) || !check_webhook(spec, error) ||
        !check_tool(&tools[0], error)) {
        return FALSE;
    }
    repo = repo_open(spec->tree, error);
    if (!repo) {
        g_prefix_error(error, "%s: ", tree_option);
        return FALSE;
    }
    if (!ends_check(repo, spec, error)) {
        return FALSE;
    }
    return check_prior(repo, spec, error) && check_bug(spec, error) &&
           (run || check_kernel_inputs(repo, spec, error));
}

/* --- Opening --------------------------------------------------------------------------------- */

void job_setup_free(JobSetup *setup)
{
    if (!setup) {
        return;
    }
    g_clear_pointer(&setup->farm, farm_free);
    g_clear_pointer(&setup->inputs, farm_inputs_free);
    g_clear_pointer(&setup->kernels, kernel_store_free);
    g_clear_pointer(&setup->toolchains, toolchains_free);
    g_clear_pointer(&setup->repo, repo_free);
    g_clear_pointer(&setup->reader, oops_reader_free);
    g_clear_pointer(&setup->notes, g_ptr_array_unref);
    g_free(setup);
}

static Accel wanted_accel(const JobSpec *spec)
{
    if (g_str_equal(spec->accel, accel_name(ACCEL_KVM))) {
        return ACCEL_KVM;
    }
    /* A build needs no guest. */
    return g_str_equal(spec->accel, accel_name(ACCEL_TCG)) ||
                   g_str_equal(spec->bug, bug_kind_name(BUG_BUILD))
               ? ACCEL_TCG
               : ACCEL_AUTO;
}

static Accel choose_accel(const JobSpec *spec, GPtrArray *notes)
{
    g_autofree char *why = NULL;
    Accel wanted = wanted_accel(spec);

    if (wanted != ACCEL_AUTO) {
        return wanted;
    }
    if (guest_kvm_works(spec->qemu, &why)) {
        return ACCEL_KVM;
    }
    g_ptr_array_add(notes,
                    g_strdup_printf("KVM cannot be used, guests are emulated (TCG): %s", why));
    return ACCEL_TCG;
}

/* May QEMU confine itself? Said once when not. */
static gboolean check_sandbox(const JobSpec *spec, GPtrArray *notes)
{
    g_autofree char *why = NULL;

    if (guest_sandbox_works(spec->qemu, &why)) {
        return TRUE;
    }
    g_ptr_array_add(notes, g_strdup_printf("guests run without QEMU's seccomp sandbox: %s", why));
    return FALSE;
}

/* Keep the weights of revisions as the job began with them, by their ids. */
static gboolean keep_weights(const Repo *repo, const char *path, const char *job_dir,
                             GError **error)
{
    g_autofree char *copy = weights_path(job_dir);
    g_autofree char *weights = NULL;

    if (g_file_test(copy, G_FILE_TEST_EXISTS)) {
        return TRUE;
    }
    weights = weights_resolve(repo, path, error);
    return weights && inputs_keep(copy, weights, strlen(weights), error);
}

/* A name such as HEAD would be another commit by the time that it is built. */
static gboolean pin_syzkaller(JobSpec *spec, GError **error)
{
    g_autoptr(Repo) repo = NULL;
    char *commit;

    if (!spec->repro || !inputs_build_syzkaller(spec)) {
        return TRUE;
    }
    if (!spec->syzkaller) {
        spec->syzkaller = g_canonicalize_filename(inputs_syzkaller(spec), NULL);
    }
    repo = repo_open(spec->syzkaller, error);
    commit =
        repo ? repo_resolve(repo, spec->syzkaller_commit ? spec->syzkaller_commit : "HEAD", error)
             : NULL;
    if (!commit) {
        g_prefix_error(error, "--syzkaller: ");
        return FALSE;
    }
    g_free(spec->syzkaller_commit);
    spec->syzkaller_commit = commit;
    return TRUE;
}

gboolean job_take_inputs(JobSpec *spec, const char *job_dir, GError **error)
{
    g_autoptr(Repo) repo = repo_open(spec->tree, error);

    return repo && (!spec->weights || keep_weights(repo, spec->weights, job_dir, error)) &&
           pin_syzkaller(spec, error) && inputs_take_files(spec, job_dir, error);
}

/* The fixes that revisions get: ours and the user's. */
static GPtrArray *read_backports(const JobSpec *spec, const char *job_dir, GError **error)
{
    g_autofree char *own =
        spec->backports ? inputs_copy(spec->backports, job_dir, "backports", error) : NULL;

    return own || !spec->backports ? backports_read(own, error) : NULL;
}

/* @config: path of the job's own. */
static Toolchains *find_toolchains(const JobSpec *spec, const char *config, const char *job_dir,
                                   GError **error)
{
    g_autofree char *table = NULL, *options = NULL, *text = NULL;

    if ((spec->toolchains &&
         !(table = inputs_copy(spec->toolchains, job_dir, "toolchains", error))) ||
        (spec->options && !(options = inputs_copy(spec->options, job_dir, "options", error))) ||
        !g_file_get_contents(config, &text, NULL, error)) {
        return NULL;
    }
    return toolchains_new(spec->compiler, text, table, options, error);
}

/* May the trials load programs of BPF? @repro speaks of it, or nobody can read what it and the
 * files beside it do. */
static gboolean may_load_bpf(const JobSpec *spec, const char *repro)
{
    g_autofree char *text = NULL;
    gsize n;

    if (spec->files || !g_file_get_contents(repro, &text, &n, NULL)) {
        return TRUE;
    }
    return memmem(text, n, "bpf", 3) || memmem(text, n, "BPF", 3) ||
           (n >= 4 && memcmp(text, "\177ELF", 4) == 0);
}

static gboolean is_on(GHashTable *values, const char *option)
{
    return g_strcmp0(g_hash_table_lookup(values, option), "y") == 0;
}

/* Has @config, a file, BTF, and is it wanted? Schedulers of BPF depend on it. */
static gboolean needs_btf(const JobSpec *spec, const char *config, const char *repro)
{
    g_autofree char *text = NULL;
    g_autoptr(GHashTable) values = NULL;

    if (!g_file_get_contents(config, &text, NULL, NULL)) {
        return FALSE;
    }
    values = config_values(text);
    return is_on(values, "CONFIG_DEBUG_INFO_BTF") &&
           (is_on(values, "CONFIG_SCHED_CLASS_EXT") || may_load_bpf(spec, repro));
}

/* Debug information costs up to a quarter of a compile, links several times as large, and most of
 * the disk; and no more than the report wants it, unless it may be what breaks a build, or what a
 * program of BPF is loaded by. */
static gboolean leaves_out_debug_info(const JobSpec *spec, const char *config, const char *repro,
                                      GPtrArray *notes)
{
    if (spec->debug_info || g_str_equal(spec->bug, bug_kind_name(BUG_BUILD))) {
        return FALSE;
    }
    if (needs_btf(spec, config, repro)) {
        g_ptr_array_add(notes, g_strdup("kernels keep their debug information: the config has BTF, "
                                        "which the reproducer may want"));
        return FALSE;
    }
    return TRUE;
}

/* Where a farm's own things lie. */
typedef struct FarmPlace {
    const char *kernels; /* the store */
    const char *job_dir;
    const char *slot;     /* NULL: no builds */
    const char *work_dir; /* images and the like */
    guint n_jobs, n_slots;
    guint n_guests; /* 0: none */
} FarmPlace;

/* How guests of @spec run on this machine. */
static void set_up_guests(JobSetup *setup, const JobSpec *spec, LocalFarmOptions *options)
{
    GuestSpec *guest = &options->guest;

    guest_spec_default(guest, setup->reader);
    guest->qemu = spec->qemu;
    guest->accel = options->n_guests ? choose_accel(spec, setup->notes) : ACCEL_TCG;
    guest->memory_mib = spec->memory_mib;
    guest->n_cpus = spec->n_cpus;
    guest->cmdline = spec->cmdline;
    guest->panic_on_warn = spec->panic_on_warn;
    guest->boot_timeout_ms = spec->boot_timeout_s * 1000;
    guest->trial_timeout_ms = spec->trial_timeout_s * 1000;
    guest->n_repeats = spec->n_repeats;
    guest->no_sandbox = options->n_guests && !check_sandbox(spec, setup->notes);
    if (options->n_guests && guest->accel == ACCEL_TCG && spec->n_cpus > 1) {
        g_ptr_array_add(setup->notes,
                        g_strdup("emulated CPUs run in threads of their own (MTTCG): races between "
                                 "them are real, their timing is not a machine's"));
    }
    /* What boots has booted: of a bug in that it would tell nothing. */
    options->no_snapshots = spec->no_snapshots || g_str_equal(spec->bug, bug_kind_name(BUG_BOOT)) ||
                            g_str_equal(spec->bug, bug_kind_name(BUG_BASIC));
}

/* This machine as a farm. */
static Farm *set_up_here(JobSetup *setup, const JobSpec *spec, const FarmPlace *place,
                         GError **error)
{
    g_autofree char *configs = g_build_filename(place->job_dir, "configs", NULL);
    g_autofree char *config = NULL;
    g_autoptr(GPtrArray) backports = read_backports(spec, place->job_dir, error);
    LocalFarmOptions options = {
        .config_dir = configs,
        .backports = backports,
        .start = spec->start,
        .slot_dir = place->slot,
        .work_dir = place->work_dir,
        .n_jobs = place->n_jobs,
        .n_slots = place->n_slots,
        .build_timeout_ms = spec->build_timeout_s * 1000,
        .build_memory_bytes = (guint64)spec->build_memory_mib << 20,
        .paranoid = spec->paranoid,
        .n_guests = place->n_guests,
    };

    setup->inputs =
        backports ? inputs_take(spec, place->job_dir, setup->notes, &config, error) : NULL;
    if (!setup->inputs) {
        return NULL;
    }
    options.config = config;
    options.without_debug_info =
        leaves_out_debug_info(spec, config, setup->inputs->repro, setup->notes);
    options.inputs = setup->inputs;
    setup->toolchains = find_toolchains(spec, config, place->job_dir, error);
    setup->kernels = setup->toolchains ? kernel_store_open(place->kernels, error) : NULL;
    if (!setup->kernels) {
        return NULL;
    }
    options.toolchains = setup->toolchains;
    set_up_guests(setup, spec, &options);
    return local_farm_new(setup->repo, setup->kernels, &options, error);
}

/* The folder of a slot of this tree among @slots. Owned by the caller. */
static char *slot_path(const Repo *repo, const char *slots, const char *name)
{
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, repo_git_dir(repo), -1);
    g_autofree char *slot = g_strdup_printf("%.12s-%s", sum, name);

    return g_build_filename(slots, slot, NULL);
}

/* The cluster, with @here for what is small. */
static Farm *set_up_cluster(JobSetup *setup, const JobSpec *spec, const FarmPlace *here_place,
                            const char *slots, Farm *here, GError **error)
{
    g_autofree char *text = job_spec_write(spec);
    g_autofree char *program = g_file_read_link("/proc/self/exe", error);
    g_auto(GStrv) args = spec->slurm_args ? g_strsplit(spec->slurm_args, ";", -1) : NULL;
    /* In a folder of the user's own: others may write to a scratch disk, too. */
    g_autofree char *own = g_strdup_printf("firstbad-%u", (guint)geteuid());
    g_autofree char *scratch = spec->scratch ? g_build_filename(spec->scratch, own, NULL) : NULL;
    const ClusterFarmOptions options = {
        .job_kind = spec->kind,
        .spec = text,
        .job_dir = here_place->job_dir,
        .kernels = here_place->kernels,
        .slots = scratch ? scratch : slots,
        .program = program,
        .accel = wanted_accel(spec),
        .args = (const char *const *)args,
        .n_workers = spec->n_workers,
        .n_cpus = spec->n_jobs,
        .n_guests = spec->n_guests,
        .guest_mib = spec->memory_mib,
        .guest_cpus = spec->n_cpus,
        .build_timeout_ms = spec->build_timeout_s * 1000,
        .boot_timeout_ms = spec->boot_timeout_s * 1000,
        .trial_timeout_ms = spec->trial_timeout_s * 1000,
    };

    if (!program) {
        farm_free(here);
        return NULL;
    }
    return cluster_farm_new(here, setup->kernels, &options, error);
}

static gboolean set_up_kernel_farm(JobSetup *setup, const JobSpec *spec, const char *state_dir,
                                   const char *job_dir, GError **error)
{
    gboolean is_cluster = g_str_equal(spec->farm, "slurm");
    g_autofree char *kernels = g_build_filename(state_dir, "kernels", NULL);
    g_autofree char *slots = g_build_filename(state_dir, "slots", NULL);
    g_autofree char *slot = slot_path(setup->repo, slots, "0");
    const FarmPlace place = {
        .kernels = kernels,
        .job_dir = job_dir,
        .slot = slot,
        .work_dir = job_dir,
        .n_jobs = spec->n_jobs ? spec->n_jobs : g_get_num_processors(),
        .n_slots = spec->n_slots,
        .n_guests = is_cluster       ? 0
                    : spec->n_guests ? spec->n_guests
                                     : local_farm_guests(spec->memory_mib, spec->n_cpus),
    };

    setup->farm = set_up_here(setup, spec, &place, error);
    if (setup->farm && is_cluster) {
        setup->farm = set_up_cluster(setup, spec, &place, slots, setup->farm, error);
    }
    return setup->farm != NULL;
}

JobSetup *job_setup_new(const JobSpec *spec, const char *state_dir, const char *job_dir,
                        GError **error)
{
    g_autoptr(JobSetup) setup = g_new0(JobSetup, 1);

    setup->notes = g_ptr_array_new_with_free_func(g_free);
    setup->reader = oops_reader_new();
    setup->repo = repo_open(spec->tree, error);
    if (!setup->repo ||
        (spec->weights && !keep_weights(setup->repo, spec->weights, job_dir, error))) {
        return NULL;
    }
    if (job_spec_is_run(spec)) {
        CommandFarmOptions options = {
            .test_command = spec->test_command,
            .build_command = spec->build_command,
            .work_dir = job_dir,
            .no_checkout = spec->no_checkout,
            .run_dir = spec->tree,
            .timeout_ms = spec->trial_timeout_s * 1000,
        };

        setup->farm = command_farm_new(setup->repo, &options, error);
    } else if (!set_up_kernel_farm(setup, spec, state_dir, job_dir, error)) {
        return NULL;
    }
    if (!setup->farm) {
        return NULL;
    }
    if (spec->rewritten) {
        g_ptr_array_add(setup->notes, g_strdup(spec->rewritten));
    }
    if (setup->farm->note) {
        g_auto(GStrv) notes = g_strsplit(setup->farm->note, "\n", -1);

        for (char **note = notes; *note; note++) {
            g_ptr_array_add(setup->notes, g_strdup(*note));
        }
    }
    return g_steal_pointer(&setup);
}

JobSetup *job_setup_worker(const JobSpec *spec, const Order *order, const char *slot_name,
                           const char *work_dir, GError **error)
{
    g_autoptr(JobSetup) setup = g_new0(JobSetup, 1);
    g_autofree char *slot = NULL;
    FarmPlace place = {.kernels = order->kernels,
                       .job_dir = order->job_dir,
                       .work_dir = work_dir,
                       .n_jobs = order->n_jobs,
                       .n_slots = 1,
                       .n_guests = order->kind == ORDER_TRIALS ? order->n_at_once : 0};

    setup->notes = g_ptr_array_new_with_free_func(g_free);
    setup->reader = oops_reader_new();
    setup->repo = repo_open(spec->tree, error);
    if (!setup->repo) {
        return NULL;
    }
    if (order->kind == ORDER_BUILD) {
        place.slot = slot = slot_path(setup->repo, order->slots, slot_name);
    }
    setup->farm = set_up_here(setup, spec, &place, error);
    return setup->farm ? g_steal_pointer(&setup) : NULL;
}
