/* SPDX-License-Identifier: Apache-2.0
 * What the host wants of this trial: one line (WORD_GO in words.h), which comes when PID 1 has said
 * that it is ready. A guest that was restored from a snapshot gets it at the same point, so there
 * is one way for both, and one snapshot serves trials of any kind.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SEED_BYTES 32

typedef struct Orders {
    unsigned n_runs;  /* 0: until time is up */
    unsigned time_ms; /* for all runs together */
    unsigned settle_ms;
    unsigned traced_run; /* 0: none */
    bool panic_on_warn;
    long long clock_ms; /* the time now, since 1970; 0: leave the clock as it is */
    unsigned char seed[SEED_BYTES];
    size_t n_seed; /* bytes of it that came */
} Orders;

/* False: @line gives no orders. What is not understood in it is ignored. */
bool orders_parse(const char *line, Orders *ret_orders);

/* Tick on @port until orders come. */
void orders_wait(int port, Orders *ret_orders);

/* Set the clock, and make the kernel's random numbers, which @random is open for (-1: not there),
 * this trial's own: those of all guests that were restored from one snapshot would else be the
 * same. What this kernel lacks is left. */
void orders_take_effect(const Orders *orders, int random);
