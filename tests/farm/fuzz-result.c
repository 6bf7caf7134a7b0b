/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: any text as what a worker leaves of a build and of a failure.
 */
#include <glib/gstdio.h>
#include <stdint.h>

#include "farm/item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char *folder; /* of the item, and */
static KernelStore *store;
static char *failure_name, *kernel_path, *failure_path; /* its files */

static void make_folder(void)
{
    const GError why = {.domain = G_IO_ERROR, .message = (char *)""};
    g_autoptr(ItemFiles) files = NULL;

    folder = g_strdup("/dev/shm/firstbad-fuzz-XXXXXX");
    g_assert_nonnull(g_mkdtemp(folder));
    store = kernel_store_open(folder, NULL);
    g_assert_nonnull(store);
    g_assert_true(item_put_failure(folder, 0, "run", "node", &why, NULL));
    files = item_list(folder);
    g_assert_cmpuint(files->failures->len, ==, 1);
    failure_name = g_strdup(files->failures->pdata[0]);
    failure_path = g_build_filename(folder, failure_name, NULL);
    kernel_path = g_build_filename(folder, "kernel", NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autoptr(GError) failure = NULL, error = NULL;
    g_autoptr(Kernel) kernel = NULL;
    g_autofree char *node = NULL;
    guint part = 1;

    if (!folder) {
        make_folder();
    }
    g_assert_true(g_file_set_contents_full(failure_path, (const char *)data, (gssize)n,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_true(g_file_set_contents_full(kernel_path, (const char *)data, (gssize)n,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_true(item_take_failure(folder, failure_name, &part, &node, &failure));
    g_assert_cmpuint(part, ==, 0);
    g_assert_true(failure && g_utf8_validate(failure->message, -1, NULL));
    kernel = item_find_kernel(folder, store, &error);
    g_assert_null(kernel);
    return 0;
}
