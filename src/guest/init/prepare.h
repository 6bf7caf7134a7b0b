/* SPDX-License-Identifier: Apache-2.0
 * PID 1's part that carries out the plan (plan.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_ARGS_MAX 64

typedef struct Plan {
    char *text; /* its lines, each ended by NUL */
    size_t n_text;
    const char *root; /* where the reproducer's file system begins: "" or PLAN_ROOT */
    const char *args[PLAN_ARGS_MAX + 1];
    bool is_held; /* before the orders, at: */
    uint64_t hold_at;
    bool is_syzkaller;
} Plan;

/* Read the plan. Without one, or in a plan that cannot be read, there are no arguments. */
void plan_read(Plan *plan);

typedef struct PlanFailure {
    char text[192];
} PlanFailure;

/* Load the modules and make the root, with @mount_all to mount in it what a root needs below a
 * prefix. False: *failure says what went wrong. */
bool plan_prepare(const Plan *plan, void (*mount_all)(const char *prefix), PlanFailure *failure);

/* Set the sysctls in order, and tell of each that cannot be set. */
void plan_set_sysctls(const Plan *plan, void (*tell)(void *data, const char *what), void *data);
