/* SPDX-License-Identifier: Apache-2.0
 * A work item: something that another machine does for a job, as a folder that it shares with the
 * coordinator.
 *
 *     ITEMS/NAME/order          what to do; NAME says what kind, and is a checksum of it
 *     ITEMS/NAME/kernel         of a build: what came out (the kernel itself is in the store)
 *     ITEMS/NAME/trial-3        of trials: outcome_write() of trial 3
 *     ITEMS/NAME/failed-0.ID    why a machine could not do part 0
 *     ITEMS/NAME/log-...        what the machines said
 *
 * Every file appears by one rename or link, whole. Work is done at least once: two machines may
 * carry the same part out, and what the second one finds is dropped. The folder goes away when the
 * coordinator has all of it in its store.
 */
#pragma once

#include "guest/guest.h"
#include "kernel/kernel.h"

typedef enum OrderKind { ORDER_BUILD, ORDER_TRIALS } OrderKind;

typedef struct Order {
    OrderKind kind;
    char *job_kind, *spec; /* the job: its kind, and the job file */
    char *job_dir;         /* its folder, with what it took from the user */
    char *kernels;         /* folder of the kernel store */
    char *slots;           /* folder in which machines have build slots; it may be one of each
                              machine's own */
    char *commit;          /* or variant */
    guint n_jobs;          /* make -j */
    /* Of a build. */
    char *config;         /* id of the config in place of the job's, or NULL */
    gboolean builds_same; /* see KernelBuildOptions */
    GPtrArray *fixes;     /* of Backport, beside the job's */
    /* Of trials: of one kernel, in @n_parts parts, each for one machine. */
    char *kernel_key;
    char *id; /* no other order of trials has it */
    guint n_trials, n_parts, n_at_once;
    GuestTrace *traces; /* of each */
    gboolean boots;     /* see Farm */
    Accel accel;        /* how all guests of the job run: KVM or TCG, never AUTO */
} Order;
Order *order_new(OrderKind kind);
void order_free(Order *order);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Order, order_free)

/* Put @order into a folder below @items, on disk. The same order has the same folder, with all that
 * is in it already. *ret_dir: owned by the caller. */
gboolean order_write(const Order *order, const char *items, char **ret_dir, GError **error);
/* The order in the folder @dir. What it asks for is foreign to who reads it:
 * G_IO_ERROR_INVALID_DATA says what cannot be so; a folder that others may write to is refused. */
Order *order_read(const char *dir, GError **error);
/* The trials of part @part: from *ret_first to before *ret_end. */
void order_part(const Order *order, guint part, guint *ret_first, guint *ret_end);
/* The part that has trial @i. */
guint order_part_of(const Order *order, guint i);

/* Where trial @i is, or will be. Owned by the caller. */
char *item_trial_path(const char *dir, guint i);

/* What lies in the folder @dir, by one listing; what is in the making is left out. */
typedef struct ItemFiles {
    gboolean has_kernel;
    GArray *trials;      /* of guint: those that are there, in no order */
    GPtrArray *failures; /* of char *: names, for item_take_failure() */
} ItemFiles;
ItemFiles *item_list(const char *dir);
void item_files_free(ItemFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ItemFiles, item_files_free)

/* What came out of a build. NULL without error: nothing yet. @store: that of the order. */
gboolean item_put_kernel(const char *dir, const Kernel *kernel, GError **error);
Kernel *item_find_kernel(const char *dir, KernelStore *store, GError **error);

/* Why the machine @node could not do @part; @run tells its attempts apart.
 * G_IO_ERROR_NOT_SUPPORTED: it is not of the kind that the order wants. */
gboolean item_put_failure(const char *dir, guint part, const char *run, const char *node,
                          const GError *failure, GError **error);
/* The one with this name, which is then gone; FALSE: it could not be taken. */
gboolean item_take_failure(const char *dir, const char *name, guint *ret_part, char **ret_node,
                           GError **ret_failure);

/* The item is over. */
void item_remove(const char *dir);
