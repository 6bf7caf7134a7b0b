/* SPDX-License-Identifier: Apache-2.0
 * Many guests at once: trials a minute, what memory they take, and how many trials tell what is not
 * so, since a guest that waits for a core looks hung.
 *
 *     bench-guests KERNEL [GUESTS] [SECONDS] [MIB] [BALLAST-MIB]    (64, 600, 256, 0)
 *
 * Emulated. What is under way when the time is up is ended, and not counted. As many as memory has
 * room for are run, by the rule of `--guests` (farm/memory.c). The reproducer does nothing, once:
 * each trial should end well. With a ballast, so much memory is taken from all before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "farm/farm.h"
#include "idle-guest.h"
#include "number.h"

typedef struct Bench {
    IdleGuest guest;
    guint n_at_once, n_begun, n_ended;
    GCancellable *time_is_up;
    guint n_of_kind[N_OUTCOME_KINDS];
    guint64 least_free_mib, most_of_guests_mib;
    guint most_at_once, n_cut;
} Bench;

static void begin_trials(Bench *bench);

static void on_trial(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(Outcome) outcome = NULL;
    g_autoptr(GError) error = NULL;
    Bench *bench = data;

    bench->n_ended++;
    if (g_cancellable_is_cancelled(bench->time_is_up)) {
        bench->n_cut++;
        guest_trial_finish(res, &outcome, &error);
        return;
    }
    if (guest_trial_finish(res, &outcome, &error)) {
        bench->n_of_kind[outcome->kind]++;
        if (outcome->kind != OUTCOME_OK) {
            printf("%s: %s\n", outcome_kind_name(outcome->kind), outcome->title);
        }
    } else {
        bench->n_of_kind[OUTCOME_INFRA]++;
        printf("failed: %s\n", error->message);
    }
    begin_trials(bench);
}

/* As the farm has it. */
static gboolean has_room(const Bench *bench)
{
    return bench->n_begun == bench->n_ended ||
           local_farm_fit(bench->guest.spec.memory_mib, local_farm_free_memory_mib());
}

static void begin_trials(Bench *bench)
{
    while (bench->n_begun - bench->n_ended < bench->n_at_once && has_room(bench)) {
        bench->n_begun++;
        guest_trial_async(&bench->guest.spec, bench->guest.kernel, bench->guest.initramfs, NULL,
                          bench->time_is_up, on_trial, bench);
    }
    bench->most_at_once = MAX(bench->most_at_once, bench->n_begun - bench->n_ended);
}

/* What is @name's of the process @pid, in KiB. */
static guint64 kib_of(const char *pid, const char *file, const char *name)
{
    g_autofree char *path = g_build_filename("/proc", pid, file, NULL);
    g_autofree char *text = NULL;
    const char *line;

    return g_file_get_contents(path, &text, NULL, NULL) && (line = strstr(text, name))
               ? g_ascii_strtoull(line + strlen(name), NULL, 10)
               : 0;
}

/* Memory of our children, shared pages divided. */
static guint64 children_mib(void)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) pids = NULL;
    guint64 kib = 0;

    g_file_get_contents("/proc/thread-self/children", &text, NULL, NULL);
    pids = g_strsplit(text ? text : "", " ", -1);
    for (char **pid = pids; *pid; pid++) {
        kib += **pid ? kib_of(*pid, "smaps_rollup", "Pss:") : 0;
    }
    return kib / 1024;
}

static gboolean on_second(gpointer data)
{
    Bench *bench = data;

    bench->least_free_mib = MIN(bench->least_free_mib, local_farm_free_memory_mib());
    bench->most_of_guests_mib = MAX(bench->most_of_guests_mib, children_mib());
    begin_trials(bench); /* there may be memory again */
    return G_SOURCE_CONTINUE;
}

static gboolean on_end(gpointer time_is_up)
{
    g_cancellable_cancel(time_is_up);
    return G_SOURCE_REMOVE;
}

static void run(Bench *bench, guint seconds)
{
    guint clock = g_timeout_add_seconds(1, on_second, bench), n;

    bench->least_free_mib = local_farm_free_memory_mib();
    g_timeout_add_seconds(seconds, on_end, bench->time_is_up);
    begin_trials(bench);
    while (!g_cancellable_is_cancelled(bench->time_is_up)) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(clock);
    while (bench->n_ended < bench->n_begun) {
        g_main_context_iteration(NULL, TRUE);
    }
    n = bench->n_ended - bench->n_cut;
    printf("%u trials in %u s: %.1f a minute; at most %u guests of %u MiB at once\n", n, seconds,
           60.0 * n / seconds, bench->most_at_once, bench->guest.spec.memory_mib);
    printf("guests: at most %" G_GUINT64_FORMAT " MiB; never less than %" G_GUINT64_FORMAT
           " MiB free\n",
           bench->most_of_guests_mib, bench->least_free_mib);
    for (guint i = 0; i < N_OUTCOME_KINDS; i++) {
        if (bench->n_of_kind[i]) {
            printf("%u %s\n", bench->n_of_kind[i], outcome_kind_name((OutcomeKind)i));
        }
    }
}

/* Memory that is in use. */
static char *take_ballast(guint mib)
{
    gsize n = (gsize)mib << 20;
    char *ballast = g_malloc(n + 1);

    memset(ballast, 1, n);
    return ballast;
}

int main(int argc, char **argv)
{
    g_autofree char *ballast = take_ballast(bench_number(argc, argv, 5, 0));
    g_autoptr(GCancellable) time_is_up = g_cancellable_new();
    Bench bench = {.time_is_up = time_is_up};

    if (argc < 2) {
        fprintf(stderr, "usage: bench-guests KERNEL [GUESTS] [SECONDS] [MIB] [BALLAST-MIB]\n");
        return 2;
    }
    idle_guest_init(&bench.guest, argv[1], bench_number(argc, argv, 4, 256));
    bench.guest.spec.boot_timeout_ms = 60 * 60 * 1000;
    bench.n_at_once =
        local_farm_guests(bench_number(argc, argv, 2, 64), bench.guest.spec.memory_mib, 1,
                          local_farm_free_memory_mib());
    run(&bench, bench_number(argc, argv, 3, 600));
    idle_guest_clear(&bench.guest);
    return bench.n_of_kind[OUTCOME_OK] == bench.n_ended - bench.n_cut ? 0 : 1;
}
