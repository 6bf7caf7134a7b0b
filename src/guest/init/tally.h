/* SPDX-License-Identifier: Apache-2.0
 * Counts of system calls by number, items and result, in a table of fixed size, and told as they
 * grow. A row that is new is told at once, and has left the guest when tally_count() returns: what
 * is told last before a crash is where it came.
 *
 * A program that calls with ever new arguments fills its share of the table, and then the call's
 * row for all others.
 */
#pragma once

#include <stdint.h>

#include "words.h"

#define TALLY_ENTERED (-1)
#define TALLY_HASH    4096 /* more than the rows */
#define TALLY_NUMBERS 1024

typedef struct TallyRow {
    uint32_t number;
    int16_t result; /* errno, 0, or TALLY_ENTERED */
    char items[TRACE_ITEMS_MAX + 1];
    uint64_t count;
    uint64_t n_told;
} TallyRow;

/* Zeroed memory, but for @port. */
typedef struct Tally {
    int port;
    TallyRow rows[2 * TRACE_ROWS];
    unsigned n_rows;
    uint16_t hash[TALLY_HASH];      /* row + 1 */
    uint8_t n_items[TALLY_NUMBERS]; /* how many different ITEMS a call has */
} Tally;

/* Count one more of these. Returns its row, + 1; 0 when it has no place. */
uint16_t tally_count(Tally *tally, uint32_t number, int result, const char *items);
/* Tell what has changed. */
void tally_tell(Tally *tally);
