/* SPDX-License-Identifier: Apache-2.0
 * What failed, as far as two failures can be the same one: an error without the numbers of its
 * lines, addresses and the like, and what it names.
 */
#include "kernel/kernel.h"

#include <string.h>

/* Shorter ones are 'x' and 'if'. */
#define MIN_WORD 4

static GRegex *compile(const char *pattern)
{
    GRegex *regex = g_regex_new(pattern, G_REGEX_DEFAULT, G_REGEX_MATCH_DEFAULT, NULL);

    g_assert(regex);
    return regex;
}

static char *replace(char *text, const char *pattern, const char *by)
{
    g_autoptr(GRegex) regex = compile(pattern);
    char *replaced = g_regex_replace(regex, text, -1, 0, by, 0, NULL);

    g_free(text);
    return replaced;
}

/* Quotes of all kinds become ': gcc takes those of the locale. */
static char *plain_quotes(const char *error)
{
    return replace(g_utf8_make_valid(error, -1), "[‘’“”`\"]", "'");
}

char *kernel_failure_kind(const char *error)
{
    char *kind = plain_quotes(error);

    kind = replace(kind, "^/\\S*/(?=[^/\\s]+:)", ""); /* a machine's own folder */
    kind = replace(kind, "0x[0-9a-f]+", "0x");
    kind = replace(kind, ":\\d+(:\\d+)?(?=[:\\]])", "");
    kind = replace(kind, "\\+0x", "");
    kind = replace(kind, "make\\[\\d+\\]", "make");
    return g_strstrip(replace(kind, "\\d{3,}", "N"));
}

/* A source, or the object of one, anywhere in the error: the linker speaks of objects. */
char *kernel_failure_file(const char *error)
{
    g_autoptr(GRegex) regex = compile("(?:^|[\\s(\\['])(?:\\.\\.?/)*([\\w.,+-]+(?:/[\\w.,+-]+)*)"
                                      "\\.([chSo])(?=[:\\])'\\s]|$)");
    g_autofree char *plain = plain_quotes(error);
    g_autoptr(GMatchInfo) match = NULL;

    if (!g_regex_match(regex, plain, 0, &match)) {
        return NULL;
    }
    g_autofree char *stem = g_match_info_fetch(match, 1), *kind = g_match_info_fetch(match, 2);
    return g_strdup_printf("%s.%s", stem, *kind == 'o' ? "c" : kind);
}

/* Names in quotes; and of a crash, the function behind " in ". */
char **kernel_failure_words(const char *error)
{
    g_autoptr(GRegex) regex = compile("'(?:struct |union |enum )?([A-Za-z_]\\w*)|"
                                      "\\bin ([A-Za-z_]\\w*)$");
    g_autofree char *plain = plain_quotes(error);
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_autoptr(GMatchInfo) match = NULL;

    g_regex_match(regex, plain, 0, &match);
    for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
        g_autofree char *quoted = g_match_info_fetch(match, 1),
                        *function = g_match_info_fetch(match, 2);
        const char *word = *quoted ? quoted : function;

        if (word && strlen(word) >= MIN_WORD) {
            g_strv_builder_add(words, word);
        }
    }
    return g_strv_builder_end(words);
}
