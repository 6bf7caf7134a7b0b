/* SPDX-License-Identifier: Apache-2.0
 * Multi-pattern scan after Wu and Manber, "A fast algorithm for multi-pattern searching" (1994),
 * with blocks of two bytes.
 *
 * Of each word the SCAN_MIN bytes that are rarest in consoles are its anchor. A window of that
 * length moves over the text; the last two bytes in it say how far it may move without passing an
 * anchor. Mostly that is SCAN_MIN - 1: one look-up for three bytes. Only where it is zero, the
 * words whose anchor ends with these two bytes are compared. O(n / 3) for console text, O(n *
 * words) at worst.
 */
#include "oops/scan.h"

#include <string.h>

#define BLOCKS  (1 << 16)
#define NO_WORD 0xff

struct Scan {
    const char *const *words;
    gsize n_words;
    gsize *lengths;
    gsize *anchors; /* offset in each word */
    guint8 *shift;  /* by block */
    guint8 *first;  /* by block: the first word whose anchor ends so, or NO_WORD */
    guint8 *next;   /* by word: the next one */
};

static guint16 block_at(const char *s)
{
    guint16 block;

    memcpy(&block, s, sizeof(block));
    return block;
}

/* The higher, the rarer in consoles. */
static gsize rarity(char c)
{
    static const char common_first[] = " 0123456789e.taoinsrhldcumfpgwybvkxjqz";
    const char *found = memchr(common_first, c, sizeof(common_first) - 1);

    return found ? (gsize)(found - common_first) : sizeof(common_first);
}

static gsize choose_anchor(const char *word, gsize n)
{
    gsize best = 0, best_rarity = 0;

    for (gsize at = 0; at + SCAN_MIN <= n; at++) {
        gsize sum = rarity(word[at + SCAN_MIN - 2]) + rarity(word[at + SCAN_MIN - 1]);

        if (sum > best_rarity) {
            best = at;
            best_rarity = sum;
        }
    }
    return best;
}

static void add_word(Scan *scan, guint8 i)
{
    const char *word = scan->words[i], *anchor;
    guint16 last;

    scan->lengths[i] = strlen(word);
    g_assert(scan->lengths[i] >= SCAN_MIN);
    scan->anchors[i] = choose_anchor(word, scan->lengths[i]);
    anchor = word + scan->anchors[i];
    for (guint at = 0; at + 2 <= SCAN_MIN; at++) {
        guint8 *shift = &scan->shift[block_at(anchor + at)];

        *shift = MIN(*shift, SCAN_MIN - 2 - at);
    }
    last = block_at(anchor + SCAN_MIN - 2);
    scan->next[i] = scan->first[last];
    scan->first[last] = i;
}

Scan *scan_new(const char *const *words, gsize n_words)
{
    Scan *scan = g_new0(Scan, 1);

    g_assert(n_words <= SCAN_WORDS);
    scan->words = words;
    scan->n_words = n_words;
    scan->lengths = g_new(gsize, n_words);
    scan->anchors = g_new(gsize, n_words);
    scan->next = g_malloc(n_words);
    scan->shift = g_malloc(BLOCKS);
    memset(scan->shift, SCAN_MIN - 1, BLOCKS);
    scan->first = g_malloc(BLOCKS);
    memset(scan->first, NO_WORD, BLOCKS);
    for (gsize i = 0; i < n_words; i++) {
        add_word(scan, i);
    }
    return scan;
}

void scan_free(Scan *scan)
{
    if (!scan) {
        return;
    }
    g_free(scan->lengths);
    g_free(scan->anchors);
    g_free(scan->next);
    g_free(scan->shift);
    g_free(scan->first);
    g_free(scan);
}

/* Is word @i here, with its anchor at @at? */
static gboolean is_word(const Scan *scan, guint8 i, const char *text, gsize n, gsize at)
{
    gsize begin = at - scan->anchors[i];

    return at >= scan->anchors[i] && scan->lengths[i] <= n - begin &&
           memcmp(text + begin, scan->words[i], scan->lengths[i]) == 0;
}

gboolean scan_next(const Scan *scan, const char *text, gsize n, ScanHit *hit)
{
    gsize at = hit->next;

    hit->words = 0;
    while (at + SCAN_MIN <= n) {
        guint16 block = block_at(text + at + SCAN_MIN - 2);

        if (G_LIKELY(scan->shift[block] > 0)) {
            at += scan->shift[block];
            continue;
        }
        for (guint8 i = scan->first[block]; i != NO_WORD; i = scan->next[i]) {
            if (is_word(scan, i, text, n, at)) {
                gsize begin = at - scan->anchors[i];

                hit->begin = hit->words ? MIN(hit->begin, begin) : begin;
                hit->words |= (guint64)1 << i;
            }
        }
        at++;
        if (hit->words) {
            break;
        }
    }
    hit->next = at;
    return hit->words != 0;
}
