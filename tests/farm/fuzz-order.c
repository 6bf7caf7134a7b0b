/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: any text as the order of an item.
 */
#include <glib/gstdio.h>
#include <stdint.h>

#include "farm/item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char *folder; /* of the item, and */
static char *path;   /* its order */

static void make_folder(void)
{
    folder = g_strdup("/dev/shm/firstbad-fuzz-XXXXXX");
    g_assert_nonnull(g_mkdtemp(folder));
    path = g_build_filename(folder, "order", NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autoptr(Order) order = NULL;
    guint next = 0;

    if (!folder) {
        make_folder();
    }
    g_assert_true(g_file_set_contents_full(path, (const char *)data, (gssize)n,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    order = order_read(folder, NULL);
    if (!order || order->kind != ORDER_TRIALS) {
        return 0;
    }
    /* Its parts are all of its trials. */
    g_assert_true(order->accel == ACCEL_KVM || order->accel == ACCEL_TCG);
    for (guint part = 0; part < order->n_parts; part++) {
        guint first, end;

        order_part(order, part, &first, &end);
        g_assert_cmpuint(first, ==, next);
        g_assert_cmpuint(end, >, first);
        next = end;
    }
    g_assert_cmpuint(next, ==, order->n_trials);
    return 0;
}
