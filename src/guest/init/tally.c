/* SPDX-License-Identifier: Apache-2.0 */
#include "tally.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#include "port.h"

/* Different ITEMS of one call; then it has had its share. */
#define CALL_ITEMS_MAX 48

static void tell(Tally *tally, TallyRow *row)
{
    char result[16] = RESULT_ENTERED;

    if (row->result != TALLY_ENTERED) {
        snprintf(result, sizeof result, "%d", row->result);
    }
    say(tally->port, WORD_CALL "%u %s %s %llu", row->number, row->items, result,
        (unsigned long long)row->count);
    row->n_told = row->count;
}

void tally_tell(Tally *tally)
{
    for (unsigned i = 0; i < tally->n_rows; i++) {
        if (tally->rows[i].n_told != tally->rows[i].count) {
            tell(tally, &tally->rows[i]);
        }
    }
}

static unsigned hash_of(uint32_t number, int result, const char *items)
{
    unsigned hash = number * 31 + (unsigned)result;

    for (; *items; items++) {
        hash = hash * 33 + (unsigned char)*items;
    }
    return hash % TALLY_HASH;
}

/* Its slot in the hash table: it holds the row, or 0 where the row would go. */
static uint16_t *find_slot(Tally *tally, uint32_t number, int result, const char *items)
{
    for (unsigned at = hash_of(number, result, items);; at = (at + 1) % TALLY_HASH) {
        uint16_t *slot = &tally->hash[at];
        const TallyRow *row = *slot ? &tally->rows[*slot - 1] : NULL;

        if (!row ||
            (row->number == number && row->result == result && strcmp(row->items, items) == 0)) {
            return slot;
        }
    }
}

/* Is there room for a row that is not there yet? The second half is for calls as a whole. */
static bool has_room(Tally *tally, uint32_t number, int result, const char *items)
{
    bool is_whole = strcmp(items, OTHER_ITEMS) == 0 || strcmp(items, NO_ITEMS) == 0;

    if (tally->n_rows >= (is_whole ? 2 * TRACE_ROWS : TRACE_ROWS)) {
        return false;
    }
    if (!is_whole && result == TALLY_ENTERED && number < TALLY_NUMBERS) {
        return tally->n_items[number] < CALL_ITEMS_MAX && ++tally->n_items[number];
    }
    return true;
}

uint16_t tally_count(Tally *tally, uint32_t number, int result, const char *items)
{
    uint16_t *slot = find_slot(tally, number, result, items);
    bool is_new = !*slot;

    if (is_new && !has_room(tally, number, result, items)) {
        return strcmp(items, OTHER_ITEMS) == 0 ? 0
                                               : tally_count(tally, number, result, OTHER_ITEMS);
    }
    if (is_new) {
        TallyRow *row = &tally->rows[tally->n_rows++];

        *row = (TallyRow){.number = number, .result = (int16_t)result};
        snprintf(row->items, sizeof row->items, "%s", items);
        *slot = (uint16_t)tally->n_rows;
    }
    tally->rows[*slot - 1].count++;
    if (is_new) {
        tally_tell(tally);
        /* Into the machine, not only into the kernel's buffer. */
        tcdrain(tally->port);
    }
    return *slot;
}
