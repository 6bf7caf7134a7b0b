/* SPDX-License-Identifier: Apache-2.0
 * Which functions and variables differ between two kernels.
 *
 * One edit moves all that is linked behind it, and code is full of addresses, so that few functions
 * keep their bytes. A vmlinux has no relocations that would tell addresses from the rest, and we
 * have no disassembler. So each difference has to explain itself: the four bytes around it are read
 * in both kernels as what a compiler puts there, an address or a distance from the end of the
 * instruction; where one reading means the same place in both (by the names of what lies there) or
 * the same string, it is a move. What no reading explains is a change.
 *
 * That a real change is explained by chance takes two random words that both hit the same piece,
 * at the same offset. What is not looked at: what has no name (line numbers in tables of bugs, a
 * string that has the place of an old one), so that "nothing differs" is no proof.
 *
 * Cost: reading both, and a few binary searches for each address that moved.
 */
#include "symbols/internal.h"

#include <string.h>

/* How an instruction can go on behind a distance: it ends there, or an operand of these many bytes
 * follows. */
static const guint behind[] = {4, 5, 6, 8};
/* A place is told by what begins so little behind it, too: "table - 8" for an index that begins at
 * 1. */
#define NEAR_BYTES 4096

/* So low lies only what each processor has of its own; and words that mean small numbers. */
#define LOW_MAX G_MAXINT32

typedef struct Comparison {
    const Image *before, *after;
    GHashTable *functions, *variables; /* sets of names, which are the keys */
    GPtrArray *function_names, *variable_names;
} Comparison;

/* --- Places ---------------------------------------------------------------------------------- */

static gboolean same_stem(const Piece *a, const Piece *b)
{
    return a->n_stem == b->n_stem && memcmp(a->name, b->name, a->n_stem) == 0;
}

/* The pieces that begin at one address: those of @pieces before @end. */
static guint begin_of_group(const Piece *pieces, guint end)
{
    guint begin = end - 1;

    while (begin > 0 && pieces[begin - 1].address == pieces[begin].address) {
        begin--;
    }
    return begin;
}

static guint end_of_group(const Piece *pieces, guint n, guint begin)
{
    guint end = begin + 1;

    while (end < n && pieces[end].address == pieces[begin].address) {
        end++;
    }
    return end;
}

/* A place among the pieces. */
typedef struct Spot {
    const Piece *pieces;
    guint begin, end;           /* those that begin last at or before it; none: both 0 */
    guint next_begin, next_end; /* those that begin first behind it */
    guint64 address;
} Spot;

static Spot spot_at(const Image *image, guint64 address)
{
    Spot spot = {.address = address};
    guint n;

    spot.pieces = image_pieces(image, &n);
    spot.end = image_first_after(image, address);
    spot.begin = spot.end > 0 ? begin_of_group(spot.pieces, spot.end) : 0;
    if (spot.end < n) {
        spot.next_begin = spot.end;
        spot.next_end = end_of_group(spot.pieces, n, spot.end);
    }
    return spot;
}

/* How a place belongs to what begins last before it. */
typedef enum Hold { HOLD_NONE, HOLD_END, HOLD_INSIDE } Hold;

/* The end of a piece is a place of it, too, beside what begins there. Labels of code reach to the
 * next; those of data are the linker's. */
static Hold hold_of(const Spot *spot)
{
    Hold hold = HOLD_NONE;

    for (guint i = spot->begin; i < spot->end; i++) {
        const Piece *piece = &spot->pieces[i];
        guint64 offset = spot->address - piece->address;

        if (offset < piece->size || offset == 0 || (piece->size == 0 && piece->is_function)) {
            return HOLD_INSIDE;
        }
        hold = offset == piece->size ? HOLD_END : hold;
    }
    return hold;
}

static gboolean same_offset(const Spot *a, const Spot *b)
{
    for (guint i = a->begin; i < a->end; i++) {
        for (guint k = b->begin; k < b->end; k++) {
            if (same_stem(&a->pieces[i], &b->pieces[k]) &&
                a->address - a->pieces[i].address == b->address - b->pieces[k].address) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean same_distance(const Spot *a, const Spot *b)
{
    for (guint i = a->next_begin; i < a->next_end; i++) {
        for (guint k = b->next_begin; k < b->next_end; k++) {
            guint64 distance = a->pieces[i].address - a->address;

            if (distance <= NEAR_BYTES && same_stem(&a->pieces[i], &b->pieces[k]) &&
                distance == b->pieces[k].address - b->address) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* --- Words ----------------------------------------------------------------------------------- */

static guint32 word_at(const guint8 *bytes)
{
    guint32 word;

    memcpy(&word, bytes, sizeof word);
    return GUINT32_FROM_LE(word);
}

/* A 32-bit address or distance counts with its sign. */
static guint64 extended(guint32 word)
{
    return (guint64)(gint64)(gint32)word;
}

/* Do pieces tell that the place @a is the place @b? */
static gboolean same_named_place(const Spot *a, const Spot *b)
{
    Hold hold_a = hold_of(a), hold_b = hold_of(b);

    if (hold_a != HOLD_NONE && hold_b != HOLD_NONE && same_offset(a, b)) {
        return TRUE;
    }
    return (hold_a == HOLD_INSIDE || hold_b == HOLD_INSIDE) && same_distance(a, b);
}

/* What has no name: the same string; or something that begins with a pointer to the same place. */
static gboolean same_content(const Comparison *comparison, guint64 x, guint64 y)
{
    gsize n_a = 0, n_b = 0;
    const guint8 *a = image_bytes(comparison->before, x, &n_a);
    const guint8 *b = image_bytes(comparison->after, y, &n_b);
    const guint8 *nul = a ? memchr(a, '\0', n_a) : NULL;
    gsize n = nul ? (gsize)(nul - a) : 0;
    Spot to_a, to_b;

    if (!a || !b || x <= LOW_MAX) {
        return FALSE;
    }
    if (nul && n < n_b && memcmp(a, b, n + 1) == 0) {
        return TRUE;
    }
    if (n_a < 8 || n_b < 8 || word_at(a + 4) != G_MAXUINT32 || word_at(b + 4) != G_MAXUINT32) {
        return FALSE;
    }
    to_a = spot_at(comparison->before, extended(word_at(a)));
    to_b = spot_at(comparison->after, extended(word_at(b)));
    return same_named_place(&to_a, &to_b);
}

static gboolean same_place(const Comparison *comparison, guint64 x, guint64 y)
{
    Spot a = spot_at(comparison->before, x), b = spot_at(comparison->after, y);

    return same_named_place(&a, &b) || (hold_of(&a) != HOLD_INSIDE && hold_of(&b) != HOLD_INSIDE &&
                                        same_content(comparison, x, y));
}

/* Do the four bytes at @at mean the same in both pieces? */
static gboolean same_word(const Comparison *comparison, const Piece *a, const Piece *b, gsize at)
{
    guint64 x = extended(word_at(a->bytes + at)), y = extended(word_at(b->bytes + at));
    guint64 here = a->address + at, there = b->address + at;

    for (gsize i = 0; i < G_N_ELEMENTS(behind); i++) {
        if (same_place(comparison, here + behind[i] + x, there + behind[i] + y)) {
            return TRUE;
        }
    }
    /* Data has distances from themselves. */
    return same_place(comparison, x, y) || same_place(comparison, here + x, there + y);
}

/* --- Pieces ---------------------------------------------------------------------------------- */

/* Where bytes from @from on differ first; @n: nowhere. */
static gsize first_difference(const guint8 *a, const guint8 *b, gsize from, gsize n)
{
    while (from < n && a[from] == b[from]) {
        from++;
    }
    return from;
}

/* The end of a word that has the difference @at in it and is explained; 0 for none. No word begins
 * before @from, where the last one ended. */
static gsize explain(const Comparison *comparison, const Piece *a, const Piece *b, gsize from,
                     gsize at)
{
    for (gsize back = 0; back < 4 && back <= at - from; back++) {
        if (at - back + 4 <= a->size && same_word(comparison, a, b, at - back)) {
            return at - back + 4;
        }
    }
    return 0;
}

static gboolean same_piece(const Comparison *comparison, const Piece *a, const Piece *b)
{
    gsize from = 0, at;

    if (a->size != b->size || !a->bytes != !b->bytes) {
        return FALSE;
    }
    if (!a->bytes || memcmp(a->bytes, b->bytes, a->size) == 0) {
        return TRUE;
    }
    while ((at = first_difference(a->bytes, b->bytes, from, a->size)) < a->size) {
        from = explain(comparison, a, b, from, at);
        if (from == 0) {
            return FALSE;
        }
    }
    return TRUE;
}

/* A function is called as in the source: variants that the compiler makes (".cold", ".isra.0") are
 * part of it. */
static void add_name(Comparison *comparison, const Piece *piece)
{
    GHashTable *set = piece->is_function ? comparison->functions : comparison->variables;
    GPtrArray *names = piece->is_function ? comparison->function_names : comparison->variable_names;
    g_autofree char *all = clean_name(piece->name);
    char *name = g_strndup(all, strcspn(all, "."));

    if (g_hash_table_add(set, name)) {
        g_ptr_array_add(names, g_strdup(name));
    }
}

/* Pieces of @image that @other does not have, or, with @compares, that differ there. */
static void add_differing(Comparison *comparison, const Image *image, const Image *other,
                          gboolean compares)
{
    const Piece *pieces, *counterpart;
    guint n;

    pieces = image_pieces(image, &n);
    for (guint i = 0; i < n; i++) {
        if (!pieces[i].key) {
            continue;
        }
        counterpart = image_find(other, pieces[i].key);
        if (!counterpart || (compares && !same_piece(comparison, &pieces[i], counterpart))) {
            add_name(comparison, &pieces[i]);
        }
    }
}

static char **take_names(GPtrArray *names)
{
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

SymbolsChange *images_compare(const Image *before, const Image *after)
{
    SymbolsChange *change = g_new0(SymbolsChange, 1);
    Comparison comparison = {
        .before = before,
        .after = after,
        .functions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .variables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .function_names = g_ptr_array_new(),
        .variable_names = g_ptr_array_new(),
    };

    add_differing(&comparison, before, after, TRUE);
    add_differing(&comparison, after, before, FALSE);
    change->functions = take_names(comparison.function_names);
    change->variables = take_names(comparison.variable_names);
    g_hash_table_unref(comparison.functions);
    g_hash_table_unref(comparison.variables);
    return change;
}

void symbols_change_free(SymbolsChange *change)
{
    if (!change) {
        return;
    }
    g_strfreev(change->functions);
    g_strfreev(change->variables);
    g_free(change);
}
