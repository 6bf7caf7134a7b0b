/* SPDX-License-Identifier: Apache-2.0
 * Which trials share a kept guest, and what a person is told. No guest is started.
 */
#include "farm/kept.h"

#include <string.h>

#include "guest/snapshot.h"

static void test_kept(void)
{
    KeptGuests *kept = kept_guests_new();
    int root;
    GuestSpec guest;

    guest_spec_default(&guest, NULL);
    Snapshot *a = kept_guests_for(kept, &guest, "a", NULL);
    Snapshot *b = kept_guests_for(kept, &guest, "b", NULL);
    g_assert_true(a != b);
    g_assert_true(kept_guests_for(kept, &guest, "a", NULL) == a);
    g_assert_true(kept_guests_for(kept, &guest, "a", &root) != a);
    /* Many others push out b, which was not used for longest, before a. */
    snapshot_ref(b);
    for (guint i = 0; i < 6; i++) {
        g_autofree char *key = g_strdup_printf("c%u", i);

        kept_guests_for(kept, &guest, key, NULL);
        g_assert_true(kept_guests_for(kept, &guest, "a", NULL) == a);
    }
    g_assert_true(kept_guests_for(kept, &guest, "b", NULL) != b);
    snapshot_unref(b);
    g_assert_null(kept_guests_news(kept));
    kept_guests_free(kept);
}

/* Each failure is told once; after three there is no trying any more. */
static void test_news(void)
{
    KeptGuests *kept = kept_guests_new();
    static const char *const keys[] = {"a", "b", "c"};
    GuestSpec guest;

    guest_spec_default(&guest, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        snapshot_give_up(kept_guests_for(kept, &guest, keys[i], NULL), "it hung");
        g_autofree char *news = kept_guests_news(kept);
        g_assert_nonnull(strstr(news, "it hung"));
        g_assert_cmpint(strstr(news, "from now on") != NULL, ==, i == 2);
        g_assert_null(kept_guests_news(kept));
    }
    g_assert_null(kept_guests_for(kept, &guest, "d", NULL));
    kept_guests_free(kept);
}

static void test_complaint(void)
{
    KeptGuests *kept = kept_guests_new();
    GuestSpec guest;

    guest_spec_default(&guest, NULL);
    guest.disk = "disk.img";
    g_assert_null(kept_guests_for(kept, &guest, "a", NULL));
    g_autofree char *news = kept_guests_news(kept);
    g_assert_nonnull(strstr(news, "each trial boots"));
    g_assert_null(kept_guests_for(kept, &guest, "a", NULL));
    g_assert_null(kept_guests_news(kept));
    guest.disk = NULL;
    g_assert_nonnull(kept_guests_for(kept, &guest, "a", NULL));
    kept_guests_free(kept);
}

/* Only beside a guest that is about to be kept, and not much longer than a boot takes. */
static void test_wait(void)
{
    KeptGuests *kept = kept_guests_new();
    GuestSpec guest;

    guest_spec_default(&guest, NULL);
    Snapshot *snapshot = kept_guests_for(kept, &guest, "a", NULL);
    g_assert_false(kept_guests_should_wait(kept, snapshot, 0));
    g_assert_cmpint(snapshot_choose(snapshot), ==, WAY_KEEP);
    /* Nothing is known yet. */
    g_assert_true(kept_guests_should_wait(kept, snapshot, 0));
    g_assert_true(kept_guests_should_wait(kept, snapshot, 15000));
    g_assert_false(kept_guests_should_wait(kept, snapshot, 30000));
    kept_guests_booted(kept, 20000);
    g_assert_true(kept_guests_should_wait(kept, snapshot, 30000));
    g_assert_false(kept_guests_should_wait(kept, snapshot, 50000));
    kept_guests_booted(kept, 500);
    g_assert_false(kept_guests_should_wait(kept, snapshot, 3000));
    /* It did not come so far, or cannot be kept. */
    snapshot_leave(snapshot);
    g_assert_false(kept_guests_should_wait(kept, snapshot, 0));
    g_assert_cmpint(snapshot_choose(snapshot), ==, WAY_KEEP);
    snapshot_give_up(snapshot, "it hung");
    g_assert_false(kept_guests_should_wait(kept, snapshot, 0));
    kept_guests_free(kept);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kept/kept", test_kept);
    g_test_add_func("/kept/news", test_news);
    g_test_add_func("/kept/complaint", test_complaint);
    g_test_add_func("/kept/wait", test_wait);
    return g_test_run();
}
