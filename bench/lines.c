/* SPDX-License-Identifier: Apache-2.0
 * Lines of a crash report without debug information: what they cost, and whether they are the same.
 *
 * bench-lines TREE CONFIG REVISION REPORT WORK builds REVISION twice, with debug information and
 * without, each in a slot of its own below WORK, and symbolizes REPORT with both.
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "symbols/symbols.h"

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

static GAsyncResult *wait_for(GAsyncResult **res)
{
    while (!*res) {
        g_main_context_iteration(NULL, TRUE);
    }
    return *res;
}

static void check(GError *error)
{
    if (error) {
        fprintf(stderr, "bench-lines: %s\n", error->message);
        exit(EXIT_FAILURE);
    }
}

/* Seconds since @start_us. */
static double since(gint64 start_us)
{
    return (double)(g_get_monotonic_time() - start_us) / 1e6;
}

typedef struct Side {
    const char *name;
    KernelBuilder *builder;
    Kernel *kernel;
    char *vmlinux, *origins, *objects;
} Side;

static void build(Side *side, const Repo *repo, KernelStore *store, const Toolchains *toolchains,
                  char **argv, gboolean without)
{
    g_autofree char *slot = g_build_filename(argv[5], without ? "slot-without" : "slot-with", NULL);
    KernelBuildOptions options = {.toolchains = toolchains,
                                  .config = argv[2],
                                  .without_debug_info = without,
                                  .keeps_origins = TRUE,
                                  .n_jobs = g_get_num_processors()};
    g_autoptr(GAsyncResult) res = NULL;
    gint64 start_us = g_get_monotonic_time();
    GError *error = NULL;

    side->name = without ? "without" : "with";
    side->vmlinux = g_strconcat(slot, ".vmlinux", NULL);
    side->origins = g_strconcat(slot, ".origins", NULL);
    side->objects = g_strconcat(slot, ".objects", NULL);
    side->builder = kernel_builder_new(repo, store, slot, &options, &error);
    check(error);
    kernel_build_async(side->builder, argv[3], NULL, keep_result, &res);
    kernel_build_finish(side->builder, wait_for(&res), &side->kernel, &error);
    check(error);
    printf("%s debug information: %s, make %.1f s, all %.1f s, signature %.12s\n", side->name,
           side->kernel->reused ? "reused" : "built", (double)side->kernel->build_ms / 1000,
           since(start_us), side->kernel->signature ? side->kernel->signature : "-");
    kernel_unpack(side->kernel, "vmlinux", side->vmlinux, &error);
    check(error);
}

static SymbolsFiles files_of(const Side *side)
{
    return (SymbolsFiles){.vmlinux = side->vmlinux,
                          .source_dirs = kernel_builder_source_prefixes(side->builder)};
}

static char *symbolize(const SymbolsFiles *files, const char *report)
{
    gint64 start_us = g_get_monotonic_time();
    GError *error = NULL;
    g_auto(GStrv) texts =
        symbols_reports_apart(files, (const char *const[]){report, NULL}, &error);

    check(error);
    printf("symbolized in %.2f s\n", since(start_us));
    return g_strdup(texts[0]);
}

static char *symbolize_without(Side *side, const char *revision, const char *report)
{
    SymbolsFiles files = files_of(side);
    g_autoptr(GAsyncResult) origins_res = NULL, res = NULL;
    g_auto(GStrv) objects = NULL;
    g_autofree char *files_only = NULL, *origins = NULL;
    g_autofree char *build_dir = g_build_filename(
        kernel_builder_source_dir(side->builder), REPO_WORKTREE_SCRATCH, NULL);
    gint64 start_us = g_get_monotonic_time();
    GError *error = NULL;

    if (!side->kernel->reused) {
        symbols_origins_async(&files, build_dir, NULL, keep_result, &origins_res);
        origins = symbols_origins_finish(wait_for(&origins_res), &error);
        check(error);
        printf("origins: %zu bytes in %.2f s\n", strlen(origins), since(start_us));
    }
    kernel_unpack(side->kernel, "origins", side->origins, &error);
    check(error);
    files.origins = side->origins;
    files_only = symbolize(&files, report);
    objects = symbols_objects_apart(&files, report, &error);
    check(error);
    start_us = g_get_monotonic_time();
    kernel_objects_async(side->builder, revision,
                         (const char *const *)objects, side->objects, NULL, keep_result, &res);
    kernel_objects_finish(wait_for(&res), &error);
    check(error);
    printf("%u objects in %.1f s\n", g_strv_length(objects), since(start_us));
    files.objects_dir = side->objects;
    return symbolize(&files, report);
}

static void compare(const char *with, const char *without)
{
    g_auto(GStrv) a = g_strsplit(with, "\n", -1), b = g_strsplit(without, "\n", -1);
    guint n_a = g_strv_length(a), n_b = g_strv_length(b), n_same = 0;

    for (guint i = 0; i < MIN(n_a, n_b); i++) {
        n_same += g_str_equal(a[i], b[i]);
        if (!g_str_equal(a[i], b[i])) {
            printf("-%s\n+%s\n", a[i], b[i]);
        }
    }
    printf("%u lines with, %u without, %u the same in their places\n", n_a, n_b, n_same);
}

int main(int argc, char **argv)
{
    g_autofree char *store_dir = NULL, *report = NULL, *with = NULL, *without = NULL;
    g_autoptr(KernelStore) store = NULL;
    g_autoptr(Toolchains) toolchains = NULL;
    g_autoptr(Repo) repo = NULL;
    Side sides[2] = {0};
    GError *error = NULL;

    if (argc > 1 && g_str_equal(argv[1], SYMBOLS_SERVE)) {
        return symbols_serve(argc - 1, argv + 1);
    }
    if (argc != 6) {
        fputs("usage: bench-lines TREE CONFIG REVISION REPORT WORK\n", stderr);
        return EXIT_FAILURE;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    g_file_get_contents(argv[4], &report, NULL, &error);
    check(error);
    repo = repo_open(argv[1], &error);
    check(error);
    store_dir = g_build_filename(argv[5], "store", NULL);
    store = kernel_store_open(store_dir, &error);
    check(error);
    toolchains = toolchains_new("gcc", NULL, NULL, NULL, &error);
    check(error);
    build(&sides[1], repo, store, toolchains, argv, TRUE);
    without = symbolize_without(&sides[1], argv[3], report);
    fputs(without, stdout);
    build(&sides[0], repo, store, toolchains, argv, FALSE);
    const SymbolsFiles files = files_of(&sides[0]);
    with = symbolize(&files, report);
    compare(with, without);
    for (gsize i = 0; i < G_N_ELEMENTS(sides); i++) {
        kernel_free(sides[i].kernel);
        kernel_builder_free(sides[i].builder);
        g_free(sides[i].vmlinux);
        g_free(sides[i].origins);
        g_free(sides[i].objects);
    }
    return EXIT_SUCCESS;
}
