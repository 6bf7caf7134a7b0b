/* SPDX-License-Identifier: Apache-2.0
 * What strangers wrote, fitted into lines for people.
 */
#pragma once

#include "job/job.h"

/* @bytes on one line, clean, cut to @width characters. */
void words_add_cut(GString *text, const char *bytes, guint width);
/* @sentence in lines of words, @width characters at most where no word is longer: the first after
 * @first blanks, the others after @others. */
void words_add_wrapped(GString *text, const char *sentence, guint width, guint first, guint others);
/* Nothing that was measured is sure: 99.9 at most. */
double words_percent(double probability);
/* The subject of @commit among @candidates (of Candidate); "": not known. */
const char *words_subject(const GPtrArray *candidates, const char *commit);
