/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: any bytes as the file of an outcome.
 */
#include <glib/gstdio.h>
#include <stdint.h>
#include <unistd.h>

#include "guest/guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What is read says what it says: written, it is read as the same. */
static void check_again(const Outcome *outcome)
{
    g_autofree char *dir = g_dir_make_tmp("firstbad-fuzz-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "again", NULL);
    g_autoptr(Outcome) again = NULL;

    g_assert_true(outcome_write(outcome, path, NULL));
    again = outcome_read(path, NULL);
    g_assert_nonnull(again);
    g_assert_cmpint(again->kind, ==, outcome->kind);
    g_assert_cmpstr(again->title, ==, outcome->title);
    g_assert_cmpstr(again->output, ==, outcome->output);
    g_assert_true(!again->report == !outcome->report);
    g_assert_true(g_bytes_equal(again->console, outcome->console));
    g_unlink(path);
    g_rmdir(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static guint n_read;
    g_autofree char *path = g_strdup_printf("/dev/shm/firstbad-fuzz-outcome-%d", getpid());
    g_autoptr(Outcome) outcome = NULL;

    g_assert_true(g_file_set_contents_full(path, (const char *)data, (gssize)n,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    outcome = outcome_read(path, NULL);
    g_unlink(path);
    /* Writing waits for the disk: now and then will do. */
    if (outcome && n_read++ % 64 == 0) {
        check_again(outcome);
    }
    return 0;
}
