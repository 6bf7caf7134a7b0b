/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "tiny.h"

KernelStore *open_store(const Fixture *fixture, const char *name)
{
    g_autofree char *dir = scratch_path(&fixture->scratch, name);
    g_autoptr(GError) error = NULL;
    KernelStore *store = kernel_store_open(dir, &error);

    g_assert_no_error(error);
    return store;
}

KernelBuilder *open_slot(const Fixture *fixture, KernelStore *store, const char *name)
{
    g_autofree char *dir = scratch_path(&fixture->scratch, name);
    g_autoptr(GError) error = NULL;
    KernelBuilder *builder =
        kernel_builder_new(fixture->repo, store, dir, &fixture->options, &error);

    g_assert_no_error(error);
    return builder;
}

void open_all(Fixture *fixture)
{
    g_autofree char *path = scratch_path(&fixture->scratch, "repo");
    g_autoptr(GError) error = NULL;

    fixture->repo = repo_open(path, &error);
    g_assert_no_error(error);
    fixture->toolchains = toolchains_new("gcc", NULL, NULL, NULL, &error);
    g_assert_no_error(error);
    g_clear_pointer(&fixture->toolchains->ccache_dir, g_free);
    fixture->config = scratch_path(&fixture->scratch, "config");
    fixture->options = (KernelBuildOptions){
        .toolchains = fixture->toolchains, .config = fixture->config, .n_jobs = 2};
    fixture->store = open_store(fixture, "store");
    fixture->builder = open_slot(fixture, fixture->store, "slot");
}

void set_up(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = NULL;

    scratch_set_up(&fixture->scratch, NULL);
    out = scratch_sh(&fixture->scratch, "%s", tiny_tree);
    open_all(fixture);
}

void close_all(Fixture *fixture)
{
    kernel_builder_free(fixture->builder);
    kernel_store_free(fixture->store);
    toolchains_free(fixture->toolchains);
    repo_free(fixture->repo);
    g_free(fixture->config);
}

void tear_down(Fixture *fixture, gconstpointer unused)
{
    close_all(fixture);
    scratch_tear_down(&fixture->scratch, NULL);
}

void reopen_slot(Fixture *fixture)
{
    kernel_builder_free(fixture->builder);
    fixture->builder = open_slot(fixture, fixture->store, "slot");
}

char *sh(const Fixture *fixture, const char *script)
{
    return scratch_sh(&fixture->scratch, "%s", script);
}

void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

Kernel *wait_for(KernelBuilder *builder, GAsyncResult **res, GError **error)
{
    Kernel *kernel = NULL;

    while (!*res) {
        g_main_context_iteration(NULL, TRUE);
    }
    kernel_build_finish(builder, *res, &kernel, error);
    g_clear_object(res);
    return kernel;
}

Kernel *try_build(KernelBuilder *builder, const char *commit, GError **error)
{
    GAsyncResult *res = NULL;

    kernel_build_async(builder, commit, NULL, keep_result, &res);
    return wait_for(builder, &res, error);
}

Kernel *build(KernelBuilder *builder, const char *commit)
{
    g_autoptr(GError) error = NULL;
    Kernel *kernel = try_build(builder, commit, &error);

    g_assert_no_error(error);
    return kernel;
}
