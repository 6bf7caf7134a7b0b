/* SPDX-License-Identifier: Apache-2.0
 * Multi-pattern scan in two steps.
 *
 * Of each word the SCAN_MIN bytes that are rarest in consoles are its anchor. The first step goes
 * to the next place that may be an anchor, the second compares the words whose anchor ends with the
 * two bytes there. O(n) for console text, O(n * words) at worst.
 *
 * The first step has two forms that find the same words:
 *
 * - Any machine: Wu and Manber, "A fast algorithm for multi-pattern searching" (1994). A window
 *   moves over the text; its last two bytes say how far it may move without passing an anchor,
 *   mostly SCAN_MIN - 1. Each look-up waits for the one before: 0.3 to 0.6 GB/s.
 * - x86 with SSSE3, asked for at run time: 16 places at once, as in Hyperscan's "Teddy". Words are
 *   dealt to eight buckets, one bit each. For each byte of an anchor two tables of 16 say which
 *   buckets have a word with such a lower and such an upper half byte; where all eight look-ups
 *   leave a common bit, an anchor may be.
 */
#include "oops/scan.h"

#include <string.h>

#if defined(__x86_64__)
#include <tmmintrin.h>
#define HAVE_SHUFFLE 1
#endif

#define BLOCKS  (1 << 16)
#define NO_WORD 0xff
#define BUCKETS 8
#define VECTOR  16

struct Scan {
    const char *const *words;
    gsize n_words;
    gsize *lengths;
    gsize *anchors; /* offset in each word */
    guint8 *shift;  /* by block */
    guint8 *first;  /* by block: the first word whose anchor ends so, or NO_WORD */
    guint8 *next;   /* by word: the next one */
    gboolean shuffles;
    /* By place in the anchor and half byte: buckets that have such a word. */
    guint8 low[SCAN_MIN][VECTOR], high[SCAN_MIN][VECTOR];
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

/* How many four-byte strings pass as a word of @bucket; with @anchor in it too, unless that is
 * NULL. */
static guint64 bucket_breadth(const Scan *scan, guint8 bucket, const char *anchor)
{
    guint64 breadth = 1;

    for (guint at = 0; at < SCAN_MIN; at++) {
        guint n_low = 0, n_high = 0;

        for (guint half = 0; half < VECTOR; half++) {
            n_low += (scan->low[at][half] & bucket) || (anchor && half == (anchor[at] & 0xfU));
            n_high +=
                (scan->high[at][half] & bucket) || (anchor && half == (guint8)anchor[at] >> 4);
        }
        breadth *= (guint64)n_low * n_high;
    }
    return breadth;
}

/* Put word @i where it adds least: words that look alike come together. */
static void deal_word(Scan *scan, guint8 i)
{
    const char *anchor = scan->words[i] + scan->anchors[i];
    guint64 least = G_MAXUINT64;
    guint8 best = 1;

    for (guint b = 0; b < BUCKETS; b++) {
        guint8 bucket = (guint8)(1 << b);
        guint64 more = bucket_breadth(scan, bucket, anchor) - bucket_breadth(scan, bucket, NULL);

        if (more < least) {
            least = more;
            best = bucket;
        }
    }
    for (guint at = 0; at < SCAN_MIN; at++) {
        scan->low[at][anchor[at] & 0xf] |= best;
        scan->high[at][(guint8)anchor[at] >> 4] |= best;
    }
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
        deal_word(scan, i);
    }
#ifdef HAVE_SHUFFLE
    scan->shuffles = __builtin_cpu_supports("ssse3");
#endif
    return scan;
}

void scan_without_vectors(Scan *scan)
{
    scan->shuffles = FALSE;
}

gsize scan_longest(const Scan *scan)
{
    gsize longest = 0;

    for (gsize i = 0; i < scan->n_words; i++) {
        longest = MAX(longest, scan->lengths[i]);
    }
    return longest;
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

#ifdef HAVE_SHUFFLE
__attribute__((target("ssse3"))) static gsize skip_by_vectors(const Scan *scan, const char *text,
                                                              gsize n, gsize at)
{
    const __m128i half = _mm_set1_epi8(0xf);
    __m128i low[SCAN_MIN], high[SCAN_MIN];

    for (guint i = 0; i < SCAN_MIN; i++) {
        low[i] = _mm_loadu_si128((const __m128i *)scan->low[i]);
        high[i] = _mm_loadu_si128((const __m128i *)scan->high[i]);
    }
    for (; at + VECTOR + SCAN_MIN - 1 <= n; at += VECTOR) {
        __m128i buckets = _mm_set1_epi8(-1);
        guint none;

        for (guint i = 0; i < SCAN_MIN; i++) {
            __m128i bytes = _mm_loadu_si128((const __m128i *)(text + at + i));
            __m128i by_low = _mm_shuffle_epi8(low[i], _mm_and_si128(bytes, half));
            __m128i by_high =
                _mm_shuffle_epi8(high[i], _mm_and_si128(_mm_srli_epi16(bytes, 4), half));

            buckets = _mm_and_si128(buckets, _mm_and_si128(by_low, by_high));
        }
        none = _mm_movemask_epi8(_mm_cmpeq_epi8(buckets, _mm_setzero_si128()));
        if (G_UNLIKELY(none != 0xffff)) {
            return at + __builtin_ctz(~none);
        }
    }
    return at;
}
#endif

/* The next place at or after @at where an anchor may be, or one so near the end that less than an
 * anchor follows. */
static gsize skip(const Scan *scan, const char *text, gsize n, gsize at)
{
    while (at + SCAN_MIN <= n) {
        guint8 shift = scan->shift[block_at(text + at + SCAN_MIN - 2)];

        if (shift == 0) {
            break;
        }
        at += shift;
#ifdef HAVE_SHUFFLE
        if (scan->shuffles) {
            at = skip_by_vectors(scan, text, n, at);
        }
#endif
    }
    return at;
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
    while ((at = skip(scan, text, n, at)) + SCAN_MIN <= n) {
        guint16 block = block_at(text + at + SCAN_MIN - 2);

        for (guint8 i = scan->first[block]; i != NO_WORD; i = scan->next[i]) {
            if (is_word(scan, i, text, n, at)) {
                gsize begin = at - scan->anchors[i];

                hit->begin = hit->words ? MIN(hit->begin, begin) : begin;
                hit->words |= SCAN_BIT(i);
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
