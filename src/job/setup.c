/* SPDX-License-Identifier: Apache-2.0
 * A job's tree, tools and guests, opened: how this machine, or a cluster, does its work.
 */
#include "job/private.h"

#include <string.h>

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

/* KVM is tried before anything is built, also where it is demanded. */
static gboolean choose_accel(const JobSpec *spec, GPtrArray *notes, Accel *ret_accel,
                             GError **error)
{
    g_autofree char *why = NULL;
    Accel wanted = wanted_accel(spec);

    *ret_accel = ACCEL_TCG;
    if (wanted == ACCEL_TCG) {
        return TRUE;
    }
    if (guest_kvm_works(spec->qemu, &why)) {
        *ret_accel = ACCEL_KVM;
        return TRUE;
    }
    if (wanted == ACCEL_KVM) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "--accel kvm: %s (auto emulates guests where KVM cannot be used)", why);
        return FALSE;
    }
    g_ptr_array_add(notes,
                    g_strdup_printf("KVM cannot be used, guests are emulated (TCG): %s", why));
    return TRUE;
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
static gboolean set_up_guests(JobSetup *setup, const JobSpec *spec, LocalFarmOptions *options,
                              GError **error)
{
    GuestSpec *guest = &options->guest;

    guest_spec_default(guest, setup->reader);
    guest->qemu = spec->qemu;
    guest->accel = ACCEL_TCG;
    if (options->n_guests && !choose_accel(spec, setup->notes, &guest->accel, error)) {
        return FALSE;
    }
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
    return TRUE;
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
    return set_up_guests(setup, spec, &options, error)
               ? local_farm_new(setup->repo, setup->kernels, &options, error)
               : NULL;
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

/* How many guests run here at once. */
static guint count_guests(JobSetup *setup, const JobSpec *spec)
{
    guint64 free_mib = local_farm_free_memory_mib();
    guint n = local_farm_guests(spec->n_guests, spec->memory_mib, spec->n_cpus, free_mib);

    if (n < spec->n_guests) {
        g_ptr_array_add(setup->notes,
                        g_strdup_printf("--guests %u: memory has room for %u (%" G_GUINT64_FORMAT
                                        " MiB are free)",
                                        spec->n_guests, n, free_mib));
    }
    return n;
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
        .n_guests = is_cluster ? 0 : count_guests(setup, spec),
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
    if (setup->repo && job_spec_is_run(spec)) {
        repo_run_filters(setup->repo); /* as for a `git bisect run` */
    }
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
    if (!spec->tried && job_confidence(spec) < spec->confidence) {
        g_ptr_array_add(setup->notes,
                        g_strdup_printf("--confidence %g: is taken for %g: more cannot be shown, "
                                        "however often a revision is run",
                                        spec->confidence, job_confidence(spec)));
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
    if (slot_name) {
        place.slot = slot = slot_path(setup->repo, order->slots, slot_name);
    }
    setup->farm = set_up_here(setup, spec, &place, error);
    return setup->farm ? g_steal_pointer(&setup) : NULL;
}
