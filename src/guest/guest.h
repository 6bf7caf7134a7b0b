/* SPDX-License-Identifier: Apache-2.0
 * Virtual machines: initramfs, PID 1, QEMU, console; one trial.
 *
 *     g_autoptr(Repro) repro = repro_prepare("crash.c", "gcc", work_dir, &error);
 *     initramfs_write(initramfs, repro, &error);
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
typedef enum ReproKind { REPRO_C, REPRO_BINARY, REPRO_SCRIPT } ReproKind;
typedef struct Repro {
    ReproKind kind;
    char *path;   /* what goes into the initramfs: @work_dir/repro, a static binary or a script */
    char *sha256; /* of the file the user gave */
} Repro;
void repro_free(Repro *repro);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Repro, repro_free)
/* C source (by its .c ending; one file that includes none of its own) is compiled static with
 * -pthread by @compiler into @work_dir, in a sandbox where this machine has one; an ELF file must
 * be static; a file that begins with "#!" is a script (run by a static busybox of the host, which
 * is /bin/sh in the guest whatever the "#!" line says). Both are copied into @work_dir, so that the
 * user may change his file. Errors quote the compiler. */
Repro *repro_prepare(const char *path, const char *compiler, const char *work_dir, GError **error);

/* Write the initramfs (newc, through libarchive) with our PID 1 and @repro to @path, by rename. The
 * same inputs give the same bytes. */
gboolean initramfs_write(const char *path, const Repro *repro, GError **error);

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
    const char *cmdline;    /* added to the kernel's command line, or NULL */
    gboolean panic_on_warn; /* a warning after the boot panics at once */
    guint boot_timeout_ms;  /* from start to our PID 1, and again for its basic test */
    guint trial_timeout_ms; /* the reproducer's time, repeats included */
    guint n_repeats;        /* runs of the reproducer within the time; 0: until time is up */
    GuestTrace trace;
    guint settle_ms;          /* after the last run: work queues, timers, RCU may crash late */
    guint after_crash_ms;     /* what a kernel that goes on after a crash report is given */
    guint silence_timeout_ms; /* PID 1 speaks every second: silent so long is hung. More than the
                                 kernel's own detectors need (soft lockup, RCU stall: 22 s) */
    gsize console_limit;      /* bytes kept: first and last half */
} GuestSpec;
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
    guint64 boot_ms;        /* start to PID 1 */
    guint64 run_ms;         /* whole trial */
    int repro_exit;         /* exit status of the last run; -1 when killed or never ended */
    guint n_runs;           /* how often the reproducer was started */
    char *calls; /* system calls of the traced run (calls.h); NULL when none was traced */
} Outcome;
void outcome_free(Outcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Outcome, outcome_free)

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
    STAGE_BASIC, /* a trivial program ran */
    STAGE_REPRO, /* the reproducer was started */
    STAGE_DONE   /* all runs are over */
} GuestStage;
/* @failure: why our PID 1 gave up, or NULL. */
Outcome *outcome_classify(const OopsReader *reader, GuestEnd end, GuestStage stage,
                          const char *failure, GBytes *console, const char *qemu_stderr);

/* Boot @image with @initramfs, run the basic test and the reproducer. Runs in the thread's default
 * main context; cancelling kills QEMU. GError only when this machine could not do its part (no
 * QEMU, cancelled). @spec is copied, its strings too. */
void guest_trial_async(const GuestSpec *spec, const char *image, const char *initramfs,
                       GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data);
gboolean guest_trial_finish(GAsyncResult *res, Outcome **ret_outcome, GError **error);
