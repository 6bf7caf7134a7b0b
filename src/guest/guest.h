/* SPDX-License-Identifier: Apache-2.0
 * Virtual machines: initramfs, PID 1, QEMU, console; one trial.
 *
 *     g_autoptr(Repro) repro = repro_prepare("crash.c", &(ReproOptions){"gcc"}, work_dir, &error);
 *     initramfs_write(initramfs, &(GuestContent){repro}, &error);
 *     GuestSpec spec;
 *     guest_spec_default(&spec, reader);
 *     spec.accel = guest_kvm_works(spec.qemu, &why) ? ACCEL_KVM : ACCEL_TCG;
 *     guest_trial_async(&spec, image, initramfs, cancellable, done, NULL);
 *
 * What happens in a guest is never an error: it is the outcome. The reproducer is untrusted: the
 * guest has no network, and QEMU runs with its seccomp sandbox. The reproducer has the guest to
 * itself, so it can forge a crash if it wants to; what it prints does not reach the console.
 */
#pragma once

#include <gio/gio.h>

#include "guest/calls.h"
#include "oops/oops.h"

/* The reproducer as the guest gets it. */
typedef enum ReproKind { REPRO_C, REPRO_BINARY, REPRO_SCRIPT, REPRO_SYZ } ReproKind;
typedef struct Repro {
    ReproKind kind;
    char *path;      /* what goes into the initramfs: @work_dir/repro */
    char *sha256;    /* of the file the user gave */
    guint64 hold_at; /* address in it up to which it does nothing of its own; 0: not known */
    /* of a program of syzkaller's: */
    char *execprog, *executor; /* what runs it */
    char **command;            /* in the guest; NULL-terminated */
    GPtrArray *notes;          /* of char *: what a person should be told once; never NULL */
} Repro;
#define REPRO_EXECPROG "/syz-execprog" /* places in the guest */
#define REPRO_EXECUTOR "/syz-executor"
void repro_free(Repro *repro);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Repro, repro_free)
typedef struct ReproOptions {
    const char *compiler;
    gboolean has_rootfs;                     /* with libraries and interpreters of the user's own */
    gboolean emulated;                       /* guests are slow: for syzkaller's time limits */
    const char *syz_execprog, *syz_executor; /* programs of syzkaller's; NULL where it is to do */
    const char *syz_options;                 /* file with the options (repro.opts), or NULL: they
                                                stand in the program */
} ReproOptions;
/* Is the file a program of syzkaller's, by its name (.syz, .prog)? */
gboolean repro_is_syz(const char *path);
/* C source (by its .c ending; one file that includes none of its own) is compiled static with
 * -pthread into @work_dir, in a sandbox where this machine has one; an ELF file must be static
 * where there is no rootfs; a file that begins with "#!" is a script (without a rootfs, run by a
 * static busybox of the host, which is /bin/sh in the guest whatever the "#!" line says); a program
 * of syzkaller's is run by its syz-execprog, as its options say. They are copied into @work_dir, so
 * that the user may change his file. Errors quote the compiler. */
Repro *repro_prepare(const char *path, const ReproOptions *options, const char *work_dir,
                     GError **error);

/* The file system that a reproducer needs around it: a folder, which goes into the guest's memory,
 * or a disk image. */
typedef struct Rootfs {
    gboolean is_image;
    char *path;             /* as given */
    gint64 size;            /* bytes of its files, or of the image */
    const char *format;     /* of an image: "raw", "qcow2" */
    const char *filesystem; /* that its root most probably has ("ext4"), or NULL: cannot be seen */
    const char *partitions; /* "gpt", "dos", or NULL */
} Rootfs;
/* Look at @path. A folder that is too large for a guest's memory is refused. */
Rootfs *rootfs_look(const char *path, GError **error);
void rootfs_free(Rootfs *rootfs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rootfs, rootfs_free)
/* Pack the folder @path into the archive @archive, for an initramfs: owned by root, links and
 * devices as they are. */
gboolean rootfs_pack(const char *path, const char *archive, GError **error);
/* Memory that a guest needs at least when it has this folder in it: while it boots, twice. */
guint rootfs_memory_mib(const Rootfs *rootfs);

/* A file or folder of this machine and its place in the guest, an absolute path. */
typedef struct GuestFile {
    char *source, *target;
} GuestFile;
/* "SOURCE" or "SOURCE:TARGET"; without a target it is found at the top, by its name. */
GuestFile *guest_file_parse(const char *text, GError **error);
void guest_file_free(GuestFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestFile, guest_file_free)
/* Pack @files (of GuestFile) and @modules (files here; NULL-terminated) into an archive for an
 * initramfs. */
gboolean guest_pack_files(const GPtrArray *files, const char *const *modules, const char *archive,
                          GError **error);

/* Where the reproducer's file system comes from. */
typedef enum GuestRoot { GUEST_ROOT_NONE, GUEST_ROOT_FOLDER, GUEST_ROOT_DISK } GuestRoot;

/* What a guest finds when it boots, beside our PID 1. */
typedef struct GuestContent {
    const Repro *repro;
    GuestRoot root;
    const GPtrArray *files;      /* of GuestFile, to be seen in the root, too; or NULL */
    const char *const *modules;  /* loaded in this order before anything runs; or NULL */
    const char *const *sysctls;  /* "KEY=VALUE", set just before the reproducer; or NULL */
    const char *const *archives; /* with files, modules and the root folder; or NULL */
} GuestContent;
/* Write the initramfs (newc, through libarchive) to @path, by rename. The same inputs give the same
 * bytes. */
gboolean initramfs_write(const char *path, const GuestContent *content, GError **error);

/* The settings of a file as sysctl.conf(5) has them ("KEY = VALUE", comments with '#' or ';'), as
 * "KEY=VALUE". NULL-terminated, owned by the caller. Errors name the line. */
char **guest_sysctls_parse(const char *text, GError **error);

typedef enum Accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG } Accel;
const char *accel_name(Accel accel); /* "auto", "kvm", "tcg": also what QEMU calls them */

/* Does KVM work here? Opens /dev/kvm and boots a tiny guest under it with a time limit; a /dev/kvm
 * that is there and hangs counts as no. *ret_why: one sentence for people, owned by the caller. */
gboolean guest_kvm_works(const char *qemu, char **ret_why);
/* The probe behind it: does the tiny guest (real mode, long mode, timer interrupts) come to its end
 * in time? TCG must always say yes, which tells that the probe itself and @qemu are right. */
gboolean guest_accel_works(const char *qemu, Accel accel, char **ret_why);
/* Can @qemu confine itself with seccomp? Debian's can. FALSE only when @qemu itself refuses: then
 * say so and set no_sandbox. Where nothing can be found out (a busy machine), it stays confined. */
gboolean guest_sandbox_works(const char *qemu, char **ret_why);

/* What a disk is plugged into, in the order in which we like it: it decides which driver the kernel
 * needs. */
typedef enum DiskBus { DISK_VIRTIO, DISK_AHCI, DISK_NVME, DISK_SCSI, DISK_IDE } DiskBus;
#define N_DISK_BUSES (DISK_IDE + 1)
/* The bus that a kernel of @config has a driver for, with modules built in. *ret_missing: options
 * that @config lacks, this one's or the root's file system's ("CONFIG_EXT4_FS"; NULL-terminated,
 * owned by the caller, empty when nothing is missing). */
DiskBus disk_choose_bus(const char *config, const Rootfs *rootfs, char ***ret_missing);

/* NULL when @arg may be among GuestSpec.qemu_args; else it takes what is ours, and this is the
 * option of ours to use for it, or "" where there is none. */
const char *qemu_arg_complaint(const char *arg);
/* Does @arg give the guest a network or another way to this machine? */
gboolean qemu_arg_opens(const char *arg);

/* Shall PID 1 trace the system calls of one run? It slows this run down and changes its timing, so
 * the runs that count are mostly others. Tracing stops after TRACE_LIMIT_MS (init/words.h), the run
 * goes on. A crash of a traced run is a crash like any other. */
typedef enum GuestTrace {
    TRACE_NONE,
    TRACE_LATER, /* the second run; where there is none (one is enough, or the first took all the
                    time), one more after the last, of TRACE_LIMIT_MS at most */
    TRACE_FIRST, /* the first: of a kernel that is known to crash in it */
} GuestTrace;

/* How to run a guest. Fill with guest_spec_default(), then change. */
typedef struct GuestSpec {
    const OopsReader *reader; /* the caller keeps it while trials run */
    const char *qemu;         /* program: "qemu-system-x86_64" */
    Accel accel;              /* not AUTO */
    gboolean no_sandbox;      /* QEMU without seccomp */
    guint memory_mib;
    guint n_cpus;
    const char *cmdline;     /* added to the kernel's command line, or NULL */
    const char *disk;        /* image of the guest's disk, never written to; or NULL */
    const char *disk_format; /* "raw", "qcow2" */
    DiskBus disk_bus;
    const char *const *qemu_args; /* added to QEMU's arguments, last; or NULL */
    gboolean panic_on_warn;       /* a warning after the boot panics at once */
    guint boot_timeout_ms;        /* from start to our PID 1, and again for its basic test */
    guint trial_timeout_ms;       /* the reproducer's time, repeats included */
    guint n_repeats;              /* runs of the reproducer within the time; 0: until time is up */
    GuestTrace trace;
    guint settle_ms;          /* after the last run: work queues, timers, RCU may crash late */
    guint after_crash_ms;     /* what a kernel that goes on after a crash report is given */
    guint silence_timeout_ms; /* PID 1 speaks every second: silent so long is hung. More than the
                                 kernel's own detectors need (soft lockup, RCU stall: 22 s) */
    gsize console_limit;      /* bytes kept: first and last half */
} GuestSpec;
/* Between the halves, with a number for the '#'. */
#define CONSOLE_CUT "[firstbad: # bytes of the console were left out here]"
void guest_spec_default(GuestSpec *ret_spec, const OopsReader *reader);

typedef enum OutcomeKind {
    OUTCOME_OK,           /* the reproducer ran, nothing crashed */
    OUTCOME_CRASH,        /* the kernel crashed or hung; see @report */
    OUTCOME_BOOT_FAILED,  /* our PID 1 was never reached */
    OUTCOME_BASIC_FAILED, /* a trivial program, or the reproducer's own, did not run */
    OUTCOME_INFRA,        /* our machine's fault: never moves belief */
    OUTCOME_UNREACHED,    /* ran, but could not exercise the bug: the reproducer says so */
} OutcomeKind;
#define N_OUTCOME_KINDS (OUTCOME_UNREACHED + 1)
/* Exit status by which a reproducer says that this kernel lacks what it needs (a socket family that
 * is off, say), as a test of `git bisect run` does: then a quiet run tells nothing. */
#define REPRO_EXIT_UNREACHED 125
const char *outcome_kind_name(OutcomeKind kind); /* "ok", "crash", "boot-failed", ... */
gboolean outcome_kind_parse(const char *name, OutcomeKind *ret_kind);

typedef struct Outcome {
    OutcomeKind kind;
    char *title;        /* of the crash, or of what went wrong; NULL for ok */
    OopsReport *report; /* the crash that made the title: never NULL for a crash, since a hang or a
                           reset without words gets a report of its title alone; else NULL when the
                           console shows none */
    OopsIdentity *identity; /* of @report, when it was read from a console; or NULL */
    GBytes *console;        /* as kept */
    char *output;           /* what the reproducer printed: printable lines, the first 16 KiB */
    gboolean restored;      /* it began with a snapshot */
    guint64 boot_ms;        /* start to PID 1; of a restored one, until it ran */
    guint64 run_ms;         /* whole trial */
    int repro_exit;         /* exit status of the last run; -1 when killed or never ended */
    guint n_runs;           /* how often the reproducer was started */
    char *calls;  /* system calls of the traced run (calls.h); NULL when none was traced */
    char *origin; /* where it came from, when it may come again: it counts once; or NULL */
} Outcome;
void outcome_free(Outcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Outcome, outcome_free)

/* An outcome as a file, for another process: a line of JSON, then the console. Of the report there
 * is in it what a store keeps: stacks and places in the console are not. The file appears whole and
 * on disk, by link(2): where one is there already that stays, and this one is dropped. */
gboolean outcome_write(const Outcome *outcome, const char *path, GError **error);
/* The file is foreign: G_IO_ERROR_INVALID_DATA says what is wrong with it. */
Outcome *outcome_read(const char *path, GError **error);

/* What a console and an ending mean: the pure half, for tests and replays. */
typedef enum GuestEnd {
    GUEST_END_FINISHED,  /* our PID 1 said so */
    GUEST_END_CRASHED,   /* it showed a crash and did not end by itself afterwards */
    GUEST_END_RESET,     /* QEMU ended because the guest reset or went off: panic, triple fault */
    GUEST_END_SILENT,    /* no byte on console or protocol for too long */
    GUEST_END_LOST,      /* the console goes on, our PID 1 does not */
    GUEST_END_TIMEOUT,   /* time was up, our PID 1 still answered */
    GUEST_END_QEMU_DIED, /* QEMU itself failed */
} GuestEnd;
typedef enum GuestStage {
    STAGE_START, /* no word from PID 1 yet */
    STAGE_INIT,  /* PID 1 runs */
    STAGE_READY, /* a trivial program ran; PID 1 waits for its orders */
    STAGE_REPRO, /* the reproducer was started */
    STAGE_DONE   /* all runs are over */
} GuestStage;
/* @failure: why our PID 1 gave up, or NULL. */
Outcome *outcome_classify(const OopsReader *reader, GuestEnd end, GuestStage stage,
                          const char *failure, GBytes *console, const char *qemu_stderr);

/* What a kernel's guest was when it was ready to run the reproducer. The first trial with it boots
 * and keeps that, in memory; later ones begin there, and what one of them does no other sees. All
 * have one image, initramfs and spec, but for what belongs to a trial (time, repeats, trace,
 * settling, panic_on_warn). A trial that fails by it is made again by booting, and the snapshot is
 * given up: it never decides what a trial shows. */
typedef struct Snapshot Snapshot;
Snapshot *snapshot_new(void); /* nothing kept yet */
Snapshot *snapshot_ref(Snapshot *snapshot);
void snapshot_unref(Snapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Snapshot, snapshot_unref)
guint64 snapshot_size(const Snapshot *snapshot);        /* bytes of memory; 0: nothing is kept */
const char *snapshot_failure(const Snapshot *snapshot); /* why it was given up, or NULL */
/* Is a guest on its way that is to be kept? A trial that begins now boots beside it. */
gboolean snapshot_is_under_way(const Snapshot *snapshot);
/* Why guests of @spec cannot be kept, or NULL. Owned by the caller. */
char *guest_snapshot_complaint(const GuestSpec *spec);

/* Boot @image with @initramfs, or begin with @snapshot (NULL: boot); run the reproducer. Runs in
 * the thread's default main context; cancelling kills QEMU. GError only when this machine could not
 * do its part (no QEMU, cancelled). @spec is copied, its strings too. */
void guest_trial_async(const GuestSpec *spec, const char *image, const char *initramfs,
                       Snapshot *snapshot, GCancellable *cancellable, GAsyncReadyCallback done,
                       gpointer user_data);
gboolean guest_trial_finish(GAsyncResult *res, Outcome **ret_outcome, GError **error);
