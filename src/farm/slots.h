/* SPDX-License-Identifier: Apache-2.0
 * The build slots of a farm: each has a worktree and objects of its own, and what is to be built
 * goes to the idle one that holds most of it. Private to farm/.
 */
#pragma once

#include "kernel/kernel.h"

typedef struct Slots Slots;

/* @n slots, in the folders @dir, @dir with "-1", "-2", ... A slot that was never used is a whole
 * checkout and a build from nothing: it takes disk when it is first wanted. @repo and @store must
 * outlive them. */
Slots *slots_new(const Repo *repo, KernelStore *store, const char *dir,
                 const KernelBuildOptions *options, guint n, GError **error);
void slots_free(Slots *slots);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Slots, slots_free)

/* Build @name, configure it, or compile some of its objects, in an idle slot; there must be one. As
 * kernel_build_async(), kernel_configure_async(), kernel_objects_async(). */
void slots_build_async(Slots *slots, const char *name, GCancellable *cancellable,
                       GAsyncReadyCallback done, gpointer user_data);
gboolean slots_build_finish(GAsyncResult *res, Kernel **ret_kernel, GError **error);
void slots_configure_async(Slots *slots, const char *name, GCancellable *cancellable,
                           GAsyncReadyCallback done, gpointer user_data);
gboolean slots_configure_finish(GAsyncResult *res, char **ret_config, GError **error);
void slots_objects_async(Slots *slots, const char *name, const char *const *objects,
                         const char *dir, GCancellable *cancellable, GAsyncReadyCallback done,
                         gpointer user_data);
gboolean slots_objects_finish(GAsyncResult *res, GError **error);

/* The same for all builders. */
void slots_add_fix(Slots *slots, const Backport *fix);
void slots_build_same(Slots *slots);
gboolean slots_use_config(Slots *slots, const char *id, GError **error);

/* The first one, for what they have in common. */
const KernelBuilder *slots_first(const Slots *slots);
/* Prefixes under which DWARF of kernels of any slot may name sources: NULL-terminated. */
const char *const *slots_source_prefixes(const Slots *slots);

/* Of @n slots, where slot i is busy[i] and differs from what is wanted by n_files[i] files (-1: it
 * was never used): the one to be taken, -1: all are busy. Pure. */
gint slots_choose(guint n, const gboolean *busy, const gint64 *n_files);
