/* SPDX-License-Identifier: Apache-2.0
 * Patterns: PCRE2 on bytes, compiled when first used.
 *
 * GRegex is not used here, since it allocates four times for each match, which costs more than the
 * match.
 */
#pragma once

#include <glib.h>

/* Shared by threads: whoever comes first compiles it. */
typedef struct Pattern Pattern;

typedef enum PatternFlags {
    PATTERN_ANCHORED = 1 << 0, /* matches at the place asked for, or not at all */
} PatternFlags;

/* @n bytes of @source, which are copied. A wrong pattern is a fault of ours, and aborts. */
Pattern *pattern_new(const char *source, gsize n, PatternFlags flags);
void pattern_free(Pattern *pattern);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pattern, pattern_free)

/* Compile it now: says whether it is right. */
void pattern_compile(const Pattern *pattern);

/* Is there a match in the @n bytes of @s? NULs and bytes that are no UTF-8 are welcome; a pattern
 * that runs out of its limits on a hostile text has not matched. */
gboolean pattern_in(const Pattern *pattern, const char *s, gsize n);

/* Room for what patterns capture, used again and again. Of one thread. */
typedef struct Match Match;

Match *match_new(void);
void match_free(Match *match);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Match, match_free)

/* The first match in @s from @from on. What is before @from is seen by "^" and by look-behinds. */
gboolean pattern_match(const Pattern *pattern, const char *s, gsize n, gsize from, Match *match);

/* How many groups the last match has, the whole counted: 0 is the whole. A group that took no part
 * is empty. */
guint match_n_groups(const Match *match);
const char *match_group(const Match *match, guint i, gsize *ret_n);
gsize match_begin(const Match *match);

/* @s with all matches of @pattern replaced by @by ("${1}" is a group), or NULL when there is none.
 */
char *pattern_replace(const Pattern *pattern, const char *s, const char *by, Match *match);
