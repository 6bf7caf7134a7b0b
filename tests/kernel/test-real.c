/* SPDX-License-Identifier: Apache-2.0
 * A real kernel, when asked for: FIRSTBAD_TEST_TREE (a git repository of Linux) and
 * FIRSTBAD_TEST_CONFIG. Builds the newest revision (or FIRSTBAD_TEST_REVISION), its parent in the
 * same slot, the first one again; and both again in another folder without ccache, which would hide
 * a difference: the same signatures each time.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "kernel/kernel.h"
#include "process/process.h"

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

static Kernel *build(KernelBuilder *builder, const char *commit)
{
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(GError) error = NULL;
    gint64 start_us = g_get_monotonic_time();
    Kernel *kernel = NULL;

    kernel_build_async(builder, commit, NULL, keep_result, &res);
    while (!res) {
        g_main_context_iteration(NULL, TRUE);
    }
    kernel_build_finish(builder, res, &kernel, &error);
    g_assert_no_error(error);
    g_test_message("%.12s: %s, make %.1f s, all %.1f s, signature %.12s, %s", commit,
                   kernel->reused ? "reused" : "built", (double)kernel->build_ms / 1000,
                   (double)(g_get_monotonic_time() - start_us) / 1e6,
                   kernel->signature ? kernel->signature : "-",
                   kernel->first_error ? kernel->first_error : "no error");
    return kernel;
}

/* The config of the tests, less the network: a third of the work. Owned by the caller. */
static char *write_config(const char *work)
{
    char *path = g_build_filename(work, "config", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GString) config = NULL;

    g_assert_true(g_file_get_contents(g_getenv("FIRSTBAD_TEST_CONFIG"), &text, NULL, NULL));
    config = g_string_new(text);
    g_string_replace(config, "CONFIG_NET=y\n", "# CONFIG_NET is not set\n", 0);
    g_assert_true(g_file_set_contents(path, config->str, -1, NULL));
    return path;
}

static KernelBuilder *new_builder(const Repo *repo, KernelStore *store, const char *dir,
                                  const Toolchains *toolchains, const char *config)
{
    KernelBuildOptions options = {
        .toolchains = toolchains, .config = config, .n_jobs = g_get_num_processors()};
    g_autoptr(GError) error = NULL;
    KernelBuilder *builder = kernel_builder_new(repo, store, dir, &options, &error);

    g_assert_no_error(error);
    g_test_message("sandbox: %s", *kernel_builder_unboxed(builder) ? kernel_builder_unboxed(builder)
                                                                   : "bubblewrap");
    return builder;
}

static void run(const char *const *argv)
{
    ProcessSpec spec = {.argv = argv};
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(process_run(&spec, &result, &error));
    g_assert_no_error(error);
    g_assert_true(process_succeeded(result));
}

static void test_real(void)
{
    const char *tree = g_getenv("FIRSTBAD_TEST_TREE");
    const char *revision = g_getenv("FIRSTBAD_TEST_REVISION") ?: "HEAD";
    g_autofree char *parent = g_strconcat(revision, "~1", NULL);
    g_autofree char *work = g_strdup("/var/tmp/firstbad-test-real-XXXXXX"); /* a few GB */
    g_autoptr(GError) error = NULL;

    if (!tree || !g_getenv("FIRSTBAD_TEST_CONFIG")) {
        g_test_skip("no FIRSTBAD_TEST_TREE and FIRSTBAD_TEST_CONFIG");
        return;
    }
    g_assert_nonnull(g_mkdtemp(work));
    /* A clone, so that no worktree of this test stays registered with the tree. */
    g_autofree char *clone = g_build_filename(work, "clone.git", NULL);
    run((const char *const[]){"git", "clone", "--quiet", "--shared", "--bare", tree, clone, NULL});
    g_autofree char *config = write_config(work);
    g_autofree char *store_dir = g_build_filename(work, "store", NULL);
    g_autofree char *other_store_dir = g_build_filename(work, "other-store", NULL);
    g_autofree char *slot = g_build_filename(work, "slot", NULL);
    g_autofree char *other_slot = g_build_filename(work, "another", "slot", NULL);
    g_autoptr(Repo) repo = repo_open(clone, &error);
    g_assert_no_error(error);
    g_autoptr(Toolchains) toolchain = toolchains_new("gcc", NULL, NULL, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(Toolchains) uncached = toolchains_new("gcc", NULL, NULL, NULL, &error);
    g_assert_no_error(error);
    g_clear_pointer(&uncached->ccache_dir, g_free);
    g_autoptr(KernelStore) store = kernel_store_open(store_dir, &error);
    g_assert_no_error(error);
    g_autoptr(KernelStore) other_store = kernel_store_open(other_store_dir, &error);
    g_assert_no_error(error);
    g_autoptr(KernelBuilder) builder = new_builder(repo, store, slot, toolchain, config);
    g_autoptr(KernelBuilder) other = new_builder(repo, other_store, other_slot, uncached, config);

    g_autoptr(Kernel) first = build(builder, revision);
    g_autoptr(Kernel) before = build(builder, parent);
    g_autoptr(Kernel) again = build(builder, revision);
    g_autoptr(Kernel) clean = build(other, revision);

    g_assert_true(again->reused);
    g_assert_cmpstr(first->key, ==, clean->key);
    g_assert_nonnull(first->signature);
    g_assert_cmpstr(first->signature, ==, clean->signature);
    g_autoptr(Kernel) clean_before = build(other, parent);
    g_assert_cmpstr(before->signature, ==, clean_before->signature);
    run((const char *const[]){"rm", "-rf", work, NULL});
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kernel/real", test_real);
    return g_test_run();
}
