/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "oops/pattern.h"

#include <pcre2.h>
#include <string.h>

/* Groups that a pattern may have: "$9" is the last that a template can name. */
#define GROUPS_MAX 10
/* How often a match may go back: a pattern with three ".*" on a line of 8 KB would go on for
 * minutes. What real consoles need is below 10,000. */
#define BACKTRACKS_MAX 1000000

struct Pattern {
    char *source;
    PatternFlags flags;
    pcre2_code *code; /* once compiled */
};

struct Match {
    pcre2_match_data *data;
    pcre2_match_context *limits;
    const char *text;
    guint n_groups;
};

Pattern *pattern_new(const char *source, gsize n, PatternFlags flags)
{
    Pattern *pattern = g_new0(Pattern, 1);

    pattern->source = g_strndup(source, n);
    pattern->flags = flags;
    return pattern;
}

void pattern_free(Pattern *pattern)
{
    if (!pattern) {
        return;
    }
    pcre2_code_free(pattern->code);
    g_free(pattern->source);
    g_free(pattern);
}

static const pcre2_code *code_of(const Pattern *pattern)
{
    pcre2_code *code = g_atomic_pointer_get((pcre2_code **)&pattern->code);
    guint32 options = pattern->flags & PATTERN_ANCHORED ? PCRE2_ANCHORED : 0;
    PCRE2_SIZE at;
    int error;

    if (code) {
        return code;
    }
    code = pcre2_compile((PCRE2_SPTR)pattern->source, PCRE2_ZERO_TERMINATED, options, &error, &at,
                         NULL);
    if (!code) {
        g_error("oops: pattern '%s' is wrong at byte %zu", pattern->source, at);
    }
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* where there is none, it is interpreted */
    if (!g_atomic_pointer_compare_and_exchange((pcre2_code **)&pattern->code, NULL, code)) {
        pcre2_code_free(code); /* another thread was faster */
    }
    return g_atomic_pointer_get((pcre2_code **)&pattern->code);
}

void pattern_compile(const Pattern *pattern)
{
    code_of(pattern);
}

Match *match_new(void)
{
    Match *match = g_new0(Match, 1);

    match->data = pcre2_match_data_create(GROUPS_MAX, NULL);
    match->limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(match->limits, BACKTRACKS_MAX);
    return match;
}

void match_free(Match *match)
{
    if (!match) {
        return;
    }
    pcre2_match_context_free(match->limits);
    pcre2_match_data_free(match->data);
    g_free(match);
}

gboolean pattern_match(const Pattern *pattern, const char *s, gsize n, gsize from, Match *match)
{
    const pcre2_code *code = code_of(pattern);
    int n_groups = pcre2_jit_match(code, (PCRE2_SPTR)s, n, from, 0, match->data, match->limits);

    if (n_groups == PCRE2_ERROR_JIT_BADOPTION) { /* there is no machine code for it */
        n_groups = pcre2_match(code, (PCRE2_SPTR)s, n, from, 0, match->data, match->limits);
    }

    match->text = s;
    match->n_groups = MAX(n_groups, 0);
    return n_groups > 0;
}

gboolean pattern_in(const Pattern *pattern, const char *s, gsize n)
{
    g_autoptr(Match) match = match_new();

    return pattern_match(pattern, s, n, 0, match);
}

guint match_n_groups(const Match *match)
{
    return match->n_groups;
}

const char *match_group(const Match *match, guint i, gsize *ret_n)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match->data);

    if (i >= match->n_groups || ends[2 * i] == PCRE2_UNSET) {
        *ret_n = 0;
        return "";
    }
    *ret_n = ends[2 * i + 1] - ends[2 * i];
    return match->text + ends[2 * i];
}

gsize match_begin(const Match *match)
{
    return pcre2_get_ovector_pointer(match->data)[0];
}

char *pattern_replace(const Pattern *pattern, const char *s, const char *by, Match *match)
{
    gsize n = strlen(s);
    PCRE2_SIZE n_out = 2 * n + 64; /* a replacement is hardly longer than what it replaces */
    char *out;

    if (!pattern_match(pattern, s, n, 0, match)) {
        return NULL;
    }
    out = g_malloc(n_out);
    if (pcre2_substitute(code_of(pattern), (PCRE2_SPTR)s, n, 0, PCRE2_SUBSTITUTE_GLOBAL,
                         match->data, match->limits, (PCRE2_SPTR)by, PCRE2_ZERO_TERMINATED,
                         (PCRE2_UCHAR *)out, &n_out) <= 0) {
        g_clear_pointer(&out, g_free);
    }
    return out;
}
