/* SPDX-License-Identifier: Apache-2.0 */
#include "farm/kept.h"

#include "farm/farm.h"

/* Of more kernels than belief goes back to, and no more than this part of the memory that could be
 * used. */
#define N_KEPT       8
#define MEMORY_SHARE 4
/* After so many kernels that could not be kept there is no hope for the next. */
#define N_FAILURES 3

/* How long a guest takes to boot on a slow machine, before one has. The first kernel is that of the
 * start, which is known to boot. */
#define BOOT_MS 10000
/* From PID 1 to a guest that is ready and kept. */
#define READY_MS 1000

/* A kernel's. */
typedef struct Kept {
    char *key;
    const void *root;
    Snapshot *snapshot;
    gboolean told;
} Kept;

struct KeptGuests {
    GPtrArray *all; /* of Kept, the one used last at the end */
    guint n_failures;
    guint64 boot_ms; /* of the last guest that booted */
    char *news;
    gboolean complained;
};

static void kept_free(gpointer data)
{
    Kept *kept = data;

    g_free(kept->key);
    snapshot_unref(kept->snapshot);
    g_free(kept);
}

KeptGuests *kept_guests_new(void)
{
    KeptGuests *kept = g_new0(KeptGuests, 1);

    kept->all = g_ptr_array_new_with_free_func(kept_free);
    kept->boot_ms = BOOT_MS;
    return kept;
}

void kept_guests_free(KeptGuests *kept)
{
    if (kept) {
        g_ptr_array_unref(kept->all);
        g_free(kept->news);
        g_free(kept);
    }
}

static guint64 size_mib(const KeptGuests *kept)
{
    guint64 size = 0;

    for (guint i = 0; i < kept->all->len; i++) {
        size += snapshot_size(((const Kept *)kept->all->pdata[i])->snapshot);
    }
    return size >> 20;
}

/* Of @key and @root, moved to the end; or NULL. */
static Kept *find(KeptGuests *kept, const char *key, const void *root)
{
    for (guint i = 0; i < kept->all->len; i++) {
        Kept *one = kept->all->pdata[i];

        if (one->root == root && g_str_equal(one->key, key)) {
            g_ptr_array_add(kept->all, g_ptr_array_steal_index(kept->all, i));
            return one;
        }
    }
    return NULL;
}

static Kept *add(KeptGuests *kept, const char *key, const void *root)
{
    Kept *one = g_new0(Kept, 1);

    /* Trials that use one have a reference of their own. */
    while (kept->all->len && (kept->all->len >= N_KEPT ||
                              size_mib(kept) > local_farm_free_memory_mib() / MEMORY_SHARE)) {
        g_ptr_array_remove_index(kept->all, 0);
    }
    one->key = g_strdup(key);
    one->root = root;
    one->snapshot = snapshot_new();
    g_ptr_array_add(kept->all, one);
    return one;
}

Snapshot *kept_guests_for(KeptGuests *kept, const GuestSpec *guest, const char *key,
                          const void *root)
{
    g_autofree char *complaint = guest_snapshot_complaint(guest);
    Kept *one = NULL;

    if (complaint && !kept->complained) {
        kept->complained = TRUE;
        kept->news = g_strdup_printf("each trial boots: %s", complaint);
    }
    if (complaint || kept->n_failures >= N_FAILURES) {
        return NULL;
    }
    one = find(kept, key, root);
    return (one ? one : add(kept, key, root))->snapshot;
}

void kept_guests_booted(KeptGuests *kept, guint64 boot_ms)
{
    kept->boot_ms = boot_ms;
}

gboolean kept_guests_should_wait(const KeptGuests *kept, const Snapshot *snapshot,
                                 guint64 waited_ms)
{
    return snapshot_is_under_way(snapshot) && waited_ms < 2 * kept->boot_ms + READY_MS;
}

char *kept_guests_news(KeptGuests *kept)
{
    for (guint i = 0; i < kept->all->len; i++) {
        Kept *one = kept->all->pdata[i];
        const char *failure = snapshot_failure(one->snapshot);

        if (failure && !one->told) {
            one->told = TRUE;
            kept->n_failures++;
            g_free(kept->news);
            kept->news =
                g_strdup_printf(kept->n_failures < N_FAILURES
                                    ? "the trials of this kernel boot, its guest could not be "
                                      "kept: %s"
                                    : "each trial boots from now on, guests cannot be kept: %s",
                                failure);
        }
    }
    return g_steal_pointer(&kept->news);
}
