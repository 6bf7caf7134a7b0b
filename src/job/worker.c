/* SPDX-License-Identifier: Apache-2.0
 * A work item on the machine that carries it out: the job's own farm of one machine does what the
 * order says, and what comes out goes into the item's folder. Nothing is decided here.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job/private.h"
#include "process/process.h"

/* So many build slots of one tree a machine may have at most. */
#define MOST_SLOTS 64

/* An item at work. */
typedef struct Worker {
    const char *dir, *node;
    guint part;
    const Order *order;
    const JobSpec *spec;
    JobSetup *setup;
    GCancellable *cancellable;
    guint next, end; /* trials of the part that were not begun */
    guint n_running;
    GError *error;
} Worker;

/* --- A build --------------------------------------------------------------------------------- */

/* A slot of this machine that nobody else has. */
static gboolean take_slot(Worker *worker, const char *work_dir, GError **error)
{
    for (guint i = 0; i < MOST_SLOTS; i++) {
        g_autofree char *name = g_strdup_printf("%s-%u", worker->node, i);
        g_autoptr(GError) busy = NULL;

        worker->setup = job_setup_worker(worker->spec, worker->order, name, work_dir, &busy);
        if (worker->setup) {
            return TRUE;
        }
        if (!g_error_matches(busy, G_IO_ERROR, G_IO_ERROR_BUSY) || i == MOST_SLOTS - 1) {
            g_propagate_error(error, g_steal_pointer(&busy));
            break;
        }
    }
    return FALSE;
}

static gboolean build(Worker *worker, const char *work_dir, GError **error)
{
    const Order *order = worker->order;
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(Kernel) kernel = NULL;
    Farm *farm;

    if (!take_slot(worker, work_dir, error)) {
        return FALSE;
    }
    farm = worker->setup->farm;
    for (guint i = 0; i < order->fixes->len; i++) {
        farm->ops->add_fix(farm, order->fixes->pdata[i]);
    }
    if (order->builds_same) {
        farm->ops->build_same(farm);
    }
    if (order->config && !farm->ops->use_config(farm, order->config, error)) {
        return FALSE;
    }
    farm->ops->build_async(farm, order->commit, worker->cancellable, job_keep_result, &res);
    job_wait_for_result(&res);
    return farm->ops->build_finish(farm, res, &kernel, error) &&
           item_put_kernel(worker->dir, kernel, error);
}

/* --- Trials ---------------------------------------------------------------------------------- */

typedef struct WorkerTrial {
    Worker *worker;
    const Kernel *kernel;
    guint i;
    gboolean is_second; /* by this machine's fault */
} WorkerTrial;

static void begin_trials(Worker *worker, const Kernel *kernel);
static void begin_trial(WorkerTrial *trial);

/* What this machine's fault spoiled is tried here once more; then another machine shall. */
static gboolean take_outcome(WorkerTrial *trial, const Outcome *outcome, GError **error)
{
    g_autofree char *path = item_trial_path(trial->worker->dir, trial->i);

    if (outcome->kind == OUTCOME_INFRA) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "trials fail there: %s", outcome->title);
        return FALSE;
    }
    return outcome_write(outcome, path, error);
}

static void on_trial_done(GObject *source, GAsyncResult *res, gpointer data)
{
    WorkerTrial *trial = data;
    Worker *worker = trial->worker;
    Farm *farm = worker->setup->farm;
    g_autoptr(Outcome) outcome = NULL;
    GError *error = NULL;

    worker->n_running--;
    farm->ops->trial_finish(farm, res, &outcome, &error);
    if (outcome && outcome->kind == OUTCOME_INFRA && !trial->is_second && !worker->error) {
        trial->is_second = TRUE;
        begin_trial(trial);
        return;
    }
    if ((!outcome || !take_outcome(trial, outcome, &error)) && !worker->error) {
        worker->error = g_steal_pointer(&error);
        g_cancellable_cancel(worker->cancellable);
    }
    g_clear_error(&error);
    begin_trials(worker, trial->kernel);
    g_free(trial);
}

static void begin_trial(WorkerTrial *trial)
{
    Worker *worker = trial->worker;
    Farm *farm = worker->setup->farm;

    farm->trace = worker->order->traces[trial->i];
    farm->boots = worker->order->boots;
    worker->n_running++;
    farm->ops->trial_async(farm, worker->order->commit, trial->kernel, worker->cancellable,
                           on_trial_done, trial);
}

/* Is the next one there, by an earlier attempt at this part? */
static gboolean is_there(const Worker *worker)
{
    g_autofree char *path = item_trial_path(worker->dir, worker->next);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void begin_trials(Worker *worker, const Kernel *kernel)
{
    Farm *farm = worker->setup->farm;

    while (!worker->error && worker->next < worker->end &&
           worker->n_running < farm->n_trials_at_once) {
        WorkerTrial *trial;

        if (is_there(worker)) {
            worker->next++;
            continue;
        }
        trial = g_new(WorkerTrial, 1);
        *trial = (WorkerTrial){worker, kernel, worker->next++, FALSE};
        begin_trial(trial);
    }
}

static gboolean run_trials(Worker *worker, const char *work_dir, GError **error)
{
    const Order *order = worker->order;
    g_autoptr(Kernel) kernel = NULL;

    worker->setup = job_setup_worker(worker->spec, order, NULL, work_dir, error);
    if (!worker->setup) {
        return FALSE;
    }
    kernel = kernel_store_find(worker->setup->kernels, order->kernel_key, error);
    if (!kernel) {
        g_prefix_error(error, "kernel %.12s: ", order->kernel_key);
        if (error && !*error) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "kernel %.12s is not in the store",
                        order->kernel_key);
        }
        return FALSE;
    }
    order_part(order, worker->part, &worker->next, &worker->end);
    begin_trials(worker, kernel);
    while (worker->n_running) {
        g_main_context_iteration(NULL, TRUE);
    }
    if (worker->error) {
        g_propagate_error(error, g_steal_pointer(&worker->error));
        return FALSE;
    }
    return TRUE;
}

/* --- This machine ---------------------------------------------------------------------------- */

/* Make the folder @path, of ours alone: where anybody may make folders, another one may be there.
 */
static gboolean make_own_folder(const char *path, GError **error)
{
    g_autofree char *above = g_path_get_dirname(path);
    struct stat status;

    g_mkdir_with_parents(above, 0700);
    if ((mkdir(path, 0700) == 0 || errno == EEXIST) && lstat(path, &status) == 0 &&
        S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
        (status.st_mode & (S_IWGRP | S_IWOTH)) == 0) {
        return TRUE;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s is not a folder of yours alone", path);
    return FALSE;
}

/* Does KVM work here? Where it hangs that takes seconds to find out: it is found out once a boot.
 * *ret_why: owned by the caller. */
static gboolean kvm_works_here(const Worker *worker, const char *qemu, char **ret_why)
{
    g_autofree char *name = g_strconcat(worker->node, ".accel", NULL);
    g_autofree char *path = g_build_filename(worker->order->slots, name, NULL);
    g_autofree char *boot = process_boot_id(), *known = NULL, *text = NULL;
    g_auto(GStrv) words = NULL; /* boot, accel, why */
    Accel accel;

    if (g_file_get_contents(path, &known, NULL, NULL) && *boot) {
        words = g_strsplit(known, " ", 3);
        if (g_strv_length(words) == 3 && g_str_equal(words[0], boot)) {
            *ret_why = g_strdup(words[2]);
            return g_str_equal(words[1], accel_name(ACCEL_KVM));
        }
    }
    accel = guest_kvm_works(qemu, ret_why) ? ACCEL_KVM : ACCEL_TCG;
    text = g_strdup_printf("%s %s %s", boot, accel_name(accel), *ret_why);
    g_file_set_contents(path, text, -1, NULL);
    return accel == ACCEL_KVM;
}

/* Guests run as the order says, or not at all: what another way shows would be counted as the same.
 * G_IO_ERROR_NOT_SUPPORTED: another machine may be able to. */
static gboolean follow_accel(const Worker *worker, JobSpec *spec, GError **error)
{
    Accel accel = worker->order->accel;
    g_autofree char *why = NULL;

    if (worker->order->kind != ORDER_TRIALS) {
        return TRUE;
    }
    if (accel == ACCEL_KVM && !kvm_works_here(worker, spec->qemu, &why)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "guests are to run under KVM: %s",
                    why);
        return FALSE;
    }
    g_free(spec->accel);
    spec->accel = g_strdup(accel_name(accel));
    return TRUE;
}

/* A folder is somebody's as long as he has it locked. FALSE: it is, or it is gone. */
static gboolean lock_folder(const char *path, int *ret_fd)
{
    *ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*ret_fd >= 0 && flock(*ret_fd, LOCK_EX | LOCK_NB) == 0) {
        return TRUE;
    }
    if (*ret_fd >= 0) {
        close(*ret_fd);
    }
    return FALSE;
}

/* What workers left there that were killed. */
static void sweep(const char *folder)
{
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    const char *name;

    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        int fd;

        if (lock_folder(path, &fd)) {
            process_remove_tree(path);
            close(fd);
        }
    }
}

/* A folder of the worker's own, for images and the like, locked by *ret_fd. Owned by the caller. */
static char *make_work_dir(int *ret_fd, GError **error)
{
    g_autofree char *name = g_strdup_printf("firstbad-work-%u", (guint)geteuid());
    g_autofree char *folder = g_build_filename(g_get_tmp_dir(), name, NULL);

    if (!make_own_folder(folder, error)) {
        return NULL;
    }
    for (guint i = 0; i < 10; i++) {
        g_autofree char *dir = NULL;

        sweep(folder);
        dir = g_build_filename(folder, "XXXXXX", NULL);
        /* Swept by another one, before it was locked: once more. */
        if (g_mkdtemp(dir) && lock_folder(dir, ret_fd) && g_file_test(dir, G_FILE_TEST_IS_DIR)) {
            return g_steal_pointer(&dir);
        }
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no folder can be made in %s", folder);
    return NULL;
}

/* --- The item -------------------------------------------------------------------------------- */

static gboolean carry_out(Worker *worker, GError **error)
{
    int fd = -1;
    g_autofree char *work_dir = make_work_dir(&fd, error);
    gboolean done;

    if (!work_dir) {
        return FALSE;
    }
    done = worker->order->kind == ORDER_BUILD ? build(worker, work_dir, error)
                                              : run_trials(worker, work_dir, error);
    g_clear_pointer(&worker->setup, job_setup_free);
    process_remove_tree(work_dir);
    close(fd);
    return done;
}

static gboolean read_and_carry_out(Worker *worker, GError **error)
{
    g_autoptr(JobSpec) spec = job_spec_new(worker->order->job_kind);
    /* The store of kernels lies in it. */
    g_autofree char *state_dir = g_path_get_dirname(worker->order->kernels);

    sandbox_hide(state_dir);
    if (!job_spec_read(spec, worker->order->spec, "/", error) ||
        !make_own_folder(worker->order->slots, error) || !follow_accel(worker, spec, error)) {
        return FALSE;
    }
    worker->spec = spec;
    return carry_out(worker, error);
}

gboolean job_work_item(const char *dir, guint part, const char *node, const char *run,
                       GCancellable *cancellable, GError **error)
{
    g_autoptr(Order) order = order_read(dir, error);
    Worker worker = {
        .dir = dir, .node = node, .part = part, .order = order, .cancellable = cancellable};
    g_autoptr(GError) failure = NULL;

    if (!order) {
        return FALSE;
    }
    if (part >= order->n_parts) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s: there is no part %u", dir,
                    part);
        return FALSE;
    }
    if (read_and_carry_out(&worker, &failure)) {
        return TRUE;
    }
    /* Who was told to stop has not failed. */
    if (!g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        item_put_failure(dir, part, run, node, failure, NULL);
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}
