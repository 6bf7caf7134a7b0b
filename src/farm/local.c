/* SPDX-License-Identifier: Apache-2.0
 * The farm that is this machine: build slots (slots.c), and as many guests as fit. A guest that
 * runs takes a core from the makes, so that trials, which somebody waits for, are not held up by a
 * build that only may be wanted.
 *
 * The first trial of a kernel boots and keeps its guest; others wait for that (kept.h), without a
 * core of their own.
 *
 * The image of the kernel that is being tried lies unpacked in the job's folder; that of the one
 * before is dropped when another is tried, since trials of one kernel come together.
 */
#include "farm/farm.h"

#include "farm/kept.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "farm/slots.h"

/* How often a trial looks whether the guest that it waits for is kept: a fifth of what a restored
 * one takes. */
#define WAIT_POLL_MS 20

typedef struct LocalFarm {
    Farm base;
    Slots *slots;
    JobServer *job_server;
    guint n_running;   /* guests */
    gboolean is_short; /* of memory, and that was told */
    Repro *repro;
    GuestSpec guest;
    char *qemu, *cmdline; /* what @guest points to */
    char *config, *config_dir;
    const Repo *repo;
    const FarmInputs *inputs;
    char *initramfs;
    gboolean has_initramfs; /* for @root */
    const FarmRoot *root;
    char *image;      /* path of the unpacked image */
    char *image_key;  /* of which kernel; NULL: none */
    KeptGuests *kept; /* NULL: each trial boots */
} LocalFarm;

/* --- Builds ---------------------------------------------------------------------------------- */

static void build_async(Farm *farm, const char *commit, GCancellable *cancellable,
                        GAsyncReadyCallback done, gpointer user_data)
{
    slots_build_async(((LocalFarm *)farm)->slots, commit, cancellable, done, user_data);
}

static gboolean build_finish(Farm *farm, GAsyncResult *res, Kernel **ret_kernel, GError **error)
{
    return slots_build_finish(res, ret_kernel, error);
}

static void build_same(Farm *farm)
{
    slots_build_same(((LocalFarm *)farm)->slots);
}

static void add_fix(Farm *farm, const Backport *fix)
{
    slots_add_fix(((LocalFarm *)farm)->slots, fix);
}

static void configure_async(Farm *farm, const char *commit, GCancellable *cancellable,
                            GAsyncReadyCallback done, gpointer user_data)
{
    slots_configure_async(((LocalFarm *)farm)->slots, commit, cancellable, done, user_data);
}

static gboolean configure_finish(Farm *farm, GAsyncResult *res, char **ret_config, GError **error)
{
    return slots_configure_finish(res, ret_config, error);
}

static gboolean use_config(Farm *farm, const char *config, GError **error)
{
    return slots_use_config(((LocalFarm *)farm)->slots, config, error);
}

/* --- Trials ---------------------------------------------------------------------------------- */

static gboolean provide_image(LocalFarm *local, const Kernel *kernel, GError **error)
{
    GError *unpack_error = NULL;

    if (g_strcmp0(local->image_key, kernel->key) == 0) {
        return TRUE;
    }
    g_clear_pointer(&local->image_key, g_free);
    if (!kernel_unpack(kernel, "bzImage", local->image, &unpack_error)) {
        /* Somebody cleared the store, or the entry was damaged and has been thrown away. */
        if (g_error_matches(unpack_error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)) {
            unpack_error->code = G_IO_ERROR_NOT_FOUND;
        }
        g_propagate_error(error, unpack_error);
        return FALSE;
    }
    local->image_key = g_strdup(kernel->key);
    return TRUE;
}

/* The kernel's version by what @commit's Makefile says; 0: not known. */
static Version version_of(const Repo *repo, const char *name)
{
    g_autofree char *commit = variant_commit(name);
    g_autoptr(GBytes) bytes = commit ? repo_read_file(repo, commit, "Makefile", NULL) : NULL;
    g_autofree char *makefile =
        bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;

    return makefile ? version_of_makefile(makefile) : 0;
}

/* Write the initramfs of the guests with @root, or NULL. */
static gboolean write_initramfs(const LocalFarm *local, const FarmRoot *root, GError **error)
{
    const FarmInputs *inputs = local->inputs;
    const char *archives[3] = {NULL};
    GuestContent content = {.repro = local->repro,
                            .root = !root                    ? GUEST_ROOT_NONE
                                    : root->rootfs->is_image ? GUEST_ROOT_DISK
                                                             : GUEST_ROOT_FOLDER,
                            .files = inputs->files,
                            .modules = (const char *const *)inputs->modules,
                            .sysctls = (const char *const *)inputs->sysctls,
                            .archives = archives};
    guint n = 0;

    if (inputs->archive) {
        archives[n++] = inputs->archive;
    }
    if (root && root->archive) {
        archives[n] = root->archive;
    }
    return initramfs_write(local->initramfs, &content, error);
}

/* Make the guests ready for @root. As with images, trials of one kernel come together. */
static gboolean provide_root(LocalFarm *local, const FarmRoot *root, GError **error)
{
    gboolean is_image = root && root->rootfs->is_image;

    if (local->has_initramfs && local->root == root) {
        return TRUE;
    }
    local->has_initramfs = FALSE;
    if (!write_initramfs(local, root, error)) {
        return FALSE;
    }
    local->guest.disk = is_image ? root->rootfs->path : NULL;
    local->guest.disk_format = is_image ? root->rootfs->format : NULL;
    local->guest.disk_bus = is_image ? root->bus : DISK_VIRTIO;
    local->root = root;
    local->has_initramfs = TRUE;
    return TRUE;
}

/* A revision of a version that the user gave no root for cannot be tested. */
static Outcome *without_root(Version version)
{
    g_autofree char *text = version ? version_kernel_text(version) : g_strdup("this kernel");
    Outcome *outcome = g_new0(Outcome, 1);

    outcome->kind = OUTCOME_BASIC_FAILED;
    outcome->title = g_strdup_printf("there is no --rootfs for %s", text);
    outcome->console = g_bytes_new(NULL, 0);
    outcome->output = g_strdup("");
    outcome->repro_exit = -1;
    return outcome;
}

/* One more guest needs its cores, or one less. */
static void count_guest(LocalFarm *local, gint n)
{
    local->n_running += (guint)n;
    job_server_reserve(local->job_server, local->n_running * MAX(local->guest.n_cpus, 1));
}

/* A trial that was asked for. */
typedef struct LocalTrial {
    LocalFarm *local;
    const Kernel *kernel;
    const FarmRoot *root;
    GuestTrace trace;
    Snapshot *snapshot; /* or NULL */
    GCancellable *cancellable;
    GAsyncReadyCallback done;
    gpointer user_data;
    gint64 since_us;
} LocalTrial;

static void local_trial_free(LocalTrial *trial)
{
    snapshot_unref(trial->snapshot);
    g_clear_object(&trial->cancellable);
    g_free(trial);
}

static void begin_trial(LocalTrial *trial)
{
    LocalFarm *local = trial->local;
    GError *error = NULL;

    count_guest(local, 1);
    if (!provide_image(local, trial->kernel, &error) || !provide_root(local, trial->root, &error)) {
        g_task_report_error(NULL, trial->done, trial->user_data, NULL, error);
    } else {
        local->guest.trace = trial->trace;
        guest_trial_async(&local->guest, local->image, local->initramfs, trial->snapshot,
                          trial->cancellable, trial->done, trial->user_data);
    }
    local_trial_free(trial);
}

/* Others took the memory that was there when the job began. One guest always runs: whoever has the
 * memory may wait for us. */
static gboolean waits_for_memory(LocalFarm *local)
{
    guint64 free_mib = local_farm_free_memory_mib();

    if (!local->n_running || local_farm_fit(local->guest.memory_mib, free_mib)) {
        return FALSE;
    }
    if (!local->is_short) {
        farm_tell(&local->base,
                  "memory is short: %" G_GUINT64_FORMAT " MiB are free, so fewer guests run at "
                  "once (%u do)",
                  free_mib, local->n_running);
    }
    local->is_short = TRUE;
    return TRUE;
}

static gboolean waits(const LocalTrial *trial)
{
    guint64 waited_ms = (guint64)(g_get_monotonic_time() - trial->since_us) / 1000;

    if (g_cancellable_is_cancelled(trial->cancellable)) {
        return FALSE;
    }
    return waits_for_memory(trial->local) ||
           (trial->snapshot &&
            kept_guests_should_wait(trial->local->kept, trial->snapshot, waited_ms));
}

static gboolean on_waited(gpointer data)
{
    if (waits(data)) {
        return G_SOURCE_CONTINUE;
    }
    begin_trial(data);
    return G_SOURCE_REMOVE;
}

static void trial_async(Farm *farm, const char *commit, const Kernel *kernel,
                        GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
    LocalFarm *local = (LocalFarm *)farm;
    const GPtrArray *roots = local->inputs->roots;
    Version version = roots->len ? version_of(local->repo, commit) : 0;
    const FarmRoot *root = farm_root_for(roots, version);
    LocalTrial *trial;

    if (roots->len && !root) {
        g_autoptr(GTask) task = g_task_new(NULL, cancellable, done, user_data);

        count_guest(local, 1);
        g_task_return_pointer(task, without_root(version), (GDestroyNotify)outcome_free);
        return;
    }
    trial = g_new(LocalTrial, 1);
    *trial = (LocalTrial){.local = local,
                          .kernel = kernel,
                          .root = root,
                          .trace = farm->trace,
                          .cancellable = cancellable ? g_object_ref(cancellable) : NULL,
                          .done = done,
                          .user_data = user_data,
                          .since_us = g_get_monotonic_time()};
    if (local->kept && !farm->boots) {
        Snapshot *snapshot = kept_guests_for(local->kept, &local->guest, kernel->key, root);

        trial->snapshot = snapshot ? snapshot_ref(snapshot) : NULL;
    }
    if (waits(trial)) {
        g_timeout_add(WAIT_POLL_MS, on_waited, trial);
    } else {
        begin_trial(trial);
    }
}

static void tell_news(const LocalFarm *local)
{
    g_autofree char *news = local->kept ? kept_guests_news(local->kept) : NULL;

    if (news) {
        farm_tell(&local->base, "%s", news);
    }
}

static gboolean trial_finish(Farm *farm, GAsyncResult *res, Outcome **ret_outcome, GError **error)
{
    LocalFarm *local = (LocalFarm *)farm;
    gboolean finished = guest_trial_finish(res, ret_outcome, error);

    count_guest(local, -1);
    tell_news(local);
    if (local->kept && finished && !(*ret_outcome)->restored && (*ret_outcome)->boot_ms) {
        kept_guests_booted(local->kept, (*ret_outcome)->boot_ms);
    }
    return finished;
}

/* --- Life ------------------------------------------------------------------------------------ */

static char **made(Farm *farm)
{
    return kernel_builder_made(slots_first(((LocalFarm *)farm)->slots));
}

static const char *worktree(Farm *farm)
{
    return kernel_builder_source_dir(slots_first(((LocalFarm *)farm)->slots));
}

static const char *const *source_prefixes(Farm *farm)
{
    return slots_source_prefixes(((LocalFarm *)farm)->slots);
}

static void local_farm_free(Farm *farm)
{
    LocalFarm *local = (LocalFarm *)farm;

    if (local->image) {
        g_unlink(local->image);
    }
    g_clear_pointer(&local->slots, slots_free);
    g_clear_pointer(&local->job_server, job_server_free);
    g_clear_pointer(&local->repro, repro_free);
    g_clear_pointer(&local->kept, kept_guests_free);
    g_free(local->qemu);
    g_free(local->config);
    g_free(local->config_dir);
    g_free(local->cmdline);
    g_free(local->initramfs);
    g_free(local->image);
    g_free(local->image_key);
    g_free(local);
}

static void objects_async(Farm *farm, const char *commit, const char *const *objects,
                          const char *dir, GCancellable *cancellable, GAsyncReadyCallback done,
                          gpointer user_data)
{
    slots_objects_async(((LocalFarm *)farm)->slots, commit, objects, dir, cancellable, done,
                        user_data);
}

static gboolean objects_finish(Farm *farm, GAsyncResult *res, GError **error)
{
    return slots_objects_finish(res, error);
}

static const FarmOps local_ops = {
    .build_async = build_async,
    .build_finish = build_finish,
    .configure_async = configure_async,
    .configure_finish = configure_finish,
    .use_config = use_config,
    .add_fix = add_fix,
    .build_same = build_same,
    .made = made,
    .trial_async = trial_async,
    .trial_finish = trial_finish,
    .worktree = worktree,
    .source_prefixes = source_prefixes,
    .objects_async = objects_async,
    .objects_finish = objects_finish,
    .free = local_farm_free,
};

/* Prepare the reproducer, and tell of it. */
static gboolean prepare_repro(LocalFarm *local, const LocalFarmOptions *options, GError **error)
{
    const FarmInputs *inputs = options->inputs;
    ReproOptions repro = {.compiler = toolchains_host_compiler(options->toolchains),
                          .has_rootfs = inputs->roots->len > 0,
                          .emulated = options->guest.accel == ACCEL_TCG,
                          .syz_execprog = inputs->syz_execprog,
                          .syz_executor = inputs->syz_executor,
                          .syz_options = inputs->syz_options};

    local->repro = repro_prepare(inputs->repro, &repro, options->work_dir, error);
    return local->repro != NULL;
}

/* What a person should be told of the farm, or NULL. */
static char *make_note(const LocalFarm *local)
{
    g_autoptr(GStrvBuilder) notes = g_strv_builder_new();
    g_auto(GStrv) all = NULL;

    for (guint i = 0; local->repro && i < local->repro->notes->len; i++) {
        g_strv_builder_add(notes, local->repro->notes->pdata[i]);
    }
    if (local->slots && *kernel_builder_unboxed(slots_first(local->slots))) {
        g_autofree char *unboxed = g_strdup_printf(
            "kernels are built without bubblewrap, the tree's Makefiles run as you: %s",
            kernel_builder_unboxed(slots_first(local->slots)));

        g_strv_builder_add(notes, unboxed);
    }
    all = g_strv_builder_end(notes);
    return *all ? g_strjoinv("\n", all) : NULL;
}

Farm *local_farm_new(const Repo *repo, KernelStore *store, const LocalFarmOptions *options,
                     GError **error)
{
    LocalFarm *local = g_new0(LocalFarm, 1);
    g_autoptr(Farm) farm = &local->base;

    local->config = g_strdup(options->config);
    local->config_dir = g_strdup(options->config_dir);
    local->job_server = job_server_new(options->n_jobs);
    KernelBuildOptions build = {
        .toolchains = options->toolchains,
        .config = options->config,
        .config_dir = options->config_dir,
        .backports = options->backports,
        .start = options->start,
        .keeps_origins = TRUE,
        .n_jobs = options->n_jobs,
        .job_server = local->job_server,
        .timeout_ms = options->build_timeout_ms,
        .memory_limit_bytes = options->build_memory_bytes,
        .without_debug_info = options->without_debug_info,
        .paranoid = options->paranoid,
    };

    /* A build of a neighbouring revision and a booted trial, as measured on two cores
     * (docs/MEASURED.md); replaced by this job's own figures as soon as there are some. */
    *farm = (Farm){.ops = &local_ops,
                   .n_trials_at_once = options->n_guests,
                   .n_slots = MAX(options->n_slots, 1),
                   .expected_build_s = 60,
                   .expected_trial_s = 2,
                   .config = local->config,
                   .config_dir = local->config_dir,
                   .oldest = toolchains_oldest(options->toolchains)};
    local->kept = options->no_snapshots ? NULL : kept_guests_new();
    local->guest = options->guest;
    local->guest.qemu = local->qemu = g_strdup(options->guest.qemu);
    local->guest.cmdline = local->cmdline = g_strdup(options->guest.cmdline);
    local->initramfs = g_build_filename(options->work_dir, "initramfs.cpio", NULL);
    local->image = g_build_filename(options->work_dir, "bzImage", NULL);
    local->repo = repo;
    local->inputs = options->inputs;
    local->guest.qemu_args = (const char *const *)options->inputs->qemu_args;
    if (options->n_guests && !prepare_repro(local, options, error)) {
        return NULL;
    }
    if (options->slot_dir && !(local->slots = slots_new(repo, store, options->slot_dir, &build,
                                                        options->n_slots, error))) {
        return NULL;
    }
    farm->note = make_note(local);
    return g_steal_pointer(&farm);
}
