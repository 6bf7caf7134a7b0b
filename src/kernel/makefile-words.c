/* SPDX-License-Identifier: Apache-2.0
 * The words that a text of a makefile stands for: references to variables, put together.
 *
 * What is not understood becomes a word without text, never nothing: a list that may hold more than
 * we see must not pass for empty.
 */
#include "kernel/makefile-private.h"

#include <string.h>

#define MAX_DEPTH 30
#define MAX_WORDS 20000
#define MAX_WORD  4096
/* Alternatives of one word that is put together of several references. */
#define MAX_ALTERNATIVES 32

GArray *words_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(Word));
}

void words_add(Makefile *makefile, GArray *words, const char *text, Condition condition)
{
    Word word = {.text = text, .condition = condition};

    if (condition == CONDITION_FALSE || !makefile_spend(makefile, 1)) {
        return;
    }
    if (words->len >= MAX_WORDS) {
        word.text = NULL;
    }
    if (words->len <= MAX_WORDS) {
        g_array_append_val(words, word);
    }
}

void words_add_unknown(Makefile *makefile, GArray *words)
{
    words_add(makefile, words, NULL, CONDITION_UNKNOWN);
}

const char *words_keep(Makefile *makefile, const char *text)
{
    gsize n = strlen(text);

    return n <= MAX_WORD && makefile_spend(makefile, n)
               ? g_string_chunk_insert_const(makefile->texts, text)
               : NULL;
}

void words_add_all(Makefile *makefile, GArray *words, const GArray *more, Condition condition)
{
    for (guint i = 0; i < more->len; i++) {
        words_add(makefile, words, word_at(more, i)->text,
                  both(makefile, word_at(more, i)->condition, condition));
    }
}

Condition words_any(Makefile *makefile, const GArray *words)
{
    Condition any = CONDITION_FALSE;

    for (guint i = 0; i < words->len && makefile_spend(makefile, 1); i++) {
        const Word *word = word_at(words, i);

        any = condition_or(makefile->conditions, any,
                           word->text ? word->condition
                                      : both(makefile, word->condition, CONDITION_UNKNOWN));
    }
    return any;
}

/* --- Comparing ------------------------------------------------------------------------------- */

gboolean words_are_fixed(const GArray *words)
{
    for (guint i = 0; i < words->len; i++) {
        if (!word_at(words, i)->text || word_at(words, i)->condition != CONDITION_TRUE) {
            return FALSE;
        }
    }
    return TRUE;
}

const char *words_single(const GArray *words)
{
    if (!words_are_fixed(words) || words->len > 1) {
        return NULL;
    }
    return words->len ? word_at(words, 0)->text : "";
}

/* Of options that are on we know "y", which for a number or a text is not what it says. */
static gboolean is_value_known(const Word *word, const char *wanted)
{
    gboolean is_option = word->text && strspn(word->text, "y") == strlen(word->text) &&
                         word->condition != CONDITION_TRUE;

    return word->text && (!is_option || strspn(wanted, "ymn") == strlen(wanted));
}

/* Where @words are just @wanted. */
static Condition equals_word(Makefile *makefile, const GArray *words, const char *wanted)
{
    Condition equal = CONDITION_FALSE;

    if (words->len > MAX_ALTERNATIVES) {
        return CONDITION_UNKNOWN;
    }
    for (guint i = 0; i < words->len; i++) {
        Condition only = word_at(words, i)->condition;

        if (!is_value_known(word_at(words, i), wanted)) {
            return CONDITION_UNKNOWN;
        }
        if (strcmp(word_at(words, i)->text, wanted) != 0) {
            continue;
        }
        for (guint j = 0; j < words->len; j++) {
            if (j != i) {
                only = both(makefile, only,
                            condition_not(makefile->conditions, word_at(words, j)->condition));
            }
        }
        equal = condition_or(makefile->conditions, equal, only);
    }
    return equal;
}

Condition words_equal(Makefile *makefile, const GArray *a, const GArray *b)
{
    if (!a->len || !b->len) {
        return condition_not(makefile->conditions, words_any(makefile, a->len ? a : b));
    }
    if (words_are_fixed(a) && words_are_fixed(b)) {
        gboolean same = a->len == b->len;

        for (guint i = 0; same && i < a->len; i++) {
            same = strcmp(word_at(a, i)->text, word_at(b, i)->text) == 0;
        }
        return same ? CONDITION_TRUE : CONDITION_FALSE;
    }
    if (b->len == 1 && words_are_fixed(b)) {
        return equals_word(makefile, a, word_at(b, 0)->text);
    }
    if (a->len == 1 && words_are_fixed(a)) {
        return equals_word(makefile, b, word_at(a, 0)->text);
    }
    return CONDITION_UNKNOWN;
}

/* --- References ------------------------------------------------------------------------------ */

static void expand_variable(Makefile *makefile, const char *name, GArray *out)
{
    Variable *variable = g_hash_table_lookup(makefile->variables, name);

    if (!variable && g_str_has_prefix(name, "CONFIG_")) {
        words_add(makefile, out, words_keep(makefile, "y"),
                  condition_on(makefile->conditions, words_keep(makefile, name)));
    }
    if (!variable || variable->is_expanding) {
        return;
    }
    variable->is_expanding = TRUE;
    for (guint i = 0; i < variable->pieces->len; i++) {
        const Piece *piece = variable->pieces->pdata[i];
        g_autoptr(GArray) words = piece->raw
                                      ? words_expand(makefile, piece->raw, strlen(piece->raw))
                                      : g_array_ref(piece->words);

        words_add_all(makefile, out, words, piece->condition);
    }
    variable->is_expanding = FALSE;
}

/* "$(NAME:FROM=TO)": with a '%', or of ends. */
static void expand_substitution(Makefile *makefile, const char *name, const char *rule, GArray *out)
{
    g_autofree char *from = g_strndup(rule, strcspn(rule, "="));
    const char *to = strchr(rule, '=') + 1;
    gboolean is_pattern = strchr(from, '%') != NULL;
    g_autofree char *pattern = is_pattern ? g_strdup(from) : g_strconcat("%", from, NULL),
                    *made = is_pattern ? g_strdup(to) : g_strconcat("%", to, NULL);
    g_autoptr(GArray) words = words_new();

    expand_variable(makefile, name, words);
    for (guint i = 0; i < words->len; i++) {
        const Word *word = word_at(words, i);

        words_add(makefile, out,
                  word->text ? substitute_pattern(makefile, pattern, made, word->text) : NULL,
                  word->condition);
    }
}

/* The name of a function, when @text begins with one: letters, then a blank. */
static char *function_name(const char *text, gsize n)
{
    gsize i = 0;

    while (i < n && (g_ascii_islower(text[i]) || text[i] == '-')) {
        i++;
    }
    return i > 0 && i < n && (text[i] == ' ' || text[i] == '\t') ? g_strndup(text, i) : NULL;
}

gsize reference_length(const char *text, gsize n)
{
    char open = n > 1 ? text[1] : '\0', close = open == '(' ? ')' : '}';
    gsize depth = 0;

    if (open != '(' && open != '{') {
        return MIN(n, 2);
    }
    for (gsize i = 1; i < n; i++) {
        depth += text[i] == open;
        if (text[i] == close && --depth == 0) {
            return i + 1;
        }
    }
    return n;
}

/* What stands between the brackets of a reference. */
static void expand_inside(Makefile *makefile, const char *text, gsize n, GArray *out)
{
    g_autofree char *function = function_name(text, n);
    g_autofree char *inside = NULL;
    const char *name = NULL;
    char *colon;

    if (function) {
        gsize n_name = strlen(function);

        function_apply(makefile, function, text + n_name + 1, n - n_name - 1, out);
        return;
    }
    inside = g_strndup(text, n);
    if (strchr(inside, '$')) {
        g_autoptr(GArray) names = words_expand(makefile, inside, n);

        name = words_single(names);
        if (!name) {
            words_add_unknown(makefile, out);
            return;
        }
        g_free(inside);
        inside = g_strdup(name);
    }
    colon = strchr(inside, ':');
    if (colon && strchr(colon, '=')) {
        *colon = '\0';
        expand_substitution(makefile, inside, colon + 1, out);
    } else {
        expand_variable(makefile, inside, out);
    }
}

/* @text is one reference. */
static GArray *expand_reference(Makefile *makefile, const char *text, gsize n)
{
    GArray *out = words_new();

    if (makefile->n_depth >= MAX_DEPTH || !makefile_spend(makefile, n)) {
        words_add_unknown(makefile, out);
        return out;
    }
    makefile->n_depth++;
    if (n > 2 && (text[1] == '(' || text[1] == '{')) {
        expand_inside(makefile, text + 2, n - 3, out);
    } else if (n == 2 && text[1] == '$') {
        words_add(makefile, out, "$", CONDITION_TRUE);
    } else if (n == 2) {
        expand_inside(makefile, text + 1, 1, out);
    }
    makefile->n_depth--;
    return out;
}

/* --- Words ----------------------------------------------------------------------------------- */

static gboolean exclude_each_other(Makefile *makefile, const GArray *words)
{
    for (guint i = 0; i < words->len; i++) {
        for (guint j = 0; j < i; j++) {
            if (words->len > MAX_ALTERNATIVES ||
                both(makefile, word_at(words, i)->condition, word_at(words, j)->condition) !=
                    CONDITION_FALSE) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

/* Each of @words (alternatives) followed by each of @ends, or by nothing where there is none. */
static GArray *put_together(Makefile *makefile, const GArray *words, const GArray *ends)
{
    Condition none = condition_not(makefile->conditions, words_any(makefile, ends));
    GArray *out = words_new();

    if (words->len * (ends->len + 1) > MAX_ALTERNATIVES || !exclude_each_other(makefile, ends)) {
        words_add_unknown(makefile, out);
        return out;
    }
    for (guint i = 0; i < words->len; i++) {
        const Word *word = word_at(words, i);

        for (guint j = 0; j < ends->len; j++) {
            const Word *end = word_at(ends, j);
            g_autofree char *text =
                word->text && end->text ? g_strconcat(word->text, end->text, NULL) : NULL;

            words_add(makefile, out, text ? words_keep(makefile, text) : NULL,
                      both(makefile, word->condition, end->condition));
        }
        words_add(makefile, out, word->text, both(makefile, word->condition, none));
    }
    return out;
}

/* One word of @text, which has no blanks but in references. */
static void expand_word(Makefile *makefile, const char *text, gsize n, GArray *out)
{
    GArray *words = words_new();

    words_add(makefile, words, "", CONDITION_TRUE);
    for (gsize i = 0; i < n;) {
        gsize length = text[i] == '$' ? reference_length(text + i, n - i) : 0;
        g_autoptr(GArray) part = length ? expand_reference(makefile, text + i, length) : NULL;
        GArray *longer;

        if (!part) {
            const char *dollar = memchr(text + i, '$', n - i);
            g_autofree char *literal = NULL;

            length = dollar ? (gsize)(dollar - text) - i : n - i;
            literal = g_strndup(text + i, length);
            part = words_new();
            words_add(makefile, part, words_keep(makefile, literal), CONDITION_TRUE);
        } else if (length == n) {
            words_add_all(makefile, out, part, CONDITION_TRUE);
            break;
        }
        longer = put_together(makefile, words, part);
        g_array_unref(words);
        words = longer;
        i += length;
        if (i == n) {
            for (guint j = 0; j < words->len; j++) {
                const Word *word = word_at(words, j);

                if (!word->text || *word->text) {
                    words_add(makefile, out, word->text, word->condition);
                }
            }
        }
    }
    g_array_unref(words);
}

GArray *words_expand(Makefile *makefile, const char *text, gsize n)
{
    GArray *out = words_new();

    makefile_spend(makefile, n);
    for (gsize i = 0; i < n && makefile->n_left;) {
        gsize start = i;

        while (i < n && !g_ascii_isspace(text[i])) {
            i += text[i] == '$' ? reference_length(text + i, n - i) : 1;
        }
        if (i > start) {
            expand_word(makefile, text + start, i - start, out);
        }
        while (i < n && g_ascii_isspace(text[i])) {
            i++;
        }
    }
    return out;
}
