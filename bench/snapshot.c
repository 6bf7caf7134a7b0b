/* SPDX-License-Identifier: Apache-2.0
 * What a trial costs beside the reproducer: booted, restored from a snapshot, and what QEMU's start
 * alone takes on this machine; and the mean of all trials of a kernel that is new, where others
 * boot beside the one that is kept, and where they wait for it. Side by side, in rounds; medians of
 * the rounds.
 *
 *     bench-snapshot KERNEL [TRIALS] [ROUNDS] [AT-ONCE] [MIB]    (20, 3, 2, 256)
 *
 * The reproducer does nothing, once, and nothing settles after it. On a machine that others use the
 * processor time says more than the clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "guest/snapshot.h"
#include "idle-guest.h"
#include "number.h"
#include "process/process.h"

/* As farm/ has it. */
#define WAIT_POLL_MS 20

typedef struct Bench {
    IdleGuest guest;
    guint n_trials, n_rounds, n_at_once;
    Snapshot *snapshot; /* of the trials under way, or NULL */
    gboolean waits;     /* nothing boots beside a guest that is to be kept */
    guint n_begun, n_ended, n_restored;
} Bench;

typedef struct Figures {
    double wall_s, cpu_s; /* of one trial */
} Figures;

static double cpu_s(void)
{
    struct rusage usage;

    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double now_s(void)
{
    return (double)g_get_monotonic_time() / G_USEC_PER_SEC;
}

static void begin_trials(Bench *bench);

static void on_trial(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(Outcome) outcome = NULL;
    g_autoptr(GError) error = NULL;
    Bench *bench = data;

    if (!guest_trial_finish(res, &outcome, &error)) {
        g_error("%s", error->message);
    }
    if (outcome->kind != OUTCOME_OK || outcome->repro_exit != 0) {
        g_error("a trial ended with %s: %s", outcome_kind_name(outcome->kind), outcome->title);
    }
    bench->n_ended++;
    bench->n_restored += outcome->restored;
    begin_trials(bench);
}

static gboolean on_waited(gpointer data)
{
    begin_trials(data);
    return G_SOURCE_REMOVE;
}

static void begin_trials(Bench *bench)
{
    if (bench->waits && bench->n_begun && bench->snapshot &&
        snapshot_is_under_way(bench->snapshot)) {
        g_timeout_add(WAIT_POLL_MS, on_waited, bench);
        return;
    }
    while (bench->n_begun < bench->n_trials && bench->n_begun - bench->n_ended < bench->n_at_once) {
        bench->n_begun++;
        guest_trial_async(&bench->guest.spec, bench->guest.kernel, bench->guest.initramfs,
                          bench->snapshot, NULL, on_trial, bench);
        if (bench->waits && bench->n_begun == 1) {
            begin_trials(bench);
            return;
        }
    }
}

/* @n_trials of them, with @snapshot or booted. */
static Figures run_trials(Bench *bench, Snapshot *snapshot, guint n_trials)
{
    double start_s = now_s(), start_cpu_s = cpu_s();
    guint n_all = bench->n_trials;

    bench->snapshot = snapshot;
    bench->n_begun = bench->n_ended = bench->n_restored = 0;
    bench->n_trials = n_trials;
    begin_trials(bench);
    while (bench->n_ended < n_trials) {
        g_main_context_iteration(NULL, TRUE);
    }
    bench->n_trials = n_all;
    return (Figures){(now_s() - start_s) / n_trials, (cpu_s() - start_cpu_s) / n_trials};
}

/* All of a kernel's. */
static Figures run_new_kernel(Bench *bench, gboolean waits)
{
    g_autoptr(Snapshot) snapshot = snapshot_new();

    bench->waits = waits;
    Figures figures = run_trials(bench, snapshot, bench->n_trials);
    bench->waits = FALSE;
    return figures;
}

static void count_end(GObject *source, GAsyncResult *res, gpointer n_ended)
{
    g_autoptr(ProcessResult) result = NULL;

    process_run_finish(res, &result, NULL);
    ++*(guint *)n_ended;
}

/* The same machine without a guest in it: started, and told to quit. */
static Figures run_qemu_alone(const Bench *bench)
{
    static const char quit[] = "{\"execute\":\"qmp_capabilities\"}{\"execute\":\"quit\"}";
    g_autofree char *mib = g_strdup_printf("%u", bench->guest.spec.memory_mib);
    const char *argv[] = {bench->guest.spec.qemu,
                          "-S",
                          "-machine",
                          "q35,smm=off,sata=off",
                          "-m",
                          mib,
                          "-cpu",
                          "max",
                          "-nodefaults",
                          "-nic",
                          "none",
                          "-no-user-config",
                          "-display",
                          "none",
                          "-accel",
                          "tcg",
                          "-chardev",
                          "stdio,id=m",
                          "-mon",
                          "chardev=m,mode=control",
                          NULL};
    const ProcessSpec spec = {.argv = argv, .input = quit, .n_input = sizeof quit - 1};
    double start_s = now_s(), start_cpu_s = cpu_s();
    guint n_begun = 0, n_ended = 0;

    while (n_ended < bench->n_trials) {
        while (n_begun < bench->n_trials && n_begun - n_ended < bench->n_at_once) {
            n_begun++;
            process_run_async(&spec, NULL, count_end, &n_ended);
        }
        g_main_context_iteration(NULL, TRUE);
    }
    return (Figures){(now_s() - start_s) / bench->n_trials,
                     (cpu_s() - start_cpu_s) / bench->n_trials};
}

static int compare(gconstpointer a, gconstpointer b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

static void print_median(const char *what, Figures *figures, guint n)
{
    g_autofree double *wall = g_new(double, n), *cpu = g_new(double, n);

    for (guint i = 0; i < n; i++) {
        wall[i] = figures[i].wall_s;
        cpu[i] = figures[i].cpu_s;
    }
    qsort(wall, n, sizeof *wall, compare);
    qsort(cpu, n, sizeof *cpu, compare);
    printf("%-30s %8.3f s %8.3f s CPU\n", what, wall[n / 2], cpu[n / 2]);
}

/* How long the pages that were kept take to be copied. */
static double copy_s(const Bench *bench, const Snapshot *snapshot, GError **error)
{
    g_autoptr(Snapshot) copy = snapshot_new();
    int memory, state;

    if (!snapshot_open(snapshot, &memory, &state, error)) {
        return -1;
    }
    double start_s = now_s();
    gboolean kept = snapshot_keep(copy, memory, bench->guest.spec.memory_mib, state,
                                  snapshot_console(snapshot), error);
    double took_s = now_s() - start_s;
    close(memory);
    close(state);
    return kept ? took_s : -1;
}

static void run_rounds(Bench *bench)
{
    g_autofree Figures *booted = g_new(Figures, bench->n_rounds);
    g_autofree Figures *restored = g_new(Figures, bench->n_rounds);
    g_autofree Figures *alone = g_new(Figures, bench->n_rounds);
    g_autofree Figures *beside = g_new(Figures, bench->n_rounds);
    g_autofree Figures *waiting = g_new(Figures, bench->n_rounds);
    g_autoptr(Snapshot) snapshot = snapshot_new();
    g_autoptr(GError) error = NULL;

    run_trials(bench, snapshot, 1);
    if (!snapshot_size(snapshot)) {
        g_error("not kept: %s", snapshot_failure(snapshot));
    }
    for (guint i = 0; i < bench->n_rounds; i++) {
        booted[i] = run_trials(bench, NULL, bench->n_trials);
        restored[i] = run_trials(bench, snapshot, bench->n_trials);
        if (bench->n_restored < bench->n_trials) {
            g_error("not restored: %s", snapshot_failure(snapshot));
        }
        alone[i] = run_qemu_alone(bench);
        beside[i] = run_new_kernel(bench, FALSE);
        waiting[i] = run_new_kernel(bench, TRUE);
    }
    printf("%u trials, %u at once, median of %u rounds; for one trial:\n", bench->n_trials,
           bench->n_at_once, bench->n_rounds);
    print_median("booted", booted, bench->n_rounds);
    print_median("restored", restored, bench->n_rounds);
    print_median("QEMU started and ended", alone, bench->n_rounds);
    print_median("of a new kernel, boots beside", beside, bench->n_rounds);
    print_median("of a new kernel, waiting", waiting, bench->n_rounds);
    printf("kept: %.1f MB, copied in %.3f s\n", (double)snapshot_size(snapshot) / 1e6,
           copy_s(bench, snapshot, &error));
}

int main(int argc, char **argv)
{
    Bench bench = {.n_trials = bench_number(argc, argv, 2, 20),
                   .n_rounds = bench_number(argc, argv, 3, 3),
                   .n_at_once = bench_number(argc, argv, 4, 2)};

    if (argc < 2) {
        fprintf(stderr, "usage: bench-snapshot KERNEL [TRIALS] [ROUNDS] [AT-ONCE] [MIB]\n");
        return 2;
    }
    idle_guest_init(&bench.guest, argv[1], bench_number(argc, argv, 5, 256));
    bench.guest.spec.settle_ms = 0;
    run_rounds(&bench);
    idle_guest_clear(&bench.guest);
    return 0;
}
