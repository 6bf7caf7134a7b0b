/* SPDX-License-Identifier: Apache-2.0
 * Builds beside the build before, against builds from nothing:
 * bench-incremental REPO CONFIG WORK REVISION...
 *
 * Each revision is built in a slot that lives on, and then from nothing in another folder; by then
 * ccache knows all its objects. A row for each: wall time and CPU time of both, their ratios, and
 * whether the signatures are the same. CPU time is ours and that of all that we ran: on a machine
 * with other work its ratio says more. bench/incremental says which revisions.
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "kernel/kernel.h"
#include "process/process.h"

typedef struct Cost {
    double wall_s, cpu_s;
} Cost;

static void die(const GError *error)
{
    fprintf(stderr, "bench-incremental: %s\n", error->message);
    exit(EXIT_FAILURE);
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

static double cpu_s(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static Cost cost_now(void)
{
    /* What a sandbox leaves us, with the time of all that ran in it: see main(). */
    while (waitpid(-1, NULL, 0) > 0) {
    }
    return (Cost){(double)g_get_monotonic_time() / 1e6,
                  cpu_s(RUSAGE_SELF) + cpu_s(RUSAGE_CHILDREN)};
}

static Kernel *build(KernelBuilder *builder, const char *revision, Cost *ret_cost)
{
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(GError) error = NULL;
    Cost start = cost_now(), end;
    Kernel *kernel = NULL;

    kernel_build_async(builder, revision, NULL, keep_result, &res);
    while (!res) {
        g_main_context_iteration(NULL, TRUE);
    }
    if (!kernel_build_finish(builder, res, &kernel, &error)) {
        die(error);
    }
    end = cost_now();
    *ret_cost = (Cost){end.wall_s - start.wall_s, end.cpu_s - start.cpu_s};
    return kernel;
}

typedef struct Place {
    char *slot;
    KernelStore *store;
    KernelBuilder *builder;
} Place;

static Place open_place(const Repo *repo, const KernelBuildOptions *options, const char *work,
                        const char *name)
{
    g_autofree char *kernels = g_build_filename(work, name, "kernels", NULL);
    g_autoptr(GError) error = NULL;
    Place place = {.slot = g_build_filename(work, name, "slot", NULL)};

    place.store = kernel_store_open(kernels, &error);
    place.builder =
        place.store ? kernel_builder_new(repo, place.store, place.slot, options, &error) : NULL;
    if (!place.builder) {
        die(error);
    }
    return place;
}

static void close_place(Place *place)
{
    kernel_builder_free(place->builder);
    kernel_store_free(place->store);
    g_free(place->slot);
}

/* Take away what was built there. */
static void empty(const Place *place)
{
    g_autofree char *objects = g_build_filename(place->slot, "src", REPO_WORKTREE_SCRATCH, NULL);
    const char *argv[] = {"rm", "-rf", objects, NULL};
    ProcessSpec spec = {.argv = argv};
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(GError) error = NULL;

    if (!process_run(&spec, &result, &error)) {
        die(error);
    }
}

static void measure(const Place *beside, const Place *clean, const char *revision)
{
    Cost here, there;
    g_autoptr(Kernel) one = build(beside->builder, revision, &here);
    empty(clean);
    g_autoptr(Kernel) other = build(clean->builder, revision, &there);
    gboolean same = g_strcmp0(one->signature, other->signature) == 0;

    printf("| %.12s | %.1f | %.1f | %.2f | %.1f | %.1f | %.2f | %s | %s |\n", revision, here.wall_s,
           there.wall_s, here.wall_s / there.wall_s, here.cpu_s, there.cpu_s,
           here.cpu_s / there.cpu_s, same ? "same" : "OTHER",
           one->first_error ? one->first_error : "");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    g_autofree char *config = NULL;
    g_autoptr(Toolchains) toolchains = NULL;
    g_autoptr(Repo) repo = NULL;
    g_autoptr(GError) error = NULL;
    KernelBuildOptions options = {.n_jobs = g_get_num_processors(), .builds_same = TRUE};
    Place beside, clean;

    if (argc < 5) {
        fprintf(stderr, "usage: bench-incremental REPO CONFIG WORK REVISION...\n");
        return EXIT_FAILURE;
    }
    options.config = argv[2];
    /* The outer process of a bubblewrap ends before the inner one, whose parent we become. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    options.without_debug_info = g_getenv("DEBUG_INFO") == NULL;
    repo = repo_open(argv[1], &error);
    toolchains = repo && g_file_get_contents(argv[2], &config, NULL, &error)
                     ? toolchains_new("gcc", config, NULL, NULL, &error)
                     : NULL;
    if (!toolchains) {
        die(error);
    }
    options.toolchains = toolchains;
    beside = open_place(repo, &options, argv[3], "beside");
    clean = open_place(repo, &options, argv[3], "clean");
    puts("| revision | beside, s | clean, s | ratio | beside, CPU s | clean, CPU s | ratio | "
         "signatures | error |");
    puts("|---|---|---|---|---|---|---|---|---|");
    for (int i = 4; i < argc; i++) {
        measure(&beside, &clean, argv[i]);
    }
    close_place(&beside);
    close_place(&clean);
    return EXIT_SUCCESS;
}
