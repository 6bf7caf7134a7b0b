/* SPDX-License-Identifier: Apache-2.0
 * What the store holds, and what goes when it is too much: on kernels of the tiny tree.
 */
#include <glib/gstdio.h>
#include <utime.h>

#include "fixture.h"

#define N_REVISIONS 4

/* Revisions 0..3, built in that order, and last used days ago: revision 0 first. */
static void build_all(Fixture *fixture, Kernel **ret_kernels)
{
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;

    for (guint i = 0; i < N_REVISIONS; i++) {
        g_autofree char *script = g_strdup_printf(
            "cd repo && echo 'int n%u;' >>main.c && git commit -qam %u && git tag r%u", i, i, i);
        g_autofree char *out = sh(fixture, script), *ini = NULL;
        g_autofree char *revision = sh(fixture, "cd repo && git rev-parse HEAD");

        ret_kernels[i] = build(fixture->builder, revision);
        ini = g_build_filename(ret_kernels[i]->dir, "kernel.ini", NULL);
        g_utime(ini, &(struct utimbuf){.modtime = now_s - (N_REVISIONS - i) * 86400});
    }
}

static void free_all(Kernel **kernels)
{
    for (guint i = 0; i < N_REVISIONS; i++) {
        kernel_free(kernels[i]);
    }
}

static gboolean is_there(const Fixture *fixture, const Kernel *kernel)
{
    g_autoptr(GPtrArray) entries = kernel_store_entries(fixture->store, NULL);

    for (guint i = 0; i < entries->len; i++) {
        if (g_str_equal(((const KernelEntry *)entries->pdata[i])->kernel->key, kernel->key)) {
            return TRUE;
        }
    }
    return FALSE;
}

static KernelsCollected collect(const Fixture *fixture, guint64 most, GHashTable *wanted)
{
    g_autoptr(GError) error = NULL;
    KernelsCollected collected;

    kernel_store_collect(fixture->store, most, wanted, &collected, &error);
    g_assert_no_error(error);
    return collected;
}

static void test_entries(Fixture *fixture, gconstpointer unused)
{
    Kernel *kernels[N_REVISIONS];

    build_all(fixture, kernels);
    g_autoptr(GPtrArray) entries = kernel_store_entries(fixture->store, NULL);
    g_autofree char *newest = sh(fixture, "cd repo && git rev-parse r3");
    const KernelEntry *first = entries->pdata[0];

    g_assert_cmpuint(entries->len, ==, N_REVISIONS);
    g_assert_cmpstr(first->kernel->key, ==, kernels[N_REVISIONS - 1]->key);
    g_assert_cmpstr(first->name, ==, newest);
    g_assert_cmpuint(first->bytes, >, 0);
    g_assert_false(first->is_pinned);
    g_assert_cmpuint(kernel_entries_bytes(entries), >=, first->bytes);
    free_all(kernels);
}

/* The oldest go first, and only as many as it takes. */
static void test_oldest_first(Fixture *fixture, gconstpointer unused)
{
    Kernel *kernels[N_REVISIONS];
    guint64 bytes;
    KernelsCollected collected;

    build_all(fixture, kernels);
    g_autoptr(GPtrArray) entries = kernel_store_entries(fixture->store, NULL);
    bytes = kernel_entries_bytes(entries);
    collected = collect(fixture, bytes, NULL);
    g_assert_cmpuint(collected.n_removed, ==, 0);
    collected = collect(fixture, bytes - 1, NULL);
    g_assert_cmpuint(collected.n_removed, ==, 1);
    g_assert_cmpuint(collected.bytes_removed + collected.bytes_left, ==, bytes);
    g_assert_false(is_there(fixture, kernels[0]));
    g_assert_true(is_there(fixture, kernels[1]));
    free_all(kernels);
}

/* Pinned, wanted by a job, or found a moment ago. */
static void test_stays(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GError) error = NULL;
    Kernel *kernels[N_REVISIONS];

    build_all(fixture, kernels);
    kernel_store_pin(fixture->store, kernels[0]->key, TRUE, &error);
    g_assert_no_error(error);
    g_hash_table_add(wanted, kernels[1]->key);
    kernel_free(kernel_store_find(fixture->store, kernels[2]->key, NULL));
    g_assert_cmpuint(collect(fixture, 0, wanted).n_removed, ==, 1);
    g_assert_false(is_there(fixture, kernels[3]));
    kernel_store_pin(fixture->store, kernels[0]->key, FALSE, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(collect(fixture, 0, NULL).n_removed, ==, 2);
    g_assert_true(is_there(fixture, kernels[2]));
    free_all(kernels);
}

/* Files of two entries take room until both are gone. */
static void test_shared(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GPtrArray) before = NULL, after = NULL;
    g_autoptr(Kernel) one = NULL, other = NULL;
    g_autofree char *out = NULL, *link = NULL;

    one = build(fixture->builder, "base");
    before = kernel_store_entries(fixture->store, NULL);
    /* As parcel_new_same() does. */
    out = sh(fixture, "cd store && set -- [0-9a-f]*/*; new=$(echo $1 | tr 0-9a-f 1-9a-f0);"
                      "mkdir -p $new; ln $1/*.zst $1/config $new; cp $1/kernel.ini $new");
    after = kernel_store_entries(fixture->store, NULL);
    g_assert_cmpuint(before->len, ==, 1);
    g_assert_cmpuint(after->len, ==, 2);
    g_assert_cmpuint(kernel_entries_bytes(after), <, 2 * kernel_entries_bytes(before));
    g_assert_cmpuint(kernel_entries_bytes(after), >, kernel_entries_bytes(before));
}

static guint n_made(const Fixture *fixture)
{
    g_auto(GStrv) made = kernel_builder_made(fixture->builder);

    return g_strv_length(made);
}

/* Another job with the same config knows what is there; one with another config does not. */
static void test_made(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *failing = NULL, *out = NULL, *config = NULL, *other = NULL, *dated = NULL;
    g_autoptr(Kernel) failed = NULL;
    Kernel *kernels[N_REVISIONS];

    build_all(fixture, kernels);
    out = sh(fixture, "cd repo && echo 'no C' >main.c && git commit -qam bad");
    failing = sh(fixture, "cd repo && git rev-parse HEAD");
    failed = build(fixture->builder, failing);
    g_assert_cmpint(failed->status, ==, KERNEL_FAILED);
    /* Another kernel's name in it makes it no other config. */
    g_assert_true(g_file_get_contents(fixture->config, &config, NULL, NULL));
    dated = g_strconcat("# Linux 6.1\n", config, NULL);
    g_assert_true(g_file_set_contents(fixture->config, dated, -1, NULL));
    reopen_slot(fixture);
    g_assert_cmpuint(n_made(fixture), ==, N_REVISIONS);
    kernel_free(kernel_store_find(fixture->store, kernels[0]->key, NULL));
    collect(fixture, 0, NULL);
    g_assert_cmpuint(n_made(fixture), ==, 1); /* looked for just now */
    other = g_strconcat(config, "CONFIG_B=y\n", NULL);
    g_assert_true(g_file_set_contents(fixture->config, other, -1, NULL));
    reopen_slot(fixture);
    g_assert_cmpuint(n_made(fixture), ==, 0);
    free_all(kernels);
}

static void test_limit(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(kernel_store_limit(fixture->store), ==, (guint64)32 << 30);
    kernel_store_set_limit(fixture->store, 12345, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(kernel_store_limit(fixture->store), ==, 12345);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(Fixture *, gconstpointer);
    } tests[] = {
        {"/collect/entries", test_entries}, {"/collect/oldest-first", test_oldest_first},
        {"/collect/stays", test_stays},     {"/collect/shared", test_shared},
        {"/collect/made", test_made},       {"/collect/limit", test_limit},
    };

    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
    return g_test_run();
}
