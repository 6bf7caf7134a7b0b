/* SPDX-License-Identifier: Apache-2.0
 * Versions and spans of them.
 */
#include "kernel/version.h"

#include <string.h>

/* Three numbers of this many bits; larger ones are cut to the largest. */
enum { N_NUMBERS = 3, BITS = 10, LARGEST = (1 << BITS) - 1 };

static Version pack(const guint numbers[N_NUMBERS])
{
    return (Version)numbers[0] << (2 * BITS) | (Version)numbers[1] << BITS | numbers[2];
}

/* The numbers at *@text, which then stands behind them: how many there are, at most three. */
static guint take_numbers(const char **text, guint numbers[N_NUMBERS])
{
    const char *at = *text;
    guint n = 0;

    memset(numbers, 0, N_NUMBERS * sizeof *numbers);
    while (n < N_NUMBERS && g_ascii_isdigit(*at)) {
        char *end;

        numbers[n++] = (guint)MIN(g_ascii_strtoull(at, &end, 10), LARGEST);
        *text = end;
        if (end[0] != '.' || !g_ascii_isdigit(end[1])) {
            break;
        }
        at = end + 1;
    }
    return n;
}

/* The third number is that of a stable release from 3.0 on. */
static Version kernel_version(guint numbers[N_NUMBERS])
{
    if (numbers[0] >= 3) {
        numbers[2] = 0;
    }
    return pack(numbers);
}

Version version_of_kernel(const char *name)
{
    guint numbers[N_NUMBERS];

    name += *name == 'v';
    return take_numbers(&name, numbers) >= 2 ? kernel_version(numbers) : 0;
}

Version version_of_makefile(const char *makefile)
{
    static const char *const names[N_NUMBERS] = {"VERSION", "PATCHLEVEL", "SUBLEVEL"};
    g_auto(GStrv) lines = g_strsplit(makefile, "\n", 20);
    guint numbers[N_NUMBERS] = {0};

    for (char **line = lines; *line; line++) {
        for (guint i = 0; i < N_NUMBERS; i++) {
            const char *value = *line + strlen(names[i]);

            if (g_str_has_prefix(*line, names[i])) {
                value += strspn(value, " \t");
                if (*value == '=') {
                    value += 1 + strspn(value + 1, " \t");
                    numbers[i] = (guint)MIN(g_ascii_strtoull(value, NULL, 10), LARGEST);
                }
            }
        }
    }
    return numbers[0] ? kernel_version(numbers) : 0;
}

Version version_of_tool(const char *said)
{
    guint numbers[N_NUMBERS];
    guint depth = 0;

    for (const char *at = said; *at; at++) {
        gboolean begins_word = at == said || strchr(" v", at[-1]);

        depth += *at == '(';
        depth -= *at == ')' && depth;
        if (!depth && begins_word && g_ascii_isdigit(*at) && take_numbers(&at, numbers) >= 2) {
            return pack(numbers);
        }
        if (!*at) {
            break;
        }
    }
    return 0;
}

guint version_major(Version version)
{
    return version >> (2 * BITS);
}

char *version_kernel_text(Version version)
{
    guint major = version_major(version), minor = version >> BITS & LARGEST;

    return major < 3 ? g_strdup_printf("v%u.%u.%u", major, minor, version & LARGEST)
                     : g_strdup_printf("v%u.%u", major, minor);
}

/* A bound, or nothing. @fill: what stands for the numbers that it does not name. */
static gboolean parse_bound(const char *text, guint fill, Version *ret_version)
{
    guint numbers[N_NUMBERS];
    gboolean named = *text == 'v';
    guint n;

    text += named;
    n = take_numbers(&text, numbers);
    if (*text || (named && !n)) {
        return FALSE;
    }
    for (guint i = n; i < N_NUMBERS; i++) {
        numbers[i] = fill;
    }
    *ret_version = pack(numbers);
    return TRUE;
}

gboolean version_span_parse(const char *text, VersionSpan *ret_span)
{
    g_auto(GStrv) bounds = g_strsplit(text, "..", 2);
    guint n = g_strv_length(bounds);
    VersionSpan span;

    if (n == 0 || !parse_bound(bounds[0], 0, &span.first) ||
        !parse_bound(bounds[n - 1], LARGEST, &span.last) || span.first > span.last) {
        return FALSE;
    }
    *ret_span = span;
    return TRUE;
}

gboolean version_span_has(const VersionSpan *span, Version version)
{
    return span->first <= version && version <= span->last;
}
