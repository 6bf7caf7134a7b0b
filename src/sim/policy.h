/* SPDX-License-Identifier: Apache-2.0
 * A policy bisects a simulated world: firstbad itself, and those it is compared with.
 */
#pragma once

#include "sim/world.h"

/* How a simulated job ended. */
typedef struct SimResult {
    gint64 culprit;    /* the one answer, or -1: none */
    double confidence; /* claimed; 0 where the policy claims nothing */
    GArray *ranked; /* of guint32: the candidates of an answer that names none, most probable first;
                     * NULL: the policy has no such thing */
    guint32 rank;   /* of the true culprit in the policy's own order, from 1; 0: it has none */
    guint n_kernels; /* builds, also those that failed */
    guint n_trials;  /* runs in guests, all of them */
    double seconds;
} SimResult;
void sim_result_clear(SimResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SimResult, sim_result_clear)

/* @n_workers machines, each building one kernel or running one test at a time. */
typedef void (*PolicyFunc)(const World *world, guint n_workers, guint64 seed,
                           SimResult *ret_result);

typedef struct Policy {
    const char *name;
    PolicyFunc bisect;
    gboolean uses_workers; /* else more than one changes nothing */
    const char *what;      /* one line for people */
} Policy;

/* NULL-named entry last. */
const Policy *policies(void);
const Policy *policy_find(const char *name);

void policy_git1(const World *world, guint n_workers, guint64 seed, SimResult *ret_result);
void policy_git10(const World *world, guint n_workers, guint64 seed, SimResult *ret_result);
void policy_syzkaller2019(const World *world, guint n_workers, guint64 seed, SimResult *ret_result);
void policy_syzkaller(const World *world, guint n_workers, guint64 seed, SimResult *ret_result);
void policy_bayes_linear(const World *world, guint n_workers, guint64 seed, SimResult *ret_result);
void policy_firstbad(const World *world, guint n_workers, guint64 seed, SimResult *ret_result);
