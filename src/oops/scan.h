/* SPDX-License-Identifier: Apache-2.0
 * Where do any of some words occur in a text: one pass over the bytes.
 */
#pragma once

#include <glib.h>

#define SCAN_MIN   4   /* shortest word */
#define SCAN_WORDS 128 /* most words */

/* A set of words: bit i for word i. */
typedef unsigned __int128 ScanSet;
#define SCAN_BIT(i) ((ScanSet)1 << (i))

typedef struct Scan Scan;

/* @words are not copied. */
Scan *scan_new(const char *const *words, gsize n_words);
void scan_free(Scan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scan, scan_free)

/* Only the form of the scan that any machine has: for tests, and to compare. */
void scan_without_vectors(Scan *scan);

/* Bytes of the longest word. A text that grows is scanned again from so many bytes before its end,
 * or from behind the last hit. */
gsize scan_longest(const Scan *scan);

typedef struct ScanHit {
    gsize begin; /* where the word begins; of several that are found together, the first */
    ScanSet words;
    gsize next; /* where to go on: 0 to begin with */
} ScanHit;

/* Find the next words in @text. Each occurrence is reported once, those that begin together or
 * overlap perhaps together, and not always in the order in which they begin. FALSE when there are
 * no more. */
gboolean scan_next(const Scan *scan, const char *text, gsize n, ScanHit *hit);
