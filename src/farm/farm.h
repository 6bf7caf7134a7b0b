/* SPDX-License-Identifier: Apache-2.0
 * Where kernels are built and trials are run. job/ says what; a farm does it, asynchronously, on
 * the default main context.
 *
 * A farm is a table of functions, so that a job does not know whether its kernels are built here,
 * on a cluster, or in a simulated world. What a build or a trial showed is a value; GError means
 * that the farm itself could not do its part (disk full, no QEMU, cancelled), and moves no belief.
 */
#pragma once

#include <gio/gio.h>

#include "farm/item.h"
#include "guest/guest.h"
#include "kernel/kernel.h"
#include "repo/repo.h"

typedef struct Farm Farm;

typedef struct FarmOps {
    /* Make @commit, or a variant of one (kernel/variant.h), ready for trials. */
    void (*build_async)(Farm *farm, const char *commit, GCancellable *cancellable,
                        GAsyncReadyCallback done, gpointer user_data);
    gboolean (*build_finish)(Farm *farm, GAsyncResult *res, Kernel **ret_kernel, GError **error);
    /* One trial of @kernel, which @commit was built to and stays until the trial ends.
     * G_IO_ERROR_NOT_FOUND: the kernel is not there any more, or damaged; build it again. */
    void (*trial_async)(Farm *farm, const char *commit, const Kernel *kernel,
                        GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data);
    gboolean (*trial_finish)(Farm *farm, GAsyncResult *res, Outcome **ret_outcome, GError **error);
    /* The trial with this Outcome.origin is in the store, and never to be given out again: said of
     * each before the first trial, and when it is stored. NULL: they have no origin. */
    void (*counted)(Farm *farm, const char *origin);
    /* Revisions that want @fix get it, from the next build on. NULL: this farm builds them as they
     * are.
     */
    void (*add_fix)(Farm *farm, const Backport *fix);
    /* From now on build also what is the same by its sources as another kernel. NULL where all are
     * built. */
    void (*build_same)(Farm *farm);
    /* Revisions that need no build, since another job built them: kernel_builder_made(). NULL:
     * there are none such. */
    char **(*made)(Farm *farm);
    /* What the configuration of @commit (or a variant) comes to, without a build; *ret_config NULL:
     * it cannot be configured. And: build revisions with the config that variants name @config from
     * now on, in place of the job's. All NULL where kernels have no configurations. */
    void (*configure_async)(Farm *farm, const char *commit, GCancellable *cancellable,
                            GAsyncReadyCallback done, gpointer user_data);
    gboolean (*configure_finish)(Farm *farm, GAsyncResult *res, char **ret_config, GError **error);
    gboolean (*use_config)(Farm *farm, const char *config, GError **error);
    /* Objects of @commit's kernel with debug information: see kernel_objects_async(). NULL where
     * kernels have none. */
    void (*objects_async)(Farm *farm, const char *commit, const char *const *objects,
                          const char *dir, GCancellable *cancellable, GAsyncReadyCallback done,
                          gpointer user_data);
    gboolean (*objects_finish)(Farm *farm, GAsyncResult *res, GError **error);
    /* A worktree that the farm may check anything out in when it is idle, or NULL. */
    const char *(*worktree)(Farm *farm);
    /* Prefixes under which its kernels' debug information names sources: NULL-terminated. */
    const char *const *(*source_prefixes)(Farm *farm);
    /* The job has its answer, stored: leave nothing in the user's repository. NULL: nothing to do.
     */
    void (*done)(Farm *farm);
    void (*free)(Farm *farm);
} FarmOps;

/* First member of every farm. */
struct Farm {
    const FarmOps *ops;
    guint n_trials_at_once;
    guint n_slots;  /* builds at once, beside the trials of one kernel; 0: all share places */
    guint n_places; /* then: builds and kernels on trial at once; 0: one */
    gboolean takes_all_trials; /* trials of a kernel may be asked for all at once: it has a queue */
    double expected_build_s;   /* before the first build was timed */
    double expected_trial_s;
    const char *config;     /* path of the job's config; NULL where kernels have none */
    const char *config_dir; /* where variants find others */
    Version oldest;         /* kernels before it cannot be expected to build here; 0: any can */
    char *note;             /* what a person should be told once, in lines; or NULL */
    GuestTrace trace;       /* of the trials that are begun from now on */
    gboolean boots;         /* they boot, where others may begin with a kept guest */
    /* Set by job/: what a person should be told now. NULL: nobody listens. */
    void (*tell)(const char *line, gpointer data);
    gpointer tell_data;
};

/* Tell a person, if anybody listens. */
void farm_tell(const Farm *farm, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Called by job/ once the answer is stored, and not when the work is merely interrupted: it goes on
 * faster with what is there. */
void farm_done(Farm *farm);
void farm_free(Farm *farm);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Farm, farm_free)

/* A root file system for a job's guests. */
typedef struct FarmRoot {
    VersionSpan span; /* of kernels; all, where the user names none */
    Rootfs *rootfs;
    char *archive; /* of a folder, packed; NULL for an image */
    DiskBus bus;   /* of an image */
} FarmRoot;
void farm_root_free(FarmRoot *root);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FarmRoot, farm_root_free)
/* The path in @text, "PATH" or "v4.19..v5.4=PATH"; and the versions (NULL: not asked for). */
const char *farm_root_path(const char *text, VersionSpan *ret_span);
/* The first of @roots (of FarmRoot) for kernels of @version (0: not known), or NULL. */
const FarmRoot *farm_root_for(const GPtrArray *roots, Version version);

/* What a job puts into its guests: files of its own, which nobody changes. */
typedef struct FarmInputs {
    char *repro;
    GPtrArray *files;          /* of GuestFile */
    char **modules, **sysctls; /* as in GuestContent */
    char *archive;             /* of files and modules, or NULL */
    char **qemu_args;
    GPtrArray *roots; /* of FarmRoot; the first that fits a kernel is its own */
    char *syz_execprog, *syz_executor, *syz_options; /* as in ReproOptions */
} FarmInputs;
FarmInputs *farm_inputs_new(void); /* nothing in it */
void farm_inputs_free(FarmInputs *inputs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FarmInputs, farm_inputs_free)

/* Is all there to build syzkaller from the git repository @checkout on @commit (NULL: HEAD)? Errors
 * say what is missing. */
gboolean syzkaller_check(const char *checkout, const char *commit, GError **error);
/* Build syz-execprog and syz-executor, in a worktree of our own below @folder and in a sandbox
 * where there is one. What was built there before is used again, also without the checkout.
 * *ret_note: what it was built on, for people. */
gboolean syzkaller_build(const char *checkout, const char *commit, const char *folder,
                         char **ret_execprog, char **ret_executor, char **ret_note, GError **error);

/* This machine: build slots and guests, which share its cores. */
typedef struct LocalFarmOptions {
    const Toolchains *toolchains;
    const char *config;
    const char *config_dir;     /* other configs, which variants name; or NULL */
    const GPtrArray *backports; /* of Backport; or NULL */
    const char *start;          /* the commit that crashes */
    const FarmInputs *inputs;   /* must outlive the farm */
    const char *slot_dir;       /* the first build slot; others lie beside it. NULL: no builds */
    guint n_slots;              /* builds at once */
    const char *work_dir;       /* images and initramfs of this job */
    guint n_jobs;               /* of all makes together */
    guint build_timeout_ms;
    guint64 build_memory_bytes;
    gboolean without_debug_info, paranoid; /* see KernelBuildOptions */
    guint n_guests;                        /* trials at once; 0: none */
    gboolean no_snapshots;                 /* each trial boots */
    GuestSpec guest;
} LocalFarmOptions;
/* Prepares the reproducer, the initramfs and the slot. @repo and @store must outlive the farm. */
Farm *local_farm_new(const Repo *repo, KernelStore *store, const LocalFarmOptions *options,
                     GError **error);

/* What a guest's QEMU needs beside the guest's memory. */
#define QEMU_OVERHEAD_MIB 150

/* Memory that could be used now; 0 when the kernel does not say. */
guint64 local_farm_free_memory_mib(void);

/* How many guests of @memory_mib find room in @free_mib, beside what the host keeps. */
guint local_farm_fit(guint memory_mib, guint64 free_mib);
/* How many this machine runs at once: @n_wanted, or (0) one for @n_cpus cores, but no more than
 * have room; at least 1. */
guint local_farm_guests(guint n_wanted, guint memory_mib, guint n_cpus, guint64 free_mib);

/* A cluster under Slurm. Its machines see the job's folder, the kernel store and the tree under the
 * same paths, and build in slots below @slots. */
typedef struct ClusterFarmOptions {
    const char *job_kind, *spec; /* the job file, as it is carried out there */
    const char *job_dir, *kernels, *slots;
    const char *program;     /* firstbad */
    Accel accel;             /* of all guests; AUTO: KVM where nodes have the feature "kvm" */
    const char *const *args; /* for sbatch, or NULL */
    guint n_workers;         /* machines at once; 0: as many as are up */
    guint n_cpus;            /* of a machine, make -j; 0: those of the smallest */
    guint n_guests;          /* at once on a machine; 0: by its CPUs */
    guint guest_mib, guest_cpus;
    guint build_timeout_ms, boot_timeout_ms, trial_timeout_ms;
} ClusterFarmOptions;
/* @here, which it takes, is this machine: what is seldom and small is done there. @store must
 * outlive the farm. Errors: Slurm does not answer, or has no node. */
Farm *cluster_farm_new(Farm *here, KernelStore *store, const ClusterFarmOptions *options,
                       GError **error);

/* `firstbad run`: a revision is "built" by checking it out and running @build_command (or nothing),
 * and tried by @test_command, both through /bin/sh, in a worktree of our own. Exit codes as for
 * `git bisect run`: 0 good, 125 skip, 1..127 bad, else our machine's fault: an outcome of a trial,
 * an error of a build. They find FIRSTBAD_COMMIT and FIRSTBAD_JOB_DIR (@work_dir) in the
 * environment; what still has the latter there when a command has ended, or when the farm is made,
 * is killed. */
typedef struct CommandFarmOptions {
    const char *test_command;
    const char *build_command; /* or NULL */
    const char *work_dir;      /* the worktree lies in it */
    gboolean no_checkout;      /* run the commands in @run_dir, with FIRSTBAD_COMMIT only */
    const char *run_dir;       /* the repository, as the user named it */
    guint timeout_ms;          /* of one command; 0: none */
} CommandFarmOptions;
Farm *command_farm_new(const Repo *repo, const CommandFarmOptions *options, GError **error);
