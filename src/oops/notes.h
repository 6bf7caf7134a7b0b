/* SPDX-License-Identifier: Apache-2.0
 * What a console says about itself as a whole, wherever it says so.
 */
#pragma once

#include <glib.h>

typedef enum OopsNote {
    NOTE_PANICKED,   /* the kernel stopped */
    NOTE_SUPPRESSED, /* the fuzzer could not work, or its machine had no memory left */
    NOTE_LOST,       /* the console ended before the kernel did */
    N_NOTES,
} OopsNote;

typedef struct OopsNoteRule {
    const char *word;    /* literal, as a family's header */
    const char *pattern; /* that the line must match too; NULL: the word says enough */
    OopsNote note;
} OopsNoteRule;

extern const OopsNoteRule note_rules[];
extern const gsize n_note_rules;
