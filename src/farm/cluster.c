/* SPDX-License-Identifier: Apache-2.0
 * The farm that is a cluster under Slurm: builds and trials become work items (queue.h). What is
 * seldom and small (a configuration, a few objects for the lines of a report) is done here.
 *
 * Trials that are asked for in one go are one item: Slurm takes a second or more to begin anything,
 * and a machine that has booted a kernel once has the others of its trials almost for nothing. So
 * an item of trials has as many parts as machines are idle, but none with fewer trials than a
 * machine runs at once.
 */
#include "farm/farm.h"
#include "farm/queue.h"
#include "farm/slurm.h"

/* A build's memory: a little for itself, and for each job of make. */
#define BUILD_MIB     1024
#define BUILD_JOB_MIB 512
/* From sbatch to the first line of a worker, and back, when nobody waits. */
#define SUBMIT_S 2

/* A trial that was asked for and is in no item yet. */
typedef struct Asked {
    char *commit, *kernel_key;
    GuestTrace trace;
    gboolean boots;
    GTask *task;
} Asked;

typedef struct Cluster {
    Farm base;
    Farm *here;
    Queue *queue;
    char *job_kind, *spec, *job_dir, *kernels, *slots;
    guint n_workers, n_cpus, n_at_once;
    Accel accel;
    char *used_config;
    gboolean builds_same;
    GPtrArray *fixes; /* of Backport */
    GPtrArray *asked; /* of Asked */
    guint flush_id;
} Cluster;

static Order *order_of(const Cluster *cluster, OrderKind kind, const char *commit)
{
    Order *order = order_new(kind);

    order->job_kind = g_strdup(cluster->job_kind);
    order->spec = g_strdup(cluster->spec);
    order->job_dir = g_strdup(cluster->job_dir);
    order->kernels = g_strdup(cluster->kernels);
    order->slots = g_strdup(cluster->slots);
    order->commit = g_strdup(commit);
    order->n_jobs = cluster->n_cpus;
    return order;
}

/* --- Builds ---------------------------------------------------------------------------------- */

static void build_async(Farm *farm, const char *commit, GCancellable *cancellable,
                        GAsyncReadyCallback done, gpointer user_data)
{
    Cluster *cluster = (Cluster *)farm;
    Order *order = order_of(cluster, ORDER_BUILD, commit);

    order->config = g_strdup(cluster->used_config);
    order->builds_same = cluster->builds_same;
    for (guint i = 0; i < cluster->fixes->len; i++) {
        g_ptr_array_add(order->fixes, backport_copy(cluster->fixes->pdata[i]));
    }
    queue_build(cluster->queue, order, g_task_new(NULL, cancellable, done, user_data));
}

static gboolean build_finish(Farm *farm, GAsyncResult *res, Kernel **ret_kernel, GError **error)
{
    *ret_kernel = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_kernel != NULL;
}

static void add_fix(Farm *farm, const Backport *fix)
{
    Cluster *cluster = (Cluster *)farm;

    g_ptr_array_add(cluster->fixes, backport_copy(fix));
    cluster->here->ops->add_fix(cluster->here, fix);
}

static void build_same(Farm *farm)
{
    Cluster *cluster = (Cluster *)farm;

    cluster->builds_same = TRUE;
    cluster->here->ops->build_same(cluster->here);
}

static gboolean use_config(Farm *farm, const char *config, GError **error)
{
    Cluster *cluster = (Cluster *)farm;

    g_free(cluster->used_config);
    cluster->used_config = g_strdup(config);
    return cluster->here->ops->use_config(cluster->here, config, error);
}

/* --- Trials ---------------------------------------------------------------------------------- */

static void asked_free(Asked *asked)
{
    g_free(asked->commit);
    g_free(asked->kernel_key);
    g_clear_object(&asked->task);
    g_free(asked);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Asked, asked_free)

static gboolean is_like(const Asked *one, const Asked *other)
{
    return one->boots == other->boots && g_str_equal(one->commit, other->commit) &&
           g_str_equal(one->kernel_key, other->kernel_key);
}

/* Into how many parts @n trials go. */
static guint choose_parts(const Cluster *cluster, guint n)
{
    guint n_busy = queue_n_parts(cluster->queue);
    guint n_idle = cluster->n_workers > n_busy ? cluster->n_workers - n_busy : 1;

    return CLAMP((n + cluster->n_at_once - 1) / cluster->n_at_once, 1, n_idle);
}

/* All that was asked for like the first one becomes an item. */
static void flush_first(Cluster *cluster)
{
    g_autoptr(Asked) first = g_ptr_array_steal_index(cluster->asked, 0);
    Order *order = order_of(cluster, ORDER_TRIALS, first->commit);
    g_autoptr(GPtrArray) tasks = g_ptr_array_new();
    GArray *traces = g_array_new(FALSE, FALSE, sizeof(GuestTrace));

    g_array_append_val(traces, first->trace);
    g_ptr_array_add(tasks, g_steal_pointer(&first->task));
    for (guint i = 0; i < cluster->asked->len;) {
        if (is_like(cluster->asked->pdata[i], first)) {
            g_autoptr(Asked) other = g_ptr_array_steal_index(cluster->asked, i);

            g_array_append_val(traces, other->trace);
            g_ptr_array_add(tasks, g_steal_pointer(&other->task));
        } else {
            i++;
        }
    }
    order->kernel_key = g_strdup(first->kernel_key);
    order->id = g_uuid_string_random();
    order->boots = first->boots;
    order->accel = cluster->accel;
    order->n_trials = tasks->len;
    order->n_parts = choose_parts(cluster, tasks->len);
    order->n_at_once = cluster->n_at_once;
    order->traces = (GuestTrace *)(gpointer)g_array_free(traces, FALSE);
    queue_trials(cluster->queue, order, (GTask **)tasks->pdata);
}

static gboolean on_flush(gpointer data)
{
    Cluster *cluster = data;

    cluster->flush_id = 0;
    while (cluster->asked->len) {
        flush_first(cluster);
    }
    return G_SOURCE_REMOVE;
}

static void trial_async(Farm *farm, const char *commit, const Kernel *kernel,
                        GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
    Cluster *cluster = (Cluster *)farm;
    GTask *task = g_task_new(NULL, cancellable, done, user_data);
    Asked *asked;

    if (queue_claim_trial(cluster->queue, kernel->key, farm->boots, task)) {
        return;
    }
    asked = g_new0(Asked, 1);
    *asked = (Asked){.commit = g_strdup(commit),
                     .kernel_key = g_strdup(kernel->key),
                     .trace = farm->trace,
                     .boots = farm->boots,
                     .task = task};
    g_ptr_array_add(cluster->asked, asked);
    if (!cluster->flush_id) {
        cluster->flush_id = g_idle_add(on_flush, cluster);
    }
}

static gboolean trial_finish(Farm *farm, GAsyncResult *res, Outcome **ret_outcome, GError **error)
{
    *ret_outcome = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_outcome != NULL;
}

static void counted(Farm *farm, const char *origin)
{
    queue_counted(((Cluster *)farm)->queue, origin);
}

/* --- What is done here ----------------------------------------------------------------------- */

static void configure_async(Farm *farm, const char *commit, GCancellable *cancellable,
                            GAsyncReadyCallback done, gpointer user_data)
{
    Farm *here = ((Cluster *)farm)->here;

    here->ops->configure_async(here, commit, cancellable, done, user_data);
}

static gboolean configure_finish(Farm *farm, GAsyncResult *res, char **ret_config, GError **error)
{
    Farm *here = ((Cluster *)farm)->here;

    return here->ops->configure_finish(here, res, ret_config, error);
}

static void objects_async(Farm *farm, const char *commit, const char *const *objects,
                          const char *dir, GCancellable *cancellable, GAsyncReadyCallback done,
                          gpointer user_data)
{
    Farm *here = ((Cluster *)farm)->here;

    here->ops->objects_async(here, commit, objects, dir, cancellable, done, user_data);
}

static gboolean objects_finish(Farm *farm, GAsyncResult *res, GError **error)
{
    Farm *here = ((Cluster *)farm)->here;

    return here->ops->objects_finish(here, res, error);
}

static char **made(Farm *farm)
{
    Farm *here = ((Cluster *)farm)->here;

    return here->ops->made(here);
}

static const char *worktree(Farm *farm)
{
    Farm *here = ((Cluster *)farm)->here;

    return here->ops->worktree(here);
}

static const char *const *source_prefixes(Farm *farm)
{
    Farm *here = ((Cluster *)farm)->here;

    return here->ops->source_prefixes(here);
}

/* --- Life ------------------------------------------------------------------------------------ */

static void cluster_free(Farm *farm)
{
    Cluster *cluster = (Cluster *)farm;

    farm->tell = NULL; /* the queue's last words are nobody's */
    g_clear_handle_id(&cluster->flush_id, g_source_remove);
    g_clear_pointer(&cluster->asked, g_ptr_array_unref);
    g_clear_pointer(&cluster->queue, queue_free);
    g_clear_pointer(&cluster->fixes, g_ptr_array_unref);
    g_clear_pointer(&cluster->here, farm_free);
    g_free(cluster->job_kind);
    g_free(cluster->spec);
    g_free(cluster->job_dir);
    g_free(cluster->kernels);
    g_free(cluster->slots);
    g_free(cluster->used_config);
    g_free(cluster);
}

static const FarmOps cluster_ops = {
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
    .counted = counted,
    .worktree = worktree,
    .source_prefixes = source_prefixes,
    .objects_async = objects_async,
    .objects_finish = objects_finish,
    .free = cluster_free,
};

/* Guests of the smallest node at once, by its CPUs and memory. */
static guint guests_of(const SlurmSize *size, guint guest_cpus, guint guest_mib)
{
    guint by_cpus = size->n_cpus / MAX(guest_cpus, 1);
    guint by_memory = size->memory_mib / guest_mib;

    /* A part asks for the memory of one guest more. */
    return MAX(MIN(by_cpus, by_memory > 1 ? by_memory - 1 : 1), 1);
}

/* --- How guests run -------------------------------------------------------------------------- */

/* What was chosen in an earlier life of the job; AUTO: nothing. */
static Accel find_accel(const char *path)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return ACCEL_AUTO;
    }
    g_strchomp(text);
    return g_str_equal(text, accel_name(ACCEL_KVM))   ? ACCEL_KVM
           : g_str_equal(text, accel_name(ACCEL_TCG)) ? ACCEL_TCG
                                                      : ACCEL_AUTO;
}

/* All guests of a job run in one way, and for all of its life: trials under KVM and emulated ones
 * race differently, and would be counted as one kind. So it is chosen once, by what Slurm says of
 * the nodes, and kept; who cannot run an order's guests so gives it back. */
static gboolean choose_accel(Cluster *cluster, const ClusterFarmOptions *options,
                             const SlurmSize *size, GError **error)
{
    g_autofree char *path = g_build_filename(options->job_dir, "accel", NULL);

    cluster->accel = options->accel == ACCEL_AUTO ? find_accel(path) : options->accel;
    if (cluster->accel == ACCEL_AUTO) {
        cluster->accel = size->n_kvm ? ACCEL_KVM : ACCEL_TCG;
        return g_file_set_contents(path, accel_name(cluster->accel), -1, error);
    }
    return TRUE;
}

/* The note of the machine here, and what was chosen where the user left it to us. Owned by the
 * caller. */
static char *make_note(const Cluster *cluster, const ClusterFarmOptions *options,
                       const SlurmSize *size)
{
    g_autofree char *choice =
        cluster->accel == ACCEL_KVM
            ? g_strdup_printf("guests run under KVM, on the nodes with the feature " SLURM_KVM
                              " (%u of %u)",
                              size->n_kvm, size->n_nodes)
            : g_strdup("guests are emulated (TCG): no node has the feature " SLURM_KVM
                       " in slurm.conf; --accel says otherwise");
    const char *here = cluster->here->note;

    return options->accel != ACCEL_AUTO ? g_strdup(here)
           : here                       ? g_strconcat(here, "\n", choice, NULL)
                                        : g_steal_pointer(&choice);
}

static guint minutes_of(guint ms)
{
    return (ms + 59999) / 60000;
}

Farm *cluster_farm_new(Farm *here, KernelStore *store, const ClusterFarmOptions *options,
                       GError **error)
{
    Cluster *cluster = g_new0(Cluster, 1);
    g_autoptr(Farm) farm = &cluster->base;
    g_autofree char *items = g_build_filename(options->job_dir, "items", NULL);
    guint guest_mib = options->guest_mib + QEMU_OVERHEAD_MIB;
    SlurmSize size;

    *farm = (Farm){.ops = &cluster_ops,
                   .expected_build_s = here->expected_build_s + SUBMIT_S,
                   .expected_trial_s = here->expected_trial_s + SUBMIT_S,
                   .config_dir = here->config_dir,
                   .config = here->config,
                   .oldest = here->oldest};
    cluster->here = here;
    cluster->asked = g_ptr_array_new_with_free_func((GDestroyNotify)asked_free);
    cluster->fixes = g_ptr_array_new_with_free_func((GDestroyNotify)backport_free);
    if (!slurm_look(&size, error) || !choose_accel(cluster, options, &size, error)) {
        return NULL;
    }
    farm->note = make_note(cluster, options, &size);
    cluster->n_workers = options->n_workers ? options->n_workers : size.n_nodes;
    cluster->n_cpus = options->n_cpus ? options->n_cpus : size.n_cpus;
    cluster->n_at_once =
        options->n_guests ? options->n_guests : guests_of(&size, options->guest_cpus, guest_mib);
    cluster->job_kind = g_strdup(options->job_kind);
    cluster->spec = g_strdup(options->spec);
    cluster->job_dir = g_strdup(options->job_dir);
    cluster->kernels = g_strdup(options->kernels);
    cluster->slots = g_strdup(options->slots);
    farm->n_places = cluster->n_workers;
    farm->n_trials_at_once = cluster->n_workers * cluster->n_at_once;
    farm->takes_all_trials = TRUE;
    const QueueOptions queue = {
        .items = items,
        .program = options->program,
        .accel = cluster->accel,
        .args = options->args,
        /* Where no node has the feature, the user may have told sbatch where to go. */
        .n_nodes = cluster->accel == ACCEL_KVM && size.n_kvm ? size.n_kvm : size.n_nodes,
        .n_cpus = cluster->n_cpus,
        .build_mib = BUILD_MIB + cluster->n_cpus * BUILD_JOB_MIB,
        .trial_mib = guest_mib,
        .guest_cpus = options->guest_cpus,
        .build_minutes = minutes_of(options->build_timeout_ms),
        .boot_minutes = minutes_of(options->boot_timeout_ms),
        .trial_minutes = minutes_of(options->trial_timeout_ms),
    };
    cluster->queue = queue_new(&queue, store, farm, error);
    return cluster->queue ? g_steal_pointer(&farm) : NULL;
}
