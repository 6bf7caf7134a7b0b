/* SPDX-License-Identifier: Apache-2.0
 * What tracing costs a reproducer: bench-trace KERNEL [REPRO.c ...]. A loop of 100,000 getpid() and
 * each REPRO.c, whose main() is timed by the guest's own clock, run alone and then traced, in
 * turns; the best of N_ROUNDS. A machine with other work takes time from the long runs and not from
 * the short ones, so what a call costs is told in CPU time of QEMU. The kernel must not crash.
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "guest/guest.h"

#define N_ROUNDS 5
#define LOOP                                                                                       \
    "#include <sys/syscall.h>\n#include <unistd.h>\n"                                              \
    "int main(void) { for (int i = 0; i < 100000; i++) syscall(SYS_getpid); return 0; }\n"

/* Around a program's text: how long its main() takes. */
#define BEFORE "#define main timed_main\n"
#define AFTER                                                                                      \
    "\n#undef main\n#include <stdio.h>\n#include <time.h>\n"                                       \
    "int main(void) {\n"                                                                           \
    "    struct timespec a, b;\n"                                                                  \
    "    clock_gettime(CLOCK_MONOTONIC, &a);\n"                                                    \
    "    int status = timed_main();\n"                                                             \
    "    clock_gettime(CLOCK_MONOTONIC, &b);\n"                                                    \
    "    printf(\"took %.3f ms\\n\", (b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) / "     \
    "1e6);\n"                                                                                      \
    "    return status;\n}\n"

static void die(const char *what, const GError *error)
{
    fprintf(stderr, "bench-trace: %s: %s\n", what, error ? error->message : "no result");
    exit(EXIT_FAILURE);
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

static Outcome *run(const GuestSpec *spec, const char *kernel, const char *initramfs)
{
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(GError) error = NULL;
    Outcome *outcome = NULL;

    guest_trial_async(spec, kernel, initramfs, NULL, NULL, keep_result, &res);
    while (!res) {
        g_main_context_iteration(NULL, TRUE);
    }
    if (!guest_trial_finish(res, &outcome, &error)) {
        die("guest", error);
    }
    return outcome;
}

/* The time that the program says it took. */
static double took_ms(const Outcome *outcome)
{
    const char *word = strstr(outcome->output, "took ");

    if (outcome->kind != OUTCOME_OK || !word) {
        fprintf(stderr, "%s\n", outcome->output);
        die(outcome->title ? outcome->title : "the reproducer", NULL);
    }
    return g_ascii_strtod(word + strlen("took "), NULL);
}

/* CPU time of all guests so far. */
static double guests_ms(void)
{
    struct rusage usage;

    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

typedef struct Cost {
    double ms, cpu_ms;
} Cost;

static guint64 n_calls(const Outcome *outcome)
{
    g_autoptr(Calls) calls = calls_new();
    guint64 n = 0;

    calls_add_text(calls, outcome->calls);
    for (guint i = 0; i < calls->calls->len; i++) {
        n += ((const Call *)g_ptr_array_index(calls->calls, i))->n_entered;
    }
    return n;
}

static void measure(GuestSpec *spec, const char *kernel, const char *dir, const char *name,
                    const char *text)
{
    g_autofree char *source = g_build_filename(dir, "bench.c", NULL);
    g_autofree char *initramfs = g_build_filename(dir, "bench.cpio", NULL);
    g_autofree char *timed = g_strconcat(BEFORE, text, AFTER, NULL);
    g_autoptr(GError) error = NULL;
    Cost costs[2] = {{0}};
    guint64 n = 0;

    g_file_set_contents(source, timed, -1, NULL);
    g_autoptr(Repro) repro = repro_prepare(source, &(ReproOptions){"cc"}, dir, &error);
    if (!repro || !initramfs_write(initramfs, &(GuestContent){repro}, &error)) {
        die(name, error);
    }
    for (guint i = 0; i < 2 * N_ROUNDS; i++) {
        double before = guests_ms();
        Cost *cost = &costs[i % 2];

        spec->trace = i % 2 ? TRACE_FIRST : TRACE_NONE;
        g_autoptr(Outcome) outcome = run(spec, kernel, initramfs);
        double ms = took_ms(outcome), cpu_ms = guests_ms() - before;
        cost->ms = i < 2 ? ms : MIN(cost->ms, ms);
        cost->cpu_ms = i < 2 ? cpu_ms : MIN(cost->cpu_ms, cpu_ms);
        n = i % 2 ? n_calls(outcome) : n;
    }
    printf("%s: %.2f ms, traced %.2f ms: %.1f times; %" G_GUINT64_FORMAT
           " calls traced, %.0f us of CPU each\n",
           name, costs[0].ms, costs[1].ms, costs[1].ms / costs[0].ms, n,
           (costs[1].cpu_ms - costs[0].cpu_ms) * 1e3 / (double)n);
    g_unlink(source);
    g_unlink(initramfs);
    g_unlink(repro->path);
}

int main(int argc, char **argv)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autofree char *dir = g_dir_make_tmp("bench-trace-XXXXXX", NULL);
    GuestSpec spec;

    if (argc < 2) {
        fprintf(stderr, "usage: bench-trace KERNEL [REPRO.c ...]\n");
        return EXIT_FAILURE;
    }
    guest_spec_default(&spec, reader);
    spec.n_repeats = 1;
    spec.trial_timeout_ms = 60000;
    measure(&spec, argv[1], dir, "100,000 getpid()", LOOP);
    for (int i = 2; i < argc; i++) {
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;

        if (!g_file_get_contents(argv[i], &text, NULL, &error)) {
            die(argv[i], error);
        }
        measure(&spec, argv[1], dir, argv[i], text);
    }
    g_rmdir(dir);
    return EXIT_SUCCESS;
}
