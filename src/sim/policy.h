/* SPDX-License-Identifier: Apache-2.0
 * A policy bisects a simulated world: firstbad itself, and those it is compared with.
 */
#pragma once

#include "sim/world.h"

#define SIM_TENTHS 10

/* How a simulated job ended. */
typedef struct SimResult {
    gint64 culprit;    /* the one answer, or -1: none */
    double confidence; /* claimed; 0 where the policy claims nothing */
    GArray *ranked; /* of guint32: the candidates of an answer that names none, most probable first;
                     * NULL: the policy has no such thing */
    guint32 rank;   /* of the true culprit in the policy's own order, from 1; 0: it has none */
    guint n_kernels; /* builds, also those that failed */
    guint n_fetched; /* kernels that another job had built */
    guint n_trials;  /* runs in guests, all of them */
    double seconds;
    /* Of the answers that the policy would have given after each piece of evidence, by the tenth of
     * the probability that it gave its best candidate: how many, and how many of them right. */
    guint n_claims[SIM_TENTHS];
    guint n_hits[SIM_TENTHS];
} SimResult;
void sim_result_clear(SimResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SimResult, sim_result_clear)

/* @n_workers machines, each building one kernel or running one test at a time. */
typedef void (*PolicyFunc)(const World *world, guint n_workers, SimResult *ret_result);

typedef struct Policy {
    const char *name;
    PolicyFunc bisect;
    gboolean uses_workers; /* else more than one changes nothing */
    const char *what;      /* one line for people */
} Policy;

/* NULL-named entry last. */
const Policy *policies(void);
const Policy *policy_find(const char *name);

void policy_git1(const World *world, guint n_workers, SimResult *ret_result);
void policy_git10(const World *world, guint n_workers, SimResult *ret_result);
void policy_syzkaller2019(const World *world, guint n_workers, SimResult *ret_result);
void policy_syzkaller(const World *world, guint n_workers, SimResult *ret_result);
void policy_bayes_linear(const World *world, guint n_workers, SimResult *ret_result);
/* By the graph alone; with the crash's stack and the commits that are not in the kernel known; and
 * with all that is said about them wrong. */
void policy_firstbad(const World *world, guint n_workers, SimResult *ret_result);
void policy_firstbad_stack(const World *world, guint n_workers, SimResult *ret_result);
void policy_firstbad_misled(const World *world, guint n_workers, SimResult *ret_result);
