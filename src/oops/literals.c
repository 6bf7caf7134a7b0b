/* SPDX-License-Identifier: Apache-2.0
 * Reads patterns, as far as our tables need it: letters, "\\.", groups of alternatives, "?".
 * Whatever else a pattern has, ends a run of literals: then the longest run is what is looked for,
 * and the pattern must be tried where it is found. Cost: once per pattern.
 *
 * A run is a set of words, since "(?:set|clear)_bit" is "set_bit" or "clear_bit".
 */
#include "oops/literals.h"

#include <string.h>

/* Words of a run. A product with more is cut into two runs. */
#define WORDS_MAX 32

typedef struct Reading {
    const char *s, *end;
    GPtrArray *run;   /* words of the run being read */
    gboolean touched; /* the run begins where the text must begin */
    GPtrArray *best;  /* the run with the longest shortest word */
    gboolean best_at_start, best_at_end;
    guint n_runs;
    gboolean whole; /* nothing but literals so far */
} Reading;

static GPtrArray *words_new(void)
{
    return g_ptr_array_new_with_free_func(g_free);
}

static GPtrArray *words_of(const char *word, gsize n)
{
    GPtrArray *words = words_new();

    g_ptr_array_add(words, g_strndup(word, n));
    return words;
}

static gsize shortest(const GPtrArray *words)
{
    gsize n = words->len > 0 ? G_MAXSIZE : 0;

    for (guint i = 0; i < words->len; i++) {
        n = MIN(n, strlen(words->pdata[i]));
    }
    return n;
}

static void end_run(Reading *reading, gboolean at_end)
{
    if (shortest(reading->run) > 0) {
        reading->n_runs++;
        if (shortest(reading->run) > shortest(reading->best)) {
            g_ptr_array_unref(reading->best);
            reading->best = g_ptr_array_ref(reading->run);
            reading->best_at_start = reading->touched;
            reading->best_at_end = at_end;
        }
    }
    g_ptr_array_unref(reading->run);
    reading->run = words_of("", 0);
    reading->touched = FALSE;
}

/* Something that is no literal. */
static void break_run(Reading *reading)
{
    reading->whole = FALSE;
    end_run(reading, FALSE);
}

/* Behind the class that begins at @s, "[^]a-z]". */
static const char *skip_class(const char *s, const char *end)
{
    s++;
    s += s < end && *s == '^';
    s += s < end && *s == ']';
    while (s < end && *s != ']') {
        s += *s == '\\' ? 2 : 1;
    }
    return MIN(s + 1, end);
}

/* Behind the group that begins at @s. */
static const char *skip_group(const char *s, const char *end)
{
    guint depth = 0;

    while (s < end) {
        if (*s == '[') {
            s = skip_class(s, end);
            continue;
        }
        depth += *s == '(';
        depth -= *s == ')';
        s += *s == '\\' ? 2 : 1;
        if (depth == 0) {
            break;
        }
    }
    return MIN(s, end);
}

/* Behind the element that begins at @s: a group, a class, "\\." or a byte. */
static const char *element_end(const char *s, const char *end)
{
    return *s == '('    ? skip_group(s, end)
           : *s == '['  ? skip_class(s, end)
           : *s == '\\' ? MIN(s + 2, end)
                        : s + 1;
}

/* The next "|" of this level, or @end. */
static const char *alternative_end(const char *s, const char *end)
{
    while (s < end && *s != '|') {
        s = element_end(s, end);
    }
    return s;
}

static GPtrArray *group_words(const char *s, const char *end);

/* The words of one element, "a", "\\." or a group, which ends at @end; NULL when it is no literal.
 */
static GPtrArray *element_words(const char *s, const char *end)
{
    if (*s == '(') {
        return group_words(s, end);
    }
    if (*s == '\\') {
        return s + 2 == end && !g_ascii_isalnum(s[1]) ? words_of(s + 1, 1) : NULL;
    }
    return strchr("[.^$*+?{", *s) ? NULL : words_of(s, 1);
}

static GPtrArray *words_product(const GPtrArray *heads, const GPtrArray *tails)
{
    GPtrArray *product = words_new();

    for (guint i = 0; i < heads->len; i++) {
        for (guint j = 0; j < tails->len; j++) {
            g_ptr_array_add(product, g_strconcat(heads->pdata[i], tails->pdata[j], NULL));
        }
    }
    return product;
}

/* The words of one alternative that has literals only, added to @words. */
static gboolean add_words(const char *s, const char *end, GPtrArray *words)
{
    g_autoptr(GPtrArray) all = words_of("", 0);

    while (s < end) {
        const char *behind = element_end(s, end);
        g_autoptr(GPtrArray) more = element_words(s, behind);
        GPtrArray *product;

        if (!more || (behind < end && strchr("*+{", *behind))) {
            return FALSE;
        }
        if (behind < end && *behind == '?') {
            g_ptr_array_add(more, g_strdup(""));
            behind++;
        }
        if (all->len * more->len > WORDS_MAX) {
            return FALSE;
        }
        product = words_product(all, more);
        g_ptr_array_unref(all);
        all = product;
        s = behind;
    }
    g_ptr_array_extend_and_steal(words, g_steal_pointer(&all));
    return TRUE;
}

/* The words of "(?:a|b|c?d)" or "(a|b)" without anything that is no literal; NULL otherwise. */
static GPtrArray *group_words(const char *s, const char *end)
{
    g_autoptr(GPtrArray) words = words_new();

    if (end - s < 2 || end[-1] != ')') {
        return NULL;
    }
    s += 1;
    if (*s == '?') {
        if (s[1] != ':') {
            return NULL;
        }
        s += 2;
    }
    end--;
    for (;; s++) {
        const char *stop = alternative_end(s, end);

        if (!add_words(s, stop, words) || words->len > WORDS_MAX) {
            return NULL;
        }
        s = stop;
        if (s >= end) {
            break;
        }
    }
    return g_steal_pointer(&words);
}

/* Each word of the run goes on with each of @more. */
static void extend_run(Reading *reading, const GPtrArray *more)
{
    GPtrArray *product;

    if (reading->run->len * more->len > WORDS_MAX) {
        break_run(reading);
    }
    product = words_product(reading->run, more);
    g_ptr_array_unref(reading->run);
    reading->run = product;
}

/* What may stand behind an element: none of it, once, more often. */
static void read_repeat(Reading *reading, GPtrArray *element)
{
    char repeat = reading->s < reading->end ? *reading->s : '\0';

    if (repeat == '?') {
        g_ptr_array_add(element, g_strdup(""));
        extend_run(reading, element);
        reading->s++;
    } else if (repeat == '+') {
        extend_run(reading, element);
        reading->s++;
        break_run(reading);
    } else if (repeat == '*' || repeat == '{') {
        break_run(reading);
    } else {
        extend_run(reading, element);
    }
}

static void skip_repeat(Reading *reading)
{
    if (reading->s < reading->end && *reading->s == '{') {
        while (reading->s < reading->end && *reading->s++ != '}') {
        }
    }
    while (reading->s < reading->end && strchr("*+?", *reading->s)) {
        reading->s++;
    }
}

static void read_alternative(Reading *reading)
{
    if (reading->s < reading->end && *reading->s == '^') {
        reading->touched = TRUE;
        reading->s++;
    }
    while (reading->s < reading->end) {
        g_autoptr(GPtrArray) element = NULL;

        if (*reading->s == '$' && reading->s + 1 == reading->end) {
            end_run(reading, TRUE);
            return;
        }
        element = element_words(reading->s, element_end(reading->s, reading->end));
        reading->s = element_end(reading->s, reading->end);
        if (element) {
            read_repeat(reading, element);
        } else {
            break_run(reading);
        }
        skip_repeat(reading);
    }
    end_run(reading, FALSE);
}

static void literals_clear(gpointer literals)
{
    g_ptr_array_unref(((Literals *)literals)->words);
}

GArray *literals_of(const char *pattern)
{
    GArray *all = g_array_new(FALSE, TRUE, sizeof(Literals));
    const char *end = pattern + strlen(pattern), *s = pattern;

    g_array_set_clear_func(all, literals_clear);
    for (;; s++) {
        const char *stop = alternative_end(s, end);
        Reading reading = {
            .s = s, .end = stop, .run = words_of("", 0), .best = words_new(), .whole = TRUE};
        Literals literals = {.source = s, .n_source = stop - s};

        read_alternative(&reading);
        g_ptr_array_unref(reading.run);
        if (strstr(pattern, "(?i)")) {
            g_ptr_array_set_size(reading.best, 0); /* its letters are not what stands in the text */
        }
        literals.words = reading.best;
        literals.at_start = reading.best_at_start;
        literals.at_end = reading.best_at_end;
        literals.exact = reading.whole && reading.n_runs == 1;
        g_array_append_val(all, literals);
        s = stop;
        if (s >= end) {
            break;
        }
    }
    return all;
}

gboolean literals_lead(const char *pattern, const char *word)
{
    const char *end = pattern + strlen(pattern);

    if (alternative_end(pattern, end) != end) {
        return FALSE;
    }
    for (; *word; word++) {
        pattern += pattern[0] == '\\' && !g_ascii_isalnum(pattern[1]);
        if (*pattern != *word) {
            return FALSE;
        }
        pattern++;
    }
    return *pattern == '\0' || !strchr("*+?{", *pattern);
}
