/* SPDX-License-Identifier: Apache-2.0
 * The tiny tree (tiny.h) in a scratch folder, with a store and a builder. For tests.
 */
#pragma once

#include "kernel/kernel.h"
#include "scratch.h"

/* The tiny tree, a store and a slot. */
typedef struct Fixture {
    Scratch scratch;
    Repo *repo;
    Toolchains *toolchains;
    KernelStore *store;
    KernelBuildOptions options;
    KernelBuilder *builder;
    char *config;
} Fixture;

/* In folders of the scratch folder; owned by the caller. */
KernelStore *open_store(const Fixture *fixture, const char *name);
KernelBuilder *open_slot(const Fixture *fixture, KernelStore *store, const char *name);

/* All but the scratch folder, where the tree is; without ccache. */
void open_all(Fixture *fixture);
void close_all(Fixture *fixture);
void set_up(Fixture *fixture, gconstpointer unused);
void tear_down(Fixture *fixture, gconstpointer unused);
/* Open the slot again, with today's options. */
void reopen_slot(Fixture *fixture);

/* Output of a script there. Owned by the caller. */
char *sh(const Fixture *fixture, const char *script);

/* GAsyncReadyCallback: keeps @res where @data points. */
void keep_result(GObject *source, GAsyncResult *res, gpointer data);
/* The kernel of *res, once it is kept; clears it. */
Kernel *wait_for(KernelBuilder *builder, GAsyncResult **res, GError **error);
Kernel *try_build(KernelBuilder *builder, const char *commit, GError **error);
/* The same, of what no error may happen to. */
Kernel *build(KernelBuilder *builder, const char *commit);
