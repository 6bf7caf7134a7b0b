/* SPDX-License-Identifier: Apache-2.0
 * The words that a text of a makefile stands for: references to variables and the functions that
 * Kbuild files use to make lists.
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

static GArray *words_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(Word));
}

static const Word *word_at(const GArray *words, guint i)
{
    return &g_array_index(words, Word, i);
}

static void words_add(Makefile *makefile, GArray *words, const char *text, Condition condition)
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

static void words_add_unknown(Makefile *makefile, GArray *words)
{
    words_add(makefile, words, NULL, CONDITION_UNKNOWN);
}

/* NULL, unknown, for what is too long for a path. */
static const char *keep(Makefile *makefile, const char *text)
{
    gsize n = strlen(text);

    return n <= MAX_WORD && makefile_spend(makefile, n)
               ? g_string_chunk_insert_const(makefile->texts, text)
               : NULL;
}

static Condition both(Makefile *makefile, Condition a, Condition b)
{
    return condition_and(makefile->conditions, a, b);
}

/* @more under @condition. */
static void words_add_all(Makefile *makefile, GArray *words, const GArray *more,
                          Condition condition)
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

static gboolean are_fixed(const GArray *words)
{
    for (guint i = 0; i < words->len; i++) {
        if (!word_at(words, i)->text || word_at(words, i)->condition != CONDITION_TRUE) {
            return FALSE;
        }
    }
    return TRUE;
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
    if (are_fixed(a) && are_fixed(b)) {
        gboolean same = a->len == b->len;

        for (guint i = 0; same && i < a->len; i++) {
            same = strcmp(word_at(a, i)->text, word_at(b, i)->text) == 0;
        }
        return same ? CONDITION_TRUE : CONDITION_FALSE;
    }
    if (b->len == 1 && are_fixed(b)) {
        return equals_word(makefile, a, word_at(b, 0)->text);
    }
    if (a->len == 1 && are_fixed(a)) {
        return equals_word(makefile, b, word_at(a, 0)->text);
    }
    return CONDITION_UNKNOWN;
}

/* --- Functions ------------------------------------------------------------------------------- */

/* Does @word match @pattern, in which the first '%' stands for anything? That is *ret_stem, owned
 * by the caller. */
static gboolean pattern_match(const char *pattern, const char *word, char **ret_stem)
{
    const char *percent = strchr(pattern, '%');
    gsize n_before = percent ? (gsize)(percent - pattern) : 0, n_word = strlen(word);
    const char *after = percent ? percent + 1 : NULL;

    if (!percent) {
        *ret_stem = NULL;
        return strcmp(pattern, word) == 0;
    }
    if (n_word < n_before + strlen(after) || strncmp(pattern, word, n_before) != 0 ||
        !g_str_has_suffix(word, after)) {
        return FALSE;
    }
    *ret_stem = g_strndup(word + n_before, n_word - n_before - strlen(after));
    return TRUE;
}

/* $(filter) and $(filter-out). */
static void filter(Makefile *makefile, GArray **args, gboolean wanted, GArray *out)
{
    for (guint i = 0; i < args[1]->len; i++) {
        const Word *word = word_at(args[1], i);
        Condition matches = CONDITION_FALSE;

        for (guint j = 0; j < args[0]->len && makefile_spend(makefile, 1); j++) {
            const Word *pattern = word_at(args[0], j);
            g_autofree char *stem = NULL;

            if (!word->text || !pattern->text) {
                matches = condition_or(makefile->conditions, matches, CONDITION_UNKNOWN);
            } else if (pattern_match(pattern->text, word->text, &stem)) {
                matches = condition_or(makefile->conditions, matches, pattern->condition);
            }
        }
        words_add(makefile, out, word->text,
                  both(makefile, word->condition,
                       wanted ? matches : condition_not(makefile->conditions, matches)));
    }
}

/* $(patsubst FROM,TO,TEXT) of one word. */
static const char *substitute_pattern(Makefile *makefile, const char *from, const char *to,
                                      const char *text)
{
    const char *percent = strchr(to, '%');
    g_autofree char *stem = NULL, *made = NULL;

    if (!pattern_match(from, text, &stem)) {
        return text;
    }
    if (!percent || !stem) {
        return keep(makefile, to);
    }
    made = g_strdup_printf("%.*s%s%s", (int)(percent - to), to, stem, percent + 1);
    return keep(makefile, made);
}

static const char *substitute_text(Makefile *makefile, const char *from, const char *to,
                                   const char *text)
{
    g_autoptr(GString) made = NULL;

    if (!*from) {
        return text;
    }
    if (!makefile_spend(makefile, strlen(text) * (strlen(to) + 1) / strlen(from))) {
        return NULL;
    }
    made = g_string_new(text);
    g_string_replace(made, from, to, 0);
    return keep(makefile, made->str);
}

typedef const char *(*SubstituteFunc)(Makefile *makefile, const char *from, const char *to,
                                      const char *text);

/* The one word of @words, "" for none, NULL when it is not known. */
static const char *single(const GArray *words)
{
    if (!are_fixed(words) || words->len > 1) {
        return NULL;
    }
    return words->len ? word_at(words, 0)->text : "";
}

static void substitute(Makefile *makefile, GArray **args, SubstituteFunc func, GArray *out)
{
    const char *from = single(args[0]), *to = single(args[1]);

    for (guint i = 0; i < args[2]->len; i++) {
        const Word *word = word_at(args[2], i);
        gboolean is_known = from && to && word->text;

        words_add(makefile, out, is_known ? func(makefile, from, to, word->text) : NULL,
                  word->condition);
    }
}

static void affix(Makefile *makefile, GArray **args, gboolean is_prefix, GArray *out)
{
    const char *fix = single(args[0]);

    for (guint i = 0; i < args[1]->len; i++) {
        const Word *word = word_at(args[1], i);
        g_autofree char *made = NULL;

        if (fix && word->text) {
            made =
                is_prefix ? g_strconcat(fix, word->text, NULL) : g_strconcat(word->text, fix, NULL);
        }
        words_add(makefile, out, made ? keep(makefile, made) : NULL, word->condition);
    }
}

/* $(dir), $(notdir) and $(basename) of one word. Owned by the caller. */
static char *part_of_path(const char *name, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');

    if (strcmp(name, "notdir") == 0) {
        return g_strdup(slash ? slash + 1 : path);
    }
    if (strcmp(name, "dir") == 0) {
        return slash ? g_strndup(path, (gsize)(slash - path) + 1) : g_strdup("./");
    }
    return dot ? g_strndup(path, (gsize)(dot - path)) : g_strdup(path);
}

static void take_parts(Makefile *makefile, const char *name, const GArray *words, GArray *out)
{
    for (guint i = 0; i < words->len; i++) {
        const Word *word = word_at(words, i);
        g_autofree char *part = word->text ? part_of_path(name, word->text) : NULL;

        words_add(makefile, out, part ? keep(makefile, part) : NULL, word->condition);
    }
}

/* The comma-separated texts of a function's arguments, at most @max: the last has all the rest.
 * Array of char *, owned by the caller. */
static GPtrArray *split_arguments(const char *text, gsize n, guint max)
{
    GPtrArray *args = g_ptr_array_new_with_free_func(g_free);
    gsize start = 0;
    guint depth = 0;

    for (gsize i = 0; i < n; i++) {
        depth += text[i] == '(' || text[i] == '{';
        depth -= depth > 0 && (text[i] == ')' || text[i] == '}');
        if (text[i] == ',' && depth == 0 && args->len + 1 < max) {
            g_ptr_array_add(args, g_strndup(text + start, i - start));
            start = i + 1;
        }
    }
    g_ptr_array_add(args, g_strndup(text + start, n - start));
    return args;
}

static GArray *expand_argument(Makefile *makefile, const GPtrArray *texts, guint i)
{
    const char *text = i < texts->len ? texts->pdata[i] : "";

    return words_expand(makefile, text, strlen(text));
}

/* $(if), $(or), $(and): arguments are conditions for each other. */
static void choose(Makefile *makefile, const char *name, const GPtrArray *texts, GArray *out)
{
    Condition still = CONDITION_TRUE;
    gboolean is_or = strcmp(name, "or") == 0;

    if (strcmp(name, "if") == 0) {
        g_autoptr(GArray) tested = expand_argument(makefile, texts, 0),
                          yes = expand_argument(makefile, texts, 1),
                          no = expand_argument(makefile, texts, 2);
        Condition any = words_any(makefile, tested);

        words_add_all(makefile, out, yes, any);
        words_add_all(makefile, out, no, condition_not(makefile->conditions, any));
        return;
    }
    for (guint i = 0; i < texts->len; i++) {
        g_autoptr(GArray) words = expand_argument(makefile, texts, i);
        Condition any = words_any(makefile, words);

        if (is_or || i + 1 == texts->len) {
            words_add_all(makefile, out, words, still);
        }
        still = both(makefile, still, is_or ? condition_not(makefile->conditions, any) : any);
    }
}

/* $(foreach NAME,LIST,TEXT) */
static void for_each(Makefile *makefile, const GPtrArray *texts, GArray *out)
{
    g_autoptr(GArray) list = expand_argument(makefile, texts, 1);
    const char *text = texts->len > 2 ? texts->pdata[2] : "";
    g_autofree char *name = g_strstrip(g_strdup(texts->pdata[0]));

    for (guint i = 0; i < list->len && makefile_spend(makefile, strlen(text)); i++) {
        const Word *word = word_at(list, i);
        Variable *variable = g_hash_table_lookup(makefile->variables, name);
        g_autoptr(GArray) words = NULL;

        if (!word->text || (variable && variable->is_expanding)) {
            words_add_unknown(makefile, out);
            continue;
        }
        makefile_set(makefile, name, word->text);
        words = words_expand(makefile, text, strlen(text));
        words_add_all(makefile, out, words, word->condition);
    }
}

enum { LIST_MAX = 3 };

/* Functions whose arguments are lists. FALSE: not one of them. */
static gboolean apply_to_lists(Makefile *makefile, const char *name, GArray **args, GArray *out)
{
    if (strcmp(name, "filter") == 0) {
        filter(makefile, args, TRUE, out);
    } else if (strcmp(name, "filter-out") == 0) {
        filter(makefile, args, FALSE, out);
    } else if (strcmp(name, "subst") == 0) {
        substitute(makefile, args, substitute_text, out);
    } else if (strcmp(name, "patsubst") == 0) {
        substitute(makefile, args, substitute_pattern, out);
    } else if (strcmp(name, "addprefix") == 0) {
        affix(makefile, args, TRUE, out);
    } else if (strcmp(name, "addsuffix") == 0) {
        affix(makefile, args, FALSE, out);
    } else if (strcmp(name, "dir") == 0 || strcmp(name, "notdir") == 0 ||
               strcmp(name, "basename") == 0) {
        take_parts(makefile, name, args[0], out);
    } else if (strcmp(name, "sort") == 0 || strcmp(name, "strip") == 0 ||
               strcmp(name, "abspath") == 0 || strcmp(name, "realpath") == 0) {
        words_add_all(makefile, out, args[0], CONDITION_TRUE);
    } else if (strcmp(name, "firstword") == 0 && are_fixed(args[0])) {
        if (args[0]->len) {
            words_add(makefile, out, word_at(args[0], 0)->text, CONDITION_TRUE);
        }
    } else {
        return FALSE;
    }
    return TRUE;
}

/* Make's other functions say what we cannot know, or nothing. */
static gboolean says_nothing(const char *name)
{
    return strcmp(name, "warning") == 0 || strcmp(name, "error") == 0 ||
           strcmp(name, "info") == 0 || strcmp(name, "eval") == 0;
}

static void apply(Makefile *makefile, const char *name, const char *text, gsize n, GArray *out)
{
    gboolean takes_many = strcmp(name, "or") == 0 || strcmp(name, "and") == 0;
    g_autoptr(GPtrArray) texts = split_arguments(text, n, takes_many ? 16 : LIST_MAX);
    GArray *args[LIST_MAX];

    if (takes_many || strcmp(name, "if") == 0) {
        choose(makefile, name, texts, out);
        return;
    }
    if (strcmp(name, "foreach") == 0) {
        for_each(makefile, texts, out);
        return;
    }
    for (guint i = 0; i < LIST_MAX; i++) {
        args[i] = expand_argument(makefile, texts, i);
    }
    if (!apply_to_lists(makefile, name, args, out) && !says_nothing(name)) {
        words_add_unknown(makefile, out);
    }
    for (guint i = 0; i < LIST_MAX; i++) {
        g_array_unref(args[i]);
    }
}

/* --- References ------------------------------------------------------------------------------ */

static void expand_variable(Makefile *makefile, const char *name, GArray *out)
{
    Variable *variable = g_hash_table_lookup(makefile->variables, name);

    if (!variable && g_str_has_prefix(name, "CONFIG_")) {
        words_add(makefile, out, keep(makefile, "y"),
                  condition_on(makefile->conditions, keep(makefile, name)));
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

        apply(makefile, function, text + n_name + 1, n - n_name - 1, out);
        return;
    }
    inside = g_strndup(text, n);
    if (strchr(inside, '$')) {
        g_autoptr(GArray) names = words_expand(makefile, inside, n);

        name = single(names);
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

            words_add(makefile, out, text ? keep(makefile, text) : NULL,
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
            words_add(makefile, part, keep(makefile, literal), CONDITION_TRUE);
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
