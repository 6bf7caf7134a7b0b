/* SPDX-License-Identifier: Apache-2.0
 * Build and boot kernels with several compilers: bench-toolchains REPO CONFIG WORK REVISION,...
 * COMPILER,... For each pair one line: did it build, with what flags, in what time; and did a guest
 * run a trivial reproducer. bench/toolchains makes the repository.
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>

#include "guest/guest.h"
#include "kernel/kernel.h"

static void die(const GError *error)
{
    fprintf(stderr, "bench-toolchains: %s\n", error->message);
    exit(EXIT_FAILURE);
}

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

typedef struct Bench {
    Repo *repo;
    KernelStore *store;
    const char *config, *work;
    char *initramfs, *image;
    GuestSpec guest;
} Bench;

static Kernel *build(const Bench *bench, const char *revision, const char *compiler)
{
    g_autofree char *slot = g_build_filename(bench->work, "slot", NULL);
    g_autofree char *config = NULL;
    g_autoptr(Toolchains) toolchains = NULL;
    g_autoptr(KernelBuilder) builder = NULL;
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(GError) error = NULL;
    KernelBuildOptions options = {.config = bench->config, .n_jobs = g_get_num_processors()};
    Kernel *kernel = NULL;

    g_file_get_contents(bench->config, &config, NULL, &error);
    toolchains = config ? toolchains_new(compiler, config, NULL, NULL, &error) : NULL;
    options.toolchains = toolchains;
    builder =
        toolchains ? kernel_builder_new(bench->repo, bench->store, slot, &options, &error) : NULL;
    if (!builder) {
        die(error);
    }
    kernel_build_async(builder, revision, NULL, keep_result, &res);
    if (!kernel_build_finish(builder, wait_for(&res), &kernel, &error)) {
        die(error);
    }
    return kernel;
}

static Outcome *boot(const Bench *bench, const Kernel *kernel)
{
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(GError) error = NULL;
    Outcome *outcome = NULL;

    if (!kernel_unpack(kernel, "bzImage", bench->image, &error)) {
        die(error);
    }
    guest_trial_async(&bench->guest, bench->image, bench->initramfs, NULL, NULL, keep_result, &res);
    if (!guest_trial_finish(wait_for(&res), &outcome, &error)) {
        die(error);
    }
    return outcome;
}

static void measure(const Bench *bench, const char *revision, const char *compiler)
{
    g_autoptr(Kernel) kernel = build(bench, revision, compiler);
    g_autoptr(Outcome) outcome = kernel->status == KERNEL_BUILT ? boot(bench, kernel) : NULL;

    printf("| %s | %s | %s | %s | %.0f s | %s | %.1f s |\n", revision, compiler, kernel->compiler,
           outcome ? "built" : kernel->first_error, (double)kernel->build_ms / 1000,
           !outcome                      ? "-"
           : outcome->kind == OUTCOME_OK ? "ok"
                                         : outcome->title,
           outcome ? (double)outcome->boot_ms / 1000 : 0.0);
    for (char **note = kernel->notes; note && *note; note++) {
        printf("  %s\n", *note);
    }
    fflush(stdout);
}

static void prepare(Bench *bench)
{
    g_autofree char *store = g_build_filename(bench->work, "kernels", NULL);
    g_autofree char *script = g_build_filename(bench->work, "repro.sh", NULL);
    g_autofree char *why = NULL;
    const ReproOptions options = {.compiler = "gcc"};
    GuestContent content = {0};
    g_autoptr(Repro) repro = NULL;
    g_autoptr(GError) error = NULL;

    g_mkdir_with_parents(bench->work, 0777);
    bench->initramfs = g_build_filename(bench->work, "initramfs.cpio", NULL);
    bench->image = g_build_filename(bench->work, "bzImage", NULL);
    bench->store = kernel_store_open(store, &error);
    if (!bench->store || !g_file_set_contents(script, "#!/bin/sh\necho done\n", -1, &error)) {
        die(error);
    }
    repro = repro_prepare(script, &options, bench->work, &error);
    content.repro = repro;
    if (!repro || !initramfs_write(bench->initramfs, &content, &error)) {
        die(error);
    }
    guest_spec_default(&bench->guest, oops_reader_new());
    bench->guest.accel = guest_kvm_works(bench->guest.qemu, &why) ? ACCEL_KVM : ACCEL_TCG;
    bench->guest.n_repeats = 1;
}

int main(int argc, char **argv)
{
    g_auto(GStrv) revisions = argc == 6 ? g_strsplit(argv[4], ",", -1) : NULL;
    g_auto(GStrv) compilers = argc == 6 ? g_strsplit(argv[5], ",", -1) : NULL;
    Bench bench = {0};
    g_autoptr(GError) error = NULL;

    if (!compilers) {
        fprintf(stderr, "usage: bench-toolchains REPO CONFIG WORK REVISION,... COMPILER,...\n");
        return EXIT_FAILURE;
    }
    bench.config = argv[2];
    bench.work = argv[3];
    bench.repo = repo_open(argv[1], &error);
    if (!bench.repo) {
        die(error);
    }
    prepare(&bench);
    puts("| kernel | compiler | built with | build | in | guest | boot |");
    puts("|---|---|---|---|---|---|---|");
    for (char **compiler = compilers; *compiler; compiler++) {
        for (char **revision = revisions; *revision; revision++) {
            measure(&bench, *revision, *compiler);
        }
    }
    return EXIT_SUCCESS;
}
