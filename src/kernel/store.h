/* SPDX-License-Identifier: Apache-2.0
 * Putting kernels into the store. Private to kernel/.
 */
#pragma once

#include "kernel/kernel.h"

struct KernelStore {
    char *dir;
};

/* Set @error from errno, "WHAT PATH: ...", and give FALSE. */
gboolean store_io_fail(GError **error, const char *what, const char *path);
/* The folder of the entry @key, whether it is there or not. Owned by the caller. */
char *store_entry_dir(const KernelStore *store, const char *key);
/* kernel_store_find() without saying that it is in use. */
Kernel *store_read_entry(KernelStore *store, const char *key, GError **error);
/* Take the entry in the folder @dir out of sight in one step, then remove it. */
void store_throw_away(const char *store_dir, const char *dir);

/* An entry in the making. It becomes visible by parcel_commit(), or goes away with parcel_free().
 */
typedef struct Parcel Parcel;
Parcel *parcel_new(KernelStore *store, GError **error);
void parcel_free(Parcel *parcel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Parcel, parcel_free)

/* Add @text as file @name ("config"), or compressed as NAME.zst. */
gboolean parcel_add_text(Parcel *parcel, const char *name, gboolean compress, const char *text,
                         GError **error);

/* Add the file open at @fd as NAME.zst, piece by piece so that the main loop lives on: begin, which
 * takes @fd, then step until *ret_done. */
gboolean parcel_begin_file(Parcel *parcel, const char *name, int fd, GError **error);
gboolean parcel_step(Parcel *parcel, gboolean *ret_done, GError **error);

/* Everything on disk, then visible as @kernel->key in one rename, replacing one that a limit ended.
 * @facts goes into kernel.ini ([build]), NULL-terminated pairs. The kernel as it is in the store
 * now: when another builder was first, his. Owned by the caller. */
Kernel *parcel_commit(Parcel *parcel, const Kernel *kernel, const char *const *facts,
                      GError **error);

/* A fact of parcel_commit(), or NULL. Owned by the caller. */
char *kernel_fact(const Kernel *kernel, const char *name);

/* An entry in the making that shares the files of @kernel's, and says that it is the same. */
Parcel *parcel_new_same(KernelStore *store, const Kernel *kernel, GError **error);

/* The way of a kernel is all that it is built by and with, but for the sources: recipe_key() of no
 * tree. Note which kernels of the store have one way, and find the @n_most that were noted last,
 * newest first: array of Kernel, owned by the caller. What cannot be noted is not found: no more.
 */
void kernel_store_note_way(KernelStore *store, const char *way, const char *key);
GPtrArray *kernel_store_of_way(KernelStore *store, const char *way, guint n_most);
