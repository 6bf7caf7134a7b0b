/* SPDX-License-Identifier: Apache-2.0
 * The functions that Kbuild files use to make lists: $(filter), $(patsubst), $(if) and the like.
 */
#include "kernel/makefile-private.h"

#include <string.h>

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

const char *substitute_pattern(Makefile *makefile, const char *from, const char *to,
                               const char *text)
{
    const char *percent = strchr(to, '%');
    g_autofree char *stem = NULL, *made = NULL;

    if (!pattern_match(from, text, &stem)) {
        return text;
    }
    if (!percent || !stem) {
        return words_keep(makefile, to);
    }
    made = g_strdup_printf("%.*s%s%s", (int)(percent - to), to, stem, percent + 1);
    return words_keep(makefile, made);
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
    return words_keep(makefile, made->str);
}

typedef const char *(*SubstituteFunc)(Makefile *makefile, const char *from, const char *to,
                                      const char *text);

static void substitute(Makefile *makefile, GArray **args, SubstituteFunc func, GArray *out)
{
    const char *from = words_single(args[0]), *to = words_single(args[1]);

    for (guint i = 0; i < args[2]->len; i++) {
        const Word *word = word_at(args[2], i);
        gboolean is_known = from && to && word->text;

        words_add(makefile, out, is_known ? func(makefile, from, to, word->text) : NULL,
                  word->condition);
    }
}

static void affix(Makefile *makefile, GArray **args, gboolean is_prefix, GArray *out)
{
    const char *fix = words_single(args[0]);

    for (guint i = 0; i < args[1]->len; i++) {
        const Word *word = word_at(args[1], i);
        g_autofree char *made = NULL;

        if (fix && word->text) {
            made =
                is_prefix ? g_strconcat(fix, word->text, NULL) : g_strconcat(word->text, fix, NULL);
        }
        words_add(makefile, out, made ? words_keep(makefile, made) : NULL, word->condition);
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

        words_add(makefile, out, part ? words_keep(makefile, part) : NULL, word->condition);
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
    } else if (strcmp(name, "firstword") == 0 && words_are_fixed(args[0])) {
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

void function_apply(Makefile *makefile, const char *name, const char *text, gsize n, GArray *out)
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
