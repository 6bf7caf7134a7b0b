/* SPDX-License-Identifier: Apache-2.0
 * Mutations of texts that are made of lines, for libFuzzer's targets of such texts: lines change
 * their places, come twice, go, lines of known kinds come in, a line gets the prefix of another
 * kind, a number another value; and what libFuzzer itself does, to a single line or to all.
 *
 * A target that wants them has a mutate-NAME.c beside its fuzz-NAME.c, with its kinds of lines.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct LineKinds {
    const char *const *lines; /* NULL-terminated, without their newline */
    const char *const *prefixes;
    gsize n_head; /* bytes before the first line, which stay as they are */
} LineKinds;

/* As LLVMFuzzerCustomMutator() and LLVMFuzzerCustomCrossOver(). */
size_t lines_mutate(const LineKinds *kinds, uint8_t *data, size_t n, size_t n_max, guint32 seed);
size_t lines_cross(const LineKinds *kinds, const uint8_t *a, size_t n_a, const uint8_t *b,
                   size_t n_b, uint8_t *out, size_t n_max, guint32 seed);
